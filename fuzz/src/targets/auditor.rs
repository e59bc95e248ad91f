//! An auditor at work on its folder: what it finds there, and what strangers and the operator bring to its door.
//!
//! The first byte chooses. Everybody signs with real keys, because witnesses are asked in threads of their own.

mod door;
mod folder;

use crate::{home::use_real_keys, tape::Tape};

/// Checks one input.
pub fn run(bytes: &[u8]) {
    outcome(bytes);
}

/// Checks one input, and counts what came of it: folders that were taken, notes that were.
pub fn outcome(bytes: &[u8]) -> usize {
    use_real_keys();
    let mut tape = Tape::new(bytes);
    match tape.byte() % 2 {
        0 => folder::run(&mut tape),
        _ => door::run(&mut tape),
    }
}
