//! The rules of vaults and guesses, played with the server half of the crypto and nothing else.

use std::collections::HashMap;
use strongroom_crypto::{
    ChaChaRng, Rng, Secret,
    hash::digest,
    labels,
    opaque::{Identities, LoginState, begin_login, evaluate_registration, finish_login},
    sign::verify,
};
use strongroom_protocol::{
    bytes::{Bytes, List},
    client::{
        Answer, AnswerBody, Answered, Attempt, AttemptAnswer, Change, ChangeAction, Confirming, Create,
        Outcome, Refusal, Register, Registered, Request, RequestBody, SlotKind, SlotStatus, SlotUpload,
        StatusAnswer, Success, Uploaded, VaultStatus,
    },
    encode,
    ids::{AttemptId, FleetId, Generation, RegistrationId, SlotNumber, VaultId},
    limits::{KE1_BYTES, TICKET_BYTES},
};

const GUESSES: u8 = 10;

pub struct FakeFleet {
    pub id: FleetId,
    pub vaults: HashMap<VaultId, Vault>,
    tickets: HashMap<[u8; TICKET_BYTES], (Secret<64>, Register)>,
    tokens: HashMap<Vec<u8>, Token>,
    rng: ChaChaRng,
}

pub struct Vault {
    pub owner_key: [u8; 32],
    pub generation: Generation,
    pub left: u8,
    pub failed: u32,
    pub successes: u32,
    pub is_erased: bool,
    /// The password.
    slot: Option<Slot>,
    /// Recovery codes and passkeys.
    uncounted: Vec<Slot>,
    open: Vec<(AttemptId, [u8; KE1_BYTES])>,
    is_slot_erased: bool,
    closed: Vec<AttemptId>,
    succeeded: Vec<AttemptId>,
    last: Vec<u8>,
}

struct Slot {
    upload: SlotUpload,
    seed: Secret<64>,
}

struct Token {
    vault: VaultId,
    attempt: AttemptId,
    registration: RegistrationId,
    state: LoginState,
}

impl FakeFleet {
    pub fn new(id: FleetId) -> Self {
        let rng = ChaChaRng::from_seed([77; 32]);
        Self { id, vaults: HashMap::new(), tickets: HashMap::new(), tokens: HashMap::new(), rng }
    }

    /// What a checkpoint does to tickets and tokens that are one era too old.
    pub fn forget_tickets_and_tokens(&mut self) {
        self.tickets.clear();
        self.tokens.clear();
    }

    pub fn answer(&mut self, request: &Request) -> Answer {
        Answer::new(match &request.body {
            RequestBody::Register(register) => AnswerBody::Register(Outcome::Done(self.register(register))),
            RequestBody::Create(create) => AnswerBody::Create(outcome(self.create(create))),
            RequestBody::Change(change) => AnswerBody::Change(outcome(self.change(change))),
            RequestBody::Attempt(attempt) => AnswerBody::Attempt(self.attempt(attempt)),
            RequestBody::Success(success) => AnswerBody::Success(match self.success(success) {
                Ok(left) => Outcome::Done(left),
                Err(refusal) => Outcome::Refused(refusal),
            }),
            RequestBody::Status(status) => AnswerBody::Status(self.status(status.vault)),
        })
    }

    fn register(&mut self, register: &Register) -> Registered {
        let seed = Secret::random(&mut self.rng);
        let response = evaluate_registration(&seed, &register.request).unwrap();
        let mut ticket = [0; TICKET_BYTES];
        self.rng.fill(&mut ticket);
        self.tickets.insert(ticket, (seed, register.clone()));
        Registered { response, ticket }
    }

    fn seed_of(
        &self,
        vault: VaultId,
        upload: &SlotUpload,
        generation: Generation,
    ) -> Result<Secret<64>, Refusal> {
        let (seed, register) = self.tickets.get(&upload.ticket).ok_or(Refusal::TicketDead)?;
        assert!(register.vault == vault && register.registration == upload.registration);
        assert!(register.slot == upload.slot && register.generation == generation);
        Ok(seed.duplicate())
    }

