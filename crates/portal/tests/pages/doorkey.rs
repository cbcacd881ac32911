//! 鍵: which key opens what, and who has it.

use crate::noun::{Column, EXTRA, Kind, Noun, Row};
use crate::register::{Breach, Register, Sight};
use crate::role::Role;

pub const KINDS: &[(&str, &str)] = &[("metal", "金属の鍵"), ("card", "カード")];

pub static DOORKEY: Noun = Noun {
    name: "doorkey",
    label: "鍵",
    columns: &[
        Column::new("number", "鍵番号", Kind::Text).aliases(&["管理番号"]),
        Column::new("name", "開くところ", Kind::Text).aliases(&["場所", "部屋"]),
        Column::new("unit_id", "所管課", Kind::Unit).aliases(&["担当課"]),
        Column::new("kind", "種類", Kind::Choice(KINDS)),
        Column::new("copies", "本数", Kind::Int).optional().unit("本"),
        Column::new("alarm", "警備の解除番号", Kind::Text).optional().seen_by(&[Role::Manager]),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
        EXTRA,
    ],
};

pub static REGISTER: Register = Register {
    noun: &DOORKEY,
    lead: "庁舎の鍵。何を開け、どの課が持っているか。",
    key: &["number"],
    title: "name",
    section: Some("unit_id"),
    sight: Sight::Section,
    valid: Some(("valid_from", "valid_to")),
    list: &["number", "name", "unit_id", "kind", "copies"],
    sorts: &["number"],
    filters: &["unit_id", "kind"],
    searched: &["number", "name"],
    rules: &[copies_are_counted],
    number: "K-",
};

fn copies_are_counted(row: &Row) -> Option<Breach> {
    let counted = row.get("copies").is_some_and(|copies| !copies.is_null());
    (!counted).then(|| Breach::flagged("copies", "本数を数えてください。"))
}
