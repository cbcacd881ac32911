//! What keeps the record itself trustworthy: outside checkpoints and restore drills.

use crate::noun::{Column, Kind, Noun};

/// Somebody outside the operator's control confirmed that they hold this checkpoint.
pub static OUTSIDE_CHECKPOINT: Noun = Noun {
    name: "outside_checkpoint",
    label: "外部に預けた封印",
    columns: &[
        Column::new("size", "記録の件数", Kind::Int),
        Column::new("root", "封印", Kind::Text),
        Column::new("place", "預け先", Kind::Text),
        Column::new("confirmed_ms", "確認日時", Kind::Instant),
        Column::new("person_id", "確認した人", Kind::Ref("person")),
    ],
};

/// A backup was restored somewhere else and its ledger verified.
pub static RESTORE_TEST: Noun = Noun {
    name: "restore_test",
    label: "復元訓練",
    columns: &[
        Column::new("tested_ms", "実施日時", Kind::Instant),
        Column::new("backup_sha256", "バックアップのハッシュ", Kind::Text),
        Column::new("size", "記録の件数", Kind::Int),
        Column::new("root", "封印", Kind::Text),
        Column::new("result", "結果", Kind::Choice(&[("ok", "成功"), ("failed", "失敗")])),
    ],
};

/// Somebody outside who signs that our log only grows. Counts once an auditor has compared the key with the witness.
pub static LEDGER_WITNESS: Noun = Noun {
    name: "ledger_witness",
    label: "立会人",
    columns: &[
        Column::new("key", "公開鍵", Kind::Text),
        Column::new("name", "鍵の名前", Kind::Text),
        Column::new("place", "立会人のいる所", Kind::Text),
        Column::new("person_id", "鍵を確かめた監査人", Kind::Ref("person")),
        Column::new("confirmed_ms", "確かめた日時", Kind::Instant),
        Column::new("ended_ms", "使うのをやめた日時", Kind::Instant).optional(),
    ],
};

/// A checkpoint as a witness sent it back, with its signature; anybody can verify the text again.
pub static COSIGNATURE: Noun = Noun {
    name: "cosignature",
    label: "立会人の連署",
    columns: &[
        Column::new("key", "立会人の公開鍵", Kind::Text),
        Column::new("size", "記録の件数", Kind::Int),
        Column::new("root", "封印", Kind::Text),
        Column::new("signed_ms", "連署の日時", Kind::Instant),
        Column::new("note", "連署のある封印", Kind::Text).long(),
    ],
};

/// A key of the log itself: when it came and when it went stands in the log that it signs.
pub static LEDGER_KEY: Noun = Noun {
    name: "ledger_key",
    label: "証跡の鍵",
    columns: &[
        Column::new("key", "公開鍵", Kind::Text),
        Column::new(
            "state",
            "状態",
            Kind::Choice(&[("following", "前の鍵と一緒に署名"), ("alone", "署名"), ("retired", "引退")]),
        ),
        Column::new("since_ms", "いつから", Kind::Instant),
    ],
};

/// A checkpoint left for a place that `[keepers]` names. That it left is not yet that somebody has it.
pub static CHECKPOINT_COPY: Noun = Noun {
    name: "checkpoint_copy",
    label: "外へ出した封印",
    columns: &[
        Column::new("keeper", "預け先", Kind::Text),
        Column::new(
            "way",
            "出し方",
            Kind::Choice(&[("folder", "フォルダ"), ("mail", "メール"), ("witness", "立会人")]),
        ),
        Column::new("size", "記録の件数", Kind::Int),
        Column::new("root", "封印", Kind::Text),
        Column::new("left_ms", "出した日時", Kind::Instant),
    ],
};

/// One version a day: a log in which nothing else happened still grows, so that silence can be told from failure.
pub static HEARTBEAT: Noun =
    Noun { name: "heartbeat", label: "毎日の記録", columns: &[Column::new("day", "日", Kind::Date)] };
