//! Keys that are fetched, from a provider on the loopback interface.

use super::{provider::FetchPace, *};
use crate::development_identity::{AUDIENCE, DevelopmentIdentity, ISSUER};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::json;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A pace at which nothing is asked twice by itself within a test.
const SLOW: FetchPace = FetchPace {
    interval: Duration::from_secs(3600),
    pause: Duration::from_secs(3600),
    pause_without_keys: Duration::from_millis(20),
};
const QUICK: FetchPace = FetchPace {
    interval: Duration::from_millis(40),
    pause: Duration::from_millis(40),
    pause_without_keys: Duration::from_millis(20),
};

/// A provider that answers whatever it is told to, and counts who asks.
struct Provider {
    source: JwksSource,
    answer: Arc<Mutex<Vec<u8>>>,
    asked: Arc<AtomicUsize>,
    server: tokio::task::JoinHandle<()>,
}

impl Provider {
    async fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let (answer, asked) = (Arc::new(Mutex::new(answer)), Arc::new(AtomicUsize::new(0)));
        let (given, count) = (answer.clone(), asked.clone());
        let server = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap();
                assert!(request[..read].starts_with(b"GET /keys HTTP/1.1\r\n"));
                count.fetch_add(1, Ordering::SeqCst);
                let answer = given.lock().unwrap().clone();
                // A client that has heard enough may be gone.
                let _ = stream.write_all(&answer).await;
            }
        });
        Self { source: JwksSource::parse(&url).unwrap(), answer, asked, server }
    }

    fn say(&self, answer: Vec<u8>) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn accounts(&self, folder: &TempDir, pace: FetchPace) -> Accounts {
        Accounts::open_at(&self.source, folder.path(), ISSUER, AUDIENCE, pace).unwrap()
    }
}

