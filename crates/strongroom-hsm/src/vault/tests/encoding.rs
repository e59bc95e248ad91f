//! The one encoding of a record and of a proposal.

use strongroom_protocol::ids::Generation;

use super::{
    super::{
        Proposal, Record,
        proposal::{Action, Change, Create, Spend, Success},
    },
    world::{World, attempt, code, hash, ke1, passkey, password, registration, slot},
};

fn refusal(bytes: &[u8]) -> String {
    Record::decode(bytes).err().map(|error| error.to_string()).unwrap_or_else(|| "taken".into())
}

fn with_everything() -> World {
    let mut world = World::with_code();
    world.change(3, Action::Add(passkey(3, 3)));
    world.spend(1);
    world.success(1, 1);
    world.spend(2);
    world
}

#[test]
fn golden_bytes_of_a_record() {
    let mut world = World::new();
    world.create(0xaa, password(1, 0xbb, 0xcc));
    world.spend(0xdd);
    let expected = [
        "01",               // a vault
        "0000000000000001", // generation
        &"09".repeat(32),   // owner key
        &"aa".repeat(32),   // last change
        "09",               // guesses left
        "00000001",         // failed
        "00000002",         // open attempts
        &"cc".repeat(16),   // the one that confirms: its id
        &"cc".repeat(32),   // the hash of its KE1
        "02",               // it took nothing
        &"dd".repeat(16),
        &"dd".repeat(32),
        "01",              // it took a guess
        "00000000",        // closed attempts
        "00000001",        // slots
        "01",              // number
        "01",              // a live password
        &"bb".repeat(16),  // registration
        "0001",            // stretching
        &"bb".repeat(64),  // seed
        &"bb".repeat(192), // OPAQUE record
        &"bb".repeat(72),  // wrapped key
    ]
    .concat();
    assert_eq!(strongroom_protocol::ids::hex(&world.encoded().unwrap()), expected);
}

#[test]
fn golden_bytes_of_an_erased_slot_and_a_tombstone() {
    let mut world = World::new();
    world.rules.guesses = 1;
    world.create(0xaa, password(4, 0xbb, 0xcc));
    world.spend_with(4, 0xdd, 0xdd);
    world.spend_with(4, 0xee, 0xee);
    let closed = |name: &str| [name.repeat(16), "0000000000000064".into(), "01".into()].concat();
    let expected = [
        "01",
        "0000000000000001",
        &"09".repeat(32),
        &"aa".repeat(32),
        "00",
        "00000001",
        "00000000",
        "00000003",
        &closed("cc"),
        &closed("dd"),
        &closed("ee"),
        "00000001",
        "04",
        "02", // erased
        &"bb".repeat(16),
    ]
    .concat();
    assert_eq!(strongroom_protocol::ids::hex(&world.encoded().unwrap()), expected);
    world.change(0xff, Action::Erase);
    let expected = ["02", "0000000000000002", &"ff".repeat(32), "01"].concat();
    assert_eq!(strongroom_protocol::ids::hex(&world.encoded().unwrap()), expected);
}

#[test]
fn every_truncation_and_every_trailing_byte_of_a_record_is_refused() {
    let mut erased = World::with_password();
    erased.change(2, Action::Erase);
    for world in [with_everything(), erased] {
        let bytes = world.encoded().unwrap();
        for end in 0..bytes.len() {
            assert_eq!(refusal(&bytes[..end]), "Record: truncated", "{end}");
        }
        for trailing in 0..=255 {
            assert_eq!(refusal(&[bytes.as_slice(), &[trailing]].concat()), "Record: bytes after the end");
        }
    }
}

