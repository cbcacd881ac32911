//! Tables in text: cells that a spreadsheet would take for a formula become words (threat T01).

use crate::{Action, Severity, Threat, ctx::Ctx};

/// One cell as written and as understood.
struct Cell {
    /// Characters as they stand in the file, quotes included.
    raw: String,
    /// Contents.
    value: String,
    quoted: bool,
    /// Quotes that programs read in different ways.
    ambiguous: bool,
}

/// Rewrites the table. Cells without a formula keep their characters.
pub(super) fn neutralise(text: &str, usual: char, ctx: &mut Ctx<'_>) -> String {
    let (mut text, mut switched) = (text, None);
    // Behind the first such line another one would become the first.
    while let Some((delimiter, rest)) = separator_line(text) {
        ctx.report(Threat::T01, Severity::Active, Action::Dropped, "区切り文字の指定行（sep=）", "1行目");
        (text, switched) = (rest, switched.or(Some(delimiter)));
    }
    let delimiter = switched.unwrap_or(usual);
    let mut out = String::with_capacity(text.len() + 16);
    let (mut row, mut column) = (1_u64, 0_u64);
    let mut rest = text;
    loop {
        let (cell, after) = read_cell(rest, delimiter);
        let switches = row == 1 && is_switch(&cell.value);
        write_cell(&cell, switches, (usual, delimiter), &mut out, &address(row, column), ctx);
        let mut chars = after.chars();
        match chars.next() {
            None => return out,
            Some(c) if c == delimiter => {
                out.push(usual);
                column += 1;
            }
            Some(line_end) => {
                out.push(line_end);
                if line_end == '\r' && chars.as_str().starts_with('\n') {
                    chars.next();
                    out.push('\n');
                }
                row += 1;
                column = 0;
            }
        }
        rest = chars.as_str();
        if rest.is_empty() {
            return out;
        }
    }
}

/// `sep=;` on the first line switches Excel's delimiter.
fn separator_line(text: &str) -> Option<(char, &str)> {
    let line_end = text.find(['\r', '\n']).unwrap_or(text.len());
    let line = text[..line_end].trim_matches(hides);
    if !is_switch(line) {
        return None;
    }
    let delimiter = line[4..].chars().next().filter(|c| *c != '"').unwrap_or(',');
    let rest = &text[line_end..];
    Some((delimiter, rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\r', '\n'])).unwrap_or(rest)))
}

fn read_cell(text: &str, delimiter: char) -> (Cell, &str) {
    let ends = |c: char| c == delimiter || c == '\r' || c == '\n';
    if !text.starts_with('"') {
        let end = text.find(ends).unwrap_or(text.len());
        let raw = &text[..end];
        let cell =
            Cell { raw: raw.to_owned(), value: raw.to_owned(), quoted: false, ambiguous: raw.contains('"') };
        return (cell, &text[end..]);
    }
    let mut value = String::new();
    let mut at = 1;
    let closed = loop {
        let Some(quote) = text[at..].find('"') else {
            value.push_str(&text[at..]);
            at = text.len();
            break false;
        };
        value.push_str(&text[at..at + quote]);
        at += quote + 1;
        if text[at..].starts_with('"') {
            value.push('"');
            at += 1;
        } else {
            break true;
        }
    };
    let tail = text[at..].find(ends).unwrap_or(text.len() - at);
    value.push_str(&text[at..at + tail]);
    let end = at + tail;
    let cell = Cell { raw: text[..end].to_owned(), value, quoted: true, ambiguous: !closed || tail > 0 };
    (cell, &text[end..])
}

/// Whether a first line that begins like this switches the delimiter.
fn is_switch(line: &str) -> bool {
    line.trim_start_matches(hides).get(..4).is_some_and(|head| head.eq_ignore_ascii_case("sep="))
}

/// `switches`: the cell stands where it could become a `sep=` line once empty cells before it are skipped.
fn write_cell(
    cell: &Cell,
    switches: bool,
    (usual, delimiter): (char, char),
    out: &mut String,
    address: &str,
    ctx: &mut Ctx<'_>,
) {
    let formula = switches || is_formula(&cell.value);
    // Another program may split at another character and then find a formula at the start of a piece.
    let inner = !cell.quoted
        && cell.value.split([';', '\t', ',']).skip(1).any(|p| p.trim_start().starts_with(['=', '＝']));
    if formula || inner {
        ctx.report(Threat::T01, Severity::Active, Action::Rewritten, "数式として動くセル", address);
    }
    let must_quote = cell.ambiguous || (usual != delimiter && !cell.quoted && cell.value.contains(usual));
    if !formula && !inner && !must_quote {
        out.push_str(&cell.raw);
        return;
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    out.push_str(&cell.value.replace('"', "\"\""));
    out.push('"');
}

/// What hides a sign that stands behind it.
fn hides(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\u{feff}' | '\u{a0}')
}

/// Whether a spreadsheet would compute the cell. Numbers, dates, telephone numbers and lone signs are not formulas.
fn is_formula(value: &str) -> bool {
    // Rare spaces behind a sign are taken for content: the second checker knows fewer of them.
    let blank = |c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\u{3000}' | '\u{feff}' | '\u{a0}');
    let value = value.trim_start_matches(hides).trim_end_matches(blank);
    let mut chars = value.chars();
    match chars.next() {
        Some('=' | '＝' | '@' | '＠' | '|' | '%') => !chars.as_str().is_empty(),
        Some('+' | '-' | '＋' | '－') => {
            let is_plain =
                |c: char| c.is_whitespace() || c.is_numeric() || "+-＋－.,/:()%¥￥\\$、。，．".contains(c);
            let exponent = value.parse::<f64>().is_ok();
            !exponent && !chars.as_str().chars().all(is_plain)
        }
        _ => false,
    }
}

/// A1 notation.
fn address(row: u64, mut column: u64) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or(0)));
        if column < 26 {
            break;
        }
        column = column / 26 - 1;
    }
    letters.reverse();
    format!("{}{row}", letters.into_iter().collect::<String>())
}
