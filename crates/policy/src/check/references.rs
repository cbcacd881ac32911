//! References inside the document: 上記3の脅威, 7(3)②, 第5条第2項.
//!
//! Only references that must mean this document are judged. 第7条 after a law's name, or after 同, is somebody
//! else's; so is whatever follows it with 及び.

use crate::limits;
use crate::model::{Clause, Code, Document, Warning};
use crate::text::{folded, kanji_number};
use std::collections::HashMap;

/// Words that point back or forth in the same document.
const POINTERS: [&str; 10] =
    ["上記", "前記", "下記", "前述の", "後述の", "上述の", "項番", "本文", "本基本方針", "この基本方針"];
/// What stands between a reference and the noun that names its subject.
const LINKS: [&str; 9] =
    ["に規定する", "に定める", "に掲げる", "で定める", "に示す", "に記載する", "で示す", "で規定する", "の"];
/// Nouns that say nothing of the subject.
const EMPTY_NOUNS: [&str; 24] = [
    "規定", "場合", "事項", "各号", "項目", "内容", "通り", "基準", "場所", "例", "定", "趣旨", "方法",
    "手続", "要件", "表", "図", "者", "各項", "うち", "際", "他", "適用", "条件",
];
const CIRCLED_MAX: u32 = 50;

pub(super) fn check(document: &Document, warnings: &mut Vec<Warning>) {
    let index = Index::new(document);
    let mut left = limits::REFERENCES_MAX;
    for (at, clause) in document.clauses.iter().enumerate() {
        let text = folded(&clause.text);
        pointed(&index, at, &text, &mut left, warnings);
        bare(&index, at, &text, &mut left, warnings);
        if index.articles >= 2 {
            articles(&index, clause, &text, &mut left, warnings);
        }
    }
}

struct Index<'a> {
    document: &'a Document,
    labels: HashMap<&'a str, usize>,
    ids: HashMap<&'a str, usize>,
    /// For each clause, one past its last descendant: clauses are in document order.
    ends: Vec<usize>,
    articles: usize,
}

impl<'a> Index<'a> {
    fn new(document: &'a Document) -> Self {
        let clauses = &document.clauses;
        let mut labels = HashMap::new();
        let mut ids = HashMap::new();
        let mut ends: Vec<usize> = (1..=clauses.len()).collect();
        for (at, clause) in clauses.iter().enumerate() {
            labels.entry(clause.label.as_str()).or_insert(at);
            ids.insert(clause.id.as_str(), at);
        }
        for (at, clause) in clauses.iter().enumerate().rev() {
            if let Some(parent) = clause.parent.as_deref().and_then(|p| ids.get(p)) {
                ends[*parent] = ends[*parent].max(ends[at]);
            }
        }
        let articles = clauses.iter().filter(|c| is_article(&c.label)).count();
        Self { document, labels, ids, ends, articles }
    }

    fn label(&self, label: &str) -> Option<usize> {
        self.labels.get(label).copied()
    }

    /// The clause that a path of steps (`7`, `(3)`, `②`) names when read in `from`: from the top, or from a clause
    /// that encloses `from`.
    fn resolve(&self, from: usize, path: &str) -> Option<usize> {
        let mut at = Some(from);
        while let Some(clause) = at.and_then(|i| self.document.clauses.get(i)) {
            if let Some(found) = self.label(&format!("{}{path}", clause.label)) {
                return Some(found);
            }
            at = clause.parent.as_deref().and_then(|p| self.ids.get(p).copied());
        }
        self.label(path).or_else(|| self.label(&format!("第{path}")))
    }

    /// A clause or anything below it speaks of a subject.
    fn speaks_of(&self, at: usize, noun: &str) -> bool {
        self.document.clauses[at..self.ends[at]].iter().any(|c| c.text.contains(noun))
    }

    /// The one clause whose heading names the subject, the shortest heading first.
    fn titled(&self, noun: &str) -> Option<&'a Clause> {
        let headed =
            self.document.clauses.iter().filter(|c| c.heading.as_deref().is_some_and(|h| h.contains(noun)));
        let mut found: Vec<&Clause> = headed.collect();
        found.sort_by_key(|c| (c.label.chars().count(), c.line));
        let top = found.iter().filter(|c| c.parent.is_none()).count();
        if found.len() == 1 || top == 1 { found.first().copied() } else { None }
    }
}

