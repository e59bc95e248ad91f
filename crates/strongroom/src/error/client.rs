//! What the client's errors mean to the person at the keyboard.

use super::CommandError;
use crate::exit::Exit;
use std::path::Path;
use strongroom_client::ClientError;
use strongroom_protocol::ids::FleetId;
use strongroom_trust::VerifiedFleet;

/// What there is to say after the last guess.
const NO_GUESS_LEFT: &str = "No guess is left: no password opens this vault any more, not even the right one. \
    A device that still holds the key can set a new one: strongroom vault change-password";

/// Puts an error of the client into words. `pin` is the file that names the trusted fleet.
#[must_use]
pub fn explain(error: &ClientError, fleet: &VerifiedFleet, pin: &Path) -> CommandError {
    let message = match error {
        ClientError::WrongPassword { left, .. } => wrong_password(*left),
        ClientError::Erased => erased(),
        ClientError::NoMajority { reachable, .. } => no_majority(*reachable, fleet),
        ClientError::Unreachable { cause, .. } => {
            format!("{} The last one said: {cause}.", no_majority(0, fleet))
        }
        ClientError::Untrusted { expected, met, place } => other_fleet(*expected, *met, place, pin),
        ClientError::Impostor { .. } => format!(
            "{}.\nNothing was sent that could help anyone guess your password. \
             Somebody stands in between, or the node is broken: do not go on from this network.",
            capitalised(&error.to_string())
        ),
        ClientError::Absent => "The fleet knows no vault for this backup: strongroom.json beside it is another one's, \
             or its making was never finished. Get strongroom.json from another copy of the storage; where no backup \
             was ever made here, remove it and run `strongroom backup` again."
            .to_owned(),
        ClientError::NotAuthorised { .. } => format!(
            "{}. Give a token that is valid now by --token-file or STRONGROOM_TOKEN_FILE; \
             for a development fleet, `strongroom fleet token` makes one.",
            capitalised(&error.to_string())
        ),
        ClientError::OtherPassword => "The making of this vault was begun with another password. Give that one; or, \
             where no backup was made yet, remove strongroom.json beside it and begin anew."
            .to_owned(),
        ClientError::Unfinished => {
            "The making of this vault was interrupted. Run `strongroom backup` to finish it.".to_owned()
        }
        other => format!("{}.", capitalised(&other.to_string())),
    };
    CommandError::new(Exit::from_code(error.exit_code()), message)
}

/// Says that a password is wrong and what is left.
#[must_use]
fn wrong_password(left: u8) -> String {
    let last_words = "after the last one the password can never open this vault again.";
    match left {
        0 => format!("Wrong password. {NO_GUESS_LEFT}"),
        1 => format!("Wrong password. 1 guess is left; {last_words}"),
        left => format!("Wrong password. {left} guesses are left; {last_words}"),
    }
}

fn erased() -> String {
    "This vault is erased: its guesses were used up, or its owner erased it. No password opens it any more. \
     A device that still holds the key needs none, and the 64-digit key opens the backup too: \
     strongroom restore --key-file F"
        .to_owned()
}

fn no_majority(reachable: usize, fleet: &VerifiedFleet) -> String {
    let (members, quorum) = (fleet.members(), fleet.quorum());
    let count = if reachable < usize::from(quorum) {
        format!("{reachable} of {members} nodes are reachable, {quorum} are needed")
    } else {
        format!("{reachable} of {members} nodes are reachable, but fewer than {quorum} of them work together")
    };
    format!(
        "The fleet cannot answer: {count}. Nothing was lost, and trying the same password again \
         costs no second guess. Try again later."
    )
}

fn other_fleet(expected: FleetId, met: FleetId, place: &str, pin: &Path) -> String {
    format!(
        "This fleet is not the one you trust.\n  expected  fleet id {}, as pinned in {}\n  met       fleet id {} at {place}\n\
         Nothing was sent that could help anyone guess your password. Either the address or the pin is wrong, \
         or somebody stands in between: do not go on from this network.",
        expected.to_hex(),
        pin.display(),
        met.to_hex(),
    )
}

fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
