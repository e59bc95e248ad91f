//! Where a node's log lines go.

use crate::print::note;
use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
    path::PathBuf,
    process::{ChildStderr, Stdio},
    thread,
};

/// Bytes of a log that are shown where its node failed.
const LAST_BYTES: u64 = 1200;
/// Bytes of one line that are passed on.
const LINE_BYTES_MAX: u64 = 4096;

/// Where a node's log lines go.
#[derive(Debug, Clone)]
pub enum Lines {
    /// To this process's standard error, with the node's name in front.
    Shown,
    /// To a file.
    File(PathBuf),
}

impl Lines {
    /// What a child's standard error is connected to.
    pub(super) fn stdio(&self) -> io::Result<Stdio> {
        match self {
            Self::Shown => Ok(Stdio::piped()),
            Self::File(path) => Ok(OpenOptions::new().create(true).append(true).open(path)?.into()),
        }
    }

    /// Passes a child's lines on until it ends.
    pub(super) fn follow(&self, name: &str, stderr: Option<ChildStderr>) {
        let (Self::Shown, Some(stderr)) = (self, stderr) else { return };
        let name = name.to_owned();
        // Without a thread the pipe closes, and the node goes on without a log.
        let _ = thread::Builder::new().name(format!("lines of {name}")).spawn(move || pass_on(&name, stderr));
    }

    /// The end of the log, where it is in a file.
    pub(super) fn last(&self, name: &str) -> String {
        let Self::File(path) = self else { return String::new() };
        match end_of(path) {
            Ok(text) if !text.trim().is_empty() => format!("\n--- {name} said last:\n{}", text.trim_end()),
            _ => String::new(),
        }
    }
}

fn pass_on(name: &str, stderr: ChildStderr) {
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    while lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        note(format!("[{name}] {}", String::from_utf8_lossy(&line).trim_end()));
        line.clear();
    }
}

fn end_of(path: &PathBuf) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(LAST_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
