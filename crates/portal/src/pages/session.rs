//! Where am I logged in, and how do I end it.

use crate::part::Moment;
use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "session/list.html")]
pub(crate) struct SessionList {
    pub(crate) shell: Shell,
    pub(crate) sessions: Vec<SessionRow>,
}

#[derive(Debug)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) agent: String,
    pub(crate) address: String,
    pub(crate) since: Moment,
    pub(crate) seen: Moment,
    pub(crate) current: bool,
}
