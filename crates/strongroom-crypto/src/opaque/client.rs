//! The device's half of OPAQUE.
//!
//! Specification: `docs/spec/crypto.md`, "OPAQUE profile".
//!
//! Absent on purpose: unwrapping the backup key ([`crate::wrap`]).

use opaque_ke::{ClientLoginFinishParameters, ClientRegistrationFinishParameters};

use crate::opaque::suite::{Profile, Stretching, Suite, array, refusal, secret};
use crate::opaque::{
    Identities, KE1_LENGTH, KE2_LENGTH, KE3_LENGTH, OpaqueError, RECORD_LENGTH, REQUEST_LENGTH,
    RESPONSE_LENGTH,
};
use crate::rng::{EarlierRng, Rng};
use crate::secret::{Secret, SecretBytes};
use crate::stretching::Stretch;

/// The longest password, in bytes.
pub const PASSWORD_LENGTH_MAX: usize = 1024;

/// Length of a serialised [`ClientLogin`]: blind, KE1, private key share,
/// nonce.
pub const CLIENT_LOGIN_LENGTH: usize = 192;

const REGISTRATION_STATE_LENGTH: usize = 64;

/// Holds the device's state between a registration request and its response.
pub struct ClientRegistration {
    state: Secret<REGISTRATION_STATE_LENGTH>,
}

/// What a registration gives.
pub struct Registered {
    /// The record, for the upload.
    pub record: [u8; RECORD_LENGTH],
    /// The key under which the backup key is wrapped. It never leaves the
    /// device.
    pub export_key: Secret<64>,
}

impl ClientRegistration {
    /// Blinds the password; the bytes are the registration request.
    ///
    /// # Errors
    ///
    /// [`OpaqueError::Malformed`] where the password is longer than
    /// [`PASSWORD_LENGTH_MAX`].
    pub fn start(password: &[u8], rng: &mut dyn Rng) -> Result<(Self, [u8; REQUEST_LENGTH]), OpaqueError> {
        check_password(password)?;
        stand_in!({
            let (state, request) = crate::stand_in::opaque::start_registration(rng);
            Ok((Self { state }, request))
        });
        let result = opaque_ke::ClientRegistration::<Suite<'static>>::start(&mut EarlierRng(rng), password)
            .map_err(refusal("password"))?;
        let state = secret(result.state.serialize())?;
        Ok((Self { state }, array(&result.message.serialize())?))
    }

    /// Makes the record from the server's response.
    ///
    /// # Errors
    ///
    /// [`OpaqueError::Malformed`] and [`OpaqueError::Reflected`] where the
    /// response is, [`OpaqueError::Stretching`] where the device could not.
    pub fn finish(
        self,
        password: &[u8],
        response: &[u8; RESPONSE_LENGTH],
        identities: Identities<'_>,
        stretching: &dyn Stretch,
        rng: &mut dyn Rng,
    ) -> Result<Registered, OpaqueError> {
        stand_in!({
            check_password(password)?;
            crate::stand_in::opaque::finish_registration(
                &self.state,
                password,
                response,
                identities,
                stretching,
                rng,
            )
            .map(|(record, export_key)| Registered { record, export_key })
        });
        self.finish_as(password, response, Profile::ours(identities), stretching, rng)
    }

    pub(super) fn finish_as(
        self,
        password: &[u8],
        response: &[u8; RESPONSE_LENGTH],
        profile: Profile<'_>,
        stretching: &dyn Stretch,
        rng: &mut dyn Rng,
    ) -> Result<Registered, OpaqueError> {
        check_password(password)?;
        let response = opaque_ke::RegistrationResponse::deserialize(response)
            .map_err(refusal("registration response"))?;
        let state = opaque_ke::ClientRegistration::<Suite<'_>>::deserialize(self.state.expose())
            .map_err(refusal("registration state"))?;
        let stretching = Stretching::by(stretching);
        let parameters = ClientRegistrationFinishParameters::new(profile.identifiers(), Some(&stretching));
        let result = state
            .finish(&mut EarlierRng(rng), password, response, parameters)
            .map_err(refusal("registration response"))?;
        Ok(Registered { record: array(&result.message.serialize())?, export_key: secret(result.export_key)? })
    }
}

/// Holds the device's state between KE1 and KE2.
pub struct ClientLogin {
    state: Secret<CLIENT_LOGIN_LENGTH>,
}

/// What a login gives.
pub struct LoggedIn {
    /// The proof of the password, for the HSM.
    pub ke3: [u8; KE3_LENGTH],
    /// The key under which the backup key is wrapped. It never leaves the
    /// device.
    pub export_key: Secret<64>,
}

/// A login failed on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientLoginError {
    /// The password is not the slot's, or the answer comes from something
    /// that does not hold the slot; the two cannot be told apart.
    #[error("wrong password")]
    WrongPassword,
    /// KE2, the state or an argument does not decode.
    #[error("malformed login message")]
    Malformed,
    /// The server sent an element back that the client had sent.
    #[error("the server reflected the client's element")]
    Reflected,
    /// The device could not stretch the password.
    #[error("the password could not be stretched")]
    Stretching,
}

