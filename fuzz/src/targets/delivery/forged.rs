//! Units written and signed anew: by the honest keys over odd texts, by other keys over good ones, in odd logs.

use super::{
    forge::{Forge, STAGE, time},
    judge,
};
use crate::{
    tape::Tape,
    trust_world::{at, bundle, revoked, serving, status_of},
    twist::twist,
};
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    BundleContents, ClaimedEpochs, DeviceView, Epoch, FleetEntry, RootVersion, Service, StatusContents,
    StatusNumber,
};

pub(super) fn run(tape: &mut Tape<'_>) -> &'static str {
    let stage = &*STAGE;
    let mut forge = Forge::new(stage);
    let contents = bundle_contents(tape);
    let status = status_contents(tape, &contents);
    let Some(bundle) = forge.note(tape, contents.to_string(), |party| &party.bundle) else {
        return "no note";
    };
    let Some(status) = forge.note(tape, status.to_string(), |party| &party.status) else { return "no note" };
    let unit = forge.logged(tape, bundle, status);
    let mut bytes = unit.to_string().into_bytes();
    let consistency: Vec<Digest> = (0..tape.byte() % 4).map(|byte| Digest::new([byte; 32])).collect();
    let knows = tape.byte();
    let epoch = |bit: u8| (knows & bit != 0).then_some(Epoch(u64::from(knows >> 5) + 4));
    let device = DeviceView {
        clock: time(tape),
        build: at("2026-06-01T00:00:00Z"),
        epochs: ClaimedEpochs { app: epoch(1), locator: epoch(2), found: epoch(4) },
        memory: (knows & 8 != 0).then_some(&stage.before),
        consistency: (knows & 16 != 0).then_some(consistency.as_slice()),
    };
    if tape.byte() == 1 {
        twist(&mut bytes, tape);
    }
    judge(&bytes, &stage.roots[usize::from(tape.byte() % 2)], &device, &forge.signed)
}

fn bundle_contents(tape: &mut Tape<'_>) -> BundleContents {
    let mut contents = bundle();
    let ways = tape.byte();
    if ways & 1 != 0 {
        contents.epoch = Epoch(u64::from(tape.byte() % 5) + 5);
    }
    if ways & 2 != 0 {
        (contents.issued, contents.expires) = (time(tape), time(tape));
    }
    if ways & 4 != 0 {
        contents.trust_root = RootVersion(u64::from(tape.byte() % 3));
    }
    if ways & 8 != 0 {
        contents.fleets = (0..tape.byte() % 20).map(|at| fleet(tape, at)).collect();
    }
    if ways & 16 != 0 {
        contents.namespace = "example.messenger.v2".parse().expect("a namespace");
    }
    contents
}

fn fleet(tape: &mut Tape<'_>, at: u8) -> FleetEntry {
    let label = format!("f20{:02}a", at % 18);
    let services = [Service::Active, Service::Draining];
    match tape.byte() % 4 {
        0 => revoked(&label, u64::from(tape.byte() % 9)),
        3 => match serving(&label, Service::Active) {
            FleetEntry::Serving(mut fleet) => {
                fleet.platform = "simulation".parse().expect("a word");
                FleetEntry::Serving(fleet)
            }
            entry @ FleetEntry::Revoked(_) => entry,
        },
        service => serving(&label, services[usize::from(service % 2)]),
    }
}

fn status_contents(tape: &mut Tape<'_>, bundle: &BundleContents) -> StatusContents {
    let mut status = status_of(bundle);
    let ways = tape.byte();
    if ways & 1 != 0 {
        status.number = StatusNumber(u64::from(tape.byte() % 5) + 29);
    }
    if ways & 2 != 0 {
        status.issued = time(tape);
    }
    if ways & 4 != 0 {
        status.epoch = Epoch(u64::from(tape.byte() % 5) + 5);
    }
    if ways & 8 != 0 {
        status.revocations = (0..tape.byte() % 20).map(|byte| Digest::new([byte; 32])).collect();
    }
    if ways & 16 != 0 {
        status.trust_root = RootVersion(u64::from(tape.byte() % 3));
    }
    status
}
