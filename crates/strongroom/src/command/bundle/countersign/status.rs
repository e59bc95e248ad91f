//! Whether the operator counter-signs a status note. Page: `docs/spec/status.md`, "Admission".

use crate::{error::CommandError, files::read_at_most, note_text::NoteText};
use std::path::{Path, PathBuf};
use strongroom_trust::{
    BundleBody, CountersignedNote, Moment, NoteKey, PartyKeys, RootChain, StatusBody, VerifiedRevocation,
    admission::{KnownRevocation, admit_status},
    body::Body,
    limits::NOTE_BYTES_MAX,
};

/// Checks a status note by the rules that hold for both parties.
///
/// # Errors
/// A file cannot be read or is not what it should be, or a rule is broken.
pub(super) fn check(
    text: &NoteText,
    chain: &RootChain,
    bundle: &Path,
    previous: Option<&Path>,
    revocations: &[PathBuf],
    at: Moment,
) -> Result<(), CommandError> {
    let status = StatusBody::parse(&text.body).map_err(|error| {
        CommandError::untrusted(format!("The status note: {error}. Counter-sign nothing."))
    })?;
    let note = read(bundle, chain, |keys| &keys.bundle)?;
    let newest = body::<BundleBody>(bundle, &note)?;
    let before = match previous {
        Some(path) => Some(body::<StatusBody>(path, &read(path, chain, |keys| &keys.status)?)?),
        None => None,
    };
    let known = revocations.iter().map(|path| known(path, chain)).collect::<Result<Vec<_>, _>>()?;
    let about = (newest.contents(), note.digest());
    admit_status(&status, before.as_ref(), chain.newest(), about, &known, at).map_err(|error| {
        CommandError::untrusted(format!(
            "Counter-sign nothing: {error}. Tell the auditor; if the numbers are at odds, give the newest --bundle and \
             the last --previous."
        ))
    })
}

/// Reads a counter-signed note that bears the keys of one of the roots at hand.
fn read(
    path: &Path,
    chain: &RootChain,
    key: impl Fn(&PartyKeys) -> &NoteKey,
) -> Result<CountersignedNote, CommandError> {
    let bytes = read_at_most(path, NOTE_BYTES_MAX)?;
    let mut verdict = Err("no trust root is at hand".to_owned());
    for root in chain.roots().map(|root| root.contents()) {
        verdict = CountersignedNote::parse(&bytes)
            .and_then(|note| {
                note.verify_operator(key(&root.operator))?;
                note.verify_auditor(key(&root.auditor))?;
                Ok(note)
            })
            .map_err(|error| error.to_string());
        if verdict.is_ok() {
            break;
        }
    }
    verdict.map_err(|cause| not_both(path, &cause))
}

fn body<B: Body>(path: &Path, note: &CountersignedNote) -> Result<B, CommandError> {
    B::parse(note.body()).map_err(|error| not_both(path, &error.to_string()))
}

fn known(path: &Path, chain: &RootChain) -> Result<KnownRevocation, CommandError> {
    let bytes = read_at_most(path, NOTE_BYTES_MAX)?;
    let verified = VerifiedRevocation::verify(&bytes, chain.newest());
    verified.as_ref().map(KnownRevocation::from).map_err(|error| {
        CommandError::untrusted(format!("{} is no revocation: {error}. Leave it away.", path.display()))
    })
}

fn not_both(path: &Path, cause: &str) -> CommandError {
    CommandError::untrusted(format!(
        "{} is not what both parties signed: {cause}. Give the counter-signed note as it went to the auditor.",
        path.display()
    ))
}
