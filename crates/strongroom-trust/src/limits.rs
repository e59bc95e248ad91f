//! Every bound of this crate.

/// Bytes of a pin's text.
pub const PIN_BYTES_MAX: usize = 8 * 1024;
/// Endpoints in a pin or a locator.
pub const ENDPOINTS_MAX: usize = 16;
/// Bytes of one endpoint.
pub const ENDPOINT_BYTES_MAX: usize = 255;
/// Characters of a foreign text that an error repeats.
pub const QUOTED_CHARACTERS_MAX: usize = 64;

/// Bytes of the name of a key, and of a log's origin.
pub const KEY_NAME_BYTES_MAX: usize = 128;
/// Bytes of a verifier key's text: name, key id, key.
pub const VKEY_BYTES_MAX: usize = KEY_NAME_BYTES_MAX + 64;
/// Signature lines of one note. A reader of signed notes takes sixteen at least.
pub const NOTE_SIGNATURES_MAX: usize = 32;
/// Bytes of one signature; one of ML-DSA-44, unknown here and passed over, has 2,428.
pub const SIGNATURE_BYTES_MAX: usize = 5_000;
/// Bytes of a bundle, status, revocation or trust root with its signatures. A log's entry has at most 65,535.
pub const NOTE_BYTES_MAX: usize = 32 * 1024;
/// Bytes of a checkpoint with all its signature lines.
pub const CHECKPOINT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a proof of inclusion with its checkpoint.
pub const PROOF_BYTES_MAX: usize = CHECKPOINT_BYTES_MAX + 8 * 1024;
/// Hashes of one proof of inclusion or consistency, as `tlog-witness` has it.
pub const PROOF_HASHES_MAX: usize = 63;
/// Leaves of a log: whatever a 63-bit number counts.
pub const LOG_SIZE_MAX: u64 = i64::MAX as u64;
/// Bytes of the opaque data that a proof may carry, in base64.
pub const PROOF_EXTRA_BYTES_MAX: usize = 4 * 1024;
/// Lines after the third in a checkpoint.
pub const CHECKPOINT_EXTENSIONS_MAX: usize = 16;
/// Bytes of one leaf of the log.
pub const LEAF_BYTES_MAX: usize = 65_535;

/// Bytes of a namespace, a fleet's label, a platform's word or a reason.
pub const WORD_BYTES_MAX: usize = 64;
/// Fleets in one bundle, the revoked ones included.
pub const FLEETS_MAX: usize = 16;
/// How long a bundle may be valid, in days: thirteen months.
pub const BUNDLE_LIFETIME_DAYS_MAX: u64 = 397;
/// Revocations that one status names, and that one delivery unit holds.
pub const REVOCATIONS_MAX: usize = 16;
/// Root keys of one trust root.
pub const ROOT_KEYS_MAX: usize = 16;
/// Logs of one trust root.
pub const LOGS_MAX: usize = 8;
/// Witnesses of one trust root.
pub const WITNESSES_MAX: usize = 32;
/// Trust roots in one chain.
pub const ROOTS_MAX: usize = 64;
/// Bytes of a chain of trust roots.
pub const ROOTS_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a delivery unit, and of a device's memory of one.
pub const UNIT_BYTES_MAX: usize = 256 * 1024;
/// Bundles, revocations and other notes that the report of a log lists, of each the newest.
pub const LISTED_MAX: usize = 4_096;
/// Bundles that may follow one before a status names it for the first time; an honest auditor names the last.
pub const UNNAMED_BUNDLES_MAX: usize = 64;
/// Bytes of a proof of equivocation.
pub const EQUIVOCATION_BYTES_MAX: usize = 256 * 1024;

/// Age of a status note and of the witnesses' time beyond which nobody registers, in days.
pub const FRESH_DAYS_MAX: u64 = 14;
/// How far ahead of the device's clock a signed time may lie, in seconds.
pub const CLOCK_TOLERANCE_SECONDS: u64 = 60 * 60;
/// Seconds of a day.
pub const DAY_SECONDS: u64 = 24 * 60 * 60;
