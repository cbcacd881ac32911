//! Policy documents. A document has revisions; an approved revision is frozen byte for byte. A clause has an
//! identity that survives renumbering, and one text per revision.

use crate::noun::{Column, Kind, Noun};

pub const KINDS: &[(&str, &str)] =
    &[("policy", "基本方針"), ("standard", "対策基準"), ("procedure", "実施手順")];
pub const VISIBILITIES: &[(&str, &str)] =
    &[("public", "公開"), ("internal", "庁内"), ("limited", "限定"), ("secret", "非公開")];

pub static DOCUMENT: Noun = Noun {
    name: "document",
    label: "文書",
    columns: &[
        Column::new("kind", "種別", Kind::Choice(KINDS)),
        Column::new("title", "題名", Kind::Text),
        Column::new("visibility", "公開区分", Kind::Choice(VISIBILITIES)),
        Column::new("owner_unit_id", "所管", Kind::Text).optional(),
        Column::new("review_months", "見直しの間隔(月)", Kind::Int),
        Column::new("reviewed_on", "最後に見直した日", Kind::Date).optional(),
    ],
};

pub const REVISION_STATES: &[(&str, &str)] =
    &[("draft", "案"), ("pending", "決裁中"), ("approved", "決裁済"), ("withdrawn", "取下げ")];

/// 版. "In force" and "superseded" follow from state and dates, and are never stored.
pub static REVISION: Noun = Noun {
    name: "revision",
    label: "版",
    columns: &[
        Column::new("document_id", "文書", Kind::Ref("document")),
        Column::new("number", "通し番号", Kind::Int),
        Column::new("edition", "版", Kind::Text),
        Column::new("title", "題名", Kind::Text),
        Column::new("state", "状態", Kind::Choice(REVISION_STATES)),
        Column::new("revised_on", "改定日", Kind::Date).optional(),
        Column::new("effective_on", "施行日", Kind::Date).optional(),
        Column::new("source_name", "元のファイル", Kind::Text),
        Column::new("source_sha256", "元のファイルのハッシュ", Kind::Text),
        Column::new("body", "本文", Kind::Text),
        Column::new("body_sha256", "本文のハッシュ", Kind::Text),
        Column::new("decision_id", "決裁", Kind::Ref("decision")).optional(),
        Column::new("approved_ms", "決裁日時", Kind::Instant).optional(),
    ],
};

/// One line of a 改定履歴 table.
pub static REVISION_ENTRY: Noun = Noun {
    name: "revision_entry",
    label: "改定履歴",
    columns: &[
        Column::new("revision_id", "版", Kind::Ref("revision")),
        Column::new("ordinal", "順番", Kind::Int),
        Column::new("edition", "版の名前", Kind::Text),
        Column::new("revised_on", "改定日", Kind::Date).optional(),
        Column::new("effective_on", "施行日", Kind::Date).optional(),
        Column::new("sections", "改定箇所", Kind::Text).optional(),
        Column::new("summary", "改定内容", Kind::Text).optional(),
    ],
};

/// A line of the source that the importer could not place, or a reference that does not hold.
pub static REVISION_WARNING: Noun = Noun {
    name: "revision_warning",
    label: "取込みの注意",
    columns: &[
        Column::new("revision_id", "版", Kind::Ref("revision")),
        Column::new("ordinal", "順番", Kind::Int),
        Column::new("line", "行", Kind::Int),
        Column::new("code", "種類", Kind::Text),
        Column::new("message", "内容", Kind::Text),
    ],
};

pub static CLAUSE: Noun = Noun {
    name: "clause",
    label: "条項",
    columns: &[
        Column::new("document_id", "文書", Kind::Ref("document")),
        Column::new("first_label", "最初の番号", Kind::Text),
    ],
};

