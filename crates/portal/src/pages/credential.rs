//! 本人確認の方法: one's own passkeys, authenticator app and recovery codes; and what an administrator does with
//! those of others.

use crate::App;
use crate::credential::{recovery_codes, recovery_hash};
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::clause::word;
use crate::part::Moment;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use sekisho_domain::account::{CREDENTIAL, CREDENTIAL_KINDS};
use sekisho_domain::clock::Ms;
use sekisho_domain::noun::Value;
use sekisho_domain::person::PERSON;
use sekisho_store::account::KeyRow;

#[derive(Debug, Template)]
#[template(path = "credential/list.html")]
pub(crate) struct CredentialList {
    pub(crate) shell: Shell,
    pub(crate) rows: Vec<KeyLine>,
    pub(crate) own: bool,
    pub(crate) passkeys: bool,
    pub(crate) recovery: bool,
}

#[derive(Debug)]
pub(crate) struct KeyLine {
    pub(crate) kind: &'static str,
    pub(crate) label: String,
    pub(crate) registered: Moment,
    pub(crate) seen: String,
    /// (where the button posts to, words)
    pub(crate) actions: Vec<(String, &'static str)>,
}

#[derive(Debug, Template)]
#[template(path = "credential/recovery.html")]
pub(crate) struct RecoveryPage {
    pub(crate) shell: Shell,
    pub(crate) codes: Vec<String>,
}

/// One credential as a row of a table.
pub(crate) async fn line(
    app: &App,
    key: &KeyRow,
    actions: Vec<(String, &'static str)>,
) -> Result<KeyLine, PortalError> {
    let seen = match &key.countersigned_by {
        Some(id) => app.store.db.row(&PERSON, id).await?.map_or(String::new(), |p| p.text("name").to_owned()),
        None if key.kind == "passkey" => "まだ".to_owned(),
        None => String::new(),
    };
    Ok(KeyLine {
        kind: word(CREDENTIAL_KINDS, &key.kind),
        label: key.label.clone().unwrap_or_default(),
        registered: Moment::at(Ms(key.registered_ms)),
        seen,
        actions,
    })
}

pub(crate) async fn list(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Page {
    let query = Form::from_query(raw.as_deref().unwrap_or(""));
    let mut rows = Vec::new();
    let keys = app.store.db.keys(&me.session.account_id).await?;
    for key in &keys {
        let mine = matches!(key.kind.as_str(), "passkey" | "certificate" | "recovery");
        let remove = mine.then(|| (format!("/credentials/{}/remove", key.credential_id), "取り消す"));
        rows.push(line(&app, key, remove.into_iter().collect()).await?);
    }
    let mut shell = app.shell(&me, "", "本人であることを、何で示しますか").await?;
    shell.done = match query.get("done") {
        "passkey" => Some("パスキーを登録しました。次からは指紋・顔・PIN で入れます。"),
        "removed" => Some("取り消しました。"),
        _ => None,
    };
    page(&CredentialList {
        shell: shell.crumb("/sessions", "ログインの状況"),
        rows,
        own: true,
        passkeys: app.relying_party(&headers).is_some(),
        recovery: keys.iter().any(|k| k.kind == "totp"),
    })
}

/// New recovery codes in place of those there were; shown once.
pub(crate) async fn recovery(State(app): State<App>, me: Me) -> Page {
    me.must_be_stepped_up("/credentials")?;
    let codes = recovery_codes(&*app.store.entropy);
    let hashes: Vec<String> = codes.iter().map(|c| recovery_hash(c)).collect();
    let account = me.session.account_id.as_str();
    let mut tx = app.store.write(&me.actor(), "credential.enrol").await?;
    tx.set_credential(account, "recovery", &hashes.join(" "), false).await?;
    tx.commit().await?;
    let shell = app.shell(&me, "", "回復コードを書き写してください").await?;
    page(&RecoveryPage { shell: shell.crumb("/credentials", "本人確認の方法"), codes })
}

/// One's own: a lost key, a card that was handed back.
pub(crate) async fn remove(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Redirect, PortalError> {
    me.must_be_stepped_up("/credentials")?;
    let keys = app.store.db.keys(&me.session.account_id).await?;
    let own = keys.iter().find(|k| k.credential_id == id);
    let own = own.filter(|k| matches!(k.kind.as_str(), "passkey" | "certificate" | "recovery"));
    let key = own.ok_or(PortalError::NotFound)?;
    revoke_key(&app, &me, &key.credential_id).await?;
    Ok(Redirect::to("/credentials?done=removed"))
}

async fn revoke_key(app: &App, me: &Me, id: &str) -> Result<(), PortalError> {
    let mut tx = app.store.write(&me.actor(), "credential.revoke").await?;
    tx.revoke_credential(id).await?;
    Ok(tx.commit().await?)
}

/// The administrator's: of anybody, with the sessions it may have opened.
pub(crate) async fn revoke(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Redirect, PortalError> {
    let row = app.store.db.row(&CREDENTIAL, &id).await?.ok_or(PortalError::NotFound)?;
    let account = row.text("account_id").to_owned();
    me.must_be_stepped_up(&format!("/accounts/{account}"))?;
    if row.get("revoked_ms").is_some_and(|v| !v.is_null()) {
        return Err(PortalError::Conflict("already revoked".to_owned()));
    }
    revoke_key(&app, &me, &id).await?;
    app.store.close_sessions_of(&account, &me.session.id).await?;
    Ok(Redirect::to(&format!("/accounts/{account}?done=revoked")))
}

/// A second person saw to whom the key belongs: from then on its signatures stand for that person.
pub(crate) async fn countersign(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Redirect, PortalError> {
    let row = app.store.db.row(&CREDENTIAL, &id).await?.ok_or(PortalError::NotFound)?;
    let account = row.text("account_id").to_owned();
    me.must_be_stepped_up(&format!("/accounts/{account}"))?;
    let holder = app.store.db.holder(&account).await?.ok_or(PortalError::NotFound)?;
    let free = |column: &str| row.get(column).is_none_or(Value::is_null);
    if holder.person_id == me.who.person_id {
        return Err(PortalError::Forbidden("自分の登録には、自分では立ち会えません。".to_owned()));
    }
    if row.text("kind") != "passkey" || !free("revoked_ms") || !free("countersigned_by") {
        return Err(PortalError::Conflict("not a key waiting for a second person".to_owned()));
    }
    let mut tx = app.store.write(&me.actor(), "credential.countersign").await?;
    tx.update(row.set("countersigned_by", me.who.person_id.as_str())).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/accounts/{account}?done=countersigned")))
}
