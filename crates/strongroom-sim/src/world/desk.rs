//! What an HSM wants stored and fetched, in the order in which it asks.
//!
//! The real host's desk works on one job after the other, and so does this one: nothing is answered before what
//! came before it. A commit is answered when its piece and all pieces before it are durable.

use super::World;
use crate::{
    disk::{Content, Part},
    event::Event,
    fault::Fault,
    names::{Life, MachineId},
    observation::{End, Observation, Program},
};
use strongroom_hsm::state::head_hash;
use strongroom_protocol::{
    bytes::List,
    limits::{
        ENTRIES_BYTES_PER_MESSAGE, ENTRIES_PER_MESSAGE_MAX, TREE_BYTES_PER_MESSAGE,
        TREE_NODES_PER_MESSAGE_MAX,
    },
    pipe::{
        Commit, Fetch, FetchLog, FetchNodes, Fetched, HostMessage, HsmMessage, LogEntries, NodeVersion,
        StoredEntry, TreeNode,
    },
};

impl World {
    pub(super) fn desk_takes(&mut self, machine: MachineId, name: Program, message: HsmMessage) {
        let writes = matches!(message, HsmMessage::Append(_) | HsmMessage::Commit(_) | HsmMessage::Tree(_));
        let fails = if writes { Fault::WriteFailed } else { Fault::ReadFailed };
        if self.strikes(fails, Some(name.node)) {
            // The store has failed: the host gives its HSM up and opens the store again.
            return self.crash_for(machine, End::Killed, 30);
        }
        match message {
            HsmMessage::Append(append) => {
                self.machine(machine).disk.append(append.cut.0, append.entries.into_vec());
            }
            HsmMessage::Tree(nodes) => {
                let nodes = nodes.into_vec();
                self.note_tree(name, &nodes);
                self.write_tree(machine, name, nodes);
            }
            HsmMessage::Commit(commit) => self.commit(machine, name, commit),
            HsmMessage::FlushTree(index) => {
                let through = self.machine(machine).disk.newest();
                let reply = Some((name.life, HostMessage::TreeWritten(index)));
                self.sync_later(machine, (Part::Tree, through), reply);
            }
            HsmMessage::Fetch(fetch) => self.fetch_paths(machine, name.life, &fetch),
            HsmMessage::FetchLog(range) => self.fetch_log(machine, name.life, range),
            HsmMessage::FetchNodes(fetch) => self.fetch_nodes(machine, name.life, &fetch),
            HsmMessage::Drop(below) => self.machine(machine).disk.drop_below(below.log.0, below.tree.0),
            _ => {}
        }
    }

    fn write_tree(&mut self, machine: MachineId, name: Program, mut nodes: Vec<TreeNode>) {
        if nodes.len() > 1 && self.strikes(Fault::WriteMisdirected, Some(name.node)) {
            // What was meant for the last place goes to the first one's, and the last place stays as it was.
            if let (Some(last), Some(first)) = (nodes.pop(), nodes.first_mut()) {
                first.ciphertext = last.ciphertext;
            }
            self.spoil(machine, true, false);
        }
        self.machine(machine).disk.write_tree(nodes);
    }

    fn commit(&mut self, machine: MachineId, name: Program, commit: Commit) {
        let head = commit.head_table.into_vec();
        let head_table = head_hash(&head);
        let is_lost = self.strikes(Fault::WriteLost, Some(name.node));
        let disk = &mut self.machines[usize::from(machine.0)].disk;
        if is_lost {
            disk.lose_piece();
        }
        let through = if is_lost { 0 } else { disk.commit(head) };
        let last = disk.content().bounds().1;
        let skips_fsync = super::careless::skips_fsync();
        if is_lost {
            self.spoil(machine, true, false);
        }
        self.observe(Observation::BatchReported {
            program: name,
            batch: commit.batch,
            head_table,
            last,
            is_durable: !is_lost && !skips_fsync,
        });
        let through = if skips_fsync { 0 } else { through };
        let reply = Some((name.life, HostMessage::Stored(commit.batch)));
        self.sync_later(machine, (Part::Log, through), reply);
    }

