//! When checks run: after a change (dirty marks), when time alone can change an answer, and all at once.
//!
//! A crash between a change and its evaluation loses nothing: the marks stay until their verdicts are written.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, start_of};
use sekisho_domain::person::BY_HAND;
use sekisho_domain::staff_source::{self, REGISTER, STAFF_SOURCE};
use sekisho_domain::verdict::{CITY, State};
use sekisho_store::verdict::{Dirty, Outcome};
use sekisho_store::{Actor, Db, Result, Store};

use crate::CHECKS;
use crate::check::{Check, Finding, Owners, Sample};
use crate::evidence::{self, EVIDENCE_CHECK, Population};
use crate::judge::{Requirement, is_adopted, judge, of_finding};

/// Marks taken up at once.
const DIRTY_AT_ONCE: i64 = 10_000;
/// How often a check is run that no change of a record wakes.
const UNPROMPTED_MS: i64 = 10 * Ms::MINUTE;
/// Lists of staff that are looked at; a city has a handful.
const SOURCES_MAX: i64 = 1_000;

sekisho_store::sql! {
    const REQUIREMENTS = "SELECT q.id, q.catalogue_id, q.role, q.check_kind, q.event_triggered, q.state, q.reason,
            q.rejected_until, q.decision_id,
            (SELECT MAX(x.valid_to) FROM exception x WHERE x.requirement_id = q.id AND x.state = 'granted'
                AND x.valid_from <= $1 AND x.valid_to > $1) AS excepted_until
        FROM requirement q WHERE CAST($2 AS TEXT) IS NULL OR q.id = $2 ORDER BY q.id";
    const UNLISTED = "SELECT p.source, COUNT(*) AS number FROM person p
        WHERE p.joined_on <= $1 AND (p.left_on IS NULL OR p.left_on > $1) AND p.source NOT IN ($2, $3)
            AND NOT EXISTS (SELECT 1 FROM staff_source s WHERE s.name = p.source
                AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1))
        GROUP BY p.source ORDER BY p.source";
}

