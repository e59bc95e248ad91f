//! The HSM's half of OPAQUE.
//!
//! Specification: `docs/spec/crypto.md`, "OPAQUE profile". Stateless: what an
//! answer needs is the slot's seed and record; what the last step needs comes
//! back as [`LoginState`].

use opaque_ke::key_exchange::group::Group;
use zeroize::Zeroizing;

use crate::kdf::derive;
use crate::label::labels;
use crate::opaque::suite::{Profile, Suite, array, refusal, secret};
use crate::opaque::{
    Identities, KE1_LENGTH, KE2_LENGTH, KE3_LENGTH, OpaqueError, RECORD_LENGTH, REQUEST_LENGTH,
    RESPONSE_LENGTH,
};
use crate::rng::{EarlierRng, Rng};
use crate::secret::{Secret, SecretBytes};

type ServerSetup = opaque_ke::ServerSetup<Suite<'static>>;
type Record = opaque_ke::ServerRegistration<Suite<'static>>;
type Request = opaque_ke::RegistrationRequest<Suite<'static>>;
type Ke1 = opaque_ke::CredentialRequest<Suite<'static>>;
type Ke3 = opaque_ke::CredentialFinalization<Suite<'static>>;
type ServerLogin = opaque_ke::ServerLogin<Suite<'static>>;

/// Length of a serialised [`LoginState`]: session key and expected MAC.
pub const LOGIN_STATE_LENGTH: usize = 128;

/// The base point of ristretto255, in the place where the library keeps the
/// public key of fake records. The profile has none, so it is never used.
const UNUSED_PUBLIC_KEY: [u8; 32] = [
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58,
    0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
];

/// Holds what the HSM must remember between KE2 and KE3.
pub struct LoginState {
    bytes: Secret<LOGIN_STATE_LENGTH>,
}

impl LoginState {
    /// Gives the state as [`LOGIN_STATE_LENGTH`] secret bytes, to be sealed in
    /// a token.
    #[must_use]
    pub fn to_bytes(&self) -> SecretBytes {
        SecretBytes::new(self.bytes.expose().to_vec())
    }

    /// Takes the state back.
    ///
    /// # Errors
    ///
    /// [`OpaqueError::Malformed`] where the length is another.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OpaqueError> {
        Secret::from_slice(bytes).map(|bytes| Self { bytes }).ok_or(OpaqueError::Malformed("login state"))
    }
}

/// Evaluates a registration request under a slot's seed.
///
/// The answer depends on the seed's OPRF key and is as good as a guess where
/// the seed already stands in a slot: call it with a fresh seed only.
///
/// # Errors
///
/// [`OpaqueError::Malformed`] where the request is no element.
pub fn evaluate_registration(
    seed: &Secret<64>,
    request: &[u8; REQUEST_LENGTH],
) -> Result<[u8; RESPONSE_LENGTH], OpaqueError> {
    stand_in!(crate::stand_in::opaque::evaluate(seed, request));
    evaluate(&setup_of(seed)?, request, &[])
}

/// Answers KE1 with KE2 for a slot's seed and record.
///
/// This is a guess: charge it before the answer leaves.
///
/// # Errors
///
/// [`OpaqueError::Malformed`] where record, KE1 or an identity is.
pub fn begin_login(
    seed: &Secret<64>,
    record: &[u8; RECORD_LENGTH],
    ke1: &[u8; KE1_LENGTH],
    identities: Identities<'_>,
    rng: &mut dyn Rng,
) -> Result<(LoginState, [u8; KE2_LENGTH]), OpaqueError> {
    stand_in!(
        crate::stand_in::opaque::begin_login(seed, record, ke1, identities, rng)
            .map(|(bytes, ke2)| (LoginState { bytes }, ke2))
    );
    answer(&setup_of(seed)?, record, ke1, Profile::ours(identities), rng)
}

/// Checks KE3. Success proves that the sender held the password when it made
/// KE3 for the KE2 of this state.
///
/// # Errors
///
/// [`OpaqueError::WrongProof`] where it proves nothing.
pub fn finish_login(
    state: LoginState,
    ke3: &[u8; KE3_LENGTH],
    identities: Identities<'_>,
) -> Result<(), OpaqueError> {
    stand_in!(crate::stand_in::opaque::check_ke3(&state.bytes, ke3));
    finish(&state, ke3, Profile::ours(identities)).map(|_| ())
}

/// Checks that bytes decode as a record.
///
/// # Errors
///
/// [`OpaqueError::Malformed`] where they do not.
pub fn check_record(record: &[u8; RECORD_LENGTH]) -> Result<(), OpaqueError> {
    stand_in!(crate::stand_in::opaque::check_record(record));
    parse_record(record).map(|_| ())
}

