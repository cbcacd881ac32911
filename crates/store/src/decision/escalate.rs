//! What has come to a stop moves up: a seat that let the day of its answer pass, and a seat that nobody but the
//! applicant can act for any more (人事異動, retirement, a section that ended).

use sekisho_domain::access::{Who, read_key};
use sekisho_domain::date::date_at;
use sekisho_domain::decision::{DECISION, DECISION_STEP};
use sekisho_domain::noun::Row;
use sekisho_domain::role::Role;

use super::external::EXTERNAL_KEY;
use super::route::Ladder;
use super::seat::{holders, identities};
use super::{STEPS, StepRow, is_body, seated};
use crate::error::{Result, StoreError};
use crate::tx::Actor;
use crate::{Store, Tx};

sql! {
    const LATE = "SELECT s.id, s.decision_id FROM decision_step s JOIN decision d ON d.id = s.decision_id
        WHERE s.state = 'open' AND s.kind <> 'after' AND s.answer_by < $1 AND d.state = 'pending'
        ORDER BY s.answer_by, s.id LIMIT $2";
    const KEYS = "SELECT s.seat_key, d.applicant_id, MIN(s.id) AS id, COUNT(*) AS number
        FROM decision_step s JOIN decision d ON d.id = s.decision_id
        WHERE s.state = 'open' AND s.kind <> 'after' AND d.state = 'pending' AND s.seat_key IS NOT NULL
        GROUP BY s.seat_key, d.applicant_id ORDER BY s.seat_key, d.applicant_id";
    const OF_KEY = "SELECT s.id, s.decision_id FROM decision_step s JOIN decision d ON d.id = s.decision_id
        WHERE s.state = 'open' AND s.kind <> 'after' AND d.state = 'pending' AND s.seat_key = $1 AND d.applicant_id = $2
        ORDER BY s.id LIMIT $3";
    const SEATS_CHANGED = "SELECT COUNT(*) AS number FROM dirty
        WHERE noun IN ('absence', 'assignment', 'body', 'deputy', 'person', 'position', 'role_seat', 'same_person', 'section')";
}

/// Steps moved in one round; the rest follow in the next.
const AT_ONCE: i64 = 100;
const LATE_NOTE: &str = "返事の目安を過ぎたため、上位の職へ移りました。";
const STUCK_NOTE: &str = "決裁できる人がいなくなったため、上位の職へ移りました。";

impl Store {
    /// Moves what a seat left lying beyond its day to the seat above. Returns how many moved.
    pub async fn escalate_decisions(&self) -> Result<usize> {
        let today = date_at(self.clock.now());
        let late: Vec<(String, String)> = self.db.fetch_all(LATE, &[today.into(), AT_ONCE.into()]).await?;
        let mut moved = 0;
        for (step, decision) in late {
            moved += usize::from(self.move_up(&step, &decision, LATE_NOTE, false).await?);
        }
        Ok(moved)
    }

    /// Whether a change of seats is among those that the checks have not caught up with: time to look for routes that
    /// came to a stop. On days without one, only the passing of the day can stop a route.
    pub async fn seats_changed(&self) -> Result<bool> {
        let (number,): (i64,) = self.db.fetch_one(SEATS_CHANGED, &[]).await?;
        Ok(number > 0)
    }

    /// Finds applications whose open seat nobody but the applicant can act for, and moves them up.
    pub async fn repair_routes(&self) -> Result<usize> {
        let on = date_at(self.clock.now());
        let keys: Vec<(String, String, String, i64)> = self.db.fetch_all(KEYS, &[]).await?;
        let mut moved = 0;
        let mut last: Option<(String, Vec<String>)> = None;
        for (key, applicant, ..) in keys {
            if key == EXTERNAL_KEY || is_body(&key) {
                continue;
            }
            if last.as_ref().is_none_or(|(of, _)| *of != key) {
                let found = holders(&mut &self.db, &key, on).await?;
                last = Some((key.clone(), found.into_iter().map(|h| h.person_id).collect()));
            }
            let people = last.as_ref().map(|(_, people)| people.as_slice()).unwrap_or_default();
            if people.iter().any(|p| *p != applicant) && !self.all_same(people, &applicant).await? {
                continue;
            }
            let stuck: Vec<(String, String)> = self
                .db
                .fetch_all(OF_KEY, &[key.as_str().into(), applicant.as_str().into(), AT_ONCE.into()])
                .await?;
            for (step, decision) in stuck {
                moved += usize::from(self.move_up(&step, &decision, STUCK_NOTE, true).await?);
            }
        }
        Ok(moved)
    }