/// What one round changed.
type Answer = ((&'static str, i64), String, Option<Outcome>);

/// Evaluates whatever committed changes may have made out of date. Returns the nouns that were changed.
pub async fn evaluate_dirty(store: &Store) -> Result<BTreeSet<String>> {
    let mut changed = BTreeSet::new();
    loop {
        let marks = store.db.dirty(DIRTY_AT_ONCE).await?;
        if marks.is_empty() {
            return Ok(changed);
        }
        let nouns: BTreeSet<&str> = marks.iter().map(|m| m.noun.as_str()).collect();
        let checks: Vec<&Check> = CHECKS.iter().copied().filter(|c| concerns(c, &nouns)).collect();
        run(store, &checks, &focus(&marks)).await?;
        store.clean(&marks).await?;
        changed.extend(marks.into_iter().map(|m| m.noun));
    }
}

/// Whether a change of these nouns can change a check's answer. Whoever counts people counts on the lists they come
/// from.
fn concerns(check: &Check, nouns: &BTreeSet<&str>) -> bool {
    let lists = counts_people(check) && nouns.contains("staff_source");
    // Decisions on 適用範囲 say which rows of the registers are counted at all.
    let scoped = nouns.contains("scope") && check.reads.iter().any(|noun| IN_SCOPE.contains(noun));
    lists || scoped || check.reads.iter().any(|noun| nouns.contains(noun))
}

/// Registers whose rows the policy may not apply to.
const IN_SCOPE: [&str; 4] = ["asset", "device", "medium", "system"];

fn counts_people(check: &Check) -> bool {
    check.reads.contains(&"person")
}

/// What keeps anybody from saying who works here today: a list of staff that is late, missing or short, or one that
/// people come from and nobody keeps, so that nobody can say how many there should be.
async fn doubt(db: &Db, on: Date) -> Result<Option<String>> {
    let rows = db.scan(&STAFF_SOURCE, "", SOURCES_MAX).await?;
    let held = rows.iter().filter(|row| REGISTER.holds(row, on));
    let mut doubts: Vec<String> = held.filter_map(|row| staff_source::doubt(row, on)).collect();
    let args = [on.into(), BY_HAND[0].into(), BY_HAND[1].into()];
    let unlisted: Vec<(String, i64)> = db.fetch_all(UNLISTED, &args).await?;
    doubts.extend(unlisted.iter().map(|(name, people)| staff_source::unlisted(name, *people)));
    Ok((!doubts.is_empty()).then(|| format!("{}。", doubts.join("、"))))
}

/// Evaluates what the passing of time may have changed: machine checks once a day (those that look at no record every
/// ten minutes), evidence when it runs out.
pub async fn evaluate_due(store: &Store) -> Result<()> {
    let now = store.clock.now();
    let runs = store.db.check_runs().await?;
    let due = |check: &&Check| {
        runs.iter().find(|r| r.check_id == check.id).is_none_or(|run| {
            run.check_version != check.version || run.next_change_ms.is_none_or(|at| at <= now.0)
        })
    };
    let checks: Vec<&Check> = CHECKS.iter().copied().filter(due).collect();
    // A program that reads evidence otherwise than the one before it judges all of it again.
    let reread =
        !runs.iter().any(|r| (r.check_id.as_str(), r.check_version) == (EVIDENCE_CHECK, evidence::VERSION));
    let ran_out: BTreeSet<String> = store.db.verdicts_due(now).await?.into_iter().collect();
    if checks.is_empty() && ran_out.is_empty() && !reread {
        return Ok(());
    }
    let focus = if reread { Focus::All } else { Focus::Some(ran_out) };
    run(store, &checks, &focus).await?;
    match reread {
        true => store.note_check_run(EVIDENCE_CHECK, evidence::VERSION, None).await,
        false => Ok(()),
    }
}

/// Evaluates everything.
pub async fn evaluate_all(store: &Store) -> Result<()> {
    run(store, CHECKS, &Focus::All).await
}

/// What the evidence of some requirements says at `as_of`, as known at `known_at`; nothing is written. A row that a
/// machine check proves wholly, or that is not judged, has no answer: registers are not kept as they were known when.
pub async fn preview(
    db: &Db,
    requirement_ids: &[String],
    as_of: Ms,
    known_at: Ms,
) -> Result<BTreeMap<String, Outcome>> {
    let on = date_at(as_of);
    let all: Vec<Requirement> = db.fetch_all(REQUIREMENTS, &[on.into(), None::<String>.into()]).await?;
    let population = Population::on(db, as_of).await?;
    let asked = |r: &Requirement| requirement_ids.contains(&r.id) && is_adopted(r) && needs_evidence(r);
    let asked: Vec<Requirement> = all.into_iter().filter(asked).collect();
    let mut out = BTreeMap::new();
    for requirement in &asked {
        let found = evidence::find(db, requirement, &population, as_of, known_at).await?;
        if let Some(outcome) = judge(requirement, Some(found), on) {
            out.insert(requirement.id.clone(), outcome);
        }
    }
    Ok(out)
}

/// Which requirements the generic check looks at.
enum Focus {
    All,
    Some(BTreeSet<String>),
}

impl Focus {
    fn has(&self, requirement_id: &str) -> bool {
        match self {
            Focus::All => true,
            Focus::Some(ids) => ids.contains(requirement_id),
        }
    }
}

/// A change of sections, of 適用範囲 or of who sits where changes whom a row is about; the rest names its requirement.
fn focus(marks: &[Dirty]) -> Focus {
    const WHO_IS_ASKED: [&str; 4] = ["assignment", "role_seat", "scope", "section"];
    if marks.iter().any(|m| WHO_IS_ASKED.contains(&m.noun.as_str())) {
        return Focus::All;
    }
    Focus::Some(marks.iter().filter(|m| !m.focus.is_empty()).map(|m| m.focus.clone()).collect())
}

async fn run(store: &Store, checks: &[&Check], focus: &Focus) -> Result<()> {
    let now = store.clock.now();
    let on = date_at(now);
    let requirements: Vec<Requirement> =
        store.db.fetch_all(REQUIREMENTS, &[on.into(), None::<String>.into()]).await?;
    let doubt = doubt(&store.db, on).await?;
    let mut answers: Vec<Answer> = Vec::new();
    for check in CHECKS {
        let concerned: Vec<&Requirement> = requirements
            .iter()
            .filter(|r| r.catalogue_id.as_deref().is_some_and(|id| check.requirements.contains(&id)))
            .filter(|r| checks.iter().any(|c| c.id == check.id) || focus.has(&r.id))
            .collect();
        if concerned.is_empty() {
            continue;
        }
        let found = find(&store.db, check, now).await?;
        let aged = aged(&store.db, check, &found, now).await?;
        let doubt = doubt.as_deref().filter(|_| counts_people(check));
        let found = of_finding(check, &found, aged.as_ref(), doubt, now);
        for requirement in concerned {
            let outcome = judge(requirement, Some(found.clone()), on);
            answers.push(((check.id, check.version), requirement.id.clone(), outcome));
        }
    }
    let population = Population::on(&store.db, now).await?;
    for requirement in requirements.iter().filter(|r| focus.has(&r.id) && needs_evidence(r)) {
        let found = match is_adopted(requirement) {
            true => Some(evidence::find(&store.db, requirement, &population, now, now).await?),
            false => None,
        };
        let outcome = judge(requirement, found, on);
        answers.push(((EVIDENCE_CHECK, evidence::VERSION), requirement.id.clone(), outcome));
    }
    write(store, answers).await?;
    let tomorrow = on.tomorrow().map(|day| start_of(day).0).ok();
    // No change of a record wakes a check that reads none: only the clock can.
    let soon = now.plus(UNPROMPTED_MS).0;
    for check in checks {
        let next = if check.reads.is_empty() { Some(soon) } else { tomorrow };
        store.note_check_run(check.id, check.version, next).await?;
    }
    Ok(())
}

/// A row that a machine check proves wholly needs no filed evidence.
fn needs_evidence(requirement: &Requirement) -> bool {
    let id = requirement.catalogue_id.as_deref().unwrap_or_default();
    crate::by_machine(id) != Some(true)
}

async fn find(db: &Db, check: &Check, now: Ms) -> Result<Finding> {
    let args = [date_at(now).into(), now.into()];
    let (expected, observed, source_ms): (i64, i64, Option<i64>) =
        db.fetch_one(check.population, &args).await?;
    let samples: Vec<Sample> = db.fetch_all(check.violating, &args).await?;
    let violating = samples.first().map_or(0, |s| s.total);
    let owners = owners(db, check.owners.filter(|_| violating > 0), now).await?;
    Ok(Finding { expected, observed, violating, samples, owners, source_ms })
}

/// Whose what was found is: 「34人の職」 is nobody, 「税務課 12件」 is somebody.
async fn owners(db: &Db, owners: Option<Owners>, now: Ms) -> Result<Vec<Sample>> {
    match owners {
        Some(owners) => db.fetch_all(owners.sections, &[date_at(now).into(), now.into()]).await,
        None => Ok(Vec::new()),
    }
}

/// The rows of one section that a verdict of a check in this state is about, as they stand now: what those in the
/// section have to put right. Empty where the check knows no sections.
pub async fn rows_of_section(
    db: &Db,
    check_id: &str,
    state: State,
    unit_id: &str,
    now: Ms,
) -> Result<Vec<Sample>> {
    let check = CHECKS.iter().find(|check| check.id == check_id);
    let owners = check.and_then(|check| match state {
        State::Broken => check.owners,
        State::Stale => check.aged.as_ref().and_then(|aged| aged.owners),
        _ => None,
    });
    match owners {
        Some(owners) => db.fetch_all(owners.rows, &[date_at(now).into(), now.into(), unit_id.into()]).await,
        None => Ok(Vec::new()),
    }
}

/// The rows of the same population whose facts have grown old.
async fn aged(db: &Db, check: &Check, found: &Finding, now: Ms) -> Result<Option<Finding>> {
    let Some(aged) = check.aged.as_ref().filter(|_| found.observed > 0) else { return Ok(None) };
    let samples: Vec<Sample> = db.fetch_all(aged.rows, &[date_at(now).into(), now.into()]).await?;
    let violating = samples.first().map_or(0, |s| s.total);
    let owners = owners(db, aged.owners.filter(|_| violating > 0), now).await?;
    Ok(Some(Finding { violating, samples, owners, ..found.clone() }))
}

async fn write(store: &Store, answers: Vec<Answer>) -> Result<()> {
    if answers.is_empty() {
        return Ok(());
    }
    let mut tx = store.write(&Actor::system(), "verdict.change").await?;
    for (check, requirement_id, outcome) in &answers {
        tx.record_verdict(*check, requirement_id, CITY, outcome.as_ref()).await?;
    }
    tx.commit().await
}
