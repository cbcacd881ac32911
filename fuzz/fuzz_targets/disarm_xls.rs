#![no_main]
//! A workbook, as a compound file or as the bare stream of records: rebuilt as a fixed point with which the second
//! checker agrees, or refused without a panic.
use sekisho_disarm::{Limits, Outcome, Ruleset, Secrets, disarm};
use sekisho_disarm_check::{Format, check};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let run = |data: &[u8]| disarm(data, "a.xls", &Ruleset::default(), &Limits::default(), &Secrets::none());
    let Outcome::Clean { rebuilt, report } = run(data) else { return };
    let Some(format) = report.output_extension.as_deref().and_then(Format::from_extension) else { return };
    assert!(matches!(check(&rebuilt, format), Ok(findings) if findings.is_empty()));
    assert!(matches!(run(&rebuilt), Outcome::Clean { rebuilt: again, .. } if again == rebuilt));
});
