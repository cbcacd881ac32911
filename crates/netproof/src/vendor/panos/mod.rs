//! Palo Alto PAN-OS: `show config running` (braces), `set` format, exported XML.
//!
//! Security rules see the addresses before translation and the zone after it (netproof.md B.2); the default between
//! interfaces of one zone is allow, between zones deny, as the captured results of real devices show.

mod account;
mod lower;
mod nat;
mod objects;
mod services;
mod tree;
mod xml;

pub(super) use lower::read;
