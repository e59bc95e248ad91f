//! The verification of a delivery unit: every step, its error, and what it leaves to ask.

use crate::world::*;
use strongroom_trust::*;

fn outcome(draft: &Draft, device: &DeviceView<'_>) -> Result<VerifiedDelivery, TrustError> {
    let actors = Actors::honest();
    verify(&draft.sign(&actors).bytes(), &actors.root(2), device)
}

fn error(draft: &Draft) -> &'static str {
    outcome(draft, &device()).unwrap_err().name()
}

fn changed(change: impl FnOnce(&mut BundleContents)) -> Draft {
    let mut contents = bundle();
    change(&mut contents);
    Draft::with(contents)
}

#[test]
fn an_honest_unit_is_believed_and_leaves_nothing_to_ask() {
    let verified = outcome(&Draft::new(), &device()).unwrap();
    assert_eq!(verified.concerns(), []);
    let fleet = verified.for_registering().unwrap();
    assert_eq!(fleet.fleet().id(), id_of("f2026a"));
    assert_eq!(fleet.service(), Service::Active);
    assert!(!fleet.fleet().is_simulation());
    assert_eq!(verified.checkpoint().body().size, 1000);
    let entry = verified.bundle().fleet(id_of("f2026a")).unwrap().serving().unwrap();
    assert_eq!(fleet.fleet().identity_key(), &entry.identity_key);
    assert_eq!(fleet.fleet().measurement(), entry.image);
}

#[test]
fn a_unit_of_two_fleets_two_witnesses_and_a_thousand_leaves_has_under_four_kibibytes() {
    let bytes = Draft::new().sign(&Actors::honest()).bytes();
    assert!(bytes.len() < 4096, "{} bytes", bytes.len());
}

#[test]
fn one_of_two_signatures_is_not_enough_in_whichever_place() {
    let actors = Actors::honest();
    let (auditor, operator) = (&actors.auditor, &actors.operator);
    let draft = Draft::new();
    let (body, status) = (draft.bundle.to_string(), draft.status.to_string());
    let good = (actors.countersigned(&body), actors.countersigned_status(&status));
    let check = |bundle: &CountersignedNote, note: &CountersignedNote, expected: &str| {
        let bytes = draft.log(&actors, bundle.clone(), note.clone()).bytes();
        assert_eq!(verify(&bytes, &actors.root(2), &device()).unwrap_err().name(), expected);
    };
    for (first, second, expected) in [
        (&operator.bundle, &auditor.bundle, "operator-signature"),
        (&auditor.bundle, &auditor.bundle, "operator-signature"),
        (&operator.bundle, &operator.bundle, "auditor-signature"),
        (&auditor.status, &operator.bundle, "auditor-signature"),
        (&auditor.bundle, &operator.status, "operator-signature"),
        (&auditor.revocation, &operator.revocation, "operator-signature"),
    ] {
        check(&sign_twice(&body, first, second), &good.1, expected);
    }
    for (first, second, expected) in [
        (&operator.status, &auditor.status, "operator-signature"),
        (&auditor.bundle, &operator.status, "auditor-signature"),
        (&auditor.status, &operator.bundle, "operator-signature"),
    ] {
        check(&good.0, &sign_twice(&status, first, second), expected);
    }
}

#[test]
fn the_operators_signature_covers_the_auditors_line() {
    let actors = Actors::honest();
    let draft = Draft::new();
    let body = draft.bundle.to_string();
    // The operator's signature over the body alone, as under a proposal.
    let leaf = proposed(&body, actors.auditor.bundle.sign(&body)).unwrap().to_string();
    let note = CountersignedNote::compose(&leaf, actors.operator.bundle.sign(&body)).unwrap();
    let bytes = draft.log(&actors, note, actors.countersigned_status(&draft.status.to_string())).bytes();
    let error = verify(&bytes, &actors.root(2), &device()).unwrap_err();
    assert_eq!((error.name(), error.step()), ("operator-signature", Step::OperatorSignature));
    assert!(error.to_string().contains("does not verify"), "{error}");
}

