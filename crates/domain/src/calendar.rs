//! Which days the office is open. Japanese public holidays are computed from the law (祝日法), including 振替休日,
//! 国民の休日 and the equinoxes; what a government or the city decides for one year is data on top.
//!
//! Source: 国民の祝日に関する法律 (昭和23年法律第178号) with the moves of 2019–2021. The equinox formula is good for
//! 1980–2099; the official day is announced in February of the year before, and a row of data overrides it.

use std::collections::BTreeMap;

use jiff::civil::Weekday;

use crate::date::Date;
use crate::noun::{Column, Kind, Noun, Row};
use crate::register::{Breach, Register, Sight};

/// A day on which the office is closed although the law does not say so, or open although it does.
pub static CLOSING_DAY: Noun = Noun {
    name: "closing_day",
    label: "閉庁日",
    columns: &[
        Column::new("name", "名称", Kind::Text),
        // `--12-29` for every year, `2027-02-10` for one.
        Column::new("day", "日", Kind::Text),
        Column::new("open", "開庁する", Kind::Bool),
    ],
};

pub static REGISTER: Register = Register {
    noun: &CLOSING_DAY,
    lead: "市が閉庁する日（又は祝日でも開庁する日）。国の祝日は計算します。何も登録しないときは 12月29日から1月3日までが閉庁です。\
           一日でも登録すると、年末年始も登録したものだけになります。",
    key: &["day"],
    title: "name",
    section: None,
    sight: Sight::City,
    valid: None,
    list: &["day", "name", "open"],
    sorts: &["day"],
    filters: &[],
    searched: &["name", "day"],
    rules: &[day_can_be_read],
    number: "",
};

fn day_can_be_read(row: &Row) -> Option<Breach> {
    (!Calendar::default().enter(row.text("day"), false))
        .then(|| Breach::refused("day", "日は 2027-02-10 か、毎年なら --12-29 のように書いてください。"))
}

/// 地方自治法第4条の2: where a city has entered nothing, the days around the new year.
const STANDARD: [&str; 6] = ["--12-29", "--12-30", "--12-31", "--01-01", "--01-02", "--01-03"];

/// The office's own days, on top of the law. Cheap to make; pages make one per request.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    yearly: BTreeMap<(i8, i8), bool>,
    single: BTreeMap<Date, bool>,
}

impl Calendar {
    /// The days of 地方自治法 only.
    pub fn standard() -> Calendar {
        let mut calendar = Calendar::default();
        for day in STANDARD {
            calendar.enter(day, false);
        }
        calendar
    }

    /// Enters one day; `false` when the text is no day.
    pub fn enter(&mut self, day: &str, open: bool) -> bool {
        if let Some(rest) = day.strip_prefix("--") {
            let parsed = rest.split_once('-').and_then(|(m, d)| Some((m.parse().ok()?, d.parse().ok()?)));
            let Some((month, day)) = parsed else { return false };
            // 2024 is a leap year: 02-29 is a day of some year.
            let known = Date::new(2024, month, day).is_ok();
            if known {
                self.yearly.insert((month, day), open);
            }
            return known;
        }
        match day.parse() {
            Ok(date) => {
                self.single.insert(date, open);
                true
            }
            Err(_) => false,
        }
    }

    pub fn is_open(&self, day: Date) -> bool {
        if let Some(open) = self.single.get(&day) {
            return *open;
        }
        if let Some(open) = self.yearly.get(&(day.month(), day.day())) {
            return *open;
        }
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && holiday(day).is_none()
    }

    /// `day` itself, or the next day on which the office is open.
    pub fn on_or_after(&self, day: Date) -> Date {
        self.walk(day, 0)
    }

    /// The `n`-th open day after `day`; the day itself is not counted (民法第140条).
    pub fn open_days_after(&self, day: Date, n: i64) -> Date {
        match n {
            ..=0 => self.on_or_after(day),
            _ => self.walk(day.tomorrow().unwrap_or(day), n - 1),
        }
    }

    /// The open day that is `skip` open days after the first one on or after `day`.
    fn walk(&self, day: Date, skip: i64) -> Date {
        /// Nobody plans further ahead; also the end of a calendar in which every day is closed.
        const FAR: usize = 20_000;
        let mut left = skip;
        let mut at = day;
        for _ in 0..FAR {
            if self.is_open(at) {
                if left == 0 {
                    return at;
                }
                left -= 1;
            }
            at = at.tomorrow().unwrap_or(at);
        }
        at
    }

    /// Open days from `from` (not counted) to `to` (counted); 0 when `to` is not later.
    pub fn open_days_between(&self, from: Date, to: Date) -> i64 {
        let (mut count, mut at) = (0, from);
        while at < to {
            let Ok(next) = at.tomorrow() else { break };
            at = next;
            count += i64::from(self.is_open(at));
        }
        count
    }
}

/// The name of the public holiday on a day, by the law.
pub fn holiday(day: Date) -> Option<&'static str> {
    named(day).or_else(|| substitute(day)).or_else(|| between(day))
}

