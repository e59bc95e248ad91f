//! The schedules by which a fleet might be talked into one guess more (G1, G2, G3, G9).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod world;

use strongroom_protocol::{
    client::{
        AnswerBody, AttemptAnswer, ChangeAction, Outcome, Refusal, Register, RequestBody, StatusAnswer,
        Success,
    },
    ids::{Generation, RegistrationId, SlotNumber, VaultId},
};
use world::World;

/// Spends guesses with wrong passwords until so many are left.
fn spend_down_to(world: &mut World, vault: VaultId, left: u8) {
    for _ in 0..40 {
        if world.guesses_left(1, vault) == left {
            return;
        }
        let attempt = world.attempt(vault, b"wrong");
        assert!(matches!(world.send_attempt(1, &attempt), AttemptAnswer::Answered(_)));
    }
    panic!("the budget does not come down to {left}");
}

/// Password-dependent answers that nodes gave.
fn guesses_answered(world: &World) -> u64 {
    (1..=world.size()).map(|number| world.status(number).counters.guesses_answered).sum()
}

#[test]
fn a_retry_of_an_attempt_at_any_node_is_answered_and_costs_nothing() {
    let mut world = World::founded(5, 40);
    let owner = world.register(1, b"pw");
    let attempt = world.attempt(owner.vault, b"pw");
    for number in [1, 2, 3, 4, 5, 1, 2] {
        let AttemptAnswer::Answered(answered) = world.send_attempt(number, &attempt) else {
            panic!("not answered")
        };
        assert_eq!(answered.left, 9);
    }
    assert_eq!(world.guesses_left(3, owner.vault), 9);
}

#[test]
fn a_known_attempt_with_another_ke1_is_refused() {
    let mut world = World::founded(3, 41);
    let owner = world.register(1, b"pw");
    let attempt = world.attempt(owner.vault, b"one");
    assert!(matches!(world.send_attempt(1, &attempt), AttemptAnswer::Answered(_)));
    let mut other = world.attempt(owner.vault, b"two");
    other.attempt.attempt = attempt.attempt.attempt;
    assert!(matches!(world.send_attempt(2, &other), AttemptAnswer::Refused(Refusal::AttemptClosed)));
    assert_eq!(world.guesses_left(1, owner.vault), 9);
}

#[test]
fn a_relay_that_replays_every_message_to_every_node_gets_no_eleventh_guess() {
    let mut world = World::founded(5, 42);
    let owner = world.register(1, b"right");
    let before = guesses_answered(&world);
    let mut frames = Vec::new();
    for guess in 0..10_u8 {
        let attempt = world.attempt(owner.vault, &[guess]);
        let body = RequestBody::Attempt(attempt.attempt);
        for number in 1..=5 {
            frames.push((number, world.seal(number, body.clone())));
        }
    }
    // Every frame once to its own node, and once more to every other.
    let mut asked = Vec::new();
    for (number, sent) in &frames {
        for to in 1..=5 {
            asked.push((*number == to, world.ask(to, sent.frame.clone())));
        }
        world.settle();
    }
    world.ticks(50);
    let attempts = (0..10).filter(|at| {
        (0..5).any(|node| {
            let (_, id) = asked[at * 25 + node * 5 + node];
            world.answers.get(&id).is_some_and(|frame| {
                matches!(
                    frames[at * 5 + node].1.open(frame).map(|answer| answer.body),
                    Ok(AnswerBody::Attempt(AttemptAnswer::Answered(_)))
                )
            })
        })
    });
    assert_eq!(attempts.count(), 10);
    assert!(
        guesses_answered(&world) - before <= 50,
        "an attempt is answered at five nodes at most once each"
    );
    let attempt = world.attempt(owner.vault, b"right");
    assert!(matches!(world.send_attempt(4, &attempt), AttemptAnswer::Erased));
    world.assert_sound();
}

#[test]
fn ten_guesses_with_the_leader_killed_in_between_are_ten_answers() {
    let mut world = World::founded(5, 43);
    let owner = world.register(1, b"right");
    let mut answered = 0;
    for guess in 0..10_u8 {
        if guess == 5 {
            let leader = world.leader().unwrap();
            world.kill(leader);
            world.until("a new leader", 2000, |world| world.leader().is_some());
        }
        let number =
            (1..=5).cycle().skip(usize::from(guess)).find(|number| world.is_running(*number)).unwrap();
        let attempt = world.attempt(owner.vault, b"wrong");
        answered += u32::from(matches!(world.send_attempt(number, &attempt), AttemptAnswer::Answered(_)));
    }
    assert_eq!(answered, 10);
    let number = world.leader().unwrap();
    let attempt = world.attempt(owner.vault, b"right");
    assert!(matches!(world.send_attempt(number, &attempt), AttemptAnswer::Erased));
}

