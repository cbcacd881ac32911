//! XML reader of the second checker: a hand-written tokeniser for the plain subset the engine writes. Anything outside
//! that subset (DTD, comments, CDATA, processing instructions, odd entities) is an error, not something to interpret.

use crate::CheckError;

/// One token, with names as written.
#[derive(Debug)]
pub(crate) enum Token<'a> {
    Open { name: &'a str, attributes: Vec<(&'a str, String)>, empty: bool },
    Close,
    Text(String),
}

/// Calls `see` for every token in order.
pub(crate) fn walk(part: &str, bytes: &[u8], mut see: impl FnMut(Token<'_>)) -> Result<(), CheckError> {
    let bad = |what| CheckError::Unreadable { location: part.to_owned(), what };
    let text = std::str::from_utf8(bytes).map_err(|_| bad("not UTF-8"))?;
    let mut rest =
        text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n").unwrap_or(text);
    let mut open: Vec<&str> = Vec::new();
    let mut roots = 0;
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            if open.is_empty() && !rest[..end].trim().is_empty() {
                return Err(bad("text outside the root"));
            }
            see(Token::Text(unescape(&rest[..end]).ok_or_else(|| bad("entity"))?));
            rest = &rest[end..];
            continue;
        };
        if tag.starts_with(['!', '?']) {
            return Err(bad("DTD, comment, CDATA or processing instruction"));
        }
        if let Some(close) = tag.strip_prefix('/') {
            let end = close.find('>').ok_or_else(|| bad("tag cut"))?;
            if open.pop() != Some(close[..end].trim_end()) {
                return Err(bad("tags cross"));
            }
            see(Token::Close);
            rest = &close[end + 1..];
            continue;
        }
        let (name, attributes, empty, after) = tag_of(tag).ok_or_else(|| bad("tag"))?;
        roots += usize::from(open.is_empty());
        if roots > 1 || open.len() > 300 {
            return Err(bad("two roots or nested too deep"));
        }
        if !empty {
            open.push(name);
        }
        see(Token::Open { name, attributes, empty });
        rest = after;
    }
    if open.is_empty() && roots == 1 { Ok(()) } else { Err(bad("not closed")) }
}

type Tag<'a> = (&'a str, Vec<(&'a str, String)>, bool, &'a str);

fn tag_of(tag: &str) -> Option<Tag<'_>> {
    let end = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))?;
    let name = &tag[..end];
    let mut rest = tag[end..].trim_start();
    let mut attributes: Vec<(&str, String)> = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix("/>") {
            return Some((name, attributes, true, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Some((name, attributes, false, after));
        }
        let (key, value) = rest.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        if key.contains(['<', '>', '"', ' '])
            || value.contains('<')
            || attributes.iter().any(|(k, _)| *k == key)
        {
            return None;
        }
        attributes.push((key, unescape(value)?));
        rest = after.trim_start();
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, next) = after.split_once(';')?;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#9" => '\t',
            "#10" => '\n',
            "#13" => '\r',
            _ => return None,
        });
        rest = next;
    }
    out.push_str(rest);
    Some(out)
}

/// Name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
