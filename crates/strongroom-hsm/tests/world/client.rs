//! A client of the test's own, straight on the crypto crate: every message by hand.

use super::World;
use strongroom_crypto::{
    ChaChaRng, Rng, Secret,
    channel::{ClientContext, request_info},
    hash::digest,
    labels,
    opaque::{ClientLogin, ClientRegistration, Identities},
    owner::owner_key,
    stretching::NoStretching,
    wrap::{unwrap_backup_key, wrap_backup_key},
};
use strongroom_protocol::{
    bytes::Bytes,
    client::{
        Answer, AnswerBody, Answered, Attempt, AttemptAnswer, Change, ChangeAction, Confirmation, Create,
        Outcome, Refusal, Register, Registered, Request, RequestBody, RequestKind, SlotKind, SlotUpload,
        Status, StatusAnswer, Success, Uploaded,
    },
    decode, encode,
    frame::{
        AnswerFrame, AnswerFrameBody, ChannelAssociated, ChannelInfo, NewContext, Opening, RequestFrame,
        Unreadable,
    },
    ids::{
        AttemptId, ChannelKeyId, Configuration, Generation, NodeNumber, RegistrationId, SlotNumber, VaultId,
        Version,
    },
};

/// A frame on its way, and what opens its answer.
pub struct Sent {
    pub frame: Vec<u8>,
    pub kind: RequestKind,
    context: ClientContext,
    associated: Vec<u8>,
}

impl Sent {
    pub fn open(&self, frame: &AnswerFrame) -> Result<Answer, Unreadable> {
        match &frame.body {
            AnswerFrameBody::Sealed(sealed) => {
                let opened = self
                    .context
                    .open_answer(&self.associated, sealed.as_slice())
                    .expect("an answer that opens");
                Ok(Answer::from_padded_bytes(self.kind, opened.expose()).expect("an answer that decodes"))
            }
            AnswerFrameBody::Unreadable(cause) => Err(*cause),
        }
    }
}

/// A vault as its owner's device knows it.
pub struct Owner {
    pub vault: VaultId,
    pub backup_key: Secret<32>,
    pub password: Vec<u8>,
    pub generation: Generation,
}

/// An upload, ready to be sent any number of times, with what finishes it.
pub struct Upload {
    pub body: RequestBody,
    pub login: Vec<u8>,
    pub attempt: AttemptId,
    pub registration: RegistrationId,
}

/// An attempt, ready to be sent any number of times.
pub struct Try {
    pub attempt: Attempt,
    pub login: Vec<u8>,
    pub password: Vec<u8>,
}

pub fn random_id<const N: usize>(rng: &mut ChaChaRng) -> [u8; N] {
    let mut id = [0; N];
    rng.fill(&mut id);
    id
}

impl World {
    /// Seals a request to a node under a new context.
    pub fn seal(&mut self, number: u8, body: RequestBody) -> Sent {
        let keys = self.node(number).keys.clone().expect("a node that shows its keys");
        let info = ChannelInfo {
            version: Version,
            fleet: self.fleet,
            configuration: Configuration(1),
            node: NodeNumber(number),
        };
        let public = keys.statement.channel_key;
        let hpke_info = request_info(&[&encode(&info)]);
        let (mut context, encapsulation) =
            ClientContext::open_to(&public, &hpke_info, &mut self.rng).expect("a context");
        let request = Request::new(body);
        let kind = request.kind();
        let associated = encode(&ChannelAssociated { info, kind });
        let ciphertext = Bytes::new(context.seal_next(&associated, &encode(&request))).expect("fits");
        let channel_key = ChannelKeyId::new(strongroom_crypto::channel::key_id(&public));
        let opening = Opening::New(NewContext { channel_key, encapsulation });
        let frame = RequestFrame {
            version: Version,
            configuration: Configuration(1),
            node: NodeNumber(number),
            kind,
            opening,
            ciphertext,
        };
        Sent { frame: encode(&frame), kind, context, associated }
    }

    /// Asks and waits for the answer, or gives none after so many ticks.
    pub fn exchange_for(&mut self, number: u8, body: RequestBody, ticks: usize) -> Option<Answer> {
        let sent = self.seal(number, body);
        let id = self.ask(number, sent.frame.clone());
        self.settle();
        for _ in 0..ticks {
            if self.answers.contains_key(&id) {
                break;
            }
            self.tick();
        }
        let frame = self.answers.remove(&id)?;
        Some(sent.open(&frame).expect("a readable request"))
    }

    pub fn exchange(&mut self, number: u8, body: RequestBody) -> Answer {
        self.exchange_for(number, body, 700).expect("an answer")
    }

