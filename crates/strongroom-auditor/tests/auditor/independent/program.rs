//! The programs in Go and Python: how they are built or found, and how they are asked.

use std::{
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use strongroom_trust::TrustRoot;

/// Where Debian puts Go's libraries.
const GO_LIBRARY: &str = "/usr/share/gocode";

/// A verifier that is a program of its own, in a folder with the keys that it needs.
pub struct Program {
    command: Vec<OsString>,
    folder: tempfile::TempDir,
}

impl Program {
    /// Builds the one in Go; nothing where there is no Go with its library.
    pub fn go(root: &TrustRoot) -> Option<Self> {
        if !Path::new(GO_LIBRARY).join("src/golang.org/x/mod/sumdb").is_dir() {
            println!("skipped: Go's sumdb is not on this machine");
            return None;
        }
        let folder = folder_with_keys(root);
        let program = folder.path().join("verify");
        let built = Command::new("go")
            .args(["build", "-o"])
            .arg(&program)
            .arg(source("verify.go"))
            .env("GO111MODULE", "off")
            .env("GOPATH", GO_LIBRARY)
            .env("GOCACHE", folder.path().join("cache"))
            .env("GOFLAGS", "")
            .output()
            .expect("go is installed beside its library");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Some(Self { command: vec![program.into()], folder })
    }

    /// Finds the one in Python; nothing where there is no Python with the package.
    pub fn python(root: &TrustRoot) -> Option<Self> {
        let python = std::env::var_os("STRONGROOM_PYTHON").unwrap_or_else(|| "python3".into());
        let found = Command::new(&python).args(["-c", "import aics_tlog"]).output();
        if !found.is_ok_and(|output| output.status.success()) {
            println!("skipped: aics-tlog is not on this machine");
            return None;
        }
        // Without compiled files beside the source.
        let command = vec![python, "-B".into(), source("verify.py").into()];
        Some(Self { command, folder: folder_with_keys(root) })
    }

    /// Has a whole log read, and held against an older checkpoint.
    pub fn log(&self, public: &Path, older: Option<&PathBuf>) -> Output {
        self.start().arg("log").arg(public).arg(self.keys()).args(older).output().unwrap()
    }

    /// Has units verified: `ok` for each that it believes, else a cause.
    pub fn units(&self, units: &[Vec<u8>]) -> Vec<String> {
        let mut child = self
            .start()
            .arg("units")
            .arg(self.keys())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let led = |unit: &Vec<u8>| [(unit.len() as u32).to_be_bytes().as_slice(), unit].concat();
        let units: Vec<u8> = units.iter().flat_map(led).collect();
        let writing = std::thread::spawn(move || input.write_all(&units).unwrap());
        let output = child.wait_with_output().unwrap();
        writing.join().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect()
    }

    fn start(&self) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        command
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }
}

fn folder_with_keys(root: &TrustRoot) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys"), root.contents().to_string()).unwrap();
    folder
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/auditor/independent").join(name)
}
