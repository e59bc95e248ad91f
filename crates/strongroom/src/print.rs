//! Printing for people. A reader that went away (`strongroom snapshots | head`) is no error.

use crate::error::CommandError;
use serde::Serialize;
use std::io::{self, Write as _};
use strongroom_protocol::ids::FleetId;

/// What every output about a fleet on the simulation platform begins with.
pub const INSECURE_SIMULATION: &str =
    "INSECURE SIMULATION: these nodes keep their keys in files. Good for a demo, never for people's keys.";

/// Prints a line to standard output.
pub fn say(line: impl AsRef<str>) {
    let _ = writeln!(io::stdout().lock(), "{}", line.as_ref());
}

/// Prints a line to standard error, beside what a script reads.
pub fn note(line: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", line.as_ref());
}

/// Prints why a command failed.
pub fn complain(error: &CommandError) {
    note(error.to_string());
}

/// Prints one JSON object on a line of its own.
pub fn json(value: &impl Serialize) {
    // Maps with string keys, numbers and strings always have a JSON form.
    say(serde_json::to_string(value).unwrap_or_default());
}

/// The beginning and end of a fleet id, enough for a person to compare: `4f2a…91c0`.
#[must_use]
pub fn short(fleet: FleetId) -> String {
    let digits = fleet.to_hex();
    match (digits.get(..4), digits.get(digits.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) => format!("{first}…{last}"),
        _ => digits,
    }
}

/// A number with its thousands set apart: `81,204,112`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (81_204_112, "81,204,112")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_fleet_id_is_shortened_to_its_ends() {
        assert_eq!(short(FleetId::new([0xab; 32])), "abab…abab");
    }
}
