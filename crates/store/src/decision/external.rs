//! 外部決裁: a city that decides in its 文書管理 system exports the draft with the digest of the subject and records
//! here what was decided there. The engine refuses an inner answer to such an application, and the database a second
//! approval of the same subject, so nothing is decided twice.

use sekisho_domain::access::{Action, Reach, Seat, Who, reach};
use sekisho_domain::date::{Date, date_at, wareki};
use sekisho_domain::decision::{DECISION, DECISION_STEP};
use sekisho_domain::noun::Row;

use super::decide::Answer;
use super::{DecideError, STEPS, StepRow};
use crate::Store;
use crate::error::StoreError;
use crate::evidence::StoredFile;
use crate::tx::Actor;

/// The seat key of a step that is taken outside; nobody holds it.
pub const EXTERNAL_KEY: &str = "external";

/// What the paper says that came back.
#[derive(Clone, Copy, Debug)]
pub struct Outside<'a> {
    /// 文書番号 of the outside system.
    pub file_number: &'a str,
    pub decided_on: Date,
    /// 専決区分
    pub division: &'a str,
    /// The seat that decided, as the paper names it.
    pub seat: &'a str,
    /// The subject digest printed on the draft that was decided.
    pub subject_sha256: &'a str,
    /// The sealed copy.
    pub copy: StoredFile<'a>,
    pub answer: Answer,
}

/// The draft for the outside system: words for people, and the exact bytes that the digest is over.
pub fn draft(decision: &Row, applicant: &str) -> String {
    let requested = decision.get("requested_ms").and_then(|v| v.int()).unwrap_or_default();
    format!(
        "起案\n\n文書番号  {}\n件名      {}\n起案      {}  {}\n専決区分  {}\n根拠      {}\n\n理由\n{}\n\n\
         決裁の対象(この行の間の文字列をそのまま SHA-256 にかけた値が、下の「中身の印」です)\n\
         -----BEGIN SUBJECT-----\n{}\n-----END SUBJECT-----\n\n中身の印  {}\n\n\
         決裁が終わったら、文書番号・決裁日・専決区分・決裁者の職と、決裁済みの文書の写しを関所に登録してください。\n",
        decision.text("number"),
        decision.text("title"),
        wareki(date_at(sekisho_domain::clock::Ms(requested))),
        applicant,
        decision.text("division"),
        decision.text("clause_label"),
        decision.text("reason"),
        decision.text("subject"),
        decision.text("subject_sha256"),
    )
}

impl Store {
    /// Records an outside decision. The applicant may do it, and whoever runs the policy: the deciding hand is on the
    /// sealed copy, not here.
    pub async fn record_outside(
        &self,
        who: &Who,
        decision_id: &str,
        outside: Outside<'_>,
    ) -> Result<(), DecideError> {
        let seat = who.seat(date_at(self.clock.now())).map(Seat::code);
        let actor = Actor { person_id: who.person_id.clone(), seat: seat.unwrap_or_else(|| "-".into()) };
        let mut tx = self.write(&actor, "decision.external").await?;
        let (at, on) = (tx.at(), date_at(tx.at()));
        let row = tx.get(&DECISION, decision_id).await?;
        let steps: Vec<StepRow> = tx.fetch_all(STEPS, &[decision_id.into()]).await?;
        let entitled = row.text("applicant_id") == who.person_id
            || reach(who, Action::Edit, "decision", on) == Reach::All;
        if !entitled {
            return Err(DecideError::NotYourTurn);
        }
        if row.text("state") != "pending" {
            return Err(DecideError::AlreadyClosed { by: None });
        }
        let step = steps.into_iter().find(|s| s.state == "open" && s.key() == EXTERNAL_KEY);
        let step = step.ok_or(DecideError::NotYourTurn)?;
        let changed = outside.subject_sha256 != row.text("subject_sha256")
            || crate::effect::subject_changed(&mut tx, &row).await?;
        if changed {
            drop(tx);
            self.end(decision_id, "decision.void", "voided").await?;
            return Err(DecideError::SubjectChanged);
        }
        if outside.decided_on > on || outside.copy.sha256.is_empty() {
            return Err(
                StoreError::IllegalMove("an outside decision has a past day and a sealed copy").into()
            );
        }
        let paper = serde_json::json!({
            "file_number": outside.file_number,
            "decided_on": outside.decided_on.to_string(),
            "division": outside.division,
            "seat": outside.seat,
            "copy": { "object_id": outside.copy.object_id, "name": outside.copy.name, "sha256": outside.copy.sha256 },
            "recorded_by": who.person_id,
        });
        let paper = String::from_utf8(sekisho_ledger::canonical(&paper).map_err(StoreError::from)?)
            .map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let acted = tx
            .get(&DECISION_STEP, &step.id)
            .await?
            .set("state", if outside.answer == Answer::Approve { "approved" } else { "returned" })
            .set("actor_seat", outside.seat)
            .set("acted_ms", at)
            .set("mode", "external");
        tx.update(acted).await?;
        let row = row.set("external", paper).set("division", outside.division);
        tx.move_on(row, &step, outside.answer).await?;
        tx.commit().await?;
        Ok(())
    }
}
