//! What the auditor signs and what it does not.

use crate::world::*;
use strongroom_trust::{
    admission::{AdmissionError, History, KnownRevocation, StatusError, admit_bundle, admit_status},
    body::Body,
    *,
};

fn proposal(contents: &BundleContents, actors: &Actors) -> Vec<u8> {
    let text = contents.to_string();
    proposed(&text, actors.operator.bundle.sign(&text)).unwrap().to_string().into_bytes()
}

/// A history of two bundles, the second of which revoked a fleet.
fn history() -> (History, BundleContents) {
    let mut history = History::default();
    let first = BundleContents {
        epoch: Epoch(1),
        previous: None,
        fleets: vec![serving("f2023a", Service::Active), serving("f2021a", Service::Draining)],
        ..bundle()
    };
    history.record(&BundleBody::compose(&first).unwrap());
    let second = BundleContents {
        epoch: Epoch(2),
        previous: Some(text_digest(&first.to_string())),
        fleets: vec![serving("f2023a", Service::Active), revoked("f2021a", 2)],
        ..bundle()
    };
    history.record(&BundleBody::compose(&second).unwrap());
    let third = BundleContents {
        epoch: Epoch(3),
        previous: Some(text_digest(&second.to_string())),
        fleets: vec![
            serving("f2026a", Service::Active),
            serving("f2023a", Service::Draining),
            revoked("f2021a", 2),
        ],
        ..bundle()
    };
    (history, third)
}

fn admit(change: impl FnOnce(&mut BundleContents)) -> Result<(), AdmissionError> {
    let actors = Actors::honest();
    let (history, mut contents) = history();
    change(&mut contents);
    admit_bundle(&proposal(&contents, &actors), &actors.root(2), &history, at(NOW)).map(|_| ())
}

fn fleet(contents: &mut BundleContents) -> &mut ServingFleet {
    let FleetEntry::Serving(fleet) = &mut contents.fleets[0] else { panic!() };
    fleet
}

#[test]
fn a_proposal_that_follows_is_admitted_with_the_evidence_it_names() {
    let actors = Actors::honest();
    let (history, contents) = history();
    let admitted = admit_bundle(&proposal(&contents, &actors), &actors.root(2), &history, at(NOW)).unwrap();
    assert_eq!(admitted.body().contents(), &contents);
    let evidence: Vec<_> = admitted.evidence().collect();
    assert_eq!(evidence[0], (id_of("f2026a"), digest("evidence f2026a")));
    assert_eq!(evidence.len(), 2);
    let first = BundleContents { epoch: Epoch(1), previous: None, ..bundle() };
    assert!(admit_bundle(&proposal(&first, &actors), &actors.root(2), &History::default(), at(NOW)).is_ok());
}

#[test]
fn every_broken_rule_keeps_the_auditor_from_signing() {
    assert_eq!(
        admit(|bundle| bundle.namespace = "example.other".parse().unwrap()),
        Err(AdmissionError::Namespace)
    );
    let (newest, met) = (RootVersion(1), RootVersion(2));
    assert_eq!(admit(|bundle| bundle.trust_root = met), Err(AdmissionError::TrustRoot { newest, met }));
    for epoch in [2, 4] {
        let (expected, met) = (Epoch(3), Epoch(epoch));
        let refused = admit(|bundle| {
            bundle.epoch = met;
            bundle.fleets.truncate(2);
        });
        assert_eq!(refused, Err(AdmissionError::Epoch { expected, met }));
    }
    assert_eq!(admit(|bundle| bundle.previous = Some(digest("x"))), Err(AdmissionError::Previous));
    assert_eq!(
        admit(|bundle| bundle.issued = at("2026-11-20T00:00:00Z")),
        Err(AdmissionError::Issued),
        "before the last"
    );
    let ahead = |bundle: &mut BundleContents| bundle.issued = at("2026-11-28T14:00:00Z");
    assert_eq!(admit(ahead), Err(AdmissionError::Issued));
    assert_eq!(admit(|bundle| bundle.expires = at("2026-11-28T12:00:00Z")), Err(AdmissionError::Expired));
    let long = admit(|bundle| bundle.expires = at("2028-01-01T00:00:00Z"));
    assert!(matches!(long, Err(AdmissionError::Form(_))), "{long:?}");
    let back = |bundle: &mut BundleContents| bundle.fleets[2] = serving("f2021a", Service::Draining);
    assert_eq!(admit(back), Err(AdmissionError::RevokedGenesis(id_of("f2021a"))));
    let key = |label: &str| serving(label, Service::Active).serving().unwrap().identity_key;
    let shared = |bundle: &mut BundleContents| fleet(bundle).identity_key = key("f2021a");
    assert_eq!(admit(shared), Err(AdmissionError::SharedKey(id_of("f2026a"))), "a revoked fleet's key");
    let changed = |bundle: &mut BundleContents| {
        let FleetEntry::Serving(old) = &mut bundle.fleets[1] else { panic!() };
        old.identity_key = key("another");
    };
    assert_eq!(admit(changed), Err(AdmissionError::ChangedKey(id_of("f2023a"))));
    let simulated = |bundle: &mut BundleContents| fleet(bundle).platform = "simulation".parse().unwrap();
    assert_eq!(admit(simulated), Err(AdmissionError::Simulation(id_of("f2026a"))));
    let (expected, met) = (Epoch(2), Epoch(1));
    let since = admit(|bundle| bundle.fleets[2] = revoked("f2021a", 1));
    assert_eq!(since, Err(AdmissionError::Since { fleet: id_of("f2021a"), expected, met }));
}

