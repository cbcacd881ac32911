//! The portal as a whole, over a real store on SQLite, asked the way a browser asks.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

// What `doorkey.rs` finds at these paths when it stands in `domain`.
use sekisho_domain::{noun, register, role};

mod abuse;
mod adding;
mod api_token;
mod asset;
mod board;
#[path = "../../../passkey/tests/device/mod.rs"]
mod device;
mod disposal;
#[expect(unreachable_pub, reason = "the file is what the guide prints, and in `domain` its items are public")]
mod doorkey;
mod edition;
mod exception;
mod handover;
mod kit;
mod ledger;
#[path = "../../../identity/tests/liar/mod.rs"]
mod liar;
mod matrix;
mod network;
mod passkey;
#[path = "../../../identity/tests/peers/mod.rs"]
mod peers;
mod personnel;
mod records;
mod register_import;
mod register_more;
mod register_row;
mod sign_in;
mod stocktake;
mod succession;
mod walk;