    fn create(&mut self, create: &Create) -> Result<Uploaded, Refusal> {
        let bytes = encode(create);
        if let Some(vault) = self.vaults.get(&create.vault) {
            if vault.is_erased {
                return Err(Refusal::VaultErased);
            }
            if vault.last != bytes {
                return Err(Refusal::VaultExists);
            }
            return Ok(self.uploaded(create.vault));
        }
        let seed = self.seed_of(create.vault, &create.slot, Generation(0))?;
        let slot = Slot { upload: create.slot.clone(), seed };
        let (slot, uncounted) =
            if slot.is_password() { (Some(slot), Vec::new()) } else { (None, vec![slot]) };
        let mut vault = Vault {
            owner_key: create.owner_key,
            generation: Generation::FIRST,
            left: GUESSES,
            failed: 0,
            successes: 0,
            is_erased: false,
            slot,
            uncounted,
            open: Vec::new(),
            is_slot_erased: false,
            closed: Vec::new(),
            succeeded: Vec::new(),
            last: bytes,
        };
        if let Some(confirmation) = &create.slot.confirmation {
            vault.open.push((confirmation.attempt, confirmation.ke1));
        }
        self.vaults.insert(create.vault, vault);
        Ok(self.uploaded(create.vault))
    }

    fn change(&mut self, change: &Change) -> Result<Uploaded, Refusal> {
        let bytes = encode(&Request::new(RequestBody::Change(change.clone())));
        let vault = self.vaults.get(&change.vault).ok_or(Refusal::NoSuchVault)?;
        if vault.last == bytes {
            return Ok(self.uploaded(change.vault));
        }
        if vault.is_erased {
            return Err(Refusal::VaultErased);
        }
        let upload = match &change.action {
            ChangeAction::Add(upload) | ChangeAction::Replace(upload) => Some(upload),
            ChangeAction::Remove(_) | ChangeAction::Erase => None,
        };
        let seed = upload.map(|upload| self.seed_of(change.vault, upload, change.generation)).transpose()?;
        if vault.generation != change.generation {
            return Err(Refusal::GenerationConflict);
        }
        verify_change(self.id, &vault.owner_key, change)?;
        if let Some(number) = vault.uncounted_number(&change.action) {
            return self.change_uncounted(change, number, bytes, seed);
        }
        match change.action {
            ChangeAction::Add(_) if vault.slot.is_some() && !vault.is_slot_erased => {
                return Err(Refusal::WrongSlot);
            }
            // A vault never has no slot.
            ChangeAction::Remove(_) => return Err(Refusal::WrongSlot),
            ChangeAction::Add(_) | ChangeAction::Replace(_) | ChangeAction::Erase => {}
        }
        let vault = self.vaults.get_mut(&change.vault).unwrap();
        vault.generation = change.generation.next().unwrap();
        vault.last = bytes;
        vault.close_all();
        vault.is_slot_erased = false;
        vault.slot = upload.cloned().zip(seed).map(|(upload, seed)| Slot { upload, seed });
        vault.is_erased = matches!(change.action, ChangeAction::Erase);
        if let Some(confirmation) = upload.and_then(|upload| upload.confirmation.as_ref()) {
            vault.open.push((confirmation.attempt, confirmation.ke1));
        }
        Ok(self.uploaded(change.vault))
    }

    /// Puts a recovery code or a passkey in or takes one out; the password stays as it is.
    fn change_uncounted(
        &mut self,
        change: &Change,
        number: SlotNumber,
        bytes: Vec<u8>,
        seed: Option<Secret<64>>,
    ) -> Result<Uploaded, Refusal> {
        let vault = self.vaults.get_mut(&change.vault).unwrap();
        let is_taken = vault.numbers().contains(&number);
        if is_taken == matches!(change.action, ChangeAction::Add(_)) {
            return Err(Refusal::WrongSlot);
        }
        vault.uncounted.retain(|slot| slot.upload.slot != number);
        if let ChangeAction::Add(upload) | ChangeAction::Replace(upload) = &change.action {
            assert!(upload.confirmation.is_none(), "nothing confirms an uncounted slot");
            vault.uncounted.push(Slot { upload: upload.clone(), seed: seed.unwrap() });
        }
        vault.generation = change.generation.next().unwrap();
        vault.last = bytes;
        Ok(Uploaded { generation: vault.generation, left: vault.left, confirming: None })
    }

    fn uploaded(&mut self, id: VaultId) -> Uploaded {
        let vault = &self.vaults[&id];
        let (generation, left) = (vault.generation, vault.left);
        if vault.slot.is_none() {
            return Uploaded { generation, left, confirming: None };
        }
        let confirmation = vault.slot.as_ref().and_then(|slot| slot.upload.confirmation.clone());
        let open = confirmation.filter(|it| vault.open.iter().any(|(attempt, _)| *attempt == it.attempt));
        let confirming = open.map(|it| {
            let (ke2, token) = self.begin_login(id, it.attempt, &it.ke1);
            Confirming { ke2, token }
        });
        Uploaded { generation, left, confirming }
    }

