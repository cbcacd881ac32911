#![no_main]
//! A rebuilt text or table is a fixed point and the second checker agrees; everything else is refused without a panic.
use sekisho_disarm::{Limits, Outcome, Ruleset, Secrets, disarm};
use sekisho_disarm_check::{Format, check};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for name in ["a.csv", "a.tsv", "a.txt"] {
        let run = |data: &[u8]| disarm(data, name, &Ruleset::default(), &Limits::default(), &Secrets::none());
        let Outcome::Clean { rebuilt, report } = run(data) else { continue };
        let Some(format) = report.output_extension.as_deref().and_then(Format::from_extension) else { continue };
        assert!(matches!(check(&rebuilt, format), Ok(findings) if findings.is_empty()));
        assert!(matches!(run(&rebuilt), Outcome::Clean { rebuilt: again, .. } if again == rebuilt));
    }
});
