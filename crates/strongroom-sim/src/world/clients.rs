//! Drives the real flows of devices over frames that may get lost.
//!
//! It does what the SDK's client does (`strongroom-client`, `client/link.rs`): a request is sent again, the same byte for
//! byte, to another node when one does not answer in time; what a flow must have stored is stored before. A device may
//! be switched off at any moment and goes on later with what it had stored.

mod begin;
mod settle;

use super::{
    World,
    exchange::{Exchange, Recipe},
};
use crate::{
    device::{Device, Site},
    event::Event,
    fault::Fault,
    flows::Turn,
    names::{ClientId, ExchangeId, MachineId},
    observation::Observation,
};
use std::rc::Rc;
use strongroom_client::{Session, SessionError, StretchingPolicy, flow::Tools};
use strongroom_crypto::ChaChaRng;
use strongroom_protocol::{
    client::{Answer, RequestBody, RequestKind},
    frame::Unreadable,
    ids::VaultId,
};
use strongroom_trust::{ClaimedNodeKeys, VerifiedNodeKeys};

impl World {
    fn device(&mut self, client: ClientId) -> &mut Device {
        &mut self.devices.devices[usize::from(client.0)]
    }

    /// Plans what a device does next; what it planned before is dropped.
    fn plan_client(&mut self, client: ClientId, moments: u64) {
        let device = self.device(client);
        device.turn += 1;
        let turn = device.turn;
        self.plan_in(moments, Event::Client(client, turn));
    }

    /// Every device begins to work.
    pub(crate) fn wake_devices(&mut self) {
        for at in 0..self.devices.devices.len() {
            let client = self.devices.devices[at].id;
            if self.devices.devices[at].running.is_none() {
                let moments = self.devices.random.below(2_000);
                self.plan_client(client, moments);
            }
        }
    }

    /// A device does what it planned.
    pub(super) fn client_turn(&mut self, client: ClientId, turn: u32) {
        let device = self.device(client);
        if device.turn != turn {
            return;
        }
        match &device.running {
            None => self.begin_operation(client),
            Some(running) if running.is_off => self.resume_operation(client),
            Some(running) if running.exchange.is_some() => {
                // Nobody has answered in time.
                self.go_elsewhere(client);
                self.send_of(client);
            }
            Some(_) => self.send_of(client),
        }
    }

    fn go_elsewhere(&mut self, client: ClientId) {
        let nodes = u64::from(self.plan.nodes);
        let step = 1 + self.devices.random.below(nodes - 1);
        let device = self.device(client);
        let next = (u64::from(device.at.0) + step) % nodes;
        device.at = MachineId(u16::try_from(next).unwrap_or(0));
        if let Some(running) = &mut device.running {
            running.failures += 1;
            running.exchange = None;
        }
    }

    /// The pause before another node is asked: longer the more were asked in vain.
    fn pause_of(&mut self, client: ClientId) -> u64 {
        let failures = self.device(client).running.as_ref().map_or(0, |running| running.failures);
        let most = 500u64 << (failures / 2).min(4);
        self.devices.random.between(100, most)
    }

    fn try_elsewhere_later(&mut self, client: ClientId) {
        self.go_elsewhere(client);
        let pause = self.pause_of(client);
        self.plan_client(client, pause);
    }

