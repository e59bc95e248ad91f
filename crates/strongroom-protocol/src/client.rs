//! What a client asks an HSM, and what it is answered. Page: `docs/spec/client.md`.
//!
//! These are the plaintexts inside the HPKE channel; the envelope around them
//! is [`crate::frame`]. None of the types has `Debug`: they carry the vault id and
//! material that belongs to one credential.
//!
//! Invariant: all answers to one kind of request have one length on the wire
//! ([`Answer::to_padded_bytes`]), whatever they say.

mod refusal;

pub use refusal::Refusal;

use crate::{
    bytes::{Bytes, List, Text},
    codec::{DecodeError, Wire, decode, encode},
    ids::{AttemptId, Generation, RegistrationId, SlotNumber, VaultId, Version},
    limits::{
        CREDENTIAL_ID_BYTES_MAX, KE1_BYTES, KE2_BYTES, KE3_BYTES, LABEL_BYTES_MAX, RECORD_BYTES,
        REGISTRATION_REQUEST_BYTES, REGISTRATION_RESPONSE_BYTES, RP_ID_BYTES_MAX, SLOTS_MAX, TICKET_BYTES,
        TOKEN_BYTES_MAX, WRAPPED_KEY_BYTES,
    },
    wire,
};
use alloc::{format, vec, vec::Vec};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// What kind of request a message is; visible to the host, bound to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum RequestKind {
    /// Asks for an evaluation under a fresh seed.
    Register = 1,
    /// Makes a vault.
    Create = 2,
    /// Adds, replaces or removes a slot, or erases the vault.
    Change = 3,
    /// Message 1 of a recovery.
    Attempt = 4,
    /// Message 2 of a recovery.
    Success = 5,
    /// Asks how a vault stands.
    Status = 6,
}

/// A credential's kind, and what the fleet keeps of it in the clear of the vault.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum SlotKind {
    /// A password or PIN; its guesses are counted. At most one a vault.
    #[tls_codec(discriminant = 1)]
    Password,
    /// A recovery code of 170 bits; uncounted.
    RecoveryCode,
    /// A passkey's PRF output of 256 bits; uncounted.
    Passkey(Passkey),
}

/// What lets a device find the passkey again.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Passkey {
    /// The WebAuthn credential id.
    pub credential_id: Bytes<CREDENTIAL_ID_BYTES_MAX>,
    /// The relying-party id.
    pub rp_id: Text<RP_ID_BYTES_MAX>,
    /// The name that the person gave it.
    pub label: Text<LABEL_BYTES_MAX>,
}

/// Asks to evaluate a registration request under a fresh seed.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Register {
    /// The vault, which need not exist yet.
    pub vault: VaultId,
    /// The slot that the registration is for.
    pub slot: SlotNumber,
    /// Fresh and random; used by one upload at most.
    pub registration: RegistrationId,
    /// The vault's generation before the upload; zero for a vault to be made.
    pub generation: Generation,
    /// OPAQUE's RegistrationRequest.
    pub request: [u8; REGISTRATION_REQUEST_BYTES],
}

/// A slot as it is uploaded.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct SlotUpload {
    /// Where the slot stands.
    pub slot: SlotNumber,
    /// What kind of credential it is.
    pub kind: SlotKind,
    /// The registration that the ticket was given for.
    pub registration: RegistrationId,
    /// The number of the key-stretching parameters.
    pub stretching: u16,
    /// The seed, sealed by the fleet.
    pub ticket: [u8; TICKET_BYTES],
    /// OPAQUE's RegistrationRecord.
    pub record: [u8; RECORD_BYTES],
    /// The backup key, wrapped under OPAQUE's export key.
    pub wrapped_key: [u8; WRAPPED_KEY_BYTES],
    /// For a password, the attempt that confirms it; for the others, nothing.
    pub confirmation: Option<Confirmation>,
}

/// The attempt that an upload opens to confirm itself.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Confirmation {
    /// Fresh and random.
    pub attempt: AttemptId,
    /// OPAQUE's KE1.
    pub ke1: [u8; KE1_BYTES],
}

/// Makes a vault.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Create {
    /// The vault id, made by the client.
    pub vault: VaultId,
    /// The owner key's public half.
    pub owner_key: [u8; 32],
    /// The first slot.
    pub slot: SlotUpload,
}

/// What a change does.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum ChangeAction {
    /// Puts a slot where none is.
    #[tls_codec(discriminant = 1)]
    Add(SlotUpload),
    /// Puts a slot in place of the one with its number.
    Replace(SlotUpload),
    /// Removes a slot.
    Remove(SlotNumber),
    /// Erases the vault for ever.
    Erase,
}

