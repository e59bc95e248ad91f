//! An HSM for tests: a thread at the other end of the socket that does what the test says.

use crate::hsm::{
    frames,
    launch::{Launch, Launched},
};
use std::{
    io::{self, BufReader, Write},
    os::unix::net::UnixStream,
    sync::Arc,
    thread,
};
use strongroom_protocol::{
    bytes::{Bytes, List, Text},
    ids::{Digest, Era, FleetId, LogIndex, NodeNumber, Term, Version},
    pipe::{Counters, HostMessage, HsmMessage, HsmStatus, Role, StoredEntry},
};

/// The HSM's end of the socket.
pub(crate) struct FakeHsm {
    reading: BufReader<UnixStream>,
    writing: UnixStream,
}

impl FakeHsm {
    /// The next message; nothing once the host has closed its end.
    pub(crate) fn hear(&mut self) -> Option<HostMessage> {
        frames::read(&mut self.reading).ok()
    }

    /// The next message that is neither a tick nor the wish for a report.
    pub(crate) fn hear_more(&mut self) -> Option<HostMessage> {
        loop {
            match self.hear()? {
                HostMessage::Tick | HostMessage::Report => {}
                message => return Some(message),
            }
        }
    }

    pub(crate) fn say(&mut self, message: &HsmMessage) {
        // A host that has gone is heard of by the next `hear`.
        let _ = frames::write(&mut self.writing, message);
    }

    pub(crate) fn say_bytes(&mut self, bytes: &[u8]) {
        let _ = self.writing.write_all(bytes);
    }

    /// Answers every wish for a report, and hands every other message but ticks to `act`, until the host is gone.
    pub(crate) fn serve(&mut self, mut act: impl FnMut(&mut Self, HostMessage)) {
        while let Some(message) = self.hear() {
            match message {
                HostMessage::Tick => {}
                HostMessage::Report => self.say(&HsmMessage::Status(status(Role::Leader))),
                message => act(self, message),
            }
        }
    }
}

/// Starts a thread with `script` each time an HSM is wanted.
pub(crate) struct FakeLaunch(Arc<dyn Fn(FakeHsm) + Send + Sync>);

impl FakeLaunch {
    pub(crate) fn new(script: impl Fn(FakeHsm) + Send + Sync + 'static) -> Box<Self> {
        Box::new(Self(Arc::new(script)))
    }
}

impl Launch for FakeLaunch {
    fn launch(&mut self) -> io::Result<Launched> {
        let (ours, theirs) = UnixStream::pair()?;
        let script = self.0.clone();
        thread::spawn(move || {
            let reading = BufReader::new(theirs.try_clone().unwrap());
            script(FakeHsm { reading, writing: theirs });
        });
        Ok(Launched { stream: ours, process: None })
    }

    fn name(&self) -> String {
        "the fake HSM".into()
    }
}

pub(crate) const FLEET: FleetId = FleetId::new([0xf1; 32]);

pub(crate) fn status(role: Role) -> HsmStatus {
    HsmStatus {
        version: Version,
        node: NodeNumber(1),
        fleet: FLEET,
        role,
        reason: Text::shortened(""),
        term: Term(3),
        leader: NodeNumber(1),
        last: LogIndex(9),
        committed: LogIndex(8),
        applied: LogIndex(7),
        checkpoint: LogIndex(1),
        era: Era(2),
        vaults: 5,
        root: Digest::new([7; 32]),
        boot: 1,
        sessions: List::new(vec![NodeNumber(2)]).unwrap(),
        counters: Counters::default(),
    }
}

pub(crate) fn entry(index: u64, byte: u8) -> StoredEntry {
    StoredEntry { index: LogIndex(index), term: Term(1), kind: 0, data: Bytes::new(vec![byte; 100]).unwrap() }
}
