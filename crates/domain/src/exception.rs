//! 例外措置: a requirement that cannot be met for a while, with what is done instead, what risk remains, and until when.
//! Clause 7(4); guideline §7.4. A row is asked for and decided, never typed in, and ends by itself on its day.

use crate::noun::{Column, Kind, Noun};
use crate::register::{Register, Sight};

/// As many exceptions from one clause within three years are a defect of the policy (guideline §7.4).
pub const EXCEPTED_TOO_OFTEN: i64 = 3;

pub const STATES: &[(&str, &str)] = &[("requested", "申請中"), ("granted", "許可"), ("refused", "不許可")];

pub static EXCEPTION: Noun = Noun {
    name: "exception",
    label: "例外措置",
    columns: &[
        Column::new("number", "番号", Kind::Text).later(),
        Column::new("requirement_id", "要求", Kind::Ref("requirement")),
        Column::new("reason", "理由", Kind::Text).long(),
        Column::new("substitute", "代わりの対策", Kind::Text).long(),
        Column::new("residual_risk", "残るリスク", Kind::Text).optional().long(),
        // The section that asked: the 課 of a 係.
        Column::new("unit_id", "申請した課", Kind::Unit).later(),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date),
        Column::new("state", "状態", Kind::Choice(STATES)),
        Column::new("decision_id", "決裁", Kind::Ref("decision")).optional(),
    ],
};

pub static REGISTER: Register = Register {
    noun: &EXCEPTION,
    lead: "守れない要求に、代わりの対策と期限を付けて、決裁で認めたもの。行は申請と決裁でだけ加わり、期限が来ると自動で終わります。",
    key: &["number"],
    title: "reason",
    section: Some("unit_id"),
    sight: Sight::Section,
    valid: Some(("valid_from", "valid_to")),
    list: &["number", "requirement_id", "substitute", "unit_id", "state", "valid_to"],
    sorts: &["valid_to", "valid_from"],
    filters: &["unit_id", "state"],
    searched: &["number", "reason", "substitute", "residual_risk"],
    rules: &[],
    number: "E-",
};
