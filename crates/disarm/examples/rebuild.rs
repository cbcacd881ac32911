//! Rebuilds files for on-demand comparisons: `rebuild OUT_DIR FILE…`, one line per file on standard output.
#![allow(clippy::print_stdout, reason = "a command for developers")]

use std::path::Path;

use sekisho_disarm::{Limits, Outcome, Ruleset, Secrets, disarm};
use sekisho_disarm_check::{Format, check};

fn main() {
    let mut args = std::env::args().skip(1);
    let out = args.next().unwrap_or_default();
    for file in args {
        let name = Path::new(&file).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let run = |b: &[u8]| disarm(b, &name, &Ruleset::default(), &Limits::default(), &Secrets::none());
        match run(&bytes) {
            Outcome::Clean { rebuilt, report } => {
                let _ = std::fs::write(Path::new(&out).join(&name), &rebuilt);
                let fixed = match run(&rebuilt) {
                    Outcome::Clean { rebuilt: second, .. } => second == rebuilt,
                    _ => false,
                };
                let words = report.sentences.join(" / ");
                let extension = report.output_extension.as_deref().unwrap_or("");
                let second = match Format::from_extension(extension).map(|f| check(&rebuilt, f)) {
                    Some(Ok(findings)) if findings.is_empty() => "agrees".to_owned(),
                    other => format!("{other:?}"),
                };
                let (before, after) = (bytes.len(), rebuilt.len());
                println!("clean\t{file}\t{before}\t{after}\tfixed={fixed}\t{second}\t{words}");
            }
            Outcome::NeedsPassword { .. } => println!("password\t{file}"),
            Outcome::Blocked { reason, .. } => println!("blocked\t{file}\t{reason}"),
        }
    }
}
