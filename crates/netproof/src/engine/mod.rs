//! Reachability over the normal form.
//!
//! [`Engine`] propagates symbolic sets (diagrams); [`interp`] walks single cubes through the same tables by plain
//! first-match subtraction and shares no set code with it, so each checks the other.

pub mod interp;
mod reach;
mod walk;

pub use reach::{Engine, Reach, Source, Step};
pub use walk::TableScan;