#[test]
fn every_truncation_and_every_trailing_byte_of_a_proposal_is_refused() {
    let proposals = [
        Proposal::Create(Create { upload: hash(1), owner_key: [2; 32], slot: password(1, 3, 4) }),
        Proposal::Change(Change {
            change: hash(1),
            generation: Generation(2),
            action: Action::Add(passkey(1, 3)),
        }),
        Proposal::Change(Change {
            change: hash(1),
            generation: Generation(2),
            action: Action::Replace(code(1, 3)),
        }),
        Proposal::Change(Change {
            change: hash(1),
            generation: Generation(2),
            action: Action::Remove(slot(8)),
        }),
        Proposal::Change(Change { change: hash(1), generation: Generation(2), action: Action::Erase }),
        Proposal::Spend(Spend { slot: slot(1), attempt: attempt(2), ke1: ke1(3) }),
        Proposal::Success(Success { slot: slot(1), registration: registration(2), attempt: attempt(3) }),
    ];
    for proposal in proposals {
        let bytes = proposal.encode().expose().to_vec();
        assert!(Proposal::decode(&bytes).unwrap().encode().expose() == bytes.as_slice());
        for end in 0..bytes.len() {
            assert!(Proposal::decode(&bytes[..end]).is_err());
        }
        assert!(Proposal::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    }
}

#[test]
fn golden_bytes_of_proposals() {
    let shown = |proposal: Proposal| strongroom_protocol::ids::hex(proposal.encode().expose());
    let spend = Proposal::Spend(Spend { slot: slot(1), attempt: attempt(2), ke1: ke1(3) });
    assert_eq!(shown(spend), ["03", "01", &"02".repeat(16), &"03".repeat(32)].concat());
    let success = Success { slot: slot(1), registration: registration(2), attempt: attempt(3) };
    assert_eq!(shown(Proposal::Success(success)), ["04", "01", &"02".repeat(16), &"03".repeat(16)].concat());
    let erase = Change { change: hash(1), generation: Generation(2), action: Action::Erase };
    assert_eq!(shown(Proposal::Change(erase)), ["02", &"01".repeat(32), "0000000000000002", "04"].concat());
    let create = Create { upload: hash(0xaa), owner_key: [0xbb; 32], slot: password(1, 0xcc, 0xdd) };
    let expected = [
        "01",
        &"aa".repeat(32),
        &"bb".repeat(32),
        "01",             // number
        "01",             // a password
        &"cc".repeat(16), // registration
        "0001",           // stretching
        "01",             // a seed follows
        &"cc".repeat(64),
        &"cc".repeat(192), // OPAQUE record
        &"cc".repeat(72),  // wrapped key
        "01",              // a confirmation follows
        &"dd".repeat(16),
        &"dd".repeat(32),
    ]
    .concat();
    assert_eq!(shown(Proposal::Create(create)), expected);
}

/// Where things stand in [`golden_bytes_of_a_record`].
const GENERATION: usize = 1;
const LEFT: usize = 73;
const FAILED: usize = 74;
const OPEN: usize = 82;
const SLOTS: usize = 188;

#[test]
fn a_record_that_breaks_an_invariant_is_refused_by_name() {
    let mut world = World::new();
    world.create(0xaa, password(1, 0xbb, 0xcc));
    world.spend(0xdd);
    let bytes = world.encoded().unwrap();
    assert_eq!(bytes[SLOTS..SLOTS + 4], [1, 1, 0xbb, 0xbb]);
    let changed = |at: usize, to: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        refusal(&bytes)
    };
    assert_eq!(changed(0, &[3]), "Record: unknown variant 3");
    assert_eq!(changed(GENERATION, &[0; 8]), "Record: generation: zero");
    assert_eq!(changed(LEFT, &[30]), "Record: budget: left and failed are more than any budget");
    assert_eq!(changed(FAILED, &[0, 0, 0, 0]), "Record: budget: more open attempts than failed");
    assert_eq!(changed(OPEN + 49, &[0xcc; 16]), "Record: budget: one attempt stands twice");
    assert_eq!(changed(OPEN + 97, &[2]), "Record: budget: a later open attempt took no guess");
    assert_eq!(changed(OPEN - 4, &[0, 0, 0, 32]), "Record: 32 items where at most 31 may stand");
    assert_eq!(changed(SLOTS + 1, &[3]), "Record: budget: an attempt is open, and no password is live");
    assert_eq!(changed(SLOTS, &[0]), "Record: slot number out of 1 to 8");
    assert_eq!(changed(SLOTS, &[9]), "Record: slot number out of 1 to 8");
    assert_eq!(changed(SLOTS - 4, &[0, 0, 0, 9]), "Record: 9 items where at most 8 may stand");
    let mut none = bytes.clone();
    none.truncate(SLOTS - 4);
    none.extend([0; 4]);
    assert_eq!(refusal(&none), "Record: slots: none");
}

