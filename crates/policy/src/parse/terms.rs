//! Defined terms: the items of a 定義 section, 「…」とは…をいう, and abbreviations （以下「…」という。）.

use crate::limits;
use crate::model::{Clause, Term};
use crate::text::{fold, squeeze};
use std::collections::HashSet;

const TERM_CHARS_MAX: usize = 40;

pub(super) fn find(clauses: &[Clause]) -> Vec<Term> {
    let lists: HashSet<&str> = clauses.iter().filter(|c| defines(c)).map(|c| c.id.as_str()).collect();
    let mut terms: Vec<Term> = Vec::new();
    for clause in clauses {
        let listed = clause.parent.as_deref().is_some_and(|p| lists.contains(p));
        if listed && let Some((term, definition)) = listed_term(clause) {
            push(&mut terms, clause, &term, &definition);
        } else {
            spoken_terms(clause, &mut terms);
        }
        abbreviations(clause, &mut terms);
        if terms.len() >= limits::TERMS_MAX {
            terms.truncate(limits::TERMS_MAX);
            break;
        }
    }
    terms
}

/// A clause whose items are definitions.
fn defines(clause: &Clause) -> bool {
    let heading = clause.text.lines().next().unwrap_or_default();
    let named =
        heading.chars().count() <= 20 && ["定義", "用語", "用語の意義"].iter().any(|k| heading.contains(k));
    named || clause.text.contains("用語の意義") || clause.text.contains("用語の定義は")
}

fn push(terms: &mut Vec<Term>, clause: &Clause, term: &str, definition: &str) {
    let term = term.trim().trim_matches(['「', '」', '『', '』']).trim();
    let fits = (1..=TERM_CHARS_MAX).contains(&term.chars().count()) && !term.contains(['。', '、', '｜']);
    if fits && !definition.trim().is_empty() {
        let (term, definition) = (term.to_owned(), definition.trim().to_owned());
        terms.push(Term { term, definition, clause: clause.id.clone(), line: clause.line });
    }
}

/// `ネットワーク コンピュータ等を…をいう。`, heading and body, or `「…」とは、…`.
fn listed_term(clause: &Clause) -> Option<(String, String)> {
    if let Some(heading) = &clause.heading {
        let body = clause.body();
        return (!body.is_empty()).then(|| (without_aside(heading), body.replace('\n', "")));
    }
    let text = clause.text.as_str();
    if let Some((term, definition)) = toha(text) {
        return Some((term, definition));
    }
    let (term, definition) = text.split_once([' ', '｜', '：', ':']).or_else(|| text.split_once('\n'))?;
    (!term.ends_with(['は', 'が', 'を', 'に', 'の', 'で']))
        .then(|| (without_aside(term), definition.replace('\n', "")))
}

/// `X（Y）` → `X`.
fn without_aside(term: &str) -> String {
    match term.find(['（', '(']) {
        Some(at) if at > 0 => term[..at].to_owned(),
        _ => term.to_owned(),
    }
}

/// `「X」とは、…をいう。` at the beginning of a sentence.
fn toha(sentence: &str) -> Option<(String, String)> {
    let (term, rest) = sentence.trim_start().split_once("とは")?;
    let rest = rest.trim_start_matches(['、', '，', ',']);
    let ends = rest.find("をいう").or_else(|| rest.find("を指す"));
    let plain = !term.contains(['。', '、', '\n']) && term.chars().count() <= TERM_CHARS_MAX + 2;
    (plain && !term.is_empty() && ends.is_some())
        .then(|| (term.to_owned(), rest.lines().next().unwrap_or_default().to_owned()))
}

fn spoken_terms(clause: &Clause, terms: &mut Vec<Term>) {
    for paragraph in clause.body().lines() {
        for sentence in paragraph.split_inclusive('。') {
            if let Some((term, definition)) = toha(sentence) {
                let quoted = term.starts_with('「');
                let last_word = term.rsplit(['は', 'が']).next().unwrap_or(&term).to_owned();
                if quoted || last_word == term && term.chars().count() <= 20 {
                    push(terms, clause, &term, &definition);
                }
            }
        }
    }
}

/// `鳥取市（以下「本市」という。）`: the words before the bracket are the meaning.
fn abbreviations(clause: &Clause, terms: &mut Vec<Term>) {
    let text = &clause.text;
    let mut from = 0;
    while let Some(at) = text[from..].find("以下").map(|i| from + i) {
        from = at + "以下".len();
        let Some(rest) =
            text[from..].trim_start_matches(|c: char| matches!(fold(c), ' ' | '、' | ',')).strip_prefix('「')
        else {
            continue;
        };
        let Some((term, tail)) = rest.split_once('」') else { continue };
        if !["という", "と総称", "と略", "と呼ぶ", "といい"].iter().any(|k| tail.starts_with(k))
        {
            continue;
        }
        // The bracket that holds this 以下 may hold an explanation before it.
        let before = match text[..at].rfind(['（', '(']) {
            Some(open) if !text[open..at].contains(['）', ')']) => &text[..open],
            _ => &text[..at],
        };
        let meaning = before
            .rsplit(['。', '、', '「', '」', '（', '）', '(', ')', '\n', '，', ',', ' '])
            .find(|p| !p.trim().is_empty())
            .unwrap_or_default();
        if !squeeze(meaning).is_empty() {
            push(terms, clause, term, meaning);
        }
    }
}

#[cfg(test)]
mod tests {
    fn terms(text: &str) -> Vec<(String, String)> {
        let source = crate::decode::from_text(text, false).unwrap();
        crate::parse::parse(&source)
            .unwrap()
            .document
            .terms
            .into_iter()
            .map(|t| (t.term, t.definition))
            .collect()
    }

    #[test]
    fn forms_of_definitions() {
        let found = terms(
            "方針\n\n1 目的\n\nさくら坂市（以下「本市」という。）は、守る。\n\n2 定義\n\n次の用語の意義は、次のとおりとする。\n\n(1) 通信網 機器を結ぶ線をいう。\n(2) 「端末」とは、机上の機器をいう。\n(3) 台帳\n\n一覧にした表をいう。\n\n3 記録\n\nログとは、機器の動作の記録をいう。\n",
        );
        let names: Vec<&str> = found.iter().map(|(t, _)| t.as_str()).collect();
        assert_eq!(names, ["本市", "通信網", "端末", "台帳", "ログ"]);
        assert_eq!(found[0].1, "さくら坂市");
        assert_eq!(found[3].1, "一覧にした表をいう。");
    }
}
