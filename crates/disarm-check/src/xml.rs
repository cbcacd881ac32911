//! XML reader of the second checker: a hand-written tokeniser for the plain subset the engine writes. Anything outside
//! that subset (DTD, comments, CDATA, processing instructions, odd entities) is an error, not something to interpret.

use std::borrow::Cow;

use crate::CheckError;

/// Name as written, and value.
pub(crate) type Attribute<'a> = (&'a str, Cow<'a, str>);

/// One token, with names as written. `'a` is the part, `'b` the list of attributes that the next tag takes over.
#[derive(Debug)]
pub(crate) enum Token<'a, 'b> {
    Open { name: &'a str, attributes: &'b [Attribute<'a>], empty: bool },
    Close,
    Text(Cow<'a, str>),
}

/// Calls `see` for every token in order.
pub(crate) fn walk<'a>(
    part: &str,
    bytes: &'a [u8],
    mut see: impl FnMut(Token<'a, '_>),
) -> Result<(), CheckError> {
    let bad = |what| CheckError::Unreadable { location: part.to_owned(), what };
    let text = std::str::from_utf8(bytes).map_err(|_| bad("not UTF-8"))?;
    let mut rest =
        text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n").unwrap_or(text);
    let mut open: Vec<&str> = Vec::new();
    let mut attributes = Vec::new();
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
        let (name, empty, after) = tag_of(tag, &mut attributes).ok_or_else(|| bad("tag"))?;
        roots += usize::from(open.is_empty());
        if roots > 1 || open.len() > 300 {
            return Err(bad("two roots or nested too deep"));
        }
        if !empty {
            open.push(name);
        }
        see(Token::Open { name, attributes: &attributes, empty });
        rest = after;
    }
    if open.is_empty() && roots == 1 { Ok(()) } else { Err(bad("not closed")) }
}

/// Name of a tag, whether it is empty, and what stands behind it.
fn tag_of<'a>(tag: &'a str, attributes: &mut Vec<Attribute<'a>>) -> Option<(&'a str, bool, &'a str)> {
    attributes.clear();
    let end = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))?;
    let name = &tag[..end];
    let mut rest = tag[end..].trim_start();
    loop {
        if let Some(after) = rest.strip_prefix("/>") {
            return Some((name, true, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Some((name, false, after));
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

fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('&') {
        return Some(Cow::Borrowed(text));
    }
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
    Some(Cow::Owned(out))
}

/// Name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
