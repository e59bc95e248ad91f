use serde_json::Value;

use super::*;
use crate::rng::ChaChaRng;
use crate::secret::Secret;
use crate::vectors::bytes;

const INFO: &[u8] = b"info";

struct Both {
    client: ClientContext,
    hsm: HsmContext,
    rng: ChaChaRng,
}

fn key() -> ChannelKeyPair {
    ChannelKeyPair::from_seed(&Secret::new([9; 32]))
}

/// Sends message one and opens it.
fn opened() -> Both {
    let mut rng = ChaChaRng::from_seed([0; 32]);
    let key = key();
    let (mut client, encapsulated) = ClientContext::open_to(key.public(), INFO, &mut rng).unwrap();
    let sealed = client.seal_next(b"one", b"request one");
    let (hsm, plaintext) = HsmContext::open(&key, INFO, &encapsulated, b"one", &sealed).unwrap();
    assert_eq!(plaintext.expose(), b"request one");
    Both { client, hsm, rng }
}

/// The whole exchange of `vectors/channel.json`, which `vectors/second.py`
/// opens too.
#[test]
fn golden_channel() {
    let file: Value = serde_json::from_str(include_str!("../../vectors/channel.json")).unwrap();
    let key = ChannelKeyPair::from_seed(&Secret::from_slice(&bytes(&file, "key_seed")).unwrap());
    assert_eq!(key.public().to_vec(), bytes(&file, "public_key"));
    assert_eq!(key_id(key.public()).to_vec(), bytes(&file, "key_id"));
    let info = request_info(&[b"fleet", b"node"]);
    assert_eq!(info, bytes(&file, "info"));

    let mut rng = ChaChaRng::from_seed([0; 32]);
    let (mut client, encapsulated) = ClientContext::open_to(key.public(), &info, &mut rng).unwrap();
    assert_eq!(encapsulated.to_vec(), bytes(&file, "encapsulated_key"));
    assert_eq!(client.context_id().to_vec(), bytes(&file, "context_id"));

    let mut context: Option<HsmContext> = None;
    for message in file["messages"].as_array().unwrap() {
        let (aad, request) = (bytes(message, "aad"), bytes(message, "request"));
        let sealed = client.seal_next(&aad, &request);
        assert_eq!(sealed, bytes(message, "sealed_request"));
        let (hsm, opened) = match context.take() {
            None => HsmContext::open(&key, &info, &encapsulated, &aad, &sealed).unwrap(),
            Some(mut hsm) => {
                let opened = hsm.open_next(&aad, &sealed).unwrap();
                (hsm, opened)
            }
        };
        assert_eq!(opened.expose(), request);
        let (aad, answer) = (bytes(message, "answer_aad"), bytes(message, "answer"));
        let sealed = hsm.seal_answer(&aad, &answer, &mut rng);
        assert_eq!(sealed, bytes(message, "sealed_answer"));
        context = Some(hsm);
    }
}

#[test]
fn lengths_are_as_named() {
    let Both { mut client, hsm, mut rng } = opened();
    assert_eq!(hsm.seal_answer(b"", b"12345", &mut rng).len(), 5 + ANSWER_OVERHEAD);
    assert_eq!(client.seal_next(b"", b"12345").len(), 5 + REQUEST_OVERHEAD);
}

#[test]
fn a_whole_recovery_runs_in_one_context() {
    let Both { mut client, mut hsm, mut rng } = opened();
    assert_eq!(client.context_id(), hsm.context_id());
    let first = hsm.seal_answer(b"answer", b"answer one", &mut rng);
    assert_eq!(client.open_answer(b"answer", &first).unwrap().expose(), b"answer one");
    let request = client.seal_next(b"two", b"request two");
    assert_eq!(hsm.open_next(b"two", &request).unwrap().expose(), b"request two");
    let second = hsm.seal_answer(b"answer", b"answer two", &mut rng);
    assert_eq!(client.open_answer(b"answer", &second).unwrap().expose(), b"answer two");
}

#[test]
fn the_answer_to_another_request_does_not_open() {
    let Both { mut client, mut hsm, mut rng } = opened();
    let first = hsm.seal_answer(b"answer", b"answer one", &mut rng);
    let request = client.seal_next(b"two", b"request two");
    assert!(client.open_answer(b"answer", &first).is_err());
    hsm.open_next(b"two", &request).unwrap();
    let second = hsm.seal_answer(b"answer", b"answer two", &mut rng);
    assert!(client.open_answer(b"answer", &second).is_ok());
}

