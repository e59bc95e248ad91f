//! `strongroom verify bundle` and `bundle show`, by the vectors.

use crate::trust_world::{Desk, vector};
use serde_json::Value;

fn index() -> Value {
    serde_json::from_slice(&std::fs::read(vector("index.json")).unwrap()).unwrap()
}

fn verify(unit: &str, root: &str, more: &[&str]) -> crate::world::Ended {
    let mut arguments = vec!["verify".into(), "bundle".into(), vector(unit).into_os_string()];
    arguments.extend(["--trust".into(), vector(root).into_os_string()]);
    arguments.extend(more.iter().map(|word| (*word).into()));
    Desk::new().run(arguments)
}

const NOW: [&str; 2] = ["--at", "2026-11-28T12:00:00Z"];

#[test]
fn every_vector_of_a_unit_ends_with_its_code_and_its_error() {
    let index = index();
    let mut count = 0;
    for unit in index["units"].as_array().unwrap() {
        if ["memory", "locator", "found", "consistency"].iter().any(|key| !unit[*key].is_null()) {
            continue;
        }
        let text = |key: &str| unit[key].as_str().unwrap();
        let name = text("name");
        let floor = unit["app"].as_u64().map(|epoch| epoch.to_string());
        let mut more = vec!["--json", "--at", text("clock")];
        more.extend(floor.iter().flat_map(|floor| ["--floor", floor.as_str()]));
        let ended = verify(text("file"), text("root"), &more);
        let shown = ended.json();
        let refused = (text("verify") != "accepted").then(|| text("verify"));
        assert_eq!(shown["error"].as_str(), refused, "{name}");
        let register = unit["register"].as_str().unwrap_or_default();
        let fleet = register.strip_prefix("accepted ");
        assert_eq!(shown["register"].as_str(), fleet, "{name}");
        let concerns = shown["concerns"].as_array().unwrap();
        let is_good = refused.is_none() && concerns.is_empty();
        assert_eq!(
            (shown["ok"].as_bool(), ended.code),
            (Some(is_good), if is_good { 0 } else { 6 }),
            "{name}"
        );
        assert_eq!(concerns.is_empty(), concerns.first().is_none_or(|first| first != register), "{name}");
        let failed =
            shown["steps"].as_array().unwrap().iter().filter(|step| step["result"] == "FAIL").count();
        assert_eq!(failed > 0, !is_good, "{name}");
        assert_eq!(ended.err.is_empty(), is_good, "{name}: {}", ended.err);
        count += 1;
    }
    assert!(count > 50, "{count}");
}

#[test]
fn people_read_a_line_for_each_step_and_what_to_do() {
    let good = verify("units/golden.txt", "roots/quorum-2.txt", &NOW).expect_code(0);
    let lines: Vec<&str> = good.out.lines().collect();
    assert_eq!(lines.len(), 15, "{}", good.out);
    assert!(lines[..14].iter().all(|line| line.starts_with(" PASS  ")), "{}", good.out);
    assert_eq!(lines[5], " PASS  checkpoint of a trusted log: auditor.example/log, 1000 entries");
    assert!(
        lines[14].starts_with("Every step holds. A new device registers at the fleet 1331a984"),
        "{}",
        lines[14]
    );

    let bad = verify("units/checkpoint-with-one-witness.txt", "roots/quorum-2.txt", &NOW).expect_code(6);
    let last = bad.out.lines().last().unwrap();
    assert_eq!(last, " FAIL  witnesses: 1 witness cosigned the checkpoint, 2 have to");
    assert_eq!(bad.out.lines().count(), 7, "nothing is said of steps that nobody looked at: {}", bad.out);
    assert!(bad.err.contains("Too few independent witnesses confirm the public log"), "{}", bad.err);

    let old =
        verify("units/golden.txt", "roots/quorum-2.txt", &["--at", "2027-01-01T00:00:00Z"]).expect_code(6);
    assert!(
        old.out.contains(" FAIL  freshness: the last time that enough witnesses saw the log"),
        "{}",
        old.out
    );
    assert!(old.out.contains(" PASS  fleets: "), "{}", old.out);
    assert!(
        old.err.contains(
            "nobody registers with this unit; a device that recovers asks its user first.\n  the last time"
        ) && old.err.contains("Nobody has confirmed for more than two weeks"),
        "{}",
        old.err
    );
}

