//! What a node says over HTTP. Pages: `docs/spec/http.md`, `docs/spec/openapi.json`.
//!
//! Requests and answers of HSMs are bytes here; the host reads of them what stands
//! in the clear: the kind. A refusal is a problem document (RFC 9457).
//!
//! Absent on purpose: TLS. A node stands behind the operator's own TLS proxy, or on a
//! loopback or private network; what must be secret is sealed to an HSM anyway.

mod cross_origin;
#[cfg(test)]
mod cross_origin_tests;
mod exchange;
mod facts;
mod problem;
mod server;
#[cfg(test)]
pub(crate) mod tests;
mod trust;
#[cfg(test)]
mod trust_tests;

pub use facts::{Health, NodeStatus, StatusCounters, StatusHsm};
pub(crate) use server::Server;

use crate::{accounts::Accounts, hsm::Hsm, meters::Meters, peers::Peers, rates::Rates, trust::TrustFiles};
use axum::{
    Router,
    extract::State,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use problem::Problem;
use std::sync::Arc;
use strongroom_protocol::ids::{FleetId, NodeNumber};

/// The type of everything that is a message of the protocol.
pub(crate) const OCTETS: &str = "application/octet-stream";

/// What the handlers share.
pub(crate) struct Desk {
    pub(crate) name: String,
    pub(crate) node: NodeNumber,
    pub(crate) fleet: FleetId,
    pub(crate) hsm: Hsm,
    pub(crate) peers: Peers,
    pub(crate) accounts: Accounts,
    pub(crate) rates: Rates,
    pub(crate) meters: Meters,
    pub(crate) trust: TrustFiles,
}

type Shared = State<Arc<Desk>>;

/// Every route, with its method and its path.
fn routes() -> Vec<(Method, &'static str, MethodRouter<Arc<Desk>>)> {
    vec![
        (Method::POST, "/v1/exchange", post(exchange::exchange)),
        (Method::GET, "/v1/keys", get(keys)),
        (Method::GET, "/v1/trust", get(trust::unit)),
        (Method::GET, "/v1/trust/roots", get(trust::roots)),
        (Method::GET, "/v1/status", get(facts::status)),
        (Method::GET, "/v1/health", get(facts::health)),
        (Method::GET, "/metrics", get(metrics)),
        (Method::GET, "/", get(front)),
    ]
}

/// The router of a node, whose doors the scripts of some origins may come to.
pub(crate) fn router(desk: Arc<Desk>, origins: &[String]) -> Router {
    let router =
        routes().into_iter().fold(Router::new(), |router, (_, path, methods)| router.route(path, methods));
    let router = router.fallback(unknown_path).method_not_allowed_fallback(unknown_method).with_state(desk);
    if origins.is_empty() { router } else { router.layer(cross_origin::layer(origins)) }
}

/// The node's keys, as its HSM gave them.
async fn keys(State(desk): Shared) -> Response {
    match desk.hsm.keys() {
        Some(keys) => {
            ([(header::CONTENT_TYPE, OCTETS), (header::CACHE_CONTROL, "no-store")], keys).into_response()
        }
        None => Problem::not_serving("the HSM has shown no keys yet").into_response(),
    }
}

async fn metrics(State(desk): Shared) -> Response {
    let text = desk.meters.text(&desk.hsm, &desk.peers, &desk.accounts, &desk.trust);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn front(State(desk): Shared) -> String {
    format!("Strongroom {}, INSECURE SIMULATION. How it stands: /v1/status\n", desk.name)
}

async fn unknown_path() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "unknown-path",
        "There is nothing at this path",
        "see docs/spec/http.md",
    )
}

async fn unknown_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "unknown-method",
        "This path does not take this method",
        "see docs/spec/http.md",
    )
}
