//! The cipher suite, as `opaque-ke` wants it described.
//!
//! Specification: `docs/spec/crypto.md`, "OPAQUE profile". The two values the
//! profile leaves empty are parameters here, so that the vectors of RFC 9807,
//! which fill them, run through the same code.

use core::marker::PhantomData;

use opaque_ke::errors::{InternalError, ProtocolError};
use opaque_ke::generic_array::{ArrayLength, GenericArray};
use opaque_ke::ksf::Ksf;
use opaque_ke::{CipherSuite, Identifiers, Ristretto255, TripleDh};
use zeroize::{Zeroize, Zeroizing};

use crate::opaque::{Identities, OpaqueError};
use crate::secret::Secret;
use crate::stretching::Stretch;

/// OPAQUE-3DH over ristretto255 and SHA-512.
pub(super) struct Suite<'a>(PhantomData<&'a ()>);

impl<'a> CipherSuite for Suite<'a> {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_of_opaque::Sha512>;
    type Ksf = Stretching<'a>;
}

/// Passes the library's key stretching on to the caller's. The default, which
/// the library asks for, stretches nothing and fails.
#[derive(Default)]
pub(super) struct Stretching<'a>(Option<&'a dyn Stretch>);

impl<'a> Stretching<'a> {
    pub(super) fn by(stretch: &'a dyn Stretch) -> Self {
        Self(Some(stretch))
    }
}

impl Ksf for Stretching<'_> {
    fn hash<L: ArrayLength<u8>>(
        &self,
        input: GenericArray<u8, L>,
    ) -> Result<GenericArray<u8, L>, InternalError> {
        let stretch = self.0.ok_or(InternalError::KsfError)?;
        let mut out = Zeroizing::new([0; 64]);
        stretch.stretch(&input, &mut out).map_err(|_| InternalError::KsfError)?;
        GenericArray::from_exact_iter(out.iter().copied()).ok_or(InternalError::KsfError)
    }
}

/// What both sides agree on beside the messages.
#[derive(Clone, Copy)]
pub(super) struct Profile<'a> {
    pub(super) context: &'a [u8],
    pub(super) credential_identifier: &'a [u8],
    pub(super) identities: Option<Identities<'a>>,
}

impl<'a> Profile<'a> {
    /// Strongroom's: empty context, empty credential identifier.
    pub(super) fn ours(identities: Identities<'a>) -> Self {
        Self { context: &[], credential_identifier: &[], identities: Some(identities) }
    }

    pub(super) fn identifiers(&self) -> Identifiers<'a> {
        Identifiers {
            client: self.identities.map(|identities| identities.client),
            server: self.identities.map(|identities| identities.server),
        }
    }
}

/// Says of a message, by its name, why the library refused it.
pub(super) fn refusal(name: &'static str) -> impl Fn(ProtocolError) -> OpaqueError {
    move |error| match error {
        ProtocolError::ReflectedValueError => OpaqueError::Reflected,
        ProtocolError::InvalidLoginError => OpaqueError::WrongProof,
        ProtocolError::LibraryError(InternalError::KsfError) => OpaqueError::Stretching,
        ProtocolError::LibraryError(_)
        | ProtocolError::SerializationError
        | ProtocolError::SizeError { .. }
        | ProtocolError::Custom(_) => OpaqueError::Malformed(name),
    }
}

/// Copies a serialised message into an array of its length, which the tests
/// fix for every message.
pub(super) fn array<const N: usize>(serialised: &[u8]) -> Result<[u8; N], OpaqueError> {
    serialised.try_into().map_err(|_| OpaqueError::Malformed("length"))
}

/// Moves a serialised secret into the type for secrets.
pub(super) fn secret<const N: usize, L: ArrayLength<u8>>(
    serialised: GenericArray<u8, L>,
) -> Result<Secret<N>, OpaqueError> {
    let mut serialised = serialised;
    let secret = Secret::from_slice(&serialised).ok_or(OpaqueError::Malformed("length"));
    serialised.as_mut_slice().zeroize();
    secret
}
