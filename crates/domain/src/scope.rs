//! 適用範囲: whether the policy applies to an organisation, decided per organisation and system or business, with
//! a reason and the standard that applies instead. What is excluded leaves denominators and stays in the list.

use crate::noun::{Column, Kind, Noun};

pub static SCOPE: Noun = Noun {
    name: "scope",
    label: "適用範囲",
    columns: &[
        Column::new("unit_id", "組織", Kind::Text),
        // NULL is the organisation as a whole; otherwise one system or one business of it.
        Column::new("matter", "システム又は業務(空欄は組織全体)", Kind::Text).optional(),
        Column::new("applies", "この方針を適用する", Kind::Bool),
        Column::new("standard", "適用する基準", Kind::Text),
        Column::new("reason", "理由", Kind::Text),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};
