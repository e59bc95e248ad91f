//! What a command says when it fails: what happened, what it means, what to do.

mod auditor;
mod client;

pub use client::{explain, in_words};

use crate::{exit::Exit, repository::RepositoryError, sample::SampleError};
use std::{fmt, io, path::Path};
use strongroom_client::{BackupKeyError, BuildError, LocatorError, StateError};
use strongroom_host::{
    development_identity::DevelopmentIdentityError, founding::FoundingError, node::NodeError,
};

/// A command that failed: the sentence for the person and the code for the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    exit: Exit,
    message: String,
}

impl CommandError {
    /// Says why a command failed.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// The command was called wrongly.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A failure without a code of its own.
    pub fn other(message: impl Into<String>) -> Self {
        Self::new(Exit::Other, message)
    }

    /// What should show that something may be trusted does not.
    pub fn untrusted(message: impl Into<String>) -> Self {
        Self::new(Exit::OtherFleet, message)
    }

    /// The system refused something at `path`; `act` is "read", "written" and the like.
    pub fn file(path: &Path, act: &str, cause: &io::Error) -> Self {
        Self::other(format!("{} cannot be {act}: {cause}.", path.display()))
    }

    /// What the process ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for CommandError {}

impl From<RepositoryError> for CommandError {
    fn from(error: RepositoryError) -> Self {
        Self::new(exit_of_repository(&error), error.to_string())
    }
}

fn exit_of_repository(error: &RepositoryError) -> Exit {
    match error {
        RepositoryError::Missing { .. }
        | RepositoryError::Damaged { .. }
        | RepositoryError::DamagedFiles { .. }
        | RepositoryError::WrongKey { .. }
        | RepositoryError::NoSnapshot { .. }
        | RepositoryError::UnknownSnapshot { .. }
        | RepositoryError::Incomplete { .. } => Exit::Damaged,
        RepositoryError::AmbiguousSnapshot { .. }
        | RepositoryError::TargetNotEmpty { .. }
        | RepositoryError::Unsupported { .. } => Exit::Usage,
        RepositoryError::Exists { .. }
        | RepositoryError::ReadOnly { .. }
        | RepositoryError::Full { .. }
        | RepositoryError::Source { .. }
        | RepositoryError::Io { .. } => Exit::Other,
    }
}

impl From<LocatorError> for CommandError {
    fn from(error: LocatorError) -> Self {
        let message = format!(
            "This is not the backup it should be: {error}. Get strongroom.json from another copy of the storage."
        );
        Self::new(Exit::Damaged, message)
    }
}

impl From<StateError> for CommandError {
    fn from(error: StateError) -> Self {
        Self::other(format!("What this device keeps of the vault cannot be used: {error}."))
    }
}

impl From<BackupKeyError> for CommandError {
    fn from(error: BackupKeyError) -> Self {
        Self::usage(format!("This is no 64-digit key: {error}."))
    }
}

impl From<BuildError> for CommandError {
    fn from(error: BuildError) -> Self {
        let exit = if error == BuildError::Token { Exit::NotAuthorised } else { Exit::Usage };
        Self::new(exit, format!("The fleet cannot be asked: {error}."))
    }
}

impl From<NodeError> for CommandError {
    fn from(error: NodeError) -> Self {
        Self::other(format!("The node does not run: {error}."))
    }
}

impl From<FoundingError> for CommandError {
    fn from(error: FoundingError) -> Self {
        let exit = match error {
            FoundingError::Nodes { .. } | FoundingError::Guesses { .. } | FoundingError::Ports { .. } => {
                Exit::Usage
            }
            _ => Exit::Other,
        };
        Self::new(exit, format!("No fleet was made: {error}."))
    }
}

impl From<DevelopmentIdentityError> for CommandError {
    fn from(error: DevelopmentIdentityError) -> Self {
        Self::other(format!("The development identity provider cannot be used: {error}."))
    }
}

impl From<SampleError> for CommandError {
    fn from(error: SampleError) -> Self {
        Self::other(error.to_string())
    }
}

#[cfg(test)]
mod tests;
