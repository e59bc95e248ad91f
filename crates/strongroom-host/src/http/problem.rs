//! Refusals, as problem documents (RFC 9457). They say what was wrong with the request, never what was in it.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::time::Duration;

/// A refusal.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip)]
    wait: Option<Duration>,
}

impl Problem {
    /// A problem under a name of its own.
    pub(super) fn new(
        status: StatusCode,
        name: &str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let kind = format!("urn:strongroom:problem:{name}");
        Self { kind, title, status: status.as_u16(), detail: detail.into(), wait: None }
    }

    /// No HSM serves here at the moment; another node may.
    pub(super) fn not_serving(detail: impl Into<String>) -> Self {
        let title = "This node does not serve at the moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-serving", title, detail).after(Duration::from_secs(1))
    }

    /// Says when the request may be sent again.
    pub(super) fn after(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = self.wait {
            // Whole seconds, rounded up, so that who waits so long is not refused again.
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().saturating_add(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
