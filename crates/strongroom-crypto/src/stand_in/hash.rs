//! The one hash under the stand-ins.

use crate::rng::Rng;
use crate::secret::Secret;
use sha2::{Digest, Sha256};

/// Fills `out` with a hash of a purpose and parts, each led by its length.
pub(crate) fn fill(purpose: &str, parts: &[&[u8]], out: &mut [u8]) {
    let mut hasher = Sha256::new();
    for part in core::iter::once(&purpose.as_bytes()).chain(parts) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut block: [u8; 32] = hasher.finalize().into();
    for piece in out.chunks_mut(32) {
        for (to, from) in piece.iter_mut().zip(block) {
            *to = from;
        }
        block = Sha256::digest(block).into();
    }
}

/// Hashes a purpose and parts into an array.
pub(crate) fn of<const N: usize>(purpose: &str, parts: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    fill(purpose, parts, &mut out);
    out
}

/// Hashes a purpose and parts into a secret.
pub(crate) fn secret<const N: usize>(purpose: &str, parts: &[&[u8]]) -> Secret<N> {
    Secret::filled(|out| fill(purpose, parts, out))
}

/// Draws bytes.
pub(crate) fn drawn<const N: usize>(rng: &mut dyn Rng) -> [u8; N] {
    let mut out = [0; N];
    rng.fill(&mut out);
    out
}
