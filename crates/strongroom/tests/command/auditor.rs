//! The whole ceremony with a real auditor and two real witnesses, each a process, and what goes wrong in it.

use crate::{
    services::{Parties, Service},
    trust_world::Desk,
};
use std::{fs, os::unix::fs::PermissionsExt as _};

#[test]
fn a_ceremony_ends_with_a_unit_and_a_log_that_verify() {
    let parties = Parties::begun();
    assert_eq!(parties.auditor.fetch("/delivery").0, 404, "nothing is delivered before both have signed");
    parties.propose();
    let signed = parties.say("auditor sign auditor proposal.note --evidence evidence --json").json();
    assert_eq!((&signed["epoch"], &signed["witnessed"].as_array().unwrap().len()), (&1.into(), &2));
    let again = parties.say("auditor sign auditor proposal.note");
    assert!(
        again.out.contains("Epoch 1 is signed") && again.out.contains("cosigned by witness-1, witness-2"),
        "{}",
        again.out
    );
    parties.countersign_bundle("bundle-1.note");
    let accepted = parties.say("auditor accept auditor bundle-1.note");
    assert!(
        accepted.out.contains("Both have signed bundle 1.\nauditor/public/to-countersign/status goes"),
        "{}",
        accepted.out
    );
    parties.countersign_status("status-1.note", "--bundle bundle-1.note");
    assert_eq!(parties.auditor.post(&parties.desk.read("status-1.note")), (200, "status 1\n".into()));

    parties.desk.write("unit", parties.fetched("/delivery"));
    let unit = parties.desk.say("verify bundle unit --trust root.note").expect_code(0);
    assert!(unit.out.contains("Every step holds. A new device registers"), "{}", unit.out);
    let log = parties
        .desk
        .say(&format!("verify log {} --trust root.note --json", parties.auditor.url))
        .expect_code(0);
    // The root, the manifest, the proposal, the bundle, the status.
    assert_eq!(log.json()["size"], 5);
    assert!(parties.fetched("/").contains("example.messenger.v1"));
    let published = parties.desk.say("bundle publish unit --trust root.note --fleet fleet").expect_code(0);
    assert_eq!(published.out.lines().count(), 3);

    let shown = parties.desk.say("auditor show auditor --json").expect_code(0).json();
    assert_eq!((&shown["trust_root"], &shown["log"]["size"]), (&1.into(), &5.into()));
    assert_eq!((&shown["in_force"]["epoch"], &shown["in_force"]["status"]), (&1.into(), &1.into()));
    assert_eq!(shown["to_countersign"], serde_json::json!({"bundle": null, "status": null}));
    assert_eq!(shown["witnesses"][1]["url"], parties.witnesses[1].url.as_str());
}

#[test]
fn the_auditor_alone_revokes_and_the_log_says_so() {
    let parties = Parties::delivered();
    parties.desk.write("yesterday", parties.fetched("/checkpoint"));
    let revoked = parties.say("auditor revoke auditor fleet --reason key-compromise");
    assert!(revoked.out.contains("to-countersign/status goes to the operator"), "{}", revoked.out);
    parties.desk.write("unit", parties.fetched("/delivery"));
    let told = parties.desk.say("verify bundle unit --trust root.note").expect_code(0);
    assert!(told.out.contains("the auditor alone revoked the fleet"), "{}", told.out);
    assert!(told.out.contains("and yet no new device registers"), "{}", told.out);
    let shown = parties.desk.say("auditor show auditor").expect_code(0);
    assert!(shown.out.contains("waits       status 2, for the operator"), "{}", shown.out);

    parties.countersign_status("status-2.note", "--bundle bundle-1.note --previous status-1.note");
    parties.say("auditor accept auditor status-2.note");
    let shown = parties.desk.say("auditor show auditor --json").expect_code(0).json();
    assert_eq!((&shown["in_force"]["status"], &shown["in_force"]["revocations"]), (&2.into(), &1.into()));
    let since = format!("verify log {} --trust root.note --since yesterday", parties.auditor.url);
    let log = parties.desk.say(&since).expect_code(0);
    assert!(log.out.contains("It grew out of the checkpoint of 5 entries."), "{}", log.out);
    assert!(log.out.contains("key-compromise"), "{}", log.out);

    // Both together end it for ever.
    parties.say("bundle revoke --fleet fleet --reason theft --key operator/revocation.key --trust root.note --out revocation.note");
    parties.say("auditor take-revocation auditor revocation.note");
    parties.desk.write("unit", parties.fetched("/delivery"));
    let ended = parties.desk.say("verify bundle unit --trust root.note").expect_code(0);
    assert!(!ended.out.contains("alone revoked") && ended.out.contains("revoked the fleet"), "{}", ended.out);
    parties.say("auditor take-revocation auditor revocation.note");
    assert_eq!(parties.desk.say("auditor show auditor --json").json()["log"]["size"], 9, "it is logged once");
}