fn is_article(label: &str) -> bool {
    label.starts_with('第')
        && label.ends_with(|c: char| c == '条' || c.is_ascii_digit())
        && label.contains('条')
}

/// 上記3の脅威, 上記7、8及び9に規定する対策, 上記(1), 7(3)②.
fn pointed(index: &Index<'_>, at: usize, text: &str, left: &mut usize, warnings: &mut Vec<Warning>) {
    for pointer in POINTERS {
        for (start, _) in text.match_indices(pointer) {
            let rest = &text[start + pointer.len()..];
            let (paths, used) = paths(rest);
            if paths.is_empty() {
                continue;
            }
            if *left == 0 {
                return;
            }
            *left -= 1;
            let clause = &index.document.clauses[at];
            let quote = &text[start..start + pointer.len() + used];
            let line = line_of_char(clause, text[..start].chars().count());
            judge(index, &Spot { at, line, quote, after: &rest[used..] }, &paths, warnings);
        }
    }
}

/// 2(5)に定める: a number with parts that is followed by what only a reference is followed by.
fn bare(index: &Index<'_>, at: usize, text: &str, left: &mut usize, warnings: &mut Vec<Warning>) {
    let mut before = None;
    for (start, c) in text.char_indices() {
        let stands_alone = |c: char| !c.is_ascii_alphanumeric() && !"第条項号法令.-)年月".contains(c);
        let begins = c.is_ascii_digit()
            && before.is_none_or(stands_alone)
            && !POINTERS.iter().any(|pointer| text[..start].ends_with(pointer));
        before = Some(c);
        if !begins {
            continue;
        }
        let Some((path, length)) = path(&text[start..]) else { continue };
        let after = &text[start + length..];
        let refers = LINKS.iter().any(|link| *link != "の" && after.starts_with(link));
        if !refers || !path.contains(|c: char| !c.is_ascii_digit()) || *left == 0 {
            continue;
        }
        *left -= 1;
        let clause = &index.document.clauses[at];
        let line = line_of_char(clause, text[..start].chars().count());
        judge(index, &Spot { at, line, quote: &text[start..start + length], after }, &[path], warnings);
    }
}

/// The clause paths of a list such as `7、8及び9`, and the bytes they take.
fn paths(text: &str) -> (Vec<String>, usize) {
    let (mut found, mut used) = (Vec::new(), 0);
    loop {
        let rest = &text[used..];
        let joint = if found.is_empty() {
            Some(0)
        } else {
            ["及び", "又は", "並びに", "若しくは", "から", "、", ",", "・", "と"]
                .iter()
                .find(|j| rest.starts_with(**j))
                .map(|j| j.len())
        };
        let Some(joint) = joint else { break };
        let Some((path, length)) = path(&rest[joint..]) else { break };
        // 上記1件, 上記3月: a count, not a clause.
        let after = rest[joint + length..].chars().next();
        if after.is_some_and(|c| "月日年件名人台回点種個か箇割歳時分円%つ".contains(c)) || after == Some('.')
        {
            return (Vec::new(), 0);
        }
        found.push(path);
        used += joint + length;
    }
    (found, used)
}

