//! HSMs of all members in one place, and what they say to each other.

use super::{FoundingError, FoundingStep};
use crate::{
    hsm::{
        launch::Launch,
        session::{Effect, HsmInput, Outside, Session, SessionEnd},
        shipped,
    },
    limits::{FOUNDING_SIGN_INTERVAL, FOUNDING_TIMEOUT},
    node::STORE_FOLDER,
    store::{Store, StoreError},
};
use std::{
    collections::BTreeMap,
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::Arc,
};
use strongroom_protocol::{
    genesis::{Birth, Genesis, SignedGenesisStatement},
    ids::{FleetId, NodeNumber},
    keys::NodeKeys,
    pipe::{HostMessage, PeerBytes},
};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, interval, timeout_at},
};

/// What an HSM did, as far as the meeting is concerned.
enum Event {
    Effect(NodeNumber, Effect),
    Ended(NodeNumber, SessionEnd),
}

/// Passes an HSM's effects on to the meeting.
struct Seat {
    node: NodeNumber,
    events: mpsc::UnboundedSender<Event>,
}

impl Outside for Seat {
    fn take(&self, effect: Effect) {
        // The meeting is over where nobody hears.
        let _ = self.events.send(Event::Effect(self.node, effect));
    }
}

/// The running HSMs of all members.
pub(super) struct Meeting {
    members: BTreeMap<NodeNumber, HsmInput>,
    sessions: JoinSet<()>,
    events: mpsc::UnboundedReceiver<Event>,
    keys: BTreeMap<NodeNumber, NodeKeys>,
    end: Instant,
}

impl Meeting {
    /// Starts an HSM for each folder.
    pub(super) fn begin(
        folders: &[PathBuf],
        mut launch: impl FnMut(&Path) -> Box<dyn Launch>,
    ) -> Result<Self, FoundingError> {
        let (sender, events) = mpsc::unbounded_channel();
        let mut meeting = Self {
            members: BTreeMap::new(),
            sessions: JoinSet::new(),
            events,
            keys: BTreeMap::new(),
            end: Instant::now() + FOUNDING_TIMEOUT,
        };
        let stores = open_stores(folders)?;
        for ((folder, store), node) in folders.iter().zip(stores).zip(1..) {
            let node = NodeNumber(node);
            let mut launch = launch(folder);
            let program = launch.name();
            let failed = |cause| FoundingError::Launch { node, program: program.clone(), cause };
            let launched = launch.launch().map_err(failed)?;
            let seat = Arc::new(Seat { node, events: sender.clone() });
            let session = Session::begin(launched, store, seat, None).map_err(failed)?;
            meeting.members.insert(node, session.input());
            let ends = sender.clone();
            meeting.sessions.spawn_blocking(move || {
                // The meeting is over where nobody hears.
                let _ = ends.send(Event::Ended(node, session.wait()));
            });
        }
        Ok(meeting)
    }

    /// Has every HSM make its identity.
    pub(super) async fn births(
        &mut self,
        progress: &mut (impl FnMut(FoundingStep) + Send),
    ) -> Result<BTreeMap<NodeNumber, Birth>, FoundingError> {
        self.tell_all(&HostMessage::Birth).await;
        let mut births = BTreeMap::new();
        while births.len() < self.members.len() {
            if let (node, Effect::Born(birth)) = self.next(births.len(), "made their identities").await? {
                births.insert(node, birth);
                progress(FoundingStep::Born(node));
            }
        }
        Ok(births)
    }

    /// Has every HSM check and anchor the genesis; gives its hash, which all must agree on.
    pub(super) async fn adopt(
        &mut self,
        genesis: &Genesis,
        progress: &mut (impl FnMut(FoundingStep) + Send),
    ) -> Result<FleetId, FoundingError> {
        self.tell_all(&HostMessage::Adopt(genesis.clone())).await;
        let mut adopted = BTreeMap::new();
        while adopted.len() < self.members.len() {
            if let (node, Effect::Adopted(fleet)) = self.next(adopted.len(), "adopted the genesis").await? {
                adopted.insert(node, fleet);
                progress(FoundingStep::Adopted(node));
            }
        }
        let mut fleets = adopted.into_values();
        let disagreement = FoundingError::Disagreement { what: "the HSMs computed different fleet ids" };
        match fleets.next() {
            Some(fleet) if fleets.all(|other| other == fleet) => Ok(fleet),
            _ => Err(disagreement),
        }
    }

