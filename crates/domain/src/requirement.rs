//! 要求: one row of the catalogue as this city took it, or a row of the city's own.

use crate::noun::{Column, Kind, Noun};

pub const STATES: &[(&str, &str)] =
    &[("adopted", "採用"), ("modified", "変更して採用"), ("rejected", "不採用"), ("undecided", "未検討")];
pub const CHECK_KINDS: &[(&str, &str)] =
    &[("machine", "機械判定"), ("record", "記録"), ("attestation", "自己申告")];
pub const STAGES: &[(&str, &str)] = &[("rule", "整備"), ("operation", "運用"), ("independent", "独立確認")];

pub static REQUIREMENT: Noun = Noun {
    name: "requirement",
    label: "要求",
    columns: &[
        // NULL for a row that the city added itself.
        Column::new("catalogue_id", "カタログ番号", Kind::Text).optional(),
        Column::new("sort_key", "並び順", Kind::Text),
        // Whether the row is one of the 441 that 「採用 n / 441」 counts.
        Column::new("counted", "441件に数える", Kind::Bool),
        Column::new("clause_label", "条項の番号", Kind::Text),
        Column::new("clause_id", "条項", Kind::Ref("clause")).optional(),
        // A person tied the row to that clause (or to none) against numbers and headings: new editions leave it there.
        Column::new("placed_by_hand", "人が結びつけた", Kind::Bool).later(),
        Column::new("standard_clause_id", "対策基準の条項", Kind::Ref("clause")).optional(),
        Column::new("title", "見出し", Kind::Text),
        Column::new("text", "内容", Kind::Text),
        Column::new("role", "担当する役割", Kind::Text),
        Column::new("occasion", "いつ", Kind::Text),
        Column::new("evidence_kind", "証拠", Kind::Text),
        Column::new("check_kind", "確かめ方", Kind::Choice(CHECK_KINDS)),
        Column::new("stage", "段階", Kind::Choice(STAGES)),
        Column::new("freshness_days", "証拠の有効日数", Kind::Int),
        Column::new("event_triggered", "事象があったときだけ", Kind::Bool),
        Column::new("edition", "版", Kind::Text),
        Column::new("confidence", "確度", Kind::Text),
        Column::new("state", "採否", Kind::Choice(STATES)),
        Column::new("reason", "理由", Kind::Text).optional(),
        // 不採用 is an answer with an end: after this day the row is undecided again.
        Column::new("rejected_until", "不採用の期限", Kind::Date).optional(),
        Column::new("decision_id", "決裁", Kind::Ref("decision")).optional(),
    ],
};
