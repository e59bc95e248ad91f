//! Signatures over published text formats.
//!
//! Specification: `docs/spec/crypto.md`, "Notes". C2SP's `signed-note` and
//! `tlog-cosignature` prescribe plain Ed25519 over a text, without our frame;
//! everything else of [`crate::sign`] holds, strict verification included.
//!
//! A frame begins with the length of its label as eight bytes, so its first
//! byte is zero; no note holds a zero byte. What is signed here therefore
//! never passes for a frame, and a frame never passes for a note.
//!
//! Absent on purpose: what makes a text a note (`strongroom-trust`).

use crate::sign::{SignatureError, SigningKey, verify_message};

/// Signs a text as it stands.
///
/// # Errors
///
/// [`SignatureError`] where the text is empty or holds a zero byte.
pub fn sign(key: &SigningKey, text: &str) -> Result<[u8; 64], SignatureError> {
    check(text)?;
    Ok(key.sign_message(text.as_bytes()))
}

/// Verifies a signature over a text as it stands, strictly.
///
/// Success proves that the holder of the key signed this very text. It does
/// not prove when, or that the key belongs to anybody.
///
/// # Errors
///
/// [`SignatureError`] where the text is empty or holds a zero byte, or key or
/// signature are malformed or do not match.
pub fn verify(public: &[u8; 32], text: &str, signature: &[u8; 64]) -> Result<(), SignatureError> {
    check(text)?;
    verify_message(public, text.as_bytes(), signature)
}

fn check(text: &str) -> Result<(), SignatureError> {
    if text.is_empty() || text.contains('\0') { Err(SignatureError) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::labels;
    use crate::secret::Secret;

    fn key() -> SigningKey {
        SigningKey::from_seed(Secret::new([1; 32]))
    }

    #[test]
    fn a_text_is_signed_as_rfc_8032_has_it() {
        use ed25519_dalek::Signer;
        let expected = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).sign(b"a text\n").to_bytes();
        let signature = sign(&key(), "a text\n").unwrap();
        assert_eq!(signature, expected);
        assert_eq!(verify(&key().public(), "a text\n", &signature), Ok(()));
        assert_eq!(verify(&key().public(), "another text\n", &signature), Err(SignatureError));
    }

    #[test]
    fn what_begins_like_a_frame_is_no_text() {
        let framed = crate::frame::frame(labels::OWNER_SUCCESS, &[b"part"]);
        let text = core::str::from_utf8(&framed).unwrap();
        assert_eq!(sign(&key(), text), Err(SignatureError));
        let signature = key().sign(labels::OWNER_SUCCESS, &[b"part"]);
        assert_eq!(verify(&key().public(), text, &signature), Err(SignatureError));
        assert_eq!(sign(&key(), ""), Err(SignatureError));
    }
}