    fn begin_login(
        &mut self,
        id: VaultId,
        attempt: AttemptId,
        ke1: &[u8; KE1_BYTES],
    ) -> ([u8; 320], Bytes<{ strongroom_protocol::limits::TOKEN_BYTES_MAX }>) {
        let number = self.vaults[&id].slot.as_ref().unwrap().upload.slot;
        self.begin_login_at(id, number, attempt, ke1)
    }

    fn begin_login_at(
        &mut self,
        id: VaultId,
        number: SlotNumber,
        attempt: AttemptId,
        ke1: &[u8; KE1_BYTES],
    ) -> ([u8; 320], Bytes<{ strongroom_protocol::limits::TOKEN_BYTES_MAX }>) {
        let slot = self.vaults[&id].slots().find(|slot| slot.upload.slot == number).unwrap();
        let registration = slot.upload.registration;
        let client = client_identity(id, registration);
        let identities = Identities { client: &client, server: self.id.as_bytes() };
        let (state, ke2) =
            begin_login(&slot.seed, &slot.upload.record, ke1, identities, &mut self.rng).unwrap();
        let mut token = vec![0; 200];
        self.rng.fill(&mut token);
        self.tokens.insert(token.clone(), Token { vault: id, attempt, registration, state });
        (ke2, Bytes::new(token).unwrap())
    }

    fn attempt(&mut self, attempt: &Attempt) -> AttemptAnswer {
        let Some(vault) = self.vaults.get_mut(&attempt.vault) else { return AttemptAnswer::Absent };
        if vault.is_erased {
            return AttemptAnswer::Refused(Refusal::VaultErased);
        }
        if vault.uncounted.iter().any(|slot| slot.upload.slot == attempt.slot) {
            return self.attempt_uncounted(attempt);
        }
        if vault.slot.as_ref().is_none_or(|slot| slot.upload.slot != attempt.slot) {
            return AttemptAnswer::Refused(Refusal::WrongSlot);
        }
        if vault.is_slot_erased {
            return AttemptAnswer::Erased;
        }
        let known = vault.open.iter().find(|(id, _)| *id == attempt.attempt);
        let is_open = known.is_some_and(|(_, ke1)| *ke1 == attempt.ke1);
        if !is_open {
            if known.is_some() || vault.closed.contains(&attempt.attempt) {
                return AttemptAnswer::Refused(Refusal::AttemptClosed);
            }
            if vault.left == 0 {
                vault.close_all();
                vault.is_slot_erased = true;
                return AttemptAnswer::Erased;
            }
            vault.left -= 1;
            vault.failed += 1;
            vault.open.push((attempt.attempt, attempt.ke1));
        }
        let (left, failed, generation) = (vault.left, vault.failed - 1, vault.generation);
        let upload = &vault.slot.as_ref().unwrap().upload;
        let (wrapped_key, registration, stretching) =
            (upload.wrapped_key, upload.registration, upload.stretching);
        let (ke2, token) = self.begin_login(attempt.vault, attempt.attempt, &attempt.ke1);
        AttemptAnswer::Answered(Answered {
            ke2,
            wrapped_key,
            token,
            generation,
            registration,
            left,
            failed,
            stretching,
        })
    }

    /// Answers without counting, and without a token for a message 2.
    fn attempt_uncounted(&mut self, attempt: &Attempt) -> AttemptAnswer {
        let (ke2, _) = self.begin_login_at(attempt.vault, attempt.slot, attempt.attempt, &attempt.ke1);
        let vault = &self.vaults[&attempt.vault];
        let slot = vault.uncounted.iter().find(|slot| slot.upload.slot == attempt.slot).unwrap();
        AttemptAnswer::Answered(Answered {
            ke2,
            wrapped_key: slot.upload.wrapped_key,
            token: Bytes::new(Vec::new()).unwrap(),
            generation: vault.generation,
            registration: slot.upload.registration,
            left: vault.left,
            failed: vault.failed,
            stretching: slot.upload.stretching,
        })
    }

