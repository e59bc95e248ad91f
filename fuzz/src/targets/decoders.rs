//! Every decoder of a message, a stored structure or a record: whatever decodes encodes to the same bytes.
//!
//! The first byte chooses the type; the rest is decoded.

use strongroom_crypto::opaque::{ClientLogin, LoginState};
use strongroom_hsm::{
    anchor::Anchor,
    entry::{EntryBody, SealedEntry},
    peer::PeerMessage,
    state::{CheckpointState, HeadTable, SealedState},
    token::TokenAttempt,
    tree::Root,
    vault::{Proposal, Record},
};
use strongroom_protocol::{
    Wire,
    client::{Answer, ChangeAction, Create, Request, RequestKind, SlotKind, SlotUpload},
    decode, encode,
    frame::{AnswerFrame, ChannelAssociated, ChannelInfo, RequestFrame},
    genesis::{Birth, Genesis, GenesisStatement, SignedGenesisStatement},
    keys::{Endorsement, NodeKeys},
    peer::{PeerFrame, PeerHeader},
    pipe::{HostMessage, HsmMessage, NodeName, StoredEntry, TreeNode},
};
use tls_codec::{DeserializeBytes, SerializeBytes};

/// A type by its name, and how it is checked.
type Decoder = (&'static str, fn(&[u8]));

/// Every decoder, in the order that the first byte counts them in. New ones are added at the end.
pub const DECODERS: &[Decoder] = &[
    ("Request", wire::<Request>),
    ("Answer", wire::<Answer>),
    ("Create", wire::<Create>),
    ("ChangeAction", wire::<ChangeAction>),
    ("SlotUpload", wire::<SlotUpload>),
    ("SlotKind", wire::<SlotKind>),
    ("ChannelInfo", wire::<ChannelInfo>),
    ("ChannelAssociated", wire::<ChannelAssociated>),
    ("RequestFrame", wire::<RequestFrame>),
    ("AnswerFrame", wire::<AnswerFrame>),
    ("Birth", wire::<Birth>),
    ("Genesis", wire::<Genesis>),
    ("GenesisStatement", wire::<GenesisStatement>),
    ("SignedGenesisStatement", wire::<SignedGenesisStatement>),
    ("Endorsement", wire::<Endorsement>),
    ("NodeKeys", wire::<NodeKeys>),
    ("HostMessage", wire::<HostMessage>),
    ("HsmMessage", wire::<HsmMessage>),
    ("StoredEntry", wire::<StoredEntry>),
    ("TreeNode", wire::<TreeNode>),
    ("NodeName", wire::<NodeName>),
    ("PeerFrame", wire::<PeerFrame>),
    ("PeerHeader", wire::<PeerHeader>),
    ("PeerMessage", wire::<PeerMessage>),
    ("SealedEntry", wire::<SealedEntry>),
    ("EntryBody", wire::<EntryBody>),
    ("SealedState", wire::<SealedState>),
    ("HeadTable", wire::<HeadTable>),
    ("CheckpointState", wire::<CheckpointState>),
    ("Record", record),
    ("Proposal", proposal),
    ("Root", root),
    ("Anchor", anchor),
    ("TokenAttempt", token_attempt),
    ("padded Answer", padded_answer),
    ("login states", login_states),
];

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let Some((chosen, rest)) = bytes.split_first() else { return };
    let (_, check) = DECODERS[usize::from(*chosen) % DECODERS.len()];
    check(rest);
}

fn wire<T: Wire>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes) {
        assert!(encode(&value) == bytes, "{} has two encodings", T::NAME);
    }
}

fn record(bytes: &[u8]) {
    if let Ok(record) = Record::decode(bytes) {
        assert!(record.encode().expose() == bytes, "a record has two encodings");
    }
}

fn proposal(bytes: &[u8]) {
    if let Ok(proposal) = Proposal::decode(bytes) {
        assert!(proposal.encode().expose() == bytes, "a proposal has two encodings");
    }
}

fn root(bytes: &[u8]) {
    if let Ok(root) = Root::decode(bytes) {
        assert!(root.encode().expose() == bytes, "a root has two encodings");
    }
}

fn anchor(bytes: &[u8]) {
    if let Ok(anchor) = Anchor::decode(bytes) {
        assert!(anchor.encode().expose() == bytes, "an anchor has two encodings");
    }
}

fn token_attempt(bytes: &[u8]) {
    if let Ok((attempt, rest)) = TokenAttempt::tls_deserialize_bytes(bytes) {
        let encoded = attempt.tls_serialize_bytes().unwrap();
        assert!([&encoded[..], rest].concat() == bytes, "a token's attempt has two encodings");
    }
}

/// An answer behind its length, filled up with zeros.
fn padded_answer(bytes: &[u8]) {
    use RequestKind::{Attempt, Change, Create, Register, Status, Success};
    for kind in [Register, Create, Change, Attempt, Success, Status] {
        if let Ok(answer) = Answer::from_padded_bytes(kind, bytes) {
            assert!(answer.kind() == kind && answer.to_padded_bytes() == bytes, "an answer has two paddings");
        }
    }
}

fn login_states(bytes: &[u8]) {
    if let Ok(login) = ClientLogin::from_bytes(bytes) {
        assert!(login.to_bytes().expose() == bytes, "a device's login has two encodings");
    }
    if let Ok(login) = LoginState::from_bytes(bytes) {
        assert!(login.to_bytes().expose() == bytes, "an HSM's login has two encodings");
    }
}
