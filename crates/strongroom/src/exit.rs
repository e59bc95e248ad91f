//! The exit codes, which scripts rest on. Page: `docs/cli.md`, "Exit codes".

use std::process::ExitCode;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for is done.
    Done,
    /// Anything that no other code names.
    Other,
    /// The command was called wrongly.
    Usage,
    /// The password is wrong; the message says how many guesses are left.
    WrongPassword,
    /// The slot or the vault is erased, for ever.
    Erased,
    /// No majority of the fleet can be reached.
    NoMajority,
    /// The fleet is not the trusted one, or what should show that it is does not.
    OtherFleet,
    /// The backup is damaged or missing.
    Damaged,
    /// The account is not authorised.
    NotAuthorised,
}

impl Exit {
    /// The number that the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Other => 1,
            Self::Usage => 2,
            Self::WrongPassword => 3,
            Self::Erased => 4,
            Self::NoMajority => 5,
            Self::OtherFleet => 6,
            Self::Damaged => 7,
            Self::NotAuthorised => 8,
        }
    }

    /// The exit with that number, for the client's own words on its errors.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Done,
            2 => Self::Usage,
            3 => Self::WrongPassword,
            4 => Self::Erased,
            5 => Self::NoMajority,
            6 => Self::OtherFleet,
            7 => Self::Damaged,
            8 => Self::NotAuthorised,
            _ => Self::Other,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_documentation() {
        let documented = [
            (Exit::Done, 0),
            (Exit::Other, 1),
            (Exit::Usage, 2),
            (Exit::WrongPassword, 3),
            (Exit::Erased, 4),
            (Exit::NoMajority, 5),
            (Exit::OtherFleet, 6),
            (Exit::Damaged, 7),
            (Exit::NotAuthorised, 8),
        ];
        for (exit, code) in documented {
            assert_eq!(exit.code(), code);
            assert_eq!(Exit::from_code(code), exit);
        }
        assert_eq!(Exit::from_code(200), Exit::Other);
    }
}
