//! A small HTTP client that waits: what it fetches is bounded in bytes and time.
//!
//! It works in a thread of its own for each request, so that it can be called from anywhere. The auditor asks a
//! handful of witnesses a day.

use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, body::Bytes};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{sync::Arc, thread, time::Duration};

/// Fetches and posts over HTTP and HTTPS, with Mozilla's roots.
#[derive(Clone)]
pub struct WebClient {
    tls: ClientConfig,
}

/// An answer, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// There is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebError {
    /// The URL is none, or TLS cannot be set up.
    #[error("{0}")]
    Request(String),
    /// The other side cannot be reached, or broke off.
    #[error("it cannot be reached: {0}")]
    Connection(String),
    /// The answer is too long, or broke off.
    #[error("its answer is too long or broke off")]
    Body,
    /// The answer took too long.
    #[error("it did not answer in time")]
    TimedOut,
}

impl WebClient {
    /// Prepares TLS; no connection is made.
    ///
    /// # Errors
    /// [`WebError::Request`].
    pub fn new() -> Result<Self, WebError> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|cause| WebError::Request(cause.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls })
    }

    /// Fetches what is at a URL.
    ///
    /// # Errors
    /// See [`WebError`].
    pub fn fetch(&self, url: &str, bytes_max: usize, timeout: Duration) -> Result<Answer, WebError> {
        self.ask(Method::GET, url, Vec::new(), bytes_max, timeout)
    }

    /// Posts bytes to a URL.
    ///
    /// # Errors
    /// See [`WebError`].
    pub fn post(
        &self,
        url: &str,
        body: Vec<u8>,
        bytes_max: usize,
        timeout: Duration,
    ) -> Result<Answer, WebError> {
        self.ask(Method::POST, url, body, bytes_max, timeout)
    }

    fn ask(
        &self,
        method: Method,
        url: &str,
        body: Vec<u8>,
        bytes_max: usize,
        timeout: Duration,
    ) -> Result<Answer, WebError> {
        let request = Request::builder().method(method).uri(url).body(Full::<Bytes>::from(body));
        let request = request.map_err(|cause| WebError::Request(cause.to_string()))?;
        let tls = self.tls.clone();
        thread::scope(|scope| {
            let asking = scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|cause| WebError::Request(cause.to_string()))?;
                let answer = async { tokio::time::timeout(timeout, exchange(tls, request, bytes_max)).await };
                runtime.block_on(answer).unwrap_or(Err(WebError::TimedOut))
            });
            asking.join().unwrap_or_else(|_| Err(WebError::Connection("the connection broke down".into())))
        })
    }
}

async fn exchange(
    tls: ClientConfig,
    request: Request<Full<Bytes>>,
    bytes_max: usize,
) -> Result<Answer, WebError> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    let connector: HttpsConnector<HttpConnector> = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let response = client.request(request).await.map_err(|cause| WebError::Connection(told(&cause)))?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), bytes_max).collect().await.map_err(|_| WebError::Body)?;
    Ok(Answer { status, body: body.to_bytes().to_vec() })
}

/// An error with all its causes: the outermost alone says nothing.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
