use super::*;
use crate::{
    fake_hsm::{FakeHsm, status},
    node::tests::{TestNode, start},
    rates::RateLimits,
};
use serde_json::Value;
use std::{collections::BTreeSet, net::SocketAddr, time::Duration};
use strongroom_protocol::{
    bytes::Bytes,
    client::RequestKind,
    encode,
    frame::{AnswerFrame, AnswerFrameBody, Opening, RequestFrame, Unreadable},
    ids::{Configuration, ContextId, Version},
    limits::EXCHANGE_BYTES_MAX,
    pipe::{HostMessage, HsmMessage, Role, ToClient},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// An answer as it came over the wire.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The name of the problem, after a look at the rest of it.
    pub(super) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem["type"].as_str().unwrap().strip_prefix("urn:strongroom:problem:").unwrap().to_owned()
    }
}

/// Sends bytes and reads until the node closes the connection.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A node that refuses early may close before all is sent.
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await.unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(bytes.len());
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
    Answer { status, head, body: bytes.get(end + 4..).unwrap_or_default().to_vec() }
}

pub(super) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}

pub(super) async fn get(node: &TestNode, path: &str) -> Answer {
    send(node.node.address(), &request("GET", path, &[], &[])).await
}

pub(crate) fn request_frame(kind: u8) -> Vec<u8> {
    let kinds = [
        RequestKind::Register,
        RequestKind::Create,
        RequestKind::Change,
        RequestKind::Attempt,
        RequestKind::Success,
        RequestKind::Status,
    ];
    encode(&RequestFrame {
        version: Version,
        configuration: Configuration(1),
        node: NodeNumber(1),
        kind: kinds[usize::from(kind) - 1],
        opening: Opening::Known(ContextId::new([1; 16])),
        ciphertext: Bytes::new(vec![9; 100]).unwrap(),
    })
}

pub(crate) fn exchange_request(token: &str, body: &[u8]) -> Vec<u8> {
    let authorization = format!("Bearer {token}");
    request("POST", "/v1/exchange", &[("authorization", &authorization), ("content-type", OCTETS)], body)
}

async fn exchange(node: &TestNode, body: &[u8]) -> Answer {
    send(node.node.address(), &exchange_request(&node.token, body)).await
}

/// An HSM that says it leads and answers every request with the same frame.
fn answering(mut hsm: FakeHsm) {
    hsm.serve(|hsm, message| {
        if let HostMessage::Client(from) = message {
            hsm.say(&HsmMessage::Answer(ToClient {
                id: from.id,
                frame: Bytes::new(answer_frame()).unwrap(),
            }));
        }
    });
}

