//! Terms: used and not defined, defined and not used, defined twice; one word in two spellings.

use crate::model::{Clause, Code, Document, Term, Warning};
use std::collections::{HashMap, HashSet};

/// Terms that every policy stands on: one use without a definition is worth a word. Here and below matched as whole
/// words in the longest form.
const FUNDAMENTAL: [&str; 14] = [
    "ネットワーク",
    "情報システム",
    "記録媒体",
    "職員等",
    "情報セキュリティ",
    "情報セキュリティポリシー",
    "機密性",
    "完全性",
    "可用性",
    "住民情報系ネットワーク",
    "LGWAN系ネットワーク",
    "インターネット系ネットワーク",
    "個別ネットワーク",
    "無害化通信",
];
/// Further terms that a policy defines when it uses them often.
const TECHNICAL: [&str; 16] = [
    "情報資産",
    "電磁的記録媒体",
    "教職員等",
    "情報セキュリティインシデント",
    "マイナンバー利用事務系",
    "LGWAN接続系",
    "インターネット接続系",
    "外部サービス",
    "約款による外部サービス",
    "特定用途機器",
    "特定個人情報",
    "要機密情報",
    "実施機関",
    "管理区域",
    "機器等",
    "情報セキュリティインシデント対応チーム",
];
/// Such a term must be used this often before its missing definition is worth a word.
const USES_MIN: usize = 3;
/// Abbreviations that need no definition.
const PLAIN_LATIN: [&str; 55] = [
    "USB", "SD", "CD", "DVD", "ROM", "RAM", "ID", "IC", "PC", "IP", "OS", "PDF", "URL", "IT", "ICT", "IoT",
    "LAN", "WAN", "SNS", "Web", "WEB", "HTTP", "HTTPS", "TLS", "SSL", "Wi-Fi", "OA", "FAX", "CPU", "HDD",
    "SSD", "MO", "FD", "RFID", "QR", "AI", "DX", "BD", "BCP", "UPS", "JIS", "ISO", "IEC", "DNS", "VPN",
    "MAC", "CSV", "GPS", "HTML", "NAS", "SIM", "LTE", "XML", "MP", "RW",
];
/// One word, two spellings that are both common.
const SPELLINGS: [(&str, &str); 12] = [
    ("ウイルス", "ウィルス"),
    ("サーバー", "サーバ"),
    ("コンピューター", "コンピュータ"),
    ("ユーザー", "ユーザ"),
    ("ハードウエア", "ハードウェア"),
    ("ソフトウエア", "ソフトウェア"),
    ("ファイアーウォール", "ファイアウォール"),
    ("プリンター", "プリンタ"),
    ("ルーター", "ルータ"),
    ("メモリー", "メモリ"),
    ("強靱", "強靭"),
    ("改竄", "改ざん"),
];

pub(super) fn check(document: &Document, warnings: &mut Vec<Warning>) {
    duplicates(document, warnings);
    unused(document, warnings);
    spellings(document, warnings);
    let in_section = document
        .terms
        .iter()
        .filter(|t| document.clause(&t.clause).is_some_and(|c| c.parent.is_some()))
        .count();
    // Without a section of definitions nothing is expected to be defined here.
    if in_section >= 3 {
        undefined(document, warnings);
        undefined_latin(document, warnings);
    }
}

fn duplicates(document: &Document, warnings: &mut Vec<Warning>) {
    let mut first: HashMap<&str, &Term> = HashMap::new();
    for term in &document.terms {
        match first.get(term.term.as_str()) {
            Some(before) if before.definition != term.definition => {
                let message = format!(
                    "「{}」は{}行目でも定義されています。どちらか一つにしてください。",
                    term.term, before.line
                );
                warnings.push(Warning::new(term.line, Code::TermDuplicate, message));
            }
            Some(_) => {}
            None => drop(first.insert(&term.term, term)),
        }
    }
}

/// A term that occurs nowhere but in its own definition.
fn unused(document: &Document, warnings: &mut Vec<Warning>) {
    for term in &document.terms {
        let longer = longer(&term.term, &document.terms);
        let elsewhere = document.clauses.iter().any(|c| match c.id == term.clause {
            true => {
                c.text.matches(term.term.as_str()).count()
                    > 1 + term.definition.matches(term.term.as_str()).count()
            }
            false => uses(&c.text, &term.term, &longer) > 0,
        });
        let whole_document = document.title.as_deref().is_some_and(|t| t.contains(term.term.as_str()));
        if !elsewhere && !whole_document {
            let message = format!("「{}」は定義されていますが、どの条項でも使われていません。", term.term);
            warnings.push(Warning::new(term.line, Code::TermUnused, message));
        }
    }
}

/// The defined terms that contain a word, without those inside a longer one.
fn longer<'t>(word: &str, terms: &'t [Term]) -> Vec<&'t str> {
    let all: Vec<&str> =
        terms.iter().map(|t| t.term.as_str()).filter(|t| t.len() > word.len() && t.contains(word)).collect();
    all.iter().copied().filter(|l| !all.iter().any(|o| o.len() > l.len() && o.contains(l))).collect()
}

/// Uses of a word that are not part of a longer defined term.
fn uses(text: &str, word: &str, longer: &[&str]) -> usize {
    let all = text.matches(word).count();
    if all == 0 {
        return 0;
    }
    let covered: usize = longer.iter().map(|l| text.matches(*l).count() * l.matches(word).count()).sum();
    all.saturating_sub(covered)
}

