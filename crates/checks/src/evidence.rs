//! The generic check: has the seat that answers for this requirement filed an observation that is still good? It
//! stands behind every row that no machine check proves wholly.

use std::collections::BTreeMap;

use crate::check::in_scope;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{date_at, wareki};
use sekisho_domain::evidence::LATE_FILING_DAYS;
use sekisho_domain::verdict::State;
use sekisho_store::verdict::Outcome;
use sekisho_store::{Db, Result, office};

use crate::judge::Requirement;

/// The id that its verdicts carry.
pub const EVIDENCE_CHECK: &str = "evidence_is_filed";
pub(crate) const VERSION: i64 = 2;
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
    /// A seat that is bound to a section counts whether somebody sits there or not; one that goes with a position
    /// counts where somebody holds that position, in a 係 for its 課.
    const SEATED = concat!("SELECT DISTINCT r.role, s.unit_id, s.name, s.sort_key
        FROM role_seat r JOIN section s ON r.unit_id = s.unit_id OR (r.unit_id IS NULL AND EXISTS (
            SELECT 1 FROM assignment a WHERE a.position_id = r.position_id AND ", office!("a.unit_id", "$1"), " = s.unit_id
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)))
        WHERE r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1) AND ", in_scope!(),
        " ORDER BY r.role, s.sort_key, s.unit_id");
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

impl Observation {
    fn is_no(&self) -> bool {
        self.answer.as_deref() == Some("no")
    }

