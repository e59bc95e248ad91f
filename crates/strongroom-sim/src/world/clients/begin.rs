//! What devices want, and how they begin it and go on with it after an interruption.

use super::World;
use crate::{
    device::Running,
    fault::Fault,
    flows::{AnyFlow, Delivery},
    names::{ClientId, OperationId},
    observation::{Observation, Phase},
    operation::{Outcome, Wish},
    truth::{Standing, VaultTruth},
};
use strongroom_client::{
    BackupKey, Credential, Locator, Pending, PendingAttempt, Purpose,
    flow::{FlowError, GuessMemory, OwnerAction, PasswordChange, Recovery, Registration, StatusQuery},
};
use strongroom_protocol::{
    decode,
    ids::{SlotNumber, VaultId},
};

impl World {
    /// A device begins the next thing, if anything is left to be done.
    pub(super) fn begin_operation(&mut self, client: ClientId) {
        let Some((wish, password)) = self.next_wish() else { return };
        self.devices.begun += 1;
        let operation = OperationId(self.devices.begun);
        self.trace
            .say(|| format!("{client} begins {operation}: {} {}", wish.word(), super::short(&wish.vault())));
        self.observe(Observation::Invoked { client, operation, wish: wish.clone() });
        let flow = self.flow_of(&wish, &password, None, None);
        let flow = match flow {
            Ok(flow) => flow,
            Err(error) => {
                return self.observe(Observation::Returned {
                    client,
                    operation,
                    outcome: Outcome::Failed(error),
                });
            }
        };
        let nodes = usize::from(self.plan.nodes);
        let at = self.devices.random.place(nodes);
        let races = self.strikes(Fault::ClientRace, None);
        let device = self.device(client);
        device.at = crate::names::MachineId(u16::try_from(at).unwrap_or(0));
        let raced = wish.clone();
        self.note_password_in_flight(&raced);
        let device = self.device(client);
        device.running = Some(Running {
            operation,
            wish,
            password,
            flow: Some(flow),
            exchange: None,
            pending: None,
            making: None,
            is_off: false,
            last_attempt: None,
            failures: 0,
        });
        if races {
            self.devices.raced.push_back(raced);
            self.wake_devices();
        }
        self.send_of(client);
    }

    fn next_wish(&mut self) -> Option<(Wish, String)> {
        if self.phase == Phase::Audit {
            let wish = self.devices.audit.pop_front()?;
            let password = self.password_of(&wish);
            return Some((wish, password));
        }
        if self.phase == Phase::Founding || self.devices.left == 0 {
            return None;
        }
        self.devices.left -= 1;
        if let Some(wish) = self.devices.raced.pop_front() {
            let password = self.password_of(&wish);
            return Some((wish, password));
        }
        Some(self.fresh_wish())
    }

    fn password_of(&mut self, wish: &Wish) -> String {
        let (vault, number) = match wish {
            Wish::Register { vault, password } | Wish::ChangePassword { vault, password } => {
                (vault, Some(*password))
            }
            Wish::Recover { vault, password } => (vault, *password),
            Wish::Erase { .. } | Wish::Status { .. } => return String::new(),
        };
        let known = number.and_then(|number| self.truth.vault(vault)?.passwords.get(&number).cloned());
        known.unwrap_or_else(|| self.devices.next_password().1)
    }

    fn fresh_wish(&mut self) -> (Wish, String) {
        let standing: Vec<VaultId> = self
            .truth
            .vaults()
            .filter(|(_, truth)| truth.standing == Standing::Acknowledged)
            .map(|(vault, _)| *vault)
            .collect();
        let random = &mut self.devices.random;
        let made = u32::try_from(self.truth.vaults().count()).unwrap_or(u32::MAX);
        let drawn = random.below(100);
        let Some(vault) = random.pick(&standing).copied() else { return self.wish_for_a_vault() };
        match drawn {
            0..20 if made < self.plan.vaults_max => self.wish_for_a_vault(),
            20..23 if standing.len() > 2 => (Wish::Erase { vault }, String::new()),
            23..35 => self.wish_for_a_password(vault),
            35..50 => (Wish::Status { vault }, String::new()),
            50..64 => (Wish::Recover { vault, password: None }, self.devices.next_password().1),
            _ => {
                let password = self.truth.vault(&vault).and_then(|truth| truth.may_be_live.first().copied());
                let wish = Wish::Recover { vault, password };
                let text = self.password_of(&wish);
                (wish, text)
            }
        }
    }

