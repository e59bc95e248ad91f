//! The verification of a delivery unit, step by step.

use super::{
    ClaimedDelivery, Concern, DeviceView, Equivocation, FloorSource, Piece, SignedTime, TrustError,
    VerifiedDelivery, verified::Revoked,
};
use crate::{
    BundleContents, CountersignedNote, Epoch, Moment, RootContents, StatusContents, TrustRoot,
    VerifiedRevocation, WitnessedCheckpoint,
    body::Body,
    bundle::{BundleBody, ServingFleet},
    limits::FRESH_DAYS_MAX,
    merkle::verify_consistency,
    status::StatusBody,
};

/// Verifies a delivery unit in the order of [`super::Step`], and gives what may be believed of it.
///
/// Time is the latest of the device's clock, the build, the remembered time and the newest verified
/// cosignature. What is no error and yet keeps from registering is among the concerns.
///
/// # Errors
/// The first step that fails; see [`TrustError`].
pub fn verify_delivery(
    unit: ClaimedDelivery,
    root: &TrustRoot,
    device: &DeviceView<'_>,
) -> Result<VerifiedDelivery, TrustError> {
    let mut concerns = Vec::new();
    verify_signatures(&unit, root.contents())?;
    let (bundle, status) = read_bodies(&unit, root.contents())?;
    check_root(&bundle, &status, root)?;
    let checkpoint = verify_checkpoint(&unit, root.contents())?;
    verify_inclusion(&unit, &checkpoint)?;
    let now = device.own_time().max(checkpoint.newest_time());
    if root.is_expired(now) {
        concerns.push(Concern::RootExpired(root.contents().expires));
    }
    concerns.extend(check_consistency(&checkpoint, device)?);
    concerns.extend(check_freshness(&bundle, &status, &checkpoint, device, now));
    concerns.extend(check_epoch(&unit.bundle, &bundle, device, now)?);
    concerns.extend(check_status(&unit, &bundle, &status, device, now)?);
    check_platforms(&bundle, root.contents())?;
    let revocations = verify_revocations(&unit, root)?;
    concerns.extend(withheld(&status, &revocations));
    let revoked = revocations.iter().fold(Revoked::default(), Revoked::with);
    Ok(VerifiedDelivery::new(unit, bundle, status, checkpoint, revoked, concerns))
}

/// Operator before auditor, bundle before status.
fn verify_signatures(unit: &ClaimedDelivery, root: &RootContents) -> Result<(), TrustError> {
    let (operator, auditor) = (&root.operator, &root.auditor);
    let pieces = [
        (Piece::Bundle, &unit.bundle, &operator.bundle, &auditor.bundle),
        (Piece::Status, &unit.status, &operator.status, &auditor.status),
    ];
    for (piece, note, key, _) in pieces {
        note.verify_operator(key).map_err(|cause| TrustError::OperatorSignature { piece, cause })?;
    }
    for (piece, note, _, key) in pieces {
        note.verify_auditor(key).map_err(|cause| TrustError::AuditorSignature { piece, cause })?;
    }
    Ok(())
}

fn read_bodies(
    unit: &ClaimedDelivery,
    root: &RootContents,
) -> Result<(BundleContents, StatusContents), TrustError> {
    let form = |piece| move |cause| TrustError::Form { piece, cause };
    let bundle = BundleBody::parse(unit.bundle.body()).map_err(form(Piece::Bundle))?;
    let status = StatusBody::parse(unit.status.body()).map_err(form(Piece::Status))?;
    let (bundle, status) = (bundle.contents().clone(), status.contents().clone());
    for (piece, met) in [(Piece::Bundle, &bundle.namespace), (Piece::Status, &status.namespace)] {
        if *met != root.namespace {
            let expected = root.namespace.clone();
            return Err(TrustError::Namespace { piece, expected, met: met.clone() });
        }
    }
    Ok((bundle, status))
}

fn check_root(bundle: &BundleContents, status: &StatusContents, root: &TrustRoot) -> Result<(), TrustError> {
    let needed = bundle.trust_root.max(status.trust_root);
    if needed > root.version() {
        return Err(TrustError::RootOutdated { needed, at_hand: root.version() });
    }
    Ok(())
}

/// One checkpoint for both proofs, so that a unit cannot mix two views of the log.
fn verify_checkpoint(unit: &ClaimedDelivery, root: &RootContents) -> Result<WitnessedCheckpoint, TrustError> {
    if unit.bundle_proof.checkpoint != unit.status_proof.checkpoint {
        return Err(TrustError::CheckpointsDiffer);
    }
    Ok(root.policy.verify(&unit.status_proof.checkpoint)?)
}

fn verify_inclusion(unit: &ClaimedDelivery, checkpoint: &WitnessedCheckpoint) -> Result<(), TrustError> {
    let log = checkpoint.body();
    let pieces = [
        (Piece::Bundle, &unit.bundle, &unit.bundle_proof),
        (Piece::Status, &unit.status, &unit.status_proof),
    ];
    for (piece, note, proof) in pieces {
        let verified = proof.verify_inclusion(note.leaf(), log.size, &log.root);
        verified.map_err(|_| TrustError::Inclusion(piece))?;
    }
    Ok(())
}

