//! 会議体: members, meetings, and resolutions that decide applications.

use std::collections::BTreeSet;

use sekisho_domain::access::{Seat, Who, body_key};
use sekisho_domain::body::{AGENDA_ITEM, BODY, BODY_MEMBER, MEETING, carried};
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::decision::{DECISION, DECISION_STEP};
use sekisho_domain::noun::{Row, Value};

use crate::decision::{Answer, DecideError, StepRow};
use crate::error::{Result, StoreError};
use crate::tx::Actor;
use crate::{Db, Store, Tx};

sql! {
    const BODIES = "SELECT b.id, b.name, b.kind, b.quorum, b.final_instance, b.duty, b.valid_from, b.valid_to,
            (SELECT COUNT(*) FROM body_member m WHERE m.body_id = b.id
                AND m.valid_from <= $1 AND (m.valid_to IS NULL OR m.valid_to > $1)) AS members
        FROM body b WHERE b.valid_to IS NULL OR b.valid_to > $1 ORDER BY b.kind, b.name, b.id";
    const MEMBERS = "SELECT m.id, m.person_id, p.name AS person, m.duty, m.valid_from, m.valid_to
        FROM body_member m JOIN person p ON p.id = m.person_id
        WHERE m.body_id = $1 AND m.valid_from <= $2 AND (m.valid_to IS NULL OR m.valid_to > $2)
        ORDER BY CASE m.duty WHEN 'chair' THEN 0 WHEN 'vice_chair' THEN 1 WHEN 'member' THEN 2 ELSE 3 END, p.name, m.id";
    const MEETINGS = "SELECT id, body_id, number, held_on, place, state, present, minutes FROM meeting
        WHERE body_id = $1 ORDER BY number DESC LIMIT $2";
    const NEXT_MEETING = "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM meeting WHERE body_id = $1";
    const AGENDA = "SELECT i.id, i.ordinal, i.title, i.decision_id, i.result, i.ayes, i.noes, i.resolution,
            d.number AS decision_number
        FROM agenda_item i LEFT JOIN decision d ON d.id = i.decision_id WHERE i.meeting_id = $1 ORDER BY i.ordinal";
    const NEXT_ITEM = "SELECT COALESCE(MAX(ordinal), 0) + 1 AS number FROM agenda_item WHERE meeting_id = $1";
    const WAITING = "SELECT d.id, d.number, d.title FROM decision d JOIN decision_step s ON s.decision_id = d.id
        WHERE d.state = 'pending' AND s.state = 'open' AND s.seat_key = $1
            AND NOT EXISTS (SELECT 1 FROM agenda_item i WHERE i.decision_id = d.id AND i.result = 'open')
        ORDER BY d.id LIMIT $2";
    const STEPS = "SELECT id, ordinal, kind, role, position_id, unit_id, state, actor_id, seat_key, body_id, mode,
            for_id, note, opened_ms, answer_by, acted_ms, comment, proof
        FROM decision_step WHERE decision_id = $1 ORDER BY ordinal";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct BodyLine {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub quorum: i64,
    pub final_instance: bool,
    pub duty: String,
    pub valid_from: String,
    pub valid_to: Option<String>,
    pub members: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MemberLine {
    pub id: String,
    pub person_id: String,
    pub person: String,
    pub duty: String,
    pub valid_from: String,
    pub valid_to: Option<String>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MeetingLine {
    pub id: String,
    pub body_id: String,
    pub number: i64,
    pub held_on: String,
    pub place: String,
    pub state: String,
    pub present: Option<String>,
    pub minutes: Option<String>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AgendaLine {
    pub id: String,
    pub ordinal: i64,
    pub title: String,
    pub decision_id: Option<String>,
    pub result: String,
    pub ayes: Option<i64>,
    pub noes: Option<i64>,
    pub resolution: Option<String>,
    pub decision_number: Option<String>,
}

/// What a meeting said about one item.
#[derive(Clone, Copy, Debug)]
pub struct Resolution<'a> {
    /// `None`: no vote (`noted`, `postponed`).
    pub votes: Option<(i64, i64)>,
    pub result: &'a str,
    pub text: &'a str,
}

/// Why a resolution was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// A sentence for the page.
    #[error("{0}")]
    Refused(&'static str),
    #[error(transparent)]
    Decide(#[from] DecideError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Db {
    pub async fn bodies(&self, on: Date) -> Result<Vec<BodyLine>> {
        self.fetch_all(BODIES, &[on.into()]).await
    }

    pub async fn body_members(&self, body_id: &str, on: Date) -> Result<Vec<MemberLine>> {
        self.fetch_all(MEMBERS, &[body_id.into(), on.into()]).await
    }

    pub async fn meetings(&self, body_id: &str, limit: i64) -> Result<Vec<MeetingLine>> {
        self.fetch_all(MEETINGS, &[body_id.into(), limit.into()]).await
    }

    pub async fn agenda(&self, meeting_id: &str) -> Result<Vec<AgendaLine>> {
        self.fetch_all(AGENDA, &[meeting_id.into()]).await
    }

    /// Applications that wait for a body and are on no agenda yet: (id, number, title).
    pub async fn waiting_for_body(
        &self,
        body_id: &str,
        limit: i64,
    ) -> Result<Vec<(String, Option<String>, String)>> {
        self.fetch_all(WAITING, &[body_key(body_id).into(), limit.into()]).await
    }
}

impl Tx<'_> {
    /// Calls a meeting; its number follows the last one of the body.
    pub async fn call_meeting(&mut self, body_id: &str, held_on: Date, place: &str) -> Result<String> {
        self.get(&BODY, body_id).await?;
        let next: Option<(i64,)> = self.fetch_optional(NEXT_MEETING, &[body_id.into()]).await?;
        let row = Row::new(&MEETING, self.new_id())
            .set("body_id", body_id)
            .set("number", next.map_or(1, |(n,)| n))
            .set("held_on", held_on)
            .set("place", place)
            .set("state", "called");
        let id = row.id.clone();
        self.insert(row).await?;
        Ok(id)
    }

    pub async fn put_on_agenda(
        &mut self,
        meeting_id: &str,
        title: &str,
        decision_id: Option<&str>,
    ) -> Result<String> {
        let meeting = self.get(&MEETING, meeting_id).await?;
        if meeting.text("state") == "cancelled" {
            return Err(StoreError::IllegalMove("a cancelled meeting has no agenda"));
        }
        let next: Option<(i64,)> = self.fetch_optional(NEXT_ITEM, &[meeting_id.into()]).await?;
        let row = Row::new(&AGENDA_ITEM, self.new_id())
            .set("meeting_id", meeting_id)
            .set("ordinal", next.map_or(1, |(n,)| n))
            .set("title", title)
            .set("decision_id", decision_id.map(str::to_owned))
            .set("result", "open");
        let id = row.id.clone();
        self.insert(row).await?;
        Ok(id)
    }

    /// Records who was there and what was said. Only members of that day can have been present.
    pub async fn hold_meeting(
        &mut self,
        meeting_id: &str,
        present: &BTreeSet<String>,
        minutes: &str,
    ) -> Result<()> {
        let row = self.get(&MEETING, meeting_id).await?;
        let held_on = row.text("held_on").to_owned();
        if held_on > date_at(self.at()).to_string() {
            return Err(StoreError::IllegalMove("a meeting is recorded after it was held"));
        }
        let members: Vec<MemberLine> =
            self.fetch_all(MEMBERS, &[row.text("body_id").into(), held_on.into()]).await?;
        if present.iter().any(|id| !members.iter().any(|m| m.person_id == *id)) {
            return Err(StoreError::IllegalMove("only members of that day can have been present"));
        }
        let present = serde_json::to_string(present).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        self.update(row.set("state", "held").set("present", present).set("minutes", minutes)).await
    }
}

impl Store {
    /// Records what a meeting resolved. An item that carries an application decides it: the chair (or the vice chair)
    /// confirms, the applicant neither votes nor confirms, and quorum and majority are computed here.
    pub async fn resolve(
        &self,
        who: &Who,
        item_id: &str,
        resolution: Resolution<'_>,
    ) -> std::result::Result<(), ResolveError> {
        let seat = who.seat(date_at(self.clock.now())).map(Seat::code);
        let actor =
            Actor { person_id: who.person_id.clone(), seat: seat.clone().unwrap_or_else(|| "-".into()) };
        let mut tx = self.write(&actor, "meeting.resolve").await?;
        let item = tx.get(&AGENDA_ITEM, item_id).await?;
        let meeting = tx.get(&MEETING, item.text("meeting_id")).await?;
        let body = tx.get(&BODY, meeting.text("body_id")).await?;
        if meeting.text("state") != "held" || item.text("result") != "open" {
            return Err(ResolveError::Refused(
                "開催した会議の、まだ結果のない議題だけに結果を入力できます。",
            ));
        }
        let present: BTreeSet<String> = serde_json::from_str(meeting.text("present")).unwrap_or_default();
        let members: Vec<MemberLine> =
            tx.fetch_all(MEMBERS, &[body.id.as_str().into(), meeting.text("held_on").into()]).await?;
        let chair = members.iter().filter(|m| matches!(m.duty.as_str(), "chair" | "vice_chair"));
        let chair = chair.filter(|m| present.contains(&m.person_id)).any(|m| m.person_id == who.person_id);
        if !chair {
            return Err(ResolveError::Refused("議決は、出席した委員長か副委員長だけが確定できます。"));
        }
        let (ayes, noes) = resolution.votes.unwrap_or((0, 0));
        let decision_id = Some(item.text("decision_id").to_owned()).filter(|id| !id.is_empty());
        let item = item
            .set("result", resolution.result)
            .set("ayes", resolution.votes.map(|(n, _)| n))
            .set("noes", resolution.votes.map(|(_, n)| n))
            .set("resolution", resolution.text);
        tx.update(item).await?;
        let answer = match resolution.result {
            "approved" => Answer::Approve,
            "returned" => Answer::Return,
            _ => {
                tx.commit().await?;
                return Ok(());
            }
        };
        let same = match &decision_id {
            Some(id) => {
                let decision = tx.get(&DECISION, id).await?;
                crate::decision::identities_in(&mut tx, decision.text("applicant_id")).await?
            }
            None => BTreeSet::new(),
        };
        if same.contains(&who.person_id) {
            return Err(DecideError::OwnApplication.into());
        }
        // A clerk writes, and does not count.
        let voting = members.iter().filter(|m| m.duty != "clerk" && present.contains(&m.person_id));
        let (recused, voting): (Vec<_>, Vec<_>) = voting.partition(|m| same.contains(&m.person_id));
        let count = |list: &Vec<&MemberLine>| i64::try_from(list.len()).unwrap_or(i64::MAX);
        let quorum = body.get("quorum").and_then(Value::int).unwrap_or(i64::MAX);
        let all = count(&voting) + count(&recused);
        let for_it = carried(quorum, all, count(&recused), ayes, noes).map_err(ResolveError::Refused)?;
        if for_it != (answer == Answer::Approve) {
            return Err(ResolveError::Refused("賛成と反対の人数が、選んだ結果と合いません。"));
        }
        if let Some(id) = decision_id {
            tx.decide_by_body(who, seat.as_deref().unwrap_or("-"), &body.id, &id, answer, resolution.text)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

impl Tx<'_> {
    async fn decide_by_body(
        &mut self,
        who: &Who,
        seat: &str,
        body_id: &str,
        decision_id: &str,
        answer: Answer,
        text: &str,
    ) -> std::result::Result<(), ResolveError> {
        let at = self.at();
        let decision = self.get(&DECISION, decision_id).await?;
        let steps: Vec<StepRow> = self.fetch_all(STEPS, &[decision_id.into()]).await?;
        let open = steps.into_iter().find(|s| s.state == "open" && s.key() == body_key(body_id));
        let (Some(open), "pending") = (open, decision.text("state")) else {
            return Err(DecideError::AlreadyClosed { by: None }.into());
        };
        if answer == Answer::Approve && crate::effect::subject_changed(self, &decision).await? {
            return Err(DecideError::SubjectChanged.into());
        }
        let row = self.get(&DECISION_STEP, &open.id).await?;
        let row = row
            .set("state", if answer == Answer::Approve { "approved" } else { "returned" })
            .set("actor_id", who.person_id.as_str())
            .set("actor_seat", seat)
            .set("acted_ms", at)
            .set("mode", "body")
            .set("comment", Some(text.to_owned()).filter(|t| !t.is_empty()));
        self.update(row).await?;
        Ok(self.move_on(decision, &open, answer).await?)
    }

    /// Adds somebody to a body.
    pub async fn add_member(
        &mut self,
        body_id: &str,
        person_id: &str,
        duty: &str,
        from: Date,
    ) -> Result<String> {
        let row = Row::new(&BODY_MEMBER, self.new_id())
            .set("body_id", body_id)
            .set("person_id", person_id)
            .set("duty", duty)
            .set("valid_from", from);
        let id = row.id.clone();
        self.insert(row).await?;
        Ok(id)
    }
}
