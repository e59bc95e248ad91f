//! One OPAQUE login of the device, which can be begun again.
//!
//! All that a login draws comes from one 32-byte seed. So the same seed and password give the same KE1,
//! and what a device writes down of a login is the seed alone: KE1 beside it would let a
//! thief of the device try passwords without asking the fleet.

use crate::{Credential, flow::FlowError, stretching::Chosen};
use strongroom_crypto::{
    ChaChaRng, Rng, Secret,
    opaque::{ClientLogin, Identities, LoggedIn},
};
use strongroom_protocol::{
    ids::{AttemptId, FleetId, RegistrationId, VaultId},
    limits::{KE1_BYTES, KE2_BYTES},
};

/// One attempt's login, with its id.
pub(crate) struct Login {
    attempt: AttemptId,
    seed: Secret<32>,
    ke1: [u8; KE1_BYTES],
    begun: Option<ClientLogin>,
}

impl Login {
    /// Begins a login with a fresh attempt id.
    pub(crate) fn begin(credential: &Credential, rng: &mut dyn Rng) -> Result<Self, FlowError> {
        let mut attempt = [0; 16];
        rng.fill(&mut attempt);
        Self::again(AttemptId::new(attempt), Secret::random(rng), credential)
    }

    /// Begins a login again that was begun before.
    pub(crate) fn again(
        attempt: AttemptId,
        seed: Secret<32>,
        credential: &Credential,
    ) -> Result<Self, FlowError> {
        let (login, ke1) = start(&seed, credential)?;
        Ok(Self { attempt, seed, ke1, begun: Some(login) })
    }

    pub(crate) fn attempt(&self) -> AttemptId {
        self.attempt
    }

    pub(crate) fn ke1(&self) -> [u8; KE1_BYTES] {
        self.ke1
    }

    pub(crate) fn seed(&self) -> &Secret<32> {
        &self.seed
    }

    /// Opens KE2. It may be called again for another KE2 to the same KE1.
    pub(crate) fn finish(
        &mut self,
        credential: &Credential,
        ke2: &[u8; KE2_BYTES],
        ends: &Ends,
        stretching: &Chosen,
        rng: &mut dyn Rng,
    ) -> Result<LoggedIn, FlowError> {
        let login = match self.begun.take() {
            Some(login) => login,
            None => start(&self.seed, credential)?.0,
        };
        login.finish(credential.expose()?, ke2, ends.identities(), stretching, rng).map_err(FlowError::from)
    }
}

fn start(seed: &Secret<32>, credential: &Credential) -> Result<(ClientLogin, [u8; KE1_BYTES]), FlowError> {
    let mut rng = ChaChaRng::from_seed(*seed.expose());
    Ok(ClientLogin::start(credential.expose()?, &mut rng)?)
}

/// The names of the two ends of OPAQUE: vault id and registration id, and the fleet id.
pub(crate) struct Ends {
    client: [u8; 48],
    server: FleetId,
}

impl Ends {
    pub(crate) fn of(fleet: FleetId, vault: VaultId, registration: RegistrationId) -> Self {
        let mut client = [0; 48];
        for (out, byte) in client.iter_mut().zip(vault.as_bytes().iter().chain(registration.as_bytes())) {
            *out = *byte;
        }
        Self { client, server: fleet }
    }

    pub(crate) fn identities(&self) -> Identities<'_> {
        Identities { client: &self.client, server: self.server.as_bytes() }
    }
}
