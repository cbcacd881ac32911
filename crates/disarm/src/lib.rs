//! Disarm (無害化): a file comes in as hostile bytes and leaves as a new file written from what was understood.
//!
//! Nothing is ever removed from a copy of the input. Each format is parsed, only what stands on an allow-list is
//! written into a fresh container, and everything left behind is reported with the id of the threat it belongs to
//! (`shared/specs/disarm-threats.md`). What cannot be parsed, is unknown or exceeds a limit is refused.
//!
//! The library is pure: no clock, no file system, no network, no randomness. Work is bounded by deterministic
//! [`Limits`]; wall time belongs to the process that runs it.

mod archive;
mod cipher;
mod ctx;
mod detect;
mod image;
pub mod ja;
mod limits;
mod metafile;
mod ole;
mod ooxml;
mod pdf;
#[cfg(test)]
mod pieces;
mod refusal;
mod report;
mod ruleset;
mod secrets;
mod text;
mod threat;
mod xls;
mod xml;
mod zip;

pub use detect::{Kind, detect};
pub use limits::{Limits, Meter};
pub use pdf::Plain as PdfText;
pub use refusal::Refusal;
pub use report::{Action, Item, Member, MemberState, Report, Severity};
pub use ruleset::{Forms, JpegRule, Links, MemberFailure, Metafiles, Ruleset, RulesetError};
pub use secrets::Secrets;
pub use threat::Threat;

use ctx::{Ctx, Rebuilt};

/// Engine version written into every report.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What became of a file. The original bytes are never handed back.
#[derive(Debug)]
pub enum Outcome {
    /// The rebuilt file. `report.output_extension` names its type, which may differ from the input's.
    Clean { rebuilt: Vec<u8>, report: Report },
    /// Encrypted, and none of the supplied passwords opened it. `members` names the locked archive members;
    /// it is empty when the file itself is locked.
    NeedsPassword { report: Report, members: Vec<String> },
    /// Nothing usable was produced.
    Blocked { reason: Refusal, report: Report },
}

impl Outcome {
    /// The report, whatever the outcome.
    #[must_use]
    pub fn report(&self) -> &Report {
        match self {
            Self::Clean { report, .. }
            | Self::NeedsPassword { report, .. }
            | Self::Blocked { report, .. } => report,
        }
    }
}

/// Rebuilds `bytes`. `name` is the file's name as received: only its extension is used, to notice disguises and to
/// tell text formats apart.
#[must_use]
pub fn disarm(bytes: &[u8], name: &str, rules: &Ruleset, limits: &Limits, secrets: &Secrets) -> Outcome {
    let kind = detect(bytes, name);
    let mut ctx = Ctx::new(rules, limits, secrets);
    let result = if bytes.len() as u64 > limits.input_bytes {
        Err(Refusal::Limit(Meter::InputBytes))
    } else {
        rebuild_any(kind, bytes, name, &mut ctx)
    };
    let mut report = Report::new(kind, name, bytes, &rules.version);
    match result {
        Ok(rebuilt) => {
            report.finish(ctx, Some(&rebuilt));
            Outcome::Clean { rebuilt: rebuilt.bytes, report }
        }
        Err(Refusal::Password { members }) => {
            report.finish(ctx, None);
            Outcome::NeedsPassword { report, members }
        }
        Err(reason) => {
            report.finish(ctx, None);
            report.refused(&reason);
            Outcome::Blocked { reason, report }
        }
    }
}

/// The words of a PDF, for comparing them. Nothing is rebuilt, and nothing is said about what else is in the file.
///
/// # Errors
/// A [`Refusal`] when the bytes are no PDF that can be opened without a password, or exceed a limit.
pub fn pdf_text(bytes: &[u8], limits: &Limits) -> Result<PdfText, Refusal> {
    if bytes.len() as u64 > limits.input_bytes {
        return Err(Refusal::Limit(Meter::InputBytes));
    }
    let (rules, secrets) = (Ruleset::default(), Secrets::none());
    pdf::text(bytes, &mut Ctx::new(&rules, limits, &secrets))
}

/// Rebuilds one file of a known kind; archives and documents call it again for what they contain.
pub(crate) fn rebuild_any(
    kind: Kind,
    bytes: &[u8],
    name: &str,
    ctx: &mut Ctx<'_>,
) -> Result<Rebuilt, Refusal> {
    detect::check_name(kind, bytes, name, ctx)?;
    match kind {
        Kind::Docx | Kind::Xlsx | Kind::Pptx => ooxml::rebuild(kind, bytes, ctx),
        Kind::OldExcel => xls::rebuild(bytes, ctx),
        Kind::EncryptedOoxml => ooxml::decrypt::rebuild(bytes, name, ctx),
        Kind::Zip => archive::rebuild(kind, bytes, ctx),
        Kind::Pdf => pdf::rebuild(kind, bytes, ctx),
        Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Bmp | Kind::Tiff | Kind::Webp => {
            image::rebuild(kind, bytes, ctx)
        }
        Kind::Text | Kind::Csv | Kind::Tsv => text::rebuild(kind, bytes, ctx),
        refused => Err(Refusal::Unsupported(refused)),
    }
}

/// What the fuzz targets reach beside [`disarm`].
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::pdf::says_what_it_says as pdf_says_what_it_says;
}
