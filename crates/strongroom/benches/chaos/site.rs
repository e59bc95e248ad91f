//! One node's two processes, each a child of this one or of the host, and signals to them and to nobody else.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, OpenOptions},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long an HSM process may go on after its host is gone.
const ORPHAN_MAX: Duration = Duration::from_secs(10);

/// A process, told from a later one with the same number by the time of its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    id: Pid,
    born: u64,
}

impl Process {
    fn of(id: u32) -> Option<Self> {
        let id = Pid::from_raw(i32::try_from(id).ok()?)?;
        let (_, born) = state_and_birth(id)?;
        Some(Self { id, born })
    }

    /// Sends a signal, unless the process has ended.
    pub fn signal(self, signal: Signal) {
        if self.is_alive() {
            // It fails only for a process that has ended meanwhile.
            let _ = kill_process(self.id, signal);
        }
    }

    pub fn is_alive(self) -> bool {
        state_and_birth(self.id).is_some_and(|(state, born)| born == self.born && state != 'Z')
    }
}

/// One node: its host, and the HSM process that the host has started.
pub struct Site {
    pub name: String,
    folder: PathBuf,
    program: PathBuf,
    hsm_program: PathBuf,
    host: Option<Child>,
    /// HSM processes whose host was killed.
    orphans: Vec<Process>,
    /// When the HSM process was killed alone, in this life of the host.
    pub hsm_kills: Vec<Instant>,
    started: Instant,
    /// Whether it was told already that the node is refused.
    pub is_said_refused: bool,
}

impl Site {
    pub fn new(folder: PathBuf, program: &Path, hsm_program: &Path) -> Self {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (program, hsm_program) = (program.to_path_buf(), hsm_program.to_path_buf());
        Self {
            name,
            folder,
            program,
            hsm_program,
            host: None,
            orphans: Vec::new(),
            hsm_kills: Vec::new(),
            started: Instant::now(),
            is_said_refused: false,
        }
    }

    /// Starts the host, unless it runs.
    pub fn start(&mut self) {
        if self.host.is_some() {
            return;
        }
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new(&self.program);
        command
            .args(["node", "run", "--until-stdin-closes", "--hsm"])
            .arg(&self.hsm_program)
            .arg(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).process_group(0);
        self.host = Some(command.spawn().unwrap());
        self.hsm_kills.clear();
        self.started = Instant::now();
    }

    /// How long ago the host was started.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// The host's process, if it runs.
    pub fn host(&self) -> Option<Process> {
        Process::of(self.host.as_ref()?.id())
    }

    /// The HSM process that the host runs at the moment.
    pub fn hsm(&self) -> Option<Process> {
        let host = self.host.as_ref()?.id();
        let threads = fs::read_dir(format!("/proc/{host}/task")).ok()?;
        let children =
            threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        let ids: Vec<u32> = children
            .flat_map(|line| line.split(' ').filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
            .collect();
        ids.into_iter().find_map(Process::of)
    }

    /// Kills the host (SIGKILL); its HSM process ends by itself, unless it is stopped.
    pub fn kill_host(&mut self) {
        self.orphans.extend(self.hsm());
        self.orphans.retain(|orphan| orphan.is_alive());
        if let Some(mut host) = self.host.take() {
            // Both fail only for a child that has ended and was waited for.
            let _ = host.kill();
            let _ = host.wait();
        }
    }

    /// Kills the HSM process (SIGKILL).
    pub fn kill_hsm(&mut self) {
        if let Some(hsm) = self.hsm() {
            hsm.signal(Signal::KILL);
            self.hsm_kills.push(Instant::now());
        }
    }

    /// Kills both at once (SIGKILL).
    pub fn kill_both(&mut self) {
        if let (Some(host), Some(hsm)) = (self.host(), self.hsm()) {
            hsm.signal(Signal::KILL);
            host.signal(Signal::KILL);
        }
        self.kill_host();
    }

    /// How the host ended, where it did so by itself.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.host.as_mut()?.try_wait().ok()??;
        self.host = None;
        Some(status.to_string())
    }

    /// Ends both processes, and whatever HSM process was left behind; says whether one had outlived its host.
    pub fn end(&mut self) -> bool {
        self.kill_host();
        self.orphans.iter().for_each(|orphan| orphan.signal(Signal::CONT));
        let begun = Instant::now();
        while begun.elapsed() < ORPHAN_MAX && self.orphans.iter().any(|orphan| orphan.is_alive()) {
            sleep(Duration::from_millis(10));
        }
        let has_outlived = self.orphans.iter().any(|orphan| orphan.is_alive());
        self.orphans.iter().for_each(|orphan| orphan.signal(Signal::KILL));
        self.orphans.clear();
        has_outlived
    }

    /// The end of the node's log.
    pub fn last_lines(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n      ")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.kill_both();
        self.orphans.iter().for_each(|orphan| orphan.signal(Signal::KILL));
    }
}

/// A process's state and the time of its start: fields 3 and 22 of `stat`, after the name in brackets.
fn state_and_birth(id: Pid) -> Option<(char, u64)> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero())).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.nth(18)?.parse().ok()?))
}
