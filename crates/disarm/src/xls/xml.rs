//! Writing XML text. The package module copies what is written here through its allow-list.

use crate::ooxml::is_xml_char;

/// Text or attribute value.
pub(super) fn push(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c if is_xml_char(c) => out.push(c),
            _ => {}
        }
    }
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push(&mut out, text);
    out
}

/// A spreadsheet string: characters that XML cannot hold become `_xHHHH_`, and so does the underscore of a text that
/// looks like that already.
pub(super) fn push_string(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '_' || c == '\r' || !is_xml_char(c)) {
        push(out, &rest[..at]);
        let c = rest[at..].chars().next().unwrap_or('_');
        if c != '_' {
            out.push_str(&format!("_x{:04X}_", u32::from(c)));
        } else if is_escape(&rest[at..]) {
            out.push_str("_x005F_");
        } else {
            out.push('_');
        }
        rest = &rest[at + c.len_utf8()..];
    }
    push(out, rest);
}

fn is_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 7 && bytes[1] == b'x' && bytes[6] == b'_' && bytes[2..6].iter().all(u8::is_ascii_hexdigit)
}

/// A number as a cell value: shortest form that reads back the same.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-5..1e17).contains(&size) { format!("{value:E}") } else { format!("{value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_their_look_alikes_survive() {
        let mut out = String::new();
        push_string(&mut out, "a\u{1}b_x0041_c_d\r");
        assert_eq!(out, "a_x0001_b_x005F_x0041_c_d_x000D_");
    }

    #[test]
    fn numbers_read_back() {
        for value in [0.0, 0.1, 1e300, 1e-300, 123_456_789.25, -5.0] {
            assert_eq!(number(value).parse::<f64>(), Ok(value), "{value}");
        }
    }
}
