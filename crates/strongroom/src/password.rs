//! Passwords: from the terminal without an echo, from a file, or from standard input; never from the command line.

use crate::error::CommandError;
use clap::Args;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use strongroom_client::Credential;
use zeroize::Zeroizing;

/// Bytes of a password file at most; the protocol takes 1024.
const PASSWORD_FILE_BYTES_MAX: u64 = 4096;
/// Characters below which a password gets a warning.
const FEW_CHARACTERS: usize = 8;

/// Where the password comes from.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Password")]
pub struct PasswordOptions {
    /// Read the password from a file; a line feed at its end is no part of it
    #[arg(long, value_name = "F", conflicts_with = "password_stdin")]
    pub password_file: Option<PathBuf>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
}

/// A password as it was given. It has no `Debug` and is zeroised when dropped.
pub struct Password(Zeroizing<String>);

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// A person who can be asked again.
    Terminal,
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl PasswordOptions {
    /// Whether one of the options was given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.password_file.is_some() || self.password_stdin
    }

    /// The source that the options name.
    #[must_use]
    pub fn source(&self) -> PasswordSource {
        match (&self.password_file, self.password_stdin) {
            (Some(path), _) => PasswordSource::File(path.clone()),
            (None, true) => PasswordSource::Stdin,
            (None, false) => PasswordSource::Terminal,
        }
    }
}

impl PasswordSource {
    /// Whether a wrong password can be followed by another.
    #[must_use]
    pub fn can_ask_again(&self) -> bool {
        *self == Self::Terminal
    }

    /// Gets the password of a vault that stands.
    ///
    /// # Errors
    /// There is no terminal, the file cannot be read, or nothing was given.
    pub fn read(&self) -> Result<Password, CommandError> {
        self.prompt("Password: ")
    }

    /// Gets a new password: at a terminal twice, and with a warning where it is short.
    ///
    /// # Errors
    /// As [`Self::read`], or the two differ.
    pub fn read_new(&self) -> Result<Password, CommandError> {
        let password = self.prompt("New password or PIN: ")?;
        if self.can_ask_again() && *self.prompt("Again: ")?.0 != *password.0 {
            return Err(CommandError::usage("The two passwords differ. Nothing was done; try again."));
        }
        if let Some(warning) = password.warning() {
            crate::print::note(warning);
        }
        Ok(password)
    }

    fn prompt(&self, prompt: &str) -> Result<Password, CommandError> {
        let text = match self {
            Self::Terminal => {
                rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| no_terminal())?
            }
            Self::File(path) => {
                let file = File::open(path).map_err(|error| CommandError::file(path, "read", &error))?;
                read_text(file, path)?
            }
            Self::Stdin => read_text(io::stdin().lock(), Path::new("standard input"))?,
        };
        if text.is_empty() {
            return Err(CommandError::usage("The password is empty. Nothing was done."));
        }
        Ok(Password(text))
    }
}

impl Password {
    /// Takes a password that the program itself made.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The credential that the client takes.
    #[must_use]
    pub fn credential(&self) -> Credential {
        Credential::password(self.0.as_str())
    }

    /// A warning about a short password, which is allowed.
    fn warning(&self) -> Option<String> {
        let characters = self.0.chars().count();
        if characters >= FEW_CHARACTERS {
            return None;
        }
        Some(format!(
            "That is short ({characters} characters). The fleet lets nobody guess often, but who sees you type it, \
             or knows you well, needs few guesses. Eight characters or more are better."
        ))
    }
}

fn no_terminal() -> CommandError {
    CommandError::usage(
        "A password is needed, and there is no terminal to ask at. Give --password-file or --password-stdin.",
    )
}

/// Reads one password; a line feed at its end, with or without a carriage return, is no part of it.
fn read_text(source: impl Read, name: &Path) -> Result<Zeroizing<String>, CommandError> {
    let capacity = usize::try_from(PASSWORD_FILE_BYTES_MAX).unwrap_or(0).saturating_add(1);
    // One buffer that never grows leaves no copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    source
        .take(PASSWORD_FILE_BYTES_MAX.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| CommandError::file(name, "read", &error))?;
    if bytes.len() >= capacity {
        let message = format!("{} is too long for a password.", name.display());
        return Err(CommandError::usage(message));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        CommandError::usage(format!("{} is no UTF-8 text, as a password is.", name.display()))
    })?;
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, CommandError> {
        read_text(bytes, Path::new("password")).map(|text| text.as_str().to_owned())
    }

    #[test]
    fn one_line_feed_at_the_end_is_no_part_of_a_password() {
        assert_eq!(read(b"secret\n").unwrap(), "secret");
        assert_eq!(read(b"secret\r\n").unwrap(), "secret");
        assert_eq!(read(b"secret").unwrap(), "secret");
        assert_eq!(read(b" two  words \n\n").unwrap(), " two  words \n");
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        assert!(read(&[b'a'; 4096]).is_ok());
        assert_eq!(read(&[b'a'; 4097]).unwrap_err().exit().code(), 2);
        assert_eq!(read(&[0xff]).unwrap_err().exit().code(), 2);
    }

    #[test]
    fn an_empty_file_holds_no_password() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let source = PasswordSource::File(file.path().to_path_buf());
        assert_eq!(source.read().err().unwrap().exit().code(), 2);
    }

    #[test]
    fn a_short_password_is_warned_about_and_a_long_one_is_not() {
        assert!(Password::of("1234").warning().unwrap().contains("4 characters"));
        assert_eq!(Password::of("correct horse").warning(), None);
    }
}
