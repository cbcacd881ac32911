//! The one function that turns what a check found into a verdict: exceptions, rejections and emptiness are treated
//! here and nowhere else.

use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, start_of, wareki};
use sekisho_domain::verdict::State;
use sekisho_store::verdict::Outcome;

use crate::{Check, Finding};

/// A requirement with what the city decided about it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Requirement {
    pub(crate) id: String,
    pub(crate) catalogue_id: Option<String>,
    pub(crate) role: String,
    pub(crate) check_kind: String,
    pub(crate) event_triggered: bool,
    /// 採否
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) rejected_until: Option<String>,
    pub(crate) decision_id: Option<String>,
    /// The last day of the exception in force, if there is one.
    pub(crate) excepted_until: Option<String>,
}

/// Whether the city has taken the row, so that a check has something to look for.
pub(crate) fn is_adopted(requirement: &Requirement) -> bool {
    matches!(requirement.state.as_str(), "adopted" | "modified")
}

/// `found` is what a check saw, if it looked. `None` comes back when nothing is to be said about the row.
pub(crate) fn judge(requirement: &Requirement, found: Option<Outcome>, on: Date) -> Option<Outcome> {
    match requirement.state.as_str() {
        "adopted" | "modified" => found.map(|found| excepted(requirement, found)),
        "rejected" => rejected(requirement, on),
        _ => None,
    }
}

/// A granted exception stands in for whatever does not hold, until its day.
fn excepted(requirement: &Requirement, found: Outcome) -> Outcome {
    let Some(until) = requirement.excepted_until.as_deref().and_then(|d| d.parse::<Date>().ok()) else {
        return found;
    };
    let ends = Some(start_of(until).0);
    let next_change_ms = [found.next_change_ms, ends].into_iter().flatten().min();
    if matches!(found.state, State::Holds | State::NotApplicable) {
        return Outcome { next_change_ms, ..found };
    }
    let reason = format!("例外措置中です({}まで)。{}", wareki(until), found.reason);
    Outcome { state: State::Excepted, reason, next_change_ms, ..found }
}

/// 不採用 is an answer only with a decision, a reason and an end that has not come.
fn rejected(requirement: &Requirement, on: Date) -> Option<Outcome> {
    let until = requirement.rejected_until.as_deref().and_then(|d| d.parse::<Date>().ok())?;
    if until <= on || requirement.decision_id.is_none() {
        return None;
    }
    let why = requirement.reason.as_deref().unwrap_or_default();
    Some(Outcome {
        state: State::NotApplicable,
        reason: format!("不採用と決めています({}まで)。{why}", wareki(until)),
        expected: 0,
        observed: 0,
        violating: 0,
        samples: serde_json::json!([]),
        evidence_ids: requirement.decision_id.iter().cloned().collect(),
        source: "採否の決裁".to_owned(),
        source_ms: None,
        next_change_ms: Some(start_of(until).0),
    })
}

/// What a machine check's finding means. Something wrong that was seen is wrong whatever else is unknown; otherwise
/// what was not seen, or not lately, keeps the check from holding. `doubt`: why the population itself is not known.
pub(crate) fn of_finding(
    check: &Check,
    found: &Finding,
    aged: Option<&Finding>,
    doubt: Option<&str>,
    now: Ms,
) -> Outcome {
    let old = check.aged.as_ref().zip(aged.filter(|a| a.violating > 0));
    let old = old.map(|(aged, rows)| ((aged.says)(rows), rows.samples_json()));
    let (state, reason, samples) = if found.expected == 0 || found.observed == 0 {
        (State::Unproven, check.unproven.to_owned(), found.samples_json())
    } else if found.violating > 0 {
        let also = old.map(|(says, _)| says).unwrap_or_default();
        (State::Broken, format!("{}{also}", (check.broken)(found)), found.samples_json())
    } else if found.observed < found.expected {
        let reason =
            format!("{}件のうち{}件しか分かりません。{}", found.expected, found.observed, check.unproven);
        (State::Unproven, reason, found.samples_json())
    } else if let Some(doubt) = doubt {
        (
            State::Unproven,
            format!("{doubt}だれが今の職員かを言えないため、確かめられません。"),
            found.samples_json(),
        )
    } else if let Some((says, samples)) = old {
        (State::Stale, says, samples)
    } else {
        (State::Holds, (check.holds)(found), found.samples_json())
    };
    Outcome {
        state,
        reason,
        expected: found.expected,
        observed: found.observed,
        violating: found.violating,
        samples,
        evidence_ids: Vec::new(),
        source: check.source.to_owned(),
        source_ms: Some(found.source_ms.unwrap_or(now.0)),
        next_change_ms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(state: &str) -> Requirement {
        Requirement {
            id: "r".into(),
            catalogue_id: None,
            role: "ciso".into(),
            check_kind: "record".into(),
            event_triggered: false,
            state: state.into(),
            reason: Some("αモデルのため".into()),
            rejected_until: None,
            decision_id: None,
            excepted_until: None,
        }
    }

    fn outcome(state: State) -> Outcome {
        Outcome {
            state,
            reason: "証拠がありません。".into(),
            expected: 1,
            observed: 0,
            violating: 0,
            samples: serde_json::json!([]),
            evidence_ids: vec![],
            source: "証拠".into(),
            source_ms: None,
            next_change_ms: None,
        }
    }

    const DAY: Date = Date::constant(2026, 11, 22);

    fn state(requirement: &Requirement, found: State) -> Option<State> {
        judge(requirement, Some(outcome(found)), DAY).map(|o| o.state)
    }

    #[test]
    fn an_exception_covers_what_does_not_hold_and_hides_nothing_that_does() {
        let mut row = requirement("adopted");
        row.excepted_until = Some("2026-12-01".into());
        assert_eq!(state(&row, State::Broken), Some(State::Excepted));
        assert_eq!(state(&row, State::Unproven), Some(State::Excepted));
        assert_eq!(state(&row, State::Holds), Some(State::Holds));
    }

    #[test]
    fn a_rejection_without_decision_or_past_its_end_is_no_answer() {
        let mut row = requirement("rejected");
        row.rejected_until = Some("2027-01-01".into());
        assert_eq!(state(&row, State::Holds), None);
        row.decision_id = Some("d".into());
        assert_eq!(state(&row, State::Holds), Some(State::NotApplicable));
        row.rejected_until = Some("2026-11-22".into());
        assert_eq!(state(&row, State::Holds), None);
    }

    #[test]
    fn an_undecided_row_is_not_judged() {
        assert_eq!(state(&requirement("undecided"), State::Holds), None);
    }
}
