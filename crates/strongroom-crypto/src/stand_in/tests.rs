//! One contract for each operation, held by the real thing and by its stand-in.

use super::use_stand_ins;
use crate::channel::{ChannelKeyPair, ClientContext, HsmContext};
use crate::kem::{HandshakeKeyPair, encapsulate};
use crate::label::labels;
use crate::opaque::*;
use crate::rng::{ChaChaRng, Rng};
use crate::secret::Secret;
use crate::sign::{SigningKey, check_public, verify};
use crate::stretching::NoStretching;

const OURS: Identities<'static> = Identities { client: &[2; 48], server: &[3; 32] };
const PASSWORD: &[u8] = b"correct horse";

/// Holds the real thing and the stand-in to a contract.
fn both(contract: impl Fn()) {
    for on in [false, true] {
        use_stand_ins(on);
        contract();
    }
    use_stand_ins(false);
}

fn rng() -> ChaChaRng {
    ChaChaRng::from_seed([1; 32])
}

fn seed(byte: u8) -> Secret<64> {
    Secret::new([byte; 64])
}

fn register(seed: &Secret<64>, rng: &mut dyn Rng) -> Registered {
    let (client, request) = ClientRegistration::start(PASSWORD, rng).unwrap();
    let response = evaluate_registration(seed, &request).unwrap();
    client.finish(PASSWORD, &response, OURS, &NoStretching, rng).unwrap()
}

#[test]
fn the_right_password_logs_in_once_and_resumed() {
    both(|| {
        let mut rng = rng();
        let registered = register(&seed(7), &mut rng);
        assert_eq!(check_record(&registered.record), Ok(()));
        let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
        assert_eq!(check_ke1(&ke1), Ok(()));
        let client = ClientLogin::from_bytes(client.to_bytes().expose()).unwrap();
        assert_eq!(client.ke1(), ke1);
        let (state, ke2) = begin_login(&seed(7), &registered.record, &ke1, OURS, &mut rng).unwrap();
        let done = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng).unwrap();
        assert!(done.export_key.matches(&registered.export_key));
        let state = LoginState::from_bytes(state.to_bytes().expose()).unwrap();
        assert_eq!(finish_login(state, &done.ke3, OURS), Ok(()));
    });
}

#[test]
fn another_password_seed_or_identity_does_not_log_in() {
    let other = Identities { client: &[9; 48], server: &[3; 32] };
    both(|| {
        for (password, slot, identities) in
            [(b"wrong".as_slice(), 7, OURS), (PASSWORD, 8, OURS), (PASSWORD, 7, other)]
        {
            let mut rng = rng();
            let registered = register(&seed(7), &mut rng);
            let (client, ke1) = ClientLogin::start(password, &mut rng).unwrap();
            let (_, ke2) = begin_login(&seed(slot), &registered.record, &ke1, identities, &mut rng).unwrap();
            let refused = client.finish(password, &ke2, OURS, &NoStretching, &mut rng);
            assert_eq!(refused.err(), Some(ClientLoginError::WrongPassword));
        }
    });
}

#[test]
fn the_proof_of_one_answer_is_none_for_another() {
    both(|| {
        let mut rng = rng();
        let registered = register(&seed(7), &mut rng);
        let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
        let (_, ke2) = begin_login(&seed(7), &registered.record, &ke1, OURS, &mut rng).unwrap();
        let (other, _) = begin_login(&seed(7), &registered.record, &ke1, OURS, &mut rng).unwrap();
        let done = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng).unwrap();
        assert_eq!(finish_login(other, &done.ke3, OURS), Err(OpaqueError::WrongProof));
    });
}

#[test]
fn every_changed_byte_of_an_answer_is_refused() {
    both(|| {
        let mut rng = rng();
        let registered = register(&seed(7), &mut rng);
        let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
        let (_, ke2) = begin_login(&seed(7), &registered.record, &ke1, OURS, &mut rng).unwrap();
        let written = client.to_bytes();
        for position in 0..KE2_LENGTH {
            let mut changed = ke2;
            changed[position] ^= 1;
            let client = ClientLogin::from_bytes(written.expose()).unwrap();
            assert!(client.finish(PASSWORD, &changed, OURS, &NoStretching, &mut rng).is_err(), "{position}");
        }
    });
}

