//! The program as an operator meets it: started as a process, told by its words and its exit code.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod backup;
mod doctor;
mod kit;
mod ledger;
mod policy;
mod serve;
mod upgrade;
