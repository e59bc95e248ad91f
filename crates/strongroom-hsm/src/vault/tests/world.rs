//! One record and short words for what happens to it.

use strongroom_crypto::Secret;
use strongroom_protocol::{
    client::{Passkey, Refusal, SlotKind},
    ids::{AttemptId, Digest, Generation, RegistrationId, SlotNumber},
};

use super::super::{
    Proposal, Record, Rules, Seed, SpendVerdict, SuccessVerdict, Touched, UploadVerdict, Vault, Verdict,
    apply,
    proposal::{Action, Change, Confirmation, Create, NewSlot, Spend, Success},
};

/// A record under the rules, and what the last entry did to it.
pub(super) struct World {
    pub(super) rules: Rules,
    pub(super) record: Option<Record>,
    pub(super) touched: Touched,
}

pub(super) fn slot(number: u8) -> SlotNumber {
    SlotNumber::new(number).unwrap()
}

pub(super) fn registration(name: u8) -> RegistrationId {
    RegistrationId::new([name; 16])
}

pub(super) fn attempt(name: u8) -> AttemptId {
    AttemptId::new([name; 16])
}

pub(super) fn ke1(name: u8) -> Digest {
    Digest::new([name; 32])
}

pub(super) fn hash(name: u8) -> Digest {
    Digest::new([name; 32])
}

/// A slot without a confirmation; the seed repeats the registration's name.
pub(super) fn uncounted(number: u8, name: u8, kind: SlotKind) -> NewSlot {
    NewSlot {
        number: slot(number),
        kind,
        registration: registration(name),
        stretching: 1,
        seed: Some(Seed::new(Secret::new([name; 64]))),
        record: [name; 192],
        wrapped_key: [name; 72],
        confirmation: None,
    }
}

/// A recovery code.
pub(super) fn code(number: u8, name: u8) -> NewSlot {
    uncounted(number, name, SlotKind::RecoveryCode)
}

/// A passkey.
pub(super) fn passkey(number: u8, name: u8) -> NewSlot {
    let passkey =
        Passkey { credential_id: Default::default(), rp_id: Default::default(), label: Default::default() };
    uncounted(number, name, SlotKind::Passkey(passkey))
}

/// A password whose confirming attempt and KE1 are named by `confirmed_by`.
pub(super) fn password(number: u8, name: u8, confirmed_by: u8) -> NewSlot {
    NewSlot {
        confirmation: Some(Confirmation { attempt: attempt(confirmed_by), ke1: ke1(confirmed_by) }),
        ..uncounted(number, name, SlotKind::Password)
    }
}

impl World {
    /// No vault yet; ten guesses.
    pub(super) fn new() -> Self {
        Self { rules: Rules { guesses: 10, checkpoint: 100 }, record: None, touched: Touched::Nothing }
    }

    /// A vault whose password has registration 1 in slot 1, its own attempt 101 having succeeded.
    pub(super) fn with_password() -> Self {
        let mut world = Self::new();
        world.create(1, password(1, 1, 101));
        assert_eq!(world.success(1, 101), SuccessVerdict::Succeeded { left: 10 });
        world.rules.checkpoint += 2;
        world
    }

    /// A vault that has the password and a recovery code, registration 2 in slot 2.
    pub(super) fn with_code() -> Self {
        let mut world = Self::with_password();
        assert!(is_done(&world.change(2, Action::Add(code(2, 2)))));
        world
    }

    pub(super) fn vault(&self) -> &Vault {
        match &self.record {
            Some(Record::Vault(vault)) => vault,
            _ => panic!("no vault stands"),
        }
    }

    pub(super) fn left(&self) -> u8 {
        self.vault().budget().left()
    }

    pub(super) fn failed(&self) -> u32 {
        self.vault().budget().failed()
    }

    pub(super) fn encoded(&self) -> Option<Vec<u8>> {
        self.record.as_ref().map(|record| record.encode().expose().to_vec())
    }

