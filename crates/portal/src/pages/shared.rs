//! Two pages that most nouns need and none should draw for itself: a form, and a list.

use crate::part::{Cell, Errors, Field, Pager};
use crate::shell::Shell;
use askama::Template;

/// One form, one button, and what pressing it brings about.
#[derive(Debug, Template)]
#[template(path = "shared/form.html")]
pub(crate) struct FormPage {
    pub(crate) shell: Shell,
    pub(crate) lead: String,
    pub(crate) errors: Errors,
    pub(crate) action: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) upload: bool,
    pub(crate) button: &'static str,
    pub(crate) consequence: String,
}

/// Rows under a caption, a filter above, the way to the next rows below.
#[derive(Debug, Default, Template)]
#[template(path = "shared/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) lead: String,
    /// (address, words, here)
    pub(crate) tabs: Vec<(&'static str, &'static str, bool)>,
    pub(crate) filter: Vec<Field>,
    pub(crate) caption: String,
    pub(crate) heads: Vec<&'static str>,
    /// Every row has one cell per head.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What is said instead of an empty table.
    pub(crate) empty: &'static str,
    pub(crate) pager: Pager,
    pub(crate) add: Option<(String, &'static str)>,
}
