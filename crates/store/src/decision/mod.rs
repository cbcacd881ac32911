//! 申請・決裁: one engine for everything that needs somebody's approval. What is decided is frozen as canonical
//! JSON and bound by its SHA-256; a seat decides, through whoever holds it today; approving brings about the
//! effect in the same transaction, so a decision is never approved without its consequence, nor the reverse.
//!
//! `seat.rs` says who may act, `route.rs` which seats an application passes, `decide.rs` takes an answer,
//! `external.rs` records one that was given elsewhere, `bulk.rs` takes many alike ones, `escalate.rs` moves what
//! has come to a stop.

mod bulk;
mod decide;
mod escalate;
mod external;
mod list;
mod route;
mod seat;

use sekisho_domain::access::{Seat, Who, body_key, read_key};
use sekisho_domain::authority::Facts;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, fiscal_label};
use sekisho_domain::decision::{DECISION, DECISION_STEP};
use sekisho_domain::noun::Row;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::error::{Result, StoreError};
use crate::{Db, Store, Tx};

pub use bulk::{BATCH_ROWS, Batch, BatchAnswer};
pub use decide::{Answer, DecideError, Verdict};
pub use external::{EXTERNAL_KEY, Outside, draft};
pub use list::{DecisionRow, Like};
pub use route::NO_APPROVER;
pub use seat::{Capacity, Holder};

pub(crate) const ALL_SQL: &[&[&str]] =
    &[SQL, bulk::SQL, decide::SQL, escalate::SQL, list::SQL, route::SQL, seat::SQL];

/// Steps of a route stand this far apart, so that a seat above can be put between two of them.
const SPACING: i64 = 100;

sql! {
    const STEPS = "SELECT id, ordinal, kind, role, position_id, unit_id, state, actor_id, seat_key, body_id, mode,
            for_id, note, opened_ms, answer_by, acted_ms, comment, proof
        FROM decision_step WHERE decision_id = $1 ORDER BY ordinal";
    const NEXT_NUMBER = "INSERT INTO number_series (series, last)
        VALUES ($1, 1 + COALESCE((SELECT MAX(ordinal) FROM decision WHERE series = $1), 0))
        ON CONFLICT (series) DO UPDATE SET last = number_series.last + 1 RETURNING last";
    const SECTION_NAME = "SELECT name FROM section
        WHERE unit_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)";
    const OVERDUE = "SELECT id FROM decision WHERE state = 'pending' AND expires_ms <= $1 ORDER BY id LIMIT $2";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StepRow {
    pub id: String,
    pub ordinal: i64,
    pub kind: String,
    pub role: Option<String>,
    pub position_id: Option<String>,
    pub unit_id: Option<String>,
    pub state: String,
    pub actor_id: Option<String>,
    pub seat_key: Option<String>,
    pub body_id: Option<String>,
    pub mode: Option<String>,
    pub for_id: Option<String>,
    pub note: Option<String>,
    pub opened_ms: Option<i64>,
    pub answer_by: Option<String>,
    pub acted_ms: Option<i64>,
    pub comment: Option<String>,
    pub proof: Option<String>,
}

impl StepRow {
    /// Who is meant. Rows from before keys were kept name a role or a position.
    pub fn key(&self) -> String {
        self.seat_key.clone().unwrap_or_else(|| {
            let unit = self.unit_id.as_deref().unwrap_or("*");
            match (&self.role, &self.position_id) {
                (Some(role), _) => format!("role:{role}@{unit}"),
                (None, Some(position)) => format!("position:{position}@{unit}"),
                (None, None) => String::new(),
            }
        })
    }
}

/// What a page or an importer asks to have decided.
#[derive(Clone, Debug, Default)]
pub struct Application<'a> {
    /// One of `domain::decision::KINDS`; decides the effect.
    pub kind: &'a str,
    pub subject_noun: &'a str,
    pub subject_id: &'a str,
    /// What is decided; its canonical form is frozen and hashed.
    pub subject: Json,
    pub title: &'a str,
    pub reason: &'a str,
    pub clause_label: Option<&'a str>,
    /// What the conditions of 専決規程 look at.
    pub facts: Facts,
    /// Applications with the same text may be decided together.
    pub alike: Option<&'a str>,
    /// 外部決裁: decided in the city's 文書管理 system, recorded here.
    pub external: bool,
    /// 緊急時の事後承認: when it was done.
    pub done: Option<Ms>,
}

impl Db {
    pub async fn decision_steps(&self, decision_id: &str) -> Result<Vec<StepRow>> {
        self.fetch_all(STEPS, &[decision_id.into()]).await
    }
}