    fn success(&mut self, success: &Success) -> Result<u8, Refusal> {
        let token = self.tokens.get(success.token.as_slice()).ok_or(Refusal::TokenDead)?;
        let vault = self.vaults.get_mut(&token.vault).unwrap();
        let slot = vault.slot.as_ref().ok_or(Refusal::WrongSlot)?.upload.slot.get();
        let client = client_identity(token.vault, token.registration);
        let identities = Identities { client: &client, server: self.id.as_bytes() };
        let state = LoginState::from_bytes(token.state.to_bytes().expose()).unwrap();
        finish_login(state, &success.ke3, identities).map_err(|_| Refusal::WrongProof)?;
        let parts: [&[u8]; 5] = [
            self.id.as_bytes(),
            token.vault.as_bytes(),
            &[slot],
            token.registration.as_bytes(),
            token.attempt.as_bytes(),
        ];
        verify(&vault.owner_key, labels::OWNER_SUCCESS, &parts, &success.signature)
            .map_err(|_| Refusal::ForeignSignature)?;
        if let Some(place) = vault.open.iter().position(|(id, _)| *id == token.attempt) {
            vault.closed.extend(vault.open.drain(..=place).map(|(id, _)| id));
            vault.succeeded.push(token.attempt);
            vault.failed = u32::try_from(vault.open.len()).unwrap();
            vault.left = GUESSES - u8::try_from(vault.open.len()).unwrap();
            vault.successes += 1;
        }
        if vault.succeeded.contains(&token.attempt) { Ok(vault.left) } else { Err(Refusal::AttemptClosed) }
    }

    fn status(&self, id: VaultId) -> StatusAnswer {
        let Some(vault) = self.vaults.get(&id) else { return StatusAnswer::Absent };
        if vault.is_erased {
            return StatusAnswer::Erased;
        }
        let status = |slot: &Slot| SlotStatus {
            slot: slot.upload.slot,
            kind: slot.upload.kind.clone(),
            registration: slot.upload.registration,
            erased: u8::from(slot.is_password() && self.vaults[&id].is_slot_erased),
        };
        StatusAnswer::Present(VaultStatus {
            generation: vault.generation,
            slots: List::new(vault.slots().map(status).collect()).unwrap(),
            left: vault.left,
            failed: vault.failed,
        })
    }
}

impl Slot {
    fn is_password(&self) -> bool {
        self.upload.kind == SlotKind::Password
    }
}

impl Vault {
    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slot.iter().chain(&self.uncounted)
    }

    fn numbers(&self) -> Vec<SlotNumber> {
        self.slots().map(|slot| slot.upload.slot).collect()
    }

    /// The number that a change of a recovery code or a passkey names.
    fn uncounted_number(&self, action: &ChangeAction) -> Option<SlotNumber> {
        match action {
            ChangeAction::Add(upload) | ChangeAction::Replace(upload) => {
                (upload.kind != SlotKind::Password).then_some(upload.slot)
            }
            ChangeAction::Remove(number) => {
                self.uncounted.iter().any(|slot| slot.upload.slot == *number).then_some(*number)
            }
            ChangeAction::Erase => None,
        }
    }

    fn close_all(&mut self) {
        self.closed.extend(self.open.drain(..).map(|(attempt, _)| attempt));
    }
}

fn outcome(result: Result<Uploaded, Refusal>) -> Outcome<Uploaded> {
    match result {
        Ok(uploaded) => Outcome::Done(uploaded),
        Err(refusal) => Outcome::Refused(refusal),
    }
}

fn client_identity(vault: VaultId, registration: RegistrationId) -> Vec<u8> {
    [vault.as_bytes().as_slice(), registration.as_bytes()].concat()
}

fn verify_change(fleet: FleetId, owner_key: &[u8; 32], change: &Change) -> Result<(), Refusal> {
    let label = match change.action {
        ChangeAction::Add(_) => labels::OWNER_ADD,
        ChangeAction::Replace(_) => labels::OWNER_REPLACE,
        ChangeAction::Remove(_) => labels::OWNER_REMOVE,
        ChangeAction::Erase => labels::OWNER_ERASE,
    };
    let generation = change.generation.0.to_be_bytes();
    let (fleet, vault) = (fleet.as_bytes(), change.vault.as_bytes());
    let hash = digest(labels::CHANGE_HASH, &[fleet, vault, &generation, &encode(&change.action)]);
    verify(owner_key, label, &[fleet, vault, &generation, &hash], &change.signature)
        .map_err(|_| Refusal::ForeignSignature)
}