fn answer_frame() -> Vec<u8> {
    encode(&AnswerFrame::new(AnswerFrameBody::Unreadable(Unreadable::Busy)))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_carries_the_hsm_s_answer() {
    let node = start(RateLimits::default(), answering).await;
    for kind in 1..=6 {
        let answer = exchange(&node, &request_frame(kind)).await;
        assert_eq!((answer.status, answer.body.as_slice()), (200, answer_frame().as_slice()));
        assert_eq!(answer.header("content-type"), Some(OCTETS));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let metrics = get(&node, "/metrics").await;
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(text.contains("strongroom_exchanges_total{kind=\"attempt\",status=\"200\"} 1\n"), "{text}");
    assert!(text.contains("strongroom_exchange_seconds_count 6\n") && text.ends_with("# EOF\n"), "{text}");
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_said() {
    let node = start(RateLimits::default(), answering).await;
    let bearer = format!("Bearer {}", node.token);
    let post = |headers: Vec<(&'static str, String)>, body: Vec<u8>| {
        let address = node.node.address();
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = send(address, &request("POST", "/v1/exchange", &headers, &body)).await;
            (answer.status, answer.problem())
        }
    };
    let authorized = || vec![("authorization", bearer.clone()), ("content-type", OCTETS.to_owned())];
    let frame = request_frame(4);
    let refused = |status, name: &str| (status, name.to_owned());
    assert_eq!(post(vec![], frame.clone()).await, refused(401, "unauthorized"));
    assert_eq!(
        post(vec![("authorization", "Bearer x".into())], frame.clone()).await,
        refused(401, "unauthorized")
    );
    assert_eq!(
        post(vec![("authorization", bearer.clone())], frame.clone()).await,
        refused(415, "content-type")
    );
    assert_eq!(post(authorized(), vec![]).await, refused(400, "malformed"));
    assert_eq!(post(authorized(), b"garbage".to_vec()).await, refused(400, "malformed"));
    assert_eq!(post(authorized(), frame[..frame.len() - 1].to_vec()).await, refused(400, "malformed"));
    assert_eq!(post(authorized(), [frame.clone(), vec![0]].concat()).await, refused(400, "malformed"));
    assert_eq!(post(authorized(), [&[2], &frame[1..]].concat()).await, refused(400, "malformed"));
    assert_eq!(post(authorized(), vec![0; EXCHANGE_BYTES_MAX + 1]).await, refused(413, "too-long"));
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unauthorized_answer_names_the_scheme_and_the_reason() {
    let node = start(RateLimits::default(), answering).await;
    let answer = send(node.node.address(), &request("POST", "/v1/exchange", &[], b"")).await;
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("no bearer token"));
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_instead_of_http_closes_the_connection() {
    let node = start(RateLimits::default(), answering).await;
    let long_header = format!("GET / HTTP/1.1\r\nhost: node\r\nx: {}\r\n\r\n", "a".repeat(40_000));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(100));
    let smuggled =
        b"POST /v1/exchange HTTP/1.1\r\nhost: node\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef";
    for bytes in [&b"\x00\x01\x02\x03\r\n\r\n"[..], long_header.as_bytes(), many_headers.as_bytes(), smuggled]
    {
        let status = send(node.node.address(), bytes).await.status;
        assert!(status == 0 || (400..500).contains(&status), "{status}");
    }
    assert_eq!(get(&node, "/").await.status, 200);
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_reaches_no_hsm() {
    let node = start(RateLimits::default(), answering).await;
    let mut bytes = exchange_request(&node.token, &request_frame(4));
    bytes.truncate(bytes.len() - 10);
    let mut stream = TcpStream::connect(node.node.address()).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    drop(stream);
    let text = String::from_utf8(get(&node, "/metrics").await.body).unwrap();
    assert!(!text.contains("status=\"200\""), "{text}");
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_too_often_is_refused_but_never_message_2() {
    let limits =
        RateLimits { per_account_per_second: 1, per_account_burst: 1, total_per_second: 0, total_burst: 0 };
    let node = start(limits, answering).await;
    assert_eq!(exchange(&node, &request_frame(4)).await.status, 200);
    let refused = exchange(&node, &request_frame(4)).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too-often"));
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    for _ in 0..5 {
        assert_eq!(exchange(&node, &request_frame(5)).await.status, 200);
    }
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_hsm_gets_a_gateway_timeout() {
    let node = start(RateLimits::default(), |mut hsm| hsm.serve(|_, _| {})).await;
    let begun = std::time::Instant::now();
    let answer = exchange(&node, &request_frame(4)).await;
    assert_eq!((answer.status, answer.problem().as_str()), (504, "no-answer"));
    assert!((9..15).contains(&begun.elapsed().as_secs()));
    assert_eq!(node.node.hsm().waiting(), 0);
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_node_says_so_and_keeps_serving_its_health() {
    let node = start(RateLimits::default(), |_| {}).await;
    let mut watch = node.node.hsm().watch();
    let has_failed =
        |condition: &crate::hsm::Condition| matches!(condition, crate::hsm::Condition::Failed { .. });
    watch.wait_for(has_failed).await.unwrap();
    let health = get(&node, "/v1/health").await;
    assert_eq!(health.status, 503);
    assert!(health.json()["reason"].as_str().unwrap().contains("started again 5 times"));
    assert_eq!(get(&node, "/v1/status").await.json()["state"], "failed");
    let answer = exchange(&node, &request_frame(4)).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "not-serving"));
    assert!(answer.header("retry-after").is_some());
    let keys = get(&node, "/v1/keys").await;
    assert_eq!((keys.status, keys.problem().as_str()), (503, "not-serving"));
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_follows_what_the_hsm_says() {
    let node = start(RateLimits::default(), |mut hsm| {
        for role in [Role::Starting, Role::Candidate, Role::Refused, Role::Leader] {
            hsm.say(&HsmMessage::Status(status(role)));
            // The test asks between two messages from peers, which it plays.
            while !matches!(hsm.hear_more(), Some(HostMessage::PeerLost(_)) | None) {}
        }
    })
    .await;
    for (role, code) in [("starting", 503), ("candidate", 503), ("refused", 503), ("leader", 200)] {
        let is_told = async {
            while get(&node, "/v1/status").await.json()["term"] != 3
                || get(&node, "/v1/status").await.json()["state"] != role
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), is_told).await.unwrap();
        assert_eq!(get(&node, "/v1/health").await.status, code, "{role}");
        let input = node.node.hsm().inbox().input().unwrap();
        input.tell(&HostMessage::PeerLost(NodeNumber(2))).await.unwrap();
    }
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_says_all_that_the_page_lists() {
    let node = start(RateLimits::default(), answering).await;
    while node.node.hsm().status().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let status = get(&node, "/v1/status").await.json();
    assert_eq!(status["state"], "leader");
    assert_eq!(
        (&status["applied"], &status["committed"], &status["vaults"]),
        (&7.into(), &8.into(), &5.into())
    );
    assert!(status["host"]["rss_kb"].as_u64().unwrap() > 0);
    let listed: BTreeSet<_> = page()["components"]["schemas"]["NodeStatus"]["required"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(status.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>(), listed);
    node.node.stop().await;
}

fn page() -> Value {
    serde_json::from_str(include_str!("../../../../docs/spec/openapi.json")).unwrap()
}

#[test]
fn the_page_lists_every_route_and_no_other() {
    let page = page();
    let listed: BTreeSet<_> = page["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let routed: BTreeSet<_> =
        routes().iter().map(|(method, path, _)| (method.to_string(), (*path).to_owned())).collect();
    assert_eq!(listed, routed);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_with_a_listed_status_and_type() {
    let node = start(RateLimits::default(), answering).await;
    let page = page();
    for (path, methods) in page["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let is_post = method == "post";
            let sent = if is_post {
                exchange_request(&node.token, &request_frame(4))
            } else {
                request("GET", path, &[], &[])
            };
            let answer = send(node.node.address(), &sent).await;
            let mut listed = &operation["responses"][answer.status.to_string()];
            if let Some(name) = listed["$ref"].as_str() {
                listed = &page["components"]["responses"][name.rsplit('/').next().unwrap()];
            }
            let kinds =
                listed["content"].as_object().unwrap_or_else(|| panic!("{method} {path} {}", answer.status));
            assert!(
                kinds.contains_key(answer.header("content-type").unwrap()),
                "{method} {path} {}",
                answer.head
            );
            let other = if is_post { "GET" } else { "DELETE" };
            let refused = send(node.node.address(), &request(other, path, &[], &[])).await;
            assert_eq!(
                (refused.status, refused.problem().as_str()),
                (405, "unknown-method"),
                "{other} {path}"
            );
        }
    }
    assert_eq!(get(&node, "/v2/exchange").await.problem(), "unknown-path");
    node.node.stop().await;
}
