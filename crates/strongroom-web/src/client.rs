//! The client, as a page's worker calls it.

use crate::{
    credential::WebCredential,
    error::{of_client, plain},
    key::WebKey,
    passkey::{WebPasskey, WebPasskeyOffer},
    shape::{status_in_json, trusted_in_json},
    transport::{Page, PageTransport},
};
use std::cell::RefCell;
use strongroom_client::{
    Client, ClientError, Confirmation, Locator, OverTheAir, Pin, Place, Questions, RecoveryCode,
    TrustRoot,
    trust::Wanted,
};
use strongroom_crypto::ChaChaRng;
use strongroom_protocol::ids::SlotNumber;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use zeroize::Zeroizing;

/// Whom to trust, and where the fleet is reached.
#[wasm_bindgen]
#[derive(Default)]
pub struct Options {
    pin: Option<String>,
    trust_root: Option<String>,
    endpoints: Vec<String>,
    log: Option<String>,
    epoch_floor: Option<u64>,
    insecure_no_stretching: bool,
}

#[wasm_bindgen]
impl Options {
    /// Trusts the fleet of a pin, by its text.
    #[wasm_bindgen(js_name = pinned)]
    pub fn pinned(pin: String) -> Options {
        Self { pin: Some(pin), ..Self::default() }
    }

    /// Trusts whatever a trust root leads to, by its text. The endpoints have to be named then.
    #[wasm_bindgen(js_name = overTheAir)]
    pub fn over_the_air(trust_root: String) -> Options {
        Self { trust_root: Some(trust_root), ..Self::default() }
    }

    /// Names one more endpoint; without any, the pin's are taken.
    pub fn endpoint(&mut self, url: String) {
        self.endpoints.push(url);
    }

    /// Names the audit log's URL, under a trust root.
    pub fn log(&mut self, url: String) {
        self.log = Some(url);
    }

    /// Names the least epoch that is believed, under a trust root.
    #[wasm_bindgen(js_name = epochFloor)]
    pub fn epoch_floor(&mut self, epoch: u64) {
        self.epoch_floor = Some(epoch);
    }

    /// Makes and accepts slots without key stretching: for tests only.
    #[wasm_bindgen(js_name = insecureNoStretching)]
    pub fn insecure_no_stretching(&mut self) {
        self.insecure_no_stretching = true;
    }
}

/// A client of the fleet that is pinned, or of those that a trust root leads to.
#[wasm_bindgen]
pub struct VaultClient {
    client: Client<Page>,
    /// What was asked last, for [`Self::insist`].
    asked: RefCell<Option<Questions>>,
}

/// A vault that was made.
#[wasm_bindgen]
pub struct Made {
    locator: Locator,
    key: Option<WebKey>,
}

/// A backup key that came back.
#[wasm_bindgen]
pub struct Restored {
    key: Option<WebKey>,
    /// Wrong guesses since the last success, on any device.
    #[wasm_bindgen(readonly)]
    pub failed: u32,
    /// How many of them were not made with this client.
    #[wasm_bindgen(readonly, js_name = failedElsewhere)]
    pub failed_elsewhere: u32,
    /// Whether the guesses are full again; recovery codes and passkeys refill none.
    #[wasm_bindgen(readonly, js_name = isCounted)]
    pub is_counted: bool,
}

/// A password that was changed.
#[wasm_bindgen]
pub struct Changed {
    locator: Locator,
    /// Guesses left.
    #[wasm_bindgen(readonly)]
    pub left: u8,
    /// Whether the change was confirmed, which refills the guesses.
    #[wasm_bindgen(readonly, js_name = isConfirmed)]
    pub is_confirmed: bool,
}

#[wasm_bindgen]
impl Made {
    /// The locator's text, to be kept beside the backup.
    #[wasm_bindgen(getter)]
    pub fn locator(&self) -> String {
        self.locator.to_json()
    }

    /// Takes the key out, once.
    #[wasm_bindgen(js_name = takeKey)]
    pub fn take_key(&mut self) -> Option<WebKey> {
        self.key.take()
    }
}

#[wasm_bindgen]
impl Restored {
    /// Takes the key out, once.
    #[wasm_bindgen(js_name = takeKey)]
    pub fn take_key(&mut self) -> Option<WebKey> {
        self.key.take()
    }
}

#[wasm_bindgen]
impl Changed {
    /// The locator's text, to be kept from now on.
    #[wasm_bindgen(getter)]
    pub fn locator(&self) -> String {
        self.locator.to_json()
    }
}

