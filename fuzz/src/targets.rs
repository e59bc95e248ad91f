//! Every target by its name, and what it is for.

pub mod accounts;
pub mod audit;
pub mod auditor;
pub mod codes;
pub mod config;
pub mod decoders;
pub mod delivery;
pub mod handshake;
pub mod hsm;
pub mod http;
pub mod notes;
pub mod opaque;
pub mod pipe;
pub mod roots;
pub mod rules;
pub mod sealed;
pub mod texts;
pub mod tree;

/// One target.
pub struct Target {
    /// The name of its binary and of its corpus' folder.
    pub name: &'static str,
    /// Checks one input; a property that does not hold is a panic.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "decoders", run: decoders::run },
    Target { name: "texts", run: texts::run },
    Target { name: "config", run: config::run },
    Target { name: "accounts", run: accounts::run },
    Target { name: "opaque", run: opaque::run },
    Target { name: "sealed", run: sealed::run },
    Target { name: "rules", run: rules::run },
    Target { name: "tree", run: tree::run },
    Target { name: "handshake", run: handshake::run },
    Target { name: "pipe", run: pipe::run },
    Target { name: "peer_session", run: hsm::peer_session },
    Target { name: "storage", run: hsm::storage },
    Target { name: "handover", run: hsm::handover },
    Target { name: "doors", run: hsm::doors },
    Target { name: "step", run: hsm::step },
    Target { name: "fleet", run: hsm::fleet },
    Target { name: "notes", run: notes::run },
    Target { name: "delivery", run: delivery::run },
    Target { name: "roots", run: roots::run },
    Target { name: "audit", run: audit::run },
    Target { name: "http", run: http::run },
    Target { name: "auditor", run: auditor::run },
    Target { name: "codes", run: codes::run },
];