#[test]
fn other_namespaces_and_newer_roots_are_refused() {
    assert_eq!(error(&changed(|bundle| bundle.namespace = "example.other".parse().unwrap())), "namespace");
    let mut draft = Draft::new();
    draft.status.namespace = "example.other".parse().unwrap();
    assert_eq!(error(&draft), "namespace");
    assert_eq!(error(&changed(|bundle| bundle.trust_root = RootVersion(2))), "root-outdated");
    let mut draft = Draft::new();
    draft.status.trust_root = RootVersion(2);
    assert_eq!(error(&draft), "root-outdated");
}

#[test]
fn a_checkpoint_counts_by_origin_log_and_witnesses() {
    let actors = Actors::honest();
    let draft = Draft::new();
    let signed = draft.sign(&actors);
    let with = |checkpoint: &ClaimedNote| {
        let text = signed.unit.to_string();
        let replaced = resection(&text, signed.checkpoint.as_str(), checkpoint.as_str());
        verify(replaced.as_bytes(), &actors.root(2), &device()).map(|_| ()).map_err(|error| error.name())
    };
    assert_eq!(with(&signed.checkpoint), Ok(()));
    let body = signed.log.body(1000, "auditor.example/log");
    let text = body.to_string();
    let lines = signed.checkpoint.signatures().to_vec();
    let note = |lines: &[NoteSignature]| ClaimedNote::compose(&text, lines).unwrap();
    let only = |places: &[usize]| note(&places.iter().map(|place| lines[*place].clone()).collect::<Vec<_>>());
    assert_eq!(with(&only(&[1, 2])), Err("log-unsigned"));
    assert_eq!(with(&only(&[0, 1])), Err("too-few-witnesses"));
    assert_eq!(with(&only(&[0])), Err("too-few-witnesses"));
    assert_eq!(with(&only(&[0, 1, 1])), Err("cosignature"), "one witness twice is not two");
    assert_eq!(with(&only(&[0, 0, 1, 2])), Err("log-signature"), "a known line twice");
    assert_eq!(with(&only(&[2, 1, 0])), Ok(()), "the order of lines means nothing");
    let stranger = Actor::new("stranger.example", "stranger").sign(&text);
    let known = [lines.clone(), vec![stranger]].concat();
    assert_eq!(with(&note(&known)), Ok(()), "lines of unknown keys are passed over");
    let mut foreign = signed.log.body(1000, "stranger.example/log");
    assert_eq!(with(&sign_checkpoint(&foreign, &actors, &draft.times)), Err("foreign-origin"));
    foreign = signed.log.body(999, "auditor.example/log");
    assert_eq!(with(&sign_checkpoint(&foreign, &actors, &draft.times)), Err("inclusion"));
    let other = actors.witnesses[0].cosign(&signed.log.body(999, "auditor.example/log").to_string(), at(NOW));
    assert_eq!(with(&note(&[lines[0].clone(), other, lines[2].clone()])), Err("cosignature"));
    let plain = NoteSignature::new(&actors.witnesses[0].key, actors.log.sign(&text).bytes().to_vec());
    assert_eq!(with(&note(&[lines[0].clone(), plain, lines[2].clone()])), Err("cosignature"));
}

/// Replaces the checkpoint in both proofs, lengths and all.
pub fn resection(unit: &str, old: &str, new: &str) -> String {
    let mut result = unit.to_owned();
    for name in ["bundle-proof", "status-proof"] {
        let start = result.find(&format!("\n{name} ")).unwrap() + 1;
        let line_end = start + result[start..].find('\n').unwrap();
        let length: usize = result[start..line_end].split(' ').nth(1).unwrap().parse().unwrap();
        let (from, to) = (line_end + 1, line_end + 1 + length);
        let proof = result[from..to].replace(old, new);
        result = format!("{}{name} {}\n{proof}{}", &result[..start], proof.len(), &result[to..]);
    }
    result
}

