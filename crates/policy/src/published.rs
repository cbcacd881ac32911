//! Does a file that a city published say what the edition says? The file may have been set by any program: page numbers,
//! running headers, blanks, widths of characters and the way of writing a number are no difference; every other
//! character between the first clause and the last is one.
//!
//! The text is not parsed again: a line that broke in an unlucky place would look like a clause. The clauses of the edition
//! are looked for in it, in their order, and what is left over has to be a number.

use crate::model::{Clause, Document};
use crate::render::shown;
use crate::text::{dates_in, kanji_digit};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization;

/// A clause this long that occurs once stands for certain where it was found.
const ANCHOR_CHARS: usize = 12;
/// Lines that were not compared are shown; a cover and a table of contents have fewer.
const LEFT_OUT_MAX: usize = 200;
/// Lines at either end of a page that may be header or footer.
const EDGE_LINES: usize = 3;
/// Differences that are kept; nobody reads more before they look at the file itself.
const DIFFERENCES_MAX: usize = 100;
/// Characters of one side of a difference that are kept.
const SHOWN_CHARS: usize = 2_000;

/// What comparing came to. Serialised where it is kept: names are a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Clauses of the edition, and how many of them the file has, word for word.
    pub clauses: usize,
    pub found: usize,
    pub differences: Vec<Difference>,
    /// Lines that are no part of the clauses: cover, contents, 改定履歴, running headers.
    pub left_out: Vec<String>,
}

/// One place at which edition and file differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Label of the clause, or of the one it stands behind where the edition has nothing.
    pub label: String,
    /// What the edition says, without blanks; empty when the file says more than it.
    pub edition: String,
    /// What the file says, without blanks; empty when it says nothing.
    pub file: String,
}

impl Comparison {
    /// Whether the file counts as the edition.
    pub fn agrees(&self) -> bool {
        self.clauses > 0 && self.differences.is_empty()
    }
}

/// Compares the pages of a file with the clauses of an edition that `public` lets out.
pub fn compare(edition: &Document, public: impl Fn(&Clause) -> bool, pages: &[Vec<String>]) -> Comparison {
    let (body, mut left_out) = without_furniture(pages);
    let text = Text::new(&body);
    let mut clauses: Vec<Wanted<'_>> = shown(edition, public).into_iter().map(Wanted::new).collect();
    place(&mut clauses, &text.plain);
    let found = clauses.iter().filter(|c| c.at.is_some()).count();
    let mut out = Comparison { clauses: clauses.len(), found, ..Comparison::default() };
    let history: Vec<String> = edition
        .revisions
        .iter()
        .filter_map(|r| r.summary.as_deref())
        .map(plain)
        .filter(|s| !s.is_empty())
        .collect();
    let mut from = 0;
    let mut before: Option<usize> = None;
    for next in (0..clauses.len()).filter(|i| clauses[*i].at.is_some()).map(Some).chain([None]) {
        let until = next.and_then(|i| clauses[i].at).unwrap_or(text.plain.len());
        let missing = &clauses[before.map_or(0, |b| b + 1)..next.unwrap_or(clauses.len())];
        let gap = &text.plain[from..until];
        let label = before.map_or("", |b| clauses[b].clause.label.as_str());
        if !missing.is_empty() {
            let first = &missing[0].clause.label;
            let gap = match (before, next) {
                // Before the first clause stand cover and contents: what takes the place of a missing one is at their end.
                (None, Some(_)) => last_chars(gap, 2 * length(missing)),
                // Behind the last stands the 改定履歴.
                (_, None) => {
                    let lines = text.lines_of(from, until);
                    let laid_down =
                        lines.iter().rposition(|l| is_provision(l, false, &history)).map_or(0, |n| n + 1);
                    left_out.extend(lines[laid_down..].iter().map(|l| (*l).to_owned()));
                    &gap[..gap.len() - lines[laid_down..].iter().map(|l| plain(l).len()).sum::<usize>()]
                }
                _ => gap,
            };
            let gap = &gap[number_at_start(gap, first)..];
            let end = next.map_or(0, |i| number_at_end(gap, &clauses[i].clause.label));
            out.differences.push(difference(first, missing, &gap[..gap.len() - end]));
        } else if before.is_none() || next.is_none() {
            let front = before.is_none();
            let number = if let (true, Some(i)) = (front, next) {
                number_at_end(gap, &clauses[i].clause.label)
            } else {
                0
            };
            for line in text.lines_of(from, until - number) {
                if is_provision(line, front, &history) {
                    out.differences.push(difference(label, &[], line));
                } else {
                    left_out.push(line.to_owned());
                }
            }
        } else if let Some(i) = next
            && !is_number_of(gap, &clauses[i].clause.label)
        {
            out.differences.push(difference(label, &[], gap));
        }
        if let Some(i) = next {
            from = until + clauses[i].text.len();
            before = Some(i);
        }
    }
    left_out.truncate(LEFT_OUT_MAX);
    out.left_out = left_out;
    out.differences.truncate(DIFFERENCES_MAX);
    out
}

