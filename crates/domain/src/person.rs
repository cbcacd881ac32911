//! 職員 and, kept apart, people of contractors. A person may have neither mail nor an account.

use crate::noun::{Column, Kind, Noun};

pub const POPULATIONS: &[(&str, &str)] = &[("staff", "職員"), ("contractor", "委託事業者")];

/// Sources that are no list: typed in here by somebody the record names, and the account an empty city begins with.
pub const BY_HAND: [&str; 2] = ["manual", "導入"];

pub static PERSON: Noun = Noun {
    name: "person",
    label: "職員",
    columns: &[
        Column::new("number", "職員番号", Kind::Text).personal(),
        Column::new("name", "氏名", Kind::Text).personal(),
        Column::new("kana", "よみ", Kind::Text).optional().personal(),
        Column::new("mail", "メール", Kind::Text).optional().personal(),
        Column::new("population", "区分", Kind::Choice(POPULATIONS)),
        Column::new("source", "名簿", Kind::Text),
        Column::new("joined_on", "採用日", Kind::Date),
        Column::new("left_on", "退職日", Kind::Date).optional(),
        Column::new("search_key", "検索用", Kind::Text).personal(),
    ],
};
