//! Where the programs are that this command starts: itself, for nodes, and the HSM program.

use crate::error::CommandError;
use clap::Args;
use std::path::{Path, PathBuf};

/// The HSM program's name.
const HSM_PROGRAM: &str = "strongroom-hsm";

/// Which HSM program nodes start.
#[derive(Debug, Clone, Default, Args)]
pub struct HsmOptions {
    /// The HSM program; without it, `strongroom-hsm` beside this command's own executable
    #[arg(long, value_name = "PROGRAM", env = "STRONGROOM_HSM")]
    pub hsm: Option<PathBuf>,
}

impl HsmOptions {
    /// Finds the HSM program.
    ///
    /// # Errors
    /// There is no such file.
    pub fn find(&self) -> Result<PathBuf, CommandError> {
        let path = match &self.hsm {
            Some(path) => path.clone(),
            None => own_program()?.with_file_name(HSM_PROGRAM),
        };
        if path.is_file() {
            // A node runs in another folder at times, so the path must not depend on this one's.
            return Ok(std::path::absolute(&path).unwrap_or(path));
        }
        Err(missing(&path))
    }
}

/// The executable of this very command.
///
/// # Errors
/// The system does not say where it is.
pub fn own_program() -> Result<PathBuf, CommandError> {
    std::env::current_exe().map_err(|error| {
        CommandError::other(format!("The system does not say where this program is: {error}."))
    })
}

fn missing(path: &Path) -> CommandError {
    CommandError::other(format!(
        "There is no HSM program at {}. Build it with `cargo build -p strongroom-hsm`, or name it with --hsm.",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hsm_program_that_is_named_must_be_there() {
        let named = |path: &str| HsmOptions { hsm: Some(path.into()) }.find();
        assert_eq!(named("/bin/sh").unwrap(), PathBuf::from("/bin/sh"));
        let error = named("/nowhere/hsm").unwrap_err();
        assert!(error.to_string().contains("There is no HSM program at /nowhere/hsm"), "{error}");
        assert_eq!(error.exit().code(), 1);
    }
}
