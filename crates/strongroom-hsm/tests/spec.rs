//! The samples of `docs/spec/log.md`, `state.md` and `peer.md`, byte for byte.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use strongroom_crypto::{Rng, Secret};
use strongroom_hsm::{
    entry::{
        CheckpointContent, EntryBody, EntryContent, EntryHeader, VaultEntry, entry_digest, open_entry,
        read_sealed, seal_entry,
    },
    era::{EraKeys, PendingEra},
    field::KeyField,
    peer::{PeerBody, PeerMessage, Roots},
    state::{HeadTable, PeerBoot, SealedState, head_hash, open_head, open_state, seal_head, seal_state},
    vault::{Proposal, proposal::Spend},
};
use strongroom_protocol::{
    bytes::List,
    encode,
    ids::{
        AttemptId, Digest, Era, FleetId, LogIndex, NodeNumber, Partition, ProposalId, RecordId, SlotNumber,
        Term, Version, hex,
    },
};

/// A nonce of one byte, again and again.
struct Fixed(u8);

impl Rng for Fixed {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(self.0);
    }
}

const FLEET: FleetId = FleetId::new([0x11; 32]);

fn key(byte: u8) -> Secret<32> {
    Secret::new([byte; 32])
}

/// `22*32` as a page writes it, and hexadecimal as it is; remarks and spaces do not count.
fn sample(text: &str) -> String {
    let code = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    code.flat_map(str::split_whitespace)
        .map(|word| match word.split_once('*') {
            Some((byte, times)) => byte.repeat(times.parse().unwrap()),
            None => word.to_owned(),
        })
        .collect()
}

fn guess() -> (EntryHeader, EntryBody) {
    let header = EntryHeader {
        version: Version,
        partition: Partition(0),
        era: Era(9),
        record: Some(RecordId::new([0x22; 32])),
    };
    let spend =
        Spend { slot: SlotNumber::FIRST, attempt: AttemptId::new([0x77; 16]), ke1: Digest::new([0x99; 32]) };
    let content = EntryContent::Vault(VaultEntry { opened_in: Era(9), proposal: Proposal::Spend(spend) });
    (
        header,
        EntryBody { version: Version, proposal: ProposalId::new([3; 16]), seed: KeyField(key(5)), content },
    )
}

fn next_era() -> EraKeys {
    EraKeys { era: Era(10), log: KeyField(key(1)), tickets: KeyField(key(2)) }
}

fn checkpoint() -> (EntryHeader, EntryBody) {
    let header = EntryHeader { version: Version, partition: Partition(0), era: Era(9), record: None };
    let content = EntryContent::Checkpoint(CheckpointContent { era: Era(10), keys: next_era().hash() });
    (
        header,
        EntryBody { version: Version, proposal: ProposalId::new([4; 16]), seed: KeyField(key(6)), content },
    )
}

fn sealed((header, body): (EntryHeader, EntryBody), nonce: u8) -> Vec<u8> {
    seal_entry(&FLEET, header, &key(7), &body, &mut Fixed(nonce)).unwrap()
}

#[test]
fn golden_entries() {
    let plaintext = "01 03*16 05*32 01 0000000000000009 03 01 77*16 99*32";
    assert_eq!(hex(&encode(&guess().1)), sample(plaintext));
    let entry = sealed(guess(), 0xaa);
    assert_eq!(
        hex(&entry),
        sample(
            "01 0000 0000000000000009 01 22*32 00000094 aa*24 2557d9376cd71c62a43d0754c25cbb61c303a4a22bf9644ce17d19d2eb6e34a88712d1a70dcdcf835484e02e19557eb45931b702cb87018b
             4d612fdb63e603fc8d47737b73b231c54ef90bb2ab0d1e2fbd5e362038b84bc85c6e517503a78984bdadd1d54934f19c8aebc9573ce379637fadfdd2f361cdd4307dc767"
        )
    );
    let body = open_entry(&FLEET, &read_sealed(&entry).unwrap(), &key(7)).unwrap();
    assert_eq!(hex(&encode(&body)), sample(plaintext));

    let plaintext =
        "01 04*16 06*32 02 000000000000000a f92aba4543633395a891fb1adca07b1505be0bad1ac8ef1b1e39b70087a6add1";
    assert_eq!(hex(&encode(&checkpoint().1)), sample(plaintext));
    assert_eq!(
        hex(&sealed(checkpoint(), 0xbb)),
        sample(
            "01 0000 0000000000000009 00 00000082 bb*24 b641dcd6557d3feeb98c8158d49bc68bca63874a7e3ff71ec92b7b10f29b06d6912fe16
             bd35fec05713cca4238be835a03fe16e93836adbfe77696a333e1da28bf36290a9e38df00b5af48284ecf8cd629ad0ff5276691343e8062e
             03c156b582c8173cbed2007fe950d"
        )
    );
}

