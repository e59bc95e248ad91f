//! The recovery code: 170 random bits on paper. Page: `docs/spec/recovery-code.md`.
//!
//! Forty characters, of which five check the others: whoever copies them by hand makes mistakes, and any two of
//! them are mended, or four that cannot be read. A little more damage leaves a few codes to be tried at
//! the fleet, which counts no attempt at a recovery code.
//!
//! Absent on purpose: the sheet of paper (`strongroom`), and what the fleet makes of a code ([`crate::flow`]).

mod checks;
mod field;
mod mending;

use crate::Credential;
use mending::{Mended, mend};
use strongroom_crypto::Rng;
use zeroize::Zeroizing;

/// Characters of a code.
pub const RECOVERY_CODE_CHARACTERS: usize = 40;
/// Characters that check the others.
const CHECKS: usize = 5;
/// Characters of one group on paper.
const CHARACTERS_PER_GROUP: usize = 5;
/// What the characters stand for, from 0 to 31.
const ALPHABET: &[u8; 32] = b"ACDEFHJKLMNPQRSTUVWXYZ0123456789";
/// What the first character stands for.
const VERSION: u8 = 1;

/// The forty values of a code's characters, 0 to 31 each.
type Symbols = [u8; RECOVERY_CODE_CHARACTERS];

/// A recovery code.
///
/// ```
/// use strongroom_client::RecoveryCode;
/// # use strongroom_crypto::ChaChaRng;
/// # let mut rng = ChaChaRng::from_seed([7; 32]);
///
/// let code = RecoveryCode::random(&mut rng);
/// let mut typed = code.to_text().to_string();   // eight groups of five characters
/// typed.replace_range(3..4, "?");               // one of them cannot be read
/// assert_eq!(RecoveryCode::read(&typed)?.code().unwrap().to_text(), code.to_text());
/// # Ok::<(), strongroom_client::RecoveryCodeError>(())
/// ```
pub struct RecoveryCode(Zeroizing<Symbols>);

/// What was read of a recovery code that somebody typed.
#[derive(Debug)]
pub struct RecoveryCodeReading {
    codes: Vec<RecoveryCode>,
    mended: usize,
}

/// Why a text is no recovery code. It repeats none of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryCodeError {
    /// A character stands in no code. Places count characters from one, without spaces and hyphens.
    #[error("character {0} of the recovery code is no letter or digit; put ? for one that cannot be read")]
    Character(usize),
    /// There are more or fewer than forty.
    #[error("the recovery code has {0} characters in place of {RECOVERY_CODE_CHARACTERS}")]
    Length(usize),
    /// Too many characters are wrong or missing.
    #[error("too many characters of the recovery code are wrong or cannot be read")]
    TooDamaged,
    /// A newer program made it.
    #[error("this recovery code is of another version; a newer program may read it")]
    Version,
}

impl RecoveryCode {
    /// Makes a fresh code.
    pub fn random(rng: &mut dyn Rng) -> Self {
        let mut symbols = Zeroizing::new([0; RECOVERY_CODE_CHARACTERS]);
        rng.fill(symbols.as_mut_slice());
        symbols.iter_mut().for_each(|symbol| *symbol &= 31);
        if let Some(version) = symbols.first_mut() {
            *version = VERSION;
        }
        checks::put(&mut symbols);
        Self(symbols)
    }

    /// Reads what was typed or scanned, and mends it as far as that can be done.
    ///
    /// White space and hyphens are passed over; lower case is upper case; B, G, I and O are 8, C, 1 and 0, which
    /// they look like. `?` stands for a character that cannot be read.
    ///
    /// # Errors
    /// See [`RecoveryCodeError`].
    pub fn read(text: &str) -> Result<RecoveryCodeReading, RecoveryCodeError> {
        let (symbols, unreadable) = symbols_of(text)?;
        let Mended { words, changes, is_certain } = mend(&symbols, &unreadable);
        let is_there = !words.is_empty();
        let codes: Vec<Self> =
            words.into_iter().filter(|word| word.first() == Some(&VERSION)).map(Self).collect();
        if !codes.is_empty() {
            return Ok(RecoveryCodeReading { codes, mended: changes });
        }
        Err(if is_certain && is_there { RecoveryCodeError::Version } else { RecoveryCodeError::TooDamaged })
    }

    /// Writes the code as eight groups of five characters, one space between two of them.
    pub fn to_text(&self) -> Zeroizing<String> {
        let groups = RECOVERY_CODE_CHARACTERS.div_ceil(CHARACTERS_PER_GROUP);
        let mut text = Zeroizing::new(String::with_capacity(RECOVERY_CODE_CHARACTERS.saturating_add(groups)));
        for (place, character) in self.characters().enumerate() {
            if place > 0 && place % CHARACTERS_PER_GROUP == 0 {
                text.push(' ');
            }
            text.push(char::from(character));
        }
        text
    }

    /// The code as a credential for a new slot, or to open one with.
    pub fn credential(&self) -> Credential {
        Credential::of_codes(core::slice::from_ref(self))
    }

    /// The forty characters without spaces.
    pub(crate) fn characters(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.iter().filter_map(|symbol| ALPHABET.get(usize::from(*symbol)).copied())
    }
}

impl core::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

impl RecoveryCodeReading {
    /// The code, where it is certain; nothing where there are several to be tried.
    pub fn code(&self) -> Option<&RecoveryCode> {
        match self.codes.as_slice() {
            [code] => Some(code),
            _ => None,
        }
    }

    /// Characters that were wrong or could not be read.
    pub fn mended(&self) -> usize {
        self.mended
    }

    /// The credential that opens a slot; where the code is not certain, each that it may be is tried.
    pub fn credential(&self) -> Credential {
        Credential::of_codes(&self.codes)
    }
}

/// The values of the characters, and which of them cannot be read.
fn symbols_of(
    text: &str,
) -> Result<(Zeroizing<Symbols>, [bool; RECOVERY_CODE_CHARACTERS]), RecoveryCodeError> {
    let mut symbols = Zeroizing::new([0; RECOVERY_CODE_CHARACTERS]);
    let mut unreadable = [false; RECOVERY_CODE_CHARACTERS];
    let mut count = 0usize;
    for character in text.chars().filter(|character| !character.is_whitespace() && *character != '-') {
        let symbol = match character {
            '?' => None,
            character => {
                Some(symbol_of(character).ok_or(RecoveryCodeError::Character(count.saturating_add(1)))?)
            }
        };
        if let (Some(out), Some(is_unreadable)) = (symbols.get_mut(count), unreadable.get_mut(count)) {
            *out = symbol.unwrap_or(0);
            *is_unreadable = symbol.is_none();
        }
        count = count.saturating_add(1);
    }
    if count == RECOVERY_CODE_CHARACTERS {
        Ok((symbols, unreadable))
    } else {
        Err(RecoveryCodeError::Length(count))
    }
}

fn symbol_of(character: char) -> Option<u8> {
    let upper = u8::try_from(character).ok()?.to_ascii_uppercase();
    let meant = match upper {
        b'B' => b'8',
        b'G' => b'C',
        b'I' => b'1',
        b'O' => b'0',
        other => other,
    };
    let place = ALPHABET.iter().position(|known| *known == meant)?;
    u8::try_from(place).ok()
}

#[cfg(test)]
mod tests;
