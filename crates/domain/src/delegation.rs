//! Who may act in whose place: 委任 between two days, 代決 while the holder is away, and what makes two entries in
//! the list of people one human being.

use crate::noun::{Column, Kind, Noun};

/// A seat hands a kind of decision to a person, between two days. It cannot be handed on.
pub static DELEGATION: Noun = Noun {
    name: "delegation",
    label: "委任",
    columns: &[
        Column::new("position_id", "委任する職", Kind::Ref("position")),
        Column::new("unit_id", "委任する職の所属", Kind::Text),
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
        Column::new("unit_id", "所属(空欄は全ての所属)", Kind::Text).optional(),
        Column::new("ordinal", "順序", Kind::Int),
        Column::new("deputy_position_id", "代決する職", Kind::Ref("position")),
        // NULL: the same section as the seat.
        Column::new("deputy_unit_id", "代決する職の所属(空欄は同じ所属)", Kind::Text).optional(),
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
