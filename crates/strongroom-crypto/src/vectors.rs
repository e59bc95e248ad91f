//! Published vectors for the primitives.
//!
//! Those of RFC 9497 stand in the crate; Wycheproof's are read from the folder
//! `STRONGROOM_VECTORS`, or `../shared/vectors` beside the project, and skipped
//! in plain words where neither is found. RFC 9807's run in
//! `opaque/tests/rfc9807.rs`.

use std::path::PathBuf;
use std::string::String;
use std::vec::Vec;
use std::{env, fs, println};

use serde_json::Value;

use crate::replay::ReplayRng;
use crate::rng::EarlierRng;
use crate::{kdf, seal, sign};

/// Reads the bytes of a hexadecimal field.
pub(crate) fn bytes(value: &Value, field: &str) -> Vec<u8> {
    hex::decode(value[field].as_str().expect(field)).expect(field)
}

fn sized<const N: usize>(value: &Value, field: &str) -> Option<[u8; N]> {
    bytes(value, field).try_into().ok()
}

/// Runs a check on every (group, test) of a Wycheproof file.
fn wycheproof(name: &str, minimum: usize, mut check: impl FnMut(&Value, &Value) -> bool) {
    let folder = env::var_os("STRONGROOM_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors")),
        PathBuf::from,
    );
    let path = folder.join("wycheproof").join(name);
    let Ok(text) = fs::read_to_string(&path) else {
        println!("SKIPPED: no test vectors at {}", path.display());
        return;
    };
    let file: Value = serde_json::from_str(&text).expect(name);
    let mut checked = 0;
    for group in file["testGroups"].as_array().expect(name) {
        for test in group["tests"].as_array().expect(name) {
            if check(group, test) {
                checked += 1;
            }
        }
    }
    println!("{name}: {checked} vectors checked");
    assert!(checked >= minimum, "{name}: only {checked} checked");
}

fn is_valid(test: &Value) -> bool {
    match test["result"].as_str() {
        Some("valid") => true,
        Some("invalid") => false,
        other => panic!("unknown result {other:?}"),
    }
}

#[test]
fn wycheproof_ed25519() {
    wycheproof("ed25519_test.json", 140, |group, test| {
        let public = sized::<32>(&group["publicKey"], "pk").expect("public key");
        let Some(signature) = sized::<64>(test, "sig") else {
            assert!(!is_valid(test));
            return true;
        };
        let verdict = sign::verify_message(&public, &bytes(test, "msg"), &signature);
        assert_eq!(verdict.is_ok(), is_valid(test), "{}", test["tcId"]);
        true
    });
}

#[test]
fn wycheproof_xchacha20_poly1305() {
    wycheproof("xchacha20_poly1305_test.json", 250, |_, test| {
        let (Some(key), Some(nonce)) = (sized::<32>(test, "key"), sized::<24>(test, "iv")) else {
            assert!(!is_valid(test));
            return true;
        };
        let sealed = [bytes(test, "ct"), bytes(test, "tag")].concat();
        let opened = seal::decrypt_extended(&key, &nonce, &bytes(test, "aad"), &sealed);
        check_opened(test, opened.ok().map(|plain| plain.expose().to_vec()));
        true
    });
}

#[test]
fn wycheproof_chacha20_poly1305() {
    wycheproof("chacha20_poly1305_test.json", 300, |_, test| {
        let (Some(key), Some(nonce)) = (sized::<32>(test, "key"), sized::<12>(test, "iv")) else {
            assert!(!is_valid(test));
            return true;
        };
        let (aad, message) = (bytes(test, "aad"), bytes(test, "msg"));
        let sealed = [bytes(test, "ct"), bytes(test, "tag")].concat();
        let opened = seal::decrypt(&key, &nonce, &aad, &sealed);
        check_opened(test, opened.ok().map(|plain| plain.expose().to_vec()));
        if is_valid(test) {
            assert_eq!(seal::encrypt(&key, &nonce, &aad, &message), sealed);
        }
        true
    });
}

fn check_opened(test: &Value, opened: Option<Vec<u8>>) {
    let expected = is_valid(test).then(|| bytes(test, "msg"));
    assert_eq!(opened, expected, "{}", test["tcId"]);
}

/// Only the vectors with the empty salt, the one the suite uses.
#[test]
fn wycheproof_hkdf_sha512() {
    wycheproof("hkdf_sha512_test.json", 20, |_, test| {
        if !bytes(test, "salt").is_empty() {
            return false;
        }
        let size = test["size"].as_u64().expect("size") as usize;
        let mut out = std::vec![0; size];
        let result = kdf::expand(&bytes(test, "ikm"), &bytes(test, "info"), &mut out);
        assert_eq!(result.is_ok(), is_valid(test), "{}", test["tcId"]);
        if is_valid(test) {
            assert_eq!(out, bytes(test, "okm"), "{}", test["tcId"]);
        }
        true
    });
}

/// HMAC-SHA-512 stands under the key derivation; the suite's own MAC is
/// HMAC-SHA-256, for which `hash.rs` holds the vectors of RFC 4231.
#[test]
fn wycheproof_hmac_sha512() {
    use hmac::{Hmac, KeyInit, Mac};
    wycheproof("hmac_sha512_test.json", 150, |_, test| {
        let mut hasher = Hmac::<sha2::Sha512>::new_from_slice(&bytes(test, "key")).unwrap();
        hasher.update(&bytes(test, "msg"));
        let verdict = hasher.verify_truncated_left(&bytes(test, "tag"));
        assert_eq!(verdict.is_ok(), is_valid(test), "{}", test["tcId"]);
        true
    });
}

/// RFC 9497, appendix A.1.1, on the very OPRF that OPAQUE is built on here.
#[test]
fn rfc9497_ristretto255_oprf() {
    type Suite = opaque_ke::Ristretto255;
    let text = include_str!("../vectors/rfc9497-ristretto255.json");
    let suites: Value = serde_json::from_str(text).unwrap();
    let suite = &suites[0];
    let server =
        voprf::OprfServer::<Suite>::new_from_seed(&bytes(suite, "seed"), &bytes(suite, "keyInfo")).unwrap();
    assert_eq!(server.serialize().to_vec(), bytes(suite, "skSm"));
    for vector in suite["vectors"].as_array().unwrap() {
        let (input, blind) = (bytes(vector, "Input"), bytes(vector, "Blind"));
        let mut rng = ReplayRng::new(&[&blind, &[0; 32]]);
        let client = voprf::OprfClient::<Suite>::blind(&input, &mut EarlierRng(&mut rng)).unwrap();
        assert_eq!(client.message.serialize().to_vec(), bytes(vector, "BlindedElement"));
        let evaluated = server.blind_evaluate(&client.message);
        assert_eq!(evaluated.serialize().to_vec(), bytes(vector, "EvaluationElement"));
        let output = client.state.finalize(&input, &evaluated).unwrap();
        assert_eq!(output.to_vec(), bytes(vector, "Output"));
    }
    assert_eq!(suite["identifier"], String::from("ristretto255-SHA512"));
}
