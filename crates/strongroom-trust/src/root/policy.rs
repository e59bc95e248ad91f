//! Which checkpoints count: the logs, the witnesses, and how many of them have to cosign.
//!
//! The lines are those of C2SP `tlog-policy`; [`Policy::text`] is a policy file by itself. Between
//! them a trust root says who runs each witness.

use super::Party;
use crate::{
    ClaimedNote, NoteKey, WitnessKey,
    checkpoint::{CheckpointBody, CheckpointError, WitnessedCheckpoint},
    limits::{LOGS_MAX, WITNESSES_MAX},
    lines::{LineError, Lines, Value},
    words::FleetLabel,
};
use std::fmt;

/// The name of the one group, which is the quorum.
const GROUP: &str = "witnesses";

/// The logs, the witnesses, and how many of them have to cosign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The logs, each named by its checkpoints' origin.
    pub logs: Vec<NoteKey>,
    /// The witnesses.
    pub witnesses: Vec<Witness>,
    /// How many of the witnesses have to cosign.
    pub quorum: u8,
}

/// One witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its name in the policy.
    pub name: String,
    /// Its key.
    pub key: WitnessKey,
    /// Who runs it.
    pub party: Party,
}

impl Policy {
    /// The policy as a file of its own, as other people's tools read it.
    pub fn text(&self) -> String {
        struct Alone<'a>(&'a Policy);
        impl fmt::Display for Alone<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(f, false)
            }
        }
        Alone(self).to_string()
    }

    /// Verifies a checkpoint: an allowed origin, its log's signature, enough witnesses.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    pub fn verify(&self, note: &ClaimedNote) -> Result<WitnessedCheckpoint, CheckpointError> {
        let body = self.verify_log(note)?;
        let mut times = Vec::new();
        for witness in &self.witnesses {
            let time = note.cosigned_by(&witness.key).map_err(CheckpointError::Cosignature)?;
            times.extend(time.map(|at| (witness.name.clone(), at)));
        }
        let (met, needed) = (times.len(), usize::from(self.quorum));
        times.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        match times.get(needed.saturating_sub(1)).map(|(_, at)| *at) {
            Some(quorum_time) if met >= needed => {
                Ok(WitnessedCheckpoint { body, note: note.clone(), times, quorum_time })
            }
            _ => Err(CheckpointError::TooFewWitnesses { needed, met }),
        }
    }

    /// Verifies a checkpoint's origin and its log's signature alone, as a witness does.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    pub fn verify_log(&self, note: &ClaimedNote) -> Result<CheckpointBody, CheckpointError> {
        verify_log(&self.logs, note)
    }

    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, with_parties: bool) -> fmt::Result {
        self.logs.iter().try_for_each(|log| writeln!(f, "log {log}"))?;
        for Witness { name, key, party } in &self.witnesses {
            writeln!(f, "witness {name} {key}")?;
            if with_parties {
                writeln!(f, "party {name} {party}")?;
            }
        }
        write!(f, "group {GROUP} {}", self.quorum)?;
        self.witnesses.iter().try_for_each(|witness| write!(f, " {}", witness.name))?;
        writeln!(f, "\nquorum {GROUP}")
    }
}

/// Verifies that a checkpoint is of one of these logs, by its origin and signature.
pub(crate) fn verify_log(logs: &[NoteKey], note: &ClaimedNote) -> Result<CheckpointBody, CheckpointError> {
    let body = CheckpointBody::parse(note.text())?;
    let mut is_known = false;
    let mut is_signed = false;
    for log in logs.iter().filter(|log| log.name().as_str() == body.origin) {
        is_known = true;
        is_signed |= note.is_signed_by(log).map_err(CheckpointError::LogSignature)?;
    }
    match (is_known, is_signed) {
        (true, true) => Ok(body),
        (true, false) => Err(CheckpointError::LogUnsigned),
        (false, _) => Err(CheckpointError::ForeignOrigin),
    }
}

pub(super) fn read(lines: &mut Lines<'_>) -> Result<Policy, LineError> {
    let logs = read_logs(lines)?;
    let witnesses = read_witnesses(lines)?;
    let group = lines.expect("group")?;
    let (quorum, names) = group.after(GROUP)?.split()?;
    let quorum = quorum.number()?;
    if !names.text().split(' ').eq(witnesses.iter().map(|witness| witness.name.as_str())) {
        return Err(group.error("wants every witness in its order"));
    }
    check_quorum(quorum, &witnesses).map_err(|cause| group.error(cause))?;
    let named = lines.expect("quorum")?;
    if named.text() != GROUP {
        return Err(named.error(format_args!("wants \"{GROUP}\"")));
    }
    Ok(Policy { logs, witnesses, quorum })
}

fn read_logs(lines: &mut Lines<'_>) -> Result<Vec<NoteKey>, LineError> {
    let mut logs = vec![lines.expect("log")?.parse()?];
    while let Some(value) = lines.optional("log")? {
        if logs.len() == LOGS_MAX {
            return Err(value.error(format_args!("at most {LOGS_MAX} logs may stand")));
        }
        logs.push(value.parse()?);
    }
    Ok(logs)
}

fn read_witnesses(lines: &mut Lines<'_>) -> Result<Vec<Witness>, LineError> {
    let mut witnesses: Vec<Witness> = Vec::new();
    while let Some(value) = lines.optional("witness")? {
        if witnesses.len() == WITNESSES_MAX {
            return Err(value.error(format_args!("at most {WITNESSES_MAX} witnesses may stand")));
        }
        let (name, key) = value.split()?;
        let name = read_name(&name, &witnesses)?;
        let party = lines.expect("party")?.after(&name)?.parse()?;
        witnesses.push(Witness { name, key: key.parse()?, party });
    }
    Ok(witnesses)
}

fn read_name(value: &Value<'_>, others: &[Witness]) -> Result<String, LineError> {
    let name: FleetLabel = value.parse()?;
    let is_taken = others.iter().any(|other| other.name == name.as_str());
    if is_taken || matches!(name.as_str(), "none" | GROUP) {
        return Err(value.error("the name is taken"));
    }
    Ok(name.as_str().into())
}

/// The quorum cannot be met by what operator and auditor run themselves.
fn check_quorum(quorum: u8, witnesses: &[Witness]) -> Result<(), &'static str> {
    let quorum = usize::from(quorum);
    if quorum == 0 || quorum > witnesses.len() {
        return Err("the quorum is not between one and the number of witnesses");
    }
    let own = witnesses.iter().filter(|witness| witness.party != Party::Independent).count();
    if own >= quorum {
        return Err("operator and auditor together could meet the quorum by their own witnesses");
    }
    Ok(())
}
