//! Gets one request answered: by which node, how often, how long.
//!
//! A link lives for one operation. It stays with the node that answered last, so that message 2 can go
//! on with the context of message 1; it goes to the next when one does not answer, pauses after each round, and
//! ends at its deadline with what it has seen. A node of another fleet ends it at once.

use super::Client;
use crate::{
    ClientError, Session, SessionError, Transport, TransportError, Trusted,
    flow::FlowError,
    limits::{ANSWER_TIMEOUT, PAUSE_MAX, PAUSE_MIN, REPEATS_AT_ONE_NODE_MAX, SURVEY_TIMEOUT},
};
use core::time::Duration;
use strongroom_protocol::{
    client::{Answer, Refusal, Request},
    frame::Unreadable,
    ids::FleetId,
};
use strongroom_trust::{ClaimedNodeKeys, Endpoint, NodeKeysError};

/// The way of one operation to the fleet.
pub(super) struct Link<'a, T> {
    client: &'a Client<T>,
    trusted: &'a Trusted,
    sites: Vec<Site>,
    current: usize,
    tried: usize,
    repeats: u8,
    deadline: Duration,
}

/// What an operation knows of one endpoint.
struct Site {
    endpoint: Endpoint,
    session: Option<Session>,
    seen: Seen,
}

/// What was last seen of an endpoint.
#[derive(Clone, PartialEq, Eq)]
enum Seen {
    Nothing,
    Reached,
    /// A node of another fleet answers there: under a trust root the endpoints are those of several fleets.
    OtherFleet(FleetId),
    Unreachable(String),
    NoMajority,
    Busy,
    LimitedUntil(Duration),
}

impl Site {
    fn is_of_other_fleet(&self) -> bool {
        matches!(self.seen, Seen::OtherFleet(_))
    }
}

/// Why a request was not answered.
enum Fault {
    /// Nothing else helps.
    Final(ClientError),
    /// The same node may answer it now.
    Repeat,
    /// Another node may.
    Elsewhere(Seen),
}

impl<'a, T: Transport> Link<'a, T> {
    pub(super) fn new(client: &'a Client<T>, trusted: &'a Trusted) -> Self {
        let site =
            |endpoint: &Endpoint| Site { endpoint: endpoint.clone(), session: None, seen: Seen::Nothing };
        let sites: Vec<Site> = client.endpoints.iter().map(site).collect();
        let current = usize::from(client.random_byte()).checked_rem(sites.len()).unwrap_or(0);
        let deadline = client.transport.now().saturating_add(client.deadline);
        Self { client, trusted, sites, current, tried: 0, repeats: 0, deadline }
    }

    /// Leaves the time that the device itself took out of account.
    pub(super) fn forgive(&mut self, time: Duration) {
        self.deadline = self.deadline.saturating_add(time);
    }

    /// Gets a request answered.
    pub(super) async fn exchange(&mut self, request: &Request) -> Result<Answer, ClientError> {
        loop {
            let timeout = self.time_left().await?.min(ANSWER_TIMEOUT);
            let fault = match self.ask(request, timeout).await {
                Ok(answer) => {
                    self.repeats = 0;
                    return Ok(answer);
                }
                Err(fault) => fault,
            };
            match fault {
                Fault::Final(error) => return Err(error),
                Fault::Repeat if self.repeats < REPEATS_AT_ONE_NODE_MAX => {
                    self.repeats = self.repeats.saturating_add(1);
                }
                Fault::Repeat => self.go_elsewhere(Seen::Busy).await?,
                Fault::Elsewhere(seen) => self.go_elsewhere(seen).await?,
            }
        }
    }

    /// Takes note that a node answered and could not do it, before the same request is sent again.
    pub(super) async fn put_off(&mut self, refusal: Refusal) -> Result<(), ClientError> {
        let seen = if refusal == Refusal::Busy { Seen::Busy } else { Seen::NoMajority };
        self.go_elsewhere(seen).await
    }

