//! A vault's slots, as `vault list` shows them and `vault remove` names them.

use serde::Serialize;
use strongroom_protocol::{
    client::{SlotKind, SlotStatus, VaultStatus},
    ids::SlotNumber,
};

/// One slot, in the JSON shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct SlotJson {
    pub(super) slot: u8,
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rp_id: Option<String>,
    pub(super) is_erased: bool,
}

pub(super) fn shape(status: &VaultStatus) -> Vec<SlotJson> {
    status.slots.as_slice().iter().map(slot).collect()
}

fn slot(stands: &SlotStatus) -> SlotJson {
    let passkey = match &stands.kind {
        SlotKind::Passkey(passkey) => Some(passkey),
        SlotKind::Password | SlotKind::RecoveryCode => None,
    };
    SlotJson {
        slot: stands.slot.get(),
        kind: kind_name(&stands.kind),
        label: passkey.map(|passkey| printable(passkey.label.as_str())),
        rp_id: passkey.map(|passkey| printable(passkey.rp_id.as_str())),
        is_erased: stands.erased != 0,
    }
}

pub(super) fn kind_name(kind: &SlotKind) -> &'static str {
    match kind {
        SlotKind::Password => "password",
        SlotKind::RecoveryCode => "recovery-code",
        SlotKind::Passkey(_) => "passkey",
    }
}

/// The slot with this number, or the only one of this kind.
pub(super) fn named(status: &VaultStatus, name: &str) -> Option<SlotNumber> {
    let slots = status.slots.as_slice();
    if let Ok(number) = name.parse::<u8>() {
        return slots.iter().map(|slot| slot.slot).find(|slot| slot.get() == number);
    }
    let mut of_kind = slots.iter().filter(|slot| kind_name(&slot.kind) == name);
    match (of_kind.next(), of_kind.next()) {
        (Some(only), None) => Some(only.slot),
        _ => None,
    }
}

/// A name that a fleet hands out, without what could move a terminal's cursor.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_protocol::{
        bytes::{Bytes, List, Text},
        client::Passkey,
        ids::{Generation, RegistrationId},
    };

    fn status() -> VaultStatus {
        let passkey = |label: &str| {
            SlotKind::Passkey(Passkey {
                credential_id: Bytes::new(vec![1; 16]).unwrap(),
                rp_id: Text::shortened("localhost"),
                label: Text::shortened(label),
            })
        };
        let kinds = [SlotKind::Password, SlotKind::RecoveryCode, passkey("phone"), passkey("a\u{1b}[2Jb")];
        let slots = kinds.into_iter().zip(1..).map(|(kind, number)| SlotStatus {
            slot: SlotNumber::new(number).unwrap(),
            kind,
            registration: RegistrationId::new([number; 16]),
            erased: u8::from(number == 1),
        });
        let slots = List::new(slots.collect()).unwrap();
        VaultStatus { generation: Generation(4), slots, left: 0, failed: 10 }
    }

    #[test]
    fn the_json_shape_stands() {
        let shapes = serde_json::to_string(&shape(&status())).unwrap();
        let first = r#"{"slot":1,"kind":"password","is_erased":true},{"slot":2,"kind":"recovery-code","is_erased":false}"#;
        assert!(shapes.contains(first), "{shapes}");
        let passkey = r#"{"slot":3,"kind":"passkey","label":"phone","rp_id":"localhost","is_erased":false}"#;
        assert!(shapes.contains(passkey), "{shapes}");
    }

    #[test]
    fn a_slot_is_named_by_its_number_or_by_a_kind_of_which_there_is_one() {
        let named = |name: &str| named(&status(), name).map(SlotNumber::get);
        assert_eq!((named("2"), named("recovery-code"), named("password")), (Some(2), Some(2), Some(1)));
        assert_eq!((named("passkey"), named("5"), named("0"), named("phone")), (None, None, None, None));
    }

    #[test]
    fn a_label_cannot_move_the_cursor() {
        assert_eq!(shape(&status())[3].label.as_deref(), Some("a\u{fffd}[2Jb"));
    }
}
