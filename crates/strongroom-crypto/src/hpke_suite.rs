//! The one HPKE suite, shared by the client channel and the peer handshake.
//!
//! Specification: `docs/spec/crypto.md`, "HPKE". Base mode (RFC 9180 §5.1.1),
//! KEM X-Wing (0x647a), KDF HKDF-SHA256 (0x0001), AEAD ChaCha20-Poly1305
//! (0x0003). A key pair is a 32-byte seed, X-Wing's own private form.
//!
//! Absent on purpose: the authenticated modes; who speaks is proved by
//! signatures one layer up.

use alloc::boxed::Box;

use hpke::aead::{AeadCtxR, AeadCtxS, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem, XWing};
use hpke::{Deserializable, HpkeError, OpModeR, OpModeS, Serializable};

use crate::frame::frame;
use crate::label::Label;
use crate::rng::{CurrentRng, Rng};
use crate::secret::Secret;

/// Length of an X-Wing public key.
pub(crate) const PUBLIC_LENGTH: usize = 1216;

/// Length of an X-Wing encapsulated key.
pub(crate) const ENCAPSULATED_LENGTH: usize = 1120;

pub(crate) type Sender = AeadCtxS<ChaCha20Poly1305, HkdfSha256, XWing>;
pub(crate) type Receiver = AeadCtxR<ChaCha20Poly1305, HkdfSha256, XWing>;

/// Bytes that should be an X-Wing public key are none: their ML-KEM part
/// holds a coefficient that is not reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the public key is not a valid X-Wing key")]
pub struct PublicKeyError;

/// Holds an X-Wing private key and its public bytes.
pub(crate) struct KeyPair {
    private: <XWing as Kem>::PrivateKey,
    public: Box<[u8; PUBLIC_LENGTH]>,
}

impl KeyPair {
    /// Takes the key pair of a seed.
    ///
    /// A seed has the length of a private key, the only thing the library
    /// checks; its derivation stands in where a fallible signature asks for
    /// another branch, and would give a good key too.
    pub(crate) fn from_seed(seed: &Secret<32>) -> Self {
        let private = <XWing as Kem>::PrivateKey::from_bytes(seed.expose())
            .unwrap_or_else(|_| XWing::derive_keypair(seed.expose()).0);
        let mut public = Box::new([0; PUBLIC_LENGTH]);
        public.copy_from_slice(&XWing::sk_to_pk(&private).to_bytes());
        Self { private, public }
    }

    pub(crate) fn public(&self) -> &[u8; PUBLIC_LENGTH] {
        &self.public
    }

    pub(crate) fn receive(
        &self,
        encapsulated: &[u8; ENCAPSULATED_LENGTH],
        info: &[u8],
    ) -> Result<Receiver, HpkeError> {
        let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated)?;
        hpke::setup_receiver(&OpModeR::Base, &self.private, &encapsulated, info)
    }
}

/// Opens a context to the holder of a public key.
pub(crate) fn send(
    public: &[u8; PUBLIC_LENGTH],
    info: &[u8],
    rng: &mut dyn Rng,
) -> Result<(Sender, [u8; ENCAPSULATED_LENGTH]), PublicKeyError> {
    let public = <XWing as Kem>::PublicKey::from_bytes(public).map_err(|_| PublicKeyError)?;
    let (encapsulated, sender): (<XWing as Kem>::EncappedKey, Sender) =
        hpke::setup_sender_with_rng(&OpModeS::Base, &public, info, &mut CurrentRng(rng))
            .map_err(|_| PublicKeyError)?;
    let mut bytes = [0; ENCAPSULATED_LENGTH];
    bytes.copy_from_slice(&encapsulated.to_bytes());
    Ok((sender, bytes))
}

/// Both ends of a context, as far as exporting goes.
pub(crate) trait Export {
    fn export_bytes(&self, context: &[u8], out: &mut [u8]) -> Result<(), HpkeError>;
}

impl Export for Sender {
    fn export_bytes(&self, context: &[u8], out: &mut [u8]) -> Result<(), HpkeError> {
        self.export(context, out)
    }
}

impl Export for Receiver {
    fn export_bytes(&self, context: &[u8], out: &mut [u8]) -> Result<(), HpkeError> {
        self.export(context, out)
    }
}

/// Exports `N` secret bytes (RFC 9180 §5.3); the exporter context is the
/// framed label.
pub(crate) fn export<const N: usize>(context: &impl Export, label: Label) -> Secret<N> {
    const { assert!(N <= 255 * 32, "HKDF-SHA256 gives at most 255 blocks") };
    Secret::filled(|out| {
        // The length is checked above, and it is the only thing that fails.
        let _ = context.export_bytes(&frame(label, &[]), out);
    })
}
