//! What an auditor's and a witness's errors mean to whoever runs them.

use super::CommandError;
use crate::exit::Exit;
use std::io;
use strongroom_auditor::{
    auditor::{AcceptError, AdoptError, AuditorError, InitError, OpenError, RevokeError, SignError},
    config::ConfigError,
    evidence::EvidenceError,
    key::KeyFileError,
    keys::{KeysError, NextKeysError},
    log::LogError,
    storage::StorageError,
    witness::{WitnessError, WitnessFolderError},
};

/// What to do where a folder does not hold what its program wrote.
const DAMAGED: &str = "Nothing was signed. Stop the service and get the folder from its newest copy; an older one would \
                       let the log fork";
const OTHER_SYSTEM: &str = "Look at the folder's disk and permissions, and run the same command again";
const CONFIGURATION: &str = "Mend auditor.toml, whose fields docs/spec/auditor.md explains";

/// Joins what happened with what to do.
fn told(exit: Exit, error: &impl std::fmt::Display, what_to_do: &str) -> CommandError {
    let error = error.to_string();
    let mut characters = error.chars();
    let first = characters.next().map(char::to_uppercase);
    let sentence: String = first.into_iter().flatten().chain(characters).collect();
    CommandError::new(exit, format!("{}. {what_to_do}.", sentence.trim_end_matches('.')))
}

impl From<StorageError> for CommandError {
    fn from(error: StorageError) -> Self {
        match &error {
            StorageError::Io { cause, .. } if cause.kind() == io::ErrorKind::NotFound => told(
                Exit::Usage,
                &error,
                "Give a folder that `strongroom auditor init` or `strongroom witness init` made",
            ),
            StorageError::Io { cause, .. } if cause.kind() == io::ErrorKind::DirectoryNotEmpty => {
                told(Exit::Usage, &error, "Keys are never written over: choose a new folder")
            }
            _ => told(Exit::Other, &error, OTHER_SYSTEM),
        }
    }
}

impl From<KeyFileError> for CommandError {
    fn from(error: KeyFileError) -> Self {
        let what_to_do = match &error {
            KeyFileError::Passphrase(_) => "Try again; a changed file cannot be told from a wrong passphrase",
            KeyFileError::Memory => "Close other programs and try again",
            KeyFileError::Form(_) | KeyFileError::OtherKey(_) => "Get the key file from its copy",
        };
        told(Exit::Usage, &error, what_to_do)
    }
}

impl From<KeysError> for CommandError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Storage(error) => error.into(),
            KeysError::Key { cause, .. } => cause.into(),
            KeysError::Missing(_) => {
                told(Exit::Usage, &error, "Give a folder that `strongroom auditor init` made")
            }
            KeysError::Name(_) => told(Exit::Usage, &error, "Choose a shorter one by --origin"),
        }
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Storage(error) => error.into(),
            ConfigError::Missing => {
                told(Exit::Usage, &error, "Give a folder that `strongroom auditor init` made")
            }
            ConfigError::Malformed(_) | ConfigError::TooManyWitnesses => {
                told(Exit::Usage, &error, CONFIGURATION)
            }
        }
    }
}

impl From<InitError> for CommandError {
    fn from(error: InitError) -> Self {
        match error {
            InitError::Storage(error) => error.into(),
            InitError::Keys(error) => error.into(),
            InitError::Config(error) => error.into(),
        }
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Storage(error) => error.into(),
            OpenError::Keys(error) => error.into(),
            OpenError::Config(error) => error.into(),
            OpenError::Web(_) => told(Exit::Other, &error, "Look at this machine's network settings"),
        }
    }
}

impl From<NextKeysError> for CommandError {
    fn from(error: NextKeysError) -> Self {
        match error {
            NextKeysError::Keys(error) => error.into(),
            NextKeysError::Waiting(_) => told(
                Exit::Usage,
                &error,
                "Keys are never written over: have that trust root signed and adopted first, or remove the file from \
                 private/next-keys",
            ),
        }
    }
}

impl From<LogError> for CommandError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Storage(error) => error.into(),
            LogError::TooFewWitnesses { .. } => told(
                Exit::NoMajority,
                &error,
                "Nothing was given out, and what was begun is kept: run the same command again when they answer; \
                 `strongroom auditor witness` says where each is, and each has to watch this log",
            ),
            LogError::PutBack { .. } | LogError::Forked | LogError::Missing(_) | LogError::Broken(_) => {
                told(Exit::Damaged, &error, DAMAGED)
            }
            LogError::Batch(_)
            | LogError::Pending
            | LogError::Empty
            | LogError::Signer(_)
            | LogError::Checkpoint(_) => told(Exit::Other, &error, "Run the same command again"),
        }
    }
}

