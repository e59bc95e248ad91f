//! Changes, and what becomes of the budget over them.

use strongroom_protocol::{client::Refusal, ids::Generation};

use super::{
    super::{Record, SpendVerdict, SuccessVerdict, Touched, UploadVerdict, proposal::Action},
    world::{CLOSED, UNKNOWN, World, attempt, code, is_done, passkey, password, refused, registration, slot},
};

#[test]
fn a_confirmed_change_refills_a_spent_budget() {
    let mut world = World::with_password();
    world.exhaust(1);
    let changed = world.change(2, Action::Replace(password(1, 2, 102)));
    assert!(matches!(
        changed,
        UploadVerdict::Done { generation: Generation(2), left: 0, confirming: Some(_) }
    ));
    assert_eq!(world.success(2, 102), SuccessVerdict::Succeeded { left: 10 });
    assert_eq!((world.left(), world.failed()), (10, 0));
}

#[test]
fn an_unconfirmed_change_leaves_zero() {
    let mut world = World::with_password();
    world.exhaust(1);
    assert!(is_done(&world.change(2, Action::Replace(password(1, 2, 102)))));
    assert_eq!(world.left(), 0);
    assert!(is_done(&world.change(3, Action::Replace(password(1, 3, 103)))));
    assert_eq!((world.left(), world.failed()), (0, 10));
    assert_eq!(world.spend(50), SpendVerdict::Erased);
    assert_eq!(world.success(3, 103), UNKNOWN, "the erasing closed the confirming attempt too");
}

#[test]
fn the_confirming_attempt_is_answered_where_no_guess_is_left() {
    let mut world = World::with_password();
    world.exhaust(1);
    world.change(2, Action::Replace(password(1, 2, 102)));
    assert!(matches!(world.spend(102), SpendVerdict::Again { left: 0, failed: 10, .. }));
    assert!(!world.vault().slot(slot(1)).unwrap().is_erased());
}

#[test]
fn registering_again_gives_no_guess() {
    let mut world = World::with_password();
    let mut answers = 0;
    for name in 2..=60 {
        if matches!(world.spend(name + 100), SpendVerdict::Spent { .. }) {
            answers += 1;
        }
        let _ = world.change(name, Action::Replace(password(1, name, name)));
        world.rules.checkpoint += 1;
    }
    assert_eq!(answers, 10);
    assert_eq!(world.left(), 0);
}

#[test]
fn removing_erasing_and_adding_the_password_carry_the_count_over() {
    let mut world = World::with_code();
    for name in 1..=4 {
        world.spend(name);
    }
    assert!(is_done(&world.change(3, Action::Remove(slot(1)))));
    assert_eq!((world.left(), world.failed()), (6, 4));
    assert!(is_done(&world.change(4, Action::Add(password(5, 3, 103)))));
    assert_eq!((world.left(), world.failed()), (6, 4));
    let mut next = 5;
    while world.left() > 0 {
        assert!(matches!(world.spend_with(5, next, next), SpendVerdict::Spent { .. }));
        next += 1;
    }
    assert_eq!(world.spend_with(5, 50, 50), SpendVerdict::Erased);
    assert!(is_done(&world.change(5, Action::Add(password(5, 4, 104)))));
    assert_eq!((world.left(), world.failed()), (0, 10));
    assert!(is_done(&world.change(6, Action::Remove(slot(5)))));
    assert!(is_done(&world.change(7, Action::Add(password(1, 5, 105)))));
    assert_eq!((world.left(), world.failed()), (0, 10));
}

#[test]
fn an_attempt_of_a_replaced_registration_is_neither_answered_nor_a_success() {
    let mut world = World::with_password();
    let SpendVerdict::Spent { answerable, .. } = world.spend(1) else { panic!("not spent") };
    assert!(is_done(&world.change(2, Action::Replace(password(1, 2, 102)))));
    assert!(world.vault().answering(&answerable).is_none());
    assert_eq!(world.spend(1), CLOSED, "else it would be evaluated under the new seed, uncounted");
    assert_eq!(world.success(1, 1), UNKNOWN);
    assert_eq!(world.success(2, 1), UNKNOWN);
    assert_eq!((world.left(), world.failed()), (9, 1), "its guess stays taken");
}

#[test]
fn an_attempt_of_a_removed_registration_stays_closed_when_the_same_registration_stands_again() {
    let mut world = World::with_code();
    world.spend(1);
    assert!(is_done(&world.change(3, Action::Remove(slot(1)))));
    assert_eq!(world.spend(1), SpendVerdict::Refused(Refusal::WrongSlot));
    assert!(is_done(&world.change(4, Action::Add(password(1, 1, 103)))));
    assert_eq!(world.spend(1), CLOSED);
    assert_eq!(world.success(1, 1), UNKNOWN);
    assert_eq!(world.left(), 9);
}