#[test]
fn ke3_without_the_owners_signature_refills_nothing() {
    let mut world = World::founded(3, 44);
    let owner = world.register(1, b"pw");
    spend_down_to(&mut world, owner.vault, 4);
    let attempt = world.attempt(owner.vault, b"pw");
    let AttemptAnswer::Answered(answered) = world.send_attempt(1, &attempt) else { panic!("not answered") };
    let (_, success) = world.finish_attempt(&owner, &attempt, &answered).unwrap();
    let unsigned = Success { signature: [0; 64], ..success.clone() };
    assert_eq!(world.succeed(1, unsigned), Err(Refusal::ForeignSignature));
    assert_eq!(world.guesses_left(2, owner.vault), 3);
    assert_eq!(world.succeed(2, success), Ok(10));
}

#[test]
fn the_owners_signature_without_ke3_refills_nothing() {
    let mut world = World::founded(3, 45);
    let owner = world.register(1, b"pw");
    spend_down_to(&mut world, owner.vault, 4);
    let attempt = world.attempt(owner.vault, b"pw");
    let AttemptAnswer::Answered(answered) = world.send_attempt(1, &attempt) else { panic!("not answered") };
    let (_, success) = world.finish_attempt(&owner, &attempt, &answered).unwrap();
    let unproven = Success { ke3: [1; 64], ..success };
    assert_eq!(world.succeed(1, unproven), Err(Refusal::WrongProof));
    assert_eq!(world.guesses_left(2, owner.vault), 3);
}

#[test]
fn a_success_forgives_no_later_attempt_and_counts_once() {
    let mut world = World::founded(3, 46);
    let owner = world.register(1, b"pw");
    let first = world.attempt(owner.vault, b"pw");
    let AttemptAnswer::Answered(answered) = world.send_attempt(1, &first) else { panic!("not answered") };
    let (_, success) = world.finish_attempt(&owner, &first, &answered).unwrap();
    for _ in 0..3 {
        let later = world.attempt(owner.vault, b"wrong");
        assert!(matches!(world.send_attempt(2, &later), AttemptAnswer::Answered(_)));
    }
    assert_eq!(world.succeed(3, success.clone()), Ok(7));
    assert_eq!(world.succeed(1, success), Ok(7));
    assert_eq!(world.guesses_left(1, owner.vault), 7);
}

#[test]
fn two_recorded_requests_replayed_in_turn_spend_nothing() {
    let mut world = World::founded(3, 47);
    let owner = world.register(1, b"pw");
    let one = world.attempt(owner.vault, b"pw");
    let two = world.attempt(owner.vault, b"pw");
    let AttemptAnswer::Answered(_) = world.send_attempt(1, &one) else { panic!("not answered") };
    let AttemptAnswer::Answered(answered) = world.send_attempt(1, &two) else { panic!("not answered") };
    let (_, success) = world.finish_attempt(&owner, &two, &answered).unwrap();
    assert_eq!(world.succeed(1, success), Ok(10));
    for _ in 0..10 {
        for attempt in [&one, &two] {
            assert!(matches!(world.send_attempt(2, attempt), AttemptAnswer::Refused(Refusal::AttemptClosed)));
        }
    }
    assert_eq!(world.guesses_left(1, owner.vault), 10);
}

#[test]
fn registering_again_tells_nothing_and_leaves_no_guess() {
    let mut world = World::founded(3, 48);
    let owner = world.register(1, b"pw");
    spend_down_to(&mut world, owner.vault, 0);
    let registration = RegistrationId::new([1; 16]);
    let request = {
        use strongroom_crypto::opaque::ClientRegistration;
        ClientRegistration::start(b"pw", &mut world.rng).unwrap().1
    };
    let mut responses = Vec::new();
    for number in [1, 2, 3, 1, 2, 3] {
        let body = RequestBody::Register(Register {
            vault: owner.vault,
            slot: SlotNumber::FIRST,
            registration,
            generation: Generation(1),
            request,
        });
        let AnswerBody::Register(Outcome::Done(registered)) = world.exchange(number, body).body else {
            panic!("a registration was refused")
        };
        responses.push(registered.response);
    }
    // Each was evaluated under a seed of its own, so none of them is a guess.
    for (at, response) in responses.iter().enumerate() {
        assert!(!responses[..at].contains(response));
    }
    assert_eq!(world.guesses_left(1, owner.vault), 0);
    let again = world.create_upload(1, &owner);
    assert_eq!(world.try_upload(1, &again).err(), Some(Refusal::VaultExists));
    assert_eq!(world.guesses_left(1, owner.vault), 0);
}

