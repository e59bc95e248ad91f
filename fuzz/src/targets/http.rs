//! The doors of a host: HTTP requests made from bytes, what the operator hands out, and links of other nodes.
//!
//! The first byte chooses: a request with parts that are good or not, whose answer is known but for
//! its words; raw bytes; the operator's two files, good or damaged, and what is served of them; the door for other
//! nodes. A node ([`crate::door`]) answers over the loopback. Every answer is one that the page
//! lists for the path, and whatever was said the node serves on.

mod files;
mod raw;
mod request;

use crate::{
    door::{Answer, DOOR},
    tape::Tape,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

/// Every path with its methods, their status codes, and the content types of each.
type Listed = BTreeMap<(String, String), BTreeMap<u16, BTreeSet<String>>>;

/// What the page for machines lists.
static LISTED: LazyLock<Listed> = LazyLock::new(read_page);

/// Checks one input.
pub fn run(bytes: &[u8]) {
    outcome(bytes);
}

/// Checks one input, and says with which status its first request was answered, if one was.
pub fn outcome(bytes: &[u8]) -> Option<u16> {
    let mut tape = Tape::new(bytes);
    match tape.byte() % 4 {
        0 => Some(request::run(&mut tape)),
        1 => raw::client(&mut tape),
        2 => Some(files::run(&mut tape)),
        _ => raw::peer(&mut tape),
    }
}

fn read_page() -> Listed {
    let page: Value =
        serde_json::from_str(include_str!("../../../docs/spec/openapi.json")).expect("the page for machines");
    let mut listed = Listed::new();
    for (path, methods) in page["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let answers = operation["responses"].as_object().expect("answers").iter();
            let answers = answers.map(|(status, answer)| {
                let named = answer["$ref"].as_str().and_then(|name| name.rsplit('/').next());
                let answer = named.map_or(answer, |name| &page["components"]["responses"][name]);
                let kinds = answer["content"].as_object().into_iter().flat_map(|kinds| kinds.keys().cloned());
                (status.parse().expect("a status"), kinds.collect())
            });
            listed.insert((method.to_uppercase(), path.clone()), answers.collect());
        }
    }
    listed
}

/// Checks that an answer to a method and a path is one that the page lists, and in its form.
fn check_listed(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or_default();
    // A path that is read can be asked for its head alone.
    let read = if method == "HEAD" { "GET" } else { method };
    let has_body = method != "HEAD";
    match LISTED.get(&(read.to_owned(), path.to_owned())) {
        Some(statuses) => {
            let kinds = statuses.get(&answer.status);
            let kinds = kinds.unwrap_or_else(|| panic!("{method} {path} is not to be answered {answer:?}"));
            let met = answer.header("content-type");
            assert!(met.map_or(kinds.is_empty(), |met| kinds.contains(met)), "{method} {path}: {answer:?}");
            if met == Some("application/problem+json") && has_body {
                answer.problem();
            }
        }
        None if LISTED.keys().any(|(_, known)| known == path) => {
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(!has_body || answer.problem() == "unknown-method");
        }
        None => {
            assert_eq!(answer.status, 404, "{method} {path}");
            assert!(!has_body || answer.problem() == "unknown-path");
        }
    }
}

/// The node answers others still, and its HSM with it.
fn assert_serves() {
    let answer = DOOR.get("/v1/health", "");
    assert!(matches!(answer.status, 200 | 503), "{answer:?}");
}

/// Characters that may stand in a header's value.
fn visible(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(b' ' + byte % 95)).collect()
}
