//! Fleets that one party or both have revoked, and revocations that are withheld.

use crate::air::*;
use crate::fake_transport::run;
use crate::over_the_air::refusal;
use crate::trust_world::*;
use strongroom_client::{ClientError, Credential};
use strongroom_trust::*;

fn right() -> Credential {
    Credential::password("right")
}

fn revoking(label: &str, signers: &[&Actor]) -> Draft {
    Draft { revocations: vec![revocation(label, signers)], ..Draft::new() }
}

#[test]
fn a_revocation_by_the_operator_or_the_auditor_alone_stops_registering_and_makes_recovering_ask() {
    let actors = Actors::honest();
    for (party, word) in [(&actors.operator, "operator"), (&actors.auditor, "auditor")] {
        let air = Air::new();
        let (locator, key) = run(air.client(1).register(right())).unwrap();
        air.papers().exchanges = 0;
        air.show(unit(&revoking(NEW, &[&party.revocation])));
        let refused = refusal(run(air.client(2).register(right())));
        assert_eq!(refused.name(), "revoked-by-one");
        assert!(refused.to_string().contains(word), "{refused}");
        let client = air.client(3);
        let error = run(client.recover(&locator, right())).unwrap_err();
        assert!(error.to_string().contains(&format!("the {word} alone revoked the fleet")), "{error}");
        assert!(air.is_silent());
        let ClientError::Unconfirmed(questions) = error else { panic!("{error}") };
        client.insist(*questions);
        assert!(run(client.recover(&locator, right())).unwrap().key.matches(&key));
        let change = run(client.change_password(&locator, &key, right()));
        assert_eq!(refusal(change).name(), "revoked-by-one", "a revoked fleet gets nothing new to keep");
    }
}

#[test]
fn a_revocation_by_both_by_the_root_keys_or_by_a_bundle_is_final() {
    let actors = Actors::honest();
    let (operator, auditor) = (&actors.operator.revocation, &actors.auditor.revocation);
    let roots: Vec<&Actor> = actors.roots.iter().take(2).map(|(_, root)| root).collect();
    let both = Draft {
        revocations: vec![revocation(NEW, &[operator]), revocation(NEW, &[auditor])],
        ..Draft::new()
    };
    let mut listed = Draft::with(BundleContents {
        epoch: Epoch(8),
        fleets: vec![serving("f2027a", Service::Active), revoked(NEW, 8)],
        ..bundle()
    });
    listed.status.number = StatusNumber(32);
    for (draft, name) in [
        (revoking(NEW, &[operator, auditor]), "revoked"),
        (both, "revoked"),
        (revoking(NEW, &roots), "revoked"),
        (listed, "revoked-by-bundle"),
    ] {
        let air = Air::new();
        let (locator, key) = run(air.client(1).register(right())).unwrap();
        air.papers().exchanges = 0;
        air.show(unit(&draft));
        let client = air.client(2);
        for _ in 0..2 {
            assert_eq!(refusal(run(client.recover(&locator, right()))).name(), name);
        }
        assert_eq!(refusal(run(client.status(&locator))).name(), name);
        assert_eq!(refusal(run(client.erase(&locator, &key))).name(), name);
        assert!(air.is_silent());
    }
}

#[test]
fn a_withheld_revocation_is_missed_by_the_status_that_names_it() {
    let air = Air::new();
    let (locator, _) = run(air.client(1).register(right())).unwrap();
    air.papers().exchanges = 0;
    let text = revocation(NEW, &[&Actors::honest().auditor.revocation]);
    let body = format!("{}\n", text.split("\n\n").next().unwrap());
    let mut draft = Draft::new();
    draft.status.revocations = vec![text_digest(&body)];
    air.show(unit(&draft));
    assert_eq!(refusal(run(air.client(2).register(right()))).name(), "revocation-withheld");
    let error = run(air.client(3).recover(&locator, right())).unwrap_err();
    assert!(matches!(error, ClientError::Unconfirmed(_)), "{error}");
    // A node that hands it out is asked as well, and then it counts.
    draft.revocations = vec![text];
    air.show_at(7502, Paper::Text(unit(&draft)));
    assert_eq!(refusal(run(air.client(4).register(right()))).name(), "revoked-by-one");
    assert!(air.is_silent());
}

#[test]
fn a_new_vault_goes_to_the_next_active_fleet_where_the_first_is_revoked() {
    let air = Air::new();
    let fleets = vec![serving("f2027a", Service::Active), serving(NEW, Service::Active)];
    let mut draft = Draft::with(BundleContents { fleets, ..bundle() });
    draft.revocations = vec![revocation("f2027a", &[&Actors::honest().operator.revocation])];
    air.show(unit(&draft));
    let (locator, _) = run(air.client(1).register(right())).unwrap();
    assert_eq!(locator.fleet(), id_of(NEW));
}
