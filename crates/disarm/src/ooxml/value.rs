//! Checks of attribute values and texts by class. What does not fit its class is left out.

use super::schema::Class;

/// Longest plain value in bytes; numbers, names and GUIDs are far below.
const TOKEN: usize = 128;
/// Longest drawing path or list of points.
const PATH: usize = 4 << 20;
/// Longest text in an attribute. Excel's longest is 32,767 characters.
const TEXT: usize = 128 << 10;

/// Whether `value` may be copied as it stands. Classes that need more than their value answer `false`.
pub(crate) fn fits(class: Class, value: &str) -> bool {
    match class {
        Class::Token => value.len() <= TOKEN && value.chars().all(is_token),
        Class::Tokens => {
            value.len() <= PATH
                && value.chars().all(|c| {
                    is_token(c)
                        || matches!(
                            c,
                            ' ' | ';'
                                | '['
                                | ']'
                                | '('
                                | ')'
                                | '\n'
                                | '\t'
                                | '*'
                                | '@'
                                | '/'
                                | '"'
                                | '~'
                                | '!'
                                | '?'
                                | '<'
                                | '>'
                                | '='
                        )
                })
                && !value.contains("//")
        }
        Class::Path => {
            value.len() <= PATH
                && value.chars().all(|c| c.is_ascii_alphanumeric() || " ,.@#+-*/?{}()$:_;%\n\t".contains(c))
                && !value.contains("//")
        }
        Class::Text => value.len() <= TEXT,
        Class::Style => fits_style(value),
        Class::Cells => {
            value.len() <= TEXT && value.chars().all(|c| c.is_ascii_alphanumeric() || " :$,".contains(c))
        }
        Class::Base64 => {
            value.len() <= 1024 && value.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c))
        }
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

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+-.:%#{},".contains(c)
}

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

/// Appends `text` escaped for element content or, with `quote`, for an attribute value.
pub(crate) fn escape_into(out: &mut Vec<u8>, text: &str, quote: bool) {
    let mut buffer = [0; 4];
    for c in text.chars() {
        match c {
            '&' => out.extend(b"&amp;"),
            '<' => out.extend(b"&lt;"),
            '>' => out.extend(b"&gt;"),
            '"' if quote => out.extend(b"&quot;"),
            '\n' if quote => out.extend(b"&#10;"),
            '\t' if quote => out.extend(b"&#9;"),
            '\r' => out.extend(b"&#13;"),
            c if is_xml_char(c) => out.extend(c.encode_utf8(&mut buffer).as_bytes()),
            _ => {}
        }
    }
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

    #[test]
    fn tokens_hold_no_address() {
        assert!(fits(Class::Token, "{28A0092B-C50C-407E-A947-70E740481C1C}"));
        for bad in ["\\\\host\\share", "http://x", "a b", "cmd|x"] {
            assert!(!fits(Class::Token, bad), "{bad}");
        }
    }
}
