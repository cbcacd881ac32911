//! `sekisho disarm`: rebuilds files, each in a sandboxed process of its own.
//!
//! The process that reads hostile bytes is this same binary, started as `disarm-worker`; see [`mod@worker`]. What comes
//! back from it is treated as hostile too: its length is capped and a second process checks it ([`parent`]).

mod args;
mod batch;
mod cgroup;
mod outcome;
mod parent;
mod wire;
mod worker;

pub use args::Args;
pub use worker::worker;

/// Verb under which the binary must call [`worker()`].
pub const WORKER_VERB: &str = "disarm-worker";

/// Exit code: every file is clean.
pub const CLEAN: u8 = 0;
/// Exit code: at least one file, or archive member, was blocked.
pub const BLOCKED: u8 = 10;
/// Exit code: at least one file needs a password and none was blocked.
pub const NEEDS_PASSWORD: u8 = 11;
/// Exit code: the command line or the rules are wrong.
pub const USAGE: u8 = 2;
/// Exit code: the machine failed (disk full, no sandbox …).
pub const INTERNAL: u8 = 70;

/// Runs the command and returns its exit code.
#[must_use]
pub fn execute(args: &Args) -> u8 {
    match batch::run(args) {
        Ok(code) => code,
        Err(error) => {
            outcome::complain(&error.to_string());
            error.exit_code()
        }
    }
}
