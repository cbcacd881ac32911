//! 情報システム: what runs, who answers for it, where it stands, and how soon it must be back. Clauses 2(6), 5(2).

use crate::asset::ZONES;
use crate::noun::{Column, EXTRA, Kind, Noun, Row, Value};
use crate::register::{Breach, Register, Sight};

pub const CLOUDS: &[(&str, &str)] = &[
    ("none", "使わない（庁舎に置く）"),
    ("government", "ガバメントクラウド"),
    ("private", "閉域のクラウド"),
    ("public", "インターネットのクラウド"),
];

pub const BACKUPS: &[(&str, &str)] = &[
    ("none", "とっていない"),
    ("same", "同じ建物にとる"),
    ("apart", "離れた場所にもとる"),
    ("offline", "離れた場所に、つながない形でもとる"),
];

pub static SYSTEM: Noun = Noun {
    name: "system",
    label: "情報システム",
    columns: &[
        Column::new("number", "システム番号", Kind::Text).aliases(&["管理番号", "No", "番号", "システムID"]),
        Column::new("name", "名称", Kind::Text).aliases(&["システム名", "情報システム名", "業務システム名"]),
        Column::new("unit_id", "所管課", Kind::Unit).aliases(&["所管", "担当課", "主管課", "所属"]),
        Column::new("manager", "情報システム管理者の職", Kind::Text)
            .optional()
            .aliases(&["情報システム管理者", "管理者", "システム管理者"])
            .hint("人の名前ではなく職で書きます（例: 税務課長）。"),
        Column::new("purpose", "何に使うか", Kind::Text).optional().long().aliases(&[
            "業務内容",
            "用途",
            "概要",
        ]),
        Column::new("zone", "ネットワーク", Kind::Choice(ZONES)).aliases(&["ゾーン", "系統", "接続系"]),
        Column::new("cloud", "クラウド", Kind::Choice(CLOUDS)).aliases(&["クラウド利用", "設置形態"]),
        Column::new("vendor", "委託先", Kind::Text).optional().aliases(&["保守業者", "ベンダー", "事業者"]),
        Column::new("contract_to", "契約の終わり", Kind::Date)
            .optional()
            .aliases(&["契約満了日", "契約期限"]),
        Column::new("procedure_id", "実施手順", Kind::Ref("document"))
            .optional()
            .hint("このシステムの情報セキュリティ実施手順。文書の一覧に載せたものから選びます。"),
        Column::new("rto_hours", "目標復旧時間", Kind::Int).optional().unit("時間").aliases(&["RTO"]),
        Column::new("rpo_hours", "目標復旧時点", Kind::Int)
            .optional()
            .unit("時間前")
            .aliases(&["RPO"])
            .hint("何時間前の状態まで戻れればよいか。"),
        Column::new("backup", "バックアップ", Kind::Choice(BACKUPS)).aliases(&["バックアップの有無"]),
        Column::new("backed_up_on", "最後に成功したバックアップ", Kind::Date)
            .optional()
            .aliases(&["バックアップ日", "最終バックアップ"]),
        Column::new("restored_on", "最後に成功した復旧訓練", Kind::Date)
            .optional()
            .aliases(&["復元試験日", "復旧訓練日"]),
        Column::new("encrypted", "保存データを暗号化", Kind::Bool).aliases(&["暗号化", "データ暗号化"]),
        Column::new("checked_on", "最後に確かめた日", Kind::Date).optional().aliases(&["棚卸日", "確認日"]),
        Column::new("note", "備考", Kind::Text).optional().long().aliases(&["特記事項"]),
        Column::new("valid_from", "いつから", Kind::Date).aliases(&["稼働日", "導入日", "運用開始日"]),
        Column::new("valid_to", "いつまで", Kind::Date).optional().aliases(&["廃止日", "終了日"]),
        EXTRA,
    ],
};

pub static REGISTER: Register = Register {
    noun: &SYSTEM,
    lead: "市が使う情報システム。誰が管理し、どのネットワークにあり、止まったらいつまでに戻すか。",
    key: &["number"],
    title: "name",
    section: Some("unit_id"),
    sight: Sight::City,
    valid: Some(("valid_from", "valid_to")),
    list: &["number", "name", "unit_id", "zone", "cloud", "backup", "checked_on"],
    sorts: &["number", "name", "valid_from"],
    filters: &["unit_id", "zone", "cloud", "backup"],
    searched: &["number", "name", "purpose", "vendor", "manager", "note"],
    rules: &[resident_side_stays_closed, somebody_manages_it, backups_are_dated],
    number: "S-",
};

fn resident_side_stays_closed(row: &Row) -> Option<Breach> {
    let says = "住民情報系のシステムを、インターネットのクラウドに置けません。ガバメントクラウドか閉域のクラウドにしてください。";
    (row.text("zone") == "resident" && row.text("cloud") == "public").then(|| Breach::flagged("cloud", says))
}

fn somebody_manages_it(row: &Row) -> Option<Breach> {
    let says = "情報システム管理者の職が空欄です。誰が管理するかを決めてください。";
    row.text("manager").is_empty().then(|| Breach::flagged("manager", says))
}

fn backups_are_dated(row: &Row) -> Option<Breach> {
    let says = "バックアップをとっていますが、最後に成功した日が空欄です。";
    let dated = row.get("backed_up_on").is_some_and(|v| !Value::is_null(v));
    (row.text("backup") != "none" && !dated).then(|| Breach::flagged("backed_up_on", says))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_flagged() {
        let bare =
            Row::new(&SYSTEM, "1").set("zone", "resident").set("cloud", "public").set("backup", "same");
        let columns: Vec<&str> = REGISTER.breaches(&bare).iter().map(|b| b.column).collect();
        assert_eq!(columns, ["cloud", "manager", "backed_up_on"]);
        let kept =
            bare.set("cloud", "government").set("manager", "市民課長").set("backed_up_on", "2026-11-01");
        assert!(REGISTER.breaches(&kept).is_empty());
    }
}
