use super::*;
use crate::label::labels;
use crate::rng::ChaChaRng;

fn key() -> Secret<32> {
    Secret::new([1; 32])
}

fn sealed() -> Vec<u8> {
    seal(&key(), labels::TICKET_SEAL, &[b"vault", b"slot"], b"plaintext", &mut ChaChaRng::from_seed([0; 32]))
}

#[test]
fn golden_seals() {
    assert_eq!(
        hex::encode(sealed()),
        "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1a2ab0e5b8db2eb61541dc250a520c8f0d62e4528b51974da6a7"
    );
    assert_eq!(
        hex::encode(seal_once(&key(), labels::TREE_NODE_SEAL, &[b"node"], b"plaintext")),
        "714b2cb8802673ba701cf7c3a7ea9c515eb2cac038f7acdcb4"
    );
    assert_eq!(
        hex::encode(seal_counted(&key(), labels::PEER_FRAME_SEAL, 0x0102_0304_0506_0708, &[], b"plaintext")),
        "0ce8641d41725bd2261fb4dadce0bd49a406d77f4323395a8f"
    );
}

#[test]
fn overheads_are_as_named() {
    assert_eq!(sealed().len(), 9 + SEAL_OVERHEAD);
    let once = seal_once(&key(), labels::TREE_NODE_SEAL, &[], b"plaintext");
    assert_eq!(once.len(), 9 + SEAL_ONCE_OVERHEAD);
    let counted = seal_counted(&key(), labels::PEER_FRAME_SEAL, 0, &[], b"plaintext");
    assert_eq!(counted.len(), 9 + SEAL_ONCE_OVERHEAD);
}

#[test]
fn what_was_sealed_opens() {
    let opened = open(&key(), labels::TICKET_SEAL, &[b"vault", b"slot"], &sealed()).unwrap();
    assert_eq!(opened.expose(), b"plaintext");
}

#[test]
fn another_key_label_or_context_does_not_open() {
    let fails = |key: u8, label, associated: &[&[u8]]| {
        open(&Secret::new([key; 32]), label, associated, &sealed()).is_err()
    };
    assert!(fails(2, labels::TICKET_SEAL, &[b"vault", b"slot"]));
    assert!(fails(1, labels::TOKEN_SEAL, &[b"vault", b"slot"]));
    assert!(fails(1, labels::TICKET_SEAL, &[b"vault", b"slit"]));
    assert!(fails(1, labels::TICKET_SEAL, &[b"vaults", b"lot"]));
    assert!(fails(1, labels::TICKET_SEAL, &[b"vault"]));
    assert!(!fails(1, labels::TICKET_SEAL, &[b"vault", b"slot"]));
}

#[test]
fn every_truncation_and_every_flipped_byte_is_refused() {
    let sealed = sealed();
    let opens = |bytes: &[u8]| open(&key(), labels::TICKET_SEAL, &[b"vault", b"slot"], bytes).is_ok();
    for length in 0..sealed.len() {
        assert!(!opens(&sealed[..length]));
    }
    for position in 0..sealed.len() {
        let mut broken = sealed.clone();
        broken[position] ^= 1;
        assert!(!opens(&broken));
    }
    assert!(!opens(&[sealed.as_slice(), &[0]].concat()));
    assert!(opens(&sealed));
}

#[test]
fn a_seal_made_once_opens_in_its_context_only() {
    let sealed = seal_once(&key(), labels::TREE_NODE_SEAL, &[b"node"], b"plaintext");
    let open = |key: &Secret<32>, label, part: &[u8], sealed: &[u8]| {
        open_once(key, label, &[part], sealed).map(|opened| opened.expose().to_vec())
    };
    let label = labels::TREE_NODE_SEAL;
    assert_eq!(open(&key(), label, b"node", &sealed), Ok(b"plaintext".to_vec()));
    assert!(open(&Secret::new([2; 32]), label, b"node", &sealed).is_err());
    assert!(open(&key(), labels::ENTRY_SEAL, b"node", &sealed).is_err());
    assert!(open(&key(), label, b"edge", &sealed).is_err());
    assert!(open(&key(), label, b"node", &sealed[..24]).is_err());
    assert!(open(&key(), label, b"node", &[]).is_err());
}

#[test]
fn a_frame_opens_at_its_own_counter_only() {
    let sealed = seal_counted(&key(), labels::PEER_FRAME_SEAL, 7, &[b"to"], b"plaintext");
    let opens = |counter| open_counted(&key(), labels::PEER_FRAME_SEAL, counter, &[b"to"], &sealed).is_ok();
    assert!(opens(7));
    assert!(!opens(6));
    assert!(!opens(8));
    assert!(!opens(7 << 32));
}