/// `7(3)②`, `(1)`, `①`, `2-4-1`.
fn path(text: &str) -> Option<(String, usize)> {
    let (mut path, mut used) = (String::new(), 0);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 2 {
        return None;
    }
    used += digits;
    path.push_str(&text[..digits]);
    while let Some(more) = text[used..]
        .strip_prefix(['-', '.'])
        .map(|r| r.bytes().take_while(u8::is_ascii_digit).count())
        .filter(|n| *n > 0 && digits > 0)
    {
        path.push_str(&text[used..=used + more]);
        used += 1 + more;
    }
    loop {
        let rest = text[used..].strip_prefix('の').filter(|r| r.starts_with('(')).unwrap_or(&text[used..]);
        let skipped = text[used..].len() - rest.len();
        let first = rest.chars().next();
        if let Some(c) = first.filter(|c| (1..=CIRCLED_MAX).any(|n| crate::parse::circle(n) == c.to_string()))
        {
            path.push(c);
            used += skipped + c.len_utf8();
        } else if let Some((inner, _)) = rest.strip_prefix('(').and_then(|r| r.split_once(')'))
            && !inner.is_empty()
            && (inner.bytes().all(|b| b.is_ascii_digit()) || inner.chars().count() == 1)
        {
            path.push_str(&format!("({inner})"));
            used += skipped + inner.len() + 2;
        } else {
            break;
        }
    }
    (!path.is_empty()).then_some((path, used))
}

/// A reference where it stands: `上記3` on a line of the clause at this index, and what comes after it.
struct Spot<'t> {
    at: usize,
    line: u32,
    quote: &'t str,
    after: &'t str,
}

fn judge(index: &Index<'_>, spot: &Spot<'_>, paths: &[String], warnings: &mut Vec<Warning>) {
    let Spot { at, line, quote, after } = *spot;
    let clause = &index.document.clauses[at];
    let mut targets = Vec::new();
    for path in paths {
        let Some(target) = index.resolve(at, path) else {
            let message = format!("「{}」の「{quote}」が指す「{path}」がありません。", clause.label);
            warnings.push(Warning::new(line, Code::ReferenceMissing, message));
            return;
        };
        targets.push(target);
    }
    let Some(noun) = subject(after) else { return };
    // A noun such as 措置 sums up what the target says in other words. One that another clause has in its heading
    // is a subject of its own.
    let elsewhere =
        index.document.clauses.iter().any(|c| c.heading.as_deref().is_some_and(|h| h.contains(noun)));
    if !elsewhere || targets.iter().any(|t| index.speaks_of(*t, noun)) {
        return;
    }
    let link = &after[..after.find(noun).unwrap_or(0)];
    let advice = index.titled(noun).filter(|c| c.id != clause.id).map_or_else(
        || "参照先を確かめてください。".to_owned(),
        |c| format!("「{}」は「{}」のことと思われます。", quote, describe(c)),
    );
    let message = format!(
        "「{quote}{link}{noun}」とありますが、「{}」には「{noun}」の記載がありません。{advice}",
        targets.iter().map(|t| describe(&index.document.clauses[*t])).collect::<Vec<_>>().join("」「")
    );
    warnings.push(Warning::new(line, Code::ReferenceMismatch, message));
}

fn describe(clause: &Clause) -> String {
    clause.heading.as_ref().map_or_else(|| clause.label.clone(), |h| format!("{} {h}", clause.label))
}

/// The noun that a reference is about: 脅威 of `の脅威から`.
fn subject(after: &str) -> Option<&str> {
    let link = LINKS.iter().find(|l| after.starts_with(**l))?;
    let rest = &after[link.len()..];
    let is_word =
        |c: char| matches!(c, '\u{4E00}'..='\u{9FFF}' | 'ァ'..='ヺ' | 'ー' | '々') || c.is_ascii_alphabetic();
    let length: usize = rest.chars().take_while(|c| is_word(*c)).map(char::len_utf8).sum();
    let noun = rest[..length].strip_suffix('等').unwrap_or(&rest[..length]);
    (noun.chars().count() >= 2 && !EMPTY_NOUNS.contains(&noun)).then_some(noun)
}

