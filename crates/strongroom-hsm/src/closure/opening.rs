//! What each kind of sealed thing gives once it opens.

use super::Closure;
use crate::{
    entry::{EntryContent, open_entry, read_sealed},
    peer::{PeerBody, PeerMessage},
    state::{CheckpointState, open_head, open_state},
    vault::{Proposal, Record, proposal::Action},
};
use strongroom_crypto::{
    Label, Secret, SecretBytes,
    kdf::derive,
    labels,
    seal::{open_counted, open_once},
};
use strongroom_protocol::{
    decode, encode,
    ids::{LogIndex, RecordId},
    pipe::{NodeName, Prefix, StoredEntry},
};

impl Closure<'_> {
    pub(super) fn try_states(&mut self, key: &Secret<32>) {
        let (seen, fleet) = (self.seen, self.fleet);
        for state in seen.states.iter().filter_map(|sealed| open_state(sealed, &fleet, key)) {
            self.opened += 1;
            if let Some(founded) = state.founded {
                self.learn(*founded.secrets.index_key.0.expose(), || "a sealed state".into());
                self.take_checkpoint(&founded.checkpoint, "a sealed state");
            }
        }
        for head in seen.heads.iter().filter_map(|sealed| open_head(sealed, &fleet, key)) {
            self.opened += 1;
            for pending in head.pending.as_slice() {
                let place = || format!("a head table's keys of entry {}", pending.index);
                self.learn(*pending.keys.log.0.expose(), place);
                self.learn(*pending.keys.tickets.0.expose(), place);
            }
        }
    }

    fn take_checkpoint(&mut self, checkpoint: &CheckpointState, place: &str) {
        let place = || format!("{place} of checkpoint {}", checkpoint.index);
        self.learn(*checkpoint.keys.log.0.expose(), place);
        self.learn(*checkpoint.keys.tickets.0.expose(), place);
        if let Some(old) = &checkpoint.old_tickets {
            self.learn(*old.key.0.expose(), place);
        }
        let key = checkpoint.root.as_slice().get(9..41).and_then(|key| key.try_into().ok());
        if let Some(key) = key {
            self.learn(key, place);
        }
    }

    pub(super) fn try_entries(&mut self, key: &Secret<32>) {
        let mut opened = Vec::new();
        for stored in self.entries.values() {
            let Ok(sealed) = read_sealed(stored.data.as_slice()) else { continue };
            if let Ok(body) = open_entry(&self.fleet, &sealed, key) {
                opened.push((stored.index, sealed.header.record, body));
            }
        }
        if !opened.is_empty() {
            self.useful.insert(*key.expose());
        }
        for (index, record, body) in opened {
            self.opened += 1;
            if let Some(record) = record {
                self.take_entry_seed(body.seed.0.expose(), &record, index);
            }
            match body.content {
                EntryContent::Vault(entry) => self.take_proposal(&entry.proposal, "a log entry"),
                // A hash stands here. It is tried as a key all the same.
                EntryContent::Checkpoint(content) => {
                    self.hashes.insert(*content.keys.as_bytes());
                    self.learn(*content.keys.as_bytes(), || format!("checkpoint entry {index}"));
                }
            }
        }
    }

    /// From an entry's seed come the keys of all nodes that it touched: the leaf and every inner node above.
    fn take_entry_seed(&mut self, seed: &[u8; 32], record: &RecordId, index: LogIndex) {
        let inner = (0..=64).map(|nibbles| NodeName::Inner(Prefix::of(record, nibbles)));
        for name in inner.chain([NodeName::Leaf(*record)]) {
            if self.seen.nodes.contains_key(&(name, index)) {
                let key = derive::<32>(seed, self.labels.node_key, &[&encode(&name)]);
                self.learn_node(name, index, *key.expose());
            }
        }
    }

    fn take_proposal(&mut self, proposal: &Proposal, place: &'static str) {
        let slot = match proposal {
            Proposal::Create(create) => Some(&create.slot),
            Proposal::Change(change) => match &change.action {
                Action::Add(slot) | Action::Replace(slot) => Some(slot),
                Action::Remove(_) | Action::Erase => None,
            },
            Proposal::Spend(_) | Proposal::Success(_) => None,
        };
        if let Some(slot) = slot.filter(|slot| slot.seed.is_some()) {
            self.learn_seed(slot.registration, place);
        }
    }

    pub(super) fn try_node(&mut self, name: NodeName, version: LogIndex, key: &Secret<32>) {
        let encoded = encode(&name);
        let number = version.0.to_be_bytes();
        let associated: [&[u8]; 4] = [self.fleet.as_bytes(), &0_u16.to_be_bytes(), &encoded, &number];
        let copies = self.seen.nodes.get(&(name, version)).into_iter().flatten();
        let opened: Vec<SecretBytes> = copies
            .filter_map(|sealed| open_once(key, self.labels.node_seal, &associated, sealed).ok())
            .collect();
        for plaintext in opened {
            self.opened += 1;
            match name {
                NodeName::Inner(prefix) => self.take_inner(&prefix, version, plaintext.expose()),
                NodeName::Leaf(_) => self.take_record(plaintext.expose()),
            }
        }
    }

    /// Two bits a child say what it is; then come record id (leaves), age and key.
    fn take_inner(&mut self, prefix: &Prefix, version: LogIndex, plaintext: &[u8]) {
        let Some((kinds, rest)) = plaintext.split_first_chunk::<4>() else { return };
        let kinds = u32::from_be_bytes(*kinds);
        let Some((width, mut rest)) = rest.split_first() else { return };
        for child in 0..16_u8 {
            let mut name = NodeName::Inner(below(prefix, child));
            match kinds >> (30 - 2 * u32::from(child)) & 3 {
                0 => continue,
                2 => {
                    let Some((record, after)) = rest.split_first_chunk::<32>() else { return };
                    name = NodeName::Leaf(RecordId::new(*record));
                    rest = after;
                }
                _ => {}
            }
            let Some((age, after)) = rest.split_at_checked(usize::from(*width)) else { return };
            let Some((key, after)) = after.split_first_chunk::<32>() else { return };
            let age = age.iter().fold(0, |age: u64, byte| age << 8 | u64::from(*byte));
            self.learn_node(name, LogIndex(version.0.saturating_sub(age)), *key);
            rest = after;
        }
    }

    fn take_record(&mut self, plaintext: &[u8]) {
        if let Ok(Record::Vault(vault)) = Record::decode(plaintext) {
            let live = vault.slots().iter().filter(|slot| !slot.is_erased());
            live.for_each(|slot| self.learn_seed(slot.registration_id(), "a record of the tree"));
        }
    }

    pub(super) fn try_frames(&mut self, key: &Secret<32>) {
        let seen = self.seen;
        let frame_seal = self.labels.frame_seal;
        let mut is_a_sessions = false;
        for (counter, frames) in &seen.frames {
            let mut opens = frames.iter().filter_map(|frame| {
                open_counted(key, frame_seal, *counter, &[], frame.ciphertext.as_slice()).ok()
            });
            match opens.next() {
                Some(opened) => {
                    is_a_sessions = true;
                    self.opened += 1;
                    self.take_message(opened.expose());
                }
                // A session's frames have no gaps.
                None if is_a_sessions || *counter >= FIRST_FRAMES => return,
                None => {}
            }
        }
    }

    fn take_message(&mut self, plaintext: &[u8]) {
        let Ok(message) = decode::<PeerMessage>(plaintext) else { return };
        match message.body {
            PeerBody::Raft(envelope) => {
                for era in envelope.eras.as_slice() {
                    let place = || format!("a message's keys of entry {}", era.index);
                    self.learn(*era.keys.log.0.expose(), place);
                    self.learn(*era.keys.tickets.0.expose(), place);
                }
                envelope.message.entries.as_slice().iter().for_each(|entry| self.take_entry(entry));
            }
            PeerBody::Propose(propose) => {
                self.take_proposal(&propose.entry.proposal, "a proposal between members");
            }
            PeerBody::HandedOver(handed) => {
                self.learn(*handed.secrets.index_key.0.expose(), || "a hand-over".into());
                self.take_checkpoint(&handed.checkpoint, "a hand-over");
            }
            _ => {}
        }
    }

    fn take_entry(&mut self, entry: &StoredEntry) {
        self.entries.entry(encode(entry)).or_insert_with(|| entry.clone());
    }
}

