//! What a device keeps of trust over the air, and what an auditor keeps in its folder.

use crate::{
    home::use_real_keys,
    storage::Memory,
    vectors::{file, sections_of},
};
use std::{collections::BTreeSet, sync::LazyLock};
use strongroom_auditor::{
    config::AuditorConfig,
    key::{Passphrase, SealedKey, Stretching},
    storage::Storage,
};
use strongroom_client::{limits::TRUST_STATE_BYTES_MAX, trust::TrustState};
use strongroom_crypto::ChaChaRng;
use strongroom_trust::{RootChain, TrustRoot, limits::WITNESSES_MAX};

/// The first line of what a device keeps.
pub(super) const DEVICE_TRUST_HEADER: &str = "strongroom.example/device-trust/v1";

/// A key in a file that is opened with next to no work.
pub(super) static KEY_FILE: LazyLock<String> = LazyLock::new(|| {
    let stretching = Stretching::new(8, 1, 1).expect("next to no work");
    let name = "auditor.example/log".parse().expect("a name");
    let mut rng = ChaChaRng::from_seed([9; 32]);
    SealedKey::<1>::generate(name, &passphrase(), stretching, &mut rng).expect("a key").to_string()
});

/// The line of a key file that says that little work.
const LITTLE_WORK: &str = "\nstretching argon2id 8 1 1\n";

/// The trust root that the app ships.
static TOLD: LazyLock<TrustRoot> =
    LazyLock::new(|| TrustRoot::told(&file("roots/quorum-2.txt")).expect("a root"));

/// What the trust roots say that were ever signed.
static SIGNED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut chain = RootChain::new(TOLD.clone());
    chain.follow(&file("chains/golden.txt")).expect("a chain");
    chain.roots().map(|root| root.contents().to_string()).collect()
});

/// What a device keeps brings it back to where it was, and under no trust root that nobody signed.
pub(super) fn device_trust(bytes: &[u8]) {
    use_real_keys();
    let Ok(state) = TrustState::read(bytes, TOLD.clone()) else { return };
    let text = state.to_text();
    assert!(
        TrustState::read(text.as_bytes(), TOLD.clone()).as_ref() == Ok(&state),
        "its own text says another"
    );
    // Roots that the app has caught up with are left out, and nothing else.
    let (met, own) = (kept_sections(bytes), kept_sections(text.as_bytes()));
    assert_eq!(met.len(), own.len(), "a section was passed over");
    for ((name, met), (own_name, own)) in met.iter().zip(&own) {
        let is_same = met == own || (name == "roots" && own.len() < met.len());
        assert!(name == own_name && is_same, "a device's trust has two texts");
    }
    for root in state.chain().roots() {
        assert!(SIGNED.contains(&root.contents().to_string()), "a trust root that nobody signed");
    }
}

fn kept_sections(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    assert!(bytes.len() <= TRUST_STATE_BYTES_MAX);
    sections_of(bytes, DEVICE_TRUST_HEADER)
}

/// A key file has one text; one that was changed opens no more.
pub(super) fn key_file(bytes: &[u8]) {
    use_real_keys();
    let Ok(text) = str::from_utf8(bytes) else {
        assert!(SealedKey::<1>::parse(bytes).is_err());
        return;
    };
    let of_notes = SealedKey::<1>::parse(bytes).ok();
    let of_witness = SealedKey::<4>::parse(bytes).ok();
    assert!(of_notes.is_none() || of_witness.is_none(), "a key is of two kinds");
    assert!(of_notes.as_ref().is_none_or(|file| file.to_string() == text), "a key file has two texts");
    assert!(of_witness.as_ref().is_none_or(|file| file.to_string() == text), "a key file has two texts");
    if let Some(file) = of_notes.filter(|_| text.contains(LITTLE_WORK)) {
        let is_own = *text == **KEY_FILE;
        assert_eq!(file.open(&passphrase()).is_ok(), is_own, "a changed key file opens");
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new("an auditor's passphrase".into())
}

/// What an auditor is told is written down and read as the same.
pub(super) fn auditor_configuration(bytes: &[u8]) {
    let files = Memory::default();
    files.replace("auditor.toml", bytes).expect("files in memory");
    let Ok(config) = AuditorConfig::read(&files) else { return };
    assert!(config.witnesses.len() <= WITNESSES_MAX);
    config.write(&files).expect("a configuration");
    assert!(AuditorConfig::read(&files).is_ok_and(|again| again == config), "it is read as another");
}
