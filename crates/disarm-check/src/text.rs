//! Text, CSV and TSV: threats T01 and T02 on the bytes, without an encoding library.

use crate::{CheckError, Finding, Format};

/// Looks for control characters and for cells that a spreadsheet would compute.
pub(crate) fn check(bytes: &[u8], format: Format) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    let utf8 = std::str::from_utf8(bytes).ok();
    if let Some(text) = utf8 {
        for (at, c) in text.char_indices() {
            if is_hidden(c) && !(at == 0 && c == '\u{feff}') {
                findings.push(finding("T02", at, format!("character U+{:04X}", u32::from(c))));
            }
        }
    } else {
        check_cp932(bytes, &mut findings)?;
    }
    match format {
        Format::Csv => check_table(bytes, utf8.is_some(), b',', &mut findings),
        Format::Tsv => check_table(bytes, utf8.is_some(), b'\t', &mut findings),
        _ => {}
    }
    Ok(findings)
}

fn finding(threat: &'static str, at: usize, what: String) -> Finding {
    Finding { threat, location: format!("byte {at}"), what }
}

fn is_hidden(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let bidi =
        matches!(u32::from(c), 0x61c | 0x200b | 0x200e | 0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff);
    control || bidi || (0xe0000..=0xe007f).contains(&u32::from(c))
}

/// The other encoding that leaves the engine: single bytes, half-width kana and pairs of lead and trail byte.
fn check_cp932(bytes: &[u8], findings: &mut Vec<Finding>) -> Result<(), CheckError> {
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        match b {
            0x81..=0x9f | 0xe0..=0xfc => {
                let trail = bytes.get(at + 1).copied().unwrap_or(0);
                if !matches!(trail, 0x40..=0x7e | 0x80..=0xfc) {
                    return Err(CheckError::Unreadable {
                        location: format!("byte {at}"),
                        what: "text encoding",
                    });
                }
                at += 1;
            }
            0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0xa1..=0xdf => {}
            _ => findings.push(finding("T02", at, format!("byte {b:02X}"))),
        }
        at += 1;
    }
    Ok(())
}

/// Signs that make a spreadsheet compute, in both encodings, full-width forms included.
fn starts_formula(cell: &[u8], utf8: bool) -> bool {
    let wide: [&[u8]; 4] = if utf8 {
        ["＝".as_bytes(), "＠".as_bytes(), "＋".as_bytes(), "－".as_bytes()]
    } else {
        [b"\x81\x81", b"\x81\x97", b"\x81\x7b", b"\x81\x7c"]
    };
    let rest = |n: usize| cell.get(n..).unwrap_or(&[]);
    // A sign alone, whatever space or quotes stand behind it, computes nothing.
    let more = |n: usize| !trimmed(rest(n), utf8).is_empty();
    // A word after a plus or minus may be a function; digits and signs alone are a number.
    let word = |rest: &[u8]| rest.iter().any(u8::is_ascii_alphabetic) && !is_number(cell);
    match cell.first() {
        Some(b'=' | b'@' | b'|' | b'%') => more(1),
        Some(b'+' | b'-') => word(rest(1)),
        _ if cell.starts_with(wide[0]) || cell.starts_with(wide[1]) => more(wide[0].len()),
        _ if cell.starts_with(wide[2]) || cell.starts_with(wide[3]) => word(rest(wide[2].len())),
        _ => false,
    }
}

fn is_number(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(|t| t.trim().parse::<f64>().is_ok())
}

/// Leading white space of both encodings, and quotes, do not hide a formula.
fn trimmed(mut cell: &[u8], utf8: bool) -> &[u8] {
    let wide: &[&[u8]] = if utf8 { &[b"\xe3\x80\x80", b"\xc2\xa0", b"\xef\xbb\xbf"] } else { &[b"\x81\x40"] };
    loop {
        cell = cell.trim_ascii_start();
        if let Some(rest) = wide.iter().find_map(|w| cell.strip_prefix(*w)) {
            cell = rest;
        } else if let Some(rest) = cell.strip_prefix(b"\"") {
            cell = rest;
        } else {
            return cell;
        }
    }
}

fn check_table(bytes: &[u8], utf8: bool, delimiter: u8, findings: &mut Vec<Finding>) {
    let line = bytes.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    if trimmed(line, utf8).get(..4).is_some_and(|h| h.eq_ignore_ascii_case(b"sep=")) {
        findings.push(finding("T01", 0, "delimiter line".to_owned()));
    }
    // A mark of the encoding is no part of the first cell, whose quote would otherwise stand inside it.
    let first = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let (mut start, mut quoted, mut at) = (first, false, first);
    let mut cell = |from: usize, to: usize| {
        if starts_formula(trimmed(&bytes[from..to], utf8), utf8) {
            findings.push(finding("T01", from, "formula".to_owned()));
        }
    };
    while let Some(&b) = bytes.get(at) {
        let pair = !utf8 && matches!(b, 0x81..=0x9f | 0xe0..=0xfc);
        match b {
            b'"' if quoted => quoted = false,
            b'"' if at == start => quoted = true,
            // A doubled quote closes and opens again.
            b'"' if bytes.get(at.wrapping_sub(1)) == Some(&b'"') => quoted = true,
            b'\n' | b'\r' if !quoted => {
                cell(start, at);
                start = at + 1;
            }
            _ if b == delimiter && !quoted => {
                cell(start, at);
                start = at + 1;
            }
            _ => {}
        }
        at += if pair { 2 } else { 1 };
    }
    cell(start.min(bytes.len()), bytes.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threats(bytes: &[u8], format: Format) -> Vec<&'static str> {
        check(bytes, format).unwrap().into_iter().map(|f| f.threat).collect()
    }

    #[test]
    fn formulas_and_controls_are_found_and_words_are_not() {
        assert_eq!(threats(b"a,=1+1\r\n", Format::Csv), ["T01"]);
        assert_eq!(threats("a\t　＝cmd\n".as_bytes(), Format::Tsv), ["T01"]);
        assert_eq!(threats(b"sep=;\na", Format::Csv), ["T01"]);
        assert_eq!(threats("%\t,＝　\n= \"\n".as_bytes(), Format::Csv), [""; 0], "signs alone");
        assert_eq!(threats("\u{feff}\"備考\n-以下略A\",1\n".as_bytes(), Format::Csv), [""; 0], "one cell");
        assert_eq!(threats("\u{feff}\"=1+1\"\n".as_bytes(), Format::Csv), ["T01"]);
        assert_eq!(threats(b"a\x1b[31m", Format::Text), ["T02"]);
        assert_eq!(threats("a\u{202e}".as_bytes(), Format::Text), ["T02"]);
        assert_eq!(threats("\u{feff}名,\"'=1\",-12.5,+81-3,－\r\n".as_bytes(), Format::Csv), [""; 0]);
        assert_eq!(threats(b"\x95\x5c,\xf0\x40,\xb1\r\n", Format::Csv), [""; 0]);
        assert!(check(b"\x81\x01", Format::Text).is_err());
    }
}
