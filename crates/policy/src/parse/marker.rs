//! The numbers that clauses begin with, as they are found in the wild.

use super::cursor::Cursor;
use crate::text::{fold, kanji_digit, kanji_number};

/// A way of numbering. Structural ways have a fixed order; the others nest in the order in which they appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Style {
    /// 附則, 別表 …: named, closes everything before it.
    Named,
    /// 編, 部
    Part,
    Chapter,
    Section,
    /// 款
    Subsection,
    /// 目
    Division,
    /// A heading without a number, of a level.
    Heading(u8),
    Article,
    /// 第1, without a unit.
    Ordinal,
    /// `1.2`, `2-4-1`: the number of parts, 2 or more.
    Decimal(u8),
    /// `1`, `1.`; 項 below an article.
    Number,
    /// `1)`
    HalfParen,
    /// 一 (号 of a law)
    Kanji,
    /// (一)
    ParenKanji,
    /// `(1)`; 号
    Paren,
    Circled,
    Kana,
    ParenKana,
    Iroha,
    ParenIroha,
    Alpha,
    ParenAlpha,
    Upper,
    Roman,
    ParenRoman,
}

impl Style {
    /// Rank of the structural styles, outermost lowest.
    pub(super) fn rank(self) -> Option<u8> {
        Some(match self {
            Self::Named => 0,
            Self::Part => 1,
            Self::Chapter => 2,
            Self::Section => 3,
            Self::Subsection => 4,
            Self::Division => 5,
            Self::Article => 7,
            _ => return None,
        })
    }
}

/// Why a marker might be the middle of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    None,
    /// No blank between number and text (`1目的`): good only where that number is due.
    NoGap,
    /// What follows reads on from a sentence (`(1)及び(2)に…`).
    ReadsOn,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// What it may be: style and number. More than one for イ (アイウ or イロハ) and (i).
    pub(super) readings: Vec<(Style, u32)>,
    /// All numbers: `[2, 4, 1]` for `2-4-1`, `[5, 2]` for 第5条の2.
    pub(super) parts: Vec<u32>,
    /// Last number of a range (第5条から第7条まで 削除).
    pub(super) through: Option<u32>,
    /// The label of this step alone, in the spelling of the crate documentation.
    pub(super) label: String,
    /// Where the text begins, in bytes of the line.
    pub(super) content: usize,
    pub(super) doubt: Doubt,
}

const KANA: &str =
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン";
const IROHA: &str =
    "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス";
/// What may stand between the parts of `2-4-1`.
const DASHES: &str = ".-‐‑‒–—―−ー─";
/// A digit before one of these counts something and is not a number of a clause.
const COUNTERS: &str =
    "年月日条項号章節款目編部件版つ個回度割分秒時週以台名者人階段倍桁文字種%円千万億,か箇カヶケ次等";
/// Words that begin with a counter and still begin a heading.
const HEADING_WORDS: [&str; 13] =
    ["目的", "目標", "人的", "個人", "台帳", "部局", "部署", "文書", "種類", "名称", "分類", "件名", "版数"];

/// Splits a bullet artefact (`- (1)`, `・①`) from the line: byte offset after the bullet.
pub(super) fn bullet(line: &str) -> Option<usize> {
    let trimmed = line.trim_start();
    let first = trimmed.chars().next()?;
    let rest = &trimmed[first.len_utf8()..];
    let spaced = rest.starts_with(|c| fold(c) == ' ');
    let is_bullet =
        matches!(first, '・' | '•' | '●' | '○' | '■' | '◆' | '◇' | '▪' | '‣' | '\u{F06C}' | '\u{F0B7}' | '※')
            || (spaced && matches!(first, '-' | '*' | '+' | '–' | '―' | '－'));
    (is_bullet && first != '※').then(|| line.len() - rest.trim_start().len())
}

/// The number at the beginning of a line, if any.
pub(super) fn marker(line: &str) -> Option<Marker> {
    let mut cursor = Cursor::new(line);
    cursor.skip_blanks();
    match cursor.peek()? {
        '第' => ordinal(&mut cursor),
        '(' => parenthesised(&mut cursor),
        '0'..='9' => digits(&mut cursor),
        _ => sign(&mut cursor),
    }
}

