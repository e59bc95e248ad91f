//! Reads bodies within bounds, and answers in plain text.

use crate::limits::BODY_TIMEOUT;
use axum::{
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;

pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// Reads a body of at most so many bytes, in time.
pub(super) async fn read(body: Body, bytes_max: usize) -> Result<Vec<u8>, Response> {
    match timeout(BODY_TIMEOUT, Limited::new(body, bytes_max).collect()).await {
        Err(_) => Err(text(StatusCode::REQUEST_TIMEOUT, "the body did not come in time\n")),
        Ok(Err(cause)) if cause.is::<http_body_util::LengthLimitError>() => {
            Err(text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long\n"))
        }
        Ok(Err(_)) => Err(text(StatusCode::BAD_REQUEST, "the body broke off\n")),
        Ok(Ok(body)) => Ok(body.to_bytes().to_vec()),
    }
}

pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Response {
    (status, [(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-store")], body.into()).into_response()
}

/// What the owner of the service has to look at; strangers are told nothing of it.
pub(super) fn broken(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a request could not be answered");
    text(StatusCode::INTERNAL_SERVER_ERROR, "this service is out of order\n")
}
