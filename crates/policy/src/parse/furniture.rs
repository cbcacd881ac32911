//! Page furniture that text taken from a PDF or printout carries: page numbers and running headers.

use super::{Reader, excerpt};
use crate::decode::LineKind;
use crate::model::Code;
use crate::text::{squeeze, width};
use std::collections::HashMap;

/// A running header is a short line.
const HEADER_COLUMNS_MAX: usize = 80;
/// A line must come back this often before it counts as a running header.
const HEADER_REPEATS_MIN: usize = 3;

pub(super) fn set_aside(reader: &mut Reader<'_>) {
    let mut page_edges = Vec::new();
    for index in 0..reader.source.lines.len() {
        if reader.source.lines[index].kind == LineKind::PageTop {
            page_edges.push(index);
        }
        if reader.is_open(index) && is_page_number(reader.text(index)) {
            let message =
                format!("ページ番号「{}」と見て、本文から除きました。", excerpt(reader.text(index)));
            reader.set_aside(index, Code::PageNumberRemoved, message);
            page_edges.push(index);
        }
    }
    running_headers(reader, &page_edges);
}

/// `- 3 -`, `3`, `3/12`, `3 / 12 ページ`, `P.3`, `ページ 3`, `- ii -`.
pub(crate) fn is_page_number(text: &str) -> bool {
    let text = squeeze(text).to_ascii_lowercase();
    if text.is_empty() || text.chars().count() > 16 {
        return false;
    }
    let core = text.trim_matches(|c| {
        matches!(
            c,
            '-' | '‐' | '–' | '—' | '―' | '－' | 'ー' | '−' | '~' | '〜' | '[' | ']' | '<' | '>' | '|'
        )
    });
    let dashed = core.len() < text.len();
    let core = core
        .strip_prefix("page")
        .or_else(|| core.strip_prefix("p."))
        .or_else(|| core.strip_prefix("ページ"))
        .unwrap_or(core);
    let core = core.strip_suffix("ページ").or_else(|| core.strip_suffix('頁')).unwrap_or(core);
    let is_number = |t: &str| !t.is_empty() && t.len() <= 4 && t.bytes().all(|b| b.is_ascii_digit());
    let is_roman =
        |t: &str| dashed && !t.is_empty() && t.len() <= 6 && t.chars().all(|c| matches!(c, 'i' | 'v' | 'x'));
    match core.split_once(['/', '／']) {
        Some((page, pages)) => is_number(page) && is_number(pages),
        None => is_number(core) || is_roman(core),
    }
}

/// The same short line (digits aside) beside at least three page edges.
fn running_headers(reader: &mut Reader<'_>, page_edges: &[usize]) {
    let mut beside: HashMap<String, Vec<usize>> = HashMap::new();
    for edge in page_edges {
        let mut near: Vec<usize> = (0..*edge).rev().filter(|i| reader.is_open(*i)).take(1).collect();
        near.extend((*edge..reader.fates.len()).filter(|i| reader.is_open(*i)).take(1));
        for index in near {
            let text = reader.text(index);
            if width(text) <= HEADER_COLUMNS_MAX && !text.trim_end().ends_with('。') {
                let key: String = squeeze(text).chars().filter(|c| !c.is_ascii_digit()).collect();
                let lines = beside.entry(key).or_default();
                if lines.last() != Some(&index) {
                    lines.push(index);
                }
            }
        }
    }
    for (key, mut lines) in beside {
        lines.sort_unstable();
        lines.dedup();
        if lines.len() < HEADER_REPEATS_MIN || key.chars().count() < 2 {
            continue;
        }
        for index in lines {
            // Before the first page edge stands the title, which a running header may repeat.
            let on_first_page = page_edges.first().is_none_or(|edge| index < *edge);
            if reader.is_open(index) && !on_first_page {
                let message = format!(
                    "各ページの見出し「{}」と見て、本文から除きました。",
                    excerpt(reader.text(index))
                );
                reader.set_aside(index, Code::PageHeaderRemoved, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_page_number;

    #[test]
    fn page_numbers() {
        for text in
            ["- 3 -", "－ ３ －", "3", "3 / 12", "3/12ページ", "P.3", "ページ 3", "- ii -", "[4]", "― 12 ―"]
        {
            assert!(is_page_number(text), "{text}");
        }
        for text in ["1 目的", "(1)", "①", "ii", "令和6年", "12345", "-", "第3"] {
            assert!(!is_page_number(text), "{text}");
        }
    }
}
