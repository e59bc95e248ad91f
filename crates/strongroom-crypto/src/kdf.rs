//! Key derivation.
//!
//! Specification: `docs/spec/crypto.md`, "Key derivation". HKDF-SHA-512
//! (RFC 5869) with the empty salt; the info is the framed label and context.
//!
//! Absent on purpose: a salt (every input key is already uniform) and the
//! stretching of passwords ([`crate::stretching`]).

use hkdf::{Hkdf, InvalidLength};
use sha2::Sha512;

use crate::frame::frame;
use crate::label::Label;
use crate::secret::Secret;

/// Derives `N` secret bytes from key material, a label and a context.
///
/// `N` is at most 16,320 (255 blocks of 64 bytes), checked when the program
/// is compiled.
#[must_use]
pub fn derive<const N: usize>(key: &[u8], label: Label, context: &[&[u8]]) -> Secret<N> {
    const { assert!(N <= 255 * 64, "HKDF-SHA-512 gives at most 255 blocks") };
    Secret::filled(|out| {
        // The length is checked above, and it is the only thing that fails.
        let _ = expand(key, &frame(label, context), out);
    })
}

pub(crate) fn expand(key: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), InvalidLength> {
    Hkdf::<Sha512>::new(None, key).expand(info, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::labels;

    #[test]
    fn a_golden_key() {
        let key = derive::<32>(&[1; 64], labels::WRAP_KEY, &[b"vault", b"fleet"]);
        assert_eq!(
            hex::encode(key.expose()),
            "44dd968ffd41aa4261b8941e724c5f3f2da4b4058ef396ce159ba49ecb2f955e"
        );
    }

    #[test]
    fn key_label_and_context_all_matter() {
        let derived = derive::<32>(&[1; 64], labels::WRAP_KEY, &[b"a"]);
        for other in [
            derive::<32>(&[2; 64], labels::WRAP_KEY, &[b"a"]),
            derive::<32>(&[1; 64], labels::OWNER_KEY, &[b"a"]),
            derive::<32>(&[1; 64], labels::WRAP_KEY, &[b"b"]),
            derive::<32>(&[1; 64], labels::WRAP_KEY, &[b"a", b""]),
        ] {
            assert!(!derived.matches(&other));
        }
    }
}
