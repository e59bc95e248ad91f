//! Attempts and successes at one registration.

use strongroom_protocol::{client::Refusal, ids::Generation};

use super::{
    super::{Ending, Record, SpendVerdict, SuccessVerdict, Taken, Touched, UploadVerdict, proposal::Action},
    world::{CLOSED, UNKNOWN, World, attempt, code, is_done, ke1, password, registration, slot},
};

#[test]
fn a_new_attempt_takes_a_guess_and_says_how_many_failed_before() {
    let mut world = World::with_password();
    for (name, left_after, failed_before) in [(1, 9, 0), (2, 8, 1), (3, 7, 2)] {
        match world.spend(name) {
            SpendVerdict::Spent { left, failed, generation, answerable } => {
                assert_eq!((left, failed, generation), (left_after, failed_before, Generation(1)));
                assert_eq!(answerable.slot(), slot(1));
                assert_eq!(answerable.registration(), registration(1));
                assert_eq!(answerable.attempt(), attempt(name));
                let answering = world.vault().answering(&answerable).unwrap();
                assert_eq!(answering.seed().secret().expose(), &[1; 64]);
                assert_eq!(answering.record(), &[1; 192]);
                assert_eq!(answering.wrapped_key(), &[1; 72]);
                assert_eq!(answering.stretching(), 1);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.touched, Touched::Written);
    }
    assert_eq!((world.left(), world.failed()), (7, 3));
}

#[test]
fn an_open_attempt_with_the_same_ke1_is_answered_again_for_nothing() {
    let mut world = World::with_password();
    world.spend(1);
    world.spend(2);
    for _ in 0..20 {
        match world.spend(1) {
            SpendVerdict::Again { left: 8, failed: 1, generation: Generation(1), answerable } => {
                assert!(world.vault().answering(&answerable).is_some());
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.touched, Touched::Nothing);
    }
    assert_eq!((world.left(), world.failed()), (8, 2));
}

#[test]
fn an_open_attempt_with_another_ke1_is_refused() {
    let mut world = World::with_password();
    world.spend_with(1, 1, 1);
    assert_eq!(world.spend_with(1, 1, 2), CLOSED);
    assert_eq!(world.left(), 9);
}

#[test]
fn two_recorded_requests_replayed_in_turn_spend_nothing() {
    let mut world = World::with_password();
    world.spend(1);
    world.spend(2);
    for _ in 0..50 {
        assert!(matches!(world.spend(1), SpendVerdict::Again { .. }));
        assert!(matches!(world.spend(2), SpendVerdict::Again { .. }));
    }
    assert_eq!(world.success(1, 2), SuccessVerdict::Succeeded { left: 10 });
    for _ in 0..50 {
        assert_eq!(world.spend(1), CLOSED);
        assert_eq!(world.spend(2), CLOSED);
    }
    assert_eq!((world.left(), world.failed()), (10, 0));
}

#[test]
fn the_attempt_that_finds_no_guess_left_erases_the_slot_for_ever() {
    let mut world = World::with_password();
    let next = world.exhaust(1);
    assert!(matches!(world.spend(1), SpendVerdict::Again { .. }), "what is open is still answered");
    assert_eq!(world.spend(next), SpendVerdict::Erased);
    assert_eq!(world.touched, Touched::Erased);
    assert!(world.vault().slot(slot(1)).unwrap().is_erased());
    assert!(!world.encoded().unwrap().windows(64).any(|window| window == [1; 64]), "no seed stands");
    for name in (1..=next).chain([200, 201]) {
        assert_eq!(world.spend(name), SpendVerdict::Erased);
        assert_eq!(world.touched, Touched::Nothing);
        assert_eq!(world.success(1, name), UNKNOWN);
    }
    assert_eq!(world.left(), 0);
}

#[test]
fn an_attempt_that_was_erased_spends_nothing_at_the_next_password() {
    let mut world = World::with_password();
    let next = world.exhaust(1);
    assert_eq!(world.spend(next), SpendVerdict::Erased);
    assert!(is_done(&world.change(2, Action::Add(password(1, 2, 102)))));
    assert_eq!(world.success(2, 102), SuccessVerdict::Succeeded { left: 10 });
    for name in 1..=next {
        assert_eq!(world.spend(name), CLOSED);
    }
    assert_eq!(world.left(), 10);
}

#[test]
fn a_budget_of_one_gives_one_guess() {
    let mut world = World::new();
    world.rules.guesses = 1;
    world.create(1, password(1, 1, 101));
    assert!(matches!(world.spend(1), SpendVerdict::Spent { left: 0, failed: 0, .. }));
    assert_eq!(world.spend(2), SpendVerdict::Erased);
}

#[test]
fn a_success_forgives_its_attempt_and_those_before_it() {
    let mut world = World::with_password();
    for name in 1..=4 {
        world.spend(name);
    }
    assert_eq!(world.success(1, 4), SuccessVerdict::Succeeded { left: 10 });
    assert_eq!((world.left(), world.failed()), (10, 0));
    assert!(world.vault().budget().open().is_empty());
}

#[test]
fn a_success_forgives_no_later_attempt() {
    let mut world = World::with_password();
    for name in 1..=5 {
        world.spend(name);
    }
    assert_eq!(world.success(1, 2), SuccessVerdict::Succeeded { left: 7 });
    assert_eq!((world.left(), world.failed()), (7, 3));
    let open: Vec<_> = world.vault().budget().open().iter().map(|open| open.attempt).collect();
    assert_eq!(open, [attempt(3), attempt(4), attempt(5)]);
    assert!(matches!(world.spend(4), SpendVerdict::Again { left: 7, failed: 2, .. }));
    assert_eq!(world.spend(1), CLOSED);
}

#[test]
fn a_success_that_nobody_followed_raises_nothing_beyond_the_budget() {
    let mut world = World::with_password();
    world.exhaust(1);
    assert_eq!(world.success(1, 1), SuccessVerdict::Succeeded { left: 1 });
    assert!(matches!(world.spend(50), SpendVerdict::Spent { left: 0, failed: 9, .. }));
    assert_eq!(world.spend(51), SpendVerdict::Erased);
}

#[test]
fn ten_withheld_answers_to_message_2_refill_once() {
    let mut world = World::with_password();
    world.spend(1);
    assert_eq!(world.success(1, 1), SuccessVerdict::Succeeded { left: 10 });
    let mut left = 10;
    for name in 2..=10 {
        // Whoever withholds the answer guesses in between; the device repeats the same message 2.
        world.spend(name);
        left -= 1;
        assert_eq!(world.success(1, 1), SuccessVerdict::SucceededBefore { left });
        assert_eq!(world.touched, Touched::Nothing);
    }
    assert_eq!((world.left(), world.failed()), (1, 9));
}

#[test]
fn an_earlier_attempt_cannot_succeed_after_a_later_one() {
    let mut world = World::with_password();
    world.spend(1);
    world.spend(2);
    world.success(1, 2);
    world.spend(3);
    assert_eq!(world.success(1, 1), UNKNOWN);
    assert_eq!((world.left(), world.failed()), (9, 1));
}

#[test]
fn a_success_for_another_slot_or_registration_refills_nothing() {
    let mut world = World::with_code();
    world.spend(1);
    assert_eq!(world.success_at(2, 1, 1), UNKNOWN);
    assert_eq!(world.success_at(2, 2, 1), UNKNOWN);
    assert_eq!(world.success_at(1, 2, 1), UNKNOWN);
    assert_eq!(world.success_at(1, 1, 2), UNKNOWN);
    assert_eq!(world.left(), 9);
}

#[test]
fn a_closed_attempt_is_forgotten_when_two_checkpoints_have_passed() {
    let mut world = World::with_password();
    world.spend(1);
    world.success(1, 1);
    world.rules.checkpoint += 1;
    assert_eq!(world.spend(1), CLOSED);
    assert_eq!(world.success(1, 1), SuccessVerdict::SucceededBefore { left: 10 });
    world.rules.checkpoint += 1;
    assert_eq!(world.success(1, 1), UNKNOWN);
    assert!(matches!(world.spend(1), SpendVerdict::Spent { left: 9, .. }), "it takes a guess like any other");
    assert!(world.vault().budget().closed().is_empty());
}

#[test]
fn an_open_attempt_is_never_forgotten() {
    let mut world = World::with_password();
    world.spend(1);
    world.rules.checkpoint += 1000;
    assert!(matches!(world.spend(1), SpendVerdict::Again { left: 9, failed: 0, .. }));
}

#[test]
fn where_32_attempts_are_remembered_further_ones_come_later_at_no_cost() {
    let mut world = World::with_password();
    for name in 1..=31 {
        world.spend(name);
        world.success(1, name);
    }
    assert!(matches!(world.spend(32), SpendVerdict::Spent { left: 9, .. }));
    assert_eq!(world.spend(33), SpendVerdict::Later);
    assert_eq!(world.touched, Touched::Nothing);
    assert_eq!(world.left(), 9);
    assert_eq!(world.success(1, 32), SuccessVerdict::Succeeded { left: 10 });
    assert_eq!(world.vault().budget().closed().len(), 32);
    for name in 1..=32 {
        assert_eq!(world.spend(name), CLOSED, "none of the 32 was forgotten");
    }
    assert_eq!(world.spend(33), SpendVerdict::Later);
    world.rules.checkpoint += 2;
    assert!(matches!(world.spend(33), SpendVerdict::Spent { left: 9, .. }));
}

#[test]
fn closing_all_open_attempts_fits_however_many_are_remembered() {
    let mut world = World::with_password();
    for name in 1..=25 {
        world.spend(name);
        world.success(1, name);
    }
    for name in 26..=32 {
        assert!(matches!(world.spend(name), SpendVerdict::Spent { .. }));
    }
    assert_eq!(world.spend(33), SpendVerdict::Later);
    assert_eq!(world.success(1, 32), SuccessVerdict::Succeeded { left: 10 });
    for name in 1..=32 {
        assert_eq!(world.spend(name), CLOSED);
    }
}

#[test]
fn erasing_goes_before_later_and_needs_no_room() {
    let mut world = World::with_password();
    for name in 1..=22 {
        world.spend(name);
        world.success(1, name);
    }
    world.exhaust(23);
    assert_eq!(world.vault().budget().open().len() + world.vault().budget().closed().len(), 32);
    assert_eq!(world.spend(40), SpendVerdict::Erased);
    assert_eq!(world.vault().budget().closed().len(), 32);
    assert!(world.vault().budget().closed().iter().all(|closed| closed.attempt != attempt(40)));
}

#[test]
fn a_closed_attempt_says_how_it_ended() {
    let mut world = World::with_password();
    world.spend(1);
    world.spend(2);
    world.success(1, 2);
    let closed: Vec<_> =
        world.vault().budget().closed().iter().map(|one| (one.attempt, one.checkpoint, one.ending)).collect();
    assert_eq!(closed, [(attempt(1), 102, Ending::Without), (attempt(2), 102, Ending::Success)]);
}

#[test]
fn the_confirming_attempt_is_the_newest_open_one_and_took_nothing() {
    let mut world = World::new();
    world.create(1, password(1, 1, 101));
    let open = world.vault().budget().open().to_vec();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].attempt, open[0].ke1, open[0].taken), (attempt(101), ke1(101), Taken::Nothing));
    assert_eq!((world.left(), world.failed()), (10, 0));
    assert!(matches!(world.spend(101), SpendVerdict::Again { left: 10, failed: 0, .. }));
    assert_eq!(world.spend_with(1, 101, 7), CLOSED);
}

