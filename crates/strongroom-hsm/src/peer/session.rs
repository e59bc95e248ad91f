//! An established session: two directional keys and two counters.

use strongroom_crypto::{
    Secret, SecretBytes,
    kdf::derive,
    labels,
    seal::{open_counted, seal_counted},
};
use strongroom_protocol::{
    bytes::Bytes,
    ids::{Digest, Era, NodeNumber},
    limits::FRAME_BYTES_MAX,
    peer::SessionFrame,
};

/// Bytes of a sealed message, so that the frames around it still fit into the pipe's.
const SESSION_BYTES_MAX: usize = FRAME_BYTES_MAX - 64;

/// Keys and counters between this HSM and one peer.
pub(super) struct Session {
    era: Era,
    sending: Direction,
    receiving: Direction,
}

struct Direction {
    key: Secret<32>,
    next: u64,
}

impl Session {
    /// Derives both directions from the handshake's secret, bound to the hash of messages 1 and 2; message 3 proves that both
    /// sides signed that hash.
    pub(super) fn new(
        era: Era,
        shared: &Secret<32>,
        transcript: &Digest,
        own: NodeNumber,
        peer: NodeNumber,
    ) -> Self {
        let direction = |from: NodeNumber, to: NodeNumber| Direction {
            key: derive(shared.expose(), labels::PEER_KEYS, &[transcript.as_bytes(), &[from.0], &[to.0]]),
            next: 0,
        };
        Self { era, sending: direction(own, peer), receiving: direction(peer, own) }
    }

    /// The era that the session was made in.
    pub(super) fn era(&self) -> Era {
        self.era
    }

    /// Seals the next frame. Gives nothing if the counter or the frame is at its end.
    pub(super) fn seal(&mut self, plaintext: &[u8]) -> Option<SessionFrame> {
        let counter = self.sending.next;
        let sealed = seal_counted(&self.sending.key, labels::PEER_FRAME_SEAL, counter, &[], plaintext);
        // What does not fit into a frame takes no number, or the peer would see a gap.
        let ciphertext = Bytes::new(sealed).filter(|sealed| sealed.len() <= SESSION_BYTES_MAX)?;
        if counter % 16 != 15 || !planted!(RepeatsFrameNumber) {
            self.sending.next = counter.checked_add(1)?;
        }
        Some(SessionFrame { counter, ciphertext })
    }

    /// Opens a frame if it is the very next one.
    pub(super) fn open(&mut self, frame: &SessionFrame) -> Option<SecretBytes> {
        if frame.counter != self.receiving.next {
            return None;
        }
        let key = &self.receiving.key;
        let opened =
            open_counted(key, labels::PEER_FRAME_SEAL, frame.counter, &[], frame.ciphertext.as_slice())
                .ok()?;
        self.receiving.next = self.receiving.next.checked_add(1)?;
        Some(opened)
    }
}

#[cfg(any(test, strongroom_sim))]
impl Session {
    pub(super) fn held_keys(&self) -> [[u8; 32]; 2] {
        [*self.sending.key.expose(), *self.receiving.key.expose()]
    }
}
