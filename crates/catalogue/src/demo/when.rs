//! Dates that move with the demo: `anchor-30`, `start+2`, `fy0/04-01`, `fy-1/03-25`. A plain `2025-03-24` stays
//! where it is, for days that a document's text names.

use std::fmt;

use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, fiscal_year, start_of};
use serde::Deserialize;

use super::error::DemoError;

/// A day relative to the demo's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum When {
    /// Days from the day the demo is opened.
    Anchor(i32),
    /// Days from the city's first day in the system.
    Start(i32),
    /// A month and day of the fiscal year `years` after the anchor's; January to March lie in its end.
    Fiscal { years: i16, month: i8, day: i8 },
    /// A day of the calendar.
    On(Date),
}

/// The two days everything else is relative to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) start: Date,
    pub(super) anchor: Date,
}

impl Frame {
    /// The city starts on a Monday, at least `days` before the anchor.
    pub(super) fn new(anchor: Date, days: i32) -> Result<Frame, DemoError> {
        let day = plus(anchor, -days)?;
        let start = plus(day, -i32::from(day.weekday().to_monday_zero_offset()))?;
        Ok(Frame { start, anchor })
    }

    pub(super) fn date(&self, when: When) -> Result<Date, DemoError> {
        match when {
            When::Anchor(days) => plus(self.anchor, days),
            When::Start(days) => plus(self.start, days),
            When::On(date) => Ok(date),
            When::Fiscal { years, month, day } => {
                let year = fiscal_year(self.anchor) + years + i16::from(month < 4);
                Date::new(year, month, day).map_err(|_| DemoError::Calendar { value: when.to_string() })
            }
        }
    }
}

/// `date` and `days` later.
pub(super) fn plus(date: Date, days: i32) -> Result<Date, DemoError> {
    date.checked_add(jiff::Span::new().days(days))
        .map_err(|_| DemoError::Calendar { value: format!("{date}{days:+}") })
}

/// The day itself, or the Friday before when it falls on a weekend: offices file on working days.
pub(super) fn working_day(date: Date) -> Result<Date, DemoError> {
    let over = i32::from(date.weekday().to_monday_zero_offset()) - 4;
    plus(date, -over.max(0))
}

/// The instant of a time of day (minutes after midnight, JST).
pub(super) fn instant(date: Date, minutes: i64) -> Ms {
    start_of(date).plus(minutes * Ms::MINUTE)
}

/// `HH:MM` to minutes after midnight.
pub(super) fn minutes(text: &str) -> Result<i64, DemoError> {
    let bad = || DemoError::Value { what: "time of day", value: text.to_owned() };
    let (hours, minutes) = text.split_once(':').ok_or_else(bad)?;
    let (hours, minutes): (i64, i64) =
        (hours.parse().map_err(|_| bad())?, minutes.parse().map_err(|_| bad())?);
    if (0..24).contains(&hours) && (0..60).contains(&minutes) { Ok(hours * 60 + minutes) } else { Err(bad()) }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Anchor(days) => write!(f, "anchor{days:+}"),
            When::Start(days) => write!(f, "start{days:+}"),
            When::On(date) => write!(f, "{date}"),
            When::Fiscal { years, month, day } => write!(f, "fy{years}/{month:02}-{day:02}"),
        }
    }
}

impl TryFrom<String> for When {
    type Error = DemoError;

    fn try_from(text: String) -> Result<When, DemoError> {
        When::parse(&text)
    }
}

impl When {
    pub(super) fn parse(text: &str) -> Result<When, DemoError> {
        let bad = || DemoError::Value { what: "relative date", value: text.to_owned() };
        if let Some(days) = text.strip_prefix("anchor") {
            return Ok(When::Anchor(signed(days).ok_or_else(bad)?));
        }
        if let Some(days) = text.strip_prefix("start") {
            return Ok(When::Start(signed(days).ok_or_else(bad)?));
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return text.parse().map(When::On).map_err(|_| bad());
        }
        let (years, day) = text.strip_prefix("fy").and_then(|t| t.split_once('/')).ok_or_else(bad)?;
        let (month, day) = day.split_once('-').ok_or_else(bad)?;
        let (month, day) = (month.parse().map_err(|_| bad())?, day.parse().map_err(|_| bad())?);
        // A leap year admits every day that any year has.
        Date::new(2024, month, day).map_err(|_| bad())?;
        Ok(When::Fiscal { years: years.parse().map_err(|_| bad())?, month, day })
    }
}

/// Empty (0), or digits with an explicit sign.
fn signed(text: &str) -> Option<i32> {
    if text.is_empty() {
        return Some(0);
    }
    text.starts_with(['+', '-']).then(|| text.parse().ok()).flatten()
}