/// Changes a vault, signed by its owner.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Change {
    /// The vault.
    pub vault: VaultId,
    /// The generation that the change is for; it makes the next one.
    pub generation: Generation,
    /// What is changed.
    pub action: ChangeAction,
    /// By the owner key, under the action's own label, over fleet id, vault id, generation and the action's hash.
    pub signature: [u8; 64],
}

/// Message 1 of a recovery.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Attempt {
    /// The vault.
    pub vault: VaultId,
    /// The slot whose credential is tried.
    pub slot: SlotNumber,
    /// Fresh and random for every attempt, the same for its retries.
    pub attempt: AttemptId,
    /// OPAQUE's KE1.
    pub ke1: [u8; KE1_BYTES],
}

/// Message 2 of a recovery.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Success {
    /// What message 1 was answered with.
    pub token: Bytes<TOKEN_BYTES_MAX>,
    /// OPAQUE's KE3.
    pub ke3: [u8; KE3_BYTES],
    /// By the owner key, over fleet id, vault id, slot, registration id and attempt id.
    pub signature: [u8; 64],
}

/// Asks how a vault stands; costs no guess.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Status {
    /// The vault.
    pub vault: VaultId,
}

/// One request of a client.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum RequestBody {
    /// See [`Register`].
    #[tls_codec(discriminant = 1)]
    Register(Register),
    /// See [`Create`].
    Create(Create),
    /// See [`Change`].
    Change(Change),
    /// See [`Attempt`].
    Attempt(Attempt),
    /// See [`Success`].
    Success(Success),
    /// See [`Status`].
    Status(Status),
}

/// A request with the version that leads it.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Request {
    /// The suite's version.
    pub version: Version,
    /// What is asked.
    pub body: RequestBody,
}

impl Request {
    /// Puts the version before a body.
    pub fn new(body: RequestBody) -> Self {
        Self { version: Version, body }
    }

    /// The kind that the envelope must name.
    pub fn kind(&self) -> RequestKind {
        match self.body {
            RequestBody::Register(_) => RequestKind::Register,
            RequestBody::Create(_) => RequestKind::Create,
            RequestBody::Change(_) => RequestKind::Change,
            RequestBody::Attempt(_) => RequestKind::Attempt,
            RequestBody::Success(_) => RequestKind::Success,
            RequestBody::Status(_) => RequestKind::Status,
        }
    }
}

/// What a registration request is answered with.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Registered {
    /// OPAQUE's RegistrationResponse.
    pub response: [u8; REGISTRATION_RESPONSE_BYTES],
    /// The seed, sealed by the fleet.
    pub ticket: [u8; TICKET_BYTES],
}

/// What lets the author of an upload prove that the slot works.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Confirming {
    /// OPAQUE's KE2 for the upload's own KE1.
    pub ke2: [u8; KE2_BYTES],
    /// For message 2.
    pub token: Bytes<TOKEN_BYTES_MAX>,
}

/// What a committed upload or change is answered with.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Uploaded {
    /// The vault's generation now.
    pub generation: Generation,
    /// Guesses left.
    pub left: u8,
    /// For a password whose attempt is open still.
    pub confirming: Option<Confirming>,
}

/// What an answered attempt gives.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Answered {
    /// OPAQUE's KE2.
    pub ke2: [u8; KE2_BYTES],
    /// The backup key, wrapped.
    pub wrapped_key: [u8; WRAPPED_KEY_BYTES],
    /// For message 2.
    pub token: Bytes<TOKEN_BYTES_MAX>,
    /// The vault's generation.
    pub generation: Generation,
    /// The slot's registration.
    pub registration: RegistrationId,
    /// Guesses left after this one.
    pub left: u8,
    /// Attempts since the last success that did not end in one, this one not counted.
    pub failed: u32,
    /// The number of the key-stretching parameters.
    pub stretching: u16,
}

/// What message 1 of a recovery is answered with.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum AttemptAnswer {
    /// The attempt is answered.
    #[tls_codec(discriminant = 1)]
    Answered(Answered),
    /// No guess was left: the slot is erased.
    Erased,
    /// There is no such vault.
    Absent,
    /// Too many attempts are remembered; nothing was spent.
    Later,
    /// The attempt is refused.
    Refused(Refusal),
}

/// One slot as a status shows it.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct SlotStatus {
    /// Its number.
    pub slot: SlotNumber,
    /// Its kind.
    pub kind: SlotKind,
    /// Its registration.
    pub registration: RegistrationId,
    /// 1 if the slot was erased because no guess was left, else 0.
    pub erased: u8,
}

/// A vault as a status shows it.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct VaultStatus {
    /// The generation.
    pub generation: Generation,
    /// The slots.
    pub slots: List<SlotStatus, SLOTS_MAX>,
    /// Guesses left for the password.
    pub left: u8,
    /// Attempts since the last success that did not end in one.
    pub failed: u32,
}