impl From<AuditorError> for CommandError {
    fn from(error: AuditorError) -> Self {
        match error {
            AuditorError::NoRoot => {
                told(Exit::Usage, &error, "Adopt the first one: strongroom auditor adopt DIR ROOT")
            }
            AuditorError::RootExpired => told(
                Exit::Other,
                &error,
                "The holders of the root keys make it by `strongroom trust rotate`; until then only revocations are signed",
            ),
            AuditorError::OtherKeys => told(
                Exit::Usage,
                &error,
                "Keys were made or changed after it was started; nothing was signed",
            ),
            AuditorError::Keys(error) => error.into(),
            AuditorError::Storage(error) => error.into(),
            AuditorError::Log(error) => error.into(),
            AuditorError::Root(_) | AuditorError::Ledger(_) | AuditorError::Broken(_) => {
                told(Exit::Damaged, &error, DAMAGED)
            }
            AuditorError::Signing(_) => told(Exit::Other, &error, "Get the key files from their copy"),
            AuditorError::Status(_) => {
                told(Exit::Other, &error, "Set this machine's clock, and run the same command again")
            }
            AuditorError::Unit(_) => told(
                Exit::OtherFleet,
                &error,
                "The unit of before is still published; find out what devices would refuse before anything else",
            ),
            AuditorError::TooManyRevocations => {
                told(Exit::Other, &error, "Have the operator propose it (strongroom bundle propose --revoke)")
            }
        }
    }
}

impl From<AdoptError> for CommandError {
    fn from(error: AdoptError) -> Self {
        match error {
            AdoptError::Auditor(error) => error.into(),
            AdoptError::Root(_) => told(
                Exit::OtherFleet,
                &error,
                "Nothing was adopted: get the trust root from those who signed it; one that follows needs the root keys of \
                 both versions",
            ),
            AdoptError::OtherKeys => told(
                Exit::Usage,
                &error,
                "Nothing was adopted: the trust root has to name the lines of this folder's public/keys",
            ),
            AdoptError::Namespace => {
                told(Exit::Usage, &error, "Nothing was adopted: give the folder of that namespace")
            }
        }
    }
}

impl From<SignError> for CommandError {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Auditor(error) => error.into(),
            SignError::Admission(_) => told(
                Exit::OtherFleet,
                &error,
                "Nothing was signed: send it back to the operator, who proposes another one",
            ),
            SignError::Evidence(EvidenceError::Unreachable { .. }) => told(
                Exit::Other,
                &error,
                "Nothing was signed: get the manifest from the operator and say by --evidence where it is",
            ),
            SignError::Evidence(EvidenceError::Other(_)) => told(
                Exit::OtherFleet,
                &error,
                "Nothing was signed: ask the operator which manifest is the right one",
            ),
        }
    }
}

impl From<AcceptError> for CommandError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Auditor(error) => error.into(),
            AcceptError::Note(_) => told(
                Exit::OtherFleet,
                &error,
                "Nothing was taken: it has to be what `strongroom bundle countersign` wrote",
            ),
            AcceptError::NotTheLast => told(
                Exit::Usage,
                &error,
                "Nothing was taken: have the operator counter-sign what lies in public/to-countersign now",
            ),
        }
    }
}

impl From<RevokeError> for CommandError {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::Auditor(error) => error.into(),
            RevokeError::Note(_) => told(
                Exit::OtherFleet,
                &error,
                "Nothing was taken: a party's revocation key signs it, or as many root keys as the threshold says",
            ),
            RevokeError::UnknownFleet(_) => {
                told(Exit::Usage, &error, "Nothing was revoked: give the fleet's id, its pin or its folder")
            }
        }
    }
}

impl From<WitnessFolderError> for CommandError {
    fn from(error: WitnessFolderError) -> Self {
        match error {
            WitnessFolderError::Storage(error) => error.into(),
            WitnessFolderError::Key(error) => error.into(),
            WitnessFolderError::NoKey => {
                told(Exit::Usage, &error, "Give a folder that `strongroom witness init` made")
            }
        }
    }
}

impl From<WitnessError> for CommandError {
    fn from(error: WitnessError) -> Self {
        match error {
            WitnessError::Storage(error) => error.into(),
            WitnessError::Broken(_) => told(Exit::Damaged, &error, DAMAGED),
            WitnessError::NotWatched => {
                told(Exit::Usage, &error, "The folder's private/logs lists those that are")
            }
            WitnessError::TooManyLogs => told(Exit::Usage, &error, "Run another witness for further logs"),
            WitnessError::Clock => told(Exit::Other, &error, "Set this machine's clock"),
            WitnessError::Refused(_) | WitnessError::Signer(_) => {
                told(Exit::Other, &error, "Nothing was cosigned")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_witnesses_end_with_5_and_a_damaged_folder_with_7() {
        let few = LogError::TooFewWitnesses { needed: 2, met: 1, failures: Vec::new() };
        let error = CommandError::from(AuditorError::from(few));
        assert_eq!(error.exit(), Exit::NoMajority);
        assert!(
            error.to_string().starts_with("1 witness cosigned, 2 have to. Nothing was given out"),
            "{error}"
        );
        let forked = CommandError::from(SignError::from(AuditorError::from(LogError::Forked)));
        assert_eq!(forked.exit(), Exit::Damaged);
        assert!(forked.to_string().contains("from its newest copy"), "{forked}");
    }

    #[test]
    fn whoever_gives_the_wrong_folder_or_passphrase_is_told_so() {
        let missing = StorageError::Io { path: "x".into(), cause: io::ErrorKind::NotFound.into() };
        let error = CommandError::from(OpenError::from(missing));
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains("`strongroom auditor init`"), "{error}");
        let passphrase = KeysError::Key { kind: "log", cause: KeyFileError::Passphrase("a/log".into()) };
        assert_eq!(CommandError::from(passphrase).exit(), Exit::Usage);
    }
}
