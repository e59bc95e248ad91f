//! What a client needs of the world: the network and a clock.
//!
//! Absent on purpose: which node is asked and when again ([`crate::Client`]), and what the bytes mean.

#[cfg(feature = "http")]
mod http;

#[cfg(feature = "http")]
pub use http::HttpTransport;

use core::{future::Future, time::Duration};
use strongroom_trust::{Endpoint, Moment};

/// Carries bytes to nodes and back, and tells the time.
///
/// Tests play the network and the clock by implementing it.
pub trait Transport: Send + Sync {
    /// Sends a request frame to a node and gives the answer frame.
    fn exchange(
        &self,
        endpoint: &Endpoint,
        frame: Vec<u8>,
        timeout: Duration,
    ) -> impl Future<Output = Result<Vec<u8>, TransportError>> + Send;

    /// Fetches what a node shows of its keys.
    fn keys(
        &self,
        endpoint: &Endpoint,
        timeout: Duration,
    ) -> impl Future<Output = Result<Vec<u8>, TransportError>> + Send;

    /// Fetches what anybody may read at a URL, of at most so many bytes; nothing where there is no such thing (404).
    fn fetch(
        &self,
        url: &str,
        bytes_max: usize,
        timeout: Duration,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, TransportError>> + Send;

    /// The device's clock.
    fn clock(&self) -> Moment;

    /// The time since some moment; it never goes back.
    fn now(&self) -> Duration;

    /// Lets so much time pass.
    fn pause(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// Why no answer frame came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// There is no connection to the node.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The node took the request and did not answer in time; it may still take effect.
    #[error("no answer in time")]
    TimedOut,
    /// The node wants to know which account asks, or does not serve it.
    #[error("the account is not authorised (HTTP {0})")]
    NotAuthorised(u16),
    /// The account asks too often.
    #[error("too many requests")]
    RateLimited {
        /// When to ask again, where the node says so.
        retry_after: Option<Duration>,
    },
    /// The node reached no majority in time; the request may still take effect.
    #[error("the node reached no majority")]
    NoMajority,
    /// The node does not serve at the moment.
    #[error("the node does not serve at the moment")]
    NotServing,
    /// Something else than a node of this protocol answered.
    #[error("unexpected answer: {0}")]
    Unexpected(String),
}

/// The transport that a [`crate::Client`] has where none is named.
#[cfg(feature = "http")]
pub type DefaultTransport = HttpTransport;

/// The transport that a [`crate::Client`] has where none is named: none at all, without the feature `http`.
#[cfg(not(feature = "http"))]
pub type DefaultTransport = core::convert::Infallible;