/// The labels that are needed here. A label stands by its name at the two ends of one thing, and this is neither, so
/// they are taken from the list.
pub(super) struct Labels {
    node_key: Label,
    node_seal: Label,
    frame_seal: Label,
}

impl Labels {
    pub(super) fn find() -> Self {
        Self {
            node_key: named("/tree-node-key"),
            node_seal: named("/tree-node-seal"),
            frame_seal: named("/peer-frame-seal"),
        }
    }
}

#[allow(
    clippy::expect_used,
    reason = "no program holds this module, and a search without its label finds nothing"
)]
fn named(end: &str) -> Label {
    let found = labels::ALL.iter().copied().find(|label| label.text().ends_with(end));
    found.expect("a label of the list")
}

/// The prefix that is one half-byte longer.
fn below(prefix: &Prefix, child: u8) -> Prefix {
    let nibbles = prefix.nibbles();
    let mut bytes = *prefix.as_bytes();
    if let Some(byte) = bytes.get_mut(usize::from(nibbles / 2)) {
        *byte |= if nibbles.is_multiple_of(2) { child << 4 } else { child };
    }
    Prefix::of(&RecordId::new(bytes), nibbles.saturating_add(1))
}

/// Frames by which a session's key is known as such. Whoever began to record later misses the first ones.
const FIRST_FRAMES: u64 = 256;
