//! Every bound and every interval of the host, in one place.
//!
//! Bounds of messages are the protocol's (`strongroom_protocol::limits`).

use std::time::Duration;

/// Milliseconds between two ticks of an HSM's clock.
pub const TICK_MILLIS: u64 = 10;
/// Ticks between two reports that the host asks of its HSM.
pub const REPORT_TICKS: u64 = 25;
/// A report older than this no longer says how the HSM stands.
pub const REPORT_AGE_MAX: Duration = Duration::from_secs(5);

/// How long a client's request may wait for its HSM.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests that may wait for an HSM at a time.
pub const EXCHANGES_PENDING_MAX: usize = 2048;
/// Connections of clients at a time.
pub const CONNECTIONS_MAX: usize = 4096;
/// How long a client may take for the head of a request, and be idle between two.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may take for the body of a request.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request's head at most.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a bearer token at most.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// Bytes of an account's name at most.
pub const ACCOUNT_BYTES_MAX: usize = 256;
/// Tokens whose signature is remembered as good.
pub const TOKENS_REMEMBERED_MAX: usize = 4096;
/// Bytes of a file of public keys at most.
pub const JWKS_BYTES_MAX: u64 = 256 * 1024;
/// Keys in a file of public keys at most.
pub const JWKS_KEYS_MAX: usize = 64;
/// How often a file of public keys is looked at for a change, at most.
pub const JWKS_LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Bytes of the URL of a JWKS at most.
pub const JWKS_URL_BYTES_MAX: usize = 2048;
/// How long an identity provider may take to answer.
pub const JWKS_FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// From one fetch of the identity provider's keys to the next.
pub const JWKS_FETCH_INTERVAL: Duration = Duration::from_secs(600);
/// From one fetch to the next at least, also after a failure and where a token names an unknown key.
pub const JWKS_FETCH_PAUSE: Duration = Duration::from_secs(60);
/// From one fetch to the next while no keys are known.
pub const JWKS_FETCH_PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);
/// Bytes of the kept copy of fetched keys at most: the keys, and where they came from.
pub const JWKS_KEPT_BYTES_MAX: u64 = JWKS_BYTES_MAX + 16 * 1024;
/// Clock difference to the identity provider that is forgiven.
pub const TOKEN_LEEWAY_SECONDS: u64 = 60;

/// Bytes of a delivery unit at most, as `docs/spec/delivery.md` has it.
pub const TRUST_UNIT_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a file of trust roots at most, as `docs/spec/trust-root.md` has it.
pub const TRUST_ROOTS_BYTES_MAX: usize = 512 * 1024;

/// Messages that wait to be written to an HSM.
pub const HSM_QUEUE_MAX: usize = 4096;
/// Jobs of the store that an HSM may leave waiting; one with more counts as broken.
pub const STORE_JOBS_MAX: usize = 65_536;
/// Bytes of appended entries held back for the next commit.
pub const APPENDED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Keys dropped between two jobs of the store.
pub const DROP_SLICE: usize = 512;
/// Jobs of the store after which a slice is dropped even if more jobs wait.
pub const DROP_EVERY_JOBS: u32 = 16;
/// Bytes of tree nodes kept in memory.
pub const NODE_CACHE_BYTES: usize = 32 * 1024 * 1024;
/// How long an HSM may take to end once its socket is closed.
pub const HSM_END_TIMEOUT: Duration = Duration::from_secs(3);
/// Bytes of one line that an HSM prints; the rest is cut off.
pub const HSM_LINE_BYTES_MAX: usize = 1024;
/// Lines that an HSM may print in a second; the rest is dropped.
pub const HSM_LINES_PER_SECOND: u32 = 50;

/// How often an HSM is started anew within [`RESTART_WINDOW`].
pub const RESTARTS_MAX: usize = 5;
/// The window in which restarts are counted.
pub const RESTART_WINDOW: Duration = Duration::from_secs(120);
/// The pause before the first restart; it doubles with each.
pub const RESTART_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause before a restart.
pub const RESTART_PAUSE_MAX: Duration = Duration::from_secs(5);
/// The pause before a store that failed is opened again.
pub const STORE_PAUSE: Duration = Duration::from_secs(2);

/// Bytes that wait for one peer; a link with more is closed and made anew.
pub const LINK_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Frames that wait for one peer.
pub const LINK_FRAMES_MAX: usize = 8192;
/// Links that other hosts may hold to this one.
pub const LINKS_ACCEPTED_MAX: usize = 64;
/// How long a link may take to connect and to say who it is.
pub const LINK_HELLO_TIMEOUT: Duration = Duration::from_secs(3);
/// How often an idle link is tried.
pub const LINK_PING_INTERVAL: Duration = Duration::from_secs(1);
/// How long a link may stay silent.
pub const LINK_SILENCE_MAX: Duration = Duration::from_secs(5);
/// The first pause before a link is made anew; it doubles with each failure.
pub const LINK_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause before a link is made anew.
pub const LINK_PAUSE_MAX: Duration = Duration::from_secs(1);
/// Fetches of tree nodes from other hosts at a time.
pub const SHIPMENTS_MAX: usize = 16;
/// How long another host may take to ship tree nodes.
pub const SHIPMENT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a stopping node waits for the requests it has begun.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a port that is in use is tried again at the start.
pub const LISTEN_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a founding may take.
pub const FOUNDING_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a founding asks again for the signatures.
pub const FOUNDING_SIGN_INTERVAL: Duration = Duration::from_millis(50);
/// Bytes of a node's configuration at most.
pub const CONFIG_BYTES_MAX: u64 = 64 * 1024;
