//! Calendar feeds (RFC 5545): whole-day entries with a number and a link, never a name.

use std::fmt::Write as _;

use crate::clock::Ms;
use crate::date::Date;

/// One whole-day entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Stays the same while the thing is the same.
    pub uid: String,
    pub day: Date,
    pub summary: String,
    pub url: String,
}

/// A calendar as text with CRLF, lines folded at 75 octets.
pub fn calendar(name: &str, now: Ms, entries: &[Entry]) -> String {
    let mut out = String::new();
    let stamp =
        jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sekisho//JA", "CALSCALE:GREGORIAN"] {
        fold(&mut out, line);
    }
    fold(&mut out, &format!("X-WR-CALNAME:{}", escape(name)));
    for entry in entries {
        let next = entry.day.tomorrow().unwrap_or(entry.day);
        fold(&mut out, "BEGIN:VEVENT");
        fold(&mut out, &format!("UID:{}", escape(&entry.uid)));
        fold(&mut out, &format!("DTSTAMP:{stamp}"));
        fold(&mut out, &format!("DTSTART;VALUE=DATE:{}", entry.day.strftime("%Y%m%d")));
        fold(&mut out, &format!("DTEND;VALUE=DATE:{}", next.strftime("%Y%m%d")));
        fold(&mut out, &format!("SUMMARY:{}", escape(&entry.summary)));
        fold(&mut out, &format!("URL:{}", entry.url.replace(['\r', '\n'], "")));
        fold(&mut out, "TRANSP:TRANSPARENT");
        fold(&mut out, "END:VEVENT");
    }
    fold(&mut out, "END:VCALENDAR");
    out
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A line of at most 75 octets, continued on lines that begin with a space; characters stay whole.
fn fold(out: &mut String, line: &str) {
    const OCTETS: usize = 75;
    let mut room = OCTETS;
    for c in line.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = OCTETS - 1;
        }
        room -= c.len_utf8();
        let _ = write!(out, "{c}"); // writing to a String cannot fail
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the words, no line is too long and none can begin a property of its own.
        #[test]
        fn lines_are_short_and_words_stay_words(summary in "\\PC{0,120}|[a-z\r\n:;,]{0,40}") {
            let entry = Entry {
                uid: "1@sekisho".into(),
                day: Date::constant(2026, 11, 25),
                summary,
                url: "https://sekisho.lan/tasks".into(),
            };
            let text = calendar("やること", Ms(0), &[entry]);
            prop_assert!(text.split("\r\n").all(|l| l.len() <= 75));
            let unfolded = text.replace("\r\n ", "");
            prop_assert_eq!(unfolded.matches("\r\n").count(), 15);
            prop_assert_eq!(unfolded.matches("BEGIN:VEVENT").count(), 1);
        }
    }
}
