//! The few marks of Markdown that occur in policies. Paragraphs and lists are left to the parser.

use super::{LineKind, Source};

/// Addresses of links are shorter than this.
const ADDRESS_CHARS_MAX: usize = 2_000;

pub(super) fn apply(source: &mut Source) {
    for line in &mut source.lines {
        let trimmed = line.text.trim();
        if line.kind != LineKind::Text {
            continue;
        }
        if is_rule(trimmed) {
            line.kind = LineKind::Rule;
        } else if let Some((level, text)) = heading(trimmed) {
            (line.kind, line.text) = (LineKind::Heading(level), plain(text));
        } else {
            line.text = plain(line.text.trim_start_matches("> ").trim_end());
        }
    }
}

/// Text without the name of Markdown that has its headings: what converters make of a PDF.
pub(super) fn is_likely(source: &Source) -> bool {
    source.lines.iter().any(|l| l.kind == LineKind::Text && heading(l.text.trim()).is_some())
}

/// Tables drawn with bars, which plain text taken from web pages carries as well.
pub(super) fn tables(source: &mut Source) {
    for line in source.lines.iter_mut().filter(|l| l.kind == LineKind::Text) {
        let text = line.text.trim();
        let bars = text.matches('|').count();
        let drawn = bars >= 2 && (text.starts_with('|') || text.ends_with('|')) || text.contains(" | ");
        if bars >= 2 && is_rule(text) {
            line.kind = LineKind::Rule;
        } else if drawn {
            (line.kind, line.text) = (LineKind::Row, cells(text).join("\t"));
        }
    }
}

/// `---`, `***`, and the `|---|:--|` under a table heading.
fn is_rule(text: &str) -> bool {
    let marks = text.chars().filter(|c| matches!(c, '-' | '*' | '_' | '=')).count();
    marks >= 3 && text.chars().all(|c| matches!(c, '-' | '*' | '_' | '=' | '|' | ':' | ' '))
}

fn heading(text: &str) -> Option<(u8, &str)> {
    let level = text.bytes().take_while(|b| *b == b'#').count();
    let rest = text.get(level..)?;
    let spaced = rest.starts_with([' ', '\u{3000}', '\t']);
    ((1..=6).contains(&level) && spaced)
        .then(|| (u8::try_from(level).unwrap_or(6), rest.trim().trim_end_matches('#').trim_end()))
}

/// The cells of a table row `| a | b |`.
pub(super) fn cells(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = row.strip_suffix('|').unwrap_or(row);
    row.split('|').map(|c| plain(&c.trim().replace("<br>", " "))).collect()
}

/// Without emphasis, escapes and link targets.
fn plain(text: &str) -> String {
    let text = text.replace("**", "").replace("__", "").replace('`', "");
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(char::is_ascii_punctuation) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    unlink(&out)
}

/// `[文字](address)` → 文字. Pictures keep their alternative text. One pass: a `[` waits for its `](` and `)`.
fn unlink(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Where the text after the last open `[` begins in `out`.
    let mut label: Option<usize> = None;
    let mut rest = text;
    while let Some(at) = rest.find(['[', ']']) {
        out.push_str(&rest[..at]);
        let (bracket, tail) = rest[at..].split_at(1);
        let address = tail.strip_prefix('(').filter(|_| bracket == "]").zip(label);
        let end =
            address.and_then(|(a, _)| a.char_indices().take(ADDRESS_CHARS_MAX).find(|(_, c)| *c == ')'));
        if let (Some((address, open)), Some((end, _))) = (address, end) {
            let from = if out[..open].ends_with('!') { open - 1 } else { open };
            out.replace_range(from..=open, "");
            (rest, label) = (&address[end + 1..], None);
            continue;
        }
        label = (bracket == "[").then_some(out.len());
        out.push_str(bracket);
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_marks_that_occur() {
        assert_eq!(heading("## 1 目的 ##"), Some((2, "1 目的")));
        assert_eq!(heading("#目的"), None);
        assert!(is_rule("|---|:--:|") && is_rule("---") && !is_rule("- (1)"));
        assert_eq!(cells("|| **改定日** | a|"), ["", "改定日", "a"]);
        assert_eq!(plain(r"\(1\) [別表](b.md)のとおり[注]"), "(1) 別表のとおり[注]");
        assert_eq!(plain("![図](a.png)と[[表](b) [c](d"), "図と[表 [c](d");
    }
}
