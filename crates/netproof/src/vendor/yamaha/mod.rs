//! YAMAHA RTX, vRX, FWX. Semantics: devices-jp §1, command reference 12.01 (section numbers in the code).

mod filter;
mod lower;
mod nat;
mod reviewed;
mod route;
mod services;

pub(super) use lower::read;
