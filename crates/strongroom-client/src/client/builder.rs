//! Puts a client together.

use super::Client;
use crate::{BuildError, DeviceFolder, FleetTrust, StretchingPolicy, Transport, limits};
use core::time::Duration;
use std::sync::{Arc, Mutex};
use strongroom_crypto::Rng;
use strongroom_trust::Endpoint;
use zeroize::Zeroizing;

/// What a client is made of.
///
/// ```no_run
/// # fn example(pin: strongroom_client::Pin, token: String) -> Result<(), Box<dyn std::error::Error>> {
/// use strongroom_client::{Client, DeviceFolder};
///
/// let client = Client::builder()
///     .trust(&pin)
///     .endpoints(["https://node-1.example", "https://node-2.example"])
///     .token(token)
///     .device(DeviceFolder::open("state")?)
///     .build()?;
/// # let _ = client;
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct Builder {
    trust: Option<Arc<dyn FleetTrust>>,
    endpoints: Vec<String>,
    token: Option<Zeroizing<String>>,
    more_roots: Vec<Vec<u8>>,
    device: Option<DeviceFolder>,
    stretching: StretchingPolicy,
    deadline: Option<Duration>,
    is_plain_http_allowed: bool,
}

impl Builder {
    /// Says whom to trust: a pin, whose endpoints serve where [`Self::endpoints`] names none, or a trust root
    /// ([`crate::OverTheAir`]), which names no endpoints.
    #[must_use]
    pub fn trust(mut self, trust: impl FleetTrust) -> Self {
        self.trust = Some(trust.shared());
        self
    }

    /// Names where the nodes are reached, in place of the pin's endpoints. Under a trust root these are
    /// the nodes of every fleet that the app knows: each tells by its keys to which one it belongs.
    #[must_use]
    pub fn endpoints<I: IntoIterator>(mut self, endpoints: I) -> Self
    where
        I::Item: AsRef<str>,
    {
        self.endpoints = endpoints.into_iter().map(|endpoint| endpoint.as_ref().into()).collect();
        self
    }

    /// Gives the account's token, which the hosts ask for.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Zeroizing::new(token.into()));
        self
    }

    /// Keeps the device's own state in a folder, so that what was interrupted goes on.
    #[must_use]
    pub fn device(mut self, device: DeviceFolder) -> Self {
        self.device = Some(device);
        self
    }

    /// Believes one more root certificate (DER) for TLS.
    #[must_use]
    pub fn root_certificate(mut self, der: Vec<u8>) -> Self {
        self.more_roots.push(der);
        self
    }

    /// Sets how long one operation may wait for the fleet; 12 seconds where it is not set.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Allows endpoints on other machines without TLS.
    ///
    /// What the HSMs are told stays sealed; the account's token does not.
    #[must_use]
    pub fn allow_plain_http(mut self) -> Self {
        self.is_plain_http_allowed = true;
        self
    }

    /// Makes and accepts slots without key stretching: for load generators and tests only.
    #[must_use]
    pub fn allow_no_stretching(mut self) -> Self {
        self.stretching = StretchingPolicy::InsecureNone;
        self
    }

    /// Builds a client that speaks HTTP and takes randomness from the operating system.
    ///
    /// # Errors
    /// See [`BuildError`].
    #[cfg(feature = "http")]
    pub fn build(self) -> Result<Client, BuildError> {
        let token = self.token.as_ref().map(|token| token.as_str());
        let transport = crate::HttpTransport::new(token, self.more_roots.clone())?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| BuildError::NoRandomness)?;
        self.build_with(transport, strongroom_crypto::ChaChaRng::from_seed(seed))
    }

    /// Builds a client on another transport, with another source of randomness. A token and root
    /// certificates are that transport's matter.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build_with<T: Transport>(
        self,
        transport: T,
        rng: impl Rng + Send + 'static,
    ) -> Result<Client<T>, BuildError> {
        let trust = self.trust.ok_or(BuildError::NoTrust)?;
        let endpoints =
            if self.endpoints.is_empty() { trust.endpoints().to_vec() } else { parse(self.endpoints)? };
        if endpoints.is_empty() {
            return Err(BuildError::NoEndpoint);
        }
        let is_open = |endpoint: &&Endpoint| !endpoint.is_https() && !endpoint.is_loopback();
        if let Some(endpoint) = endpoints.iter().find(is_open).filter(|_| !self.is_plain_http_allowed) {
            return Err(BuildError::PlainHttp(endpoint.clone()));
        }
        Ok(Client {
            trust,
            belief: Mutex::default(),
            known_keys: Mutex::new(vec![None; endpoints.len()]),
            endpoints,
            transport,
            rng: Mutex::new(Box::new(rng)),
            stretching: self.stretching,
            device: self.device,
            deadline: self.deadline.unwrap_or(limits::DEADLINE),
        })
    }
}

fn parse(texts: Vec<String>) -> Result<Vec<Endpoint>, BuildError> {
    let parse_one = |text: String| text.parse().map_err(|cause| BuildError::Endpoint { text, cause });
    texts.into_iter().map(parse_one).collect()
}
