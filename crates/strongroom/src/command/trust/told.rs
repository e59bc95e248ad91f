//! Signing a trust root that is on its way, and saying how far it has come.

use crate::{
    error::CommandError,
    print::{INSECURE_SIMULATION, note, say},
    root_draft::RootDraft,
    secret_keys::{NoteSigner, PassphraseOptions},
};
use std::path::{Path, PathBuf};
use strongroom_trust::{RootContents, TrustRoot, counted};

/// Signs with each key file.
pub(super) fn sign_all(
    draft: &mut RootDraft,
    keys: &[PathBuf],
    passphrase: &PassphraseOptions,
    before: Option<&TrustRoot>,
) -> Result<(), CommandError> {
    for path in keys {
        draft.sign(&NoteSigner::open(path, passphrase)?, before)?;
    }
    Ok(())
}

/// Says how many have signed, and what is left to do.
pub(super) fn tell(draft: &RootDraft, path: &Path, before: Option<&TrustRoot>) -> Result<(), CommandError> {
    if draft.contents().is_simulation {
        note(INSECURE_SIMULATION);
    }
    let own = left(draft, draft.contents())?;
    let earlier = before.map_or(Ok(0), |root| left(draft, root.contents()))?;
    let path = path.display();
    say(match (own, earlier) {
        (0, 0) => {
            format!("{path} is trust root {}: enough root keys have signed it.", draft.contents().version)
        }
        (own, 0) => {
            format!("{path} wants {} more of its root keys: strongroom trust sign {path} --key FILE", own)
        }
        (0, earlier) => format!(
            "{path} wants {} of the version before: strongroom trust sign {path} --key FILE",
            counted(earlier as u64, "more root key", "more root keys")
        ),
        (own, earlier) => format!(
            "{path} wants {own} more of its own root keys and {earlier} more of the version before: strongroom trust sign \
             {path} --key FILE"
        ),
    });
    Ok(())
}

/// How many root keys are missing.
pub(super) fn left(draft: &RootDraft, root: &RootContents) -> Result<usize, CommandError> {
    Ok(usize::from(root.threshold).saturating_sub(draft.signers(root)?.len()))
}
