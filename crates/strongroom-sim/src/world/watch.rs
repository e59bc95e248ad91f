//! Watches programs from outside: what they write, and what they say of themselves.

use super::World;
use crate::{
    names::MachineId,
    observation::{Observation, Program},
    trace::hash_of,
};
use strongroom_hsm::effect::Effect;
use strongroom_protocol::{
    ids::{LogIndex, Term},
    pipe::{HostMessage, HsmMessage, Role, StoredEntry, TreeNode},
};

/// An entry's term and the hash of its bytes.
pub(super) fn held_entry(entry: &StoredEntry) -> (u64, (u64, u64)) {
    (entry.index.0, (entry.term.0, hash_of(entry.data.as_slice())))
}

/// Terms and hashes of entries, by index.
pub(super) type Held = Vec<(u64, (u64, u64))>;

/// What an effect cuts off the log, and puts into it.
pub(super) fn append_of(effect: &Effect) -> Option<(u64, Held)> {
    let Effect::Host(HsmMessage::Append(append)) = effect else { return None };
    Some((append.cut.0, append.entries.as_slice().iter().map(held_entry).collect()))
}

impl World {
    pub(super) fn note_append(&mut self, name: Program, cut: u64, held: Held) {
        if let Some(program) =
            self.machine(name.machine).program.as_mut().filter(|program| program.name == name)
        {
            if cut != 0 {
                program.log.split_off(&cut);
            }
            program.log.extend(held.iter().copied());
        }
        self.tell_held(name, held);
    }

    /// What a program has read back from its host, if it found all of it good.
    pub(super) fn note_read(&mut self, name: Program, held: Held) {
        if held.is_empty() {
            return;
        }
        let is_good = self.machine(name.machine).program().and_then(|program| program.status());
        if is_good.is_some_and(|status| !matches!(status.role, Role::Refused)) {
            self.tell_held(name, held);
        }
    }

    fn tell_held(&mut self, name: Program, held: Held) {
        for (index, (term, digest)) in held {
            let (index, term) = (LogIndex(index), Term(term));
            self.observe(Observation::EntryHeld { program: name, index, term, digest });
        }
    }

    pub(super) fn note_tree(&mut self, name: Program, nodes: &[TreeNode]) {
        for node in nodes {
            let digest = hash_of(node.ciphertext.as_slice());
            let (name_of, version) = (node.name, node.version);
            self.observe(Observation::TreeNode { program: name, name: name_of, version, digest });
        }
    }

    /// Tells what has changed in what a program says of itself.
    pub(super) fn watch(&mut self, machine: MachineId) {
        let Some(program) = self.machine(machine).program.as_mut() else { return };
        let Some(status) = program.status() else { return };
        let (name, before) = (program.name, program.told);
        program.told.role = Some(status.role);
        program.told.term = status.term.0;
        program.told.leader = status.leader;
        program.told.committed = status.committed.0;
        program.told.applied = status.applied.0;
        program.told.checkpoint = status.checkpoint.0;
        program.was_refused |= status.role == Role::Refused;
        let was_refused = program.was_refused;
        let serves = !matches!(status.role, Role::Starting | Role::Refused);
        // What is applied is in the log for good; the commit index may be ahead of what the host was handed.
        let mut committed = Vec::new();
        if serves && status.applied.0 > before.applied {
            committed =
                program.log.range(before.applied + 1..=status.applied.0).map(|(at, of)| (*at, *of)).collect();
        }
        if status.checkpoint.0 > before.checkpoint {
            program.log = program.log.split_off(&status.checkpoint.0);
        }
        if before.role != Some(status.role) || before.term != status.term.0 || before.leader != status.leader
        {
            let (role, term, leader) = (status.role, status.term, status.leader);
            self.trace.say(|| format!("{machine} is {} in term {term}, leader {leader}", role.word()));
            self.observe(Observation::Role { program: name, role, term, leader });
            self.note_part_taken(machine, name.life, role, was_refused);
        }
        for (index, (term, digest)) in committed {
            let (index, term) = (LogIndex(index), Term(term));
            self.observe(Observation::EntryCommitted { program: name, index, term, digest });
        }
        if status.applied.0 > before.applied {
            let (from, to) = (LogIndex(before.applied), status.applied);
            self.observe(Observation::Applied { program: name, from, to });
        }
        if status.checkpoint.0 > before.checkpoint {
            let (index, root) = (status.checkpoint, status.root);
            self.trace.say(|| format!("{machine} has recorded checkpoint {index}"));
            self.observe(Observation::CheckpointRecorded { program: name, index, root });
        }
    }
}

/// What a host says, in some words.
pub(super) fn word_of_input(message: &HostMessage) -> String {
    match message {
        HostMessage::Birth => "birth".into(),
        HostMessage::Adopt(_) => "adopt".into(),
        HostMessage::Found => "found".into(),
        HostMessage::Sign => "sign".into(),
        HostMessage::Start(start) => format!("start, log {} to {}", start.log_first, start.log_last),
        HostMessage::Tick => "tick".into(),
        HostMessage::Client(from) => format!("client request {}", from.id),
        HostMessage::Peer(from) => format!("node {}, {} bytes", from.node, from.frame.len()),
        HostMessage::PeerLost(node) => format!("line to node {node} lost"),
        HostMessage::Stored(batch) => format!("batch {batch} stored"),
        HostMessage::Path(fetched) => {
            format!("path {}, {} nodes", fetched.fetch, fetched.nodes.as_slice().len())
        }
        HostMessage::Log(log) => format!("log, {} entries", log.entries.as_slice().len()),
        HostMessage::TreeWritten(index) => format!("tree written to {index}"),
        HostMessage::Shipped(fetched) => {
            format!("shipment {}, {} nodes", fetched.fetch, fetched.nodes.as_slice().len())
        }
        HostMessage::Report => "report".into(),
    }
}

/// What an HSM says, in some words.
pub(super) fn word_of_output(message: &HsmMessage) -> String {
    match message {
        HsmMessage::Born(_) => "born".into(),
        HsmMessage::Adopted(fleet) => format!("adopted {fleet}"),
        HsmMessage::Signed(_) => "signed".into(),
        HsmMessage::Append(append) => {
            let first = append.entries.as_slice().first().map_or(LogIndex(0), |entry| entry.index);
            format!("append {} entries from {first}, cut {}", append.entries.as_slice().len(), append.cut)
        }
        HsmMessage::Commit(commit) => format!("commit batch {}", commit.batch),
        HsmMessage::Tree(nodes) => format!("tree, {} nodes", nodes.as_slice().len()),
        HsmMessage::FlushTree(index) => format!("flush the tree to {index}"),
        HsmMessage::Fetch(fetch) => format!("fetch {} at {}", fetch.fetch, fetch.index),
        HsmMessage::FetchLog(range) => format!("fetch the log {} to {}", range.first, range.last),
        HsmMessage::FetchNodes(fetch) => {
            format!("fetch nodes {}, {}", fetch.fetch, fetch.nodes.as_slice().len())
        }
        HsmMessage::Send(to) => format!("to node {}: {} bytes", to.node, to.frame.len()),
        HsmMessage::Answer(to) => format!("answer to {}", to.id),
        HsmMessage::Drop(below) => format!("drop log below {}, tree below {}", below.log, below.tree),
        HsmMessage::Status(_) => "status".into(),
        HsmMessage::Keys(keys) => format!("keys of era {}", keys.statement.era),
        HsmMessage::Stop(reason) => format!("stop: {}", reason.as_str()),
    }
}
