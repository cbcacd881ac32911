//! 記録媒体: USBメモリ, tapes and disks, each with a number, what may be written to it, who has it, and how it ended.
//! Guideline §2.2 (運搬・廃棄), §4.4.

use crate::asset::CONFIDENTIALITY;
use crate::noun::{Column, EXTRA, Kind, Noun, Row};
use crate::register::{Breach, Register, Sight};

pub const KINDS: &[(&str, &str)] = &[
    ("usb", "USBメモリ"),
    ("disk", "外付けディスク"),
    ("card", "メモリカード"),
    ("optical", "CD・DVD"),
    ("tape", "テープ"),
    ("other", "その他"),
];

pub const STATES: &[(&str, &str)] = &[
    ("stored", "保管中"),
    ("lent", "貸出中"),
    ("unneeded", "もう要らない（消去を待つ）"),
    ("erased", "消去した"),
    ("destroyed", "壊して捨てた"),
    ("lost", "行方が分からない"),
];

pub const METHODS: &[(&str, &str)] = &[
    ("delete", "ファイルの削除・初期化だけ"),
    ("overwrite", "上書き消去"),
    ("crypto", "暗号鍵の抹消"),
    ("degauss", "磁気消去"),
    ("physical", "物理的に壊す"),
];

pub static MEDIUM: Noun = Noun {
    name: "medium",
    label: "記録媒体",
    columns: &[
        Column::new("number", "媒体番号", Kind::Text).aliases(&["管理番号", "No", "番号", "媒体ID"]),
        Column::new("name", "名称", Kind::Text).aliases(&["媒体名", "品名"]),
        Column::new("kind", "種類", Kind::Choice(KINDS)).aliases(&["媒体種別", "種別"]),
        Column::new("unit_id", "所管課", Kind::Unit).aliases(&["所管", "担当課", "管理課", "所属"]),
        Column::new("class_allowed", "入れてよい区分", Kind::Choice(CONFIDENTIALITY))
            .aliases(&["区分", "機密性"])
            .hint("これより高い区分の情報は、この媒体に入れません。"),
        Column::new("state", "状態", Kind::Choice(STATES)).aliases(&["現在の状態"]),
        Column::new("encrypted", "暗号化できる", Kind::Bool).aliases(&["暗号化"]),
        Column::new("locked", "鍵のかかる場所に保管", Kind::Bool).aliases(&["施錠", "施錠保管"]),
        Column::new("place", "保管場所", Kind::Text).optional().aliases(&["保管先", "置き場所"]),
        Column::new("long_term", "長く保管する", Kind::Bool).aliases(&["長期保管"]),
        Column::new("write_protected", "書込みを禁止した", Kind::Bool).aliases(&["書込禁止"]),
        Column::new("apart", "同時に被災しない場所にある", Kind::Bool).aliases(&["遠隔地保管"]),
        Column::new("holder", "借りている人", Kind::Text).optional().personal().aliases(&[
            "貸出先",
            "使用者",
            "持出者",
        ]),
        Column::new("permit", "持出しの許可番号", Kind::Text).optional().aliases(&["許可番号", "許可"]),
        Column::new("lent_on", "貸した日", Kind::Date).optional().aliases(&["貸出日", "持出日"]),
        Column::new("due_on", "返す予定の日", Kind::Date).optional().aliases(&["返却予定日"]),
        Column::new("returned_on", "返った日", Kind::Date).optional().aliases(&["返却日"]),
        Column::new("unneeded_on", "要らなくなった日", Kind::Date).optional().aliases(&["不用日"]),
        Column::new("emptied_on", "消去・破壊した日", Kind::Date).optional().aliases(&["消去日", "廃棄日"]),
        Column::new("method", "消し方", Kind::Choice(METHODS)).optional().aliases(&["消去方法", "廃棄方法"]),
        Column::new("emptied_by", "消した人", Kind::Text)
            .optional()
            .personal()
            .aliases(&["消去者", "処理者"]),
        Column::new("witness", "立ち会った人・証明書", Kind::Text)
            .optional()
            .aliases(&["立会人", "証明書番号"]),
        Column::new("disposal_permit", "廃棄の許可番号", Kind::Text).optional().aliases(&["廃棄許可"]),
        Column::new("checked_on", "最後に確かめた日", Kind::Date).optional().aliases(&["棚卸日", "確認日"]),
        Column::new("note", "備考", Kind::Text).optional().long().aliases(&["特記事項"]),
        Column::new("valid_from", "いつから", Kind::Date).aliases(&["購入日", "登録日"]),
        Column::new("valid_to", "いつまで", Kind::Date).optional().aliases(&["終了日"]),
        EXTRA,
    ],
};