#[test]
fn a_simulation_is_told_by_its_plain_name() {
    let ended = verify("units/simulation-allowed.txt", "roots/simulation.txt", &NOW).expect_code(0);
    assert!(ended.err.contains("INSECURE SIMULATION"), "{}", ended.err);
    assert!(ended.out.contains("f2023a draining (INSECURE SIMULATION)"), "{}", ended.out);
}

#[test]
fn a_call_that_cannot_be_used_ends_with_2_and_a_missing_file_with_1() {
    for (unit, root, more) in [
        ("units/golden.txt", "units/golden.txt", &[][..]),
        ("units/golden.txt", "texts/trust-root-golden.txt", &[]),
        ("units/golden.txt", "nowhere", &[]),
        ("units/golden.txt", "roots/quorum-2.txt", &["--at", "yesterday"]),
        ("units/golden.txt", "roots/quorum-2.txt", &["--floor", "0"]),
    ] {
        let ended = verify(unit, root, more).expect_code(2);
        assert!(ended.out.is_empty(), "{}", ended.out);
    }
    let unsigned = verify("units/golden.txt", "texts/trust-root-golden.txt", &[]).expect_code(2);
    assert!(unsigned.err.contains("is no trust root"), "{}", unsigned.err);
    verify("units/nowhere.txt", "roots/quorum-2.txt", &[]).expect_code(1);
}

#[test]
fn a_newer_root_is_followed_and_one_that_does_not_follow_is_refused() {
    let chain = vector("chains/golden.txt");
    let with = |chain: &std::path::Path| {
        verify(
            "units/golden.txt",
            "roots/quorum-2.txt",
            &[&NOW[..], &["--roots", chain.to_str().unwrap()]].concat(),
        )
    };
    let newer = with(&chain).expect_code(6);
    assert!(newer.err.contains("the operator did not sign the bundle"), "its keys are others: {}", newer.err);
    let refused = with(&vector("chains/one-old-root-key.txt")).expect_code(6);
    assert!(refused.err.contains("too few root keys of the version before"), "{}", refused.err);
}

#[test]
fn a_file_of_any_stage_is_shown_and_nothing_else_is() {
    let desk = Desk::new();
    let show = |name: &str, more: &[&str]| {
        let mut arguments = vec!["bundle".into(), "show".into(), vector(name).into_os_string()];
        arguments.extend(more.iter().map(|word| (*word).into()));
        desk.run(arguments)
    };
    let unit = show("units/revoked-by-both.txt", &[]).expect_code(0);
    for part in
        ["epoch 7", "f2026a  1331…ddfd  active", "status of example.messenger.v1, number 31", "revocation of"]
    {
        assert!(unit.out.contains(part), "{part}: {}", unit.out);
    }
    assert!(unit.err.contains("nothing was verified"), "{}", unit.err);
    let json = show("texts/bundle-golden.txt", &["--json"]).expect_code(0).json();
    assert_eq!((&json["kind"], &json["bundle"]["epoch"]), (&"bundle".into(), &7.into()));
    assert_eq!(json["bundle"]["signed_by"], serde_json::json!([]));
    assert_eq!(show("texts/status-golden.txt", &["--json"]).json()["status"]["number"], 31);
    for (name, cause) in [
        ("roots/quorum-2.txt", "its first line names another format"),
        ("texts/bundle-even-members.txt", "line 8"),
        ("units/cut.txt", "is cut"),
    ] {
        let ended = show(name, &[]).expect_code(2);
        assert!(ended.err.contains(cause) && ended.out.is_empty(), "{}", ended.err);
    }
}
