//! An auditor's configuration: `auditor.toml` in its folder. Page: `docs/spec/auditor.md`.
//!
//! ```toml
//! namespace = "example.messenger.v1"
//! origin = "auditor.example/log"
//!
//! [[witnesses]]
//! key = "witness-1.example+6e4035e9+BAkJ+hMA5d07FuTeudD7VHmZG/Gm0+Qm1FOTkOA/1T2w"
//! url = "https://witness-1.example"
//! ```

use crate::{
    limits::CONFIG_BYTES_MAX,
    storage::{Storage, StorageError},
    web::WebClient,
    witnessing::{HttpWitness, WitnessLink},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt::Display, str::FromStr, sync::Arc};
use strongroom_trust::{KeyName, Namespace, WitnessKey, limits::WITNESSES_MAX};

const FILE: &str = "auditor.toml";

/// What an auditor is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditorConfig {
    /// The line of bundles that it signs.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub namespace: Namespace,
    /// The log's name.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub origin: KeyName,
    /// Where witnesses are reached; the trust root says which of them count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<WitnessAddress>,
}

/// Where a witness is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessAddress {
    /// Its key.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub key: WitnessKey,
    /// The prefix of its URLs.
    pub url: String,
}

/// A configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is none.
    #[error("this is no auditor's folder: it holds no {FILE}")]
    Missing,
    /// A field is wrong, missing or unknown; the text names line and column.
    #[error("{FILE}: {0}")]
    Malformed(String),
    /// There are more witnesses than a trust root can name.
    #[error("{FILE}: at most {WITNESSES_MAX} witnesses may stand")]
    TooManyWitnesses,
}

impl AuditorConfig {
    /// Reads the configuration of a folder.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(storage: &dyn Storage) -> Result<Self, ConfigError> {
        let bytes = storage.read(FILE, CONFIG_BYTES_MAX)?.ok_or(ConfigError::Missing)?;
        let text = std::str::from_utf8(&bytes).map_err(|cause| ConfigError::Malformed(cause.to_string()))?;
        let config: Self = toml::from_str(text).map_err(|cause| ConfigError::Malformed(cause.to_string()))?;
        config.checked()
    }

    /// Writes the configuration.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn write(&self, storage: &dyn Storage) -> Result<(), ConfigError> {
        let text = toml::to_string(self).map_err(|cause| ConfigError::Malformed(cause.to_string()))?;
        Ok(storage.replace(FILE, text.as_bytes())?)
    }

    /// Adds a witness, or gives one that is there another address.
    ///
    /// # Errors
    /// [`ConfigError::TooManyWitnesses`].
    pub fn with_witness(mut self, key: WitnessKey, url: String) -> Result<Self, ConfigError> {
        self.witnesses.retain(|witness| witness.key != key);
        self.witnesses.push(WitnessAddress { key, url });
        self.checked()
    }

    /// The ways to the witnesses.
    pub fn links(&self, client: &WebClient) -> Vec<Arc<dyn WitnessLink>> {
        let link = |witness: &WitnessAddress| -> Arc<dyn WitnessLink> {
            Arc::new(HttpWitness::new(witness.key.clone(), &witness.url, client.clone()))
        };
        self.witnesses.iter().map(link).collect()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        if self.witnesses.len() > WITNESSES_MAX { Err(ConfigError::TooManyWitnesses) } else { Ok(self) }
    }
}

fn write<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn read<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
