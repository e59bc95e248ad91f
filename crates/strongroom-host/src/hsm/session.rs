//! One life of one HSM process: four threads, and who waits for whom.
//!
//! - *reader* takes the HSM's messages and hands them on. It never waits for anything but
//!   the socket, so an HSM that writes is always read, and nothing can deadlock.
//! - *store* does what concerns the store, strictly in order, and answers by itself.
//! - *writer* writes what clients, peers and the clock have for the HSM; it flushes when
//!   its queue is empty.
//! - *clock* ticks.
//!
//! No timer stands between a commit and its answer.

use super::{
    desk::{Desk, Job},
    frames::{self, FrameError},
    launch::{Launched, Process},
    lock,
};
use crate::{
    limits::{HSM_QUEUE_MAX, REPORT_TICKS, STORE_JOBS_MAX, TICK_MILLIS},
    store::{Store, StoreError},
};
use std::{
    io::{self, BufReader, BufWriter, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc as std_mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use strongroom_protocol::{
    genesis::{Birth, SignedGenesisStatement},
    ids::FleetId,
    keys::NodeKeys,
    pipe::{HostMessage, HsmMessage, HsmStatus, NodeVersion, PeerBytes, Start, ToClient},
};
use tokio::sync::mpsc;

/// Bytes buffered on each side of the socket.
const BUFFER_BYTES: usize = 256 * 1024;

/// The host's end of the socket, to be written by whoever locks it.
pub(super) type SharedWriter = Arc<Mutex<BufWriter<UnixStream>>>;

/// What an HSM wants done that is not for the store.
pub(crate) enum Effect {
    Born(Birth),
    Adopted(FleetId),
    Signed(SignedGenesisStatement),
    Send(PeerBytes),
    Answer(ToClient),
    Status(HsmStatus),
    Keys(NodeKeys),
    Elsewhere(Elsewhere),
}

/// Nodes that other hosts are asked for.
pub(crate) struct Elsewhere {
    pub(crate) fetch: u64,
    pub(crate) missing: Vec<NodeVersion>,
    pub(crate) input: HsmInput,
}

/// Carries effects out. It must not block: the HSM is not read meanwhile.
pub(crate) trait Outside: Send + Sync {
    /// Takes one effect; effects come in the HSM's order.
    fn take(&self, effect: Effect);
}

/// Why a session ended.
#[derive(Debug)]
pub(crate) enum SessionEnd {
    /// The HSM is gone, or not to be trusted with the pipe any more.
    Hsm(String),
    /// The store failed.
    Store(StoreError),
}

/// The HSM takes nothing: its queue is full, or it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotTaken;

enum Outgoing {
    Frame(Vec<u8>),
    End,
}

/// The way to a running HSM.
#[derive(Clone)]
pub(crate) struct HsmInput {
    queue: mpsc::Sender<Outgoing>,
    socket: Option<Arc<UnixStream>>,
}

impl HsmInput {
    /// Hands in a message if there is room for it.
    pub(crate) fn try_tell(&self, message: &HostMessage) -> Result<(), NotTaken> {
        let frame = frames::framed(message).ok_or(NotTaken)?;
        self.queue.try_send(Outgoing::Frame(frame)).map_err(|_| NotTaken)
    }

    /// Hands in a message when there is room for it.
    pub(crate) async fn tell(&self, message: &HostMessage) -> Result<(), NotTaken> {
        let frame = frames::framed(message).ok_or(NotTaken)?;
        self.queue.send(Outgoing::Frame(frame)).await.map_err(|_| NotTaken)
    }

    /// Closes the way to the HSM, which then ends; what it still has to say is heard.
    pub(crate) fn close(&self) {
        if let Some(socket) = &self.socket {
            // It fails only where the HSM is gone already.
            let _ = socket.shutdown(Shutdown::Write);
        }
    }
}

/// A running session.
pub(crate) struct Session {
    input: HsmInput,
    socket: Arc<UnixStream>,
    process: Option<Process>,
    reader: JoinHandle<String>,
    store: JoinHandle<Option<StoreError>>,
    writer: JoinHandle<()>,
    clock: JoinHandle<()>,
    clock_end: std_mpsc::Sender<()>,
}

impl Session {
    /// Begins a session; with `start`, that is the first message the HSM hears.
    pub(crate) fn begin(
        launched: Launched,
        store: Arc<Store>,
        outside: Arc<dyn Outside>,
        start: Option<Start>,
    ) -> io::Result<Self> {
        let Launched { stream, process } = launched;
        let socket = Arc::new(stream.try_clone()?);
        let reading = BufReader::with_capacity(BUFFER_BYTES, stream.try_clone()?);
        let mut writing = BufWriter::with_capacity(BUFFER_BYTES, stream);
        if let Some(start) = start {
            frames::write(&mut writing, &HostMessage::Start(start))?;
            writing.flush()?;
        }
        let writing = Arc::new(Mutex::new(writing));
        let (queue, outgoing) = mpsc::channel(HSM_QUEUE_MAX);
        let input = HsmInput { queue, socket: Some(socket.clone()) };
        let (jobs, waiting_jobs) = std_mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let desk = Desk {
            store,
            writer: writing.clone(),
            outside: outside.clone(),
            input: input.clone(),
            waiting: waiting.clone(),
        };
        let (clock_end, clock_ends) = std_mpsc::channel();
        let failing = socket.clone();
        let ticking = input.clone();
        Ok(Self {
            store: spawn("hsm-store", move || desk_thread(&desk, &waiting_jobs, &failing))?,
            reader: spawn("hsm-reader", move || Reader { reading, jobs, waiting, outside }.run())?,
            writer: spawn("hsm-writer", move || write_queue(outgoing, &writing))?,
            clock: spawn("hsm-clock", move || tick(&ticking, &clock_ends))?,
            input,
            socket,
            process,
            clock_end,
        })
    }

    /// The way to the HSM.
    pub(crate) fn input(&self) -> HsmInput {
        self.input.clone()
    }

    /// The number of the HSM's process; zero where it is none.
    pub(crate) fn process(&self) -> u32 {
        self.process.as_ref().map(Process::number).unwrap_or_default()
    }

    /// Waits until the session has ended: every job of the store done, every thread gone, the process too.
    pub(crate) fn wait(self) -> SessionEnd {
        let said = self.reader.join().unwrap_or_else(|_| "its reader failed".into());
        // What follows fails only for a socket that is closed, or a thread that has ended.
        let _ = self.socket.shutdown(Shutdown::Both);
        drop(self.clock_end);
        let _ = self.clock.join();
        let failed = self.store.join().unwrap_or_default();
        let _ = self.input.queue.try_send(Outgoing::End);
        let _ = self.writer.join();
        let ended = self.process.map(Process::end);
        match (failed, ended) {
            (Some(cause), _) => SessionEnd::Store(cause),
            (None, Some(ended)) => SessionEnd::Hsm(ended.explain(&said)),
            (None, None) => SessionEnd::Hsm(said),
        }
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.into()).spawn(run)
}

/// Reads the HSM's messages until there are no more; says why.
struct Reader {
    reading: BufReader<UnixStream>,
    jobs: std_mpsc::Sender<Job>,
    waiting: Arc<AtomicUsize>,
    outside: Arc<dyn Outside>,
}

impl Reader {
    fn run(mut self) -> String {
        loop {
            match frames::read(&mut self.reading) {
                Ok(message) => {
                    if let Err(reason) = self.hand_on(message) {
                        return reason;
                    }
                }
                Err(FrameError::Closed) => return "the HSM closed its socket".into(),
                Err(FrameError::Socket(cause)) => return format!("the HSM's socket failed: {cause}"),
                Err(cause) => return format!("the HSM sent {cause}"),
            }
        }
    }

    fn hand_on(&self, message: HsmMessage) -> Result<(), String> {
        match message {
            HsmMessage::Append(append) => self.job(Job::Append(append)),
            HsmMessage::Commit(commit) => self.job(Job::Commit(commit)),
            HsmMessage::Tree(nodes) => self.job(Job::Tree(nodes)),
            HsmMessage::FlushTree(index) => self.job(Job::FlushTree(index)),
            HsmMessage::Fetch(fetch) => self.job(Job::Fetch(fetch)),
            HsmMessage::FetchLog(range) => self.job(Job::FetchLog(range)),
            HsmMessage::FetchNodes(fetch) => self.job(Job::FetchNodes(fetch)),
            HsmMessage::Drop(below) => self.job(Job::Drop(below)),
            HsmMessage::Born(birth) => self.effect(Effect::Born(birth)),
            HsmMessage::Adopted(fleet) => self.effect(Effect::Adopted(fleet)),
            HsmMessage::Signed(signed) => self.effect(Effect::Signed(signed)),
            HsmMessage::Send(frame) => self.effect(Effect::Send(frame)),
            HsmMessage::Answer(answer) => self.effect(Effect::Answer(answer)),
            HsmMessage::Status(status) => self.effect(Effect::Status(status)),
            HsmMessage::Keys(keys) => self.effect(Effect::Keys(keys)),
            HsmMessage::Stop(fault) => Err(format!("the HSM stopped: {}", fault.as_str().escape_debug())),
        }
    }

    fn job(&self, job: Job) -> Result<(), String> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) > STORE_JOBS_MAX {
            return Err(format!("the HSM left more than {STORE_JOBS_MAX} jobs waiting"));
        }
        self.jobs.send(job).map_err(|_| "the store failed".into())
    }

    fn effect(&self, effect: Effect) -> Result<(), String> {
        self.outside.take(effect);
        Ok(())
    }
}

