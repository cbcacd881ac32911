//! 新旧対照表 between two stored revisions. A clause keeps its identity through renumbering, so what became of it is
//! read from the identities that a person confirmed, not guessed again.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::board::edition;
use crate::pages::evidence::attachment;
use crate::part::ClauseLabel;
use crate::picture;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use sekisho_domain::access;
use sekisho_policy::compare::{Change, Proposal, Run, Side, docx, rows};
use sekisho_policy::{Clause, Document};
use sekisho_store::page::{ClauseChange, ClauseLine, RevisionLine};
use std::collections::{HashMap, HashSet};

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

/// How a revision differs from the approved one before it.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) previous: Option<RevisionLine>,
    /// (clause, how it changed)
    pub(crate) rows: Vec<(ClauseLabel, &'static str)>,
}

pub(crate) async fn changes(app: &App, me: &Me, revision: &RevisionLine) -> Result<Changes, PortalError> {
    let db = &app.store.db;
    let all = db.revisions(&revision.document_id).await?;
    let previous = all.into_iter().find(|r| r.state == "approved" && r.number < revision.number);
    let Some(previous) = previous else { return Ok(Changes { previous: None, rows: vec![] }) };
    let old = readable(me, db.clauses(&previous.id).await?);
    let new = readable(me, db.clauses(&revision.id).await?);
    let joints = db.clause_changes(&revision.document_id).await?;
    let found = proposals(&old, &new, &between(joints, &previous, revision));
    let line = |id: &String| new.iter().chain(&old).find(|c| c.clause_id == *id);
    let mut rows = Vec::new();
    for proposal in found.iter().filter(|p| p.change != Change::Kept) {
        // Everything that hangs on a clause is touched, on whichever side of a 分割 or 統合 it stood.
        let gone = proposal.old.iter().filter(|id| !proposal.new.contains(id));
        for line in proposal.new.iter().chain(gone).filter_map(line) {
            let (id, label) = (line.clause_id.clone(), line.label.clone());
            rows.push((ClauseLabel { id, label, title: picture::title(line) }, proposal.change.ja()));
        }
    }
    Ok(Changes { previous: Some(previous), rows })
}

/// Clauses that the reader may read.
pub(crate) fn readable(me: &Me, clauses: Vec<ClauseLine>) -> Vec<ClauseLine> {
    clauses.into_iter().filter(|c| access::reads(&me.who, &c.visibility, me.on)).collect()
}

/// What was split and merged after one edition, up to another.
fn between(joints: Vec<ClauseChange>, old: &RevisionLine, new: &RevisionLine) -> Vec<ClauseChange> {
    joints.into_iter().filter(|j| j.number > old.number && j.number <= new.number).collect()
}

/// What became of each clause, by identity and by what a person confirmed as 分割 and 統合. Removed clauses come last.
fn proposals(old: &[ClauseLine], new: &[ClauseLine], joints: &[ClauseChange]) -> Vec<Proposal> {
    let before: HashMap<&str, &ClauseLine> = old.iter().map(|c| (c.clause_id.as_str(), c)).collect();
    let after: HashMap<&str, &ClauseLine> = new.iter().map(|c| (c.clause_id.as_str(), c)).collect();
    // Each part that is new, and each that is gone, stands in the row of the clause it belongs to.
    let mut parts: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut sources: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut told: HashSet<&str> = HashSet::new();
    for joint in joints {
        let (from, to) = (joint.from_clause_id.as_str(), joint.to_clause_id.as_str());
        let both_there = before.contains_key(from) && after.contains_key(to);
        let (id, rows) = match joint.how.as_str() {
            "split" if after.contains_key(from) && !before.contains_key(to) => (to, parts.entry(from)),
            "merged" if !after.contains_key(from) => (from, sources.entry(to)),
            _ => continue,
        };
        if both_there && told.insert(id) {
            rows.or_default().push(id);
        }
    }
    let proposal = |change, old: Vec<&str>, new: Vec<&str>| Proposal {
        change,
        old: old.into_iter().map(str::to_owned).collect(),
        new: new.into_iter().map(str::to_owned).collect(),
        confidence_percent: 100,
    };
    let mut out = Vec::new();
    for clause in new.iter().filter(|c| !told.contains(c.clause_id.as_str())) {
        let id = clause.clause_id.as_str();
        let mut olds: Vec<&str> = before.contains_key(id).then_some(id).into_iter().collect();
        let mut news = vec![id];
        news.extend(parts.remove(id).unwrap_or_default());
        olds.extend(news.iter().filter_map(|new| sources.remove(new)).flatten());
        let change = match before.get(id) {
            _ if news.len() > 1 => Change::Split,
            _ if olds.iter().any(|old| *old != id) => Change::Merged,
            None => Change::Added,
            Some(o) if o.text != clause.text => Change::Changed,
            Some(o) if o.label != clause.label => Change::Renumbered,
            Some(_) => Change::Kept,
        };
        out.push(proposal(change, olds, news));
    }
    let gone = old.iter().map(|c| c.clause_id.as_str());
    let gone = gone.filter(|id| !after.contains_key(id) && !told.contains(id));
    out.extend(gone.map(|id| proposal(Change::Removed, vec![id], vec![])));
    out
}

/// A stored revision as the document it came from, with clause identities as ids.
pub(crate) fn document(revision: &RevisionLine, clauses: &[ClauseLine]) -> Document {
    Document {
        title: Some(revision.title.clone()),
        revised: revision.revised_on.as_deref().and_then(|d| d.parse().ok()),
        clauses: clauses.iter().map(Clause::from).collect(),
        ..Document::default()
    }
}

