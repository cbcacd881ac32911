//! 情報資産: what information the city holds, paper included, how it is classified, and where it may stand.
//! Clause 5(2); columns after guideline §2.4.

use crate::noun::{Column, EXTRA, Kind, Noun, Row};
use crate::register::{Breach, Register, Sight};

pub const FORMS: &[(&str, &str)] =
    &[("electronic", "電子"), ("paper", "紙"), ("both", "電子と紙"), ("equipment", "装置・設備")];

pub const ZONES: &[(&str, &str)] = &[
    ("resident", "住民情報系"),
    ("lgwan", "LGWAN系"),
    ("internet", "インターネット系"),
    ("separate", "個別ネットワーク"),
    ("cloud", "クラウド"),
    ("none", "ネットワークにつながない"),
];

/// 自治体機密性 (R6.10). `3` is the class of the edition before (R5.3), which must be decided again.
pub const CONFIDENTIALITY: &[(&str, &str)] = &[
    ("3A", "自治体機密性3A"),
    ("3B", "自治体機密性3B"),
    ("3C", "自治体機密性3C"),
    ("2", "自治体機密性2"),
    ("1", "自治体機密性1"),
    ("3", "機密性3（旧区分）"),
];
pub const INTEGRITY: &[(&str, &str)] = &[("2", "完全性2"), ("1", "完全性1")];
pub const AVAILABILITY: &[(&str, &str)] = &[("2", "可用性2"), ("1", "可用性1")];

pub const PERSONAL_DATA: &[(&str, &str)] = &[
    ("none", "なし"),
    ("personal", "個人情報"),
    ("sensitive", "要配慮個人情報"),
    ("my_number", "特定個人情報"),
];

pub const KEEPING: &[(&str, &str)] = &[
    ("1", "1年"),
    ("3", "3年"),
    ("5", "5年"),
    ("10", "10年"),
    ("30", "30年"),
    ("permanent", "永年"),
    ("use", "常用"),
];

pub static ASSET: Noun = Noun {
    name: "asset",
    label: "情報資産",
    columns: &[
        Column::new("number", "資産番号", Kind::Text).aliases(&[
            "資産ID",
            "管理番号",
            "台帳番号",
            "No",
            "番号",
        ]),
        Column::new("name", "名称", Kind::Text).aliases(&[
            "情報資産名",
            "資産名",
            "情報資産の名称",
            "文書名",
        ]),
        Column::new("unit_id", "所管課", Kind::Unit).aliases(&["所管", "担当課", "管理部署", "所属", "課名"]),
        Column::new("content", "内容", Kind::Text).optional().long().aliases(&["概要", "説明", "用途"]),
        Column::new("form", "形態", Kind::Choice(FORMS)).aliases(&["媒体", "種別", "電子・紙の別"]),
        Column::new("confidentiality", "機密性", Kind::Choice(CONFIDENTIALITY))
            .aliases(&["自治体機密性", "機密性区分", "重要性分類"])
            .hint(
                "区分の決め方は「自治体機密性の分類基準」。旧区分の3は、3A・3B・3Cのどれかに決め直します。",
            ),
        Column::new("redecide", "再判定を待つ", Kind::Bool)
            .optional()
            .aliases(&["要再判定"])
            .hint("旧区分から読み替えただけの区分。人が区分を決めると「いいえ」になります。"),
        Column::new("integrity", "完全性", Kind::Choice(INTEGRITY)).aliases(&["完全性区分"]),
        Column::new("availability", "可用性", Kind::Choice(AVAILABILITY)).aliases(&["可用性区分"]),
        Column::new("personal_data", "個人情報", Kind::Choice(PERSONAL_DATA))
            .aliases(&["個人情報の有無", "個人情報の種類"]),
        Column::new("persons", "人数", Kind::Int).optional().unit("人").aliases(&[
            "件数",
            "本人の数",
            "概数",
        ]),
        Column::new("zone", "置き場所のネットワーク", Kind::Choice(ZONES)).aliases(&[
            "ゾーン",
            "ネットワーク",
            "系統",
            "保管系",
        ]),
        Column::new("system_id", "情報システム", Kind::Ref("system"))
            .optional()
            .aliases(&["システム", "システム名", "利用システム"])
            .hint("この情報を入れている情報システム。紙だけのものは空欄です。"),
        Column::new("medium_id", "記録媒体", Kind::Ref("medium"))
            .optional()
            .aliases(&["媒体番号", "保存媒体"])
            .hint("USBメモリやテープに入れているときに選びます。"),
        Column::new("place", "保管場所", Kind::Text).optional().aliases(&["保管先", "置き場所", "設置場所"]),
        Column::new("users", "利用者の範囲", Kind::Text).optional().aliases(&["利用範囲", "アクセス権"]),
        Column::new("reason", "分類の理由", Kind::Text).optional().long().aliases(&["根拠", "理由"]),
        Column::new("handling", "取扱制限", Kind::Text)
            .optional()
            .long()
            .aliases(&["取扱い制限", "取扱いの制限"]),
        Column::new("keeping", "保存期間", Kind::Choice(KEEPING))
            .optional()
            .aliases(&["保存年限", "保存年数"]),
        Column::new("dispose_on", "廃棄予定日", Kind::Date)
            .optional()
            .aliases(&["廃棄日", "廃棄予定"])
            .hint("保存期間が満了する日の翌日。空欄のあいだは「廃棄」の一覧に出ません。"),
        Column::new("outsourced", "委託先が扱う", Kind::Bool).aliases(&["委託", "委託の有無", "外部委託"]),
        Column::new("checked_on", "最後に確かめた日", Kind::Date).optional().aliases(&[
            "棚卸日",
            "最終棚卸日",
            "確認日",
        ]),
        Column::new("note", "備考", Kind::Text).optional().long().aliases(&["特記事項", "メモ"]),
        Column::new("valid_from", "いつから", Kind::Date).aliases(&["作成日", "登録日", "取得日"]),
        Column::new("valid_to", "いつまで", Kind::Date).optional().aliases(&["終了日", "廃止日"]),
        EXTRA,
    ],
};

