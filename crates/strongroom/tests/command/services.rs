//! Auditors and witnesses as processes of their own, and a whole ceremony with them.

use crate::{
    trust_world::{Desk, leaf, makers::Actor},
    world::{Ended, copy, found, program},
};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// A service of the command; it ends with the test.
pub struct Service {
    child: Child,
    pub url: String,
}

impl Service {
    /// Starts `run` of a folder on a port of its own, and waits until it says where it listens.
    pub fn start(desk: &Desk, what: &str, folder: &str) -> Self {
        let mut command = Command::new(program());
        command.env_clear().current_dir(desk.path("")).env("HOME", desk.path(""));
        command.args([what, "run", folder, "--listen", "127.0.0.1:0", "--json", "--no-passphrase"]);
        command.args(["--until-stdin-closes", "--log", "error"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        Self { child, url: said["url"].as_str().unwrap().into() }
    }

    fn ask(&self, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head = format!(
            "{head} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        (status, answer[end + 4..].to_vec())
    }

    /// What lies at a path.
    pub fn fetch(&self, path: &str) -> (u16, Vec<u8>) {
        self.ask(&format!("GET {path}"), &[])
    }

    /// Brings a note.
    pub fn post(&self, note: &str) -> (u16, String) {
        let (status, body) = self.ask("POST /notes", note.as_bytes());
        (status, String::from_utf8(body).unwrap())
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail only for a child that is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everybody, each with a folder of their own; two witnesses and the auditor serve.
pub struct Parties {
    pub desk: Desk,
    pub witnesses: Vec<Service>,
    pub auditor: Service,
}

const PROPOSE: &str = "bundle propose --trust root.note --key operator/bundle.key --out proposal.note --fleet f1=fleet \
    --evidence f1=evidence/manifest.note";

impl Parties {
    /// Keys, a trust root that operator and trustee signed, and services that run.
    pub fn begun() -> Self {
        let desk = Desk::new();
        let (_home, fleet) = found(10);
        copy(&fleet, &desk.path("fleet"));
        let publisher = Actor::new("publisher.example", "publisher");
        desk.write("evidence/manifest.note", leaf("what is published about the fleet\n", &publisher));
        let say = |line: &str| desk.say(&format!("{line} --no-passphrase")).expect_code(0);
        say("trust keys operator --party operator --name operator.example");
        say("trust keys trustee --party independent --name trustee.example");
        say("trust keys root --party auditor --name auditor.example");
        say("auditor init auditor --namespace example.messenger.v1 --origin auditor.example/log");
        let mut lines = String::new();
        for name in ["witness-1", "witness-2"] {
            let key = say(&format!("witness init {name} --name {name}.example")).out;
            let key = key.lines().next().unwrap();
            assert_eq!(desk.read(&format!("{name}/public/key")), format!("{key}\n"));
            lines += &format!("witness {name} {key}\nparty {name} independent\n");
            say(&format!("witness watch {name} auditor/public/keys"));
        }
        desk.write("witnesses.keys", lines);
        say(
            "trust init root.note --namespace example.messenger.v1 --threshold 2 --quorum 2 --allow-simulation \
             --keys operator/operator.keys --keys root/auditor.keys --keys auditor/public/keys \
             --keys trustee/independent.keys --keys witnesses.keys --sign operator/root.key",
        );
        say("trust sign root.note --key trustee/root.key");
        let witnesses: Vec<_> =
            ["witness-1", "witness-2"].map(|name| Service::start(&desk, "witness", name)).into();
        for (name, service) in ["witness-1", "witness-2"].iter().zip(&witnesses) {
            desk.say(&format!("auditor witness auditor {name}/public/key {}", service.url)).expect_code(0);
        }
        say("auditor adopt auditor root.note");
        let auditor = Service::start(&desk, "auditor", "auditor");
        Self { desk, witnesses, auditor }
    }

    pub fn try_to(&self, line: &str) -> Ended {
        self.desk.say(&format!("{line} --no-passphrase"))
    }

    #[track_caller]
    pub fn say(&self, line: &str) -> Ended {
        self.try_to(line).expect_code(0)
    }

    /// What lies at a path of the auditor's, as text.
    #[track_caller]
    pub fn fetched(&self, path: &str) -> String {
        let (status, body) = self.auditor.fetch(path);
        assert_eq!(status, 200, "{path}");
        String::from_utf8(body).unwrap()
    }

    /// The operator counter-signs the bundle that waits.
    pub fn countersign_bundle(&self, out: &str) {
        self.desk.write("signed.note", self.fetched("/to-countersign/bundle"));
        self.say(&format!(
            "bundle countersign signed.note --trust root.note --key operator/bundle.key --proposal proposal.note --out {out}"
        ));
    }

    /// The operator counter-signs the status that waits.
    pub fn countersign_status(&self, out: &str, more: &str) {
        self.desk.write("signed-status.note", self.fetched("/to-countersign/status"));
        self.say(&format!(
            "bundle countersign signed-status.note --trust root.note --key operator/status.key --out {out} {more}"
        ));
    }

    /// The first bundle and the first status, both counter-signed and delivered.
    pub fn delivered() -> Self {
        let parties = Self::begun();
        parties.say(PROPOSE);
        parties.say("auditor sign auditor proposal.note --evidence evidence");
        parties.countersign_bundle("bundle-1.note");
        parties.say("auditor accept auditor bundle-1.note");
        parties.countersign_status("status-1.note", "--bundle bundle-1.note");
        assert_eq!(parties.auditor.post(&parties.desk.read("status-1.note")), (200, "status 1\n".into()));
        parties
    }

    pub fn propose(&self) {
        self.say(PROPOSE);
    }
}
