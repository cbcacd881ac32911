//! Header space: which packets, exactly.
//!
//! A packet is ten numbers ([`Field`]). A [`Cube`] is one interval set per field; a [`Set`] is any set of packets,
//! held in a [`Space`] as a shared interval decision diagram, so IPv6 costs no more than IPv4.

mod cube;
mod diagram;
mod field;
mod ranges;

pub use cube::{Cube, Packet};
pub use diagram::{Set, Space, SpaceLimit};
pub use field::Field;
pub use ranges::Ranges;

pub(crate) use diagram::FastMap;
