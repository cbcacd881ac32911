//! One cell between a value and the text people read and type: on pages, in spreadsheets, in CSV.
//!
//! [`show`] and [`read`] are inverse: what was shown reads back as the same value, whatever it is. `read` accepts
//! more than `show` writes: 和暦, full-width digits, codes or words of a choice, 有・○・はい.

use unicode_normalization::UnicodeNormalization as _;

use super::names::{Found, Names};
use crate::authority;
use crate::date::{Date, parse_date};
use crate::noun::{Column, Kind, Value};

/// Longest text in a cell (characters). Excel holds 32,767; a form field 4,000.
pub const CELL_CHARS_MAX: usize = 4_000;

/// The largest number a cell holds: what a spreadsheet and JSON keep exactly.
pub const NUMBER_MAX: u64 = (1 << 53) - 1;

/// The text of a value; empty for NULL. Dates are ISO: every place words them as it needs.
pub fn show(column: &Column, value: &Value, names: &Names) -> String {
    match value {
        Value::Bool(Some(true)) => "はい".to_owned(),
        Value::Bool(Some(false)) => "いいえ".to_owned(),
        Value::Int(Some(number)) => number.to_string(),
        Value::Text(Some(text)) => match column.kind {
            Kind::Choice(choices) => word(choices, text).to_owned(),
            Kind::Unit => names.word("section", text).unwrap_or(text).to_owned(),
            Kind::Route => authority::route_shown(text, names),
            Kind::Ref(noun) => names.word(noun, text).unwrap_or(text).to_owned(),
            _ => text.clone(),
        },
        Value::Text(None) | Value::Int(None) | Value::Bool(None) => String::new(),
    }
}

/// The value a text means in a column, or a sentence saying why it means none.
pub fn read(column: &Column, text: &str, names: &Names) -> Result<Value, String> {
    let text = clean(text);
    if text.is_empty() {
        return Ok(column.kind.null());
    }
    if text.chars().count() > CELL_CHARS_MAX {
        return Err(format!("{CELL_CHARS_MAX}字以内にしてください。"));
    }
    match column.kind {
        Kind::Text | Kind::Json => Ok(text.into()),
        Kind::Int | Kind::Instant => number(&text, column.unit)
            .map(Value::from)
            .filter(|value| value.int().is_some_and(|n| n.unsigned_abs() <= NUMBER_MAX))
            .ok_or_else(|| format!("「{}」を数として読めません。", short(&text))),
        Kind::Bool => yes_or_no(&text)
            .map(Value::from)
            .ok_or_else(|| format!("「{}」は、はい・いいえのどちらか分かりません。", short(&text))),
        Kind::Date => parse_date(&text).map(Value::from).ok_or_else(|| {
            format!("「{}」を日付として読めません。令和8年11月22日 のように書いてください。", short(&text))
        }),
        Kind::Choice(choices) => choice(choices, &text).map(Value::from).ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(_, word)| *word).take(8).collect();
            format!("「{}」は選択肢にありません（{}）。", short(&text), words.join("、"))
        }),
        Kind::Unit => refer(names, "section", &text),
        Kind::Route => authority::route_meant(&text, names).map(Value::from).map_err(|e| e.ja()),
        Kind::Ref(noun) => refer(names, noun, &text),
    }
}

fn refer(names: &Names, noun: &str, text: &str) -> Result<Value, String> {
    let label = crate::noun(noun).map_or(noun, |n| n.label);
    match names.find(noun, text) {
        Found::One(id) => Ok(id.into()),
        Found::Several => {
            Err(format!("「{}」は{label}に二つ以上あります。番号で書いてください。", short(text)))
        }
        Found::None => Err(format!("「{}」は{label}にありません。", short(text))),
    }
}

/// What is kept of a typed text: line ends as `\n`, no other control characters, no blanks around it.
pub fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect();
    kept.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned()
}

/// The word of a code; the code itself if it has none.
pub fn word<'a>(choices: &[(&'a str, &'a str)], code: &'a str) -> &'a str {
    choices.iter().find(|(c, _)| *c == code).map_or(code, |(_, word)| word)
}

