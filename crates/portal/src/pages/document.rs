//! 文書: the policy's texts, their revisions, what changed between two of them, and where they are published.

use crate::part::{ClauseLabel, Day, Errors, Field, HashStamp};
use crate::shell::Shell;
use askama::Template;

#[derive(Debug, Template)]
#[template(path = "document/page.html")]
pub(crate) struct DocumentPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) visibility: &'static str,
    pub(crate) owner: String,
    /// 見直しは12か月ごと（最後は令和8年4月1日）
    pub(crate) review: String,
    pub(crate) revisions: Vec<RevisionRow>,
    pub(crate) old: Field,
    pub(crate) new: Field,
    pub(crate) can_edit: bool,
}

#[derive(Debug)]
pub(crate) struct RevisionRow {
    pub(crate) id: String,
    pub(crate) edition: String,
    pub(crate) hash: HashStamp,
    /// 案・決裁中・施行前・施行中・旧版
    pub(crate) state: String,
    pub(crate) revised: Option<Day>,
    pub(crate) effective: Option<Day>,
    pub(crate) clauses: i64,
    pub(crate) warnings: i64,
    pub(crate) compare: Option<String>,
}

/// What the importer read, before anything is saved.
#[derive(Debug, Template)]
#[template(path = "document/preview.html")]
pub(crate) struct PreviewPage {
    pub(crate) shell: Shell,
    pub(crate) upload_id: String,
    pub(crate) file: String,
    pub(crate) bytes: String,
    pub(crate) hash: HashStamp,
    pub(crate) found_title: String,
    pub(crate) adopted: String,
    pub(crate) revised: String,
    pub(crate) entries: usize,
    pub(crate) terms: usize,
    pub(crate) clauses: Vec<FoundClause>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) errors: Errors,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct FoundClause {
    pub(crate) label: String,
    pub(crate) heading: String,
    pub(crate) text: String,
    pub(crate) line: usize,
}

#[derive(Debug)]
pub(crate) struct Warning {
    pub(crate) line: i64,
    pub(crate) message: String,
}

#[derive(Debug, Template)]
#[template(path = "document/revision.html")]
pub(crate) struct RevisionPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) visibility: &'static str,
    pub(crate) state: String,
    pub(crate) hash: HashStamp,
    pub(crate) note: Option<String>,
    pub(crate) revised: Option<Day>,
    pub(crate) effective: Option<Day>,
    pub(crate) source: String,
    /// (body, day, file number)
    pub(crate) bodies: Vec<(String, Day, String)>,
    /// (address, words)
    pub(crate) decision: Option<(String, String)>,
    pub(crate) compare: Option<String>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) impact: Vec<Impact>,
    pub(crate) clauses: Vec<ClauseRow>,
    pub(crate) history: Vec<Entry>,
    pub(crate) publications: Vec<Published>,
    pub(crate) errors: Errors,
    pub(crate) can_publish: bool,
    pub(crate) publish_fields: Vec<Field>,
    pub(crate) can_submit: bool,
    pub(crate) submit_fields: Vec<Field>,
    /// Who will be asked, e.g. 「最高情報セキュリティ責任者(CISO)」.
    pub(crate) approver: String,
}

#[derive(Debug)]
pub(crate) struct ClauseRow {
    pub(crate) clause: ClauseLabel,
    pub(crate) heading: String,
    pub(crate) text: String,
    pub(crate) visibility: &'static str,
    pub(crate) definition: bool,
}

/// What a changed clause touches.
#[derive(Debug)]
pub(crate) struct Impact {
    pub(crate) clause: ClauseLabel,
    pub(crate) change: &'static str,
    pub(crate) requirements: i64,
    pub(crate) evidence: i64,
}

/// One line of the 改定履歴.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) edition: String,
    pub(crate) revised: Option<Day>,
    pub(crate) effective: Option<Day>,
    pub(crate) sections: String,
    pub(crate) summary: String,
}

#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) url: String,
    pub(crate) day: Day,
    pub(crate) person: String,
    pub(crate) hash: HashStamp,
}

#[derive(Debug, Template)]
#[template(path = "document/compare.html")]
pub(crate) struct ComparePage {
    pub(crate) shell: Shell,
    pub(crate) old: String,
    pub(crate) new: String,
    pub(crate) changed: usize,
    pub(crate) docx: String,
    pub(crate) rows: Vec<CompareRow>,
}

#[derive(Debug)]
pub(crate) struct CompareRow {
    pub(crate) label: String,
    pub(crate) change: &'static str,
    /// (changed here, text)
    pub(crate) new: Vec<(bool, String)>,
    pub(crate) old: Vec<(bool, String)>,
}
