//! Making a vault, and the confirming attempt.

use strongroom_protocol::{client::Refusal, ids::Generation};

use super::{
    super::{SpendVerdict, SuccessVerdict, Touched, UploadVerdict, proposal::Action},
    world::{World, attempt, code, passkey, password, refused, registration, slot},
};

#[test]
fn a_created_vault_has_every_guess_and_an_attempt_that_confirms_it() {
    let mut world = World::new();
    match world.create(1, password(1, 1, 101)) {
        UploadVerdict::Done { generation: Generation(1), left: 10, confirming: Some(answerable) } => {
            assert_eq!(answerable.attempt(), attempt(101));
            assert_eq!(answerable.registration(), registration(1));
            assert_eq!(answerable.slot(), slot(1));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.touched, Touched::Written);
    assert_eq!(world.vault().owner_key(), &[9; 32]);
}

#[test]
fn the_same_upload_again_is_answered_as_before_and_changes_nothing() {
    let mut world = World::new();
    let first = world.create(1, password(1, 1, 101));
    let UploadVerdict::Done { generation, left, confirming } = first else { panic!("{first:?}") };
    let mut without_ticket = password(1, 1, 101);
    without_ticket.seed = None;
    for new in [password(1, 1, 101), without_ticket] {
        let again = world.create(1, new);
        let UploadVerdict::Repeated { generation: g, left: l, confirming: c } = again else {
            panic!("{again:?}")
        };
        assert_eq!((g, l, &c), (generation, left, &confirming));
        assert_eq!(world.touched, Touched::Nothing);
        assert_eq!(world.vault().answering(&c.unwrap()).unwrap().seed().secret().expose(), &[1; 64]);
    }
}

#[test]
fn an_upload_sent_again_after_its_success_is_not_answered_under_the_password() {
    let mut world = World::with_password();
    assert_eq!(
        world.create(1, password(1, 1, 101)),
        UploadVerdict::Repeated { generation: Generation(1), left: 10, confirming: None }
    );
}

#[test]
fn an_upload_sent_again_after_the_slot_was_erased_is_not_answered_under_the_password() {
    let mut world = World::new();
    world.create(1, password(1, 1, 101));
    let next = world.exhaust(1);
    assert_eq!(world.spend(next), SpendVerdict::Erased);
    assert_eq!(
        world.create(1, password(1, 1, 101)),
        UploadVerdict::Repeated { generation: Generation(1), left: 0, confirming: None }
    );
    assert_eq!(world.success(1, 101), super::world::UNKNOWN);
}

#[test]
fn another_upload_for_an_existing_vault_is_refused() {
    let mut world = World::with_password();
    assert_eq!(refused(world.create(2, password(1, 1, 101))), Refusal::VaultExists);
    assert_eq!(refused(world.create(2, password(2, 5, 105))), Refusal::VaultExists);
}

#[test]
fn an_upload_sent_again_after_a_change_is_refused() {
    let mut world = World::with_code();
    assert_eq!(refused(world.create(1, password(1, 1, 101))), Refusal::VaultExists);
}

#[test]
fn the_success_of_a_created_password_counts() {
    let mut world = World::new();
    world.create(1, password(1, 1, 101));
    world.spend(1);
    world.spend(2);
    assert_eq!(
        world.success(1, 101),
        SuccessVerdict::Succeeded { left: 8 },
        "later attempts are not forgiven"
    );
    assert_eq!(world.success(1, 101), SuccessVerdict::SucceededBefore { left: 8 });
}

#[test]
fn a_password_needs_a_confirmation_and_nothing_else_may_have_one() {
    let mut unconfirmed = password(1, 1, 101);
    unconfirmed.confirmation = None;
    assert_eq!(refused(World::new().create(1, unconfirmed)), Refusal::Malformed);
    for mut new in [code(1, 1), passkey(1, 1)] {
        new.confirmation = password(1, 1, 101).confirmation;
        assert_eq!(refused(World::new().create(1, new)), Refusal::Malformed);
    }
    let mut world = World::with_password();
    let mut new = code(2, 2);
    new.confirmation = password(1, 1, 102).confirmation;
    assert_eq!(refused(world.change(2, Action::Add(new))), Refusal::Malformed);
    let mut unconfirmed = password(1, 2, 102);
    unconfirmed.confirmation = None;
    assert_eq!(refused(world.change(2, Action::Replace(unconfirmed))), Refusal::Malformed);
}

#[test]
fn an_upload_whose_ticket_did_not_open_makes_nothing() {
    let mut world = World::new();
    let mut new = password(1, 1, 101);
    new.seed = None;
    assert_eq!(refused(world.create(1, new)), Refusal::TicketDead);
    assert!(world.record.is_none());
    let mut world = World::with_password();
    let mut new = password(1, 2, 102);
    new.seed = None;
    assert_eq!(refused(world.change(2, Action::Replace(new))), Refusal::TicketDead);
    assert_eq!(world.vault().generation(), Generation(1));
}

#[test]
fn a_vault_can_begin_with_an_uncounted_slot() {
    for new in [code(3, 1), passkey(3, 1)] {
        let mut world = World::new();
        assert_eq!(
            world.create(1, new),
            UploadVerdict::Done { generation: Generation(1), left: 10, confirming: None }
        );
        assert!(world.vault().budget().open().is_empty());
    }
}

#[test]
fn an_owner_who_comes_in_by_a_code_can_add_the_first_password() {
    let mut world = World::new();
    world.create(1, code(1, 1));
    let added = world.change(2, Action::Add(password(2, 2, 102)));
    assert!(matches!(added, UploadVerdict::Done { left: 10, confirming: Some(_), .. }));
    assert_eq!(world.success_at(2, 2, 102), SuccessVerdict::Succeeded { left: 10 });
}