fn difference(label: &str, missing: &[Wanted<'_>], file: &str) -> Difference {
    // The first clause is named by the label beside it.
    let named = |(n, c): (usize, &Wanted<'_>)| match n {
        0 => c.text.clone(),
        _ => format!("{} {}", c.clause.label, c.text),
    };
    let edition: Vec<String> = missing.iter().enumerate().map(named).collect();
    let cut = |text: String| match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    };
    Difference { label: label.to_owned(), edition: cut(edition.join("\n")), file: cut(file.to_owned()) }
}

fn length(clauses: &[Wanted<'_>]) -> usize {
    clauses.iter().map(|c| c.text.chars().count()).sum()
}

fn last_chars(text: &str, chars: usize) -> &str {
    text.char_indices().rev().take(chars).last().map_or("", |(at, _)| &text[at..])
}

/// A clause and where its text was found.
struct Wanted<'a> {
    clause: &'a Clause,
    text: String,
    at: Option<usize>,
}

impl<'a> Wanted<'a> {
    fn new(clause: &'a Clause) -> Self {
        Self { clause, text: plain(&clause.text), at: None }
    }
}

/// Finds the clauses, in their order. Long ones that occur once come first; the others are looked for between them, from
/// behind, because a heading also stands in the table of contents.
fn place(clauses: &mut [Wanted<'_>], text: &str) {
    let once = |wanted: &Wanted<'_>| {
        let at = text.find(&wanted.text)?;
        (wanted.text.chars().count() >= ANCHOR_CHARS && text.rfind(&wanted.text) == Some(at)).then_some(at)
    };
    let anchors: Vec<(usize, usize)> =
        clauses.iter().enumerate().filter_map(|(i, c)| Some((i, once(c)?))).collect();
    let mut behind = 0;
    for (i, at) in ascending(&anchors) {
        // The text of one clause may begin inside that of another.
        if at >= behind {
            clauses[i].at = Some(at);
            behind = at + clauses[i].text.len();
        }
    }
    let mut until = text.len();
    for i in (0..clauses.len()).rev() {
        if clauses[i].at.is_none() {
            let from = clauses[..i].iter().rev().find_map(|c| Some(c.at? + c.text.len())).unwrap_or(0);
            clauses[i].at = text.get(from..until).and_then(|t| t.rfind(&clauses[i].text)).map(|at| from + at);
        }
        until = clauses[i].at.unwrap_or(until);
    }
}

/// A longest run of anchors whose places ascend.
fn ascending(anchors: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The end of the best run of each length, and what stands before each anchor in its run.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::new();
    for (n, (_, at)) in anchors.iter().enumerate() {
        let length = ends.partition_point(|e| anchors[*e].1 < *at);
        previous.push(length.checked_sub(1).map(|l| ends[l]));
        if length == ends.len() {
            ends.push(n);
        } else {
            ends[length] = n;
        }
    }
    let mut run = Vec::new();
    let mut next = ends.last().copied();
    while let Some(n) = next {
        run.push(anchors[n]);
        next = previous[n];
    }
    run.reverse();
    run
}

