//! The generic check: has the seat that answers for this requirement filed an observation that is still good? It
//! stands behind every row that no machine check proves wholly.

use std::collections::BTreeMap;

use crate::check::in_scope;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{date_at, wareki};
use sekisho_domain::evidence::LATE_FILING_DAYS;
use sekisho_domain::verdict::State;
use sekisho_store::verdict::Outcome;
use sekisho_store::{Db, Result};

use crate::judge::Requirement;

/// The id that its verdicts carry.
pub const EVIDENCE_CHECK: &str = "evidence_is_filed";
pub(crate) const VERSION: i64 = 1;
/// Observations looked at per requirement: with 40 sections monthly this is four years.
const LOOK_BACK: i64 = 2_000;
/// Names listed with a verdict.
const SAMPLES_MAX: usize = 20;
/// Sections that have to act are named all; a city has some tens.
const OWNERS_MAX: usize = 200;

sekisho_store::sql! {
    const EVIDENCE = "SELECT id, unit_id, kind, title, answer, observed_ms, filed_ms, fresh_until_ms FROM evidence
        WHERE requirement_id = $1 AND observed_ms <= $2 AND filed_ms <= $3
        ORDER BY observed_ms DESC, id DESC LIMIT $4";
    const MANAGED = concat!("SELECT s.unit_id, s.name FROM section s
        WHERE s.managed AND ", in_scope!(), " ORDER BY s.sort_key, s.id");
}

#[derive(Clone, Debug, sqlx::FromRow)]
struct Observation {
    id: String,
    unit_id: Option<String>,
    kind: String,
    title: String,
    answer: Option<String>,
    observed_ms: i64,
    filed_ms: i64,
    fresh_until_ms: i64,
}

/// The sections that every "in all sections" row is about, on one day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Unit {
    pub(crate) unit_id: String,
    pub(crate) name: String,
}

pub(crate) async fn managed_units(db: &Db, as_of: Ms) -> Result<Vec<Unit>> {
    db.fetch_all(MANAGED, &[date_at(as_of).into()]).await
}

/// What the filed evidence says at `as_of`, counting only what had been filed by `known_at`.
pub(crate) async fn find(
    db: &Db,
    requirement: &Requirement,
    units: &[Unit],
    as_of: Ms,
    known_at: Ms,
) -> Result<Outcome> {
    let args = [requirement.id.as_str().into(), as_of.into(), known_at.into(), LOOK_BACK.into()];
    let observations: Vec<Observation> = db.fetch_all(EVIDENCE, &args).await?;
    Ok(if per_section(requirement) {
        over_sections(&observations, units, as_of)
    } else {
        over_city(requirement, &observations, as_of)
    })
}

/// A self-declaration of the section heads is about every section, not about the one that answered first.
pub(crate) fn per_section(requirement: &Requirement) -> bool {
    requirement.check_kind == "attestation" && requirement.role == "manager"
}

/// The newest observation decides.
fn over_city(requirement: &Requirement, observations: &[Observation], as_of: Ms) -> Outcome {
    let Some(newest) = observations.first() else {
        let reason = match (requirement.event_triggered, requirement.check_kind.as_str()) {
            (true, _) => "記録も、該当なしの報告も、まだありません。",
            (_, "attestation") => "自己申告がまだありません。",
            _ => "証拠がまだ登録されていません。",
        };
        return empty(State::Unproven, reason.to_owned(), 1);
    };
    let day = wareki(date_at(Ms(newest.observed_ms)));
    let label = if newest.kind == "attestation" { "自己申告: " } else { "" };
    let late = late_filing(newest);
    let (state, reason) = match (newest.answer.as_deref(), newest.fresh_until_ms > as_of.0) {
        (Some("no"), _) => {
            (State::Broken, format!("{label}「{}」({day})に「いいえ」と答えています。{late}", newest.title))
        }
        (_, false) => (
            State::Stale,
            format!(
                "{label}いちばん新しい証拠「{}」は{day}のもので、有効期間を過ぎています。{late}",
                newest.title
            ),
        ),
        (_, true) if newest.kind == "zero" => {
            (State::Holds, format!("該当する事象はなかったと報告されています({day})。{late}"))
        }
        (_, true) => (State::Holds, format!("{label}「{}」を{day}に確かめています。{late}", newest.title)),
    };
    Outcome {
        observed: 1,
        evidence_ids: vec![newest.id.clone()],
        next_change_ms: (newest.fresh_until_ms > as_of.0).then_some(newest.fresh_until_ms),
        source_ms: Some(newest.filed_ms),
        ..empty(state, reason, 1)
    }
}