impl Tx<'_> {
    /// Puts an application on its route.
    pub async fn apply(&mut self, applicant: &Who, application: Application<'_>) -> Result<String> {
        let at = self.at();
        let on = date_at(at);
        let seat = applicant.seat(on).ok_or(StoreError::IllegalMove("an applicant needs a seat"))?.clone();
        let subject = sekisho_ledger::canonical(&application.subject)?;
        let subject_sha256 = hex::encode(Sha256::digest(&subject));
        let subject = String::from_utf8(subject).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let identities = seat::identities(self, &applicant.person_id).await?;
        let rule = route::rule(self, application.kind, &application.facts, on).await?;
        let external = application.external || rule.external;
        let planned = match external {
            true => Vec::new(),
            false => route::plan(self, &rule, applicant, identities, on).await?,
        };
        let (unit_id, section) = self.answering(&seat, on).await?;
        let (series, ordinal) = self.next_number(&section, on).await?;
        let facts = sekisho_ledger::canonical(&application.facts.json())?;
        let facts = String::from_utf8(facts).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let id = self.new_id();
        let row = Row::new(&DECISION, &id)
            .set("number", format!("{series}-{ordinal:04}"))
            .set("kind", application.kind)
            .set("subject_noun", application.subject_noun)
            .set("subject_id", application.subject_id)
            .set("subject", subject)
            .set("subject_sha256", subject_sha256)
            .set("title", application.title)
            .set("reason", application.reason)
            .set("clause_label", application.clause_label.map(str::to_owned))
            .set("applicant_id", applicant.person_id.as_str())
            .set("applicant_seat", seat.code())
            .set("state", "pending")
            .set("requested_ms", at)
            .set("expires_ms", at.plus(rule.expires_days * Ms::DAY))
            .set("series", series)
            .set("ordinal", ordinal)
            .set("unit_id", unit_id)
            .set("authority_id", rule.id.clone())
            .set("division", rule.division.as_str())
            .set("facts", facts)
            .set("alike", application.alike.map(|alike| format!("{}:{alike}", application.kind)))
            .set("venue", if external { "external" } else { "inner" })
            .set("done_ms", application.done);
        self.insert(row).await?;
        if external {
            self.insert(
                step(&self.new_id(), &id, 0, EXTERNAL_KEY, "approve")
                    .set("state", "open")
                    .set("opened_ms", at),
            )
            .await?;
            return Ok(id);
        }
        let calendar = self.calendar().await?;
        for (n, planned) in planned.iter().enumerate() {
            let kind = if planned.concur { "concur" } else { "approve" };
            let mut row = step(&self.new_id(), &id, n, &planned.key, kind).set("note", planned.note);
            if n == 0 {
                row = row
                    .set("state", "open")
                    .set("opened_ms", at)
                    .set("answer_by", calendar.open_days_after(on, rule.answer_days));
            }
            self.insert(row).await?;
        }
        Ok(id)
    }

    /// The section that answers for what a seat applies for, with its name.
    pub(crate) async fn answering(&mut self, seat: &Seat, on: Date) -> Result<(String, String)> {
        let unit = seat.office(on);
        let name: Option<(String,)> = self.fetch_optional(SECTION_NAME, &[unit.into(), on.into()]).await?;
        Ok((unit.to_owned(), name.map_or_else(|| unit.to_owned(), |(name,)| name)))
    }

    /// The next 文書番号 of a section and fiscal year. The row stays locked until the end of the transaction, so a
    /// number that is given is used: no gaps, no twins.
    async fn next_number(&mut self, section: &str, on: Date) -> Result<(String, i64)> {
        let series = format!("{section}-{}", fiscal_label(on));
        let next: Option<(i64,)> = self.fetch_optional(NEXT_NUMBER, &[series.as_str().into()]).await?;
        let (ordinal,) = next.ok_or(StoreError::NotFound)?;
        Ok((series, ordinal))
    }

    /// Puts a seat's turn into the row of its step.
    async fn open_step(&mut self, step_id: &str, answer_days: i64) -> Result<()> {
        let (at, calendar) = (self.at(), self.calendar().await?);
        let row = self.get(&DECISION_STEP, step_id).await?;
        let by = calendar.open_days_after(date_at(at), answer_days);
        self.update(row.set("state", "open").set("opened_ms", at).set("answer_by", by)).await
    }

    async fn close_decision(&mut self, row: Row, state: &str) -> Result<()> {
        let at = self.at();
        self.update(row.set("state", state).set("closed_ms", at)).await
    }

    async fn close_open_steps(&mut self, decision_id: &str) -> Result<()> {
        let steps: Vec<StepRow> = self.fetch_all(STEPS, &[decision_id.into()]).await?;
        for step in steps.into_iter().filter(|s| matches!(s.state.as_str(), "open" | "waiting")) {
            let row = self.get(&DECISION_STEP, &step.id).await?;
            self.update(row.set("state", "closed")).await?;
        }
        Ok(())
    }
}

/// A step of a route, not yet open; `n` counts from 0.
fn step(id: &str, decision_id: &str, n: usize, key: &str, kind: &str) -> Row {
    let ordinal = i64::try_from(n + 1).unwrap_or(1) * SPACING;
    seated(Row::new(&DECISION_STEP, id), key)
        .set("decision_id", decision_id)
        .set("ordinal", ordinal)
        .set("kind", kind)
        .set("state", "waiting")
}

/// The seat of a key in the columns of a step.
fn seated(row: Row, key: &str) -> Row {
    let (kind, code, unit) = read_key(key).unwrap_or(("", "", None));
    let of = |wanted: &str| (kind == wanted).then(|| code.to_owned());
    row.set("role", of("role"))
        .set("position_id", of("position"))
        .set("body_id", of("body"))
        .set("unit_id", unit.map(str::to_owned))
        .set("seat_key", key)
}

/// The applicant and every other entry of the same human being.
pub(crate) async fn identities_in(
    tx: &mut Tx<'_>,
    person_id: &str,
) -> Result<std::collections::BTreeSet<String>> {
    seat::identities(tx, person_id).await
}

/// The key of the seat above, when it is a body.
pub(crate) fn is_body(key: &str) -> bool {
    read_key(key).is_some_and(|(kind, code, _)| kind == "body" && body_key(code) == key)
}

impl Store {
    /// Ends what nobody decided in time. Returns how many.
    pub async fn expire_decisions(&self) -> Result<usize> {
        const AT_ONCE: i64 = 100;
        let now = self.clock.now();
        let due: Vec<(String,)> = self.db.fetch_all(OVERDUE, &[now.into(), AT_ONCE.into()]).await?;
        for (id,) in &due {
            self.end(id, "decision.expire", "expired").await?;
        }
        Ok(due.len())
    }
}