    /// Asks the current node once.
    async fn ask(&mut self, request: &Request, timeout: Duration) -> Result<Answer, Fault> {
        let client = self.client;
        let place = self.current;
        let site = self.sites.get_mut(place).ok_or(Fault::Elsewhere(Seen::Nothing))?;
        let mut session = match site.session.take() {
            Some(session) => session,
            None => open_session(client, self.trusted, place, &site.endpoint, timeout).await?,
        };
        let sealed = client.with_rng(|rng| session.seal(request, rng)).map_err(session_fault)?;
        let was_continued = sealed.is_continued();
        let frame = sealed.bytes.clone();
        let answer = client.transport.exchange(&site.endpoint, frame, timeout).await;
        let answer = answer.map_err(|error| fault_of(error, &site.endpoint, client.transport.now()))?;
        match session.open(sealed, &answer) {
            Ok(answer) => {
                site.session = Some(session);
                Ok(answer)
            }
            Err(SessionError::Unreadable(Unreadable::UnknownChannelKey | Unreadable::OtherNode)) => {
                client.forget_keys(place);
                Err(Fault::Repeat)
            }
            Err(SessionError::Unreadable(Unreadable::UnknownContext)) => Err(Fault::Repeat),
            Err(SessionError::Unreadable(Unreadable::Malformed)) if was_continued => Err(Fault::Repeat),
            Err(error) => Err(session_fault(error)),
        }
    }

    /// Takes note of what was seen, goes to the next node that may be asked, and pauses after each round.
    async fn go_elsewhere(&mut self, seen: Seen) -> Result<(), ClientError> {
        if let Some(site) = self.sites.get_mut(self.current) {
            site.seen = seen;
        }
        if self.sites.iter().all(|site| site.is_of_other_fleet()) {
            return Err(self.verdict());
        }
        self.repeats = 0;
        self.tried = self.tried.saturating_add(1);
        let count = self.sites.len().max(1);
        self.current = self.current.saturating_add(1).checked_rem(count).unwrap_or(0);
        let rounds = self.tried.checked_div(count).unwrap_or(0);
        if self.tried.checked_rem(count) == Some(0) {
            let pause = self.pause_of(rounds).min(self.time_left().await?);
            self.client.transport.pause(pause).await;
        }
        self.pass_over_limited().await
    }

    /// Leaves out nodes that asked to be left alone for a while.
    async fn pass_over_limited(&mut self) -> Result<(), ClientError> {
        let now = self.client.transport.now();
        let count = self.sites.len();
        let free_at = |place: usize| match self.sites.get(place).map(|site| &site.seen) {
            Some(Seen::LimitedUntil(time)) => *time,
            _ => now,
        };
        let order = (0..count).filter_map(|step| self.current.saturating_add(step).checked_rem(count));
        let Some(next) = order.min_by_key(|place| free_at(*place).max(now)) else { return Ok(()) };
        let wait = free_at(next).saturating_sub(now);
        if wait > self.deadline.saturating_sub(now) {
            return Err(ClientError::RateLimited { retry_after: wait });
        }
        self.current = next;
        if !wait.is_zero() {
            self.client.transport.pause(wait).await;
        }
        Ok(())
    }