#[test]
fn withheld_answers_to_an_upload_and_its_retries_give_one_answer_to_one_ke1() {
    let mut world = World::founded(3, 49);
    let mut owner = world.new_owner(b"pw");
    let upload = world.create_upload(1, &owner);
    let mut last = None;
    for number in [1, 2, 3, 1] {
        let uploaded = world.upload(number, &upload);
        assert_eq!((uploaded.generation, uploaded.left), (Generation(1), 10));
        last = Some(uploaded);
    }
    owner.generation = Generation(1);
    assert_eq!(world.confirm(2, &owner, b"pw", &upload, last.unwrap()), 10);
    let repeated = world.upload(3, &upload);
    assert!(repeated.confirming.is_none(), "a closed attempt is answered no more");
    let mut other = world.create_upload(1, &owner);
    assert_eq!(world.try_upload(2, &other).err(), Some(Refusal::VaultExists));
    if let RequestBody::Create(create) = &mut other.body {
        create.slot.registration = upload.registration;
    }
    assert_eq!(world.try_upload(2, &other).err(), Some(Refusal::VaultExists));
}

#[test]
fn a_repeated_upload_puts_no_seed_into_the_log_again() {
    let mut world = World::founded(3, 58);
    let owner = world.new_owner(b"pw");
    let upload = world.create_upload(1, &owner);
    let uploads: Vec<usize> = (0..2)
        .map(|_| {
            world.upload(1, &upload);
            let log = &world.node(1).disk.log;
            log[&world.status(1).last.0].data.len()
        })
        .collect();
    // The seed, which may be erased by the time that the upload is repeated.
    assert_eq!(uploads[0] - uploads[1], 64);
}

#[test]
fn a_confirmed_change_refills_a_spent_budget_and_an_unconfirmed_one_leaves_zero() {
    let mut world = World::founded(3, 50);
    let owner = world.register(1, b"old");
    spend_down_to(&mut world, owner.vault, 0);
    let change = world.replace_upload(2, &owner, 1, b"new");
    let uploaded = world.upload(2, &change);
    assert_eq!((uploaded.generation, uploaded.left), (Generation(2), 0));
    assert_eq!(world.guesses_left(1, owner.vault), 0);
    assert_eq!(world.confirm(3, &owner, b"new", &change, uploaded), 10);
    let attempt = world.attempt(owner.vault, b"old");
    let AttemptAnswer::Answered(answered) = world.send_attempt(1, &attempt) else { panic!("not answered") };
    assert!(world.finish_attempt(&owner, &attempt, &answered).is_none());
}

#[test]
fn an_attempt_of_a_replaced_registration_is_answered_no_more() {
    let mut world = World::founded(3, 51);
    let owner = world.register(1, b"old");
    let attempt = world.attempt(owner.vault, b"old");
    assert!(matches!(world.send_attempt(1, &attempt), AttemptAnswer::Answered(_)));
    let change = world.replace_upload(2, &owner, 1, b"new");
    let uploaded = world.upload(2, &change);
    assert_eq!(uploaded.left, 9);
    assert!(matches!(world.send_attempt(3, &attempt), AttemptAnswer::Refused(Refusal::AttemptClosed)));
    assert_eq!(world.guesses_left(1, owner.vault), 9);
}

#[test]
fn an_owners_signature_for_another_vault_generation_kind_or_fleet_is_refused() {
    let mut world = World::founded(3, 52);
    let owner = world.register(1, b"one");
    let other = world.register(1, b"two");
    let foreign = world.signed_change(&other, 1, ChangeAction::Erase);
    let mut misplaced = foreign.clone();
    misplaced.vault = owner.vault;
    let mut stale = world.signed_change(&owner, 2, ChangeAction::Erase);
    stale.generation = Generation(1);
    let mut kind = world.signed_change(&owner, 1, ChangeAction::Remove(SlotNumber::FIRST));
    kind.action = ChangeAction::Erase;
    let fleet = world.fleet;
    world.fleet = strongroom_protocol::ids::FleetId::new([3; 32]);
    let elsewhere = world.signed_change(&owner, 1, ChangeAction::Erase);
    world.fleet = fleet;
    for (number, change) in [(1, misplaced), (2, stale), (3, kind), (1, elsewhere)] {
        let answer = world.exchange(number, RequestBody::Change(change)).body;
        assert!(matches!(answer, AnswerBody::Change(Outcome::Refused(Refusal::ForeignSignature))));
    }
    assert!(matches!(world.vault_status(1, owner.vault), StatusAnswer::Present(_)));
}

