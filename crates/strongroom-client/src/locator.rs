//! The locator: `strongroom.json`, kept beside the backup. Page: `docs/spec/locator.md`.
//!
//! It says where a vault is, and is no source of trust: it lies in storage that nobody trusts. Which fleet is
//! believed comes from the pin alone, and no endpoint is taken from here.

use crate::limits::LOCATOR_BYTES_MAX;
use serde::{Deserialize, Serialize};
use strongroom_protocol::ids::{FleetId, SlotNumber, VaultId, hex};
use strongroom_trust::{Endpoint, limits::ENDPOINTS_MAX};

/// The name of the file beside the backup.
pub const LOCATOR_FILE: &str = "strongroom.json";

const VERSION: u32 = 1;

/// Where a vault is.
///
/// Its `Debug` shows no vault id: who reads a log must not learn to address a vault.
///
/// ```
/// use strongroom_client::Locator;
///
/// let text = br#"{
///   "version": 1,
///   "fleet": "0101010101010101010101010101010101010101010101010101010101010101",
///   "vault": "0202020202020202020202020202020202020202020202020202020202020202",
///   "slot": 1,
///   "bundle_epoch": 0,
///   "endpoints": ["https://node-1.example"]
/// }
/// "#;
/// let locator = Locator::from_bytes(text)?;
/// assert_eq!(locator.slot().get(), 1);
/// # Ok::<(), strongroom_client::LocatorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locator {
    fleet: FleetId,
    vault: VaultId,
    slot: SlotNumber,
    bundle_epoch: u64,
    endpoints: Vec<Endpoint>,
}

/// Why a file is no locator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocatorError {
    /// It is longer than any locator.
    #[error("the locator has {0} bytes, at most {LOCATOR_BYTES_MAX} may stand")]
    TooLong(usize),
    /// It is not the JSON that a locator is.
    #[error("the locator is damaged: {0}")]
    Malformed(String),
    /// A newer program wrote it.
    #[error("the locator has version {0}, and only version 1 is known; a newer program may read it")]
    Version(u32),
    /// A field holds what may not stand there.
    #[error("the locator is damaged: field \"{field}\": {cause}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        cause: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: u32,
    fleet: String,
    vault: String,
    slot: u8,
    bundle_epoch: u64,
    endpoints: Vec<String>,
}

#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

impl Locator {
    /// Says where a vault is. Endpoints beyond the sixteenth are left out.
    pub fn new(fleet: FleetId, vault: VaultId, slot: SlotNumber, endpoints: &[Endpoint]) -> Self {
        let endpoints = endpoints.iter().take(ENDPOINTS_MAX).cloned().collect();
        Self { fleet, vault, slot, bundle_epoch: 0, endpoints }
    }

    /// Says which bundle named the fleet; zero where a pin did.
    #[must_use]
    pub fn named_by_epoch(mut self, epoch: u64) -> Self {
        self.bundle_epoch = epoch;
        self
    }

    /// Names another slot.
    #[must_use]
    pub(crate) fn with_slot(mut self, slot: SlotNumber) -> Self {
        self.slot = slot;
        self
    }

    /// Says where the fleet is reached, for a person to read.
    #[must_use]
    pub fn reached_at(mut self, endpoints: &[Endpoint]) -> Self {
        self.endpoints = endpoints.iter().take(ENDPOINTS_MAX).cloned().collect();
        self
    }

    /// The fleet that holds the vault. Compare it with the pin's; do not trust it.
    pub fn fleet(&self) -> FleetId {
        self.fleet
    }

    /// The capability to address the vault.
    pub fn vault(&self) -> VaultId {
        self.vault
    }

    /// The slot that was made first.
    pub fn slot(&self) -> SlotNumber {
        self.slot
    }

    /// The epoch of the bundle that named the fleet; zero where a pin did.
    pub fn bundle_epoch(&self) -> u64 {
        self.bundle_epoch
    }

    /// Where the fleet was reached, for a person to read. The client sends nothing there by itself:
    /// who can write to the storage could else collect the accounts' tokens.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Writes the file.
    pub fn to_json(&self) -> String {
        let text = Text {
            version: VERSION,
            fleet: self.fleet.to_hex(),
            vault: hex(self.vault.as_bytes()),
            slot: self.slot.get(),
            bundle_epoch: self.bundle_epoch,
            endpoints: self.endpoints.iter().map(ToString::to_string).collect(),
        };
        // Numbers and strings always have a JSON form.
        let mut json = serde_json::to_string_pretty(&text).unwrap_or_default();
        json.push('\n');
        json
    }

