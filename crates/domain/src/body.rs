//! Bodies that decide or act together: 委員会, CSIRT, 統一的な窓口. Members are dated, a meeting has a quorum, an
//! agenda and minutes, and what it resolves can be the decision of an application.

use crate::noun::{Column, Kind, Noun, Row, Value};
use crate::register::{Breach, Register, Sight};

pub const KINDS: &[(&str, &str)] =
    &[("committee", "委員会"), ("csirt", "CSIRT"), ("window", "統一的な窓口"), ("other", "その他")];

pub static BODY: Noun = Noun {
    name: "body",
    label: "会議体",
    columns: &[
        Column::new("name", "名称", Kind::Text),
        Column::new("kind", "種別", Kind::Choice(KINDS)),
        // Members who must be present for a resolution to count.
        Column::new("quorum", "定足数(人)", Kind::Int),
        // Decides where no independent superior exists (the CISO's own applications, a one-person branch).
        Column::new("final_instance", "上位の職がないときに決裁する", Kind::Bool),
        Column::new("duty", "所掌", Kind::Text),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};

pub static REGISTER: Register = Register {
    noun: &BODY,
    lead: "委員会、CSIRT、統一的な窓口。構成員・会議・議決は「会議体」の画面で記録します。",
    key: &["name"],
    title: "name",
    section: None,
    sight: Sight::City,
    valid: Some(("valid_from", "valid_to")),
    list: &["name", "kind", "quorum", "final_instance", "duty"],
    sorts: &["name", "valid_from"],
    filters: &["kind"],
    searched: &["name", "duty"],
    rules: &[quorum_is_positive],
    number: "",
};

fn quorum_is_positive(row: &Row) -> Option<Breach> {
    let low = row.get("quorum").and_then(Value::int).is_some_and(|n| n < 1);
    low.then(|| Breach::refused("quorum", "定足数は1人以上にしてください。"))
}

pub const DUTIES: &[(&str, &str)] =
    &[("chair", "委員長"), ("vice_chair", "副委員長"), ("member", "委員"), ("clerk", "書記")];

pub static BODY_MEMBER: Noun = Noun {
    name: "body_member",
    label: "会議体の構成員",
    columns: &[
        Column::new("body_id", "会議体", Kind::Ref("body")),
        Column::new("person_id", "構成員", Kind::Ref("person")),
        Column::new("duty", "役", Kind::Choice(DUTIES)),
        Column::new("valid_from", "いつから", Kind::Date),
        Column::new("valid_to", "いつまで", Kind::Date).optional(),
    ],
};

pub static MEMBERS: Register = Register {
    noun: &BODY_MEMBER,
    lead: "会議体の構成員。委員長・副委員長が議決を確定します。書記は議決に加わりません。",
    key: &["body_id", "person_id", "valid_from"],
    title: "duty",
    section: None,
    sight: Sight::City,
    valid: Some(("valid_from", "valid_to")),
    list: &["body_id", "person_id", "duty", "valid_from", "valid_to"],
    sorts: &["valid_from"],
    filters: &["body_id"],
    searched: &["duty"],
    rules: &[],
    number: "",
};

pub const MEETING_STATES: &[(&str, &str)] = &[("called", "招集"), ("held", "開催"), ("cancelled", "中止")];

pub static MEETING: Noun = Noun {
    name: "meeting",
    label: "会議",
    columns: &[
        Column::new("body_id", "会議体", Kind::Ref("body")),
        Column::new("number", "回", Kind::Int),
        Column::new("held_on", "開催日", Kind::Date),
        Column::new("place", "場所", Kind::Text),
        Column::new("state", "状態", Kind::Choice(MEETING_STATES)),
        // Ids of the members present, as a JSON list; the quorum is counted from it.
        Column::new("present", "出席者", Kind::Json).optional(),
        Column::new("minutes", "議事録", Kind::Text).optional(),
    ],
};

pub const RESULTS: &[(&str, &str)] = &[
    ("open", "これから"),
    ("approved", "可決"),
    ("returned", "差戻し"),
    ("noted", "報告を受けた"),
    ("postponed", "継続審議"),
];

pub static AGENDA_ITEM: Noun = Noun {
    name: "agenda_item",
    label: "議題",
    columns: &[
        Column::new("meeting_id", "会議", Kind::Ref("meeting")),
        Column::new("ordinal", "順番", Kind::Int),
        Column::new("title", "議題", Kind::Text),
        // The application on which the body decides, if it does.
        Column::new("decision_id", "申請・決裁", Kind::Ref("decision")).optional(),
        Column::new("result", "結果", Kind::Choice(RESULTS)),
        Column::new("ayes", "賛成", Kind::Int).optional(),
        Column::new("noes", "反対", Kind::Int).optional(),
        Column::new("resolution", "議決の内容", Kind::Text).optional(),
    ],
};

/// Whether a resolution counts: enough members present, and more for than against among those who may vote.
pub fn carried(quorum: i64, present: i64, recused: i64, ayes: i64, noes: i64) -> Result<bool, &'static str> {
    if present < quorum {
        return Err("定足数に足りません。");
    }
    if ayes + noes > present - recused {
        return Err("賛成と反対の合計が、議決に加われる出席者より多くなっています。");
    }
    if ayes < 1 && noes < 1 {
        return Err("賛成と反対の人数を入力してください。");
    }
    Ok(ayes > noes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolution_needs_quorum_and_a_majority_of_those_who_may_vote() {
        assert_eq!(carried(3, 4, 1, 3, 0), Ok(true));
        assert_eq!(carried(3, 4, 0, 2, 2), Ok(false));
        assert!(carried(3, 2, 0, 2, 0).is_err());
        assert!(carried(3, 3, 1, 3, 0).is_err());
        assert!(carried(1, 3, 0, 0, 0).is_err());
    }
}
