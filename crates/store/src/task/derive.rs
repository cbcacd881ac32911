//! What follows from records: tasks appear, move and close with them.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_domain::access::{read_key, role_key};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, plus_days, plus_months, start_of};
use sekisho_domain::noun::Row;
use sekisho_domain::role::Role;
use sekisho_domain::role_name::RoleNames;
use sekisho_domain::task::{DueRule, Rung, TASK, rung};
use sekisho_domain::verdict::CITY;

use crate::error::{Result, StoreError};
use crate::office::Offices;
use crate::page::Incumbent;
use crate::tx::Actor;
use crate::verdict::who_acts;
use crate::{Db, Store, Tx};

use super::TaskRow;

/// Derived tasks appear this long before they are due.
const AHEAD_DAYS: i32 = 30;
/// A drill counts for a year (31 December of a leap year included).
const DRILL_DAYS: i32 = 366;
/// What was never done is due so long after it was first asked for.
const FIRST_TIME: DueRule = DueRule::CalendarDays(AHEAD_DAYS as i64);
/// Within these days what does not hold is mended, or an exception applied for.
const MENDING: DueRule = DueRule::BusinessDays(10);
/// A body meets within these days once something waits for it.
const MEETING: DueRule = DueRule::BusinessDays(10);

sql! {
    const BROKEN = "SELECT DISTINCT q.id, q.title, q.role, v.samples FROM verdict v
        JOIN requirement q ON q.id = v.requirement_id
        WHERE v.scope = $1 AND v.to_ms IS NULL AND v.state = 'broken' ORDER BY q.id, v.samples";
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
    const PARENT = "SELECT parent_unit_id FROM section
        WHERE unit_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)";
    const SECTION_NAMES = "SELECT unit_id, name FROM section
        WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)";
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
    /// A fixed day moves with its records; days that are counted are counted from when the task appears.
    pub(crate) due: DueRule,
    pub(crate) seat_key: String,
    pub(crate) unit_id: Option<String>,
}

impl Wanted {
    fn mark(&self) -> (String, String, String, String) {
        (self.kind.into(), self.source_noun.into(), self.source_id.clone(), self.seat_key.clone())
    }
}

