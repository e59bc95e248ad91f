//! A witness over HTTP. Format: C2SP `tlog-witness`.

use super::{
    body::{broken, read, text},
    clock,
    server::serve,
};
use crate::witness::{Witness, WitnessError};
use axum::{
    Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use strongroom_trust::{
    NoteSignature,
    witness::{REQUEST_BYTES_MAX, WitnessRefusal},
};
use tokio::{net::TcpListener, sync::watch, task::spawn_blocking};

/// Serves a witness until `stop` is true: `POST /add-checkpoint`, `GET /ORIGIN-HASH/checkpoint`, `GET /key`.
pub async fn run_witness(witness: Witness, listener: TcpListener, stop: watch::Receiver<bool>) {
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin}/checkpoint", get(checkpoint))
        .route("/key", get(key))
        .with_state(witness);
    serve(listener, router, stop).await;
}

async fn add_checkpoint(State(witness): State<Witness>, request: Request) -> Response {
    let body = match read(request.into_body(), REQUEST_BYTES_MAX).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    match spawn_blocking(move || witness.add_checkpoint(&body, clock())).await {
        Ok(outcome) => answer(outcome),
        Err(error) => broken(&error),
    }
}

fn answer(outcome: Result<NoteSignature, WitnessError>) -> Response {
    match outcome {
        Ok(line) => text(StatusCode::OK, format!("{line}\n")),
        Err(WitnessError::Refused(WitnessRefusal::OtherSize(size))) => {
            let kind = [(header::CONTENT_TYPE, "text/x.tlog.size")];
            (StatusCode::CONFLICT, kind, format!("{size}\n")).into_response()
        }
        Err(WitnessError::Refused(refusal)) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
            text(status, format!("{refusal}\n"))
        }
        Err(error) => broken(&error),
    }
}

async fn checkpoint(State(witness): State<Witness>, Path(origin): Path<String>) -> Response {
    match spawn_blocking(move || witness.checkpoint(&origin)).await {
        Ok(Ok(Some(bytes))) => text(StatusCode::OK, String::from_utf8_lossy(&bytes)),
        Ok(Ok(None)) => text(StatusCode::NOT_FOUND, "no checkpoint of such a log was cosigned here\n"),
        Ok(Err(error)) => broken(&error),
        Err(error) => broken(&error),
    }
}

async fn key(State(witness): State<Witness>) -> String {
    format!("{}\n", witness.key())
}
