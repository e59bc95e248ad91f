//! The trusted program of Strongroom: a replicated vault as one pure step function.
//!
//! Start at [`hsm::Hsm`]. The rules of a vault stand in [`vault`], consensus and its log in
//! [`replica`], the key tree in [`tree`], what lasts in [`keeper`] and [`state`], sessions
//! with other HSMs in [`peer`], clients in [`channel`], [`requests`] and [`answers`].
//! The map is `ARCHITECTURE.md`; each module names its page of the specification.
//!
//! Inside this crate nothing from outside is indexed, unwrapped or added unchecked: a
//! broken invariant is a [`fault::Fault`] that stops the HSM and names itself.
//!
//! Absent on purpose: any I/O (it is the small program's around the step), any log line (an
//! HSM writes none), any operator's command on a vault.

#[cfg(all(strongroom_sim, feature = "program"))]
compile_error!("no program is built for the simulator: it could have mistakes planted in it");

/// Whether a mistake is planted at this place; `false` in every build but the simulator's.
#[cfg(strongroom_sim)]
macro_rules! planted {
    ($bug:ident) => {
        $crate::planted::is_planted($crate::planted::Bug::$bug)
    };
}
/// Whether a mistake is planted at this place; `false` in every build but the simulator's.
#[cfg(not(strongroom_sim))]
macro_rules! planted {
    ($bug:ident) => {
        false
    };
}

pub mod anchor;
pub mod answers;
pub mod channel;
#[cfg(any(test, strongroom_sim))]
pub mod closure;
pub mod effect;
pub mod entry;
pub mod era;
pub mod fault;
pub mod field;
pub mod founding;
pub mod handover;
pub mod hsm;
pub mod keeper;
pub mod member;
pub mod paths;
pub mod peer;
#[cfg(strongroom_sim)]
pub mod planted;
pub mod platform;
#[cfg(feature = "program")]
pub mod program;

pub mod raft_log;
pub mod raft_wire;
pub mod replica;
pub mod requests;
pub mod state;
pub mod ticket;
pub mod token;
pub mod tree;
pub mod vault;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
mod closure_tests;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
mod visibility_tests;
#[cfg(test)]
extern crate self as strongroom_hsm;
