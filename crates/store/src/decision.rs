//! 申請・決裁: one engine for everything that needs somebody's approval. What is decided is frozen as canonical
//! JSON and bound by its SHA-256; a seat decides, through whoever holds it today; approving brings about the
//! effect in the same transaction, so a decision is never approved without its consequence, nor the reverse.

use sekisho_domain::access::{self, Access, Action, Seat, Thing, Who};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::decision::{DECISION, DECISION_STEP};
use sekisho_domain::noun::Row;
use sekisho_domain::role::Role;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::error::{Result, StoreError};
use crate::tx::Actor;
use crate::{Db, Store, Tx};

/// An application nobody decides on ends by itself after this long.
const EXPIRES_AFTER_MS: i64 = 60 * Ms::DAY;

sql! {
    const STEPS = "SELECT id, ordinal, kind, role, position_id, unit_id, state, actor_id
        FROM decision_step WHERE decision_id = $1 ORDER BY ordinal";
    const WAITING = "SELECT d.id, d.kind, d.title, d.reason, d.clause_label, d.state, d.applicant_id,
            p.name AS applicant, d.requested_ms, d.expires_ms, d.closed_ms, s.role, s.position_id, s.unit_id
        FROM decision d
        JOIN person p ON p.id = d.applicant_id
        JOIN decision_step s ON s.decision_id = d.id AND s.state = 'open'
        WHERE d.state = 'pending' AND d.id > $1 ORDER BY d.id LIMIT $2";
    const RECENT = "SELECT d.id, d.kind, d.title, d.reason, d.clause_label, d.state, d.applicant_id,
            p.name AS applicant, d.requested_ms, d.expires_ms, d.closed_ms, s.role, s.position_id, s.unit_id
        FROM decision d
        JOIN person p ON p.id = d.applicant_id
        JOIN decision_step s ON s.decision_id = d.id AND s.ordinal = 1
        WHERE d.id < $1 ORDER BY d.id DESC LIMIT $2";
    const OF_APPLICANT = "SELECT d.id, d.kind, d.title, d.reason, d.clause_label, d.state, d.applicant_id,
            p.name AS applicant, d.requested_ms, d.expires_ms, d.closed_ms, s.role, s.position_id, s.unit_id
        FROM decision d
        JOIN person p ON p.id = d.applicant_id
        JOIN decision_step s ON s.decision_id = d.id AND s.ordinal = 1
        WHERE d.applicant_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3";
    const OVERDUE = "SELECT id FROM decision WHERE state = 'pending' AND expires_ms <= $1 ORDER BY id LIMIT $2";
}

/// An application in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DecisionRow {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub reason: String,
    pub clause_label: Option<String>,
    pub state: String,
    pub applicant_id: String,
    pub applicant: String,
    pub requested_ms: i64,
    pub expires_ms: Option<i64>,
    pub closed_ms: Option<i64>,
    /// The seat whose turn it is (waiting lists) or that comes first.
    pub role: Option<String>,
    pub position_id: Option<String>,
    pub unit_id: Option<String>,
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
}

impl StepRow {
    /// The seat of today by which the person decides here, if it is their turn.
    fn seat_of<'w>(&self, who: &'w Who, on: Date) -> Option<&'w Seat> {
        who.seat_for(self.role.as_deref(), self.position_id.as_deref(), self.unit_id.as_deref(), on)
    }
}

/// What a page or an importer asks to have decided.
#[derive(Clone, Debug)]
pub struct Application<'a> {
    /// Decides the effect: `revision`, `rejection`, `exception`, `external`.
    pub kind: &'a str,
    pub subject_noun: &'a str,
    pub subject_id: &'a str,
    /// What is decided; its canonical form is frozen and hashed.
    pub subject: Json,
    pub title: &'a str,
    pub reason: &'a str,
    pub clause_label: Option<&'a str>,
}

/// What the person at the seat said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Approve,
    /// 差戻し
    Return,
}

