//! 通知: what is to be said to whom, once, and the mails that have not left yet. A mail says numbers and links, never
//! names or matters.
//!
//! Marking a topic as said and putting its mail into the outbox is one transaction; a mail leaves the outbox when the
//! relay has taken it. A crash between the two sends it again under the same Message-ID, and loses nothing.

use sekisho_domain::calendar::Calendar;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, plus_days};
use sekisho_domain::id::new_id;
use sekisho_domain::notice::NOTICE_TEMPLATE;
use sekisho_domain::noun::Row;
use sekisho_domain::task::{Rung, rung};

use crate::error::Result;
use crate::{Actor, Db, Store};

sql! {
    const RECIPIENTS = "SELECT DISTINCT p.id, p.mail FROM person p JOIN assignment a ON a.person_id = p.id
        WHERE p.mail IS NOT NULL AND p.mail <> '' AND (p.left_on IS NULL OR p.left_on > $1)
            AND a.kind NOT IN ('leave', 'dispatch') AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
            AND p.id > $3 AND NOT EXISTS (SELECT 1 FROM notice_sent n WHERE n.person_id = p.id AND n.topic = $2)
        ORDER BY p.id LIMIT $4";
    const ADDRESS = "SELECT mail FROM person WHERE id = $1 AND mail IS NOT NULL AND mail <> '' AND (left_on IS NULL OR left_on > $2)";
    const SAID = "INSERT INTO notice_sent (person_id, topic, sent_ms) VALUES ($1, $2, $3) ON CONFLICT (person_id, topic) DO NOTHING";
    const PUT = "INSERT INTO notice_outbox (id, person_id, address, subject, body, created_ms, tries, next_ms)
        VALUES ($1, $2, $3, $4, $5, $6, 0, $6)";
    const DUE = "SELECT id, address, subject, body, tries FROM notice_outbox
        WHERE refused IS NULL AND next_ms <= $1 ORDER BY next_ms, id LIMIT $2";
    const GONE = "DELETE FROM notice_outbox WHERE id = $1";
    const LATER = "UPDATE notice_outbox SET tries = tries + 1, next_ms = $2 WHERE id = $1";
    const REFUSED = "UPDATE notice_outbox SET refused = $2 WHERE id = $1";
    const HELD = "SELECT COUNT(CASE WHEN refused IS NULL THEN 1 END) AS waiting,
            COUNT(CASE WHEN created_ms > $1 THEN refused END) AS refused,
            MIN(CASE WHEN refused IS NULL THEN created_ms END) AS since_ms FROM notice_outbox";
    const FORGOTTEN = "DELETE FROM notice_outbox WHERE refused IS NOT NULL AND created_ms < $1";
    const TEMPLATE = "SELECT subject, body FROM notice_template WHERE code = $1 AND subject <> ''";
    const TEMPLATE_ROW = "SELECT id FROM notice_template WHERE code = $1";
    const URGENT = "SELECT id, basis, due_on, seat_key, person_id, kind FROM task
        WHERE state = 'open' AND basis = 'law' AND due_on <= $1 ORDER BY due_on, id LIMIT $2";
    const OLD = "DELETE FROM notice_sent WHERE sent_ms < $1";
}

/// A mail that waits.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    pub id: String,
    pub address: String,
    pub subject: String,
    pub body: String,
    pub tries: i64,
}

/// What has not left.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Held {
    pub waiting: i64,
    /// Mails that the relay will never take.
    pub refused: i64,
    /// Since when the oldest waits.
    pub since_ms: Option<i64>,
}

/// Something that is told at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urgent {
    pub task_id: String,
    pub person_id: String,
    pub due: Date,
    /// `urgent` or `escalated`: the template.
    pub code: &'static str,
    /// Said once per topic and person.
    pub topic: String,
}

/// Urgent tasks looked at in one round; more of them are a fire, and the digest names them all.
const URGENT_MAX: i64 = 500;
/// After this long a mark that something was said is not needed: nothing is that late.
const SAID_FOR_MS: i64 = 400 * Ms::DAY;
/// A refused mail is kept this long for whoever asks why. What it told stands in やること all the while.
const REFUSED_FOR_MS: i64 = 90 * Ms::DAY;
/// Waits between attempts: a minute, then twice as long each time, an hour at most.
const WAIT_MS: i64 = Ms::MINUTE;
const WAIT_MS_MAX: i64 = Ms::HOUR;

