//! Reads without an entry.

use strongroom_protocol::{
    client::{SlotKind, StatusAnswer},
    ids::Generation,
};

use super::{
    super::{UncountedRead, proposal::Action, read_uncounted, status},
    world::{World, passkey, registration, slot},
};

#[test]
fn an_uncounted_read_gives_codes_and_passkeys_and_never_a_password() {
    let mut world = World::with_code();
    world.change(3, Action::Add(passkey(3, 3)));
    world.spend(1);
    for (number, name) in [(2, 2), (3, 3)] {
        let UncountedRead::Slot(read) = read_uncounted(world.record.as_ref(), slot(number)) else {
            panic!("no uncounted slot");
        };
        assert_eq!(read.registration().id(), registration(name));
        assert_eq!(read.registration().seed().secret().expose(), &[name; 64]);
        assert_eq!((read.generation(), read.left(), read.failed()), (Generation(3), 9, 1));
    }
    assert!(matches!(read_uncounted(world.record.as_ref(), slot(1)), UncountedRead::Counted));
    assert!(matches!(read_uncounted(world.record.as_ref(), slot(4)), UncountedRead::NoSlot));
    let next = world.exhaust(10);
    world.spend(next);
    assert!(matches!(read_uncounted(world.record.as_ref(), slot(1)), UncountedRead::Counted));
    world.change(4, Action::Erase);
    assert!(matches!(read_uncounted(world.record.as_ref(), slot(2)), UncountedRead::VaultErased));
    assert!(matches!(read_uncounted(None, slot(2)), UncountedRead::Absent));
}

#[test]
fn a_status_shows_generation_slots_and_guesses() {
    let mut world = World::with_code();
    world.spend(1);
    let StatusAnswer::Present(shown) = status(world.record.as_ref()) else { panic!("no vault") };
    assert_eq!((shown.generation, shown.left, shown.failed), (Generation(2), 9, 1));
    let slots = shown.slots.as_slice();
    assert_eq!(slots.len(), 2);
    assert_eq!((slots[0].slot, slots[0].registration, slots[0].erased), (slot(1), registration(1), 0));
    assert_eq!((&slots[0].kind, &slots[1].kind), (&SlotKind::Password, &SlotKind::RecoveryCode));
    let next = world.exhaust(2);
    world.spend(next);
    let StatusAnswer::Present(shown) = status(world.record.as_ref()) else { panic!("no vault") };
    assert_eq!(shown.slots.as_slice()[0].erased, 1);
    assert_eq!(shown.slots.as_slice()[0].kind, SlotKind::Password);
    world.change(4, Action::Erase);
    assert_eq!(status(world.record.as_ref()), StatusAnswer::Erased);
    assert_eq!(status(None), StatusAnswer::Absent);
}