#[test]
fn a_replacement_closes_the_confirming_attempt_before_it() {
    let mut world = World::with_password();
    world.change(2, Action::Replace(password(1, 2, 102)));
    world.change(3, Action::Replace(password(1, 3, 103)));
    let open: Vec<_> = world.vault().budget().open().iter().map(|open| open.attempt).collect();
    assert_eq!(open, [attempt(103)]);
    assert_eq!(world.success(2, 102), UNKNOWN);
    assert_eq!(world.spend(102), CLOSED);
    assert_eq!(world.success(3, 103), SuccessVerdict::Succeeded { left: 10 });
}

#[test]
fn a_change_of_another_slot_leaves_open_attempts_open() {
    let mut world = World::with_password();
    world.spend(1);
    assert!(is_done(&world.change(2, Action::Add(code(2, 2)))));
    assert!(is_done(&world.change(3, Action::Replace(passkey(2, 3)))));
    assert!(is_done(&world.change(4, Action::Remove(slot(2)))));
    assert!(matches!(world.spend(1), SpendVerdict::Again { .. }));
    assert_eq!(world.success(1, 1), SuccessVerdict::Succeeded { left: 10 });
}

#[test]
fn what_an_uncounted_slot_does_refills_nothing() {
    let mut world = World::with_code();
    world.exhaust(1);
    assert!(is_done(&world.change(3, Action::Replace(code(2, 3)))));
    assert!(is_done(&world.change(4, Action::Add(passkey(3, 4)))));
    assert_eq!(world.success_at(2, 3, 1), UNKNOWN);
    assert_eq!(world.left(), 0);
}

#[test]
fn a_password_replaced_by_a_code_is_no_password_any_more() {
    let mut world = World::with_password();
    world.spend(1);
    assert!(is_done(&world.change(2, Action::Replace(code(1, 2)))));
    assert_eq!(world.spend(1), SpendVerdict::Refused(Refusal::WrongSlot));
    assert!(world.vault().budget().open().is_empty());
    assert_eq!(world.left(), 9);
}

#[test]
fn the_same_change_again_is_answered_as_before_and_changes_nothing() {
    let mut world = World::with_password();
    let first = world.change_at(Generation(1), 2, Action::Replace(password(1, 2, 102)));
    assert!(matches!(
        first,
        UploadVerdict::Done { generation: Generation(2), left: 10, confirming: Some(_) }
    ));
    let mut without_ticket = password(1, 2, 102);
    without_ticket.seed = None;
    for new in [password(1, 2, 102), without_ticket] {
        let again = world.change_at(Generation(1), 2, Action::Replace(new));
        assert!(matches!(
            again,
            UploadVerdict::Repeated { generation: Generation(2), left: 10, confirming: Some(_) }
        ));
        assert_eq!(world.touched, Touched::Nothing);
    }
    world.success(2, 102);
    assert_eq!(
        world.change_at(Generation(1), 2, Action::Replace(password(1, 2, 102))),
        UploadVerdict::Repeated { generation: Generation(2), left: 10, confirming: None }
    );
}

#[test]
fn a_change_for_another_generation_conflicts() {
    let mut world = World::with_code();
    for generation in [0, 1, 3, u64::MAX] {
        assert_eq!(
            refused(world.change_at(Generation(generation), 9, Action::Remove(slot(2)))),
            Refusal::GenerationConflict
        );
    }
    assert_eq!(world.vault().generation(), Generation(2));
}

#[test]
fn an_older_change_sent_again_conflicts() {
    let mut world = World::with_password();
    world.change_at(Generation(1), 2, Action::Add(code(2, 2)));
    world.change_at(Generation(2), 3, Action::Remove(slot(2)));
    assert_eq!(
        refused(world.change_at(Generation(1), 2, Action::Add(code(2, 2)))),
        Refusal::GenerationConflict
    );
}

#[test]
fn the_last_generation_takes_no_change() {
    let mut world = World::with_code();
    let mut bytes = world.encoded().unwrap();
    bytes[1..9].copy_from_slice(&[0xff; 8]);
    world.record = Some(Record::decode(&bytes).unwrap());
    assert_eq!(refused(world.change(9, Action::Remove(slot(2)))), Refusal::GenerationConflict);
    assert_eq!(refused(world.change(9, Action::Erase)), Refusal::GenerationConflict);
}

#[test]
fn a_registration_that_stands_in_a_slot_is_not_taken_twice() {
    let mut world = World::with_code();
    for action in [
        Action::Add(code(3, 2)),
        Action::Add(passkey(3, 1)),
        Action::Replace(code(2, 1)),
        Action::Replace(code(2, 2)),
        Action::Replace(password(1, 1, 102)),
    ] {
        assert_eq!(refused(world.change(9, action)), Refusal::RegistrationUsed);
    }
    let next = world.exhaust(1);
    world.spend(next);
    assert_eq!(refused(world.change(9, Action::Add(password(1, 1, 102)))), Refusal::RegistrationUsed);
}

