//! Recovery codes and passkeys: what they open, what they never touch, and what is refused.

use crate::fake_transport::{Act, FakeTransport, run};
use strongroom_client::{
    ClientError, Confirmation, Credential, CredentialError, KnownPasskey, Locator, MadePasskey, PasskeyError,
    PasskeyOffer, Place, PrfOutput, RecoveryCode,
};
use strongroom_crypto::ChaChaRng;
use strongroom_protocol::{
    bytes::Bytes,
    client::{AnswerBody, AttemptAnswer, Outcome, Refusal, RequestKind, SlotKind},
    ids::SlotNumber,
};

const RP_ID: &str = "localhost";

fn right() -> Credential {
    Credential::password("right")
}

fn code(seed: u8) -> RecoveryCode {
    RecoveryCode::random(&mut ChaChaRng::from_seed([seed; 32]))
}

fn slot(number: u8) -> SlotNumber {
    SlotNumber::new(number).unwrap()
}

/// An authenticator: its answer depends on its own secret and on what it is asked for.
struct Authenticator {
    id: Vec<u8>,
    secret: u8,
    verifies: bool,
}

impl Authenticator {
    fn new(secret: u8) -> Self {
        Self { id: vec![secret; 32], secret, verifies: true }
    }

    fn answer(&self, input: [u8; 32]) -> PrfOutput {
        PrfOutput::from_slice(&input.map(|byte| byte ^ self.secret)).unwrap()
    }

    fn made(&self, offer: &PasskeyOffer, label: &str) -> Result<Credential, PasskeyError> {
        let answers = [0, 1].map(|_| Some(self.answer(offer.prf_input())));
        let label = label.to_owned();
        offer.made(MadePasskey {
            credential_id: self.id.clone(),
            label,
            is_user_verified: self.verifies,
            answers,
        })
    }

    fn opens(&self, known: &KnownPasskey) -> Result<Credential, PasskeyError> {
        known.answered(&self.id, self.verifies, Some(self.answer(known.prf_input())))
    }
}

fn made() -> (FakeTransport, Locator, strongroom_client::BackupKey) {
    let net = FakeTransport::new();
    let (locator, key) = run(net.client(1).register(right())).unwrap();
    (net, locator, key)
}

fn left_and_failed(net: &FakeTransport, locator: &Locator) -> (u8, u32) {
    let vault = &net.world().fleet.vaults[&locator.vault()];
    (vault.left, vault.failed)
}

#[test]
fn a_recovery_code_opens_the_vault_and_counts_nothing() {
    let (net, locator, key) = made();
    let added = run(net.client(1).add_slot(&locator, &key, code(1).credential(), Place::Free)).unwrap();
    assert_eq!((added.slot, added.generation.0), (slot(2), 2));
    for seed in [2, 3] {
        let wrong = run(net.client(2).recover(&locator, code(seed).credential())).unwrap_err();
        assert!(matches!(wrong, ClientError::WrongRecoveryCode), "{wrong}");
        assert_eq!(wrong.exit_code(), 3);
    }
    let recovered = run(net.client(2).recover(&locator, code(1).credential())).unwrap();
    assert!(recovered.key.matches(&key));
    assert_eq!(recovered.confirmation, Confirmation::Uncounted);
    assert_eq!(left_and_failed(&net, &locator), (10, 0));
    // The password opens it as before.
    assert!(run(net.client(3).recover(&locator, right())).unwrap().key.matches(&key));
}

#[test]
fn a_code_with_typing_errors_opens_the_vault_and_with_three_each_that_it_may_be_is_tried() {
    let (net, locator, key) = made();
    let code = code(1);
    run(net.client(1).add_slot(&locator, &key, code.credential(), Place::Free)).unwrap();
    let mut typed: Vec<char> = code.to_text().chars().collect();
    let other = |character: char| if character == 'X' { 'Y' } else { 'X' };
    for (count, place) in [(1, 3), (2, 20), (3, 42)] {
        typed[place] = other(typed[place]);
        let reading = RecoveryCode::read(&typed.iter().collect::<String>()).unwrap();
        assert_eq!(reading.mended(), count);
        let recovered = run(net.client(2).recover(&locator, reading.credential())).unwrap();
        assert!(recovered.key.matches(&key), "{count} errors");
        if count == 3 {
            assert!(reading.code().is_none(), "three errors leave several codes");
            let refused = run(net.client(2).add_slot(&locator, &key, reading.credential(), Place::Free));
            let refused = refused.unwrap_err();
            assert!(refused.to_string().contains("could not be read for certain"), "{refused}");
        }
    }
}

