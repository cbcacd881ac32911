//! Checks of attribute values and texts by class. What does not fit its class is left out.

use super::schema::Class;

/// Longest plain value in bytes; numbers, names and GUIDs are far below.
const TOKEN: usize = 128;
/// Longest drawing path or list of points.
const PATH: usize = 4 << 20;
/// Longest text in an attribute. Excel's longest is 32,767 characters.
const TEXT: usize = 128 << 10;

/// The ASCII letters and digits, and the bytes of `more`.
const fn letters_and(more: &[u8]) -> [bool; 256] {
    let mut set = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        set[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < more.len() {
        set[more[at] as usize] = true;
        at += 1;
    }
    set
}

const IN_TOKEN: [bool; 256] = letters_and(b"_+-.:%#{},");
const IN_TOKENS: [bool; 256] = letters_and(b"_+-.:%#{}, ;[]()\n\t*@/\"~!?<>=");
const IN_PATH: [bool; 256] = letters_and(b" ,.@#+-*/?{}()$:_;%\n\t");
const IN_CELLS: [bool; 256] = letters_and(b" :$,");
const IN_BASE64: [bool; 256] = letters_and(b"+/=");

fn consists_of(value: &str, set: &[bool; 256]) -> bool {
    value.bytes().all(|byte| set[usize::from(byte)])
}

/// Whether `value` may be copied as it stands. Classes that need more than their value answer `false`.
pub(crate) fn fits(class: Class, value: &str) -> bool {
    match class {
        Class::Token => value.len() <= TOKEN && consists_of(value, &IN_TOKEN),
        Class::Tokens => value.len() <= PATH && consists_of(value, &IN_TOKENS) && !value.contains("//"),
        Class::Path => value.len() <= PATH && consists_of(value, &IN_PATH) && !value.contains("//"),
        Class::Text => value.len() <= TEXT,
        Class::Style => fits_style(value),
        Class::Cells => value.len() <= TEXT && consists_of(value, &IN_CELLS),
        Class::Base64 => value.len() <= 1024 && consists_of(value, &IN_BASE64),
        Class::Graphic => super::schema::prefix_of(value).is_some() || TABLES.contains(&value),
        Class::Nothing | Class::Formula | Class::Field | Class::Action | Class::Rid(..) => false,
    }
}

/// Contents of a graphic frame that are not a vocabulary of their own.
const TABLES: [&str; 4] = [
    "http://schemas.openxmlformats.org/drawingml/2006/table",
    "http://purl.oclc.org/ooxml/drawingml/table",
    "http://schemas.openxmlformats.org/presentationml/2006/ole",
    "http://purl.oclc.org/ooxml/presentationml/ole",
];

/// VML css: `property:value` pairs without anything that could fetch or compute.
fn fits_style(value: &str) -> bool {
    value.len() <= 4096
        && value.chars().all(|c| c.is_alphanumeric() || " :;.,%#-_'\"\n\t\r&+$".contains(c))
        && !["expression", "url", "javascript", "behavior", "binding", "import"]
            .iter()
            .any(|bad| value.to_ascii_lowercase().contains(bad))
}

/// XML 1.0 characters that may be written. Private-use characters (外字) and variation selectors (IVS) are kept.
pub(crate) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// Appends `text` escaped for element content or, with `quote`, for an attribute value. What XML 1.0 cannot hold
/// ([`is_xml_char`]) is left out; in UTF-8 that is a control byte, or U+FFFE and U+FFFF behind the byte EF.
pub(crate) fn escape_into(out: &mut Vec<u8>, text: &str, quote: bool) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let (instead, length): (&[u8], usize) = match byte {
            b'&' => (b"&amp;", 1),
            b'<' => (b"&lt;", 1),
            b'>' => (b"&gt;", 1),
            b'"' if quote => (b"&quot;", 1),
            b'\n' if quote => (b"&#10;", 1),
            b'\t' if quote => (b"&#9;", 1),
            b'\r' => (b"&#13;", 1),
            b'\n' | b'\t' => continue,
            0..0x20 => (b"", 1),
            0xEF if matches!(bytes[at..], [_, 0xBF, 0xBE | 0xBF, ..]) => (b"", 3),
            _ => continue,
        };
        out.extend_from_slice(&bytes[copied..at]);
        out.extend_from_slice(instead);
        copied = at + length;
    }
    out.extend_from_slice(&bytes[copied..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_refuses_what_fetches_or_computes() {
        assert!(fits(Class::Style, "position:absolute;margin-left:1.5pt;mso-position-vertical:absolute"));
        assert!(!fits(Class::Style, "background:url(http://x)"));
        assert!(!fits(Class::Style, "width:expression(alert(1))"));
    }

    /// Every character of the first plane, escaped one way and the other.
    #[test]
    fn only_what_xml_can_hold_is_written() {
        for quote in [false, true] {
            for c in (0..0x1_0010_u32).filter_map(char::from_u32) {
                let mut out = Vec::new();
                escape_into(&mut out, &format!("a{c}b"), quote);
                let inside = match c {
                    '&' => "&amp;".to_owned(),
                    '<' => "&lt;".to_owned(),
                    '>' => "&gt;".to_owned(),
                    '"' if quote => "&quot;".to_owned(),
                    '\n' if quote => "&#10;".to_owned(),
                    '\t' if quote => "&#9;".to_owned(),
                    '\r' => "&#13;".to_owned(),
                    c if is_xml_char(c) => c.to_string(),
                    _ => String::new(),
                };
                assert_eq!(String::from_utf8_lossy(&out), format!("a{inside}b"), "U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn tokens_hold_no_address() {
        assert!(fits(Class::Token, "{28A0092B-C50C-407E-A947-70E740481C1C}"));
        for bad in ["\\\\host\\share", "http://x", "a b", "cmd|x"] {
            assert!(!fits(Class::Token, bad), "{bad}");
        }
    }
}
