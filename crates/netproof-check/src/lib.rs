//! Independent checker of separation certificates.
//!
//! A certificate claims: packets that start in `sources` never come to rest in `forbidden` (except `exempt`). It
//! carries an invariant R for every table. This crate re-checks, by plain interval arithmetic and without any code of
//! the engine that searched for R: sources ⊆ R; the image of R through every rule of the normal form ⊆ R;
//! R ∩ forbidden ⊆ exempt; the account of every configuration line; and the SHA-256 of configurations, normal form
//! and declarations. Trusted and not checked here: the reading of raw configurations into the normal form, and that
//! `sources` and `forbidden` are what the intent means.

mod boxes;
mod check;
mod format;

pub use check::{CheckError, Summary, check};
