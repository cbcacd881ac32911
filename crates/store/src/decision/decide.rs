//! Taking an answer from a seat. Rights are read inside the transaction, so what counts is who holds the seat at that
//! moment, not who held it when the page was drawn.

use sekisho_domain::access::{Seat, Who};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::decision::{DECISION, DECISION_STEP};
use sekisho_domain::noun::{Row, Value};

use super::external::EXTERNAL_KEY;
use super::seat::{Capacity, capacities, identities};
use super::{STEPS, StepRow, is_body, seated};
use crate::error::{Result, StoreError};
use crate::proof::SignedAnswer;
use crate::tx::Actor;
use crate::{Db, Store, Tx};

sql! {
    const ANSWER_DAYS = "SELECT a.answer_days FROM decision d JOIN authority a ON a.id = d.authority_id WHERE d.id = $1";
}

/// What the person at the seat said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 承認; for a seat asked on the way 合議 (同意), for the holder after a 代決 後閲.
    Approve,
    /// 差戻し
    Return,
}

impl Answer {
    /// As it is signed.
    pub fn code(self) -> &'static str {
        match self {
            Answer::Approve => "approve",
            Answer::Return => "return",
        }
    }
}

/// An answer with everything that came with it.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    pub answer: Answer,
    pub comment: Option<&'a str>,
    /// What [`Store::sign_decision`] made of a touch of the security key. It is verified again against exactly this
    /// answer at this step, so that no signature serves a second time.
    pub proof: Option<String>,
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
    /// Decided in the city's 文書管理 system, and recorded here with its file number.
    #[error("decided outside")]
    DecidedOutside,
    /// A body resolves in a meeting; no member decides alone.
    #[error("a body decides this")]
    NeedsResolution,
    #[error("the signature is over another decision")]
    ProofOfAnother,
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Decided<T> = std::result::Result<T, DecideError>;

/// Who is about to act on which step.
struct Turn {
    step: StepRow,
    capacity: Capacity,
}

impl Db {
    /// How the person may act on a decision now; `None` when it is not their turn.
    pub async fn turn(&self, decision_id: &str, who: &Who, on: Date) -> Result<Option<(StepRow, Capacity)>> {
        let Some(decision) = self.row(&DECISION, decision_id).await? else { return Ok(None) };
        let steps = self.decision_steps(decision_id).await?;
        let capacities = self.capacities(who, on).await?;
        let applicant = self.identities(decision.text("applicant_id")).await?;
        let found = find_turn(&decision, &steps, &capacities).filter(|turn| {
            turn.capacity.mode != "body" && may_act(&turn.capacity, &turn.step, &who.person_id, &applicant)
        });
        Ok(found.map(|turn| (turn.step, turn.capacity)))
    }
}

/// The open step that one of the capacities reaches, the deciding one before a 後閲.
fn find_turn(decision: &Row, steps: &[StepRow], capacities: &[Capacity]) -> Option<Turn> {
    let kind = decision.text("kind");
    let open = steps.iter().filter(|s| s.state == "open");
    let mut open: Vec<&StepRow> = open.collect();
    open.sort_by_key(|s| s.kind == "after");
    open.into_iter().find_map(|step| {
        let key = step.key();
        let capacity = capacities.iter().find(|c| c.key == key && c.reaches(kind))?;
        Some(Turn { step: step.clone(), capacity: capacity.clone() })
    })
}

/// Applicant ≠ approver, under every entry of both people, and neither through a delegation nor as a deputy of the
/// applicant. 後閲 is the holder's own and not handed on.
fn may_act(
    capacity: &Capacity,
    step: &StepRow,
    person_id: &str,
    applicant: &std::collections::BTreeSet<String>,
) -> bool {
    let own = applicant.contains(person_id) || capacity.for_ids.iter().any(|id| applicant.contains(id));
    !own && (step.kind != "after" || capacity.mode == "self")
}

