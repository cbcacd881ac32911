//! Deciding alike applications together: every row is shown in full, and only what was shown can be decided.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::decision::refused;
use crate::pages::{about, clause::word};
use crate::part::{Errors, Field, HashStamp};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::decision::{DECISION, KINDS};
use sekisho_store::decision::{Answer, BATCH_ROWS, DecisionRow};
use std::collections::BTreeMap;

/// Waiting rows looked through for alike ones.
const LOOKED_AT: i64 = 500;

#[derive(Debug, Template)]
#[template(path = "decision/bulk.html")]
pub(crate) struct BulkPage {
    shell: Shell,
    batch: String,
    errors: Errors,
    rows: Vec<BulkRow>,
    comment: Field,
    consequence: &'static str,
}

#[derive(Debug)]
struct BulkRow {
    id: String,
    number: String,
    title: String,
    applicant: String,
    reason: String,
    subject: Vec<(&'static str, String)>,
    hash: HashStamp,
}

/// Groups of two or more alike rows on a waiting page: (address, words).
pub(crate) fn groups(rows: &[DecisionRow]) -> Vec<(String, String)> {
    let mut found: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.step_kind != "after") {
        if let Some(alike) = row.alike.as_deref() {
            let group = found.entry(alike).or_insert((0, &row.kind));
            group.0 += 1;
        }
    }
    let many = found.into_iter().filter(|(_, (n, _))| *n > 1);
    many.map(|(alike, (n, kind))| {
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("alike", alike).finish();
        (
            format!("/decisions/together?{query}"),
            format!("同じ種類の{} {n} 件をまとめて見る", word(KINDS, kind)),
        )
    })
    .collect()
}

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let alike = query.get("alike").to_owned();
    let waiting = app.store.db.decisions_waiting(&me.who, me.on, "", LOOKED_AT).await?;
    let batch = app.store.show_batch(&me.who, &alike, waiting).await?;
    let mut rows = Vec::new();
    let mut consequence = "";
    for row in batch.rows {
        let record = app.store.db.row(&DECISION, &row.id).await?.ok_or(PortalError::NotFound)?;
        let subject: serde_json::Value = serde_json::from_str(record.text("subject")).unwrap_or_default();
        let about = about::about(&app, &me, &record, &subject).await?;
        consequence = about.consequence;
        rows.push(BulkRow {
            id: row.id,
            number: row.number.unwrap_or_default(),
            title: row.title,
            applicant: row.applicant,
            reason: row.reason,
            subject: about.subject,
            hash: HashStamp::new(row.subject_sha256),
        });
    }
    if rows.is_empty() {
        return Err(PortalError::NotFound);
    }
    let title = format!("同じ種類の {} 件を、まとめて承認してよいか", rows.len());
    page(&BulkPage {
        shell: app.shell(&me, "/decisions", title).await?.crumb("/decisions", "決裁"),
        batch: batch.id,
        errors: Errors::default(),
        rows,
        comment: Field::area("comment", "意見").optional(),
        consequence,
    })
}

pub(crate) async fn decide(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    me.must_be_stepped_up("/decisions")?;
    let ids: Vec<String> = form.all("row").map(str::to_owned).collect();
    if ids.is_empty() || ids.len() > BATCH_ROWS {
        return Err(PortalError::Settled("承認するものを選んでください。".to_owned()));
    }
    let comment = form.limited("comment");
    let comment = Some(comment.as_str()).filter(|c| !c.is_empty());
    let answers = app.store.decide_batch(&me.who, form.get("batch"), &ids, Answer::Approve, comment).await;
    let answers = answers.map_err(|_| {
        PortalError::Settled(
            "画面に出ていなかったものや、表示の後で変わったものが含まれていたため、一件も決裁していません。"
                .to_owned(),
        )
    })?;
    let all = answers.len();
    let failed: Vec<_> = answers.into_iter().filter_map(|answer| answer.result.err()).collect();
    let done = all - failed.len();
    if let Some(error) = failed.into_iter().next() {
        let first = refused(&app, error).await;
        // Each row is a decision of its own: what went through stays, and is said.
        return Err(match (done, first) {
            (0, first) => first,
            (_, PortalError::Settled(why) | PortalError::Forbidden(why)) => PortalError::Settled(format!(
                "{done}件は承認しました。残りの{}件は承認していません。{why}",
                all - done
            )),
            (_, first) => first,
        });
    }
    Ok(Redirect::to("/decisions?done=approved").into_response())
}
