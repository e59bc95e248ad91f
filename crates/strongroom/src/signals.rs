//! When somebody wants the command to end.

use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};

/// Waits for ^C, SIGTERM or SIGHUP. Must be called within a tokio runtime.
///
/// The signals are caught from the call on, not only from the first wait. Where the system gives no
/// way to wait for a signal, its own way of ending the process stays.
pub fn interrupted() -> impl Future<Output = ()> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let caught = kinds.map(signal);
    async move {
        let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = caught else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