#[test]
fn a_password_that_was_guessed_away_leaves_the_recovery_code_which_sets_a_new_one() {
    let (net, locator, key) = made();
    run(net.client(1).add_slot(&locator, &key, code(1).credential(), Place::Free)).unwrap();
    for seed in 10..21 {
        run(net.client(seed).recover(&locator, Credential::password("wrong"))).unwrap_err();
    }
    assert!(matches!(run(net.client(2).recover(&locator, right())), Err(ClientError::Erased)));
    let recovered = run(net.client(3).recover(&locator, code(1).credential())).unwrap();
    assert!(recovered.key.matches(&key));
    assert_eq!(recovered.failed, 10, "the owner learns of the guesses");
    assert_eq!(left_and_failed(&net, &locator).0, 0, "nothing is refilled");
    let renewed = Credential::password("new");
    let changed = run(net.client(3).change_password(&locator, &recovered.key, renewed.duplicate())).unwrap();
    assert_eq!((changed.left, changed.is_confirmed), (10, true));
    assert!(run(net.client(4).recover(&changed.locator, renewed)).unwrap().key.matches(&key));
}

#[test]
fn a_vault_has_one_recovery_code_and_another_takes_its_place_only_where_it_is_told_to() {
    let (net, locator, key) = made();
    let add = |seed, place| run(net.client(1).add_slot(&locator, &key, code(seed).credential(), place));
    let first = add(1, Place::Free).unwrap();
    assert!(matches!(add(2, Place::Free), Err(ClientError::SlotTaken(taken)) if taken == first.slot));
    assert!(matches!(add(2, Place::Of(locator.slot())), Err(ClientError::NoRecoveryCode)));
    assert_eq!(add(2, Place::Of(first.slot)).unwrap().slot, first.slot);
    let old = run(net.client(2).recover(&locator, code(1).credential()));
    assert!(matches!(old, Err(ClientError::WrongRecoveryCode)));
    assert!(run(net.client(2).recover(&locator, code(2).credential())).unwrap().key.matches(&key));
}

#[test]
fn a_slot_that_does_not_open_the_vault_is_not_called_added() {
    // The upload is done, and what the fleet answers with afterwards is not what was uploaded.
    let (net, locator, key) = made();
    net.world().tamper = Some(Box::new(|answer| {
        if let AnswerBody::Attempt(AttemptAnswer::Answered(answered)) = &mut answer.body {
            answered.wrapped_key[30] ^= 1;
        }
    }));
    let added = run(net.client(1).add_slot(&locator, &key, code(1).credential(), Place::Free));
    assert!(matches!(added, Err(ClientError::Damaged)));
}

#[test]
fn an_added_slot_never_takes_the_place_of_another_one() {
    // A fleet that says of a free slot that one stands there is not given a replacement.
    let (net, locator, key) = made();
    net.world().tamper = Some(Box::new(|answer| {
        if let AnswerBody::Change(outcome) = &mut answer.body {
            *outcome = Outcome::Refused(Refusal::WrongSlot);
        }
    }));
    net.world().arrived.clear();
    let added = run(net.client(1).add_slot(&locator, &key, code(1).credential(), Place::Free));
    assert!(matches!(added, Err(ClientError::Refused(Refusal::WrongSlot))));
    let changes = net.world().arrived.iter().filter(|arrived| arrived.kind == RequestKind::Change).count();
    assert_eq!(changes, 1, "nothing else is tried");
}

#[test]
fn a_removed_slot_opens_nothing_and_the_others_stay() {
    let (net, locator, key) = made();
    let added = run(net.client(1).add_slot(&locator, &key, code(1).credential(), Place::Free)).unwrap();
    run(net.client(1).remove_slot(&locator, &key, added.slot)).unwrap();
    let gone = run(net.client(2).recover(&locator, code(1).credential()));
    assert!(matches!(gone, Err(ClientError::NoRecoveryCode)));
    assert!(run(net.client(2).recover(&locator, right())).is_ok());
}

#[test]
fn a_lost_answer_adds_one_slot() {
    let (net, locator, key) = made();
    for message in 0..4 {
        for act in [Act::LoseRequest, Act::LoseAnswer] {
            let before = net.world().fleet.vaults[&locator.vault()].generation;
            net.script((0..message).map(|_| Act::Pass).chain([act]));
            let added =
                run(net.client(1).add_slot(&locator, &key, code(1).credential(), Place::Free)).unwrap();
            assert_eq!(added.generation.0, before.0 + 1, "message {message}");
            run(net.client(1).remove_slot(&locator, &key, added.slot)).unwrap();
        }
    }
}

