//! Enemies among the clients: they guess, replay, lie, and begin things that they never end.
//!
//! They hold an account and know the ids of some vaults, as a thief of the backup storage does. Answers to them are
//! opened when they leave the node, like all others.

use super::{
    World,
    exchange::{Exchange, Recipe},
};
use crate::{
    event::Event,
    fault::Fault,
    names::{ClientId, MachineId},
    observation::Observation,
    truth::Standing,
};
use std::rc::Rc;
use strongroom_client::Session;
use strongroom_crypto::{
    ChaChaRng, Secret,
    opaque::{ClientLogin, ClientRegistration},
    owner::owner_key,
};
use strongroom_protocol::{
    bytes::Bytes,
    client::{
        Attempt, Change, ChangeAction, Create, Register, Request, RequestBody, SlotKind, SlotUpload, Status,
        Success,
    },
    ids::{AttemptId, Generation, RegistrationId, SlotNumber, VaultId},
};

/// The name under which enemies' requests go.
pub(crate) const ENEMY: ClientId = ClientId(u16::MAX);
/// Requests that an enemy may have ready.
const READY_MAX: usize = 64;

/// What enemies have begun.
#[derive(Default)]
pub(super) struct Enemy {
    /// Requests that are to be sent, one after the other.
    ready: Vec<(VaultId, Request)>,
    /// Attempts that were sent before, to be used again in part.
    attempts: Vec<Attempt>,
    /// What those know who hold half of an owner's.
    pub(super) insider: super::insider::Insider,
}

impl World {
    /// An enemy does something of a kind.
    pub(super) fn enemy_acts(&mut self, fault: Fault) -> bool {
        if fault == Fault::EnemyReplays {
            return self.enemy_replays();
        }
        let attacked: Vec<VaultId> = self
            .truth
            .vaults()
            .filter(|(_, truth)| truth.is_attacked && truth.standing != Standing::Unmade)
            .map(|(vault, _)| *vault)
            .collect();
        let Some(vault) = self.random.enemies.pick(&attacked).copied() else { return false };
        match fault {
            Fault::EnemyGuesses if self.random.enemies.below(4) == 0 => self.enemy_asks_twice(vault),
            Fault::EnemyGuesses => self.enemy_guesses(vault),
            Fault::EnemyInitialises => self.enemy_initialises(vault),
            Fault::EnemyForges => self.insider_acts(vault),
            _ => self.enemy_lies(vault),
        }
        self.plan_in(1, Event::Enemy);
        true
    }

    /// The next of an enemy's requests is sent, to any node; some go to several at once.
    pub(super) fn enemy_turn(&mut self) {
        let Some((vault, request)) = self.enemy.ready.pop() else { return };
        let nodes = usize::from(self.plan.nodes);
        let request = Rc::new(request);
        for _ in 0..self.random.enemies.between(1, 3) {
            let at = self.random.enemies.place(nodes);
            self.enemy_sends(MachineId(u16::try_from(at).unwrap_or(0)), vault, request.clone());
        }
        let moments = self.random.enemies.below(400);
        self.plan_in(moments, Event::Enemy);
    }

    fn enemy_sends(&mut self, machine: MachineId, vault: VaultId, request: Rc<Request>) {
        let Some((_, keys)) = self.verified_keys(machine) else { return };
        let seed = self.random.enemies.bytes();
        let mut session = Session::new(keys.as_ref().clone());
        let Ok(sealed) = session.seal(&request, &mut ChaChaRng::from_seed(seed)) else { return };
        let bytes = sealed.bytes;
        let recipe = Rc::new(Recipe { keys, seed, request: request.clone(), before: None });
        let exchange = Exchange {
            client: ENEMY,
            operation: None,
            vault,
            recipe,
            machine,
            is_replayed: false,
            is_enemy: true,
        };
        let id = self.send_request(exchange, bytes);
        self.trace.say(|| {
            format!(
                "an enemy asks {machine} about {}: {}",
                super::clients::short(&vault),
                super::clients::word_of(&request.body)
            )
        });
        self.observe(Observation::RequestLeft {
            client: ENEMY,
            operation: None,
            exchange: id,
            machine,
            vault,
            request,
        });
    }

