//! The delivery unit: what a node hands out so that a device may believe its fleet.
//! Page: `docs/spec/delivery.md`.
//!
//! The act is [`verify_delivery`], in the order of [`Step`]; nothing of a unit is believed
//! before it succeeds, and what it leaves to ask is in [`VerifiedDelivery`].

mod claimed;
mod concern;
mod device;
mod error;
mod memory;
mod verified;
mod verify;

pub use claimed::{ClaimedDelivery, Piece};
pub use concern::{Concern, SignedTime};
pub use device::{ClaimedEpochs, DeviceView};
pub use error::{Equivocation, FloorSource, Step, TrustError};
pub use memory::{Memory, MemoryError};
pub use verified::{FleetOverTheAir, Recovery, Unconfirmed, VerifiedDelivery};
pub use verify::verify_delivery;
