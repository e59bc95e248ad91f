//! Passkeys: what is asked of an authenticator, and what its answer is worth. Page: `docs/spec/passkey.md`.
//!
//! The answer of WebAuthn's PRF extension is the password of an OPAQUE slot, so the fleet sees no WebAuthn at all. What
//! the authenticator is asked for names fleet, vault and registration: another page of the same relying party that
//! lacks the locator cannot ask for it, and an answer opens one slot alone.
//!
//! Absent on purpose: the ceremonies themselves, which a browser runs; attestation, which nobody asks for.

use crate::{Credential, flow::random_registration};
use strongroom_crypto::{Rng, Secret, hash::digest, labels};
use strongroom_protocol::{
    bytes::{Bytes, Text},
    client::{Passkey, SlotKind, SlotStatus},
    ids::{FleetId, RegistrationId, SlotNumber, VaultId},
    limits::RP_ID_BYTES_MAX,
};

/// Bytes of a PRF's answer.
pub const PRF_OUTPUT_BYTES: usize = 32;

/// What an authenticator's PRF answered: as secret as the backup key, and never to leave the device.
pub struct PrfOutput(Secret<PRF_OUTPUT_BYTES>);

/// A passkey cannot be used. No guess was spent, and nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// The authenticator or the browser does not know the PRF extension.
    #[error(
        "this passkey cannot derive keys (WebAuthn's PRF extension); take another authenticator, or a recovery code"
    )]
    NoPrf,
    /// The authenticator did not look who holds it.
    #[error("the passkey did not check that it is you (no fingerprint, face or PIN)")]
    NotVerified,
    /// Asked twice, it answered differently.
    #[error("the passkey's answers differ from one time to the next, so it could never open the vault again")]
    Unstable,
    /// The answer is not 32 bytes long.
    #[error("the passkey's answer has {0} bytes in place of {PRF_OUTPUT_BYTES}")]
    Length(usize),
    /// What a slot holds of it is empty or too long: the credential id, the relying-party id or the label.
    #[error("the passkey's {0} is empty or too long")]
    Field(&'static str),
    /// Another credential answered than the one that was asked.
    #[error("another passkey answered than the one that was asked")]
    OtherCredential,
}

/// What an authenticator is asked for, so that a slot can be made with it.
///
/// The PRF has to be asked twice before [`Self::made`], in two ceremonies: synced passkeys have been seen to change.
pub struct PasskeyOffer {
    fleet: FleetId,
    vault: VaultId,
    registration: RegistrationId,
    rp_id: Text<RP_ID_BYTES_MAX>,
    user_handle: [u8; 32],
    exclude: Vec<Vec<u8>>,
}

/// A passkey that the person has made.
pub struct MadePasskey {
    /// The WebAuthn credential id.
    pub credential_id: Vec<u8>,
    /// The name that the person gave it; 1 to 64 bytes.
    pub label: String,
    /// Whether the authenticator says, both times, that it verified its user.
    pub is_user_verified: bool,
    /// The PRF's answer, each time; nothing where there was none.
    pub answers: [Option<PrfOutput>; 2],
}

/// A passkey of a vault, to be asked of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPasskey {
    vault: VaultId,
    slot: SlotNumber,
    registration: RegistrationId,
    passkey: Passkey,
    prf_input: [u8; 32],
}

impl PrfOutput {
    /// Takes an answer.
    ///
    /// # Errors
    /// [`PasskeyError::Length`].
    pub fn from_slice(bytes: &[u8]) -> Result<Self, PasskeyError> {
        Secret::from_slice(bytes).map(Self).ok_or(PasskeyError::Length(bytes.len()))
    }

    /// The answer as 64 lower-case hexadecimal digits, which are the slot's password.
    pub(crate) fn hex_digits(&self) -> Vec<u8> {
        let mut digits = Vec::with_capacity(2 * PRF_OUTPUT_BYTES);
        let nibbles = self.0.expose().iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.extend(nibbles.map(digit_of));
        digits
    }

    fn matches(&self, other: &Self) -> bool {
        self.0.matches(&other.0)
    }
}

impl PasskeyOffer {
    pub(crate) fn new(
        fleet: FleetId,
        vault: VaultId,
        rp_id: &str,
        known: &[SlotStatus],
        rng: &mut dyn Rng,
    ) -> Result<Self, PasskeyError> {
        let registration = random_registration(rng);
        let mut user_handle = [0; 32];
        rng.fill(&mut user_handle);
        let is_there = |passkey: &&Passkey| passkey.rp_id.as_str() == rp_id;
        let exclude = known.iter().filter_map(passkey_of).filter(is_there);
        let exclude = exclude.map(|passkey| passkey.credential_id.as_slice().to_vec()).collect();
        Ok(Self {
            fleet,
            vault,
            registration,
            rp_id: field("relying-party id", rp_id)?,
            user_handle,
            exclude,
        })
    }