impl Db {
    /// People with a mail address and a seat who have not heard of a topic, after an id: (id, address).
    pub async fn notice_recipients(
        &self,
        on: Date,
        topic: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<(String, String)>> {
        self.fetch_all(RECIPIENTS, &[on.into(), topic.into(), after.into(), limit.into()]).await
    }

    /// Where a person is written to, while they are here and have an address.
    pub async fn mail_address(&self, person_id: &str, on: Date) -> Result<Option<String>> {
        let row: Option<(String,)> = self.fetch_optional(ADDRESS, &[person_id.into(), on.into()]).await?;
        Ok(row.map(|(address,)| address))
    }

    /// The city's own words for a notice, if it has any: (subject, body).
    pub async fn notice_template(&self, code: &str) -> Result<Option<(String, String)>> {
        self.fetch_optional(TEMPLATE, &[code.into()]).await
    }

    pub async fn notices_due(&self, now: Ms, limit: i64) -> Result<Vec<Waiting>> {
        self.fetch_all(DUE, &[now.into(), limit.into()]).await
    }

    /// Mails in the outbox; those refused only if they were written after `since`.
    pub async fn notices_held(&self, since: Ms) -> Result<Held> {
        self.fetch_one(HELD, &[since.into()]).await
    }

    /// Legal deadlines of today and tomorrow, and those that the seat above has to hear of, with everybody who has to. The
    /// rest, late or told to the seat above, stands in the digest of the day: an officer is not sent a mail for each.
    pub async fn urgent_notices(&self, on: Date, calendar: &Calendar) -> Result<Vec<Urgent>> {
        type Row = (String, String, String, Option<String>, Option<String>, String);
        let args = [plus_days(on, 1).into(), URGENT_MAX.into()];
        let rows: Vec<Row> = self.fetch_all(URGENT, &args).await?;
        let mut all = Vec::new();
        for (task_id, basis, due_on, seat_key, person_id, kind) in rows {
            let Ok(due) = due_on.parse::<Date>() else { continue };
            let code = if kind == "escalated" { "escalated" } else { "urgent" };
            let step = rung(due, &basis, on, calendar);
            let topic = match (code, step) {
                ("escalated", _) => format!("escalated:{task_id}"),
                (_, Rung::Quiet | Rung::WeekBefore | Rung::ThreeDaysBefore) => continue,
                (_, step) => format!("urgent:{task_id}:{}", step.code()),
            };
            let mut people: Vec<String> = person_id.into_iter().collect();
            if let Some(key) = seat_key {
                let holders = self.seat_holders(&key, on).await?;
                people.extend(holders.into_iter().map(|h| h.person_id));
            }
            people.dedup();
            let urgent =
                |person_id| Urgent { task_id: task_id.clone(), person_id, due, code, topic: topic.clone() };
            all.extend(people.into_iter().map(urgent));
        }
        Ok(all)
    }
}

impl Store {
    /// Puts a mail into the outbox, unless this person has heard of the topic. `false` when they had.
    pub async fn say_once(
        &self,
        person_id: &str,
        address: &str,
        topic: &str,
        said: Option<(&str, &str)>,
    ) -> Result<bool> {
        let now = self.clock.now();
        let mut op = self.op().await?;
        if op.execute(SAID, &[person_id.into(), topic.into(), now.into()]).await? != 1 {
            return Ok(false);
        }
        // Nothing to say today is remembered too, so that it is not worked out again every minute.
        if let Some((subject, body)) = said {
            let id = new_id(now, &*self.entropy);
            let args = [id.into(), person_id.into(), address.into(), subject.into(), body.into(), now.into()];
            op.execute(PUT, &args).await?;
        }
        op.commit().await?;
        Ok(true)
    }

    /// Lays down the city's own words for a notice; `None`: those shipped are used again. The record keeps every text
    /// that was ever sent, so a text taken back is emptied and not deleted.
    pub async fn set_notice_template(
        &self,
        actor: &Actor,
        code: &str,
        words: Option<(&str, &str)>,
    ) -> Result<()> {
        let (subject, body) = words.unwrap_or_default();
        let mut tx = self.write(actor, "notice_template.set").await?;
        let kept: Option<(String,)> = tx.fetch_optional(TEMPLATE_ROW, &[code.into()]).await?;
        let row = match &kept {
            Some((id,)) => tx.get(&NOTICE_TEMPLATE, id).await?,
            None => Row::new(&NOTICE_TEMPLATE, tx.new_id()).set("code", code),
        };
        let row = row.set("subject", subject).set("body", body);
        match kept {
            Some(_) => tx.update(row).await?,
            None => tx.insert(row).await?,
        }
        tx.commit().await
    }

    /// The relay has taken it.
    pub async fn notice_left(&self, id: &str) -> Result<()> {
        self.op_execute(GONE, &[id.into()]).await.map(drop)
    }

    /// The relay could not be asked; `tries` is how often it had been before.
    pub async fn notice_later(&self, id: &str, tries: i64) -> Result<()> {
        let doubled = WAIT_MS
            .saturating_mul(1i64.checked_shl(u32::try_from(tries).unwrap_or(u32::MAX)).unwrap_or(i64::MAX));
        let next = self.clock.now().plus(doubled.clamp(WAIT_MS, WAIT_MS_MAX));
        self.op_execute(LATER, &[id.into(), next.into()]).await.map(drop)
    }

    pub async fn notice_refused(&self, id: &str, why: &str) -> Result<()> {
        self.op_execute(REFUSED, &[id.into(), why.into()]).await.map(drop)
    }

    /// Forgets marks nobody needs, and mails that were refused long ago.
    pub async fn sweep_notices(&self) -> Result<()> {
        let now = self.clock.now();
        self.op_execute(FORGOTTEN, &[now.plus(-REFUSED_FOR_MS).into()]).await?;
        self.op_execute(OLD, &[now.plus(-SAID_FOR_MS).into()]).await.map(drop)
    }

    pub fn today(&self) -> Date {
        date_at(self.clock.now())
    }
}
