//! Fetches a JWKS over HTTP: one GET, bounded in time and size, no redirect followed.
//!
//! TLS is checked against Mozilla's roots. A provider with a certificate of its own making
//! is reached by way of a proxy on this machine.

use super::source::JwksUrl;
use crate::limits::{JWKS_BYTES_MAX, JWKS_FETCH_TIMEOUT};
use axum::http::{StatusCode, header};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{error::Error as _, sync::Arc};

/// Why nothing was fetched. No variant holds what the provider said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    /// No connection, or it broke.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("it did not answer within {} s", JWKS_FETCH_TIMEOUT.as_secs())]
    TimedOut,
    /// It sends whoever asks elsewhere.
    #[error("it redirects (HTTP {0}); write the address that it leads to into node.toml")]
    Redirected(u16),
    /// It answers with another status than 200.
    #[error("it answers HTTP {0}")]
    Status(u16),
    /// It says too much.
    #[error("it answers with more than {JWKS_BYTES_MAX} bytes")]
    TooLong,
    /// What it says cannot be used.
    #[error("what it answers cannot be used: {0}")]
    Unusable(String),
}

/// Asks one URL.
pub(super) struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    url: JwksUrl,
}

impl Fetcher {
    /// Prepares the connection; none is made yet.
    pub(super) fn new(url: JwksUrl) -> Result<Self, rustls::Error> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        // Questions are minutes apart; no connection is kept for the next one.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { client, url })
    }

    pub(super) fn url(&self) -> &JwksUrl {
        &self.url
    }

    /// Fetches once.
    pub(super) async fn fetch(&self) -> Result<Vec<u8>, FetchError> {
        tokio::time::timeout(JWKS_FETCH_TIMEOUT, self.answer()).await.unwrap_or(Err(FetchError::TimedOut))
    }

    async fn answer(&self) -> Result<Vec<u8>, FetchError> {
        let request = hyper::Request::get(self.url.uri().clone())
            .header(header::ACCEPT, "application/jwk-set+json, application/json")
            .header(header::USER_AGENT, "strongroom")
            .body(Empty::new())
            .map_err(|cause| FetchError::Unreachable(cause.to_string()))?;
        let response = self.client.request(request).await.map_err(|cause| unreachable_by(&cause))?;
        match response.status() {
            StatusCode::OK => {}
            status if status.is_redirection() => return Err(FetchError::Redirected(status.as_u16())),
            status => return Err(FetchError::Status(status.as_u16())),
        }
        let bound = usize::try_from(JWKS_BYTES_MAX).unwrap_or(usize::MAX);
        let body = Limited::new(response.into_body(), bound).collect().await;
        let body = body.map_err(|cause| match cause.is::<LengthLimitError>() {
            true => FetchError::TooLong,
            false => FetchError::Unreachable(cause.to_string()),
        })?;
        Ok(body.to_bytes().into())
    }
}

/// The innermost cause says the most: "Connection refused", not "client error (Connect)".
fn unreachable_by(error: &Error) -> FetchError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    FetchError::Unreachable(text)
}
