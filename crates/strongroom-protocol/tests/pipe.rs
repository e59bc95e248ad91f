//! What a host and its HSM say to each other. Page: `docs/spec/pipe.md`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{check, check_bytes, digest, refusal, sample_of};
use strongroom_protocol::{
    bytes::{Bytes, List, Text},
    genesis::{Birth, Class, Genesis, GenesisStatement, Platform, SignedGenesisStatement},
    ids::{Configuration, Era, FleetId, LogIndex, NodeNumber, RecordId, Term, Version},
    keys::{ChannelKeyStatement, Endorsement, NodeKeys},
    pipe::*,
};

fn entry(index: u64) -> StoredEntry {
    let data = Bytes::new(vec![0xee; 3]).unwrap();
    StoredEntry { index: LogIndex(index), term: Term(4), kind: 0, data }
}

const ENTRY_7: &str = "0000000000000007 0000000000000004 00 00000003 ee*3";
const ENTRY_8: &str = "0000000000000008 0000000000000004 00 00000003 ee*3";

fn record() -> RecordId {
    RecordId::new([0xab; 32])
}

fn inner() -> NodeName {
    NodeName::Inner(Prefix::of(&record(), 3))
}

const INNER: &str = "01 03 aba0 00*30";
const LEAF: &str = "02 ab*32";

fn nodes() -> TreeNodes {
    let ciphertext = Bytes::new(vec![0xcc; 2]).unwrap();
    let node = |name| TreeNode { name, version: LogIndex(6), ciphertext: ciphertext.clone() };
    List::new(vec![node(inner()), node(NodeName::Leaf(record()))]).unwrap()
}

fn nodes_golden() -> String {
    format!("00000002 {INNER} 0000000000000006 00000002 cccc  {LEAF} 0000000000000006 00000002 cccc")
}

fn birth() -> Birth {
    Birth {
        version: Version,
        device: digest(0xd0),
        node_key: [0xa0; 32],
        measurement: digest(0xe0),
        platform: Platform::Simulation,
        class: Class::Orderly,
        attestation: Bytes::default(),
    }
}

const BIRTH: &str = "01 d0*32 a0*32 e0*32 01 02 00000000";

#[test]
fn the_sample_of_the_page_is_an_append() {
    let entries = List::new(vec![entry(7), entry(8)]).unwrap();
    let append = HsmMessage::Append(Append { cut: LogIndex(7), entries });
    check_bytes(&append, &sample_of(include_str!("../../../docs/spec/pipe.md")));
}

#[test]
fn golden_bytes_of_what_a_host_says() {
    let genesis = Genesis {
        version: Version,
        nonce: [0x77; 32],
        rehearsal: 1,
        members: List::default(),
        quorum: 2,
        guesses: 10,
        measurement: digest(0xe0),
        vendor_roots: digest(0),
    };
    let start = Start {
        head_table: Bytes::new(vec![0xaa; 2]).unwrap(),
        head_table_before: Bytes::new(vec![0xbb; 2]).unwrap(),
        log_first: LogIndex(3),
        log_last: LogIndex(8),
    };
    let fetched = || Fetched { fetch: 5, nodes: nodes(), last: 1 };
    let fetched_golden = format!("0000000000000005 {} 01", nodes_golden());
    let log = LogEntries { entries: List::new(vec![entry(7), entry(8)]).unwrap(), last: 0 };
    for (message, golden) in [
        (HostMessage::Birth, "01".into()),
        (HostMessage::Adopt(genesis), "02 01 77*32 01 00000000 02 0a e0*32 00*32".into()),
        (HostMessage::Found, "03".into()),
        (HostMessage::Sign, "04".into()),
        (
            HostMessage::Start(start),
            "05 00000002 aaaa 00000002 bbbb 0000000000000003 0000000000000008".into(),
        ),
        (HostMessage::Tick, "06".into()),
        (
            HostMessage::Client(FromClient { id: 9, frame: Bytes::new(vec![0xbb; 2]).unwrap() }),
            "07 0000000000000009 00000002 bbbb".into(),
        ),
        (HostMessage::Peer(peer_bytes()), "08 02 00000002 bbbb".into()),
        (HostMessage::PeerLost(NodeNumber(2)), "09 02".into()),
        (HostMessage::Stored(6), "0a 0000000000000006".into()),
        (HostMessage::Path(fetched()), format!("0b {fetched_golden}")),
        (HostMessage::Log(log), format!("0c 00000002 {ENTRY_7} {ENTRY_8} 00")),
        (HostMessage::TreeWritten(LogIndex(8)), "0d 0000000000000008".into()),
        (HostMessage::Shipped(fetched()), format!("0e {fetched_golden}")),
        (HostMessage::Report, "0f".into()),
    ] {
        check(&message, &golden);
    }
}

