//! The steps of the verification once more, each by itself, out of what the crate shows of the parts.

use crate::vectors::{UNIT_HEADER, sections_of};
use strongroom_trust::{
    BundleBody, BundleContents, CheckpointBody, ClaimedDelivery, DeviceView, LogProof, RootContents,
    StatusBody, StatusContents, Step, TrustRoot, VerifiedRevocation, body::Body, merkle::verify_consistency,
};

/// Which steps a unit fails, in their order, as far as they can be asked for at all.
pub(super) struct Steps(Vec<Step>);

impl Steps {
    /// Asks every step up to the first that leaves nothing for the later ones to look at.
    pub(super) fn of(
        unit: &ClaimedDelivery,
        bytes: &[u8],
        root: &TrustRoot,
        device: &DeviceView<'_>,
    ) -> Self {
        let contents = root.contents();
        let mut failing = Vec::new();
        let mut ask = |holds: bool, step: Step| {
            if !holds {
                failing.push(step);
            }
        };
        ask(signed_by_operator(unit, contents), Step::OperatorSignature);
        ask(signed_by_auditor(unit, contents), Step::AuditorSignature);
        let Some((bundle, status)) = bodies(unit, contents) else {
            ask(false, Step::Form);
            return Self(failing);
        };
        ask(bundle.trust_root.max(status.trust_root) <= root.version(), Step::RootVersion);
        let checkpoint = &unit.status_proof().checkpoint;
        let proofs = proofs(bytes);
        let is_one = proofs.iter().all(|proof| proof.checkpoint == *checkpoint);
        ask(is_one && contents.policy.verify_log(checkpoint).is_ok(), Step::Checkpoint);
        ask(contents.policy.verify(checkpoint).is_ok(), Step::Witnesses);
        let Ok(log) = CheckpointBody::parse(checkpoint.text()) else { return Self(failing) };
        let leaves = [unit.bundle().leaf(), unit.status().leaf()];
        let stands = |(proof, leaf): (&LogProof, &str)| proof.verify_inclusion(leaf, log.size, &log.root);
        ask(proofs.iter().zip(leaves).all(|pair| stands(pair).is_ok()), Step::Inclusion);
        ask(is_consistent(&log, device), Step::Consistency);
        ask(epoch_holds(unit, &bundle, device), Step::Epoch);
        ask(status_holds(unit, &bundle, &status, device), Step::Status);
        let is_real = bundle.serving().all(|fleet| !fleet.platform.is_simulation());
        ask(is_real || contents.is_simulation, Step::Fleets);
        ask(revocations_hold(unit, root), Step::Revocations);
        Self(failing)
    }

    /// The first of them; none where the unit is to be believed.
    pub(super) fn first_failing(&self) -> Option<Step> {
        self.0.iter().min().copied()
    }
}

fn signed_by_operator(unit: &ClaimedDelivery, root: &RootContents) -> bool {
    unit.bundle().verify_operator(&root.operator.bundle).is_ok()
        && unit.status().verify_operator(&root.operator.status).is_ok()
}

fn signed_by_auditor(unit: &ClaimedDelivery, root: &RootContents) -> bool {
    unit.bundle().verify_auditor(&root.auditor.bundle).is_ok()
        && unit.status().verify_auditor(&root.auditor.status).is_ok()
}

fn bodies(unit: &ClaimedDelivery, root: &RootContents) -> Option<(BundleContents, StatusContents)> {
    let bundle = BundleBody::parse(unit.bundle().body()).ok()?.contents().clone();
    let status = StatusBody::parse(unit.status().body()).ok()?.contents().clone();
    let is_ours = bundle.namespace == root.namespace && status.namespace == root.namespace;
    is_ours.then_some((bundle, status))
}

/// The proofs of bundle and status, out of the unit's bytes.
fn proofs(bytes: &[u8]) -> Vec<LogProof> {
    let sections = sections_of(bytes, UNIT_HEADER);
    let proofs = sections.iter().filter(|(name, _)| name.ends_with("-proof"));
    proofs.map(|(_, bytes)| LogProof::parse(bytes).expect("a proof of a unit that was read")).collect()
}

fn is_consistent(met: &CheckpointBody, device: &DeviceView<'_>) -> bool {
    let Some(memory) = device.memory.filter(|memory| memory.log().origin == met.origin) else { return true };
    let known = memory.log();
    let (old, new) = if met.size < known.size { (met, known) } else { (known, met) };
    match device.consistency {
        _ if old.size == new.size => old.root == new.root,
        Some(proof) => verify_consistency(old.size, &old.root, new.size, &new.root, proof).is_ok(),
        None => true,
    }
}

fn epoch_holds(unit: &ClaimedDelivery, bundle: &BundleContents, device: &DeviceView<'_>) -> bool {
    let epochs = device.epochs;
    let is_found = epochs.found >= epochs.locator;
    let floors =
        [epochs.app, epochs.locator.filter(|_| is_found), device.memory.map(strongroom_trust::Memory::epoch)];
    let is_other = |memory: &strongroom_trust::Memory| {
        memory.epoch() == bundle.epoch && memory.bundle().body() != unit.bundle().body()
    };
    floors.into_iter().flatten().all(|floor| floor <= bundle.epoch) && !device.memory.is_some_and(is_other)
}

fn status_holds(
    unit: &ClaimedDelivery,
    bundle: &BundleContents,
    status: &StatusContents,
    device: &DeviceView<'_>,
) -> bool {
    let is_later = device.memory.is_none_or(|memory| {
        let is_same = memory.status().body() == unit.status().body();
        memory.status_number() < status.number || (memory.status_number() == status.number && is_same)
    });
    is_later && status.epoch == bundle.epoch && status.bundle == unit.bundle().digest()
}

fn revocations_hold(unit: &ClaimedDelivery, root: &TrustRoot) -> bool {
    let texts = unit.revocations();
    let is_once = |text: &String| texts.iter().filter(|other| *other == text).count() == 1;
    texts.iter().all(|text| is_once(text) && VerifiedRevocation::verify(text.as_bytes(), root).is_ok())
}
