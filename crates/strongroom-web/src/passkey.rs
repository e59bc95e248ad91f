//! What an authenticator is asked for. The ceremonies themselves are the page's.

use crate::{credential::WebCredential, error::plain};
use js_sys::{Array, Uint8Array};
use strongroom_client::{KnownPasskey, MadePasskey, PasskeyError, PasskeyOffer, PrfOutput};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use zeroize::Zeroizing;

/// What an authenticator is asked for, so that a slot can be made with it.
#[wasm_bindgen(js_name = PasskeyOffer)]
pub struct WebPasskeyOffer(pub(crate) PasskeyOffer);

#[wasm_bindgen(js_class = PasskeyOffer)]
impl WebPasskeyOffer {
    /// What the PRF is asked for, as `eval.first`.
    #[wasm_bindgen(getter, js_name = prfInput)]
    pub fn prf_input(&self) -> Vec<u8> {
        self.0.prf_input().to_vec()
    }

    /// The user handle: random, and never the vault id.
    #[wasm_bindgen(getter, js_name = userHandle)]
    pub fn user_handle(&self) -> Vec<u8> {
        self.0.user_handle().to_vec()
    }

    /// The relying-party id.
    #[wasm_bindgen(getter, js_name = rpId)]
    pub fn rp_id(&self) -> String {
        self.0.rp_id().to_owned()
    }

    /// Credential ids that the vault has already.
    #[wasm_bindgen(getter)]
    pub fn exclude(&self) -> Array {
        self.0.exclude().iter().map(|id| JsValue::from(Uint8Array::from(id.as_slice()))).collect()
    }

    /// Takes the passkey that the person has made, with the PRF's answer from two ceremonies.
    ///
    /// # Errors
    /// It could not open the vault again, or not safely.
    pub fn made(
        &self,
        credential_id: Vec<u8>,
        label: String,
        is_user_verified: bool,
        first: Option<Vec<u8>>,
        second: Option<Vec<u8>>,
    ) -> Result<WebCredential, JsValue> {
        let answers = [answer(first)?, answer(second)?];
        let made = self.0.made(MadePasskey { credential_id, label, is_user_verified, answers });
        made.map(WebCredential::of).map_err(|error| refused(&error))
    }
}

/// A passkey of a vault.
#[wasm_bindgen(js_name = KnownPasskey)]
pub struct WebPasskey(pub(crate) KnownPasskey);

#[wasm_bindgen(js_class = KnownPasskey)]
impl WebPasskey {
    /// The slot that it opens.
    #[wasm_bindgen(getter)]
    pub fn slot(&self) -> u8 {
        self.0.slot().get()
    }

    /// Which credential to ask.
    #[wasm_bindgen(getter, js_name = credentialId)]
    pub fn credential_id(&self) -> Vec<u8> {
        self.0.credential_id().to_vec()
    }

    /// The relying-party id.
    #[wasm_bindgen(getter, js_name = rpId)]
    pub fn rp_id(&self) -> String {
        self.0.rp_id().to_owned()
    }

    /// The name that the person gave it.
    #[wasm_bindgen(getter)]
    pub fn label(&self) -> String {
        self.0.label().to_owned()
    }

    /// What the PRF is asked for, as `evalByCredential`.
    #[wasm_bindgen(getter, js_name = prfInput)]
    pub fn prf_input(&self) -> Vec<u8> {
        self.0.prf_input().to_vec()
    }

    /// Takes the authenticator's answer.
    ///
    /// # Errors
    /// It was another credential, it did not verify its user, or it has no answer.
    pub fn answered(
        &self,
        credential_id: &[u8],
        is_user_verified: bool,
        first: Option<Vec<u8>>,
    ) -> Result<WebCredential, JsValue> {
        let answered = self.0.answered(credential_id, is_user_verified, answer(first)?);
        answered.map(WebCredential::of).map_err(|error| refused(&error))
    }
}

fn answer(bytes: Option<Vec<u8>>) -> Result<Option<PrfOutput>, JsValue> {
    let bytes = bytes.map(Zeroizing::new);
    bytes.map(|bytes| PrfOutput::from_slice(&bytes)).transpose().map_err(|error| refused(&error))
}

fn refused(error: &PasskeyError) -> JsValue {
    plain("passkey", error)
}
