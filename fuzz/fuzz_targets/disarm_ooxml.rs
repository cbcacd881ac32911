#![no_main]
//! A package made of the parts that the input lists, so that a change of a part is not a wrong checksum: what is
//! rebuilt is a fixed point and the second checker agrees; everything else is refused without a panic.
//!
//! Input: `=== path` lines, the part's bytes behind each. `fuzz/seeds/disarm_ooxml.py` writes packages that way.
use std::io::{Cursor, Write};

use sekisho_disarm::{Limits, Outcome, Ruleset, Secrets, disarm};
use sekisho_disarm_check::{Format, check};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

fn package(data: &[u8]) -> Option<Vec<u8>> {
    const MARK: &[u8] = b"\n=== ";
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let starts: Vec<usize> = data.windows(MARK.len()).enumerate().filter(|(_, w)| *w == MARK).map(|(i, _)| i).collect();
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(data.len());
        let part = &data[start + MARK.len()..end];
        let line = part.iter().position(|b| *b == b'\n')?;
        let name = std::str::from_utf8(&part[..line]).ok()?;
        zip.start_file(name, options).ok()?;
        zip.write_all(&part[line + 1..]).ok()?;
    }
    Some(zip.finish().ok()?.into_inner())
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(package) = package(data) else { return };
    let run = |data: &[u8]| disarm(data, "a.docx", &Ruleset::default(), &Limits::default(), &Secrets::none());
    let Outcome::Clean { rebuilt, report } = run(&package) else { return };
    let Some(format) = report.output_extension.as_deref().and_then(Format::from_extension) else { return };
    assert!(matches!(check(&rebuilt, format), Ok(findings) if findings.is_empty()));
    assert!(matches!(run(&rebuilt), Outcome::Clean { rebuilt: again, .. } if again == rebuilt));
});