    fn enemy_replays(&mut self) -> bool {
        let nodes = usize::from(self.plan.nodes);
        let count = self.random.enemies.between(1, 6);
        for _ in 0..count {
            let at = self.random.enemies.place(self.exchanges.recorded.len());
            let Some(recorded) = self.exchanges.recorded.get(at) else { return false };
            let (author, bytes) = (recorded.exchange, recorded.bytes.as_ref().clone());
            let Some(of) = self.exchanges.by_id.get(&author) else { continue };
            // A node takes only what was sealed to it; it is sent to the others all the same.
            let machine = if self.random.enemies.coin() {
                of.machine
            } else {
                MachineId(u16::try_from(self.random.enemies.place(nodes)).unwrap_or(0))
            };
            let exchange = Exchange {
                client: of.client,
                operation: of.operation,
                vault: of.vault,
                recipe: of.recipe.clone(),
                machine,
                is_replayed: true,
                is_enemy: true,
            };
            let id = self.send_request(exchange, bytes);
            self.observe(Observation::RequestReplayed { recorded: author, exchange: id, machine });
        }
        true
    }

    pub(super) fn ready(&mut self, vault: VaultId, body: RequestBody) {
        let vault = vault_of(&body).unwrap_or(vault);
        if self.enemy.ready.len() < READY_MAX {
            self.enemy.ready.push((vault, Request::new(body)));
        }
    }

    fn enemy_attempt(&mut self, vault: VaultId) -> Option<Attempt> {
        let random = &mut self.random.enemies;
        let guess = random.bytes::<8>();
        let (_, ke1) = ClientLogin::start(&guess, random.generator()).ok()?;
        let attempt =
            Attempt { vault, slot: SlotNumber::FIRST, attempt: AttemptId::new(random.bytes()), ke1 };
        if let Some(truth) = self.truth.vault_mut(&vault) {
            truth.attempts_begun += 1;
        }
        self.enemy.attempts.push(attempt.clone());
        Some(attempt)
    }

    /// Fresh guesses, up to some more than the budget.
    fn enemy_guesses(&mut self, vault: VaultId) {
        let most = u64::from(self.plan.guesses) + 2;
        for _ in 0..self.random.enemies.between(1, most) {
            if let Some(attempt) = self.enemy_attempt(vault) {
                self.ready(vault, RequestBody::Attempt(attempt));
            }
        }
    }

    /// Questions that change nothing, one after the other.
    pub(super) fn enemy_asks_for_status(&mut self) {
        let known: Vec<VaultId> = self.truth.vaults().map(|(vault, _)| *vault).collect();
        for _ in 0..6 {
            let Some(vault) = self.random.enemies.pick(&known).copied() else { return };
            self.ready(vault, RequestBody::Status(Status { vault }));
        }
        self.plan_in(1, Event::Enemy);
    }

    /// Two guesses under the name of one attempt, at two nodes at once.
    fn enemy_asks_twice(&mut self, vault: VaultId) {
        let (Some(first), Some(second)) = (self.enemy_attempt(vault), self.enemy_attempt(vault)) else {
            return;
        };
        let second = Attempt { attempt: first.attempt, ..second };
        for attempt in [first, second] {
            let at = self.random.enemies.place(usize::from(self.plan.nodes));
            let request = Rc::new(Request::new(RequestBody::Attempt(attempt)));
            self.enemy_sends(MachineId(u16::try_from(at).unwrap_or(0)), vault, request);
        }
    }

    /// The schedule that drops answers: registrations under one id with many requests, uploads over a vault that stands.
    fn enemy_initialises(&mut self, vault: VaultId) {
        let registration = RegistrationId::new(self.random.enemies.bytes());
        let generation = Generation(self.random.enemies.below(3));
        for _ in 0..self.random.enemies.between(1, 5) {
            let random = &mut self.random.enemies;
            let guess = random.bytes::<8>();
            let Ok((_, request)) = ClientRegistration::start(&guess, random.generator()) else { return };
            let slot = SlotNumber::FIRST;
            self.ready(
                vault,
                RequestBody::Register(Register { vault, slot, registration, generation, request }),
            );
        }
        let slot = self.invented_slot(registration);
        let owner_key = self.invented_owner(vault).public();
        self.ready(vault, RequestBody::Create(Create { vault, owner_key, slot }));
    }

