//! What the person has or knows.

use crate::error::plain;
use strongroom_client::{Credential, RecoveryCode};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// A password, a recovery code, or a passkey's answer.
#[wasm_bindgen(js_name = Credential)]
pub struct WebCredential {
    pub(crate) credential: Credential,
    mended: u32,
    is_certain: bool,
}

impl WebCredential {
    pub(crate) fn of(credential: Credential) -> Self {
        Self { credential, mended: 0, is_certain: true }
    }
}

#[wasm_bindgen(js_class = Credential)]
impl WebCredential {
    /// Takes a password or PIN as it was typed.
    pub fn password(text: &str) -> WebCredential {
        Self::of(Credential::password(text))
    }

    /// Reads a recovery code as it was typed; `?` stands for a character that cannot be read.
    ///
    /// # Errors
    /// It is none.
    #[wasm_bindgen(js_name = recoveryCode)]
    pub fn recovery_code(text: &str) -> Result<WebCredential, JsValue> {
        let reading = RecoveryCode::read(text).map_err(|error| plain("recovery-code", &error))?;
        Ok(Self {
            mended: u32::try_from(reading.mended()).unwrap_or(u32::MAX),
            is_certain: reading.code().is_some(),
            credential: reading.credential(),
        })
    }

    /// Characters of a recovery code that were wrong or could not be read, and were mended.
    #[wasm_bindgen(getter)]
    pub fn mended(&self) -> u32 {
        self.mended
    }

    /// Whether it is known for certain what was meant; else each code that may be meant is tried.
    #[wasm_bindgen(getter, js_name = isCertain)]
    pub fn is_certain(&self) -> bool {
        self.is_certain
    }
}
