//! The text of a Word document: paragraphs with their automatic numbers, table rows, headings.
//!
//! Deleted text, field codes and readings of ruby are not text. Footnotes and pictures are left out and named in a
//! warning.

use super::numbering::Numbering;
use super::package::{Node, Package, attribute, number, walk};
use super::{LineKind, Source};
use crate::PolicyError;
use crate::model::{Code, Warning};
use std::collections::{HashMap, HashSet};

/// A heading that is longer than this is a body paragraph with an outline level.
const HEADING_CHARS_MAX: usize = 80;
/// Styles that lead back to themselves are cut here.
const STYLE_CHAIN_MAX: usize = 20;

pub(super) fn read(bytes: &[u8]) -> Result<Source, PolicyError> {
    let mut package = Package::open(bytes)?;
    let document = package.document()?;
    let styles = package.part("word/styles.xml")?;
    let numbering = package.part("word/numbering.xml")?;
    from_parts(&document, styles.as_deref(), numbering.as_deref())
}

/// The lines of a Word document whose package is already open: `document.xml` and, where the package has them,
/// `styles.xml` and `numbering.xml`.
///
/// # Errors
/// [`PolicyError`] when a part is not well-formed, nests too deep, or holds no text.
pub fn from_parts(
    document: &str,
    styles: Option<&str>,
    numbering: Option<&str>,
) -> Result<Source, PolicyError> {
    let styles = styles.map_or_else(|| Ok(Styles::default()), Styles::read)?;
    let numbering = numbering.map_or_else(|| Ok(Numbering::default()), Numbering::read)?;
    let source = Source { paragraphs: true, ..Source::default() };
    let mut walker = Walker { styles, numbering, source, ..Walker::default() };
    walk(document, |node| walker.visit(node))?;
    if walker.source.lines.iter().all(|l| l.text.trim().is_empty()) {
        return Err(PolicyError::Empty);
    }
    Ok(walker.source)
}

#[derive(Debug, Default, Clone)]
struct Style {
    name: String,
    based_on: Option<String>,
    list: Option<u32>,
    level: Option<usize>,
    outline: Option<u8>,
}

#[derive(Debug, Default)]
struct Styles(HashMap<String, Style>);

