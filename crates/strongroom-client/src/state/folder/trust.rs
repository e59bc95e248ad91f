//! What a device came to believe, one file for each namespace, and what proves a lie to others.

use super::{DeviceFolder, StateError, file_error, hex_name, read, write};
use crate::{limits::TRUST_STATE_BYTES_MAX, trust::TrustState};
use std::path::PathBuf;
use strongroom_trust::{TrustRoot, text_digest};

impl DeviceFolder {
    /// Reads what the device keeps under this trust root; nothing but the root where nothing is kept.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, or is another trust root's.
    pub fn load_trust(&self, told: &TrustRoot) -> Result<TrustState, StateError> {
        let path = self.trust_file(told.contents().namespace.as_str());
        let Some(text) = read(&path, TRUST_STATE_BYTES_MAX)? else {
            return Ok(TrustState::new(told.clone()));
        };
        TrustState::read(&text, told.clone()).map_err(|source| StateError::Trust { path, source })
    }

    /// Keeps what the device believes; it is on the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_trust(&self, state: &TrustState) -> Result<(), StateError> {
        let path = self.trust_file(state.namespace().as_str());
        write(&path, state.to_text().as_bytes()).map_err(file_error("written", &path))
    }

    /// Keeps what proves a lie to others, and says where.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_evidence(&self, text: &str) -> Result<PathBuf, StateError> {
        let name = hex_name(*text_digest(text).as_bytes());
        let path = self.path.join(format!("{name}.evidence"));
        write(&path, text.as_bytes()).map_err(file_error("written", &path))?;
        Ok(path)
    }

    fn trust_file(&self, namespace: &str) -> PathBuf {
        self.path.join(format!("{}.trust", hex_name(*text_digest(namespace).as_bytes())))
    }
}