    /// Applies an entry as a node does: both come out of their encodings, and so does the result.
    pub(super) fn apply(&mut self, proposal: &Proposal) -> Verdict {
        let before = self.encoded();
        let proposal = Proposal::decode(proposal.encode().expose()).unwrap();
        let (record, verdict, touched) = apply(&self.rules, self.record.take(), &proposal);
        self.record = record;
        self.touched = touched;
        let after = self.encoded();
        assert_eq!(before == after, touched == Touched::Nothing, "touched says what happened");
        if let Some(after) = after {
            let decoded = Record::decode(&after).unwrap();
            assert!(decoded.encode().expose() == after.as_slice());
            if let Record::Vault(vault) = &decoded {
                let budget = vault.budget();
                assert_eq!(u32::from(budget.left()) + budget.failed(), u32::from(self.rules.guesses));
            }
            self.record = Some(decoded);
        }
        verdict
    }

    pub(super) fn create(&mut self, upload: u8, new: NewSlot) -> UploadVerdict {
        let entry = Create { upload: hash(upload), owner_key: [9; 32], slot: new };
        match self.apply(&Proposal::Create(entry)) {
            Verdict::Create(verdict) => verdict,
            other => panic!("{other:?}"),
        }
    }

    /// Changes the vault at its present generation.
    pub(super) fn change(&mut self, change: u8, action: Action) -> UploadVerdict {
        let generation = match &self.record {
            Some(Record::Vault(vault)) => vault.generation(),
            Some(Record::Tombstone(tombstone)) => tombstone.generation(),
            None => Generation(0),
        };
        self.change_at(generation, change, action)
    }

    pub(super) fn change_at(&mut self, generation: Generation, change: u8, action: Action) -> UploadVerdict {
        match self.apply(&Proposal::Change(Change { change: hash(change), generation, action })) {
            Verdict::Change(verdict) => verdict,
            other => panic!("{other:?}"),
        }
    }

    /// Message 1 at slot 1, with the KE1 of the attempt's name.
    pub(super) fn spend(&mut self, name: u8) -> SpendVerdict {
        self.spend_with(1, name, name)
    }

    pub(super) fn spend_with(&mut self, number: u8, name: u8, ke1_name: u8) -> SpendVerdict {
        let entry = Spend { slot: slot(number), attempt: attempt(name), ke1: ke1(ke1_name) };
        match self.apply(&Proposal::Spend(entry)) {
            Verdict::Spend(verdict) => verdict,
            other => panic!("{other:?}"),
        }
    }

    /// Message 2 for slot 1.
    pub(super) fn success(&mut self, registered: u8, name: u8) -> SuccessVerdict {
        self.success_at(1, registered, name)
    }

    pub(super) fn success_at(&mut self, number: u8, registered: u8, name: u8) -> SuccessVerdict {
        let entry =
            Success { slot: slot(number), registration: registration(registered), attempt: attempt(name) };
        match self.apply(&Proposal::Success(entry)) {
            Verdict::Success(verdict) => verdict,
            other => panic!("{other:?}"),
        }
    }

    /// Spends every guess with attempts named from `first` on, and gives the next name.
    pub(super) fn exhaust(&mut self, first: u8) -> u8 {
        let mut name = first;
        while self.left() > 0 {
            assert!(matches!(self.spend(name), SpendVerdict::Spent { .. }));
            name += 1;
        }
        name
    }
}

pub(super) fn is_done(verdict: &UploadVerdict) -> bool {
    matches!(verdict, UploadVerdict::Done { .. })
}

pub(super) fn refused(verdict: UploadVerdict) -> Refusal {
    match verdict {
        UploadVerdict::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

pub(super) const CLOSED: SpendVerdict = SpendVerdict::Refused(Refusal::AttemptClosed);
pub(super) const UNKNOWN: SuccessVerdict = SuccessVerdict::Refused(Refusal::AttemptClosed);
