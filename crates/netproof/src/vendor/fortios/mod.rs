//! Fortinet FortiOS 6.4–7.4. Semantics and sources: devices-jp §4; reviewed ignore lists in [`reviewed`].

mod account;
mod interface;
pub mod lex;
mod local_in;
mod lower;
mod nat;
mod objects;
mod policy;
pub mod reviewed;
mod route;
mod services;
mod settings;

pub use lower::read;
pub(super) use objects::ports;
