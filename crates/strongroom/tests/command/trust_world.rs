//! What the tests of fleets over the air are played with: everybody who signs, logs in folders and on loopback, and
//! the command in a folder of its own.

#![allow(dead_code, reason = "each test uses a part")]

#[path = "../../../strongroom-trust/tests/trust/world.rs"]
pub mod makers;

use crate::world::{Ended, program};
use makers::{Actor, Actors, Log, bundle, revocation, revoked, serving, status_of};
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use strongroom_trust::{
    BundleContents, Epoch, FleetEntry, Service, StatusNumber, proposed, text_digest,
    tile::{TileId, write_entries},
};
use tempfile::TempDir;

/// A folder in which the command is run.
pub struct Desk(pub TempDir);

impl Desk {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the command here, with nothing of this machine's own settings.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        let mut command = Command::new(program());
        command.env_clear().current_dir(self.0.path()).stdin(Stdio::null()).env("HOME", self.0.path());
        command.args(arguments).output().unwrap().into()
    }

    /// Runs a line of words.
    pub fn say(&self, line: &str) -> Ended {
        self.run(line.split_whitespace())
    }

    /// Writes a trust root of these actors.
    pub fn write_root(&self, name: &str, actors: &Actors, quorum: u8) {
        self.write(name, actors.root(quorum).as_str());
    }
}

/// A file of the vectors.
pub fn vector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust").join(name)
}

/// A note with one line.
pub fn leaf(body: &str, actor: &Actor) -> String {
    proposed(body, actor.sign(body)).unwrap().to_string()
}

/// Publishes a log in a folder, as its keeper would.
pub fn publish(log: &Log, actors: &Actors, folder: &Path) {
    for tile in TileId::all(log.tree.size()) {
        let path = folder.join(tile.to_string());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes = match tile.level {
            Some(_) => tile.bytes(&log.tree).unwrap(),
            None => {
                let from = usize::try_from(tile.index).unwrap() * 256;
                write_entries(&log.leaves[from..from + usize::from(tile.width)]).unwrap()
            }
        };
        fs::write(path, bytes).unwrap();
    }
    fs::write(folder.join("checkpoint"), log.checkpoint(actors, &[makers::NOW, makers::NOW]).as_str())
        .unwrap();
}

/// An auditor's life in a log.
pub struct Life {
    pub actors: Actors,
    pub log: Log,
    last: Option<BundleContents>,
    number: u64,
}

impl Life {
    pub fn new() -> Self {
        let actors = Actors::honest();
        let mut log = Log::default();
        log.append(actors.root(2).as_str());
        Self { actors, log, last: None, number: 0 }
    }

    pub fn sign_bundle(&mut self, fleets: Vec<FleetEntry>) {
        let epoch = self.last.as_ref().map_or(Epoch(1), |last| last.epoch.next().unwrap());
        let previous = self.last.as_ref().map(|last| text_digest(&last.to_string()));
        let contents = BundleContents { epoch, previous, fleets, ..bundle() };
        let text = contents.to_string();
        self.log.append(&leaf(&text, &self.actors.operator.bundle));
        self.log.append(&leaf(&text, &self.actors.auditor.bundle));
        self.last = Some(contents);
    }

    pub fn sign_status(&mut self) {
        self.number += 1;
        let mut status = status_of(self.last.as_ref().unwrap());
        status.number = StatusNumber(self.number);
        self.log.append(&leaf(&status.to_string(), &self.actors.auditor.status));
    }

    /// Four bundles, one of them void, a revocation, and status notes up to this size.
    pub fn lived(size: u64) -> Self {
        let mut life = Self::new();
        life.sign_bundle(vec![serving("f2023a", Service::Active)]);
        life.sign_status();
        life.sign_bundle(vec![serving("stray", Service::Active)]);
        life.sign_bundle(vec![serving("f2026a", Service::Active), serving("f2023a", Service::Draining)]);
        life.sign_status();
        let note = revocation("f2023a", &[&life.actors.auditor.revocation]);
        life.log.append(&note);
        life.sign_bundle(vec![serving("f2026a", Service::Active), revoked("f2023a", 4)]);
        while life.log.tree.size() < size {
            life.sign_status();
        }
        life
    }

    /// The log's checkpoint when it had so many entries.
    pub fn checkpoint_of(&self, size: u64) -> String {
        let body = self.log.body(size, self.actors.log.key.name().as_str());
        makers::sign_checkpoint(&body, &self.actors, &[]).to_string()
    }
}

/// A web server on loopback that serves a folder; it ends with the test.
pub struct Web {
    pub url: String,
    pub answered: Arc<AtomicUsize>,
}

impl Web {
    /// Serves a folder. What `answer` gives for a path is said in place of the file.
    pub fn serve(folder: PathBuf, answer: fn(&str) -> Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/log", listener.local_addr().unwrap());
        let answered = Arc::new(AtomicUsize::new(0));
        let count = answered.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                // Whoever went away needs no answer.
                let _ = answer_one(stream, &folder, answer);
            }
        });
        Self { url, answered }
    }
}

fn answer_one(
    mut stream: TcpStream,
    folder: &Path,
    answer: fn(&str) -> Option<&'static str>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches("/log/");
    if let Some(head) = answer(path) {
        return stream.write_all(head.as_bytes());
    }
    match fs::read(folder.join(path)) {
        Ok(bytes) => {
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
            stream.write_all(head.as_bytes())?;
            stream.write_all(&bytes)
        }
        Err(_) => {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }
}
