//! Applications in lists, page by page.

use sekisho_domain::access::Who;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;
use sekisho_domain::noun::Value;

use super::seat::Capacity;
use crate::Db;
use crate::error::Result;

/// Keys looked for in one query; somebody with more seats than this is asked for in several.
const KEYS: usize = 12;

/// The columns of [`DecisionRow`], with the step `s` that a list is about.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.number, d.kind, d.title, d.reason, d.clause_label, d.state, d.applicant_id,
                p.name AS applicant, d.requested_ms, d.expires_ms, d.closed_ms, d.alike, d.subject_sha256,
                s.kind AS step_kind, s.seat_key, s.answer_by
            FROM decision d JOIN person p ON p.id = d.applicant_id ",
            $rest
        )
    };
}

sql! {
    const WAITING = "SELECT d.id, d.number, d.kind, d.title, d.reason, d.clause_label, d.state, d.applicant_id,
            p.name AS applicant, d.requested_ms, d.expires_ms, d.closed_ms, d.alike, d.subject_sha256,
            s.kind AS step_kind, s.seat_key, s.answer_by
        FROM decision_step s
        JOIN decision d ON d.id = s.decision_id
        JOIN person p ON p.id = d.applicant_id
        WHERE s.state = 'open' AND s.seat_key IN ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            AND s.decision_id > $1
            AND d.applicant_id <> $2
        ORDER BY s.decision_id LIMIT $15";
    // The open steps are taken first, by their index: a planner that counts on few applications of others would look
    // through all of them.
    const COUNT_WAITING = "SELECT COUNT(*) AS number FROM (
            SELECT s.decision_id FROM decision_step s
            WHERE s.state = 'open' AND s.seat_key IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            LIMIT $14) waiting
        JOIN decision d ON d.id = waiting.decision_id WHERE d.applicant_id <> $1";
    const RECENT = columns!("JOIN decision_step s ON s.decision_id = d.id
            AND s.ordinal = (SELECT MIN(f.ordinal) FROM decision_step f WHERE f.decision_id = d.id)
        WHERE d.id < $1 ORDER BY d.id DESC LIMIT $2");
    const OF_APPLICANT = columns!("JOIN decision_step s ON s.decision_id = d.id
            AND s.ordinal = (SELECT MIN(f.ordinal) FROM decision_step f WHERE f.decision_id = d.id)
        WHERE d.applicant_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3");
    const OF_UNIT = columns!("JOIN decision_step s ON s.decision_id = d.id
            AND s.ordinal = (SELECT MIN(f.ordinal) FROM decision_step f WHERE f.decision_id = d.id)
        WHERE d.unit_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3");
    const LIKE = "SELECT COUNT(*) AS number,
            CAST(COALESCE(SUM(CASE WHEN state = 'approved' THEN 1 ELSE 0 END), 0) AS BIGINT) AS approved,
            CAST(COALESCE(SUM(CASE WHEN state = 'returned' THEN 1 ELSE 0 END), 0) AS BIGINT) AS returned
        FROM decision WHERE kind = $1 AND state <> 'pending' AND closed_ms >= $2 AND id <> $3
            AND (CAST($4 AS TEXT) IS NULL OR alike = $4)";
    const TOUCHED = "SELECT COUNT(*) AS number FROM decision_step WHERE decision_id = $1 AND (actor_id = $2 OR for_id = $2)";
}

/// An application in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DecisionRow {
    pub id: String,
    pub number: Option<String>,
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
    pub alike: Option<String>,
    pub subject_sha256: String,
    /// The step whose turn it is (waiting lists) or that comes first.
    pub step_kind: String,
    pub seat_key: Option<String>,
    pub answer_by: Option<String>,
}

/// How applications of one kind ended before: 「昨年度 14 件、すべて承認」.
#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
pub struct Like {
    pub number: i64,
    pub approved: i64,
    pub returned: i64,
}

impl Db {
    /// What waits for a person's seats, in the order of application, after id `after`.
    pub async fn decisions_waiting(
        &self,
        who: &Who,
        on: Date,
        after: &str,
        limit: i64,
    ) -> Result<Vec<DecisionRow>> {
        let capacities = self.capacities(who, on).await?;
        let mut rows: Vec<DecisionRow> = Vec::new();
        for keys in padded(&capacities) {
            let mut args: Vec<Value> = vec![after.into(), who.person_id.as_str().into()];
            args.extend(keys);
            args.push(limit.into());
            rows.extend(self.fetch_all::<DecisionRow>(WAITING, &args).await?);
        }
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        rows.dedup_by(|a, b| a.id == b.id);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        rows.retain(|row| {
            let key = row.seat_key.as_deref().unwrap_or_default();
            let reaching = capacities.iter().filter(|c| c.key == key && c.reaches(&row.kind));
            // 後閲 is the holder's own.
            let mut reaching = reaching.filter(|c| row.step_kind != "after" || c.mode == "self");
            reaching.any(|c| !c.for_ids.contains(&row.applicant_id))
        });
        Ok(rows)
    }

    /// How many wait for a person's seats, counted up to `most`.
    pub async fn count_waiting(&self, who: &Who, on: Date, most: i64) -> Result<i64> {
        let capacities = self.capacities(who, on).await?;
        let mut number = 0;
        for keys in padded(&capacities) {
            let mut args: Vec<Value> = vec![who.person_id.as_str().into()];
            args.extend(keys);
            args.push(most.into());
            let (found,): (i64,) = self.fetch_one(COUNT_WAITING, &args).await?;
            number += found;
        }
        Ok(number.min(most))
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

    /// Applications made from a section.
    pub async fn decisions_of_unit(
        &self,
        unit_id: &str,
        before: &str,
        limit: i64,
    ) -> Result<Vec<DecisionRow>> {
        self.fetch_all(OF_UNIT, &[unit_id.into(), before.into(), limit.into()]).await
    }

    /// How applications of a kind (and of the same alike text, if there is one) ended since an instant.
    pub async fn decisions_like(
        &self,
        kind: &str,
        alike: Option<&str>,
        since: Ms,
        but: &str,
    ) -> Result<Like> {
        let args = [kind.into(), since.into(), but.into(), alike.map(str::to_owned).into()];
        self.fetch_one(LIKE, &args).await
    }

    /// Whether a person took part in a decision.
    pub async fn took_part(&self, decision_id: &str, person_id: &str) -> Result<bool> {
        let (number,): (i64,) = self.fetch_one(TOUCHED, &[decision_id.into(), person_id.into()]).await?;
        Ok(number > 0)
    }
}

/// The keys of capacities in groups of exactly [`KEYS`], the last filled up with a key nobody has.
fn padded(capacities: &[Capacity]) -> Vec<Vec<Value>> {
    let mut keys: Vec<&str> = capacities.iter().map(|c| c.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let fill = |group: &[&str]| {
        let mut group: Vec<Value> = group.iter().map(|key| Value::from(*key)).collect();
        group.resize(KEYS, "-".into());
        group
    };
    keys.chunks(KEYS).map(fill).collect()
}