#[test]
fn both_proofs_carry_one_checkpoint() {
    let actors = Actors::honest();
    let draft = Draft::new();
    let signed = draft.sign(&actors);
    let newer = signed.log.checkpoint(&actors, &["2026-11-28T11:00:00Z", "2026-11-28T11:00:00Z"]);
    let unit = ClaimedDelivery::compose(
        actors.countersigned(&draft.bundle.to_string()),
        signed.log.proof(499, &signed.checkpoint),
        actors.countersigned_status(&draft.status.to_string()),
        signed.log.proof(999, &newer),
        Vec::new(),
    );
    let error = verify(unit.to_string().as_bytes(), &actors.root(2), &device()).unwrap_err();
    assert_eq!(error, TrustError::CheckpointsDiffer);
}

#[test]
fn an_index_off_by_one_and_a_leaf_that_is_not_the_auditors_are_not_included() {
    let actors = Actors::honest();
    let draft = Draft::new();
    let text = draft.sign(&actors).unit.to_string();
    for (from, to) in
        [("index 499\n", "index 498\n"), ("index 499\n", "index 500\n"), ("index 999\n", "index 998\n")]
    {
        let error = verify(text.replace(from, to).as_bytes(), &actors.root(2), &device()).unwrap_err();
        assert_eq!(error.name(), "inclusion", "{to}");
    }
    // The log holds the whole note, the operator's line included, where the auditor's leaf should stand.
    let bundle = actors.countersigned(&draft.bundle.to_string());
    let status = actors.countersigned_status(&draft.status.to_string());
    let mut log = Log::default();
    let (first, second) = (log.append(bundle.as_str()), log.append(status.leaf()));
    let checkpoint = log.checkpoint(&actors, &draft.times);
    let proofs = (log.proof(first, &checkpoint), log.proof(second, &checkpoint));
    let unit = ClaimedDelivery::compose(bundle, proofs.0, status, proofs.1, Vec::new());
    let error = verify(unit.to_string().as_bytes(), &actors.root(2), &device()).unwrap_err();
    assert_eq!(error, TrustError::Inclusion(Piece::Bundle));
}

#[test]
fn a_status_names_this_bundle_and_never_goes_back() {
    let mut draft = Draft::new();
    draft.status.epoch = Epoch(8);
    assert_eq!(error(&draft), "status-other-bundle");
    let mut draft = Draft::new();
    draft.status.bundle = digest("another bundle");
    assert_eq!(error(&draft), "status-other-bundle", "a void bundle is named by no status");
}

#[test]
fn epochs_have_floors_and_the_locators_counts_only_when_its_bundle_was_found() {
    let of = |app: Option<u64>, locator: Option<u64>, found: Option<u64>| {
        let epochs =
            ClaimedEpochs { app: app.map(Epoch), locator: locator.map(Epoch), found: found.map(Epoch) };
        outcome(&Draft::new(), &DeviceView { epochs, ..device() })
    };
    assert!(of(Some(7), Some(7), Some(7)).is_ok());
    let below = |source_of_floor| TrustError::EpochBelow { floor: Epoch(8), source_of_floor, met: Epoch(7) };
    assert_eq!(of(Some(8), None, None).unwrap_err(), below(FloorSource::App));
    assert_eq!(of(None, Some(8), Some(8)).unwrap_err(), below(FloorSource::Locator));
    for found in [None, Some(7)] {
        let verified = of(None, Some(8), found).unwrap();
        assert_eq!(verified.concerns(), [Concern::LocatorAhead { locator: Epoch(8), met: Epoch(7) }]);
        let Recovery::Clear(fleet) = verified.for_recovering(id_of("f2026a")).unwrap() else { panic!() };
        assert_eq!(fleet.warnings().len(), 1, "a warning, since anybody can write a locator");
    }
}

