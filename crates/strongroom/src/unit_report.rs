//! What the verification of a delivery unit found, step by step, in the verifier's fixed order.
//! Page: `docs/spec/delivery.md`, "Steps".
//!
//! A step with a concern that blocks registering counts as failed; those after it are told all the same,
//! since the verification went on.

mod words;

use serde::Serialize;
use strongroom_client::trust::{advice, advice_on_concern};
use strongroom_protocol::ids::FleetId;
use strongroom_trust::{
    ClaimedDelivery, Concern, DeviceView, Step, TrustError, TrustRoot, TrustSource as _, VerifiedDelivery,
    verify_delivery,
};

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// It holds.
    #[serde(rename = "PASS")]
    Pass,
    /// It does not.
    #[serde(rename = "FAIL")]
    Fail,
    /// One before it failed, so nobody looked.
    #[serde(rename = "NOT CHECKED")]
    NotChecked,
}

/// One step; the JSON shape of one, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepLine {
    /// What is checked.
    pub step: &'static str,
    /// What it came to.
    pub result: Verdict,
    /// What was found.
    pub text: String,
}

/// What a unit is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitReport {
    /// Every step, in order.
    pub steps: Vec<StepLine>,
    /// What comes of them.
    pub outcome: Outcome,
}

/// What comes of all steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing of the unit is believed.
    Refused(Box<TrustError>),
    /// Nobody registers with it; a device that recovers asks its user.
    Doubtful(Vec<Concern>),
    /// It is believed; a new device registers at a fleet, or finds none.
    Good(Result<FleetId, Box<TrustError>>),
}

impl UnitReport {
    /// Verifies a unit as a device would that brings all this.
    #[must_use]
    pub fn of(bytes: &[u8], root: &TrustRoot, device: &DeviceView<'_>) -> Self {
        let verified = ClaimedDelivery::parse(bytes).and_then(|unit| verify_delivery(unit, root, device));
        match verified {
            Ok(unit) => Self::of_verified(&unit, bytes.len(), root, device),
            Err(error) => Self::of_refused(error),
        }
    }

    /// Whether every step holds.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self.outcome, Outcome::Good(_))
    }

    fn of_refused(error: TrustError) -> Self {
        let failed = error.step();
        let line = |step: Step| {
            let (result, text) = match step.cmp(&failed) {
                std::cmp::Ordering::Less => (Verdict::Pass, String::new()),
                std::cmp::Ordering::Equal => (Verdict::Fail, error.to_string()),
                std::cmp::Ordering::Greater => (Verdict::NotChecked, String::new()),
            };
            StepLine { step: step.title(), result, text }
        };
        Self { steps: Step::ALL.map(line).into(), outcome: Outcome::Refused(Box::new(error)) }
    }

    fn of_verified(unit: &VerifiedDelivery, bytes: usize, root: &TrustRoot, device: &DeviceView<'_>) -> Self {
        let blocking: Vec<&Concern> =
            unit.concerns().iter().filter(|concern| concern.blocks_registering()).collect();
        let line = |step: Step| {
            let against: Vec<String> =
                blocking.iter().filter(|concern| concern.step() == step).map(ToString::to_string).collect();
            let (result, text) = match against.is_empty() {
                true => (Verdict::Pass, words::of(step, unit, bytes, root, device)),
                false => (Verdict::Fail, against.join("; ")),
            };
            StepLine { step: step.title(), result, text }
        };
        let outcome = match blocking.is_empty() {
            true => Outcome::Good(unit.for_registering().map(|fleet| fleet.fleet().id()).map_err(Box::new)),
            false => Outcome::Doubtful(blocking.iter().copied().cloned().collect()),
        };
        Self { steps: Step::ALL.map(line).into(), outcome }
    }
}

/// Why nothing of a unit is believed, what that means and what to do.
#[must_use]
pub fn refusal_in_words(error: &TrustError) -> String {
    let option = match error {
        TrustError::RootOutdated { .. } => " Newer trust roots are given by --roots.",
        TrustError::LogInconsistent | TrustError::LogEquivocation { .. } => {
            " strongroom verify gossip compares with what others see."
        }
        _ => "",
    };
    format!("{error}. {}.{option}", advice(error))
}

/// What keeps from registering, and what each of it means, a line each.
#[must_use]
pub fn concerns_in_words(concerns: &[Concern]) -> String {
    let line = |concern: &Concern| format!("\n  {concern}\n    {}.", advice_on_concern(concern));
    concerns.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
