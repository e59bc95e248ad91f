//! A fleet of child processes on this machine, one for each node.
//!
//! Each child is told to end when its standard input closes, so that it ends with this process,
//! however this process ends; its HSM ends with it in the same way. Each is in a process group of
//! its own, so that ^C at the terminal reaches this process only, which then ends them in order.

mod lines;

pub use lines::Lines;

use crate::{
    error::CommandError,
    fleet_status::{FleetStatus, NodeReport},
    new_fleet::node_folders,
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use strongroom_host::node::NodeConfig;
use strongroom_trust::{Endpoint, VerifiedFleet};

/// How long nodes may take to end by themselves.
const END_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a fleet that starts is asked how it stands.
const ASK_INTERVAL: Duration = Duration::from_millis(50);

/// A fleet of child processes. Dropping it kills them all.
pub struct LocalFleet {
    programs: Programs,
    nodes: Vec<LocalNode>,
}

/// What the nodes are started with.
#[derive(Debug, Clone)]
pub struct Programs {
    /// This very command.
    pub own: PathBuf,
    /// The HSM program.
    pub hsm: PathBuf,
}

/// One node, running or not.
struct LocalNode {
    name: String,
    folder: PathBuf,
    endpoint: Endpoint,
    lines: Lines,
    child: Option<Child>,
}

impl LocalFleet {
    /// Finds the nodes in a fleet's folder; none is started. `lines` says where each node's log goes.
    ///
    /// # Errors
    /// There are none, or a configuration is wrong.
    pub fn open(
        folder: &Path,
        programs: Programs,
        lines: impl Fn(&str, &Path) -> Lines,
    ) -> Result<Self, CommandError> {
        let nodes = node_folders(folder)?.into_iter().map(|folder| open_node(folder, &lines));
        Ok(Self { programs, nodes: nodes.collect::<Result<_, _>>()? })
    }

    /// The nodes' endpoints, in the order of their numbers.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.nodes.iter().map(|node| node.endpoint.clone()).collect()
    }

    /// The nodes' names, in the order of their numbers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| node.name.as_str())
    }

    /// Starts every node that does not run.
    ///
    /// # Errors
    /// The system starts no process.
    pub fn start(&mut self) -> Result<(), CommandError> {
        for node in self.nodes.iter_mut().filter(|node| node.child.is_none()) {
            node.start(&self.programs)?;
        }
        Ok(())
    }

    /// Kills a node as a power cut would (SIGKILL), and waits until it is gone.
    pub fn kill(&mut self, name: &str) {
        for node in self.nodes.iter_mut().filter(|node| node.name == name) {
            node.kill();
        }
    }

    /// Kills all nodes at once (SIGKILL), and waits until they are gone.
    pub fn kill_all(&mut self) {
        for child in self.nodes.iter_mut().filter_map(|node| node.child.as_mut()) {
            // It fails only for a child that has ended already.
            let _ = child.kill();
        }
        self.nodes.iter_mut().for_each(LocalNode::kill);
    }

    /// Asks the nodes to end (SIGTERM), waits, and kills those that do not.
    pub fn stop(&mut self) {
        for node in &mut self.nodes {
            node.ask_to_end();
        }
        let begun = Instant::now();
        while begun.elapsed() < END_TIMEOUT && self.nodes.iter_mut().any(LocalNode::is_running) {
            sleep(Duration::from_millis(20));
        }
        self.kill_all();
    }

    /// The nodes that have ended by themselves since the last question, with how they ended.
    pub fn ended(&mut self) -> Vec<(String, String)> {
        self.nodes.iter_mut().filter_map(|node| Some((node.name.clone(), node.take_end()?))).collect()
    }

    /// Whether any node runs.
    pub fn is_running(&mut self) -> bool {
        self.nodes.iter_mut().any(LocalNode::is_running)
    }

    /// Waits until the running nodes satisfy `enough`, at most `patience`.
    ///
    /// # Errors
    /// A node ended, or it took too long; the last lines of the logs are shown.
    pub async fn wait_until(
        &mut self,
        fleet: &VerifiedFleet,
        patience: Duration,
        enough: impl Fn(&FleetStatus) -> bool,
    ) -> Result<FleetStatus, CommandError> {
        let (begun, endpoints) = (Instant::now(), self.endpoints());
        loop {
            let status = FleetStatus::ask(Some(fleet), &endpoints).await?;
            if enough(&status) {
                return Ok(status);
            }
            if let Some((name, how)) = self.ended().into_iter().next() {
                return Err(CommandError::other(format!(
                    "{name} ended by itself ({how}).{}",
                    self.last_lines()
                )));
            }
            if begun.elapsed() > patience {
                let states: Vec<_> = status.nodes.iter().map(in_words).collect();
                let message = format!(
                    "The fleet did not come up within {} s: {}.",
                    patience.as_secs(),
                    states.join("; ")
                );
                return Err(CommandError::other(message + &self.last_lines()));
            }
            tokio::time::sleep(ASK_INTERVAL).await;
        }
    }

    /// The end of every log, for somebody who looks for the cause.
    fn last_lines(&self) -> String {
        self.nodes.iter().map(|node| node.lines.last(&node.name)).collect()
    }
}

impl Drop for LocalFleet {
    fn drop(&mut self) {
        self.kill_all();
    }
}

impl LocalNode {
    fn start(&mut self, programs: &Programs) -> Result<(), CommandError> {
        let mut command = Command::new(&programs.own);
        command.args(["node", "run", "--until-stdin-closes", "--hsm"]).arg(&programs.hsm).arg(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        let failed = |error| CommandError::other(format!("{} cannot be started: {error}.", self.name));
        let mut child = command.stderr(self.lines.stdio().map_err(failed)?).spawn().map_err(failed)?;
        self.lines.follow(&self.name, child.stderr.take());
        self.child = Some(child);
        Ok(())
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only for a child that has ended and was waited for.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn ask_to_end(&mut self) {
        let process =
            self.child.as_ref().and_then(|child| i32::try_from(child.id()).ok()).and_then(Pid::from_raw);
        if let Some(process) = process {
            // It fails only for a child that has ended already.
            let _ = kill_process(process, Signal::TERM);
        }
    }

    fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    fn take_end(&mut self) -> Option<String> {
        let status = self.child.as_mut()?.try_wait().ok()??;
        self.child = None;
        Some(status.to_string())
    }
}

fn open_node(folder: PathBuf, lines: &impl Fn(&str, &Path) -> Lines) -> Result<LocalNode, CommandError> {
    let config = NodeConfig::read(&folder).map_err(|error| CommandError::other(format!("{error}.")))?;
    let endpoint = format!("http://{}", config.listen).parse().map_err(|error| {
        CommandError::other(format!("{} listens on {}: {error}.", config.name, config.listen))
    })?;
    let lines = lines(&config.name, &folder);
    Ok(LocalNode { name: config.name, folder, endpoint, lines, child: None })
}

fn in_words(node: &NodeReport) -> String {
    match node.reason() {
        reason if reason.is_empty() => format!("{} {}", node.name(), node.state()),
        reason => format!("{} {} ({reason})", node.name(), node.state()),
    }
}
