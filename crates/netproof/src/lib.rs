//! Netproof: prove that the zones of a municipality's network are separated, from the devices' own configurations.
//!
//! Text in, verdict out. Pure: no clock, no files, no network. [`vendor`] lowers each configuration to the normal
//! form of [`model`]; [`engine`] propagates exact packet sets through it; every line that was not understood widens
//! the answer instead of being skipped.

pub mod analysis;
pub mod certificate;
pub mod coverage;
pub mod diff;
pub mod engine;
pub mod hygiene;
pub mod model;
pub mod net;
pub mod picture;
pub mod reach;
pub mod site;
pub mod space;
pub mod templates;
pub mod vectors;
pub mod vendor;
pub mod verdict;
