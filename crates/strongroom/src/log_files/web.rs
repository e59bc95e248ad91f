//! A log on a web server: one GET for each file, bounded in time and size, no redirect followed.
//!
//! TLS is checked against Mozilla's roots; what a log says is believed by its signatures and by nothing else, so
//! plain HTTP will do.

use super::FileFault;
use crate::error::CommandError;
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::{Request, StatusCode, Uri, body::Bytes, header::USER_AGENT};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{error::Error, fmt, sync::Arc, time::Duration};
use tokio::{runtime::Handle, task::block_in_place};

/// How long one file may take.
const FILE_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a file is asked for before the log counts as unreachable.
const TRIES: u32 = 3;
/// What lies between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// A log on a web server.
pub struct LogOnTheWeb {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    base: String,
}

impl LogOnTheWeb {
    pub(super) fn open(url: &str) -> Result<Self, CommandError> {
        let base = url.trim_end_matches('/').to_owned();
        let no_url = |cause: String| {
            CommandError::usage(format!("{} is no URL of a log: {cause}.", url.escape_debug()))
        };
        let uri: Uri = base.parse().map_err(|error| no_url(format!("{error}")))?;
        if uri.scheme().is_none() || uri.host().is_none_or(str::is_empty) {
            return Err(no_url("it names no host".into()));
        }
        if uri.query().is_some() || base.contains(['#', '@']) {
            return Err(no_url("it has a query, a fragment or a user".into()));
        }
        let client =
            client().map_err(|error| CommandError::other(format!("TLS cannot be used: {error}.")))?;
        Ok(Self { client, base })
    }

    /// Must be called within a tokio runtime of several threads.
    pub(super) fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, FileFault> {
        block_in_place(|| Handle::current().block_on(self.fetch(path, bytes_max)))
    }

    /// What fails in a way that may pass is tried again.
    async fn fetch(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, FileFault> {
        let mut outcome = self.fetch_once(path, bytes_max).await;
        for _ in 1..TRIES {
            let Err(FileFault::Unreachable(_)) = outcome else { break };
            tokio::time::sleep(PAUSE).await;
            outcome = self.fetch_once(path, bytes_max).await;
        }
        outcome
    }

    async fn fetch_once(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, FileFault> {
        let late = FileFault::Unreachable(format!("no answer within {} s", FILE_TIMEOUT.as_secs()));
        tokio::time::timeout(FILE_TIMEOUT, self.answer(path, bytes_max)).await.unwrap_or(Err(late))
    }

    async fn answer(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, FileFault> {
        let request = Request::get(format!("{}/{path}", self.base)).header(USER_AGENT, "strongroom");
        let request = request.body(Empty::new()).map_err(|cause| unreachable_by(&cause))?;
        let response = self.client.request(request).await.map_err(|cause| unreachable_by(&cause))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Err(FileFault::Missing),
            status if status.is_redirection() => {
                let text = format!("HTTP {}: it redirects; give the URL that it leads to", status.as_u16());
                return Err(FileFault::Unreachable(text));
            }
            status => return Err(FileFault::Unreachable(format!("HTTP {}", status.as_u16()))),
        }
        let body = Limited::new(response.into_body(), bytes_max).collect().await;
        let body = body.map_err(|cause| match cause.is::<LengthLimitError>() {
            true => FileFault::TooLong(bytes_max),
            false => FileFault::Unreachable(cause.to_string()),
        })?;
        Ok(body.to_bytes().into())
    }
}

fn client() -> Result<Client<HttpsConnector<HttpConnector>, Empty<Bytes>>, rustls::Error> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // The provider is named, because another crate of the program may bring a second one.
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// The innermost cause says the most: "Connection refused", not "client error (Connect)".
fn unreachable_by(error: &dyn Error) -> FileFault {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    FileFault::Unreachable(innermost.to_string())
}

impl fmt::Display for LogOnTheWeb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl fmt::Debug for LogOnTheWeb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogOnTheWeb").field(&self.base).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_with_a_path_and_nothing_after_it() {
        for url in ["http://127.0.0.1:1", "https://auditor.example/log/", "http://[::1]:80/a/b"] {
            assert!(LogOnTheWeb::open(url).is_ok(), "{url}");
        }
        assert_eq!(
            LogOnTheWeb::open("https://a.example/log//").unwrap().to_string(),
            "https://a.example/log"
        );
        for url in
            ["http://", "https://a.example/?x=1", "https://a.example/#x", "http://me@a.example", "http://a b"]
        {
            assert_eq!(LogOnTheWeb::open(url).unwrap_err().exit().code(), 2, "{url}");
        }
    }
}
