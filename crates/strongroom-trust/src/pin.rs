//! The pin: one fleet, named by the app that ships it. Page: `docs/spec/pin.md`.
//!
//! Invariant: a text that parses gives the same bytes when it is written again.
//!
//! Absent on purpose: a signature. Whoever can replace the pin can replace the
//! program that reads it.

use crate::{
    Endpoint, TrustSource, VerifiedFleet, VerifiedGenesis,
    fleet::{check_guesses, check_members, check_quorum, read_class},
    limits::{ENDPOINTS_MAX, PIN_BYTES_MAX},
    lines::{LineError, Lines, Value},
};
use std::fmt;
use std::str::FromStr;
use strongroom_crypto::sign::check_public;
use strongroom_protocol::ids::{Digest, FleetId};

/// One fleet, as an app ships it.
///
/// ```
/// use strongroom_trust::{Pin, TrustSource};
///
/// let text = "version 1\n\
///     fleet 4f2a000000000000000000000000000000000000000000000000000000009105\n\
///     key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\
///     members 5\nquorum 3\nguesses 10\nclass durable\n\
///     measurement 9c1f000000000000000000000000000000000000000000000000000000000000\n\
///     INSECURE SIMULATION\n\
///     endpoint http://127.0.0.1:7401\n";
/// let pin: Pin = text.parse()?;
/// assert_eq!(pin.to_string(), text);
/// assert!(pin.fleet().is_simulation());
/// # Ok::<(), strongroom_trust::PinError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    fleet: VerifiedFleet,
    endpoints: Vec<Endpoint>,
}

/// A text is no pin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no pin of a fleet: {0}")]
pub struct PinError(#[from] LineError);

/// More endpoints than a pin may hold, or one of them twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pin holds at most {ENDPOINTS_MAX} endpoints, and none twice")]
pub struct EndpointsError;

impl Pin {
    /// Writes down a fleet whose founding was verified.
    ///
    /// # Errors
    /// There are too many endpoints, or one stands twice.
    pub fn from_genesis(genesis: &VerifiedGenesis, endpoints: Vec<Endpoint>) -> Result<Self, EndpointsError> {
        if endpoints.len() > ENDPOINTS_MAX || has_a_pair(&endpoints) {
            return Err(EndpointsError);
        }
        Ok(Self { fleet: genesis.fleet().clone(), endpoints })
    }

    /// Reads a pin's text from bytes.
    ///
    /// # Errors
    /// The bytes are no pin; the error names the line and the cause.
    pub fn from_bytes(text: &[u8]) -> Result<Self, PinError> {
        let mut lines = Lines::of(text, PIN_BYTES_MAX)?;
        let version = lines.expect("version")?;
        if version.text() != "1" {
            return Err(version.error("only version 1 is known; a newer program may read this pin").into());
        }
        let fleet = read_fleet(&mut lines)?;
        let endpoints = read_endpoints(&mut lines)?;
        lines.end()?;
        Ok(Self { fleet, endpoints })
    }
}

impl TrustSource for Pin {
    fn fleet(&self) -> VerifiedFleet {
        self.fleet.clone()
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fleet = &self.fleet;
        writeln!(f, "version 1")?;
        writeln!(f, "fleet {}", fleet.id)?;
        writeln!(f, "key {}", strongroom_protocol::ids::hex(&fleet.identity_key))?;
        writeln!(f, "members {}", fleet.members)?;
        writeln!(f, "quorum {}", fleet.quorum)?;
        writeln!(f, "guesses {}", fleet.guesses)?;
        writeln!(f, "class {}", fleet.class.word())?;
        writeln!(f, "measurement {}", fleet.measurement)?;
        if fleet.is_simulation {
            writeln!(f, "INSECURE SIMULATION")?;
        }
        self.endpoints.iter().try_for_each(|endpoint| writeln!(f, "endpoint {endpoint}"))
    }
}

fn read_fleet(lines: &mut Lines<'_>) -> Result<VerifiedFleet, LineError> {
    let id = FleetId::new(lines.expect("fleet")?.hex()?);
    let identity_key = read_key(&lines.expect("key")?)?;
    let members = check_members(&lines.expect("members")?)?;
    let quorum = check_quorum(&lines.expect("quorum")?, members)?;
    let guesses = check_guesses(&lines.expect("guesses")?)?;
    let class = read_class(&lines.expect("class")?)?;
    let measurement = Digest::new(lines.expect("measurement")?.hex()?);
    let is_simulation = read_simulation(lines)?;
    Ok(VerifiedFleet { id, identity_key, members, quorum, guesses, class, measurement, is_simulation })
}

fn read_key(value: &Value<'_>) -> Result<[u8; 32], LineError> {
    let key = value.hex()?;
    check_public(&key).map_err(|_| value.error("is not the canonical form of an Ed25519 public key"))?;
    Ok(key)
}

fn read_simulation(lines: &mut Lines<'_>) -> Result<bool, LineError> {
    let Some(value) = lines.optional("INSECURE")? else { return Ok(false) };
    if value.text() != "SIMULATION" {
        return Err(value.error("only INSECURE SIMULATION may stand here"));
    }
    Ok(true)
}

fn read_endpoints(lines: &mut Lines<'_>) -> Result<Vec<Endpoint>, LineError> {
    let mut endpoints = Vec::new();
    while let Some(value) = lines.optional("endpoint")? {
        let endpoint: Endpoint = value.text().parse().map_err(|error| value.error(error))?;
        if endpoints.len() == ENDPOINTS_MAX {
            return Err(value.error(format_args!("at most {ENDPOINTS_MAX} endpoints may stand")));
        }
        if endpoints.contains(&endpoint) {
            return Err(value.error("stands twice"));
        }
        endpoints.push(endpoint);
    }
    Ok(endpoints)
}

fn has_a_pair(endpoints: &[Endpoint]) -> bool {
    endpoints
        .iter()
        .enumerate()
        .any(|(place, endpoint)| endpoints.iter().skip(place + 1).any(|e| e == endpoint))
}

#[cfg(test)]
mod tests;
