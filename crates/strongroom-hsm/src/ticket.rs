//! Tickets: a fresh seed on its way from a registration to the upload that makes it a slot's.
//!
//! Page: `docs/spec/vault.md`, "Tickets". A ticket holds a seed that stands in no slot, sealed under its era's ticket
//! key and bound to fleet, era, vault, slot, registration and generation. The generation moves on with every change,
//! so a ticket serves one upload at most; it dies with its key, one era after its own.
//!
//! Absent on purpose: a wrapped key, which no ticket and no token ever holds.

use strongroom_crypto::{
    Rng, Secret, labels,
    seal::{open, seal},
};
use strongroom_protocol::{
    ids::{Era, FleetId, Generation, RegistrationId, SlotNumber, VaultId},
    limits::TICKET_BYTES,
};

use crate::vault::Seed;

/// The key under which an era's tickets and tokens are sealed.
#[derive(Clone, Copy)]
pub struct TicketKey<'k> {
    /// The era.
    pub era: Era,
    /// Its key.
    pub key: &'k Secret<32>,
}

/// The ticket keys that an HSM holds.
#[derive(Clone, Copy)]
pub struct TicketKeys<'k> {
    /// This era's: what is new is sealed under it.
    pub current: TicketKey<'k>,
    /// The era's before, for what was sealed then; `None` in the first.
    pub previous: Option<TicketKey<'k>>,
}

impl<'k> TicketKeys<'k> {
    /// The key of an era, if it is still held.
    pub(crate) fn of(&self, era: Era) -> Option<&'k Secret<32>> {
        let held = [Some(self.current), self.previous];
        held.into_iter().flatten().find(|held| held.era == era).map(|held| held.key)
    }
}

/// What a ticket is bound to.
#[derive(Clone, Copy)]
pub struct TicketBinding<'b> {
    /// The fleet.
    pub fleet: &'b FleetId,
    /// The vault, which need not exist yet.
    pub vault: &'b VaultId,
    /// The slot that the registration is for.
    pub slot: SlotNumber,
    /// The registration.
    pub registration: RegistrationId,
    /// The vault's generation before the upload; zero for a vault to be made.
    pub generation: Generation,
}

/// The ticket's era is over, or it was made for another vault, slot, registration, generation or fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ticket does not open")]
pub struct TicketDead;

/// Seals a seed into a ticket of this era.
///
/// The seed must be fresh, and must have evaluated one request at most.
pub fn seal_ticket(
    key: TicketKey<'_>,
    binding: &TicketBinding<'_>,
    seed: &Seed,
    rng: &mut dyn Rng,
) -> [u8; TICKET_BYTES] {
    let era = key.era.0.to_be_bytes();
    let sealed = with_parts(binding, era, |parts| {
        seal(key.key, labels::TICKET_SEAL, parts, seed.secret().expose(), rng)
    });
    let mut ticket = [0; TICKET_BYTES];
    for (to, from) in ticket.iter_mut().zip(era.iter().chain(&sealed)) {
        *to = *from;
    }
    ticket
}

/// Opens a ticket of this era or the one before.
///
/// Success proves that an HSM of this fleet sealed the seed for exactly this binding. It does not prove that
/// the seed is in no slot yet: the committed entry decides.
///
/// # Errors
/// [`TicketDead`] if the era's key is gone or anything differs.
pub fn open_ticket(
    keys: &TicketKeys<'_>,
    binding: &TicketBinding<'_>,
    ticket: &[u8; TICKET_BYTES],
) -> Result<Seed, TicketDead> {
    let (era, sealed) = ticket.split_first_chunk::<8>().ok_or(TicketDead)?;
    let key = keys.of(Era(u64::from_be_bytes(*era))).ok_or(TicketDead)?;
    let opened = with_parts(binding, *era, |parts| open(key, labels::TICKET_SEAL, parts, sealed))
        .map_err(|_| TicketDead)?;
    Secret::from_slice(opened.expose()).map(Seed::new).ok_or(TicketDead)
}

