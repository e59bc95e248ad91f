//! Delivery units and their verification, with everything that a device brings along.
//!
//! The first byte chooses: a unit of the vectors under its own trust root, with the real signatures, of
//! which parts are changed, swapped, dropped, repeated or taken from other units; or a unit that
//! is written, signed and logged anew, in ways that honest parties would not. What comes of either is
//! compared with a second reading of the steps ([`order`]): the same step fails, and what is
//! believed was signed as it stands.

mod forge;
mod forged;
mod order;
mod pieces;

use crate::{home, tape::Tape};
use order::Steps;
use std::collections::BTreeSet;
use strongroom_trust::{
    ClaimedDelivery, Concern, DeviceView, FleetEntry, Memory, Recovery, Service, Step, TrustError, TrustRoot,
    TrustSource, VerifiedDelivery, verify_delivery,
};

/// Checks one input.
pub fn run(bytes: &[u8]) {
    outcome(bytes);
}

/// Checks one input, and says what came of it: the name of an error, or that the unit was accepted.
pub fn outcome(bytes: &[u8]) -> &'static str {
    let mut tape = Tape::new(bytes);
    match tape.byte() % 2 {
        0 => {
            home::use_real_keys();
            pieces::run(&mut tape)
        }
        _ => {
            home::use_stand_ins();
            forged::run(&mut tape)
        }
    }
}

/// Verifies a unit, judges what comes of it, and names it. `signed` holds every text that an honest key signed.
fn judge(bytes: &[u8], root: &TrustRoot, device: &DeviceView<'_>, signed: &BTreeSet<String>) -> &'static str {
    let unit = match ClaimedDelivery::parse(bytes) {
        Ok(unit) => unit,
        Err(error) => {
            // A revocation that is no text is refused here already.
            assert!(error.step() == Step::Limits || matches!(error, TrustError::Revocation(_)), "{error}");
            return error.name();
        }
    };
    assert!(unit.to_string().as_bytes() == bytes, "a unit has two texts");
    let steps = Steps::of(&unit, bytes, root, device);
    let met = verify_delivery(unit.clone(), root, device);
    assert_eq!(met.as_ref().err().map(TrustError::step), steps.first_failing(), "{:?}", met.err());
    match met {
        Ok(verified) => {
            assert_signed(&unit, root, signed);
            check_verified(&verified, &unit, root, device);
            "accepted"
        }
        Err(error) => error.name(),
    }
}

/// What was believed stands word for word among what was signed.
fn assert_signed(unit: &ClaimedDelivery, root: &TrustRoot, signed: &BTreeSet<String>) {
    let texts = [
        unit.bundle().body(),
        unit.bundle().leaf(),
        unit.status().body(),
        unit.status().leaf(),
        unit.status_proof().checkpoint.text(),
    ];
    for text in texts {
        assert!(signed.contains(text), "believed, and signed by nobody: {text}");
    }
    for revocation in unit.revocations() {
        let (text, _) = revocation.split_at(revocation.rfind("\n\n").expect("a blank line") + 1);
        assert!(signed.contains(text), "believed, and signed by nobody: {text}");
    }
    assert!(root.contents().policy.verify(&unit.status_proof().checkpoint).is_ok());
}

fn check_verified(
    verified: &VerifiedDelivery,
    unit: &ClaimedDelivery,
    root: &TrustRoot,
    device: &DeviceView<'_>,
) {
    let concerns = verified.concerns();
    assert!(concerns.is_sorted_by_key(Concern::step), "the concerns do not stand in the order of the steps");
    check_registering(verified);
    for fleet in &verified.bundle().fleets {
        check_recovering(verified, fleet);
    }
    let stranger = strongroom_protocol::ids::FleetId::new([0xee; 32]);
    assert!(matches!(verified.for_recovering(stranger), Err(TrustError::UnknownFleet(_))));
    check_memory(verified, unit, root, device);
}

/// Nobody registers with a concern, at a fleet that is not active, or at one that somebody revoked.
fn check_registering(verified: &VerifiedDelivery) {
    let blocked = verified.concerns().iter().any(Concern::blocks_registering);
    match verified.for_registering() {
        Ok(fleet) => {
            assert!(!blocked && fleet.service() == Service::Active);
            let id = fleet.fleet().id();
            assert!(matches!(verified.bundle().fleet(id), Some(FleetEntry::Serving(_))));
            assert!(matches!(verified.for_recovering(id), Ok(Recovery::Clear(_))));
        }
        Err(error) => assert!(blocked || error.step() >= Step::Fleets, "{error}"),
    }
}

fn check_recovering(verified: &VerifiedDelivery, entry: &FleetEntry) {
    let blocking = verified.concerns().iter().filter(|concern| concern.blocks_registering()).count();
    match (verified.for_recovering(entry.id()), entry) {
        (Ok(Recovery::Clear(fleet)), FleetEntry::Serving(serving)) => {
            assert!(blocking == 0 && fleet.fleet().id() == serving.id);
            assert!(fleet.warnings().iter().all(|concern| !concern.blocks_registering()));
        }
        (Ok(Recovery::Ask(asked)), FleetEntry::Serving(_)) => {
            let questions = asked.questions();
            assert!(!questions.is_empty() && questions.len() >= blocking);
            assert!(questions.iter().all(Concern::blocks_registering));
        }
        (Err(TrustError::Revoked { by, .. }), FleetEntry::Serving(_)) => assert!(by.is_final()),
        (Err(TrustError::RevokedByBundle { .. }), FleetEntry::Revoked(_)) => {}
        (met, _) => panic!("{:?}", met.map(|_| "recovered")),
    }
}

/// What is remembered of a unit is written and read as the same, and the same unit is believed once more.
fn check_memory(
    verified: &VerifiedDelivery,
    unit: &ClaimedDelivery,
    root: &TrustRoot,
    device: &DeviceView<'_>,
) {
    let memory = verified.memory().expect("what was verified can be kept");
    let again = Memory::parse(memory.to_string().as_bytes());
    assert!(again.as_ref() == Ok(&memory), "a memory means something else when it is read again");
    assert!(memory.epoch() == verified.bundle().epoch && memory.status_number() == verified.status().number);
    let later = DeviceView { memory: Some(&memory), consistency: None, ..*device };
    let met = verify_delivery(unit.clone(), root, &later).expect("the same unit once more");
    assert!(met.bundle() == verified.bundle() && met.status() == verified.status());
    let is_first = device.memory.is_none();
    assert!(!is_first || met.concerns().len() <= verified.concerns().len(), "remembering adds a concern");
}
