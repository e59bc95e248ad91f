//! OPAQUE of a stand-in: every message has the real layout, and hashes are in it.
//!
//! An element is 24 bytes and a check over them, so that what is no element is refused. The evaluated
//! element gives the slot's key away, masked by the request: here is no defence against a device that
//! wants to guess without asking, and no device of a simulation does.

use super::hash;
use crate::opaque::{
    CLIENT_LOGIN_LENGTH, ClientLoginError, Identities, KE1_LENGTH, KE2_LENGTH, KE3_LENGTH,
    LOGIN_STATE_LENGTH, OpaqueError, RECORD_LENGTH, REQUEST_LENGTH, RESPONSE_LENGTH,
};
use crate::rng::Rng;
use crate::secret::Secret;
use crate::stretching::Stretch;

type Element = [u8; 32];

/// What a registration and a login have in common on the device.
struct Stretched(Secret<64>);

/// Makes the registration's state and request.
pub(crate) fn start_registration(rng: &mut dyn Rng) -> (Secret<64>, [u8; REQUEST_LENGTH]) {
    let blind: [u8; 32] = scalar(rng);
    let request = element("blinded", &[&blind]);
    (Secret::filled(|out| fields(out, &[&blind, &request])), request)
}

/// Makes the record and the export key.
pub(crate) fn finish_registration(
    state: &Secret<64>,
    password: &[u8],
    response: &[u8; RESPONSE_LENGTH],
    identities: Identities<'_>,
    stretching: &dyn Stretch,
    rng: &mut dyn Rng,
) -> Result<([u8; RECORD_LENGTH], Secret<64>), OpaqueError> {
    let request: Element = at(state.expose(), 32);
    let (evaluated, server): (Element, Element) = (at(response, 0), at(response, 32));
    if !is_element(&evaluated) || !is_element(&server) {
        return Err(OpaqueError::Malformed("registration response"));
    }
    if evaluated == request {
        return Err(OpaqueError::Reflected);
    }
    let stretched = Stretched::of(password, &request, &evaluated, stretching)?;
    let nonce: [u8; 32] = hash::drawn(rng);
    let mut record = [0; RECORD_LENGTH];
    let envelope = stretched.envelope(&nonce, &server, identities);
    fields(&mut record, &[&stretched.client(), &stretched.masking_key(), &nonce, &envelope]);
    Ok((record, stretched.export_key(&nonce)))
}

/// Makes the login's state and KE1.
pub(crate) fn start_login(rng: &mut dyn Rng) -> (Secret<CLIENT_LOGIN_LENGTH>, [u8; KE1_LENGTH]) {
    let (blind, private) = (scalar(rng), scalar(rng));
    let nonce: [u8; 32] = hash::drawn(rng);
    let mut ke1 = [0; KE1_LENGTH];
    fields(&mut ke1, &[&element("blinded", &[&blind]), &nonce, &element("share", &[&private])]);
    (Secret::filled(|out| fields(out, &[&blind, &ke1, &private, &nonce])), ke1)
}

/// Refuses bytes that no [`start_login`] wrote.
pub(crate) fn check_login(state: &[u8; CLIENT_LOGIN_LENGTH]) -> Result<(), OpaqueError> {
    let good = is_scalar(&at(state, 0)) && is_scalar(&at(state, 128)) && check_ke1(&at(state, 32)).is_ok();
    if good { Ok(()) } else { Err(OpaqueError::Malformed("login state")) }
}

