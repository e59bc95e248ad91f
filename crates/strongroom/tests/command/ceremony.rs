//! From keys to a fleet that is trusted over the air: each party with a folder of its own, the operator and a trustee by
//! the command, auditor, log and witnesses played by the test. Here stand the keys and the trust root.

use crate::{
    trust_world::{Desk, leaf, makers::*},
    world::{Ended, copy, found},
};
use std::{fs, os::unix::fs::PermissionsExt as _};
use strongroom_trust::{
    ClaimedDelivery, CountersignedNote, Moment, StatusContents, StatusNumber, text_digest,
};

/// The operator's desk, and everybody else.
pub struct Ceremony {
    pub desk: Desk,
    pub actors: Actors,
    log: Log,
    pub number: u64,
}

/// The trust root's lines of everybody but the operator.
fn lines_of_others(actors: &Actors) -> String {
    let auditor = actors.auditor.keys();
    let mut lines = format!("root auditor {}\n", actors.roots[1].1.key);
    lines += &format!("auditor bundle {}\nauditor status {}\n", auditor.bundle, auditor.status);
    lines += &format!("auditor revocation {}\nlog {}\n", auditor.revocation, actors.log.key);
    for witness in &actors.witnesses {
        lines += &format!("witness {} {}\nparty {0} {}\n", witness.name, witness.key, witness.party);
    }
    lines
}

/// Its namespace and trust root are those of the ceremony.
fn bundle_of_the_tests() -> strongroom_trust::BundleContents {
    bundle()
}

fn now() -> Moment {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
    Moment::from_seconds(since.as_secs()).unwrap()
}

pub const INIT: &str = "trust init root.note --namespace example.messenger.v1 --threshold 2 --quorum 2 \
    --keys operator/operator.keys --keys trustee/independent.keys --keys others.keys";
pub const PROPOSE: &str =
    "bundle propose --trust root.note --key operator/bundle.key --no-passphrase --out proposal.note";

impl Ceremony {
    /// Keys and a trust root that operator and trustee signed; a fleet in the folder `fleet`.
    pub fn begun() -> Self {
        let ceremony = Self { desk: Desk::new(), actors: Actors::honest(), log: Log::default(), number: 0 };
        let (_home, fleet) = found(10);
        copy(&fleet, &ceremony.desk.path("fleet"));
        ceremony.desk.write("others.keys", lines_of_others(&ceremony.actors));
        let publisher = Actor::new("publisher.example", "publisher");
        ceremony.desk.write("manifest", leaf("what is published about the fleet\n", &publisher));
        ceremony.say("trust keys operator --party operator --name operator.example --no-passphrase");
        ceremony.say("trust keys trustee --party independent --name trustee.example --no-passphrase");
        ceremony.say(&format!("{INIT} --allow-simulation --sign operator/root.key --no-passphrase"));
        ceremony.say("trust sign root.note --key trustee/root.key --no-passphrase");
        ceremony
    }

    #[track_caller]
    pub fn say(&self, line: &str) -> Ended {
        self.desk.say(line).expect_code(0)
    }

    /// The auditor signs the proposal as it stands, and the operator counter-signs.
    pub fn sign_bundle(&self, name: &str) -> CountersignedNote {
        let proposal = self.desk.read("proposal.note");
        let body =
            strongroom_trust::ClaimedNote::parse(proposal.as_bytes(), 32_768).unwrap().text().to_owned();
        self.desk.write("signed.note", leaf(&body, &self.actors.auditor.bundle));
        self.say(&format!(
            "bundle countersign signed.note --trust root.note --key operator/bundle.key --no-passphrase \
             --proposal proposal.note --out {name}"
        ));
        CountersignedNote::parse(self.desk.read(name).as_bytes()).unwrap()
    }

    pub fn status(&self, bundle: &CountersignedNote, epoch: u64, revocations: &[&str]) -> StatusContents {
        let mut digests: Vec<_> = revocations
            .iter()
            .map(|note| {
                text_digest(strongroom_trust::ClaimedNote::parse(note.as_bytes(), 32_768).unwrap().text())
            })
            .collect();
        digests.sort_unstable();
        StatusContents {
            number: StatusNumber(self.number),
            issued: now(),
            epoch: strongroom_trust::Epoch(epoch),
            bundle: bundle.digest(),
            revocations: digests,
            ..status_of(&bundle_of_the_tests())
        }
    }