/// 国民の祝日, without what follows from them.
fn named(day: Date) -> Option<&'static str> {
    let (year, month, d) = (day.year(), day.month(), day.day());
    if let Some(name) = once(year, month, d) {
        return Some(name);
    }
    let monday = |n: i8| day.weekday() == Weekday::Monday && (d - 1) / 7 + 1 == n;
    // The games of 2020 moved three holidays, in 2020 and again in 2021.
    let games = matches!(year, 2020 | 2021);
    match (month, d) {
        (1, 1) => Some("元日"),
        (1, _) if monday(2) => Some("成人の日"),
        (2, 11) => Some("建国記念の日"),
        (2, 23) if year >= 2020 => Some("天皇誕生日"),
        (3, _) if d == equinox(year, 20_843_100) => Some("春分の日"),
        (4, 29) => Some(if year >= 2007 { "昭和の日" } else { "みどりの日" }),
        (5, 3) => Some("憲法記念日"),
        (5, 4) if year >= 2007 => Some("みどりの日"),
        (5, 5) => Some("こどもの日"),
        (7, 20) if year < 2003 => Some("海の日"),
        (7, _) if year >= 2003 && !games && monday(3) => Some("海の日"),
        (8, 11) if year >= 2016 && !games => Some("山の日"),
        (9, 15) if year < 2003 => Some("敬老の日"),
        (9, _) if year >= 2003 && monday(3) => Some("敬老の日"),
        (9, _) if d == equinox(year, 23_248_800) => Some("秋分の日"),
        (10, _) if !games && monday(2) => {
            Some(if year >= 2020 { "スポーツの日" } else { "体育の日" })
        }
        (11, 3) => Some("文化の日"),
        (11, 23) => Some("勤労感謝の日"),
        (12, 23) if (1989..=2018).contains(&year) => Some("天皇誕生日"),
        _ => None,
    }
}

/// Days that a law set for one year.
fn once(year: i16, month: i8, day: i8) -> Option<&'static str> {
    match (year, month, day) {
        (2019, 5, 1) => Some("天皇の即位の日"),
        (2019, 10, 22) => Some("即位礼正殿の儀"),
        (2020, 7, 23) | (2021, 7, 22) => Some("海の日"),
        (2020, 7, 24) | (2021, 7, 23) => Some("スポーツの日"),
        (2020, 8, 10) | (2021, 8, 8) => Some("山の日"),
        _ => None,
    }
}

/// Day of the month; `base` is the moment of 1980 in millionths of a day.
fn equinox(year: i16, base: i64) -> i8 {
    let years = i64::from(year) - 1980;
    let day = (base + 242_194 * years) / 1_000_000 - years.div_euclid(4);
    i8::try_from(day).unwrap_or(21)
}

/// 振替休日: the first day after a holiday on a Sunday that is no holiday itself.
fn substitute(day: Date) -> Option<&'static str> {
    let mut at = day.yesterday().ok()?;
    while named(at).is_some() {
        if at.weekday() == Weekday::Sunday {
            // Until 2006 only the Monday itself was given.
            let reaches = day.year() >= 2007 || day.weekday() == Weekday::Monday;
            return reaches.then_some("振替休日");
        }
        at = at.yesterday().ok()?;
    }
    None
}

/// 国民の休日: a day between two holidays.
fn between(day: Date) -> Option<&'static str> {
    let both = named(day.yesterday().ok()?).is_some() && named(day.tomorrow().ok()?).is_some();
    (both && day.weekday() != Weekday::Sunday).then_some("国民の休日")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(year: i16) -> Vec<String> {
        let mut at = Date::constant(2000, 1, 1);
        at = Date::new(year, 1, 1).unwrap_or(at);
        let mut found = Vec::new();
        while at.year() == year {
            if holiday(at).is_some() {
                found.push(format!("{:02}-{:02}", at.month(), at.day()));
            }
            at = at.tomorrow().expect("calendar");
        }
        found
    }

    /// Written from the Cabinet Office's lists, not from this program.
    #[test]
    fn years_with_every_kind_of_exception() {
        assert_eq!(
            of(2019).join(" "),
            "01-01 01-14 02-11 03-21 04-29 04-30 05-01 05-02 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 \
             09-23 10-14 10-22 11-03 11-04 11-23"
        );
        assert_eq!(
            of(2020).join(" "),
            "01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-23 07-24 08-10 09-21 09-22 \
             11-03 11-23"
        );
        assert_eq!(
            of(2021).join(" "),
            "01-01 01-11 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-22 07-23 08-08 08-09 09-20 09-23 11-03 \
             11-23"
        );
        assert_eq!(
            of(2026).join(" "),
            "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 \
             11-03 11-23"
        );
        assert_eq!(holiday(Date::constant(2026, 9, 22)), Some("国民の休日"));
        assert_eq!(holiday(Date::constant(2026, 5, 6)), Some("振替休日"));
        assert_eq!(holiday(Date::constant(2006, 5, 4)), Some("国民の休日"));
        assert_eq!(holiday(Date::constant(2004, 5, 4)), Some("国民の休日"));
    }

    #[test]
    fn the_office_closes_around_the_new_year_and_a_row_can_open_it() {
        let mut calendar = Calendar::standard();
        let friday = Date::constant(2026, 12, 28);
        assert!(calendar.is_open(friday));
        assert_eq!(calendar.open_days_after(friday, 1), Date::constant(2027, 1, 4));
        assert_eq!(calendar.open_days_between(friday, Date::constant(2027, 1, 5)), 2);
        assert!(calendar.enter("2026-12-29", true));
        assert_eq!(calendar.open_days_after(friday, 1), Date::constant(2026, 12, 29));
        assert!(!calendar.enter("--13-01", false) && !calendar.enter("あす", false));
    }

    proptest! {
        #[test]
        fn counting_and_walking_agree(day in 0i64..12_000, n in 1i64..60) {
            let calendar = Calendar::standard();
            let from = Date::constant(2010, 1, 1).saturating_add(jiff::Span::new().days(day));
            let to = calendar.open_days_after(from, n);
            prop_assert!(calendar.is_open(to));
            prop_assert_eq!(calendar.open_days_between(from, to), n);
        }
    }
}
