//! From a verdict to what a client is told. Page: `docs/spec/client.md`.
//!
//! KE2 of a password slot is computed here and nowhere else, from an [`Applied`]
//! entry whose verdict permits it ([`Answerable`]); of an uncounted slot, from a
//! [`Confirmed`] read, which cannot hold a password's seed. Recover's wrapped key leaves
//! together with KE2 and never without.

use crate::{
    replica::Applied,
    ticket::{TicketBinding, TicketKey, seal_ticket},
    token::{TokenAttempt, seal_token},
    vault::{
        Answerable, Record, Registration, Seed, SpendVerdict, SuccessVerdict, UncountedSlot, UploadVerdict,
        Verdict,
    },
};
use strongroom_crypto::{
    Rng, Secret,
    opaque::{Identities, begin_login, evaluate_registration},
};
use strongroom_protocol::{
    bytes::Bytes,
    client::{
        AnswerBody, Answered, Attempt, AttemptAnswer, Confirming, Outcome, Refusal, Register, Registered,
        RequestKind, Uploaded,
    },
    ids::{AttemptId, FleetId, RegistrationId, SlotNumber, VaultId},
    limits::{KE1_BYTES, KE2_BYTES},
};

/// A read that a majority confirmed, after it was asked for.
///
/// Made where a request is decided on a read that the replica has confirmed and applied, and nowhere else. It stands for a leader's word and its majority's; it proves
/// nothing of what was committed since.
pub struct Confirmed<T>(T);

impl<T> Confirmed<T> {
    /// For the decision on a confirmed read alone.
    pub(crate) fn new(read: T) -> Self {
        Self(read)
    }
}

/// What answering needs beside the verdict.
pub struct AnswerContext<'a> {
    /// The fleet.
    pub fleet: &'a FleetId,
    /// The current era's ticket key.
    pub ticket_key: TicketKey<'a>,
}

/// An answer, and whether it depends on a live password's seed.
pub struct Built {
    /// The answer.
    pub body: AnswerBody,
    /// Whether it is a guess, or confirms an upload.
    pub is_guess: bool,
}

impl From<AnswerBody> for Built {
    fn from(body: AnswerBody) -> Self {
        Self { body, is_guess: false }
    }
}

/// Evaluates a registration request under a fresh seed, which leaves in the ticket only.
pub fn register(context: &AnswerContext<'_>, register: &Register, rng: &mut dyn Rng) -> AnswerBody {
    let rng: &mut dyn Rng = if planted!(ReusesRegistrationSeed) {
        &mut strongroom_crypto::ChaChaRng::from_seed(*register.vault.as_bytes())
    } else {
        rng
    };
    let seed = Seed::new(Secret::random(rng));
    let Ok(response) = evaluate_registration(seed.secret(), &register.request) else {
        return AnswerBody::Register(Outcome::Refused(Refusal::Malformed));
    };
    let binding = TicketBinding {
        fleet: context.fleet,
        vault: &register.vault,
        slot: register.slot,
        registration: register.registration,
        generation: register.generation,
    };
    let ticket = seal_ticket(context.ticket_key, &binding, &seed, rng);
    AnswerBody::Register(Outcome::Done(Registered { response, ticket }))
}

/// Answers an attempt whose spend was applied.
pub fn attempt(
    context: &AnswerContext<'_>,
    request: &Attempt,
    applied: &Applied,
    rng: &mut dyn Rng,
) -> Built {
    let Verdict::Spend(verdict) = applied.verdict() else { return other_kind(RequestKind::Attempt) };
    let (left, failed, generation, answerable) = match verdict {
        SpendVerdict::Spent { left, failed, generation, answerable }
        | SpendVerdict::Again { left, failed, generation, answerable } => {
            (*left, *failed, *generation, answerable)
        }
        SpendVerdict::Erased => return AnswerBody::Attempt(AttemptAnswer::Erased).into(),
        SpendVerdict::Later => return AnswerBody::Attempt(AttemptAnswer::Later).into(),
        SpendVerdict::Absent => return AnswerBody::Attempt(AttemptAnswer::Absent).into(),
        SpendVerdict::Refused(refusal) => {
            return AnswerBody::Attempt(AttemptAnswer::Refused(*refusal)).into();
        }
    };
    let closed = || AnswerBody::Attempt(AttemptAnswer::Refused(Refusal::AttemptClosed)).into();
    let Some(registration) = password(applied.record(), answerable, &request.ke1) else { return closed() };
    let Some((ke2, token)) = answer_ke1(
        context,
        &request.vault,
        registration,
        answerable.slot(),
        answerable.attempt(),
        &request.ke1,
        rng,
    ) else {
        return AnswerBody::Attempt(AttemptAnswer::Refused(Refusal::Malformed)).into();
    };
    let body = AnswerBody::Attempt(AttemptAnswer::Answered(Answered {
        ke2,
        wrapped_key: *registration.wrapped_key(),
        token,
        generation,
        registration: registration.id(),
        left,
        failed,
        stretching: registration.stretching(),
    }));
    Built { body, is_guess: true }
}

