//! Hash and MAC.
//!
//! Specification: `docs/spec/crypto.md`, "Hash and MAC". SHA-256 and
//! HMAC-SHA-256 over the framed label and parts.
//!
//! Absent on purpose: a hash of bare bytes. What must match another system's
//! plain SHA-256 (a file in an evidence package) is hashed where that stands.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::frame::frame_into;
use crate::label::Label;
use crate::secret::Secret;

/// Hashes the framed label and parts with SHA-256.
#[must_use]
pub fn digest(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    frame_into(label, parts, |bytes| hasher.update(bytes));
    hasher.finalize().into()
}

/// Authenticates the framed label and parts with HMAC-SHA-256.
///
/// Compare tags in constant time, as [`Secret::matches`] does.
#[must_use]
pub fn mac(key: &Secret<32>, label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = keyed(key);
    frame_into(label, parts, |bytes| hasher.update(bytes));
    hasher.finalize().into_bytes().into()
}

/// Pads the key to HMAC's block as RFC 2104 does for any key no longer than
/// a block; a block-sized key cannot be refused, so nothing can fail here.
fn keyed(key: &Secret<32>) -> Hmac<Sha256> {
    let mut block = zeroize::Zeroizing::new([0; 64]);
    for (out, byte) in block.iter_mut().zip(key.expose()) {
        *out = *byte;
    }
    Hmac::<Sha256>::new((&*block).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::labels;

    #[test]
    fn a_golden_digest() {
        assert_eq!(
            hex::encode(digest(labels::KE1_HASH, &[b"part one", b"part two"])),
            "GOLDEN_DIGEST"
        );
    }

    #[test]
    fn a_golden_mac() {
        let key = Secret::new([7; 32]);
        assert_eq!(
            hex::encode(mac(&key, labels::RECORD_ID, &[&[8; 32]])),
            "GOLDEN_MAC"
        );
    }

    #[test]
    fn label_parts_and_key_all_matter() {
        let key = Secret::new([7; 32]);
        let tag = mac(&key, labels::RECORD_ID, &[b"a"]);
        assert_ne!(tag, mac(&key, labels::KE1_HASH, &[b"a"]));
        assert_ne!(tag, mac(&key, labels::RECORD_ID, &[b"b"]));
        assert_ne!(tag, mac(&Secret::new([8; 32]), labels::RECORD_ID, &[b"a"]));
        assert_ne!(
            digest(labels::RECORD_ID, &[b"a"]),
            digest(labels::KE1_HASH, &[b"a"])
        );
    }
}
