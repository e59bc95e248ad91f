//! The auditor over HTTP: files for everybody, and a door for what the operator signed.

use super::{
    body::{TEXT, broken, read, text},
    clock,
    server::serve,
};
use crate::{
    auditor::{AcceptError, Auditor, RevokeError},
    limits::{ENTRIES_BYTES_MAX, NOTES_PENDING_MAX, TEND_INTERVAL},
    storage::public,
};
use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use std::sync::Arc;
use strongroom_trust::{RevocationBody, body::Body as _, limits::NOTE_BYTES_MAX};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

const OCTETS: &str = "application/octet-stream";
const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const FRESH: &str = "no-cache";
/// The page has no scripts, and none may be put into it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

struct Desk {
    auditor: Arc<Auditor>,
    places: Semaphore,
}

type Shared = State<Arc<Desk>>;

/// Serves an auditor's files until `stop` is true, takes what the operator signed, and does what is due.
pub async fn run_auditor(auditor: Arc<Auditor>, listener: TcpListener, stop: watch::Receiver<bool>) {
    let tending = tokio::spawn(tend(auditor.clone(), stop.clone()));
    let desk = Arc::new(Desk { auditor, places: Semaphore::new(NOTES_PENDING_MAX) });
    serve(listener, router(desk), stop).await;
    // It ends with the service; what it began is ended at the next start if it does not.
    if let Err(error) = tending.await {
        tracing::error!(%error, "what is due was not done");
    }
}

fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/checkpoint", get(|desk: Shared| file(desk, "checkpoint".into(), TEXT, FRESH)))
        .route("/delivery", get(|desk: Shared| file(desk, "delivery".into(), TEXT, FRESH)))
        .route("/trust-roots", get(|desk: Shared| file(desk, "trust-roots".into(), TEXT, FRESH)))
        .route("/status", get(|desk: Shared| file(desk, "status".into(), TEXT, FRESH)))
        .route("/keys", get(|desk: Shared| file(desk, "keys".into(), TEXT, FRESH)))
        .route("/tile/{*path}", get(tile))
        .route("/bundles/{epoch}", get(bundle))
        .route("/evidence/{digest}", get(evidence))
        .route("/to-countersign/{kind}", get(waiting))
        .route("/notes", post(notes))
        .route("/info", get(|desk: Shared| file(desk, "plexi/info".into(), JSON, FRESH)))
        .route("/namespaces", get(|desk: Shared| file(desk, "plexi/namespaces".into(), JSON, FRESH)))
        .route("/namespaces/{namespace}", get(namespace))
        .route("/namespaces/{namespace}/last-verified-epoch", get(last_epoch))
        .route("/namespaces/{namespace}/audits/{epoch}", get(audit))
        .with_state(desk)
}

/// Looks again and again at what is due.
async fn tend(auditor: Arc<Auditor>, mut stop: watch::Receiver<bool>) {
    let mut ticks = interval(TEND_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = ticks.tick() => {}
        }
        let auditor = auditor.clone();
        match spawn_blocking(move || auditor.tend(clock())).await {
            Ok(Ok(tended)) if tended != crate::auditor::Tended::default() => {
                tracing::info!(status = ?tended.status, refreshed = tended.is_refreshed, "did what was due");
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what is due could not be done; it is tried again"),
            Err(error) => tracing::error!(%error, "what is due broke off"),
        }
    }
}

/// One public file.
async fn file(State(desk): Shared, path: String, kind: &'static str, cache: &'static str) -> Response {
    let read = move || desk.auditor.storage().read(&public(&path), ENTRIES_BYTES_MAX);
    match spawn_blocking(read).await {
        Ok(Ok(Some(bytes))) => {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], bytes).into_response()
        }
        Ok(Ok(None)) => text(StatusCode::NOT_FOUND, "there is nothing at this path\n"),
        Ok(Err(error)) => broken(&error),
        Err(error) => broken(&error),
    }
}

async fn page(desk: Shared) -> Response {
    let mut page = file(desk, "index.html".into(), HTML, FRESH).await;
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    page
}

