//! The network and the clock, played: each exchange takes the next act of a script.

use crate::fake_fleet::FakeFleet;
use crate::fake_node::{FakeNode, unreadable};
use crate::folder::Folder;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use strongroom_client::{BuildError, Client, DeviceFolder, Endpoint, Moment, Pin, Transport, TransportError};
use strongroom_crypto::{ChaChaRng, Secret, sign::SigningKey};
use strongroom_protocol::{
    client::{Answer, AnswerBody, AttemptAnswer, Refusal, Request, RequestBody, RequestKind},
    encode,
    frame::Unreadable,
    ids::{FleetId, hex},
};

/// What happens to one exchange.
pub enum Act {
    /// It goes through.
    Pass,
    /// The request gets lost.
    LoseRequest,
    /// The request arrives, the answer gets lost.
    LoseAnswer,
    /// The transport reports this, and nothing arrives.
    Fail(TransportError),
    /// The node cannot read it.
    Unreadable(Unreadable),
    /// The fleet refuses it, unheard.
    Refuse(Refusal),
    /// These bytes come back.
    Garbage(Vec<u8>),
    /// All nodes restart before it arrives: new channel keys, no contexts.
    Restart,
    /// All nodes forget their contexts before it arrives.
    ForgetContexts,
    /// Tickets and tokens die before it arrives.
    Checkpoint,
}

/// One request as it reached a node.
#[derive(Clone, PartialEq, Eq)]
pub struct Arrived {
    pub node: usize,
    pub kind: RequestKind,
    pub is_continued: bool,
    pub request: Vec<u8>,
}

type Tamper = Box<dyn FnMut(&mut Answer) + Send>;

pub struct World {
    pub fleet: FakeFleet,
    pub nodes: Vec<FakeNode>,
    pub script: VecDeque<Act>,
    pub arrived: Vec<Arrived>,
    pub tamper: Option<Tamper>,
    /// Puts 32 bytes of KE1 from the first place into KE2 at the second.
    pub reflect: Option<(usize, usize)>,
    pub keys_asked: usize,
    /// How long a lost request or answer is waited for.
    pub patience: Duration,
    pub now: Duration,
    /// What every exchange and question for keys at an endpoint fails with.
    pub broken: HashMap<usize, TransportError>,
    /// Endpoints at which a node of another fleet answers.
    pub foreign: Vec<usize>,
    fleet_key: SigningKey,
}

#[derive(Clone)]
pub struct FakeTransport(Arc<Mutex<World>>);

pub const FLEET: FleetId = FleetId::new([9; 32]);
pub const FOREIGN: FleetId = FleetId::new([3; 32]);

impl FakeTransport {
    pub fn new() -> Self {
        Self::of(FLEET, SigningKey::from_seed(Secret::new([100; 32])))
    }

    /// A fleet of this id, with this identity key.
    pub fn of(fleet: FleetId, fleet_key: SigningKey) -> Self {
        Self(Arc::new(Mutex::new(World {
            fleet: FakeFleet::new(fleet),
            nodes: (1..=5).map(|number| FakeNode::new(fleet, number)).collect(),
            script: VecDeque::new(),
            arrived: Vec::new(),
            tamper: None,
            reflect: None,
            keys_asked: 0,
            patience: Duration::from_secs(1),
            now: Duration::ZERO,
            broken: HashMap::new(),
            foreign: Vec::new(),
            fleet_key,
        })))
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    pub fn pin(&self) -> Pin {
        let fleet = self.world().fleet.id;
        let key = hex(&self.world().fleet_key.public());
        let endpoints: String =
            (1..=5).map(|node| format!("endpoint http://127.0.0.1:740{node}\n")).collect();
        let text = format!(
            "version 1\nfleet {fleet}\nkey {key}\nmembers 5\nquorum 3\nguesses 10\nclass durable\n\
             measurement {}\nINSECURE SIMULATION\n{endpoints}",
            hex(&[8; 32])
        );
        text.parse().unwrap()
    }

    pub fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.world().script.extend(acts);
    }

    /// A client without a folder, with its own stream of randomness.
    pub fn client(&self, seed: u8) -> Client<FakeTransport> {
        let builder = Client::builder().trust(self.pin()).allow_no_stretching();
        builder.build_with(self.clone(), ChaChaRng::from_seed([seed; 32])).unwrap()
    }

    /// A client that keeps its state in a folder.
    pub fn device(&self, seed: u8, folder: &Folder) -> Client<FakeTransport> {
        let device = DeviceFolder::open(folder.path()).unwrap();
        let builder = Client::builder().trust(self.pin()).allow_no_stretching().device(device);
        builder.build_with(self.clone(), ChaChaRng::from_seed([seed; 32])).unwrap()
    }