#[test]
fn an_entry_opens_in_its_fleet_under_its_key_and_header_only() {
    let entry = sealed(guess(), 0xaa);
    let whole = read_sealed(&entry).unwrap();
    assert!(open_entry(&FleetId::new([0x12; 32]), &whole, &key(7)).is_err());
    assert!(open_entry(&FLEET, &whole, &key(8)).is_err());
    for bit in 0..entry.len() * 8 {
        let mut changed = entry.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let opened = read_sealed(&changed).ok().and_then(|sealed| open_entry(&FLEET, &sealed, &key(7)).ok());
        assert!(opened.is_none(), "bit {bit}");
    }
    for end in 0..entry.len() {
        assert!(read_sealed(&entry[..end]).is_err());
    }
    assert!(read_sealed(&[&entry[..], &[0]].concat()).is_err());
}

#[test]
fn golden_running_digest() {
    let first = entry_digest(&Digest::new([0x11; 32]), 1, 1, 0, &[]);
    assert_eq!(first.to_hex(), "a4ebc7ecfd764011028679babb107d58a9360c4c403e14678add713d92dcb94c");
    let empty = entry_digest(&first, 2, 2, 0, &[]);
    assert_eq!(empty.to_hex(), "122c916e7a5f4a333773be53f09c0d569257b40418be78a443d8ed0f2dc5cb70");
    let guess = entry_digest(&empty, 3, 2, 0, &sealed(guess(), 0xaa));
    assert_eq!(guess.to_hex(), "6c06a7035ec4a7eb894f5ee65701fd68713199034f94ee7fe2007ddb16b231fc");
    let checkpoint = entry_digest(&guess, 4, 2, 0, &sealed(checkpoint(), 0xbb));
    assert_eq!(checkpoint.to_hex(), "f32d5170fcd31553d60bc89bb41b81ced4310641100ea288ff99f9bf4ececfce");
}

#[test]
fn golden_head_table() {
    let digest =
        Digest::from_hex("6488dc496b138045b354659bf1a7f2285afb17979bbf75d54b263c287245acae").unwrap();
    let peer = PeerBoot { node: NodeNumber(2), boot: 5, incarnation: [0x99; 16], shut_out: 0 };
    let head = HeadTable {
        version: Version,
        term: Term(2),
        vote: NodeNumber(3),
        index: LogIndex(4),
        digest,
        pending: List::new(vec![PendingEra { index: LogIndex(4), keys: next_era() }]).unwrap(),
        peers: List::new(vec![peer]).unwrap(),
    };
    let plaintext = "01 0000000000000002 03 0000000000000004
        6488dc496b138045b354659bf1a7f2285afb17979bbf75d54b263c287245acae
        00000001 0000000000000004 000000000000000a 01*32 02*32
        00000001 02 0000000000000005 99*16 00";
    assert_eq!(hex(&encode(&head)), sample(plaintext));
    let sealed = seal_head(&head, &FLEET, &key(0x5e), &mut Fixed(0xcc));
    assert_eq!(
        hex(&sealed),
        sample(
            "cc*24 5c2d795db796270b3a448d0297591beb046f46b45ea79ded9dc656d0bee5103424ae2d391d0f47905cd972573ff89681d825294c9fc2
             f8275052162665af6653e8023a9f380ff183dda8551d94804f1c61044570d78193cc18d89a8f83fa2d49164eadbab908d3a4251d71164c38
             00a7b058e52ab9ef9ccf2bbd31cac353254293fe39dd1a494e19da40c07e451ef85683bfcf29901350fd49cf3979b3efe372ca1cad3b4faa
             142aec8147fbe3ccf429f0fdcd60"
        )
    );
    assert_eq!(
        head_hash(&sealed).to_hex(),
        "57f1652f85c386a7a6bda4be771961f0384976f00df96662a885947683fbd199"
    );
    assert!(open_head(&sealed, &FLEET, &key(0x5e)).is_some());
    assert!(open_head(&sealed, &FleetId::new([0; 32]), &key(0x5e)).is_none());
    assert!(open_state(&sealed, &FLEET, &key(0x5e)).is_none());
}

#[test]
fn golden_sealed_state() {
    let state = SealedState {
        version: Version,
        node_key: KeyField(key(0xa1)),
        genesis: None,
        node: NodeNumber(0),
        founded: None,
    };
    assert_eq!(hex(&encode(&state)), sample("01 a1*32 00 00 00"));
    let no_fleet = FleetId::new([0; 32]);
    let sealed = seal_state(&state, &no_fleet, &key(0x5e), &mut Fixed(0xdd));
    assert_eq!(
        hex(&sealed),
        sample(
            "dd*24 332e951b606e86b6db2893c658fe5eef2e6ae68e39653efaf287a7e967f0e3cd21ba19da9b938cb187711627c17fb72468706b2c"
        )
    );
    assert!(open_state(&sealed, &no_fleet, &key(0x5e)).is_some());
    assert!(open_state(&sealed, &no_fleet, &key(0x5f)).is_none());
}

#[test]
fn golden_bytes_of_a_message_between_two_hsms() {
    let roots = Roots { index: LogIndex(300), hash: Digest::new([0xfe; 32]) };
    assert_eq!(
        hex(&encode(&PeerMessage::new(PeerBody::Roots(roots)))),
        sample("01 06 000000000000012c fe*32")
    );
}