/// The lines of a file as one text without blanks.
struct Text<'a> {
    plain: String,
    /// Where each line begins in it.
    lines: Vec<(usize, &'a str)>,
}

impl<'a> Text<'a> {
    fn new(lines: &[&'a str]) -> Self {
        let mut out = Self { plain: String::new(), lines: Vec::new() };
        for line in lines {
            out.lines.push((out.plain.len(), line.trim()));
            out.plain.push_str(&plain(line));
        }
        out
    }

    /// Lines of which some part lies in the range; only that part, where a line reaches over its ends.
    fn lines_of(&self, from: usize, until: usize) -> Vec<&str> {
        let ends = self.lines.iter().skip(1).map(|l| l.0).chain([self.plain.len()]);
        let parts =
            self.lines.iter().zip(ends).filter(|((at, _), end)| at < end && *at < until && *end > from);
        let cut = |((at, line), end): (&(usize, &'a str), usize)| {
            if *at >= from && end <= until { *line } else { &self.plain[from.max(*at)..until.min(end)] }
        };
        parts.map(cut).collect()
    }
}

/// Lines without page numbers and without those that come back at the edge of more than half of the pages; and the
/// latter, once.
fn without_furniture(pages: &[Vec<String>]) -> (Vec<&str>, Vec<String>) {
    let key = |line: &str| -> String { plain(line).chars().filter(|c| !c.is_ascii_digit()).collect() };
    let mut on: HashMap<String, usize> = HashMap::new();
    for page in pages {
        let mut keys: Vec<String> = edges(page).map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            *on.entry(key).or_default() += 1;
        }
    }
    let (mut body, mut left_out) = (Vec::new(), Vec::new());
    let mut told: HashSet<String> = HashSet::new();
    for line in pages.iter().flatten() {
        let key = key(line);
        // The short last line of a paragraph may come back too.
        let furniture = key.chars().count() >= 2
            && !key.ends_with('。')
            && on.get(&key).is_some_and(|n| *n >= 2 && 2 * n > pages.len());
        if furniture {
            if told.insert(key) {
                left_out.push(line.trim().to_owned());
            }
        } else if !crate::parse::is_page_number(line) {
            body.push(line.as_str());
        }
    }
    (body, left_out)
}

/// The lines at which a page may have a header or a footer; some programs draw both first.
fn edges(page: &[String]) -> impl Iterator<Item = &str> {
    let last = page.len().saturating_sub(EDGE_LINES).max(EDGE_LINES.min(page.len()));
    page[..EDGE_LINES.min(page.len())].iter().chain(&page[last..]).map(String::as_str)
}

/// A text in the form that is compared: NFKC, without blanks, unseen characters and bullets.
fn plain(text: &str) -> String {
    text.nfkc()
        .map(|c| match c {
            // Some programs write the radical for the character, and NFKC takes it to its old form or leaves it.
            '⺠' => '民',
            '⻑' => '長',
            '⻄' => '西',
            '⻘' => '青',
            '⻝' => '食',
            '⻩' => '黄',
            '⻫' => '斉',
            '⻭' => '歯',
            '⻲' => '亀',
            '⻤' => '鬼',
            '⻁' => '虎',
            '⺟' => '母',
            '戶' => '戸',
            '靑' => '青',
            '黃' => '黄',
            '黑' => '黒',
            // One sign of Shift_JIS, two of Unicode.
            '〜' => '~',
            '−' | '‐' | '–' => '-',
            '—' => '―',
            '‖' => '∥',
            _ => c,
        })
        .filter(|c| {
            !c.is_whitespace()
                && !c.is_control()
                && !crate::decode::is_unseen(*c)
                && !matches!(*c, '•' | '●' | '■' | '◆' | '▪' | '‣' | '\u{E000}'..='\u{F8FF}')
        })
        .collect()
}

/// The numbers in the way a clause is called: `第7条(3)②` is 7, 3, 2. Nothing where other words stand.
fn numbers(text: &str) -> Option<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in plain(text).chars() {
        let kind = match c {
            '0'..='9' => '0',
            'a'..='z' | 'A'..='Z' => 'a',
            'ァ'..='ヺ' => 'ア',
            _ if kanji_digit(c).is_some() || matches!(c, '十' | '百' | '千') => '一',
            '第' | '章' | '節' | '款' | '目' | '編' | '部' | '条' | '項' | '号' | '附' | '則' | '別'
            | '表' | 'の' | '(' | ')' | '[' | ']' | '<' | '>' | '.' | ',' | '、' | ':' | '・' | '-' | '―'
            | '○' | '◎' => ' ',
            _ => return None,
        };
        if kind != ' ' {
            match out.last_mut() {
                Some(run) if kind == last => run.push(c),
                _ => out.push(c.to_string()),
            }
        }
        last = kind;
    }
    let number = |run: String| crate::text::kanji_number(&run).map_or(run, |n| n.to_string());
    Some(out.into_iter().map(number).collect())
}

