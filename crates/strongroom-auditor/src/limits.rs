//! Every bound and every interval of this crate, in one place.
//!
//! Bounds of notes, checkpoints and logs are those of `strongroom_trust::limits`.

use std::time::Duration;

/// Bytes of a configuration file at most.
pub const CONFIG_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a key file at most.
pub const KEY_FILE_BYTES_MAX: usize = 2 * 1024;
/// Memory that a key file may ask for when it is opened, in KiB.
pub const STRETCHING_KIBIBYTES_MAX: u32 = 1024 * 1024;
/// Passes that a key file may ask for when it is opened.
pub const STRETCHING_PASSES_MAX: u32 = 16;
/// Lanes that a key file may ask for when it is opened.
pub const STRETCHING_LANES_MAX: u32 = 16;

/// Leaves that are appended at once at most: proposal, bundle, and a manifest for each of its fleets.
pub const BATCH_LEAVES_MAX: usize = 20;
/// Bytes of a batch that waits to be appended.
pub const BATCH_BYTES_MAX: usize = BATCH_LEAVES_MAX * (strongroom_trust::limits::LEAF_BYTES_MAX + 2) + 256;
/// Bytes of a full bundle of entries.
pub const ENTRIES_BYTES_MAX: usize = 256 * (strongroom_trust::limits::LEAF_BYTES_MAX + 2);
/// Levels of tiles that a log can have.
pub const TILE_LEVELS: u8 = 8;

/// Logs that one witness watches.
pub const WITNESS_LOGS_MAX: usize = 256;
/// Bytes of a witness's answer.
pub const WITNESS_ANSWER_BYTES_MAX: usize = 32 * 1024;
/// How long a witness may take to answer.
pub const WITNESS_TIMEOUT: Duration = Duration::from_secs(10);
/// How often one witness is asked at most to cosign one checkpoint: once it may say that it knows another size.
pub const WITNESS_TRIES_MAX: usize = 3;

/// Bytes of a manifest of deployment evidence.
pub const MANIFEST_BYTES_MAX: usize = strongroom_trust::limits::LEAF_BYTES_MAX;
/// Seconds from one status note to the next at most.
pub const STATUS_SECONDS: u64 = 7 * 24 * 60 * 60;
/// Seconds from one round of cosignatures to the next.
pub const REFRESH_SECONDS: u64 = 24 * 60 * 60;
/// From one look at what is due to the next.
pub const TEND_INTERVAL: Duration = Duration::from_secs(60);

/// Connections at a time.
pub const CONNECTIONS_MAX: usize = 1024;
/// How long somebody may take for the head of a request, and be idle between two.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long somebody may take for the body of a request, and for taking the answer's head.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request's head at most.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields of a request at most.
pub const HEADERS_MAX: usize = 64;
/// How long requests that have begun may take when the service is told to stop.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Notes that wait to be looked at, at a time.
pub const NOTES_PENDING_MAX: usize = 16;
