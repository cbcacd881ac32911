//! 廃棄: asked for, decided, done with proof. The row it is about ends and stays in the register as history; the files
//! kept with it become unreadable for good.

use crate::noun::{Column, Kind, Noun, Row};
use crate::register::Register;

pub const STATES: &[(&str, &str)] = &[
    ("requested", "決裁を待っています"),
    ("granted", "廃棄してよい"),
    ("refused", "認められませんでした"),
    ("done", "廃棄した"),
];

pub const METHODS: &[(&str, &str)] = &[
    ("overwrite", "上書き消去"),
    ("crypto", "暗号鍵の抹消"),
    ("degauss", "磁気消去"),
    ("physical", "物理的に壊す"),
    ("shred", "裁断・溶解（紙）"),
    ("return", "消去して返す（リースなど）"),
];

pub static DISPOSAL: Noun = Noun {
    name: "disposal",
    label: "廃棄",
    columns: &[
        Column::new("register", "台帳", Kind::Text),
        Column::new("row_id", "行", Kind::Text),
        // As it was named when it was asked for.
        Column::new("title", "廃棄するもの", Kind::Text),
        Column::new("unit_id", "所管課", Kind::Unit),
        Column::new("method", "消し方", Kind::Choice(METHODS)),
        Column::new("reason", "理由", Kind::Text),
        Column::new("state", "状態", Kind::Choice(STATES)),
        Column::new("requested_ms", "申請日時", Kind::Instant),
        Column::new("decision_id", "決裁", Kind::Ref("decision")).optional(),
        Column::new("done_on", "廃棄した日", Kind::Date).optional(),
        Column::new("done_by", "廃棄した人", Kind::Text).optional().personal(),
        Column::new("witness", "立ち会った人", Kind::Text).optional().personal(),
        // A photograph, or the certificate of whoever destroyed it.
        Column::new("proof_name", "証明の名前", Kind::Text).optional(),
        Column::new("proof_object", "証明", Kind::Text).optional(),
        Column::new("proof_sha256", "証明のハッシュ", Kind::Text).optional(),
        // Files of the row whose keys were destroyed.
        Column::new("keys_destroyed", "読めなくしたファイル", Kind::Int).optional().unit("個"),
    ],
};

/// A file kept with a row: sealed under a key of its own, which disposal destroys.
pub static ATTACHMENT: Noun = Noun {
    name: "attachment",
    label: "行に付けたファイル",
    columns: &[
        Column::new("register", "台帳", Kind::Text),
        Column::new("row_id", "行", Kind::Text),
        Column::new("name", "ファイル名", Kind::Text),
        Column::new("object_id", "ファイル", Kind::Text),
        Column::new("sha256", "ファイルのハッシュ", Kind::Text),
        Column::new("added_by", "付けた人", Kind::Ref("person")),
        Column::new("added_ms", "付けた日時", Kind::Instant),
        Column::new("destroyed_ms", "読めなくした日時", Kind::Instant).optional(),
    ],
};

/// Registers whose rows are things or information that can be destroyed: they belong to sections and end. A system
/// is given up with what it stored.
pub fn can_be_disposed(register: &Register) -> bool {
    register.section.is_some() && register.valid.is_some() && register.checked().is_some()
}

/// How the row reads once it is gone: every column that a register has for it.
pub fn ended(register: &Register, row: Row, disposal: &Row, permit: &str) -> Row {
    let text = |column: &str| disposal.text(column).to_owned();
    // A returned or shredded thing is gone all the same; registers of media know four ways of erasing.
    let method = match disposal.text("method") {
        "shred" => "physical",
        "return" => "overwrite",
        other => other,
    };
    let mut row = row;
    if let Some((_, to)) = register.valid {
        row = row.set(to, text("done_on"));
    }
    let has = |column: &str| register.noun.column(column).is_some();
    if has("emptied_on") {
        let proof = match (disposal.text("witness"), disposal.text("proof_name")) {
            ("", proof) => proof.to_owned(),
            (witness, proof) => format!("{witness} {proof}").trim().to_owned(),
        };
        row = row
            .set("emptied_on", text("done_on"))
            .set("emptied_by", text("done_by"))
            .set("method", method)
            .set("witness", proof)
            .set("disposal_permit", permit)
            .set("state", if disposal.text("method") == "return" { "erased" } else { "destroyed" });
    }
    row
}

/// What a row once said was destroyed for good. The entries stay and still verify; nobody can say any more what stood
/// behind them.
pub static ERASURE: Noun = Noun {
    name: "erasure",
    label: "履歴の消去",
    columns: &[
        Column::new("register", "台帳", Kind::Text),
        Column::new("row_id", "行", Kind::Text),
        Column::new("versions", "消した版の数", Kind::Int).unit("版"),
        Column::new("decision_id", "決裁", Kind::Ref("decision")),
        Column::new("erased_ms", "消した日時", Kind::Instant),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{asset, device, medium, scope, system};

    #[test]
    fn what_is_gone_says_how() {
        let disposal = Row::new(&DISPOSAL, "d")
            .set("method", "shred")
            .set("done_on", "2026-11-25")
            .set("done_by", "佐藤")
            .set("witness", "鈴木")
            .set("proof_name", "証明書.pdf");
        let row = ended(&medium::REGISTER, Row::new(&medium::MEDIUM, "m"), &disposal, "税務課-R8-0001");
        for (column, value) in [
            ("valid_to", "2026-11-25"),
            ("state", "destroyed"),
            ("method", "physical"),
            ("witness", "鈴木 証明書.pdf"),
            ("disposal_permit", "税務課-R8-0001"),
        ] {
            assert_eq!(row.text(column), value, "{column}");
        }
        let row = ended(&asset::REGISTER, Row::new(&asset::ASSET, "a"), &disposal, "x");
        assert_eq!(row.text("valid_to"), "2026-11-25");
    }

    #[test]
    fn information_and_things_can_go_but_not_rules() {
        for (register, can) in [
            (&asset::REGISTER, true),
            (&device::REGISTER, true),
            (&medium::REGISTER, true),
            (&system::REGISTER, true),
            (&scope::REGISTER, false),
        ] {
            assert_eq!(can_be_disposed(register), can, "{}", register.noun.name);
        }
    }
}
