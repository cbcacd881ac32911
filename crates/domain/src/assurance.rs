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
