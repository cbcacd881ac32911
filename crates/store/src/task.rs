//! やること: an inbox per person and per seat. What follows from records is derived and closes by itself when the thing
//! is done; what people ask of each other is entered and closed by hand. Decisions that wait are read where they
//! stand and never copied into tasks.

use std::collections::BTreeMap;

use sekisho_domain::access::{Who, read_key, role_key};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, plus_days, plus_months};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::role::Role;
use sekisho_domain::task::{DueRule, Rung, TASK, rung};

use crate::error::{Result, StoreError};
use crate::office::Offices;
use crate::tx::Actor;
use crate::{Db, Store, Tx};

/// Derived tasks appear this long before they are due.
const AHEAD_DAYS: i32 = 30;
/// A drill counts for a year (31 December of a leap year included).
const DRILL_DAYS: i32 = 366;
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
    const DERIVED = "SELECT t.id, t.version, t.kind, t.source_noun, t.source_id, t.title, t.href, t.basis, t.due_rule,
            t.due_on, t.seat_key, t.person_id, t.unit_id, t.campaign_id, t.snoozed_until, t.delegated_to
        FROM task t WHERE t.state = 'open' AND t.kind NOT IN ('manual', 'campaign')";
    const LATE = "SELECT t.id, t.version, t.kind, t.source_noun, t.source_id, t.title, t.href, t.basis, t.due_rule,
            t.due_on, t.seat_key, t.person_id, t.unit_id, t.campaign_id, t.snoozed_until, t.delegated_to
        FROM task t WHERE t.state = 'open' AND t.kind <> 'escalated' AND t.due_on < $1 ORDER BY t.due_on, t.id LIMIT $2";
    const REVIEWS = "SELECT d.id, d.title, d.review_months, d.owner_unit_id,
            COALESCE(d.reviewed_on, MAX(r.effective_on)) AS since
        FROM document d JOIN revision r ON r.document_id = d.id AND r.state = 'approved'
        WHERE d.review_months > 0 GROUP BY d.id, d.title, d.review_months, d.owner_unit_id, d.reviewed_on";
    const AGEING = "SELECT e.requirement_id, e.unit_id, e.until_ms, q.title, q.role,
            (SELECT MAX(a.unit_id) FROM assignment a WHERE a.kind = 'main' AND a.valid_from <= $2
                AND (a.valid_to IS NULL OR a.valid_to > $2) AND a.person_id = (SELECT l.filed_by FROM evidence l
                    WHERE l.requirement_id = e.requirement_id AND l.unit_id IS NULL ORDER BY l.id DESC LIMIT 1)
            ) AS filer_unit
        FROM (SELECT requirement_id, unit_id, MAX(fresh_until_ms) AS until_ms FROM evidence
            GROUP BY requirement_id, unit_id HAVING MAX(fresh_until_ms) < $1) e
        JOIN requirement q ON q.id = e.requirement_id
        WHERE q.state IN ('adopted', 'modified')";
    const ENDING = "SELECT x.id, x.requirement_id, q.title, x.valid_to FROM exception x
        JOIN requirement q ON q.id = x.requirement_id
        WHERE x.state = 'granted' AND x.valid_to > $1 AND x.valid_to <= $2";
    const REJECTIONS = "SELECT id, title, rejected_until FROM requirement
        WHERE state = 'rejected' AND rejected_until > $1 AND rejected_until <= $2";
    const DRILL = "SELECT MAX(tested_ms) AS last FROM restore_test WHERE result = 'ok'";
    const OUTSIDE = "SELECT MAX(x.ms) AS last FROM (SELECT MAX(confirmed_ms) AS ms FROM outside_checkpoint
        UNION ALL SELECT MAX(c.signed_ms) AS ms FROM cosignature c
            JOIN ledger_witness w ON w.key = c.key AND w.ended_ms IS NULL) x";
    const FOR_BODIES = "SELECT s.body_id, b.name, COUNT(*) AS number FROM decision_step s
        JOIN decision d ON d.id = s.decision_id JOIN body b ON b.id = s.body_id
        WHERE s.state = 'open' AND d.state = 'pending' GROUP BY s.body_id, b.name";
    const STOPPED = "SELECT id, effective_ms FROM personnel_change
        WHERE state = 'cancelled' AND summary IS NOT NULL AND effective_ms > $1 ORDER BY id";
    const MANAGED = "SELECT s.unit_id FROM section s
        WHERE s.managed AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
            AND NOT EXISTS (SELECT 1 FROM scope x WHERE x.unit_id = s.unit_id AND x.matter IS NULL AND NOT x.applies
                AND x.valid_from <= $1 AND (x.valid_to IS NULL OR x.valid_to > $1))
        ORDER BY s.sort_key, s.id";
    const PARENT = "SELECT parent_unit_id FROM section
        WHERE unit_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)";
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

