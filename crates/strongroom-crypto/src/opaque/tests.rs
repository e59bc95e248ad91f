use std::vec::Vec;

use super::*;
use crate::rng::{ChaChaRng, Rng};
use crate::secret::Secret;
use crate::stretching::NoStretching;

mod rfc9807;

const CLIENT: &[u8] = &[2; 48];
const SERVER: &[u8] = &[3; 32];
const OURS: Identities<'static> = Identities { client: CLIENT, server: SERVER };
const PASSWORD: &[u8] = b"correct horse";

/// The canonical encoding of the identity.
const IDENTITY: [u8; 32] = [0; 32];
/// The base point.
const BASE: &str = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";

fn seed() -> Secret<64> {
    Secret::new([7; 64])
}

fn rng() -> ChaChaRng {
    ChaChaRng::from_seed([1; 32])
}

fn register(rng: &mut dyn Rng) -> Registered {
    let (client, request) = ClientRegistration::start(PASSWORD, rng).unwrap();
    let response = evaluate_registration(&seed(), &request).unwrap();
    client.finish(PASSWORD, &response, OURS, &NoStretching, rng).unwrap()
}

/// Encodings that no element has: RFC 9496, appendix A.2.
fn bad_elements() -> Vec<[u8; 32]> {
    [
        // The identity, which every place refuses.
        "0000000000000000000000000000000000000000000000000000000000000000",
        // Field elements that are not reduced.
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        // Negative field elements.
        "0100000000000000000000000000000000000000000000000000000000000000",
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
        // Not a square.
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        // A negative xy, and s = -1, which gives y = 0.
        "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]
    .iter()
    .map(|text| hex::decode(text).unwrap().try_into().unwrap())
    .collect()
}

/// `vectors/second.py` computes the same values.
#[test]
fn golden_registration() {
    let mut rng = rng();
    let (client, request) = ClientRegistration::start(PASSWORD, &mut rng).unwrap();
    let response = evaluate_registration(&seed(), &request).unwrap();
    assert_eq!(hex::encode(request), "3000936a4a57ddd6d14859e5c4be43a52faebd3277dc77e0c20ea70b65a0a503");
    assert_eq!(
        hex::encode(response),
        "9e16c62ed4284fd9efdc32114a5776b70104ada7a87fe7cf36dee308c9145516420ef315d2e158b1f458505c34e6b83a8102d8c7cad3a4c774b7ad3e4cc27f6c"
    );
    let registered = client.finish(PASSWORD, &response, OURS, &NoStretching, &mut rng).unwrap();
    assert_eq!(
        hex::encode(registered.record),
        "fe01c7095dcf4405b0beb3b6c64499adfc25df1b91f3250daa6e8401bd1e10383a9979f0e6b9538c0e61b34c68ee011b3b1906026e1d035b78f58a38a222870f2cd3deb95fd391ef218de8b54e280a7c10609f2d3db4c270bfd2dc6dc0c3221801274dd1ee5216c204fb698daea45b52e98b6f0fdd046dcc3a86bb079e36f02404d14ae6677fe48957016ae5f6553beb5a662de0a8337a55009580be694a138cf7951507f04081227482fbf0aba0c0137b0837f769d972669d324343b820dbbb"
    );
    assert_eq!(
        hex::encode(registered.export_key.expose()),
        "0976b7e06526829d7aeb42526e7043e799164a27e0aab0db2690ce5e9c0ab0b7ce9fe267aeec2ebe0999766b002588214ae62e93c0e79903e632fbba1b94e7f2"
    );
}

#[test]
fn the_right_password_logs_in() {
    let mut rng = rng();
    let registered = register(&mut rng);
    let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let (state, ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
    let logged_in = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng).unwrap();
    assert!(logged_in.export_key.matches(&registered.export_key));
    assert_eq!(finish_login(state, &logged_in.ke3, OURS), Ok(()));
}

#[test]
fn both_states_survive_being_written_down() {
    let mut rng = rng();
    let registered = register(&mut rng);
    let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let written = client.to_bytes();
    assert_eq!(written.expose().len(), CLIENT_LOGIN_LENGTH);
    let client = ClientLogin::from_bytes(written.expose()).unwrap();
    assert_eq!(client.ke1(), ke1);

    let (state, ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
    let logged_in = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng).unwrap();
    let written = state.to_bytes();
    assert_eq!(written.expose().len(), LOGIN_STATE_LENGTH);
    let state = LoginState::from_bytes(written.expose()).unwrap();
    assert_eq!(finish_login(state, &logged_in.ke3, OURS), Ok(()));
}

#[test]
fn a_wrong_password_is_noticed_by_the_client() {
    let mut rng = rng();
    let registered = register(&mut rng);
    let (client, ke1) = ClientLogin::start(b"wrong", &mut rng).unwrap();
    let (_, ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
    let result = client.finish(b"wrong", &ke2, OURS, &NoStretching, &mut rng);
    assert_eq!(result.err(), Some(ClientLoginError::WrongPassword));
}

#[test]
fn a_wrong_proof_is_noticed_by_the_server() {
    let mut rng = rng();
    let registered = register(&mut rng);
    let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let (state, ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
    let ke3 = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng).unwrap().ke3;
    let written = state.to_bytes();
    for position in 0..KE3_LENGTH {
        let mut broken = ke3;
        broken[position] ^= 1;
        let state = LoginState::from_bytes(written.expose()).unwrap();
        assert_eq!(finish_login(state, &broken, OURS), Err(OpaqueError::WrongProof));
    }
}

/// The proof of one KE2 is none for another, even of the same password.
#[test]
fn a_proof_fits_its_own_answer_only() {
    let mut rng = rng();
    let registered = register(&mut rng);
    let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let (_, ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
    let (other, _) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
    let ke3 = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng).unwrap().ke3;
    assert_eq!(finish_login(other, &ke3, OURS), Err(OpaqueError::WrongProof));
}

#[test]
fn other_identities_do_not_log_in() {
    let others =
        [Identities { client: &[9; 48], server: SERVER }, Identities { client: CLIENT, server: &[9; 32] }];
    let mut rng = rng();
    let registered = register(&mut rng);
    for other in others {
        for (at_server, at_client) in [(other, OURS), (OURS, other), (other, other)] {
            let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
            let (_, ke2) = begin_login(&seed(), &registered.record, &ke1, at_server, &mut rng).unwrap();
            let result = client.finish(PASSWORD, &ke2, at_client, &NoStretching, &mut rng);
            assert_eq!(result.err(), Some(ClientLoginError::WrongPassword));
        }
    }
}

#[test]
fn another_seed_does_not_log_in() {
    let mut rng = rng();
    let registered = register(&mut rng);
    let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let other = Secret::new([8; 64]);
    let (_, ke2) = begin_login(&other, &registered.record, &ke1, OURS, &mut rng).unwrap();
    let result = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng);
    assert_eq!(result.err(), Some(ClientLoginError::WrongPassword));
}

#[test]
fn another_stretching_does_not_log_in() {
    struct Inverted;
    impl crate::stretching::Stretch for Inverted {
        fn stretch(&self, input: &[u8], out: &mut [u8; 64]) -> Result<(), crate::stretching::StretchError> {
            for (out, byte) in out.iter_mut().zip(input) {
                *out = !byte;
            }
            Ok(())
        }
    }
    let mut rng = rng();
    let registered = register(&mut rng);
    let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let (_, ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
    let result = client.finish(PASSWORD, &ke2, OURS, &Inverted, &mut rng);
    assert_eq!(result.err(), Some(ClientLoginError::WrongPassword));
}

#[test]
fn a_device_that_cannot_stretch_says_so() {
    struct Poor;
    impl crate::stretching::Stretch for Poor {
        fn stretch(&self, _: &[u8], _: &mut [u8; 64]) -> Result<(), crate::stretching::StretchError> {
            Err(crate::stretching::StretchError)
        }
    }
    let mut rng = rng();
    let registered = register(&mut rng);
    let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let (_, ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
    let result = client.finish(PASSWORD, &ke2, OURS, &Poor, &mut rng);
    assert_eq!(result.err(), Some(ClientLoginError::Stretching));
}

#[test]
fn the_server_refuses_identity_and_encodings_that_are_not_canonical() {
    let mut rng = rng();
    let registered = register(&mut rng);
    let (_, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    assert_eq!(check_record(&registered.record), Ok(()));
    assert_eq!(check_ke1(&ke1), Ok(()));
    for element in bad_elements() {
        let text = hex::encode(element);
        assert!(check_request(&element).is_err(), "{text}");
        assert!(evaluate_registration(&seed(), &element).is_err(), "{text}");
        for start in [0, 64] {
            let mut broken = ke1;
            broken[start..start + 32].copy_from_slice(&element);
            assert!(check_ke1(&broken).is_err(), "{text}");
            assert!(begin_login(&seed(), &registered.record, &broken, OURS, &mut rng).is_err());
        }
        let mut broken = registered.record;
        broken[..32].copy_from_slice(&element);
        assert!(check_record(&broken).is_err(), "{text}");
        assert!(begin_login(&seed(), &broken, &ke1, OURS, &mut rng).is_err());
    }
}

#[test]
fn the_client_refuses_identity_and_encodings_that_are_not_canonical() {
    let mut rng = rng();
    let registered = register(&mut rng);
    for element in bad_elements() {
        for start in [0, 32] {
            let (client, request) = ClientRegistration::start(PASSWORD, &mut rng).unwrap();
            let mut response = evaluate_registration(&seed(), &request).unwrap();
            response[start..start + 32].copy_from_slice(&element);
            let result = client.finish(PASSWORD, &response, OURS, &NoStretching, &mut rng);
            assert!(matches!(result.err(), Some(OpaqueError::Malformed(_))));
        }
        for start in [0, 224] {
            let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
            let (_, mut ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
            ke2[start..start + 32].copy_from_slice(&element);
            let result = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng);
            assert_eq!(result.err(), Some(ClientLoginError::Malformed));
        }
    }
}

#[test]
fn the_client_refuses_its_own_elements() {
    let mut rng = rng();
    let registered = register(&mut rng);

    let (client, request) = ClientRegistration::start(PASSWORD, &mut rng).unwrap();
    let mut response = evaluate_registration(&seed(), &request).unwrap();
    response[..32].copy_from_slice(&request);
    let result = client.finish(PASSWORD, &response, OURS, &NoStretching, &mut rng);
    assert_eq!(result.err(), Some(OpaqueError::Reflected));

    for (from, to) in [(0, 0), (64, 224)] {
        let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
        let (_, mut ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
        ke2[to..to + 32].copy_from_slice(&ke1[from..from + 32]);
        let result = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng);
        assert_eq!(result.err(), Some(ClientLoginError::Reflected));
    }
}

#[test]
fn every_changed_byte_of_an_answer_is_refused() {
    let mut rng = rng();
    let registered = register(&mut rng);
    for position in 0..KE2_LENGTH {
        let (client, ke1) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
        let (_, mut ke2) = begin_login(&seed(), &registered.record, &ke1, OURS, &mut rng).unwrap();
        ke2[position] ^= 1;
        let result = client.finish(PASSWORD, &ke2, OURS, &NoStretching, &mut rng);
        assert!(result.is_err(), "{position}");
    }
}

#[test]
fn a_written_state_with_a_zero_scalar_or_another_length_is_refused() {
    let mut rng = rng();
    let (client, _) = ClientLogin::start(PASSWORD, &mut rng).unwrap();
    let written = client.to_bytes();
    for start in [0, 128] {
        let mut broken = written.expose().to_vec();
        broken[start..start + 32].copy_from_slice(&[0; 32]);
        assert!(ClientLogin::from_bytes(&broken).is_err(), "{start}");
        broken[start..start + 32].copy_from_slice(&[0xff; 32]);
        assert!(ClientLogin::from_bytes(&broken).is_err(), "{start}");
    }
    for length in (0..CLIENT_LOGIN_LENGTH).chain([CLIENT_LOGIN_LENGTH + 1]) {
        let other: Vec<u8> = written.expose().iter().copied().cycle().take(length).collect();
        assert!(ClientLogin::from_bytes(&other).is_err());
    }
    assert!(LoginState::from_bytes(&[0; LOGIN_STATE_LENGTH - 1]).is_err());
    assert!(LoginState::from_bytes(&[0; LOGIN_STATE_LENGTH + 1]).is_err());
}

#[test]
fn a_password_is_bounded() {
    let mut rng = rng();
    let long = [b'a'; PASSWORD_LENGTH_MAX + 1];
    let refused = Some(OpaqueError::Malformed("password"));
    assert_eq!(ClientLogin::start(&long, &mut rng).err(), refused);
    assert_eq!(ClientRegistration::start(&long, &mut rng).err(), refused);
    assert!(ClientLogin::start(&long[1..], &mut rng).is_ok());
    assert!(ClientLogin::start(b"", &mut rng).is_ok());
}

#[test]
fn elements_in_these_tests_are_what_they_say() {
    assert!(check_request(&IDENTITY).is_err());
    let base = hex::decode(BASE).unwrap().try_into().unwrap();
    assert_eq!(check_request(&base), Ok(()));
}
