//! What a client may learn of a request that was not done.

use alloc::vec::Vec;
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// Why an HSM did not do what a client asked. It is all that a client may learn.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes, thiserror::Error,
)]
#[repr(u8)]
pub enum Refusal {
    /// The request is not one of this version, or breaks a rule of its form.
    #[error("the request is malformed")]
    Malformed = 1,
    /// The node has too much to do.
    #[error("the node is busy; try again")]
    Busy = 2,
    /// No majority confirmed the request in time; it may still take effect.
    #[error("no majority of the fleet could be reached")]
    NoMajority = 3,
    /// Another upload has made this vault.
    #[error("a vault with this id exists already")]
    VaultExists = 4,
    /// There is no such vault.
    #[error("there is no such vault")]
    NoSuchVault = 5,
    /// The vault was erased.
    #[error("the vault was erased")]
    VaultErased = 6,
    /// There is no slot with this number, or there is one where none may be.
    #[error("the slot is not as the request takes it to be")]
    WrongSlot = 7,
    /// The vault has a password slot already.
    #[error("the vault has a password slot already")]
    SecondPassword = 8,
    /// The registration id was used.
    #[error("the registration id was used before")]
    RegistrationUsed = 9,
    /// The ticket is of an older era, or of another vault, slot, registration or generation.
    #[error("the ticket is not valid any more; register again")]
    TicketDead = 10,
    /// The token is of an older era, or not of this fleet.
    #[error("the token is not valid any more; repeat message 1")]
    TokenDead = 11,
    /// The vault has moved on to another generation.
    #[error("the vault was changed meanwhile")]
    GenerationConflict = 12,
    /// The owner's signature does not verify.
    #[error("the owner's signature does not verify")]
    ForeignSignature = 13,
    /// KE3 does not prove the password.
    #[error("the proof of the password does not verify")]
    WrongProof = 14,
    /// The attempt is closed, or was opened with another KE1.
    #[error("the attempt is closed, or another one has its id")]
    AttemptClosed = 15,
}
