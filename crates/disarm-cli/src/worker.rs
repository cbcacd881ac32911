//! The sandboxed side: locks itself down, reads one file, answers, exits.

use std::io::{self, Write};

use sekisho_cage::{Allowance, lock_down};
use sekisho_disarm::{Outcome, Secrets};
use sekisho_disarm_check::{Format, Permits};

use crate::wire::{self, Answer, Job, Reply};

/// Argument after the verb that accepts a kernel without Landlock or seccomp.
pub(crate) const ALLOW_WEAK: &str = "--allow-weak-sandbox";

/// Address space of a worker. Decoded pictures need the most; the bar for ordinary files is 300 MB resident.
const MEMORY_BYTES: u64 = 3 << 30;
/// Processor seconds; the parent's wall clock is stricter.
const CPU_SECONDS: u64 = 3_600;

/// Entry point of `disarm-worker`. Returns the exit code.
#[must_use]
pub fn worker() -> u8 {
    let allow_weak = std::env::args().any(|arg| arg == ALLOW_WEAK);
    let mut out = io::stdout().lock();
    let walls =
        match lock_down(Allowance { memory_bytes: MEMORY_BYTES, cpu_seconds: CPU_SECONDS }, allow_weak) {
            Ok(walls) => walls,
            Err(error) => {
                let answer = Answer::NoSandbox { reason: error.to_string() };
                let sent = wire::send(&mut out, &Reply { answer, weak_sandbox: true }, &[]);
                return if sent.is_ok() { crate::INTERNAL } else { crate::BLOCKED };
            }
        };
    // From here on every byte is hostile.
    let Ok((job, bytes)) = wire::receive::<Job>(&mut io::stdin().lock(), u64::MAX) else {
        return crate::INTERNAL;
    };
    let (answer, rebuilt) = answer(job, &bytes);
    let sent = wire::send(&mut out, &Reply { answer, weak_sandbox: !walls.strong() }, &rebuilt);
    if sent.and_then(|()| out.flush()).is_ok() { crate::CLEAN } else { crate::INTERNAL }
}

fn answer(job: Job, bytes: &[u8]) -> (Answer, Vec<u8>) {
    match job {
        Job::Disarm { name, rules, limits, passwords } => {
            match sekisho_disarm::disarm(bytes, &name, &rules, &limits, &Secrets::new(passwords)) {
                Outcome::Clean { rebuilt, report } => {
                    (Answer::Clean { report: wire::report_json(&report) }, rebuilt)
                }
                Outcome::NeedsPassword { report, members } => {
                    (Answer::NeedsPassword { report: wire::report_json(&report), members }, Vec::new())
                }
                Outcome::Blocked { report, .. } => {
                    (Answer::Blocked { report: wire::report_json(&report) }, Vec::new())
                }
            }
        }
        Job::Check { extension, web_links, fields } => {
            (check(&extension, bytes, Permits { web_links, fields }), Vec::new())
        }
    }
}

fn check(extension: &str, bytes: &[u8], permits: Permits) -> Answer {
    let result = match Format::from_extension(extension) {
        Some(format) => {
            sekisho_disarm_check::check_permitting(bytes, format, permits).map_err(|e| e.to_string())
        }
        None => Err(format!("no second checker for .{extension}")),
    };
    match result {
        Ok(findings) => {
            let findings = findings.iter().filter_map(|f| serde_json::to_value(f).ok()).collect();
            Answer::Checked { findings, error: None }
        }
        Err(error) => Answer::Checked { findings: Vec::new(), error: Some(error) },
    }
}
