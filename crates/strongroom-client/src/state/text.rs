//! The text that a device's state is written as.

use super::{DeviceState, Pending, PendingAttempt, PendingUpload};
use crate::{
    flow::{GuessMemory, Purpose},
    limits::STATE_BYTES_MAX,
};
use core::fmt::Write;
use strongroom_crypto::Secret;
use strongroom_protocol::{
    Wire,
    client::{Request, SlotUpload},
    decode, encode,
    ids::{AttemptId, FleetId, Generation, VaultId, hex},
};
use strongroom_trust::lines::{LineError, Lines, Value};
use zeroize::Zeroizing;

/// A text is no state of a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no state of a device: {0}")]
pub struct StateTextError(#[from] LineError);

impl DeviceState {
    /// Writes the state down.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(STATE_BYTES_MAX));
        // Writing into a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> core::fmt::Result {
        writeln!(text, "version 1")?;
        writeln!(text, "fleet {}", self.fleet)?;
        writeln!(text, "vault {}", hex(self.vault.as_bytes()))?;
        writeln!(text, "generation {}", self.generation)?;
        writeln!(text, "own-wrong-guesses {}", self.memory.own)?;
        writeln!(text, "wrong-guesses-seen {}", self.memory.seen)?;
        match &self.pending {
            None => writeln!(text, "pending nothing"),
            Some(Pending::Registration) => writeln!(text, "pending registration"),
            Some(Pending::Upload(upload)) => write_upload(text, upload),
            Some(Pending::Attempt(pending)) => {
                writeln!(text, "pending attempt")?;
                write_login(text, pending.attempt, &pending.login_seed, pending.success.as_deref())
            }
        }
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// The text is another one; the error names the line.
    pub fn from_text(text: &[u8]) -> Result<Self, StateTextError> {
        let mut lines = Lines::of(text, STATE_BYTES_MAX)?;
        let version = lines.expect("version")?;
        if version.text() != "1" {
            return Err(version.error("only version 1 is known").into());
        }
        let state = Self {
            fleet: FleetId::new(lines.expect("fleet")?.hex()?),
            vault: VaultId::new(lines.expect("vault")?.hex()?),
            generation: Generation(lines.expect("generation")?.number()?),
            memory: GuessMemory {
                own: lines.expect("own-wrong-guesses")?.number()?,
                seen: lines.expect("wrong-guesses-seen")?.number()?,
            },
            pending: read_pending(&mut lines)?,
        };
        lines.end()?;
        Ok(state)
    }
}

fn write_upload(text: &mut String, upload: &PendingUpload) -> core::fmt::Result {
    writeln!(text, "pending upload")?;
    match upload.purpose {
        Purpose::Create => writeln!(text, "purpose create")?,
        Purpose::Add(generation) => writeln!(text, "purpose add\nat-generation {generation}")?,
        Purpose::Replace(generation) => writeln!(text, "purpose replace\nat-generation {generation}")?,
    }
    writeln!(text, "slot {}", hex(&encode(&upload.slot)))?;
    write_login(text, upload.attempt, &upload.login_seed, upload.success.as_deref())
}

fn write_login(
    text: &mut String,
    attempt: AttemptId,
    seed: &Secret<32>,
    success: Option<&[u8]>,
) -> core::fmt::Result {
    writeln!(text, "attempt {attempt}")?;
    text.push_str("login-seed ");
    seed.expose().iter().try_for_each(|byte| write!(text, "{byte:02x}"))?;
    text.push('\n');
    success.map_or(Ok(()), |success| writeln!(text, "success {}", hex(success)))
}

fn read_pending(lines: &mut Lines<'_>) -> Result<Option<Pending>, LineError> {
    let kind = lines.expect("pending")?;
    match kind.text() {
        "nothing" => Ok(None),
        "registration" => Ok(Some(Pending::Registration)),
        "upload" => {
            let purpose = read_purpose(lines)?;
            let slot = read_message::<SlotUpload>(&lines.expect("slot")?)?;
            let (attempt, login_seed, success) = read_login(lines)?;
            Ok(Some(Pending::Upload(PendingUpload { purpose, slot, attempt, login_seed, success })))
        }
        "attempt" => {
            let (attempt, login_seed, success) = read_login(lines)?;
            Ok(Some(Pending::Attempt(PendingAttempt { attempt, login_seed, success })))
        }
        _ => Err(kind.error("wants nothing, registration, upload or attempt")),
    }
}

fn read_purpose(lines: &mut Lines<'_>) -> Result<Purpose, LineError> {
    let purpose = lines.expect("purpose")?;
    match purpose.text() {
        "create" => Ok(Purpose::Create),
        "add" => Ok(Purpose::Add(Generation(lines.expect("at-generation")?.number()?))),
        "replace" => Ok(Purpose::Replace(Generation(lines.expect("at-generation")?.number()?))),
        _ => Err(purpose.error("wants create, add or replace")),
    }
}

type LoginLines = (AttemptId, Secret<32>, Option<Vec<u8>>);

fn read_login(lines: &mut Lines<'_>) -> Result<LoginLines, LineError> {
    let attempt = AttemptId::new(lines.expect("attempt")?.hex()?);
    let seed = Secret::new(lines.expect("login-seed")?.hex()?);
    let success = match lines.optional("success")? {
        Some(value) => {
            let request: Request = read_message(&value)?;
            Some(encode(&request))
        }
        None => None,
    };
    Ok((attempt, seed, success))
}

fn read_message<T: Wire>(value: &Value<'_>) -> Result<T, LineError> {
    let bytes = unhex_all(value.text()).ok_or_else(|| value.error("wants lower-case hex digits"))?;
    decode(&bytes).map_err(|error| value.error(error))
}

fn unhex_all(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| {
            let pair = core::str::from_utf8(pair).ok()?;
            strongroom_protocol::ids::unhex::<1>(pair).map(|[byte]| byte)
        })
        .collect()
}

#[cfg(test)]
mod tests;
