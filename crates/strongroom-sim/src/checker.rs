//! What a checker is.
//!
//! Checkers stand outside the code under test. They are told everything that anybody outside an HSM can
//! see, in the order in which it happens, and may look at the world as it stands then. Each is tied to a
//! guarantee of `THREATS.md`, which its file names.
//!
//! An observation is told after the event in which it happened has ended, so the [`WorldView`] may be ahead of
//! it by the rest of that event. What depends on order is to be taken from the order of the observations.

use crate::{names::MachineId, observation::Observation, view::WorldView};
use std::fmt;

/// A guarantee is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The checker's name.
    pub checker: &'static str,
    /// What was seen, for people.
    pub what: String,
}

impl Violation {
    /// Says which checker saw what.
    pub fn new(checker: &'static str, what: impl Into<String>) -> Self {
        Self { checker, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.checker, self.what)
    }
}

impl std::error::Error for Violation {}

/// Judges one run.
pub trait Checker {
    /// The name under which violations and lists show it; that of its file.
    fn name(&self) -> &'static str;

    /// Takes note of something that happened.
    ///
    /// # Errors
    /// A guarantee is broken.
    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation>;

    /// The run is over: the calm has ended, every client has finished or failed to.
    ///
    /// # Errors
    /// A guarantee is broken.
    fn at_end(&mut self, world: &WorldView<'_>) -> Result<(), Violation>;

    /// Whether the checker wants [`Observation::HostSaw`]; the bytes are kept alive for none otherwise.
    fn wants_host_bytes(&self) -> bool {
        false
    }
}

/// A machine's place in messages to people.
pub(crate) fn at(machine: MachineId, node: strongroom_protocol::ids::NodeNumber) -> String {
    if usize::from(machine.0) + 1 == usize::from(node.0) {
        format!("node {node}")
    } else {
        format!("node {node} on {machine}")
    }
}
