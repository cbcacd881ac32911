//! Lines and pages. Sizes are in points, the origin is the lower left corner.

use super::font::Font;
use super::{Block, PdfError, Role};

pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;
/// 25 mm, enough for two punched holes.
const MARGIN: f32 = 70.87;
const INDENT: f32 = 21.0;
const LINE_HEIGHT: f32 = 1.7;
/// A policy with its annexes stays below 500 pages.
pub(super) const PAGES_MAX: usize = 2_000;
/// Characters that do not begin a line (行頭禁則).
const NOT_FIRST: &str =
    "、。，．,.・：；:;？！?!）)」』】〕〉》］]｝ーァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎ々ゝゞヽヾ％%";
/// Characters that do not end one (行末禁則).
const NOT_LAST: &str = "（(「『【〔〈《［[｛";
/// At most this many characters are carried over for 禁則.
const CARRY_MAX: usize = 4;

/// A run of glyphs on a page.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) glyphs: Vec<u16>,
}

/// The part of a block that stands on one page.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) block: usize,
    pub(super) lines: Vec<Line>,
}

#[derive(Debug, Default)]
pub(super) struct PageOut {
    pub(super) pieces: Vec<Piece>,
    pub(super) footer: Option<Line>,
}

/// The finished pages and what each block is.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) pages: Vec<PageOut>,
    pub(super) blocks: Vec<(Role, String)>,
}

pub(super) fn pages(blocks: &[Block], font: &mut Font<'_>) -> Result<Pages, PdfError> {
    let mut pages = vec![PageOut::default()];
    let mut y = PAGE_HEIGHT - MARGIN;
    for (at, block) in blocks.iter().enumerate() {
        let (size, above) = looks(block.role);
        let leading = size * LINE_HEIGHT;
        let lines = set(block, size, font)?;
        // A heading keeps two lines of what follows beside it.
        let needed = if matches!(block.role, Role::Paragraph) { leading } else { leading * 3.5 };
        if y - above - needed < MARGIN && y < PAGE_HEIGHT - MARGIN {
            pages.push(PageOut::default());
            y = PAGE_HEIGHT - MARGIN;
        } else if y < PAGE_HEIGHT - MARGIN {
            y -= above;
        }
        for (x, glyphs) in lines {
            if y - leading < MARGIN {
                pages.push(PageOut::default());
                y = PAGE_HEIGHT - MARGIN;
            }
            if pages.len() > PAGES_MAX {
                return Err(PdfError::TooLong);
            }
            y -= leading;
            let Some(page) = pages.last_mut() else { continue };
            if page.pieces.last().is_none_or(|p| p.block != at) {
                page.pieces.push(Piece { block: at, lines: Vec::new() });
            }
            if let Some(piece) = page.pieces.last_mut() {
                piece.lines.push(Line { x, y: y + size * 0.3, size, glyphs });
            }
        }
    }
    footers(&mut pages, font)?;
    Ok(Pages {
        pages,
        blocks: blocks.iter().map(|b| (b.role, format!("{} {}", b.mark, b.text).trim().to_owned())).collect(),
    })
}

/// Type size and space above.
fn looks(role: Role) -> (f32, f32) {
    match role {
        Role::Title => (18.0, 0.0),
        Role::Heading(1) => (13.0, 14.0),
        Role::Heading(2) => (11.5, 8.0),
        Role::Heading(_) => (10.5, 6.0),
        Role::Paragraph => (10.5, 2.0),
    }
}

/// Breaks a block into lines: x and glyphs of each. The mark stands on the first line, the rest hangs below the text.
fn set(block: &Block, size: f32, font: &mut Font<'_>) -> Result<Vec<(f32, Vec<u16>)>, PdfError> {
    let left = MARGIN + INDENT * f32::from(u8::try_from(block.depth.min(8)).unwrap_or(8));
    let mark: String = if block.mark.is_empty() { String::new() } else { format!("{}　", block.mark) };
    let (mark_glyphs, mark_width) = measure(&mark, size, font)?;
    let hang = if matches!(block.role, Role::Paragraph) { mark_width.min(80.0) } else { 0.0 };
    let right = PAGE_WIDTH - MARGIN;
    let mut lines = Vec::new();
    let mut line: Vec<(char, u16, f32)> = Vec::new();
    let mut width = mark_width;
    let mut first = true;
    let chars: Vec<char> = block.text.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    for c in &chars {
        let (glyph, advance) = font.glyph(*c)?;
        let advance = advance * size / 1000.0;
        let start = if first { left } else { left + hang };
        if start + width + advance > right && !line.is_empty() {
            let carry = carried(&line, *c);
            let kept = line.len() - carry;
            let rest = line.split_off(kept);
            lines.push(finish(start, first.then_some(&mark_glyphs), &line));
            (line, first) = (rest, false);
            width = line.iter().map(|(_, _, w)| w).sum();
        }
        line.push((*c, glyph, advance));
        width += advance;
    }
    if !line.is_empty() || first {
        lines.push(finish(if first { left } else { left + hang }, first.then_some(&mark_glyphs), &line));
    }
    Ok(lines)
}

fn finish(x: f32, mark: Option<&Vec<u16>>, line: &[(char, u16, f32)]) -> (f32, Vec<u16>) {
    let mut glyphs = mark.cloned().unwrap_or_default();
    glyphs.extend(line.iter().map(|(_, g, _)| *g));
    (x, glyphs)
}

/// How many characters go down to the next line together with `next`, so that neither line breaks a rule and no
/// Latin word is torn.
fn carried(line: &[(char, u16, f32)], next: char) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric();
    let torn = line.iter().rev().take_while(|(c, _, _)| word(*c)).count();
    if word(next) && torn > 0 && torn < line.len() && torn < 24 {
        return torn;
    }
    let mut carry = 0;
    let mut head = next;
    while carry < CARRY_MAX && carry + 1 < line.len() {
        let last = line[line.len() - 1 - carry].0;
        if !(NOT_FIRST.contains(head) || NOT_LAST.contains(last)) {
            break;
        }
        carry += 1;
        head = last;
    }
    carry
}

fn measure(text: &str, size: f32, font: &mut Font<'_>) -> Result<(Vec<u16>, f32), PdfError> {
    let mut glyphs = Vec::new();
    let mut width = 0.0;
    for c in text.chars() {
        let (glyph, advance) = font.glyph(c)?;
        glyphs.push(glyph);
        width += advance * size / 1000.0;
    }
    Ok((glyphs, width))
}

/// 1 / 9, centred.
fn footers(pages: &mut [PageOut], font: &mut Font<'_>) -> Result<(), PdfError> {
    let count = pages.len();
    for (at, page) in pages.iter_mut().enumerate() {
        let (glyphs, width) = measure(&format!("{} / {count}", at + 1), 9.0, font)?;
        page.footer = Some(Line { x: (PAGE_WIDTH - width) / 2.0, y: MARGIN / 2.0, size: 9.0, glyphs });
    }
    Ok(())
}
