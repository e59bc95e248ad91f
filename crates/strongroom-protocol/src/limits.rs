//! Every bound of every loop, queue, buffer and message, in one place.

/// The version byte that leads every message of this suite.
pub const VERSION: u8 = 1;

/// Members of a fleet: any odd number from three to nine.
pub const MEMBERS_MAX: usize = 9;
/// Guesses at a password between two successes, unless the genesis says otherwise.
pub const GUESSES_DEFAULT: u8 = 10;
/// The largest budget that a genesis may name.
pub const GUESSES_MAX: u8 = 30;
/// Slots of a vault.
pub const SLOTS_MAX: usize = 8;
/// Digests of closed attempts that a vault remembers.
pub const CLOSED_ATTEMPTS_MAX: usize = 32;

/// Bytes of a ticket: era, nonce, seed, tag.
pub const TICKET_BYTES: usize = 8 + 24 + 64 + 16;
/// Bytes of a token at most.
pub const TOKEN_BYTES_MAX: usize = 512;
/// Bytes of an OPAQUE registration request (RFC 9807, ristretto255).
pub const REGISTRATION_REQUEST_BYTES: usize = 32;
/// Bytes of an OPAQUE registration response.
pub const REGISTRATION_RESPONSE_BYTES: usize = 64;
/// Bytes of an OPAQUE registration record.
pub const RECORD_BYTES: usize = 192;
/// Bytes of KE1.
pub const KE1_BYTES: usize = 96;
/// Bytes of KE2.
pub const KE2_BYTES: usize = 320;
/// Bytes of KE3.
pub const KE3_BYTES: usize = 64;
/// Bytes of a wrapped backup key: nonce, key, tag.
pub const WRAPPED_KEY_BYTES: usize = 24 + 32 + 16;
/// Bytes of an X-Wing public key.
pub const CHANNEL_KEY_BYTES: usize = 1216;
/// Bytes of an X-Wing encapsulation.
pub const ENCAPSULATION_BYTES: usize = 1120;

/// Bytes of a WebAuthn credential id.
pub const CREDENTIAL_ID_BYTES_MAX: usize = 255;
/// Bytes of a relying-party id.
pub const RP_ID_BYTES_MAX: usize = 253;
/// Bytes of the label a person gives a passkey.
pub const LABEL_BYTES_MAX: usize = 64;

/// Bytes of a client's request or an answer, envelope included.
pub const EXCHANGE_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a frame on the pipe between host and HSM, and between peers.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one sealed log entry.
pub const ENTRY_BYTES_MAX: usize = 4 * 1024;
/// Bytes of log entries in one append message, store batch or answer to a fetch.
pub const ENTRIES_BYTES_PER_MESSAGE: usize = 256 * 1024;
/// Log entries in one message.
pub const ENTRIES_PER_MESSAGE_MAX: usize = 4096;
/// Bytes of one sealed tree node.
pub const TREE_NODE_BYTES_MAX: usize = 32 * 1024;
/// Tree nodes in one message.
pub const TREE_NODES_PER_MESSAGE_MAX: usize = 4096;
/// Bytes of tree nodes after which a message is closed and another begun.
pub const TREE_BYTES_PER_MESSAGE: usize = 512 * 1024;
/// Records whose paths are fetched in one message.
pub const FETCHED_RECORDS_MAX: usize = 64;
/// Bytes of the sealed head table.
pub const HEAD_TABLE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of the sealed state.
pub const SEALED_STATE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a text that names a fault or a reason.
pub const REASON_BYTES_MAX: usize = 512;

/// Recoveries whose channel context is kept between their two messages.
pub const CONTEXTS_MAX: usize = 4096;
/// Requests that one HSM works on at a time; more are refused as busy.
pub const REQUESTS_PENDING_MAX: usize = 2048;
/// Proposals that a leader takes before it has committed the ones before.
pub const PROPOSALS_PENDING_MAX: usize = 8192;
/// Read contexts that a leader carries at a time.
pub const READS_PENDING_MAX: usize = 4096;
/// Committed entries applied in one round with one fetch.
pub const APPLY_BATCH_MAX: usize = 256;
/// Bytes of opened tree nodes in memory beyond which parts of the tree are sealed and shut.
pub const OPEN_TREE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Entries after which a leader proposes a checkpoint.
pub const CHECKPOINT_ENTRIES: u64 = 1 << 16;
/// Bytes of sealed entries in one era after which a leader proposes a checkpoint.
pub const CHECKPOINT_BYTES: u64 = 24 * 1024 * 1024;
/// Bytes of sealed entries in memory beyond which proposals are refused as busy.
pub const LOG_BYTES_MAX: u64 = 96 * 1024 * 1024;

/// Items reserved ahead while a list is decoded; more are allocated as they come.
pub const DECODED_LIST_RESERVE: usize = 64;