/// 第7条第2項 where it must mean this document.
fn articles(index: &Index<'_>, clause: &Clause, text: &str, left: &mut usize, warnings: &mut Vec<Warning>) {
    let mut foreign_until = 0;
    let mut from = 0;
    while let Some(start) = text[from..].find('第').map(|i| from + i) {
        from = start + '第'.len_utf8();
        let Some((number, unit_end)) = ordinal(text, from, "条") else { continue };
        let before = &text[..start];
        let continued =
            start <= foreign_until + 12 && foreign_until > 0 && joined(&text[foreign_until..start]);
        if continued || is_foreign(before) {
            foreign_until = skip_parts(text, unit_end);
            from = foreign_until;
            continue;
        }
        // The label of the clause itself, or 第5条の2.
        let (label, end) =
            match text[unit_end..].strip_prefix('の').and_then(|_| digits(text, unit_end + 'の'.len_utf8()))
            {
                Some((branch, end)) => (format!("第{number}条の{branch}"), end),
                None => (format!("第{number}条"), unit_end),
            };
        from = end;
        if clause.is_deleted_range() {
            continue;
        }
        if *left == 0 {
            return;
        }
        *left -= 1;
        match index.label(&label) {
            None => missing(clause, line_of_char(clause, text[..start].chars().count()), &label, warnings),
            Some(target) => paragraph(index, clause, text, end, (&label, target), warnings),
        }
    }
}

/// 第2項 after 第5条.
fn paragraph(
    index: &Index<'_>,
    clause: &Clause,
    text: &str,
    end: usize,
    (label, target): (&str, usize),
    warnings: &mut Vec<Warning>,
) {
    let Some((number, _)) =
        text[end..].strip_prefix('第').and_then(|_| ordinal(text, end + '第'.len_utf8(), "項"))
    else {
        return;
    };
    if number == 1 || index.document.clauses[target].is_deleted_range() {
        return;
    }
    let full = format!("{label}第{number}項");
    if index.label(&full).is_none() {
        missing(clause, line_of_char(clause, text[..end].chars().count()), &full, warnings);
    }
}

fn missing(clause: &Clause, line: u32, label: &str, warnings: &mut Vec<Warning>) {
    let message = format!("「{}」に「{label}」とありますが、この文書に{label}はありません。", clause.label);
    warnings.push(Warning::new(line, Code::ReferenceMissing, message));
}

/// The line of a character of the folded text, which has as many characters as the text itself.
fn line_of_char(clause: &Clause, chars: usize) -> u32 {
    clause.line_at(clause.text.char_indices().nth(chars).map_or(clause.text.len(), |(at, _)| at))
}

/// The number at `from` and where its unit ends.
fn ordinal(text: &str, from: usize, unit: &str) -> Option<(u32, usize)> {
    let (number, end) = digits(text, from)?;
    text[end..].starts_with(unit).then(|| (number, end + unit.len()))
}

fn digits(text: &str, from: usize) -> Option<(u32, usize)> {
    let run: String = text[from..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || "一二三四五六七八九十百〇".contains(*c))
        .collect();
    kanji_number(&run).map(|n| (n, from + run.len()))
}

/// True when what stands before makes the article somebody else's: a law, a bracket with a law's number, 同.
fn is_foreign(before: &str) -> bool {
    let own = [
        "この規程",
        "この訓令",
        "この要綱",
        "この基準",
        "この方針",
        "この基本方針",
        "本規程",
        "本基準",
        "本方針",
        "本基本方針",
        "この規則",
    ];
    if own.iter().any(|o| before.trim_end_matches('の').ends_with(o)) {
        return false;
    }
    let last = before.chars().next_back();
    match last {
        None => false,
        Some(c) if "、。「(\n ・はにをがでともへ".contains(c) => {
            // 「…法」(以下「法」という。) 第2条 keeps its law even over a blank.
            before.trim_end().ends_with(')') && before.ends_with(' ')
        }
        Some(c) => {
            !("及び又は並びに若しくはから".contains(c)
                && ["及び", "又は", "並びに", "若しくは", "から"].iter().any(|j| before.ends_with(j)))
        }
    }
}

fn joined(between: &str) -> bool {
    ["及び", "又は", "並びに", "若しくは", "から", "、", "・"].contains(&between)
}

/// Past 第2項第3号 and the like.
fn skip_parts(text: &str, mut at: usize) -> usize {
    while let Some(rest) = text[at..].strip_prefix('第') {
        let start = text.len() - rest.len();
        match ["項", "号", "条"].iter().find_map(|u| ordinal(text, start, u)) {
            Some((_, end)) => at = end,
            None => break,
        }
    }
    at
}