/// 第1編 … 第1条の2, 第1.
fn ordinal(cursor: &mut Cursor<'_>) -> Option<Marker> {
    cursor.next();
    let number = cursor.number()?;
    let gap = cursor.skip_blanks();
    let (style, unit) = match cursor.peek() {
        Some('編') => (Style::Part, "編"),
        Some('部') => (Style::Part, "部"),
        Some('章') => (Style::Chapter, "章"),
        Some('節') => (Style::Section, "節"),
        Some('款') => (Style::Subsection, "款"),
        Some('目') if !matches!(cursor.peek_at(1), Some('的' | '標')) => (Style::Division, "目"),
        Some('条') => (Style::Article, "条"),
        None | Some('(') => return Some(cursor.finish(Style::Ordinal, vec![number], format!("第{number}"))),
        Some(_) if gap => return Some(cursor.finish(Style::Ordinal, vec![number], format!("第{number}"))),
        Some(_) => return None,
    };
    cursor.next();
    let (mut parts, mut label) = (vec![number], format!("第{number}{unit}"));
    while let Some(branch) = cursor.branch() {
        parts.push(branch);
        label.push_str(&format!("の{branch}"));
    }
    let through = cursor.range(unit);
    let mut marker = cursor.finish(style, parts, label);
    marker.through = through;
    let reads_on = matches!(cursor.peek(), Some('第' | '各' | '関' | '中'));
    if marker.through.is_none() && reads_on && !cursor.after_gap {
        marker.doubt = Doubt::ReadsOn;
    }
    Some(marker)
}

/// (1) (一) (ア) (a) (ii).
fn parenthesised(cursor: &mut Cursor<'_>) -> Option<Marker> {
    cursor.next();
    cursor.skip_blanks();
    let inside = cursor.take_while(|c| c != ')' && c != ' ', 6);
    cursor.skip_blanks();
    if cursor.next() != Some(')') {
        return None;
    }
    if inside.chars().all(|c| c.is_ascii_digit()) {
        let number = kanji_number(&inside).filter(|n| *n > 0 && *n < 1_000)?;
        return Some(cursor.finish(Style::Paren, vec![number], format!("({number})")));
    }
    if inside.chars().all(|c| kanji_digit(c).is_some() || c == '十') {
        let number = kanji_number(&inside)?;
        return Some(cursor.finish(Style::ParenKanji, vec![number], format!("({number})")));
    }
    let readings = letter_readings(&inside)?;
    let (style, number) = *readings.first()?;
    let mut marker = cursor.finish(style, vec![number], format!("({inside})"));
    marker.readings = readings.into_iter().map(|(s, n)| (in_parens(s), n)).collect();
    Some(marker)
}

fn in_parens(style: Style) -> Style {
    match style {
        Style::Kana => Style::ParenKana,
        Style::Iroha => Style::ParenIroha,
        Style::Roman => Style::ParenRoman,
        _ => Style::ParenAlpha,
    }
}

/// `1`, `1.`, `1)`, `1.2`, `2―4―1`.
fn digits(cursor: &mut Cursor<'_>) -> Option<Marker> {
    let mut parts = vec![cursor.digits()?];
    let mut joint = '.';
    while parts.len() < 6
        && let (Some(dash), Some('0'..='9')) = (cursor.peek(), cursor.peek_at(1))
        && DASHES.contains(dash)
    {
        cursor.next();
        joint = if dash == '.' { '.' } else { '-' };
        parts.push(cursor.digits()?);
    }
    if parts.iter().any(|n| *n == 0 || *n > 399) {
        return None;
    }
    let label = parts.iter().map(u32::to_string).collect::<Vec<_>>().join(&joint.to_string());
    let mut style = match parts.len() {
        1 => Style::Number,
        n => Style::Decimal(u8::try_from(n).ok()?),
    };
    let mut gap = false;
    match cursor.peek() {
        Some('.' | '、' | ',' | ':' | '。') => {
            cursor.next();
            gap = true;
        }
        Some(')') if parts.len() == 1 => {
            cursor.next();
            (style, gap) = (Style::HalfParen, true);
        }
        _ => {}
    }
    gap |= cursor.peek() == Some(' ');
    let label = if style == Style::HalfParen { format!("{label})") } else { label };
    let mut marker = cursor.finish(style, parts, label);
    let Some(next) = cursor.peek() else {
        // `1.` with its heading on the next line; a bare `1` is a page number.
        return gap.then_some(marker);
    };
    if !gap {
        let text = &cursor.line[marker.content..];
        if next.is_ascii() || COUNTERS.contains(next) && !HEADING_WORDS.iter().any(|w| text.starts_with(w)) {
            return None;
        }
        marker.doubt = marker.doubt.max(Doubt::NoGap);
    } else if COUNTERS.contains(next)
        && marker.readings[0].0 == Style::Number
        && cursor.peek_at(1).is_none_or(|c| c == ' ' || c.is_ascii_digit())
    {
        return None; // 令和 6 年 4 月 broken over lines
    }
    Some(marker)
}

