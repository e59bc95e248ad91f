//! `strongroom bundle revoke`.

use crate::{
    access::read_pin,
    error::CommandError,
    files::create,
    new_fleet::PIN_FILE,
    print::say,
    secret_keys::{NoteSigner, PassphraseOptions},
    trust_options::{TrustOptions, now},
};
use clap::Args;
use std::path::{Path, PathBuf};
use strongroom_protocol::ids::FleetId;
use strongroom_trust::{
    ClaimedNote, NoteSignature, Reason, RevocationBody, RevocationContents, TrustRoot, TrustSource as _,
    VerifiedRevocation, body::Body,
};

const EXAMPLES: &str = "\
Examples:
  strongroom bundle revoke --fleet fleet --reason key-compromise --key operator/revocation.key \\
    --trust root.note --out revocation.note
  strongroom bundle revoke --fleet 4f2a…9105 --reason key-compromise --key trustee/root.key --key other/root.key \\
    --trust root.note --out revocation.note                                   by the root keys, for ever

One party's signature stops registering at once, and asks who recovers; both parties', or as many root keys as the
threshold says, end the fleet for ever. It goes to the auditor, whose next unit carries it; the auditor alone revokes by
`strongroom auditor revoke`. Exit codes: 0 written; 2 the key revokes nothing.";

/// Write a revocation: a fleet is not to be spoken to
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct RevokeArguments {
    /// The fleet: its id, its pin or its folder
    #[arg(long, value_name = "FLEET")]
    fleet: String,
    /// Why, in a word: key-compromise
    #[arg(long, value_name = "REASON")]
    reason: Reason,
    /// The operator's revocation key, or a root key, a file; can be given again
    #[arg(long = "key", value_name = "KEY_FILE", required = true)]
    keys: Vec<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    trust: TrustOptions,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl RevokeArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let chain = self.trust.chain()?;
        let root = chain.newest();
        let contents = RevocationContents {
            namespace: root.contents().namespace.clone(),
            fleet: fleet_of(&self.fleet)?,
            issued: now(),
            reason: self.reason.clone(),
        };
        let body = RevocationBody::compose(&contents)
            .map_err(|error| CommandError::usage(format!("This makes no revocation: {error}.")))?;
        let text = body.to_string();
        let sign = |path: &PathBuf| NoteSigner::open(path, &self.passphrase)?.sign(&text);
        let lines = self.keys.iter().map(sign).collect::<Result<Vec<NoteSignature>, _>>()?;
        let note = ClaimedNote::compose(&text, &lines)
            .map_err(|error| CommandError::usage(format!("This makes no revocation: {error}.")))?;
        let by = verify(&note, root)?;
        create(&self.out, note.as_str().as_bytes())?;
        let effect = if by.is_final() { ", for ever" } else { "; who recovers there is asked" };
        say(format!("{} revokes {} in the name of the {by}{effect}.", self.out.display(), contents.fleet));
        say(
            "It goes to the auditor; the operator's next status note has to name it (countersign --revocation).",
        );
        Ok(())
    }
}

fn verify(note: &ClaimedNote, root: &TrustRoot) -> Result<strongroom_trust::Revokers, CommandError> {
    let verified = VerifiedRevocation::verify(note.as_str().as_bytes(), root).map_err(|error| {
        CommandError::usage(format!(
            "Nothing was written: {error}. A party signs with its revocation key, and root keys count from the threshold \
             on ({} of trust root {}).",
            root.contents().threshold,
            root.version()
        ))
    })?;
    Ok(verified.revokers())
}

/// The fleet that somebody names by its id, its pin or its folder.
pub(in crate::command) fn fleet_of(text: &str) -> Result<FleetId, CommandError> {
    if let Some(fleet) = FleetId::from_hex(text) {
        return Ok(fleet);
    }
    let path = Path::new(text);
    let pin = if path.is_dir() { path.join(PIN_FILE) } else { path.to_path_buf() };
    if !pin.is_file() {
        return Err(CommandError::usage(format!(
            "\"{}\" is no fleet. Give its id (64 hex digits), its pin, or its folder.",
            text.escape_debug()
        )));
    }
    Ok(read_pin(&pin)?.fleet().id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_named_by_its_id_or_its_pin() {
        let digits = "4f".repeat(32);
        assert_eq!(fleet_of(&digits).unwrap(), FleetId::new([0x4f; 32]));
        let error = fleet_of("4f2a").unwrap_err();
        assert!(error.to_string().contains("\"4f2a\" is no fleet."), "{error}");
        assert_eq!(error.exit().code(), 2);
    }
}
