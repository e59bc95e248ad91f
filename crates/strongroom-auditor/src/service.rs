//! Auditor and witness over HTTP. Page: `docs/spec/auditor.md`, "HTTP".
//!
//! What is served are files that any web server could serve; what is taken bears the signature of somebody who
//! may. Bodies, heads, connections and times are bounded.

mod auditor;
mod body;
mod server;
mod witness;

pub use auditor::run_auditor;
pub use witness::run_witness;

use std::time::{SystemTime, UNIX_EPOCH};
use strongroom_trust::Moment;

/// The machine's clock.
pub fn clock() -> Moment {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Moment::from_seconds(seconds).unwrap_or(Moment::LAST)
}
