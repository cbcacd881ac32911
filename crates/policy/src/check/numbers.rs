//! Numbers that are missing, used twice, or do not begin with 1.

use super::own_step;
use crate::model::{Clause, Code, Document, Warning};
use crate::text::{kanji_number, squeeze};
use std::collections::HashMap;

/// What a step is numbered with: the text around the digits tells the kinds apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    /// `第#条`, `(#)`, `#`, `2.#`: the digits taken out.
    Digits(String),
    Circled,
    Letters(&'static str, bool),
}

const KANA: &str =
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン";
const IROHA: &str =
    "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス";

pub(super) fn check(document: &Document, warnings: &mut Vec<Warning>) {
    let by_id: HashMap<&str, &Clause> = document.clauses.iter().map(|c| (c.id.as_str(), c)).collect();
    let mut last: HashMap<(Option<&str>, Kind), (u32, &Clause)> = HashMap::new();
    for clause in &document.clauses {
        let parent = clause.parent.as_deref().and_then(|p| by_id.get(p).copied());
        let Some((kind, number, branch)) = step(own_step(clause, parent), clause, &last) else { continue };
        // Articles run through chapters, except in a supplement.
        let through = matches!(&kind, Kind::Digits(k) if k == "第#条");
        // Headings without a number stand outside the count; numbers may run on through them or begin again.
        let headed = parent.filter(|p| !p.is_numbered());
        let within = if let Some(heading) = headed {
            (number == 1 && !through).then(|| last.remove(&(heading.parent.as_deref(), kind.clone())));
            heading.parent.as_deref()
        } else if through {
            parent.filter(|p| p.id.starts_with("sup")).map(|p| p.id.as_str())
        } else {
            clause.parent.as_deref()
        };
        let before = last.get(&(within, kind.clone())).copied();
        match before {
            _ if branch => {}
            Some((n, first)) if n == number => warnings.push(duplicate(clause, first)),
            Some((n, previous)) if number != n + 1 => warnings.push(gap(clause, previous, n, number, &kind)),
            None if number > 1 && !is_second_paragraph(clause, parent, number) => {
                warnings.push(start(clause, &kind))
            }
            _ => {}
        }
        let number = number.max(deleted_through(clause));
        last.insert((within, kind), (number, clause));
    }
}

/// Kind and number of a step; whether it is a branch (第5条の2), which needs no predecessor.
fn step<'a>(
    step: &str,
    clause: &'a Clause,
    last: &HashMap<(Option<&str>, Kind), (u32, &'a Clause)>,
) -> Option<(Kind, u32, bool)> {
    let mut chars = step.trim_matches(['(', ')']).chars();
    let parens = step.starts_with('(');
    if let (Some(c), None) = (chars.next(), chars.next()) {
        for (row, name) in [
            (KANA, "ア"),
            (IROHA, "イロハ"),
            ("abcdefghijklmnopqrstuvwxyz", "a"),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A"),
        ] {
            let kind = Kind::Letters(name, parens);
            let number = row.chars().position(|k| k == c).and_then(|n| u32::try_from(n + 1).ok());
            // イ begins an イロハ list where no ア stands before it.
            let ambiguous = name == "ア"
                && IROHA.contains(c)
                && !last.contains_key(&(clause.parent.as_deref(), kind.clone()));
            if let Some(number) = number.filter(|_| !(ambiguous && c != 'ア')) {
                return Some((kind, number, false));
            }
        }
        if let Some(number) = (1..=50).find(|n| crate::parse::circle(*n) == step) {
            return Some((Kind::Circled, number, false));
        }
    }
    if !clause.is_numbered()
        || clause.id.starts_with("annex")
        || clause.id.starts_with("sup") && clause.parent.is_none()
    {
        return None;
    }
    let branch = step.starts_with('第') && step.contains('の');
    let stem = if branch { step.split('の').next()? } else { step };
    let head = stem.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits = head.len() - head.bytes().rev().take_while(u8::is_ascii_digit).count();
    let number = head[digits..].parse().ok()?;
    Some((Kind::Digits(format!("{}#{}", &head[..digits], &stem[head.len()..])), number, branch))
}

/// The first 項 of an article has no number.
fn is_second_paragraph(clause: &Clause, parent: Option<&Clause>, number: u32) -> bool {
    number == 2 && clause.label.ends_with("第2項") && parent.is_some_and(|p| !p.text.is_empty())
}

/// The last number of 第5条から第7条まで 削除.
fn deleted_through(clause: &Clause) -> u32 {
    let text = squeeze(&clause.text);
    let range = text.strip_suffix("削除").filter(|_| clause.is_deleted_range());
    let last = range.and_then(|r| r.rsplit('第').next()).and_then(|r| r.split('条').next());
    last.and_then(kanji_number).unwrap_or(0)
}

fn duplicate(clause: &Clause, first: &Clause) -> Warning {
    let message = format!(
        "番号「{}」が{}行目と重なっています。どちらかの番号を直してください。",
        clause.label, first.line
    );
    Warning::new(clause.line, Code::NumberDuplicate, message)
}

fn gap(clause: &Clause, previous: &Clause, from: u32, to: u32, kind: &Kind) -> Warning {
    let spell = |n: u32| spell(kind, n);
    let message = if to > from {
        let missing = if to == from + 2 {
            spell(from + 1)
        } else {
            format!("{}から{}まで", spell(from + 1), spell(to - 1))
        };
        format!("「{}」の次が「{}」で、{missing}がありません。", previous.label, clause.label)
    } else {
        format!("「{}」の次が「{}」で、番号が戻っています。", previous.label, clause.label)
    };
    Warning::new(clause.line, Code::NumberGap, message)
}

fn start(clause: &Clause, kind: &Kind) -> Warning {
    let message =
        format!("「{}」の前に、{}がありません。番号が途中から始まっています。", clause.label, spell(kind, 1));
    Warning::new(clause.line, Code::NumberStart, message)
}

fn spell(kind: &Kind, number: u32) -> String {
    let from = |row: &str| {
        row.chars()
            .nth(usize::try_from(number.saturating_sub(1)).unwrap_or(0))
            .map_or_else(String::new, String::from)
    };
    match kind {
        Kind::Digits(frame) => frame.replace('#', &number.to_string()),
        Kind::Circled => crate::parse::circle(number),
        Kind::Letters(name, parens) => {
            let letter = match *name {
                "ア" => from(KANA),
                "イロハ" => from(IROHA),
                "a" => from("abcdefghijklmnopqrstuvwxyz"),
                _ => from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            };
            if *parens { format!("({letter})") } else { letter }
        }
    }
}
