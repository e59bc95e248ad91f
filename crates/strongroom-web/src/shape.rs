//! What is shown and not computed with, as JSON.

use serde_json::{Value, json};
use strongroom_client::{Trusted, trust::advice_on_concern};
use strongroom_protocol::client::{SlotKind, SlotStatus, VaultStatus};

pub(crate) fn trusted_in_json(trusted: &Trusted) -> String {
    let fleet = trusted.fleet();
    let warnings: Vec<String> = trusted
        .warnings()
        .iter()
        .map(|concern| format!("{concern}. {}", advice_on_concern(concern)))
        .collect();
    json!({
        "fleet": fleet.id().to_hex(),
        "members": fleet.members(),
        "quorum": fleet.quorum(),
        "guesses": fleet.guesses(),
        "isSimulation": fleet.is_simulation(),
        "epoch": trusted.epoch().map(|epoch| epoch.0),
        "warnings": warnings,
    })
    .to_string()
}

pub(crate) fn status_in_json(status: &VaultStatus) -> String {
    let slots: Vec<Value> = status.slots.as_slice().iter().map(slot).collect();
    json!({
        "generation": status.generation.0,
        "left": status.left,
        "failed": status.failed,
        "slots": slots,
    })
    .to_string()
}

fn slot(slot: &SlotStatus) -> Value {
    let number = slot.slot.get();
    match &slot.kind {
        SlotKind::Password => json!({ "slot": number, "kind": "password", "isErased": slot.erased != 0 }),
        SlotKind::RecoveryCode => json!({ "slot": number, "kind": "recovery-code", "isErased": false }),
        SlotKind::Passkey(passkey) => json!({
            "slot": number,
            "kind": "passkey",
            "isErased": false,
            "label": passkey.label.as_str(),
            "rpId": passkey.rp_id.as_str(),
        }),
    }
}