#[test]
fn several_passkeys_open_one_vault_each_with_its_own_answer() {
    let (net, locator, key) = made();
    let client = net.client(1);
    for (secret, label) in [(1, "phone"), (2, "stick")] {
        let offer = run(client.offer_passkey(&locator, RP_ID)).unwrap();
        assert_eq!(offer.exclude().len(), usize::from(secret) - 1);
        let credential = Authenticator::new(secret).made(&offer, label).unwrap();
        run(client.add_slot(&locator, &key, credential, Place::Free)).unwrap();
    }
    let device = net.client(2);
    let known = run(device.passkeys(&locator)).unwrap();
    assert_eq!(known.iter().map(KnownPasskey::label).collect::<Vec<_>>(), ["phone", "stick"]);
    assert_ne!(known[0].prf_input(), known[1].prf_input());
    for (known, secret) in known.iter().zip([1, 2]) {
        let credential = Authenticator::new(secret).opens(known).unwrap();
        assert!(run(device.recover(&locator, credential)).unwrap().key.matches(&key));
    }
    assert_eq!(left_and_failed(&net, &locator), (10, 0));
    // Removing one ends its power, and no other's.
    run(client.remove_slot(&locator, &key, known[0].slot())).unwrap();
    let removed = run(device.recover(&locator, Authenticator::new(1).opens(&known[0]).unwrap()));
    assert!(matches!(removed, Err(ClientError::NoPasskey)));
    assert!(run(device.recover(&locator, Authenticator::new(2).opens(&known[1]).unwrap())).is_ok());
}

#[test]
fn the_same_passkey_is_added_once() {
    let (net, locator, key) = made();
    let client = net.client(1);
    let add = || {
        let offer = run(client.offer_passkey(&locator, RP_ID)).unwrap();
        let credential = Authenticator::new(1).made(&offer, "phone").unwrap();
        run(client.add_slot(&locator, &key, credential, Place::Free))
    };
    let first = add().unwrap();
    assert!(matches!(add(), Err(ClientError::SlotTaken(taken)) if taken == first.slot));
}

#[test]
fn an_answer_that_changed_opens_nothing_and_costs_nothing() {
    let (net, locator, key) = made();
    let offer = run(net.client(1).offer_passkey(&locator, RP_ID)).unwrap();
    let credential = Authenticator::new(1).made(&offer, "phone").unwrap();
    run(net.client(1).add_slot(&locator, &key, credential, Place::Free)).unwrap();
    let known = run(net.client(2).passkeys(&locator)).unwrap().remove(0);
    let mut changed = Authenticator::new(1);
    changed.secret = 9;
    let error = run(net.client(2).recover(&locator, changed.opens(&known).unwrap())).unwrap_err();
    assert!(matches!(error, ClientError::WrongPasskey), "{error}");
    assert_eq!(left_and_failed(&net, &locator), (10, 0));
}

#[test]
fn authenticators_that_could_lock_somebody_out_are_refused_before_anything_is_sent() {
    let (net, locator, _) = made();
    let offer = run(net.client(1).offer_passkey(&locator, RP_ID)).unwrap();
    let authenticator = Authenticator::new(1);
    let answer = || Some(authenticator.answer(offer.prf_input()));
    let made = |credential_id: Vec<u8>, label: &str, is_user_verified, answers| {
        let label = label.to_owned();
        offer.made(MadePasskey { credential_id, label, is_user_verified, answers }).unwrap_err()
    };
    let id = || vec![1; 32];
    assert_eq!(made(id(), "a", true, [None, None]), PasskeyError::NoPrf);
    assert_eq!(made(id(), "a", true, [answer(), None]), PasskeyError::NoPrf);
    assert_eq!(made(id(), "a", false, [answer(), answer()]), PasskeyError::NotVerified);
    let other = || Some(Authenticator::new(2).answer(offer.prf_input()));
    assert_eq!(made(id(), "a", true, [answer(), other()]), PasskeyError::Unstable);
    assert_eq!(made(Vec::new(), "a", true, [answer(), answer()]), PasskeyError::Field("credential id"));
    assert_eq!(made(vec![1; 256], "a", true, [answer(), answer()]), PasskeyError::Field("credential id"));
    assert_eq!(made(id(), "", true, [answer(), answer()]), PasskeyError::Field("label"));
    assert_eq!(made(id(), &"a".repeat(65), true, [answer(), answer()]), PasskeyError::Field("label"));
    for length in [0, 31, 33, 64] {
        assert_eq!(PrfOutput::from_slice(&vec![1; length]).err(), Some(PasskeyError::Length(length)));
    }
    assert!(run(net.client(1).offer_passkey(&locator, "")).is_err());
    assert!(run(net.client(1).offer_passkey(&locator, &"a".repeat(254))).is_err());
}

