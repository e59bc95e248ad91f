//! HTTP/1.1 and TLS on tokio.
//!
//! The endpoints' certificates are checked against Mozilla's roots and those that the app adds. What the
//! HSMs are told does not rest on them: the channel inside is sealed to keys that hang together with the pin.
//!
//! The account's token goes along with requests only, not with the question for the keys.

use super::{Transport, TransportError};
use crate::BuildError;
use core::time::Duration;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};
use strongroom_protocol::limits::EXCHANGE_BYTES_MAX;
use strongroom_trust::{Endpoint, Moment};

/// Speaks HTTP to nodes.
pub struct HttpTransport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    authorisation: Option<HeaderValue>,
    started: Instant,
}

impl HttpTransport {
    /// Prepares connections; none is made yet.
    ///
    /// # Errors
    /// The token cannot stand in a header, or a root certificate is none.
    pub fn new(token: Option<&str>, more_roots: Vec<Vec<u8>>) -> Result<Self, BuildError> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(crate::limits::CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls_configuration(more_roots)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let authorisation = token.map(bearer).transpose()?;
        Ok(Self { client, authorisation, started: Instant::now() })
    }

    /// Fetches what a node says of itself, such as `/v1/status`; at most 8 KiB. The account's token stays here.
    ///
    /// # Errors
    /// See [`TransportError`].
    pub async fn get(
        &self,
        endpoint: &Endpoint,
        path: &str,
        timeout: Duration,
    ) -> Result<Vec<u8>, TransportError> {
        let request = Request::builder().uri(format!("{endpoint}{path}"));
        self.send(request.body(Full::default()).map_err(request_error)?, timeout).await
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
        timeout: Duration,
    ) -> Result<Vec<u8>, TransportError> {
        let answer = self.ask(request, EXCHANGE_BYTES_MAX, timeout).await?;
        answer.ok_or_else(|| status_error(StatusCode::NOT_FOUND, None))
    }

    /// Sends a request and gives the body, or nothing where there is no such thing.
    async fn ask(
        &self,
        request: Request<Full<Bytes>>,
        bytes_max: usize,
        timeout: Duration,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        let answer = async {
            let response = self.client.request(request).await.map_err(connection_error)?;
            match response.status() {
                StatusCode::OK => body_of(response, bytes_max).await.map(Some),
                StatusCode::NOT_FOUND => Ok(None),
                status => Err(status_error(status, response.headers().get(RETRY_AFTER))),
            }
        };
        tokio::time::timeout(timeout, answer).await.unwrap_or(Err(TransportError::TimedOut))
    }
}

impl Transport for HttpTransport {
    async fn exchange(
        &self,
        endpoint: &Endpoint,
        frame: Vec<u8>,
        timeout: Duration,
    ) -> Result<Vec<u8>, TransportError> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{endpoint}/v1/exchange"))
            .header(CONTENT_TYPE, "application/octet-stream");
        if let Some(authorisation) = &self.authorisation {
            request = request.header(AUTHORIZATION, authorisation.clone());
        }
        self.send(request.body(Full::new(frame.into())).map_err(request_error)?, timeout).await
    }

    async fn keys(&self, endpoint: &Endpoint, timeout: Duration) -> Result<Vec<u8>, TransportError> {
        self.get(endpoint, "/v1/keys", timeout).await
    }

    async fn fetch(
        &self,
        url: &str,
        bytes_max: usize,
        timeout: Duration,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        let request = Request::builder().uri(url).body(Full::default()).map_err(request_error)?;
        self.ask(request, bytes_max, timeout).await
    }

    fn clock(&self) -> Moment {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Moment::from_seconds(since.as_secs()).unwrap_or(Moment::LAST)
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

fn tls_configuration(more_roots: Vec<Vec<u8>>) -> Result<ClientConfig, BuildError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in more_roots {
        roots
            .add(CertificateDer::from(root))
            .map_err(|error| BuildError::RootCertificate(error.to_string()))?;
    }
    // The provider is named, because another crate of the program may bring a second one.
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| BuildError::RootCertificate(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn bearer(token: &str) -> Result<HeaderValue, BuildError> {
    if token.is_empty() || token.len() > crate::limits::ACCOUNT_TOKEN_BYTES_MAX {
        return Err(BuildError::Token);
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| BuildError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

async fn body_of(response: Response<Incoming>, bytes_max: usize) -> Result<Vec<u8>, TransportError> {
    let body = Limited::new(response.into_body(), bytes_max);
    let bytes = body.collect().await.map_err(|error| TransportError::Unexpected(error.to_string()))?;
    Ok(bytes.to_bytes().to_vec())
}

fn status_error(status: StatusCode, retry_after: Option<&HeaderValue>) -> TransportError {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => TransportError::NotAuthorised(status.as_u16()),
        StatusCode::TOO_MANY_REQUESTS => {
            let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
            TransportError::RateLimited { retry_after: seconds.map(Duration::from_secs) }
        }
        StatusCode::GATEWAY_TIMEOUT => TransportError::NoMajority,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => TransportError::NotServing,
        other => TransportError::Unexpected(format!("HTTP {}", other.as_u16())),
    }
}

fn connection_error(error: Error) -> TransportError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    if error.is_connect() { TransportError::Unreachable(text) } else { TransportError::Unexpected(text) }
}

fn request_error(error: hyper::http::Error) -> TransportError {
    TransportError::Unexpected(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_own_meaning() {
        let of = |status: u16, retry_after: Option<&str>| {
            let value = retry_after.map(|text| HeaderValue::from_str(text).unwrap());
            status_error(StatusCode::from_u16(status).unwrap(), value.as_ref())
        };
        let limited = |seconds: Option<u64>| TransportError::RateLimited {
            retry_after: seconds.map(Duration::from_secs),
        };
        assert_eq!(of(401, None), TransportError::NotAuthorised(401));
        assert_eq!(of(403, None), TransportError::NotAuthorised(403));
        assert_eq!(of(429, Some("7")), limited(Some(7)));
        assert_eq!(of(429, Some("Wed, 21 Oct 2026 07:28:00 GMT")), limited(None));
        assert_eq!(of(503, None), TransportError::NotServing);
        assert_eq!(of(504, None), TransportError::NoMajority);
        assert_eq!(of(404, None), TransportError::Unexpected("HTTP 404".into()));
        assert_eq!(of(302, None), TransportError::Unexpected("HTTP 302".into()));
    }

    #[test]
    fn a_token_that_is_none_and_a_root_that_is_none_are_refused() {
        let error = |token: &str| HttpTransport::new(Some(token), Vec::new()).err();
        assert_eq!(error(""), Some(BuildError::Token));
        assert_eq!(error("a\nb"), Some(BuildError::Token));
        assert_eq!(error(&"a".repeat(16 * 1024 + 1)), Some(BuildError::Token));
        assert!(error("abc.def.ghi").is_none());
        assert!(matches!(
            HttpTransport::new(None, vec![vec![1, 2, 3]]).err(),
            Some(BuildError::RootCertificate(_))
        ));
    }

    #[test]
    fn the_token_is_not_shown() {
        assert_eq!(format!("{:?}", bearer("abc.def.ghi").unwrap()), "Sensitive");
    }
}