    fn wish_for_a_vault(&mut self) -> (Wish, String) {
        let vault = VaultId::new(self.devices.keys.bytes());
        let (number, password) = self.devices.next_password();
        let key = BackupKey::random(self.devices.keys.generator());
        let is_attacked = self.devices.random.below(3) == 0;
        let truth = VaultTruth::unmade(key, number, password.clone(), is_attacked);
        self.truth.insert(vault, truth);
        (Wish::Register { vault, password: number }, password)
    }

    fn wish_for_a_password(&mut self, vault: VaultId) -> (Wish, String) {
        let (number, password) = self.devices.next_password();
        if let Some(truth) = self.truth.vault_mut(&vault) {
            truth.passwords.insert(number, password.clone());
        }
        (Wish::ChangePassword { vault, password: number }, password)
    }

    /// The flow of a wish, from the beginning or from what was stored.
    fn flow_of(
        &mut self,
        wish: &Wish,
        password: &str,
        pending: Option<Pending>,
        making: Option<VaultId>,
    ) -> Result<AnyFlow, FlowError> {
        let fleet = self.fleet;
        let vault = making.unwrap_or(wish.vault());
        let key = self.truth.vault(&wish.vault()).map(|truth| truth.key.duplicate());
        let rng = self.devices.keys.generator();
        let key = key.unwrap_or_else(|| BackupKey::random(rng));
        let locator = Locator::new(fleet, vault, SlotNumber::FIRST, &[]);
        let credential = Credential::password(password);
        Ok(match (wish, pending) {
            (Wish::Register { .. }, Some(Pending::Upload(upload))) if upload.purpose == Purpose::Create => {
                AnyFlow::Registration(Registration::resume(fleet, vault, key, credential, upload)?)
            }
            (Wish::Register { .. }, _) => {
                let slot = SlotNumber::FIRST;
                AnyFlow::Registration(Registration::begin_at(fleet, vault, slot, key, credential, rng)?)
            }
            (Wish::Recover { .. }, pending) => {
                let attempt = match pending {
                    Some(Pending::Attempt(attempt)) => Some(attempt),
                    _ => None,
                };
                AnyFlow::Recovery(Recovery::begin(
                    &locator,
                    credential,
                    GuessMemory::default(),
                    attempt,
                    rng,
                )?)
            }
            (Wish::ChangePassword { .. }, Some(Pending::Upload(upload))) => {
                AnyFlow::Change(PasswordChange::resume(&locator, key, credential, upload)?)
            }
            (Wish::ChangePassword { .. }, _) => {
                AnyFlow::Change(PasswordChange::begin(&locator, key, credential))
            }
            (Wish::Erase { .. }, _) => {
                self.erase_asked(vault);
                AnyFlow::Owner(OwnerAction::erase(&locator, &key))
            }
            (Wish::Status { .. }, _) => AnyFlow::Status(StatusQuery::begin(vault)),
        })
    }

    fn note_password_in_flight(&mut self, wish: &Wish) {
        if let Wish::ChangePassword { vault, password } = wish
            && let Some(truth) = self.truth.vault_mut(vault)
        {
            truth.in_flight.push(*password);
            if !truth.may_be_live.contains(password) {
                truth.may_be_live.push(*password);
            }
        }
    }

    fn erase_asked(&mut self, vault: VaultId) {
        if let Some(truth) = self.truth.vault_mut(&vault)
            && truth.standing == Standing::Acknowledged
        {
            truth.standing = Standing::EraseAsked;
        }
    }

    /// A device is switched on again: a message 2 that it had made is delivered first, then it goes on.
    pub(super) fn resume_operation(&mut self, client: ClientId) {
        let Some(running) = self.device(client).running.as_mut() else { return };
        running.is_off = false;
        running.failures = 0;
        let pending = running.pending.take();
        let (wish, password, making) = (running.wish.clone(), running.password.clone(), running.making);
        let success = pending.as_ref().and_then(Pending::success).and_then(|bytes| decode(bytes).ok());
        if let Some(request) = success {
            running.pending = pending.map(without_success);
            running.flow = Some(AnyFlow::Delivery(Delivery(request)));
            return self.send_of(client);
        }
        self.trace.say(|| format!("{client} is switched on and goes on"));
        match self.flow_of(&wish, &password, pending, making) {
            Ok(flow) => {
                self.go_on(client, flow);
                self.send_of(client);
            }
            Err(error) => self.flow_failed(client, error),
        }
    }
}

/// What is left to do if the stored message 2 does not help any more.
fn without_success(pending: Pending) -> Pending {
    match pending {
        Pending::Attempt(attempt) => Pending::Attempt(PendingAttempt { success: None, ..attempt }),
        Pending::Upload(upload) => {
            Pending::Upload(strongroom_client::PendingUpload { success: None, ..upload })
        }
        Pending::Registration => Pending::Registration,
    }
}
