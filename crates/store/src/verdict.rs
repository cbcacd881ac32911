//! Writing verdicts: an interval is closed and another opened only when the answer has changed.

use sekisho_domain::noun::{Row, Value};
use sekisho_domain::verdict::{Acts, State, VERDICT, acts};

use crate::error::Result;
use crate::page::Incumbent;
use crate::{Db, Store, Tx};

sql! {
    const OPEN = "SELECT id, requirement_id, scope FROM verdict
        WHERE requirement_id = $1 AND scope = $2 AND check_id = $3 AND to_ms IS NULL";
    const DUE = "SELECT DISTINCT requirement_id FROM verdict
        WHERE to_ms IS NULL AND next_change_ms IS NOT NULL AND next_change_ms <= $1";
    const DIRTY = "SELECT id, noun, focus FROM dirty ORDER BY id LIMIT $1";
    const CLEAN = "DELETE FROM dirty WHERE id = $1";
    const RAN = "INSERT INTO check_run (check_id, check_version, evaluated_ms, next_change_ms) VALUES ($1, $2, $3, $4)
        ON CONFLICT (check_id) DO UPDATE SET check_version = excluded.check_version,
            evaluated_ms = excluded.evaluated_ms, next_change_ms = excluded.next_change_ms";
    const RUNS = "SELECT check_id, check_version, evaluated_ms, next_change_ms FROM check_run";
}

/// What a check says about one requirement in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub state: State,
    /// One plain Japanese sentence.
    pub reason: String,
    pub expected: i64,
    pub observed: i64,
    pub violating: i64,
    /// Up to 20 `{noun, id, label}`: who is missing or in violation; and with `acts` the sections that have to act.
    pub samples: serde_json::Value,
    pub evidence_ids: Vec<String>,
    /// Where the population came from, and of when it is.
    pub source: String,
    pub source_ms: Option<i64>,
    /// When the answer can next change by the mere passing of time.
    pub next_change_ms: Option<i64>,
}

/// Something that a committed change may have made out of date.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Dirty {
    pub id: String,
    pub noun: String,
    /// The requirement concerned; empty when the noun concerns none in particular.
    pub focus: String,
}

/// When a check last ran.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CheckRun {
    pub check_id: String,
    pub check_version: i64,
    pub evaluated_ms: i64,
    pub next_change_ms: Option<i64>,
}

/// The sections that have to act on a verdict about a requirement of this role: those it names. None where one person
/// holds the role, who acts then; a role that thirty people hold is nobody.
pub fn who_acts(role: &str, samples: &str, incumbents: &[Incumbent]) -> Vec<Acts> {
    let holders = incumbents.iter().filter(|i| i.role == role && i.person_id.is_some()).count();
    if holders == 1 { Vec::new() } else { acts(samples) }
}

impl Db {
    /// The oldest marks, up to `limit`.
    pub async fn dirty(&self, limit: i64) -> Result<Vec<Dirty>> {
        self.fetch_all(DIRTY, &[limit.into()]).await
    }

    pub async fn check_runs(&self) -> Result<Vec<CheckRun>> {
        self.fetch_all(RUNS, &[]).await
    }

    /// Requirements one of whose verdicts can have changed by now.
    pub async fn verdicts_due(&self, now: sekisho_domain::clock::Ms) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = self.fetch_all(DUE, &[now.into()]).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}

impl Store {
    /// Takes marks away that have been dealt with.
    pub async fn clean(&self, marks: &[Dirty]) -> Result<()> {
        let mut op = self.op().await?;
        for mark in marks {
            op.execute(CLEAN, &[mark.id.as_str().into()]).await?;
        }
        op.commit().await
    }

    pub async fn note_check_run(
        &self,
        check_id: &str,
        version: i64,
        next_change_ms: Option<i64>,
    ) -> Result<()> {
        let args = [check_id.into(), version.into(), self.clock.now().into(), next_change_ms.into()];
        self.op_execute(RAN, &args).await.map(drop)
    }
}

impl Tx<'_> {
    /// Records what a check says now; `None` when it has nothing to say any more (the row is undecided again).
    /// Writes nothing when the answer is the one already open. Returns whether it wrote.
    pub async fn record_verdict(
        &mut self,
        (check_id, check_version): (&str, i64),
        requirement_id: &str,
        scope: &str,
        outcome: Option<&Outcome>,
    ) -> Result<bool> {
        let args = [requirement_id.into(), scope.into(), check_id.into()];
        let open: Option<(String, String, String)> = self.fetch_optional(OPEN, &args).await?;
        let open = match open {
            Some((id, ..)) => Some(self.get(&VERDICT, &id).await?),
            None => None,
        };
        let new = outcome.map(|o| row(self, (check_id, check_version), requirement_id, scope, o));
        if same(open.as_ref(), new.as_ref()) {
            return Ok(false);
        }
        let at = self.at();
        if let Some(open) = open {
            self.update(open.set("to_ms", at)).await?;
        }
        if let Some(new) = new {
            self.insert(new).await?;
        }
        Ok(true)
    }
}

fn row(tx: &Tx<'_>, (check_id, version): (&str, i64), requirement_id: &str, scope: &str, o: &Outcome) -> Row {
    Row::new(&VERDICT, tx.new_id())
        .set("check_id", check_id)
        .set("check_version", version)
        .set("requirement_id", requirement_id)
        .set("scope", scope)
        .set("from_ms", tx.at())
        .set("state", o.state.code())
        .set("reason", o.reason.as_str())
        .set("expected_count", o.expected)
        .set("observed_count", o.observed)
        .set("violating_count", o.violating)
        .set("samples", o.samples.to_string())
        .set("evidence_ids", serde_json::Value::from(o.evidence_ids.clone()).to_string())
        .set("source", o.source.as_str())
        .set("source_ms", o.source_ms)
        .set("next_change_ms", o.next_change_ms)
}

/// Whether two verdicts give the same answer. When the population was last read is not part of the answer.
fn same(open: Option<&Row>, new: Option<&Row>) -> bool {
    const ANSWER: [&str; 10] = [
        "check_version",
        "state",
        "reason",
        "expected_count",
        "observed_count",
        "violating_count",
        "samples",
        "evidence_ids",
        "source",
        "next_change_ms",
    ];
    match (open, new) {
        (None, None) => true,
        (Some(open), Some(new)) => ANSWER.iter().all(|column| {
            open.get(column).filter(|v| !v.is_null()) == new.get(column).filter(|v: &&Value| !v.is_null())
        }),
        _ => false,
    }
}
