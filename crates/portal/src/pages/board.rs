//! 方針の実施状況: is the policy holding today, what must be put right, how is each chapter.

use crate::part::{Bar, ClauseLabel, Day, Mark, Moment, Seat, Spark};
use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "board/board.html")]
pub(crate) struct Board {
    pub(crate) shell: Shell,
    /// さくら坂市 情報セキュリティ基本方針 第4版（令和6年4月1日施行）
    pub(crate) document: String,
    pub(crate) now: Moment,
    /// The day whose records are shown, when it is not today.
    pub(crate) then: Option<Day>,
    pub(crate) tallies: Vec<Tally>,
    pub(crate) seal: SealLine,
    pub(crate) adopted: Adopted,
    pub(crate) fixes: Vec<Fix>,
    pub(crate) fix_caption: String,
    pub(crate) nothing_to_fix: &'static str,
    /// Column heads of the counts in `chapters`.
    pub(crate) heads: Vec<&'static str>,
    pub(crate) chapters: Vec<ChapterRow>,
    /// ISO dates for the date field.
    pub(crate) as_of: String,
    pub(crate) today: String,
}

/// Clauses in one state.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) mark: Mark,
    pub(crate) count: usize,
    pub(crate) href: String,
}

/// The ledger in one line: how many entries, how far it can be trusted.
#[derive(Debug)]
pub(crate) struct SealLine {
    pub(crate) size: String,
    pub(crate) line: String,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Adopted {
    /// Requirements in force, the city's own included.
    pub(crate) count: usize,
    pub(crate) of_catalogue: usize,
    pub(crate) total: usize,
    /// Whether anything was decided yet.
    pub(crate) started: bool,
}

/// One thing to put right: why, who moves next, by when.
#[derive(Debug)]
pub(crate) struct Fix {
    pub(crate) clause: ClauseLabel,
    pub(crate) mark: Mark,
    pub(crate) reason: String,
    pub(crate) requirement_id: String,
    pub(crate) link: String,
    pub(crate) seat: Seat,
    pub(crate) due: Option<Day>,
}

#[derive(Debug)]
pub(crate) struct ChapterRow {
    pub(crate) clause: ClauseLabel,
    /// A part of the chapter above it, indented.
    pub(crate) child: bool,
    pub(crate) bar: Bar,
    /// (count, list of those rows), in the order of `Board::heads`.
    pub(crate) counts: Vec<(usize, String)>,
    pub(crate) spark: Spark,
}