impl Db {
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
        let mut seen = BTreeSet::new();
        for wish in wanted {
            // Two checks of one requirement can ask the same of the same seat.
            if !seen.insert(wish.mark()) {
                continue;
            }
            match have.remove(&wish.mark()) {
                None => fresh.push(wish),
                Some(row) if row.due_rule == wish.due.code() && row.title == wish.title => {}
                Some(row) => moved.push((row, wish)),
            }
        }
        let changed = fresh.len() + moved.len() + have.len();
        if changed == 0 {
            return Ok(0);
        }
        let mut tx = self.write(&Actor::system(), "task.derive").await?;
        let calendar = tx.calendar().await?;
        for wish in fresh {
            let due = wish.due.due(on, &calendar);
            tx.insert_task(wish, due).await?;
        }
        for (was, wish) in moved {
            let mut row = tx.get(&TASK, &was.id).await?.set("title", wish.title);
            if was.due_rule != wish.due.code() {
                row = row.set("due_on", wish.due.due(on, &calendar)).set("due_rule", wish.due.code());
            }
            tx.update(row).await?;
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
        let until = start_of(ahead);
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
                due: DueRule::Fixed(date_at(Ms(until_ms))),
                seat_key: role_key(if place.is_some() { Role::Manager } else { role }, place.as_deref()),
                unit_id: unit,
            });
        }
        let args = [on.into(), ahead.into()];
        let ending: Vec<(String, String, String, String)> = self.db.fetch_all(ENDING, &args).await?;
        for (id, requirement, title, to) in ending {
            let href = format!("/requirements/{requirement}");
            let title = format!("終わる例外措置の後を決める: {title}");
            wanted.push(asked("exception", "exception", id, title, href, stored(&to)?, &office));
        }
        let rejections: Vec<(String, String, String)> = self.db.fetch_all(REJECTIONS, &args).await?;
        for (id, title, to) in rejections {
            let href = format!("/requirements/{id}");
            let title = format!("終わる不採用を決め直す: {title}");
            wanted.push(asked("rejection", "requirement", id, title, href, stored(&to)?, &office));
        }
        let month_ago = now.plus(-i64::from(AHEAD_DAYS) * Ms::DAY);
        let stopped: Vec<(String, i64)> = self.db.fetch_all(STOPPED, &[month_ago.into()]).await?;
        for (id, effective_ms) in stopped {
            let (href, due) = (format!("/personnel/{id}"), DueRule::Fixed(date_at(Ms(effective_ms))));
            let title = "反映できなかった人事異動を読み込み直す".to_owned();
            wanted.push(asked("personnel", "personnel_change", id, title, href, due, &office));
        }
        wanted.extend(self.mending(on, &office).await?);
        wanted.extend(self.keeping(ahead, &office).await?);
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
                let (href, due) = (format!("/documents/{id}"), DueRule::Fixed(due));
                let wish = asked("review", "document", id, format!("{title}を見直す"), href, due, &key);
                wanted.push(Wanted { unit_id: unit, ..wish });
            }
        }
        Ok(wanted)
    }

    /// What does not hold, on the list of whoever can mend it: the sections that the verdict names, or the one who holds
    /// the role. Where it names nobody and many hold the role, or nobody sits there, the office finds out who.
    async fn mending(&self, on: Date, office: &str) -> Result<Vec<Wanted>> {
        let broken: Vec<(String, String, String, String)> = self.db.fetch_all(BROKEN, &[CITY.into()]).await?;
        if broken.is_empty() {
            return Ok(Vec::new());
        }
        let incumbents = self.db.incumbents(on).await?;
        let mut wanted = Vec::new();
        for (requirement, title, role, samples) in broken {
            let role = Role::from_code(&role).unwrap_or(Role::Secretariat);
            let sections = who_acts(role.code(), &samples, &incumbents);
            let places: Vec<Option<String>> = match sections.is_empty() {
                true => vec![None],
                false => sections.into_iter().map(|section| Some(section.unit_id)).collect(),
            };
            for unit_id in places {
                let key = seat_to_mend(role, unit_id.as_deref(), &incumbents);
                wanted.push(Wanted {
                    unit_id: unit_id.filter(|_| key.is_some()),
                    ..asked(
                        "mend",
                        "requirement",
                        requirement.clone(),
                        format!("守られていない点を直す: {title}"),
                        format!("/requirements/{requirement}"),
                        MENDING,
                        key.as_deref().unwrap_or(office),
                    )
                });
            }
        }
        Ok(wanted)
    }

    /// What keeps the record itself trustworthy, and meetings that bodies need.
    async fn keeping(&self, ahead: Date, office: &str) -> Result<Vec<Wanted>> {
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
            let (source, due) = match last {
                Some(ms) => ("city", DueRule::Fixed(plus_days(date_at(Ms(ms)), days))),
                None => ("never", FIRST_TIME),
            };
            if !matches!(due, DueRule::Fixed(day) if day > ahead) {
                wanted.push(asked(kind, kind, source.into(), title.into(), "/ledger".into(), due, key));
            }
        }
        let bodies: Vec<(String, String, i64)> = self.db.fetch_all(FOR_BODIES, &[]).await?;
        for (body, name, number) in bodies {
            let (title, href) = (format!("{name}に {number} 件を諮る"), format!("/bodies/{body}"));
            wanted.push(asked("meeting", "body", body, title, href, MEETING, office));
        }
        Ok(wanted)
    }

    /// Late tasks that the seat above hears of.
    async fn escalated(&self, on: Date) -> Result<Vec<Wanted>> {
        /// More than this many late tasks are a report, not a list.
        const AT_ONCE: i64 = 500;
        let late: Vec<TaskRow> = self.db.fetch_all(LATE, &[on.into(), AT_ONCE.into()]).await?;
        if late.is_empty() {
            return Ok(Vec::new());
        }
        let calendar = self.db.calendar().await?;
        let sections: BTreeMap<String, String> =
            self.db.fetch_all::<(String, String)>(SECTION_NAMES, &[on.into()]).await?.into_iter().collect();
        let roles = self.db.role_names().await?;
        let mut above: BTreeMap<String, String> = BTreeMap::new();
        let mut wanted = Vec::new();
        for task in late {
            let (Ok(due), Some(key)) = (task.due_on.parse::<Date>(), task.seat_key) else {
                continue;
            };
            if rung(due, &task.basis, on, &calendar) != Rung::Escalated {
                continue;
            }
            if !above.contains_key(&key) {
                above.insert(key.clone(), self.db.above(&key, on).await?);
            }
            if let Some(above) = above.get(&key).filter(|above| **above != key) {
                let title = match whose(&key, &sections, &roles) {
                    Some(whose) => format!("期限を過ぎています（{whose}）: {}", task.title),
                    None => format!("期限を過ぎています: {}", task.title),
                };
                let basis = if task.basis == "law" { "law" } else { "policy" };
                let due = DueRule::Fixed(due);
                let wish = asked("escalated", "task", task.id, title, task.href, due, above);
                wanted.push(Wanted { basis, ..wish });
            }
        }
        Ok(wanted)
    }
}

