//! The backup key: 256 random bits, made on the device.
//!
//! Everything in the backup is encrypted under it, and it names nobody. People see it as the
//! 64-digit key, other programs see the repository key that is derived from it.

use strongroom_crypto::{Rng, Secret, owner::repository_key};
use zeroize::Zeroizing;

const DIGITS: usize = 64;
const DIGITS_PER_GROUP: usize = 4;

/// 256 secret bits under which a backup is encrypted.
///
/// ```
/// use strongroom_client::BackupKey;
///
/// let digits = "0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef";
/// let key = BackupKey::from_digits(digits)?;
/// assert_eq!(key.to_digits().as_str(), digits);
/// # Ok::<(), strongroom_client::BackupKeyError>(())
/// ```
pub struct BackupKey(Secret<32>);

/// Why a text is no 64-digit key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackupKeyError {
    /// A character is no hexadecimal digit. The character itself is not repeated.
    #[error("character {0} of the key is no digit from 0 to 9 or letter from a to f")]
    Character(usize),
    /// There are more or fewer than 64 digits.
    #[error("the key has {0} digits in place of 64")]
    Length(usize),
}

impl BackupKey {
    /// Makes a fresh key.
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self(Secret::random(rng))
    }

    /// Takes 256 bits that are a backup key already.
    pub fn from_secret(secret: Secret<32>) -> Self {
        Self(secret)
    }

    /// Reads a 64-digit key. White space and hyphens between the digits and upper case are no matter.
    ///
    /// # Errors
    /// [`BackupKeyError`], with the place of the first wrong character, counted from one.
    pub fn from_digits(text: &str) -> Result<Self, BackupKeyError> {
        let mut digits = Zeroizing::new([0u8; DIGITS]);
        let mut count = 0usize;
        for (place, character) in text.chars().enumerate() {
            if character.is_whitespace() || character == '-' {
                continue;
            }
            let digit = character.to_digit(16).ok_or(BackupKeyError::Character(place.saturating_add(1)))?;
            if let Some(out) = digits.get_mut(count) {
                *out = u8::try_from(digit).unwrap_or(0);
            }
            count = count.saturating_add(1);
        }
        if count != DIGITS {
            return Err(BackupKeyError::Length(count));
        }
        let mut bytes = Zeroizing::new([0u8; 32]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |byte, digit| byte << 4 | digit);
        }
        Secret::from_slice(bytes.as_slice()).map(Self).ok_or(BackupKeyError::Length(count))
    }

    /// Writes the key as 64 lower-case hexadecimal digits in groups of four.
    pub fn to_digits(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(DIGITS + DIGITS / DIGITS_PER_GROUP));
        for (place, digit) in digits_of(&self.0).enumerate() {
            if place > 0 && place % DIGITS_PER_GROUP == 0 {
                text.push(' ');
            }
            text.push(digit);
        }
        text
    }

    /// Derives the repository key, which opens the backup and cannot touch the vault: 64
    /// lower-case hexadecimal digits without spaces.
    pub fn repository_key_hex(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(DIGITS));
        text.extend(digits_of(&repository_key(&self.0)));
        text
    }

    /// The bits themselves.
    pub fn secret(&self) -> &Secret<32> {
        &self.0
    }

    /// Makes a second holder of the same key.
    pub fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.matches(&other.0)
    }
}

impl core::fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("BackupKey(…)")
    }
}

fn digits_of(secret: &Secret<32>) -> impl Iterator<Item = char> + '_ {
    secret
        .expose()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPED: &str = "0505 0505 0505 0505 0505 0505 0505 0505 0505 0505 0505 0505 0505 0505 0505 0505";

    fn key() -> BackupKey {
        BackupKey::from_secret(Secret::new([5; 32]))
    }

    #[test]
    fn it_is_printed_in_sixteen_groups_of_four_and_read_back() {
        assert_eq!(key().to_digits().as_str(), GROUPED);
        assert!(BackupKey::from_digits(GROUPED).unwrap().matches(&key()));
    }

    #[test]
    fn spaces_hyphens_line_feeds_and_case_do_not_matter() {
        let typed = format!("  {}\n", "AB".repeat(16).to_lowercase() + "-\t" + &"Ab".repeat(16));
        let read = BackupKey::from_digits(&typed).unwrap();
        assert!(read.matches(&BackupKey::from_secret(Secret::new([0xab; 32]))));
    }

    #[test]
    fn a_wrong_digit_is_named_by_its_place_and_a_wrong_length_by_its_count() {
        let read = |text: &str| BackupKey::from_digits(text).err();
        assert_eq!(read("01g"), Some(BackupKeyError::Character(3)));
        assert_eq!(read("0o"), Some(BackupKeyError::Character(2)));
        assert_eq!(read(""), Some(BackupKeyError::Length(0)));
        assert_eq!(read(&GROUPED[1..]), Some(BackupKeyError::Length(63)));
        assert_eq!(read(&format!("{GROUPED}00")), Some(BackupKeyError::Length(66)));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", key()), "BackupKey(…)");
    }

    #[test]
    fn the_repository_key_is_another_key_of_64_digits() {
        let hex = key().repository_key_hex();
        assert_eq!(hex.len(), 64);
        assert!(hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
        assert_ne!(hex.as_str(), GROUPED.replace(' ', ""));
    }
}