#[test]
fn what_is_no_element_and_what_is_reflected_is_refused() {
    both(|| {
        let mut rng = rng();
        let registered = register(&seed(7), &mut rng);
        let (_, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
        for broken in [[0; 32], [0xff; 32], [1; 32]] {
            assert!(check_request(&broken).is_err());
            let mut broken_ke1 = ke1;
            broken_ke1[64..].copy_from_slice(&broken);
            assert!(check_ke1(&broken_ke1).is_err());
            assert!(begin_login(&seed(7), &registered.record, &broken_ke1, OURS, &mut rng).is_err());
            let mut broken_record = registered.record;
            broken_record[..32].copy_from_slice(&broken);
            assert!(check_record(&broken_record).is_err());
        }
        for (from, to) in [(0, 0), (64, 224)] {
            let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
            let (_, mut ke2) = begin_login(&seed(7), &registered.record, &ke1, OURS, &mut rng).unwrap();
            ke2[to..to + 32].copy_from_slice(&ke1[from..from + 32]);
            let refused = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng);
            assert_eq!(refused.err(), Some(ClientLoginError::Reflected));
        }
    });
}

#[test]
fn a_signature_is_one_keys_over_one_message() {
    both(|| {
        let key = SigningKey::from_seed(Secret::new([1; 32]));
        let stranger = SigningKey::from_seed(Secret::new([2; 32]));
        let signature = key.sign(labels::OWNER_ADD, &[b"a", b"b"]);
        assert_eq!(check_public(&key.public()), Ok(()));
        assert_eq!(verify(&key.public(), labels::OWNER_ADD, &[b"a", b"b"], &signature), Ok(()));
        assert!(verify(&key.public(), labels::OWNER_ERASE, &[b"a", b"b"], &signature).is_err());
        assert!(verify(&key.public(), labels::OWNER_ADD, &[b"ab", b""], &signature).is_err());
        assert!(verify(&stranger.public(), labels::OWNER_ADD, &[b"a", b"b"], &signature).is_err());
        for position in 0..64 {
            let mut changed = signature;
            changed[position] ^= 1;
            assert!(verify(&key.public(), labels::OWNER_ADD, &[b"a", b"b"], &changed).is_err());
        }
        assert!(check_public(&[0; 32]).is_err() && check_public(&[0xff; 32]).is_err());
    });
}

#[test]
fn a_request_opens_for_its_key_info_and_place_only() {
    both(|| {
        let mut rng = rng();
        let (pair, stranger) = (ChannelKeyPair::generate(&mut rng), ChannelKeyPair::generate(&mut rng));
        let (mut client, encapsulated) =
            ClientContext::open_to(pair.public(), b"info", &mut rng).map_err(|_| ()).unwrap();
        let (first, second) = (client.seal_next(b"aad", b"one"), client.seal_next(b"aad", b"two"));
        assert_eq!(first.len(), 3 + crate::channel::REQUEST_OVERHEAD);
        for (key, info) in [(&stranger, b"info".as_slice()), (&pair, b"other")] {
            assert!(HsmContext::open(key, info, &encapsulated, b"aad", &first).is_err());
        }
        assert!(HsmContext::open(&pair, b"info", &encapsulated, b"aad", &second).is_err());
        let (mut hsm, opened) = HsmContext::open(&pair, b"info", &encapsulated, b"aad", &first).unwrap();
        assert_eq!(opened.expose(), b"one");
        assert!(hsm.open_next(b"aad", &first).is_err());
        assert_eq!(hsm.open_next(b"aad", &second).unwrap().expose(), b"two");
        assert_eq!(hsm.context_id(), client.context_id());
        let answer = hsm.seal_answer(b"aad", b"answer", &mut rng);
        assert_eq!(client.open_answer(b"aad", &answer).unwrap().expose(), b"answer");
        assert!(client.open_answer(b"other", &answer).is_err());
    });
}

#[test]
fn a_handshake_secret_is_of_its_key_info_and_encapsulation() {
    both(|| {
        let mut rng = rng();
        let (pair, stranger) = (HandshakeKeyPair::generate(&mut rng), HandshakeKeyPair::generate(&mut rng));
        assert!(encapsulate(&[0xff; 1216], b"info", &mut rng).is_err());
        let (mut encapsulated, sent) = encapsulate(pair.public(), b"info", &mut rng).unwrap();
        assert!(pair.decapsulate(&encapsulated, b"info").unwrap().matches(&sent));
        assert!(!pair.decapsulate(&encapsulated, b"other").unwrap().matches(&sent));
        assert!(!stranger.decapsulate(&encapsulated, b"info").unwrap().matches(&sent));
        for position in [0, 500, 1119] {
            encapsulated[position] ^= 1;
            assert!(!pair.decapsulate(&encapsulated, b"info").unwrap().matches(&sent));
            encapsulated[position] ^= 1;
        }
    });
}

#[test]
fn a_thread_begins_with_the_real_thing() {
    use_stand_ins(true);
    assert!(!std::thread::spawn(super::is_on).join().unwrap());
    use_stand_ins(false);
}
