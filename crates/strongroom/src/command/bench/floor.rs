//! The floor: what the cryptography of one recovery costs an HSM, and nothing else.
//!
//! One HPKE open, OPAQUE's KE2 and the check of KE3, two sealed answers; measured on one core of this
//! machine with the very code that the HSM program runs.

use crate::error::CommandError;
use std::time::{Duration, Instant};
use strongroom_crypto::{
    ChaChaRng, Rng as _, Secret,
    channel::{ChannelKeyPair, ClientContext, HsmContext, request_info},
    opaque::{ClientLogin, ClientRegistration, Identities, begin_login, evaluate_registration, finish_login},
    stretching::NoStretching,
};
use strongroom_protocol::client::{RequestKind, padded_bytes};

/// Recoveries that are measured.
const ROUNDS: u32 = 300;
/// The client's identity and the server's, of the right lengths.
const IDENTITIES: Identities<'static> = Identities { client: &[7; 48], server: &[9; 32] };
/// The password of the measurement.
const PASSWORD: &[u8] = b"bench";
/// Bytes of an encoded Attempt and of an encoded Success, about.
const REQUEST_BYTES: usize = 192;

/// Measures the floor, in microseconds for one recovery.
///
/// # Errors
/// The system gives no randomness, or the cryptography refuses itself.
pub(super) fn measure() -> Result<f64, CommandError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| CommandError::other(format!("The system gives no randomness: {error}.")))?;
    let mut rng = ChaChaRng::from_seed(seed);
    spent(&mut rng).map(|time| time.as_secs_f64() * 1e6 / f64::from(ROUNDS)).ok_or_else(|| {
        CommandError::other("The cryptographic floor cannot be measured: it refuses its own messages.")
    })
}

/// The time that the server's half of all rounds takes.
fn spent(rng: &mut ChaChaRng) -> Option<Duration> {
    let slot_seed = Secret::<64>::random(rng);
    let (registration, request) = ClientRegistration::start(PASSWORD, rng).ok()?;
    let response = evaluate_registration(&slot_seed, &request).ok()?;
    let registered = registration.finish(PASSWORD, &response, IDENTITIES, &NoStretching, rng).ok()?;
    let channel = ChannelKeyPair::generate(rng);
    let mut total = Duration::ZERO;
    for _ in 0..ROUNDS {
        total = total.saturating_add(one(&slot_seed, &registered.record, &channel, rng)?);
    }
    Some(total)
}

/// One recovery; only the server's half is timed.
fn one(
    slot_seed: &Secret<64>,
    record: &[u8; 192],
    channel: &ChannelKeyPair,
    rng: &mut ChaChaRng,
) -> Option<Duration> {
    let info = request_info(&[&[0; 36]]);
    let mut request = [0; REQUEST_BYTES];
    rng.fill(&mut request);
    let (mut client, encapsulated) = ClientContext::open_to(channel.public(), &info, rng).ok()?;
    let attempt = client.seal_next(b"attempt", &request);
    let (login, ke1) = ClientLogin::start(PASSWORD, rng).ok()?;

    let begun = Instant::now();
    let (mut context, _) = HsmContext::open(channel, &info, &encapsulated, b"attempt", &attempt).ok()?;
    let (state, ke2) = begin_login(slot_seed, record, &ke1, IDENTITIES, rng).ok()?;
    let answer = vec![0; padded_bytes(RequestKind::Attempt)];
    let _ = context.seal_answer(b"attempt", &answer, rng);
    let first = begun.elapsed();

    let logged_in = login.finish(PASSWORD, &ke2, IDENTITIES, &NoStretching, rng).ok()?;
    let success = client.seal_next(b"success", &request);

    let begun = Instant::now();
    context.open_next(b"success", &success).ok()?;
    finish_login(state, &logged_in.ke3, IDENTITIES).ok()?;
    let answer = vec![0; padded_bytes(RequestKind::Success)];
    let _ = context.seal_answer(b"success", &answer, rng);
    Some(first.saturating_add(begun.elapsed()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_floor_is_a_fraction_of_a_second_and_not_nothing() {
        let floor = super::measure().unwrap();
        assert!(floor > 1.0 && floor < 1e6, "{floor}");
    }
}