    /// What the PRF is asked for, as `eval.first`.
    pub fn prf_input(&self) -> [u8; 32] {
        prf_input(self.fleet, self.vault, self.registration)
    }

    /// A random user handle: nobody learns a vault id from an authenticator.
    pub fn user_handle(&self) -> [u8; 32] {
        self.user_handle
    }

    /// The relying-party id that the passkey belongs to.
    pub fn rp_id(&self) -> &str {
        self.rp_id.as_str()
    }

    /// Credential ids that the vault has already at this relying party.
    pub fn exclude(&self) -> &[Vec<u8>] {
        &self.exclude
    }

    /// Takes the passkey that the person has made.
    ///
    /// # Errors
    /// It could not open the vault again, or not safely: see [`PasskeyError`].
    pub fn made(&self, made: MadePasskey) -> Result<Credential, PasskeyError> {
        let [Some(first), Some(second)] = made.answers else { return Err(PasskeyError::NoPrf) };
        if !made.is_user_verified {
            return Err(PasskeyError::NotVerified);
        }
        if !first.matches(&second) {
            return Err(PasskeyError::Unstable);
        }
        let credential_id = Some(made.credential_id).filter(|id| !id.is_empty());
        let credential_id = credential_id.and_then(Bytes::new);
        let passkey = Passkey {
            credential_id: credential_id.ok_or(PasskeyError::Field("credential id"))?,
            rp_id: self.rp_id.clone(),
            label: field("label", &made.label)?,
        };
        Ok(Credential::of_passkey(passkey, (self.vault, self.registration), &first))
    }
}

impl KnownPasskey {
    /// The passkeys among a vault's slots.
    pub(crate) fn among(fleet: FleetId, vault: VaultId, slots: &[SlotStatus]) -> Vec<Self> {
        let known = slots.iter().filter_map(|slot| {
            let passkey = passkey_of(slot)?.clone();
            let registration = slot.registration;
            let prf_input = prf_input(fleet, vault, registration);
            Some(Self { vault, slot: slot.slot, registration, passkey, prf_input })
        });
        known.collect()
    }

    /// The slot that it opens.
    pub fn slot(&self) -> SlotNumber {
        self.slot
    }

    /// Which credential to ask.
    pub fn credential_id(&self) -> &[u8] {
        self.passkey.credential_id.as_slice()
    }

    /// The relying-party id that it belongs to.
    pub fn rp_id(&self) -> &str {
        self.passkey.rp_id.as_str()
    }

    /// The name that the person gave it.
    pub fn label(&self) -> &str {
        self.passkey.label.as_str()
    }

    /// What the PRF is asked for, as `evalByCredential`.
    pub fn prf_input(&self) -> [u8; 32] {
        self.prf_input
    }

    /// Takes the authenticator's answer.
    ///
    /// # Errors
    /// It was another credential, it did not verify its user, or it has no answer.
    pub fn answered(
        &self,
        credential_id: &[u8],
        is_user_verified: bool,
        answer: Option<PrfOutput>,
    ) -> Result<Credential, PasskeyError> {
        if credential_id != self.credential_id() {
            return Err(PasskeyError::OtherCredential);
        }
        if !is_user_verified {
            return Err(PasskeyError::NotVerified);
        }
        let answer = answer.ok_or(PasskeyError::NoPrf)?;
        Ok(Credential::of_passkey(self.passkey.clone(), (self.vault, self.registration), &answer))
    }
}

fn digit_of(nibble: u8) -> u8 {
    b"0123456789abcdef".get(usize::from(nibble)).copied().unwrap_or(b'0')
}

fn passkey_of(slot: &SlotStatus) -> Option<&Passkey> {
    match &slot.kind {
        SlotKind::Passkey(passkey) => Some(passkey),
        SlotKind::Password | SlotKind::RecoveryCode => None,
    }
}

fn field<const N: usize>(name: &'static str, text: &str) -> Result<Text<N>, PasskeyError> {
    let fits = !text.is_empty() && text.len() <= N;
    fits.then(|| Text::shortened(text)).ok_or(PasskeyError::Field(name))
}

fn prf_input(fleet: FleetId, vault: VaultId, registration: RegistrationId) -> [u8; 32] {
    digest(labels::PASSKEY_PRF_INPUT, &[fleet.as_bytes(), vault.as_bytes(), registration.as_bytes()])
}

#[cfg(test)]
mod tests;