/// What a status request is answered with.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum StatusAnswer {
    /// The vault stands.
    #[tls_codec(discriminant = 1)]
    Present(VaultStatus),
    /// There is no such vault.
    Absent,
    /// The vault was erased by its owner.
    Erased,
    /// The request is refused.
    Refused(Refusal),
}

/// An answer or a refusal.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Outcome<T: tls_codec::Size + tls_codec::SerializeBytes + tls_codec::DeserializeBytes> {
    /// It was done.
    #[tls_codec(discriminant = 1)]
    Done(T),
    /// It was not.
    Refused(Refusal),
}

/// One answer of an HSM.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum AnswerBody {
    /// To [`Register`].
    #[tls_codec(discriminant = 1)]
    Register(Outcome<Registered>),
    /// To [`Create`].
    Create(Outcome<Uploaded>),
    /// To [`Change`].
    Change(Outcome<Uploaded>),
    /// To [`Attempt`].
    Attempt(AttemptAnswer),
    /// To [`Success`]: guesses left.
    Success(Outcome<u8>),
    /// To [`Status`].
    Status(StatusAnswer),
}

/// An answer with the version that leads it.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Answer {
    /// The suite's version.
    pub version: Version,
    /// What is answered.
    pub body: AnswerBody,
}

wire!(Request, Answer, Create, ChangeAction, SlotUpload, SlotKind);

impl Answer {
    /// Puts the version before a body.
    pub fn new(body: AnswerBody) -> Self {
        Self { version: Version, body }
    }

    /// Refuses a request of some kind.
    pub fn refusing(kind: RequestKind, refusal: Refusal) -> Self {
        Self::new(match kind {
            RequestKind::Register => AnswerBody::Register(Outcome::Refused(refusal)),
            RequestKind::Create => AnswerBody::Create(Outcome::Refused(refusal)),
            RequestKind::Change => AnswerBody::Change(Outcome::Refused(refusal)),
            RequestKind::Attempt => AnswerBody::Attempt(AttemptAnswer::Refused(refusal)),
            RequestKind::Success => AnswerBody::Success(Outcome::Refused(refusal)),
            RequestKind::Status => AnswerBody::Status(StatusAnswer::Refused(refusal)),
        })
    }

    /// The kind of request that this answers.
    pub fn kind(&self) -> RequestKind {
        match self.body {
            AnswerBody::Register(_) => RequestKind::Register,
            AnswerBody::Create(_) => RequestKind::Create,
            AnswerBody::Change(_) => RequestKind::Change,
            AnswerBody::Attempt(_) => RequestKind::Attempt,
            AnswerBody::Success(_) => RequestKind::Success,
            AnswerBody::Status(_) => RequestKind::Status,
        }
    }

    /// The encoding behind its 16-bit length, filled with zeros to the one size of its kind.
    pub fn to_padded_bytes(&self) -> Vec<u8> {
        let encoded = encode(self);
        let mut padded = vec![0; padded_bytes(self.kind())];
        let length = u16::try_from(encoded.len()).unwrap_or(0).to_be_bytes();
        for (to, from) in padded.iter_mut().zip(length.iter().chain(&encoded)) {
            *to = *from;
        }
        padded
    }

    /// Reads what [`Self::to_padded_bytes`] wrote, as the answer to a request of `kind`.
    ///
    /// # Errors
    /// The size is not the kind's, the filling is not zeros, the answer is to another kind, or it does not decode.
    pub fn from_padded_bytes(kind: RequestKind, padded: &[u8]) -> Result<Self, DecodeError> {
        let refuse = |cause: &'static str| DecodeError::new(Self::NAME, cause);
        if padded.len() != padded_bytes(kind) {
            return Err(refuse("not of its kind's one size"));
        }
        let (length, rest) = padded.split_first_chunk::<2>().ok_or_else(|| refuse("truncated"))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (encoded, filling) = rest.split_at_checked(length).ok_or_else(|| refuse("truncated"))?;
        if filling.iter().any(|byte| *byte != 0) {
            return Err(refuse("filled with something else than zeros"));
        }
        let answer: Self = decode(encoded)?;
        if answer.kind() != kind {
            return Err(refuse("answers another kind of request"));
        }
        Ok(answer)
    }
}

/// The one size of every answer to a kind of request, in bytes.
pub const fn padded_bytes(kind: RequestKind) -> usize {
    match kind {
        RequestKind::Register => 256,
        RequestKind::Create | RequestKind::Change | RequestKind::Attempt => 1024,
        RequestKind::Success => 64,
        RequestKind::Status => 5120,
    }
}
