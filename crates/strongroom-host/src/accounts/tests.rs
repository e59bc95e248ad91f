use super::*;
use crate::development_identity::{AUDIENCE, DevelopmentIdentity, ISSUER};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) fn account(name: &str) -> Account {
    Account(name.into())
}

struct Provider {
    _folder: TempDir,
    identity: DevelopmentIdentity,
    accounts: Accounts,
}

fn provider() -> Provider {
    let folder = TempDir::new().unwrap();
    let identity = DevelopmentIdentity::create(folder.path()).unwrap();
    let accounts = open(&identity.jwks_path()).unwrap();
    Provider { _folder: folder, identity, accounts }
}

fn open(jwks: &std::path::Path) -> Result<Accounts, JwksError> {
    Accounts::open(&jwks.to_path_buf().into(), std::path::Path::new("."), ISSUER, AUDIENCE)
}

impl Provider {
    fn check(&self, token: &str) -> Result<String, Unauthorized> {
        self.accounts.check(Some(&format!("Bearer {token}"))).map(|account| account.as_str().to_owned())
    }

    fn token(&self) -> String {
        self.identity.token("anna", Duration::from_secs(60)).unwrap()
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A provider with a P-256 key, and what signs with it.
fn p256_provider() -> (TempDir, Accounts, SigningKey) {
    let folder = TempDir::new().unwrap();
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = (URL_SAFE_NO_PAD.encode(point.x().unwrap()), URL_SAFE_NO_PAD.encode(point.y().unwrap()));
    let jwks = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y }] });
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, jwks.to_string()).unwrap();
    suite::install();
    let accounts = open(&path).unwrap();
    (folder, accounts, key)
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "anna", "exp": clock() + 60 })
}

/// A token signed with a P-256 key, whatever its header says.
fn p256_token(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let signature: Signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

#[test]
fn a_token_of_the_provider_is_taken_twice() {
    let provider = provider();
    let token = provider.token();
    assert_eq!(provider.check(&token), Ok("anna".into()));
    assert_eq!(provider.check(&token), Ok("anna".into()));
    assert_eq!(provider.accounts.check(Some(&format!("bearer  {token}"))).unwrap().as_str(), "anna");
}

#[test]
fn a_token_that_is_none_is_refused() {
    let provider = provider();
    let check = |value| provider.accounts.check(value).err().unwrap();
    assert_eq!(check(None), Unauthorized::Missing);
    assert_eq!(check(Some("Basic YTpi")), Unauthorized::Missing);
    assert_eq!(check(Some("Bearer")), Unauthorized::Missing);
    assert_eq!(check(Some("Bearer ")), Unauthorized::Malformed);
    assert_eq!(check(Some("Bearer a.b.c")), Unauthorized::Malformed);
    assert_eq!(check(Some(&format!("Bearer {}", "a".repeat(9000)))), Unauthorized::Malformed);
}

#[test]
fn a_changed_token_is_refused_even_when_the_true_one_is_remembered() {
    let provider = provider();
    let token = provider.token();
    provider.check(&token).unwrap();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    let forged = format!(
        "{header}.{}.{signature}",
        part(&json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "ben", "exp": clock() + 60 }))
    );
    assert_eq!(provider.check(&forged), Err(Unauthorized::Untrusted));
    assert_eq!(provider.check(head), Err(Unauthorized::Malformed));
    assert_eq!(provider.check(&format!("{head}.")), Err(Unauthorized::Untrusted));
}

#[test]
fn a_token_of_another_provider_is_refused() {
    assert_eq!(provider().check(&provider().token()), Err(Unauthorized::Untrusted));
}

#[test]
fn es256_is_taken_with_a_p256_key() {
    let (_folder, accounts, key) = p256_provider();
    let token = p256_token(&key, &json!({ "alg": "ES256" }), &claims());
    assert_eq!(accounts.check(Some(&format!("Bearer {token}"))).unwrap().as_str(), "anna");
}

#[test]
fn the_algorithm_is_the_key_s_and_never_the_token_s() {
    let (_folder, accounts, key) = p256_provider();
    for algorithm in ["EdDSA", "HS256", "ES384", "RS256"] {
        let token = p256_token(&key, &json!({ "alg": algorithm }), &claims());
        assert_eq!(
            accounts.check(Some(&format!("Bearer {token}"))).err(),
            Some(Unauthorized::Algorithm),
            "{algorithm}"
        );
    }
    for algorithm in ["none", "None", ""] {
        let token = p256_token(&key, &json!({ "alg": algorithm }), &claims());
        assert_eq!(
            accounts.check(Some(&format!("Bearer {token}"))).err(),
            Some(Unauthorized::Malformed),
            "{algorithm}"
        );
    }
}