    /// Sends the request of a device's flow.
    fn send_of(&mut self, client: ClientId) {
        if self.strikes(Fault::ClientCrash, None) {
            return self.switch_off(client);
        }
        let at = self.device(client).at;
        let node = self.machine(at).node;
        let Some(machine) = self.route_of_client(at) else { return self.try_elsewhere_later(client) };
        let Some((shown, keys)) = self.verified_keys(machine) else {
            return self.try_elsewhere_later(client);
        };
        let seed = self.devices.keys.bytes();
        let device = &mut self.devices.devices[usize::from(client.0)];
        let site = site_of(device, machine, &shown, &keys);
        let kept = site.kept.take();
        let mut session = std::mem::replace(&mut site.session, Session::new(keys.as_ref().clone()));
        let Some(running) = device.running.as_mut() else { return };
        let Some(flow) = running.flow.as_ref() else { return };
        let request = Rc::new(flow.request().clone());
        let vault = flow.vault_in_the_making().or(running.making).unwrap_or(running.wish.vault());
        let operation = Some(running.operation);
        let Ok(sealed) = session.seal(&request, &mut ChaChaRng::from_seed(seed)) else { return };
        let before = kept.filter(|_| sealed.is_continued());
        // A session that was begun under earlier keys goes on under them.
        let keys = Rc::new(session.keys().clone());
        let bytes = sealed.bytes.clone();
        if let Some(site) = device.sites.get_mut(&machine) {
            site.session = session;
        }
        self.note_attempt(client, &request);
        let recipe = Rc::new(Recipe { keys, seed, request: request.clone(), before });
        let exchange =
            Exchange { client, operation, vault, recipe, machine, is_replayed: false, is_enemy: false };
        let id = self.send_request(exchange, bytes);
        self.trace
            .say(|| format!("{client} asks node {node} about {}: {}", short(&vault), word_of(&request.body)));
        self.observe(Observation::RequestLeft { client, operation, exchange: id, machine, vault, request });
        if let Some(running) = self.device(client).running.as_mut() {
            running.exchange = Some((id, sealed));
        }
        let patience = if self.strikes(Fault::ClientImpatient, Some(node)) {
            self.devices.random.between(20, 3_000)
        } else {
            self.devices.random.between(15_000, 50_000)
        };
        self.plan_client(client, patience);
    }

    /// Counts the attempts that are begun, for the truth.
    fn note_attempt(&mut self, client: ClientId, request: &strongroom_protocol::client::Request) {
        let RequestBody::Attempt(attempt) = &request.body else { return };
        let Some(running) = self.device(client).running.as_mut() else { return };
        if running.last_attempt.replace(attempt.attempt) != Some(attempt.attempt)
            && let Some(truth) = self.truth.vault_mut(&attempt.vault)
        {
            truth.attempts_begun += 1;
        }
    }

    /// The machine that a client reaches in a node's place.
    fn route_of_client(&mut self, at: MachineId) -> Option<MachineId> {
        let node = self.machine(at).node;
        let all: Vec<MachineId> = self
            .machines
            .iter()
            .filter(|machine| machine.node == node && !machine.is_gone && machine.keys.is_some())
            .map(|machine| machine.id)
            .collect();
        self.devices.random.pick(&all).copied()
    }

    /// What a machine shows of its HSM's keys, verified; each showing is verified once for all clients.
    pub(super) fn verified_keys(
        &mut self,
        machine: MachineId,
    ) -> Option<(Rc<Vec<u8>>, Rc<VerifiedNodeKeys>)> {
        let host = &self.machines[usize::from(machine.0)];
        let shown = host.keys.clone()?;
        if let Some((known, keys)) = self.shown.get(&machine)
            && *known == shown
        {
            return Some((shown, keys.clone()));
        }
        let fleet = self.trusted.as_ref()?;
        let claimed = ClaimedNodeKeys::from_bytes(&shown).ok()?;
        let keys = Rc::new(claimed.verify(fleet, Some(host.node)).ok()?);
        self.shown.insert(machine, (shown.clone(), keys.clone()));
        Some((shown, keys))
    }

