//! The log from outside: appending, witnessing, verifying, attacking, exporting.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod export;
mod log;
mod matrix;
mod oracle;
mod support;
mod verify;
mod witness;