#[test]
fn another_credential_or_one_without_verification_is_refused_when_it_answers() {
    let (net, locator, key) = made();
    let offer = run(net.client(1).offer_passkey(&locator, RP_ID)).unwrap();
    let authenticator = Authenticator::new(1);
    let credential = authenticator.made(&offer, "phone").unwrap();
    run(net.client(1).add_slot(&locator, &key, credential, Place::Free)).unwrap();
    let known = run(net.client(2).passkeys(&locator)).unwrap().remove(0);
    let answer = || Some(authenticator.answer(known.prf_input()));
    assert_eq!(known.answered(&[2; 32], true, answer()).err(), Some(PasskeyError::OtherCredential));
    assert_eq!(known.answered(&[1; 32], false, answer()).err(), Some(PasskeyError::NotVerified));
    assert_eq!(known.answered(&[1; 32], true, None).err(), Some(PasskeyError::NoPrf));
}

#[test]
fn a_passkey_alone_can_make_a_vault_and_a_password_can_follow() {
    let net = FakeTransport::new();
    let client = net.client(1);
    let offer = run(client.offer_first_passkey(RP_ID)).unwrap();
    let authenticator = Authenticator::new(1);
    let (locator, key) = run(client.register(authenticator.made(&offer, "phone").unwrap())).unwrap();
    let known = run(net.client(2).passkeys(&locator)).unwrap().remove(0);
    assert_eq!(known.prf_input(), offer.prf_input());
    let recovered = run(net.client(2).recover(&locator, authenticator.opens(&known).unwrap())).unwrap();
    assert!(recovered.key.matches(&key));
    let changed = run(client.change_password(&locator, &key, right())).unwrap();
    assert_ne!(changed.locator.slot(), locator.slot(), "the password takes a slot of its own");
    assert!(run(net.client(3).recover(&changed.locator, right())).unwrap().key.matches(&key));
}

#[test]
fn a_credential_of_another_kind_is_refused_before_anything_is_sent() {
    let (net, locator, key) = made();
    net.world().arrived.clear();
    let added = run(net.client(1).add_slot(&locator, &key, right(), Place::Free)).unwrap_err();
    assert_eq!(added.to_string(), CredentialError::Password.to_string());
    let changed = run(net.client(1).change_password(&locator, &key, code(1).credential())).unwrap_err();
    assert_eq!(changed.to_string(), CredentialError::NoPassword.to_string());
    assert!(net.world().arrived.is_empty());
}

#[test]
fn eight_slots_are_all_that_a_vault_has() {
    let (net, locator, key) = made();
    for secret in 1..=7 {
        let offer = run(net.client(1).offer_passkey(&locator, RP_ID)).unwrap();
        let credential = Authenticator::new(secret).made(&offer, "stick").unwrap();
        run(net.client(1).add_slot(&locator, &key, credential, Place::Free)).unwrap();
    }
    let full = run(net.client(1).add_slot(&locator, &key, code(1).credential(), Place::Free));
    assert!(matches!(full, Err(ClientError::Full)));
    let status = run(net.client(1).status(&locator)).unwrap();
    let passwords = status.slots.as_slice().iter().filter(|slot| slot.kind == SlotKind::Password).count();
    assert_eq!((status.slots.as_slice().len(), passwords), (8, 1));
}

#[test]
fn a_password_that_is_answered_without_a_token_gives_the_key_and_sends_no_success() {
    let (net, locator, key) = made();
    net.world().tamper = Some(Box::new(|answer| {
        if let AnswerBody::Attempt(AttemptAnswer::Answered(answered)) = &mut answer.body {
            answered.token = Bytes::new(Vec::new()).unwrap();
        }
    }));
    net.world().arrived.clear();
    let recovered = run(net.client(2).recover(&locator, right())).unwrap();
    assert!(recovered.key.matches(&key));
    assert_eq!(recovered.confirmation, Confirmation::Uncounted);
    assert!(net.world().arrived.iter().all(|arrived| arrived.kind == RequestKind::Attempt));
}

#[test]
fn a_wrapped_key_that_was_exchanged_opens_nothing() {
    let (net, locator, key) = made();
    run(net.client(1).add_slot(&locator, &key, code(1).credential(), Place::Free)).unwrap();
    net.world().tamper = Some(Box::new(|answer| {
        if let AnswerBody::Attempt(AttemptAnswer::Answered(answered)) = &mut answer.body {
            answered.wrapped_key[30] ^= 1;
        }
    }));
    let error = run(net.client(2).recover(&locator, code(1).credential())).unwrap_err();
    assert!(matches!(error, ClientError::Damaged), "{error}");
}
