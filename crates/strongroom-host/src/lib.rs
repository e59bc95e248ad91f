//! The untrusted daemon around an HSM: network, disk, clock.

pub mod accounts;
pub mod development_identity;
pub mod hsm;
pub mod http;
pub mod limits;
mod meters;
mod peers;
pub mod process;
pub mod rates;
pub mod store;