#[test]
fn what_was_seen_is_never_taken_back_and_two_bundles_of_one_epoch_are_shown() {
    let actors = Actors::honest();
    let root = actors.root(2);
    let signed = Draft::new().sign(&actors);
    let memory = verify(&signed.bytes(), &root, &device()).unwrap().memory().unwrap();
    assert_eq!(Memory::parse(memory.to_string().as_bytes()), Ok(memory.clone()));
    let view = DeviceView { memory: Some(&memory), ..device() };
    assert!(verify(&signed.bytes(), &root, &view).unwrap().concerns().is_empty());

    let mut older = bundle();
    older.epoch = Epoch(6);
    let refused = outcome(&Draft::with(older), &view).unwrap_err();
    assert_eq!(refused.name(), "log-equivocation", "a log of the same size with another root");
    let mut other = Draft::with(changed(|bundle| bundle.fleets.truncate(1)).bundle);
    other.size = 1001;
    let Err(TrustError::Equivocation(pair)) = outcome(&other, &view) else { panic!() };
    assert_eq!(pair.piece, Piece::Bundle);
    assert_eq!(pair.remembered, memory.bundle().as_str());
    assert!(pair.met.contains("epoch 7\n") && pair.met != pair.remembered);

    let mut rolled = Draft::new();
    rolled.size = 1001;
    rolled.bundle.epoch = Epoch(6);
    rolled.status = status_of(&rolled.bundle);
    assert_eq!(outcome(&rolled, &view).unwrap_err().name(), "epoch-below");
    let mut back = Draft::new();
    back.size = 1001;
    back.status.number = StatusNumber(30);
    assert_eq!(outcome(&back, &view).unwrap_err().name(), "status-back");
    back.status.number = StatusNumber(31);
    back.status.issued = at("2026-11-28T11:00:00Z");
    let Err(TrustError::Equivocation(pair)) = outcome(&back, &view) else { panic!() };
    assert_eq!(pair.piece, Piece::Status);
}

#[test]
fn the_log_grows_out_of_the_one_seen_before() {
    let actors = Actors::honest();
    let root = actors.root(2);
    let signed = Draft::new().sign(&actors);
    let memory = verify(&signed.bytes(), &root, &device()).unwrap().memory().unwrap();
    let mut log = signed.log;
    log.fill(1500);
    let times = ["2026-11-28T11:00:00Z", "2026-11-28T11:00:00Z"];
    let checkpoint = log.checkpoint(&actors, &times);
    let draft = Draft::new();
    let unit = ClaimedDelivery::compose(
        actors.countersigned(&draft.bundle.to_string()),
        log.proof(499, &checkpoint),
        actors.countersigned_status(&draft.status.to_string()),
        log.proof(999, &checkpoint),
        Vec::new(),
    );
    let grown = unit.to_string().into_bytes();
    let proof = log.consistency(1000);
    let with = |memory, consistency, bytes: &[u8]| {
        let view = DeviceView { memory: Some(memory), consistency, ..device() };
        verify(bytes, &root, &view)
    };
    assert_eq!(with(&memory, Some(&proof), &grown).unwrap().concerns(), []);
    let unchecked = with(&memory, None, &grown).unwrap();
    assert_eq!(unchecked.concerns(), [Concern::ConsistencyUnchecked]);
    assert!(unchecked.for_registering().is_ok(), "a proof that cannot be had blocks nothing");
    assert_eq!(with(&memory, Some(&proof[1..]), &grown).unwrap_err(), TrustError::LogInconsistent);

    // Another node still has the smaller log.
    let later = with(&memory, Some(&proof), &grown).unwrap().memory().unwrap();
    let behind = Concern::LogBehind { remembered: 1500, met: 1000 };
    let old = Draft::new().sign(&actors).bytes();
    for consistency in [None, Some(proof.as_slice())] {
        assert_eq!(with(&later, consistency, &old).unwrap().concerns(), std::slice::from_ref(&behind));
    }
    assert_eq!(with(&later, Some(&proof[1..]), &old).unwrap_err(), TrustError::LogInconsistent);
}

#[test]
fn simulated_fleets_need_a_root_that_says_so() {
    let simulated = changed(|bundle| {
        let FleetEntry::Serving(fleet) = &mut bundle.fleets[0] else { panic!() };
        fleet.platform = "simulation".parse().unwrap();
    });
    assert_eq!(error(&simulated), "simulation");
    let actors = Actors::honest();
    let contents = RootContents { is_simulation: true, ..actors.root_contents(1, 2) };
    let root = TrustRoot::told(actors.sign_root(&contents, 2).as_bytes()).unwrap();
    let verified = verify(&simulated.sign(&actors).bytes(), &root, &device()).unwrap();
    assert!(verified.for_registering().unwrap().fleet().is_simulation());
}
