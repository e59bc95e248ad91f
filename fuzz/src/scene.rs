//! A scene: one to three real HSMs in one thread, driven by the tape.
//!
//! What must hold whatever the tape says: nothing panics; the scene comes to rest after
//! every act; an HSM stops with a fault only where its own host, its platform or a member's HSM lied;
//! every answer to a client opens and is of the kind that was asked; while nobody lied, no more
//! attempts are answered between two successes than the budget.

mod client_acts;
mod host_acts;
mod peer_acts;

pub use client_acts::{client_request, raw_request};
pub use host_acts::{hold, host_says, restart, twist_disk, twist_inbox};
pub use peer_acts::{hand_over, network, puppet_says, puppet_says_raft, quiet, stranger};

use crate::{
    home::{HOME, use_stand_ins},
    puppet::Puppet,
    tape::Tape,
    world::{
        World,
        client::{Owner, Sent, Try},
    },
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_hsm::effect::Input;
use strongroom_protocol::{
    bytes::Bytes,
    client::{AnswerBody, Answered, AttemptAnswer, Outcome},
    ids::AttemptId,
    pipe::{HostMessage, PeerBytes},
};

/// One thing that the tape may do, and its name for a trace.
pub type Act = (&'static str, fn(&mut Scene, &mut Tape<'_>));

/// Acts under their own names.
#[macro_export]
macro_rules! acts {
    ($($act:ident),+ $(,)?) => { [$((stringify!($act), $act)),+] };
}

/// Set, it makes every scene say which acts it plays.
const TRACE: &str = "STRONGROOM_FUZZ_TRACE";

const ACTS_MAX: usize = 64;
const MOVES_MAX: usize = 50_000;
/// The budget in the genesis of every scene's fleet.
const GUESSES: usize = 10;

/// One scene.
pub struct Scene {
    /// HSMs, hosts, network.
    pub world: World,
    /// The members that are no real HSMs here.
    pub puppets: Vec<Puppet>,
    /// Nodes that may stop with a fault by now, because somebody lied to them.
    lied_to: BTreeSet<u8>,
    owner: Owner,
    sent: BTreeMap<u64, (Sent, Option<Try>)>,
    answered: Option<(Try, Answered)>,
    guesses: BTreeSet<AttemptId>,
}

impl Scene {
    /// The HSM of node 1 alone among puppets, switched on and not started.
    pub fn one() -> Self {
        let mut scene = Self::of(HOME.world());
        for number in [2, 3] {
            scene.puppets.push(Puppet::new(number));
            scene.world.node_mut(number).disk = HOME.later_disk(number).clone();
        }
        scene.world.power_on(1);
        scene
    }

    /// Three real HSMs, started.
    pub fn three() -> Self {
        let mut scene = Self::of(HOME.world());
        for number in 1..=3 {
            scene.world.power_on(number);
            scene.start(number);
        }
        scene.settle();
        scene
    }

    fn of(world: World) -> Self {
        use_stand_ins();
        Self {
            world,
            puppets: Vec::new(),
            lied_to: BTreeSet::new(),
            owner: HOME.owner(),
            sent: BTreeMap::new(),
            answered: None,
            guesses: BTreeSet::new(),
        }
    }

    /// Plays the tape to its end with these acts.
    pub fn play(mut self, acts: &[Act], tape: &mut Tape<'_>) {
        let is_told = std::env::var_os(TRACE).is_some();
        for _ in 0..ACTS_MAX {
            if tape.is_empty() {
                break;
            }
            let (name, act) = acts[usize::from(tape.byte()) % acts.len()];
            if is_told {
                self.tell(name);
            }
            act(&mut self, tape);
            self.check();
        }
        self.settle();
        self.check();
    }

    /// Says how the HSMs stand, and what comes next.
    fn tell(&self, act: &str) {
        for node in &self.world.nodes {
            let member = node.hsm.as_ref().and_then(|hsm| hsm.member());
            if let Some(status) = member.map(|member| member.status()) {
                eprintln!(
                    "node {}: {} term {} last {} committed {} applied {}, {} inputs wait",
                    node.number,
                    status.role.word(),
                    status.term,
                    status.last,
                    status.committed,
                    status.applied,
                    node.inbox.len(),
                );
            }
        }
        eprintln!("{act}");
    }

