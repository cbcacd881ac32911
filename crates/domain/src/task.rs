//! やること: what somebody must do, by when, and who asks for it. A due date names its rule; a legal deadline counts
//! calendar days, is never moved and never put off.

use crate::calendar::Calendar;
use crate::date::Date;
use crate::noun::{Column, Kind, Noun};

/// Who asks. The words stand beside every task.
pub const BASES: &[(&str, &str)] = &[("law", "法令"), ("policy", "方針"), ("courtesy", "任意")];
pub const STATES: &[(&str, &str)] = &[("open", "未完了"), ("done", "完了"), ("cancelled", "取りやめ")];

pub static TASK: Noun = Noun {
    name: "task",
    label: "やること",
    columns: &[
        // What it came from: `manual`, `campaign`, or the name of a derivation (`task::derive`).
        Column::new("kind", "種類", Kind::Text),
        // What it is about; one open task per kind and source.
        Column::new("source_noun", "対象の種類", Kind::Text),
        Column::new("source_id", "対象", Kind::Text),
        Column::new("title", "すること", Kind::Text),
        Column::new("href", "開くページ", Kind::Text),
        Column::new("basis", "求めているもの", Kind::Choice(BASES)),
        Column::new("due_rule", "期限の決まり", Kind::Text),
        Column::new("due_on", "期限", Kind::Date),
        // The seat it belongs to (`access::Seat::keys`), or the person.
        Column::new("seat_key", "職", Kind::Text).optional(),
        Column::new("person_id", "職員", Kind::Ref("person")).optional(),
        Column::new("unit_id", "所属", Kind::Text).optional(),
        Column::new("campaign_id", "一斉の依頼", Kind::Ref("campaign")).optional(),
        Column::new("state", "状態", Kind::Choice(STATES)),
        Column::new("opened_ms", "できた日時", Kind::Instant),
        Column::new("closed_ms", "終わった日時", Kind::Instant).optional(),
        Column::new("closed_by", "終えた人", Kind::Ref("person")).optional(),
        Column::new("snoozed_until", "後回し", Kind::Date).optional(),
        Column::new("delegated_to", "頼んだ相手", Kind::Ref("person")).optional(),
        Column::new("escalated_ms", "上位の職へ知らせた日時", Kind::Instant).optional(),
    ],
};

/// How a due date follows from the day something began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueRule {
    /// Open days of the office.
    BusinessDays(i64),
    CalendarDays(i64),
    /// Calendar days; a closed day moves to the next open one.
    RollForward(i64),
    Fixed(Date),
}

#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum DueError {
    #[error("a due rule reads business:N, calendar:N, roll:N or fixed:DATE")]
    Unreadable,
    /// A legal deadline is never counted in office days nor moved to one.
    #[error("a legal deadline counts calendar days")]
    LegalInBusinessDays,
}

impl DueRule {
    pub fn parse(text: &str) -> Result<DueRule, DueError> {
        let (word, rest) = text.split_once(':').ok_or(DueError::Unreadable)?;
        if word == "fixed" {
            return rest.parse().map(DueRule::Fixed).map_err(|_| DueError::Unreadable);
        }
        // Ten years: longer is a slip of the keyboard.
        let days = rest.parse().ok().filter(|n| (0..=3_660).contains(n)).ok_or(DueError::Unreadable)?;
        match word {
            "business" => Ok(DueRule::BusinessDays(days)),
            "calendar" => Ok(DueRule::CalendarDays(days)),
            "roll" => Ok(DueRule::RollForward(days)),
            _ => Err(DueError::Unreadable),
        }
    }

    /// Refuses what the basis does not allow.
    pub fn allowed(self, basis: &str) -> Result<DueRule, DueError> {
        match self {
            DueRule::BusinessDays(_) | DueRule::RollForward(_) if basis == "law" => {
                Err(DueError::LegalInBusinessDays)
            }
            rule => Ok(rule),
        }
    }

    pub fn due(self, from: Date, calendar: &Calendar) -> Date {
        let later = |n: i64| from.saturating_add(jiff::Span::new().days(n.clamp(0, 3_660)));
        match self {
            DueRule::BusinessDays(n) => calendar.open_days_after(from, n),
            DueRule::CalendarDays(n) => later(n),
            DueRule::RollForward(n) => calendar.on_or_after(later(n)),
            DueRule::Fixed(day) => day,
        }
    }

    pub fn code(self) -> String {
        match self {
            DueRule::BusinessDays(n) => format!("business:{n}"),
            DueRule::CalendarDays(n) => format!("calendar:{n}"),
            DueRule::RollForward(n) => format!("roll:{n}"),
            DueRule::Fixed(day) => format!("fixed:{day}"),
        }
    }

