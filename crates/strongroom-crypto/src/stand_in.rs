//! Cheap stand-ins for the slow public-key work, for a simulator that runs whole fleets.
//!
//! This module exists under `--cfg strongroom_sim` only, which no release is built with, and there a
//! thread turns it on with [`use_stand_ins`]. It stands at this crate's boundary: lengths, encodings
//! and what is refused are the real ones; hashes take the place of the curves.
//!
//! What a correct program can notice is kept: a wrong password does not log in, another seed or
//! identity neither; a signature is one key's over one message; what is sealed for a key opens with
//! no other. What is given up is every defence against somebody who knows this file. The tests hold
//! both, the real thing and the stand-in, to the same contract.
//!
//! Absent on purpose: the symmetric work, which stays real, and labels, which belong to the suite.

pub(crate) mod hash;
pub(crate) mod opaque;
pub(crate) mod sign;

#[cfg(test)]
mod tests;

use core::cell::Cell;

std::thread_local! {
    static ON: Cell<bool> = const { Cell::new(false) };
}

/// Turns the stand-ins on or off for this thread. Keys made under one of the two do not work under
/// the other.
pub fn use_stand_ins(on: bool) {
    ON.set(on);
}

pub(crate) fn is_on() -> bool {
    ON.get()
}
