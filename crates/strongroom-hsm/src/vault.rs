//! The vault: what the fleet keeps for one backup key, and how committed entries change it.
//!
//! Page: `docs/spec/vault.md`. Everything here is a pure function of a record and an entry: [`apply`]
//! takes both and gives the next record, a verdict, and what became of the record's keys. It is run at every
//! node in the order of the log, so no rule rests on anything but its arguments.
//!
//! Invariants, held by [`Record::decode`] and kept by [`apply`]:
//!
//! - A vault has one to eight slots under different numbers, with different registrations.
//! - At most one of them is a password, live or erased.
//! - Every open attempt belongs to the registration of the live password; where there is none, no attempt is open.
//! - At most one open attempt took no guess, the upload's own; it stands before all others.
//! - Open and closed attempts together are at most 32 and have different ids, so all that are open can be closed.
//! - Guesses left and attempts failed add up to the budget; only a success raises what is left.
//!
//! A password's seed leaves this module only for an [`Answerable`], which only [`apply`] makes.
//!
//! Absent on purpose: signatures, proofs and tickets are checked by the HSM that proposes, before it does
//! ([`owner`], `ticket`, `token`); the OPAQUE answer is computed where an entry is applied; no clock, no randomness.

mod apply;
mod attempt;
mod budget;
mod change;
mod create;
mod hash;
pub mod owner;
pub mod proposal;
mod record;
mod rules;
mod seed;
mod slot;
mod spend;
mod status;
mod success;
mod uncounted;
mod verdict;

#[cfg(test)]
mod tests;

pub use apply::apply;
pub use attempt::{ClosedAttempt, Ending, OpenAttempt, Taken};
pub use budget::{Budget, OPEN_ATTEMPTS_MAX};
pub use hash::{change_hash, ke1_hash, upload_hash};
pub use proposal::Proposal;
pub use record::{Record, Tombstone, TombstoneReason};
pub use rules::Rules;
pub use seed::Seed;
pub use slot::{Registration, Slot};
pub use status::status;
pub use uncounted::{UncountedRead, UncountedSlot, read_uncounted};
pub use verdict::{Answerable, SpendVerdict, SuccessVerdict, Touched, UploadVerdict, Verdict};

use strongroom_protocol::{
    bytes::List,
    ids::{Digest, Generation, RegistrationId, SlotNumber},
    limits::SLOTS_MAX,
};
use tls_codec::{DeserializeBytes, TlsSerializeBytes, TlsSize};

use slot::SlotState;

/// Keeps one backup key behind one or more credentials.
#[derive(TlsSize, TlsSerializeBytes)]
pub struct Vault {
    generation: Generation,
    owner_key: [u8; 32],
    last_change: Digest,
    budget: Budget,
    slots: List<Slot, SLOTS_MAX>,
}

impl Vault {
    /// Counts the changes, the making included.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The public half of the key that signs changes and successes; it never changes.
    pub fn owner_key(&self) -> &[u8; 32] {
        &self.owner_key
    }

    /// The hash of the upload or change that was applied last.
    pub fn last_change(&self) -> &Digest {
        &self.last_change
    }

    /// What is left of the guesses, and the attempts at the password.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The slots, in the order of their numbers.
    pub fn slots(&self) -> &[Slot] {
        self.slots.as_slice()
    }

    /// The slot with this number, if there is one.
    pub fn slot(&self, number: SlotNumber) -> Option<&Slot> {
        self.slots().iter().find(|slot| slot.number == number)
    }

    /// Gives what an answer under the password needs, for an attempt that [`apply`] lets be answered.
    ///
    /// `None` if the password has another registration by now: the answer is then not to be given.
    pub fn answering(&self, answerable: &Answerable) -> Option<&Registration> {
        let (number, registration) = self.password()?;
        (number == answerable.slot() && registration.id() == answerable.registration())
            .then_some(registration)
    }

    /// The live password and where it stands.
    fn password(&self) -> Option<(SlotNumber, &Registration)> {
        self.slots().iter().find_map(|slot| match &slot.state {
            SlotState::Password(registration) => Some((slot.number, registration)),
            SlotState::Erased(_) | SlotState::RecoveryCode(_) | SlotState::Passkey(_) => None,
        })
    }

    /// Puts a slot at its number, in place of what stands there, and gives that away.
    fn put_slot(&mut self, slot: Slot) -> Option<Slot> {
        let displaced = self.take_slot(slot.number);
        edit(&mut self.slots, |slots| {
            let at = slots.partition_point(|other| other.number < slot.number);
            slots.insert(at, slot);
        });
        displaced
    }

    /// Takes a slot out.
    fn take_slot(&mut self, number: SlotNumber) -> Option<Slot> {
        let mut taken = None;
        edit(&mut self.slots, |slots| {
            let at = slots.iter().position(|slot| slot.number == number);
            taken = at.map(|at| slots.remove(at));
        });
        taken
    }

    /// Names the invariant that is broken, if one is.
    fn check(&self) -> Result<(), &'static str> {
        let slots = self.slots();
        let numbers: Vec<SlotNumber> = slots.iter().map(|slot| slot.number).collect();
        let mut ids: Vec<RegistrationId> = slots.iter().map(Slot::registration_id).collect();
        ids.sort_unstable();
        if self.generation < Generation::FIRST {
            return Err("generation: zero");
        }
        if slots.is_empty() {
            return Err("slots: none");
        }
        if !numbers.is_sorted_by(|one, next| one < next) {
            return Err("slots: not in the order of different numbers");
        }
        if !ids.is_sorted_by(|one, next| one < next) {
            return Err("slots: one registration stands twice");
        }
        if slots.iter().filter(|slot| slot.is_password()).count() > 1 {
            return Err("slots: more than one password");
        }
        if self.password().is_none() && !self.budget.open().is_empty() {
            return Err("budget: an attempt is open, and no password is live");
        }
        Ok(())
    }
}

impl DeserializeBytes for Vault {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), tls_codec::Error> {
        let (generation, rest) = Generation::tls_deserialize_bytes(bytes)?;
        let (owner_key, rest) = <[u8; 32]>::tls_deserialize_bytes(rest)?;
        let (last_change, rest) = Digest::tls_deserialize_bytes(rest)?;
        let (budget, rest) = Budget::tls_deserialize_bytes(rest)?;
        let (slots, rest) = List::tls_deserialize_bytes(rest)?;
        let vault = Self { generation, owner_key, last_change, budget, slots };
        vault.check().map_err(|cause| tls_codec::Error::DecodingError(cause.into()))?;
        Ok((vault, rest))
    }
}

/// Changes the items of a list; items past its bound, which no caller makes, are dropped.
fn edit<T, const MAX: usize>(list: &mut List<T, MAX>, change: impl FnOnce(&mut Vec<T>)) {
    let mut items = std::mem::take(list).into_vec();
    change(&mut items);
    items.truncate(MAX);
    *list = List::new(items).unwrap_or_default();
}
