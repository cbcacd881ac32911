//! Accounts and what proves that somebody is their owner. Secrets are not columns of these nouns: the ledger and
//! the history must never see them. They live in the operational table `credential_secret`. Public keys are columns.

use crate::noun::{Column, Kind, Noun};

pub const STATES: &[(&str, &str)] = &[("active", "有効"), ("locked", "停止中"), ("disabled", "廃止")];

/// Who vouches for an account: this program, the directory, the OpenID provider.
pub const KINDS: &[(&str, &str)] = &[("local", "ローカル"), ("directory", "AD/LDAP"), ("oidc", "OIDC")];

pub static ACCOUNT: Noun = Noun {
    name: "account",
    label: "アカウント",
    columns: &[
        Column::new("person_id", "職員", Kind::Ref("person")),
        Column::new("login", "ログイン名", Kind::Text).personal(),
        Column::new("kind", "種別", Kind::Choice(KINDS)),
        Column::new("state", "状態", Kind::Choice(STATES)),
        Column::new("privileged", "特権", Kind::Bool),
        // What the directory or provider calls the account (objectGUID, sub): names change, this does not.
        Column::new("external_id", "認証基盤の識別子", Kind::Text).later().personal(),
        // 住民情報系: two factors of different kinds, and no recovery code in place of one.
        Column::new("resident_zone", "住民情報系", Kind::Bool).later(),
    ],
};

pub const CREDENTIAL_KINDS: &[(&str, &str)] = &[
    ("password", "パスワード"),
    ("totp", "認証アプリ"),
    ("passkey", "パスキー"),
    ("recovery", "回復コード"),
    ("certificate", "職員カード"),
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
        // By which the credential is found: a passkey's id, a certificate's issuer and serial number.
        Column::new("handle", "識別子", Kind::Text).later().personal(),
        // A passkey's public key (JWK): in the record, so that an auditor can verify decisions made with it.
        Column::new("public_key", "公開鍵", Kind::Json).later(),
    ],
};
