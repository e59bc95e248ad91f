//! Starts the HSM program, with one socket pair and nothing else.
//!
//! The child's standard input is its end of the pair, read and written both
//! ways; its standard output is closed; what it prints on its standard error goes to
//! the host's log, line by line, shortened. When the host ends, however it
//! ends, the pair closes and the child with it.

use crate::limits::{HSM_END_TIMEOUT, HSM_LINE_BYTES_MAX, HSM_LINES_PER_SECOND};
use std::{
    io::{self, BufRead, BufReader, Read},
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::CommandExt},
    },
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Starts an HSM each time it is asked.
pub(crate) trait Launch: Send {
    /// Starts one.
    fn launch(&mut self) -> io::Result<Launched>;

    /// What is started, for messages to the operator.
    fn name(&self) -> String;
}

/// A running HSM and the host's end of its socket pair.
pub(crate) struct Launched {
    pub(crate) stream: UnixStream,
    pub(crate) process: Option<Process>,
}

/// The HSM program and the folder that its platform keeps its files in.
#[derive(Debug, Clone)]
pub(crate) struct HsmProgram {
    pub(crate) path: PathBuf,
    pub(crate) platform_folder: PathBuf,
    /// Seconds between two checkpoints, where not the program's own choice.
    pub(crate) checkpoint_seconds: Option<u32>,
}

impl Launch for HsmProgram {
    fn launch(&mut self) -> io::Result<Launched> {
        std::fs::create_dir_all(&self.platform_folder)?;
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new(&self.path);
        command.args(["--platform", "simulation", "--folder"]).arg(&self.platform_folder);
        if let Some(seconds) = self.checkpoint_seconds {
            command.arg("--checkpoint-seconds").arg(seconds.to_string());
        }
        let mut child = command
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A ^C at the terminal is for the host, which then ends its HSM in order.
            .process_group(0)
            .spawn()?;
        let last_line = Arc::<Mutex<String>>::default();
        let lines = match child.stderr.take() {
            Some(stderr) => {
                let last_line = last_line.clone();
                let read = move || log_lines(stderr, &last_line);
                Some(thread::Builder::new().name("hsm-lines".into()).spawn(read)?)
            }
            None => None,
        };
        Ok(Launched { stream: ours, process: Some(Process { child, lines, last_line }) })
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// A child process; dropping it ends it.
pub(crate) struct Process {
    child: Child,
    lines: Option<thread::JoinHandle<()>>,
    last_line: Arc<Mutex<String>>,
}

/// How a child process ended.
pub(crate) struct Ended {
    how: String,
    last_line: String,
}

impl Ended {
    /// Puts what the host noticed together with how the process ended and what it said last.
    pub(crate) fn explain(&self, noticed: &str) -> String {
        let Self { how, last_line } = self;
        if last_line.is_empty() || noticed.contains(last_line.as_str()) {
            return format!("{noticed} ({how})");
        }
        format!("{last_line} ({noticed}; {how})")
    }
}

impl Process {
    /// Its number.
    pub(crate) fn number(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended, and ends it if it takes too long; says how it ended.
    pub(crate) fn end(mut self) -> Ended {
        let begun = Instant::now();
        let has_read = |process: &Self| process.lines.as_ref().is_none_or(thread::JoinHandle::is_finished);
        let how = loop {
            match self.child.try_wait() {
                Ok(Some(status)) if has_read(&self) || begun.elapsed() > HSM_END_TIMEOUT => {
                    break status.to_string();
                }
                Err(cause) => break cause.to_string(),
                Ok(None) if begun.elapsed() > HSM_END_TIMEOUT => {
                    break "it did not end and was killed".into();
                }
                Ok(_) => thread::sleep(Duration::from_millis(5)),
            }
        };
        let last_line = self.last_line.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ended { how, last_line }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a child that has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Passes lines on to the log, so many in a second and so long at most, and keeps the last.
fn log_lines(stderr: ChildStderr, last_line: &Mutex<String>) {
    let mut lines = BufReader::new(stderr);
    let (mut second, mut count) = (Instant::now(), 0_u32);
    loop {
        let mut line = Vec::new();
        match lines.by_ref().take(HSM_LINE_BYTES_MAX as u64).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if second.elapsed() >= Duration::from_secs(1) {
            (second, count) = (Instant::now(), 0);
        }
        count = count.saturating_add(1);
        if count <= HSM_LINES_PER_SECOND {
            let text = String::from_utf8_lossy(&line).trim_end().escape_debug().to_string();
            tracing::info!(target: "strongroom_hsm", "{text}");
            *last_line.lock().unwrap_or_else(PoisonError::into_inner) = text;
        }
    }
}
