//! What a node counts for Prometheus: kinds and numbers, never contents.

use crate::{accounts::Accounts, hsm::Hsm, peers::Peers, process, trust::TrustFiles};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::time::{Duration, SystemTime};
use strongroom_protocol::{
    client::RequestKind,
    pipe::{HsmStatus, Role},
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Exchange {
    kind: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    name: &'static str,
}

/// The meters of one node.
pub(crate) struct Meters {
    registry: Registry,
    exchanges: Family<Exchange, Counter>,
    exchange_seconds: Histogram,
    hsm: Family<Named, Gauge>,
    host: Family<Named, Gauge>,
    trust: Family<Named, Gauge>,
}

impl Meters {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("strongroom");
        let exchanges = Family::<Exchange, Counter>::default();
        let exchange_seconds =
            Histogram::new([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]);
        let hsm = Family::<Named, Gauge>::default();
        let host = Family::<Named, Gauge>::default();
        registry.register("exchanges", "Requests of clients, by kind and HTTP status", exchanges.clone());
        registry.register_with_unit(
            "exchange",
            "How long requests of clients took",
            Unit::Seconds,
            exchange_seconds.clone(),
        );
        registry.register("hsm", "How the HSM says that it stands", hsm.clone());
        registry.register("host", "How the host stands", host.clone());
        let trust = Family::<Named, Gauge>::default();
        registry.register("trust", "The delivery unit that the node hands out", trust.clone());
        Self { registry, exchanges, exchange_seconds, hsm, host, trust }
    }

    /// Counts an exchange.
    pub(crate) fn exchanged(&self, kind: Option<RequestKind>, status: u16, took: Duration) {
        self.exchanges.get_or_create(&Exchange { kind: kind_word(kind), status }).inc();
        self.exchange_seconds.observe(took.as_secs_f64());
    }

    /// All meters as OpenMetrics text.
    pub(crate) fn text(&self, hsm: &Hsm, peers: &Peers, accounts: &Accounts, trust: &TrustFiles) -> String {
        self.read_host(hsm, peers);
        self.read_accounts(accounts);
        self.read_trust(trust);
        if let Some(status) = hsm.status() {
            self.read_hsm(&status);
        }
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn read_host(&self, hsm: &Hsm, peers: &Peers) {
        let own = process::facts_of(std::process::id());
        let child = process::facts_of(hsm.process());
        let set = |name, value: u64| set(&self.host, name, value);
        set("hsm_restarts", hsm.restarts());
        set("hsm_rss_kb", child.rss_kb);
        set("hsm_cpu_us", child.cpu_us);
        set("rss_kb", own.rss_kb);
        set("cpu_us", own.cpu_us);
        set("exchanges_waiting", hsm.waiting() as u64);
        set("links_up", peers.up().len() as u64);
    }

    /// How the fetching of the identity provider's keys goes; a node that reads a file has no such meters.
    fn read_accounts(&self, accounts: &Accounts) {
        if let Some(fetches) = accounts.fetches() {
            set(&self.host, "identity_fetches", fetches.done);
            set(&self.host, "identity_fetches_failed", fetches.failed);
        }
    }

    /// What clients that trust over the air are handed out; a node without a unit has no such meters.
    fn read_trust(&self, trust: &TrustFiles) {
        self.trust.clear();
        let Some(unit) = trust.unit() else { return };
        let (set, now) = (|name, value: u64| set(&self.trust, name, value), SystemTime::now());
        set("bundle_epoch", unit.epoch);
        set("bundle_seconds_left", unit.seconds_left(now));
        set("status_number", unit.status);
        set("status_age_seconds", unit.status_age_seconds(now));
    }

    fn read_hsm(&self, status: &HsmStatus) {
        let set = |name, value: u64| set(&self.hsm, name, value);
        let counters = &status.counters;
        set("is_leader", u64::from(status.role == Role::Leader));
        set("is_refused", u64::from(status.role == Role::Refused));
        set("term", status.term.0);
        set("last", status.last.0);
        set("committed", status.committed.0);
        set("applied", status.applied.0);
        set("checkpoint", status.checkpoint.0);
        set("era", status.era.0);
        set("vaults", status.vaults);
        set("boot", status.boot);
        set("sessions", status.sessions.as_slice().len() as u64);
        set("requests", counters.requests);
        set("unreadable", counters.unreadable);
        set("refused", counters.refused);
        set("guesses_answered", counters.guesses_answered);
        set("successes", counters.successes);
        set("slots_erased", counters.slots_erased);
        set("entries_applied", counters.entries_applied);
        set("batches", counters.batches);
        set("tree_nodes", counters.tree_nodes);
        set("tree_bytes", counters.tree_bytes);
        set("checkpoints", counters.checkpoints);
        set("campaigns", counters.campaigns);
    }
}

fn set(family: &Family<Named, Gauge>, name: &'static str, value: u64) {
    family.get_or_create(&Named { name }).set(i64::try_from(value).unwrap_or(i64::MAX));
}

fn kind_word(kind: Option<RequestKind>) -> &'static str {
    match kind {
        None => "unknown",
        Some(RequestKind::Register) => "register",
        Some(RequestKind::Create) => "create",
        Some(RequestKind::Change) => "change",
        Some(RequestKind::Attempt) => "attempt",
        Some(RequestKind::Success) => "success",
        Some(RequestKind::Status) => "status",
    }
}
