//! The ZIP package of a .docx, opened with limits.

use crate::{PolicyError, limits};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, PolicyError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
        if archive.len() > limits::ZIP_ENTRIES_MAX {
            return Err(PolicyError::Bomb);
        }
        Ok(Self { archive })
    }

    /// The main part: `word/document.xml`, or the numbered one that some writers use.
    pub(super) fn document(&mut self) -> Result<String, PolicyError> {
        let is_main = |n: &String| n.starts_with("word/document") && n.ends_with(".xml");
        let mut names: Vec<String> =
            self.archive.file_names().flatten().map(|n| n.into_owned()).filter(is_main).collect();
        names.sort_by_key(String::len);
        let Some(name) = names.into_iter().next() else { return Err(PolicyError::NotWord) };
        self.part(&name)?.ok_or(PolicyError::NotWord)
    }

    /// The text of a part, or none when the package does not have it. Strict UTF-8 (UTF-16 parts are not written
    /// by any word processor).
    pub(super) fn part(&mut self, name: &str) -> Result<Option<String>, PolicyError> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(broken(error)),
        };
        if file.encrypted() {
            return Err(PolicyError::Encrypted);
        }
        if file.size() > limits::XML_BYTES_MAX {
            return Err(PolicyError::Bomb);
        }
        let mut bytes = Vec::new();
        // The declared size may lie; the reader is cut one byte past the limit.
        file.take(limits::XML_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| broken_text(&e.to_string()))?;
        if bytes.len() as u64 > limits::XML_BYTES_MAX {
            return Err(PolicyError::Bomb);
        }
        let text = String::from_utf8(bytes).map_err(|_| broken_text("part is not UTF-8"))?;
        Ok(Some(text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text)))
    }
}

fn broken(error: ZipError) -> PolicyError {
    match error {
        ZipError::InvalidPassword => PolicyError::Encrypted,
        other => broken_text(&other.to_string()),
    }
}

fn broken_text(reason: &str) -> PolicyError {
    PolicyError::BrokenDocx { reason: reason.to_owned() }
}

/// What a walk over a part sees. Names are local names; `a:` (drawing text) is left out.
pub(super) enum Node<'e> {
    Start(&'e BytesStart<'e>, &'e str),
    End(&'e str),
    Text(&'e str),
}

/// Walks a part in document order. An element without content gives `Start` and `End`. A DOCTYPE is refused, so
/// that no entity can be declared.
pub(super) fn walk(
    xml: &str,
    mut visit: impl FnMut(Node<'_>) -> Result<(), PolicyError>,
) -> Result<(), PolicyError> {
    let mut reader = Reader::from_str(xml);
    let mut depth = 0usize;
    loop {
        match reader.read_event().map_err(|e| broken_text(&e.to_string()))? {
            Event::Start(e) => {
                depth += 1;
                if depth > limits::XML_DEPTH_MAX {
                    return Err(PolicyError::Bomb);
                }
                visit(Node::Start(&e, local(e.name().as_ref())))?;
            }
            Event::Empty(e) => {
                visit(Node::Start(&e, local(e.name().as_ref())))?;
                visit(Node::End(local(e.name().as_ref())))?;
            }
            Event::End(e) => {
                depth = depth.saturating_sub(1);
                visit(Node::End(local(e.name().as_ref())))?;
            }
            Event::Text(e) => visit(Node::Text(&e.xml10_content()))?,
            Event::CData(e) => visit(Node::Text(&e.xml10_content()))?,
            Event::GeneralRef(e) => {
                let name = e.xml10_content();
                let resolved = match e.resolve_char_ref() {
                    Ok(Some(c)) => c.to_string(),
                    _ => match name.as_ref() {
                        "amp" => "&".to_owned(),
                        "lt" => "<".to_owned(),
                        "gt" => ">".to_owned(),
                        "quot" => "\"".to_owned(),
                        "apos" => "'".to_owned(),
                        _ => return Err(broken_text("unknown entity")),
                    },
                };
                visit(Node::Text(&resolved))?;
            }
            Event::DocType(_) => return Err(broken_text("DOCTYPE")),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if depth == 0 { Ok(()) } else { Err(broken_text("unclosed element")) }
}

fn local(name: &str) -> &str {
    match name.split_once(':') {
        Some(("a", _)) => "",
        Some((_, local)) => local,
        None => name,
    }
}

/// The value of an attribute by its local name.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element.attributes().flatten().find(|a| local(a.key.as_ref()) == name).and_then(|a| {
        a.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
    })
}

/// The `val` attribute as a number.
pub(super) fn number(element: &BytesStart<'_>) -> Option<u32> {
    attribute(element, "val").and_then(|v| v.parse().ok())
}