/// The two revisions that a request names, newer one second; both of one document, both readable.
async fn pair(app: &App, query: &Form) -> Result<(RevisionLine, RevisionLine), PortalError> {
    let db = &app.store.db;
    let a = db.revision(query.get("old")).await?.ok_or(PortalError::NotFound)?;
    let b = db.revision(query.get("new")).await?.ok_or(PortalError::NotFound)?;
    if a.document_id != b.document_id {
        return Err(PortalError::NotFound);
    }
    Ok(if a.number <= b.number { (a, b) } else { (b, a) })
}

async fn table(
    app: &App,
    me: &Me,
    old: &RevisionLine,
    new: &RevisionLine,
) -> Result<sekisho_policy::compare::Rows, PortalError> {
    let db = &app.store.db;
    let before = readable(me, db.clauses(&old.id).await?);
    let after = readable(me, db.clauses(&new.id).await?);
    let joints = between(db.clause_changes(&new.document_id).await?, old, new);
    let (a, b, p) = (document(old, &before), document(new, &after), proposals(&before, &after, &joints));
    let work = move || rows(&a, &b, &p, false);
    tokio::task::spawn_blocking(work).await.map_err(|e| PortalError::Internal(e.to_string()))
}

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let (old, new) = pair(&app, &query).await?;
    let table = table(&app, &me, &old, &new).await?;
    let (from, to) = (edition(&old.edition), edition(&new.edition));
    let shell = app.shell(&me, "/documents", format!("{from}から{to}で、どこが変わりましたか")).await?;
    let docx = form_urlencoded::Serializer::new(String::new())
        .append_pair("old", &old.id)
        .append_pair("new", &new.id)
        .finish();
    page(&ComparePage {
        shell: shell
            .crumb("/documents", "文書")
            .crumb(format!("/documents/{}", new.document_id), new.title.clone()),
        old: from,
        new: to,
        changed: table.rows.len(),
        docx: format!("/compare.docx?{docx}"),
        rows: table.rows.into_iter().map(row).collect(),
    })
}

fn row(row: sekisho_policy::compare::Row) -> CompareRow {
    let label = |side: &Option<Side>| side.as_ref().map(|s| s.label.clone());
    let label = match (label(&row.new), label(&row.old)) {
        (Some(new), Some(old)) if new != old => format!("{new}（旧 {old}）"),
        (Some(label), _) | (None, Some(label)) => label,
        (None, None) => String::new(),
    };
    let runs = |side: Option<Side>| {
        let runs: Vec<Run> = side.map(|s| s.runs).unwrap_or_default();
        runs.into_iter().map(|r| (r.changed, r.text)).collect()
    };
    CompareRow { label, change: row.change.ja(), new: runs(row.new), old: runs(row.old) }
}

pub(crate) async fn download(
    State(app): State<App>,
    me: Me,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let (old, new) = pair(&app, &query).await?;
    let table = table(&app, &me, &old, &new).await?;
    let bytes = docx(&table).map_err(|e| PortalError::Internal(e.to_string()))?;
    let name = format!("新旧対照表_{}_{}.docx", edition(&old.edition), edition(&new.edition));
    Ok(attachment(&name, DOCX, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, label: &str, text: &str) -> ClauseLine {
        ClauseLine {
            clause_id: id.into(),
            ordinal: 1,
            label: label.into(),
            parent_clause_id: None,
            heading: None,
            text: text.into(),
            visibility: "public".into(),
            definition: false,
            line: 1,
        }
    }

    #[test]
    fn identity_decides_what_became_of_a_clause() {
        let old = [line("a", "1", "x"), line("b", "2", "y"), line("c", "3", "z"), line("d", "4", "w")];
        let new = [line("a", "1", "x"), line("n", "2", "new"), line("b", "3", "y"), line("c", "4", "z2")];
        let changes: Vec<Change> = proposals(&old, &new, &[]).into_iter().map(|p| p.change).collect();
        assert_eq!(
            changes,
            [Change::Kept, Change::Added, Change::Renumbered, Change::Changed, Change::Removed]
        );
    }
    fn joint(from: &str, to: &str, how: &str) -> ClauseChange {
        ClauseChange {
            from_clause_id: from.into(),
            to_clause_id: to.into(),
            how: how.into(),
            from_label: None,
            to_label: None,
            number: 2,
            edition: "2".into(),
        }
    }

    #[test]
    fn parts_stand_in_the_row_of_the_clause_they_came_from_or_went_into() {
        let old = [line("a", "1", "x y"), line("b", "2", "z"), line("c", "3", "w")];
        let new = [line("a", "1", "x"), line("p", "2", "y"), line("b", "3", "z w")];
        let joints = [joint("a", "p", "split"), joint("c", "b", "merged")];
        let rows = |joints: &[ClauseChange]| -> Vec<(Change, usize, usize)> {
            proposals(&old, &new, joints).into_iter().map(|p| (p.change, p.old.len(), p.new.len())).collect()
        };
        assert_eq!(rows(&joints), [(Change::Split, 1, 2), (Change::Merged, 2, 1)]);
        // A clause that may not be read, or is not of these editions, joins nothing.
        assert_eq!(rows(&[joint("a", "?", "split"), joint("?", "b", "merged")]), rows(&[]));
    }
}
