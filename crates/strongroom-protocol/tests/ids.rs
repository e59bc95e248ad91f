//! Ids as people and logs see them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use strongroom_protocol::ids::{AttemptId, Generation, SlotNumber, VaultId, hex, unhex};

#[test]
fn a_vault_id_is_not_shown() {
    assert_eq!(format!("{:?}", VaultId::new([0xab; 32])), "VaultId(…)");
}

#[test]
fn other_ids_are_shown_in_hex() {
    let id = AttemptId::new([0xab; 16]);
    assert_eq!(format!("{id} {id:?}"), "abababababababababababababababab abababababababababababababababab");
}

#[test]
fn hex_is_read_in_one_form_only() {
    assert_eq!(unhex::<2>("00ff"), Some([0, 0xff]));
    for other in
        ["", "00f", "00fff", "00FF", "0+ff", "+0ff", " 0ff", "00f\n", "é0f", "0\u{e9}f", "-1ff", "0x0f"]
    {
        assert_eq!(unhex::<2>(other), None, "{other:?}");
    }
    let id = VaultId::from_hex(&"0a".repeat(32)).unwrap();
    assert_eq!(id.to_hex(), "0a".repeat(32));
    assert_eq!(hex(&[]), "");
}

#[test]
fn slots_are_numbered_from_1_to_8() {
    assert_eq!(SlotNumber::FIRST.get(), 1);
    assert!((1..=8).all(|number| SlotNumber::new(number).is_some_and(|slot| slot.get() == number)));
    assert!([0, 9, 255].into_iter().all(|number| SlotNumber::new(number).is_none()));
}

#[test]
fn the_last_generation_has_no_next() {
    assert_eq!(Generation::FIRST.next(), Some(Generation(2)));
    assert_eq!(Generation(u64::MAX).next(), None);
}
