//! A fleet, or something in its place, that does not do what it should.

use crate::fake_transport::{Act, FakeTransport, World, run};
use strongroom_client::{ClientError, Credential, Locator, StretchingRefused, flow::FlowError};
use strongroom_protocol::client::{Answer, AnswerBody, Answered, AttemptAnswer, Outcome, RequestKind};

fn right() -> Credential {
    Credential::password("right")
}

fn registered(net: &FakeTransport) -> Locator {
    run(net.client(1).register(right())).unwrap().0
}

fn tamper_with(world: &mut World, mut change: impl FnMut(&mut Answered) + Send + 'static) {
    world.tamper = Some(Box::new(move |answer: &mut Answer| {
        if let AnswerBody::Attempt(AttemptAnswer::Answered(answered)) = &mut answer.body {
            change(answered);
        }
    }));
}

fn error_with(change: impl FnMut(&mut Answered) + Send + 'static) -> ClientError {
    let net = FakeTransport::new();
    let locator = registered(&net);
    tamper_with(&mut net.world(), change);
    let error = run(net.client(2).recover(&locator, right())).unwrap_err();
    assert!(net.arrived(RequestKind::Success).len() == 1, "no message 2 but the registration's");
    error
}

#[test]
fn a_lowered_stretching_number_is_refused_before_the_password_is_used() {
    let net = FakeTransport::new();
    let (locator, _) = run(net.stretching_client(1).unwrap().register(right())).unwrap();
    for (number, expected) in [
        (0, StretchingRefused::TooWeak { number: 0, floor: 1 }),
        (2, StretchingRefused::Unknown(2)),
        (u16::MAX, StretchingRefused::Unknown(u16::MAX)),
    ] {
        tamper_with(&mut net.world(), move |answered| answered.stretching = number);
        let error = run(net.stretching_client(2).unwrap().recover(&locator, right())).unwrap_err();
        assert!(matches!(error, ClientError::Stretching(refused) if refused == expected), "{error}");
    }
}

#[test]
fn a_slot_made_without_stretching_is_refused_by_an_ordinary_client() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    let error = run(net.stretching_client(2).unwrap().recover(&locator, right())).unwrap_err();
    assert!(matches!(error, ClientError::Stretching(StretchingRefused::TooWeak { number: 0, floor: 1 })));
}

#[test]
fn the_identity_and_a_point_that_is_none_are_refused() {
    for element in [[0; 32], [0xff; 32]] {
        let error = error_with(move |answered| answered.ke2[..32].copy_from_slice(&element));
        assert!(matches!(error, ClientError::Flow(FlowError::Malformed)), "{error}");
    }
}

/// Lets the fleet answer with the device's own bytes of KE1 put into KE2.
fn reflecting(from: usize, to: usize) -> ClientError {
    let net = FakeTransport::new();
    let locator = registered(&net);
    net.world().reflect = Some((from, to));
    run(net.client(2).recover(&locator, right())).unwrap_err()
}

#[test]
fn a_reflected_element_and_a_reflected_key_share_are_refused() {
    for (from, to) in [(0, 0), (64, 224)] {
        let error = reflecting(from, to);
        assert!(matches!(error, ClientError::Flow(FlowError::Reflected)), "{error}");
    }
}

#[test]
fn a_changed_proof_is_a_wrong_password_and_gives_no_message_2() {
    for place in [100, 200, 319] {
        let error = error_with(move |answered| answered.ke2[place] ^= 1);
        assert!(matches!(error, ClientError::WrongPassword { .. }), "{place}: {error}");
    }
}

#[test]
fn a_changed_wrap_is_told_from_a_wrong_password() {
    let error = error_with(|answered| answered.wrapped_key[30] ^= 1);
    assert!(matches!(error, ClientError::Damaged));
    assert_eq!(error.exit_code(), 7);
}

#[test]
fn another_registrations_answer_is_not_taken() {
    let error = error_with(|answered| {
        answered.registration = strongroom_protocol::ids::RegistrationId::new([1; 16]);
    });
    assert!(matches!(error, ClientError::WrongPassword { .. }));
}

#[test]
fn a_fleet_that_cannot_prove_a_new_slot_makes_no_vault() {
    let net = FakeTransport::new();
    net.world().tamper = Some(Box::new(|answer| {
        if let AnswerBody::Create(Outcome::Done(uploaded)) = &mut answer.body {
            uploaded.confirming.as_mut().unwrap().ke2[319] ^= 1;
        }
    }));
    let error = run(net.client(1).register(right())).unwrap_err();
    assert!(matches!(error, ClientError::Flow(FlowError::NoProof)), "{error}");
    assert!(net.arrived(RequestKind::Success).is_empty());
}

#[test]
fn a_registration_response_that_is_no_element_is_refused() {
    let net = FakeTransport::new();
    net.world().tamper = Some(Box::new(|answer| {
        if let AnswerBody::Register(Outcome::Done(registered)) = &mut answer.body {
            registered.response[..32].fill(0);
        }
    }));
    let error = run(net.client(1).register(right())).unwrap_err();
    assert!(matches!(error, ClientError::Flow(FlowError::Malformed)), "{error}");
    assert!(net.arrived(RequestKind::Create).is_empty());
}

#[test]
fn garbage_of_any_length_ends_in_a_typed_error_and_spends_nothing() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    net.script(
        (0..2000).map(|turn: usize| Act::Garbage(vec![u8::try_from(turn % 256).unwrap(); turn * 7 % 9000])),
    );
    let error = run(net.client(2).recover(&locator, right())).unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert_eq!(net.world().fleet.vaults[&locator.vault()].left, 10);
}

#[test]
fn tickets_that_die_for_ever_end_the_registration() {
    let net = FakeTransport::new();
    net.script((0..40).map(|turn| if turn % 2 == 0 { Act::Pass } else { Act::Checkpoint }));
    let error = run(net.client(1).register(right())).unwrap_err();
    assert!(matches!(error, ClientError::Flow(FlowError::TooManyRestarts)), "{error}");
}
