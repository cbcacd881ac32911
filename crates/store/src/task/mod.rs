//! やること: an inbox per person and per seat. What follows from records is derived and closes by itself when the thing
//! is done; what people ask of each other is entered and closed by hand. Decisions that wait are read where they
//! stand and never copied into tasks.

mod derive;

pub(crate) use derive::Wanted;

use sekisho_domain::access::Who;
use sekisho_domain::date::{Date, date_at, plus_days};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::task::{DueRule, TASK};

use crate::error::{Result, StoreError};
use crate::{Db, Store, Tx};

pub(crate) const ALL_SQL: &[&[&str]] = &[SQL, derive::SQL];

/// Keys bound in one query; see `decision/list.rs`.
const KEYS: usize = 12;
/// A task is put off by at most this many days at a time.
const SNOOZE_DAYS_MAX: i32 = 14;

sql! {
    const INBOX = "SELECT t.id, t.version, t.kind, t.source_noun, t.source_id, t.title, t.href, t.basis, t.due_rule,
            t.due_on, t.seat_key, t.person_id, t.unit_id, t.campaign_id, t.snoozed_until, t.delegated_to,
            q.clause_label, q.text AS asks
        FROM task t
        LEFT JOIN task o ON o.id = t.source_id
        LEFT JOIN exception x ON x.id = COALESCE(o.source_id, t.source_id)
        LEFT JOIN requirement q ON q.id = COALESCE(x.requirement_id, o.source_id, t.source_id)
        WHERE t.state = 'open'
            AND (t.seat_key IN ($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                OR t.person_id = $1 OR t.delegated_to = $1)
            AND (t.snoozed_until IS NULL OR t.snoozed_until <= $2)
            AND (t.due_on > $3 OR (t.due_on = $3 AND t.id > $4))
        ORDER BY t.due_on, t.id LIMIT $17";
    const BETWEEN = "SELECT t.id, t.version, t.kind, t.source_noun, t.source_id, t.title, t.href, t.basis, t.due_rule,
            t.due_on, t.seat_key, t.person_id, t.unit_id, t.campaign_id, t.snoozed_until, t.delegated_to
        FROM task t WHERE t.state = 'open' AND t.due_on >= $1 AND t.due_on < $2 ORDER BY t.due_on, t.id LIMIT $3";
    const MANAGED = "SELECT s.unit_id FROM section s
        WHERE s.managed AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
            AND NOT EXISTS (SELECT 1 FROM scope x WHERE x.unit_id = s.unit_id AND x.matter IS NULL AND NOT x.applies
                AND x.valid_from <= $1 AND (x.valid_to IS NULL OR x.valid_to > $1))
        ORDER BY s.sort_key, s.id";
    const KEEP_FEED = "INSERT INTO feed (token_sha256, person_id, created_ms) VALUES ($1, $2, $3)";
    const FEED = "SELECT person_id FROM feed WHERE token_sha256 = $1";
    const REVOKE_FEEDS = "DELETE FROM feed WHERE person_id = $1";
    const HAS_FEED = "SELECT COUNT(*) AS number FROM feed WHERE person_id = $1";
}

/// A task in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TaskRow {
    pub id: String,
    pub version: i64,
    pub kind: String,
    pub source_noun: String,
    pub source_id: String,
    pub title: String,
    pub href: String,
    pub basis: String,
    pub due_rule: String,
    pub due_on: String,
    pub seat_key: Option<String>,
    pub person_id: Option<String>,
    pub unit_id: Option<String>,
    pub campaign_id: Option<String>,
    pub snoozed_until: Option<String>,
    pub delegated_to: Option<String>,
    /// The requirement that the task is about, in an inbox: two of them can bear the same title.
    #[sqlx(default)]
    pub clause_label: Option<String>,
    #[sqlx(default)]
    pub asks: Option<String>,
}

impl Db {
    /// What a person has to do, soonest first, after `(due, id)`.
    pub async fn tasks_of(
        &self,
        who: &Who,
        on: Date,
        after: (&str, &str),
        limit: i64,
    ) -> Result<Vec<TaskRow>> {
        let keys = who.keys(on);
        let mut rows: Vec<TaskRow> = Vec::new();
        for group in keys.chunks(KEYS) {
            let mut args: Vec<Value> =
                vec![who.person_id.as_str().into(), on.into(), after.0.into(), after.1.into()];
            args.extend(group.iter().map(Value::from));
            args.resize(4 + KEYS, "-".into());
            args.push(limit.into());
            rows.extend(self.fetch_all::<TaskRow>(INBOX, &args).await?);
        }
        rows.sort_by(|a, b| (&a.due_on, &a.id).cmp(&(&b.due_on, &b.id)));
        rows.dedup_by(|a, b| a.id == b.id);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(rows)
    }

