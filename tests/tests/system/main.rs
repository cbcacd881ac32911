//! The whole system on a real database. `cargo test -p sekisho-tests` runs it on SQLite;
//! `SEKISHO_TEST_DB=postgres` on PostgreSQL. Both run on every submission.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a failed expectation is the answer")]

mod account;
mod arrows;
mod checks;
mod crash;
mod decision;
mod erasure;
mod network;
mod notice;
mod office;
mod organisation;
mod people_checks;
mod personnel;
mod policy_checks;
mod register;
mod register_checks;
mod route;
mod schema;
mod sealing;
mod succession;
mod task;
mod tx;
mod verify;