#[test]
fn slots_out_of_order_twice_or_under_one_registration_are_refused() {
    let mut world = World::new();
    world.create(1, code(1, 1));
    world.change(2, Action::Add(code(2, 2)));
    let bytes = world.encoded().unwrap();
    let one = 2 + 16 + 2 + 64 + 192 + 72;
    let (head, slots) = bytes.split_at(bytes.len() - 2 * one);
    let (first, second) = slots.split_at(one);
    assert_eq!(
        refusal(&[head, second, first].concat()),
        "Record: slots: not in the order of different numbers"
    );
    assert_eq!(
        refusal(&[head, first, first].concat()),
        "Record: slots: not in the order of different numbers"
    );
    let mut same = second.to_vec();
    same[2..18].copy_from_slice(&first[2..18]);
    assert_eq!(refusal(&[head, first, &same].concat()), "Record: slots: one registration stands twice");
    let mut passwords = [first, second].concat();
    passwords[1] = 1;
    passwords[one + 1] = 1;
    assert_eq!(refusal(&[head, &passwords].concat()), "Record: slots: more than one password");
}

#[test]
fn closed_attempts_beyond_the_bound_or_out_of_order_are_refused() {
    let mut world = World::with_password();
    world.spend(1);
    world.success(1, 1);
    world.rules.checkpoint += 1;
    world.spend(2);
    world.success(1, 2);
    let bytes = world.encoded().unwrap();
    let closed = 82 + 4;
    assert_eq!(bytes[closed..closed + 16], [1; 16]);
    assert_eq!(bytes[closed + 25..closed + 41], [2; 16]);
    let mut changed = bytes.clone();
    changed[closed + 16] = 1;
    assert_eq!(refusal(&changed), "Record: budget: closed attempts not in the order of their closing");
    let mut changed = bytes.clone();
    changed[closed - 1] = 33;
    assert_eq!(refusal(&changed), "Record: 33 items where at most 32 may stand");
    let mut changed = bytes;
    changed[closed + 24] = 3;
    assert_eq!(refusal(&changed), "Record: unknown variant 3");
}

#[test]
fn a_tombstone_of_a_first_generation_is_refused() {
    let bytes = [[2].as_slice(), &[0, 0, 0, 0, 0, 0, 0, 1], &[7; 32], &[1]].concat();
    assert_eq!(refusal(&bytes), "Record: generation: before any change");
}

#[test]
fn the_largest_record_fits_a_tree_node() {
    use strongroom_protocol::{
        bytes::{Bytes, Text},
        client::{Passkey, SlotKind},
        limits::TREE_NODE_BYTES_MAX,
    };
    let mut world = World::new();
    world.rules.guesses = 30;
    world.create(1, password(1, 1, 101));
    for number in 2..=8 {
        let kind = SlotKind::Passkey(Passkey {
            credential_id: Bytes::new(vec![1; 255]).unwrap(),
            rp_id: Text::shortened(&"r".repeat(253)),
            label: Text::shortened(&"l".repeat(64)),
        });
        world.change(number, Action::Add(super::world::uncounted(number, number, kind)));
    }
    world.exhaust(110);
    let bytes = world.encoded().unwrap().len();
    assert_eq!(bytes, 8_481);
    assert!(bytes < TREE_NODE_BYTES_MAX / 3);
}