/// Why a decision was not taken. Each is a sentence on the page, not a fault of the program.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    #[error("the applicant cannot decide")]
    OwnApplication,
    #[error("not the seat whose turn it is")]
    NotYourTurn,
    /// Somebody was faster; the winner's person id, when known.
    #[error("already closed by {by:?}")]
    AlreadyClosed { by: Option<String> },
    /// The subject is no longer what was applied for; the application has been voided.
    #[error("the subject has changed since the application")]
    SubjectChanged,
    #[error("the application has expired")]
    Expired,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Db {
    pub async fn decisions_waiting(&self, after: &str, limit: i64) -> Result<Vec<DecisionRow>> {
        self.fetch_all(WAITING, &[after.into(), limit.into()]).await
    }

    /// Newest first, before id `before` (an id greater than all, `~`, for the first page).
    pub async fn decisions_recent(&self, before: &str, limit: i64) -> Result<Vec<DecisionRow>> {
        self.fetch_all(RECENT, &[before.into(), limit.into()]).await
    }

    pub async fn decisions_of(
        &self,
        applicant_id: &str,
        before: &str,
        limit: i64,
    ) -> Result<Vec<DecisionRow>> {
        self.fetch_all(OF_APPLICANT, &[applicant_id.into(), before.into(), limit.into()]).await
    }

    pub async fn decision_steps(&self, decision_id: &str) -> Result<Vec<StepRow>> {
        self.fetch_all(STEPS, &[decision_id.into()]).await
    }

    /// Whether the person may act on the open step of a decision on this day.
    pub async fn decidable_by(&self, decision_id: &str, who: &Who, now: Ms) -> Result<bool> {
        let steps = self.decision_steps(decision_id).await?;
        Ok(steps.iter().find(|s| s.state == "open").is_some_and(|s| s.seat_of(who, date_at(now)).is_some()))
    }
}

/// The route of an application: one seat, by role. An applicant who holds that role is routed to the next one,
/// so that nobody ends up deciding on their own application.
fn route(kind: &str, applicant: &Who, on: Date) -> Role {
    let first = match kind {
        "revision" | "rejection" | "exception" => Role::Ciso,
        _ => Role::ChiefOfficer,
    };
    if !access::holds_any(applicant, &[first], on) {
        first
    } else if first == Role::Ciso {
        Role::ChiefOfficer
    } else {
        Role::Ciso
    }
}

