//! What the client's errors mean to the person at the keyboard.

use super::CommandError;
use crate::exit::Exit;
use std::path::Path;
use strongroom_client::{ClientError, Concern, Questions, trust::advice_on_concern};
use strongroom_protocol::ids::FleetId;
use strongroom_trust::VerifiedFleet;

/// What there is to say after the last guess.
const NO_GUESS_LEFT: &str = "No guess is left: no password opens this vault any more, not even the right one. \
    A device that still holds the key, or whoever has the recovery code, can set a new one: \
    strongroom vault change-password";

/// Puts an error of the client into words. `trust` is the file of the pin or the trust root; the fleet is known where
/// a pin names it, or once a trust root has led to it.
#[must_use]
pub fn explain(error: &ClientError, fleet: Option<&VerifiedFleet>, trust: &Path) -> CommandError {
    let message = match error {
        ClientError::WrongPassword { left, .. } => wrong_password(*left),
        ClientError::Erased => erased(),
        ClientError::NoMajority { reachable, .. } => no_majority(*reachable, fleet),
        ClientError::Unreachable { cause, .. } => {
            format!("{} The last one said: {cause}.", no_majority(0, fleet))
        }
        ClientError::Untrusted { expected, met, place } => other_fleet(*expected, *met, place, trust),
        ClientError::Impostor { .. } => format!(
            "{}.\nNothing was sent that could help anyone guess your password. \
             Somebody stands in between, or the node is broken: do not go on from this network.",
            capitalised(&error.to_string())
        ),
        ClientError::Trust { evidence, .. } => not_believed(error, evidence.as_deref()),
        ClientError::Roots(_) | ClientError::Memory(_) | ClientError::NoUnit { .. } => not_believed(error, None),
        ClientError::Unconfirmed(questions) => format!(
            "Something speaks against this fleet, so nothing was sent.\n{}Whoever cannot wait and knows what it means \
             goes on with --insist.",
            in_words(questions)
        ),
        ClientError::WrongRecoveryCode => "This recovery code does not open this vault. No guess was spent. Either it \
             belongs to another vault (its sheet names fleet and vault), a newer one took its place, or more of its \
             characters are wrong than can be mended."
            .to_owned(),
        ClientError::NoRecoveryCode => "This vault has no recovery code, or not any more. A device that holds the key can \
             add one: strongroom vault add recovery-code"
            .to_owned(),
        ClientError::SlotTaken(slot) => format!(
            "The vault has a recovery code already, in slot {}. --replace puts a new one in its place, and the old sheet \
             opens nothing any more.",
            slot.get()
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
     A device that still holds the key needs none; a recovery code, where the vault has one, and the 64-digit key open \
     the backup too: strongroom restore --recovery-code, strongroom restore --key-file F"
        .to_owned()
}

/// What was met, what it means, and what to do.
fn not_believed(error: &ClientError, evidence: Option<&Path>) -> String {
    let mut text = format!("{}.", capitalised(&error.to_string()));
    if let Some(advice) = error.advice() {
        text.push_str(&format!("\n{advice}."));
    }
    if let Some(evidence) = evidence {
        text.push_str(&format!("\nBoth statements are kept in {}.", evidence.display()));
    }
    text
}

/// Each concern with what it means, a line each.
#[must_use]
pub fn in_words(questions: &Questions) -> String {
    let line = |concern: &Concern| {
        format!("  {}\n    {}.\n", capitalised(&concern.to_string()), advice_on_concern(concern))
    };
    questions.concerns().iter().map(line).collect()
}

fn no_majority(reachable: usize, fleet: Option<&VerifiedFleet>) -> String {
    let Some(fleet) = fleet else {
        return "No node that was named can be reached. Nothing was sent; try again later, or check the addresses."
            .into();
    };
    let (members, quorum) = (fleet.members(), fleet.quorum());
    let is = if reachable == 1 { "is" } else { "are" };
    let count = if reachable < usize::from(quorum) {
        format!("{reachable} of {members} nodes {is} reachable, {quorum} are needed")
    } else {
        format!(
            "{reachable} of {members} nodes {is} reachable, but fewer than {quorum} of them work together"
        )
    };
    format!(
        "The fleet cannot answer: {count}. Nothing was lost, and trying the same password again \
         costs no second guess. Try again later."
    )
}

fn other_fleet(expected: FleetId, met: FleetId, place: &str, trust: &Path) -> String {
    format!(
        "This fleet is not the one you trust.\n  expected  fleet id {}, as {} says\n  met       fleet id {} at {place}\n\
         Nothing was sent that could help anyone guess your password. Either an address is wrong, \
         or somebody stands in between: do not go on from this network.",
        expected.to_hex(),
        trust.display(),
        met.to_hex(),
    )
}

fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
