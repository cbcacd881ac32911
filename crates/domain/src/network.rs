//! ネットワークの分離: what devices were read to say (提出), what follows from it (判定), item by item. Clause 7(3).
//!
//! A verdict is about the configurations that were handed in and no others, and it is as old as the moment at which
//! they were read off the devices, not as the upload.

use crate::noun::{Column, Kind, Noun};

/// How configurations came in. Either way a second person samples them against the devices.
pub const SOURCES: &[(&str, &str)] = &[("manual", "手動で提出"), ("folder", "フォルダから取込み")];

/// Configurations read off longer ago than this say nothing about today (days): a month and some grace.
pub const FRESH_DAYS: i64 = 35;

/// 提出された設定: everything that was read off at one time. The texts lie sealed, credentials replaced.
pub static NETWORK_SNAPSHOT: Noun = Noun {
    name: "network_snapshot",
    label: "ネットワーク設定の提出",
    columns: &[
        Column::new("read_ms", "機器から読み出した日時", Kind::Instant),
        Column::new("filed_ms", "提出した日時", Kind::Instant),
        Column::new("source", "提出のしかた", Kind::Choice(SOURCES)),
        // NULL: the keeper found it in the folder.
        Column::new("filed_by", "提出した人", Kind::Ref("person")).optional(),
        Column::new("seat", "提出した人の職", Kind::Text).optional(),
        Column::new("devices", "機器の数", Kind::Int),
        // `[{file, device, kind, bytes, sha256}]`; the digest is over the bytes as they were handed in.
        Column::new("files", "ファイル", Kind::Json),
        Column::new("object_id", "封をした本文", Kind::Text),
        Column::new("sha256", "本文のハッシュ", Kind::Text),
        // Devices drawn at filing; whoever confirms compares these with what the device itself shows.
        Column::new("sample", "抜取りの対象", Kind::Json),
        Column::new("confirmed_by", "抜取確認した人", Kind::Ref("person")).optional(),
        Column::new("confirmed_ms", "抜取確認した日時", Kind::Instant).optional(),
        Column::new("agrees", "機器の表示と一致", Kind::Bool).optional(),
        Column::new("confirm_note", "抜取確認の内容", Kind::Text).optional(),
        Column::new("note", "備考", Kind::Text).optional(),
    ],
};

/// 判定: what the engine found in one 提出, under the registers of one day.
pub static NETWORK_RESULT: Noun = Noun {
    name: "network_result",
    label: "ネットワーク分離の判定",
    columns: &[
        Column::new("snapshot_id", "提出", Kind::Ref("network_snapshot")),
        Column::new("judged_ms", "判定した日時", Kind::Instant),
        Column::new("as_of", "基準日", Kind::Date),
        // Digest of everything that goes in besides the configurations; another one means judging again.
        Column::new("inputs_sha256", "判定の前提のハッシュ", Kind::Text),
        Column::new("devices", "機器の数", Kind::Int),
        // Devices of the 機器 register that nobody handed in, submitted ones that it does not know, and neighbours
        // in captured tables that nothing explains. None of them may be there for `holds`.
        Column::new("missing", "設定が出ていない機器", Kind::Int),
        Column::new("unlisted", "台帳にない機器", Kind::Int),
        Column::new("unexplained", "説明のつかない隣接機器", Kind::Int),
        Column::new("object_id", "封をした判定", Kind::Text),
        Column::new("sha256", "判定のハッシュ", Kind::Text),
    ],
};

pub const VERDICTS: &[(&str, &str)] = &[
    ("proved", "証明済み"),
    ("proved-under", "前提つきで証明済み"),
    ("refuted", "違反あり"),
    ("unknown", "判定できません"),
];

/// One thing that was asked and its answer. `unasked`: a pair of zones about which nothing was asked; unknown.
pub static NETWORK_ANSWER: Noun = Noun {
    name: "network_answer",
    label: "ネットワーク分離の項目",
    columns: &[
        Column::new("result_id", "判定", Kind::Ref("network_result")),
        Column::new("ordinal", "順番", Kind::Int),
        Column::new("item", "項目", Kind::Text),
        Column::new("kind", "種類", Kind::Text),
        Column::new("title", "確かめたこと", Kind::Text),
        Column::new("basis", "根拠", Kind::Text).optional(),
        // Zone ids with commas between them.
        Column::new("from_zones", "どこから", Kind::Text).optional(),
        Column::new("to_zones", "どこへ", Kind::Text).optional(),
        // Which zones it speaks for: 住民情報系, LGWAN系, インターネット系.
        Column::new("resident", "住民情報系", Kind::Bool),
        Column::new("lgwan", "LGWAN系", Kind::Bool),
        Column::new("internet", "インターネット系", Kind::Bool),
        Column::new("verdict", "答え", Kind::Choice(VERDICTS)),
        // Ids of the assumptions a proof rests on, with commas between them.
        Column::new("assumptions", "前提", Kind::Text).optional(),
    ],
};