async fn tile(desk: Shared, Path(path): Path<String>) -> Response {
    // The letters of a tile's path: `entries`, digits, `x`, and `.p` of a partial one.
    let is_plain = |word: &str| {
        let digits = word.strip_prefix('x').unwrap_or(word);
        let digits = digits.strip_suffix(".p").unwrap_or(digits);
        word == "entries" || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match path.split('/').all(is_plain) {
        true => file(desk, format!("tile/{path}"), OCTETS, IMMUTABLE).await,
        false => nothing(),
    }
}

async fn bundle(desk: Shared, Path(epoch): Path<u64>) -> Response {
    file(desk, format!("bundles/{epoch}"), TEXT, IMMUTABLE).await
}

async fn evidence(desk: Shared, Path(digest): Path<String>) -> Response {
    match digest.bytes().all(|byte| byte.is_ascii_hexdigit()) && !digest.is_empty() {
        true => file(desk, format!("evidence/{}", digest.to_ascii_lowercase()), TEXT, IMMUTABLE).await,
        false => nothing(),
    }
}

async fn waiting(desk: Shared, Path(kind): Path<String>) -> Response {
    match kind.as_str() {
        "bundle" | "status" => file(desk, format!("to-countersign/{kind}"), TEXT, FRESH).await,
        _ => nothing(),
    }
}

async fn namespace(desk: Shared, Path(namespace): Path<String>) -> Response {
    of_namespace(desk, &namespace, "plexi/namespace".into()).await
}

async fn last_epoch(desk: Shared, Path(namespace): Path<String>) -> Response {
    of_namespace(desk, &namespace, "plexi/last-verified-epoch".into()).await
}

async fn audit(desk: Shared, Path((namespace, epoch)): Path<(String, u64)>) -> Response {
    of_namespace(desk, &namespace, format!("plexi/audits/{epoch}")).await
}

async fn of_namespace(desk: Shared, namespace: &str, path: String) -> Response {
    match namespace == desk.auditor.namespace().as_str() {
        true => file(desk, path, JSON, FRESH).await,
        false => nothing(),
    }
}

/// Takes a counter-signed note or a revocation. Whoever brings it needs no name: the note is signed.
async fn notes(State(desk): Shared, request: Request) -> Response {
    let Ok(_place) = desk.places.try_acquire() else {
        return text(StatusCode::SERVICE_UNAVAILABLE, "too many notes wait; come again\n");
    };
    let note = match read(request.into_body(), NOTE_BYTES_MAX).await {
        Ok(note) => note,
        Err(refusal) => return refusal,
    };
    let auditor = desk.auditor.clone();
    match spawn_blocking(move || take(&auditor, &note)).await {
        Ok(answer) => answer,
        Err(error) => broken(&error),
    }
}

fn take(auditor: &Auditor, note: &[u8]) -> Response {
    if note.starts_with(RevocationBody::HEADER.as_bytes()) {
        return match auditor.take_revocation(note, clock()) {
            Ok(digest) => text(StatusCode::OK, format!("revocation sha256:{digest}\n")),
            Err(RevokeError::Auditor(error)) => broken(&error),
            Err(refusal) => text(StatusCode::FORBIDDEN, format!("{refusal}\n")),
        };
    }
    match auditor.accept(note, clock()) {
        Ok(crate::auditor::Accepted::Bundle(epoch)) => text(StatusCode::OK, format!("bundle {epoch}\n")),
        Ok(crate::auditor::Accepted::Status(number)) => text(StatusCode::OK, format!("status {number}\n")),
        Err(AcceptError::Auditor(error)) => broken(&error),
        Err(AcceptError::NotTheLast) => text(StatusCode::CONFLICT, format!("{}\n", AcceptError::NotTheLast)),
        Err(refusal) => text(StatusCode::FORBIDDEN, format!("{refusal}\n")),
    }
}

fn nothing() -> Response {
    text(StatusCode::NOT_FOUND, "there is nothing at this path\n")
}
