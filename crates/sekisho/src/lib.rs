//! What the binary is made of, as a library so that whole-system tests can drive it in process.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to its terminal")]

pub mod admin;
mod backup;
pub mod data;
pub mod demo;
mod doctor;
mod font;
pub mod housekeeping;
pub mod ja;
pub mod keepers;
pub mod ledger;
pub mod policy;
pub mod post;
pub mod serve;
