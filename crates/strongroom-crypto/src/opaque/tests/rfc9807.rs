//! The ristretto255 vectors of RFC 9807, appendix C.
//!
//! Every random value of a vector is injected, by replaying it in the order
//! in which the library draws: a blind as 64 bytes that reduce to it; on the
//! server 64 bytes for the masking key of a fake record, which the library
//! draws always and uses for none of ours. So every message, the export key
//! and the session key are compared, byte for byte. Only the intermediate
//! values stay unseen.

use serde_json::Value;
use std::vec::Vec;

use crate::opaque::Identities;
use crate::opaque::client::{ClientLogin, ClientRegistration};
use crate::opaque::server::{LoginState, answer, evaluate, finish, setup_from};
use crate::opaque::suite::Profile;
use crate::replay::ReplayRng;
use crate::secret::Secret;
use crate::stretching::NoStretching;
use crate::vectors::bytes;

struct Vector {
    value: Value,
    context: Vec<u8>,
    credential_identifier: Vec<u8>,
    identities: Option<(Vec<u8>, Vec<u8>)>,
}

impl Vector {
    fn of(value: &Value) -> Self {
        let inputs = &value["inputs"];
        let identities = inputs
            .get("client_identity")
            .map(|_| (bytes(inputs, "client_identity"), bytes(inputs, "server_identity")));
        Self {
            context: bytes(&value["config"], "Context"),
            credential_identifier: bytes(inputs, "credential_identifier"),
            identities,
            value: value.clone(),
        }
    }

    fn input(&self, field: &str) -> Vec<u8> {
        bytes(&self.value["inputs"], field)
    }

    fn output(&self, field: &str) -> Vec<u8> {
        bytes(&self.value["outputs"], field)
    }

    fn profile(&self) -> Profile<'_> {
        Profile {
            context: &self.context,
            credential_identifier: &self.credential_identifier,
            identities: self.identities.as_ref().map(|(client, server)| Identities { client, server }),
        }
    }

    fn ke2(&self, record: &[u8], ke1: &[u8]) -> (LoginState, [u8; 320]) {
        let mut rng = ReplayRng::new(&[
            &[0; 64],
            &self.input("masking_nonce"),
            &self.input("server_keyshare_seed"),
            &self.input("server_nonce"),
        ]);
        answer(
            &setup_from(
                &Secret::from_slice(&self.input("oprf_seed")).unwrap(),
                &Secret::from_slice(&self.input("server_private_key")).unwrap(),
            )
            .unwrap(),
            record.try_into().unwrap(),
            ke1.try_into().unwrap(),
            self.profile(),
            &mut rng,
        )
        .unwrap()
    }
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../../../vectors/rfc9807-ristretto255.json");
    let values: Value = serde_json::from_str(text).unwrap();
    values.as_array().unwrap().iter().map(Vector::of).collect()
}

fn registration(vector: &Vector) {
    let password = vector.input("password");
    let mut rng = ReplayRng::new(&[&vector.input("blind_registration"), &[0; 32]]);
    let (client, request) = ClientRegistration::start(&password, &mut rng).unwrap();
    assert_eq!(request.to_vec(), vector.output("registration_request"));

    let setup = setup_from(
        &Secret::from_slice(&vector.input("oprf_seed")).unwrap(),
        &Secret::from_slice(&vector.input("server_private_key")).unwrap(),
    )
    .unwrap();
    let response = evaluate(&setup, &request, &vector.credential_identifier).unwrap();
    assert_eq!(response.to_vec(), vector.output("registration_response"));

    let mut rng = ReplayRng::new(&[&vector.input("envelope_nonce")]);
    let registered =
        client.finish_as(&password, &response, vector.profile(), &NoStretching, &mut rng).unwrap();
    assert_eq!(registered.record.to_vec(), vector.output("registration_upload"));
    assert_eq!(registered.export_key.expose().to_vec(), vector.output("export_key"));
}

fn login(vector: &Vector) {
    let password = vector.input("password");
    let mut rng = ReplayRng::new(&[
        &vector.input("blind_login"),
        &[0; 32],
        &vector.input("client_keyshare_seed"),
        &vector.input("client_nonce"),
    ]);
    let (client, ke1) = ClientLogin::start(&password, &mut rng).unwrap();
    assert_eq!(ke1.to_vec(), vector.output("KE1"));

    let (state, ke2) = vector.ke2(&vector.output("registration_upload"), &ke1);
    assert_eq!(ke2.to_vec(), vector.output("KE2"));

    let (logged_in, session_key) =
        client.finish_as(&password, &ke2, vector.profile(), &NoStretching, &mut ReplayRng::new(&[])).unwrap();
    assert_eq!(logged_in.ke3.to_vec(), vector.output("KE3"));
    assert_eq!(logged_in.export_key.expose().to_vec(), vector.output("export_key"));
    assert_eq!(session_key.expose().to_vec(), vector.output("session_key"));

    let server_key = finish(&state, &logged_in.ke3, vector.profile()).unwrap();
    assert!(server_key.matches(&session_key));
}

#[test]
fn registrations_are_as_published() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 3);
    vectors.iter().take(2).for_each(registration);
}

#[test]
fn logins_are_as_published() {
    vectors().iter().take(2).for_each(login);
}

#[test]
fn the_answer_for_a_fake_record_is_as_published() {
    let vector = &vectors()[2];
    let record = [vector.input("client_public_key"), vector.input("masking_key"), std::vec![0; 96]].concat();
    let (_, ke2) = vector.ke2(&record, &vector.input("KE1"));
    assert_eq!(ke2.to_vec(), vector.output("KE2"));
}
