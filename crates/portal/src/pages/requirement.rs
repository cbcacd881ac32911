//! 要求事項: choosing them from the catalogue, seeing why one holds or not, filing what proves it.

use crate::part::{ClauseLabel, Day, Errors, Field, HashStamp, Mark, Moment, Pager, Seat};
use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "requirement/list.html")]
pub(crate) struct RequirementList {
    pub(crate) shell: Shell,
    pub(crate) adopted: usize,
    pub(crate) total: usize,
    pub(crate) undecided: usize,
    pub(crate) errors: Errors,
    pub(crate) filter: Vec<Field>,
    pub(crate) rows: Vec<ListRow>,
    pub(crate) matching: usize,
    pub(crate) pager: Pager,
    pub(crate) can_edit: bool,
    pub(crate) fields: Vec<Field>,
    /// The query string to come back to, with its `?`.
    pub(crate) back: String,
}

#[derive(Debug)]
pub(crate) struct ListRow {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) clause: String,
    pub(crate) role: String,
    pub(crate) state: &'static str,
    pub(crate) unconfirmed: bool,
    pub(crate) mark: Option<Mark>,
    pub(crate) picked: bool,
}

#[derive(Debug, Template)]
#[template(path = "requirement/page.html")]
pub(crate) struct RequirementPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) clause: ClauseLabel,
    /// 採用・変更して採用・不採用・未検討
    pub(crate) adoption: String,
    pub(crate) edition: String,
    pub(crate) unconfirmed: bool,
    pub(crate) how: &'static str,
    pub(crate) attestation: bool,
    pub(crate) seat: Seat,
    pub(crate) verdict: Option<VerdictCard>,
    /// Said instead of a verdict: why there is none.
    pub(crate) not_judged: &'static str,
    pub(crate) history: Vec<Change>,
    pub(crate) evidence: Vec<EvidenceRow>,
    pub(crate) no_evidence: &'static str,
    pub(crate) pager: Pager,
    pub(crate) can_file: bool,
    pub(crate) errors: Errors,
    pub(crate) fields: Vec<Field>,
    pub(crate) event_triggered: bool,
    pub(crate) zero_open: bool,
    pub(crate) zero_fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct VerdictCard {
    pub(crate) mark: Mark,
    pub(crate) reason: String,
    pub(crate) expected: i64,
    pub(crate) observed: i64,
    pub(crate) violating: i64,
    pub(crate) source: String,
    pub(crate) since: Moment,
    pub(crate) samples: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) from: Moment,
    pub(crate) mark: Mark,
    pub(crate) reason: String,
}

#[derive(Debug)]
pub(crate) struct EvidenceRow {
    pub(crate) title: String,
    pub(crate) kind: &'static str,
    /// Filed more than 30 days after it was seen.
    pub(crate) late: bool,
    pub(crate) observed: Day,
    pub(crate) fresh_until: Day,
    pub(crate) filed: Day,
    pub(crate) about: String,
    pub(crate) by: Seat,
    /// (address, name)
    pub(crate) file: Option<(String, String)>,
    pub(crate) hash: Option<HashStamp>,
}
