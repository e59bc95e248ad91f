//! Why a fleet could not be founded.

use crate::{node::ConfigError, store::StoreError};
use std::{io, path::PathBuf};
use strongroom_protocol::{
    ids::NodeNumber,
    limits::{GUESSES_MAX, MEMBERS_MAX},
};

/// Why a fleet could not be founded.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// A fleet cannot have so many nodes.
    #[error("{nodes} nodes: a fleet has an odd number from 3 to {MEMBERS_MAX}")]
    Nodes {
        /// How many.
        nodes: u8,
    },
    /// A budget cannot be so large.
    #[error("{guesses} guesses: a budget is from 1 to {GUESSES_MAX}")]
    Guesses {
        /// How many.
        guesses: u8,
    },
    /// The ports do not fit.
    #[error(
        "base port {base_port}: nodes take the ports from {base_port} + 1 on and from {base_port} + 101 on, up to 65535"
    )]
    Ports {
        /// The base port.
        base_port: u16,
    },
    /// There is a node in the folder already.
    #[error("{} holds a founded node. A fleet is founded in new folders: choose another, or remove it", folder.display())]
    Exists {
        /// The node's folder.
        folder: PathBuf,
    },
    /// A folder cannot be made.
    #[error("{}: {cause}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A node's store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A node's configuration cannot be written.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An HSM cannot be started.
    #[error("the HSM of node {node} cannot be started ({program}): {cause}")]
    Launch {
        /// The node.
        node: NodeNumber,
        /// The program.
        program: String,
        /// What the system said.
        cause: io::Error,
    },
    /// An HSM ended before the founding did.
    #[error("the HSM of node {node} ended: {reason}")]
    Ended {
        /// The node.
        node: NodeNumber,
        /// Why.
        reason: String,
    },
    /// The members do not agree.
    #[error("the founding came to nothing: {what}")]
    Disagreement {
        /// About what.
        what: &'static str,
    },
    /// It took too long.
    #[error("the founding took too long: {waiting} of the HSMs had not {done}")]
    TimedOut {
        /// How many were waited for.
        waiting: usize,
        /// What they had not done.
        done: &'static str,
    },
    /// No randomness can be had.
    #[error("the system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}