#[test]
fn every_claim_is_checked() {
    let (_folder, accounts, key) = p256_provider();
    let with = |field: &str, value: Value| {
        let mut claims = claims();
        claims[field] = value;
        let token = p256_token(&key, &json!({ "alg": "ES256" }), &claims);
        accounts.check(Some(&format!("Bearer {token}"))).err()
    };
    assert_eq!(with("jti", json!("1")), None);
    assert!(matches!(with("exp", json!(clock() - 100)), Some(Unauthorized::Expired { .. })));
    assert!(matches!(with("nbf", json!(clock() + 1000)), Some(Unauthorized::TooEarly { .. })));
    assert_eq!(with("iss", json!("https://elsewhere.example")), Some(Unauthorized::Issuer));
    assert_eq!(with("aud", json!("another-fleet")), Some(Unauthorized::Audience));
    assert_eq!(with("aud", json!(["another", AUDIENCE])), None);
    assert_eq!(with("sub", json!("")), Some(Unauthorized::Claim));
    assert_eq!(with("sub", json!("x".repeat(257))), Some(Unauthorized::Claim));
    for field in ["exp", "iss", "aud", "sub"] {
        assert_eq!(with(field, Value::Null), Some(Unauthorized::Claim), "{field}");
    }
}

#[test]
fn a_remembered_token_still_expires() {
    let provider = provider();
    let token = provider.token();
    let account = account("anna");
    provider.accounts.remember(1, &token, &account, clock() + 10);
    assert!(provider.accounts.remembered(1, &token, clock()).is_some());
    assert!(provider.accounts.remembered(1, &token, clock() + 10).is_none());
    assert!(provider.accounts.remembered(2, &token, clock()).is_none());
}

#[test]
fn a_changed_key_file_is_read_again_and_a_broken_one_is_not() {
    let provider = provider();
    let old = provider.token();
    provider.check(&old).unwrap();
    let path = provider.identity.jwks_path();
    std::fs::write(&path, "no JWKS").unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(provider.check(&old), Ok("anna".into()));
    let other = TempDir::new().unwrap();
    let other = DevelopmentIdentity::create(other.path()).unwrap();
    std::fs::copy(other.jwks_path(), &path).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(provider.check(&old), Err(Unauthorized::Untrusted));
    assert_eq!(provider.check(&other.token("ben", Duration::from_secs(60)).unwrap()), Ok("ben".into()));
}

#[test]
fn a_key_file_without_a_usable_key_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("jwks.json");
    let open = |text: &str| {
        std::fs::write(&path, text).unwrap();
        match super::tests::open(&path).err().unwrap() {
            JwksError::Unusable { cause, .. } => cause,
            other => panic!("{other}"),
        }
    };
    assert!(matches!(open("{"), KeysError::Malformed(_)));
    assert!(matches!(open(r#"{"keys":[]}"#), KeysError::NoKey));
    assert!(matches!(open(r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#), KeysError::NoKey));
    assert!(matches!(open(r#"{"keys":[{"kty":"oct","k":"AQAB"}]}"#), KeysError::NoKey));
    let encryption = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    assert!(matches!(open(encryption), KeysError::NoKey));
    let other_algorithm = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"ES256","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    assert!(matches!(open(other_algorithm), KeysError::NoKey));
    assert!(matches!(open(&" ".repeat(300_000)), KeysError::Malformed(_)));
    let missing = super::tests::open(&folder.path().join("none")).err().unwrap();
    assert!(missing.to_string().contains("none cannot be read"), "{missing}");
}

#[test]
fn a_development_key_is_kept_and_never_overwritten() {
    let folder = TempDir::new().unwrap();
    let identity = DevelopmentIdentity::create(folder.path()).unwrap();
    assert!(DevelopmentIdentity::create(folder.path()).is_err());
    let accounts = open(&identity.jwks_path()).unwrap();
    let token =
        DevelopmentIdentity::open(folder.path()).unwrap().token("anna", Duration::from_secs(60)).unwrap();
    assert_eq!(accounts.check(Some(&format!("Bearer {token}"))).unwrap().as_str(), "anna");
    let mode =
        std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(folder.path().join("key.hex")).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    assert!(identity.token("", Duration::from_secs(1)).is_err());
}