    /// When the desk will be done with a job that is handed to it now.
    fn desk_time(&mut self, machine: MachineId) -> u64 {
        let (now, most) = (self.now, self.plan.disk_latency_max);
        let host = &self.machines[usize::from(machine.0)];
        let node = host.node;
        let slowness = if host.slow_until > now { 8 } else { 1 };
        let mut moments = self.random.disks.below(most + 1) * slowness;
        if self.strikes(Fault::WriteDelayed, Some(node)) {
            moments += self.random.disks.between(500, 20_000);
        }
        let host = self.machine(machine);
        host.desk_free_at = host.desk_free_at.max(now).after(moments);
        host.desk_free_at.0 - now.0
    }

    /// When the tree is flushed, which may take longer than what the desk does meanwhile.
    fn tree_time(&mut self, machine: MachineId) -> u64 {
        let most = self.plan.disk_latency_max;
        let moments = self.desk_time(machine);
        if self.random.disks.coin() { moments } else { moments + self.random.disks.below(20 * most + 1) }
    }

    fn sync_later(&mut self, machine: MachineId, through: (Part, u64), reply: Option<(Life, HostMessage)>) {
        let moments = match through.0 {
            Part::Log => self.desk_time(machine),
            Part::Tree => self.tree_time(machine),
        };
        let power = self.machine(machine).power;
        self.plan_in(moments, Event::Synced { machine, power, through, reply });
    }

    /// The disk has made pieces durable, unless its power failed meanwhile, and the HSM that asked is told.
    pub(super) fn synced(
        &mut self,
        machine: MachineId,
        power: u32,
        (part, through): (Part, u64),
        reply: Option<(Life, HostMessage)>,
    ) {
        let host = self.machine(machine);
        // Where another disk was put in meanwhile, nothing of this is on it; the host does not notice.
        if host.power == power {
            host.disk.sync(part, through);
        }
        if let Some((life, message)) = reply {
            self.tell_life(machine, life, message);
        }
    }

    /// Answers a job in its turn; a hostile host may keep the answer back or put it behind others.
    fn reply(&mut self, machine: MachineId, life: Life, messages: Vec<HostMessage>) {
        let node = self.machine(machine).node;
        let mut moments = self.desk_time(machine);
        if self.strikes(Fault::HostWithholds, Some(node)) {
            return;
        }
        if self.strikes(Fault::HostReorders, Some(node)) {
            moments += self.random.disks.between(1, 3_000);
        }
        for message in messages {
            self.plan_in(moments, Event::Tell(machine, life, message));
        }
    }

    fn fetch_paths(&mut self, machine: MachineId, life: Life, fetch: &Fetch) {
        let content = self.machine(machine).disk.content();
        let mut nodes: Vec<TreeNode> = Vec::new();
        for record in fetch.records.as_slice() {
            for found in content.path(record, fetch.index.0) {
                if !nodes.iter().any(|node| node.name == found.name && node.version == found.version) {
                    nodes.push(found);
                }
            }
        }
        let messages = fetched(fetch.fetch, nodes).into_iter().map(HostMessage::Path).collect();
        self.reply(machine, life, messages);
    }

    fn fetch_log(&mut self, machine: MachineId, life: Life, range: FetchLog) {
        let content = self.machine(machine).disk.content();
        let messages = read_log(content, range).into_iter().map(HostMessage::Log).collect();
        self.reply(machine, life, messages);
    }

