//! Bytes and a file name become numbered lines.
//!
//! The kind of file is decided by its content; the name only tells Markdown from plain text. What cannot be read
//! without doubt is refused: a policy with guessed characters is worse than none.

mod docx;
mod encoding;
mod markdown;
mod numbering;
mod package;

pub use docx::from_parts as from_word_parts;

use crate::model::{Code, Warning};
use crate::{PolicyError, check_size, limits};

/// The lines of a policy before anything is understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    pub lines: Vec<Line>,
    /// True when one line is one paragraph for certain (.docx): such lines are never joined by guess.
    pub paragraphs: bool,
    pub warnings: Vec<Warning>,
}

/// One line. `number` is 1-based; in a .docx, paragraphs, line breaks and table rows are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub number: u32,
    pub text: String,
    pub kind: LineKind,
}

/// What the file format itself says of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Text,
    /// A heading of this level, 1 for the highest (`#`, outline level).
    Heading(u8),
    /// The title (Word's style `Title`).
    Title,
    /// An entry of a generated table of contents.
    Toc,
    /// A table row, cells parted by tabs.
    Row,
    /// A ruler, the `|---|` of a Markdown table: carries no text.
    Rule,
    /// The first line of a page.
    PageTop,
}

/// Decodes a file.
///
/// # Errors
/// [`PolicyError`] when the file is too large, not text, of a kind that is not read, or its encoding is in doubt.
pub fn decode(bytes: &[u8], name: &str) -> Result<Source, PolicyError> {
    check_size(bytes.len() as u64)?;
    refuse_known_kinds(bytes)?;
    if bytes.starts_with(b"PK\x03\x04") {
        return docx::read(bytes);
    }
    let text = encoding::to_text(bytes)?;
    let lower = name.to_ascii_lowercase();
    from_text(&text, lower.ends_with(".md") || lower.ends_with(".markdown"))
}

/// Lines of a text that is already decoded.
///
/// # Errors
/// [`PolicyError`] when the text is empty, too large or holds binary data.
pub fn from_text(text: &str, markdown: bool) -> Result<Source, PolicyError> {
    let mut source = Source::default();
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.len() > limits::TEXT_BYTES_MAX {
        return Err(PolicyError::TextTooLarge);
    }
    if let Some(offset) = text.find('\0') {
        return Err(PolicyError::Binary { offset });
    }
    for piece in text.replace("\r\n", "\n").split(['\n', '\r', '\u{B}', '\u{85}', '\u{2028}', '\u{2029}']) {
        source.push(piece)?;
    }
    if source.lines.iter().all(|l| l.text.trim().is_empty()) {
        return Err(PolicyError::Empty);
    }
    markdown::tables(&mut source);
    if markdown || markdown::is_likely(&source) {
        markdown::apply(&mut source);
    }
    Ok(source)
}

impl Source {
    /// Appends one line of text after removing what cannot be seen.
    fn push(&mut self, raw: &str) -> Result<(), PolicyError> {
        let number = u32::try_from(self.lines.len() + 1).unwrap_or(u32::MAX);
        if self.lines.len() >= limits::LINES_MAX || raw.len() > limits::LINE_BYTES_MAX {
            return Err(PolicyError::TextTooLarge);
        }
        let kind = if raw.contains('\u{C}') { LineKind::PageTop } else { LineKind::Text };
        let unseen = raw.chars().filter(|c| is_unseen(*c)).count();
        if unseen > 8 && unseen * 4 > raw.chars().count() {
            return Err(PolicyError::Binary { offset: 0 });
        }
        let text: String = raw.chars().filter(|c| *c != '\u{C}' && !is_unseen(*c)).collect();
        if unseen > 0 {
            let message = format!("{number}行目から、目に見えない制御文字を{unseen}個取り除きました。");
            self.warnings.push(Warning::new(number, Code::CharacterRemoved, message));
        }
        if let Some(c) = text.chars().find(|c| ('\u{E000}'..='\u{F8FF}').contains(c)) {
            let message = format!(
                "{number}行目に外字（U+{:04X}）があります。他の機器では表示されないため、常用の文字に置き換えてください。",
                c as u32
            );
            self.warnings.push(Warning::new(number, Code::PrivateCharacter, message));
        }
        self.lines.push(Line { number, text, kind });
        Ok(())
    }
}

/// Characters that nobody sees and that would hide in a comparison: controls, zero-width and bidirectional marks.
pub(crate) fn is_unseen(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\u{C}');
    control
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{AD}')
}

fn refuse_known_kinds(bytes: &[u8]) -> Result<(), PolicyError> {
    if bytes.is_empty() {
        return Err(PolicyError::Empty);
    }
    let head = &bytes[..bytes.len().min(1024)];
    if head.windows(5).any(|w| w == b"%PDF-") {
        return Err(PolicyError::Pdf);
    }
    if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        // A .docx with a password is an OLE container that holds one stream of this name.
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let encrypted = bytes.windows(name.len()).any(|w| w == name);
        return Err(if encrypted { PolicyError::Encrypted } else { PolicyError::OldOffice });
    }
    if head.starts_with(b"{\\rtf") {
        return Err(PolicyError::Rtf);
    }
    let text = head.trim_ascii_start().to_ascii_lowercase();
    if text.starts_with(b"<!doctype html") || text.starts_with(b"<html") {
        return Err(PolicyError::Html);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_read() {
        let huge = vec![b'a'; usize::try_from(limits::FILE_BYTES_MAX).unwrap() + 1];
        for (bytes, code) in [
            (&b""[..], "file-empty"),
            (b" \n\t\n", "file-empty"),
            (b"%PDF-1.7\n", "pdf-not-read"),
            (&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0], "old-office-not-read"),
            (b"{\\rtf1", "rtf-not-read"),
            (b"\n<!DOCTYPE html><html>", "html-not-read"),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "binary"),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\xfe\xfd\xfc\xff", "binary"),
            (&huge, "file-too-large"),
        ] {
            assert_eq!(decode(bytes, "x.txt").unwrap_err().code(), code);
        }
    }

    #[test]
    fn counts_lines_as_an_editor_does() {
        let source = from_text("a\r\nb\nc\rd\n", false).unwrap();
        let lines: Vec<_> = source.lines.iter().map(|l| (l.number, l.text.as_str())).collect();
        assert_eq!(lines, [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "")]);
    }

    #[test]
    fn names_what_cannot_be_seen() {
        let source = from_text("1 目\u{200B}的\n\u{E000}田", false).unwrap();
        assert_eq!(source.lines[0].text, "1 目的");
        let codes: Vec<_> = source.warnings.iter().map(|w| (w.line, w.code)).collect();
        assert_eq!(codes, [(1, Code::CharacterRemoved), (2, Code::PrivateCharacter)]);
    }
}