    /// The pause after so many rounds: it doubles up to a bound, times one half to one and a half.
    fn pause_of(&self, rounds: usize) -> Duration {
        let doublings = u32::try_from(rounds.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
        let pause = PAUSE_MIN.saturating_mul(1 << doublings).min(PAUSE_MAX);
        let jitter = u32::from(self.client.random_byte()).saturating_add(128);
        pause.saturating_mul(jitter) / 256
    }

    async fn time_left(&mut self) -> Result<Duration, ClientError> {
        let left = self.deadline.saturating_sub(self.client.transport.now());
        if left.is_zero() { Err(self.conclude().await) } else { Ok(left) }
    }

    /// Ends the operation with what was seen, after a short look at the nodes that were not asked yet.
    async fn conclude(&mut self) -> ClientError {
        let client = self.client;
        for site in self.sites.iter_mut().filter(|site| site.seen == Seen::Nothing) {
            site.seen = match client.transport.keys(&site.endpoint, SURVEY_TIMEOUT).await {
                Err(TransportError::Unreachable(text) | TransportError::Unexpected(text)) => {
                    Seen::Unreachable(text)
                }
                Err(TransportError::TimedOut) => Seen::Unreachable("no answer in time".into()),
                Ok(_) | Err(_) => Seen::Reached,
            };
        }
        self.verdict()
    }

    fn verdict(&self) -> ClientError {
        let now = self.client.transport.now();
        let own = self.sites.iter().filter(|site| !site.is_of_other_fleet()).count();
        let (endpoints, mut reachable) = (own, 0usize);
        let mut cause =
            String::from(if own == 0 { "no endpoint is of this fleet" } else { "no time to try" });
        let mut limited: Option<Duration> = None;
        let (mut is_busy, mut has_no_majority, mut stranger) = (false, false, None);
        for site in &self.sites {
            match &site.seen {
                Seen::OtherFleet(met) => {
                    let is_stranger = !self.trusted.others.contains(met);
                    stranger = stranger.or(is_stranger.then(|| (*met, site.endpoint.to_string())));
                    continue;
                }
                Seen::Unreachable(text) => {
                    cause.clone_from(text);
                    continue;
                }
                Seen::Nothing | Seen::Reached => {}
                Seen::NoMajority => has_no_majority = true,
                Seen::Busy => is_busy = true,
                Seen::LimitedUntil(time) => limited = Some(time.saturating_sub(now)),
            }
            reachable = reachable.saturating_add(1);
        }
        if let Some((met, place)) = stranger.filter(|_| reachable == 0) {
            return ClientError::Untrusted { expected: self.trusted.fleet().id(), met, place };
        }
        match limited {
            _ if reachable == 0 => ClientError::Unreachable { endpoints, cause },
            _ if has_no_majority => ClientError::NoMajority { reachable, endpoints },
            Some(retry_after) => ClientError::RateLimited { retry_after },
            None if is_busy => ClientError::Busy,
            None => ClientError::NoMajority { reachable, endpoints },
        }
    }
}

/// Takes a node's keys from memory or asks for them, and verifies them.
async fn open_session<T: Transport>(
    client: &Client<T>,
    trusted: &Trusted,
    place: usize,
    endpoint: &Endpoint,
    timeout: Duration,
) -> Result<Session, Fault> {
    let fleet = trusted.fleet();
    if let Some(keys) = client.known_keys(place).filter(|keys| keys.fleet() == fleet.id()) {
        return Ok(Session::new(keys));
    }
    let bytes = client.transport.keys(endpoint, timeout).await;
    let bytes = bytes.map_err(|error| fault_of(error, endpoint, client.transport.now()))?;
    let claimed = ClaimedNodeKeys::from_bytes(&bytes);
    match claimed.and_then(|claimed| claimed.verify(fleet, None)) {
        Ok(keys) => {
            client.remember_keys(place, keys.clone());
            Ok(Session::new(keys))
        }
        Err(NodeKeysError::Malformed(error)) => Err(Fault::Elsewhere(Seen::Unreachable(error.to_string()))),
        Err(NodeKeysError::ForeignFleet { met, .. }) if trusted.epoch().is_some() => {
            Err(Fault::Elsewhere(Seen::OtherFleet(met)))
        }
        Err(NodeKeysError::ForeignFleet { expected, met }) => {
            let place = endpoint.to_string();
            Err(Fault::Final(ClientError::Untrusted { expected, met, place }))
        }
        Err(cause) => Err(Fault::Final(ClientError::Impostor { endpoint: endpoint.clone(), cause })),
    }
}

fn fault_of(error: TransportError, endpoint: &Endpoint, now: Duration) -> Fault {
    match error {
        TransportError::Unreachable(text) | TransportError::Unexpected(text) => {
            Fault::Elsewhere(Seen::Unreachable(text))
        }
        TransportError::TimedOut | TransportError::NoMajority => Fault::Elsewhere(Seen::NoMajority),
        TransportError::NotServing => Fault::Elsewhere(Seen::Busy),
        TransportError::NotAuthorised(status) => {
            Fault::Final(ClientError::NotAuthorised { endpoint: endpoint.clone(), status })
        }
        TransportError::RateLimited { retry_after } => {
            let wait = retry_after.unwrap_or(PAUSE_MAX);
            Fault::Elsewhere(Seen::LimitedUntil(now.saturating_add(wait)))
        }
    }
}

fn session_fault(error: SessionError) -> Fault {
    match error {
        SessionError::TooLarge => Fault::Final(ClientError::Flow(FlowError::Malformed)),
        SessionError::Unreadable(Unreadable::Busy | Unreadable::NotServing) => Fault::Elsewhere(Seen::Busy),
        SessionError::ChannelKey | SessionError::Foreign | SessionError::Unreadable(_) => {
            Fault::Elsewhere(Seen::Unreachable(error.to_string()))
        }
    }
}
