//! `strongroom bundle propose`, `countersign`, `publish` and `revoke`: a bundle's way, its successor and its end.

use crate::{
    ceremony::{Ceremony, INIT, PROPOSE},
    trust_world::{leaf, makers::*},
    world::{copy, found},
};
use std::fs;
use strongroom_trust::CountersignedNote;

#[test]
fn a_bundle_goes_from_proposal_to_every_node() {
    let ceremony = Ceremony::delivered();
    let verified = ceremony.say("verify bundle unit.txt --trust root.note");
    assert!(verified.out.contains(" PASS  fleets: f1 active (INSECURE SIMULATION)"), "{}", verified.out);
    let publish = "bundle publish unit.txt --trust root.note --fleet fleet";
    let published = ceremony.say(publish);
    assert_eq!(published.out.lines().count(), 3, "{}", published.out);
    for node in 1..=3 {
        let path = ceremony.desk.path(&format!("fleet/node-{node}/trust/unit"));
        assert_eq!(fs::read(&path).unwrap(), fs::read(ceremony.desk.path("unit.txt")).unwrap());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing unfinished is left");
    }
    ceremony.say(publish);
    ceremony.say("bundle publish unit.txt --trust root.note --fleet fleet/node-2");

    // Nothing reaches a node that would not be believed, or is not about its fleet.
    let unit = ceremony.desk.read("unit.txt");
    ceremony.desk.write("bad.txt", unit.replace("guesses 10", "guesses 11"));
    let bad = ceremony.desk.say("bundle publish bad.txt --trust root.note --fleet fleet").expect_code(6);
    assert!(bad.err.contains("Nothing was published: the operator did not sign the bundle"), "{}", bad.err);
    let (_home, other) = found(10);
    copy(&other, &ceremony.desk.path("other"));
    let other = ceremony.desk.say("bundle publish unit.txt --trust root.note --fleet other").expect_code(2);
    assert!(other.err.contains("which this bundle does not list"), "{}", other.err);
    assert!(!ceremony.desk.path("other/node-1/trust").exists());
    ceremony.desk.say("bundle publish unit.txt --trust root.note --fleet nowhere").expect_code(1);
    ceremony.desk.say("bundle publish unit.txt --trust root.note").expect_code(2);
    assert_eq!(fs::read_to_string(ceremony.desk.path("fleet/node-1/trust/unit")).unwrap(), unit);
}

#[test]
fn a_successor_lets_the_old_fleet_drain_and_nothing_goes_back() {
    let mut ceremony = Ceremony::delivered();
    ceremony.say("bundle publish unit.txt --trust root.note --fleet fleet");
    ceremony.desk.write("old-unit.txt", ceremony.desk.read("unit.txt"));
    let (_home, new) = found(10);
    copy(&new, &ceremony.desk.path("new"));
    fs::remove_file(ceremony.desk.path("proposal.note")).unwrap();
    ceremony.say(&format!("{PROPOSE} --previous unit.txt --successor f2=new --evidence f2=manifest"));
    ceremony.sign_bundle("bundle-2.note");
    ceremony.deliver("bundle-2.note", 2, &[]);
    let shown = ceremony.say("bundle show unit.txt --json").json();
    let services: Vec<_> =
        shown["bundle"]["fleets"].as_array().unwrap().iter().map(|fleet| &fleet["service"]).collect();
    assert_eq!(services, ["active", "draining"]);
    assert_eq!(shown["bundle"]["fleets"][0]["label"], "f2");
    ceremony.say("bundle publish unit.txt --trust root.note --fleet fleet --fleet new");
    let back =
        ceremony.desk.say("bundle publish old-unit.txt --trust root.note --fleet fleet").expect_code(6);
    assert!(
        back.err.contains("serves a unit already") && back.err.contains("bundle 1 is older than bundle 2"),
        "{}",
        back.err
    );

    let revoke = "bundle revoke --fleet fleet --reason key-compromise --key operator/revocation.key --no-passphrase \
        --trust root.note --out revocation.note";
    assert!(ceremony.say(revoke).out.contains("in the name of the operator; who recovers there is asked."));
    let revocation = ceremony.desk.read("revocation.note");
    ceremony.number += 1;
    let bundle = CountersignedNote::parse(ceremony.desk.read("bundle-2.note").as_bytes()).unwrap();
    let omitting = ceremony.status(&bundle, 2, &[]);
    ceremony.desk.write("status.leaf", leaf(&omitting.to_string(), &ceremony.actors.auditor.status));
    let countersign = "bundle countersign status.leaf --trust root.note --key operator/status.key --no-passphrase \
        --bundle bundle-2.note --previous status-2.note --revocation revocation.note --out x.note";
    let refused = ceremony.desk.say(countersign).expect_code(6);
    assert!(
        refused.err.contains("Counter-sign nothing: the status leaves out the revocation"),
        "{}",
        refused.err
    );
    ceremony.number -= 1;
    ceremony.deliver("bundle-2.note", 2, &[&revocation]);
    let verified = ceremony.say("verify bundle unit.txt --trust root.note");
    assert!(
        verified.out.contains(" PASS  revocations: the operator alone revoked the fleet"),
        "{}",
        verified.out
    );

    fs::remove_file(ceremony.desk.path("proposal.note")).unwrap();
    ceremony.say(&format!("{PROPOSE} --previous unit.txt --revoke f1=key-compromise"));
    let shown = ceremony.say("bundle show proposal.note --json").json();
    assert_eq!(shown["bundle"]["fleets"][1]["since"], 3);
}