fn peer_bytes() -> PeerBytes {
    PeerBytes { node: NodeNumber(2), frame: Bytes::new(vec![0xbb; 2]).unwrap() }
}

#[test]
fn golden_bytes_of_what_an_hsm_says() {
    let statement = GenesisStatement {
        version: Version,
        fleet: FleetId::new([0x11; 32]),
        fleet_key: [0x22; 32],
        checkpoint: digest(0x33),
    };
    let signed = SignedGenesisStatement { statement, node: NodeNumber(2), signature: [0x44; 64] };
    let append = Append { cut: LogIndex(0), entries: List::new(vec![entry(7)]).unwrap() };
    let commit = Commit { batch: 6, head_table: Bytes::new(vec![0xaa; 2]).unwrap() };
    let fetch = Fetch { fetch: 5, index: LogIndex(8), records: List::new(vec![record()]).unwrap() };
    let version = NodeVersion { name: inner(), version: LogIndex(6) };
    let fetch_nodes = FetchNodes { fetch: 5, nodes: List::new(vec![version]).unwrap(), elsewhere: 1 };
    let endorsement = Endorsement {
        fleet: FleetId::new([0x11; 32]),
        configuration: Configuration(1),
        node: NodeNumber(3),
        node_key: [0x22; 32],
        signature: [0x33; 64],
    };
    let statement = ChannelKeyStatement { era: Era(9), channel_key: [0x44; 1216], signature: [0x55; 64] };
    let keys = NodeKeys { version: Version, endorsement, statement };
    for (message, golden) in [
        (HsmMessage::Born(birth()), format!("01 {BIRTH}")),
        (HsmMessage::Adopted(FleetId::new([0x11; 32])), "02 11*32".into()),
        (HsmMessage::Signed(signed), "03 01 11*32 22*32 33*32 02 44*64".into()),
        (HsmMessage::Append(append), format!("04 0000000000000000 00000001 {ENTRY_7}")),
        (HsmMessage::Commit(commit), "05 0000000000000006 00000002 aaaa".into()),
        (HsmMessage::Tree(nodes()), format!("06 {}", nodes_golden())),
        (HsmMessage::FlushTree(LogIndex(8)), "07 0000000000000008".into()),
        (HsmMessage::Fetch(fetch), "08 0000000000000005 0000000000000008 00000001 ab*32".into()),
        (
            HsmMessage::FetchLog(FetchLog { first: LogIndex(3), last: LogIndex(8) }),
            "09 0000000000000003 0000000000000008".into(),
        ),
        (
            HsmMessage::FetchNodes(fetch_nodes),
            format!("0a 0000000000000005 00000001 {INNER} 0000000000000006 01"),
        ),
        (HsmMessage::Send(peer_bytes()), "0b 02 00000002 bbbb".into()),
        (
            HsmMessage::Answer(ToClient { id: 9, frame: Bytes::new(vec![0xbb; 2]).unwrap() }),
            "0c 0000000000000009 00000002 bbbb".into(),
        ),
        (
            HsmMessage::Drop(DropBelow { log: LogIndex(3), tree: LogIndex(4) }),
            "0d 0000000000000003 0000000000000004".into(),
        ),
        (HsmMessage::Status(status()), format!("0e {STATUS}")),
        (HsmMessage::Keys(keys), "0f 01 11*32 00000001 03 22*32 33*64 0000000000000009 44*1216 55*64".into()),
        (HsmMessage::Stop(Text::shortened("broken")), r#"10 00000006 "broken""#.into()),
    ] {
        check(&message, &golden);
    }
}

const STATUS: &str = r#"
    01 03 11*32
    05 00000004 "gone"   # refused, and why
    0000000000000001     # term
    02                   # leader
    0000000000000002     # last
    0000000000000003     # committed
    0000000000000004     # applied
    0000000000000005     # checkpoint
    0000000000000006     # era
    0000000000000007     # vaults
    33*32                # root
    0000000000000008     # boot
    00000002 01 02       # sessions
    0000000000000011 0000000000000012 0000000000000013 0000000000000014
    0000000000000015 0000000000000016 0000000000000017 0000000000000018
    0000000000000019 000000000000001a 000000000000001b 000000000000001c
"#;

fn status() -> HsmStatus {
    HsmStatus {
        version: Version,
        node: NodeNumber(3),
        fleet: FleetId::new([0x11; 32]),
        role: Role::Refused,
        reason: Text::shortened("gone"),
        term: Term(1),
        leader: NodeNumber(2),
        last: LogIndex(2),
        committed: LogIndex(3),
        applied: LogIndex(4),
        checkpoint: LogIndex(5),
        era: Era(6),
        vaults: 7,
        root: digest(0x33),
        boot: 8,
        sessions: List::new(vec![NodeNumber(1), NodeNumber(2)]).unwrap(),
        counters: Counters {
            requests: 0x11,
            unreadable: 0x12,
            refused: 0x13,
            guesses_answered: 0x14,
            successes: 0x15,
            slots_erased: 0x16,
            entries_applied: 0x17,
            batches: 0x18,
            tree_nodes: 0x19,
            tree_bytes: 0x1a,
            checkpoints: 0x1b,
            campaigns: 0x1c,
        },
    }
}

#[test]
fn every_role_has_its_number_and_word() {
    for (role, number, word) in [
        (Role::Starting, "01", "starting"),
        (Role::Follower, "02", "follower"),
        (Role::Candidate, "03", "candidate"),
        (Role::Leader, "04", "leader"),
        (Role::Refused, "05", "refused"),
    ] {
        let golden = STATUS.replace("05 00000004 \"gone\"", &format!("{number} 00000004 \"gone\""));
        check(&HsmMessage::Status(HsmStatus { role, ..status() }), &format!("0e {golden}"));
        assert_eq!(role.word(), word);
    }
}

#[test]
fn golden_bytes_of_what_the_host_keeps() {
    check(&entry(7), ENTRY_7);
    check(&inner(), INNER);
    check(&NodeName::Leaf(record()), LEAF);
    check(&NodeName::Inner(Prefix::ROOT), "01 00 00*32");
    check(&nodes().as_slice()[0], &format!("{INNER} 0000000000000006 00000002 cccc"));
}

#[test]
fn a_prefix_has_one_encoding() {
    let refused = "NodeName: prefix: more than 64 half-bytes, or bits beyond them";
    assert_eq!(refusal::<NodeName>("01 03 abab 00*30"), refused);
    assert_eq!(refusal::<NodeName>("01 00 01 00*31"), refused);
    assert_eq!(refusal::<NodeName>("01 3f ab*32"), refused);
    assert_eq!(refusal::<NodeName>("01 41 ab*32"), refused);
    check(&NodeName::Inner(Prefix::of(&record(), 64)), "01 40 ab*32");
    check(&NodeName::Inner(Prefix::of(&record(), 63)), "01 3f ab*31 a0");
    assert_eq!(Prefix::of(&record(), 65).nibbles(), 64);
}

#[test]
fn a_length_beyond_its_bound_is_refused_before_its_items_are_looked_at() {
    for (bytes, text) in [
        ("05 00010001", "HostMessage: 65537 bytes where at most 65536 may stand"),
        ("07 0000000000000001 00002001", "HostMessage: 8193 bytes where at most 8192 may stand"),
        ("08 01 00100001", "HostMessage: 1048577 bytes where at most 1048576 may stand"),
        ("0b 0000000000000001 00001001", "HostMessage: 4097 items where at most 4096 may stand"),
        ("0b 0000000000000001 ffffffff", "HostMessage: 4294967295 items where at most 4096 may stand"),
        ("0c ffffffff", "HostMessage: 4294967295 items where at most 4096 may stand"),
        (
            "0c 00000001 0000000000000001 0000000000000001 00 00001001",
            "HostMessage: 4097 bytes where at most 4096 may stand",
        ),
    ] {
        assert_eq!(refusal::<HostMessage>(bytes), text);
    }
    assert_eq!(
        refusal::<HsmMessage>("08 0000000000000001 0000000000000001 00000041"),
        "HsmMessage: 65 items where at most 64 may stand"
    );
    assert_eq!(refusal::<HsmMessage>("10 00000201"), "HsmMessage: 513 bytes where at most 512 may stand");
    assert_eq!(refusal::<HostMessage>("0c 00001000"), "HostMessage: truncated");
}

#[test]
fn an_unknown_message_is_refused() {
    for number in ["00", "10", "ff"] {
        assert!(refusal::<HostMessage>(number).starts_with("HostMessage: unknown variant"));
    }
    for number in ["00", "11", "ff"] {
        assert!(refusal::<HsmMessage>(number).starts_with("HsmMessage: unknown variant"));
    }
}