impl Styles {
    fn read(xml: &str) -> Result<Self, PolicyError> {
        let mut styles = HashMap::new();
        let mut current: Option<(String, Style)> = None;
        walk(xml, |node| {
            match node {
                Node::Start(e, "style") => current = attribute(e, "styleId").map(|id| (id, Style::default())),
                Node::End("style") => styles.extend(current.take()),
                Node::Start(e, name) => {
                    if let Some((_, style)) = &mut current {
                        match name {
                            "name" => style.name = attribute(e, "val").unwrap_or_default().to_lowercase(),
                            "basedOn" => style.based_on = attribute(e, "val"),
                            "numId" => style.list = number(e),
                            "ilvl" => style.level = number(e).and_then(|n| usize::try_from(n).ok()),
                            "outlineLvl" => {
                                style.outline =
                                    number(e).and_then(|n| u8::try_from(n).ok()).filter(|n| *n < 9)
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self(styles))
    }

    /// The style and those it is based on, nearest first.
    fn chain<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (&'a str, &'a Style)> {
        std::iter::successors(self.0.get_key_value(id), |(_, s)| {
            s.based_on.as_ref().and_then(|b| self.0.get_key_value(b))
        })
        .take(STYLE_CHAIN_MAX)
        .map(|(id, style)| (id.as_str(), style))
    }
}

/// A paragraph while it is read. Text boxes nest paragraphs.
#[derive(Debug, Default)]
struct Paragraph {
    text: String,
    style: Option<String>,
    list: Option<u32>,
    level: Option<usize>,
    outline: Option<u8>,
}

#[derive(Debug, Default)]
struct Walker {
    styles: Styles,
    numbering: Numbering,
    source: Source,
    paragraphs: Vec<Paragraph>,
    /// Rows of the outermost table: cells, each with its paragraphs.
    row: Vec<Vec<(String, LineKind)>>,
    tables: usize,
    runs: usize,
    /// Depth inside elements whose text is not read.
    hidden: usize,
    /// Depth of `sdt`, and the depth at which a table of contents began.
    controls: usize,
    contents: Option<usize>,
    noted: HashSet<(u32, Code)>,
}

impl Walker {
    fn visit(&mut self, node: Node<'_>) -> Result<(), PolicyError> {
        match node {
            Node::Start(_, name) if is_hidden(name) => {
                if matches!(name, "del" | "moveFrom") {
                    self.note(Code::TrackedChange);
                }
                self.hidden += 1;
            }
            Node::End(name) if is_hidden(name) => self.hidden = self.hidden.saturating_sub(1),
            Node::Start(e, name) if self.hidden == 0 => self.start(e, name),
            Node::End(name) if self.hidden == 0 => self.end(name)?,
            Node::Text(text) if self.hidden == 0 && self.runs > 0 => self.push(&text.replace('\n', " ")),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, e: &quick_xml::events::BytesStart<'_>, name: &str) {
        let paragraph = self.paragraphs.last_mut();
        match name {
            "p" => self.paragraphs.push(Paragraph::default()),
            "t" => self.runs += 1,
            "tbl" => self.tables += 1,
            "tr" if self.tables == 1 => self.row.clear(),
            "tc" if self.tables == 1 => self.row.push(Vec::new()),
            "sdt" => self.controls += 1,
            "docPartGallery" if attribute(e, "val").is_some_and(|v| v.contains("Contents")) => {
                self.contents.get_or_insert(self.controls);
            }
            "ptab" => self.push("\t"),
            "br" | "cr" if attribute(e, "type").is_none_or(|t| t == "textWrapping") => self.push("\n"),
            "noBreakHyphen" => self.push("-"),
            // <w:tab w:val=…/> in paragraph properties sets a stop, <w:tab/> in a run is one.
            "tab" if attribute(e, "val").is_none() => self.push("\t"),
            "footnoteReference" | "endnoteReference" => self.note(Code::FootnoteSkipped),
            "pic" | "imagedata" | "chart" | "relIds" | "OLEObject" => self.note(Code::PictureSkipped),
            "ins" | "moveTo" if paragraph.is_some() => self.note(Code::TrackedChange),
            _ => {
                if let Some(paragraph) = paragraph {
                    paragraph.property(name, e);
                }
            }
        }
    }

    fn end(&mut self, name: &str) -> Result<(), PolicyError> {
        match name {
            "p" => {
                if let Some(paragraph) = self.paragraphs.pop() {
                    self.finish(paragraph)?;
                }
            }
            "t" => self.runs = self.runs.saturating_sub(1),
            "tr" if self.tables == 1 => self.finish_row()?,
            "tbl" => self.tables = self.tables.saturating_sub(1),
            "sdt" => {
                if self.contents == Some(self.controls) {
                    self.contents = None;
                }
                self.controls = self.controls.saturating_sub(1);
            }
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.text.push_str(text);
        }
    }

    fn finish(&mut self, paragraph: Paragraph) -> Result<(), PolicyError> {
        let chain: Vec<(&str, &Style)> =
            paragraph.style.as_deref().map_or_else(Vec::new, |id| self.styles.chain(id).collect());
        let list = paragraph.list.or_else(|| chain.iter().find_map(|(_, s)| s.list)).filter(|l| *l > 0);
        let tied = list.and_then(|l| chain.iter().find_map(|(id, _)| self.numbering.level_of_style(l, id)));
        let level = paragraph.level.or(tied).or_else(|| chain.iter().find_map(|(_, s)| s.level)).unwrap_or(0);
        let outline = paragraph.outline.or_else(|| chain.iter().find_map(|(_, s)| s.outline));
        let named = |word: &str| chain.iter().any(|(_, s)| s.name.starts_with(word));
        let short = paragraph.text.chars().count() <= HEADING_CHARS_MAX && !paragraph.text.contains('。');
        let kind = if self.contents.is_some() || named("toc ") {
            LineKind::Toc
        } else if named("title") || named("表題") {
            LineKind::Title
        } else {
            outline.filter(|_| short).map_or(LineKind::Text, |o| LineKind::Heading(o + 1))
        };
        let empty = paragraph.text.trim().is_empty();
        let label = list.filter(|_| !empty).and_then(|l| self.numbering.next(l, level));
        let text =
            label.map_or_else(|| paragraph.text.clone(), |l| format!("{l} {}", paragraph.text.trim_start()));
        match self.row.last_mut() {
            Some(cell) if self.tables > 0 => cell.push((text.replace(['\t', '\n'], " "), kind)),
            _ => self.lines(&text, kind)?,
        }
        Ok(())
    }

    /// A row of one cell is a box around text: its paragraphs are lines of their own.
    fn finish_row(&mut self) -> Result<(), PolicyError> {
        let mut row = std::mem::take(&mut self.row);
        if row.len() == 1
            && let Some(cell) = row.pop()
        {
            return cell.into_iter().try_for_each(|(text, kind)| self.lines(&text, kind));
        }
        let cells: Vec<String> =
            row.iter().map(|cell| cell.iter().map(|(t, _)| t.trim()).collect::<Vec<_>>().join(" ")).collect();
        self.lines(&cells.join("\t"), LineKind::Row)
    }

    fn lines(&mut self, text: &str, kind: LineKind) -> Result<(), PolicyError> {
        for piece in text.split('\n') {
            self.source.push(piece)?;
            if let Some(line) = self.source.lines.last_mut() {
                line.kind = if line.text.trim().is_empty() { LineKind::Text } else { kind };
            }
        }
        Ok(())
    }

    /// One warning a line for what is left out.
    fn note(&mut self, code: Code) {
        let line = u32::try_from(self.source.lines.len() + 1).unwrap_or(u32::MAX);
        if !self.noted.insert((line, code)) {
            return;
        }
        let message = match code {
            Code::FootnoteSkipped => {
                format!("{line}段落目の脚注は取り込みません。必要な内容は本文に書いてください。")
            }
            Code::PictureSkipped => {
                format!("{line}段落目の図や画像は取り込みません。文字で書かれた内容だけを読みました。")
            }
            _ => format!(
                "{line}段落目に確定していない変更履歴があります。変更をすべて反映した文章として読みました。"
            ),
        };
        self.source.warnings.push(Warning::new(line, code, message));
    }
}

impl Paragraph {
    fn property(&mut self, name: &str, e: &quick_xml::events::BytesStart<'_>) {
        match name {
            "pStyle" => self.style = attribute(e, "val"),
            "numId" => self.list = number(e),
            "ilvl" => self.level = number(e).and_then(|n| usize::try_from(n).ok()),
            "outlineLvl" => self.outline = number(e).and_then(|n| u8::try_from(n).ok()).filter(|n| *n < 9),
            _ => {}
        }
    }
}

/// Deleted text, the reading beside ruby, the second copy of a drawing, former paragraph properties.
fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "del"
            | "moveFrom"
            | "rt"
            | "Fallback"
            | "pPrChange"
            | "rPrChange"
            | "sectPrChange"
            | "tblPrChange"
            | "numberingChange"
            | "instrText"
            | "delText"
            | "delInstrText"
    )
}
