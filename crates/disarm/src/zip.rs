//! The ZIP container: a strict reader that refuses every disagreement, and a canonical writer.
//!
//! Source: PKWARE APPNOTE 6.3.10. Threats O01, O02, X03, X04, Z01-Z05.

mod crypt;
mod read;
mod write;

pub(crate) use crypt::decrypt;
pub(crate) use read::{Archive, Entry};
pub(crate) use write::Writer;

use crate::Kind;

/// Names in the central directory, for type detection only: lenient, at most 4096.
pub(crate) fn peek_names(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let Ok(end) = read::find_end(bytes) else { return names };
    let mut at = end.directory.start;
    while names.len() < 4096 && bytes.get(at..at.saturating_add(4)) == Some(b"PK\x01\x02") {
        let len = |offset: usize| {
            bytes.get(at + offset..at + offset + 2).map(|b| usize::from(u16::from_le_bytes([b[0], b[1]])))
        };
        let (Some(name), Some(extra), Some(comment)) = (len(28), len(30), len(32)) else { break };
        let Some(raw) = bytes.get(at + 46..at + 46 + name) else { break };
        names.push(String::from_utf8_lossy(raw).replace('\\', "/"));
        at += 46 + name + extra + comment;
    }
    names
}

/// Family of a package whose parts do not sit in the usual folders: decided by the declared main part.
pub(crate) fn peek_ooxml(bytes: &[u8]) -> Option<Kind> {
    let (rules, limits, secrets) =
        (crate::Ruleset::default(), crate::Limits::default(), crate::Secrets::none());
    let mut ctx = crate::ctx::Ctx::new(&rules, &limits, &secrets);
    let archive = Archive::open(bytes, &mut ctx).ok()?;
    let types = archive.entries().iter().find(|e| e.raw_name.eq_ignore_ascii_case(b"[Content_Types].xml"))?;
    let types = archive.inflate(types, &mut ctx).ok()?;
    let types = String::from_utf8_lossy(&types);
    match () {
        () if types.contains("wordprocessingml.document.main")
            || types.contains("wordprocessingml.template.main") =>
        {
            Some(Kind::Docx)
        }
        () if types.contains("spreadsheetml.sheet.main") || types.contains("spreadsheetml.template.main") => {
            Some(Kind::Xlsx)
        }
        () if types.contains("presentationml.") && types.contains(".main+xml") => Some(Kind::Pptx),
        () => None,
    }
}
