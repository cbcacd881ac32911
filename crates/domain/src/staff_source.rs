//! 職員名簿: where the people come from. A city has several lists (人事, 病院, 水道, 会計年度任用, 派遣, 委託先), each kept by
//! somebody else. A list that is overdue says nothing about who works here today, and every check that counts
//! people says so.

use crate::date::{Date, plus_days};
use crate::noun::{Column, Kind, Noun, Row, Value};
use crate::person::POPULATIONS;
use crate::register::{Breach, Register, Sight};

pub static STAFF_SOURCE: Noun = Noun {
    name: "staff_source",
    label: "職員名簿",
    columns: &[
        Column::new("number", "名簿番号", Kind::Text),
        // What `person.source` names.
        Column::new("name", "名簿の名前", Kind::Text)
            .hint("例：人事、病院、水道、会計年度任用、派遣、委託先"),
        Column::new("unit_id", "名簿を持つ課", Kind::Unit),
        Column::new("population", "区分", Kind::Choice(POPULATIONS))
            .hint("委託事業者の名簿は、職員とは別に数えます。"),
        Column::new("expected", "見込みの人数", Kind::Int).unit("人"),
        Column::new("observed", "届いた名簿の人数", Kind::Int).optional().unit("人"),
        Column::new("as_of", "いつ現在の名簿か", Kind::Date).optional(),
        Column::new("every_days", "何日ごとに届くか", Kind::Int).unit("日"),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};

pub static REGISTER: Register = Register {
    noun: &STAFF_SOURCE,
    lead: "職員がどの名簿から来るか。届く日を過ぎた名簿や、人数の合わない名簿があるあいだ、職員を数える検査は「未確認」になります。",
    key: &["number"],
    title: "name",
    section: Some("unit_id"),
    sight: Sight::City,
    valid: Some(("valid_from", "valid_to")),
    list: &["number", "name", "unit_id", "population", "expected", "observed", "as_of", "every_days"],
    sorts: &["number"],
    filters: &["unit_id", "population"],
    searched: &["number", "name"],
    rules: &[counts_are_possible, counts_agree],
    number: "N-",
};

fn int(row: &Row, column: &str) -> Option<i64> {
    row.get(column).and_then(Value::int)
}

fn counts_are_possible(row: &Row) -> Option<Breach> {
    if int(row, "every_days").is_some_and(|days| !(1..=400).contains(&days)) {
        return Some(Breach::refused("every_days", "1日から400日までの数にしてください。"));
    }
    let negative = |column| int(row, column).is_some_and(|n| n < 0);
    (negative("expected") || negative("observed"))
        .then(|| Breach::refused("expected", "人数は0以上にしてください。"))
}

fn counts_agree(row: &Row) -> Option<Breach> {
    let (expected, observed) = (int(row, "expected")?, int(row, "observed")?);
    (far(expected, observed)).then(|| {
        Breach::flagged("observed", "見込みの人数と大きく違います。名簿が一部だけでないか確かめてください。")
    })
}

/// More than a tenth apart: a list that lost a page, not a month of comings and goings.
fn far(expected: i64, observed: i64) -> bool {
    (expected - observed).abs() * 10 > expected.max(1)
}

/// Why nobody can say from this list who works here on a day; `None` while it may be relied on.
pub fn doubt(row: &Row, on: Date) -> Option<String> {
    let name = row.text("name");
    let Ok(as_of) = row.text("as_of").parse::<Date>() else {
        return Some(format!("名簿「{name}」がまだ届いていません"));
    };
    let days = i32::try_from(int(row, "every_days").unwrap_or(0)).unwrap_or(i32::MAX);
    if plus_days(as_of, days) < on {
        return Some(format!(
            "名簿「{name}」は{}現在のもので、新しい名簿が届いていません",
            crate::date::wareki(as_of)
        ));
    }
    let (expected, observed) = (int(row, "expected").unwrap_or(0), int(row, "observed").unwrap_or(0));
    far(expected, observed)
        .then(|| format!("名簿「{name}」は{observed}人で、見込みの{expected}人と合いません"))
}

/// People are here from a list that the register does not have (any more).
pub fn unlisted(name: &str, people: i64) -> String {
    format!(
        "名簿「{name}」から来た{people}人がいますが、この名簿は職員名簿にないため、全員そろっているか確かめられません"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_doubted_when_it_is_late_missing_or_short() {
        let day = Date::constant(2026, 11, 25);
        let row = |as_of: Option<&str>, observed: i64| {
            Row::new(&STAFF_SOURCE, "1")
                .set("name", "病院")
                .set("expected", 100i64)
                .set("observed", observed)
                .set("as_of", as_of.map(str::to_owned))
                .set("every_days", 31i64)
        };
        assert_eq!(doubt(&row(Some("2026-11-01"), 98), day), None);
        assert!(doubt(&row(Some("2026-10-01"), 98), day).is_some_and(|why| why.contains("届いていません")));
        assert!(doubt(&row(None, 98), day).is_some_and(|why| why.contains("まだ")));
        assert!(doubt(&row(Some("2026-11-01"), 60), day).is_some_and(|why| why.contains("60人")));
    }
}