    /// Time passes for everybody, so many times.
    pub fn ticks(&mut self, count: usize) {
        for _ in 0..count {
            for number in 1..=3 {
                self.world.tell(number, HostMessage::Tick);
            }
            self.settle();
        }
    }

    /// Carries everything until nothing moves any more.
    pub fn settle(&mut self) {
        for _ in 0..MOVES_MAX {
            if !self.move_once() {
                return;
            }
        }
        panic!("the scene does not come to rest");
    }

    /// One thing happens. Gives whether anything could.
    pub fn move_once(&mut self) -> bool {
        self.keep_order();
        if self.puppets.is_empty() {
            return self.world.move_once();
        }
        let Some((_, to, frame)) = self.world.network.pop_front() else { return self.world.move_once() };
        let Some(puppet) = self.puppets.iter_mut().find(|puppet| puppet.node == to) else { return true };
        for back in puppet.take(&frame) {
            let node = puppet.node;
            let frame = Bytes::new(back).expect("a frame");
            self.world.tell(1, HostMessage::Peer(PeerBytes { node, frame }));
        }
        true
    }

    /// The program carries out what its platform is asked before it takes the next message, and a host
    /// answers in the order that it was asked: the tree is not written before the batch that came first.
    fn keep_order(&mut self) {
        for at in 0..self.world.nodes.len() {
            let node = &mut self.world.nodes[at];
            let waits = matches!(node.inbox.front(), Some(Input::Host(HostMessage::TreeWritten(_))));
            if waits && !node.hold_disk.is_empty() {
                node.holds_disk = false;
                let held = core::mem::take(&mut node.hold_disk);
                held.into_iter().rev().for_each(|batch| {
                    node.inbox.push_front(Input::Host(HostMessage::Stored(batch)));
                });
            } else if waits && let Some(task) = node.tasks.pop_front() {
                node.hold_platform = false;
                self.world.carry_out(at, task);
                // What the platform has done comes before the host's answer.
                let node = &mut self.world.nodes[at];
                let done = node.inbox.pop_back();
                done.into_iter().for_each(|done| node.inbox.push_front(done));
            }
        }
    }

    /// From now on a node may stop with a fault.
    pub fn lie_to(&mut self, number: u8) {
        self.lied_to.insert(number);
    }

    fn check(&mut self) {
        for node in &self.world.nodes {
            let may_stop = self.lied_to.contains(&node.number.0);
            assert!(may_stop || node.fault.is_none(), "node {} stopped: {:?}", node.number, node.fault);
        }
        for (id, frame) in core::mem::take(&mut self.world.answers) {
            let Some((sent, tried)) = self.sent.remove(&id) else { continue };
            if let Ok(answer) = sent.open(&frame) {
                self.take_answer(answer.body, tried);
            }
        }
    }

    fn take_answer(&mut self, body: AnswerBody, tried: Option<Try>) {
        match (body, tried) {
            (AnswerBody::Attempt(AttemptAnswer::Answered(answered)), Some(tried)) => {
                self.guesses.insert(tried.attempt.attempt);
                let is_honest = self.lied_to.is_empty();
                assert!(!is_honest || self.guesses.len() <= GUESSES, "an extra guess");
                self.answered = Some((tried, answered));
            }
            (AnswerBody::Success(Outcome::Done(_)), _) => self.guesses.clear(),
            _ => {}
        }
    }
}

/// Time passes, and everything settles.
pub fn ticks(scene: &mut Scene, tape: &mut Tape<'_>) {
    scene.ticks(usize::from(tape.byte()));
}

/// Some things happen, and not all that could.
pub fn moves(scene: &mut Scene, tape: &mut Tape<'_>) {
    for _ in 0..tape.byte() {
        scene.move_once();
    }
}

/// Time passes for one node, and nothing is carried out.
pub fn tick_one(scene: &mut Scene, tape: &mut Tape<'_>) {
    scene.world.tell(tape.byte() % 3 + 1, HostMessage::Tick);
}
