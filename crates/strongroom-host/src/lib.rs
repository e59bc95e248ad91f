//! The untrusted daemon around an HSM: network, disk, clock.

pub mod accounts;
pub mod development_identity;
pub mod hsm;
pub mod limits;
mod peers;
pub mod rates;
pub mod store;
