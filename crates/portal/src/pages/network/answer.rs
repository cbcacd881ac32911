//! One item: the proof, or the packet that gets through with the way it takes.

use super::{basis_words, snapshot_row, verdict};
use crate::App;
use crate::error::PortalError;
use crate::part::{HashStamp, Moment, Worded};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, State};
use sekisho_domain::clock::Ms;
use sekisho_domain::network::{NETWORK_ANSWER, NETWORK_RESULT};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "network/answer.html")]
struct AnswerPage {
    shell: Shell,
    mark: Worded,
    item: String,
    basis: String,
    verdict: String,
    unasked: bool,
    devices: usize,
    read: Moment,
    as_of: String,
    /// Of another 提出 than the newest.
    past: bool,
    found: Found,
    snapshot: String,
    hash: HashStamp,
    assumptions: Vec<String>,
}

/// A finding of the engine's report, as far as this page prints it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Found {
    id: String,
    kind: String,
    packet: Option<Packet>,
    hops: Vec<Hop>,
    rectangles: Vec<Rectangle>,
    more_rectangles: bool,
    fix: Option<String>,
    reasons: Vec<Reason>,
}

#[derive(Clone, Debug, Deserialize)]
struct Packet {
    src: String,
    dst: String,
    proto: String,
    sport: Option<u16>,
    dport: Option<u16>,
    later_fragment: bool,
    /// Judgements sealed by an older program do not have these: here and below.
    #[serde(default)]
    beside: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Hop {
    device: String,
    stage: String,
    in_if: String,
    out_if: String,
    rule: String,
    /// `stage` and `rule` in Japanese.
    #[serde(default)]
    place: String,
    #[serde(default)]
    decided: String,
    file: String,
    line: u32,
    text: String,
    change: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Rectangle {
    src: String,
    dst: String,
    proto: String,
    dport: String,
    #[serde(default)]
    later_fragments: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Reason {
    file: String,
    line: u32,
    text: String,
    why: String,
}

impl Rectangle {
    fn ports(&self) -> &str {
        if self.later_fragments { "後続フラグメント" } else { all_or(&self.dport) }
    }
}

impl Hop {
    fn place(&self) -> &str {
        if self.place.is_empty() { &self.stage } else { &self.place }
    }

    fn decided(&self) -> &str {
        if self.decided.is_empty() { &self.rule } else { &self.decided }
    }
}

/// A part of a rectangle that is not limited.
fn all_or(text: &str) -> &str {
    if text == "any" { "すべて" } else { text }
}

impl AnswerPage {
    /// Where a line of a configuration is shown.
    fn at_line(&self, file: &str, line: u32) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("name", file)
            .append_pair("line", &line.to_string())
            .finish();
        format!("/network/snapshots/{}/file?{query}#L{line}", self.snapshot)
    }
}

pub(crate) async fn show(State(app): State<App>, me: Me, Path(id): Path<String>) -> Page {
    let db = &app.store.db;
    let row = db.row(&NETWORK_ANSWER, &id).await?.ok_or(PortalError::NotFound)?;
    let result = db.row(&NETWORK_RESULT, row.text("result_id")).await?.ok_or(PortalError::NotFound)?;
    let snapshot = snapshot_row(&app, result.text("snapshot_id")).await?;
    app.store.note_view(&me.actor(), &me.who, "network_snapshot", &snapshot.id).await?;
    let bytes = app.objects.get(&app.store, result.text("object_id")).await?;
    let judgement: sekisho_checks::network::Judgement =
        serde_json::from_slice(&bytes).map_err(|e| PortalError::Internal(e.to_string()))?;
    let findings: Vec<Found> = serde_json::from_value(judgement.report["findings"].clone())
        .map_err(|e| PortalError::Internal(e.to_string()))?;
    let newest = db.newest_snapshot().await?.is_some_and(|n| n.id == snapshot.id);
    let shell = app.shell(&me, "/network", row.text("title")).await?.crumb("/network", "ネットワークの分離");
    let assumptions =
        row.text("assumptions").split(',').filter(|a| !a.is_empty()).map(str::to_owned).collect();
    page(&AnswerPage {
        shell,
        mark: verdict(row.text("verdict")),
        verdict: row.text("verdict").to_owned(),
        unasked: row.text("kind") == "unasked",
        devices: judgement.report["devices"].as_array().map_or(0, Vec::len),
        read: Moment::at(Ms(super::instant(&snapshot, "read_ms").unwrap_or_default())),
        as_of: sekisho_domain::register::cell::worded(&judgement.as_of),
        past: !newest,
        found: findings.into_iter().find(|f| f.id == row.text("item")).unwrap_or_default(),
        item: row.text("item").to_owned(),
        basis: basis_words(row.text("basis")),
        hash: HashStamp::new(result.text("sha256")),
        snapshot: snapshot.id,
        assumptions,
    })
}
