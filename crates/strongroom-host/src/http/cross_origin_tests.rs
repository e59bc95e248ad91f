//! What a browser is told that carries the script of another origin. The test node permits `https://app.example`.

use super::tests::{Answer, request, send};
use crate::{
    node::tests::{TestNode, start},
    rates::RateLimits,
};

const APP: &str = "https://app.example";

async fn node() -> TestNode {
    start(RateLimits::default(), |mut hsm| hsm.serve(|_, _| {})).await
}

async fn ask(node: &TestNode, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(node.node.address(), &request(method, path, headers, &[])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permitted_page_may_send_what_a_client_sends() {
    let node = node().await;
    let asked = [
        ("origin", APP),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let answer = ask(&node, "OPTIONS", "/v1/exchange", &asked).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(APP));
    let allowed = |field: &str| answer.header(field).unwrap().to_lowercase();
    assert!(allowed("access-control-allow-methods").contains("post"));
    let headers = allowed("access-control-allow-headers");
    assert!(headers.contains("authorization") && headers.contains("content-type"), "{headers}");
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permitted_page_may_read_answers_and_refusals() {
    let node = node().await;
    for (path, status) in [("/v1/status", 200), ("/v1/trust", 404), ("/nowhere", 404)] {
        let answer = ask(&node, "GET", path, &[("origin", APP)]).await;
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (status, Some(APP)),
            "{path}"
        );
    }
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_page_is_permitted_nothing_and_a_program_is_told_nothing_of_origins() {
    let node = node().await;
    for origin in ["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"] {
        let asked = [("origin", origin), ("access-control-request-method", "POST")];
        let answer = ask(&node, "OPTIONS", "/v1/exchange", &asked).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        let answer = ask(&node, "GET", "/v1/status", &[("origin", origin)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
    }
    let answer = ask(&node, "GET", "/v1/status", &[]).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    node.node.stop().await;
}