    /// Whether everybody in a seat is the applicant under another entry. Asked only for seats of one or two people.
    async fn all_same(&self, people: &[String], applicant: &str) -> Result<bool> {
        const FEW: usize = 2;
        if people.len() > FEW {
            return Ok(false);
        }
        let same = self.db.identities(applicant).await?;
        Ok(people.iter().all(|p| same.contains(p)))
    }

    /// Closes the open step and puts the seat above in its place. `stuck`: a body may be asked; a late CISO is only
    /// reminded, because nobody stands above.
    async fn move_up(
        &self,
        step_id: &str,
        decision_id: &str,
        note: &'static str,
        stuck: bool,
    ) -> Result<bool> {
        let mut tx = self.write(&Actor::system(), "decision.escalate").await?;
        let on = date_at(tx.at());
        let decision = tx.get(&DECISION, decision_id).await?;
        let steps: Vec<StepRow> = tx.fetch_all(STEPS, &[decision_id.into()]).await?;
        let Some(open) = steps.iter().find(|s| s.id == step_id && s.state == "open") else {
            return Ok(false);
        };
        if decision.text("state") != "pending" {
            return Ok(false);
        }
        let above = seat_above(&mut tx, &decision, &open.key(), on).await;
        let above = match above {
            Ok(key) if stuck || !is_body(&key) => Some(key),
            Ok(_) | Err(StoreError::IllegalMove(_)) => None,
            Err(error) => return Err(error),
        };
        let row = tx.get(&DECISION_STEP, step_id).await?;
        let later: Vec<&StepRow> = steps.iter().filter(|s| s.ordinal > open.ordinal).collect();
        // Already further up on the same route: the step is passed, not doubled.
        let there =
            above.as_ref().is_some_and(|key| later.iter().any(|s| s.state == "waiting" && s.key() == *key));
        let Some(key) = above else {
            // Nobody above: the day is taken away, so that the round does not come back every minute.
            tx.update(
                row.set("answer_by", None::<String>)
                    .set("note", "上位の職がないため、この職の返事を待っています。"),
            )
            .await?;
            tx.commit().await?;
            return Ok(false);
        };
        let calendar = tx.calendar().await?;
        let by = calendar.open_days_after(on, sekisho_domain::authority::ANSWER_DAYS);
        let at = tx.at();
        tx.update(row.set("state", "closed").set("note", note)).await?;
        if there {
            let next = later.iter().find(|s| s.state == "waiting").map(|s| s.id.clone()).unwrap_or_default();
            tx.open_step(&next, sekisho_domain::authority::ANSWER_DAYS).await?;
        } else {
            let ordinal = free_ordinal(&steps, open.ordinal)?;
            let row = seated(Row::new(&DECISION_STEP, tx.new_id()), &key)
                .set("decision_id", decision_id)
                .set("ordinal", ordinal)
                .set("kind", open.kind.as_str())
                .set("state", "open")
                .set("opened_ms", at)
                .set("answer_by", by)
                .set("note", note);
            tx.insert(row).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

fn free_ordinal(steps: &[StepRow], after: i64) -> Result<i64> {
    let mut ordinal = after + 1;
    while steps.iter().any(|s| s.ordinal == ordinal) {
        ordinal += 1;
    }
    Ok(ordinal)
}

async fn seat_above(
    tx: &mut Tx<'_>,
    decision: &Row,
    key: &str,
    on: sekisho_domain::date::Date,
) -> Result<String> {
    let role = match read_key(key) {
        Some(("role", code, _)) => Role::from_code(code).unwrap_or(Role::Manager),
        _ => Role::Manager,
    };
    let applicant: Who = crate::access::who(tx, decision.text("applicant_id"), "").await?;
    let unit = match decision.text("unit_id") {
        "" => applicant.seat(on).map(|s| s.unit_id.clone()).unwrap_or_default(),
        unit => unit.to_owned(),
    };
    let same = identities(tx, decision.text("applicant_id")).await?;
    Ladder::load(tx, same, &unit, on).await?.above(tx, role).await
}
