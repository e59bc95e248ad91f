//! Which trust root counts: the one that the person names, and those that follow from it.

use crate::{error::CommandError, files::read_at_most};
use clap::Args;
use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};
use strongroom_trust::{
    Moment, RootChain, RootError, TrustRoot,
    limits::{NOTE_BYTES_MAX, ROOTS_BYTES_MAX},
};

/// What every command that verifies takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Trust")]
pub struct TrustOptions {
    /// The trust root that is to be trusted, a file; it came with the app or from people, never from a node
    #[arg(long, value_name = "ROOT", env = "STRONGROOM_TRUST")]
    pub trust: PathBuf,
    /// Newer trust roots that follow from it, a file as nodes hand it out
    #[arg(long, value_name = "FILE")]
    pub roots: Option<PathBuf>,
}

impl TrustOptions {
    /// Reads the trust root, and follows the newer ones where they are given.
    ///
    /// # Errors
    /// A file cannot be read, is none, or does not follow.
    pub fn chain(&self) -> Result<RootChain, CommandError> {
        let mut chain = RootChain::new(read_root(&self.trust)?);
        if let Some(path) = &self.roots {
            follow(&mut chain, path)?;
        }
        Ok(chain)
    }
}

/// Reads a trust root that the person says is to be trusted.
///
/// # Errors
/// It cannot be read, or is none.
pub fn read_root(path: &Path) -> Result<TrustRoot, CommandError> {
    let bytes = read_at_most(path, NOTE_BYTES_MAX)
        .map_err(|error| CommandError::usage(format!("{error} Give the trust root's file by --trust.")))?;
    TrustRoot::told(&bytes).map_err(|error| no_root(path, &error))
}

/// Follows a file of newer trust roots.
///
/// # Errors
/// It cannot be read, or a root of it does not follow; nothing of it is believed then.
pub fn follow(chain: &mut RootChain, path: &Path) -> Result<(), CommandError> {
    let bytes = read_at_most(path, ROOTS_BYTES_MAX)?;
    chain.follow(&bytes).map_err(|error| {
        let text = format!(
            "The newer trust roots in {} are not believed: {error}. Fetch them again, and compare them with those \
             of another node; the trust root at hand stands.",
            path.display()
        );
        CommandError::untrusted(text)
    })
}

fn no_root(path: &Path, error: &RootError) -> CommandError {
    let what_to_do = match error {
        RootError::OwnThreshold => {
            "Have more of its root keys sign it (strongroom trust sign), or get the finished one from where you \
             got this one"
        }
        _ => "Get it again from where the app or its makers publish it; nothing is verified without it",
    };
    CommandError::usage(format!("{} is no trust root: {error}. {what_to_do}.", path.display()))
}

/// The time by this machine's clock.
#[must_use]
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.ok().and_then(|since| Moment::from_seconds(since.as_secs())).unwrap_or(Moment::FIRST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust").join(name)
    }

    fn options(root: &str, roots: Option<&str>) -> TrustOptions {
        TrustOptions { trust: vector(root), roots: roots.map(vector) }
    }

    #[test]
    fn the_newest_root_is_the_last_that_follows() {
        let newest = |roots| options("roots/quorum-2.txt", roots).chain().unwrap().newest().version().0;
        assert_eq!((newest(None), newest(Some("chains/golden.txt"))), (1, 2));
    }

    #[test]
    fn a_root_that_does_not_follow_ends_with_6_and_one_that_is_none_with_2() {
        let error = |root, roots| options(root, roots).chain().unwrap_err();
        let skipped = error("roots/quorum-2.txt", Some("chains/version-skipped.txt"));
        assert_eq!(skipped.exit().code(), 6);
        assert!(skipped.to_string().contains("has version 3, 2 follows"), "{skipped}");
        let none = error("units/golden.txt", None);
        assert_eq!(none.exit().code(), 2);
        assert!(none.to_string().contains("golden.txt is no trust root: "), "{none}");
        assert_eq!(error("nowhere", None).exit().code(), 2);
    }
}