/// ①, ⑴, ⒈, ア, 一, a, ⅱ.
fn sign(cursor: &mut Cursor<'_>) -> Option<Marker> {
    let c = cursor.peek()?;
    if let Some((style, number, label)) = enclosed(c) {
        cursor.next();
        return Some(cursor.finish(style, vec![number], label));
    }
    if kanji_digit(c).is_some() || c == '十' {
        let run = cursor.take_while(|c| kanji_digit(c).is_some() || c == '十', 5);
        let gap = cursor.peek() == Some(' ');
        let number = kanji_number(&run).filter(|n| *n > 0)?;
        let mut marker = gap.then(|| cursor.finish(Style::Kanji, vec![number], format!("({number})")))?;
        marker.doubt = marker.doubt.max(Doubt::NoGap);
        return Some(marker);
    }
    let letters = if c.is_ascii_alphabetic() {
        cursor.take_while(|c| c.is_ascii_alphabetic(), 5)
    } else {
        cursor.next().map(String::from)?
    };
    let readings = letter_readings(&letters)?;
    let closed = matches!(cursor.peek(), Some('.' | ')'));
    if closed {
        cursor.next();
    }
    let gap = cursor.peek() == Some(' ') || closed;
    let (style, number) = *readings.first()?;
    let mut marker = cursor.finish(style, vec![number], letters);
    marker.readings = readings;
    match cursor.peek() {
        _ if gap && (closed || !c.is_ascii()) => {}
        Some(n) if !gap && !c.is_ascii() && is_kanji(n) => marker.doubt = marker.doubt.max(Doubt::NoGap),
        Some(n) if gap && !n.is_ascii() => marker.doubt = marker.doubt.max(Doubt::NoGap),
        _ => return None,
    }
    Some(marker)
}

pub(super) fn is_kanji(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}' | '々')
}

/// Numbers that are one character. The label is spelled with the plain character.
fn enclosed(c: char) -> Option<(Style, u32, String)> {
    let at = |first: char, base: u32| c as u32 - first as u32 + base;
    let circled = match c {
        '①'..='⑳' => Some(at('①', 1)),
        '㉑'..='㉟' => Some(at('㉑', 21)),
        '㊱'..='㊿' => Some(at('㊱', 36)),
        '❶'..='❿' => Some(at('❶', 1)),
        '➀'..='➉' => Some(at('➀', 1)),
        '⓵'..='⓾' => Some(at('⓵', 1)),
        '㋐'..='㋾' => {
            let letter = KANA.chars().nth(usize::try_from(at('㋐', 0)).ok()?)?;
            return Some((Style::ParenKana, at('㋐', 1), format!("({letter})")));
        }
        _ => None,
    };
    if let Some(number) = circled {
        return Some((Style::Circled, number, circle(number)));
    }
    Some(match c {
        '⑴'..='⒇' => (Style::Paren, at('⑴', 1), format!("({})", at('⑴', 1))),
        '⒈'..='⒛' => (Style::Number, at('⒈', 1), at('⒈', 1).to_string()),
        '㈠'..='㈩' => (Style::ParenKanji, at('㈠', 1), format!("({})", at('㈠', 1))),
        '⒜'..='⒵' => (Style::ParenAlpha, at('⒜', 1), format!("({})", char::from_u32(at('⒜', 97))?)),
        'ⅰ'..='ⅻ' => (Style::Roman, at('ⅰ', 1), c.to_string()),
        'Ⅰ'..='Ⅻ' => (Style::Roman, at('Ⅰ', 1), c.to_string()),
        _ => return None,
    })
}

/// ① … ㊿.
pub(crate) fn circle(number: u32) -> String {
    let code = match number {
        1..=20 => '①' as u32 + number - 1,
        21..=35 => '㉑' as u32 + number - 21,
        36..=50 => '㊱' as u32 + number - 36,
        _ => return format!("〔{number}〕"),
    };
    char::from_u32(code).map_or_else(String::new, String::from)
}

