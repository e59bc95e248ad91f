//! What lasts: batches, the anchor, restarts, hand-overs.

use crate::{
    action::FoundDisk,
    fleet::Fleet,
    log::Log,
    mutation::Mutation,
    state::{Disk, Head, Node, OldBoot, Process, Role, State, Who, bit},
};

impl<const N: usize> Fleet<N> {
    /// Something is to last, or lasts already: what may leave at once leaves.
    pub(crate) fn changed(&self, state: &mut State<N>, who: Who) -> Option<()> {
        let process = *state.process(who)?;
        if process.is_idle() {
            return self.release(state, who, &process.kept, true, true);
        }
        let votes = self.has(Mutation::VoteBeforeAnchor);
        let acknowledgements = self.has(Mutation::AcknowledgeBeforeAnchor);
        self.release(state, who, &process.memory, votes, acknowledgements)
    }

    /// `Keeper::stored`, `Keeper::done` and `Replica::on_kept`: disk, then anchor, then what waited for both.
    pub(crate) fn keep(&self, state: &mut State<N>, who: Who) -> Option<()> {
        let process = *state.process(who)?;
        if who.old && !self.has(Mutation::SwapWithoutCompare) {
            // The anchor bears another boot's incarnation: this one stops.
            state.old_boot = None;
            return Some(());
        }
        let node = state.nodes.get_mut(usize::from(who.node))?;
        node.anchor = process.memory;
        node.disk = Disk::of(&process.memory);
        let process = state.process_mut(who)?;
        process.kept = process.memory;
        if process.role == Role::Refused {
            process.role = Role::Follower;
            state.put_back &= !bit(who.node);
        }
        let kept = state.process(who)?.kept;
        self.release(state, who, &kept, true, true)
    }

    /// `Store::commit`, and no anchor yet: the head table before is kept beside the batch's own, and what the batch
    /// makes needless is there too.
    fn ahead(&self, node: &Node) -> Disk {
        let (disk, head) = (&node.disk, node.process.memory);
        let before = if self.has(Mutation::NoHeadTableBefore) { head } else { disk.head };
        let replaces = !head.log.holds(&node.anchor.log) && !self.has(Mutation::CutIsLostAtOnce);
        let log = if replaces { disk.log } else { head.log };
        Disk { head, before, log }
    }

    /// What waited for a batch, or for nothing: vote requests, votes, acknowledgements.
    fn release(
        &self,
        state: &mut State<N>,
        who: Who,
        head: &Head,
        votes: bool,
        acknowledgements: bool,
    ) -> Option<()> {
        let role = state.process(who)?.role;
        let Some(said) = state.term_mut(head.term) else { return Some(()) };
        let at = usize::from(who.node);
        if votes && role == Role::Candidate {
            let (term, len) = head.log.last();
            *said.asked.get_mut(at)? = (term + 1, len + 1);
        }
        // Who counts its vote as given after a refusal has told nobody of it.
        let told = role != Role::Refused && (head.vote != who.node + 1 || role == Role::Candidate);
        let told = told || (role == Role::Refused && self.has(Mutation::RefusedVotes));
        if let Some(candidate) = head.vote.checked_sub(1).filter(|_| votes && told) {
            *said.votes.get_mut(usize::from(candidate))? |= bit(who.node);
        }
        let follows =
            role == Role::Follower || (role == Role::Refused && self.has(Mutation::RefusedAcknowledges));
        if acknowledgements && follows {
            let common = head.log.common(&said.said.log);
            let acknowledged = said.acknowledged.get_mut(at)?;
            *acknowledged = common.max(*acknowledged);
        }
        Some(())
    }

    /// `Member::begin_loading` and `Member::loaded`: the disk is the anchor's, or the member is refused.
    pub(crate) fn restart(&self, state: &mut State<N>, node: u8, found: FoundDisk) -> Option<()> {
        let copy = state.copy;
        let of = state.nodes.get_mut(usize::from(node))?;
        let is_put_back = matches!(found, FoundDisk::Founding | FoundDisk::Copy);
        match found {
            FoundDisk::Durable => {}
            FoundDisk::Ahead if of.process.role == Role::Refused => return None,
            FoundDisk::Ahead => of.disk = self.ahead(of),
            FoundDisk::Founding => of.disk = Disk::default(),
            FoundDisk::Copy => of.disk = copy?.1,
        }
        if self.has(Mutation::AnchorBeforeDisk) && found == FoundDisk::Durable {
            of.anchor = of.process.memory;
        }
        let was_refused = of.process.role == Role::Refused;
        self.load(of);
        if found == FoundDisk::Copy {
            state.copy = None;
        }
        if of.process.role != Role::Refused {
            state.put_back &= !bit(node);
        } else if is_put_back && !was_refused {
            state.put_back |= bit(node);
        }
        Some(())
    }