pub static REGISTER: Register = Register {
    noun: &ASSET,
    lead: "市が持つ情報資産。紙も含みます。どの区分で、どこにあり、誰が責任を持つか。",
    key: &["number"],
    title: "name",
    section: Some("unit_id"),
    sight: Sight::Section,
    valid: Some(("valid_from", "valid_to")),
    list: &["number", "name", "unit_id", "form", "confidentiality", "zone", "checked_on"],
    sorts: &["number", "name", "confidentiality", "valid_from"],
    filters: &["unit_id", "confidentiality", "zone", "form", "personal_data", "system_id", "redecide"],
    searched: &["number", "name", "content", "place", "users", "note"],
    rules: &[
        zone_bears_the_class,
        old_class_is_decided_again,
        read_over_is_not_decided,
        personal_data_is_counted,
        low_class_for_persons,
    ],
    number: "A-",
};

/// A person who sets another class has decided: the row no longer waits for it, unless they said so themselves.
pub fn decide_by_hand(before: &Row, after: &mut Row) {
    let same = |column: &str| before.get(column) == after.get(column);
    if after.noun.name == ASSET.name && !same("confidentiality") && same("redecide") {
        after.values.insert("redecide", false.into());
    }
}

/// F26: where a class may lie is data (`/catalogue/classification`); the same table, as sentences. A test of the
/// checks holds the two together.
fn zone_bears_the_class(row: &Row) -> Option<Breach> {
    let (class, zone) = (row.text("confidentiality"), row.text("zone"));
    let says = match (class, zone) {
        ("3A", "resident" | "lgwan" | "internet" | "cloud") => {
            "自治体機密性3Aは、個別ネットワークか、つながない場所にだけ置けます。移してください。"
        }
        ("3B", "lgwan" | "internet" | "cloud") => {
            "自治体機密性3Bは、LGWAN系・インターネット系・クラウドに置けません。住民情報系か個別ネットワークに移してください。"
        }
        ("3", "internet" | "cloud") => {
            "機密性3（旧区分）は、インターネット系やクラウドに置けません。区分を決め直し、移してください。"
        }
        ("3C", "internet") => {
            "自治体機密性3Cは、インターネット系に置けません。LGWAN系に移すか、区分を決め直してください。"
        }
        _ => return None,
    };
    Some(Breach::flagged("zone", says))
}

fn old_class_is_decided_again(row: &Row) -> Option<Breach> {
    let says = "旧区分のままです。3A・3B・3Cのどれかに決め直してください。迷うときは3Bです。";
    (row.text("confidentiality") == "3").then(|| Breach::flagged("confidentiality", says))
}

fn read_over_is_not_decided(row: &Row) -> Option<Breach> {
    let says = "旧区分から読み替えただけの区分です。「質問に答えて区分を決める」で決めてください。";
    let waits = row.get("redecide") == Some(&crate::noun::Value::Bool(Some(true)));
    waits.then(|| Breach::flagged("confidentiality", says))
}

fn personal_data_is_counted(row: &Row) -> Option<Breach> {
    let counted = row.get("persons").and_then(crate::noun::Value::int).is_some();
    let says = "個人情報があります。おおよその人数を入れてください。";
    (row.text("personal_data") != "none" && !counted).then(|| Breach::flagged("persons", says))
}

fn low_class_for_persons(row: &Row) -> Option<Breach> {
    let says = "個人情報を含む情報資産は、自治体機密性1にできません。区分を決め直してください。";
    (row.text("personal_data") != "none" && row.text("confidentiality") == "1")
        .then(|| Breach::flagged("confidentiality", says))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(class: &str, zone: &str) -> Row {
        Row::new(&ASSET, "1").set("confidentiality", class).set("zone", zone).set("personal_data", "none")
    }

    #[test]
    fn resident_data_does_not_belong_on_the_internet_side() {
        for (class, zone, breach) in [
            ("3B", "internet", true),
            ("3B", "cloud", true),
            ("3B", "resident", false),
            ("3C", "internet", true),
            ("3C", "lgwan", false),
            ("2", "internet", false),
        ] {
            assert_eq!(zone_bears_the_class(&asset(class, zone)).is_some(), breach, "{class} in {zone}");
        }
    }

    #[test]
    fn another_class_by_hand_is_a_decision() {
        let before = asset("3B", "resident").set("redecide", true);
        let mut after = before.clone().set("confidentiality", "3C");
        decide_by_hand(&before, &mut after);
        assert!(read_over_is_not_decided(&before).is_some() && read_over_is_not_decided(&after).is_none());
        let mut renamed = before.clone().set("name", "名簿");
        decide_by_hand(&before, &mut renamed);
        assert!(read_over_is_not_decided(&renamed).is_some(), "a new name decides no class");
    }

    #[test]
    fn an_old_class_waits_for_its_decision() {
        assert!(old_class_is_decided_again(&asset("3", "lgwan")).is_some());
        assert!(old_class_is_decided_again(&asset("3A", "none")).is_none());
    }
}
