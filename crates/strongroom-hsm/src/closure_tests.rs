//! G3, by brute force: from everything that hosts ever saw and everything that members
//! hold now, opens all that opens, to a fixpoint, and looks for the seed of an erased slot.

#[path = "../tests/world/mod.rs"]
pub(crate) mod world;

use crate::{
    anchor::Anchor,
    entry::{EntryContent, open_entry, read_sealed},
    peer::{PeerBody, PeerMessage},
    state::{CheckpointState, open_head, open_state},
    ticket::{TicketBinding, TicketKey, TicketKeys, open_ticket},
    vault::{Proposal, Record, proposal::Action},
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_crypto::{
    Secret,
    kdf::derive,
    labels,
    seal::{open_counted, open_once},
};
use strongroom_protocol::{
    client::{AttemptAnswer, ChangeAction, RequestBody, SlotUpload},
    decode, encode,
    frame::{ChannelAssociated, ChannelInfo, Opening, RequestFrame},
    ids::{Configuration, Era, FleetId, Generation, NodeNumber, RegistrationId, VaultId, Version},
    peer::PeerFrame,
    pipe::{NodeName, Prefix, StoredEntry, TreeNode},
};
use world::{QUICK, World};

type Key = [u8; 32];

/// Everything that a host can have kept: every disk at many moments, every frame, old states.
#[derive(Default)]
struct Seen {
    states: BTreeSet<Vec<u8>>,
    heads: BTreeSet<Vec<u8>>,
    entries: BTreeMap<Vec<u8>, StoredEntry>,
    nodes: BTreeMap<Vec<u8>, TreeNode>,
    frames: Vec<Vec<u8>>,
    requests: Vec<(u8, Vec<u8>)>,
}

impl Seen {
    fn look(&mut self, world: &World) {
        for node in &world.nodes {
            self.states.extend(node.platform.states.iter().cloned());
            self.heads.insert(node.disk.head.clone());
            self.entries.extend(node.disk.log.values().map(|entry| (encode(entry), entry.clone())));
            let nodes = node.disk.tree.values().flat_map(BTreeMap::values);
            self.nodes.extend(nodes.map(|node| (encode(node), node.clone())));
        }
        self.frames.clone_from(&world.seen);
    }
}

/// What opens: keys, and the seeds of slots by their registration.
#[derive(Default)]
struct Closure {
    keys: BTreeSet<Key>,
    fresh: Vec<Key>,
    seeds: BTreeSet<RegistrationId>,
    entries: BTreeMap<Vec<u8>, StoredEntry>,
    tickets: Vec<(VaultId, Generation, SlotUpload)>,
    opened: u64,
}

impl Closure {
    fn learn(&mut self, key: Key) {
        if self.keys.insert(key) {
            self.fresh.push(key);
        }
    }

    fn of(fleet: FleetId, seen: &Seen, anchors: &[Anchor], live: &[Key], world: Option<&World>) -> Self {
        let mut closure = Self { entries: seen.entries.clone(), ..Self::default() };
        for anchor in anchors {
            closure.learn(*anchor.state_key.expose());
        }
        for key in live {
            closure.learn(*key);
        }
        if let Some(world) = world {
            closure.open_requests(world, seen);
        }
        let mut known_entries = 0;
        let mut tried: Vec<Key> = Vec::new();
        while !closure.fresh.is_empty() || closure.entries.len() > known_entries {
            let fresh = core::mem::take(&mut closure.fresh);
            if closure.entries.len() > known_entries {
                known_entries = closure.entries.len();
                for key in &tried {
                    closure.try_entries(fleet, key);
                }
            }
            for key in fresh {
                closure.try_key(fleet, seen, &key);
                tried.push(key);
            }
        }
        closure
    }

    fn try_key(&mut self, fleet: FleetId, seen: &Seen, key: &Key) {
        let secret = Secret::new(*key);
        for sealed in &seen.states {
            if let Some(state) = open_state(sealed, &fleet, &secret) {
                self.opened += 1;
                if let Some(founded) = state.founded {
                    self.learn(*founded.secrets.index_key.0.expose());
                    self.take_checkpoint(&founded.checkpoint);
                }
            }
        }
        for sealed in &seen.heads {
            if let Some(head) = open_head(sealed, &fleet, &secret) {
                self.opened += 1;
                for pending in head.pending.as_slice() {
                    self.learn(*pending.keys.log.0.expose());
                    self.learn(*pending.keys.tickets.0.expose());
                }
            }
        }
        self.try_entries(fleet, key);
        self.try_nodes(fleet, seen, &secret);
        self.try_frames(seen, &secret);
        self.try_tickets(fleet, &secret);
    }

    fn take_checkpoint(&mut self, checkpoint: &CheckpointState) {
        self.learn(*checkpoint.keys.log.0.expose());
        self.learn(*checkpoint.keys.tickets.0.expose());
        if let Some(old) = &checkpoint.old_tickets {
            self.learn(*old.key.0.expose());
        }
        self.take_root(checkpoint.root.as_slice());
    }

    fn take_root(&mut self, encoded: &[u8]) {
        if let Some(key) = encoded.get(9..41) {
            self.learn(key.try_into().unwrap());
        }
    }

    fn try_entries(&mut self, fleet: FleetId, key: &Key) {
        let secret = Secret::new(*key);
        for entry in self.entries.clone().into_values() {
            let Ok(sealed) = read_sealed(entry.data.as_slice()) else { continue };
            let Ok(body) = open_entry(&fleet, &sealed, &secret) else { continue };
            self.opened += 1;
            self.take_entry_seed(body.seed.0.expose(), &sealed.header.record);
            if let EntryContent::Vault(entry) = body.content {
                self.take_proposal(&entry.proposal);
            }
        }
    }

    /// From an entry's seed come the keys of all nodes that it touched: the leaf and every inner node above.
    fn take_entry_seed(&mut self, seed: &Key, record: &Option<strongroom_protocol::ids::RecordId>) {
        let Some(record) = record else { return };
        let inner = (0..=64).map(|nibbles| NodeName::Inner(Prefix::of(record, nibbles)));
        for name in inner.chain([NodeName::Leaf(*record)]) {
            self.learn(*derive::<32>(seed, labels::TREE_NODE_KEY, &[&encode(&name)]).expose());
        }
    }

    fn take_proposal(&mut self, proposal: &Proposal) {
        let slot = match proposal {
            Proposal::Create(create) => Some(&create.slot),
            Proposal::Change(change) => match &change.action {
                Action::Add(slot) | Action::Replace(slot) => Some(slot),
                Action::Remove(_) | Action::Erase => None,
            },
            Proposal::Spend(_) | Proposal::Success(_) => None,
        };
        if let Some(slot) = slot.filter(|slot| slot.seed.is_some()) {
            self.seeds.insert(slot.registration);
        }
    }

    fn try_nodes(&mut self, fleet: FleetId, seen: &Seen, key: &Secret<32>) {
        for node in seen.nodes.values() {
            let name = encode(&node.name);
            let version = node.version.0.to_be_bytes();
            let associated: [&[u8]; 4] = [fleet.as_bytes(), &0_u16.to_be_bytes(), &name, &version];
            let Ok(plaintext) =
                open_once(key, labels::TREE_NODE_SEAL, &associated, node.ciphertext.as_slice())
            else {
                continue;
            };
            self.opened += 1;
            match node.name {
                NodeName::Inner(_) => self.take_inner(plaintext.expose()),
                NodeName::Leaf(_) => self.take_record(plaintext.expose()),
            }
        }
    }

    /// Two bits a child say what it is; then come record id (leaves), age and key.
    fn take_inner(&mut self, plaintext: &[u8]) {
        let kinds = u32::from_be_bytes(plaintext[..4].try_into().unwrap());
        let width = usize::from(plaintext[4]);
        let mut at = 5;
        for child in 0..16 {
            match kinds >> (30 - 2 * child) & 3 {
                0 => continue,
                2 => at += 32,
                _ => {}
            }
            at += width;
            self.learn(plaintext[at..at + 32].try_into().unwrap());
            at += 32;
        }
        assert_eq!(at, plaintext.len());
    }

    fn take_record(&mut self, plaintext: &[u8]) {
        if let Record::Vault(vault) = Record::decode(plaintext).unwrap() {
            let live = vault.slots().iter().filter(|slot| !slot.is_erased());
            self.seeds.extend(live.map(|slot| slot.registration_id()));
        }
    }

    fn try_frames(&mut self, seen: &Seen, key: &Secret<32>) {
        for bytes in &seen.frames {
            let Ok(PeerFrame::Session(frame)) = decode::<PeerFrame>(bytes) else { continue };
            let sealed = frame.ciphertext.as_slice();
            let Ok(opened) = open_counted(key, labels::PEER_FRAME_SEAL, frame.counter, &[], sealed) else {
                continue;
            };
            self.opened += 1;
            let message: PeerMessage = decode(opened.expose()).unwrap();
            match message.body {
                PeerBody::Raft(envelope) => {
                    for era in envelope.eras.as_slice() {
                        self.learn(*era.keys.log.0.expose());
                        self.learn(*era.keys.tickets.0.expose());
                    }
                    for entry in envelope.message.entries.as_slice() {
                        self.entries.insert(encode(entry), entry.clone());
                    }
                }
                PeerBody::Propose(propose) => self.take_proposal(&propose.entry.proposal),
                PeerBody::HandedOver(handed) => {
                    self.learn(*handed.secrets.index_key.0.expose());
                    self.take_checkpoint(&handed.checkpoint);
                }
                _ => {}
            }
        }
    }

    /// Recorded requests of clients, as far as a live channel key opens them.
    fn open_requests(&mut self, world: &World, seen: &Seen) {
        for (number, bytes) in &seen.requests {
            let frame: RequestFrame = decode(bytes).unwrap();
            let Opening::New(new) = &frame.opening else { continue };
            let info = ChannelInfo {
                version: Version,
                fleet: world.fleet,
                configuration: Configuration(1),
                node: NodeNumber(*number),
            };
            let associated = encode(&ChannelAssociated { info: info.clone(), kind: frame.kind });
            let Some(member) = world.node(*number).hsm.as_ref().and_then(|hsm| hsm.member()) else {
                continue;
            };
            let opened = member.try_recorded(
                &encode(&info),
                &new.encapsulation,
                &associated,
                frame.ciphertext.as_slice(),
            );
            let Some(request) = opened else { continue };
            self.opened += 1;
            match request.body {
                RequestBody::Create(create) => self.tickets.push((create.vault, Generation(0), create.slot)),
                RequestBody::Change(change) => match change.action {
                    ChangeAction::Add(slot) | ChangeAction::Replace(slot) => {
                        self.tickets.push((change.vault, change.generation, slot));
                    }
                    ChangeAction::Remove(_) | ChangeAction::Erase => {}
                },
                _ => {}
            }
        }
    }

    fn try_tickets(&mut self, fleet: FleetId, key: &Secret<32>) {
        for (vault, generation, upload) in &self.tickets {
            let era = Era(u64::from_be_bytes(upload.ticket[..8].try_into().unwrap()));
            let keys = TicketKeys { current: TicketKey { era, key }, previous: None };
            let binding = TicketBinding {
                fleet: &fleet,
                vault,
                slot: upload.slot,
                registration: upload.registration,
                generation: *generation,
            };
            if open_ticket(&keys, &binding, &upload.ticket).is_ok() {
                self.seeds.insert(upload.registration);
            }
        }
    }
}

fn live_keys(world: &World, except: Option<u8>) -> Vec<Key> {
    let members = world.nodes.iter().filter(|node| Some(node.number.0) != except);
    members.filter_map(|node| node.hsm.as_ref()?.member()).flat_map(|member| member.held_keys()).collect()
}

fn anchors(world: &World) -> Vec<Anchor> {
    let copies = world.nodes.iter().flat_map(|node| node.platform.copies.iter().flatten());
    copies.map(|copy| Anchor::decode(copy).unwrap()).collect()
}

#[test]
fn the_closure_of_what_is_held_opens_no_erased_slot() {
    let mut world = World::founded_at(5, 90, QUICK);
    world.record_frames = true;
    let mut seen = Seen::default();
    let mut owner = world.new_owner(b"pw");
    let upload = world.create_upload(1, &owner);
    let recorded = world.seal(1, upload.body.clone());
    seen.requests.push((1, recorded.frame));
    let uploaded = world.upload(1, &upload);
    owner.generation = uploaded.generation;
    world.confirm(1, &owner, b"pw", &upload, uploaded);
    let other = world.register(2, b"stays");
    seen.look(&world);
    world.ticks(450);
    seen.look(&world);
    let before = (anchors(&world), live_keys(&world, None));

    for _ in 0..10 {
        let attempt = world.attempt(owner.vault, b"wrong");
        assert!(matches!(world.send_attempt(3, &attempt), AttemptAnswer::Answered(_)));
        seen.look(&world);
    }
    let attempt = world.attempt(owner.vault, b"pw");
    assert!(matches!(world.send_attempt(4, &attempt), AttemptAnswer::Erased));
    // Another vault lives and dies within this era; its upload crosses the line to the member that is cut off next.
    let frozen = (1..=5).find(|number| Some(*number) != world.leader()).unwrap();
    let mut brief = world.new_owner(b"brief");
    let brief_upload = world.create_upload(frozen, &brief);
    let uploaded = world.upload(frozen, &brief_upload);
    brief.generation = uploaded.generation;
    seen.look(&world);
    let erase = world.signed_change(&brief, 1, ChangeAction::Erase);
    world.exchange(frozen, RequestBody::Change(erase));
    let erased_at = world.status(world.leader().unwrap()).last;
    seen.look(&world);
    // A member is cut off right after, in the era of the erasure; the others go on.
    for other in 1..=5 {
        world.cut.insert((frozen, other));
        world.cut.insert((other, frozen));
    }
    let mut recorded = world.status(world.leader().unwrap()).checkpoint;
    let mut checkpoints = 0;
    for _ in 0..4000 {
        world.tick();
        seen.look(&world);
        let now = world.status(world.leader().unwrap()).checkpoint;
        if now > recorded && now > erased_at {
            checkpoints += 1;
            recorded = now;
        }
        let everywhere = (1..=5)
            .filter(|number| *number != frozen)
            .all(|number| world.status(number).checkpoint >= recorded);
        if checkpoints >= 2 && everywhere {
            break;
        }
    }
    assert!(checkpoints >= 2, "two checkpoints after the erasure");

    let registration = upload.registration;
    let fleet = world.fleet;
    let running: Vec<Anchor> = (1..=5)
        .filter(|number| *number != frozen)
        .flat_map(|number| world.node(number).platform.copies.clone())
        .flatten()
        .map(|copy| Anchor::decode(&copy).unwrap())
        .collect();
    let now = Closure::of(fleet, &seen, &running, &live_keys(&world, Some(frozen)), Some(&world));
    assert!(now.opened > 20, "the closure opens what is live: {}", now.opened);
    assert!(!now.seeds.contains(&registration), "an erased slot falls out of what is held");
    assert!(
        !now.seeds.contains(&brief_upload.registration),
        "a slot that lived within one era falls out of what is held"
    );
    assert!(!now.seeds.is_empty(), "a live slot is found, so the search sees what it looks for");
    let then = Closure::of(fleet, &seen, &before.0, &before.1, None);
    assert!(
        then.seeds.contains(&registration),
        "with the anchors of before the slot opens, so the test would notice"
    );
    let leader = world.leader().unwrap();
    assert_eq!(world.recover(leader, &other), 10);
}