fn letter_readings(letters: &str) -> Option<Vec<(Style, u32)>> {
    let place = |row: &str, c: char| row.chars().position(|k| k == c).and_then(|n| u32::try_from(n + 1).ok());
    let mut chars = letters.chars();
    let (first, more) = (chars.next()?, chars.next().is_some());
    let mut readings = Vec::new();
    if !more {
        readings.extend(place(KANA, first).map(|n| (Style::Kana, n)));
        readings.extend(place(IROHA, first).map(|n| (Style::Iroha, n)));
        if first.is_ascii_lowercase() {
            readings.push((Style::Alpha, first as u32 - 'a' as u32 + 1));
        } else if first.is_ascii_uppercase() {
            readings.push((Style::Upper, first as u32 - 'A' as u32 + 1));
        }
    }
    const ROMAN: [&str; 12] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    readings.extend(
        ROMAN
            .iter()
            .position(|r| *r == letters)
            .and_then(|n| u32::try_from(n + 1).ok())
            .map(|n| (Style::Roman, n)),
    );
    (!readings.is_empty()).then_some(readings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Option<(Style, u32, String, &str, Doubt)> {
        marker(line).map(|m| (m.readings[0].0, m.readings[0].1, m.label.clone(), &line[m.content..], m.doubt))
    }

    #[test]
    fn reads_numbers_found_in_the_wild() {
        use Style::*;
        for (line, style, number, label, content) in [
            ("1 目的", Number, 1, "1", "目的"),
            ("１　目的", Number, 1, "1", "目的"),
            ("１．目的", Number, 1, "1", "目的"),
            ("10、策定", Number, 10, "10", "策定"),
            ("⒈目的", Number, 1, "1", "目的"),
            ("第1条 この", Article, 1, "第1条", "この"),
            ("第 十二 条　この", Article, 12, "第12条", "この"),
            ("第５条の２ この", Article, 5, "第5条の2", "この"),
            ("第5条から第7条まで 削除", Article, 5, "第5条", "削除"),
            ("第一章　総則", Chapter, 1, "第1章", "総則"),
            ("第2節組織体制", Section, 2, "第2節", "組織体制"),
            ("第1 目的", Ordinal, 1, "第1", "目的"),
            ("(1) ネットワーク", Paren, 1, "(1)", "ネットワーク"),
            ("（１）ネットワーク", Paren, 1, "(1)", "ネットワーク"),
            ("⑶ その他", Paren, 3, "(3)", "その他"),
            ("① 端末", Circled, 1, "①", "端末"),
            ("㉑端末", Circled, 21, "㉑", "端末"),
            ("ア　端末", Kana, 1, "ア", "端末"),
            ("(ｲ) 端末", ParenKana, 2, "(イ)", "端末"),
            ("ロ 端末", Kana, 43, "ロ", "端末"),
            ("一　端末", Kanji, 1, "(1)", "端末"),
            ("a. 端末", Alpha, 1, "a", "端末"),
            ("(a) 端末", ParenAlpha, 1, "(a)", "端末"),
            ("1) 端末", HalfParen, 1, "1)", "端末"),
            ("2―4―1 サーバ", Decimal(3), 1, "2-4-1", "サーバ"),
            ("１．２　体制", Decimal(2), 2, "1.2", "体制"),
            ("1.1. 体制", Decimal(2), 1, "1.1", "体制"),
        ] {
            let found = shown(line).unwrap_or_else(|| unreachable!("{line}"));
            assert_eq!(
                (found.0, found.1, found.2.as_str(), found.3),
                (style, number, label, content),
                "{line}"
            );
        }
    }

    #[test]
    fn leaves_sentences_alone() {
        for line in [
            "3月版のガイドライン",
            "2024.4.1",
            "令和6年",
            "3",
            "(以下「本市」という。)",
            "アクセス",
            "(目的)",
            "1年以内に",
            "一部改正",
            "第3回",
            "CISO は",
            "a",
            "100%",
        ] {
            assert_eq!(shown(line), None, "{line}");
        }
        for line in ["(1)及び(2)に掲げる", "第7条の規定により", "①から③まで", "第3条第2項に"]
        {
            assert_eq!(shown(line).map(|m| m.4), Some(Doubt::ReadsOn), "{line}");
        }
        assert_eq!(shown("1目的").map(|m| m.4), Some(Doubt::NoGap));
    }

    #[test]
    fn bullets() {
        assert_eq!(bullet("- (1) a"), Some(2));
        assert_eq!(bullet("  ・①"), Some(5));
        assert_eq!(bullet("-1"), None);
    }
}
