//! はじめる: leads a new city from an empty portal to its first board, counting what is there.

use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "start/start.html")]
pub(crate) struct StartPage {
    pub(crate) shell: Shell,
    pub(crate) done_count: usize,
    pub(crate) steps: Vec<StartStep>,
}

#[derive(Debug)]
pub(crate) struct StartStep {
    pub(crate) title: &'static str,
    pub(crate) why: &'static str,
    pub(crate) progress: String,
    pub(crate) href: &'static str,
    pub(crate) action: &'static str,
    pub(crate) done: bool,
    /// The first step that is not done: the one to take now.
    pub(crate) open: bool,
    pub(crate) class: &'static str,
}
