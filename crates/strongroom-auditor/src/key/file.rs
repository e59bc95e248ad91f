//! A secret key in a file, sealed under a passphrase. Page: `docs/spec/key-file.md`.

use super::{Passphrase, Stretching};
use crate::limits::KEY_FILE_BYTES_MAX;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt;
use strongroom_crypto::{Rng, Secret, labels, seal, sign::SigningKey};
use strongroom_trust::{
    KeyName, Vkey,
    lines::{LineError, Lines, Value},
};

const HEADER: &str = "strongroom.example/key-file/v1";
const ALGORITHM: &str = "argon2id";
const SALT_BYTES: usize = 16;

/// A key whose public half is readable and whose secret half is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey<const TYPE: u8> {
    key: Vkey<TYPE>,
    stretching: Stretching,
    salt: [u8; SALT_BYTES],
    sealed: Vec<u8>,
}

/// A key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// The text has another form.
    #[error(transparent)]
    Form(#[from] LineError),
    /// The passphrase is another one, or somebody changed the file.
    #[error("the passphrase does not open the key {0}")]
    Passphrase(String),
    /// There is not enough memory to open it.
    #[error("there is not enough memory to open the key")]
    Memory,
    /// The secret is not that of the public key.
    #[error("the secret in the file is not that of the key {0}")]
    OtherKey(String),
}

impl<const TYPE: u8> SealedKey<TYPE> {
    /// Makes a new key of this name and seals it.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn generate(
        name: KeyName,
        passphrase: &Passphrase,
        stretching: Stretching,
        rng: &mut dyn Rng,
    ) -> Result<Self, KeyFileError> {
        let secret = SigningKey::generate(rng);
        let mut salt = [0; SALT_BYTES];
        rng.fill(&mut salt);
        let told = name.to_string();
        let key = Vkey::new(name, secret.public()).map_err(|_| KeyFileError::OtherKey(told))?;
        let sealing = stretching.stretch(passphrase, &salt).ok_or(KeyFileError::Memory)?;
        let mut file = Self { key, stretching, salt, sealed: Vec::new() };
        let bound = file.bound();
        file.sealed =
            seal::seal(&sealing, labels::KEY_FILE_SEAL, &[bound.as_bytes()], secret.seed().expose(), rng);
        Ok(file)
    }

    /// Opens the secret half.
    ///
    /// # Errors
    /// See [`KeyFileError`].
    pub fn open(&self, passphrase: &Passphrase) -> Result<SigningKey, KeyFileError> {
        let name = || self.key.name().to_string();
        let sealing = self.stretching.stretch(passphrase, &self.salt).ok_or(KeyFileError::Memory)?;
        let bound = self.bound();
        let seed = seal::open(&sealing, labels::KEY_FILE_SEAL, &[bound.as_bytes()], &self.sealed);
        let seed = seed.map_err(|_| KeyFileError::Passphrase(name()))?;
        let seed = Secret::from_slice(seed.expose()).ok_or_else(|| KeyFileError::OtherKey(name()))?;
        let secret = SigningKey::from_seed(seed);
        if secret.public() == *self.key.public() { Ok(secret) } else { Err(KeyFileError::OtherKey(name())) }
    }

    /// The work that opening it takes.
    pub fn stretching(&self) -> Stretching {
        self.stretching
    }

    /// The public half.
    pub fn key(&self) -> &Vkey<TYPE> {
        &self.key
    }

    /// Reads a key file strictly.
    ///
    /// # Errors
    /// [`KeyFileError::Form`].
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let mut lines = Lines::of(bytes, KEY_FILE_BYTES_MAX)?;
        lines.exactly(HEADER)?;
        let key = lines.expect("key")?.parse()?;
        let stretching = read_stretching(&lines.expect("stretching")?)?;
        let salt_line = lines.expect("salt")?;
        let salt = decode(&salt_line)?;
        let salt = salt.try_into().map_err(|_| salt_line.error("wants 16 bytes"))?;
        let sealed_line = lines.expect("sealed")?;
        let sealed = decode(&sealed_line)?;
        if sealed.len() != 32 + seal::SEAL_OVERHEAD {
            return Err(sealed_line.error("wants 72 bytes").into());
        }
        lines.end()?;
        Ok(Self { key, stretching, salt, sealed })
    }

    /// What the seal covers besides the secret: the file up to the sealed line.
    fn bound(&self) -> String {
        let (kibibytes, passes, lanes) = self.stretching.numbers();
        format!(
            "{HEADER}\nkey {}\nstretching {ALGORITHM} {kibibytes} {passes} {lanes}\nsalt {}\n",
            self.key,
            STANDARD.encode(self.salt)
        )
    }
}

impl<const TYPE: u8> fmt::Display for SealedKey<TYPE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}sealed {}", self.bound(), STANDARD.encode(&self.sealed))
    }
}

fn read_stretching(value: &Value<'_>) -> Result<Stretching, LineError> {
    let (kibibytes, rest) = value.after(ALGORITHM)?.split()?;
    let (passes, lanes) = rest.split()?;
    let stretching = Stretching::new(kibibytes.number()?, passes.number()?, lanes.number()?);
    stretching.ok_or_else(|| value.error("wants memory, passes and lanes within their bounds"))
}

fn decode(value: &Value<'_>) -> Result<Vec<u8>, LineError> {
    STANDARD.decode(value.text()).map_err(|_| value.error("wants base64"))
}

#[cfg(test)]
mod tests;
