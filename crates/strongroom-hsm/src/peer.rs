//! How two HSMs speak: sessions over whatever their hosts carry. Page: `docs/spec/peer.md`.
//!
//! A session is made in three messages with an X-Wing key that is used once, both
//! sides signing with the identity keys that the genesis names. It is made anew in every
//! era, and the keys of the one before are forgotten. Frames count from zero; a gap closes the
//! session. What a host can do is to cut the line.

mod handshake;
mod links;
mod message;
mod session;

pub use links::{PeerLinks, PeerOutput};
pub use message::{HandedOver, PeerBody, PeerMessage, Propose, RaftEnvelope, ReadAt, Roots};
