//! 適用範囲: whether the policy applies to an organisation, decided per organisation and system or business, with
//! a reason and the standard that applies instead. What is excluded leaves denominators and stays in the list.

use crate::noun::{Column, Kind, Noun};
use crate::register::{Register, Sight};

pub static SCOPE: Noun = Noun {
    name: "scope",
    label: "適用範囲",
    columns: &[
        Column::new("unit_id", "組織", Kind::Unit),
        // NULL is the organisation as a whole; otherwise one system or one business of it.
        // Of a system or row of a register its number or name: what is decided about it goes before what is decided about
        // the organisation.
        Column::new("matter", "システム又は業務(空欄は組織全体)", Kind::Text)
            .optional()
            .hint("台帳の番号か名称を、そのまま書きます。例：S-0012、図書貸出システム"),
        Column::new("applies", "この方針を適用する", Kind::Bool),
        Column::new("standard", "適用する基準", Kind::Text),
        Column::new("reason", "理由", Kind::Text),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};

pub static REGISTER: Register = Register {
    noun: &SCOPE,
    lead: "組織と、そのシステム・業務ごとに、この方針を適用するかどうか。適用しないものは検査の母数から外れ、この一覧に残ります。",
    key: &["unit_id", "matter", "valid_from"],
    title: "standard",
    section: Some("unit_id"),
    sight: Sight::City,
    valid: Some(("valid_from", "valid_to")),
    list: &["unit_id", "matter", "applies", "standard", "reason", "valid_from", "valid_to"],
    sorts: &["valid_from"],
    filters: &["unit_id"],
    searched: &["matter", "standard", "reason"],
    rules: &[],
    number: "",
};
