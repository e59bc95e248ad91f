//! Enemies who hold half of what an owner holds: the password without the backup key, the backup key without the
//! password, a device that was given away, an account in which they register for themselves.
//!
//! Nothing that they make may ever be taken; what they send again must change nothing. So no request here is an
//! owner's, unless a device has sent the very same before.

use super::World;
use crate::truth::Standing;
use std::collections::BTreeMap;
use strongroom_crypto::{
    Secret, labels,
    opaque::{ClientLogin, ClientRegistration, Identities},
    owner::owner_key,
    stretching::NoStretching,
};
use strongroom_hsm::vault::change_hash;
use strongroom_protocol::{
    client::{
        Answer, AnswerBody, Change, ChangeAction, Confirmation, Create, Outcome, Register, Registered,
        Request, RequestBody, SlotKind, SlotUpload, Success,
    },
    ids::{AttemptId, Generation, RegistrationId, SlotNumber, VaultId},
};

/// What insiders keep of each kind; more is not kept.
const KEPT_MAX: usize = 64;
/// The password that an insider registers with.
const PASSWORD: &[u8] = b"an insider's own password";

/// What an insider means to do with a registration.
#[derive(Clone, Copy)]
enum Purpose {
    /// To make a vault where one stands or stood.
    Create,
    /// To put another password beside the one that is there.
    Add,
    /// To register once more under the registration that is there.
    ReplaceByItself,
}

/// A registration that waits for its ticket.
struct Begun {
    state: ClientRegistration,
    purpose: Purpose,
    generation: Generation,
}

/// What insiders know.
#[derive(Default)]
pub(super) struct Insider {
    /// Changes and successes that devices have sent.
    sent: Vec<(VaultId, Request)>,
    /// Uploads that were taken: their tickets are used.
    used: Vec<(VaultId, SlotUpload)>,
    /// The generation that each vault is in.
    generations: BTreeMap<VaultId, u64>,
    /// The upload that made it so.
    newest: BTreeMap<VaultId, (SlotNumber, RegistrationId)>,
    /// Registrations of its own that wait for an answer.
    begun: BTreeMap<RegistrationId, Begun>,
}

impl World {
    /// An insider listens to what a device has sent, and to what came of it.
    pub(super) fn insider_hears(
        &mut self,
        vault: VaultId,
        is_devices: bool,
        request: &Request,
        answer: &Answer,
    ) {
        if !is_devices {
            return self.insider_is_answered(vault, request, answer);
        }
        let insider = &mut self.enemy.insider;
        let is_change = matches!(request.body, RequestBody::Change(_) | RequestBody::Success(_));
        if is_change && insider.sent.len() < KEPT_MAX {
            insider.sent.push((vault, request.clone()));
        }
        let is_done = matches!(
            answer.body,
            AnswerBody::Create(Outcome::Done(_)) | AnswerBody::Change(Outcome::Done(_))
        );
        if let AnswerBody::Create(Outcome::Done(done)) | AnswerBody::Change(Outcome::Done(done)) =
            &answer.body
        {
            insider.generations.insert(vault, done.generation.0);
            match upload_of(&request.body) {
                Some(upload) => insider.newest.insert(vault, (upload.slot, upload.registration)),
                None => insider.newest.remove(&vault),
            };
        }
        if let Some(upload) = upload_of(&request.body).filter(|_| is_done && insider.used.len() < KEPT_MAX) {
            insider.used.push((vault, upload.clone()));
        }
    }

    /// An insider makes something of what it knows.
    pub(super) fn insider_acts(&mut self, vault: VaultId) {
        let choice = [0, 1, 1, 2, 2, 3, 4, 4][self.random.enemies.place(8)];
        let heard = self.random.enemies.pick(&self.enemy.insider.sent).cloned();
        let used = self.random.enemies.pick(&self.enemy.insider.used).cloned();
        match (choice, heard, used) {
            (0, Some((of, request)), _) => self.ready(of, request.body),
            (1, Some((of, request)), _) => self.insider_forges(of, request.body),
            (2, _, Some((of, upload))) => self.insider_uploads_again(of, upload),
            (4, _, Some((of, _))) => self.insider_adds(of),
            _ => self.insider_registers(vault),
        }
    }

    /// One half of a proof is a device's, the other made up.
    fn insider_forges(&mut self, vault: VaultId, body: RequestBody) {
        let random = &mut self.random.enemies;
        let forged = match body {
            RequestBody::Success(success) if random.coin() => {
                RequestBody::Success(Success { ke3: random.bytes(), ..success })
            }
            RequestBody::Success(success) => {
                RequestBody::Success(Success { signature: random.bytes(), ..success })
            }
            RequestBody::Change(change) => {
                let generation = Generation(random.between(1, 4));
                let action = ChangeAction::Erase;
                RequestBody::Change(Change { action, generation, signature: random.bytes(), ..change })
            }
            other => other,
        };
        self.ready(vault, forged);
    }

    /// Whoever holds the backup key uploads once more what was uploaded before, for a later generation.
    fn insider_uploads_again(&mut self, vault: VaultId, mut upload: SlotUpload) {
        let random = &mut self.random.enemies;
        if let Some(confirmation) = &mut upload.confirmation {
            confirmation.attempt = AttemptId::new(random.bytes());
        }
        let known = self.enemy.insider.generations.get(&vault).copied();
        let generation = Generation(known.unwrap_or_else(|| random.between(1, 5)));
        self.insider_signs(vault, generation, ChangeAction::Replace(upload), "owner-replace");
    }

