//! Reads a trust root, and checks the rules that no form shows.

use super::contents::{Party, PartyKeys, RootBody, RootContents, RootKey};
use super::policy;
use crate::{
    NoteKey,
    body::Body,
    bundle::read_expiry,
    limits::{NOTE_BYTES_MAX, ROOT_KEYS_MAX},
    lines::{LineError, Lines},
};

pub(super) fn contents(text: &str) -> Result<RootContents, LineError> {
    let mut lines = Lines::of(text.as_bytes(), NOTE_BYTES_MAX)?;
    lines.exactly(RootBody::HEADER)?;
    let namespace = lines.expect("namespace")?.parse()?;
    let version = lines.expect("version")?.parse()?;
    let issued = lines.expect("issued")?.parse()?;
    let expires = read_expiry(&lines.expect("expires")?, issued)?;
    let is_simulation = lines.optional("INSECURE")?.is_some();
    let threshold_line = lines.expect("threshold")?;
    let threshold = threshold_line.number()?;
    let root_keys = read_root_keys(&mut lines)?;
    let operator = read_party(&mut lines, Party::Operator)?;
    let auditor = read_party(&mut lines, Party::Auditor)?;
    let policy = policy::read(&mut lines)?;
    lines.end()?;
    let contents = RootContents {
        namespace,
        version,
        issued,
        expires,
        is_simulation,
        threshold,
        root_keys,
        operator,
        auditor,
        policy,
    };
    check_threshold(&contents).map_err(|cause| threshold_line.error(cause))?;
    check_keys(&contents).map_err(|cause| threshold_line.error(cause))?;
    Ok(contents)
}

fn read_root_keys(lines: &mut Lines<'_>) -> Result<Vec<RootKey>, LineError> {
    let mut keys = Vec::new();
    while let Some(value) = lines.optional("root")? {
        if keys.len() == ROOT_KEYS_MAX {
            return Err(value.error(format_args!("at most {ROOT_KEYS_MAX} root keys may stand")));
        }
        let (party, key) = value.split()?;
        keys.push(RootKey { party: party.parse()?, key: key.parse()? });
    }
    Ok(keys)
}

fn read_party(lines: &mut Lines<'_>, party: Party) -> Result<PartyKeys, LineError> {
    let mut key = |kind: &str| lines.expect(party.word())?.after(kind)?.parse::<NoteKey>();
    Ok(PartyKeys { bundle: key("bundle")?, status: key("status")?, revocation: key("revocation")? })
}

/// Neither operator nor auditor alone can reach the threshold or keep the others from it.
fn check_threshold(contents: &RootContents) -> Result<(), &'static str> {
    let (all, threshold) = (contents.root_keys.len(), usize::from(contents.threshold));
    if threshold == 0 || threshold > all {
        return Err("is not between one and the number of root keys");
    }
    for party in [Party::Operator, Party::Auditor] {
        let held = contents.held_by(party);
        if held >= threshold {
            return Err("operator or auditor alone could reach it");
        }
        if all.saturating_sub(held) < threshold {
            return Err("operator or auditor alone could block it");
        }
    }
    Ok(())
}

/// No public key has two roles: what is signed for one must not serve another.
fn check_keys(contents: &RootContents) -> Result<(), &'static str> {
    let roots = contents.root_keys.iter().map(|root| &root.key);
    let parties = contents.operator.all().into_iter().chain(contents.auditor.all());
    let notes = roots.chain(parties).chain(&contents.policy.logs).map(NoteKey::public);
    let witnesses = contents.policy.witnesses.iter().map(|witness| witness.key.public());
    let mut all: Vec<&[u8; 32]> = notes.chain(witnesses).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    if all.len() == count { Ok(()) } else { Err("a public key stands twice in this trust root") }
}