    /// Reads the file.
    ///
    /// # Errors
    /// See [`LocatorError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LocatorError> {
        if bytes.len() > LOCATOR_BYTES_MAX {
            return Err(LocatorError::TooLong(bytes.len()));
        }
        let malformed = |error: serde_json::Error| LocatorError::Malformed(error.to_string());
        let VersionOnly { version } = serde_json::from_slice(bytes).map_err(malformed)?;
        if version != VERSION {
            return Err(LocatorError::Version(version));
        }
        let text: Text = serde_json::from_slice(bytes).map_err(malformed)?;
        Ok(Self {
            fleet: FleetId::from_hex(&text.fleet).ok_or_else(|| not_hex("fleet"))?,
            vault: VaultId::from_hex(&text.vault).ok_or_else(|| not_hex("vault"))?,
            slot: SlotNumber::new(text.slot).ok_or_else(|| field("slot", "wants a number from 1 to 8"))?,
            bundle_epoch: text.bundle_epoch,
            endpoints: read_endpoints(&text.endpoints)?,
        })
    }
}

fn read_endpoints(texts: &[String]) -> Result<Vec<Endpoint>, LocatorError> {
    if texts.len() > ENDPOINTS_MAX {
        return Err(field("endpoints", format_args!("at most {ENDPOINTS_MAX} may stand")));
    }
    texts.iter().map(|text| text.parse().map_err(|error| field("endpoints", error))).collect()
}

fn not_hex(name: &'static str) -> LocatorError {
    field(name, "wants 64 lower-case hex digits")
}

fn field(field: &'static str, cause: impl core::fmt::Display) -> LocatorError {
    LocatorError::Field { field, cause: cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{
  \"version\": 1,
  \"fleet\": \"0101010101010101010101010101010101010101010101010101010101010101\",
  \"vault\": \"0202020202020202020202020202020202020202020202020202020202020202\",
  \"slot\": 1,
  \"bundle_epoch\": 0,
  \"endpoints\": [
    \"http://127.0.0.1:7401\"
  ]
}
";

    fn error_after(from: &str, to: &str) -> String {
        let text = TEXT.replacen(from, to, 1);
        assert_ne!(text, TEXT);
        Locator::from_bytes(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_locator_is_written_and_read() {
        let endpoint: Endpoint = "http://127.0.0.1:7401".parse().unwrap();
        let locator =
            Locator::new(FleetId::new([1; 32]), VaultId::new([2; 32]), SlotNumber::FIRST, &[endpoint]);
        assert_eq!(locator.to_json(), TEXT);
        assert_eq!(Locator::from_bytes(TEXT.as_bytes()), Ok(locator));
    }

    #[test]
    fn debug_shows_no_vault_id() {
        let shown = format!("{:?}", Locator::from_bytes(TEXT.as_bytes()).unwrap());
        assert!(shown.contains("VaultId(…)") && !shown.contains("0202"), "{shown}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("\"version\": 1", "\"version\": 2", "version 2"),
            ("\"slot\": 1", "\"slot\": 9", "field \"slot\""),
            ("\"slot\": 1", "\"slot\": 256", "256"),
            ("\"fleet\": \"01", "\"fleet\": \"0A", "field \"fleet\""),
            ("\"vault\": \"02", "\"vault\": \"", "field \"vault\""),
            ("http://", "gopher://", "field \"endpoints\""),
            ("\"slot\"", "\"solt\"", "unknown field `solt`"),
            ("  \"slot\": 1,\n", "", "missing field `slot`"),
            ("\"slot\": 1", "\"slot\": 1, \"slot\": 2", "duplicate field `slot`"),
        ];
        for (from, to, expected) in cases {
            let error = error_after(from, to);
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn truncated_trailing_and_oversized_bytes_are_refused() {
        for length in 0..TEXT.trim_end().len() {
            assert!(Locator::from_bytes(&TEXT.as_bytes()[..length]).is_err(), "{length}");
        }
        assert!(Locator::from_bytes(format!("{TEXT}x").as_bytes()).is_err());
        assert_eq!(Locator::from_bytes(&[b' '; 8193]), Err(LocatorError::TooLong(8193)));
    }
}
