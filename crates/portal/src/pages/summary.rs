//! One A4 page for the CISO.

use crate::pages::board::{Adopted, Fix, Tally};
use crate::part::{Bar, Moment};
use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "summary/summary.html")]
pub(crate) struct SummaryPage {
    pub(crate) shell: Shell,
    pub(crate) city: String,
    pub(crate) document: String,
    pub(crate) now: Moment,
    pub(crate) tallies: Vec<Tally>,
    /// The whole page in one sentence.
    pub(crate) sentence: String,
    pub(crate) fixes: Vec<Fix>,
    pub(crate) more_fixes: usize,
    pub(crate) decisions: Vec<Waiting>,
    pub(crate) adopted: Adopted,
    pub(crate) heads: Vec<&'static str>,
    pub(crate) chapters: Vec<ChapterLine>,
    pub(crate) ledger: String,
}

#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) title: String,
    pub(crate) applicant: String,
    pub(crate) requested: Moment,
}

#[derive(Debug)]
pub(crate) struct ChapterLine {
    pub(crate) words: String,
    pub(crate) bar: Bar,
    pub(crate) counts: Vec<usize>,
}
