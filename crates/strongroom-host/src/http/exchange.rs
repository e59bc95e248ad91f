//! `POST /v1/exchange`: carries a request to the HSM and its answer back.

use super::{Desk, OCTETS, Problem, Shared};
use crate::{
    accounts::{Account, Unauthorized},
    hsm::ExchangeError,
    limits::BODY_TIMEOUT,
    rates::TooOften,
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, Limited};
use std::{
    error::Error,
    time::{Duration, Instant},
};
use strongroom_protocol::{client::RequestKind, decode, frame::RequestFrame, limits::EXCHANGE_BYTES_MAX};

pub(super) async fn exchange(State(desk): Shared, request: Request) -> Response {
    let begun = Instant::now();
    let (kind, answer) = carry(&desk, request).await;
    let status = answer.as_ref().map_or_else(Problem::status, |_| 200);
    desk.meters.exchanged(kind, status, begun.elapsed());
    match answer {
        Ok(frame) => {
            ([(header::CONTENT_TYPE, OCTETS), (header::CACHE_CONTROL, "no-store")], frame).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// Carries one exchange out; says of what kind it was, as far as that is known.
async fn carry(desk: &Desk, request: Request) -> (Option<RequestKind>, Result<Vec<u8>, Problem>) {
    let (kind, account, frame) = match admit(desk, request).await {
        Ok(admitted) => admitted,
        Err(problem) => return (None, Err(problem)),
    };
    (Some(kind), ask(desk, kind, &account, frame).await)
}

/// Reads the request, of whoever may send one.
async fn admit(desk: &Desk, request: Request) -> Result<(RequestKind, Account, Vec<u8>), Problem> {
    let (head, body) = request.into_parts();
    let account = authorize(desk, &head.headers).await?;
    check_content_type(&head.headers)?;
    let frame = read_body(body).await?;
    let kind = decode::<RequestFrame>(&frame)
        .map_err(|cause| {
            let title = "The body is not a request of this protocol";
            Problem::new(StatusCode::BAD_REQUEST, "malformed", title, cause.to_string())
        })?
        .kind;
    Ok((kind, account, frame))
}

async fn ask(desk: &Desk, kind: RequestKind, account: &Account, frame: Vec<u8>) -> Result<Vec<u8>, Problem> {
    desk.rates.check(account, kind).map_err(too_often)?;
    desk.hsm.exchange(frame).await.map_err(unanswered)
}

async fn authorize(desk: &Desk, headers: &HeaderMap) -> Result<Account, Problem> {
    let unauthorized = |cause: Unauthorized| {
        if cause == Unauthorized::NoKeys {
            return Problem::not_serving(cause.to_string()).after(Duration::ZERO);
        }
        let title = "This request bears no token that this node takes";
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", title, cause.to_string())
    };
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    desk.accounts.admit(value).await.map_err(unauthorized)
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let found = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes());
    if found == Some(OCTETS.as_bytes()) {
        return Ok(());
    }
    let title = "The body must be application/octet-stream";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", title, "see docs/spec/http.md"))
}

async fn read_body(body: Body) -> Result<Vec<u8>, Problem> {
    let limited = Limited::new(body, EXCHANGE_BYTES_MAX);
    match tokio::time::timeout(BODY_TIMEOUT, limited.collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes().into()),
        Ok(Err(cause)) => Err(unread(cause.as_ref())),
        Err(_) => {
            let detail = format!("it did not come within {} s", BODY_TIMEOUT.as_secs());
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "slow", "The body came too slowly", detail))
        }
    }
}

fn unread(cause: &(dyn Error + Send + Sync + 'static)) -> Problem {
    if cause.is::<http_body_util::LengthLimitError>() {
        let detail = format!("at most {EXCHANGE_BYTES_MAX} bytes are taken");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", "The body is too long", detail);
    }
    Problem::new(StatusCode::BAD_REQUEST, "truncated", "The body could not be read", "it broke off")
}

fn too_often(cause: TooOften) -> Problem {
    let (name, title) = if cause.is_account {
        ("too-often", "This account asks too often")
    } else {
        ("too-many", "This node is asked too often")
    };
    let detail = format!("ask again in {} ms; nothing was spent", cause.wait.as_millis());
    Problem::new(StatusCode::TOO_MANY_REQUESTS, name, title, detail).after(cause.wait)
}

fn unanswered(cause: ExchangeError) -> Problem {
    match cause {
        ExchangeError::TimedOut => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "no-answer",
            "The HSM did not answer in time",
            "send the same request again, here or at another node; a repeated request costs nothing",
        ),
        ExchangeError::Busy | ExchangeError::NotServing => {
            Problem::not_serving(cause.to_string()).after(Duration::ZERO)
        }
    }
}