impl Store {
    /// Takes a decision from a seat, without a signature.
    pub async fn decide(
        &self,
        who: &Who,
        decision_id: &str,
        answer: Answer,
        comment: Option<&str>,
    ) -> Decided<()> {
        self.decide_with(who, decision_id, Verdict { answer, comment, proof: None }).await
    }

    /// Takes a decision from a seat. Compare-and-set on the step's version makes one of two approvers at the same
    /// moment win; the other gets [`DecideError::AlreadyClosed`] with the winner.
    pub async fn decide_with(&self, who: &Who, decision_id: &str, verdict: Verdict<'_>) -> Decided<()> {
        match self.try_decide(who, decision_id, &verdict).await {
            Err(DecideError::Store(StoreError::Conflict { .. } | StoreError::Refused(_))) => {
                // Somebody committed between our reading and our writing: the second look says who.
                self.try_decide(who, decision_id, &verdict).await
            }
            answer => answer,
        }
    }

    async fn try_decide(&self, who: &Who, decision_id: &str, verdict: &Verdict<'_>) -> Decided<()> {
        let answer = verdict.answer;
        let action = if answer == Answer::Approve { "decision.approve" } else { "decision.return" };
        let seat = who.seat(date_at(self.clock.now())).map(Seat::code);
        let actor = Actor { person_id: who.person_id.clone(), seat: seat.unwrap_or_else(|| "-".into()) };
        let mut tx = self.write(&actor, action).await?;
        let (at, on) = (tx.at(), date_at(tx.at()));
        let row = tx.get(&DECISION, decision_id).await?;
        let Turn { step, capacity } = turn_of(&mut tx, who, &row, at, on).await?;
        if let Some(proof) = &verdict.proof {
            let signed = SignedAnswer {
                decision_id,
                step_id: &step.id,
                answer: answer.code(),
                subject_sha256: row.text("subject_sha256"),
                person_id: &who.person_id,
            };
            self.db.verify_proof(signed, proof).await.map_err(|_| DecideError::ProofOfAnother)?;
        }
        if step.kind != "after"
            && answer == Answer::Approve
            && crate::effect::subject_changed(&mut tx, &row).await?
        {
            drop(tx);
            self.end(decision_id, "decision.void", "voided").await?;
            return Err(DecideError::SubjectChanged);
        }
        let acted = tx
            .get(&DECISION_STEP, &step.id)
            .await?
            .set("state", if answer == Answer::Approve { "approved" } else { "returned" })
            .set("actor_id", who.person_id.as_str())
            .set("actor_seat", capacity.seat.as_str())
            .set("acted_ms", at)
            .set("mode", capacity.mode)
            .set("for_id", capacity.for_ids.first().cloned())
            .set("proof", verdict.proof.clone())
            .set("comment", verdict.comment.filter(|c| !c.is_empty()).map(str::to_owned));
        tx.update(acted).await?;
        if step.kind != "after" {
            if capacity.mode == "deputy" {
                tx.ask_afterwards(&row, &step).await?;
            }
            tx.move_on(row, &step, answer).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// 引戻し: the applicant takes an application back while it waits.
    pub async fn withdraw(&self, who: &Who, decision_id: &str) -> Decided<()> {
        let actor = Actor { person_id: who.person_id.clone(), seat: "-".into() };
        let mut tx = self.write(&actor, "decision.withdraw").await?;
        let row = tx.get(&DECISION, decision_id).await?;
        if row.text("applicant_id") != who.person_id {
            return Err(DecideError::NotYourTurn);
        }
        if row.text("state") != "pending" {
            let steps: Vec<StepRow> = tx.fetch_all(STEPS, &[decision_id.into()]).await?;
            return Err(DecideError::AlreadyClosed { by: last_actor(&steps) });
        }
        crate::effect::undone(&mut tx, &row).await?;
        tx.close_decision(row, "withdrawn").await?;
        tx.close_open_steps(decision_id).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn end(&self, decision_id: &str, action: &'static str, state: &str) -> Result<()> {
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

/// The step on which this person acts now, or why there is none.
async fn turn_of(tx: &mut Tx<'_>, who: &Who, row: &Row, at: Ms, on: Date) -> Decided<Turn> {
    let who = crate::access::who(tx, &who.person_id, &who.account_id).await?;
    let steps: Vec<StepRow> = tx.fetch_all(STEPS, &[row.id.as_str().into()]).await?;
    let applicant = identities(tx, row.text("applicant_id")).await?;
    let capacities = capacities(tx, &who, on).await?;
    let pending = row.text("state") == "pending";
    let found = find_turn(row, &steps, &capacities);
    // What is closed stays so, but for the holder's look at a 代決.
    let Some(turn) = found.filter(|turn| pending || turn.step.kind == "after") else {
        if pending && applicant.contains(&who.person_id) {
            return Err(DecideError::OwnApplication);
        }
        return Err(match faster(&steps, &capacities) {
            by @ Some(_) => DecideError::AlreadyClosed { by },
            None if !pending => DecideError::AlreadyClosed { by: last_actor(&steps) },
            None if steps.iter().any(|s| s.state == "open" && s.key() == EXTERNAL_KEY) => {
                DecideError::DecidedOutside
            }
            None => DecideError::NotYourTurn,
        });
    };
    if !may_act(&turn.capacity, &turn.step, &who.person_id, &applicant) {
        return Err(match turn.step.kind == "after" {
            true => DecideError::NotYourTurn,
            false => DecideError::OwnApplication,
        });
    }
    if is_body(&turn.step.key()) {
        return Err(DecideError::NeedsResolution);
    }
    let expired = row.get("expires_ms").and_then(Value::int).is_some_and(|ms| ms <= at.0);
    if expired && pending {
        return Err(DecideError::Expired);
    }
    Ok(turn)
}

/// Whoever acted on a step that this person could have acted on.
fn faster(steps: &[StepRow], capacities: &[Capacity]) -> Option<String> {
    let acted = steps.iter().rev().filter(|s| s.actor_id.is_some());
    acted.filter(|s| capacities.iter().any(|c| c.key == s.key())).find_map(|s| s.actor_id.clone())
}

fn last_actor(steps: &[StepRow]) -> Option<String> {
    steps.iter().rev().find_map(|s| s.actor_id.clone())
}

impl Tx<'_> {
    /// After an answer: on to the next seat, back to the applicant, or into effect.
    pub(crate) async fn move_on(&mut self, row: Row, step: &StepRow, answer: Answer) -> Result<()> {
        let id = row.id.clone();
        if answer == Answer::Return {
            crate::effect::undone(self, &row).await?;
            self.close_decision(row, "returned").await?;
            return self.close_open_steps(&id).await;
        }
        let steps: Vec<StepRow> = self.fetch_all(STEPS, &[id.as_str().into()]).await?;
        let next = steps.iter().find(|s| s.ordinal > step.ordinal && s.state == "waiting");
        if let Some(next) = next {
            let days: Option<(i64,)> = self.fetch_optional(ANSWER_DAYS, &[id.as_str().into()]).await?;
            let days = days.map_or(sekisho_domain::authority::ANSWER_DAYS, |(days,)| days);
            return self.open_step(&next.id, days).await;
        }
        crate::effect::approved(self, &row).await?;
        self.close_decision(row, "approved").await
    }

    /// 後閲: after a 代決 the holder of the seat looks at it on return.
    async fn ask_afterwards(&mut self, decision: &Row, step: &StepRow) -> Result<()> {
        let at = self.at();
        let row = seated(Row::new(&DECISION_STEP, self.new_id()), &step.key())
            .set("decision_id", decision.id.as_str())
            // Beside the step it belongs to; nothing waits for it.
            .set("ordinal", step.ordinal + 1)
            .set("kind", "after")
            .set("state", "open")
            .set("opened_ms", at)
            .set("note", "代決されました。内容を確かめてください。");
        self.insert(row).await
    }
}