/// Every section must have answered, yes, and not too long ago.
fn over_sections(observations: &[Observation], units: &[Unit], as_of: Ms) -> Outcome {
    let mut newest: BTreeMap<&str, &Observation> = BTreeMap::new();
    for observation in observations {
        if let Some(unit) = observation.unit_id.as_deref() {
            newest.entry(unit).or_insert(observation);
        }
    }
    let (mut no, mut old, mut missing, mut used) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut next_change_ms = None::<i64>;
    for unit in units {
        match newest.get(unit.unit_id.as_str()) {
            None => missing.push(unit),
            Some(o) if o.answer.as_deref() == Some("no") => no.push(unit),
            Some(o) if o.fresh_until_ms <= as_of.0 => old.push(unit),
            Some(o) => {
                used.push(o.id.clone());
                next_change_ms = Some(next_change_ms.map_or(o.fresh_until_ms, |ms| ms.min(o.fresh_until_ms)));
            }
        }
    }
    let total = units.len();
    let (state, reason, who) = if units.is_empty() {
        (State::Unproven, "課が登録されていないため、確かめられません。".to_owned(), no)
    } else if !no.is_empty() {
        (
            State::Broken,
            format!("自己申告: {total}課のうち{}課が「いいえ」と答えています({})。", no.len(), names(&no)),
            no,
        )
    } else if !missing.is_empty() {
        (
            State::Unproven,
            format!(
                "自己申告: {total}課のうち{}課がまだ答えていません({})。",
                missing.len(),
                names(&missing)
            ),
            missing,
        )
    } else if !old.is_empty() {
        (
            State::Stale,
            format!(
                "自己申告: {total}課のうち{}課の回答が有効期間を過ぎています({})。",
                old.len(),
                names(&old)
            ),
            old,
        )
    } else {
        (State::Holds, format!("自己申告: {total}課の全てが「はい」と答えています。"), old)
    };
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let samples = who
        .iter()
        .take(OWNERS_MAX)
        .map(|u| serde_json::json!({ "noun": "section", "id": u.unit_id, "label": u.name, "acts": true }));
    used.truncate(SAMPLES_MAX);
    Outcome {
        observed: count(newest.len().min(total)),
        violating: if state == State::Broken { count(who.len()) } else { 0 },
        samples: samples.collect(),
        evidence_ids: used,
        next_change_ms,
        source_ms: observations.iter().map(|o| o.filed_ms).max(),
        ..empty(state, reason, count(total))
    }
}

fn empty(state: State, reason: String, expected: i64) -> Outcome {
    Outcome {
        state,
        reason,
        expected,
        observed: 0,
        violating: 0,
        samples: serde_json::json!([]),
        evidence_ids: Vec::new(),
        source: "登録された証拠".to_owned(),
        source_ms: None,
        next_change_ms: None,
    }
}

fn names(units: &[&Unit]) -> String {
    let shown: Vec<&str> = units.iter().take(3).map(|u| u.name.as_str()).collect();
    format!("{}{}", shown.join("、"), if units.len() > 3 { " ほか" } else { "" })
}

fn late_filing(observation: &Observation) -> String {
    let days = Ms(observation.filed_ms).since(Ms(observation.observed_ms)) / Ms::DAY;
    if days > LATE_FILING_DAYS {
        format!("確かめてから{days}日後に登録されています。")
    } else {
        String::new()
    }
}
