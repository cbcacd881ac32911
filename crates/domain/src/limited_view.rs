//! 限定の記録の閲覧: who opened something that only a few may see. A record like any other: it can be asked for
//! years later who knew.

use crate::noun::{Column, Kind, Noun};

pub static LIMITED_VIEW: Noun = Noun {
    name: "limited_view",
    label: "限定の記録の閲覧",
    columns: &[
        Column::new("noun", "記録の種類", Kind::Text),
        Column::new("thing_id", "記録", Kind::Text),
        Column::new("person_id", "閲覧した人", Kind::Ref("person")),
        Column::new("seat", "閲覧した人の職", Kind::Text),
        Column::new("viewed_on", "閲覧した日", Kind::Date),
        Column::new("viewed_ms", "最初に閲覧した日時", Kind::Instant),
    ],
};
