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

pub static DECISION: Noun = Noun {
    name: "decision",
    label: "申請・決裁",
    columns: &[
        Column::new("number", "文書番号", Kind::Text).optional(),
        // revision | adoption | not_applicable | exception | external …: what approving it brings about.
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
    ],
};