#[test]
fn a_vault_has_one_password() {
    let mut world = World::with_code();
    assert_eq!(refused(world.change(9, Action::Add(password(3, 3, 103)))), Refusal::SecondPassword);
    assert_eq!(refused(world.change(9, Action::Replace(password(2, 3, 103)))), Refusal::SecondPassword);
    let next = world.exhaust(1);
    world.spend(next);
    assert_eq!(
        refused(world.change(9, Action::Add(password(3, 3, 103)))),
        Refusal::SecondPassword,
        "an erased one keeps its place"
    );
}

#[test]
fn a_slot_is_added_where_none_is_and_replaced_or_removed_where_one_is() {
    let mut world = World::with_code();
    assert_eq!(refused(world.change(9, Action::Add(code(2, 3)))), Refusal::WrongSlot);
    assert_eq!(refused(world.change(9, Action::Add(password(1, 3, 103)))), Refusal::WrongSlot);
    assert_eq!(refused(world.change(9, Action::Replace(code(3, 3)))), Refusal::WrongSlot);
    assert_eq!(refused(world.change(9, Action::Remove(slot(3)))), Refusal::WrongSlot);
}

#[test]
fn the_last_slot_is_not_removed() {
    let mut world = World::with_password();
    assert_eq!(refused(world.change(9, Action::Remove(slot(1)))), Refusal::WrongSlot);
    assert_eq!(world.vault().slots().len(), 1);
}

#[test]
fn all_eight_slots_can_be_taken() {
    let mut world = World::with_password();
    for number in [8, 2, 7, 3, 6, 4, 5] {
        assert!(is_done(&world.change(number, Action::Add(code(number, number)))));
    }
    let numbers: Vec<_> = world.vault().slots().iter().map(|slot| slot.number().get()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_confirming_attempt_must_be_new() {
    let mut world = World::with_password();
    world.spend(1);
    world.spend(2);
    world.success(1, 1);
    assert_eq!(refused(world.change(9, Action::Replace(password(1, 2, 1)))), Refusal::AttemptClosed);
    assert_eq!(refused(world.change(9, Action::Replace(password(1, 2, 2)))), Refusal::AttemptClosed);
    assert_eq!(world.vault().slot(slot(1)).unwrap().registration_id(), registration(1));
}

#[test]
fn a_password_is_not_changed_while_no_further_attempt_can_be_remembered() {
    let mut world = World::with_password();
    for name in 1..=32 {
        world.spend(name);
        world.success(1, name);
    }
    assert_eq!(refused(world.change(9, Action::Replace(password(1, 2, 102)))), Refusal::Busy);
    assert!(is_done(&world.change(9, Action::Add(code(2, 2)))), "what needs no attempt can be done");
    world.rules.checkpoint += 2;
    assert!(is_done(&world.change(10, Action::Replace(password(1, 3, 103)))));
}

#[test]
fn an_erased_password_can_be_added_replaced_or_removed_by_its_owner() {
    for action in
        [Action::Add(password(1, 3, 103)), Action::Replace(password(1, 3, 103)), Action::Remove(slot(1))]
    {
        let mut world = World::with_code();
        let next = world.exhaust(1);
        assert_eq!(world.spend(next), SpendVerdict::Erased);
        let removes = matches!(action, Action::Remove(_));
        assert!(is_done(&world.change(9, action)));
        assert_eq!(world.touched, Touched::Written, "nothing that opens anything was there");
        assert_eq!(world.vault().slot(slot(1)).is_none(), removes);
        assert_eq!(world.left(), 0);
    }
}

#[test]
fn a_replaced_removed_or_erased_registration_wants_a_checkpoint_soon() {
    let mut world = World::with_password();
    world.change(2, Action::Add(code(2, 2)));
    assert_eq!(world.touched, Touched::Written);
    world.change(3, Action::Replace(code(2, 3)));
    assert_eq!(world.touched, Touched::Erased);
    assert!(!world.encoded().unwrap().windows(64).any(|window| window == [2; 64]), "no seed is left behind");
    world.change(4, Action::Remove(slot(2)));
    assert_eq!(world.touched, Touched::Erased);
    world.change(5, Action::Replace(password(1, 5, 105)));
    assert_eq!(world.touched, Touched::Erased);
    world.change(6, Action::Erase);
    assert_eq!(world.touched, Touched::Erased);
}

#[test]
fn an_erased_vault_leaves_a_stone_that_knows_its_change_again() {
    let mut world = World::with_password();
    let done = world.change_at(Generation(1), 2, Action::Erase);
    assert_eq!(done, UploadVerdict::Done { generation: Generation(2), left: 0, confirming: None });
    let Some(Record::Tombstone(stone)) = &world.record else { panic!("no tombstone") };
    assert_eq!(stone.generation(), Generation(2));
    let again = world.change_at(Generation(1), 2, Action::Erase);
    assert_eq!(again, UploadVerdict::Repeated { generation: Generation(2), left: 0, confirming: None });
    assert_eq!(world.touched, Touched::Nothing);
    assert_eq!(refused(world.change_at(Generation(2), 3, Action::Erase)), Refusal::VaultErased);
    assert_eq!(refused(world.create(1, password(1, 1, 101))), Refusal::VaultErased);
}