#[test]
fn only_the_operators_own_line_makes_a_proposal() {
    let actors = Actors::honest();
    let (history, contents) = history();
    let text = contents.to_string();
    let refused = |lines: &[NoteSignature]| {
        let note = ClaimedNote::compose(&text, lines).unwrap().to_string();
        admit_bundle(note.as_bytes(), &actors.root(2), &history, at(NOW)).unwrap_err()
    };
    let own = actors.operator.bundle.sign(&text);
    assert!(matches!(
        refused(&[actors.auditor.bundle.sign(&text)]),
        AdmissionError::Note(NoteError::Missing(_))
    ));
    assert_eq!(refused(&[own, actors.auditor.bundle.sign(&text)]), AdmissionError::Signatures);
    let thief = Actors::of("thief");
    let forged =
        NoteSignature::new(&actors.operator.bundle.key, thief.operator.bundle.sign(&text).bytes().to_vec());
    assert!(matches!(refused(&[forged]), AdmissionError::Note(NoteError::BadSignature(_))));
}

#[test]
fn nothing_is_signed_twice() {
    let actors = Actors::honest();
    let (mut history, contents) = history();
    let body = BundleBody::compose(&contents).unwrap();
    history.record(&body);
    let again = admit_bundle(&proposal(&contents, &actors), &actors.root(2), &history, at(NOW));
    assert_eq!(again, Err(AdmissionError::Repeated(body.digest())));
}

#[test]
fn a_status_never_goes_back_and_leaves_out_no_revocation() {
    let actors = Actors::honest();
    let root = actors.root(2);
    let newest = bundle();
    let known = KnownRevocation { digest: digest("revocation"), fleet: id_of("f2026a") };
    let mut previous = status_of(&newest);
    previous.number = StatusNumber(30);
    let previous = StatusBody::compose(&previous).unwrap();
    let good = StatusContents { revocations: vec![known.digest], ..status_of(&newest) };
    let check = |change: fn(&mut StatusContents)| {
        let mut contents = good.clone();
        change(&mut contents);
        let body = StatusBody::compose(&contents).unwrap();
        let newest = (&newest, text_digest(&newest.to_string()));
        admit_status(&body, Some(&previous), &root, newest, &[known], at(NOW))
    };
    assert_eq!(check(|_| {}), Ok(()));
    assert_eq!(
        check(|status| status.namespace = "example.other".parse().unwrap()),
        Err(StatusError::Namespace)
    );
    let (expected, met) = (StatusNumber(31), StatusNumber(32));
    assert_eq!(check(|status| status.number = StatusNumber(32)), Err(StatusError::Number { expected, met }));
    assert_eq!(check(|status| status.issued = at("2026-11-28T09:00:00Z")), Err(StatusError::Issued));
    assert_eq!(check(|status| status.issued = at("2026-11-28T14:00:00Z")), Err(StatusError::Issued));
    assert_eq!(check(|status| status.epoch = Epoch(6)), Err(StatusError::GoesBack));
    assert_eq!(check(|status| status.epoch = Epoch(8)), Err(StatusError::Bundle));
    assert_eq!(check(|status| status.bundle = digest("void")), Err(StatusError::Bundle));
    assert_eq!(check(|status| status.trust_root = RootVersion(2)), Err(StatusError::TrustRoot));
    assert_eq!(check(|status| status.revocations.clear()), Err(StatusError::Omitted(known.digest)));
    let listed = BundleContents { fleets: vec![revoked("f2026a", 7)], ..bundle() };
    let status = StatusBody::compose(&status_of(&listed)).unwrap();
    let listed = (&listed, text_digest(&listed.to_string()));
    assert_eq!(
        admit_status(&status, Some(&previous), &root, listed, &[known], at(NOW)),
        Ok(()),
        "the bundle says it"
    );
}
