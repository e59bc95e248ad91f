//! Randomness as an argument.
//!
//! Specification: `docs/spec/crypto.md`, "Randomness". Two generations of the
//! `rand_core` traits are in use underneath; this trait stands in front of
//! both, and the adaptors to them stay inside the crate.
//!
//! Absent on purpose: any entropy source. The platform seeds a [`ChaChaRng`]
//! and reseeds it.

use core::convert::Infallible;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroize;

use crate::hash::digest;
use crate::label::labels;
use crate::secret::Secret;

/// Gives random bytes fit for keys.
pub trait Rng {
    /// Overwrites all of `out` with random bytes.
    fn fill(&mut self, out: &mut [u8]);
}

impl<R: Rng + ?Sized> Rng for &mut R {
    fn fill(&mut self, out: &mut [u8]) {
        (**self).fill(out);
    }
}

/// Generates random bytes from a seed with ChaCha20.
///
/// The same seed gives the same bytes, which is what tests and simulations
/// want; a platform seeds it from its entropy source and reseeds it.
pub struct ChaChaRng {
    stream: ChaCha20Rng,
}

impl ChaChaRng {
    /// Starts the stream of the given seed.
    #[must_use]
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        let stream = ChaCha20Rng::from_seed(seed);
        seed.zeroize();
        Self { stream }
    }

    /// Goes on from fresh entropy *and* the present state: a reseed that an
    /// adversary chose or knows takes nothing away.
    pub fn reseed(&mut self, mut seed: [u8; 32]) {
        let state = Secret::<32>::random(self);
        *self = Self::from_seed(digest(labels::RNG_RESEED, &[state.expose(), &seed]));
        seed.zeroize();
    }
}

impl Rng for ChaChaRng {
    fn fill(&mut self, out: &mut [u8]) {
        rand_core::Rng::fill_bytes(&mut self.stream, out);
    }
}

/// Shows an [`Rng`] as a generator of `rand_core` 0.10.
pub(crate) struct CurrentRng<'a>(pub(crate) &'a mut dyn Rng);

impl rand_core::TryRng for CurrentRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(out);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for CurrentRng<'_> {}

/// Shows an [`Rng`] as a generator of `rand_core` 0.6, which `opaque-ke`
/// speaks.
pub(crate) struct EarlierRng<'a>(pub(crate) &'a mut dyn Rng);

impl opaque_ke::rand::RngCore for EarlierRng<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), opaque_ke::rand::Error> {
        self.0.fill(out);
        Ok(())
    }
}

impl opaque_ke::rand::CryptoRng for EarlierRng<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rng: &mut dyn Rng) -> [u8; 32] {
        let mut out = [0; 32];
        rng.fill(&mut out);
        out
    }

    /// The key stream of ChaCha20 under the zero key, nonce and counter
    /// (RFC 8439, appendix A.1, test vector 1).
    #[test]
    fn the_zero_seed_gives_the_published_key_stream() {
        assert_eq!(
            hex::encode(drawn(&mut ChaChaRng::from_seed([0; 32]))),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
        );
    }

    #[test]
    fn a_reseed_keeps_what_was_unknown_before() {
        let mut first = ChaChaRng::from_seed([1; 32]);
        let mut second = ChaChaRng::from_seed([2; 32]);
        first.reseed([3; 32]);
        second.reseed([3; 32]);
        assert_ne!(drawn(&mut first), drawn(&mut second));
    }

    #[test]
    fn a_reseed_brings_in_what_is_new() {
        let mut first = ChaChaRng::from_seed([1; 32]);
        let mut second = ChaChaRng::from_seed([1; 32]);
        first.reseed([3; 32]);
        second.reseed([4; 32]);
        assert_ne!(drawn(&mut first), drawn(&mut second));
    }

    #[test]
    fn both_adaptors_pass_bytes_through_in_order() {
        let expected = drawn(&mut ChaChaRng::from_seed([5; 32]));
        let mut current = [0; 32];
        rand_core::Rng::fill_bytes(&mut CurrentRng(&mut ChaChaRng::from_seed([5; 32])), &mut current);
        let mut earlier = [0; 32];
        opaque_ke::rand::RngCore::fill_bytes(
            &mut EarlierRng(&mut ChaChaRng::from_seed([5; 32])),
            &mut earlier,
        );
        assert_eq!((current, earlier), (expected, expected));
    }
}
