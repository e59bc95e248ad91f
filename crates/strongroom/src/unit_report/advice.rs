//! What it means that a delivery unit is not believed, and what to do: one sentence for each step.

use strongroom_trust::{Step, TrustError};

/// What to do about an error.
#[must_use]
pub fn advice(error: &TrustError) -> &'static str {
    match error {
        TrustError::RootOutdated { .. } => {
            "Get the newer trust roots from a node or from the app's makers, and give them by --roots."
        }
        TrustError::LogEquivocation { .. } | TrustError::Equivocation(_) => {
            "Somebody who may sign lied to somebody: keep both files, send them to the auditor, the operator and the \
             witnesses, and use neither."
        }
        TrustError::LogInconsistent => {
            "The log may have been rewritten: keep the file, and compare with others (strongroom verify gossip)."
        }
        TrustError::Simulation(_) => {
            "It protects nobody's keys: take no unit with it, unless this is a rehearsal with a trust root that \
             allows simulations."
        }
        TrustError::UnknownFleet(_) | TrustError::NoActiveFleet => "Ask the operator which fleet serves now.",
        TrustError::RevokedByBundle { .. } | TrustError::Revoked { .. } => {
            "Speak to this fleet no more; who has a vault there moves to another one."
        }
        other => of_step(other.step()),
    }
}

fn of_step(step: Step) -> &'static str {
    match step {
        Step::Limits => {
            "It is no delivery unit, or was damaged on its way: fetch it again, and from another node, too."
        }
        Step::OperatorSignature => {
            "It was changed, or somebody made it who is not the operator of this trust root: do not use it."
        }
        Step::AuditorSignature => {
            "It was changed, or somebody made it who is not the auditor of this trust root: do not use it."
        }
        Step::Form => {
            "It is meant for another app, or its makers' programs are at odds: ask the operator; do not use it."
        }
        Step::RootVersion => "Get the newer trust roots.",
        Step::Checkpoint => {
            "It stands in no log that this trust root names, so nobody could notice a forgery: do not use it."
        }
        Step::Witnesses => {
            "Too few have seen that the log only grew, so it may be a log made for you alone: do not use it; \
             fetch it again later, and from another node."
        }
        Step::Inclusion => {
            "Others cannot see it in the public log, so it may have been made for you alone: do not use it."
        }
        Step::Consistency => "Fetch it again, and compare with what others see.",
        Step::Freshness => "Check the clock, and fetch it again, from another node, too.",
        Step::Epoch => {
            "Somebody shows you an old state, in which a fleet may serve that was revoked since: fetch it from \
             another node."
        }
        Step::Status => {
            "A newer bundle exists, or this one was never in force: fetch it again, from another node, too."
        }
        Step::Fleets => "Ask the operator which fleet serves now.",
        Step::Revocations => {
            "Somebody added what is no revocation, or repeated one: fetch it from another node."
        }
    }
}