    fn invented_slot(&mut self, registration: RegistrationId) -> SlotUpload {
        let random = &mut self.random.enemies;
        SlotUpload {
            slot: SlotNumber::new(u8::try_from(random.between(1, 8)).unwrap_or(1))
                .unwrap_or(SlotNumber::FIRST),
            kind: SlotKind::Password,
            registration,
            stretching: 0,
            ticket: random.bytes(),
            record: random.bytes(),
            wrapped_key: random.bytes(),
            confirmation: None,
        }
    }

    pub(super) fn invented_owner(&mut self, vault: VaultId) -> strongroom_crypto::sign::SigningKey {
        let key = Secret::random(self.random.enemies.generator());
        owner_key(&key, self.fleet.as_bytes(), vault.as_bytes())
    }

    /// Requests that are not what they say.
    fn enemy_lies(&mut self, vault: VaultId) {
        let earlier = self.random.enemies.pick(&self.enemy.attempts).cloned();
        let body = match (self.random.enemies.below(9), earlier) {
            // A known attempt under another KE1, and a known KE1 under another attempt.
            (0, Some(earlier)) => {
                let Some(fresh) = self.enemy_attempt(vault) else { return };
                RequestBody::Attempt(Attempt { attempt: earlier.attempt, vault: earlier.vault, ..fresh })
            }
            (1, Some(earlier)) => {
                let attempt = AttemptId::new(self.random.enemies.bytes());
                self.truth.vault_mut(&earlier.vault).into_iter().for_each(|truth| truth.attempts_begun += 1);
                RequestBody::Attempt(Attempt { attempt, ..earlier })
            }
            (2, _) => RequestBody::Success(Success {
                token: Bytes::new(self.random.enemies.bytes::<200>().to_vec()).unwrap_or_default(),
                ke3: self.random.enemies.bytes(),
                signature: self.random.enemies.bytes(),
            }),
            (3, _) => RequestBody::Attempt(Attempt {
                vault,
                slot: SlotNumber::FIRST,
                attempt: AttemptId::new(self.random.enemies.bytes()),
                ke1: [0; 96],
            }),
            (4, _) => RequestBody::Status(Status { vault: VaultId::new(self.random.enemies.bytes()) }),
            (5, _) => {
                let absent = VaultId::new(self.random.enemies.bytes());
                let Some(attempt) = self.enemy_attempt(vault) else { return };
                RequestBody::Attempt(Attempt { vault: absent, ..attempt })
            }
            (6, _) => {
                let Some(attempt) = self.enemy_attempt(vault) else { return };
                let slot = SlotNumber::new(5).unwrap_or(SlotNumber::FIRST);
                RequestBody::Attempt(Attempt { slot, ..attempt })
            }
            (7, _) => RequestBody::Change(Change {
                vault: VaultId::new(self.random.enemies.bytes()),
                generation: Generation(1),
                action: ChangeAction::Erase,
                signature: self.random.enemies.bytes(),
            }),
            _ => {
                let action = ChangeAction::Erase;
                let signature = self.random.enemies.bytes();
                let generation = Generation(self.random.enemies.between(1, 3));
                RequestBody::Change(Change { vault, generation, action, signature })
            }
        };
        self.ready(vault, body);
    }
}

/// The vault that a request names; a message 2 names none.
fn vault_of(body: &RequestBody) -> Option<VaultId> {
    match body {
        RequestBody::Register(register) => Some(register.vault),
        RequestBody::Create(create) => Some(create.vault),
        RequestBody::Change(change) => Some(change.vault),
        RequestBody::Attempt(attempt) => Some(attempt.vault),
        RequestBody::Status(status) => Some(status.vault),
        RequestBody::Success(_) => None,
    }
}