/// Blanks, width and case do not matter; `機密性3B` and `3B` both mean 自治体機密性3B, if nothing else ends so.
fn choice(choices: &[(&'static str, &'static str)], text: &str) -> Option<&'static str> {
    let text = fold(text);
    let exact = choices.iter().find(|(code, word)| fold(word) == text || fold(code) == text);
    let mut ending =
        choices.iter().filter(|(_, word)| text.chars().count() >= 2 && fold(word).ends_with(&text));
    let only = match (ending.next(), ending.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    };
    exact.or(only).map(|(code, _)| *code)
}

fn fold(text: &str) -> String {
    crate::search::search_key(&[text])
}

fn yes_or_no(text: &str) -> Option<bool> {
    match fold(text).as_str() {
        "はい" | "有" | "あり" | "有り" | "○" | "〇" | "◯" | "✓" | "✔" | "レ" | "yes" | "true" | "1"
        | "する" => Some(true),
        "いいえ" | "無" | "なし" | "無し" | "×" | "✕" | "-" | "ー" | "―" | "no" | "false" | "0"
        | "しない" => Some(false),
        _ => None,
    }
}

/// A whole number as people write it: ５００, 1,200, 約300人, and 12.0 as spreadsheets give it.
fn number(text: &str, unit: &str) -> Option<i64> {
    let text: String = text.nfkc().filter(|c| !c.is_whitespace() && *c != ',').collect();
    let text = text.trim_start_matches(['約', '計']);
    let text = if unit.is_empty() { text } else { text.strip_suffix(unit).unwrap_or(text) };
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.replace('−', "-").parse().ok()
}

/// The beginning of a long text, for messages.
fn short(text: &str) -> String {
    match text.char_indices().nth(20) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A date in the words of a page: 令和8年11月22日.
pub fn worded(text: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), crate::date::wareki)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset;
    use proptest::prelude::*;

    fn read_as(column: &str, text: &str) -> Result<Value, String> {
        read(asset::ASSET.column(column).expect(column), text, &Names::default())
    }

    #[test]
    fn reads_what_offices_write() {
        for (column, text, value) in [
            ("persons", "約１，２００人", Value::from(1_200i64)),
            ("persons", "12.0", Value::from(12i64)),
            ("checked_on", "令和元年5月1日", Value::from("2019-05-01")),
            ("checked_on", "Ｒ６．４．１", Value::from("2024-04-01")),
            ("confidentiality", "３Ｂ", Value::from("3B")),
            ("confidentiality", "自治体機密性 3b", Value::from("3B")),
            ("confidentiality", "機密性2", Value::from("2")),
            ("outsourced", "○", Value::from(true)),
            ("outsourced", "無", Value::from(false)),
            ("number", "  000123 ", Value::from("000123")),
            ("place", "", Value::Text(None)),
        ] {
            assert_eq!(read_as(column, text), Ok(value), "{column}: {text}");
        }
        for (column, text) in [
            ("persons", "多数"),
            ("persons", "1.5"),
            ("persons", "9007199254740992"),
            ("checked_on", "昨日"),
            ("form", "石"),
        ] {
            assert!(read_as(column, text).is_err(), "{column}: {text}");
        }
    }

    proptest! {
        /// What is shown reads back as the same value.
        #[test]
        fn shown_values_read_back(number in -9_007_199_254_740_991i64..=9_007_199_254_740_991, days in -20_000i64..40_000, text in "\\PC{0,30}", at in 0usize..6) {
            let names = Names::default();
            let date = crate::date::date_at(crate::clock::Ms(days * crate::clock::Ms::DAY));
            let choice = asset::CONFIDENTIALITY[at].0;
            let text = clean(&text);
            for (column, value) in [
                ("persons", Value::from(number)),
                ("checked_on", Value::from(date)),
                ("confidentiality", Value::from(choice)),
                ("outsourced", Value::from(at > 2)),
                ("content", Value::Text(Some(text).filter(|t| !t.is_empty()))),
            ] {
                let column = asset::ASSET.column(column).unwrap();
                prop_assert_eq!(read(column, &show(column, &value, &names), &names), Ok(value));
            }
        }
    }
}
