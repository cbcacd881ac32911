//! 一斉: one thing asked of many sections. A section prepares its part (課の担当者) and somebody above confirms it (課長);
//! the two are never the same person. What the part consists of depends on the campaign: for a 棚卸, see `stocktake`.

use crate::noun::{Column, Kind, Noun};
use crate::task::BASES;

pub const KINDS: &[(&str, &str)] = &[("request", "依頼"), ("stocktake", "棚卸")];

/// One thing asked of many sections at once.
pub static CAMPAIGN: Noun = Noun {
    name: "campaign",
    label: "一斉の依頼",
    columns: &[
        Column::new("title", "件名", Kind::Text),
        Column::new("detail", "すること", Kind::Text),
        Column::new("basis", "求めているもの", Kind::Choice(BASES)),
        Column::new("due_rule", "期限の決まり", Kind::Text),
        Column::new("due_on", "期限", Kind::Date),
        Column::new("opened_ms", "始めた日時", Kind::Instant),
        Column::new("opened_by", "始めた人", Kind::Ref("person")),
        Column::new("closed_ms", "終えた日時", Kind::Instant).optional(),
        // What it asks for; NULL is a plain request.
        Column::new("kind", "種類", Kind::Choice(KINDS)).later(),
        // 棚卸: the register that is gone through.
        Column::new("register", "台帳", Kind::Text).later(),
        // Its closing record is evidence for this row.
        Column::new("requirement_id", "要求", Kind::Ref("requirement")).later(),
    ],
};

/// A seat with this many campaigns open is asked for another only after a warning.
pub const CAMPAIGNS_WARN: i64 = 3;

pub const PART_STATES: &[(&str, &str)] =
    &[("open", "準備中"), ("prepared", "確認待ち"), ("confirmed", "確認済み")];

/// One section's part of a campaign. Its figures are those of the moment it was handed over.
pub static CAMPAIGN_PART: Noun = Noun {
    name: "campaign_part",
    label: "一斉の依頼の課の分",
    columns: &[
        Column::new("campaign_id", "一斉の依頼", Kind::Ref("campaign")),
        Column::new("unit_id", "所属", Kind::Unit),
        Column::new("state", "状態", Kind::Choice(PART_STATES)),
        Column::new("population", "台帳の行", Kind::Int).optional().unit("件"),
        // Looked at one by one and as written.
        Column::new("found", "現物を見た", Kind::Int).optional().unit("件"),
        Column::new("changed", "違うところがある", Kind::Int).optional().unit("件"),
        Column::new("missing", "見当たらない", Kind::Int).optional().unit("件"),
        Column::new("extra", "台帳にない", Kind::Int).optional().unit("件"),
        // SHA-256 over the rows (id, version) and what was said about them: what was prepared is what is confirmed.
        Column::new("seal", "封印", Kind::Text).optional(),
        Column::new("prepared_by", "準備した人", Kind::Ref("person")).optional(),
        Column::new("prepared_ms", "準備した日時", Kind::Instant).optional(),
        Column::new("confirmed_by", "確かめた人", Kind::Ref("person")).optional(),
        Column::new("confirmed_ms", "確かめた日時", Kind::Instant).optional(),
        // The commit that wrote the day into the rows.
        Column::new("batch_id", "書込みの組", Kind::Text).optional(),
        // Why it was given back the last time.
        Column::new("returned", "差し戻した理由", Kind::Text).optional(),
    ],
};
