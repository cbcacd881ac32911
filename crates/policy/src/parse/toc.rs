//! The table of contents: recognised, compared with the body, never imported as text.

use super::marker::marker;
use super::{Fate, Reader};
use crate::decode::LineKind;
use crate::limits;
use crate::text::{folded, squeeze, width};
use std::collections::HashSet;

/// What the table of contents lists.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) entries: Vec<Entry>,
    keys: HashSet<String>,
    paged: usize,
}

#[derive(Debug)]
pub(super) struct Entry {
    /// Number and heading without blanks, page and range of articles.
    pub(super) key: String,
    pub(super) text: String,
    pub(super) line: usize,
    paged: bool,
}

impl Contents {
    pub(super) fn has(&self, line: &str) -> bool {
        !self.keys.is_empty() && self.keys.contains(&key(line))
    }
}

/// The form in which a line of the body is compared with an entry: number in the spelling of labels, no blanks, no
/// dashes.
pub(super) fn key(line: &str) -> String {
    let spelled = marker(line).map(|m| format!("{}{}", m.label, &line[m.content..]));
    squeeze(spelled.as_deref().unwrap_or(line)).replace(['.', '、', '―', '–', '—', '‐', '−', '-'], "")
}

pub(super) fn read(reader: &mut Reader<'_>) -> Contents {
    let mut contents = Contents::default();
    for index in 0..reader.fates.len() {
        if reader.is_open(index) && reader.source.lines[index].kind == LineKind::Toc {
            take(reader, &mut contents, index);
        }
    }
    let title = (0..reader.fates.len()).find(|i| {
        reader.is_open(*i)
            && matches!(
                squeeze(reader.text(*i)).as_str(),
                "目次" | "もくじ" | "[目次]" | "【目次】" | "-目次-"
            )
    });
    if let Some(title) = title {
        reader.settle(title, Fate::Toc);
        entries_below(reader, title + 1, &mut contents);
    }
    contents
}

/// Entries follow each other until the first heading comes again, or until something that is no entry.
fn entries_below(reader: &mut Reader<'_>, from: usize, contents: &mut Contents) {
    let mut index = from;
    while let Some(next) =
        reader.next_open(index).filter(|_| contents.entries.len() < limits::CONTENTS_ENTRIES_MAX)
    {
        let text = reader.text(next);
        let (entry, paged, ranged) = split(text);
        let numbered = marker(text).is_some();
        let mostly_paged = contents.paged * 2 > contents.entries.len();
        let again = !paged && contents.has(&entry);
        let caption = text.trim_start().starts_with(['(', '（']) && !paged && !numbered;
        let listed =
            paged || ranged || numbered || matches!(squeeze(text).as_str(), "附則" | "付則" | "はじめに");
        // A part without a number: short, in a list without pages, with a number below it.
        let part = || {
            contents.paged == 0
                && width(text) <= 40
                && reader.next_open(next + 1).is_some_and(|n| marker(reader.text(n)).is_some())
        };
        let body = !paged && !ranged && numbered && mostly_paged;
        if again || caption || body || text.contains('。') || !(listed || part()) {
            break;
        }
        take(reader, contents, next);
        index = next + 1;
    }
}

fn take(reader: &mut Reader<'_>, contents: &mut Contents, index: usize) {
    reader.settle(index, Fate::Toc);
    let (text, paged, _) = split(reader.text(index));
    // An entry that was broken over two lines carries its page on the second.
    if marker(reader.text(index)).is_none()
        && paged
        && let Some(last) = contents.entries.last_mut()
        && !last.paged
    {
        last.text.push_str(text.trim());
        last.key = key(&last.text);
        last.paged = true;
        contents.keys.insert(last.key.clone());
        contents.paged += 1;
        return;
    }
    contents.keys.insert(key(&text));
    contents.paged += usize::from(paged);
    contents.entries.push(Entry { key: key(&text), text: text.trim().to_owned(), line: index, paged });
}

/// An entry without its page number and range of articles; whether it had them.
fn split(text: &str) -> (String, bool, bool) {
    let plain = folded(text.trim());
    let digits = plain.chars().rev().take_while(char::is_ascii_digit).count();
    let head: String = plain.chars().take(plain.chars().count() - digits).collect();
    let leader = head.ends_with(|c: char| {
        matches!(c, ' ' | '.' | '…' | '‥' | '・' | '·' | '⋯' | '-' | '―' | '─' | 'P' | 'p')
    });
    let paged = (1..=4).contains(&digits) && leader && !head.trim().is_empty();
    let mut kept = if paged {
        let head = head.trim_end_matches(['P', 'p']);
        head.trim_end_matches([' ', '.', '…', '‥', '・', '·', '⋯', '-', '―', '─']).to_owned()
    } else {
        plain
    };
    let mut ranged = false;
    if kept.ends_with(')')
        && let Some(open) = kept.rfind("(第")
        && kept[open..].contains('条')
    {
        kept.truncate(open);
        ranged = true;
    }
    (kept, paged, ranged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_lose_page_and_range() {
        for (text, kept, paged, ranged) in [
            ("1\t目的\t1", "1 目的", true, false),
            ("１　目的……………３", "1 目的", true, false),
            ("(1) 組織 ･ ･ 12", "(1) 組織 ･ ･", true, false),
            ("第1章 総則（第1条―第4条）", "第1章 総則", false, true),
            ("3 対策2024", "3 対策2024", false, false),
        ] {
            assert_eq!(split(text), (kept.to_owned(), paged, ranged), "{text}");
        }
    }
}