/// Opens KE2 and makes KE3 and the export key.
pub(crate) fn finish_login(
    state: &[u8; CLIENT_LOGIN_LENGTH],
    password: &[u8],
    ke2: &[u8; KE2_LENGTH],
    identities: Identities<'_>,
    stretching: &dyn Stretch,
) -> Result<([u8; KE3_LENGTH], Secret<64>), ClientLoginError> {
    let ke1: [u8; KE1_LENGTH] = at(state, 32);
    let (request, own_share): (Element, Element) = (at(&ke1, 0), at(&ke1, 64));
    let (evaluated, share): (Element, Element) = (at(ke2, 0), at(ke2, 224));
    if share == own_share || evaluated == request {
        return Err(ClientLoginError::Reflected);
    }
    if !is_element(&evaluated) || !is_element(&share) {
        return Err(ClientLoginError::Malformed);
    }
    let stretched = Stretched::of(password, &request, &evaluated, stretching)?;
    let masked: [u8; 128] = masked(&at(ke2, 64), &stretched.masking_key(), &at(ke2, 32));
    let (server, nonce): (Element, [u8; 32]) = (at(&masked, 0), at(&masked, 32));
    if stretched.envelope(&nonce, &server, identities) != at::<64>(&masked, 64) {
        return Err(ClientLoginError::WrongPassword);
    }
    let exchange = Exchange { ke1: &ke1, ke2, client: stretched.client(), server, identities };
    if exchange.server_mac() != at::<64>(ke2, 256) {
        return Err(ClientLoginError::WrongPassword);
    }
    Ok((exchange.client_mac(), stretched.export_key(&nonce)))
}

/// Evaluates a registration request.
pub(crate) fn evaluate(
    seed: &Secret<64>,
    request: &[u8; REQUEST_LENGTH],
) -> Result<[u8; RESPONSE_LENGTH], OpaqueError> {
    check_request(request)?;
    let mut response = [0; RESPONSE_LENGTH];
    fields(&mut response, &[&evaluated(seed, request), &server_key(seed)]);
    Ok(response)
}

/// Answers KE1.
pub(crate) fn begin_login(
    seed: &Secret<64>,
    record: &[u8; RECORD_LENGTH],
    ke1: &[u8; KE1_LENGTH],
    identities: Identities<'_>,
    rng: &mut dyn Rng,
) -> Result<(Secret<LOGIN_STATE_LENGTH>, [u8; KE2_LENGTH]), OpaqueError> {
    check_record(record)?;
    check_ke1(ke1)?;
    let server = server_key(seed);
    let mut plain = [0; 128];
    fields(&mut plain, &[&server, &at::<96>(record, 96)]);
    let masking_nonce: [u8; 32] = hash::drawn(rng);
    let masked = masked(&plain, &at(record, 32), &masking_nonce);
    let nonce: [u8; 32] = hash::drawn(rng);
    let share = element("share", &[&scalar(rng)]);
    let mut ke2 = [0; KE2_LENGTH];
    fields(&mut ke2, &[&evaluated(seed, &at(ke1, 0)), &masking_nonce, &masked, &nonce, &share]);
    let exchange = Exchange { ke1, ke2: &ke2, client: at(record, 0), server, identities };
    let (server_mac, client_mac) = (exchange.server_mac(), exchange.client_mac());
    let session: [u8; 64] = hash::of("session", &[&client_mac]);
    for (to, from) in ke2.iter_mut().skip(256).zip(server_mac) {
        *to = from;
    }
    Ok((Secret::filled(|out| fields(out, &[&session, &client_mac])), ke2))
}

/// Checks KE3.
pub(crate) fn check_ke3(
    state: &Secret<LOGIN_STATE_LENGTH>,
    ke3: &[u8; KE3_LENGTH],
) -> Result<(), OpaqueError> {
    if at::<64>(state.expose(), 64) == *ke3 { Ok(()) } else { Err(OpaqueError::WrongProof) }
}

pub(crate) fn check_request(request: &[u8; REQUEST_LENGTH]) -> Result<(), OpaqueError> {
    if is_element(request) { Ok(()) } else { Err(OpaqueError::Malformed("registration request")) }
}

pub(crate) fn check_ke1(ke1: &[u8; KE1_LENGTH]) -> Result<(), OpaqueError> {
    let good = is_element(&at(ke1, 0)) && is_element(&at(ke1, 64));
    if good { Ok(()) } else { Err(OpaqueError::Malformed("KE1")) }
}

pub(crate) fn check_record(record: &[u8; RECORD_LENGTH]) -> Result<(), OpaqueError> {
    if is_element(&at(record, 0)) { Ok(()) } else { Err(OpaqueError::Malformed("record")) }
}

