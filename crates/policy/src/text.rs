//! Small tools for Japanese text: width, folding, 漢数字, dates inside a line.

use sekisho_domain::date::{Date, parse_date};

/// One character in the form that numbering is recognised in: full-width ASCII becomes half-width, every kind of
/// blank a space, half-width katakana full-width. One character stays one character.
pub(crate) fn fold(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\t' | '\u{3000}' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' => ' ',
        'ｱ' => 'ア',
        'ｲ' => 'イ',
        'ｳ' => 'ウ',
        'ｴ' => 'エ',
        'ｵ' => 'オ',
        'ｶ' => 'カ',
        'ｷ' => 'キ',
        'ｸ' => 'ク',
        'ｹ' => 'ケ',
        'ｺ' => 'コ',
        'ｻ' => 'サ',
        'ｼ' => 'シ',
        'ｽ' => 'ス',
        'ｾ' => 'セ',
        'ｿ' => 'ソ',
        _ => c,
    }
}

pub(crate) fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// Columns of a terminal or a typewriter page: ASCII and half-width katakana 1, everything else 2.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() || ('\u{FF61}'..='\u{FF9F}').contains(&c) { 1 } else { 2 }).sum()
}

/// Without any blank and folded: the form in which headings are compared.
pub(crate) fn squeeze(text: &str) -> String {
    text.chars().map(fold).filter(|c| !c.is_whitespace()).collect()
}

/// Fewer blanks than this may be meant.
const SPREAD_WORDS_MIN: usize = 6;

/// Trims and reduces each run of blanks to one space. The blanks that part a term from its definition stay.
pub(crate) fn tidy(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| fold(c) == ' ' || c.is_whitespace()).filter(|w| !w.is_empty()).collect();
    words.join(if is_spread(&words) { "" } else { " " })
}

/// Text that was justified by blanks between its characters: コ ン ピ ュ ー タ.
fn is_spread(words: &[&str]) -> bool {
    let lone = words.iter().filter(|w| w.chars().count() <= 2 && w.chars().all(|c| !c.is_ascii())).count();
    words.len() >= SPREAD_WORDS_MIN && lone * 10 >= words.len() * 8
}

/// 〇一二 … and 十百千, or plain digits, up to 9,999.
pub(crate) fn kanji_number(text: &str) -> Option<u32> {
    if text.is_empty() || text.chars().count() > 7 {
        return None;
    }
    if text.chars().all(|c| c.is_ascii_digit()) {
        return text.parse().ok().filter(|n| *n <= 9_999);
    }
    let (mut total, mut digit, mut positional) = (0u32, None::<u32>, true);
    for c in text.chars() {
        if let Some(value) = kanji_digit(c) {
            digit = Some(if positional { digit.unwrap_or(0) * 10 + value } else { value });
        } else {
            let unit = match c {
                '十' => 10,
                '百' => 100,
                '千' => 1_000,
                _ => return None,
            };
            total += digit.unwrap_or(1) * unit;
            (digit, positional) = (None, false);
        }
    }
    Some(total + digit.unwrap_or(0)).filter(|n| *n <= 9_999)
}

pub(crate) fn kanji_digit(c: char) -> Option<u32> {
    "〇一二三四五六七八九".chars().position(|k| k == c).and_then(|n| u32::try_from(n).ok())
}

/// A date found in a line: where it starts and ends (bytes), its value, and whether the day is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FoundDate {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) date: Date,
    pub(crate) has_day: bool,
}

