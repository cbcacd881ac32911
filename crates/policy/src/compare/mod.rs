//! Two revisions side by side.
//!
//! [`propose`] says which clause of the new revision continues which of the old; a person confirms or corrects the
//! proposals, and [`carried`] then lets ids survive renumbering. [`rows`] turns confirmed proposals into a
//! 新旧対照表, which [`html()`] and [`docx()`] write.

mod diff;
mod docx;
mod html;
mod matching;
mod table;

pub use diff::{Run, diff};
pub use docx::docx;
pub use html::html;
pub use matching::propose;
pub use table::{Row, Rows, Side, rows};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Same number, same text.
    Kept,
    /// Same text under another number.
    Renumbered,
    /// Another text, perhaps under another number.
    Changed,
    /// One old clause became several.
    Split,
    /// Several old clauses became one.
    Merged,
    Added,
    Removed,
}

impl Change {
    pub const ALL: [Self; 7] =
        [Self::Kept, Self::Renumbered, Self::Changed, Self::Split, Self::Merged, Self::Added, Self::Removed];

    /// As it stands in a 新旧対照表.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Kept => "変更なし",
            Self::Renumbered => "番号の変更",
            Self::Changed => "改定",
            Self::Split => "分割",
            Self::Merged => "統合",
            Self::Added => "新設",
            Self::Removed => "削除",
        }
    }
}

/// A proposal for a person to confirm. Ids are those of the two documents; the first of a list is the one whose
/// identity goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub change: Change,
    pub old: Vec<String>,
    pub new: Vec<String>,
    /// How sure the proposal is, 0 to 100 per cent.
    pub confidence_percent: u8,
}

/// New id → old id for every clause whose identity goes on. A split hands its identity to the first part, a merger
/// takes that of its first source.
pub fn carried(confirmed: &[Proposal]) -> BTreeMap<String, String> {
    confirmed.iter().filter_map(|p| Some((p.new.first()?.clone(), p.old.first()?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn changes_are_worded_once() {
        let words: HashSet<_> = Change::ALL.iter().map(|c| c.ja()).collect();
        assert_eq!(words.len(), Change::ALL.len());
    }
}
