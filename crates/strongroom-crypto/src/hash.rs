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
            "f7b7caf249e6d3bcdaee86277b9331c642f55e6c99b745630122027ce36f94ae"
        );
    }

    #[test]
    fn a_golden_mac() {
        let key = Secret::new([7; 32]);
        assert_eq!(
            hex::encode(mac(&key, labels::RECORD_ID, &[&[8; 32]])),
            "2854218d524cd76adf2f488c0a5499996c8c6dda5b133d66cb8c99e166d0a1f1"
        );
    }

    /// RFC 4231, test cases 1 and 2; their keys are shorter than ours, and HMAC
    /// fills a short key up with zeros.
    #[test]
    fn the_published_hmac_vectors_hold() {
        let cases: [(&[u8], &[u8], &str); 2] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ];
        for (short, message, tag) in cases {
            let mut key = [0; 32];
            key[..short.len()].copy_from_slice(short);
            let mut hasher = keyed(&Secret::new(key));
            hasher.update(message);
            assert_eq!(hex::encode(hasher.finalize().into_bytes()), tag);
        }
    }

    #[test]
    fn label_parts_and_key_all_matter() {
        let key = Secret::new([7; 32]);
        let tag = mac(&key, labels::RECORD_ID, &[b"a"]);
        assert_ne!(tag, mac(&key, labels::KE1_HASH, &[b"a"]));
        assert_ne!(tag, mac(&key, labels::RECORD_ID, &[b"b"]));
        assert_ne!(tag, mac(&Secret::new([8; 32]), labels::RECORD_ID, &[b"a"]));
        assert_ne!(digest(labels::RECORD_ID, &[b"a"]), digest(labels::KE1_HASH, &[b"a"]));
    }
}
