//! What must hold for every input.

use super::{MODEL, outline};
use proptest::prelude::*;
use sekisho_policy::decode::{Source, decode, from_text};
use sekisho_policy::parse::{Fate, Parsed, parse};
use sekisho_policy::{Document, check, parse_file, render};
use std::collections::HashSet;

/// Pieces that policies are made of, and pieces that disturb.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        (1u32..9, "[目的定義範囲対策監査]{2,6}").prop_map(|(n, t)| format!("{n} {t}")),
        (1u32..9, "[端末は情報を守るの、]{4,60}").prop_map(|(n, t)| format!("({n}) {t}。")),
        (1u32..9).prop_map(|n| format!("第{n}条　職員は、第{}条を守る。", n % 3 + 1)),
        (0u32..20).prop_map(|n| format!("{} 機器", char::from_u32('①' as u32 + n).unwrap())),
        "[アイウエロハa-c] [端末台帳]{2,4}",
        "[一二三十]　[端末台帳]{2,4}をいう。",
        "(改定|制定) (平成|令和)[1-9]年[1-9]月([1-9]日)?",
        "版\t改定日\t施行日\t改定箇所\t改定内容",
        "[1-9]\t令和[1-9]年4月1日\t令和[1-9]年4月1日\t全章\t見直し",
        "- \\([1-9]\\) [端末台帳]{2,4}",
        "- [1-9] -",
        "目 次|附 則|別表第1|（目的）|\u{C}|#+ [目的]{2}|\\| a \\| b \\||改定履歴",
        "[端末は情報をセキュリティ、。（）「」]{0,60}",
        "\\PC{0,30}",
        "(お問い合わせ|ページの先頭へ|更新日：令和6年4月1日|memo)[ a-z]{0,9}",
        Just(String::new()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..40).prop_map(|l| l.join("\n"))
}

/// Every line is blank, in the front matter, in a clause that exists, or named by a warning.
fn account(parsed: &Parsed, source: &Source) -> Result<(), TestCaseError> {
    prop_assert_eq!(parsed.fates.len(), source.lines.len());
    prop_assert_eq!(parsed.unaccounted(source), Vec::<u32>::new());
    let squeeze = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    for (fate, line) in parsed.fates.iter().zip(&source.lines) {
        match fate {
            Fate::Clause(at) => {
                let clause = parsed.document.clauses.get(*at);
                prop_assert!(clause.is_some());
                // The last word of the line is found in the clause.
                let end: String =
                    squeeze(&line.text).chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
                let end = end.trim_matches(|c: char| !c.is_alphanumeric() || c.is_ascii_digit());
                let text = clause.map(|c| squeeze(&format!("{}{}", c.label, c.text))).unwrap_or_default();
                prop_assert!(
                    text.contains(end) || end.chars().any(|c| c.is_ascii() || c > '\u{9FFF}'),
                    "{:?} not in {:?}",
                    end,
                    text
                );
            }
            Fate::Blank | Fate::Front | Fate::History | Fate::Toc | Fate::SetAside => {}
        }
    }
    Ok(())
}

fn well_formed(document: &Document) -> Result<(), TestCaseError> {
    let mut ids = HashSet::new();
    for clause in &document.clauses {
        prop_assert!(
            clause.parent.as_ref().is_none_or(|p| ids.contains(p.as_str())),
            "parent of {} stands after it",
            clause.id
        );
        prop_assert!(ids.insert(clause.id.as_str()), "id {} twice", clause.id);
        prop_assert!(
            clause.id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')),
            "{}",
            clause.id
        );
        prop_assert!(clause.heading.as_ref().is_none_or(|h| clause.text.starts_with(h.as_str())));
        prop_assert!(clause.line >= 1);
    }
    for term in &document.terms {
        prop_assert!(ids.contains(term.clause.as_str()));
    }
    prop_assert!(document.warnings.windows(2).all(|w| w[0].line <= w[1].line));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn every_line_is_accounted_for(text in text(), markdown in any::<bool>()) {
        if let Ok(source) = from_text(&text, markdown) {
            let parsed = parse(&source).unwrap();
            account(&parsed, &source)?;
            well_formed(&parsed.document)?;
            let _ = check::check(&parsed.document);
        }
    }

    #[test]
    fn the_model_policy_survives_any_edit(lines in prop::collection::vec((0usize..200, line()), 1..8)) {
        let mut text: Vec<String> = MODEL.lines().map(str::to_owned).collect();
        for (at, line) in lines {
            let at = at % text.len();
            text.insert(at, line);
        }
        let document = parse_file(text.join("\n").as_bytes(), "a.md").unwrap();
        well_formed(&document)?;
        prop_assert!(document.clauses.len() >= 20);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes, "a.txt");
    }

    #[test]
    fn any_bytes_in_a_word_file(noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = super::docx_maker::docx(MODEL, super::docx_maker::Numbering::Automatic);
        for (at, byte) in noise {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = parse_file(&bytes, "a.docx");
    }
}

/// A document made of clauses as a city would write them.
fn policy() -> impl Strategy<Value = String> {
    let item = "[端末台帳職員][をはが][守点検記録]{2}する。";
    let section = (
        "[目的定義範囲対策監査]{2,6}",
        item,
        prop::collection::vec((item, prop::collection::vec(item, 0..4)), 0..5),
    );
    (any::<bool>(), prop::collection::vec(section, 1..8)).prop_map(|(articles, sections)| {
        let mut out = String::from("花守市情報セキュリティ基本方針\n\n制定 平成18年4月1日\n\n");
        for (n, (heading, body, items)) in sections.into_iter().enumerate() {
            let n = n + 1;
            out += &if articles {
                format!("（{heading}）\n第{n}条 {body}\n\n")
            } else {
                format!("{n} {heading}\n\n{body}\n\n")
            };
            for (i, (item, parts)) in items.into_iter().enumerate() {
                out += &format!("({}) {item}\n\n", i + 1);
                for (k, part) in parts.into_iter().enumerate() {
                    out += &format!("{} {part}\n\n", ["①", "②", "③", "④"][k]);
                }
            }
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn canonical_text_is_a_fixed_point(text in policy()) {
        let first = parse_file(text.as_bytes(), "a.txt").unwrap();
        let canonical = render::canonical(&first);
        let second = parse_file(canonical.as_bytes(), "a.md").unwrap();
        prop_assert_eq!(outline(&first), outline(&second));
        prop_assert_eq!(canonical, render::canonical(&second));
    }
}
