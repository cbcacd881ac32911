//! Automatic numbers of a .docx (ECMA-376 part 1, 17.9): Word stores `第%1条` and a counter, the reader sees 第3条.

use super::package::{Node, attribute, number, walk};
use crate::PolicyError;
use crate::parse::circle;
use std::collections::HashMap;

/// Levels of a list; Word has nine.
const LEVELS: usize = 9;

#[derive(Debug, Clone)]
struct Level {
    start: u32,
    format: String,
    /// `第%1条`; `%1` is the number of level 1.
    text: String,
    /// isLgl: all numbers in this label are arabic.
    legal: bool,
    /// lvlRestart 0: never begins anew.
    keeps: bool,
    /// The style that is tied to this level.
    style: Option<String>,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            start: 1,
            format: "decimal".to_owned(),
            text: String::new(),
            legal: false,
            keeps: false,
            style: None,
        }
    }
}

type Levels = [Level; LEVELS];

/// Definitions of `numbering.xml` and the counters as they stand.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    kinds: HashMap<u32, Levels>,
    /// List number → kind, and starts that this list overrides.
    lists: HashMap<u32, (u32, HashMap<usize, u32>)>,
    /// Counters per kind: lists of one kind count on together.
    counters: HashMap<u32, [Option<u32>; LEVELS]>,
    started: HashMap<u32, bool>,
}

