//! The portal in a real Chromium, over a real database: the first day of a city from the first log-in to the printed
//! summary, with and without JavaScript, and every page under axe-core, at three widths.
//!
//! Pictures, print-outs and the pages' accessibility trees are left in `target/tmp/browser` to be looked at. The portal
//! runs in this process with a clock that stands still, so that the same pages come out every time.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod chrome;
mod journey;
mod pages;
#[path = "../../crates/identity/tests/peers/mod.rs"]
mod peers;
mod people;
mod register;
mod site;
mod summary;
mod walk;