    fn fetch_nodes(&mut self, machine: MachineId, life: Life, ask: &FetchNodes) {
        let node = self.machine(machine).node;
        let content = self.machine(machine).disk.content();
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for wanted in ask.nodes.as_slice() {
            match content.exact(wanted).filter(|_| ask.elsewhere == 0) {
                Some(held) => found.push(held.clone()),
                None => missing.push(*wanted),
            }
        }
        // A question about the own store is about nothing else: what is there stands for all below it.
        let asks_others = ask.elsewhere != 0;
        let claims = !asks_others && !missing.is_empty() && self.strikes(Fault::HostClaims, Some(node));
        if claims {
            self.spoil(machine, true, false);
        }
        if missing.is_empty() || (!asks_others && !claims) {
            let messages = fetched(ask.fetch, found).into_iter().map(HostMessage::Shipped).collect();
            return self.reply(machine, life, messages);
        }
        let most = self.plan.latency_max;
        let moments = self.desk_time(machine) + 2 * self.random.peers.between(1, most.max(1));
        self.plan_in(moments, Event::Shipped { machine, life, fetch: ask.fetch, found, missing });
    }

    /// The other hosts were asked one after the other, as far as they can be reached, each time from another one on.
    pub(super) fn shipped(
        &mut self,
        machine: MachineId,
        life: Life,
        fetch: u64,
        mut found: Vec<TreeNode>,
        missing: Vec<NodeVersion>,
    ) {
        let node = self.machine(machine).node;
        if self.strikes(Fault::HostWithholds, Some(node)) {
            return;
        }
        let host = self.machine(machine);
        host.turns += 1;
        let first = host.turns;
        for wanted in missing {
            let in_turn = self.machines.iter().cycle().skip(first % self.machines.len());
            let here = in_turn.take(self.machines.len()).find_map(|other| {
                let reached =
                    other.id != machine && !other.is_gone && !self.lines.are_parted(other.id, machine);
                other.disk.content().exact(&wanted).filter(|_| reached)
            });
            found.extend(here.cloned());
        }
        for message in fetched(fetch, found) {
            self.tell_life(machine, life, HostMessage::Shipped(message));
        }
    }
}

/// Divides nodes among as many messages as they need; at least one.
fn fetched(fetch: u64, nodes: Vec<TreeNode>) -> Vec<Fetched> {
    let mut pieces = vec![Vec::new()];
    let mut bytes = 0;
    for node in nodes {
        let size = node.ciphertext.len() + 64;
        let is_full = pieces.last().is_some_and(|piece| piece.len() >= TREE_NODES_PER_MESSAGE_MAX);
        if bytes > 0 && (is_full || bytes + size > TREE_BYTES_PER_MESSAGE) {
            pieces.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        pieces.last_mut().into_iter().for_each(|piece| piece.push(node.clone()));
    }
    let last = pieces.len() - 1;
    let fetched = |(at, nodes)| Fetched {
        fetch,
        nodes: List::new(nodes).unwrap_or_default(),
        last: u8::from(at == last),
    };
    pieces.into_iter().enumerate().map(fetched).collect()
}

/// Reads a range of the log into as many messages as it needs; at least one.
fn read_log(content: &Content, range: FetchLog) -> Vec<LogEntries> {
    let mut pieces: Vec<Vec<StoredEntry>> = vec![Vec::new()];
    let mut bytes = 0;
    let entries = content.log.range(range.first.0..=range.last.0.max(range.first.0));
    for (_, entry) in entries.filter(|(index, _)| **index <= range.last.0) {
        let size = entry.data.len() + 17;
        let is_full = pieces.last().is_some_and(|piece| piece.len() >= ENTRIES_PER_MESSAGE_MAX);
        if bytes > 0 && (is_full || bytes + size > ENTRIES_BYTES_PER_MESSAGE) {
            pieces.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        pieces.last_mut().into_iter().for_each(|piece| piece.push(entry.as_ref().clone()));
    }
    let last = pieces.len() - 1;
    let message = |(at, entries)| LogEntries {
        entries: List::new(entries).unwrap_or_default(),
        last: u8::from(at == last),
    };
    pieces.into_iter().enumerate().map(message).collect()
}
