//! 申請・決裁: a page from which a seat can decide, showing everything the decision is bound to.

use crate::part::{ClauseLabel, Day, Errors, Field, HashStamp, Moment, Seat};
use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "decision/page.html")]
pub(crate) struct DecisionPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) applicant: String,
    pub(crate) requested: Moment,
    pub(crate) answer_by: Option<Day>,
    pub(crate) state: String,
    pub(crate) note: Option<String>,
    /// (term, words) of what is decided.
    pub(crate) subject: Vec<(&'static str, String)>,
    pub(crate) subject_link: Option<(String, &'static str)>,
    pub(crate) hash: HashStamp,
    pub(crate) clause: String,
    pub(crate) reason: String,
    pub(crate) consequence: &'static str,
    pub(crate) errors: Errors,
    pub(crate) comment: Field,
    pub(crate) can_decide: bool,
    pub(crate) can_withdraw: bool,
    /// Why the reader cannot decide, when they cannot.
    pub(crate) why_not: Option<String>,
    pub(crate) steps: Vec<Step>,
    /// (clause, how it changes)
    pub(crate) preview: Vec<(ClauseLabel, &'static str)>,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) seat: Seat,
    pub(crate) state: &'static str,
    pub(crate) at: Option<Moment>,
    pub(crate) comment: String,
    /// サーバ記録のみ, or the kind of signature.
    pub(crate) proof: &'static str,
}