/// What a derivation says should be on somebody's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) kind: &'static str,
    pub(crate) source_noun: &'static str,
    pub(crate) source_id: String,
    pub(crate) title: String,
    pub(crate) href: String,
    pub(crate) basis: &'static str,
    pub(crate) due: Date,
    pub(crate) seat_key: String,
    pub(crate) unit_id: Option<String>,
}

impl Wanted {
    fn mark(&self) -> (String, String, String, String) {
        (self.kind.into(), self.source_noun.into(), self.source_id.clone(), self.seat_key.clone())
    }
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

    /// The seat that hears of a seat's lateness: the officer above the section, or the chief officer.
    async fn above(&self, key: &str, on: Date) -> Result<String> {
        let top = role_key(Role::ChiefOfficer, None);
        let Some((_, code, Some(unit))) = read_key(key) else {
            return Ok(if key == top { role_key(Role::Ciso, None) } else { top });
        };
        let mut unit = unit.to_owned();
        for _ in 0..8 {
            let officer = role_key(Role::Officer, Some(&unit));
            if code != Role::Officer.code() && !self.seat_holders(&officer, on).await?.is_empty() {
                return Ok(officer);
            }
            let parent: Option<(Option<String>,)> =
                self.fetch_optional(PARENT, &[unit.as_str().into(), on.into()]).await?;
            match parent.and_then(|(parent,)| parent) {
                Some(parent) => unit = parent,
                None => break,
            }
        }
        Ok(top)
    }
}