#[test]
fn an_erased_vault_stays_erased_and_refuses_replayed_registrations() {
    let mut world = World::founded(3, 53);
    let mut owner = world.new_owner(b"pw");
    let upload = world.create_upload(1, &owner);
    let uploaded = world.upload(1, &upload);
    owner.generation = uploaded.generation;
    world.confirm(1, &owner, b"pw", &upload, uploaded);
    let erase = world.signed_change(&owner, 1, ChangeAction::Erase);
    for number in [1, 2, 3] {
        let answer = world.exchange(number, RequestBody::Change(erase.clone())).body;
        assert!(
            matches!(answer, AnswerBody::Change(Outcome::Done(_))),
            "the same erasure again is answered as before"
        );
    }
    assert!(matches!(world.vault_status(2, owner.vault), StatusAnswer::Erased));
    assert_eq!(world.try_upload(3, &upload).err(), Some(Refusal::VaultErased));
    let attempt = world.attempt(owner.vault, b"pw");
    assert!(matches!(world.send_attempt(1, &attempt), AttemptAnswer::Refused(Refusal::VaultErased)));
    assert_eq!((1..=3).map(|number| world.status(number).vaults).collect::<Vec<_>>(), [0, 0, 0]);
}

#[test]
fn ten_withheld_answers_to_message_2_refill_once() {
    let mut world = World::founded(3, 54);
    let owner = world.register(1, b"pw");
    spend_down_to(&mut world, owner.vault, 3);
    let attempt = world.attempt(owner.vault, b"pw");
    let AttemptAnswer::Answered(answered) = world.send_attempt(1, &attempt) else { panic!("not answered") };
    let (_, success) = world.finish_attempt(&owner, &attempt, &answered).unwrap();
    for number in [1, 2, 3, 1, 2, 3, 1, 2, 3, 1] {
        assert_eq!(world.succeed(number, success.clone()), Ok(10));
    }
    assert_eq!(guesses_answered(&world), 1 + 7 + 1);
    for _ in 0..10 {
        let attempt = world.attempt(owner.vault, b"wrong");
        assert!(matches!(world.send_attempt(1, &attempt), AttemptAnswer::Answered(_)));
        assert_eq!(world.succeed(2, success.clone()).map(|left| left < 10), Ok(true));
    }
    let attempt = world.attempt(owner.vault, b"pw");
    assert!(matches!(world.send_attempt(1, &attempt), AttemptAnswer::Erased));
}

/// A member that was cut off still holds the channel key of an era whose closed attempts the others have forgotten.
#[test]
fn a_request_of_two_eras_ago_replayed_at_a_member_that_lags_spends_nothing() {
    let mut world = World::founded_at(5, 55, world::QUICK);
    let owner = world.register(1, b"pw");
    let lagging = (1..=5).find(|number| Some(*number) != world.leader()).unwrap();
    let attempt = world.attempt(owner.vault, b"pw");
    let recorded = world.seal(lagging, RequestBody::Attempt(attempt.attempt.clone()));
    let AttemptAnswer::Answered(answered) = world.send_attempt(lagging, &attempt) else {
        panic!("not answered")
    };
    let (_, success) = world.finish_attempt(&owner, &attempt, &answered).unwrap();
    assert_eq!(world.succeed(lagging, success), Ok(10));
    let lines: Vec<(u8, u8)> = (1..=5).flat_map(|other| [(lagging, other), (other, lagging)]).collect();
    world.cut.extend(lines);
    let era = world.status(lagging).era;
    let stays = world.leader().unwrap();
    world.until("three eras", 6000, |world| world.status(stays).era.0 >= era.0 + 3);
    assert_eq!(world.status(lagging).era, era);
    world.cut.clear();
    let id = world.ask(lagging, recorded.frame.clone());
    world.until("an answer", 800, |world| world.answers.contains_key(&id));
    let answer = recorded.open(&world.answers[&id]).map(|answer| answer.body);
    assert!(!matches!(answer, Ok(AnswerBody::Attempt(AttemptAnswer::Answered(_)))), "a replay was answered");
    world.until("a leader", 3000, |world| world.leader().is_some());
    assert_eq!(world.guesses_left(stays, owner.vault), 10);
    world.assert_sound();
}
