//! What verification found.

use crate::merkle::{Hash, empty_root};
use std::fmt;

/// How far the result can be trusted. A level says against what was compared, not that all is well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Compared with itself only: entries, tiles and signed head. Who holds the key can rewrite all of them.
    #[default]
    L0,
    /// Compared with at least one checkpoint that was kept elsewhere.
    L1,
    /// Enough witnesses cosigned a checkpoint that agrees.
    L2,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What is wrong at an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BadKind {
    /// The entry is not the one that was logged.
    Edited,
    /// One or more logged entries are missing here.
    Removed,
    /// One or more entries stand here that were never logged.
    Inserted,
    /// The logged entries are all here, in another order.
    Reordered,
    /// The log ends here although more was logged.
    TruncatedTail,
    /// The log signed two histories that part after this index at the latest.
    Forked,
    /// A row's present state is not the one last logged for it.
    UnloggedChange,
    /// A row is gone although its last entry says it exists.
    RowMissing,
    /// The head is not signed by a known key.
    UnknownSigner,
    /// The head bears a known key's name, but the signature is wrong.
    BadSignature,
    /// The head cannot be read at all.
    BadCheckpoint,
}

impl BadKind {
    pub const ALL: [BadKind; 11] = [
        BadKind::Edited,
        BadKind::Removed,
        BadKind::Inserted,
        BadKind::Reordered,
        BadKind::TruncatedTail,
        BadKind::Forked,
        BadKind::UnloggedChange,
        BadKind::RowMissing,
        BadKind::UnknownSigner,
        BadKind::BadSignature,
        BadKind::BadCheckpoint,
    ];

    /// Stable name for machines.
    pub fn code(self) -> &'static str {
        match self {
            BadKind::Edited => "edited",
            BadKind::Removed => "removed",
            BadKind::Inserted => "inserted",
            BadKind::Reordered => "reordered",
            BadKind::TruncatedTail => "truncated_tail",
            BadKind::Forked => "forked",
            BadKind::UnloggedChange => "unlogged_change",
            BadKind::RowMissing => "row_missing",
            BadKind::UnknownSigner => "unknown_signer",
            BadKind::BadSignature => "bad_signature",
            BadKind::BadCheckpoint => "bad_checkpoint",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Index of the first entry concerned. For a row that is in no entry: the number of entries.
    pub index: u64,
    pub kind: BadKind,
    /// English, for logs: `asset/a-1 version 3`.
    pub detail: String,
}

/// Something an auditor should know that does not by itself show tampering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Entry `index` is dated more than 60 s before one that precedes it.
    ClockBackwards { index: u64, behind_ms: i64 },
    /// Entry `index` was under a checkpoint that others saw more than 60 s before the entry's own date.
    DatedAhead { index: u64, ahead_ms: i64 },
    /// A tile is not what the entries give, although the entries are right: rebuild the tiles.
    TilesStale { path: String },
    /// A tile is missing.
    TileMissing { path: String },
    /// A leaf is not an entry of a known format.
    ForeignEntry { index: u64 },
    /// A checkpoint kept elsewhere could not be used; `code` is that of [`crate::Error`].
    KeptUnusable { place: String, code: &'static str },
    /// The head is older than a checkpoint kept elsewhere, but the entries reach it: publish again.
    HeadBehind { place: String, size: u64 },
    /// A known witness's line on a checkpoint does not verify.
    BadCosignature { detail: String },
}

impl Warning {
    /// Stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Warning::ClockBackwards { .. } => "clock_backwards",
            Warning::DatedAhead { .. } => "dated_ahead",
            Warning::TilesStale { .. } => "tiles_stale",
            Warning::TileMissing { .. } => "tile_missing",
            Warning::ForeignEntry { .. } => "foreign_entry",
            Warning::KeptUnusable { .. } => "kept_unusable",
            Warning::HeadBehind { .. } => "head_behind",
            Warning::BadCosignature { .. } => "bad_cosignature",
        }
    }
}

/// The first findings and warnings of a run are kept, all are counted.
const MAX_LISTED: usize = 100;

/// The result of a verification.
#[derive(Clone, Debug)]
pub struct VerifyReport {
    /// The log's name; empty when the head could not be believed.
    pub origin: String,
    /// Entries under the signed head.
    pub size: u64,
    pub root: Hash,
    pub level: Level,
    /// The first so many entries agree with what others hold (L1) or cosigned (L2); 0 at L0.
    pub confirmed_size: u64,
    /// Entries that are not under the head yet (記録中).
    pub pending: u64,
    /// Kept checkpoints that agree, by place.
    pub agreeing: Vec<String>,
    /// Witnesses on the checkpoint that gave level L2.
    pub cosigners: Vec<String>,
    /// Rows compared, when there were any to compare.
    pub rows: Option<u64>,
    /// The log's first leaf is the last checkpoint, signed by a known key, of a log it continues: its name.
    pub continues: Option<String>,
    /// What is wrong, lowest index first.
    pub first_bad: Option<Finding>,
    /// The first 100 findings, lowest index first.
    pub findings: Vec<Finding>,
    pub findings_count: u64,
    /// The first 100 warnings.
    pub warnings: Vec<Warning>,
    pub warnings_count: u64,
}

impl Default for VerifyReport {
    fn default() -> Self {
        VerifyReport {
            origin: String::new(),
            size: 0,
            root: empty_root(),
            level: Level::L0,
            confirmed_size: 0,
            pending: 0,
            agreeing: Vec::new(),
            cosigners: Vec::new(),
            rows: None,
            continues: None,
            first_bad: None,
            findings: Vec::new(),
            findings_count: 0,
            warnings: Vec::new(),
            warnings_count: 0,
        }
    }
}

impl VerifyReport {
    /// Whether nothing wrong was found, as far as the level reaches.
    pub fn is_intact(&self) -> bool {
        self.findings_count == 0
    }

    pub(crate) fn add(&mut self, index: u64, kind: BadKind, detail: String) {
        self.findings_count += 1;
        let finding = Finding { index, kind, detail };
        if self.first_bad.as_ref().is_none_or(|first| finding.index < first.index) {
            self.first_bad = Some(finding.clone());
        }
        if self.findings.len() < MAX_LISTED {
            self.findings.push(finding);
        }
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        self.warnings_count += 1;
        if self.warnings.len() < MAX_LISTED {
            self.warnings.push(warning);
        }
    }

    pub(crate) fn conclude(&mut self) {
        self.findings.sort_by_key(|finding| finding.index);
        if let Some(first) = &self.first_bad {
            self.confirmed_size = self.confirmed_size.min(first.index);
        }
    }
}
