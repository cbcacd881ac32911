//! Numbered lines become a [`Document`].
//!
//! The steps run in this order, each taking lines out of what is left: blank lines, page furniture, 改定履歴, table
//! of contents, title and dates, and the rest is the body. A line that fits nowhere becomes a warning.

mod body;
mod cursor;
mod draft;
mod front;
mod furniture;
mod history;
mod join;
mod marker;
mod terms;
mod toc;
mod tree;

pub(crate) use furniture::is_page_number;
pub(crate) use marker::circle;

use crate::PolicyError;
use crate::decode::{Line, LineKind, Source};
use crate::model::{Code, Document, Warning};
use std::collections::HashSet;

/// What became of a line of the source. Every line has exactly one fate; `Set aside` lines have a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Blank, or a ruler.
    Blank,
    /// Title, date, issuer.
    Front,
    History,
    Toc,
    /// Part of the clause at this index.
    Clause(usize),
    /// In no part of the document; a warning names the line.
    SetAside,
}

/// A document and, for each line of the source, what became of it.
#[derive(Debug, Clone)]
pub struct Parsed {
    pub document: Document,
    pub fates: Vec<Fate>,
}

impl Parsed {
    /// Lines that were set aside without a warning that names them. Always empty unless warnings were cut; the
    /// tests and fuzz targets ask.
    pub fn unaccounted(&self, source: &Source) -> Vec<u32> {
        let warned: HashSet<u32> = self.document.warnings.iter().map(|w| w.line).collect();
        if self.document.warnings.iter().any(|w| w.code == Code::WarningsCut) {
            return Vec::new();
        }
        let lost = |(fate, line): (&Fate, &Line)| {
            (*fate == Fate::SetAside && !warned.contains(&line.number)).then_some(line.number)
        };
        self.fates.iter().zip(&source.lines).filter_map(lost).collect()
    }
}

/// Parses decoded lines. Never fails for what the text says, only for its size.
///
/// # Errors
/// [`PolicyError::TooManyClauses`].
pub fn parse(source: &Source) -> Result<Parsed, PolicyError> {
    let mut reader = Reader::new(source);
    furniture::set_aside(&mut reader);
    let mut document = Document { revisions: history::read(&mut reader), ..Document::default() };
    let contents = toc::read(&mut reader);
    front::read(&mut reader, &mut document);
    body::read(&mut reader, &contents, &mut document)?;
    document.terms = terms::find(&document.clauses);
    let warnings = std::mem::take(&mut reader.warnings);
    document.add_warnings(warnings);
    let fates = reader.fates.iter().map(|f| f.unwrap_or(Fate::SetAside)).collect();
    Ok(Parsed { document, fates })
}

/// The lines and what is known of each so far.
struct Reader<'a> {
    source: &'a Source,
    fates: Vec<Option<Fate>>,
    warnings: Vec<Warning>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a Source) -> Self {
        let blank = |l: &Line| l.kind == LineKind::Rule || l.text.trim().is_empty();
        let fates = source.lines.iter().map(|l| blank(l).then_some(Fate::Blank)).collect();
        Self { source, fates, warnings: source.warnings.clone() }
    }

    fn text(&self, index: usize) -> &'a str {
        &self.source.lines[index].text
    }

    fn number(&self, index: usize) -> u32 {
        self.source.lines[index].number
    }

    fn is_open(&self, index: usize) -> bool {
        self.fates[index].is_none()
    }

    /// The next line at or after `from` whose fate is open.
    fn next_open(&self, from: usize) -> Option<usize> {
        (from..self.fates.len()).find(|i| self.is_open(*i))
    }

    fn settle(&mut self, index: usize, fate: Fate) {
        self.fates[index] = Some(fate);
    }

    fn set_aside(&mut self, index: usize, code: Code, message: String) {
        self.fates[index] = Some(Fate::SetAside);
        self.warn(index, code, message);
    }

    fn warn(&mut self, index: usize, code: Code, message: String) {
        self.warnings.push(Warning::new(self.number(index), code, message));
    }
}

/// At most 30 characters of a line, to be quoted in a message.
fn excerpt(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() > 30 {
        format!("{}…", text.chars().take(29).collect::<String>())
    } else {
        text.to_owned()
    }
}
