//! The portal as a whole, over a real store on SQLite, asked the way a browser asks.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod asset;
mod kit;
mod matrix;
mod records;
mod register;
mod walk;
