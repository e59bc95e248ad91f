//! A change of the auditor's keys, the log's included, with real services: who does what, in which order.

use crate::services::{Parties, Service};

const ROOTS: &str = "--trust root.note --roots roots.chain";

/// New keys, and a trust root that names them and that operator and trustee signed.
fn with_second_root() -> Parties {
    let parties = Parties::delivered();
    parties.desk.write("old.keys", parties.desk.read("auditor/public/keys"));
    parties.desk.write("yesterday", parties.fetched("/checkpoint"));
    parties.desk.write("unit-1", parties.fetched("/delivery"));
    let made = parties.say("auditor new-keys auditor");
    assert!(
        made.out.contains("auditor/public/next-keys: it goes to whoever writes the next"),
        "{}",
        made.out
    );
    let again = parties.try_to("auditor new-keys auditor --only log").expect_code(2);
    assert!(again.err.contains("waits already for its trust root"), "{}", again.err);
    assert_eq!(parties.desk.read("auditor/public/keys"), parties.desk.read("old.keys"), "the old ones sign");

    let rotate =
        "trust rotate next.note --trust root.note --chain roots.chain --keys auditor/public/next-keys";
    let begun = parties.say(&format!("{rotate} --sign operator/root.key"));
    assert!(
        begun.out.contains("wants 1 more of its own root keys and 1 more of the version"),
        "{}",
        begun.out
    );
    let early = parties.try_to("auditor adopt auditor next.note").expect_code(6);
    assert!(early.err.contains("Nothing was adopted"), "{}", early.err);
    parties.say("trust sign next.note --key trustee/root.key --trust root.note --chain roots.chain");
    let shown = parties.desk.say("trust show root.note --roots roots.chain --json").expect_code(0).json();
    assert_eq!((&shown["version"], shown["logs"].as_array().unwrap().len()), (&2.into(), 1));
    parties
}

impl Parties {
    fn to_both_witnesses(&self, line: &str) {
        for name in ["witness-1", "witness-2"] {
            self.say(&line.replace("WITNESS", name));
        }
    }
}

#[test]
fn the_auditors_keys_and_the_logs_are_changed_and_the_log_goes_on() {
    let mut parties = with_second_root();
    parties.desk.say("bundle publish unit-1 --trust root.note --fleet fleet").expect_code(0);
    parties.to_both_witnesses("witness watch WITNESS auditor/public/next-keys");
    parties.auditor.kill();
    let adopted = parties.say("auditor adopt auditor next.note");
    assert!(adopted.out.contains("Trust root 2 is adopted and stands in the log."), "{}", adopted.out);
    assert!(adopted.out.contains("have the operator propose it again"), "{}", adopted.out);
    parties.auditor = Service::start(&parties.desk, "auditor", "auditor");
    assert!(!parties.desk.path("auditor/private/next-keys/log").exists(), "it is in its place");
    assert!(!parties.desk.path("auditor/public/next-keys").exists());
    assert_ne!(parties.desk.read("auditor/public/keys"), parties.desk.read("old.keys"));
    parties.to_both_witnesses("witness forget WITNESS old.keys");
    let unknown = parties.try_to("witness forget witness-1 old.keys").expect_code(2);
    assert!(unknown.err.contains("This key is not watched"), "{}", unknown.err);
    assert_eq!(parties.fetched("/delivery"), parties.desk.read("unit-1"), "the unit of before stays");

    parties.countersign_status(
        "status-2.note",
        "--bundle bundle-1.note --previous status-1.note --roots roots.chain",
    );
    parties.say("auditor accept auditor status-2.note");
    parties.say(&format!(
        "bundle propose {ROOTS} --key operator/bundle.key --previous bundle-1.note --out proposal-2.note"
    ));
    parties.say("auditor sign auditor proposal-2.note --evidence evidence");
    parties.desk.write("signed.note", parties.fetched("/to-countersign/bundle"));
    parties.say(&format!(
        "bundle countersign signed.note {ROOTS} --key operator/bundle.key --proposal proposal-2.note --out bundle-2.note"
    ));
    parties.say("auditor accept auditor bundle-2.note");
    parties.countersign_status(
        "status-3.note",
        "--bundle bundle-2.note --previous status-2.note --roots roots.chain",
    );
    parties.say("auditor accept auditor status-3.note");

    parties.desk.write("unit-2", parties.fetched("/delivery"));
    let desk = &parties.desk;
    let held = desk.say(&format!("verify bundle unit-2 {ROOTS}")).expect_code(0);
    assert!(held.out.contains("Every step holds"), "{}", held.out);
    let without = desk.say("verify bundle unit-2 --trust root.note").expect_code(6);
    assert!(without.err.contains("the auditor did not sign the bundle"), "{}", without.err);
    let url = &parties.auditor.url;
    let log = desk.say(&format!("verify log {url} {ROOTS} --since yesterday")).expect_code(0);
    assert!(log.out.contains("It grew out of the checkpoint of 5 entries."), "{}", log.out);
    assert!(log.out.contains("2 trust roots"), "{}", log.out);
    let gossip = desk.say(&format!("verify gossip yesterday {url} {ROOTS}")).expect_code(0);
    assert!(gossip.out.contains("Consistent: one history"), "{}", gossip.out);
    let published = desk.say(&format!("bundle publish unit-2 {ROOTS} --fleet fleet")).expect_code(0);
    assert_eq!((published.out.lines().count(), published.err.contains("not to be believed")), (3, false));
    let back = desk.say("bundle publish unit-1 --trust root.note --fleet fleet").expect_code(6);
    assert!(back.err.contains("serves a unit already"), "{}", back.err);
}

#[test]
fn without_witnesses_that_know_the_new_log_key_nothing_is_given_out_and_the_same_command_goes_on() {
    let parties = with_second_root();
    let refused = parties.try_to("auditor adopt auditor next.note").expect_code(5);
    assert!(refused.err.contains("0 witnesses cosigned, 2 have to"), "{}", refused.err);
    assert_eq!(parties.fetched("/checkpoint"), parties.desk.read("yesterday"));
    parties.to_both_witnesses("witness watch WITNESS auditor/public/next-keys");
    parties.say("auditor adopt auditor next.note");
    assert_ne!(parties.fetched("/checkpoint"), parties.desk.read("yesterday"));
}
