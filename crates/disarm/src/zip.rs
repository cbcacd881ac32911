//! The ZIP container: a strict reader that refuses every disagreement, and a canonical writer.

use crate::Kind;

/// Names in the central directory, for type detection only: lenient, at most 4096.
pub(crate) fn peek_names(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let tail = bytes.len().saturating_sub(66_000);
    let Some(eocd) = bytes[tail..].windows(4).rposition(|w| w == b"PK\x05\x06").map(|p| p + tail) else {
        return names;
    };
    let u16_at = |at: usize| bytes.get(at..at + 2).map(|b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    let mut at = match bytes.get(eocd + 16..eocd + 20) {
        Some(b) => u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize,
        None => return names,
    };
    while names.len() < 4096 && bytes.get(at..at.saturating_add(4)) == Some(b"PK\x01\x02") {
        let (Some(name), Some(extra), Some(comment)) = (u16_at(at + 28), u16_at(at + 30), u16_at(at + 32))
        else {
            break;
        };
        let Some(raw) = bytes.get(at + 46..at + 46 + name) else { break };
        names.push(String::from_utf8_lossy(raw).replace('\\', "/"));
        at += 46 + name + extra + comment;
    }
    names
}

/// Family of a package whose parts do not sit in the usual folders.
pub(crate) fn peek_ooxml(_bytes: &[u8]) -> Option<Kind> {
    None
}