fn http(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// A key of the provider's, and its JWK under an id.
struct Key {
    id: &'static str,
    signing: SigningKey,
}

impl Key {
    fn new(id: &'static str, seed: u8) -> Self {
        Self { id, signing: SigningKey::from_slice(&[seed; 32]).unwrap() }
    }

    fn jwk(&self) -> serde_json::Value {
        let point = self.signing.verifying_key().to_sec1_point(false);
        let (x, y) = (URL_SAFE_NO_PAD.encode(point.x().unwrap()), URL_SAFE_NO_PAD.encode(point.y().unwrap()));
        json!({ "kty": "EC", "crv": "P-256", "kid": self.id, "x": x, "y": y })
    }

    /// An `Authorization` header with a token of this key for an account.
    fn header(&self, account: &str) -> String {
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": account, "exp": clock() + 60 });
        let signed = format!("{}.{}", part(&json!({ "alg": "ES256", "kid": self.id })), part(&claims));
        let signature: Signature = self.signing.sign(signed.as_bytes());
        format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

fn jwks(keys: &[&Key]) -> Vec<u8> {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    http("200 OK", &json!({ "keys": keys }).to_string())
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not come");
}

fn name(admitted: Result<Account, Unauthorized>) -> Result<String, Unauthorized> {
    admitted.map(|account| account.as_str().to_owned())
}

#[tokio::test]
async fn keys_are_fetched_at_the_start_and_kept_for_a_restart_without_the_provider() {
    let (folder, key) = (TempDir::new().unwrap(), Key::new("one", 7));
    let provider = Provider::start(jwks(&[&key])).await;
    let accounts = provider.accounts(&folder, SLOW);
    until("the first fetch", || accounts.has_keys()).await;
    assert_eq!(name(accounts.admit(Some(&key.header("anna"))).await), Ok("anna".into()));
    assert_eq!(accounts.fetches(), Some(FetchCounts { done: 1, failed: 0 }));
    drop(accounts);

    provider.server.abort();
    let _ = provider.server.await;
    let url = provider.source;
    let again = Accounts::open_at(&url, folder.path(), ISSUER, AUDIENCE, SLOW).unwrap();
    assert_eq!(name(again.check(Some(&key.header("ben")))), Ok("ben".into()));
    until("a failed fetch", || again.fetches().unwrap().failed == 1).await;
    assert_eq!(name(again.check(Some(&key.header("carl")))), Ok("carl".into()));

    // What was kept of one provider is not taken for another.
    let other = JwksSource::parse("http://127.0.0.1:9/keys").unwrap();
    let other = Accounts::open_at(&other, folder.path(), ISSUER, AUDIENCE, SLOW).unwrap();
    assert_eq!(other.check(Some(&key.header("anna"))).err(), Some(Unauthorized::NoKeys));
}

#[tokio::test]
async fn a_damaged_copy_is_left_out_and_replaced() {
    let (folder, key) = (TempDir::new().unwrap(), Key::new("one", 7));
    std::fs::write(folder.path().join("identity-keys.json"), "{\"from\":").unwrap();
    let provider = Provider::start(jwks(&[&key])).await;
    let accounts = provider.accounts(&folder, SLOW);
    until("the first fetch", || accounts.has_keys()).await;
    let kept = std::fs::read_to_string(folder.path().join("identity-keys.json")).unwrap();
    assert!(kept.contains("/keys\"") && kept.contains("\"kid\":\"one\""), "{kept}");
}

#[tokio::test]
async fn a_provider_that_fails_locks_out_nobody_whose_key_is_known() {
    let (folder, key) = (TempDir::new().unwrap(), Key::new("one", 7));
    let provider = Provider::start(jwks(&[&key])).await;
    let accounts = provider.accounts(&folder, QUICK);
    until("the first fetch", || accounts.has_keys()).await;
    let endless = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec(), vec![b' '; 300_000]].concat();
    for (at, broken) in [
        http("500 Internal Server Error", ""),
        http("302 Found", ""),
        http("200 OK", "<html>"),
        http("200 OK", "{\"keys\":[]}"),
        endless,
        b"no HTTP at all".to_vec(),
        Vec::new(),
    ]
    .into_iter()
    .enumerate()
    {
        let before = accounts.fetches().unwrap().failed;
        provider.say(broken);
        until(&format!("failure {at}"), || accounts.fetches().unwrap().failed > before + 1).await;
        // Another account each time, so that no remembered token helps.
        let account = format!("account {at}");
        assert_eq!(name(accounts.check(Some(&key.header(&account)))), Ok(account));
    }
    provider.say(jwks(&[&key]));
    let before = accounts.fetches().unwrap().done;
    until("the next good fetch", || accounts.fetches().unwrap().done > before).await;
}

#[tokio::test]
async fn a_token_with_an_unknown_key_has_the_provider_asked_and_is_let_in() {
    let (folder, old, new) = (TempDir::new().unwrap(), Key::new("old", 7), Key::new("new", 8));
    let provider = Provider::start(jwks(&[&old])).await;
    let pace = FetchPace { pause: Duration::from_millis(50), ..SLOW };
    let accounts = provider.accounts(&folder, pace);
    until("the first fetch", || accounts.has_keys()).await;
    provider.say(jwks(&[&new]));
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(name(accounts.admit(Some(&new.header("anna"))).await), Ok("anna".into()));
    // What the provider has withdrawn is gone, and a token that was remembered with it.
    assert_eq!(accounts.check(Some(&old.header("anna"))).err(), Some(Unauthorized::UnknownKey));
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn strangers_with_unknown_keys_do_not_have_the_provider_asked_again_and_again() {
    let (folder, key) = (TempDir::new().unwrap(), Key::new("one", 7));
    let provider = Provider::start(jwks(&[&key])).await;
    let accounts = provider.accounts(&folder, SLOW);
    until("the first fetch", || accounts.has_keys()).await;
    for seed in 20..60 {
        let stranger = Key::new("stranger", seed).header("anna");
        assert_eq!(accounts.admit(Some(&stranger)).await.err(), Some(Unauthorized::UnknownKey));
    }
    assert_eq!(provider.asked(), 1);
    assert_eq!(FetchPace::default().pause, Duration::from_secs(60));
}

#[tokio::test]
async fn a_node_without_keys_says_so_until_the_provider_answers() {
    let (folder, key) = (TempDir::new().unwrap(), Key::new("one", 7));
    let provider = Provider::start(http("503 Service Unavailable", "")).await;
    let accounts = provider.accounts(&folder, SLOW);
    assert_eq!(accounts.admit(Some(&key.header("anna"))).await.err(), Some(Unauthorized::NoKeys));
    until("some failures", || accounts.fetches().unwrap().failed > 1).await;
    assert!(!accounts.has_keys());
    provider.say(jwks(&[&key]));
    until("keys", || accounts.has_keys()).await;
    assert_eq!(name(accounts.admit(Some(&key.header("anna"))).await), Ok("anna".into()));
}

#[tokio::test]
async fn an_unknown_kind_of_key_spoils_no_other() {
    let (folder, key) = (TempDir::new().unwrap(), Key::new("one", 7));
    let strange = json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "pq", "pub": "AQAB" });
    let body = json!({ "keys": [strange, 7, key.jwk()] }).to_string();
    let provider = Provider::start(http("200 OK", &body)).await;
    let accounts = provider.accounts(&folder, SLOW);
    until("the first fetch", || accounts.has_keys()).await;
    assert_eq!(name(accounts.admit(Some(&key.header("anna"))).await), Ok("anna".into()));
}

#[tokio::test]
async fn an_https_url_is_asked_by_tls_and_by_nothing_less() {
    let provider = Provider::start(Vec::new()).await;
    let JwksSource::Url(url) = &provider.source else { panic!("it is a URL") };
    let secure = url.to_string().replace("http://", "https://");
    let folder = TempDir::new().unwrap();
    provider.server.abort();
    let _ = provider.server.await;
    // What listens there speaks first bytes that are no TLS.
    let address = secure.trim_start_matches("https://").trim_end_matches("/keys").to_owned();
    let listener = TcpListener::bind(&address).await.unwrap();
    let met = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 3];
        stream.read_exact(&mut hello).await.unwrap();
        let _ = stream.write_all(&http("200 OK", "{\"keys\":[]}")).await;
        hello
    });
    let source = JwksSource::parse(&secure).unwrap();
    let accounts = Accounts::open_at(&source, folder.path(), ISSUER, AUDIENCE, SLOW).unwrap();
    // A TLS handshake record, of version 3.1.
    assert_eq!(met.await.unwrap(), [0x16, 3, 1]);
    until("a failed fetch", || accounts.fetches().unwrap().failed >= 1).await;
    assert!(!accounts.has_keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_provider_is_away_runs_and_lets_clients_in_once_it_has_keys() {
    use crate::{
        fake_hsm::FakeLaunch,
        hsm::RestartPolicy,
        http::tests::{exchange_request, request_frame, send},
        node::{Node, tests::config},
        rates::RateLimits,
    };
    use strongroom_protocol::pipe::{HostMessage, HsmMessage, ToClient};

    let (folder, key) = (TempDir::new().unwrap(), Key::new("one", 7));
    let provider = Provider::start(http("404 Not Found", "")).await;
    let mut config = config(folder.path(), RateLimits::OFF);
    config.accounts.jwks = provider.source.clone();
    let echo = FakeLaunch::new(|mut hsm| {
        hsm.serve(|hsm, message| {
            if let HostMessage::Client(from) = message {
                hsm.say(&HsmMessage::Answer(ToClient { id: from.id, frame: from.frame }));
            }
        });
    });
    let node = Node::start_with(config, echo, RestartPolicy::default()).await.unwrap();
    let get = async |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n");
        let answer = send(node.address(), request.as_bytes()).await;
        (answer.status, String::from_utf8(answer.body).unwrap())
    };
    let exchange = async || {
        let token = key.header("anna");
        let request = exchange_request(token.trim_start_matches("Bearer "), &request_frame(4));
        send(node.address(), &request).await.status
    };
    while node.hsm().status().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(exchange().await, 503);
    let (health, reason) = get("/v1/health").await;
    assert!(health == 503 && reason.contains("identity provider"), "{health}: {reason}");
    let (_, metrics) = get("/metrics").await;
    assert!(metrics.contains("strongroom_host{name=\"identity_fetches_failed\"} 1"), "{metrics}");

    // It asks again by itself, within seconds while it has no keys.
    provider.say(jwks(&[&key]));
    let begun = std::time::Instant::now();
    while exchange().await != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get("/v1/health").await.0, 200);
    let (_, metrics) = get("/metrics").await;
    assert!(metrics.contains("strongroom_host{name=\"identity_fetches\"} 1"), "{metrics}");
    node.stop().await;
    assert!(folder.path().join("identity-keys.json").exists());
}

#[tokio::test]
async fn the_development_provider_s_file_still_serves() {
    let folder = TempDir::new().unwrap();
    let identity = DevelopmentIdentity::create(folder.path()).unwrap();
    let source = JwksSource::from(identity.jwks_path());
    let accounts = Accounts::open(&source, folder.path(), ISSUER, AUDIENCE).unwrap();
    let token = identity.token("anna", Duration::from_secs(60)).unwrap();
    assert_eq!(name(accounts.admit(Some(&format!("Bearer {token}"))).await), Ok("anna".into()));
    assert_eq!(accounts.fetches(), None);
    assert!(!folder.path().join("identity-keys.json").exists());
}
