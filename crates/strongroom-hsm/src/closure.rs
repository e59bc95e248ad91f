//! G3, by brute force: from everything that hosts ever saw and everything that members hold now, opens all that
//! opens, to a fixpoint.
//!
//! For tests and for the simulator; no program holds this module. A key whose place is known is tried at its place,
//! any other at everything.

mod opening;

use crate::{
    anchor::Anchor,
    ticket::{TicketBinding, TicketKey, TicketKeys, open_ticket},
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_crypto::Secret;
use strongroom_protocol::{
    client::{ChangeAction, Request, RequestBody, SlotUpload},
    decode, encode,
    ids::{Era, FleetId, Generation, LogIndex, RegistrationId, VaultId},
    peer::{PeerFrame, SessionFrame},
    pipe::{HsmMessage, NodeName, StoredEntry, TreeNode},
};

/// A key of any kind.
pub type RawKey = [u8; 32];

/// Everything that hosts can have kept: every disk at many moments, every frame, old sealed states.
#[derive(Default)]
pub struct Seen {
    states: BTreeSet<Vec<u8>>,
    heads: BTreeSet<Vec<u8>>,
    entries: BTreeMap<Vec<u8>, StoredEntry>,
    nodes: BTreeMap<(NodeName, LogIndex), BTreeSet<Vec<u8>>>,
    /// Frames of sessions by their number.
    frames: BTreeMap<u64, Vec<SessionFrame>>,
}

impl Seen {
    /// A sealed state.
    pub fn state(&mut self, sealed: &[u8]) {
        self.states.insert(sealed.to_vec());
    }

    /// A sealed head table.
    pub fn head(&mut self, sealed: &[u8]) {
        self.heads.insert(sealed.to_vec());
    }

    /// A log entry.
    pub fn entry(&mut self, entry: &StoredEntry) {
        self.entries.entry(encode(entry)).or_insert_with(|| entry.clone());
    }

    /// A tree node.
    pub fn node(&mut self, node: &TreeNode) {
        let copies = self.nodes.entry((node.name, node.version)).or_default();
        copies.insert(node.ciphertext.as_slice().to_vec());
    }

    /// A frame between two nodes.
    pub fn frame(&mut self, bytes: &[u8]) {
        if let Ok(PeerFrame::Session(frame)) = decode::<PeerFrame>(bytes) {
            self.frames.entry(frame.counter).or_default().push(frame);
        }
    }

    /// Whatever an HSM writes to its host.
    pub fn message(&mut self, message: &HsmMessage) {
        match message {
            HsmMessage::Append(append) => {
                append.entries.as_slice().iter().for_each(|entry| self.entry(entry))
            }
            HsmMessage::Commit(commit) => self.head(commit.head_table.as_slice()),
            HsmMessage::Tree(nodes) => nodes.as_slice().iter().for_each(|node| self.node(node)),
            HsmMessage::Send(sent) => self.frame(sent.frame.as_slice()),
            _ => {}
        }
    }
}

/// A ticket with what it is bound to.
struct SeenTicket {
    vault: VaultId,
    generation: Generation,
    upload: SlotUpload,
}

/// What opens: keys, and the seeds of slots by their registration.
pub struct Closure<'s> {
    fleet: FleetId,
    labels: opening::Labels,
    seen: &'s Seen,
    entries: BTreeMap<Vec<u8>, StoredEntry>,
    tickets: Vec<SeenTicket>,
    keys: BTreeSet<RawKey>,
    /// What stands in checkpoint entries as the hash of their keys.
    hashes: BTreeSet<RawKey>,
    /// Keys that have opened a log entry.
    useful: BTreeSet<RawKey>,
    fresh: Vec<RawKey>,
    node_keys: BTreeSet<(NodeName, LogIndex, RawKey)>,
    fresh_nodes: Vec<(NodeName, LogIndex, RawKey)>,
    /// Where each seed was found first, and the key that opened it.
    seeds: BTreeMap<RegistrationId, (&'static str, RawKey)>,
    /// Where each key was found first, and the key that opened that.
    origins: BTreeMap<RawKey, (String, RawKey)>,
    /// The key that is being tried.
    trying: RawKey,
    opened: u64,
}

impl<'s> Closure<'s> {
    /// Opens all that opens with these anchors and keys; `requests` are those that were recorded and whose channel
    /// key is still held.
    pub fn of(
        fleet: FleetId,
        seen: &'s Seen,
        anchors: &[Anchor],
        live: &[RawKey],
        requests: &[Request],
    ) -> Self {
        let mut closure = Self {
            fleet,
            labels: opening::Labels::find(),
            seen,
            entries: seen.entries.clone(),
            tickets: requests.iter().filter_map(ticket_of).collect(),
            keys: BTreeSet::new(),
            hashes: BTreeSet::new(),
            useful: BTreeSet::new(),
            fresh: Vec::new(),
            node_keys: BTreeSet::new(),
            fresh_nodes: Vec::new(),
            seeds: BTreeMap::new(),
            origins: BTreeMap::new(),
            trying: [0; 32],
            opened: 0,
        };
        anchors.iter().for_each(|anchor| closure.learn(*anchor.state_key.expose(), || "an anchor".into()));
        live.iter().for_each(|key| closure.learn(*key, || "a member".into()));
        closure.run();
        closure
    }

    /// Whether the seed of a registration was found.
    pub fn opens(&self, registration: &RegistrationId) -> bool {
        self.seeds.contains_key(registration)
    }

    /// Where the seed of a registration was found: the place, then where the key to that was found, and so on.
    pub fn found_in(&self, registration: &RegistrationId) -> Option<String> {
        let (place, key) = self.seeds.get(registration)?;
        let mut path = String::from(*place);
        let mut key = *key;
        while let Some((place, opened_by)) = self.origins.get(&key) {
            path.push_str(" < ");
            path.push_str(place);
            key = *opened_by;
        }
        Some(path)
    }

    /// How many seeds were found.
    pub fn seeds(&self) -> usize {
        self.seeds.len()
    }

    /// How often anything opened.
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// Whether what a checkpoint entry calls the hash of its keys is one of them.
    pub fn a_hash_is_a_key(&self) -> bool {
        self.hashes.iter().any(|hash| self.useful.contains(hash))
    }

    fn run(&mut self) {
        let mut known_entries = 0;
        let mut tried: Vec<RawKey> = Vec::new();
        while !self.fresh.is_empty() || !self.fresh_nodes.is_empty() || self.entries.len() > known_entries {
            if self.entries.len() > known_entries {
                known_entries = self.entries.len();
                for key in &tried {
                    self.trying = *key;
                    self.try_entries(&Secret::new(*key));
                }
            }
            for (name, version, key) in core::mem::take(&mut self.fresh_nodes) {
                self.trying = key;
                self.try_node(name, version, &Secret::new(key));
            }
            for key in core::mem::take(&mut self.fresh) {
                self.try_everything(&Secret::new(key));
                tried.push(key);
            }
        }
    }

    /// A key that could be anything's.
    fn learn(&mut self, key: RawKey, place: impl Fn() -> String) {
        if self.keys.insert(key) {
            self.fresh.push(key);
            self.origins.entry(key).or_insert_with(|| (place(), self.trying));
        }
    }

    fn learn_seed(&mut self, registration: RegistrationId, place: &'static str) {
        self.seeds.entry(registration).or_insert((place, self.trying));
    }

    /// A key of one version of one tree node.
    fn learn_node(&mut self, name: NodeName, version: LogIndex, key: RawKey) {
        if self.node_keys.insert((name, version, key)) {
            self.fresh_nodes.push((name, version, key));
            let place = || (format!("a tree node of version {version}"), self.trying);
            self.origins.entry(key).or_insert_with(place);
        }
    }

    fn try_everything(&mut self, key: &Secret<32>) {
        self.trying = *key.expose();
        self.try_states(key);
        self.try_entries(key);
        let seen = self.seen;
        for (name, version) in seen.nodes.keys() {
            self.try_node(*name, *version, key);
        }
        self.try_frames(key);
        self.try_tickets(key);
    }

    fn try_tickets(&mut self, key: &Secret<32>) {
        let mut opened = Vec::new();
        for SeenTicket { vault, generation, upload } in &self.tickets {
            let Some((era, _)) = upload.ticket.split_first_chunk::<8>() else { continue };
            let era = Era(u64::from_be_bytes(*era));
            let keys = TicketKeys { current: TicketKey { era, key }, previous: None };
            let binding = TicketBinding {
                fleet: &self.fleet,
                vault,
                slot: upload.slot,
                registration: upload.registration,
                generation: *generation,
            };
            if open_ticket(&keys, &binding, &upload.ticket).is_ok() {
                opened.push(upload.registration);
            }
        }
        opened.into_iter().for_each(|registration| self.learn_seed(registration, "a ticket"));
    }
}

fn ticket_of(request: &Request) -> Option<SeenTicket> {
    let (vault, generation, upload) = match &request.body {
        RequestBody::Create(create) => (create.vault, Generation(0), create.slot.clone()),
        RequestBody::Change(change) => match &change.action {
            ChangeAction::Add(slot) | ChangeAction::Replace(slot) => {
                (change.vault, change.generation, slot.clone())
            }
            ChangeAction::Remove(_) | ChangeAction::Erase => return None,
        },
        _ => return None,
    };
    Some(SeenTicket { vault, generation, upload })
}