/// The dates of a line, left to right: 令和6年4月1日, 平成 16 年 4 月, R6.4.1, 2024/4/1, 2024-04-01.
pub(crate) fn dates_in(line: &str) -> Vec<FoundDate> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = next_date_start(line, from) {
        match date_at(line, start) {
            Some(date) => {
                from = date.end;
                found.push(date);
            }
            None => from = start + line[start..].chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

fn next_date_start(line: &str, from: usize) -> Option<usize> {
    let mut previous = line[..from].chars().next_back();
    for (offset, c) in line[from..].char_indices() {
        let rest = &line[from + offset..];
        let era = ["令和", "平成", "昭和", "大正", "明治"].iter().any(|e| rest.starts_with(e));
        let lone = !previous.is_some_and(|p| fold(p).is_ascii_alphanumeric());
        if era || (lone && (fold(c).is_ascii_digit() || matches!(fold(c), 'R' | 'H' | 'S'))) {
            return Some(from + offset);
        }
        previous = Some(c);
    }
    None
}

/// The longest date that starts here. Western years need four digits, so that `3.5` and `1-1` are not dates.
fn date_at(line: &str, start: usize) -> Option<FoundDate> {
    let rest = &line[start..];
    let western = rest.chars().next().is_some_and(|c| fold(c).is_ascii_digit());
    if western && rest.chars().take_while(|c| fold(*c).is_ascii_digit()).count() != 4 {
        return None;
    }
    let mut best = None;
    let (mut marks, mut digit_before) = (0, false);
    for (offset, c) in rest.char_indices().take(24) {
        let end = start + offset + c.len_utf8();
        let folded = fold(c);
        if folded == ' ' {
            continue;
        }
        let mark = matches!(folded, '年' | '月' | '日' | '.' | '/' | '-');
        let letter = offset < 6
            && (matches!(c, '令' | '和' | '平' | '成' | '昭' | '大' | '正' | '明' | '治' | '元')
                || matches!(folded, 'R' | 'H' | 'S'));
        if !(folded.is_ascii_digit() || mark || letter || (c == '元' && offset <= 8)) {
            break;
        }
        marks += usize::from(mark);
        let closed = matches!(c, '月' | '日') || (folded.is_ascii_digit() && marks >= 2);
        digit_before = folded.is_ascii_digit() || (mark && digit_before);
        let more_digits =
            folded.is_ascii_digit() && line[end..].chars().next().is_some_and(|n| fold(n).is_ascii_digit());
        if closed
            && !more_digits
            && let Some(date) = parse_date(&line[start..end])
        {
            best = Some(FoundDate { start, end, date, has_day: c == '日' || marks >= 2 && c != '月' });
            if c == '日' {
                break;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kanji_numbers() {
        for (text, value) in
            [("一", 1), ("十", 10), ("十二", 12), ("二十", 20), ("百二十三", 123), ("一〇", 10), ("42", 42)]
        {
            assert_eq!(kanji_number(text), Some(value), "{text}");
        }
        for text in ["", "条", "一条", "十x"] {
            assert_eq!(kanji_number(text), None, "{text}");
        }
    }

    #[test]
    fn blanks_between_characters_are_justification() {
        assert_eq!(tidy("コ ン ピ ュ ー タ 等 を 相 互 に"), "コンピュータ等を相互に");
        assert_eq!(tidy("情 報 セキュ リ ティ　方 針"), "情報セキュリティ方針");
        assert_eq!(tidy("端末　 机上の機器 をいう。"), "端末 机上の機器 をいう。");
    }

    #[test]
    fn finds_dates_in_lines() {
        let iso = |t: &str| dates_in(t).iter().map(|d| d.date.to_string()).collect::<Vec<_>>();
        assert_eq!(iso("制定 平成16年4月"), ["2004-04-01"]);
        assert!(!dates_in("制定 平成16年4月")[0].has_day);
        assert!(dates_in("令和元年12月25日")[0].has_day);
        assert_eq!(iso("2 平成28年1月1日 令和 元 年 12 月 25 日 全章"), ["2016-01-01", "2019-12-25"]);
        assert_eq!(iso("改正 令和5年3月31日訓令第1号"), ["2023-03-31"]);
        assert_eq!(iso("R6.4.1 2024/4/1 2024-04-01"), ["2024-04-01", "2024-04-01", "2024-04-01"]);
        assert_eq!(iso("第1.2版 3.5インチ 1-1 CD-ROM 2条"), Vec::<String>::new());
    }
}