/// The section, or the role of the whole city, that a seat key names.
fn whose<'n>(key: &'n str, sections: &'n BTreeMap<String, String>, roles: &'n RoleNames) -> Option<&'n str> {
    match read_key(key)? {
        (_, _, Some(unit)) => sections.get(unit).map(String::as_str),
        ("role", code, None) => Some(roles.word(code)),
        _ => None,
    }
}

/// Who is asked to mend what does not hold; `None` where nobody in particular can be.
fn seat_to_mend(role: Role, unit_id: Option<&str>, incumbents: &[Incumbent]) -> Option<String> {
    let sits = |role: Role, unit: Option<&str>| {
        let holds = |i: &&Incumbent| i.role == role.code() && i.person_id.is_some();
        incumbents
            .iter()
            .filter(holds)
            .filter(|i| unit.is_none_or(|unit| i.unit_id.as_deref() == Some(unit)))
            .count()
    };
    match unit_id {
        Some(unit) => [role, Role::Manager]
            .into_iter()
            .find(|role| role.is_of_a_section() && sits(*role, Some(unit)) > 0)
            .map(|role| role_key(role, Some(unit))),
        None => match sits(role, None) {
            0 => None,
            1 => Some(role_key(role, None)),
            _ => (!role.is_of_a_section()).then(|| role_key(role, None)),
        },
    }
}

/// The day that a record says.
fn stored(day: &str) -> Result<DueRule> {
    day.parse().map(DueRule::Fixed).map_err(|_| StoreError::Corrupt(format!("{day} is not a date")))
}

fn asked(
    kind: &'static str,
    source_noun: &'static str,
    source_id: String,
    title: String,
    href: String,
    due: DueRule,
    key: &str,
) -> Wanted {
    let seat_key = key.to_owned();
    Wanted { kind, source_noun, source_id, title, href, basis: "policy", due, seat_key, unit_id: None }
}

impl Tx<'_> {
    async fn insert_task(&mut self, wish: Wanted, due: Date) -> Result<()> {
        let at = self.at();
        let row = Row::new(&TASK, self.new_id())
            .set("kind", wish.kind)
            .set("source_noun", wish.source_noun)
            .set("source_id", wish.source_id)
            .set("title", wish.title)
            .set("href", wish.href)
            .set("basis", wish.basis)
            .set("due_rule", wish.due.code())
            .set("due_on", due)
            .set("seat_key", wish.seat_key)
            .set("unit_id", wish.unit_id)
            .set("state", "open")
            .set("opened_ms", at);
        self.insert(row).await
    }
}
