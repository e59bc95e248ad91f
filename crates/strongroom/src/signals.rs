//! When somebody wants the command to end.

use crate::error::CommandError;
use rustix::process::{Signal, getpid, kill_process};
use std::{
    future::Future,
    io::{self, Read as _},
    thread,
};
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

/// Ends this process as SIGTERM does once standard input closes, as it does when the process that started it ends.
///
/// # Errors
/// The system gives no thread.
pub fn end_when_stdin_closes() -> Result<(), CommandError> {
    let started = thread::Builder::new().name("stdin".into()).spawn(end_with_stdin);
    started
        .map(drop)
        .map_err(|error| CommandError::other(format!("The system gives no thread: {error}. Try again.")))
}

fn end_with_stdin() {
    let mut byte = [0];
    while io::stdin().read(&mut byte).is_ok_and(|read| read > 0) {}
    // A process may always send itself a signal.
    let _ = kill_process(getpid(), Signal::TERM);
}
