//! Who may act in whose place: 委任 between two days, 代決 while the holder is away, and what makes two entries in
//! the list of people one human being.

use crate::noun::{Column, Kind, Noun, Row};
use crate::register::{Breach, Register, Sight};

/// A seat hands a kind of decision to a person, between two days. It cannot be handed on.
pub static DELEGATION: Noun = Noun {
    name: "delegation",
    label: "委任",
    columns: &[
        Column::new("position_id", "委任する職", Kind::Ref("position")),
        Column::new("unit_id", "委任する職の所属", Kind::Unit),
        Column::new("delegate_id", "委任を受ける人", Kind::Ref("person")),
        // Kinds of decision, separated by commas; `*` is every kind.
        Column::new("kinds", "事項の種類", Kind::Text),
        Column::new("reason", "理由", Kind::Text),
        Column::new("granted_by", "委任した人", Kind::Ref("person")),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date),
    ],
};

/// 代決の順序: who decides while the holder of a position is away. Smaller ordinals come first.
pub static DEPUTY: Noun = Noun {
    name: "deputy",
    label: "代決の順序",
    columns: &[
        Column::new("position_id", "職", Kind::Ref("position")),
        Column::new("unit_id", "所属(空欄は全ての所属)", Kind::Unit).optional(),
        Column::new("ordinal", "順序", Kind::Int),
        Column::new("deputy_position_id", "代決する職", Kind::Ref("position")),
        // NULL: the same section as the seat.
        Column::new("deputy_unit_id", "代決する職の所属(空欄は同じ所属)", Kind::Unit).optional(),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};

/// 不在: days on which somebody does not decide. 代決 needs it; it is shown to the holder on return.
pub static ABSENCE: Noun = Noun {
    name: "absence",
    label: "不在",
    columns: &[
        Column::new("person_id", "職員", Kind::Ref("person")),
        Column::new("reason", "理由", Kind::Text).personal(),
        Column::new("recorded_by", "登録した人", Kind::Ref("person")),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date),
    ],
};

/// Two entries of the list of people are one human being: a second account, a second staff number.
pub static SAME_PERSON: Noun = Noun {
    name: "same_person",
    label: "同一人",
    columns: &[
        Column::new("person_id", "職員", Kind::Ref("person")),
        Column::new("other_id", "同じ人のもう一つの登録", Kind::Ref("person")),
        Column::new("reason", "確かめ方", Kind::Text),
    ],
};

pub static DELEGATIONS: Register = Register {
    noun: &DELEGATION,
    lead: "職が、期間と事項を決めて、決裁を人に委ねたもの。委任した人がその職を離れると、効力がなくなります。",
    key: &["delegate_id", "position_id", "unit_id", "valid_from"],
    title: "reason",
    section: Some("unit_id"),
    sight: Sight::Section,
    valid: Some(("valid_from", "valid_to")),
    list: &["position_id", "unit_id", "delegate_id", "kinds", "valid_from", "valid_to"],
    sorts: &["valid_from"],
    filters: &["unit_id"],
    searched: &["reason", "kinds"],
    rules: &[kinds_are_known],
    number: "",
};

fn kinds_are_known(row: &Row) -> Option<Breach> {
    let kinds = row.text("kinds").trim();
    let known = |kind: &str| crate::decision::KINDS.iter().any(|(code, _)| *code == kind.trim());
    (kinds != "*" && !kinds.split(',').all(known)).then(|| {
        Breach::refused(
            "kinds",
            "事項の種類は revision, adoption, rejection, exception, emergency, account, general をコンマでつなぐか、*（全て）です。",
        )
    })
}

pub static DEPUTIES: Register = Register {
    noun: &DEPUTY,
    lead: "決裁する職の人が不在か空席のとき、代わりに決裁する職の順序。代決の後で、本人が確かめます（後閲）。",
    key: &["position_id", "unit_id", "ordinal", "valid_from"],
    title: "ordinal",
    section: None,
    sight: Sight::City,
    valid: Some(("valid_from", "valid_to")),
    list: &["position_id", "unit_id", "ordinal", "deputy_position_id", "deputy_unit_id"],
    sorts: &["valid_from"],
    filters: &["position_id"],
    searched: &[],
    rules: &[a_fixed_deputy_has_a_fixed_seat],
    number: "",
};

fn a_fixed_deputy_has_a_fixed_seat(row: &Row) -> Option<Breach> {
    let open = row.text("unit_id").is_empty() && !row.text("deputy_unit_id").is_empty();
    open.then(|| Breach::refused("unit_id", "代決する職の所属を決めるときは、職の所属も決めてください。"))
}

pub static ABSENCES: Register = Register {
    noun: &ABSENCE,
    lead: "決裁できない日。登録があるあいだ、代決の順序に沿って代わりの職が決裁できます。",
    key: &["person_id", "valid_from"],
    title: "reason",
    section: None,
    sight: Sight::Section,
    valid: Some(("valid_from", "valid_to")),
    list: &["person_id", "reason", "valid_from", "valid_to", "recorded_by"],
    sorts: &["valid_from"],
    filters: &["person_id"],
    searched: &[],
    rules: &[],
    number: "",
};

pub static SAME_PEOPLE: Register = Register {
    noun: &SAME_PERSON,
    lead: "同じ人の二つ目の登録。申請した人が、別の登録で自分の申請を決裁することを防ぎます。",
    key: &["person_id", "other_id"],
    title: "reason",
    section: None,
    sight: Sight::Section,
    valid: None,
    list: &["person_id", "other_id", "reason"],
    sorts: &["person_id"],
    filters: &[],
    searched: &["reason"],
    rules: &[two_entries_differ],
    number: "",
};

fn two_entries_differ(row: &Row) -> Option<Breach> {
    (row.text("person_id") == row.text("other_id"))
        .then(|| Breach::refused("other_id", "別の登録を選んでください。"))
}