/// Answers an attempt at a recovery code or a passkey, from a confirmed read.
pub fn uncounted(
    context: &AnswerContext<'_>,
    request: &Attempt,
    read: &Confirmed<UncountedSlot>,
    rng: &mut dyn Rng,
) -> AnswerBody {
    let slot = &read.0;
    let registration = slot.registration();
    let answer =
        answer_ke1(context, &request.vault, registration, request.slot, request.attempt, &request.ke1, rng);
    let Some((ke2, _)) = answer else {
        return AnswerBody::Attempt(AttemptAnswer::Refused(Refusal::Malformed));
    };
    AnswerBody::Attempt(AttemptAnswer::Answered(Answered {
        ke2,
        wrapped_key: *registration.wrapped_key(),
        token: Bytes::default(),
        generation: slot.generation(),
        registration: registration.id(),
        left: slot.left(),
        failed: slot.failed(),
        stretching: registration.stretching(),
    }))
}

/// Answers an upload or a change that was applied; `ke1` is that of its confirmation.
pub fn upload(
    context: &AnswerContext<'_>,
    kind: RequestKind,
    vault: &VaultId,
    ke1: Option<&[u8; KE1_BYTES]>,
    applied: &Applied,
    rng: &mut dyn Rng,
) -> Built {
    let (Verdict::Create(verdict) | Verdict::Change(verdict)) = applied.verdict() else {
        return other_kind(kind);
    };
    let (generation, left, confirming) = match verdict {
        UploadVerdict::Done { generation, left, confirming }
        | UploadVerdict::Repeated { generation, left, confirming } => {
            (*generation, *left, confirming.as_ref())
        }
        UploadVerdict::Refused(refusal) => return uploaded(kind, Outcome::Refused(*refusal)).into(),
    };
    let answered = confirming.zip(ke1).and_then(|(answerable, ke1)| {
        let registration = password(applied.record(), answerable, ke1)?;
        answer_ke1(context, vault, registration, answerable.slot(), answerable.attempt(), ke1, rng)
    });
    let is_guess = answered.is_some();
    let confirming = answered.map(|(ke2, token)| Confirming { ke2, token });
    Built { body: uploaded(kind, Outcome::Done(Uploaded { generation, left, confirming })), is_guess }
}

/// Answers a success that was applied.
pub fn success(applied: &Applied) -> AnswerBody {
    AnswerBody::Success(match applied.verdict() {
        Verdict::Success(SuccessVerdict::Succeeded { left } | SuccessVerdict::SucceededBefore { left }) => {
            Outcome::Done(*left)
        }
        Verdict::Success(SuccessVerdict::Refused(refusal)) => Outcome::Refused(*refusal),
        _ => Outcome::Refused(Refusal::Malformed),
    })
}

fn uploaded(kind: RequestKind, outcome: Outcome<Uploaded>) -> AnswerBody {
    if kind == RequestKind::Create { AnswerBody::Create(outcome) } else { AnswerBody::Change(outcome) }
}

fn other_kind(kind: RequestKind) -> Built {
    strongroom_protocol::client::Answer::refusing(kind, Refusal::Malformed).body.into()
}

/// The registration that an answerable attempt may be answered under, for the KE1 that it covers.
fn password<'r>(
    record: Option<&'r Record>,
    answerable: &Answerable,
    ke1: &[u8; KE1_BYTES],
) -> Option<&'r Registration> {
    match record {
        Some(Record::Vault(vault)) if answerable.covers(ke1) => vault.answering(answerable),
        _ => None,
    }
}

/// Computes KE2 and the token for message 2.
fn answer_ke1(
    context: &AnswerContext<'_>,
    vault: &VaultId,
    registration: &Registration,
    slot: SlotNumber,
    attempt: AttemptId,
    ke1: &[u8; KE1_BYTES],
    rng: &mut dyn Rng,
) -> Option<([u8; KE2_BYTES], Bytes<{ strongroom_protocol::limits::TOKEN_BYTES_MAX }>)> {
    let client = client_identity(vault, registration.id());
    let identities = Identities { client: &client, server: context.fleet.as_bytes() };
    let seed = registration.seed().secret();
    let (login, ke2) = begin_login(seed, registration.record(), ke1, identities, rng).ok()?;
    let token_attempt = TokenAttempt { vault: *vault, slot, registration: registration.id(), attempt };
    let token = seal_token(context.ticket_key, context.fleet, &token_attempt, &login, rng);
    Some((ke2, token))
}

/// OPAQUE's client identity: vault id, then registration id.
pub fn client_identity(vault: &VaultId, registration: RegistrationId) -> Vec<u8> {
    [vault.as_bytes().as_slice(), registration.as_bytes()].concat()
}