    fn is_fresh(&self, as_of: Ms) -> bool {
        self.fresh_until_ms > as_of.0
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Unit {
    pub(crate) unit_id: String,
    pub(crate) name: String,
}

/// Which sections have to show something for a row, on one day: those where the role that answers for it sits. What
/// one of them files says nothing about the others.
#[derive(Clone, Debug)]
pub(crate) struct Population {
    managed: Vec<Unit>,
    seated: BTreeMap<String, Vec<Unit>>,
}

impl Population {
    pub(crate) async fn on(db: &Db, as_of: Ms) -> Result<Population> {
        let on = date_at(as_of);
        let managed = db.fetch_all(MANAGED, &[on.into()]).await?;
        let rows: Vec<(String, String, String, String)> = db.fetch_all(SEATED, &[on.into()]).await?;
        let mut seated: BTreeMap<String, Vec<Unit>> = BTreeMap::new();
        for (role, unit_id, name, _) in rows {
            seated.entry(role).or_default().push(Unit { unit_id, name });
        }
        Ok(Population { managed, seated })
    }

    fn of(&self, requirement: &Requirement) -> &[Unit] {
        match requirement.role.as_str() {
            // Every section with business of its own has a 情報セキュリティ管理者, or lacks one.
            "manager" => &self.managed,
            role => self.seated.get(role).map_or(&[], Vec::as_slice),
        }
    }
}

/// What the filed evidence says at `as_of`, counting only what had been filed by `known_at`.
pub(crate) async fn find(
    db: &Db,
    requirement: &Requirement,
    population: &Population,
    as_of: Ms,
    known_at: Ms,
) -> Result<Outcome> {
    let args = [requirement.id.as_str().into(), as_of.into(), known_at.into(), LOOK_BACK.into()];
    let mut observations: Vec<Observation> = db.fetch_all(EVIDENCE, &args).await?;
    if requirement.check_kind == "attestation" {
        // A self-declaration is a yes or a no; a paper without either declares nothing.
        observations.retain(|o| o.answer.is_some() || o.kind == "zero");
    }
    Ok(over_units(requirement, &observations, population.of(requirement), as_of))
}

/// A self-declaration of the section heads is given by each of them; nobody else's answer stands in for it.
fn each_answers(requirement: &Requirement) -> bool {
    requirement.check_kind == "attestation" && requirement.role == "manager"
}

/// Each section by its newest observation, its own or the city's. A section's own 「いいえ」 is taken back by that
/// section only.
fn over_units(requirement: &Requirement, observations: &[Observation], units: &[Unit], as_of: Ms) -> Outcome {
    let city = observations.iter().find(|o| o.unit_id.is_none() && !each_answers(requirement));
    let mut own: BTreeMap<&str, &Observation> = BTreeMap::new();
    for observation in observations {
        if let Some(unit) = observation.unit_id.as_deref() {
            own.entry(unit).or_insert(observation);
        }
    }
    let of = |unit: &Unit| match (own.get(unit.unit_id.as_str()).copied(), city) {
        (Some(own), Some(city)) if !own.is_no() && city.observed_ms > own.observed_ms => Some(city),
        (own, city) => own.or(city),
    };
    let found: Vec<Option<&Observation>> = units.iter().map(of).collect();
    let elsewhere = own.keys().filter(|id| units.iter().all(|u| u.unit_id != **id)).count();
    match (units.len(), found.first().copied().flatten()) {
        (0, _) if each_answers(requirement) => {
            let reason = "課が登録されていないため、確かめられません。".to_owned();
            empty(State::Unproven, reason, 0)
        }
        // Nobody holds the role: what was found for the whole city is all there can be.
        (0, _) => one(requirement, city, elsewhere, as_of),
        (1, found) => one(requirement, found, elsewhere, as_of),
        (total, Some(first)) if found.iter().all(|o| o.is_some_and(|o| o.id == first.id)) => {
            let expected = count(total);
            let outcome = one(requirement, Some(first), elsewhere, as_of);
            let violating = if outcome.state == State::Broken { expected } else { 0 };
            Outcome { expected, observed: expected, violating, ..outcome }
        }
        _ => several(requirement, units, &found, as_of),
    }
}

/// One observation speaks for everybody. `elsewhere`: sections that filed something and are not asked.
fn one(requirement: &Requirement, found: Option<&Observation>, elsewhere: usize, as_of: Ms) -> Outcome {
    let Some(newest) = found else {
        let reason = match (requirement.event_triggered, requirement.check_kind.as_str()) {
            (true, _) => "記録も、該当なしの報告も、まだありません。",
            (_, "attestation") => "自己申告がまだありません。",
            _ => "証拠がまだ登録されていません。",
        };
        let elsewhere = match elsewhere {
            0 => String::new(),
            n => format!("ほかの{n}の組織の証拠は、この要求に答える組織のものではないため、数えていません。"),
        };
        return empty(State::Unproven, format!("{reason}{elsewhere}"), 1);
    };
    let day = wareki(date_at(Ms(newest.observed_ms)));
    let label = if newest.kind == "attestation" { "自己申告: " } else { "" };
    let late = late_filing(newest);
    let (state, reason) = match (newest.is_no(), newest.is_fresh(as_of)) {
        (true, _) => {
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
        violating: i64::from(state == State::Broken),
        evidence_ids: vec![newest.id.clone()],
        next_change_ms: newest.is_fresh(as_of).then_some(newest.fresh_until_ms),
        source_ms: Some(newest.filed_ms),
        ..empty(state, reason, 1)
    }
}

/// Every section must have shown it, said yes where it is asked, and not too long ago.
fn several(requirement: &Requirement, units: &[Unit], found: &[Option<&Observation>], as_of: Ms) -> Outcome {
    let (mut no, mut old, mut missing, mut good) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (unit, found) in units.iter().zip(found) {
        match found {
            None => missing.push(unit),
            Some(o) if o.is_no() => no.push(unit),
            Some(o) if !o.is_fresh(as_of) => old.push(unit),
            Some(o) => good.push(*o),
        }
    }
    let attested = requirement.check_kind == "attestation";
    let (label, of) = match attested {
        true => ("自己申告: ", format!("{}課", units.len())),
        false => ("", format!("{}の組織", units.len())),
    };
    let says = |who: &[&Unit], yet: &str| {
        let counter = if attested { "課" } else { "" };
        format!("{label}{of}のうち{}{counter}{yet}({})。", who.len(), names(who))
    };
    let (state, reason, who) = if !no.is_empty() {
        (State::Broken, says(&no, "が「いいえ」と答えています"), no)
    } else if !missing.is_empty() {
        let yet = if attested {
            "がまだ答えていません"
        } else {
            "について、証拠がまだ登録されていません"
        };
        (State::Unproven, says(&missing, yet), missing)
    } else if !old.is_empty() {
        let yet = if attested {
            "の回答が有効期間を過ぎています"
        } else {
            "の証拠が有効期間を過ぎています"
        };
        (State::Stale, says(&old, yet), old)
    } else {
        let all = if attested {
            "の全てが「はい」と答えています。"
        } else {
            "の全てについて、確かめた証拠があります。"
        };
        (State::Holds, format!("{label}{of}{all}"), old)
    };
    let samples = who
        .iter()
        .take(OWNERS_MAX)
        .map(|u| serde_json::json!({ "noun": "section", "id": u.unit_id, "label": u.name, "acts": true }));
    let mut used: Vec<String> = good.iter().map(|o| o.id.clone()).collect();
    used.sort();
    used.dedup();
    used.truncate(SAMPLES_MAX);
    Outcome {
        observed: count(found.iter().flatten().count()),
        violating: if state == State::Broken { count(who.len()) } else { 0 },
        samples: samples.collect(),
        evidence_ids: used,
        next_change_ms: good.iter().map(|o| o.fresh_until_ms).min(),
        source_ms: found.iter().flatten().map(|o| o.filed_ms).max(),
        ..empty(state, reason, count(units.len()))
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
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