#[test]
fn without_its_witnesses_an_auditor_gives_nothing_out_and_goes_on_when_they_are_back() {
    let mut parties = Parties::begun();
    parties.propose();
    parties.witnesses[1].kill();
    let sign = "auditor sign auditor proposal.note --evidence evidence/manifest.note";
    let refused = parties.try_to(sign).expect_code(5);
    assert!(refused.err.contains("1 witness cosigned, 2 have to; witness-2.example"), "{}", refused.err);
    assert!(refused.err.contains("run the same command again"), "{}", refused.err);
    assert_eq!(parties.auditor.fetch("/to-countersign/bundle").0, 404);
    assert!(!fs::read_to_string(parties.desk.path("auditor/public/checkpoint")).unwrap().contains("\n4\n"));
    let back = Service::start(&parties.desk, "witness", "witness-2");
    parties.desk.say(&format!("auditor witness auditor witness-2/public/key {}", back.url)).expect_code(0);
    parties.say(sign);
    assert!(parties.fetched("/to-countersign/bundle").contains("epoch 1\n"));
}

#[test]
fn what_an_auditor_refuses_it_refuses_with_a_reason_and_signs_nothing() {
    let parties = Parties::begun();
    parties.propose();
    let refused = |line: &str, code: i32, words: &str| {
        let ended = parties.try_to(line).expect_code(code);
        assert!(ended.err.contains(words), "{line}: {}", ended.err);
    };
    let sign = "auditor sign auditor proposal.note";
    refused(sign, 1, "--evidence");
    refused(&format!("{sign} --evidence fleet"), 1, "no signed note in fleet has this digest");
    let mut proposal = parties.desk.read("proposal.note");
    proposal = proposal.replace("epoch 1\n", "epoch 2\n");
    parties.desk.write("changed.note", proposal);
    refused("auditor sign auditor changed.note --evidence evidence", 6, "Nothing was signed");
    refused("auditor accept auditor proposal.note", 6, "The counter-signed note");
    refused("auditor revoke auditor fleet --reason lost", 2, "No bundle ever listed the fleet");
    refused("auditor adopt auditor proposal.note", 6, "Nothing was adopted");
    refused("auditor sign witness-1 proposal.note", 2, "`strongroom auditor init` made");
    refused("witness watch witness-1 nobody", 2, "is no log's key");
    let desk = &parties.desk;
    let key = desk.say("auditor witness auditor nobody http://127.0.0.1:1").expect_code(2);
    assert!(key.err.contains("is no witness's key"), "{}", key.err);
    assert_eq!(desk.say("auditor show auditor --json").json()["log"]["size"], 1, "the trust root alone");
}

#[test]
fn an_auditor_without_a_trust_root_or_with_another_namespace_says_what_to_do() {
    let desk = Desk::new();
    let init = "auditor init a --namespace example.messenger.v1 --origin auditor.example/log --no-passphrase";
    let made = desk.say(init).expect_code(0);
    assert!(made.out.contains("\nlog auditor.example/log+"), "{}", made.out);
    assert_eq!(fs::metadata(desk.path("a/private")).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(desk.say(init).expect_code(2).err.contains("Keys are never written over"), "a second time");
    desk.write("note", "x\n");
    let early = desk.say("auditor sign a note --no-passphrase").expect_code(2);
    assert!(early.err.contains("strongroom auditor adopt DIR ROOT"), "{}", early.err);
    let shown = desk.say("auditor show a").expect_code(0);
    assert!(shown.out.contains("trust root  none yet"), "{}", shown.out);
    desk.say("auditor init b --namespace other.messenger.v1 --origin b.example/log --no-passphrase")
        .expect_code(0);
}

#[test]
fn a_passphrase_opens_a_folder_and_is_never_printed() {
    let desk = Desk::new();
    desk.write("passphrase", "correct horse\n");
    desk.write("wrong", "battery staple\n");
    let sealed = "--passphrase-file passphrase";
    desk.say(&format!("witness init w --name w.example {sealed}")).expect_code(0);
    desk.say(&format!("auditor init a --namespace a.b.v1 --origin a.example/log {sealed}")).expect_code(0);
    desk.say(&format!("witness watch w a/public/keys {sealed}")).expect_code(0);
    for line in [
        "witness watch w a/public/keys",
        "witness run w --listen 127.0.0.1:0",
        "auditor run a --listen 127.0.0.1:0",
    ] {
        for more in ["--passphrase-file wrong", "--no-passphrase", ""] {
            let ended = desk.say(&format!("{line} {more}")).expect_code(2);
            let said = ended.out + &ended.err;
            assert!(!said.contains("battery") && !said.contains("correct horse"), "{said}");
        }
    }
}
