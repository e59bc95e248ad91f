//! What must hold in the workspace and the compiler does not see.
//!
//! Each check gives findings that name file and line. The rules stand in `ARCHITECTURE.md`
//! (dependencies), `CONTRIBUTING.md` (files and words), `docs/spec/README.md` (pages) and
//! `THREATS.md` (guarantees).

mod dependencies;
mod guarantees;
mod labels;
mod pages;
mod sources;
mod switches;
mod tree;
mod words;

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

pub use dependencies::check as check_dependencies;
pub use guarantees::check as check_guarantees;
pub use labels::check as check_labels;
pub use pages::check as check_pages;
pub use sources::check as check_sources;
pub use switches::{SWITCH, check as check_switches};
pub use words::check as check_words;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    file: PathBuf,
    line: usize,
    what: String,
}

impl Finding {
    /// A finding at a line, counted from one; zero for the whole file.
    fn new(file: &Path, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.into(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file.display(), self.what),
            line => write!(f, "{}:{line}: {}", self.file.display(), self.what),
        }
    }
}

/// A check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TidyError {
    /// A file or folder could not be read.
    #[error("{}: {cause}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// Cargo does not say what depends on what.
    #[error("cargo metadata: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    /// Cargo does not draw the tree of a package.
    #[error("cargo tree: {0}")]
    Tree(String),
}

/// Makes every check.
///
/// # Errors
/// One of them could not be made.
pub fn check_all(root: &Path) -> Result<Vec<Finding>, TidyError> {
    let checks = [
        check_dependencies,
        check_sources,
        check_labels,
        check_words,
        check_pages,
        check_guarantees,
        check_switches,
    ];
    let mut findings = Vec::new();
    for check in checks {
        findings.extend(check(root)?);
    }
    Ok(findings)
}

/// The folder of the workspace that this program was built in.
pub fn workspace_root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).into()
}
