//! `strongroom verify bundle`.

use crate::{
    error::CommandError,
    files::read_at_most,
    print::{INSECURE_SIMULATION, json, note, say},
    trust_options::{TrustOptions, now},
    unit_report::{Outcome, StepLine, UnitReport, Verdict, concerns_in_words, refusal_in_words},
};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use strongroom_trust::{ClaimedEpochs, Concern, DeviceView, Epoch, Moment, limits::UNIT_BYTES_MAX};

const EXAMPLES: &str = "\
Examples:
  strongroom verify bundle unit.txt --trust root.note
  strongroom verify bundle unit.txt --trust root.note --floor 7 --at 2026-11-28T12:00:00Z
  curl -s https://node-1.example/v1/trust > unit.txt && strongroom verify bundle unit.txt --trust root.note

Nothing is fetched. The steps are those of a new device, in its order; docs/spec/delivery.md explains them.
Exit codes: 0 every step holds; 6 one does not; 2 the trust root or an option cannot be used.";

/// Check a delivery unit offline, step by step: bundle, status, proofs, witnesses
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct BundleArguments {
    /// The delivery unit, as a node hands it out
    #[arg(value_name = "FILE")]
    unit: PathBuf,
    /// The lowest epoch that counts, as an app ships it
    #[arg(long, value_name = "N")]
    floor: Option<Epoch>,
    /// The time to judge ages by, such as 2026-11-28T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,
    /// Print {"ok", "error", "concerns", "register", "steps": [{"step", "result", "text"}]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    trust: TrustOptions,
}

/// The JSON shape.
#[derive(Debug, Serialize)]
struct UnitJson<'a> {
    ok: bool,
    error: Option<&'static str>,
    concerns: Vec<&'static str>,
    register: Option<String>,
    steps: &'a [StepLine],
}

impl BundleArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let chain = self.trust.chain()?;
        let root = chain.newest();
        let bytes = read_at_most(&self.unit, UNIT_BYTES_MAX)?;
        let epochs = ClaimedEpochs { app: self.floor, ..ClaimedEpochs::default() };
        let clock = self.at.unwrap_or_else(now);
        let device = DeviceView { clock, build: Moment::FIRST, epochs, memory: None, consistency: None };
        let report = UnitReport::of(&bytes, root, &device);
        if self.json {
            json(&shape(&report));
        } else {
            if root.contents().is_simulation {
                note(INSECURE_SIMULATION);
            }
            report
                .steps
                .iter()
                .filter(|line| line.result != Verdict::NotChecked)
                .for_each(|step| say(line(step)));
        }
        conclude(&report, self.json)
    }
}

/// One step as people read it.
fn line(step: &StepLine) -> String {
    let verdict = if step.result == Verdict::Pass { "PASS" } else { "FAIL" };
    if step.text.is_empty() {
        return format!(" {verdict}  {}", step.step);
    }
    format!(" {verdict}  {}: {}", step.step, step.text)
}

fn conclude(report: &UnitReport, json: bool) -> Result<(), CommandError> {
    match &report.outcome {
        Outcome::Refused(error) => Err(CommandError::untrusted(format!(
            "Nothing of this unit is to be believed: {}",
            refusal_in_words(error)
        ))),
        Outcome::Doubtful(concerns) => Err(doubtful(concerns)),
        Outcome::Good(found) if !json => {
            say(match found {
                Ok(fleet) => format!("Every step holds. A new device registers at the fleet {fleet}."),
                Err(error) => format!("Every step holds, and yet no new device registers: {error}."),
            });
            Ok(())
        }
        Outcome::Good(_) => Ok(()),
    }
}

fn doubtful(concerns: &[Concern]) -> CommandError {
    CommandError::untrusted(format!(
        "The signatures hold, and yet nobody registers with this unit; a device that recovers asks its user first.{}",
        concerns_in_words(concerns)
    ))
}

fn shape(report: &UnitReport) -> UnitJson<'_> {
    let (error, concerns, register) = match &report.outcome {
        Outcome::Refused(error) => (Some(error.name()), Vec::new(), None),
        Outcome::Doubtful(concerns) => (None, concerns.iter().map(Concern::name).collect(), None),
        Outcome::Good(found) => (None, Vec::new(), found.as_ref().ok().map(|fleet| fleet.to_hex())),
    };
    UnitJson { ok: report.is_good(), error, concerns, register, steps: &report.steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_one_line() {
        let of = |result, text: &str| line(&StepLine { step: "witnesses", result, text: text.into() });
        assert_eq!(of(Verdict::Pass, ""), " PASS  witnesses");
        assert_eq!(of(Verdict::Pass, "2 of 2"), " PASS  witnesses: 2 of 2");
        assert_eq!(of(Verdict::Fail, "too few"), " FAIL  witnesses: too few");
    }

    #[test]
    fn the_json_shape_stands() {
        let step = StepLine { step: "epoch", result: Verdict::NotChecked, text: String::new() };
        let concerns = vec![Concern::StatusStale("2026-11-28T12:00:00Z".parse().unwrap())];
        let report = UnitReport { steps: vec![step], outcome: Outcome::Doubtful(concerns) };
        assert_eq!(
            serde_json::to_string(&shape(&report)).unwrap(),
            r#"{"ok":false,"error":null,"concerns":["status-stale"],"register":null,"steps":[{"step":"epoch","result":"NOT CHECKED","text":""}]}"#
        );
    }
}