    pub fn request_ticket(
        &mut self,
        number: u8,
        vault: VaultId,
        generation: u64,
        password: &[u8],
    ) -> (ClientRegistration, RegistrationId, Registered) {
        let registration = RegistrationId::new(random_id(&mut self.rng));
        let (state, request) = ClientRegistration::start(password, &mut self.rng).expect("a start");
        let register = Register {
            vault,
            slot: SlotNumber::FIRST,
            registration,
            generation: Generation(generation),
            request,
        };
        match self.exchange(number, RequestBody::Register(register)).body {
            AnswerBody::Register(Outcome::Done(registered)) => (state, registration, registered),
            _ => panic!("a registration was refused"),
        }
    }

    /// Everything of an upload but its sending.
    pub fn slot_upload(
        &mut self,
        number: u8,
        owner: &Owner,
        generation: u64,
        password: &[u8],
    ) -> (SlotUpload, Vec<u8>) {
        let (state, registration, registered) =
            self.request_ticket(number, owner.vault, generation, password);
        let client = [owner.vault.as_bytes().as_slice(), registration.as_bytes()].concat();
        let fleet = self.fleet;
        let identities = Identities { client: &client, server: fleet.as_bytes() };
        let done = state
            .finish(password, &registered.response, identities, &NoStretching, &mut self.rng)
            .expect("a finish");
        let wrapped_key = wrap_backup_key(
            &done.export_key,
            owner.vault.as_bytes(),
            fleet.as_bytes(),
            1,
            &owner.backup_key,
            &mut self.rng,
        );
        let (login, ke1) = ClientLogin::start(password, &mut self.rng).expect("a start");
        let attempt = AttemptId::new(random_id(&mut self.rng));
        let upload = SlotUpload {
            slot: SlotNumber::FIRST,
            kind: SlotKind::Password,
            registration,
            stretching: 1,
            ticket: registered.ticket,
            record: done.record,
            wrapped_key,
            confirmation: Some(Confirmation { attempt, ke1 }),
        };
        (upload, login.to_bytes().expose().to_vec())
    }

    pub fn new_owner(&mut self, password: &[u8]) -> Owner {
        Owner {
            vault: VaultId::new(random_id(&mut self.rng)),
            backup_key: Secret::random(&mut self.rng),
            password: password.to_vec(),
            generation: Generation(0),
        }
    }

    pub fn create_upload(&mut self, number: u8, owner: &Owner) -> Upload {
        let password = owner.password.clone();
        let (slot, login) = self.slot_upload(number, owner, 0, &password);
        let attempt = slot.confirmation.as_ref().expect("confirmation").attempt;
        let registration = slot.registration;
        let key = owner_key(&owner.backup_key, self.fleet.as_bytes(), owner.vault.as_bytes());
        let body = RequestBody::Create(Create { vault: owner.vault, owner_key: key.public(), slot });
        Upload { body, login, attempt, registration }
    }

    /// A change that puts a new password in place of the old one.
    pub fn replace_upload(&mut self, number: u8, owner: &Owner, generation: u64, password: &[u8]) -> Upload {
        let (slot, login) = self.slot_upload(number, owner, generation, password);
        let attempt = slot.confirmation.as_ref().expect("confirmation").attempt;
        let registration = slot.registration;
        let body = RequestBody::Change(self.signed_change(owner, generation, ChangeAction::Replace(slot)));
        Upload { body, login, attempt, registration }
    }

    pub fn signed_change(&self, owner: &Owner, generation: u64, action: ChangeAction) -> Change {
        let label = match &action {
            ChangeAction::Add(_) => labels::OWNER_ADD,
            ChangeAction::Replace(_) => labels::OWNER_REPLACE,
            ChangeAction::Remove(_) => labels::OWNER_REMOVE,
            ChangeAction::Erase => labels::OWNER_ERASE,
        };
        let counted = generation.to_be_bytes();
        let encoded = encode(&action);
        let hash =
            digest(labels::CHANGE_HASH, &[self.fleet.as_bytes(), owner.vault.as_bytes(), &counted, &encoded]);
        let key = owner_key(&owner.backup_key, self.fleet.as_bytes(), owner.vault.as_bytes());
        let signature = key.sign(label, &[self.fleet.as_bytes(), owner.vault.as_bytes(), &counted, &hash]);
        Change { vault: owner.vault, generation: Generation(generation), action, signature }
    }

    /// Message 2 for a KE2, from a device that knows the password and holds the backup key.
    #[allow(clippy::too_many_arguments, reason = "a test says all of a message 2 in one place")]
    pub fn success(
        &mut self,
        owner: &Owner,
        password: &[u8],
        registration: RegistrationId,
        attempt: AttemptId,
        login: &[u8],
        ke2: &[u8; 320],
        token: Bytes<512>,
    ) -> Option<(Success, Secret<64>)> {
        let client = [owner.vault.as_bytes().as_slice(), registration.as_bytes()].concat();
        let fleet = self.fleet;
        let identities = Identities { client: &client, server: fleet.as_bytes() };
        let login = ClientLogin::from_bytes(login).expect("a login");
        let done = login.finish(password, ke2, identities, &NoStretching, &mut self.rng).ok()?;
        let key = owner_key(&owner.backup_key, fleet.as_bytes(), owner.vault.as_bytes());
        let signature = key.sign(
            labels::OWNER_SUCCESS,
            &[fleet.as_bytes(), owner.vault.as_bytes(), &[1], registration.as_bytes(), attempt.as_bytes()],
        );
        Some((Success { token, ke3: done.ke3, signature }, done.export_key))
    }