    /// An answer arrives at its client, who may wait for something else by now.
    pub(super) fn answer_arrives(&mut self, exchange: ExchangeId, bytes: &Rc<Vec<u8>>) {
        let Some(of) = self.exchanges.by_id.get(&exchange) else { return };
        let (client, machine, recipe) = (of.client, of.machine, of.recipe.clone());
        if of.is_enemy {
            return;
        }
        let device = &mut self.devices.devices[usize::from(client.0)];
        let Some(running) = device.running.as_mut() else { return };
        let Some((_, sealed)) = running.exchange.take_if(|(awaited, _)| *awaited == exchange) else { return };
        if bytes.is_empty() {
            return self.try_elsewhere_later(client);
        }
        let Some(site) = device.sites.get_mut(&machine) else { return self.try_elsewhere_later(client) };
        match site.session.open(sealed, bytes) {
            Ok(answer) => {
                if recipe.request.kind() == RequestKind::Attempt {
                    site.kept = Some((recipe.clone(), bytes.clone()));
                }
                self.answer_opened(client, exchange, &recipe, answer);
            }
            Err(SessionError::Unreadable(Unreadable::UnknownChannelKey | Unreadable::OtherNode)) => {
                device.sites.remove(&machine);
                self.plan_client(client, 50);
            }
            Err(SessionError::Unreadable(Unreadable::UnknownContext)) => self.plan_client(client, 50),
            Err(_) => self.try_elsewhere_later(client),
        }
    }

    fn answer_opened(&mut self, client: ClientId, exchange: ExchangeId, recipe: &Rc<Recipe>, answer: Answer) {
        let device = &mut self.devices.devices[usize::from(client.0)];
        let Some(running) = device.running.as_mut() else { return };
        let operation = Some(running.operation);
        let Some(flow) = running.flow.take() else { return };
        let rng = self.devices.keys.generator();
        let mut tools = Tools { rng, stretching: StretchingPolicy::InsecureNone };
        let next = flow.answered(answer.clone(), &mut tools);
        let request = recipe.request.clone();
        self.observe(Observation::AnswerTaken {
            client,
            operation,
            exchange,
            request,
            answer: Rc::new(answer),
        });
        match next {
            Ok(Turn::Send(flow)) => {
                self.go_on(client, flow);
                self.send_of(client);
            }
            Ok(Turn::Again(flow)) => {
                self.go_on(client, flow);
                self.try_elsewhere_later(client);
            }
            Ok(Turn::Done(done)) => self.flow_done(client, done),
            Err(error) => self.flow_failed(client, error),
        }
    }

    fn go_on(&mut self, client: ClientId, flow: crate::flows::AnyFlow) {
        if let Some(running) = self.device(client).running.as_mut() {
            running.flow = Some(flow);
        }
    }

    /// The device is switched off: its memory is gone, what it had stored is not.
    fn switch_off(&mut self, client: ClientId) {
        let ticks = self.devices.random.between(1, 300);
        let Some(running) = self.device(client).running.as_mut() else { return };
        let operation = running.operation;
        if let Some(flow) = running.flow.take() {
            let stored = flow.pending();
            running.pending = stored.or(running.pending.take());
            running.making = flow.vault_in_the_making();
        }
        running.exchange = None;
        running.is_off = true;
        self.device(client).sites.clear();
        self.trace.say(|| format!("{client} is switched off"));
        self.observe(Observation::Interrupted { client, operation });
        self.plan_client(client, ticks * 100);
    }
}

fn site_of<'a>(
    device: &'a mut Device,
    machine: MachineId,
    shown: &Rc<Vec<u8>>,
    keys: &Rc<VerifiedNodeKeys>,
) -> &'a mut Site {
    let fresh = || Site { shown: shown.clone(), session: Session::new(keys.as_ref().clone()), kept: None };
    let site = device.sites.entry(machine).or_insert_with(fresh);
    // A session goes on under the keys that it was begun with until the node forgets them.
    if !Rc::ptr_eq(&site.shown, shown) && site.kept.is_none() {
        *site = fresh();
    }
    site
}

/// The beginning of a vault id: enough to find it in a trace.
pub(super) fn short(vault: &VaultId) -> String {
    vault.to_hex().chars().take(8).collect()
}

/// What is asked, in some words.
pub(super) fn word_of(body: &RequestBody) -> &'static str {
    match body {
        RequestBody::Register(_) => "register",
        RequestBody::Create(_) => "create",
        RequestBody::Change(_) => "change",
        RequestBody::Attempt(_) => "attempt",
        RequestBody::Success(_) => "success",
        RequestBody::Status(_) => "status",
    }
}