/// Hands out the associated data of a ticket.
fn with_parts<T>(binding: &TicketBinding<'_>, era: [u8; 8], act: impl FnOnce(&[&[u8]]) -> T) -> T {
    act(&[
        binding.fleet.as_bytes(),
        &era,
        binding.vault.as_bytes(),
        &[binding.slot.get()],
        binding.registration.as_bytes(),
        &if planted!(TicketServesTwice) { [0; 8] } else { binding.generation.0.to_be_bytes() },
    ])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use strongroom_crypto::ChaChaRng;

    const FLEET: FleetId = FleetId::new([1; 32]);
    const VAULT: VaultId = VaultId::new([2; 32]);

    fn binding() -> TicketBinding<'static> {
        TicketBinding {
            fleet: &FLEET,
            vault: &VAULT,
            slot: SlotNumber::FIRST,
            registration: RegistrationId::new([3; 16]),
            generation: Generation(4),
        }
    }

    fn sealed(key: &Secret<32>, era: u64) -> [u8; TICKET_BYTES] {
        let seed = Seed::new(Secret::new([5; 64]));
        let key = TicketKey { era: Era(era), key };
        seal_ticket(key, &binding(), &seed, &mut ChaChaRng::from_seed([6; 32]))
    }

    fn opens(key: &Secret<32>, era: u64, binding: &TicketBinding<'_>, ticket: &[u8; TICKET_BYTES]) -> bool {
        let keys = TicketKeys { current: TicketKey { era: Era(era), key }, previous: None };
        open_ticket(&keys, binding, ticket).is_ok()
    }

    #[test]
    fn a_ticket_gives_its_seed_in_its_era_and_the_next() {
        let (old, new) = (Secret::new([7; 32]), Secret::new([8; 32]));
        let ticket = sealed(&old, 9);
        assert_eq!(ticket[..8], [0, 0, 0, 0, 0, 0, 0, 9]);
        assert_ne!(ticket[TICKET_BYTES - 16..], [0; 16]);
        let keys = TicketKeys {
            current: TicketKey { era: Era(10), key: &new },
            previous: Some(TicketKey { era: Era(9), key: &old }),
        };
        assert_eq!(open_ticket(&keys, &binding(), &ticket).unwrap().secret().expose(), &[5; 64]);
        assert!(opens(&old, 9, &binding(), &ticket));
        let keys =
            TicketKeys { current: TicketKey { era: Era(11), key: &new }, previous: Some(keys.current) };
        assert!(open_ticket(&keys, &binding(), &ticket).is_err());
    }

    #[test]
    fn a_golden_ticket() {
        assert_eq!(
            strongroom_protocol::ids::hex(&sealed(&Secret::new([7; 32]), 9)),
            concat!(
                "0000000000000009bbfa396220fac064621db2171fa5a61eec23612fa63529029868c00640afad1eb661fdbe8908ad96",
                "1f4480b6d83b200ba003f852bca383d49c00c71f5f8344dd2713a461ed6aa671ad1d9a9a03c7f8a15b656098411cda3f",
                "2c2d7a13eabc03ed98c01b23abb708a8",
            )
        );
    }

    #[test]
    fn a_ticket_opens_for_nothing_but_what_it_was_made_for() {
        let key = Secret::new([7; 32]);
        let ticket = sealed(&key, 9);
        let (fleet, vault) = (FleetId::new([0; 32]), VaultId::new([0; 32]));
        let others = [
            TicketBinding { fleet: &fleet, ..binding() },
            TicketBinding { vault: &vault, ..binding() },
            TicketBinding { slot: SlotNumber::new(2).unwrap(), ..binding() },
            TicketBinding { registration: RegistrationId::new([0; 16]), ..binding() },
            TicketBinding { generation: Generation(5), ..binding() },
        ];
        for other in &others {
            assert!(!opens(&key, 9, other, &ticket));
        }
        assert!(opens(&key, 9, &binding(), &ticket));
    }

    #[test]
    fn no_byte_of_a_ticket_can_be_changed() {
        let key = Secret::new([7; 32]);
        let ticket = sealed(&key, 9);
        for at in 0..TICKET_BYTES {
            let mut changed = ticket;
            changed[at] ^= 1;
            // Era 8 is held too, under the same key, so that the era is tried by the seal and not by its absence.
            let keys = TicketKeys {
                current: TicketKey { era: Era(9), key: &key },
                previous: Some(TicketKey { era: Era(8), key: &key }),
            };
            assert!(open_ticket(&keys, &binding(), &changed).is_err(), "byte {at}");
        }
    }
}
