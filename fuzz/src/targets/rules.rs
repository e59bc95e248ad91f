//! The rules of a vault: any record, any sequence of entries.
//!
//! Whatever is applied, the record keeps its one encoding, no more guesses are left than the budget,
//! and between two successes no more attempts are answered than the budget.

use crate::tape::Tape;
use std::{collections::BTreeSet, sync::LazyLock};
use strongroom_crypto::{ChaChaRng, Secret, sign::SigningKey};
use strongroom_hsm::vault::{
    Proposal, Record, Rules, Seed, SpendVerdict, SuccessVerdict, Touched, UploadVerdict, Verdict, apply,
    proposal::{Action, Change, Confirmation, Create, NewSlot, Spend, Success},
    status,
};
use strongroom_protocol::{
    bytes::{Bytes, Text},
    client::{Passkey, SlotKind},
    ids::{AttemptId, Digest, Generation, RegistrationId, SlotNumber},
};

const ENTRIES_MAX: usize = 200;

static OWNER_KEY: LazyLock<[u8; 32]> =
    LazyLock::new(|| SigningKey::generate(&mut ChaChaRng::from_seed([1; 32])).public());

/// The last state, and what was answered since the last success or upload.
struct Vault {
    record: Option<Record>,
    rules: Rules,
    answered: BTreeSet<AttemptId>,
}

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let guesses = tape.byte() % 30 + 1;
    let rules = Rules { guesses, checkpoint: 0 };
    let begins = tape.byte();
    let record = if begins == 255 { Record::decode(tape.chunk()).ok() } else { None };
    let is_ours = record.is_none();
    let mut vault = Vault { record, rules, answered: BTreeSet::new() };
    for _ in 0..ENTRIES_MAX {
        if tape.is_empty() {
            return;
        }
        vault.rules.checkpoint += u64::from(tape.byte() & 1);
        let Some(proposal) = proposal(&mut tape) else { continue };
        vault.apply(&proposal, is_ours);
    }
}

impl Vault {
    fn apply(&mut self, proposal: &Proposal, is_ours: bool) {
        let before = self.record.as_ref().map(|record| record.encode().expose().to_vec());
        let (record, verdict, touched) = apply(&self.rules, self.record.take(), proposal);
        let encoded = record.as_ref().map(|record| record.encode().expose().to_vec());
        if let Some(bytes) = &encoded {
            let read = Record::decode(bytes).expect("a record that can be read again");
            assert!(read.encode().expose() == bytes);
        }
        assert!(touched != Touched::Nothing || encoded == before, "changed, and said not to be");
        let _ = status(record.as_ref());
        self.record = record;
        if is_ours {
            self.count(proposal, &verdict);
        }
    }

    fn count(&mut self, proposal: &Proposal, verdict: &Verdict) {
        if let Some(Record::Vault(vault)) = &self.record {
            assert!(vault.budget().left() <= self.rules.guesses, "more guesses than the budget");
        }
        match (proposal, verdict) {
            (_, Verdict::Success(SuccessVerdict::Succeeded { .. })) => self.answered.clear(),
            (_, Verdict::Create(UploadVerdict::Done { .. })) => self.answered.clear(),
            // A new password is new guesses; any other change is none.
            (Proposal::Change(change), Verdict::Change(UploadVerdict::Done { .. }))
                if is_password(&change.action) =>
            {
                self.answered.clear();
            }
            (Proposal::Spend(spend), Verdict::Spend(SpendVerdict::Spent { .. })) => {
                self.answered.insert(spend.attempt);
                assert!(self.answered.len() <= usize::from(self.rules.guesses), "an extra guess");
            }
            _ => {}
        }
    }
}

fn is_password(action: &Action) -> bool {
    match action {
        Action::Add(slot) | Action::Replace(slot) => slot.kind == SlotKind::Password,
        Action::Remove(_) | Action::Erase => false,
    }
}

/// An entry: small numbers, so that they meet again; or one that stands whole on the tape.
fn proposal(tape: &mut Tape<'_>) -> Option<Proposal> {
    let kind = tape.byte();
    Some(match kind % 8 {
        0 => Proposal::Create(Create { upload: digest(tape), owner_key: *OWNER_KEY, slot: new_slot(tape)? }),
        1 => change(tape, |tape| new_slot(tape).map(Action::Add))?,
        2 => change(tape, |tape| new_slot(tape).map(Action::Replace))?,
        3 => change(tape, |tape| slot_number(tape).map(Action::Remove))?,
        4 => change(tape, |_| Some(Action::Erase))?,
        5 => Proposal::Success(Success {
            slot: slot_number(tape)?,
            registration: registration(tape),
            attempt: attempt(tape),
        }),
        6 => Proposal::decode(tape.chunk()).ok()?,
        _ => Proposal::Spend(Spend { slot: slot_number(tape)?, attempt: attempt(tape), ke1: digest(tape) }),
    })
}

fn change(tape: &mut Tape<'_>, action: impl FnOnce(&mut Tape<'_>) -> Option<Action>) -> Option<Proposal> {
    let change = digest(tape);
    let generation = Generation(u64::from(tape.byte() % 8));
    Some(Proposal::Change(Change { change, generation, action: action(tape)? }))
}

fn new_slot(tape: &mut Tape<'_>) -> Option<NewSlot> {
    let kind = match tape.byte() % 4 {
        0 | 1 => SlotKind::Password,
        2 => SlotKind::RecoveryCode,
        _ => SlotKind::Passkey(passkey()),
    };
    let seeded = tape.byte();
    let confirmation = (kind == SlotKind::Password || seeded & 2 != 0)
        .then(|| Confirmation { attempt: attempt(tape), ke1: digest(tape) });
    Some(NewSlot {
        number: slot_number(tape)?,
        kind,
        registration: registration(tape),
        stretching: 1,
        seed: (seeded & 1 == 0).then(|| Seed::new(Secret::new([2; 64]))),
        record: [3; 192],
        wrapped_key: [4; 72],
        confirmation,
    })
}

fn slot_number(tape: &mut Tape<'_>) -> Option<SlotNumber> {
    SlotNumber::new(tape.byte() % 9 + 1)
}

fn digest(tape: &mut Tape<'_>) -> Digest {
    Digest::new([tape.byte() % 16; 32])
}

fn attempt(tape: &mut Tape<'_>) -> AttemptId {
    AttemptId::new([tape.byte() % 64; 16])
}

fn registration(tape: &mut Tape<'_>) -> RegistrationId {
    RegistrationId::new([tape.byte() % 8; 16])
}

fn passkey() -> Passkey {
    Passkey { credential_id: Bytes::default(), rp_id: Text::shortened("example.org"), label: Text::default() }
}