    /// How the page says it.
    pub fn ja(self) -> String {
        match self {
            DueRule::BusinessDays(n) => format!("開庁日で{n}日"),
            DueRule::CalendarDays(n) => format!("暦で{n}日"),
            DueRule::RollForward(n) => format!("暦で{n}日(閉庁日なら次の開庁日)"),
            DueRule::Fixed(_) => "決まった日".to_owned(),
        }
    }
}

/// Where a task stands on the ladder of reminders on some day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    Quiet,
    WeekBefore,
    ThreeDaysBefore,
    DayBefore,
    Today,
    Late,
    /// The seat above is told as well.
    Escalated,
}

/// Open days a task may be late before the seat above hears of it. A legal deadline: at once.
pub const ESCALATE_AFTER: i64 = 3;

pub fn rung(due: Date, basis: &str, today: Date, calendar: &Calendar) -> Rung {
    if today > due {
        let late = calendar.open_days_between(due, today);
        let patience = if basis == "law" { 0 } else { ESCALATE_AFTER };
        return if late >= patience { Rung::Escalated } else { Rung::Late };
    }
    let left = today.until(due).map_or(0, |span| span.get_days());
    match left {
        0 => Rung::Today,
        1 => Rung::DayBefore,
        2..=3 => Rung::ThreeDaysBefore,
        4..=7 => Rung::WeekBefore,
        _ => Rung::Quiet,
    }
}

impl Rung {
    pub fn code(self) -> &'static str {
        match self {
            Rung::Quiet => "quiet",
            Rung::WeekBefore => "week",
            Rung::ThreeDaysBefore => "three",
            Rung::DayBefore => "one",
            Rung::Today => "today",
            Rung::Late => "late",
            Rung::Escalated => "escalated",
        }
    }

    /// Whether it cannot wait for the daily digest.
    pub fn urgent(self, basis: &str) -> bool {
        basis == "law" && self >= Rung::DayBefore
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRIDAY: Date = Date::constant(2026, 11, 20);

    #[test]
    fn each_rule_says_its_own_day() {
        let calendar = Calendar::standard();
        let due = |rule: &str| DueRule::parse(rule).expect(rule).due(FRIDAY, &calendar).to_string();
        // Monday the 23rd is 勤労感謝の日.
        assert_eq!(due("business:1"), "2026-11-24");
        assert_eq!(due("calendar:3"), "2026-11-23");
        assert_eq!(due("roll:3"), "2026-11-24");
        assert_eq!(due("fixed:2026-12-31"), "2026-12-31");
        for bad in ["", "business", "business:x", "calendar:-1", "calendar:9999", "fixed:明日", "weeks:2"] {
            assert_eq!(DueRule::parse(bad), Err(DueError::Unreadable), "{bad}");
        }
    }

    #[test]
    fn a_legal_deadline_knows_no_office_days() {
        for rule in [DueRule::BusinessDays(3), DueRule::RollForward(30)] {
            assert_eq!(rule.allowed("law"), Err(DueError::LegalInBusinessDays));
            assert_eq!(rule.allowed("policy"), Ok(rule));
        }
        assert!(DueRule::CalendarDays(30).allowed("law").is_ok());
        assert!(DueRule::Fixed(FRIDAY).allowed("law").is_ok());
    }

    #[test]
    fn the_ladder_climbs_and_the_law_escalates_at_once() {
        let calendar = Calendar::standard();
        let at = |today: &str, basis| rung(FRIDAY, basis, today.parse().expect("day"), &calendar);
        assert_eq!(at("2026-11-01", "policy"), Rung::Quiet);
        assert_eq!(at("2026-11-14", "policy"), Rung::WeekBefore);
        assert_eq!(at("2026-11-19", "policy"), Rung::DayBefore);
        assert_eq!(at("2026-11-20", "policy"), Rung::Today);
        assert_eq!(at("2026-11-21", "policy"), Rung::Late);
        assert_eq!(at("2026-11-26", "policy"), Rung::Escalated);
        assert_eq!(at("2026-11-21", "law"), Rung::Escalated);
        assert!(at("2026-11-19", "law").urgent("law") && !at("2026-11-19", "policy").urgent("policy"));
    }

    proptest! {
        #[test]
        fn codes_round_trip_and_dues_never_precede(n in 0i64..400, start in 0i64..9_000) {
            let from = Date::constant(2015, 1, 1).saturating_add(jiff::Span::new().days(start));
            let calendar = Calendar::standard();
            for rule in [DueRule::BusinessDays(n), DueRule::CalendarDays(n), DueRule::RollForward(n)] {
                prop_assert_eq!(DueRule::parse(&rule.code()), Ok(rule));
                prop_assert!(rule.due(from, &calendar) >= from);
            }
            let (plain, rolled) = (DueRule::CalendarDays(n), DueRule::RollForward(n));
            prop_assert!(rolled.due(from, &calendar) >= plain.due(from, &calendar));
        }
    }
}