#[test]
fn an_answer_opens_in_its_context_and_associated_data_only() {
    let Both { client, hsm, mut rng } = opened();
    let answer = hsm.seal_answer(b"answer", b"plaintext", &mut rng);
    let (mut other, _) = ClientContext::open_to(key().public(), INFO, &mut rng).unwrap();
    assert!(other.open_answer(b"answer", &answer).is_err());
    let _ = other.seal_next(b"one", b"request one");
    assert!(other.open_answer(b"answer", &answer).is_err());
    assert!(client.open_answer(b"other", &answer).is_err());
    for length in 0..answer.len() {
        assert!(client.open_answer(b"answer", &answer[..length]).is_err());
    }
    for position in 0..answer.len() {
        let mut broken = answer.clone();
        broken[position] ^= 1;
        assert!(client.open_answer(b"answer", &broken).is_err());
    }
    assert!(client.open_answer(b"answer", &answer).is_ok());
}

#[test]
fn two_answers_to_one_request_differ_and_both_open() {
    let Both { client, hsm, mut rng } = opened();
    let first = hsm.seal_answer(b"answer", b"plaintext", &mut rng);
    let again = hsm.seal_answer(b"answer", b"plaintext", &mut rng);
    assert_ne!(first, again);
    assert!(client.open_answer(b"answer", &first).is_ok());
    assert!(client.open_answer(b"answer", &again).is_ok());
}

#[test]
fn a_replayed_or_skipped_request_is_refused_and_changes_nothing() {
    let Both { mut client, mut hsm, mut rng } = opened();
    let second = client.seal_next(b"two", b"request two");
    let third = client.seal_next(b"three", b"request three");
    assert!(hsm.open_next(b"three", &third).is_err());
    assert!(hsm.open_next(b"wrong", &second).is_err());
    assert!(hsm.open_next(b"two", &second[..second.len() - 1]).is_err());
    assert!(hsm.open_next(b"two", &[]).is_err());
    assert!(hsm.open_next(b"two", &second).is_ok());
    assert!(hsm.open_next(b"two", &second).is_err());
    assert!(hsm.open_next(b"three", &third).is_ok());
    let answer = hsm.seal_answer(b"answer", b"plaintext", &mut rng);
    assert!(client.open_answer(b"answer", &answer).is_ok());
}

#[test]
fn a_first_request_opens_under_its_key_info_and_data_only() {
    let mut rng = ChaChaRng::from_seed([3; 32]);
    let key = key();
    let stranger = ChannelKeyPair::generate(&mut rng);
    let (mut client, encapsulated) = ClientContext::open_to(key.public(), INFO, &mut rng).unwrap();
    let sealed = client.seal_next(b"aad", b"plaintext");
    let opens = |key: &ChannelKeyPair, info: &[u8], encapsulated: &[u8; 1120], aad: &[u8], sealed: &[u8]| {
        HsmContext::open(key, info, encapsulated, aad, sealed).is_ok()
    };
    assert!(opens(&key, INFO, &encapsulated, b"aad", &sealed));
    assert!(!opens(&stranger, INFO, &encapsulated, b"aad", &sealed));
    assert!(!opens(&key, b"other", &encapsulated, b"aad", &sealed));
    assert!(!opens(&key, INFO, &encapsulated, b"other", &sealed));
    for position in [0, 500, 1087, 1088, 1119] {
        let mut broken = encapsulated;
        broken[position] ^= 1;
        assert!(!opens(&key, INFO, &broken, b"aad", &sealed));
    }
    for length in 0..sealed.len() {
        assert!(!opens(&key, INFO, &encapsulated, b"aad", &sealed[..length]));
    }
    assert!(!opens(&key, INFO, &[0; 1120], b"aad", &sealed));
    assert!(!opens(&key, INFO, &[0xff; 1120], b"aad", &sealed));
}

#[test]
fn an_answer_before_any_request_is_refused() {
    let mut rng = ChaChaRng::from_seed([4; 32]);
    let (client, _) = ClientContext::open_to(key().public(), INFO, &mut rng).unwrap();
    assert!(client.open_answer(b"", &[0; 64]).is_err());
}

#[test]
fn a_channel_key_that_is_not_reduced_is_refused() {
    let mut rng = ChaChaRng::from_seed([5; 32]);
    assert_eq!(ClientContext::open_to(&[0xff; 1216], INFO, &mut rng).err(), Some(PublicKeyError));
}

#[test]
fn key_ids_follow_the_key() {
    let mut rng = ChaChaRng::from_seed([6; 32]);
    let one = ChannelKeyPair::generate(&mut rng);
    let two = ChannelKeyPair::generate(&mut rng);
    assert_ne!(key_id(one.public()), key_id(two.public()));
}

#[test]
fn info_is_framed() {
    assert_ne!(request_info(&[b"fleet", b"node"]), request_info(&[b"fleetn", b"ode"]));
}