    /// Open tasks of the whole city that are due in a stretch of days: the year calendar.
    pub async fn tasks_between(&self, from: Date, to: Date, limit: i64) -> Result<Vec<TaskRow>> {
        self.fetch_all(BETWEEN, &[from.into(), to.into(), limit.into()]).await
    }

    /// Sections with a manager of their own to which the policy applies.
    pub async fn managed_units(&self, on: Date) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = self.fetch_all(MANAGED, &[on.into()]).await?;
        Ok(rows.into_iter().map(|(unit,)| unit).collect())
    }

    pub async fn feed_owner(&self, token_sha256: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = self.fetch_optional(FEED, &[token_sha256.into()]).await?;
        Ok(row.map(|(person,)| person))
    }

    pub async fn has_feed(&self, person_id: &str) -> Result<bool> {
        let (number,): (i64,) = self.fetch_one(HAS_FEED, &[person_id.into()]).await?;
        Ok(number > 0)
    }
}

impl Store {
    /// A new secret address for a person's calendar; older ones stop working.
    pub async fn issue_feed(&self, person_id: &str, token_sha256: &str) -> Result<()> {
        let now = self.clock.now();
        let mut op = self.op().await?;
        op.execute(REVOKE_FEEDS, &[person_id.into()]).await?;
        op.execute(KEEP_FEED, &[token_sha256.into(), person_id.into(), now.into()]).await?;
        op.commit().await
    }

    pub async fn revoke_feeds(&self, person_id: &str) -> Result<u64> {
        self.op_execute(REVOKE_FEEDS, &[person_id.into()]).await
    }
}

/// The one refusal about legal deadlines.
pub const LEGAL: &str = "a legal deadline counts calendar days and is never put off";

impl Tx<'_> {
    /// Asks one person or seat for something by hand.
    pub async fn create_task(
        &mut self,
        title: &str,
        basis: &str,
        rule: DueRule,
        key: &str,
    ) -> Result<String> {
        let rule = rule.allowed(basis).map_err(|_| StoreError::IllegalMove(LEGAL))?;
        let (at, calendar) = (self.at(), self.calendar().await?);
        let id = self.new_id();
        let row = Row::new(&TASK, &id)
            .set("kind", "manual")
            .set("source_noun", "task")
            .set("source_id", id.as_str())
            .set("title", title)
            .set("href", "/tasks")
            .set("basis", basis)
            .set("due_rule", rule.code())
            .set("due_on", rule.due(date_at(at), &calendar))
            .set("seat_key", key)
            .set("state", "open")
            .set("opened_ms", at);
        self.insert(row).await?;
        Ok(id)
    }

    /// The task, if it is this person's to act on.
    async fn own_task(&mut self, who: &Who, id: &str) -> Result<Row> {
        let row = self.get(&TASK, id).await?;
        let keys = who.keys(date_at(self.at()));
        let own = keys.iter().any(|key| key == row.text("seat_key"))
            || [row.text("person_id"), row.text("delegated_to")].contains(&who.person_id.as_str());
        if !own || row.text("state") != "open" {
            return Err(StoreError::NotFound);
        }
        Ok(row)
    }

    /// Done by hand. What is derived from records closes when the record says so, and not before.
    pub async fn finish_task(&mut self, who: &Who, id: &str) -> Result<()> {
        let (row, at) = (self.own_task(who, id).await?, self.at());
        if !matches!(row.text("kind"), "manual" | "campaign") {
            return Err(StoreError::IllegalMove("a derived task closes when its thing is done"));
        }
        self.update(row.set("state", "done").set("closed_ms", at).set("closed_by", who.person_id.as_str()))
            .await
    }

    /// Puts a task off by some days; never a legal one, and not beyond two weeks at a time.
    pub async fn snooze_task(&mut self, who: &Who, id: &str, until: Date) -> Result<()> {
        let row = self.own_task(who, id).await?;
        if row.text("basis") == "law" {
            return Err(StoreError::IllegalMove(LEGAL));
        }
        let today = date_at(self.at());
        let last = plus_days(today, SNOOZE_DAYS_MAX);
        if until <= today || until > last {
            return Err(StoreError::IllegalMove("a task is put off by one to fourteen days"));
        }
        self.update(row.set("snoozed_until", until)).await
    }

    /// Hands a task to a colleague; it stays on the seat's list as well.
    pub async fn delegate_task(&mut self, who: &Who, id: &str, to: &str) -> Result<()> {
        let row = self.own_task(who, id).await?;
        self.update(row.set("delegated_to", to)).await
    }
}
