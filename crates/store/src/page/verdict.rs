//! Verdicts as pages read them: what the intervals say about one instant, and how they moved over a year.

use sekisho_domain::clock::Ms;

use crate::Db;
use crate::error::Result;

/// A requirement with one of its verdicts at an instant; one row per check, and one without verdict where none
/// covers that instant.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Judged {
    pub requirement_id: String,
    /// Number in the catalogue; a city's own requirement has none.
    pub catalogue_id: Option<String>,
    pub sort_key: String,
    pub counted: bool,
    pub clause_id: Option<String>,
    pub clause_label: String,
    pub title: String,
    pub text: String,
    pub role: String,
    pub stage: String,
    pub check_kind: String,
    pub confidence: String,
    /// 採否 as of now.
    pub adoption: String,
    pub check_id: Option<String>,
    pub state: Option<String>,
    pub reason: Option<String>,
    pub from_ms: Option<i64>,
    pub expected_count: Option<i64>,
    pub observed_count: Option<i64>,
    pub violating_count: Option<i64>,
    pub source: Option<String>,
    pub source_ms: Option<i64>,
    /// See [`VerdictLine::samples`].
    pub samples: Option<String>,
}

/// One interval without its words: what the year's curves are drawn from.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Interval {
    pub requirement_id: String,
    pub state: String,
    pub from_ms: i64,
    pub to_ms: Option<i64>,
}

/// One interval in full.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct VerdictLine {
    pub check_id: String,
    pub state: String,
    pub reason: String,
    pub from_ms: i64,
    pub to_ms: Option<i64>,
    pub expected_count: i64,
    pub observed_count: i64,
    pub violating_count: i64,
    /// JSON list of `{noun, id, label}`; sections that have to act also say `acts`, and of how many `rows`.
    pub samples: String,
    pub source: String,
    pub source_ms: Option<i64>,
}

sql! {
    const JUDGED = "SELECT r.id AS requirement_id, r.catalogue_id, r.sort_key, r.counted, r.clause_id, r.clause_label, r.title, r.text,
            r.role, r.stage, r.check_kind, r.confidence, r.state AS adoption,
            v.check_id, v.state, v.reason, v.from_ms, v.expected_count, v.observed_count, v.violating_count, v.source, v.source_ms,
            v.samples
        FROM requirement r
        LEFT JOIN verdict v ON v.requirement_id = r.id AND v.scope = 'city'
            AND v.from_ms <= $1 AND (v.to_ms IS NULL OR v.to_ms > $1)
        ORDER BY r.sort_key, r.id";
    const SINCE = "SELECT requirement_id, state, from_ms, to_ms FROM verdict
        WHERE scope = 'city' AND (to_ms IS NULL OR to_ms > $1)";
    const DUES = "SELECT t.source_id, MIN(t.due_on) AS due_on FROM task t
        WHERE t.source_noun = 'requirement' AND t.opened_ms <= $1 AND (t.closed_ms IS NULL OR t.closed_ms > $1)
        GROUP BY t.source_id";
    const HISTORY = "SELECT check_id, state, reason, from_ms, to_ms, expected_count, observed_count, violating_count,
            samples, source, source_ms
        FROM verdict WHERE requirement_id = $1 AND scope = 'city' ORDER BY from_ms DESC, id DESC LIMIT $2";
}

impl Db {
    /// Every requirement with its city-wide verdicts at an instant, in catalogue order.
    pub async fn judged(&self, at: Ms) -> Result<Vec<Judged>> {
        self.fetch_all(JUDGED, &[at.into()]).await
    }

    /// City-wide intervals that reach past an instant.
    pub async fn intervals_since(&self, since: Ms) -> Result<Vec<Interval>> {
        self.fetch_all(SINCE, &[since.into()]).await
    }

    /// By when somebody has to do something about a requirement: the first day of what was open at an instant.
    pub async fn requirement_dues(&self, at: Ms) -> Result<Vec<(String, String)>> {
        self.fetch_all(DUES, &[at.into()]).await
    }

    /// City-wide verdicts of one requirement, newest first.
    pub async fn verdict_history(&self, requirement_id: &str, limit: i64) -> Result<Vec<VerdictLine>> {
        self.fetch_all(HISTORY, &[requirement_id.into(), limit.into()]).await
    }
}