#[wasm_bindgen]
impl VaultClient {
    /// Puts a client together; nothing is sent.
    ///
    /// # Errors
    /// Pin, trust root or an endpoint cannot be used.
    #[wasm_bindgen(constructor)]
    pub fn new(options: Options, transport: PageTransport) -> Result<VaultClient, JsValue> {
        let mut builder = <Client>::builder();
        let options_error = |error: &dyn core::fmt::Display| plain("options", error);
        builder = match (&options.pin, &options.trust_root) {
            (Some(pin), _) => builder.trust(&pin.parse::<Pin>().map_err(|error| options_error(&error))?),
            (None, Some(root)) => builder.trust(over_the_air(root, &options)?),
            (None, None) => return Err(options_error(&"neither a pin nor a trust root was given")),
        };
        if !options.endpoints.is_empty() {
            builder = builder.endpoints(&options.endpoints);
        }
        if options.insecure_no_stretching {
            builder = builder.allow_no_stretching();
        }
        let built = builder.build_with(Page::new(transport), fresh_rng()?);
        Ok(Self { client: built.map_err(|error| options_error(&error))?, asked: RefCell::new(None) })
    }

    /// What is trusted, as JSON: `{"fleet", "members", "quorum", "guesses", "isSimulation", "epoch", "warnings"}`; comes to
    /// believe it first where that is needed. With a locator, the vault's fleet, else the one that new vaults go to.
    ///
    /// # Errors
    /// Nothing may be believed, or the user has to be asked.
    pub async fn believe(&self, locator: Option<String>) -> Result<String, JsValue> {
        let wanted = match locator {
            Some(text) => Wanted::Vault(read(&text)?.fleet()),
            None => Wanted::NewVault,
        };
        let trusted = self.client.believe(wanted).await.map_err(|error| self.told(error))?;
        Ok(trusted_in_json(&trusted))
    }

    /// Goes on although something speaks against the fleet: the user was told all of what the last error `unconfirmed`
    /// lists, and insists.
    pub fn insist(&self) {
        if let Some(questions) = self.asked.borrow_mut().take() {
            self.client.insist(questions);
        }
    }

    /// Makes a vault with a fresh backup key.
    ///
    /// # Errors
    /// See the package's list of codes.
    pub async fn register(&self, credential: &WebCredential) -> Result<Made, JsValue> {
        let made = self.client.register(credential.credential.duplicate()).await;
        let (locator, key) = made.map_err(|error| self.told(error))?;
        Ok(Made { locator, key: Some(WebKey(key)) })
    }

    /// Gets the backup key back.
    ///
    /// # Errors
    /// See the package's list of codes.
    pub async fn recover(&self, locator: &str, credential: &WebCredential) -> Result<Restored, JsValue> {
        let recovered = self.client.recover(&read(locator)?, credential.credential.duplicate()).await;
        let recovered = recovered.map_err(|error| self.told(error))?;
        Ok(Restored {
            is_counted: matches!(recovered.confirmation, Confirmation::Confirmed { .. }),
            failed: recovered.failed,
            failed_elsewhere: recovered.failed_elsewhere,
            key: Some(WebKey(recovered.key)),
        })
    }

    /// Sets a new password.
    ///
    /// # Errors
    /// See the package's list of codes.
    #[wasm_bindgen(js_name = changePassword)]
    pub async fn change_password(
        &self,
        locator: &str,
        key: &WebKey,
        password: &WebCredential,
    ) -> Result<Changed, JsValue> {
        let changed =
            self.client.change_password(&read(locator)?, &key.0, password.credential.duplicate()).await;
        let changed = changed.map_err(|error| self.told(error))?;
        Ok(Changed { locator: changed.locator, left: changed.left, is_confirmed: changed.is_confirmed })
    }

    /// Makes a recovery code, sees that it opens the vault, and gives it, to be shown once.
    ///
    /// # Errors
    /// `slot-taken` where the vault has one and none is to be replaced; see the package's list of codes.
    #[wasm_bindgen(js_name = addRecoveryCode)]
    pub async fn add_recovery_code(
        &self,
        locator: &str,
        key: &WebKey,
        replace_slot: Option<u8>,
    ) -> Result<String, JsValue> {
        let code = RecoveryCode::random(&mut fresh_rng()?);
        let place = replace_slot.and_then(SlotNumber::new).map_or(Place::Free, Place::Of);
        let added = self.client.add_slot(&read(locator)?, &key.0, code.credential(), place).await;
        added.map_err(|error| self.told(error))?;
        Ok(code.to_text().as_str().to_owned())
    }

