//! What devices make of an end, and what becomes of the truth.

use super::World;
use crate::{
    flows::Done,
    names::ClientId,
    observation::{Observation, Phase},
    operation::{Outcome, Wish},
    truth::{Standing, Truth, VaultTruth},
};
use strongroom_client::{Pending, PendingUpload, Purpose, flow::FlowError};
use strongroom_protocol::{client::Refusal, ids::VaultId};

impl World {
    pub(super) fn flow_done(&mut self, client: ClientId, done: Done) {
        if let Outcome::Delivered(Err(Refusal::TokenDead)) = done.outcome
            && self.goes_on_after_delivery(client)
        {
            return;
        }
        let Done { mut outcome, key } = done;
        let Some(wish) = self.device(client).running.as_ref().map(|running| running.wish.clone()) else {
            return;
        };
        if let (Outcome::Recovered { is_right_key, .. }, Some(key)) = (&mut outcome, &key) {
            *is_right_key = self.truth.vault(&wish.vault()).is_some_and(|truth| truth.key.matches(key));
        }
        let stored =
            self.device(client).running.as_ref().and_then(|running| made_by(running.pending.as_ref()?));
        learn(&mut self.truth, &wish, &outcome, stored);
        self.return_with(client, outcome);
    }

    pub(super) fn flow_failed(&mut self, client: ClientId, error: FlowError) {
        self.return_with(client, Outcome::Failed(error));
    }

    /// A stored message 2 came too late; what was begun is taken up again, as far as that needs nobody's password.
    fn goes_on_after_delivery(&mut self, client: ClientId) -> bool {
        let Some(running) = self.device(client).running.as_mut() else { return false };
        if running.pending.is_none() {
            return false;
        }
        running.flow = None;
        if matches!(running.pending, Some(Pending::Attempt(_)) if !matches!(running.wish, Wish::Recover { .. }))
        {
            return false;
        }
        running.is_off = true;
        self.plan_client(client, 10);
        true
    }

    fn return_with(&mut self, client: ClientId, outcome: Outcome) {
        let Some(running) = self.device(client).running.take() else { return };
        let operation = running.operation;
        self.trace.say(|| format!("{client} ends {operation}: {outcome:?}"));
        self.devices.count_returned();
        if self.phase == Phase::Audit {
            self.ask_for_next_password(&running.wish, &outcome);
        }
        let (least, most) = match (&outcome, self.is_chaos()) {
            (Outcome::Later, false) => (20_000, 40_000),
            (_, false) => (10, 300),
            (_, true) => (10, 4_000),
        };
        let moments = self.devices.random.between(least, most);
        self.observe(Observation::Returned { client, operation, outcome });
        self.plan_client(client, moments);
    }

    /// In the audit: where several passwords may be the live one, the next is tried after a wrong one.
    fn ask_for_next_password(&mut self, wish: &Wish, outcome: &Outcome) {
        if *outcome == Outcome::Later {
            // Too many attempts are remembered; two checkpoints later they are not.
            self.devices.audit.push_back(wish.clone());
        }
        let (Wish::Recover { vault, password: Some(tried) }, Outcome::WrongPassword { .. }) = (wish, outcome)
        else {
            return;
        };
        let Some(truth) = self.truth.vault(vault) else { return };
        let after = truth.may_be_live.iter().skip_while(|number| *number != tried).nth(1);
        if let Some(next) = after {
            self.devices.audit.push_back(Wish::Recover { vault: *vault, password: Some(*next) });
        }
    }

    /// Asks for every vault whose owner was told that it is there.
    pub(crate) fn begin_audit(&mut self) {
        self.begin_phase(Phase::Audit);
        let vaults: Vec<(VaultId, Option<u32>)> = self
            .truth
            .vaults()
            .filter(|(_, truth)| truth.standing == Standing::Acknowledged)
            .map(|(vault, truth)| (*vault, truth.may_be_live.first().copied()))
            .collect();
        for (vault, password) in vaults {
            self.devices.audit.push_back(Wish::Recover { vault, password });
        }
        self.wake_devices();
    }

    /// Which operations still go on, for people.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        self.devices.unfinished()
    }
}

/// The generation that a stored change makes.
fn made_by(pending: &Pending) -> Option<u64> {
    match pending {
        Pending::Upload(PendingUpload {
            purpose: Purpose::Add(before) | Purpose::Replace(before), ..
        }) => before.next().map(|generation| generation.0),
        _ => None,
    }
}

/// What an owner is told becomes the truth. A message 2 that was stored tells of the change that `stored` made.
fn learn(truth: &mut Truth, wish: &Wish, outcome: &Outcome, stored: Option<u64>) {
    if let Wish::ChangePassword { vault, password } = wish
        && let Some(of) = truth.vault_mut(vault)
        && let Some(at) = of.in_flight.iter().position(|number| number == password)
    {
        of.in_flight.remove(at);
    }
    match (wish, outcome) {
        (Wish::Register { vault, password }, Outcome::Registered { vault: made, .. }) => {
            if made != vault {
                let Some(wished) = truth.vault(vault) else { return };
                let Some(text) = wished.passwords.get(password) else { return };
                let other = VaultTruth::unmade(wished.key.duplicate(), *password, text.clone(), false);
                truth.insert(*made, other);
            }
            acknowledge(truth, made);
        }
        (Wish::Register { vault, .. }, Outcome::Delivered(Ok(_))) => acknowledge(truth, vault),
        (Wish::ChangePassword { vault, password }, Outcome::Changed { generation, .. }) => {
            truth.vault_mut(vault).into_iter().for_each(|of| of.changed_to(*password, Some(generation.0)));
        }
        (Wish::ChangePassword { vault, password }, Outcome::Delivered(Ok(_))) => {
            truth.vault_mut(vault).into_iter().for_each(|of| of.changed_to(*password, stored));
        }
        (Wish::Erase { vault }, Outcome::EraseDone | Outcome::FoundErased) => {
            if let Some(truth) = truth.vault_mut(vault) {
                truth.standing = Standing::Erased;
            }
        }
        _ => {}
    }
}

fn acknowledge(truth: &mut Truth, vault: &VaultId) {
    if let Some(truth) = truth.vault_mut(vault)
        && truth.standing == Standing::Unmade
    {
        truth.standing = Standing::Acknowledged;
    }
}
