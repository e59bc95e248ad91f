use super::*;
use serde_json::Value;
use std::{fs, path::PathBuf};
use strongroom_trust::{ClaimedEpochs, Epoch, Moment};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust")
}

fn read(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn root(name: &str) -> TrustRoot {
    TrustRoot::told(&read(name)).unwrap()
}

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn device(clock: Moment, app: Option<Epoch>) -> DeviceView<'static> {
    let epochs = ClaimedEpochs { app, ..ClaimedEpochs::default() };
    DeviceView { clock, build: Moment::FIRST, epochs, memory: None, consistency: None }
}

fn of(unit: &str) -> UnitReport {
    UnitReport::of(&read(unit), &root("roots/quorum-2.txt"), &device(at("2026-11-28T12:00:00Z"), None))
}

#[test]
fn a_good_unit_passes_every_step_and_says_what_it_found() {
    let report = of("units/golden.txt");
    assert!(report.is_good());
    assert!(report.steps.iter().all(|line| line.result == Verdict::Pass), "{report:?}");
    let text = |step: &str| report.steps.iter().find(|line| line.step == step).unwrap().text.clone();
    assert_eq!(text("operator's signatures"), "operator.example/bundle, operator.example/status");
    assert_eq!(text("witnesses"), "2 of 2 cosigned, 2 have to: witness-2, witness-1");
    assert_eq!(text("freshness"), "seen by enough witnesses 115 min ago");
    assert_eq!(text("epoch"), "7, good until 2027-11-21T10:00:00Z");
    assert_eq!(text("status"), "number 31, written 2 h ago");
    assert_eq!(text("fleets"), "f2026a active, f2023a draining");
}

#[test]
fn the_steps_before_a_failure_pass_and_those_after_it_are_not_checked() {
    let report = of("units/checkpoint-with-one-witness.txt");
    let results: Vec<Verdict> = report.steps.iter().map(|line| line.result).collect();
    let [pass, fail, rest] = [Verdict::Pass, Verdict::Fail, Verdict::NotChecked];
    assert_eq!(results[..6], [pass; 6]);
    assert_eq!(results[6], fail);
    assert_eq!(results[7..], [rest; 7]);
    assert_eq!(report.steps[6].text, "1 witness cosigned the checkpoint, 2 have to");
}

/// Runs every vector of a unit that needs no memory, as a new device would.
#[test]
fn every_vector_fails_at_the_step_of_its_error_and_has_advice() {
    let index: Value = serde_json::from_slice(&read("index.json")).unwrap();
    let mut count = 0;
    for unit in index["units"].as_array().unwrap() {
        if ["memory", "locator", "found", "consistency"].iter().any(|key| !unit[*key].is_null()) {
            continue;
        }
        let name = unit["name"].as_str().unwrap();
        let root = root(unit["root"].as_str().unwrap());
        let floor = unit["app"].as_u64().map(Epoch);
        let clock = at(unit["clock"].as_str().unwrap());
        let report = UnitReport::of(&read(unit["file"].as_str().unwrap()), &root, &device(clock, floor));
        let met = match &report.outcome {
            Outcome::Refused(error) => {
                assert!(refusal_in_words(error).contains(advice(error)), "{name}");
                (error.name().to_owned(), None)
            }
            Outcome::Doubtful(concerns) => ("accepted".into(), Some(concerns[0].name().to_owned())),
            Outcome::Good(Ok(fleet)) => ("accepted".into(), Some(format!("accepted {fleet}"))),
            Outcome::Good(Err(error)) => ("accepted".into(), Some(error.name().to_owned())),
        };
        let register = unit["register"].as_str().map(ToOwned::to_owned);
        assert_eq!(met, (unit["verify"].as_str().unwrap().to_owned(), register), "{name}");
        count += 1;
    }
    assert!(count > 50, "{count}");
}

#[test]
fn a_concern_that_blocks_registering_fails_its_step_and_no_other() {
    let root = root("roots/quorum-2.txt");
    let late = UnitReport::of(&read("units/golden.txt"), &root, &device(at("2026-12-12T10:00:01Z"), None));
    let failed: Vec<&str> =
        late.steps.iter().filter(|line| line.result == Verdict::Fail).map(|line| line.step).collect();
    assert_eq!(failed, ["status"]);
    assert!(!late.is_good());
}

#[test]
fn times_are_told_as_people_tell_them() {
    let then = at("2026-11-28T12:00:00Z");
    let ago = |seconds| words::ago(then, then.plus_seconds(seconds));
    assert_eq!(ago(0), "just now");
    assert_eq!(ago(119 * 60), "119 min ago");
    assert_eq!(ago(3 * 3600), "3 h ago");
    assert_eq!(ago(86_400 * 3), "3 days ago");
}
