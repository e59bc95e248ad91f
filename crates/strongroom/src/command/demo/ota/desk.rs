//! Where the parties' commands are run: each act is a process of its own, in the demo's folder.

use crate::{error::CommandError, exit::Exit, programs::own_program};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{io::AsyncReadExt as _, process::Command};

/// Bytes of the line by which a service says where it listens.
const LINE_BYTES_MAX: usize = 200;

/// The demo's folder, and the programs.
pub(super) struct Desk {
    home: PathBuf,
    program: PathBuf,
}

/// How an act ended.
pub(super) struct Act {
    pub(super) exit: Exit,
    pub(super) out: String,
    pub(super) err: String,
}

/// An auditor or a witness that serves. Dropping it kills it.
pub(super) struct Service {
    // Its standard input is open as long as this lives.
    _child: tokio::process::Child,
    pub(super) url: String,
}

impl Desk {
    pub(super) fn new(home: &Path) -> Result<Self, CommandError> {
        Ok(Self { home: home.to_path_buf(), program: own_program()? })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    pub(super) fn read(&self, name: &str) -> Result<String, CommandError> {
        let path = self.path(name);
        std::fs::read_to_string(&path).map_err(|error| CommandError::file(&path, "read", &error))
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), CommandError> {
        let path = self.path(name);
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder
            .and_then(|()| std::fs::write(&path, bytes))
            .map_err(|error| CommandError::file(&path, "written", &error))
    }

    /// Lets somebody do something; the words of a line are the command's.
    pub(super) async fn act(&self, line: &str) -> Result<String, CommandError> {
        let act = self.run(line.split_whitespace(), &[]).await?;
        match act.exit {
            Exit::Done => Ok(act.out),
            exit => Err(CommandError::new(exit, format!("`strongroom {line}`: {}", act.err))),
        }
    }

    /// Runs the command, with nothing of this person's own settings.
    pub(super) async fn run<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        variables: &[(&str, String)],
    ) -> Result<Act, CommandError> {
        let mut command = self.command();
        command.args(arguments).envs(variables.iter().cloned()).stdin(Stdio::null());
        let ended = command.output().await.map_err(|error| not_started(&error))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let code = ended.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        Ok(Act { exit: Exit::from_code(code), out: text(&ended.stdout), err: text(&ended.stderr) })
    }

    /// Starts a service on a free port, and waits until it says where.
    pub(super) async fn serve(&self, what: &str, folder: &str) -> Result<Service, CommandError> {
        let mut command = self.command();
        command.args([what, "run", folder, "--listen", "127.0.0.1:0", "--json", "--no-passphrase"]);
        command.args(["--until-stdin-closes", "--log", "error"]).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| not_started(&error))?;
        let silent = || CommandError::other(format!("The {what} in {folder} does not serve."));
        let mut stdout = child.stdout.take().ok_or_else(silent)?;
        let mut line = Vec::new();
        while !line.ends_with(b"\n") && line.len() < LINE_BYTES_MAX {
            line.push(stdout.read_u8().await.map_err(|_| silent())?);
        }
        let said: serde_json::Value = serde_json::from_slice(&line).map_err(|_| silent())?;
        let url = said.get("url").and_then(serde_json::Value::as_str).ok_or_else(silent)?;
        Ok(Service { url: url.to_owned(), _child: child })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir(&self.home).env("HOME", &self.home).kill_on_drop(true);
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }
}

fn not_started(error: &std::io::Error) -> CommandError {
    CommandError::other(format!("The system starts no process: {error}."))
}