pub static REGISTER: Register = Register {
    noun: &MEDIUM,
    lead: "USBメモリ、ディスク、テープなど。誰が持っていて、いつ返り、どう消したか。",
    key: &["number"],
    title: "name",
    section: Some("unit_id"),
    sight: Sight::Section,
    valid: Some(("valid_from", "valid_to")),
    list: &["number", "name", "unit_id", "kind", "class_allowed", "state", "due_on"],
    sorts: &["number", "name", "valid_from"],
    filters: &["unit_id", "state", "kind", "class_allowed"],
    searched: &["number", "name", "place", "holder", "note"],
    rules: &[
        comes_back_after_it_went,
        lent_with_permission,
        lent_with_a_day,
        strong_media_are_encrypted,
        emptied_with_proof,
        deletion_is_not_erasure,
    ],
    number: "M-",
};

/// Classes whose disclosure hurts: 機密性2以上.
fn weighs(row: &Row) -> bool {
    row.text("class_allowed") != "1"
}

fn comes_back_after_it_went(row: &Row) -> Option<Breach> {
    let (lent, returned) = (row.text("lent_on"), row.text("returned_on"));
    (row.text("state") != "lent" && !lent.is_empty() && !returned.is_empty() && returned < lent)
        .then(|| Breach::refused("returned_on", "返った日が、貸した日より前になっています。"))
}

fn lent_with_permission(row: &Row) -> Option<Breach> {
    let says = "許可番号のない貸出しです。情報セキュリティ管理者の許可をとり、番号を書いてください。";
    (row.text("state") == "lent" && weighs(row) && row.text("permit").is_empty())
        .then(|| Breach::flagged("permit", says))
}

fn lent_with_a_day(row: &Row) -> Option<Breach> {
    let says = "貸出中ですが、貸した日か返す予定の日が空欄です。";
    let dated = !row.text("lent_on").is_empty() && !row.text("due_on").is_empty();
    (row.text("state") == "lent" && !dated).then(|| Breach::flagged("due_on", says))
}

fn strong_media_are_encrypted(row: &Row) -> Option<Breach> {
    let says =
        "暗号化できない媒体を、機密性2以上の情報に使えません。入れてよい区分を1にするか、替えてください。";
    let carried = matches!(row.text("kind"), "usb" | "disk" | "card");
    let flag = row.get("encrypted") == Some(&crate::noun::Value::Bool(Some(true)));
    (carried && weighs(row) && !flag).then(|| Breach::flagged("encrypted", says))
}

fn emptied_with_proof(row: &Row) -> Option<Breach> {
    let missing = ["emptied_on", "method", "emptied_by"].into_iter().find(|c| row.text(c).is_empty())?;
    let says = "消去・廃棄した媒体です。日・方法・行った人を書いてください。";
    matches!(row.text("state"), "erased" | "destroyed").then(|| Breach::flagged(missing, says))
}

fn deletion_is_not_erasure(row: &Row) -> Option<Breach> {
    let says = "削除や初期化だけでは、情報を元に戻せます。上書き消去か、壊して捨ててください。";
    (weighs(row) && row.text("method") == "delete").then(|| Breach::flagged("method", says))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usb() -> Row {
        Row::new(&MEDIUM, "1")
            .set("kind", "usb")
            .set("class_allowed", "3B")
            .set("encrypted", true)
            .set("state", "lent")
            .set("permit", "持-12")
            .set("lent_on", "2026-11-02")
            .set("due_on", "2026-11-09")
    }

    #[test]
    fn each_rule_has_its_column() {
        assert!(REGISTER.breaches(&usb()).is_empty());
        let columns = |row: Row| REGISTER.breaches(&row).iter().map(|b| b.column).collect::<Vec<_>>();
        assert_eq!(columns(usb().set("permit", None::<String>)), ["permit"]);
        assert_eq!(columns(usb().set("due_on", None::<String>)), ["due_on"]);
        assert_eq!(columns(usb().set("encrypted", false)), ["encrypted"]);
        assert_eq!(columns(usb().set("state", "erased")), ["emptied_on"]);
        let erased = usb().set("state", "erased").set("emptied_on", "2026-11-10").set("emptied_by", "佐藤");
        assert_eq!(columns(erased.set("method", "delete")), ["method"]);
        assert_eq!(columns(usb().set("state", "stored").set("returned_on", "2026-11-01")), ["returned_on"]);
    }
}