#[test]
fn an_attempt_at_an_uncounted_or_empty_slot_is_refused() {
    let mut world = World::with_code();
    for number in [2, 3] {
        assert_eq!(world.spend_with(number, 1, 1), SpendVerdict::Refused(Refusal::WrongSlot));
        assert_eq!(world.touched, Touched::Nothing);
    }
    assert_eq!(world.left(), 10);
}

#[test]
fn what_is_asked_of_no_vault_changes_nothing() {
    let mut world = World::new();
    assert_eq!(world.spend(1), SpendVerdict::Absent);
    assert_eq!(world.success(1, 1), SuccessVerdict::Refused(Refusal::NoSuchVault));
    assert_eq!(world.change(1, Action::Erase), UploadVerdict::Refused(Refusal::NoSuchVault));
    assert!(world.record.is_none());
}

#[test]
fn what_is_asked_of_a_tombstone_changes_nothing() {
    let mut world = World::with_password();
    world.spend(1);
    world.change(2, Action::Erase);
    let stone = world.encoded();
    assert_eq!(world.spend(1), SpendVerdict::Refused(Refusal::VaultErased));
    assert_eq!(world.success(1, 1), SuccessVerdict::Refused(Refusal::VaultErased));
    assert_eq!(world.create(3, code(1, 3)), UploadVerdict::Refused(Refusal::VaultErased));
    assert_eq!(world.change(4, Action::Add(code(1, 3))), UploadVerdict::Refused(Refusal::VaultErased));
    assert!(matches!(world.record, Some(Record::Tombstone(_))));
    assert_eq!(world.encoded(), stone);
}