    /// Signs a change with the owner's own key, and has it ready.
    fn insider_signs(&mut self, vault: VaultId, generation: Generation, action: ChangeAction, label: &str) {
        let Some(truth) = self.truth.vault(&vault) else { return };
        let key = owner_key(truth.key.secret(), self.fleet.as_bytes(), vault.as_bytes());
        // A label stands in two places at most, at the two ends of one thing; a forger takes it from the list.
        let named = labels::ALL.iter().find(|known| known.text().ends_with(label));
        let Some(label) = named.copied() else { return };
        let hash = change_hash(&self.fleet, &vault, generation, &action);
        let counted = generation.0.to_be_bytes();
        let parts: [&[u8]; 4] = [self.fleet.as_bytes(), vault.as_bytes(), &counted, hash.as_bytes()];
        let signature = key.sign(label, &parts);
        self.ready(vault, RequestBody::Change(Change { vault, generation, action, signature }));
    }

    /// A stranger registers, as anybody may, under the id of a vault that stands or stood.
    fn insider_registers(&mut self, vault: VaultId) {
        let erased = self.truth.vaults().filter(|(_, truth)| truth.standing == Standing::Erased);
        let erased: Vec<VaultId> = erased.map(|(vault, _)| *vault).collect();
        let vault = self.random.enemies.pick(&erased).copied().unwrap_or(vault);
        let random = &mut self.random.enemies;
        let registration = RegistrationId::new(random.bytes());
        let Ok((state, request)) = ClientRegistration::start(PASSWORD, random.generator()) else { return };
        if self.enemy.insider.begun.len() < KEPT_MAX {
            let (slot, generation) = (SlotNumber::FIRST, Generation(0));
            let begun = Begun { state, purpose: Purpose::Create, generation };
            self.enemy.insider.begun.insert(registration, begun);
            self.ready(
                vault,
                RequestBody::Register(Register { vault, slot, registration, generation, request }),
            );
        }
    }

    /// The ticket is there: it is uploaded.
    fn insider_is_answered(&mut self, vault: VaultId, request: &Request, answer: &Answer) {
        let (RequestBody::Register(asked), AnswerBody::Register(Outcome::Done(registered))) =
            (&request.body, &answer.body)
        else {
            return;
        };
        let stands = self.truth.vault(&vault).is_some_and(|truth| truth.standing != Standing::Unmade);
        let Some(begun) = self.enemy.insider.begun.remove(&asked.registration).filter(|_| stands) else {
            return;
        };
        let Begun { state, purpose, generation } = begun;
        let slot = self.insiders_slot(vault, asked.slot, asked.registration, state, registered);
        let Some(slot) = slot else { return };
        match purpose {
            Purpose::Create => {
                let owner_key = self.invented_owner(vault).public();
                self.ready(vault, RequestBody::Create(Create { vault, owner_key, slot }));
            }
            Purpose::Add => self.insider_signs(vault, generation, ChangeAction::Add(slot), "owner-add"),
            Purpose::ReplaceByItself => {
                self.insider_signs(vault, generation, ChangeAction::Replace(slot), "owner-replace");
            }
        }
        self.plan_in(50, crate::event::Event::Enemy);
    }

    /// Whoever holds the backup key registers anew: in another slot, or under the registration that is there.
    fn insider_adds(&mut self, vault: VaultId) {
        let Some((taken, used)) = self.enemy.insider.newest.get(&vault).copied() else { return };
        let Some(generation) = self.enemy.insider.generations.get(&vault).copied().map(Generation) else {
            return;
        };
        let random = &mut self.random.enemies;
        let (purpose, slot, registration) = if random.coin() {
            let other = SlotNumber::new(taken.get() % 8 + 1).unwrap_or(SlotNumber::FIRST);
            (Purpose::Add, other, RegistrationId::new(random.bytes()))
        } else {
            (Purpose::ReplaceByItself, taken, used)
        };
        let Ok((state, request)) = ClientRegistration::start(PASSWORD, random.generator()) else { return };
        if self.enemy.insider.begun.len() < KEPT_MAX {
            self.enemy.insider.begun.insert(registration, Begun { state, purpose, generation });
            let register = Register { vault, slot, registration, generation, request };
            self.ready(vault, RequestBody::Register(register));
        }
    }

    fn insiders_slot(
        &mut self,
        vault: VaultId,
        number: SlotNumber,
        registration: RegistrationId,
        state: ClientRegistration,
        registered: &Registered,
    ) -> Option<SlotUpload> {
        let client = [vault.as_bytes().as_slice(), registration.as_bytes()].concat();
        let identities = Identities { client: &client, server: self.fleet.as_bytes() };
        let generator = self.random.enemies.generator();
        let done = state.finish(PASSWORD, &registered.response, identities, &NoStretching, generator).ok()?;
        let (_, ke1) = ClientLogin::start(PASSWORD, generator).ok()?;
        let wrapped = Secret::<32>::random(generator);
        let fleet = *self.fleet.as_bytes();
        let wrapped_key = strongroom_crypto::wrap::wrap_backup_key(
            &done.export_key,
            vault.as_bytes(),
            &fleet,
            number.get(),
            &wrapped,
            generator,
        );
        let attempt = AttemptId::new(self.random.enemies.bytes());
        Some(SlotUpload {
            slot: number,
            kind: SlotKind::Password,
            registration,
            stretching: 1,
            ticket: registered.ticket,
            record: done.record,
            wrapped_key,
            confirmation: Some(Confirmation { attempt, ke1 }),
        })
    }
}

fn upload_of(body: &RequestBody) -> Option<&SlotUpload> {
    match body {
        RequestBody::Create(create) => Some(&create.slot),
        RequestBody::Change(change) => match &change.action {
            ChangeAction::Add(slot) | ChangeAction::Replace(slot) => Some(slot),
            ChangeAction::Remove(_) | ChangeAction::Erase => None,
        },
        _ => None,
    }
}
