//! Palo Alto PAN-OS: `show config running` (braces) and `set` format.
//!
//! Security rules see the addresses before translation and the zone after it (netproof.md B.2); the default between
//! interfaces of one zone is allow, between zones deny, as the captured results of real devices show.

mod lower;
mod tree;

pub(super) use lower::read;