    /// Status, log and unit, as the auditor makes them once a bundle is counter-signed.
    pub fn deliver(&mut self, bundle_file: &str, epoch: u64, revocations: &[&str]) {
        let bundle = CountersignedNote::parse(self.desk.read(bundle_file).as_bytes()).unwrap();
        self.number += 1;
        let status = self.status(&bundle, epoch, revocations);
        self.desk.write("status.leaf", leaf(&status.to_string(), &self.actors.auditor.status));
        let previous = match self.number {
            1 => String::new(),
            number => format!("--previous status-{}.note", number - 1),
        };
        self.say(&format!(
            "bundle countersign status.leaf --trust root.note --key operator/status.key --no-passphrase --bundle \
             {bundle_file} {previous} --out status-{}.note",
            self.number
        ));
        let status = self.desk.read(&format!("status-{}.note", self.number));
        let status = CountersignedNote::parse(status.as_bytes()).unwrap();
        let bundle_index = self.log.append(bundle.leaf());
        let status_index = self.log.append(status.leaf());
        let at = now().to_string();
        let checkpoint = self.log.checkpoint(&self.actors, &[&at, &at]);
        let unit = ClaimedDelivery::compose(
            bundle,
            self.log.proof(bundle_index, &checkpoint),
            status,
            self.log.proof(status_index, &checkpoint),
            revocations.iter().map(|note| (*note).to_owned()).collect(),
        );
        self.desk.write("unit.txt", unit.to_string());
    }

    /// The first bundle, delivered.
    pub fn delivered() -> Self {
        let mut ceremony = Self::begun();
        ceremony.say(&format!("{PROPOSE} --fleet f1=fleet --evidence f1=manifest"));
        ceremony.sign_bundle("bundle-1.note");
        ceremony.deliver("bundle-1.note", 1, &[]);
        ceremony
    }
}

