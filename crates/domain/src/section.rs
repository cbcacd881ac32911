//! 組織: the city's sections as they were on any day. One row is one period of a unit; `unit_id` is what stays
//! the same when the unit is renamed or moved, and what everything else refers to.

use crate::noun::{Column, Kind, Noun};

pub const KINDS: &[(&str, &str)] = &[
    ("city", "市"),
    ("bureau", "局"),
    ("department", "部"),
    ("division", "課"),
    ("group", "係"),
    ("committee", "行政委員会事務局"),
    ("hospital", "病院"),
    ("branch", "出先機関"),
];

pub static SECTION: Noun = Noun {
    name: "section",
    label: "組織",
    columns: &[
        Column::new("unit_id", "組織の番号", Kind::Text),
        Column::new("code", "所属コード", Kind::Text),
        Column::new("name", "名称", Kind::Text),
        Column::new("kana", "よみ", Kind::Text).optional(),
        Column::new("kind", "種別", Kind::Choice(KINDS)),
        Column::new("parent_unit_id", "上位の組織", Kind::Text).optional(),
        // Whether the unit has an 情報セキュリティ管理者 of its own: the population of every check "in all sections".
        Column::new("managed", "情報セキュリティ管理者を置く", Kind::Bool),
        Column::new("sort_key", "並び順", Kind::Text),
        Column::new("valid_from", "いつから", Kind::Date),
        // The first day on which the row no longer holds; NULL while it does.
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};
