//! 証拠: an observation. When it was seen and when it was filed are two different times, and both count.

use crate::noun::{Column, Kind, Noun};

pub const KINDS: &[(&str, &str)] =
    &[("record", "記録"), ("attestation", "自己申告"), ("zero", "該当なしの報告")];

/// Filing later than this after the observation is flagged (DESIGN.md, two times).
pub const LATE_FILING_DAYS: i64 = 30;

pub static EVIDENCE: Noun = Noun {
    name: "evidence",
    label: "証拠",
    columns: &[
        Column::new("requirement_id", "要求", Kind::Ref("requirement")),
        // The section it speaks about; NULL when it speaks for the whole city.
        Column::new("unit_id", "対象の組織", Kind::Text).optional(),
        Column::new("kind", "種別", Kind::Choice(KINDS)),
        Column::new("title", "題名", Kind::Text),
        Column::new("detail", "内容", Kind::Text).optional(),
        // An attestation's answer: does it hold, in the answerer's own words of yes and no.
        Column::new("answer", "回答", Kind::Choice(&[("yes", "はい"), ("no", "いいえ")])).optional(),
        Column::new("observed_ms", "確認した日時", Kind::Instant),
        Column::new("filed_ms", "登録した日時", Kind::Instant),
        Column::new("period_from", "対象期間の始め", Kind::Date).optional(),
        Column::new("period_to", "対象期間の終わり", Kind::Date).optional(),
        Column::new("fresh_until_ms", "有効期限", Kind::Instant),
        Column::new("source", "出所", Kind::Text),
        Column::new("file_name", "ファイル名", Kind::Text).optional(),
        Column::new("object_id", "ファイル", Kind::Text).optional(),
        Column::new("sha256", "ファイルのハッシュ", Kind::Text).optional(),
        // Where the document itself lies, when no file came with it.
        Column::new("reference", "文書番号と保管場所", Kind::Text).optional(),
        Column::new("filed_by", "登録した人", Kind::Ref("person")),
        Column::new("seat", "登録した人の職", Kind::Text),
    ],
};
