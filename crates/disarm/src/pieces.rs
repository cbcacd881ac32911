//! Files of every format built out of pieces that tell: where damage of real files needs minutes to come upon a fault,
//! pieces put together at random find it in seconds. Whatever comes out of such a file is a fixed point with which the
//! second checker agrees; everything else is refused without a panic. A run makes the same files every time, so that a
//! change is what breaks it; `SEKISHO_LONG=N` makes N times as many, and others each time.

use proptest::test_runner::{Config, RngSeed, TestCaseError};

use crate::{Forms, JpegRule, Limits, Links, MemberFailure, Metafiles, Outcome, Ruleset, Secrets, disarm};

#[allow(clippy::disallowed_methods, reason = "how a person asks for the long run")]
pub(crate) fn cases(few: u32) -> Config {
    let times: Option<u32> = std::env::var("SEKISHO_LONG").ok().and_then(|n| n.parse().ok());
    let rng_seed = if times.is_some() { RngSeed::Random } else { RngSeed::Fixed(4) };
    Config {
        max_shrink_iters: 4_000,
        failure_persistence: None,
        rng_seed,
        ..Config::with_cases(few * times.unwrap_or(1).max(1))
    }
}

/// The standard rules, and those that let the most through.
pub(crate) fn rules(open: bool) -> Ruleset {
    if !open {
        return Ruleset::default();
    }
    Ruleset {
        links: Links::Web,
        forms: Forms::RebuildFields,
        member_failure: MemberFailure::Tombstone,
        jpeg: JpegRule::Coefficients,
        metafiles: Metafiles::Redraw,
        ..Ruleset::default()
    }
}

/// Fails when what comes out is no fixed point, or the second checker does not agree.
pub(crate) fn holds(bytes: &[u8], name: &str, rules: &Ruleset) -> Result<(), TestCaseError> {
    let of = |bytes: &[u8]| disarm(bytes, name, rules, &Limits::default(), &Secrets::none());
    let Outcome::Clean { rebuilt, report } = of(bytes) else { return Ok(()) };
    let extension = report.output_extension.as_deref().unwrap_or("");
    let format = sekisho_disarm_check::Format::from_extension(extension)
        .ok_or_else(|| TestCaseError::fail(format!("no second checker for {extension}")))?;
    let permits = sekisho_disarm_check::Permits {
        web_links: rules.links == Links::Web,
        fields: rules.forms == Forms::RebuildFields,
    };
    proptest::prop_assert_eq!(sekisho_disarm_check::check_permitting(&rebuilt, format, permits), Ok(vec![]));
    match of(&rebuilt) {
        Outcome::Clean { rebuilt: again, report } if again == rebuilt => {
            proptest::prop_assert_eq!(report.threats(), 0, "left in the result: {:?}", report.items);
            Ok(())
        }
        Outcome::Clean { rebuilt: again, .. } => {
            let (first, again) = (plain(&rebuilt), plain(&again));
            let at = first.iter().zip(&again).take_while(|(a, b)| a == b).count();
            let around = |b: &[u8]| {
                let (from, to) = (at.saturating_sub(200).min(b.len()), (at + 200).min(b.len()));
                String::from_utf8_lossy(&b[from..to]).into_owned()
            };
            let (first, again) = (around(&first), around(&again));
            Err(TestCaseError::fail(format!("not a fixed point at {at}:\n{first}\n=== then\n{again}")))
        }
        other => Err(TestCaseError::fail(format!("the second pass: {other:?}"))),
    }
}

/// What a message can show: the members of a ZIP and the streams of a PDF unpacked, everything else as it is.
fn plain(bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(b"%PDF-") {
        return streams(bytes);
    }
    let Ok(mut archive) = ::zip::ZipArchive::new(std::io::Cursor::new(bytes)) else { return bytes.to_vec() };
    let mut out = Vec::new();
    for at in 0..archive.len() {
        let Ok(mut file) = archive.by_index(at) else { continue };
        out.extend(format!("\n--- {}\n", file.name().unwrap_or_default()).bytes());
        let _ = std::io::Read::read_to_end(&mut file, &mut out);
    }
    out
}

fn streams(pdf: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"stream\n";
    let mut out = Vec::new();
    let mut rest = pdf;
    while let Some(at) = memchr::memmem::find(rest, MARK) {
        let (head, data) = rest.split_at(at + MARK.len());
        // The length differs wherever anything does.
        out.extend(&head[..memchr::memmem::rfind(head, b"/Length").unwrap_or(head.len())]);
        let _ = std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(data), &mut out);
        rest = &data[memchr::memmem::find(data, b"endstream").unwrap_or(data.len())..];
        // `endstream` ends like the mark.
        let end = rest.len().min(b"endstream\n".len());
        out.extend(&rest[..end]);
        rest = &rest[end..];
    }
    [out.as_slice(), rest].concat()
}

/// Answers to "which of these": the generated numbers, one after another, then always the first.
pub(crate) struct Choices<'a>(std::slice::Iter<'a, u16>);

impl<'a> Choices<'a> {
    pub(crate) fn new(numbers: &'a [u16]) -> Self {
        Self(numbers.iter())
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0.next().map_or(0, |n| usize::from(*n) % count.max(1))
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// True once in `n` times, and never once the numbers are used up.
    pub(crate) fn once_in(&mut self, n: u16) -> bool {
        self.0.next().is_some_and(|number| number % n == n - 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.len() == 0
    }
}
