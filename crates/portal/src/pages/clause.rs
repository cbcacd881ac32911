//! A clause: its text, what it asks for, and whether that is so.

use crate::part::{ClauseLabel, Day, Mark, Moment, Seat};
use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "clause/clause.html")]
pub(crate) struct ClausePage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) document: String,
    pub(crate) edition: String,
    pub(crate) definition: bool,
    pub(crate) mark: Mark,
    pub(crate) now: Moment,
    pub(crate) then: Option<Day>,
    /// (label, text): the clause itself, then its items without a page of their own.
    pub(crate) texts: Vec<(String, String)>,
    pub(crate) children: Vec<(ClauseLabel, Mark)>,
    pub(crate) requirements: Vec<Row>,
    /// 整備・運用・独立確認; `None` where nothing asks for the stage.
    pub(crate) stages: Vec<(&'static str, Option<Mark>)>,
    pub(crate) as_of: String,
    /// (as recorded on that day, as known now about today), when a past day is shown.
    pub(crate) both: Option<(Mark, Mark)>,
}

/// One requirement of the clause with its verdict.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) stage: &'static str,
    /// 機械判定・記録・自己申告
    pub(crate) how: &'static str,
    pub(crate) unconfirmed: bool,
    pub(crate) mark: Mark,
    pub(crate) reason: String,
    /// 確認 12 / 対象 14
    pub(crate) population: String,
    pub(crate) source: String,
    pub(crate) seat: Seat,
}
