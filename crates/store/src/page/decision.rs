//! Decisions as pages read them.

use sekisho_domain::access::Reach;

use crate::Db;
use crate::error::Result;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DecisionLine {
    pub id: String,
    pub number: Option<String>,
    pub kind: String,
    pub title: String,
    pub state: String,
    pub applicant_id: String,
    pub applicant: String,
    pub requested_ms: i64,
    /// Of the step that is open, if any.
    pub role: Option<String>,
    pub position_id: Option<String>,
    pub unit_id: Option<String>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StepLine {
    pub id: String,
    pub ordinal: i64,
    pub kind: String,
    pub role: Option<String>,
    pub position_id: Option<String>,
    pub position: Option<String>,
    pub unit_id: Option<String>,
    pub state: String,
    pub actor: Option<String>,
    pub acted_ms: Option<i64>,
    pub comment: Option<String>,
    pub proof: Option<String>,
}

sql! {
    const PENDING = "SELECT d.id, d.number, d.kind, d.title, d.state, d.applicant_id, p.name AS applicant,
            d.requested_ms, s.role, s.position_id, s.unit_id
        FROM decision d JOIN person p ON p.id = d.applicant_id
        LEFT JOIN decision_step s ON s.decision_id = d.id AND s.state = 'open'
        WHERE d.state = 'pending' ORDER BY d.requested_ms, d.id";
    /// `$3` 1: everybody's; 0: only those of applicant `$4`.
    const CLOSED = "SELECT d.id, d.number, d.kind, d.title, d.state, d.applicant_id, p.name AS applicant,
            d.requested_ms, NULL AS role, NULL AS position_id, NULL AS unit_id
        FROM decision d JOIN person p ON p.id = d.applicant_id
        WHERE d.state <> 'pending' AND d.requested_ms < $1 AND ($3 = 1 OR d.applicant_id = $4)
        ORDER BY d.requested_ms DESC, d.id DESC LIMIT $2";
    const STEPS = "SELECT s.id, s.ordinal, s.kind, s.role, s.position_id, pos.name AS position, s.unit_id, s.state,
            p.name AS actor, s.acted_ms, s.comment, s.proof
        FROM decision_step s LEFT JOIN position pos ON pos.id = s.position_id LEFT JOIN person p ON p.id = s.actor_id
        WHERE s.decision_id = $1 ORDER BY s.ordinal";
}

impl Db {
    /// Every decision that waits, oldest first. Few at any time: what waits is work.
    pub async fn pending_decisions(&self) -> Result<Vec<DecisionLine>> {
        self.fetch_all(PENDING, &[]).await
    }

    /// Closed decisions requested before an instant, newest first, within the reader's reach.
    pub async fn closed_decisions(
        &self,
        before_ms: i64,
        limit: i64,
        reach: &Reach,
        person_id: &str,
    ) -> Result<Vec<DecisionLine>> {
        let all = i64::from(matches!(reach, Reach::All));
        self.fetch_all(CLOSED, &[before_ms.into(), limit.into(), all.into(), person_id.into()]).await
    }

    pub async fn decision_steps(&self, decision_id: &str) -> Result<Vec<StepLine>> {
        self.fetch_all(STEPS, &[decision_id.into()]).await
    }
}
