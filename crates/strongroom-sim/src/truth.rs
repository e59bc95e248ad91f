//! What the clients know and nobody else does: the truth that checkers hold the fleet against.

use std::collections::BTreeMap;
use strongroom_client::BackupKey;
use strongroom_protocol::ids::VaultId;

/// How a vault stands for those who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is being made; nobody was told that it is there.
    Unmade,
    /// Its owner was told that it is made.
    Acknowledged,
    /// Its owner has asked for its end and was not told yet.
    EraseAsked,
    /// Its owner was told that it is erased.
    Erased,
}

/// A vault's secrets and what its owner was told.
pub struct VaultTruth {
    /// The backup key.
    pub key: BackupKey,
    /// Every password that was set or may have been, by number.
    pub passwords: BTreeMap<u32, String>,
    /// The passwords that may be the live one, the one that was acknowledged last first.
    pub may_be_live: Vec<u32>,
    /// Passwords whose setting is not over yet, once for each device that sets them.
    pub(crate) in_flight: Vec<u32>,
    /// The newest generation that a change was acknowledged with.
    pub(crate) generation: u64,
    /// What its owner was told.
    pub standing: Standing,
    /// Whether enemies know the vault id.
    pub is_attacked: bool,
    /// Distinct attempts that were begun at it, ever.
    pub attempts_begun: u32,
}

impl VaultTruth {
    /// A vault that is about to be made with a password.
    pub(crate) fn unmade(key: BackupKey, number: u32, password: String, is_attacked: bool) -> Self {
        Self {
            key,
            passwords: BTreeMap::from([(number, password)]),
            may_be_live: vec![number],
            in_flight: Vec::new(),
            generation: 0,
            standing: Standing::Unmade,
            is_attacked,
            attempts_begun: 0,
        }
    }

    /// A password is set, at a generation where that is known.
    pub(crate) fn changed_to(&mut self, password: u32, generation: Option<u64>) {
        if generation.is_some_and(|generation| generation < self.generation) {
            return;
        }
        if let Some(generation) = generation {
            self.generation = generation;
            // What was begun at an older generation and is over cannot take effect any more.
            let in_flight = &self.in_flight;
            self.may_be_live.retain(|number| in_flight.contains(number));
        }
        self.may_be_live.retain(|number| *number != password);
        self.may_be_live.insert(0, password);
    }
}

/// Every vault, by its id.
#[derive(Default)]
pub struct Truth {
    vaults: BTreeMap<VaultId, VaultTruth>,
}

impl Truth {
    /// Takes a vault in that is about to be made.
    pub fn insert(&mut self, vault: VaultId, truth: VaultTruth) {
        self.vaults.insert(vault, truth);
    }

    /// A vault.
    pub fn vault(&self, vault: &VaultId) -> Option<&VaultTruth> {
        self.vaults.get(vault)
    }

    /// A vault, to be changed.
    pub(crate) fn vault_mut(&mut self, vault: &VaultId) -> Option<&mut VaultTruth> {
        self.vaults.get_mut(vault)
    }

    /// All vaults, in the order of their ids.
    pub fn vaults(&self) -> impl Iterator<Item = (&VaultId, &VaultTruth)> {
        self.vaults.iter()
    }
}
