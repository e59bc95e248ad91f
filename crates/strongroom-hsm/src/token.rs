//! Tokens: what lets any node take message 2 of a recovery.
//!
//! Page: `docs/spec/vault.md`, "Tokens". A token names the attempt and holds OPAQUE's state between KE2 and KE3, sealed under its
//! era's ticket key and bound to fleet and era. It dies with that key; the client then repeats message 1, which is free.
//!
//! Absent on purpose: seed and wrapped key. A token opens nothing; with KE3 and the owner's signature it
//! calls one attempt a success.

use strongroom_crypto::{
    Rng, SecretBytes, labels,
    opaque::LoginState,
    seal::{open, seal},
};
use strongroom_protocol::{
    bytes::Bytes,
    ids::{AttemptId, Era, FleetId, RegistrationId, SlotNumber, VaultId},
    limits::TOKEN_BYTES_MAX,
};
use tls_codec::{DeserializeBytes, SerializeBytes, TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

use crate::ticket::{TicketKey, TicketKeys};

/// The attempt that a token is for.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct TokenAttempt {
    /// The vault.
    pub vault: VaultId,
    /// The password's slot.
    pub slot: SlotNumber,
    /// The registration that was answered.
    pub registration: RegistrationId,
    /// The attempt.
    pub attempt: AttemptId,
}

/// What a token held.
pub struct OpenedToken {
    /// The attempt.
    pub attempt: TokenAttempt,
    /// What KE3 is checked against.
    pub login: LoginState,
}

/// The token's era is over, or no HSM of this fleet made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token does not open")]
pub struct TokenDead;

/// Seals a token of this era.
pub fn seal_token(
    key: TicketKey<'_>,
    fleet: &FleetId,
    attempt: &TokenAttempt,
    login: &LoginState,
    rng: &mut dyn Rng,
) -> Bytes<TOKEN_BYTES_MAX> {
    let era = key.era.0.to_be_bytes();
    let mut plaintext = attempt.tls_serialize_bytes().unwrap_or_default();
    plaintext.extend_from_slice(login.to_bytes().expose());
    let plaintext = SecretBytes::new(plaintext);
    let parts: [&[u8]; 2] = [fleet.as_bytes(), &era];
    let sealed = seal(key.key, labels::TOKEN_SEAL, &parts, plaintext.expose(), rng);
    Bytes::new([era.as_slice(), &sealed].concat()).unwrap_or_default()
}

