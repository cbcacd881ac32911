//! Reads a city's information-security policy and gives back its clauses as things that can be worked with.
//!
//! Pure: bytes or text in, a [`Document`] out. The steps, each of which can be used alone:
//!
//! 1. [`decode`]: bytes and a file name become numbered lines (plain text in five encodings, Markdown, .docx).
//! 2. [`parse`]: lines become title, dates, 改定履歴, clauses and defined terms. Every line that is not blank ends
//!    up in one of these or in a warning ([`parse::Fate`]); nothing is dropped silently.
//! 3. [`check`]: references, numbering and terms of the finished document are examined for defects.
//! 4. [`compare`]: clauses of two revisions are matched and shown side by side (新旧対照表, HTML and .docx).
//! 5. [`render`] and [`pdf`]: an accessible page and a tagged A4 PDF for the city's site, and the canonical text that
//!    is hashed and frozen.
//! 6. [`published`]: whether a file that some other program made says what an edition says.
//!
//! # Labels
//!
//! A clause is named by the numbers on the way to it, in one spelling whatever the document used: `7(3)②`,
//! `第7条(3)②`, `第7条第2項(1)ア`, `第2章1(1)`, `2-4-1(1)`, `附則第1条`. Digits are half-width, 漢数字 become digits, a
//! 号 written `三` reads `(3)`. An article is named without its chapter (article numbers run through); any other
//! number carries its ancestors. Two digits that would touch are parted by の: `第2の1`.

pub mod check;
pub mod compare;
pub mod decode;
mod error;
pub mod ja;
pub mod limits;
mod model;
pub mod parse;
pub mod pdf;
pub mod published;
pub mod render;
mod text;

pub use error::PolicyError;
pub use model::{Clause, Code, Document, Revision, SourceLines, Term, Warning};

/// Refuses a file by its size in bytes, before anything is read into memory.
///
/// # Errors
/// [`PolicyError::TooLarge`] above [`limits::FILE_BYTES_MAX`].
pub fn check_size(bytes: u64) -> Result<(), PolicyError> {
    if bytes > limits::FILE_BYTES_MAX { Err(PolicyError::TooLarge { bytes }) } else { Ok(()) }
}

/// Reads a policy file: decodes, parses and checks it. `name` is the file name (only its ending is used).
/// Warnings come sorted by line.
///
/// # Errors
/// A [`PolicyError`] when the bytes are not a text, Markdown or .docx file that can be read without doubt, or
/// when no clause is found in it.
pub fn parse_file(bytes: &[u8], name: &str) -> Result<Document, PolicyError> {
    let source = decode::decode(bytes, name)?;
    let mut document = parse::parse(&source)?.document;
    if !document.clauses.iter().any(Clause::is_numbered) {
        return Err(PolicyError::NoClauses);
    }
    let found = check::check(&document);
    document.add_warnings(found);
    Ok(document)
}