/// Checks that bytes decode as a KE1.
///
/// # Errors
///
/// [`OpaqueError::Malformed`] where they do not.
pub fn check_ke1(ke1: &[u8; KE1_LENGTH]) -> Result<(), OpaqueError> {
    stand_in!(crate::stand_in::opaque::check_ke1(ke1));
    parse_ke1(ke1).map(|_| ())
}

/// Checks that bytes decode as a registration request.
///
/// # Errors
///
/// [`OpaqueError::Malformed`] where they do not.
pub fn check_request(request: &[u8; REQUEST_LENGTH]) -> Result<(), OpaqueError> {
    stand_in!(crate::stand_in::opaque::check_request(request));
    parse_request(request).map(|_| ())
}

/// Derives the server's keys of one slot (RFC 9807: `oprf_seed` and, by
/// `DeriveDiffieHellmanKeyPair`, the server's key pair).
fn setup_of(seed: &Secret<64>) -> Result<ServerSetup, OpaqueError> {
    let oprf_seed = derive::<64>(seed.expose(), labels::SLOT_OPRF, &[]);
    let key_seed = derive::<32>(seed.expose(), labels::SLOT_SERVER_KEY, &[]);
    let scalar = opaque_ke::Ristretto255::derive_scalar((*key_seed.expose()).into())
        .map_err(|_| OpaqueError::Malformed("slot seed"))?;
    let private = secret(opaque_ke::Ristretto255::serialize_sk(&scalar))?;
    setup_from(&oprf_seed, &private)
}

pub(super) fn setup_from(oprf_seed: &Secret<64>, private: &Secret<32>) -> Result<ServerSetup, OpaqueError> {
    let parts = [oprf_seed.expose().as_slice(), private.expose(), &UNUSED_PUBLIC_KEY];
    let bytes = Zeroizing::new(parts.concat());
    ServerSetup::deserialize(&bytes).map_err(refusal("slot seed"))
}

pub(super) fn evaluate(
    setup: &ServerSetup,
    request: &[u8; REQUEST_LENGTH],
    credential_identifier: &[u8],
) -> Result<[u8; RESPONSE_LENGTH], OpaqueError> {
    let request = parse_request(request)?;
    let result =
        Record::start(setup, request, credential_identifier).map_err(refusal("registration request"))?;
    array(&result.message.serialize())
}

pub(super) fn answer(
    setup: &ServerSetup,
    record: &[u8; RECORD_LENGTH],
    ke1: &[u8; KE1_LENGTH],
    profile: Profile<'_>,
    rng: &mut dyn Rng,
) -> Result<(LoginState, [u8; KE2_LENGTH]), OpaqueError> {
    let result = ServerLogin::start(
        &mut EarlierRng(rng),
        setup,
        Some(parse_record(record)?),
        parse_ke1(ke1)?,
        profile.credential_identifier,
        parameters(&profile),
    )
    .map_err(refusal("identities"))?;
    let bytes = secret(result.state.serialize())?;
    Ok((LoginState { bytes }, array(&result.message.serialize())?))
}

/// Gives the session key, which only the test vectors look at.
pub(super) fn finish(
    state: &LoginState,
    ke3: &[u8; KE3_LENGTH],
    profile: Profile<'_>,
) -> Result<Secret<64>, OpaqueError> {
    let ke3 = Ke3::deserialize(ke3).map_err(refusal("KE3"))?;
    let login = ServerLogin::deserialize(state.bytes.expose()).map_err(refusal("login state"))?;
    let result = login.finish(ke3, parameters(&profile)).map_err(refusal("KE3"))?;
    secret(result.session_key)
}

fn parameters<'a>(profile: &Profile<'a>) -> opaque_ke::ServerLoginParameters<'a, 'a> {
    opaque_ke::ServerLoginParameters { context: Some(profile.context), identifiers: profile.identifiers() }
}

fn parse_record(record: &[u8; RECORD_LENGTH]) -> Result<Record, OpaqueError> {
    Record::deserialize(record).map_err(refusal("record"))
}

fn parse_ke1(ke1: &[u8; KE1_LENGTH]) -> Result<Ke1, OpaqueError> {
    Ke1::deserialize(ke1).map_err(refusal("KE1"))
}

fn parse_request(request: &[u8; REQUEST_LENGTH]) -> Result<Request, OpaqueError> {
    Request::deserialize(request).map_err(refusal("registration request"))
}
