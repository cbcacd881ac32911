//! Accounts and what proves that somebody is their owner. Secrets are not columns of these nouns: the ledger and
//! the history must never see them. They live in the operational table `credential_secret`.

use crate::noun::{Column, Kind, Noun};

pub const STATES: &[(&str, &str)] = &[("active", "有効"), ("locked", "停止中"), ("disabled", "廃止")];

pub static ACCOUNT: Noun = Noun {
    name: "account",
    label: "アカウント",
    columns: &[
        Column::new("person_id", "職員", Kind::Ref("person")),
        Column::new("login", "ログイン名", Kind::Text).personal(),
        Column::new(
            "kind",
            "種別",
            Kind::Choice(&[("local", "ローカル"), ("directory", "AD/LDAP"), ("oidc", "OIDC")]),
        ),
        Column::new("state", "状態", Kind::Choice(STATES)),
        Column::new("privileged", "特権", Kind::Bool),
    ],
};

pub const CREDENTIAL_KINDS: &[(&str, &str)] = &[
    ("password", "パスワード"),
    ("totp", "認証アプリ"),
    ("passkey", "パスキー"),
    ("recovery", "回復コード"),
];

pub static CREDENTIAL: Noun = Noun {
    name: "credential",
    label: "認証手段",
    columns: &[
        Column::new("account_id", "アカウント", Kind::Ref("account")),
        Column::new("kind", "種別", Kind::Choice(CREDENTIAL_KINDS)),
        Column::new("label", "名前", Kind::Text).optional(),
        Column::new("registered_ms", "登録日時", Kind::Instant),
        Column::new("revoked_ms", "失効日時", Kind::Instant).optional(),
        Column::new("countersigned_by", "立会者", Kind::Ref("person")).optional(),
    ],
};