fn undefined(document: &Document, warnings: &mut Vec<Warning>) {
    let defined: HashSet<&str> = document.terms.iter().map(|t| t.term.as_str()).collect();
    let fundamental = FUNDAMENTAL.into_iter().map(|word| (word, 1));
    for (word, uses_min) in fundamental.chain(TECHNICAL.into_iter().map(|word| (word, USES_MIN))) {
        let by_its_core = |t: &Term| {
            t.term.chars().count() * 2 > word.chars().count()
                && word.ends_with(&t.term)
                && !FUNDAMENTAL.contains(&word)
        };
        if defined.contains(word) || document.terms.iter().any(by_its_core) {
            continue;
        }
        let longer = longer(word, &document.terms);
        let count: usize = document.clauses.iter().map(|c| uses(&c.text, word, &longer)).sum();
        let Some(first) = document.clauses.iter().find(|c| c.text.contains(word)) else { continue };
        if count >= uses_min && !explained(document, word) {
            let message = format!(
                "「{word}」は{count}回使われていますが、用語の定義にありません。定義を加えるか、引用元を示してください。"
            );
            warnings.push(Warning::new(first.line_of(word), Code::TermUndefined, message));
        }
    }
}

/// Somewhere the document says what the word is.
fn explained(document: &Document, word: &str) -> bool {
    let forms =
        [format!("{word}とは"), format!("「{word}」"), format!("{word}（"), format!("{word}は、次に掲げる")];
    // 総合行政ネットワーク（LGWAN） explains another word that ends with this one.
    let whole = |before: &str| {
        !before.ends_with(|c: char| matches!(c, '\u{4E00}'..='\u{9FFF}' | 'ァ'..='ヺ' | 'ー' | '々'))
    };
    // （…を含む。） says how far a word reaches, not what it is.
    let bounds = |form: &str, rest: &str| {
        let inside = rest.split('）').next().unwrap_or_default().trim_end_matches('。');
        form.ends_with('（') && ["含む", "除く", "限る", "同じ"].iter().any(|end| inside.ends_with(end))
    };
    let says = |text: &str, form: &str| {
        let mut found = text.match_indices(form);
        found.any(|(at, _)| whole(&text[..at]) && !bounds(form, &text[at + form.len()..]))
    };
    document.clauses.iter().any(|c| forms.iter().any(|form| says(&c.text, form)))
}

/// LGWAN, CSIRT and the like, never written out.
fn undefined_latin(document: &Document, warnings: &mut Vec<Warning>) {
    let mut seen: HashMap<String, (&Clause, usize, bool)> = HashMap::new();
    for clause in &document.clauses {
        for (word, bracketed) in latin_words(&clause.text) {
            let entry = seen.entry(word).or_insert((clause, 0, false));
            entry.1 += 1;
            entry.2 |= bracketed;
        }
    }
    let mut found: Vec<_> = seen
        .into_iter()
        .filter(|(word, (_, _, explained))| !explained && !document.terms.iter().any(|t| t.term == *word))
        .collect();
    found.sort_by(|a, b| (a.1.0.line, &a.0).cmp(&(b.1.0.line, &b.0)));
    for (word, (clause, ..)) in found {
        let message = format!(
            "略語「{word}」の正式な名称がどこにも書かれていません。初めに使う箇所で説明してください。"
        );
        warnings.push(Warning::new(clause.line_of(&word), Code::TermUndefined, message));
    }
}

/// Words of two or more capitals; true when a bracket beside the word explains it.
fn latin_words(text: &str) -> Vec<(String, bool)> {
    let chars: Vec<char> = text.chars().collect();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut words = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !is_letter(chars[at]) {
            at += 1;
            continue;
        }
        let end = (at..chars.len()).find(|i| !is_letter(chars[*i])).unwrap_or(chars.len());
        let word: String = chars[at..end].iter().collect();
        let capitals = word.chars().filter(char::is_ascii_uppercase).count();
        let lower = word.chars().filter(char::is_ascii_lowercase).count();
        let before = at.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(end).copied();
        if capitals >= 2 && lower <= 1 && word.len() <= 10 {
            let bracketed = matches!(before, Some('（' | '(' | '「' | '：' | ':'))
                || matches!(after, Some('（' | '(' | '」' | '：' | ':'));
            let part_is_plain = |p: &str| p.len() < 2 || PLAIN_LATIN.contains(&p);
            if !word.split('-').all(part_is_plain) && word.chars().all(|c| c.is_ascii_uppercase() || c == '-')
            {
                words.push((word, bracketed));
            }
        }
        at = end;
    }
    words
}

fn spellings(document: &Document, warnings: &mut Vec<Warning>) {
    for (one, other) in SPELLINGS {
        // サーバ is part of サーバー: count only what is not the longer one.
        let count = |text: &str, word: &str, rival: &str| {
            let inside = if rival.contains(word) { text.matches(rival).count() } else { 0 };
            text.matches(word).count() - inside
        };
        let total = |word: &str, rival: &str| {
            document.clauses.iter().map(|c| count(&c.text, word, rival)).sum::<usize>()
        };
        let (a, b) = (total(one, other), total(other, one));
        if a == 0 || b == 0 {
            continue;
        }
        let (rare, common) = if a < b { (one, other) } else { (other, one) };
        if let Some(clause) = document.clauses.iter().find(|c| count(&c.text, rare, common) > 0) {
            let message =
                format!("「{rare}」と「{common}」の二つの書き方があります。どちらかにそろえてください。");
            warnings.push(Warning::new(clause.line_of(rare), Code::SpellingVariant, message));
        }
    }
}