    /// A client as an app has it, with key stretching.
    pub fn stretching_client(&self, seed: u8) -> Result<Client<FakeTransport>, BuildError> {
        Client::builder().trust(self.pin()).build_with(self.clone(), ChaChaRng::from_seed([seed; 32]))
    }

    /// The requests of one kind that arrived.
    pub fn arrived(&self, kind: RequestKind) -> Vec<Arrived> {
        self.world().arrived.iter().filter(|arrived| arrived.kind == kind).cloned().collect()
    }
}

impl World {
    fn exchange(&mut self, place: usize, frame: &[u8]) -> Result<Vec<u8>, TransportError> {
        let act = self.script.pop_front().unwrap_or(Act::Pass);
        match &act {
            Act::LoseRequest => return Err(self.time_out()),
            Act::Fail(error) => return Err(error.clone()),
            Act::Unreadable(cause) => return Ok(unreadable(*cause)),
            Act::Garbage(bytes) => return Ok(bytes.clone()),
            Act::Restart => self.nodes.iter_mut().for_each(FakeNode::restart),
            Act::ForgetContexts => self.nodes.iter_mut().for_each(FakeNode::forget_contexts),
            Act::Checkpoint => self.fleet.forget_tickets_and_tokens(),
            Act::Pass | Act::LoseAnswer | Act::Refuse(_) => {}
        }
        let opened = match self.nodes[place].open(frame) {
            Ok(opened) => opened,
            Err(cause) => return Ok(unreadable(cause)),
        };
        let (kind, request) = (opened.request.kind(), encode(&opened.request));
        self.arrived.push(Arrived { node: place, kind, is_continued: opened.is_continued, request });
        let mut answer = match act {
            Act::Refuse(refusal) => Answer::refusing(kind, refusal),
            _ => self.fleet.answer(&opened.request),
        };
        if let Some(tamper) = &mut self.tamper {
            tamper(&mut answer);
        }
        self.reflect_ke1(&opened.request, &mut answer);
        let sealed = self.nodes[place].seal(opened, &answer);
        if matches!(act, Act::LoseAnswer) { Err(self.time_out()) } else { Ok(sealed) }
    }

    fn reflect_ke1(&self, request: &Request, answer: &mut Answer) {
        let Some((from, to)) = self.reflect else { return };
        let (RequestBody::Attempt(attempt), AnswerBody::Attempt(AttemptAnswer::Answered(answered))) =
            (&request.body, &mut answer.body)
        else {
            return;
        };
        answered.ke2[to..to + 32].copy_from_slice(&attempt.ke1[from..from + 32]);
    }

    fn time_out(&mut self) -> TransportError {
        self.now += self.patience;
        TransportError::TimedOut
    }

    fn failure(&mut self, place: usize) -> Option<TransportError> {
        self.now += Duration::from_millis(1);
        self.broken.get(&place).cloned()
    }
}

fn place_of(endpoint: &Endpoint) -> usize {
    let text = endpoint.as_str();
    usize::from(text.as_bytes()[text.len() - 1] - b'1')
}

impl Transport for FakeTransport {
    async fn exchange(
        &self,
        endpoint: &Endpoint,
        frame: Vec<u8>,
        _: Duration,
    ) -> Result<Vec<u8>, TransportError> {
        let (place, mut world) = (place_of(endpoint), self.world());
        match world.failure(place) {
            Some(error) => Err(error),
            None => world.exchange(place, &frame),
        }
    }

    async fn keys(&self, endpoint: &Endpoint, _: Duration) -> Result<Vec<u8>, TransportError> {
        let (place, mut world) = (place_of(endpoint), self.world());
        if let Some(error) = world.failure(place) {
            return Err(error);
        }
        world.keys_asked += 1;
        if world.foreign.contains(&place) {
            let number = u8::try_from(place).unwrap() + 1;
            let their_key = SigningKey::from_seed(Secret::new([101; 32]));
            return Ok(encode(&FakeNode::new(FOREIGN, number).keys(&their_key)));
        }
        Ok(encode(&world.nodes[place].keys(&world.fleet_key)))
    }

    async fn fetch(&self, _: &str, _: usize, _: Duration) -> Result<Option<Vec<u8>>, TransportError> {
        Ok(None)
    }

    fn clock(&self) -> Moment {
        Moment::FIRST
    }

    fn now(&self) -> Duration {
        self.world().now
    }

    async fn pause(&self, duration: Duration) {
        self.world().now += duration;
    }
}

/// Runs a future that never waits for anything.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a played transport does not wait"),
    }
}
