//! What clients want, and how it ends.

use strongroom_protocol::{
    client::{Refusal, StatusAnswer},
    ids::{Generation, SlotNumber, VaultId},
};

/// What an ordinary client wants. Passwords and keys are named by numbers: the truth is in
/// [`crate::truth::VaultTruth`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A vault with the password of this number.
    Register {
        /// The vault id that is drawn first; *vault exists* makes the device draw another.
        vault: VaultId,
        /// The number of its password.
        password: u32,
    },
    /// The backup key.
    Recover {
        /// The vault.
        vault: VaultId,
        /// The number of the password that is tried; none for one that was never set.
        password: Option<u32>,
    },
    /// Another password.
    ChangePassword {
        /// The vault.
        vault: VaultId,
        /// The number of the new password.
        password: u32,
    },
    /// The end of the vault.
    Erase {
        /// The vault.
        vault: VaultId,
    },
    /// How the vault stands.
    Status {
        /// The vault.
        vault: VaultId,
    },
}

impl Wish {
    /// The vault.
    pub fn vault(&self) -> VaultId {
        match self {
            Self::Register { vault, .. }
            | Self::Recover { vault, .. }
            | Self::ChangePassword { vault, .. }
            | Self::Erase { vault }
            | Self::Status { vault } => *vault,
        }
    }

    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Register { .. } => "register",
            Self::Recover { .. } => "recover",
            Self::ChangePassword { .. } => "change the password",
            Self::Erase { .. } => "erase",
            Self::Status { .. } => "status",
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The vault is made.
    Registered {
        /// Under this id.
        vault: VaultId,
        /// The generation.
        generation: Generation,
        /// Guesses left.
        left: u8,
        /// Whether message 2 was acknowledged.
        is_confirmed: bool,
    },
    /// The backup key is there.
    Recovered {
        /// Whether it is the vault's.
        is_right_key: bool,
        /// The generation.
        generation: Generation,
        /// Attempts that failed before.
        failed: u32,
        /// Guesses left after message 2, where it was acknowledged.
        confirmed: Option<u8>,
    },
    /// The password is wrong.
    WrongPassword {
        /// Guesses left.
        left: u8,
        /// Attempts that failed before.
        failed: u32,
    },
    /// The new password is set.
    Changed {
        /// The slot.
        slot: SlotNumber,
        /// The generation.
        generation: Generation,
        /// Guesses left.
        left: u8,
        /// Whether message 2 was acknowledged.
        is_confirmed: bool,
    },
    /// The vault is erased, as it was wished.
    EraseDone,
    /// The slot or the vault was found erased.
    FoundErased,
    /// There is no such vault.
    Absent,
    /// Too many attempts are remembered.
    Later,
    /// The fleet refused.
    Refused(Refusal),
    /// How the vault stands.
    Status(StatusAnswer),
    /// It was begun with another password.
    OtherPassword,
    /// A message 2 that an interrupted run had left was delivered.
    Delivered(Result<u8, Refusal>),
    /// An interrupted attempt had nothing that could be finished.
    NothingLeft,
    /// The flow ended with an error of the device's.
    Failed(strongroom_client::flow::FlowError),
}