/// Works at the desk; a store that fails ends the session by closing the socket.
fn desk_thread(desk: &Desk, jobs: &std_mpsc::Receiver<Job>, socket: &UnixStream) -> Option<StoreError> {
    let failed = desk.work(jobs).err();
    if failed.is_some() {
        let _ = socket.shutdown(Shutdown::Both);
    }
    failed
}

/// Writes frames as they come and flushes when no more wait.
fn write_queue(mut outgoing: mpsc::Receiver<Outgoing>, writing: &Mutex<BufWriter<UnixStream>>) {
    while let Some(Outgoing::Frame(frame)) = outgoing.blocking_recv() {
        let mut writing = lock(writing);
        let mut written = writing.write_all(&frame);
        while written.is_ok() {
            match outgoing.try_recv() {
                Ok(Outgoing::Frame(frame)) => written = writing.write_all(&frame),
                Ok(Outgoing::End) => return,
                Err(_) => break,
            }
        }
        if written.and_then(|()| writing.flush()).is_err() {
            return;
        }
    }
}

/// Ticks, and asks for a report now and then, until the other end of `end` is gone.
fn tick(input: &HsmInput, end: &std_mpsc::Receiver<()>) {
    let mut ticks = 0;
    while end.recv_timeout(Duration::from_millis(TICK_MILLIS)) == Err(std_mpsc::RecvTimeoutError::Timeout) {
        // A tick that finds no room is one tick less; nothing safe rests on time.
        let _ = input.try_tell(&HostMessage::Tick);
        if ticks % REPORT_TICKS == 0 {
            let _ = input.try_tell(&HostMessage::Report);
        }
        ticks += 1;
    }
}

#[cfg(test)]
impl HsmInput {
    /// A way that ends in a test's hands.
    pub(crate) fn to_test() -> (Self, TestOutput) {
        let (queue, outgoing) = mpsc::channel(HSM_QUEUE_MAX);
        (Self { queue, socket: None }, TestOutput(outgoing))
    }
}

/// Where a test reads what was handed to an HSM.
#[cfg(test)]
pub(crate) struct TestOutput(mpsc::Receiver<Outgoing>);

#[cfg(test)]
impl TestOutput {
    pub(crate) async fn next(&mut self) -> HostMessage {
        match self.0.recv().await {
            Some(Outgoing::Frame(frame)) => strongroom_protocol::decode(&frame[4..]).unwrap(),
            _ => panic!("nothing more is handed in"),
        }
    }
}
