//! PDF (threats P00–P18): a typed copier.
//!
//! The input is read with a tolerant parser. Starting at the page tree, each object is copied by the function for
//! its type, which takes only the keys it knows, with values of the type it expects, into a fresh file. Content
//! streams are read token by token and written from an operator list; fonts and pictures are rebuilt. What nobody
//! asks for is never visited, so it cannot survive: no actions, scripts, attachments, external streams, forms, old
//! revisions or unused objects. [`census`] walks the input separately, only to report what was left behind. At the
//! end [`second`], another reader, compares pages and words of the input with those of the result.

mod annotation;
mod census;
mod cmap;
mod colour;
mod content;
mod copy;
mod document;
mod field;
mod filter;
mod font;
mod function;
mod keys;
mod lex;
mod object;
mod picture;
mod plain;
mod resource;
mod second;

use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
pub use plain::Plain;
use second::Verdict;

use crate::{
    Action, Kind, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
};

pub(crate) fn rebuild(kind: Kind, bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    let pdf = open(bytes, ctx)?;
    report_surroundings(bytes, ctx);
    census::take(&pdf, ctx)?;
    let out = document::rebuild(&pdf, ctx)?;
    drop(pdf);
    compare(bytes, &out, ctx)?;
    Ok(Rebuilt::new(kind, out))
}

/// The words of a PDF.
pub(crate) fn text(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Plain, Refusal> {
    let pdf = open(bytes, ctx)?;
    plain::read(&pdf, ctx)
}

/// Has the second reader compare input and result: a file that means two things is not let through.
fn compare(input: &[u8], output: &[u8], ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
    match second::compare(input, output, ctx)? {
        Verdict::Agree => Ok(()),
        Verdict::Locked => Err(Refusal::ambiguous("", "別の読み方では暗号が解けません")),
        Verdict::Unreadable => Err(Refusal::ambiguous("", "別の読み方ではページが見つかりません")),
        Verdict::Pages => Err(Refusal::ambiguous("", "別の読み方ではページ数が違います")),
        Verdict::Words(page) => {
            Err(Refusal::ambiguous(format!("{page}ページ"), "別の読み方では文字が違います"))
        }
    }
}

/// Whether the second reader, shown a file twice, sees one file; also when it cannot read it.
#[cfg(fuzzing)]
#[must_use]
pub fn says_what_it_says(bytes: &[u8]) -> bool {
    let (rules, limits, secrets) =
        (crate::Ruleset::default(), crate::Limits::default(), crate::Secrets::none());
    let verdict = second::compare(bytes, bytes, &mut Ctx::new(&rules, &limits, &secrets));
    // A locked file is not compared with itself: what was rebuilt is never locked.
    !matches!(verdict, Ok(Verdict::Pages | Verdict::Words(_))) || has_encryption(bytes)
}

/// Opens the file with the empty password, then with each supplied one.
fn open(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Pdf, Refusal> {
    let mut locked = false;
    let passwords: Vec<String> = ctx.secrets.passwords().map(str::to_owned).collect();
    for (index, password) in std::iter::once("").chain(passwords.iter().map(String::as_str)).enumerate() {
        match Pdf::new_with_password(bytes.to_vec(), password) {
            Ok(pdf) => {
                if index > 0 || has_encryption(bytes) {
                    ctx.report(Threat::P12, Severity::Note, Action::Rewritten, "PDF の暗号化", "");
                }
                return Ok(pdf);
            }
            Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected)) => locked = true,
            Err(LoadPdfError::Decryption(_)) => {
                return Err(Refusal::Encryption { what: "この方式には対応していません" });
            }
            Err(LoadPdfError::Invalid) => break,
        }
    }
    if locked {
        return Err(Refusal::Password { members: Vec::new() });
    }
    Err(Refusal::malformed("", "ページの構造が読めません"))
}

fn has_encryption(bytes: &[u8]) -> bool {
    find_all(bytes, b"/Encrypt").next().is_some()
}

fn find_all<'a>(bytes: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    memchr::memmem::find_iter(bytes, needle)
}

/// Bytes before the header and after the last end mark, and revisions appended to the file (X02, X03, P11, P17).
fn report_surroundings(bytes: &[u8], ctx: &mut Ctx<'_>) {
    let head = &bytes[..bytes.len().min(2000)];
    if let Some(at) = find_all(head, b"%PDF-").next()
        && head[..at].iter().any(|b| !b.is_ascii_whitespace())
        && !head[..at].starts_with(&[0xef, 0xbb, 0xbf])
    {
        ctx.report(Threat::P17, Severity::Hidden, Action::Dropped, "PDF の前に付いたデータ", "");
    }
    let ends: Vec<usize> = find_all(bytes, b"%%EOF").collect();
    if let Some(last) = ends.last() {
        let tail = &bytes[last + 5..];
        if tail.iter().any(|b| !b.is_ascii_whitespace() && *b != 0) {
            ctx.report(Threat::P17, Severity::Hidden, Action::Dropped, "PDF の後ろに付いたデータ", "");
        }
    }
    // A linearised file has two end marks without having been changed.
    if ends.len() > 2 {
        ctx.note(Threat::P11, "以前の版のデータ", "");
    }
}

#[cfg(test)]
mod pieces;
#[cfg(test)]
mod tests;
