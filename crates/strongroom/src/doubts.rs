//! What the person has to be told of a fleet, and whether they go on.

use crate::{error::in_words, print::note};
use std::io::{self, BufRead as _, IsTerminal as _};
use strongroom_client::{Questions, Trusted, trust::advice_on_concern};

/// Tells what speaks against a fleet, and asks at a terminal whether to go on. `insists`: the person said so before.
#[must_use]
pub fn confirmed(questions: &Questions, insists: bool) -> bool {
    if !insists && !io::stdin().is_terminal() {
        return false;
    }
    note(format!("Something speaks against this fleet:\n{}", in_words(questions).trim_end()));
    if insists {
        return true;
    }
    note("Type yes to go on all the same:");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).is_ok() && line.trim() == "yes"
}

/// Tells what is to be known of a fleet and needs no answer.
pub fn tell_warnings(trusted: &Trusted) {
    for warning in trusted.warnings() {
        note(format!("Note: {warning}. {}.", advice_on_concern(warning)));
    }
}
