//! How a person shows that a backup is theirs: by the password, or by the recovery code.

use crate::{
    error::CommandError,
    password::{PasswordOptions, PasswordSource},
    print::note,
    settings::read_bounded,
};
use clap::Args;
use std::{
    io::{self, BufRead as _, IsTerminal as _},
    path::PathBuf,
};
use strongroom_client::{Credential, RecoveryCode, RecoveryCodeError, RecoveryCodeReading};
use zeroize::Zeroizing;

/// Bytes of a recovery code's file at most.
const CODE_FILE_BYTES_MAX: u64 = 1024;

/// Where password or recovery code come from.
#[derive(Debug, Clone, Default, Args)]
pub struct CredentialOptions {
    #[command(flatten)]
    password: PasswordOptions,
    /// Ask for the recovery code in place of the password
    #[arg(
        long,
        help_heading = "Password",
        conflicts_with_all = ["password_file", "password_stdin", "recovery_code_file"]
    )]
    recovery_code: bool,
    /// Read the recovery code from a file, in place of a password; ? stands for a character that cannot be read
    #[arg(
        long,
        value_name = "F",
        help_heading = "Password",
        conflicts_with_all = ["password_file", "password_stdin"]
    )]
    recovery_code_file: Option<PathBuf>,
}

/// What a person is asked for, and can be asked for again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSource {
    /// The password.
    Password(PasswordSource),
    /// The recovery code, at the terminal.
    CodeAtTerminal,
    /// The recovery code, in a file.
    CodeFile(PathBuf),
}

impl From<PasswordOptions> for CredentialOptions {
    fn from(password: PasswordOptions) -> Self {
        Self { password, recovery_code: false, recovery_code_file: None }
    }
}

impl CredentialOptions {
    /// Whether one of the options was given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.password.is_given() || self.recovery_code || self.recovery_code_file.is_some()
    }

    /// The source that the options name.
    #[must_use]
    pub fn source(&self) -> CredentialSource {
        match (&self.recovery_code_file, self.recovery_code) {
            (Some(path), _) => CredentialSource::CodeFile(path.clone()),
            (None, true) => CredentialSource::CodeAtTerminal,
            (None, false) => CredentialSource::Password(self.password.source()),
        }
    }
}

impl CredentialSource {
    /// Whether a wrong answer can be followed by another.
    #[must_use]
    pub fn can_ask_again(&self) -> bool {
        match self {
            Self::Password(source) => source.can_ask_again(),
            Self::CodeAtTerminal => true,
            Self::CodeFile(_) => false,
        }
    }

    /// Gets the credential. A recovery code at a terminal is asked for until it can be read.
    ///
    /// # Errors
    /// There is no terminal, a file cannot be read, or what it holds is no password and no recovery code.
    pub fn read(&self) -> Result<Credential, CommandError> {
        match self {
            Self::Password(source) => Ok(source.read()?.credential()),
            Self::CodeFile(path) => {
                let text = read_bounded(path, CODE_FILE_BYTES_MAX).map(Zeroizing::new);
                let text = text.map_err(|error| CommandError::file(path, "read", &error))?;
                let reading = RecoveryCode::read(&text).map_err(|error| {
                    CommandError::usage(format!("{}: {error}. No guess was spent.", path.display()))
                })?;
                Ok(told(&reading).credential())
            }
            Self::CodeAtTerminal => ask_for_code(),
        }
    }
}

/// Asks until a code can be read. It is shown while it is typed: nobody types forty characters blindly.
fn ask_for_code() -> Result<Credential, CommandError> {
    if !io::stdin().is_terminal() {
        return Err(CommandError::usage(
            "A recovery code is needed, and there is no terminal to ask at. Give --recovery-code-file F.",
        ));
    }
    loop {
        note("Recovery code (40 characters; put ? for one that you cannot read):");
        let mut line = Zeroizing::new(String::new());
        let read = io::stdin().lock().read_line(&mut line);
        if read.map_err(|error| CommandError::other(format!("The terminal cannot be read: {error}.")))? == 0 {
            return Err(CommandError::usage("No recovery code was given. Nothing was done."));
        }
        match RecoveryCode::read(&line) {
            Ok(reading) => return Ok(told(&reading).credential()),
            Err(error @ RecoveryCodeError::Version) => return Err(CommandError::usage(format!("{error}."))),
            Err(error) => note(format!("{error}. No guess was spent; look at it again.")),
        }
    }
}

/// Says what was mended.
fn told(reading: &RecoveryCodeReading) -> &RecoveryCodeReading {
    match (reading.mended(), reading.code().is_some()) {
        (0, _) => {}
        (1, true) => note("One character of the recovery code was wrong or missing, and was mended."),
        (count, true) => {
            note(format!("{count} characters of the recovery code were wrong or missing, and were mended."));
        }
        (_, false) => {
            note("Several characters of the recovery code are wrong; what it may have been is tried.")
        }
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        credential: CredentialOptions,
    }

    fn parse(arguments: &[&str]) -> Result<CredentialOptions, clap::Error> {
        let all = std::iter::once("command").chain(arguments.iter().copied());
        Command::try_parse_from(all).map(|command| command.credential)
    }

    #[test]
    fn one_source_is_taken_and_two_are_refused() {
        let source = |arguments: &[&str]| parse(arguments).unwrap().source();
        assert_eq!(source(&[]), CredentialSource::Password(PasswordSource::Terminal));
        assert_eq!(source(&["--recovery-code"]), CredentialSource::CodeAtTerminal);
        assert_eq!(source(&["--recovery-code-file", "f"]), CredentialSource::CodeFile("f".into()));
        assert!(!parse(&[]).unwrap().is_given() && parse(&["--recovery-code"]).unwrap().is_given());
        assert!(parse(&["--recovery-code", "--password-stdin"]).is_err());
        assert!(parse(&["--recovery-code-file", "f", "--password-file", "g"]).is_err());
        assert!(parse(&["--recovery-code-file", "f", "--recovery-code"]).is_err());
    }

    #[test]
    fn a_file_that_holds_no_code_is_a_usage_error_and_repeats_nothing_of_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "SECRET-THAT-IS-NO-CODE").unwrap();
        let error = CredentialSource::CodeFile(file.path().to_path_buf()).read().unwrap_err();
        assert_eq!(error.exit().code(), 2);
        assert!(!error.to_string().contains("SECRET"), "{error}");
        assert!(error.to_string().contains("18 characters in place of 40"), "{error}");
    }
}
