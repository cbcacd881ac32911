//! Does this line go on where the last one stopped?

use crate::text::{dates_in, fold, width};

/// Columns that a full line may fall short of the page width: two full-width characters pushed over by 禁則処理.
const SHORTFALL_COLUMNS: usize = 5;

/// About 500 characters of a paragraph.
const TAIL_BYTES: usize = 1_500;

/// A line of an item this long, without an end, goes on below.
const LONG_ITEM_COLUMNS: usize = 68;

/// What the line before was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// The line with the number.
    Numbered,
    Paragraph,
}

/// How the lines of a source are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One line is one paragraph for certain.
    Paragraphs,
    /// Lines are broken at this many columns.
    Wrapped(usize),
    /// One line is usually one paragraph, with accidents.
    Loose,
}

/// Finds the page width: the column at which many lines stop in the middle of a sentence.
pub(super) fn layout(lines: &[&str], paragraphs: bool) -> Layout {
    if paragraphs {
        return Layout::Paragraphs;
    }
    let widths: Vec<usize> = lines.iter().map(|l| width(l.trim_end())).collect();
    let Some(most) = widths.iter().copied().max().filter(|w| (30..=140).contains(w)) else {
        return Layout::Loose;
    };
    let full = |i: usize| widths[i] + SHORTFALL_COLUMNS >= most;
    let stops = |i: usize| {
        full(i) && !ends_sentence(lines[i]) && lines.get(i + 1).is_some_and(|l| !l.trim().is_empty())
    };
    let broken = (0..lines.len()).filter(|i| stops(*i)).count();
    if broken >= 3 && broken * 12 >= lines.iter().filter(|l| !l.trim().is_empty()).count() {
        Layout::Wrapped(most)
    } else {
        Layout::Loose
    }
}

/// True when `next` continues `last`, the text so far of a paragraph whose last source line was `raw`.
pub(super) fn continues(
    layout: Layout,
    before: Before,
    last: &str,
    raw: &str,
    next: &str,
    gap: bool,
) -> bool {
    let last = tail(last);
    let next_trimmed = next.trim_start();
    let Some(first) = next_trimmed.chars().next() else { return false };
    let indented = next.starts_with(['\u{3000}', '\t']) || next.starts_with("  ");
    if ends_sentence(last) && !cannot_begin(first) {
        // Within a broken paragraph, a full line may happen to end with a full stop.
        return matches!(layout, Layout::Wrapped(columns) if !gap && !indented && before == Before::Paragraph && is_full(raw, columns));
    }
    if cannot_begin(first) || is_unfinished(last) {
        return true;
    }
    match layout {
        Layout::Paragraphs => false,
        Layout::Wrapped(columns) => is_full(raw, columns) && !(gap && before == Before::Numbered),
        Layout::Loose if before == Before::Numbered && is_long_item(last, raw) && !gap => true,
        Layout::Loose => {
            before == Before::Paragraph && is_prose(last) && !indented_paragraph(next)
                || ends_with_particle(last) && !gap
        }
    }
}

/// The end of a paragraph is enough to judge it, however long it has grown.
fn tail(text: &str) -> &str {
    let mut from = text.len().saturating_sub(TAIL_BYTES);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

fn is_full(raw: &str, columns: usize) -> bool {
    width(raw.trim_end()) + SHORTFALL_COLUMNS >= columns
}

fn indented_paragraph(next: &str) -> bool {
    next.starts_with('\u{3000}')
}

pub(super) fn ends_sentence(text: &str) -> bool {
    let text = text.trim_end();
    let text = text.trim_end_matches(['）', ')', '」', '』', '】', '］', ']']);
    text.ends_with(['。', '．', '：', ':', '！', '？', '…']) || text.ends_with(". ")
}

/// No Japanese line begins with these.
fn cannot_begin(c: char) -> bool {
    "ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎーゝゞヽヾ々、。，．）」』】］〕,)]".contains(c)
}

/// An open bracket, or an end that asks for more.
fn is_unfinished(text: &str) -> bool {
    let text = text.trim_end();
    if text.ends_with(['、', '，', '（', '「', '『']) {
        return true;
    }
    let count = |chars: [char; 2]| text.chars().filter(|c| chars.contains(c)).count();
    let opened = count(['（', '(']) > count(['）', ')']) || count(['「', '『']) > count(['」', '』']);
    opened && text.chars().count() >= 12
}

/// An item that fills its line and lists things is broken, not finished: headings are shorter.
fn is_long_item(last: &str, raw: &str) -> bool {
    width(raw.trim()) >= LONG_ITEM_COLUMNS && last.contains(['、', '，']) && is_prose(last)
}

fn ends_with_particle(text: &str) -> bool {
    text.chars().count() >= 12
        && !text.ends_with("もの")
        && text.trim_end().ends_with(['を', 'に', 'は', 'が', 'の', 'で', 'へ', 'と'])
}

/// Long enough and with the kana of a sentence.
fn is_prose(text: &str) -> bool {
    let kana = text.chars().filter(|c| ('ぁ'..='ん').contains(c)).count();
    width(text) >= 36 && kana * 100 >= text.chars().count() * 12 && !text.contains('｜')
}

/// A heading: short, no sentence. What follows it is not its continuation.
pub(super) fn is_heading(text: &str) -> bool {
    let text = text.trim();
    let long = text.chars().count() > 45;
    !(text.is_empty() || long || text.contains('。') || text.ends_with(['、', ',']) || ends_sentence(text))
        && dates_in(text).len() < 2
}

/// Two pieces of one sentence; Latin words keep a blank between them.
pub(super) fn join(text: &mut String, more: &str) {
    let more = more.trim();
    let latin = |c: Option<char>| c.is_some_and(|c| fold(c).is_ascii_alphanumeric() && c.is_ascii());
    if latin(text.chars().next_back()) && latin(more.chars().next()) {
        text.push(' ');
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accidents_of_a_page_break() {
        let says = |before, last: &str, next: &str| continues(Layout::Loose, before, last, last, next, true);
        assert!(says(
            Before::Paragraph,
            "ただし、図書館における個別の業務については、セキュリテ",
            "ィ対策基準を別に定める。"
        ));
        assert!(says(
            Before::Paragraph,
            "サーバ室、通信回線及び職員の端末の管理について、物",
            "理的な対策を講じる。"
        ));
        assert!(!says(Before::Numbered, "物理的セキュリティ", "サーバの管理について、対策を講じる。"));
        assert!(!says(Before::Paragraph, "対策を講じる。", "ただし、緊急の場合を除く。"));
        assert!(!says(Before::Numbered, "地震、落雷等の災害による業務の停止等", "これらに備える。"));
        assert!(says(Before::Numbered, "情報資産（個人情報及び行政運営上の重要な情報", "をいう。）"));
    }

    #[test]
    fn finds_the_page_width() {
        let text = "この方針は、さくら坂市が保有する情報資産の機密性、完\n全性及び可用性を維持するため、市が実施する対策について\n基本的な事項を定めることを目的とする。\nまた、職員は、この方針に定める事項を守らなければならな\nい。";
        let lines: Vec<&str> = text.lines().collect();
        assert!(matches!(layout(&lines, false), Layout::Wrapped(52..=54)), "{:?}", layout(&lines, false));
    }
}