fn check_consistency(
    checkpoint: &WitnessedCheckpoint,
    device: &DeviceView<'_>,
) -> Result<Option<Concern>, TrustError> {
    let met = checkpoint.body();
    let Some(memory) = device.memory.filter(|memory| memory.log().origin == met.origin) else {
        return Ok(None);
    };
    let remembered = memory.log();
    if remembered.size == met.size {
        if remembered.root == met.root {
            return Ok(None);
        }
        let (remembered, met) = (memory.checkpoint().to_string(), checkpoint.note().to_string());
        return Err(TrustError::LogEquivocation { remembered, met });
    }
    let is_behind = met.size < remembered.size;
    let (old, new) = if is_behind { (met, remembered) } else { (remembered, met) };
    let behind = Concern::LogBehind { remembered: remembered.size, met: met.size };
    match device.consistency {
        Some(proof) => verify_consistency(old.size, &old.root, new.size, &new.root, proof)
            .map(|()| is_behind.then_some(behind))
            .map_err(|_| TrustError::LogInconsistent),
        None if is_behind => Ok(Some(behind)),
        None => Ok(Some(Concern::ConsistencyUnchecked)),
    }
}

fn check_freshness(
    bundle: &BundleContents,
    status: &StatusContents,
    checkpoint: &WitnessedCheckpoint,
    device: &DeviceView<'_>,
    now: Moment,
) -> Vec<Concern> {
    let times = [
        (SignedTime::Cosignature, checkpoint.newest_time()),
        (SignedTime::Bundle, bundle.issued),
        (SignedTime::Status, status.issued),
    ];
    let ahead = times.into_iter().filter(|(_, at)| device.is_ahead(*at));
    let mut concerns: Vec<Concern> = ahead.map(|(what, at)| Concern::Future { what, at }).collect();
    if is_stale(checkpoint.quorum_time(), now) {
        concerns.push(Concern::WitnessesStale(checkpoint.quorum_time()));
    }
    concerns
}

fn check_epoch(
    note: &CountersignedNote,
    bundle: &BundleContents,
    device: &DeviceView<'_>,
    now: Moment,
) -> Result<Vec<Concern>, TrustError> {
    let met = bundle.epoch;
    let epochs = device.epochs;
    let found = epochs.locator.filter(|locator| epochs.found.is_some_and(|found| found >= *locator));
    let floors: [(FloorSource, Option<Epoch>); 3] = [
        (FloorSource::App, epochs.app),
        (FloorSource::Memory, device.memory.map(super::Memory::epoch)),
        (FloorSource::Locator, found),
    ];
    for (source_of_floor, floor) in floors {
        if let Some(floor) = floor.filter(|floor| met < *floor) {
            return Err(TrustError::EpochBelow { floor, source_of_floor, met });
        }
    }
    if let Some(memory) = device.memory.filter(|memory| memory.epoch() == met) {
        check_single(Piece::Bundle, memory.bundle(), note)?;
    }
    let ahead = epochs.locator.filter(|locator| met < *locator);
    let ahead = ahead.map(|locator| Concern::LocatorAhead { locator, met });
    let expired = (now >= bundle.expires).then_some(Concern::BundleExpired(bundle.expires));
    Ok(expired.into_iter().chain(ahead).collect())
}

fn check_status(
    unit: &ClaimedDelivery,
    bundle: &BundleContents,
    status: &StatusContents,
    device: &DeviceView<'_>,
    now: Moment,
) -> Result<Option<Concern>, TrustError> {
    if let Some(memory) = device.memory {
        let (remembered, met) = (memory.status_number(), status.number);
        if met < remembered {
            return Err(TrustError::StatusBack { remembered, met });
        }
        if met == remembered {
            check_single(Piece::Status, memory.status(), &unit.status)?;
        }
    }
    if (status.epoch, status.bundle) != (bundle.epoch, unit.bundle.digest()) {
        return Err(TrustError::StatusOtherBundle { named: status.epoch, digest: status.bundle });
    }
    Ok(is_stale(status.issued, now).then_some(Concern::StatusStale(status.issued)))
}

/// One number has one body.
fn check_single(
    piece: Piece,
    remembered: &CountersignedNote,
    met: &CountersignedNote,
) -> Result<(), TrustError> {
    if remembered.body() == met.body() {
        return Ok(());
    }
    let (remembered, met) = (remembered.as_str().into(), met.as_str().into());
    Err(TrustError::Equivocation(Box::new(Equivocation { piece, remembered, met })))
}

fn check_platforms(bundle: &BundleContents, root: &RootContents) -> Result<(), TrustError> {
    let is_refused = |fleet: &&ServingFleet| fleet.platform.is_simulation() && !root.is_simulation;
    match bundle.serving().find(is_refused) {
        Some(fleet) => Err(TrustError::Simulation(fleet.id)),
        None => Ok(()),
    }
}

fn verify_revocations(
    unit: &ClaimedDelivery,
    root: &TrustRoot,
) -> Result<Vec<VerifiedRevocation>, TrustError> {
    let texts = &unit.revocations;
    if texts.iter().enumerate().any(|(place, text)| texts.iter().take(place).any(|other| other == text)) {
        return Err(TrustError::RevocationRepeated);
    }
    let verify = |text: &String| VerifiedRevocation::verify(text.as_bytes(), root);
    Ok(texts.iter().map(verify).collect::<Result<_, _>>()?)
}

fn withheld(status: &StatusContents, revocations: &[VerifiedRevocation]) -> Vec<Concern> {
    let is_there = |digest| revocations.iter().any(|revocation| revocation.digest() == digest);
    let missing = status.revocations.iter().filter(|digest| !is_there(**digest));
    missing.map(|digest| Concern::RevocationWithheld(*digest)).collect()
}

fn is_stale(at: Moment, now: Moment) -> bool {
    now > at.plus_days(FRESH_DAYS_MAX)
}
