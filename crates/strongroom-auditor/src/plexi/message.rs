//! plexi's signed message: protobuf, with Ed25519 over its bytes.

use super::CIPHERSUITE;
use ed25519_dalek::Signer;
use prost::Message;
use strongroom_crypto::sign::SigningKey;
use strongroom_protocol::ids::Digest;
use strongroom_trust::Epoch;

#[derive(Clone, PartialEq, Message)]
struct EpochMessage {
    #[prost(uint64, required, tag = "1")]
    inner: u64,
}

#[derive(Clone, PartialEq, Message)]
struct SignatureMessage {
    #[prost(uint32, required, tag = "1")]
    ciphersuite: u32,
    #[prost(string, required, tag = "2")]
    namespace: String,
    #[prost(uint64, required, tag = "3")]
    timestamp: u64,
    #[prost(message, required, tag = "4")]
    epoch: EpochMessage,
    #[prost(bytes = "vec", required, tag = "5")]
    digest: Vec<u8>,
}

/// The bytes that plexi's signature covers; the time is in milliseconds since 1970.
pub fn signature_message(namespace: &str, timestamp: u64, epoch: Epoch, digest: &Digest) -> Vec<u8> {
    let message = SignatureMessage {
        ciphersuite: CIPHERSUITE,
        namespace: namespace.into(),
        timestamp,
        epoch: EpochMessage { inner: epoch.0 },
        digest: digest.as_bytes().to_vec(),
    };
    message.encode_to_vec()
}

/// The key that signs for plexi.
pub struct PlexiKey(ed25519_dalek::SigningKey);

impl PlexiKey {
    /// Takes the key of a key file.
    pub fn new(secret: &SigningKey) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(secret.seed().expose()))
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_crypto::Secret;

    fn unhex<const N: usize>(text: &str) -> [u8; N] {
        let bytes: Vec<u8> =
            (0..N).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect();
        bytes.try_into().unwrap()
    }

    /// The first of plexi's published test vectors.
    #[test]
    fn the_published_vector_is_signed_as_plexi_signs_it() {
        let seed = unhex("d6af1bca3db4fc2766b0c483706c20bf4837a46d54c1d39c2a34a9088572d712");
        let key = PlexiKey::new(&SigningKey::from_seed(Secret::new(seed)));
        assert_eq!(key.public(), unhex("606a878700158d92b3a14a0fd37ec82e0f05f92fcf23146abfda2e3a2f10a9bc"));
        let message =
            signature_message("log1.example.com", 1_717_084_639_921, Epoch(1), &Digest::new([0x11; 32]));
        assert_eq!(
            key.sign(&message),
            unhex(
                "769d1ae73792dd8da1515793ba29f2f33f2fca84ba7386f9a01d8272e67c4379bdcfd91ea4fa49eafd8f243ac36fe3a7aae90ae92f1729c3c468ddf4e6d2a309"
            )
        );
    }
}
