//! 職 (課長, 係長 …), who holds one where and when, and which security role comes with it.

use crate::noun::{Column, Kind, Noun};

pub static POSITION: Noun = Noun {
    name: "position",
    label: "職",
    columns: &[
        Column::new("code", "職コード", Kind::Text),
        Column::new("name", "職名", Kind::Text),
        // Smaller is higher: 市長 10, 副市長 20, 部長 40, 課長 60 …
        Column::new("rank", "順位", Kind::Int),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};

pub const ASSIGNMENT_KINDS: &[(&str, &str)] =
    &[("main", "本務"), ("concurrent", "兼務"), ("acting", "代理"), ("leave", "休職"), ("dispatch", "派遣")];

pub static ASSIGNMENT: Noun = Noun {
    name: "assignment",
    label: "配属",
    columns: &[
        Column::new("person_id", "職員", Kind::Ref("person")),
        Column::new("position_id", "職", Kind::Ref("position")),
        Column::new("unit_id", "所属", Kind::Text),
        Column::new("kind", "種別", Kind::Choice(ASSIGNMENT_KINDS)),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};

/// 充て職: a security role goes with a position, everywhere or in one section.
pub static ROLE_SEAT: Noun = Noun {
    name: "role_seat",
    label: "体制",
    columns: &[
        Column::new("role", "役割", Kind::Text),
        Column::new("position_id", "職", Kind::Ref("position")),
        Column::new("unit_id", "所属(空欄は全ての所属)", Kind::Text).optional(),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};
