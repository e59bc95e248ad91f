//! Every bound of the client.

use core::time::Duration;

/// Bytes of a locator.
pub const LOCATOR_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a device's state for one vault.
pub const STATE_BYTES_MAX: usize = 16 * 1024;
/// Times that one flow begins a step anew: another vault id, another ticket, another token.
pub const RESTARTS_MAX: u8 = 4;
/// Bytes of an account's token.
pub const ACCOUNT_TOKEN_BYTES_MAX: usize = 16 * 1024;

/// How long one operation may wait for the fleet, key stretching left out.
pub const DEADLINE: Duration = Duration::from_secs(12);
/// How long one node may take for one answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
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