impl Store {
    /// Brings derived tasks in line with the records: new ones appear, those whose thing is done close. Returns how
    /// many changed. One transaction, and none when nothing changed.
    pub async fn derive_tasks(&self) -> Result<usize> {
        let now = self.clock.now();
        let on = date_at(now);
        let mut wanted = self.wanted(now, on).await?;
        wanted.extend(self.escalated(on).await?);
        let open: Vec<TaskRow> = self.db.fetch_all(DERIVED, &[]).await?;
        let mut have: BTreeMap<_, TaskRow> = BTreeMap::new();
        for row in open {
            let key = row.seat_key.clone().or_else(|| row.person_id.clone()).unwrap_or_default();
            have.insert((row.kind.clone(), row.source_noun.clone(), row.source_id.clone(), key), row);
        }
        let mut fresh = Vec::new();
        let mut moved = Vec::new();
        for wish in wanted {
            match have.remove(&wish.mark()) {
                None => fresh.push(wish),
                // A drill or a check that was never done keeps the day it was first asked for.
                Some(row) if row.due_on == wish.due.to_string() || wish.source_id == "never" => {}
                Some(row) => moved.push((row.id, wish.due)),
            }
        }
        let changed = fresh.len() + moved.len() + have.len();
        if changed == 0 {
            return Ok(0);
        }
        let mut tx = self.write(&Actor::system(), "task.derive").await?;
        for wish in fresh {
            tx.insert_task(wish).await?;
        }
        for (id, due) in moved {
            let row = tx.get(&TASK, &id).await?;
            tx.update(row.set("due_on", due).set("due_rule", DueRule::Fixed(due).code())).await?;
        }
        for row in have.into_values() {
            let (row, at) = (tx.get(&TASK, &row.id).await?, tx.at());
            tx.update(row.set("state", "done").set("closed_ms", at)).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    async fn wanted(&self, now: Ms, on: Date) -> Result<Vec<Wanted>> {
        let ahead = plus_days(on, AHEAD_DAYS);
        let office = role_key(Role::Secretariat, None);
        let mut wanted = self.reviews(ahead, &office).await?;
        let until = sekisho_domain::date::start_of(ahead);
        type Ageing = (String, Option<String>, i64, String, String, Option<String>);
        let ageing: Vec<Ageing> = self.db.fetch_all(AGEING, &[until.into(), on.into()]).await?;
        for (requirement, unit, until_ms, title, role, filer_unit) in ageing {
            let role = Role::from_code(&role).unwrap_or(Role::Secretariat);
            // One piece for the whole city, and a role that every section has: thirty people would each wait for the
            // others. It is renewed where it came from.
            let place = unit.clone().or_else(|| filer_unit.filter(|_| role.is_of_a_section()));
            wanted.push(Wanted {
                kind: "evidence",
                source_noun: "requirement",
                href: format!("/requirements/{requirement}"),
                source_id: requirement,
                title: format!("証拠を新しくする: {title}"),
                basis: "policy",
                due: date_at(Ms(until_ms)),
                seat_key: role_key(if place.is_some() { Role::Manager } else { role }, place.as_deref()),
                unit_id: unit,
            });
        }
        let args = [on.into(), ahead.into()];
        let ending: Vec<(String, String, String, String)> = self.db.fetch_all(ENDING, &args).await?;
        for (id, requirement, title, to) in ending {
            let href = format!("/requirements/{requirement}");
            wanted.push(plain(
                "exception",
                "exception",
                id,
                format!("終わる例外措置の後を決める: {title}"),
                href,
                &to,
                &office,
            )?);
        }
        let rejections: Vec<(String, String, String)> = self.db.fetch_all(REJECTIONS, &args).await?;
        for (id, title, to) in rejections {
            let href = format!("/requirements/{id}");
            wanted.push(plain(
                "rejection",
                "requirement",
                id,
                format!("終わる不採用を決め直す: {title}"),
                href,
                &to,
                &office,
            )?);
        }
        let month_ago = now.plus(-i64::from(AHEAD_DAYS) * Ms::DAY);
        let stopped: Vec<(String, i64)> = self.db.fetch_all(STOPPED, &[month_ago.into()]).await?;
        for (id, effective_ms) in stopped {
            let (href, due) = (format!("/personnel/{id}"), date_at(Ms(effective_ms)).to_string());
            let title = "反映できなかった人事異動を読み込み直す".to_owned();
            wanted.push(plain("personnel", "personnel_change", id, title, href, &due, &office)?);
        }
        wanted.extend(self.keeping(now, ahead, &office).await?);
        wanted.extend(self.stocktake_tasks(on).await?);
        wanted.extend(self.disposal_tasks(on).await?);
        let offices = Offices::load(&mut &self.db, on).await?;
        for wish in &mut wanted {
            if let Some(("role", code, Some(unit))) = read_key(&wish.seat_key)
                && let Some(role) = Role::from_code(code)
            {
                wish.seat_key = role_key(role, Some(offices.of(unit)));
            }
        }
        Ok(wanted)
    }

    async fn reviews(&self, ahead: Date, office: &str) -> Result<Vec<Wanted>> {
        type Review = (String, String, i64, Option<String>, Option<String>);
        let documents: Vec<Review> = self.db.fetch_all(REVIEWS, &[]).await?;
        let mut wanted = Vec::new();
        for (id, title, months, unit, since) in documents {
            let Some(since) = since.and_then(|day| day.parse::<Date>().ok()) else { continue };
            let due = plus_months(since, months);
            if due <= ahead {
                let key =
                    unit.as_deref().map_or(office.to_owned(), |unit| role_key(Role::Manager, Some(unit)));
                let href = format!("/documents/{id}");
                let day = due.to_string();
                let mut wish = plain("review", "document", id, format!("{title}を見直す"), href, &day, &key)?;
                wish.unit_id = unit;
                wanted.push(wish);
            }
        }
        Ok(wanted)
    }

    /// What keeps the record itself trustworthy, and meetings that bodies need.
    async fn keeping(&self, now: Ms, ahead: Date, office: &str) -> Result<Vec<Wanted>> {
        let mut wanted = Vec::new();
        let last = async |sql| {
            let (last,): (Option<i64>,) = self.db.fetch_one(sql, &[]).await?;
            Ok::<_, StoreError>(last)
        };
        let administrator = role_key(Role::SystemAdministrator, None);
        let auditor = role_key(Role::Auditor, None);
        for (sql, kind, title, days, key) in [
            (DRILL, "restore_test", "バックアップからの復元訓練をする", DRILL_DAYS, administrator.as_str()),
            (OUTSIDE, "outside_checkpoint", "預かった証跡の封印を、記録と突き合わせる", 7, auditor.as_str()),
        ] {
            let last = last(sql).await?;
            let since = last.map_or(date_at(now), |ms| date_at(Ms(ms)));
            let days = if last.is_some() { days } else { AHEAD_DAYS };
            let due = plus_days(since, days);
            if due <= ahead {
                let source = if last.is_some() { "city" } else { "never" };
                let day = due.to_string();
                wanted.push(plain(kind, kind, source.into(), title.into(), "/ledger".into(), &day, key)?);
            }
        }
        let calendar = self.db.calendar().await?;
        let bodies: Vec<(String, String, i64)> = self.db.fetch_all(FOR_BODIES, &[]).await?;
        for (body, name, number) in bodies {
            let due = calendar.open_days_after(date_at(now), 10).to_string();
            let href = format!("/bodies/{body}");
            let mut wish =
                plain("meeting", "body", body, format!("{name}に {number} 件を諮る"), href, &due, office)?;
            wish.source_id.truncate(36);
            wanted.push(wish);
        }
        Ok(wanted)
    }

    /// Late tasks that the seat above hears of.
    async fn escalated(&self, on: Date) -> Result<Vec<Wanted>> {
        /// More than this many late tasks are a report, not a list.
        const AT_ONCE: i64 = 500;
        let calendar = self.db.calendar().await?;
        let late: Vec<TaskRow> = self.db.fetch_all(LATE, &[on.into(), AT_ONCE.into()]).await?;
        let mut wanted = Vec::new();
        for task in late {
            let (Ok(due), Some(key)) = (task.due_on.parse::<Date>(), task.seat_key.as_deref()) else {
                continue;
            };
            if rung(due, &task.basis, on, &calendar) == Rung::Escalated {
                let above = self.db.above(key, on).await?;
                if above != key {
                    let title = format!("期限を過ぎています: {}", task.title);
                    wanted.push(plain("escalated", "task", task.id, title, task.href, &task.due_on, &above)?);
                }
            }
        }
        Ok(wanted)
    }

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

fn plain(
    kind: &'static str,
    source_noun: &'static str,
    source_id: String,
    title: String,
    href: String,
    due: &str,
    key: &str,
) -> Result<Wanted> {
    let due = due.parse().map_err(|_| StoreError::Corrupt(format!("{due} is not a date")))?;
    let seat_key = key.to_owned();
    Ok(Wanted { kind, source_noun, source_id, title, href, basis: "policy", due, seat_key, unit_id: None })
}

impl Tx<'_> {
    async fn insert_task(&mut self, wish: Wanted) -> Result<()> {
        let at = self.at();
        let row = Row::new(&TASK, self.new_id())
            .set("kind", wish.kind)
            .set("source_noun", wish.source_noun)
            .set("source_id", wish.source_id)
            .set("title", wish.title)
            .set("href", wish.href)
            .set("basis", wish.basis)
            .set("due_rule", DueRule::Fixed(wish.due).code())
            .set("due_on", wish.due)
            .set("seat_key", wish.seat_key)
            .set("unit_id", wish.unit_id)
            .set("state", "open")
            .set("opened_ms", at);
        self.insert(row).await
    }

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