    /// Has the first make the fleet's secrets, and asks all for their signatures until all have given them.
    pub(super) async fn found_and_sign(
        &mut self,
        progress: &mut (impl FnMut(FoundingStep) + Send),
    ) -> Result<BTreeMap<NodeNumber, SignedGenesisStatement>, FoundingError> {
        if let Some(first) = self.members.values().next() {
            // An HSM that takes nothing has ended, which is heard as an event.
            let _ = first.tell(&HostMessage::Found).await;
        }
        let mut signed = BTreeMap::new();
        let mut again = interval(FOUNDING_SIGN_INTERVAL);
        while signed.len() < self.members.len() {
            let event = tokio::select! {
                event = self.next(signed.len(), "signed the genesis statement") => event?,
                _ = again.tick() => {
                    self.ask_to_sign(&signed).await;
                    continue;
                }
            };
            if let (node, Effect::Signed(statement)) = event
                && signed.insert(node, statement).is_none()
            {
                progress(FoundingStep::Signed(node));
            }
        }
        Ok(signed)
    }

    /// The keys that HSMs have shown so far.
    pub(super) fn take_keys(&mut self) -> BTreeMap<NodeNumber, NodeKeys> {
        std::mem::take(&mut self.keys)
    }

    /// Lets all HSMs end, and waits until they have and their stores are closed.
    pub(super) async fn end(mut self) {
        self.close();
        while self.sessions.join_next().await.is_some() {}
    }

    fn close(&self) {
        self.members.values().for_each(HsmInput::close);
    }

    async fn tell_all(&self, message: &HostMessage) {
        for member in self.members.values() {
            // An HSM that takes nothing has ended, which is heard as an event.
            let _ = member.tell(message).await;
        }
    }

    async fn ask_to_sign(&self, signed: &BTreeMap<NodeNumber, SignedGenesisStatement>) {
        for (_, member) in self.members.iter().filter(|(node, _)| !signed.contains_key(node)) {
            let _ = member.tell(&HostMessage::Sign).await;
        }
    }

    /// The next effect that is not between the HSMs themselves.
    async fn next(
        &mut self,
        ready: usize,
        done: &'static str,
    ) -> Result<(NodeNumber, Effect), FoundingError> {
        loop {
            match timeout_at(self.end, self.events.recv()).await {
                Ok(Some(Event::Effect(node, effect))) => {
                    if let Some(effect) = self.carry(node, effect) {
                        return Ok((node, effect));
                    }
                }
                Ok(Some(Event::Ended(node, end))) => return Err(ended(node, end)),
                Ok(None) | Err(_) => {
                    return Err(FoundingError::TimedOut {
                        waiting: self.members.len().saturating_sub(ready),
                        done,
                    });
                }
            }
        }
    }

    /// Carries what HSMs say to each other; gives back what they say to the meeting.
    fn carry(&mut self, from: NodeNumber, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Send(PeerBytes { node, frame }) => {
                if let Some(to) = self.members.get(&node) {
                    // One that is full or gone loses the frame, as on any link.
                    let _ = to.try_tell(&HostMessage::Peer(PeerBytes { node: from, frame }));
                }
                None
            }
            Effect::Keys(keys) => {
                self.keys.insert(from, keys);
                None
            }
            Effect::Elsewhere(elsewhere) => {
                for message in shipped(elsewhere.fetch, Vec::new()) {
                    let _ = elsewhere.input.try_tell(&message);
                }
                None
            }
            Effect::Status(_) | Effect::Answer(_) => None,
            effect @ (Effect::Born(_) | Effect::Adopted(_) | Effect::Signed(_)) => Some(effect),
        }
    }
}

/// Opens the members' stores side by side: a new one waits for the disk many times.
fn open_stores(folders: &[PathBuf]) -> Result<Vec<Arc<Store>>, StoreError> {
    std::thread::scope(|scope| {
        let opening: Vec<_> =
            folders.iter().map(|folder| scope.spawn(|| Store::open(&folder.join(STORE_FOLDER)))).collect();
        opening
            .into_iter()
            .map(|opened| opened.join().unwrap_or_else(|panic| resume_unwind(panic)).map(Arc::new))
            .collect()
    })
}

/// A meeting that breaks off leaves no HSM running.
impl Drop for Meeting {
    fn drop(&mut self) {
        self.close();
    }
}

fn ended(node: NodeNumber, end: SessionEnd) -> FoundingError {
    match end {
        SessionEnd::Hsm(reason) => FoundingError::Ended { node, reason },
        SessionEnd::Store(cause) => FoundingError::Store(cause),
    }
}
