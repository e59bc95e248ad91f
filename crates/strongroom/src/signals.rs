//! When somebody wants the command to end.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for ^C, SIGTERM or SIGHUP. Must be called within a tokio runtime.
///
/// Where the system gives no way to wait for a signal, its own way of ending the process stays.
pub async fn interrupted() {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}
