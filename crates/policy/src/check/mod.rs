//! Defects of a finished document: what a careful reader in the 総務 section would mark in red.
//!
//! Each check would rather stay silent than be wrong: a warning that is not a defect costs a person's trust in all
//! the others.

mod history;
mod numbers;
mod references;
mod words;

use crate::model::{Clause, Document, Warning};

/// Examines numbering, references, terms and the 改定履歴. Nothing is changed.
pub fn check(document: &Document) -> Vec<Warning> {
    let mut warnings = Vec::new();
    numbers::check(document, &mut warnings);
    references::check(document, &mut warnings);
    words::check(document, &mut warnings);
    history::check(document, &mut warnings);
    warnings
}

/// The label without the part that it shares with its parent: `②` of `7(3)②`, `2` of 第7条第2項. `2-4` keeps all.
pub(crate) fn own_step<'a>(clause: &'a Clause, parent: Option<&Clause>) -> &'a str {
    let step = parent.and_then(|p| clause.label.strip_prefix(p.label.as_str())).filter(|s| !s.is_empty());
    let step = step.unwrap_or(&clause.label);
    if step.starts_with(['-', '.']) {
        return &clause.label;
    }
    let step = step.strip_prefix('の').unwrap_or(step);
    step.strip_prefix('第').and_then(|s| s.strip_suffix('項')).unwrap_or(step)
}
