//! Every bound of the client.

use core::time::Duration;

/// Bytes of a locator.
pub const LOCATOR_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a device's state for one vault.
pub const STATE_BYTES_MAX: usize = 16 * 1024;
/// Bytes of what a device keeps of its trust: roots, the newest unit, a checkpoint.
pub const TRUST_STATE_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of what a device keeps of a vault that moves.
pub const MOVE_BYTES_MAX: usize = 1024;
/// Vaults of one device that move at a time.
pub const MOVES_MAX: usize = 64;
/// Bytes of the prefix of an audit log.
pub const LOG_URL_BYTES_MAX: usize = 512;
/// Tiles of an audit log that one comparison asks for.
pub const TILES_MAX: usize = 64;
/// Times that one flow begins a step anew: another vault id, another ticket, another token.
pub const RESTARTS_MAX: u8 = 4;
/// Bytes of an account's token.
pub const ACCOUNT_TOKEN_BYTES_MAX: usize = 16 * 1024;

/// How long one operation may wait for the fleet, key stretching left out.
pub const DEADLINE: Duration = Duration::from_secs(12);
/// How long one node may take for one answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the audit log may take for one tile: nobody waits long for what only confirms.
pub const LOG_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a unit that was believed is not asked for again.
pub const TRUST_AGE_MAX: Duration = Duration::from_secs(600);
/// How long one node may take to be connected to.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a node that was not asked yet may take to show that it is there, once time is over.
pub const SURVEY_TIMEOUT: Duration = Duration::from_millis(500);
/// The first pause after every node was tried once; it doubles.
pub const PAUSE_MIN: Duration = Duration::from_millis(50);
/// The longest pause.
pub const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Times that one node is asked again at once, because it forgot a key or a context.
pub const REPEATS_AT_ONE_NODE_MAX: u8 = 2;
