//! The one list of labels.
//!
//! Specification: `docs/spec/crypto.md`, "Labels". A label separates one use
//! of a key or hash from every other; each is used in exactly one function of
//! the whole system.
//!
//! Absent on purpose: a way to make a label outside this file.

/// Names one use of a hash, MAC, key derivation, seal or signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(&'static str);

impl Label {
    /// Gives the label's text, as it enters the framing.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.0
    }
}

macro_rules! list {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Every label there is.
        pub mod labels {
            use super::Label;

            $($(#[$doc])* pub const $name: Label = Label(concat!("strongroom/v1/", $text));)*

            /// All of them, for the test that they differ and for the
            /// specification's table.
            pub const ALL: &[Label] = &[$($name),*];
        }
    };
}

list! {
    /// MAC under the index key: vault id → record id.
    RECORD_ID = "record-id";
    /// Key derivation: slot seed → OPRF key material.
    SLOT_OPRF = "slot-oprf";
    /// Key derivation: slot seed → seed of the slot's OPAQUE server key pair.
    SLOT_SERVER_KEY = "slot-server-key";
    /// Key derivation: OPAQUE export key → key that wraps the backup key.
    WRAP_KEY = "wrap-key";
    /// Seal: the wrapped backup key.
    WRAP_SEAL = "wrap-seal";
    /// Key derivation: backup key → seed of the owner key.
    OWNER_KEY = "owner-key";
    /// Key derivation: backup key → repository key.
    REPOSITORY_KEY = "repository-key";
    /// Hash of a Create message.
    CREATE_HASH = "create-hash";
    /// Hash of a Change message.
    CHANGE_HASH = "change-hash";
    /// Hash of an attempt's KE1.
    KE1_HASH = "ke1-hash";
    /// What a passkey's PRF is asked for.
    PASSKEY_PRF_INPUT = "passkey-prf-input";
    /// Running digest over the log's entries.
    ENTRY_DIGEST = "entry-digest";
    /// Seal: one log entry.
    ENTRY_SEAL = "entry-seal";
    /// Seal: a registration ticket.
    TICKET_SEAL = "ticket-seal";
    /// Seal: an attempt's token.
    TOKEN_SEAL = "token-seal";
    /// Key derivation: an entry's seed → key of one tree node.
    TREE_NODE_KEY = "tree-node-key";
    /// Seal: one version of one tree node.
    TREE_NODE_SEAL = "tree-node-seal";
    /// Hash of a tree's root.
    ROOT_HASH = "root-hash";
    /// Seal: the head table.
    HEAD_TABLE_SEAL = "head-table-seal";
    /// Hash of the sealed head table.
    HEAD_TABLE_HASH = "head-table-hash";
    /// Seal: the HSM's recorded state.
    STATE_SEAL = "state-seal";
    /// Hash of an era's keys, carried by a checkpoint.
    ERA_KEYS_HASH = "era-keys-hash";
    /// Checksum of an anchor's copy.
    ANCHOR_CHECKSUM = "anchor-checksum";
    /// Hash of the genesis: the fleet id.
    GENESIS_HASH = "genesis-hash";
    /// Hash of the program an HSM runs.
    MEASUREMENT_HASH = "measurement-hash";
    /// Hash: channel public key → channel key id.
    CHANNEL_KEY_ID = "channel-key-id";
    /// Signature by a node's identity key over its channel keys.
    CHANNEL_STATEMENT_SIGNATURE = "channel-statement-signature";
    /// Signature by the fleet identity key that endorses a node.
    ENDORSEMENT_SIGNATURE = "endorsement-signature";
    /// Signature by each founding HSM over the genesis statement.
    GENESIS_STATEMENT_SIGNATURE = "genesis-statement-signature";
    /// Signature by a newborn HSM over its birth statement.
    BIRTH_SIGNATURE = "birth-signature";
    /// Hash of a peer handshake's messages.
    HANDSHAKE_TRANSCRIPT = "handshake-transcript";
    /// Signature by the responder of a peer handshake.
    HANDSHAKE_RESPONDER_SIGNATURE = "handshake-responder-signature";
    /// Signature by the initiator of a peer handshake.
    HANDSHAKE_INITIATOR_SIGNATURE = "handshake-initiator-signature";
    /// HPKE export: the secret of a peer handshake.
    HANDSHAKE_SECRET = "handshake-secret";
    /// Derives the key that seals message 3 of a handshake.
    HANDSHAKE_FINISH_KEY = "handshake-finish-key";
    /// Seals message 3 of a handshake.
    HANDSHAKE_FINISH_SEAL = "handshake-finish-seal";
    /// Key derivation: handshake secret → the two directional keys.
    PEER_KEYS = "peer-keys";
    /// Seal: one frame of a peer session.
    PEER_FRAME_SEAL = "peer-frame-seal";
    /// Signature by the owner key: add a slot.
    OWNER_ADD = "owner-add";
    /// Signature by the owner key: replace a slot.
    OWNER_REPLACE = "owner-replace";
    /// Signature by the owner key: remove a slot.
    OWNER_REMOVE = "owner-remove";
    /// Signature by the owner key: erase the vault.
    OWNER_ERASE = "owner-erase";
    /// Signature by the owner key: an attempt's success.
    OWNER_SUCCESS = "owner-success";
    /// HPKE info of a client's request.
    CHANNEL_REQUEST_INFO = "channel-request-info";
    /// Hash of an encapsulated key, as it enters the answer keys.
    CHANNEL_ENCAPSULATED_HASH = "channel-encapsulated-hash";
    /// HPKE export: the secret under the answers of one context.
    CHANNEL_ANSWER_SECRET = "channel-answer-secret";
    /// Key derivation: answer secret → key and nonce of one answer.
    CHANNEL_ANSWER_KEY = "channel-answer-key";
    /// HPKE export: the name of a context.
    CHANNEL_CONTEXT_ID = "channel-context-id";
    /// Key derivation: boot secret and term → election timeout.
    ELECTION_TIMEOUT = "election-timeout";
    /// Seal: the secret half of a key file.
    KEY_FILE_SEAL = "key-file-seal";
    /// Hash that mixes fresh entropy into a random generator.
    RNG_RESEED = "rng-reseed";
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn all_labels_differ_and_carry_system_and_version() {
        let texts: BTreeSet<_> = labels::ALL.iter().map(|label| label.text()).collect();
        assert_eq!(texts.len(), labels::ALL.len());
        assert!(texts.iter().all(|text| text.starts_with("strongroom/v1/")));
    }
}