    fn load(&self, node: &mut Node) {
        let Disk { head, before, log } = node.disk;
        let named = [head, before].into_iter().find(|kept| self.names(&node.anchor, kept));
        let own = named.filter(|head| log.holds(&head.log));
        // A refused member that takes part in spite of it goes on from its disk.
        let goes_on = self.has(Mutation::RefusedVotes) || self.has(Mutation::RefusedAcknowledges);
        let goes_on = own.or(goes_on.then_some(head));
        let kept = goes_on.unwrap_or(node.anchor);
        // What it had applied it applies again from its own log, and answers nobody.
        let held = node.process.kept.log.common(&node.process.memory.log).min(kept.log.len());
        let (role, applied) = match own {
            Some(_) => (Role::Follower, node.process.applied.min(held)),
            None => (Role::Refused, 0),
        };
        node.process = Process { role, kept, memory: kept, applied, open: 0 };
        match own {
            // What it goes on from is written down as the newest, and the log is cut to it.
            Some(head) if !self.has(Mutation::HeadTableBeforeNotWrittenAgain) => node.disk = Disk::of(&head),
            Some(head) => node.disk.log = head.log,
            // Nothing on this disk will do any more.
            None => node.disk = Disk::default(),
        }
    }

    /// Whether the anchor names a head table.
    fn names(&self, anchor: &Head, head: &Head) -> bool {
        let names_vote = !self.has(Mutation::VoteNotInAnchor);
        let same = if names_vote { anchor == head } else { anchor.log == head.log };
        same || self.has(Mutation::StartWithoutAnchor)
    }

    /// A platform starts a second process: it takes the anchor over, and the first does not know.
    pub(crate) fn second_boot(&self, state: &mut State<N>, node: u8) -> Option<()> {
        let process = state.process(Who { node, old: false })?;
        let has_power = !process.is_idle() || matches!(process.role, Role::Candidate | Role::Leader);
        if process.role == Role::Refused || !has_power {
            return None;
        }
        state.old_boot = Some(OldBoot { node, process: *process });
        self.restart(state, node, FoundDisk::Durable)
    }

    pub(crate) fn copy(&self, state: &mut State<N>, node: u8) -> Option<()> {
        let disk = state.nodes.get(usize::from(node))?.disk;
        if disk == Disk::default() {
            return None;
        }
        state.copy = Some((node, disk));
        Some(())
    }

    /// `HandOver` and `Member::install`: a refused member, or one that lags, takes a peer's checkpoint.
    pub(crate) fn hand_over(&self, state: &mut State<N>, to: u8, from: u8, upto: u8) -> Option<()> {
        let giver = state.process(Who { node: from, old: false })?;
        let held = giver.kept.log.common(&giver.memory.log);
        if giver.role == Role::Refused || giver.applied < upto || held < upto {
            return None;
        }
        let checkpoint = giver.kept.log.prefix(upto);
        let floor = state.nodes.get(usize::from(to))?.anchor;
        let process = state.process_mut(Who { node: to, old: false })?;
        if !process.is_idle() {
            return None;
        }
        let is_taken = match process.role {
            Role::Refused => upto >= floor.log.len() || self.has(Mutation::HealedBelowFloor),
            _ => self.lags(process, &checkpoint),
        };
        if !is_taken {
            return None;
        }
        let (term, vote) = self.ballot(process, &floor, to, &checkpoint);
        process.memory = Head { term, vote, log: checkpoint };
        if process.role != Role::Refused {
            process.role = Role::Follower;
        }
        process.applied = upto;
        Some(())
    }

    fn lags(&self, process: &Process, checkpoint: &Log) -> bool {
        let cuts = self.has(Mutation::HandOverCutsLog) && process.memory.log.len() > checkpoint.len();
        process.applied < checkpoint.len() && (cuts || !process.memory.log.holds(checkpoint))
    }

    /// The term and vote that a member has behind a checkpoint that it takes over.
    fn ballot(&self, process: &Process, floor: &Head, node: u8, checkpoint: &Log) -> (u8, u8) {
        let term = checkpoint.term_at(checkpoint.len());
        match process.role {
            Role::Refused if self.has(Mutation::HealedVotesAgain) => (floor.term.max(term), 0),
            Role::Refused if floor.term >= term => (floor.term, node + 1),
            Role::Refused => (term, 0),
            _ if process.memory.term >= term => (process.memory.term, process.memory.vote),
            _ => (term, 0),
        }
    }
}

impl Disk {
    /// A disk on which a batch is complete. What was there before is of no use any more.
    fn of(head: &Head) -> Self {
        Self { head: *head, before: *head, log: head.log }
    }
}
