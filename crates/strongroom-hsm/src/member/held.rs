//! For the tests of G3 and for the simulator: every key that a member holds in memory.

use super::{Member, Phase};
use crate::vault::Record;
use strongroom_protocol::{client::Request, ids::VaultId};

impl Member {
    /// The keys that belong to an era: those of the log and of tickets, of sessions with peers, and the state key.
    pub fn held_era_keys(&self) -> Vec<[u8; 32]> {
        let mut keys = vec![*self.keeper.anchor().state_key.expose()];
        keys.extend(self.links.held_keys());
        if let Phase::Serving(replica) = &self.phase {
            keys.extend(replica.held_era_keys());
        }
        keys
    }

    /// Every 32-byte key that this member could open anything with.
    pub fn held_keys(&self) -> Vec<[u8; 32]> {
        let mut keys = vec![*self.keeper.anchor().state_key.expose()];
        keys.extend(self.links.held_keys());
        if let Some(secrets) = &self.secrets {
            keys.push(*secrets.fleet_key.0.expose());
            keys.push(*secrets.index_key.0.expose());
        }
        if let Phase::Serving(replica) = &self.phase {
            keys.extend(replica.held_keys());
        }
        keys
    }

    /// The seed of a vault's password, where its record lies open.
    pub fn slot_seed(&self, vault: &VaultId) -> Option<Vec<u8>> {
        let Phase::Serving(replica) = &self.phase else { return None };
        let record = self.record_id(vault)?;
        let leaf = replica.tree().read(&record).ok()??;
        let Ok(Record::Vault(vault)) = Record::decode(leaf) else { return None };
        vault.slots().first()?.registered_seed()
    }

    /// Opens a recorded first request, if a channel key of this member still does.
    pub fn try_recorded(
        &self,
        info: &[u8],
        encapsulation: &[u8; 1120],
        associated: &[u8],
        sealed: &[u8],
    ) -> Option<Request> {
        self.channel.as_ref()?.try_recorded(info, encapsulation, associated, sealed)
    }
}
