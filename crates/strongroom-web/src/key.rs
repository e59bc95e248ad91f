//! The backup key, kept out of JavaScript.

use strongroom_client::BackupKey;
use wasm_bindgen::prelude::wasm_bindgen;

/// A backup key. Its bits stay in this module's memory; `free()` zeroises them.
#[wasm_bindgen(js_name = BackupKey)]
pub struct WebKey(pub(crate) BackupKey);

#[wasm_bindgen(js_class = BackupKey)]
impl WebKey {
    /// The 64 digits, for a person to write down: from here on JavaScript holds them, and whoever reads them has
    /// everything.
    #[wasm_bindgen(js_name = toDigits)]
    pub fn to_digits(&self) -> String {
        self.0.to_digits().as_str().to_owned()
    }

    /// Whether another key is the same, in constant time.
    pub fn matches(&self, other: &WebKey) -> bool {
        self.0.matches(&other.0)
    }
}
