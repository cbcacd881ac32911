//! Deciding many alike applications at once. Only what one page showed to one person can be decided with it: the
//! page leaves a list of ids and digests, and an answer that names anything else is refused as a whole.

use std::collections::BTreeMap;

use sekisho_domain::access::Who;
use sekisho_domain::clock::Ms;
use sekisho_domain::id::new_id;

use super::decide::{Answer, DecideError, Verdict};
use super::list::DecisionRow;
use crate::Store;
use crate::error::{Result, StoreError};

/// A page shown longer ago than this is shown again.
const SHOWN_MS: i64 = 30 * Ms::MINUTE;
/// More rows than a person looks at are not decided at one stroke.
pub const BATCH_ROWS: usize = 50;

sql! {
    const KEEP = "INSERT INTO decision_batch (id, person_id, shown, created_ms) VALUES ($1, $2, $3, $4)";
    const FIND = "SELECT shown FROM decision_batch WHERE id = $1 AND person_id = $2 AND created_ms > $3";
    const USED = "DELETE FROM decision_batch WHERE id = $1 OR created_ms <= $2";
}

/// What a page shows for deciding together.
#[derive(Clone, Debug)]
pub struct Batch {
    pub id: String,
    pub rows: Vec<DecisionRow>,
}

/// The fate of one row of a batch.
#[derive(Debug)]
pub struct BatchAnswer {
    pub decision_id: String,
    pub result: std::result::Result<(), DecideError>,
}

impl Store {
    /// Puts alike applications of a waiting list before somebody, and remembers that they were shown.
    pub async fn show_batch(&self, who: &Who, alike: &str, waiting: Vec<DecisionRow>) -> Result<Batch> {
        let same =
            waiting.into_iter().filter(|row| row.step_kind != "after" && row.alike.as_deref() == Some(alike));
        let rows: Vec<DecisionRow> = same.take(BATCH_ROWS).collect();
        let shown: BTreeMap<&str, &str> =
            rows.iter().map(|row| (row.id.as_str(), row.subject_sha256.as_str())).collect();
        let shown = serde_json::to_string(&shown).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let now = self.clock.now();
        let id = new_id(now, &*self.entropy);
        let args = [id.as_str().into(), who.person_id.as_str().into(), shown.into(), now.into()];
        self.op_execute(KEEP, &args).await?;
        Ok(Batch { id, rows })
    }

    /// Decides rows of a batch with one answer. Nothing is decided if one of them was not shown as it is now; each
    /// is then a decision of its own, and one that fails does not undo the others.
    pub async fn decide_batch(
        &self,
        who: &Who,
        batch_id: &str,
        decision_ids: &[String],
        answer: Answer,
        comment: Option<&str>,
    ) -> Result<Vec<BatchAnswer>> {
        let since = self.clock.now().plus(-SHOWN_MS);
        let args = [batch_id.into(), who.person_id.as_str().into(), since.into()];
        let found: Option<(String,)> = self.db.fetch_optional(FIND, &args).await?;
        let (shown,) =
            found.ok_or(StoreError::IllegalMove("the page was shown too long ago or to somebody else"))?;
        let shown: BTreeMap<String, String> =
            serde_json::from_str(&shown).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        for id in decision_ids {
            let row =
                self.db.row(&sekisho_domain::decision::DECISION, id).await?.ok_or(StoreError::NotFound)?;
            if shown.get(id).map(String::as_str) != Some(row.text("subject_sha256")) {
                return Err(StoreError::IllegalMove(
                    "a row was not on the page from which it was to be decided",
                ));
            }
        }
        self.op_execute(USED, &[batch_id.into(), since.into()]).await?;
        let mut answers = Vec::new();
        for id in decision_ids {
            let verdict = Verdict { answer, comment, proof: None };
            let result = self.decide_with(who, id, verdict).await;
            answers.push(BatchAnswer { decision_id: id.clone(), result });
        }
        Ok(answers)
    }
}
