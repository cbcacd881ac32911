//! The rows of a 新旧対照表, before they are written in a format.

use super::{Change, Proposal, Run, diff};
use crate::limits;
use crate::model::{Clause, Document};
use std::collections::HashMap;

/// One row: what stands on each side, and what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub change: Change,
    pub new: Option<Side>,
    pub old: Option<Side>,
}

/// One clause on one side. `runs` make up its text, paragraphs parted by line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    pub label: String,
    pub label_changed: bool,
    pub runs: Vec<Run>,
}

/// A whole table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    pub title: String,
    /// 改定後 and 改定前 with their dates.
    pub new_caption: String,
    pub old_caption: String,
    pub rows: Vec<Row>,
}

/// Lays confirmed proposals out as rows. Unchanged clauses are left out unless `whole` is set. Proposals that name
/// clauses which do not exist are skipped.
pub fn rows(old: &Document, new: &Document, confirmed: &[Proposal], whole: bool) -> Rows {
    let by_id = |d: &'_ Document| -> HashMap<String, Clause> {
        d.clauses.iter().map(|c| (c.id.clone(), c.clone())).collect()
    };
    let (olds, news) = (by_id(old), by_id(new));
    let mut fuel = limits::DIFF_FUEL_CELLS;
    let mut out = Vec::new();
    for proposal in confirmed.iter().filter(|p| whole || p.change != Change::Kept) {
        let old: Vec<&Clause> = proposal.old.iter().filter_map(|id| olds.get(id)).collect();
        let new: Vec<&Clause> = proposal.new.iter().filter_map(|id| news.get(id)).collect();
        let (old_text, new_text) = (together(&old), together(&new));
        let (old_runs, new_runs) = match (old.is_empty(), new.is_empty()) {
            (true, true) => continue,
            (true, false) => (Vec::new(), vec![Run { text: new_text, changed: true }]),
            (false, true) => (vec![Run { text: old_text, changed: true }], Vec::new()),
            (false, false) => diff(&old_text, &new_text, &mut fuel),
        };
        let (old_label, new_label) = (labels(&old), labels(&new));
        let label_changed = old_label != new_label;
        let side = |label: String, runs: Vec<Run>| {
            (!label.is_empty()).then_some(Side { label, label_changed, runs })
        };
        out.push(Row {
            change: proposal.change,
            new: side(new_label, new_runs),
            old: side(old_label, old_runs),
        });
    }
    Rows {
        title: title(old, new),
        new_caption: caption("改定後", new),
        old_caption: caption("改定前", old),
        rows: out,
    }
}

/// Several clauses of one side: the second and following carry their numbers in the text.
fn together(clauses: &[&Clause]) -> String {
    let mut text = String::new();
    for (at, clause) in clauses.iter().enumerate() {
        if at > 0 {
            text.push_str(&format!("\n{} ", clause.label));
        }
        text.push_str(&clause.text);
    }
    text
}

fn labels(clauses: &[&Clause]) -> String {
    clauses.first().map_or_else(String::new, |c| c.label.clone())
}

fn title(old: &Document, new: &Document) -> String {
    let name = new.title.as_deref().or(old.title.as_deref()).unwrap_or("文書");
    format!("{name} 新旧対照表")
}

fn caption(word: &str, document: &Document) -> String {
    let date = document.revised.or(document.adopted);
    date.map_or_else(|| word.to_owned(), |d| format!("{word}（{}）", sekisho_domain::date::wareki(d)))
}
