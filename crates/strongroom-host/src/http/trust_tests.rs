//! What clients that trust over the air are handed out, over the loopback.

use super::tests::{Answer, get, request, send};
use crate::{
    node::tests::{TestNode, start},
    rates::RateLimits,
    trust::{ROOTS_FILE, TRUST_FOLDER, UNIT_FILE},
};
use std::fs;

const UNIT: &str = include_str!("../../../../vectors/trust/units/golden.txt");
const OTHER: &str = include_str!("../../../../vectors/trust/units/grown-and-proved.txt");
const CHAIN: &str = include_str!("../../../../vectors/trust/chains/golden.txt");

async fn node() -> TestNode {
    let node = start(RateLimits::default(), |mut hsm| hsm.serve(|_, _| {})).await;
    fs::create_dir(node.folder.path().join(TRUST_FOLDER)).unwrap();
    node
}

/// Replaces a file the way an operator does: beside it, then by rename.
fn put(node: &TestNode, file: &str, text: &str) {
    let folder = node.folder.path().join(TRUST_FOLDER);
    fs::write(folder.join("new"), text).unwrap();
    fs::rename(folder.join("new"), folder.join(file)).unwrap();
}

async fn get_if_none_match(node: &TestNode, tag: &str) -> Answer {
    send(node.node.address(), &request("GET", "/v1/trust", &[("if-none-match", tag)], &[])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_is_served_byte_for_byte_and_a_new_one_at_once() {
    let node = node().await;
    let absent = get(&node, "/v1/trust").await;
    assert_eq!((absent.status, absent.problem().as_str()), (404, "no-trust"));
    put(&node, UNIT_FILE, UNIT);
    let first = get(&node, "/v1/trust").await;
    assert_eq!((first.status, first.body.as_slice()), (200, UNIT.as_bytes()));
    assert_eq!(first.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    let tag = first.header("etag").unwrap().to_owned();
    let other = UNIT.replacen("reason", "raeson", 1).replacen("f2023a", "f2023b", 1);
    put(&node, UNIT_FILE, &other);
    let second = get_if_none_match(&node, &tag).await;
    assert_eq!((second.status, second.body.as_slice()), (200, other.as_bytes()));
    assert_ne!(second.header("etag"), Some(tag.as_str()));
    fs::remove_file(node.folder.path().join(TRUST_FOLDER).join(UNIT_FILE)).unwrap();
    assert_eq!(get(&node, "/v1/trust").await.status, 404);
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_holds_the_edition_is_told_so_without_a_body() {
    let node = node().await;
    put(&node, UNIT_FILE, UNIT);
    let tag = get(&node, "/v1/trust").await.header("etag").unwrap().to_owned();
    for known in [tag.clone(), format!("\"x\", {tag}"), format!("W/{tag}"), "*".into()] {
        let answer = get_if_none_match(&node, &known).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
    }
    assert_eq!(get_if_none_match(&node, "\"x\"").await.status, 200);
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_endless_unit_leaves_the_one_before() {
    let node = node().await;
    let endless = format!("{UNIT}revocation 300000\n{}", "x".repeat(300_000));
    put(&node, UNIT_FILE, &endless);
    assert_eq!(get(&node, "/v1/trust").await.status, 404);
    put(&node, UNIT_FILE, OTHER);
    assert_eq!(get(&node, "/v1/trust").await.body, OTHER.as_bytes());
    for damaged in [&UNIT[..UNIT.len() - 1], "", endless.as_str()] {
        put(&node, UNIT_FILE, damaged);
        assert_eq!(get(&node, "/v1/trust").await.body, OTHER.as_bytes());
    }
    put(&node, UNIT_FILE, UNIT);
    assert_eq!(get(&node, "/v1/trust").await.body, UNIT.as_bytes());
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roots_are_served_from_the_version_that_the_client_has() {
    let node = node().await;
    let absent = get(&node, "/v1/trust/roots?from=1").await;
    assert_eq!((absent.status, absent.problem().as_str()), (404, "no-trust"));
    put(&node, ROOTS_FILE, CHAIN);
    assert_eq!(get(&node, "/v1/trust/roots?from=1").await.body, CHAIN.as_bytes());
    let none = get(&node, "/v1/trust/roots?from=2").await;
    assert_eq!((none.status, none.body.as_slice()), (200, "strongroom.example/trust-roots/v1\n".as_bytes()));
    for query in ["", "?from=", "?from=-1", "?from=x", "?to=1", "?from=1&from=2"] {
        let refused = get(&node, &format!("/v1/trust/roots{query}")).await;
        assert_eq!((refused.status, refused.problem().as_str()), (400, "malformed"), "{query}");
    }
    node.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_meters_show_the_unit_s_epoch_and_age_and_nothing_where_there_is_none() {
    let node = node().await;
    let metrics = async || String::from_utf8(get(&node, "/metrics").await.body).unwrap();
    assert!(!metrics().await.contains("strongroom_trust{"));
    put(&node, UNIT_FILE, UNIT);
    let text = metrics().await;
    assert!(text.contains("strongroom_trust{name=\"bundle_epoch\"} 7\n"), "{text}");
    assert!(text.contains("strongroom_trust{name=\"status_number\"} 31\n"), "{text}");
    assert!(text.contains("strongroom_trust{name=\"status_age_seconds\"} "), "{text}");
    assert!(text.contains("strongroom_trust{name=\"bundle_seconds_left\"} "), "{text}");
    fs::remove_file(node.folder.path().join(TRUST_FOLDER).join(UNIT_FILE)).unwrap();
    assert!(!metrics().await.contains("strongroom_trust{"));
    node.node.stop().await;
}