pub static CLAUSE_TEXT: Noun = Noun {
    name: "clause_text",
    label: "条文",
    columns: &[
        Column::new("revision_id", "版", Kind::Ref("revision")),
        Column::new("clause_id", "条項", Kind::Ref("clause")),
        Column::new("ordinal", "順番", Kind::Int),
        Column::new("label", "番号", Kind::Text),
        Column::new("parent_clause_id", "上位の条項", Kind::Ref("clause")).optional(),
        Column::new("heading", "見出し", Kind::Text).optional(),
        Column::new("text", "本文", Kind::Text),
        Column::new("visibility", "公開区分", Kind::Choice(VISIBILITIES)),
        // Definitions are not judged.
        Column::new("definition", "定義", Kind::Bool),
        Column::new("line", "元の行", Kind::Int),
    ],
};

pub const CLAUSE_CHANGES: &[(&str, &str)] = &[("split", "分割"), ("merged", "統合")];

/// 分割・統合: of an old clause that became several, or of several that became one, the pairs whose identity does not go
/// on by itself. From which, to which, how; as a person confirmed it with the revision.
pub static CLAUSE_CHANGE: Noun = Noun {
    name: "clause_change",
    label: "条項の分割・統合",
    columns: &[
        Column::new("revision_id", "版", Kind::Ref("revision")),
        Column::new("from_clause_id", "前の条項", Kind::Ref("clause")),
        Column::new("to_clause_id", "後の条項", Kind::Ref("clause")),
        Column::new("how", "変わり方", Kind::Choice(CLAUSE_CHANGES)),
    ],
};

pub static TERM: Noun = Noun {
    name: "term",
    label: "用語",
    columns: &[
        Column::new("revision_id", "版", Kind::Ref("revision")),
        Column::new("clause_id", "条項", Kind::Ref("clause")).optional(),
        Column::new("term", "用語", Kind::Text),
        Column::new("definition", "定義", Kind::Text),
    ],
};

/// The executive bodies of a municipality, and the council, each of which decides for itself whether the policy is its.
pub const BODIES: &[&str] = &[
    "市長",
    "教育委員会",
    "選挙管理委員会",
    "公平委員会",
    "監査委員",
    "農業委員会",
    "固定資産評価審査委員会",
    "公営企業管理者",
    "消防長",
    "議会",
];

/// 制定・改定の主体: each executive body adopts a revision on its own date.
pub static ADOPTION: Noun = Noun {
    name: "adoption",
    label: "制定主体",
    columns: &[
        Column::new("revision_id", "版", Kind::Ref("revision")),
        Column::new("body", "機関", Kind::Text),
        Column::new("decided_on", "決定日", Kind::Date),
        Column::new("file_number", "文書番号", Kind::Text).optional(),
    ],
};

/// Whether the file that was seen outside is what this system gave out for the edition, byte for byte.
pub const SAME_AS: &[(&str, &str)] =
    &[("html", "取り出したHTMLと同じ"), ("pdf", "取り出したPDFと同じ"), ("other", "取り出したものと違う")];

/// Whether a file that this system did not give out says what the edition says.
pub const WORDS: &[(&str, &str)] = &[
    ("agree", "文字は、この版とすべて同じ"),
    ("differ", "この版と違うところがある"),
    ("unread", "文字を読めず、確かめられない"),
];

/// 公表: somebody saw these bytes at this outside address on this day.
pub static PUBLICATION: Noun = Noun {
    name: "publication",
    label: "公表",
    columns: &[
        Column::new("revision_id", "版", Kind::Ref("revision")),
        Column::new("url", "公表先", Kind::Text),
        Column::new("published_on", "公表日", Kind::Date),
        Column::new("sha256", "ファイルのハッシュ", Kind::Text),
        Column::new("person_id", "確認した人", Kind::Ref("person")),
        Column::new("same_as", "取り出したものとの一致", Kind::Choice(SAME_AS)).later(),
        Column::new("words", "この版との一致", Kind::Choice(WORDS)).later(),
        Column::new("comparison", "比べた結果", Kind::Json).later(),
    ],
};