#[test]
fn a_proposal_that_the_auditor_would_refuse_is_not_written() {
    let ceremony = Ceremony::begun();
    let refused = |more: &str, code: i32, words: &str| {
        let ended = ceremony.desk.say(&format!("{PROPOSE} {more}")).expect_code(code);
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
        assert!(!ceremony.desk.path("proposal.note").exists());
    };
    refused("--fleet f1=fleet", 2, "Give --evidence f1=FILE");
    refused("--fleet f1=nowhere --evidence f1=manifest", 2, "The pin nowhere/fleet.pin cannot be read");
    refused("--fleet F=fleet --evidence f1=manifest", 2, "lower-case letters");
    refused(
        "--fleet f1=fleet --evidence f1=manifest --platform f1=tpm",
        2,
        "does not stand on tpm, by its own pin",
    );
    refused("--fleet f1=fleet --evidence f1=manifest --drain f0", 2, "lists no fleet \"f0\"");
    refused("", 2, "These fleets make no bundle");
    ceremony.desk.write("bare", "what is published about the fleet\n");
    refused("--fleet f1=fleet --evidence f1=bare", 2, "bare is no manifest, which is a signed note");
    refused("--fleet f1=fleet --evidence f1=manifest --days 398", 2, "398 is not in 1..=397");
    refused(
        "--fleet f1=fleet --evidence f1=manifest --previous root.note",
        6,
        "is no bundle that the auditor signed",
    );
    refused(
        "--fleet f1=fleet --fleet f2=fleet --evidence f1=manifest --evidence f2=manifest",
        2,
        "the genesis stands twice",
    );
    let (_home, other) = found(10);
    copy(&other.join("node-2"), &ceremony.desk.path("mixed/node-2"));
    fs::copy(ceremony.desk.path("fleet/fleet.pin"), ceremony.desk.path("mixed/fleet.pin")).unwrap();
    refused("--fleet f1=mixed --evidence f1=manifest", 2, "Folders were mixed up");
    let strict = format!("{INIT} --sign operator/root.key --sign trustee/root.key --no-passphrase");
    ceremony.say(&strict.replace("root.note", "strict.note"));
    let line = PROPOSE.replace("root.note", "strict.note");
    let ended = ceremony.desk.say(&format!("{line} --fleet f1=fleet --evidence f1=manifest")).expect_code(2);
    assert!(
        ended.err.contains("the auditor would refuse it: the fleet") && ended.err.contains("is a simulation"),
        "{}",
        ended.err
    );
}

#[test]
fn nothing_is_countersigned_that_was_not_proposed() {
    let ceremony = Ceremony::begun();
    ceremony.say(&format!("{PROPOSE} --fleet f1=fleet --evidence f1=manifest"));
    let proposal = ceremony.desk.read("proposal.note");
    let body = strongroom_trust::ClaimedNote::parse(proposal.as_bytes(), 32_768).unwrap().text().to_owned();
    let countersign = "bundle countersign signed.note --trust root.note --key operator/bundle.key --no-passphrase \
        --proposal proposal.note --out bundle.note";
    let refused = |signed: String, line: &str, code: i32, words: &str| {
        ceremony.desk.write("signed.note", signed);
        let ended = ceremony.desk.say(line).expect_code(code);
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
        assert!(!ceremony.desk.path("bundle.note").exists());
    };
    let auditor = &ceremony.actors.auditor;
    let other = body.replace("guesses 10", "guesses 9");
    refused(
        leaf(&other, &auditor.bundle),
        countersign,
        6,
        "signed something else than proposal.note proposes",
    );
    refused(leaf(&body, &auditor.status), countersign, 6, "auditor.example/bundle did not sign");
    refused(leaf(&body, &Actors::of("thief").auditor.bundle), countersign, 6, "Counter-sign nothing");
    refused(proposal.clone(), countersign, 6, "auditor.example/bundle did not sign");
    refused(body.clone(), countersign, 6, "is nothing that the auditor signed");
    let good = leaf(&body, &auditor.bundle);
    refused(
        good.clone(),
        &countersign.replace("bundle.key", "status.key"),
        2,
        "is not the key that signs this",
    );
    refused(good.clone(), &countersign.replace("--proposal proposal.note", ""), 2, "Give --proposal FILE.");
    refused(
        good.clone(),
        &countersign.replace("--proposal proposal.note", "--proposal root.note"),
        6,
        "is no proposal of this operator",
    );
    refused("hello\n".into(), countersign, 6, "it is neither a bundle nor a status note");
    ceremony.desk.write("signed.note", good);
    ceremony.say(countersign);
}

#[test]
fn a_revocation_by_the_root_keys_is_for_ever_and_one_key_is_none() {
    let ceremony = Ceremony::begun();
    let revoke = |keys: &str| {
        let line = format!(
            "bundle revoke --fleet fleet/fleet.pin --reason lost --trust root.note --out r.note --no-passphrase {keys}"
        );
        ceremony.desk.say(&line)
    };
    let alone = revoke("--key operator/root.key").expect_code(2);
    assert!(alone.err.contains("root keys count from the threshold on (2 of trust root 1)"), "{}", alone.err);
    assert!(revoke("--key operator/bundle.key").expect_code(2).err.contains("signs with its revocation key"));
    let both = revoke("--key operator/root.key --key trustee/root.key").expect_code(0);
    assert!(both.out.contains("in the name of the root keys, for ever."), "{}", both.out);
    let shown = ceremony.say("bundle show r.note --json").json();
    assert_eq!((&shown["kind"], &shown["revocations"][0]["reason"]), (&"revocation".into(), &"lost".into()));
}
