//! A4 PDF of a policy for the city's web site, accessible after PDF/UA-1 (ISO 14289-1): tagged, so that headings and
//! paragraphs can be read aloud in order, with bookmarks, page numbers, Japanese line breaking, and the glyphs of one
//! font embedded.
//!
//! The font is an argument, so that this crate stays pure and carries no font: any OpenType font or collection that
//! has the characters (Noto Serif CJK, IPAex, BIZ UD). The bytes depend on document and font alone: no dates, no
//! random identifiers.

mod font;
mod layout;
mod write;

use crate::model::{Clause, Document};
use crate::render::Page;
use sekisho_domain::date::wareki;

/// Why no PDF was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    #[error("the font cannot be read")]
    Font,
    #[error("the font has no glyph for {0:?}")]
    Glyph(char),
    #[error("more than {} pages", layout::PAGES_MAX)]
    TooLong,
}

impl PdfError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Font => "pdf-font",
            Self::Glyph(_) => "pdf-glyph",
            Self::TooLong => "pdf-too-long",
        }
    }
}

/// What a block is, for its looks and for those who listen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    /// Level 1 to 5.
    Heading(u8),
    Paragraph,
}

/// A paragraph to be set: `mark` hangs before the text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    role: Role,
    /// Steps of indentation.
    depth: usize,
    mark: String,
    text: String,
}

/// Sets the clauses that `is_public` lets through, as [`crate::render::html`] does. `index` is the font's place in a
/// collection (0 for a single font; 0 is the Japanese face of Noto CJK).
///
/// # Errors
/// [`PdfError`] when the font is no font, lacks a character that the document needs, or the document is too long.
pub fn pdf(
    document: &Document,
    is_public: impl Fn(&Clause) -> bool,
    font: &[u8],
    index: u32,
) -> Result<Vec<u8>, PdfError> {
    let page = Page::new(document, is_public);
    let mut blocks = front(document);
    clauses(&page, None, 0, 1, &mut blocks);
    if page.withheld {
        blocks.push(paragraph("一部の条項は公開していません。".to_owned()));
    }
    history(document, &mut blocks);
    let mut font = font::Font::new(font, index)?;
    let pages = layout::pages(&blocks, &mut font)?;
    write::write(document.title.as_deref().unwrap_or("情報セキュリティポリシー"), &pages, &font)
}

fn paragraph(text: String) -> Block {
    Block { role: Role::Paragraph, depth: 0, mark: String::new(), text }
}

fn front(document: &Document) -> Vec<Block> {
    let mut blocks = Vec::new();
    blocks.extend(document.title.clone().map(|text| Block { role: Role::Title, ..paragraph(text) }));
    for (word, date) in [("制定", document.adopted), ("改定", document.revised)] {
        blocks.extend(date.map(|d| paragraph(format!("{word}　{}", wareki(d)))));
    }
    blocks
}

/// Headings stay at the margin of their depth; numbers hang before their text. `level` counts the headings above, not the
/// clauses, so that no level of heading is skipped (ISO 14289-1, 7.4.2).
fn clauses(page: &Page<'_>, parent: Option<&Clause>, depth: usize, level: u8, blocks: &mut Vec<Block>) {
    for clause in page.below(parent.map(|p| p.id.as_str())) {
        let step = if clause.is_numbered() {
            crate::check::own_step(clause, parent).to_owned()
        } else {
            String::new()
        };
        let mut lines = clause.body().lines();
        match &clause.heading {
            Some(heading) => {
                let repeated = crate::text::squeeze(heading).starts_with(&crate::text::squeeze(&step));
                let mark = if repeated { String::new() } else { step };
                blocks.push(Block {
                    role: Role::Heading(level.min(5)),
                    depth: depth.saturating_sub(1),
                    mark,
                    text: heading.clone(),
                });
            }
            None => {
                let text = lines.next().unwrap_or_default().to_owned();
                blocks.push(Block { role: Role::Paragraph, depth, mark: step, text });
            }
        }
        blocks.extend(lines.map(|l| Block { depth, ..paragraph(l.to_owned()) }));
        clauses(
            page,
            Some(clause),
            depth + 1,
            level.saturating_add(u8::from(clause.heading.is_some())),
            blocks,
        );
    }
}

fn history(document: &Document, blocks: &mut Vec<Block>) {
    if document.revisions.is_empty() {
        return;
    }
    blocks.push(Block { role: Role::Heading(1), ..paragraph("改定履歴".to_owned()) });
    for revision in &document.revisions {
        let mut text: Vec<String> = Vec::new();
        text.extend(revision.revised_on.map(|d| format!("改定日 {}", wareki(d))));
        text.extend(revision.effective_on.map(|d| format!("施行日 {}", wareki(d))));
        text.extend(revision.sections.clone());
        text.extend(revision.summary.clone());
        let mark = revision.version.as_ref().map(|v| format!("{v}版")).unwrap_or_default();
        blocks.push(Block { mark, ..paragraph(text.join("　")) });
    }
}
