//! The two signature algorithms of tokens, for `jsonwebtoken`.
//!
//! That crate's own choices bring RSA and P-384, or a C library; two verifiers are all that is needed here.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
};
use p256::ecdsa::signature::Verifier as _;
use signature_of_jsonwebtoken::{Error as SignatureError, Verifier};

static SUITE: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes this suite the process's; only the first call does anything.
pub(super) fn install() {
    // It fails where it was called before, or where the program chose another suite that knows these algorithms too.
    let _ = SUITE.install_default();
}

fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Err(ErrorKind::InvalidAlgorithm.into())
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    match (algorithm, key.family()) {
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => Ok(Box::new(EdDsa::new(key)?)),
        (Algorithm::ES256, AlgorithmFamily::Ec) => Ok(Box::new(Es256::new(key)?)),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

/// Ed25519 (RFC 8037).
struct EdDsa(ed25519_dalek::VerifyingKey);

impl EdDsa {
    fn new(key: &DecodingKey) -> Result<Self, Error> {
        let bytes = key.try_get_as_bytes()?.try_into().map_err(|_| ErrorKind::InvalidEddsaKey)?;
        Ok(Self(ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| ErrorKind::InvalidEddsaKey)?))
    }
}

impl Verifier<Vec<u8>> for EdDsa {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| SignatureError::new())?;
        self.0.verify_strict(message, &signature).map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for EdDsa {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

/// ECDSA over P-256 with SHA-256 (RFC 7518, section 3.4).
struct Es256(p256::ecdsa::VerifyingKey);

impl Es256 {
    fn new(key: &DecodingKey) -> Result<Self, Error> {
        let point = key.try_get_as_bytes()?;
        Ok(Self(p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| ErrorKind::InvalidEcdsaKey)?))
    }
}

impl Verifier<Vec<u8>> for Es256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| SignatureError::new())?;
        self.0.verify(message, &signature).map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for Es256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}
