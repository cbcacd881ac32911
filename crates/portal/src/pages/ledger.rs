//! 証跡: how far the record can be trusted, and the form that lets someone outside vouch for it.

use crate::part::{Errors, Field, HashStamp, Moment};
use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "ledger/page.html")]
pub(crate) struct LedgerPage {
    pub(crate) shell: Shell,
    pub(crate) size: String,
    pub(crate) root: HashStamp,
    pub(crate) bad: bool,
    /// L0・L1・L2
    pub(crate) level: &'static str,
    pub(crate) level_words: &'static str,
    pub(crate) unsealed: i64,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) checkpoints: Vec<Checkpoint>,
    pub(crate) outside: Vec<Outside>,
    pub(crate) can_confirm: bool,
    pub(crate) errors: Errors,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub(crate) size: i64,
    pub(crate) at: Moment,
    pub(crate) root: HashStamp,
}

#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) place: String,
    pub(crate) size: i64,
    pub(crate) person: String,
    pub(crate) at: Moment,
}