    /// Makes a vault and confirms it.
    pub fn register(&mut self, number: u8, password: &[u8]) -> Owner {
        let mut owner = self.new_owner(password);
        let upload = self.create_upload(number, &owner);
        let uploaded = self.upload(number, &upload);
        owner.generation = uploaded.generation;
        self.confirm(number, &owner, password, &upload, uploaded);
        owner
    }

    pub fn upload(&mut self, number: u8, upload: &Upload) -> Uploaded {
        self.try_upload(number, upload).expect("an upload that is taken")
    }

    pub fn try_upload(&mut self, number: u8, upload: &Upload) -> Result<Uploaded, Refusal> {
        match self.exchange(number, upload.body.clone()).body {
            AnswerBody::Create(Outcome::Done(uploaded)) | AnswerBody::Change(Outcome::Done(uploaded)) => {
                Ok(uploaded)
            }
            AnswerBody::Create(Outcome::Refused(refusal)) | AnswerBody::Change(Outcome::Refused(refusal)) => {
                Err(refusal)
            }
            _ => panic!("an answer to something else"),
        }
    }

    pub fn confirm(
        &mut self,
        number: u8,
        owner: &Owner,
        password: &[u8],
        upload: &Upload,
        uploaded: Uploaded,
    ) -> u8 {
        let confirming = uploaded.confirming.expect("a confirmation");
        let (success, _) = self
            .success(
                owner,
                password,
                upload.registration,
                upload.attempt,
                &upload.login,
                &confirming.ke2,
                confirming.token,
            )
            .expect("the password that was just set");
        self.succeed(number, success).expect("a success")
    }

    pub fn succeed(&mut self, number: u8, success: Success) -> Result<u8, Refusal> {
        match self.exchange(number, RequestBody::Success(success)).body {
            AnswerBody::Success(Outcome::Done(left)) => Ok(left),
            AnswerBody::Success(Outcome::Refused(refusal)) => Err(refusal),
            _ => panic!("an answer to something else"),
        }
    }

    /// A fresh attempt.
    pub fn attempt(&mut self, vault: VaultId, password: &[u8]) -> Try {
        let (login, ke1) = ClientLogin::start(password, &mut self.rng).expect("a start");
        let attempt = AttemptId::new(random_id(&mut self.rng));
        Try {
            attempt: Attempt { vault, slot: SlotNumber::FIRST, attempt, ke1 },
            login: login.to_bytes().expose().to_vec(),
            password: password.to_vec(),
        }
    }

    pub fn send_attempt(&mut self, number: u8, attempt: &Try) -> AttemptAnswer {
        match self.exchange(number, RequestBody::Attempt(attempt.attempt.clone())).body {
            AnswerBody::Attempt(answer) => answer,
            _ => panic!("an answer to something else"),
        }
    }

    /// The export key's backup key, if the password was right.
    pub fn finish_attempt(
        &mut self,
        owner: &Owner,
        attempt: &Try,
        answered: &Answered,
    ) -> Option<(Secret<32>, Success)> {
        let (success, export) = self.success(
            owner,
            &attempt.password,
            answered.registration,
            attempt.attempt.attempt,
            &attempt.login,
            &answered.ke2,
            answered.token.clone(),
        )?;
        let fleet = self.fleet;
        let key =
            unwrap_backup_key(&export, owner.vault.as_bytes(), fleet.as_bytes(), 1, &answered.wrapped_key)
                .ok()?;
        Some((key, success))
    }

    /// A whole recovery with the right password; gives the guesses left.
    pub fn recover(&mut self, number: u8, owner: &Owner) -> u8 {
        let attempt = self.attempt(owner.vault, &owner.password.clone());
        let AttemptAnswer::Answered(answered) = self.send_attempt(number, &attempt) else {
            panic!("a recovery that is not answered");
        };
        let (key, success) = self.finish_attempt(owner, &attempt, &answered).expect("the right password");
        assert!(key.matches(&owner.backup_key));
        self.succeed(number, success).expect("a success")
    }

    pub fn vault_status(&mut self, number: u8, vault: VaultId) -> StatusAnswer {
        match self.exchange(number, RequestBody::Status(Status { vault })).body {
            AnswerBody::Status(answer) => answer,
            _ => panic!("an answer to something else"),
        }
    }

    pub fn guesses_left(&mut self, number: u8, vault: VaultId) -> u8 {
        match self.vault_status(number, vault) {
            StatusAnswer::Present(status) => status.left,
            _ => panic!("no such vault"),
        }
    }
}

pub fn decode_frame(bytes: &[u8]) -> AnswerFrame {
    decode(bytes).expect("an answer frame")
}