impl Tx<'_> {
    /// Puts an application on its route.
    pub async fn apply(&mut self, applicant: &Who, application: Application<'_>) -> Result<String> {
        let at = self.at();
        let subject = sekisho_ledger::canonical(&application.subject)?;
        let subject_sha256 = hex::encode(Sha256::digest(&subject));
        let subject = String::from_utf8(subject).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let id = self.new_id();
        let on = date_at(at);
        let seat = applicant.seat(on).map(Seat::code);
        let row = Row::new(&DECISION, &id)
            .set("kind", application.kind)
            .set("subject_noun", application.subject_noun)
            .set("subject_id", application.subject_id)
            .set("subject", subject)
            .set("subject_sha256", subject_sha256)
            .set("title", application.title)
            .set("reason", application.reason)
            .set("clause_label", application.clause_label.map(str::to_owned))
            .set("applicant_id", applicant.person_id.as_str())
            .set("applicant_seat", seat.ok_or(StoreError::IllegalMove("an applicant needs a seat"))?)
            .set("state", "pending")
            .set("requested_ms", at)
            .set("expires_ms", at.plus(EXPIRES_AFTER_MS));
        self.insert(row).await?;
        let step = Row::new(&DECISION_STEP, self.new_id())
            .set("decision_id", id.as_str())
            .set("ordinal", 1i64)
            .set("kind", "approve")
            .set("role", route(application.kind, applicant, on).code())
            .set("state", "open");
        self.insert(step).await?;
        Ok(id)
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

impl Store {
    /// Takes a decision from a seat. Compare-and-set on the decision's version makes one of two approvers at the
    /// same moment win; the other gets [`DecideError::AlreadyClosed`].
    pub async fn decide(
        &self,
        who: &Who,
        decision_id: &str,
        answer: Answer,
        comment: Option<&str>,
    ) -> std::result::Result<(), DecideError> {
        let seat = who.seat(date_at(self.clock.now())).map(Seat::code);
        let actor = Actor { person_id: who.person_id.clone(), seat: seat.unwrap_or_else(|| "-".into()) };
        let action = if answer == Answer::Approve { "decision.approve" } else { "decision.return" };
        let mut tx = self.write(&actor, action).await?;
        let (at, on) = (tx.at(), date_at(tx.at()));
        let row = tx.get(&DECISION, decision_id).await?;
        let steps: Vec<StepRow> = tx.fetch_all(STEPS, &[decision_id.into()]).await?;
        if row.text("state") != "pending" {
            let by = steps.iter().rev().find_map(|s| s.actor_id.clone());
            return Err(DecideError::AlreadyClosed { by });
        }
        if row.get("expires_ms").and_then(|v| v.int()).is_some_and(|ms| ms <= at.0) {
            return Err(DecideError::Expired);
        }
        let thing = Thing {
            noun: "decision",
            unit_id: None,
            person_id: Some(row.text("applicant_id")),
            visibility: None,
        };
        if access::may(who, Action::Decide, thing, on) == Access::Refused(access::Why::OwnApplication) {
            return Err(DecideError::OwnApplication);
        }
        let open = steps.iter().find(|s| s.state == "open").ok_or(DecideError::NotYourTurn)?;
        let seat = open.seat_of(who, on).ok_or(DecideError::NotYourTurn)?.code();

        let step = tx.get(&DECISION_STEP, &open.id).await?;
        let state = if answer == Answer::Approve { "approved" } else { "returned" };
        let step = step
            .set("state", state)
            .set("actor_id", who.person_id.as_str())
            .set("actor_seat", seat)
            .set("acted_ms", at)
            .set("comment", comment.filter(|c| !c.is_empty()).map(str::to_owned));
        if answer == Answer::Approve && crate::effect::subject_changed(&mut tx, &row).await? {
            drop(tx);
            self.void(decision_id).await?;
            return Err(DecideError::SubjectChanged);
        }
        tx.update(step).await?;
        if answer == Answer::Return {
            crate::effect::undone(&mut tx, &row).await?;
            tx.close_decision(row, "returned").await?;
            tx.close_open_steps(decision_id).await?;
        } else if let Some(next) = steps.iter().find(|s| s.ordinal > open.ordinal && s.state == "waiting") {
            let next = tx.get(&DECISION_STEP, &next.id).await?;
            tx.update(next.set("state", "open")).await?;
        } else {
            crate::effect::approved(&mut tx, &row).await?;
            tx.close_decision(row, "approved").await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// 引戻し: the applicant takes an application back while it waits.
    pub async fn withdraw(&self, who: &Who, decision_id: &str) -> std::result::Result<(), DecideError> {
        let actor = Actor { person_id: who.person_id.clone(), seat: "-".into() };
        let mut tx = self.write(&actor, "decision.withdraw").await?;
        let row = tx.get(&DECISION, decision_id).await?;
        if row.text("applicant_id") != who.person_id {
            return Err(DecideError::NotYourTurn);
        }
        if row.text("state") != "pending" {
            return Err(DecideError::AlreadyClosed { by: None });
        }
        crate::effect::undone(&mut tx, &row).await?;
        tx.close_decision(row, "withdrawn").await?;
        tx.close_open_steps(decision_id).await?;
        tx.commit().await?;
        Ok(())
    }

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

    async fn void(&self, decision_id: &str) -> Result<()> {
        self.end(decision_id, "decision.void", "voided").await
    }

    async fn end(&self, decision_id: &str, action: &'static str, state: &str) -> Result<()> {
        let mut tx = self.write(&Actor::system(), action).await?;
        let row = tx.get(&DECISION, decision_id).await?;
        if row.text("state") != "pending" {
            return Ok(());
        }
        crate::effect::undone(&mut tx, &row).await?;
        tx.close_decision(row, state).await?;
        tx.close_open_steps(decision_id).await?;
        tx.commit().await
    }
}