impl Numbering {
    pub(super) fn read(xml: &str) -> Result<Self, PolicyError> {
        let mut out = Self::default();
        let (mut kind, mut list, mut level) = (None::<u32>, None::<u32>, None::<usize>);
        let mut overriding = false;
        walk(xml, |node| {
            match node {
                Node::Start(e, "abstractNum") => {
                    kind = attribute(e, "abstractNumId").and_then(|v| v.parse().ok());
                    kind.into_iter().for_each(|k| drop(out.kinds.insert(k, Levels::default())));
                }
                Node::Start(e, "num") => list = attribute(e, "numId").and_then(|v| v.parse().ok()),
                Node::Start(e, "lvl" | "lvlOverride") => {
                    level = attribute(e, "ilvl").and_then(|v| v.parse().ok()).filter(|l| *l < LEVELS);
                    overriding = list.is_some();
                }
                Node::End("abstractNum") => (kind, level) = (None, None),
                Node::End("num") => (list, level, overriding) = (None, None, false),
                Node::Start(e, "abstractNumId") => {
                    if let (Some(list), Some(kind)) = (list, number(e)) {
                        out.lists.insert(list, (kind, HashMap::new()));
                    }
                }
                Node::Start(e, "startOverride") => {
                    let entry = list.and_then(|l| out.lists.get_mut(&l));
                    if let (Some((_, starts)), Some(level), Some(start)) = (entry, level, number(e)) {
                        starts.insert(level, start);
                    }
                }
                Node::Start(e, name) if !overriding => {
                    let levels = kind.and_then(|k| out.kinds.get_mut(&k));
                    if let Some(level) = levels.zip(level).and_then(|(levels, at)| levels.get_mut(at)) {
                        level.take(name, attribute(e, "val"));
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(out)
    }

    /// The level that a style is tied to in a list.
    pub(super) fn level_of_style(&self, list: u32, style: &str) -> Option<usize> {
        let levels = self.kinds.get(&self.lists.get(&list)?.0)?;
        levels.iter().position(|l| l.style.as_deref() == Some(style))
    }

    /// Counts one paragraph and gives its label; none for lists without numbers or an unknown list.
    pub(super) fn next(&mut self, list: u32, level: usize) -> Option<String> {
        let (kind, starts) = self.lists.get(&list)?;
        let levels = self.kinds.get(kind)?;
        let level = level.min(LEVELS - 1);
        let counters = self.counters.entry(*kind).or_insert([None; LEVELS]);
        if !std::mem::replace(self.started.entry(list).or_default(), true) {
            for (at, start) in starts.iter().filter(|(at, _)| **at < LEVELS) {
                counters[*at] = Some(start.saturating_sub(1)).filter(|_| *start > 0);
                if *start == 1 {
                    counters[*at] = None;
                }
            }
        }
        for (above, definition) in levels.iter().enumerate().take(level) {
            counters[above].get_or_insert(definition.start);
        }
        let start = starts.get(&level).copied().unwrap_or(levels[level].start);
        counters[level] = Some(counters[level].map_or(start, |n| n.saturating_add(1)));
        for below in level + 1..LEVELS {
            if !levels[below].keeps {
                counters[below] = None;
            }
        }
        label(levels, level, counters)
    }
}

impl Level {
    fn take(&mut self, name: &str, value: Option<String>) {
        let Some(value) = value else {
            self.legal |= name == "isLgl";
            return;
        };
        match name {
            "start" => self.start = value.parse().unwrap_or(1),
            "numFmt" => self.format = value,
            "lvlText" => self.text = value,
            "isLgl" => self.legal = value != "0" && value != "false",
            "lvlRestart" => self.keeps = value == "0",
            "pStyle" => self.style = Some(value),
            _ => {}
        }
    }
}

fn label(levels: &Levels, level: usize, counters: &[Option<u32>; LEVELS]) -> Option<String> {
    let definition = &levels[level];
    match definition.format.as_str() {
        "none" => return None,
        "bullet" => return Some("・".to_owned()),
        _ => {}
    }
    let mut out = String::new();
    let mut chars = definition.text.chars().peekable();
    while let Some(c) = chars.next() {
        let at = chars.peek().and_then(|d| d.to_digit(10)).and_then(|d| usize::try_from(d).ok());
        match (c, at) {
            ('%', Some(at)) if (1..=LEVELS).contains(&at) => {
                chars.next();
                let format = if definition.legal { "decimal" } else { levels[at - 1].format.as_str() };
                out.push_str(&spell(counters[at - 1].unwrap_or(levels[at - 1].start), format));
            }
            _ => out.push(c),
        }
    }
    Some(out).filter(|o| !o.trim().is_empty())
}

/// A number in one of the formats of ST_NumberFormat that occur in Japanese documents.
fn spell(number: u32, format: &str) -> String {
    let from = |row: &str| {
        let count = row.chars().count();
        let index = usize::try_from(number.saturating_sub(1)).unwrap_or(0);
        row.chars().nth(index % count).map_or_else(String::new, String::from)
    };
    match format {
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => circle(number),
        "decimalEnclosedParen" => format!("({number})"),
        "decimalEnclosedFullstop" => format!("{number}."),
        "decimalFullWidth" | "decimalFullWidth2" => {
            number.to_string().chars().filter_map(|c| char::from_u32(c as u32 + 0xFEE0)).collect()
        }
        "decimalZero" => format!("{number:02}"),
        "aiueo" | "aiueoFullWidth" => from(
            "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
        ),
        "iroha" | "irohaFullWidth" => from(
            "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス",
        ),
        "japaneseCounting"
        | "chineseCounting"
        | "chineseCountingThousand"
        | "taiwaneseCounting"
        | "japaneseDigitalTenThousand"
        | "taiwaneseCountingThousand"
        | "japaneseLegal"
        | "ideographDigital"
        | "koreanCounting" => kanji(number),
        "ideographEnclosedCircle" => {
            char::from_u32('㊀' as u32 + number.clamp(1, 10) - 1).map_or_else(String::new, String::from)
        }
        "lowerLetter" => from("abcdefghijklmnopqrstuvwxyz"),
        "upperLetter" => from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "lowerRoman" => roman(number),
        "upperRoman" => roman(number).to_uppercase(),
        _ => number.to_string(),
    }
}

/// 一, 十二, 二十, 百五.
fn kanji(number: u32) -> String {
    const DIGITS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let mut out = String::new();
    let mut rest = number.min(9_999);
    for (unit, name) in [(1_000, "千"), (100, "百"), (10, "十")] {
        let digit = usize::try_from(rest / unit).unwrap_or(0);
        if digit > 1 {
            out.push(DIGITS[digit]);
        }
        if digit > 0 {
            out.push_str(name);
        }
        rest %= unit;
    }
    if rest > 0 || out.is_empty() {
        out.push(DIGITS[usize::try_from(rest).unwrap_or(0)]);
    }
    out
}

fn roman(number: u32) -> String {
    const STEPS: [(u32, &str); 9] =
        [(100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")];
    let mut rest = number.min(399);
    let mut out = String::new();
    for (value, letters) in STEPS {
        while rest >= value {
            out.push_str(letters);
            rest -= value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<w:numbering xmlns:w="x">
      <w:abstractNum w:abstractNumId="0">
        <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="第%1条"/></w:lvl>
        <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="(%2)"/></w:lvl>
        <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="aiueo"/><w:lvlText w:val="%3"/></w:lvl>
        <w:lvl w:ilvl="3"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%4"/></w:lvl>
      </w:abstractNum>
      <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
      <w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="9"/></w:lvlOverride></w:num>
    </w:numbering>"#;

    #[test]
    fn counts_as_word_does() {
        let mut numbering = Numbering::read(XML).unwrap();
        let labels: Vec<_> =
            [(1, 0), (1, 1), (1, 1), (1, 2), (1, 2), (1, 1), (1, 2), (1, 0), (1, 1), (1, 3), (2, 0), (2, 0)]
                .into_iter()
                .map(|(list, level)| numbering.next(list, level).unwrap())
                .collect();
        assert_eq!(
            labels,
            ["第1条", "(1)", "(2)", "ア", "イ", "(3)", "ア", "第2条", "(1)", "2.1", "第9条", "第10条"]
        );
        assert_eq!(numbering.next(7, 0), None);
    }

    #[test]
    fn spells_numbers() {
        for (number, format, text) in [
            (12, "japaneseCounting", "十二"),
            (105, "japaneseCounting", "百五"),
            (3, "decimalEnclosedCircle", "③"),
            (4, "lowerRoman", "iv"),
            (2, "iroha", "ロ"),
            (10, "decimalFullWidth", "１０"),
        ] {
            assert_eq!(spell(number, format), text);
        }
    }
}
