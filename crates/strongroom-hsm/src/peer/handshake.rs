//! The three messages that make a session. Page: `docs/spec/peer.md`.
//!
//! 1. the initiator's header and a fresh X-Wing key; 2. the responder's header, an
//!    encapsulation to that key, and its signature over all so far; 3. the initiator's
//!    signature over all so far, sealed under the shared secret.

use super::session::Session;
use strongroom_crypto::{
    Rng, Secret,
    hash::digest,
    kdf::derive,
    kem::{HandshakeKeyPair, encapsulate},
    labels,
    seal::{open_once, seal_once},
    sign::{SigningKey, verify},
};
use strongroom_protocol::{
    bytes::Bytes,
    encode,
    ids::{Digest, NodeNumber},
    peer::{Finish, Hello, PeerHeader, Response},
};

/// A handshake that this HSM began.
pub(super) struct Initiated {
    key: HandshakeKeyPair,
    hello: Hello,
}

/// A handshake that this HSM answered.
pub(super) struct Answered {
    shared: Secret<32>,
    transcript: Digest,
    own: PeerHeader,
    /// The header of the one who began.
    pub(super) peer: PeerHeader,
}

impl Initiated {
    /// Makes message 1.
    pub(super) fn begin(header: PeerHeader, rng: &mut dyn Rng) -> Self {
        let key = HandshakeKeyPair::generate(rng);
        let hello = Hello { header, key: *key.public() };
        Self { key, hello }
    }

    /// Message 1.
    pub(super) fn hello(&self) -> Hello {
        self.hello.clone()
    }

    /// Takes message 2 and makes message 3.
    pub(super) fn finish(
        self,
        response: &Response,
        node_key: &SigningKey,
        peer_key: &[u8; 32],
    ) -> Option<(Session, Finish)> {
        let transcript = transcript(&self.hello, response);
        let label = labels::HANDSHAKE_RESPONDER_SIGNATURE;
        verify(peer_key, label, &[transcript.as_bytes()], &response.signature).ok()?;
        let shared = self.key.decapsulate(&response.encapsulation, &kem_info(&self.hello)).ok()?;
        let signature = node_key
            .sign(labels::HANDSHAKE_INITIATOR_SIGNATURE, &[transcript.as_bytes(), &response.signature]);
        let sealing = finish_key(&shared, &transcript);
        let sealed = seal_once(&sealing, labels::HANDSHAKE_FINISH_SEAL, &[transcript.as_bytes()], &signature);
        let (own, peer) = (&self.hello.header, &response.header);
        let session = Session::new(own.era, &shared, &transcript, own.from, peer.from);
        Some((session, Finish { sealed_signature: Bytes::new(sealed)? }))
    }
}

impl Answered {
    /// Takes message 1 and makes message 2.
    pub(super) fn answer(
        hello: &Hello,
        own: PeerHeader,
        node_key: &SigningKey,
        rng: &mut dyn Rng,
    ) -> Option<(Self, Response)> {
        let (encapsulation, shared) = encapsulate(&hello.key, &kem_info(hello), rng).ok()?;
        let mut response = Response { header: own.clone(), encapsulation, signature: [0; 64] };
        let transcript = transcript(hello, &response);
        response.signature = node_key.sign(labels::HANDSHAKE_RESPONDER_SIGNATURE, &[transcript.as_bytes()]);
        Some((Self { shared, transcript, own, peer: hello.header.clone() }, response))
    }

    /// Takes message 3.
    pub(super) fn complete(
        self,
        finish: &Finish,
        signature: &[u8; 64],
        peer_key: &[u8; 32],
    ) -> Option<Session> {
        let opening = finish_key(&self.shared, &self.transcript);
        let sealed = finish.sealed_signature.as_slice();
        let opened =
            open_once(&opening, labels::HANDSHAKE_FINISH_SEAL, &[self.transcript.as_bytes()], sealed).ok()?;
        let theirs: [u8; 64] = opened.expose().try_into().ok()?;
        let parts: [&[u8]; 2] = [self.transcript.as_bytes(), signature];
        verify(peer_key, labels::HANDSHAKE_INITIATOR_SIGNATURE, &parts, &theirs).ok()?;
        let (own, peer) = (self.own.from, self.peer.from);
        Some(Session::new(self.own.era, &self.shared, &self.transcript, own, peer))
    }
}

/// The hash of messages 1 and 2 without the responder's signature.
fn transcript(hello: &Hello, response: &Response) -> Digest {
    let parts: [&[u8]; 4] =
        [&encode(&hello.header), &hello.key, &encode(&response.header), &response.encapsulation];
    Digest::new(digest(labels::HANDSHAKE_TRANSCRIPT, &parts))
}

fn kem_info(hello: &Hello) -> Vec<u8> {
    encode(&hello.header)
}

fn finish_key(shared: &Secret<32>, transcript: &Digest) -> Secret<32> {
    derive(shared.expose(), labels::HANDSHAKE_FINISH_KEY, &[transcript.as_bytes()])
}

/// Whether a header is of this fleet, from `from` and to `to`.
pub(super) fn header_fits(header: &PeerHeader, own: &PeerHeader, from: NodeNumber) -> bool {
    header.fleet == own.fleet
        && header.from == from
        && header.to == own.from
        && header.configuration == own.configuration
}
