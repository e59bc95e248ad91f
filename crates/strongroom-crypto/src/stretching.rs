//! Key stretching, on the device only.
//!
//! Specification: `docs/spec/crypto.md`, "Key stretching". OPAQUE stretches
//! the OPRF's output (the KSF of RFC 9807) so that whoever steals an HSM's
//! memory still pays for every password tried. The parameters go by number in
//! the upload and in the answer.
//!
//! Absent on purpose: Argon2 in a build for the HSM (feature `stretching`),
//! and a salt: the OPRF's output is already unlike any other's.

/// Stretches the output of the OPRF.
pub trait Stretch {
    /// Stretches 64 bytes of input into 64 bytes of output.
    ///
    /// # Errors
    ///
    /// [`StretchError`] where the device cannot, mostly for want of memory.
    fn stretch(&self, input: &[u8], out: &mut [u8; 64]) -> Result<(), StretchError>;
}

/// The device could not stretch the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be stretched: not enough memory")]
pub struct StretchError;

/// Stretches nothing.
///
/// For load generators, test vectors and tests only: a slot registered with it
/// falls to a guess at full speed once its seed is known. No number names it.
#[derive(Clone, Copy, Debug)]
pub struct NoStretching;

impl Stretch for NoStretching {
    fn stretch(&self, input: &[u8], out: &mut [u8; 64]) -> Result<(), StretchError> {
        let input = input.try_into().map_err(|_| StretchError)?;
        *out = input;
        Ok(())
    }
}

#[cfg(feature = "stretching")]
pub use parameters::StretchingParameters;

#[cfg(feature = "stretching")]
mod parameters {
    use super::{Stretch, StretchError};
    use argon2::{Algorithm, Argon2, Params, Version};

    /// Argon2id's salt, as RFC 9807 has it: the OPRF salts.
    const SALT: [u8; 16] = [0; 16];

    /// Names a set of parameters for Argon2id version 1.3.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct StretchingParameters {
        number: u16,
        memory_kibibytes: u32,
        passes: u32,
        lanes: u32,
    }

    impl StretchingParameters {
        /// Number 1: 64 MiB, three passes, four lanes.
        pub const ONE: Self = Self { number: 1, memory_kibibytes: 65_536, passes: 3, lanes: 4 };

        /// Looks up a set by its number; `None` for every number that names
        /// none, zero among them.
        #[must_use]
        pub fn from_number(number: u16) -> Option<Self> {
            (number == Self::ONE.number).then_some(Self::ONE)
        }

        /// Gives the number, as it stands in messages.
        #[must_use]
        pub fn number(self) -> u16 {
            self.number
        }
    }

    impl Stretch for StretchingParameters {
        fn stretch(&self, input: &[u8], out: &mut [u8; 64]) -> Result<(), StretchError> {
            Params::new(self.memory_kibibytes, self.passes, self.lanes, Some(out.len()))
                .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
                .and_then(|argon2| argon2.hash_password_into(input, &SALT, out))
                .map_err(|_| StretchError)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_known_numbers_name_parameters() {
            assert_eq!(StretchingParameters::from_number(1), Some(StretchingParameters::ONE));
            assert_eq!(StretchingParameters::from_number(0), None);
            assert_eq!(StretchingParameters::from_number(2), None);
            assert_eq!(StretchingParameters::from_number(u16::MAX), None);
        }

        /// OpenSSL's Argon2id gives the same value.
        #[test]
        fn number_one_stretches_as_written() {
            let mut out = [0; 64];
            StretchingParameters::ONE.stretch(&[0x2a; 64], &mut out).unwrap();
            assert_eq!(
                hex::encode(out),
                "8d17b9351bd1e5f47e65bd9a6b81965a9364c4802c074e2c525330f1d17c29ddf680840adea50c8efa110a16ec7e10646df3bb88dd4c4d5a6e0e12ebab51273f"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_stretching_gives_the_input_and_refuses_another_length() {
        let mut out = [0; 64];
        assert_eq!(NoStretching.stretch(&[7; 64], &mut out), Ok(()));
        assert_eq!(out, [7; 64]);
        assert_eq!(NoStretching.stretch(&[7; 63], &mut out), Err(StretchError));
    }
}