    /// Adds a passkey, and sees that it opens the vault; gives its slot.
    ///
    /// # Errors
    /// See the package's list of codes.
    #[wasm_bindgen(js_name = addPasskey)]
    pub async fn add_passkey(
        &self,
        locator: &str,
        key: &WebKey,
        passkey: &WebCredential,
    ) -> Result<u8, JsValue> {
        let credential = passkey.credential.duplicate();
        let added = self.client.add_slot(&read(locator)?, &key.0, credential, Place::Free).await;
        Ok(added.map_err(|error| self.told(error))?.slot.get())
    }

    /// Draws what an authenticator is asked for: for a vault that stands, or for one that a passkey is to make.
    ///
    /// # Errors
    /// See the package's list of codes.
    #[wasm_bindgen(js_name = offerPasskey)]
    pub async fn offer_passkey(&self, locator: Option<String>, rp_id: &str) -> Result<WebPasskeyOffer, JsValue> {
        let offer = match locator {
            Some(text) => self.client.offer_passkey(&read(&text)?, rp_id).await,
            None => self.client.offer_first_passkey(rp_id).await,
        };
        offer.map(WebPasskeyOffer).map_err(|error| self.told(error))
    }

    /// The vault's passkeys.
    ///
    /// # Errors
    /// See the package's list of codes.
    pub async fn passkeys(&self, locator: &str) -> Result<Vec<WebPasskey>, JsValue> {
        let known = self.client.passkeys(&read(locator)?).await.map_err(|error| self.told(error))?;
        Ok(known.into_iter().map(WebPasskey).collect())
    }

    /// How the vault stands, as JSON: `{"generation", "left", "failed", "slots": [{"slot", "kind", "isErased", "label", "rpId"}]}`.
    ///
    /// # Errors
    /// See the package's list of codes.
    pub async fn status(&self, locator: &str) -> Result<String, JsValue> {
        let status = self.client.status(&read(locator)?).await.map_err(|error| self.told(error))?;
        Ok(status_in_json(&status))
    }

    /// Removes a slot.
    ///
    /// # Errors
    /// See the package's list of codes.
    #[wasm_bindgen(js_name = removeSlot)]
    pub async fn remove_slot(&self, locator: &str, key: &WebKey, slot: u8) -> Result<(), JsValue> {
        let slot = SlotNumber::new(slot).ok_or_else(|| plain("options", &"a slot is a number from 1 to 8"))?;
        let removed = self.client.remove_slot(&read(locator)?, &key.0, slot).await;
        removed.map_err(|error| self.told(error))
    }

    /// Erases the vault for ever.
    ///
    /// # Errors
    /// See the package's list of codes.
    pub async fn erase(&self, locator: &str, key: &WebKey) -> Result<(), JsValue> {
        self.client.erase(&read(locator)?, &key.0).await.map_err(|error| self.told(error))
    }
}

impl VaultClient {
    /// The error for JavaScript; what has to be asked is remembered.
    fn told(&self, error: ClientError) -> JsValue {
        let told = of_client(&error);
        if let ClientError::Unconfirmed(questions) = error {
            *self.asked.borrow_mut() = Some(*questions);
        }
        told
    }
}

fn over_the_air(root: &str, options: &Options) -> Result<OverTheAir, JsValue> {
    let refused = |error: &dyn core::fmt::Display| plain("options", error);
    let root = TrustRoot::told(root.as_bytes()).map_err(|error| refused(&error))?;
    let mut trust = OverTheAir::new(root);
    if let Some(log) = &options.log {
        trust = trust.log(log.parse().map_err(|error| refused(&error))?);
    }
    if let Some(epoch) = options.epoch_floor {
        trust = trust.floor(strongroom_client::Epoch(epoch));
    }
    Ok(trust)
}

fn read(locator: &str) -> Result<Locator, JsValue> {
    Locator::from_bytes(locator.as_bytes()).map_err(|error| plain("locator", &error))
}

fn fresh_rng() -> Result<ChaChaRng, JsValue> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice())
        .map_err(|_| plain("no-randomness", &"the browser gives no random numbers"))?;
    Ok(ChaChaRng::from_seed(*seed))
}
