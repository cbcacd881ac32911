//! Calendar dates as a Japanese office writes them: ISO inside, 和暦 and 年度 at the edges. All dates are
//! dates in Japan (UTC+9, no daylight saving), which is where every user of this system is.

use crate::clock::Ms;
pub use jiff::civil::Date;

const JST_OFFSET_MS: i64 = 9 * Ms::HOUR;

/// The eras a municipal document can carry: (name, first day). Newest first.
const ERAS: [(&str, &str, Date); 5] = [
    ("令和", "R", Date::constant(2019, 5, 1)),
    ("平成", "H", Date::constant(1989, 1, 8)),
    ("昭和", "S", Date::constant(1926, 12, 25)),
    ("大正", "T", Date::constant(1912, 7, 30)),
    ("明治", "M", Date::constant(1868, 1, 25)),
];

/// A number of days later (or earlier), within the calendar.
pub fn plus_days(date: Date, days: i32) -> Date {
    date.saturating_add(jiff::Span::new().days(days.clamp(-3_660_000, 3_660_000)))
}

/// Months later; the last day of a month that is shorter.
pub fn plus_months(date: Date, months: i64) -> Date {
    date.saturating_add(jiff::Span::new().months(months.clamp(0, 1_200)))
}

/// The date in Japan at an instant.
pub fn date_at(at: Ms) -> Date {
    let days = at.0.saturating_add(JST_OFFSET_MS).div_euclid(Ms::DAY);
    let epoch = Date::constant(1970, 1, 1);
    epoch.saturating_add(jiff::Span::new().days(days.clamp(-700_000, 2_900_000)))
}

/// The instant at which a date begins in Japan (00:00 JST).
pub fn start_of(date: Date) -> Ms {
    let epoch = Date::constant(1970, 1, 1);
    let days = date.since(epoch).map(|s| i64::from(s.get_days())).unwrap_or(0);
    Ms(days * Ms::DAY - JST_OFFSET_MS)
}

/// The fiscal year (年度, April to March) a date belongs to: 2026-03-31 → 2025.
pub fn fiscal_year(date: Date) -> i16 {
    if date.month() >= 4 { date.year() } else { date.year() - 1 }
}

/// `R8`, as it stands in document numbers: the fiscal year by the era of its first day, but for the year in which an
/// era began, which offices count by the new one (平成31年度 is R1).
pub fn fiscal_label(date: Date) -> String {
    let year = fiscal_year(date);
    let era = ERAS.iter().find(|(_, _, first)| year >= first.year());
    era.map_or_else(|| year.to_string(), |(_, letter, first)| format!("{letter}{}", year - first.year() + 1))
}

/// 令和6年4月1日. Before 明治 the Western year is written.
pub fn wareki(date: Date) -> String {
    for (name, _, first) in ERAS {
        if date >= first {
            let year = date.year() - first.year() + 1;
            let year = if year == 1 { "元".to_owned() } else { year.to_string() };
            return format!("{name}{year}年{}月{}日", date.month(), date.day());
        }
    }
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// 令和6年4月1日(月): where a deadline is meant, the weekday stands beside it.
pub fn wareki_weekday(date: Date) -> String {
    const DAYS: [&str; 7] = ["月", "火", "水", "木", "金", "土", "日"];
    let day = DAYS[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)];
    format!("{}({day})", wareki(date))
}

/// Reads a date as people write it in Japanese documents and spreadsheets: `令和6年4月1日`, `R6.4.1`,
/// `平成31年4月`, `2024-04-01`, `2024/4/1`, `２０２４年４月１日`, `令和元年`. A missing month or day reads as the
/// first. An era year that lies past the era's end (平成32年) is accepted, as contracts still carry them.
pub fn parse_date(text: &str) -> Option<Date> {
    use unicode_normalization::UnicodeNormalization;
    let text: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let (base, rest) = split_era(&text)?;
    let rest = match rest.strip_prefix('元') {
        Some(tail) => format!("1{tail}"),
        None => rest.to_owned(),
    };
    let numbers = numbers(&rest)?;
    let year = i16::try_from(*numbers.first()?).ok()?;
    let (month, day) = (*numbers.get(1).unwrap_or(&1), *numbers.get(2).unwrap_or(&1));
    if base == 0 && !(1000..=9999).contains(&year) || base != 0 && !(1..=199).contains(&year) {
        return None;
    }
    Date::new(base + year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `(year before the era's first, the rest of the text)`; 0 for Western years.
fn split_era(text: &str) -> Option<(i16, &str)> {
    for (name, letter, first) in ERAS {
        if let Some(rest) = text.strip_prefix(name) {
            return Some((first.year() - 1, rest));
        }
        let lower = letter.to_ascii_lowercase();
        if let Some(rest) = text.strip_prefix(letter).or_else(|| text.strip_prefix(lower.as_str()))
            && rest.starts_with(|c: char| c.is_ascii_digit() || c == '元')
        {
            return Some((first.year() - 1, rest));
        }
    }
    text.starts_with(|c: char| c.is_ascii_digit()).then_some((0, text))
}

/// One to three numbers divided by 年月日, `.`, `/` or `-`; nothing else may stand there.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let mut out = Vec::new();
    let mut current = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if current.len() < 4 => current.push(c),
            '年' | '月' | '日' | '.' | '/' | '-' if !current.is_empty() => {
                out.push(current.parse().ok()?);
                current.clear();
            }
            _ => return None,
        }
    }
    if !current.is_empty() {
        out.push(current.parse().ok()?);
    }
    (1..=3).contains(&out.len()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_offices_write() {
        for (text, iso) in [
            ("令和6年4月1日", "2024-04-01"),
            ("令和元年12月25日", "2019-12-25"),
            ("平成31年4月30日", "2019-04-30"),
            ("平成１６年４月", "2004-04-01"),
            ("R6.4.1", "2024-04-01"),
            ("2024/4/1", "2024-04-01"),
            ("２０２４年４月１日", "2024-04-01"),
            ("平成32年3月31日", "2020-03-31"),
        ] {
            assert_eq!(parse_date(text).map(|d| d.to_string()).as_deref(), Some(iso), "{text}");
        }
        for text in ["", "令和", "6年4月1日", "2024年13月1日", "R6.2.30", "令和6年4月1日施行", "R0.1.1"]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn fiscal_year_starts_in_april() {
        assert_eq!(fiscal_year(Date::constant(2026, 3, 31)), 2025);
        assert_eq!(fiscal_year(Date::constant(2026, 4, 1)), 2026);
    }

    #[test]
    fn document_numbers_carry_the_year_of_the_office() {
        for (day, label) in [
            ("2026-11-25", "R8"),
            ("2027-03-31", "R8"),
            ("2027-04-01", "R9"),
            ("2019-04-01", "R1"),
            ("2019-03-31", "H30"),
        ] {
            assert_eq!(fiscal_label(day.parse().expect("day")), label, "{day}");
        }
    }

    proptest! {
        #[test]
        fn wareki_round_trips(days in -20_000i64..60_000) {
            let date = date_at(Ms(days * Ms::DAY));
            prop_assert_eq!(parse_date(&wareki(date)), Some(date));
            prop_assert_eq!(date_at(start_of(date)), date);
        }

        #[test]
        fn never_panics(text in "\\PC{0,20}") {
            let _ = parse_date(&text);
        }
    }
}