/// Whether nothing but the number of this clause stands there, as far as it is written: `(3)` for `7(3)`.
fn is_number_of(text: &str, label: &str) -> bool {
    let Some(written) = numbers(text) else { return false };
    written.is_empty() || numbers(label).is_some_and(|label| label.ends_with(&written))
}

/// Bytes at the end of `text` that are the number of the clause.
fn number_at_end(text: &str, label: &str) -> usize {
    let starts = text.char_indices().rev().take(16).map(|(at, _)| at);
    starts
        .take_while(|at| numbers(&text[*at..]).is_some())
        .filter(|at| is_number_of(&text[*at..], label))
        .last()
        .map_or(0, |at| text.len() - at)
}

/// The same at its beginning.
fn number_at_start(text: &str, label: &str) -> usize {
    let ends = text.char_indices().take(16).map(|(at, c)| at + c.len_utf8());
    ends.take_while(|at| numbers(&text[..*at]).is_some())
        .filter(|at| is_number_of(&text[..*at], label))
        .last()
        .unwrap_or(0)
}

/// Whether a line outside the clauses lays something down: a sentence, or behind the last clause a further number.
fn is_provision(line: &str, front: bool, history: &[String]) -> bool {
    let text = plain(line);
    if text.contains('\u{FFFD}') {
        return true;
    }
    if history.iter().any(|summary| text.ends_with(summary.as_str())) {
        return false;
    }
    let numbered = || {
        let first = text.chars().next();
        first.is_some_and(|c| c.is_ascii_digit() || c == '(' || c == '第') && dates_in(line).is_empty()
    };
    text.contains('。') || (!front && numbered())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDITION: &str = "さくら坂市情報セキュリティ基本方針\n\n1 目的\n\nこの方針は、情報資産を守ることを目的とする。\n\n\
        2 対策\n\n次の対策を行う。\n\n(1) 組織体制\n\n全庁の体制を定める。\n\n(2) 分類\n\n情報資産を市長が戸別に分類する。\n\n\
        3 見直し\n\n方針は、毎年見直す。\n";

    fn edition() -> Document {
        crate::parse_file(EDITION.as_bytes(), "方針.txt").unwrap()
    }

    fn pages(pages: &[&str]) -> Vec<Vec<String>> {
        pages.iter().map(|p| p.lines().map(str::to_owned).collect()).collect()
    }

    fn told(text: &[&str]) -> Comparison {
        compare(&edition(), |_| true, &pages(text))
    }

    /// Cover, contents, header, page numbers, broken lines, widths, other numbering, radicals.
    const SET: [&str; 3] = [
        "さくら坂市情報セキュリティ基本方針\n令和６年４月\n目次\n１ 目的 …… １\n２ 対策 …… １\n(1) 組織体制 … 2\n３ 見直し …… ２",
        "さくら坂市の方針\n１　目 的\nこの方針は、情報資産を守ることを目\n的とする。\n２　対策\n次の対策を行う。\n⑴　組織体制\n全庁の体\n- 1 -",
        "さくら坂市の方針\n制を定める。\n⑵　分類\n情報資産を市⻑が⼾別に分類する。\n第三 見直し\n方針は、毎年見直す。\n改定履歴 初版 令和６年４月１日\n- 2 -",
    ];

    #[test]
    fn setting_is_no_difference() {
        let told = told(&SET);
        assert!(told.agrees(), "{told:?}");
        assert_eq!((told.clauses, told.found), (5, 5));
        assert!(told.left_out.iter().any(|l| l == "さくら坂市の方針"), "{told:?}");
        assert!(told.left_out.iter().any(|l| l.starts_with("改定履歴")), "{told:?}");
    }

    #[test]
    fn every_other_character_is_one() {
        for (from, to, label) in [
            ("全庁の体", "庁内の体", "2(1)"),
            ("毎年見直す", "毎年見直さない", "3"),
            ("的とする。", "的としない。", "1"),
            ("情報資産を市⻑が⼾別に分類する。\n", "", "2(2)"),
        ] {
            let changed = SET.map(|p| p.replace(from, to));
            let told = told(&changed.each_ref().map(String::as_str));
            assert!(!told.agrees(), "{from}");
            let file = &told.differences[0].file;
            assert!(!file.contains("改定履歴") && !file.starts_with('(') && !file.ends_with(')'), "{told:?}");
            assert_eq!(told.differences.len(), 1, "{told:?}");
            assert_eq!(told.differences[0].label, label, "{told:?}");
            assert_eq!(told.found, 4);
        }
    }

    #[test]
    fn what_the_edition_does_not_say_is_one_wherever_it_stands() {
        for (from, to, label) in [
            ("制を定める。\n", "制を定める。\nただし、外郭団体を除く。\n", "2(1)"),
            ("制を定める。\n", "制を定める。\n(3) 例外\n", "2(1)"),
            ("⑵　分類", "⑶　分類", "2(1)"),
            ("毎年見直す。\n", "毎年見直す。\n４ 私物の端末\n", "3"),
            ("毎年見直す。\n", "毎年見直す。\n附則 この方針は、令和９年に廃止する。\n", "3"),
            ("令和６年４月\n", "この方針は、効力を失った。\n", ""),
        ] {
            let changed = SET.map(|p| p.replace(from, to));
            let told = told(&changed.each_ref().map(String::as_str));
            assert_eq!(told.found, 5, "{told:?}");
            assert_eq!(told.differences.len(), 1, "{to}: {told:?}");
            assert_eq!(
                (told.differences[0].label.as_str(), told.differences[0].edition.as_str()),
                (label, "")
            );
        }
    }

    #[test]
    fn a_clause_that_is_held_back_must_not_be_there() {
        let public = |c: &Clause| c.label != "2(2)";
        let told = compare(&edition(), public, &pages(&SET));
        assert!(!told.agrees());
        assert!(told.differences[0].file.contains("市長が戸別に分類する"), "{told:?}");
        let without = SET.map(|p| p.replace("⑵　分類\n情報資産を市⻑が⼾別に分類する。\n", ""));
        let told = compare(&edition(), public, &pages(&without.each_ref().map(String::as_str)));
        assert!(told.agrees(), "{told:?}");
    }

    #[test]
    fn nothing_agrees_with_nothing() {
        assert!(!told(&[]).agrees());
        assert!(!compare(&Document::default(), |_| true, &pages(&SET)).agrees());
        assert!(!compare(&edition(), |_| false, &pages(&SET)).agrees());
    }

    #[test]
    fn clauses_in_another_order_differ_once_for_each_that_moved() {
        let moved = SET.map(|p| p.replace("この方針は、情報資産を守ることを目\n的とする。\n", ""));
        let mut moved = moved;
        moved[2] = moved[2].replace(
            "毎年見直す。\n",
            "毎年見直す。\n１ 目的\nこの方針は、情報資産を守ることを目的とする。\n",
        );
        let told = told(&moved.each_ref().map(String::as_str));
        assert!(!told.agrees());
        assert_eq!(told.found, 4, "{told:?}");
    }
}
