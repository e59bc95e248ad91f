//! `GET /v1/trust` and `GET /v1/trust/roots`: what clients that trust over the air ask for first.

use super::{Problem, Shared};
use crate::trust::Paper;
use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

const TEXT: &str = "text/plain; charset=utf-8";

/// The newest delivery unit that the operator put into the node's folder.
pub(super) async fn unit(State(desk): Shared, headers: HeaderMap) -> Response {
    match desk.trust.unit() {
        Some(unit) => hand_out(&unit.paper, &headers),
        None => absent("This node hands out no delivery unit", "clients have to pin the fleet"),
    }
}

/// The trust roots after the version that the client has.
pub(super) async fn roots(State(desk): Shared, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let query = query.unwrap_or_default();
    let Some(version) = query.strip_prefix("from=").and_then(|number| number.parse().ok()) else {
        let title = "The query is not from= and the version of a trust root";
        return Problem::new(StatusCode::BAD_REQUEST, "malformed", title, "see docs/spec/http.md")
            .into_response();
    };
    match desk.trust.roots_after(version) {
        Some(paper) => hand_out(&paper, &headers),
        None => {
            absent("This node hands out no trust roots", "the one that the app ships is all there is here")
        }
    }
}

fn hand_out(paper: &Paper, headers: &HeaderMap) -> Response {
    let fields = [(header::ETAG, paper.tag.clone()), (header::CACHE_CONTROL, "no-cache".into())];
    if is_known(paper, headers) {
        return (StatusCode::NOT_MODIFIED, fields).into_response();
    }
    (fields, [(header::CONTENT_TYPE, TEXT)], paper.text.clone()).into_response()
}

/// Whether the client holds this very edition (RFC 9110, section 13.1.2).
fn is_known(paper: &Paper, headers: &HeaderMap) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = tags.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == paper.tag)
}

fn absent(title: &'static str, detail: &str) -> Response {
    Problem::new(StatusCode::NOT_FOUND, "no-trust", title, detail).into_response()
}