impl From<OpaqueError> for ClientLoginError {
    fn from(error: OpaqueError) -> Self {
        match error {
            OpaqueError::WrongProof => Self::WrongPassword,
            OpaqueError::Malformed(_) => Self::Malformed,
            OpaqueError::Reflected => Self::Reflected,
            OpaqueError::Stretching => Self::Stretching,
        }
    }
}

impl ClientLogin {
    /// Blinds the password; the bytes are KE1.
    ///
    /// # Errors
    ///
    /// [`OpaqueError::Malformed`] where the password is longer than
    /// [`PASSWORD_LENGTH_MAX`].
    pub fn start(password: &[u8], rng: &mut dyn Rng) -> Result<(Self, [u8; KE1_LENGTH]), OpaqueError> {
        check_password(password)?;
        stand_in!({
            let (state, ke1) = crate::stand_in::opaque::start_login(rng);
            Ok((Self { state }, ke1))
        });
        let result = opaque_ke::ClientLogin::<Suite<'static>>::start(&mut EarlierRng(rng), password)
            .map_err(refusal("password"))?;
        let state = secret(result.state.serialize())?;
        Ok((Self { state }, array(&result.message.serialize())?))
    }

    /// Gives the state as [`CLIENT_LOGIN_LENGTH`] secret bytes, so that the
    /// attempt can be resumed. They hold no password.
    #[must_use]
    pub fn to_bytes(&self) -> SecretBytes {
        SecretBytes::new(self.state.expose().to_vec())
    }

    /// Takes the state back.
    ///
    /// # Errors
    ///
    /// [`OpaqueError::Malformed`] where the bytes are no such state.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OpaqueError> {
        let malformed = OpaqueError::Malformed("login state");
        let state = Secret::from_slice(bytes).ok_or(malformed)?;
        let login = Self { state };
        stand_in!(crate::stand_in::opaque::check_login(login.state.expose()).map(|()| login));
        login.parse().map(|_| ()).map_err(|_| malformed)?;
        Ok(login)
    }

    /// Gives the KE1 of this attempt again, to repeat it.
    #[must_use]
    pub fn ke1(&self) -> [u8; KE1_LENGTH] {
        let mut ke1 = [0; KE1_LENGTH];
        for (out, byte) in ke1.iter_mut().zip(self.state.expose().iter().skip(32)) {
            *out = *byte;
        }
        ke1
    }

    /// Opens KE2 with the password.
    ///
    /// Success proves that the other end holds the slot this password was
    /// registered with, under these identities.
    ///
    /// # Errors
    ///
    /// See [`ClientLoginError`].
    pub fn finish(
        self,
        password: &[u8],
        ke2: &[u8; KE2_LENGTH],
        identities: Identities<'_>,
        stretching: &dyn Stretch,
        rng: &mut dyn Rng,
    ) -> Result<LoggedIn, ClientLoginError> {
        stand_in!({
            check_password(password)?;
            let state = self.state.expose();
            crate::stand_in::opaque::finish_login(state, password, ke2, identities, stretching)
                .map(|(ke3, export_key)| LoggedIn { ke3, export_key })
        });
        self.finish_as(password, ke2, Profile::ours(identities), stretching, rng)
            .map(|(logged_in, _)| logged_in)
    }

    /// Gives the session key too, which only the test vectors look at.
    pub(super) fn finish_as(
        self,
        password: &[u8],
        ke2: &[u8; KE2_LENGTH],
        profile: Profile<'_>,
        stretching: &dyn Stretch,
        rng: &mut dyn Rng,
    ) -> Result<(LoggedIn, Secret<64>), ClientLoginError> {
        check_password(password)?;
        self.check_key_share(ke2)?;
        let response = opaque_ke::CredentialResponse::deserialize(ke2).map_err(refusal("KE2"))?;
        let state = self.parse()?;
        let stretching = Stretching::by(stretching);
        let parameters =
            ClientLoginFinishParameters::new(Some(profile.context), profile.identifiers(), Some(&stretching));
        let result =
            state.finish(&mut EarlierRng(rng), password, response, parameters).map_err(refusal("KE2"))?;
        let logged_in =
            LoggedIn { ke3: array(&result.message.serialize())?, export_key: secret(result.export_key)? };
        Ok((logged_in, secret(result.session_key)?))
    }

    /// Refuses a server whose key share is the client's own. The library looks
    /// at the evaluated element only.
    fn check_key_share(&self, ke2: &[u8; KE2_LENGTH]) -> Result<(), OpaqueError> {
        let own = self.state.expose().iter().skip(32 + 64).take(32);
        let theirs = ke2.iter().skip(32 + 32 + 128 + 32).take(32);
        if own.eq(theirs) {
            return Err(OpaqueError::Reflected);
        }
        Ok(())
    }

    fn parse<'a>(&self) -> Result<opaque_ke::ClientLogin<Suite<'a>>, OpaqueError> {
        opaque_ke::ClientLogin::deserialize(self.state.expose()).map_err(refusal("login state"))
    }
}

fn check_password(password: &[u8]) -> Result<(), OpaqueError> {
    if password.len() > PASSWORD_LENGTH_MAX {
        return Err(OpaqueError::Malformed("password"));
    }
    Ok(())
}
