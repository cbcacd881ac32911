//! 判定: computed, never typed in. One row is an interval during which a check gave the same answer.

use crate::noun::{Column, Kind, Noun};

/// The answer of a check, worst first: the order in which the rows of a clause outrank one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Broken,
    Unproven,
    Stale,
    Excepted,
    Holds,
    NotApplicable,
}

pub const STATES: &[(&str, &str)] = &[
    ("broken", "守られていない"),
    ("unproven", "未確認"),
    ("stale", "証拠が古い"),
    ("excepted", "例外措置中"),
    ("holds", "守られている"),
    ("na", "対象外"),
];

impl State {
    pub const ALL: [State; 6] =
        [State::Broken, State::Unproven, State::Stale, State::Excepted, State::Holds, State::NotApplicable];

    pub fn code(self) -> &'static str {
        STATES[self as usize].0
    }

    pub fn label(self) -> &'static str {
        STATES[self as usize].1
    }

    /// An unknown code reads as `Unproven`: ignorance is never proof.
    pub fn from_code(code: &str) -> State {
        State::ALL.into_iter().find(|s| s.code() == code).unwrap_or(State::Unproven)
    }

    /// A clause is as good as its worst row. No judged row at all is `Unproven`.
    pub fn worst(states: impl IntoIterator<Item = State>) -> State {
        states.into_iter().filter(|s| *s != State::NotApplicable).min().unwrap_or(State::Unproven)
    }
}

/// The scope of a verdict over the whole city.
pub const CITY: &str = "city";

/// A section that has to act, and on how many rows; 0 when it is not about rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acts {
    pub unit_id: String,
    pub section: String,
    pub rows: i64,
}

/// The sections that the samples of a verdict name as those who have to act.
pub fn acts(samples: &str) -> Vec<Acts> {
    let samples: Vec<serde_json::Value> = serde_json::from_str(samples).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let those = samples.iter().filter(|s| s["acts"] == true);
    those
        .map(|s| Acts {
            unit_id: text(&s["id"]),
            section: text(&s["label"]),
            rows: s["rows"].as_i64().unwrap_or(0),
        })
        .collect()
}

pub static VERDICT: Noun = Noun {
    name: "verdict",
    label: "判定",
    columns: &[
        Column::new("check_id", "検査", Kind::Text),
        Column::new("check_version", "検査の版", Kind::Int),
        Column::new("requirement_id", "要求", Kind::Ref("requirement")),
        // `city` or a unit_id.
        Column::new("scope", "範囲", Kind::Text),
        Column::new("from_ms", "いつから", Kind::Instant),
        Column::new("to_ms", "いつまで", Kind::Instant).optional(),
        Column::new("state", "判定", Kind::Choice(STATES)),
        Column::new("reason", "理由", Kind::Text),
        Column::new("expected_count", "対象の数", Kind::Int),
        Column::new("observed_count", "確認できた数", Kind::Int),
        Column::new("violating_count", "守られていない数", Kind::Int),
        // Up to 20 `{noun, id, label}` that are missing or violating, and with `acts` the sections that have to act.
        Column::new("samples", "該当", Kind::Json),
        Column::new("evidence_ids", "証拠", Kind::Json),
        Column::new("source", "母集団の出所", Kind::Text),
        Column::new("source_ms", "母集団の時点", Kind::Instant).optional(),
        // When the answer can change without anybody writing anything (a date passes).
        Column::new("next_change_ms", "次に変わりうる日時", Kind::Instant).optional(),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_is_its_worst_row() {
        use State::*;
        assert_eq!(State::worst([Holds, Stale, Excepted]), Stale);
        assert_eq!(State::worst([Holds, Unproven, Stale]), Unproven);
        assert_eq!(State::worst([Broken, Unproven]), Broken);
        assert_eq!(State::worst([Holds, NotApplicable]), Holds);
        assert_eq!(State::worst([NotApplicable]), Unproven);
        assert_eq!(State::worst([]), Unproven);
    }

    #[test]
    fn codes_round_trip() {
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()), state);
        }
        assert_eq!(State::from_code("green"), State::Unproven);
    }
}
