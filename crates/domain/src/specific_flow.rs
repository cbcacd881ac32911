//! 特定通信台帳: what may pass between two zones, for whom, on whose decision and until when. Clause 7(3)①;
//! guideline §3.1. A row counts only while an approved decision says exactly what the row says, and until its day.

use crate::noun::{Column, EXTRA, Kind, Noun, Row};
use crate::register::{Breach, Register, Sight};

/// Longer than this asks for a new decision (days): the register is gone through once a year.
const LONGEST_DAYS: i64 = 366;

pub static SPECIFIC_FLOW: Noun = Noun {
    name: "specific_flow",
    label: "特定通信",
    columns: &[
        Column::new("number", "番号", Kind::Text).aliases(&["管理番号", "No"]),
        Column::new("name", "通信の名称", Kind::Text).aliases(&["件名", "用途"]),
        Column::new("unit_id", "所有する課", Kind::Unit).aliases(&["所管課", "担当課"]),
        Column::new("system_id", "情報システム", Kind::Ref("system")).optional().aliases(&["システム"]),
        Column::new("from_end", "どこから", Kind::Text)
            .aliases(&["送信元", "接続元"])
            .hint("領域:ホスト名、又は 領域:アドレス。例：ju:kokuho-gw、ju:10.10.3.5"),
        Column::new("to_end", "どこへ", Kind::Text)
            .aliases(&["宛先", "接続先"])
            .hint("領域:ホスト名、又は 領域:アドレス。例：lg:10.20.1.5/32"),
        Column::new("service", "プロトコルとポート", Kind::Text)
            .aliases(&["ポート", "サービス"])
            .hint("例：tcp/443。いくつもあるときはカンマで区切ります。"),
        Column::new("must_work", "届くことも確かめる", Kind::Bool)
            .hint("往復とも届くことを、設定から確かめます。"),
        Column::new("reason", "必要な理由", Kind::Text).long(),
        Column::new("note", "備考", Kind::Text).optional().long(),
        Column::new("valid_from", "いつから", Kind::Date).aliases(&["開始日"]),
        Column::new("valid_to", "いつまで", Kind::Date)
            .aliases(&["期限", "終了日"])
            .hint("1年以内。続けるときは、もう一度申請します。"),
        EXTRA,
    ],
};

pub static REGISTER: Register = Register {
    noun: &SPECIFIC_FLOW,
    lead: "領域の間で特に許す通信。決裁された内容のとおりで、期限の来ていない行だけが「ネットワークの分離」の判定に使われます。",
    key: &["number"],
    title: "name",
    section: Some("unit_id"),
    sight: Sight::Section,
    valid: Some(("valid_from", "valid_to")),
    list: &["number", "name", "unit_id", "from_end", "to_end", "service", "valid_to"],
    sorts: &["number", "name", "valid_to"],
    filters: &["unit_id"],
    searched: &["number", "name", "from_end", "to_end", "service", "reason", "note"],
    rules: &[ends_are_named, service_is_named, ends_within_a_year],
    number: "F-",
};

fn ends_are_named(row: &Row) -> Option<Breach> {
    let says =
        "領域とホスト（又はアドレス）を「ju:10.10.3.5」のように書いてください。領域の全体は許せません。";
    let bare = |column| {
        !row.text(column)
            .split(',')
            .all(|end| end.trim().split_once(':').is_some_and(|(z, h)| !z.is_empty() && !h.is_empty()))
    };
    ["from_end", "to_end"].into_iter().find(|c| bare(c)).map(|column| Breach::flagged(column, says))
}

fn service_is_named(row: &Row) -> Option<Breach> {
    let says = "プロトコルとポートを限定してください（例：tcp/443）。";
    matches!(row.text("service").trim(), "any" | "tcp" | "udp" | "ip")
        .then(|| Breach::flagged("service", says))
}

fn ends_within_a_year(row: &Row) -> Option<Breach> {
    let says = "期限は、始まりから1年以内にしてください。続けるときは、もう一度申請します。";
    let day = |column: &str| row.text(column).parse::<crate::date::Date>().ok();
    let (from, to) = (day("valid_from")?, day("valid_to")?);
    let last = from.checked_add(jiff::Span::new().days(LONGEST_DAYS)).ok()?;
    (to > last).then(|| Breach::flagged("valid_to", says))
}

/// What an application for a 特定通信 freezes, and what the judgement compares the row with: everything that
/// decides which packets pass, for whom and until when.
pub fn frozen(row: &Row) -> serde_json::Value {
    let told =
        ["number", "name", "unit_id", "from_end", "to_end", "service", "reason", "valid_from", "valid_to"];
    let mut out: serde_json::Map<_, _> =
        told.into_iter().map(|c| (c.to_owned(), row.text(c).into())).collect();
    out.insert("specific_flow".to_owned(), row.id.clone().into());
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row::new(&SPECIFIC_FLOW, "1")
            .set("from_end", "ju:10.10.3.5")
            .set("to_end", "lg:10.20.1.5/32")
            .set("service", "tcp/443")
            .set("valid_from", "2026-04-01")
            .set("valid_to", "2027-04-01")
    }

    #[test]
    fn each_rule_has_its_column() {
        assert!(REGISTER.breaches(&row()).is_empty());
        for (column, value) in
            [("from_end", "ju"), ("to_end", "lg:"), ("service", "any"), ("valid_to", "2027-04-03")]
        {
            let said: Vec<&str> =
                REGISTER.breaches(&row().set(column, value)).iter().map(|b| b.column).collect();
            assert_eq!(said, [column]);
        }
    }

    #[test]
    fn what_decides_over_packets_is_frozen() {
        for (column, value) in [("to_end", "lg:0.0.0.0/0"), ("service", "tcp/22"), ("valid_to", "2029-01-01")]
        {
            assert_ne!(frozen(&row()), frozen(&row().set(column, value)), "{column}");
        }
        assert_eq!(frozen(&row()), frozen(&row().set("note", "x")));
    }
}