/// Opens a token of this era or the one before.
///
/// Success proves that an HSM of this fleet answered the attempt. It proves nothing of who sends the token.
///
/// # Errors
/// [`TokenDead`] if the era's key is gone or the token is not whole.
pub fn open_token(
    keys: &TicketKeys<'_>,
    fleet: &FleetId,
    token: &Bytes<TOKEN_BYTES_MAX>,
) -> Result<OpenedToken, TokenDead> {
    let (era, sealed) = token.as_slice().split_first_chunk::<8>().ok_or(TokenDead)?;
    let key = keys.of(Era(u64::from_be_bytes(*era))).ok_or(TokenDead)?;
    let parts: [&[u8]; 2] = [fleet.as_bytes(), era];
    let plaintext = open(key, labels::TOKEN_SEAL, &parts, sealed).map_err(|_| TokenDead)?;
    let (attempt, login) = TokenAttempt::tls_deserialize_bytes(plaintext.expose()).map_err(|_| TokenDead)?;
    let login = LoginState::from_bytes(login).map_err(|_| TokenDead)?;
    Ok(OpenedToken { attempt, login })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use strongroom_crypto::{ChaChaRng, Secret};

    const FLEET: FleetId = FleetId::new([1; 32]);

    fn attempt() -> TokenAttempt {
        TokenAttempt {
            vault: VaultId::new([2; 32]),
            slot: SlotNumber::FIRST,
            registration: RegistrationId::new([3; 16]),
            attempt: AttemptId::new([4; 16]),
        }
    }

    fn sealed(key: &Secret<32>) -> Bytes<TOKEN_BYTES_MAX> {
        let login = LoginState::from_bytes(&[5; 128]).unwrap();
        let key = TicketKey { era: Era(9), key };
        seal_token(key, &FLEET, &attempt(), &login, &mut ChaChaRng::from_seed([6; 32]))
    }

    #[test]
    fn a_token_gives_back_what_it_was_made_of_in_its_era_and_the_next() {
        let (old, new) = (Secret::new([7; 32]), Secret::new([8; 32]));
        let token = sealed(&old);
        assert_eq!(token.len(), 8 + 24 + 65 + 128 + 16);
        let keys = TicketKeys {
            current: TicketKey { era: Era(10), key: &new },
            previous: Some(TicketKey { era: Era(9), key: &old }),
        };
        let opened = open_token(&keys, &FLEET, &token).map_err(|dead| dead.to_string()).ok().unwrap();
        assert!(opened.attempt == attempt());
        assert_eq!(opened.login.to_bytes().expose(), [5; 128]);
        let later =
            TicketKeys { current: TicketKey { era: Era(11), key: &new }, previous: Some(keys.current) };
        assert!(open_token(&later, &FLEET, &token).is_err());
    }

    #[test]
    fn a_golden_token() {
        let token = sealed(&Secret::new([7; 32]));
        assert_eq!(
            strongroom_protocol::ids::hex(token.as_slice()),
            concat!(
                "0000000000000009bbfa396220fac064621db2171fa5a61eec23612fa63529029f6fc70147a8aa19b166fab98e0faa91",
                "184387b1df3c270ca704ff55bba484d39806c119598542db2115a267eb6ca077ab1c9b9b02c6f9a05a646199401ddb3e",
                "e4a02fa3b923acf20a41edbc734d8917864415f2dddbfa9ffb725c652d28a5cc3c2c33434efc5105e613890d501abf12",
                "31a490933fe5cfc9f2ea62fab27b19932c86451b5365cfe43c0492191591095ecd71a7b036dd5c769ea62e9f53712ed0",
                "fc0a300e2add701a07a7e3964c3ec2efd934996e571def1d5126ef338d0f8d8c202cec240ee9a1da756743ab0309c092",
                "b5",
            )
        );
    }

    #[test]
    fn a_token_of_another_fleet_or_a_changed_or_shortened_one_is_dead() {
        let key = Secret::new([7; 32]);
        let keys = TicketKeys {
            current: TicketKey { era: Era(9), key: &key },
            previous: Some(TicketKey { era: Era(8), key: &key }),
        };
        let token = sealed(&key);
        assert!(open_token(&keys, &FleetId::new([0; 32]), &token).is_err());
        for at in 0..token.len() {
            let mut changed = token.as_slice().to_vec();
            changed[at] ^= 1;
            assert!(open_token(&keys, &FLEET, &Bytes::new(changed).unwrap()).is_err(), "byte {at}");
            let shortened = token.as_slice()[..at].to_vec();
            assert!(open_token(&keys, &FLEET, &Bytes::new(shortened).unwrap()).is_err(), "{at} bytes");
        }
        assert!(open_token(&keys, &FLEET, &token).is_ok());
    }

    #[test]
    fn a_ticket_is_no_token() {
        use crate::{
            ticket::{TicketBinding, seal_ticket},
            vault::Seed,
        };
        use strongroom_protocol::ids::Generation;
        let key = Secret::new([7; 32]);
        let current = TicketKey { era: Era(9), key: &key };
        let binding = TicketBinding {
            fleet: &FLEET,
            vault: &VaultId::new([2; 32]),
            slot: SlotNumber::FIRST,
            registration: RegistrationId::new([3; 16]),
            generation: Generation(0),
        };
        let seed = Seed::new(Secret::new([5; 64]));
        let ticket = seal_ticket(current, &binding, &seed, &mut ChaChaRng::from_seed([6; 32]));
        let keys = TicketKeys { current, previous: None };
        assert!(open_token(&keys, &FLEET, &Bytes::new(ticket.to_vec()).unwrap()).is_err());
    }
}