#[test]
fn secret_keys_are_their_owners_alone_and_never_written_over() {
    let ceremony = Ceremony::begun();
    for key in ["root", "bundle", "status", "revocation"] {
        let mode =
            fs::metadata(ceremony.desk.path(&format!("operator/{key}.key"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    assert!(!ceremony.desk.path("trustee/bundle.key").exists());
    let public = ceremony.desk.read("operator/operator.keys");
    let words: Vec<&str> =
        public.lines().map(|line| line.split("operator.example").next().unwrap()).collect();
    assert_eq!(words, ["root operator ", "operator bundle ", "operator status ", "operator revocation "]);
    let before = ceremony.desk.read("operator/root.key");
    let again = "trust keys operator --party operator --name operator.example --no-passphrase";
    assert!(ceremony.desk.say(again).expect_code(2).err.contains("Keys are never written over"));
    assert_eq!(ceremony.desk.read("operator/root.key"), before);
}

#[test]
fn a_passphrase_opens_what_it_sealed_and_nothing_else_does() {
    let ceremony = Ceremony::begun();
    ceremony.desk.write("passphrase", "correct horse\n");
    ceremony.desk.write("wrong", "battery staple\n");
    ceremony.say("trust keys safe --party independent --name safe.example --passphrase-file passphrase");
    let all = format!("{INIT} --key X");
    let line = ceremony.desk.read("safe/independent.keys");
    let mut arguments: Vec<&str> = all.split_whitespace().collect();
    arguments.pop();
    arguments.push(line.trim());
    arguments[2] = "other.note";
    ceremony.desk.run(arguments).expect_code(0);
    let sign = |more: &str| ceremony.desk.say(&format!("trust sign other.note --key safe/root.key {more}"));
    let before = ceremony.desk.read("other.note");
    for more in ["--passphrase-file wrong", "--no-passphrase", ""] {
        let refused = sign(more).expect_code(2);
        assert!(
            !refused.err.contains("battery") && !refused.err.contains("correct horse"),
            "{}",
            refused.err
        );
    }
    assert!(sign("").err.contains("there is no terminal to ask at. Give --passphrase-file F"));
    assert_eq!(ceremony.desk.read("other.note"), before, "nothing was signed");
    assert!(
        sign("--passphrase-file passphrase").expect_code(0).out.contains("wants 1 more of its root keys")
    );
}

#[test]
fn a_trust_root_counts_from_its_threshold_on() {
    let ceremony = Ceremony::begun();
    let shown = ceremony.say("trust show root.note --json").json();
    assert_eq!(
        (&shown["missing"], &shown["simulation"], &shown["quorum"]),
        (&0.into(), &true.into(), &2.into())
    );
    assert_eq!(shown["logs"][0], ceremony.actors.log.key.to_string());
    let people = ceremony.say("trust show root.note");
    assert!(people.out.contains("root keys   3, threshold 2: enough have signed"), "{}", people.out);
    assert!(people.err.contains("INSECURE SIMULATION"), "{}", people.err);

    let draft = format!("{INIT} --sign operator/root.key --no-passphrase").replace("root.note", "draft.note");
    assert!(
        ceremony.say(&draft).out.contains("wants 1 more of its root keys: strongroom trust sign draft.note")
    );
    ceremony.desk.write("unit.txt", "");
    let early = ceremony.desk.say("verify bundle unit.txt --trust draft.note").expect_code(2);
    assert!(
        early.err.contains("Have more of its root keys sign it (strongroom trust sign)"),
        "{}",
        early.err
    );
    let sign = |key: &str| ceremony.desk.say(&format!("trust sign draft.note --key {key} --no-passphrase"));
    assert!(sign("operator/root.key").expect_code(2).err.contains("has signed it already"));
    assert!(sign("operator/bundle.key").expect_code(2).err.contains("is no root key of this trust root"));
    assert!(sign("operator/operator.keys").expect_code(2).err.contains("`strongroom trust keys`"));
    assert!(
        sign("trustee/root.key")
            .expect_code(0)
            .out
            .contains("is trust root 1: enough root keys have signed it.")
    );
    assert!(
        ceremony.desk.say(&draft).expect_code(2).err.contains("is there already and is not written over")
    );
}

#[test]
fn keys_that_make_no_trust_root_are_refused_with_the_rule() {
    let ceremony = Ceremony::begun();
    let refused = |line: &str, words: &str| {
        let ended = ceremony.desk.say(&line.replace("root.note", "new.note")).expect_code(2);
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
        assert!(!ceremony.desk.path("new.note").exists());
    };
    refused(&INIT.replace("--threshold 2", "--threshold 1"), "operator or auditor alone could reach it");
    refused(
        &INIT.replace("--quorum 2", "--quorum 3"),
        "the quorum is not between one and the number of witnesses",
    );
    refused(
        &INIT.replace("--keys others.keys", ""),
        "the log's key is missing. Its holder's keys file has the line",
    );
    refused(
        &INIT.replace("operator/operator.keys", "trustee/independent.keys"),
        "the operator's bundle key is missing",
    );
    refused(&format!("{INIT} --keys others.keys"), "the auditor's bundle key was given twice");
    refused(&format!("{INIT} --keys operator/root.key"), "operator/root.key, line 1: is no line of a key");
    refused(&INIT.replace("example.messenger.v1", "Example"), "lower-case letters");
    let own =
        lines_of_others(&ceremony.actors).replace("party witness-1 independent", "party witness-1 auditor");
    ceremony
        .desk
        .write("others.keys", own.replace("party witness-2 independent", "party witness-2 operator"));
    refused(INIT, "operator and auditor together could meet the quorum by their own witnesses");
}

#[test]
fn a_rotated_root_counts_when_old_and_new_keys_signed_it() {
    let ceremony = Ceremony::delivered();
    ceremony.say("trust keys fresh --party operator --name operator.example --no-passphrase");
    let rotate = "trust rotate next.note --trust root.note --chain roots.chain --keys fresh/operator.keys \
        --sign fresh/root.key --no-passphrase";
    let begun = ceremony.say(rotate);
    assert!(
        begun.out.contains("wants 1 more of its own root keys and 2 more of the version before"),
        "{}",
        begun.out
    );
    assert!(!ceremony.desk.path("roots.chain").exists());
    let sign = |key: &str| {
        ceremony.desk.say(&format!(
            "trust sign next.note --key {key} --trust root.note --chain roots.chain --no-passphrase"
        ))
    };
    assert!(
        sign("trustee/root.key").expect_code(0).out.contains("wants 1 more root key of the version before")
    );
    let done = sign("operator/root.key").expect_code(0);
    assert!(
        done.out.contains("is trust root 2") && done.out.contains("roots.chain has it now"),
        "{}",
        done.out
    );
    let shown = ceremony.say("trust show root.note --roots roots.chain --json").json();
    assert_eq!((&shown["version"], &shown["missing"]), (&2.into(), &0.into()));

    // The bundle of before does not bear the new keys; the next one does.
    let verify = "verify bundle unit.txt --trust root.note --roots roots.chain";
    assert!(ceremony.desk.say(verify).expect_code(6).err.contains("the operator did not sign the bundle"));
    let with = |key: &str| {
        let line = PROPOSE.replace("operator/bundle.key", key).replace("proposal.note", "next-proposal.note");
        ceremony.desk.say(&format!("{line} --roots roots.chain --previous bundle-1.note"))
    };
    assert!(
        with("operator/bundle.key")
            .expect_code(2)
            .err
            .contains("is not the operator's bundle key of trust root 2")
    );
    with("fresh/bundle.key").expect_code(0);
    let proposal = ceremony.say("bundle show next-proposal.note --json").json();
    assert_eq!((&proposal["bundle"]["trust_root"], &proposal["bundle"]["epoch"]), (&2.into(), &2.into()));

    let third =
        "trust rotate third.note --trust root.note --chain roots.chain --remove witness-2.example --quorum 1";
    ceremony.say(third);
    let shown = ceremony.say("trust show third.note --json").json();
    assert_eq!((&shown["version"], &shown["missing"], &shown["quorum"]), (&3.into(), &2.into(), &1.into()));
    assert_eq!(shown["witnesses"].as_array().unwrap().len(), 1);
    let unknown = third.replace("third.note", "x.note").replace("witness-2.example", "nobody.example");
    assert!(
        ceremony
            .desk
            .say(&unknown)
            .expect_code(2)
            .err
            .contains("No root key, log or witness has a key of the name")
    );
}