impl Stretched {
    fn of(
        password: &[u8],
        request: &Element,
        evaluated: &Element,
        stretching: &dyn Stretch,
    ) -> Result<Self, OpaqueError> {
        let slot = crossed(evaluated, request);
        let output: [u8; 64] = hash::of("output", &[&slot, password]);
        let mut stretched = [0; 64];
        stretching.stretch(&output, &mut stretched).map_err(|_| OpaqueError::Stretching)?;
        Ok(Self(hash::secret("stretched", &[&output, &stretched])))
    }

    fn client(&self) -> Element {
        element("client key", &[self.0.expose()])
    }

    fn masking_key(&self) -> [u8; 64] {
        hash::of("masking key", &[self.0.expose()])
    }

    fn export_key(&self, nonce: &[u8; 32]) -> Secret<64> {
        hash::secret("export key", &[self.0.expose(), nonce])
    }

    fn envelope(&self, nonce: &[u8; 32], server: &Element, identities: Identities<'_>) -> [u8; 64] {
        hash::of("envelope", &[self.0.expose(), nonce, server, identities.client, identities.server])
    }
}

/// What both sides authenticate: all of KE1 and of KE2 up to its MAC, both keys, both names.
struct Exchange<'a> {
    ke1: &'a [u8; KE1_LENGTH],
    ke2: &'a [u8; KE2_LENGTH],
    client: Element,
    server: Element,
    identities: Identities<'a>,
}

impl Exchange<'_> {
    fn server_mac(&self) -> [u8; 64] {
        self.mac("server's proof")
    }

    fn client_mac(&self) -> [u8; 64] {
        self.mac("client's proof")
    }

    fn mac(&self, purpose: &str) -> [u8; 64] {
        let (unproven, _) = self.ke2.split_at(256);
        let Identities { client, server } = self.identities;
        hash::of(purpose, &[self.ke1, unproven, &self.client, &self.server, client, server])
    }
}

fn server_key(seed: &Secret<64>) -> Element {
    element("server key", &[seed.expose()])
}

fn evaluated(seed: &Secret<64>, request: &Element) -> Element {
    let slot: [u8; 32] = hash::of("slot", &[seed.expose()]);
    let crossed = crossed(&slot, request);
    checked(at(&crossed, 0))
}

/// Hides 24 bytes by the request they answer, and shows them again.
fn crossed(hidden: &Element, request: &Element) -> Element {
    let mut out: Element = hash::of("crossed", &[request]);
    out.iter_mut().zip(hidden).for_each(|(out, byte)| *out ^= byte);
    out.iter_mut().skip(24).for_each(|byte| *byte = 0);
    out
}

fn masked(plain: &[u8; 128], key: &[u8; 64], nonce: &[u8; 32]) -> [u8; 128] {
    let mut out: [u8; 128] = hash::of("mask", &[key, nonce]);
    out.iter_mut().zip(plain).for_each(|(out, byte)| *out ^= byte);
    out
}

fn element(purpose: &str, parts: &[&[u8]]) -> Element {
    checked(hash::of(purpose, parts))
}

fn checked(point: [u8; 24]) -> Element {
    let mut element = [0; 32];
    fields(&mut element, &[&point, &hash::of::<8>("element", &[&point])]);
    element
}

fn is_element(bytes: &Element) -> bool {
    checked(at(bytes, 0)) == *bytes
}

/// Draws what encodes a scalar: neither zero nor too large.
fn scalar(rng: &mut dyn Rng) -> [u8; 32] {
    let mut scalar: [u8; 32] = hash::drawn(rng);
    scalar[0] |= 1;
    scalar[31] &= 0x0f;
    scalar
}

fn is_scalar(bytes: &[u8; 32]) -> bool {
    bytes[31] & 0xf0 == 0 && bytes.iter().any(|byte| *byte != 0)
}

/// Writes fields one after the other.
fn fields(out: &mut [u8], fields: &[&[u8]]) {
    let bytes = fields.iter().flat_map(|field| field.iter());
    out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
}

/// Reads the `N` bytes from `start` on.
fn at<const N: usize>(bytes: &[u8], start: usize) -> [u8; N] {
    let mut out = [0; N];
    out.iter_mut().zip(bytes.iter().skip(start)).for_each(|(to, from)| *to = *from);
    out
}
