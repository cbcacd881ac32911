//! 申請・決裁: what is decided is bound to the SHA-256 of what was shown; who decides is a seat, not a person.

use crate::noun::{Column, Kind, Noun};

pub const STATES: &[(&str, &str)] = &[
    ("pending", "決裁待ち"),
    ("approved", "承認"),
    ("returned", "差戻し"),
    ("withdrawn", "引戻し"),
    ("expired", "期限切れ"),
    ("voided", "失効"),
];

/// Kinds of decision, as people call them. Which effect a kind has stands in `store::effect`.
pub const KINDS: &[(&str, &str)] = &[
    ("revision", "方針・基準の改定"),
    ("adoption", "対策基準の行の採用・変更"),
    ("rejection", "対策基準の行の不採用"),
    ("exception", "例外措置"),
    ("emergency", "緊急時の事後承認"),
    ("account", "アカウントの申請"),
    ("disposal", "廃棄"),
    ("specific_flow", "特定通信の申請"),
    ("general", "その他の申請"),
];

pub static DECISION: Noun = Noun {
    name: "decision",
    label: "申請・決裁",
    columns: &[
        Column::new("number", "文書番号", Kind::Text).optional(),
        // One of `KINDS`: what approving it brings about.
        Column::new("kind", "種別", Kind::Text),
        Column::new("subject_noun", "対象の種類", Kind::Text),
        Column::new("subject_id", "対象", Kind::Text),
        // What is decided, as canonical JSON; the digest is over these bytes.
        Column::new("subject", "対象の内容", Kind::Json),
        Column::new("subject_sha256", "対象のハッシュ", Kind::Text),
        Column::new("title", "件名", Kind::Text),
        Column::new("reason", "理由", Kind::Text),
        Column::new("clause_label", "根拠の条項", Kind::Text).optional(),
        Column::new("applicant_id", "申請者", Kind::Ref("person")),
        Column::new("applicant_seat", "申請者の職", Kind::Text),
        Column::new("state", "状態", Kind::Choice(STATES)),
        Column::new("requested_ms", "申請日時", Kind::Instant),
        Column::new("expires_ms", "期限", Kind::Instant).optional(),
        Column::new("closed_ms", "終了日時", Kind::Instant).optional(),
        // 外部決裁: file number, date, 専決区分, seat and digest of the sealed copy, as JSON.
        Column::new("external", "外部決裁", Kind::Json).optional(),
        // 文書番号 in parts: section and fiscal year (税務課-R8), and the number in it.
        Column::new("series", "文書番号の系列", Kind::Text).later(),
        Column::new("ordinal", "系列の中の番号", Kind::Int).later(),
        // The applicant's section when they applied.
        Column::new("unit_id", "申請した所属", Kind::Text).later(),
        Column::new("authority_id", "専決規程の行", Kind::Ref("authority")).later(),
        Column::new("division", "専決区分", Kind::Text).later(),
        // What the table's conditions looked at.
        Column::new("facts", "専決の条件", Kind::Json).later(),
        // Applications with the same text are alike and may be decided together; NULL never.
        Column::new("alike", "まとめて決裁できる組", Kind::Text).later(),
        Column::new("venue", "決裁の場所", Kind::Choice(crate::authority::VENUES)).later(),
        // 緊急時の事後承認: when it was done before anybody approved it.
        Column::new("done_ms", "先に行った日時", Kind::Instant).later(),
    ],
};

pub const STEP_KINDS: &[(&str, &str)] = &[("approve", "決裁"), ("concur", "合議"), ("after", "後閲")];
pub const STEP_STATES: &[(&str, &str)] = &[
    ("waiting", "順番待ち"),
    ("open", "決裁待ち"),
    ("approved", "承認"),
    ("returned", "差戻し"),
    ("closed", "終了"),
];

pub const MODES: &[(&str, &str)] =
    &[("self", "本人"), ("deputy", "代決"), ("delegate", "委任"), ("body", "議決"), ("external", "外部決裁")];

/// One seat on the route. A route of one step is data, not a special case.
pub static DECISION_STEP: Noun = Noun {
    name: "decision_step",
    label: "決裁の段階",
    columns: &[
        Column::new("decision_id", "申請・決裁", Kind::Ref("decision")),
        Column::new("ordinal", "順番", Kind::Int),
        Column::new("kind", "種別", Kind::Choice(STEP_KINDS)),
        Column::new("role", "役割", Kind::Text).optional(),
        Column::new("position_id", "職", Kind::Ref("position")).optional(),
        Column::new("unit_id", "所属", Kind::Text).optional(),
        Column::new("state", "状態", Kind::Choice(STEP_STATES)),
        Column::new("actor_id", "決裁者", Kind::Ref("person")).optional(),
        Column::new("actor_seat", "決裁者の職", Kind::Text).optional(),
        Column::new("acted_ms", "決裁日時", Kind::Instant).optional(),
        Column::new("comment", "意見", Kind::Text).optional(),
        // The WebAuthn assertion over the canonical decision; NULL is shown as 「サーバ記録のみ」.
        Column::new("proof", "署名", Kind::Json).optional(),
        // Who is meant, as one text that an index finds: `role:ciso@*`, `role:manager@UNIT`, `body:ID`.
        Column::new("seat_key", "職の印", Kind::Text).later(),
        Column::new("body_id", "会議体", Kind::Ref("body")).later(),
        Column::new("opened_ms", "順番が来た日時", Kind::Instant).later(),
        Column::new("answer_by", "返事の目安", Kind::Date).later(),
        Column::new("mode", "決裁のしかた", Kind::Choice(MODES)).later(),
        // 代決・委任: the holder in whose place somebody decided.
        Column::new("for_id", "本来の決裁者", Kind::Ref("person")).later(),
        // Why this seat and not the one the table names.
        Column::new("note", "経路の説明", Kind::Text).later(),
    ],
};
