//! Who is let in: JWKS files and bearer tokens, with the host's own functions.
//!
//! The first byte chooses: a key file; a header as a stranger sends it, which is never let in; a
//! token over the tape's claims with a good signature, which is let in only with good claims.

use crate::tape::Tape;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::Value;
use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};
use strongroom_host::{
    accounts::{Accounts, JwksError, JwksSource},
    limits::{ACCOUNT_BYTES_MAX, TOKEN_LEEWAY_SECONDS},
};

const ISSUER: &str = "https://identity.example";
const AUDIENCE: &str = "strongroom";

struct Door {
    folder: tempfile::TempDir,
    key: SigningKey,
    accounts: Accounts,
}

std::thread_local! {
    static DOOR: Door = open_door();
}

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let chosen = tape.byte();
    DOOR.with(|door| match chosen % 3 {
        0 => key_file(door, tape.rest()),
        1 => stranger(door, tape.rest()),
        _ => signed(door, &mut tape),
    });
}

fn open_door() -> Door {
    let folder = tempfile::tempdir().expect("a folder");
    let key = SigningKey::from_bytes(&[7; 32]);
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    let jwks = serde_json::json!({
        "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "one", "x": x }]
    });
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, jwks.to_string()).expect("a file");
    let accounts = open(&path, folder.path()).expect("accounts");
    Door { folder, key, accounts }
}

fn open(jwks: &Path, folder: &Path) -> Result<Accounts, JwksError> {
    Accounts::open(&JwksSource::File(jwks.into()), folder, ISSUER, AUDIENCE)
}

/// No key file lets a token in that its keys did not sign.
fn key_file(door: &Door, bytes: &[u8]) {
    let path = door.folder.path().join("foreign.json");
    std::fs::write(&path, bytes).expect("a file");
    if let Ok(accounts) = open(&path, door.folder.path()) {
        let _ = accounts.check(Some("Bearer e30.e30.AAAA"));
    }
}

fn stranger(door: &Door, bytes: &[u8]) {
    let Ok(header) = str::from_utf8(bytes) else { return };
    assert!(door.accounts.check(Some(header)).is_err(), "a stranger is let in");
}

fn signed(door: &Door, tape: &mut Tape<'_>) {
    let header = tape.chunk();
    let claims = tape.rest();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = door.key.sign(signed.as_bytes());
    let token = format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()));
    if let Ok(account) = door.accounts.check(Some(&token)) {
        assert!(are_good(claims, account.as_str()), "let in with claims that are not good");
    }
}

/// Whether claims are those of an account at this provider and for this audience.
fn are_good(claims: &[u8], account: &str) -> bool {
    let Ok(claims) = serde_json::from_slice::<Value>(claims) else { return false };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let names = |field: &str, name: &str| match &claims[field] {
        Value::String(text) => text == name,
        Value::Array(texts) => texts.iter().any(|text| text == name),
        _ => false,
    };
    let lasts = claims["exp"].as_f64().is_some_and(|exp| exp + (TOKEN_LEEWAY_SECONDS as f64) >= now as f64);
    let is_named = claims["sub"] == account && !account.is_empty() && account.len() <= ACCOUNT_BYTES_MAX;
    names("iss", ISSUER) && names("aud", AUDIENCE) && lasts && is_named
}
