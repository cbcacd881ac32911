//! Log-in: name and password, then the code of the authenticator; on the first time, choosing both.
//!
//! Each step has its own short session and its own cookie value, so that nothing from before the second factor
//! is worth anything after it.

use crate::error::PortalError;
use crate::form::Form;
use crate::pages::shared::FormPage;
use crate::part::{Errors, Field, Input, Qr};
use crate::session::{Me, token, with_cookie};
use crate::shell::{Page, Shell, page};
use crate::sign_in::{Visitor, local, query};
use crate::{App, credential};
use askama::Template;
use axum::Extension;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::factor::Demand;
use sekisho_domain::factor::Method;
use sekisho_identity::Answer;
use sekisho_store::account::{Holder, KeyRow, LoginRow};
use sekisho_store::directory::DirectoryEntry;
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Debug, Template)]
#[template(path = "login/enrol.html")]
pub(crate) struct EnrolPage {
    pub(crate) shell: Shell,
    /// The password is kept here, not by the directory or the provider.
    pub(crate) own: bool,
    pub(crate) errors: Errors,
    pub(crate) password_fields: Vec<Field>,
    pub(crate) qr: Qr,
    pub(crate) secret: String,
    pub(crate) code: Field,
}

/// A hash that no password fits: checked when the name is unknown, so that both answers take as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2VraXNoby1ub2JvZHk$\
                      5wBqS4bYHw2yH4WnB2f0dEoXkK3Gm0Yy0qS0m1q2H9Y";
const WRONG: &str = "ログイン名かパスワードが違います。";
pub(crate) const WRONG_CODE: &str = "数字が違うか、すでに使われています。次に出る数字を入力してください。";
pub(crate) const BLOCKED: &str = "まちがいが続いたため、このログイン名は休止中です。15分ほど待ってください。";

#[derive(Debug, Template)]
#[template(path = "login/login.html")]
pub(crate) struct LoginPage {
    pub(crate) shell: Shell,
    pub(crate) lead: &'static str,
    pub(crate) errors: Errors,
    /// Where the OpenID provider is asked, when the city has one.
    pub(crate) provider: Option<String>,
    pub(crate) card: bool,
    pub(crate) passkey: Option<String>,
    pub(crate) back: String,
    pub(crate) password_words: &'static str,
    pub(crate) fields: Vec<Field>,
    pub(crate) button: &'static str,
    pub(crate) consequence: &'static str,
}

/// What happened elsewhere, by the word in the address.
pub(crate) fn notice(done: &str) -> &'static str {
    match done {
        "out" => "ログアウトしました。",
        "oidc-down" => {
            "庁内の認証サーバにつながりません。記録は何も変わっていません。少し待つか、ほかの方法を選んでください。"
        }
        "oidc-no" => "庁内の認証サーバで確かめられませんでした。もう一度お試しください。",
        "oidc-nobody" => {
            "庁内アカウントは確かめましたが、関所で使えるアカウントがありません。システム管理者に知らせてください。"
        }
        "card-no" => "職員カードを確かめられませんでした。カードを置き直して、もう一度押してください。",
        _ => "",
    }
}

fn login_page(app: &App, headers: &HeaderMap, back: &str, form: Option<&Form>, done: &str) -> LoginPage {
    let fields = vec![
        Field::text("login", "ログイン名").autocomplete("username"),
        Field::new("password", "パスワード", Input::Password).autocomplete("current-password"),
        Field::hidden("back", back),
    ];
    let (fields, mut errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let said = notice(done);
    let good = done == "out";
    errors.items.extend((!good && !said.is_empty()).then(|| (String::new(), said.to_owned())));
    let back = query("back", back);
    let directory = app.identity.directory.is_some();
    LoginPage {
        shell: app.bare_shell("関所にログインする"),
        lead: if good { said } else { "" },
        errors,
        provider: app.identity.provider.as_ref().map(|_| format!("/login/oidc?{back}")),
        card: app.identity.card.is_some(),
        passkey: app.relying_party(headers).map(|_| format!("/login/passkey?{back}")),
        back: local(form.map_or("", |f| f.get("back"))).to_owned(),
        password_words: if directory {
            "庁内アカウントのパスワードで"
        } else {
            "ログイン名とパスワードで"
        },
        fields,
        button: "次へ",
        consequence: match directory {
            true => "パソコンにログインするときと同じ名前とパスワードです。",
            false => "次の画面で、認証アプリの6桁の数字を入力します。",
        },
    }
}

pub(crate) async fn form(State(app): State<App>, headers: HeaderMap, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let mut shown = login_page(&app, &headers, local(query.get("back")), None, query.get("done"));
    local(query.get("back")).clone_into(&mut shown.back);
    page(&shown)
}

/// A refusal comes no earlier than this after the question, whatever was looked up for it: nobody learns from
/// the time taken which names exist, or where their passwords are kept.
const REFUSED_AFTER: Duration = Duration::from_millis(400);

pub(crate) async fn password(
    State(app): State<App>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, PortalError> {
    let not_before = tokio::time::sleep(REFUSED_AFTER);
    let login = form.required("login", "ログイン名を入力してください。").to_lowercase();
    let password = form.exact("password").to_owned();
    let back = local(form.get("back")).to_owned();
    let now = app.store.clock.now();
    let address = peer.and_then(|Extension(ConnectInfo(peer))| address(&app, peer));
    for subject in [Some(&login), address.as_ref()].into_iter().flatten() {
        if app.store.db.login_blocked(subject, now).await?.is_some() {
            form.refuse("login", BLOCKED);
            break;
        }
    }
    if form.ok() {
        let rows = app.store.db.login(&login).await?;
        match check(&app, &login, &rows, password).await? {
            Checked::Right(holder, method) => {
                let visitor = Visitor { headers: &headers, old: None, back: &back };
                return app.admit(visitor, &holder, vec![method]).await;
            }
            Checked::Wrong => {
                app.store.login_failed(&login).await?;
                if let Some(address) = &address {
                    app.store.address_failed(address).await?;
                }
                form.refuse("login", WRONG);
            }
            Checked::Said(sentence) => form.refuse("login", sentence),
        }
        not_before.await;
    }
    Ok(page(&login_page(&app, &headers, &back, Some(&form), ""))?.into_response())
}

/// The address whose failures are counted; not one behind which everybody stands.
fn address(app: &App, peer: SocketAddr) -> Option<String> {
    let ip = peer.ip().to_canonical();
    let proxy = app.identity.card.as_ref().is_some_and(|card| card.peers.contains(&ip));
    (!ip.is_loopback() && !proxy).then(|| format!("address {ip}"))
}

enum Checked {
    Right(Holder, Method),
    Wrong,
    /// Not the person's fault, and not counted as a failure.
    Said(&'static str),
}

/// A local account is checked here and nowhere else, so that the sealed accounts work when the directory is down.
/// Every other name, known or not, is the directory's.
async fn check(app: &App, login: &str, rows: &[LoginRow], password: String) -> Result<Checked, PortalError> {
    let holder = app.store.db.holder_by_login(login).await?;
    let local = holder.as_ref().is_some_and(|h| h.kind == "local");
    let of_directory = app.identity.directory.is_some() && !local;
    let own = if local { rows } else { &[] };
    let right = check_password(app, own, password.clone()).await?;
    if let Some(holder) = right {
        return Ok(Checked::Right(holder, Method::Password));
    }
    if !of_directory {
        return Ok(Checked::Wrong);
    }
    let entry = match ask_directory(app, login, &password).await {
        Ok(entry) => entry,
        Err(checked) => return Ok(checked),
    };
    let Some(account) = app.store.vouched_account("directory", &entry).await? else {
        return Ok(Checked::Said(
            "パスワードは合っていますが、関所で使えるアカウントがありません。システム管理者に知らせてください。",
        ));
    };
    let holder = app.store.db.holder(&account).await?;
    let holder = holder.filter(|h| h.may_log_in(app.store.clock.now()));
    Ok(holder.map_or(Checked::Wrong, |h| Checked::Right(h, Method::Directory)))
}

async fn ask_directory(app: &App, login: &str, password: &str) -> Result<DirectoryEntry, Checked> {
    let Some(directory) = &app.identity.directory else { return Err(Checked::Wrong) };
    match directory.check(login, password).await {
        Ok(Answer::Yes(found)) => Ok(DirectoryEntry {
            external_id: found.id,
            login: found.login,
            number: found.number,
            enabled: true,
        }),
        Ok(Answer::No) => Err(Checked::Wrong),
        Ok(Answer::MustChange) => Err(Checked::Said(
            "パスワードの期限が切れています。庁内のパソコンで新しいパスワードに変えてから、もう一度お試しください。",
        )),
        Err(fault) => {
            tracing::error!(%fault, "the directory cannot be asked");
            Err(Checked::Said(
                "庁内アカウントの認証サーバにつながりません。入力に誤りがあったわけではありません。少し待つか、パスキーなどほかの方法を選んでください。",
            ))
        }
    }
}

/// 本人確認 with the directory's password. A sentence that is no refusal is put into the form.
pub(crate) async fn directory_fits(
    app: &App,
    me: &Me,
    form: &mut Form,
    password: &str,
) -> Result<bool, PortalError> {
    let holder = app.store.db.holder(&me.session.account_id).await?.ok_or(PortalError::NotFound)?;
    if holder.kind != "directory" {
        return Ok(false);
    }
    match ask_directory(app, &holder.login, password).await {
        Ok(entry) => Ok(holder.external_id.as_ref() == Some(&entry.external_id)),
        Err(Checked::Said(sentence)) => {
            form.refuse("password", sentence);
            Ok(false)
        }
        Err(_) => Ok(false),
    }
}

/// The account whose password fits, if it may be used.
async fn check_password(
    app: &App,
    rows: &[LoginRow],
    password: String,
) -> Result<Option<Holder>, PortalError> {
    let found = rows.iter().find(|r| r.kind == "password");
    let phc = found.map_or_else(|| NOBODY.to_owned(), |r| r.secret.clone());
    let fits = app.hash(move || credential::verify_password(&password, &phc)).await?;
    let Some(row) = found.filter(|_| fits) else { return Ok(None) };
    let holder = app.store.db.holder(&row.account_id).await?;
    Ok(holder.filter(|h| h.may_log_in(app.store.clock.now())))
}

fn code_page(app: &App, back: &str, keys: &[KeyRow], form: Option<&Form>) -> FormPage {
    let has = |kind: &str| keys.iter().any(|k| k.kind == kind);
    let mut code = Field::new("code", "認証アプリの6桁の数字", Input::Digits).autocomplete("one-time-code");
    if has("recovery") {
        code = code.hint("アプリを使えないときは、回復コードを一つ入力してください。");
    }
    let fields = vec![code, Field::hidden("back", back)];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    FormPage {
        shell: app.bare_shell("認証アプリの数字を入力する"),
        lead: String::new(),
        errors,
        action: "/login/code".to_owned(),
        fields,
        upload: false,
        button: "ログインする",
        consequence: "アプリを使えないときは、システム管理者に登録のやり直しを頼んでください。".to_owned(),
    }
}

/// The second step: the passkey's page when that is what the person has, else the code's.
pub(crate) async fn code_form(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, PortalError> {
    let form = Form::from_query(raw.as_deref().unwrap_or(""));
    let back = local(form.get("back"));
    let keys = app.store.db.keys(&me.session.account_id).await?;
    let has = |kind: &str| keys.iter().any(|k| k.kind == kind);
    if !has("totp") && has("passkey") && app.relying_party(&headers).is_some() {
        return Ok(Redirect::to(&format!("/login/passkey?{}", query("back", back))).into_response());
    }
    Ok(page(&code_page(&app, back, &keys, None))?.into_response())
}

pub(crate) async fn code(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, PortalError> {
    let code = form.required("code", "6桁の数字を入力してください。");
    let back = local(form.get("back")).to_owned();
    if app.store.db.login_blocked(&me.session.login, me.now).await?.is_some() {
        form.refuse("code", BLOCKED);
    }
    if form.ok() {
        if credential::totp_fits(&app, &me.session.account_id, &code, me.now).await? {
            app.store.login_succeeded(&me.session.login).await?;
            return further(&app, &me, &headers, Method::Totp, &back).await;
        }
        let holder = app.store.db.holder(&me.session.account_id).await?.ok_or(PortalError::NotFound)?;
        let recovers = app.demand(&holder) != Demand::TwoStrict;
        if recovers && credential::recovery_fits(&app, &holder.id, &code).await? {
            app.store.login_succeeded(&me.session.login).await?;
            return further(&app, &me, &headers, Method::Recovery, &back).await;
        }
        app.store.login_failed(&me.session.login).await?;
        form.refuse("code", WRONG_CODE);
    }
    let keys = app.store.db.keys(&me.session.account_id).await?;
    Ok(page(&code_page(&app, &back, &keys, Some(&form)))?.into_response())
}

/// One more thing has been shown at a step of the log-in.
pub(crate) async fn further(
    app: &App,
    me: &Me,
    headers: &HeaderMap,
    method: Method,
    back: &str,
) -> Result<Response, PortalError> {
    let holder = app.store.db.holder(&me.session.account_id).await?.ok_or(PortalError::NotFound)?;
    let mut shown = me.session.shown();
    shown.push(method);
    app.admit(Visitor { headers, old: Some(&me.session), back }, &holder, shown).await
}

/// The authenticator's key while it is being registered: derived from the step's cookie, which only this browser
/// holds (256 random bits), so that nothing unconfirmed is stored.
fn enrolment_secret(app: &App, headers: &HeaderMap) -> Result<[u8; 20], PortalError> {
    let token = token(headers, app.config.tls).ok_or(PortalError::SignedOut { back: "/".to_owned() })?;
    Ok(credential::enrolment_secret(token))
}

fn enrol_page(app: &App, me: &Me, secret: &[u8], form: Option<&Form>) -> Result<EnrolPage, PortalError> {
    let url = credential::totp_url(secret, &app.config.city, &me.session.login);
    let qr = Qr::of(&url, "認証アプリに読み取らせる図").ok_or(PortalError::Internal("QR".to_owned()))?;
    let new = |id, label| Field::new(id, label, Input::Password).autocomplete("new-password");
    let own = enrols_password(me);
    let mut fields = match own {
        true => vec![
            new("password", "新しいパスワード").hint("12文字以上。覚えやすい文章でもかまいません。"),
            new("again", "新しいパスワード（もう一度）"),
        ],
        false => vec![
            Field::new("one_time", "登録コード", Input::Password)
                .hint("システム管理者から受け取った、一度だけ使えるパスワードです。"),
        ],
    };
    fields.push(Field::new("code", "アプリに出た6桁の数字", Input::Digits).autocomplete("one-time-code"));
    let (mut fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let code = fields.pop().ok_or(PortalError::Internal("fields".to_owned()))?;
    Ok(EnrolPage {
        shell: app.bare_shell(if own {
            "自分のパスワードと認証アプリを決める"
        } else {
            "認証アプリを登録する"
        }),
        own,
        errors,
        password_fields: fields,
        qr,
        secret: credential::totp_text(secret),
        code,
    })
}

pub(crate) async fn enrol_form(State(app): State<App>, me: Me, headers: HeaderMap) -> Page {
    let secret = enrolment_secret(&app, &headers)?;
    page(&enrol_page(&app, &me, &secret, None)?)
}

pub(crate) async fn enrol(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, PortalError> {
    let secret = enrolment_secret(&app, &headers)?;
    let own = enrols_password(&me);
    let password = form.exact(if own { "password" } else { "one_time" }).to_owned();
    if own {
        if let Some(fault) = credential::password_fault(&password, &me.session.login) {
            form.refuse("password", fault);
        } else if password != form.exact("again") {
            form.refuse("again", "二つのパスワードが同じではありません。");
        }
    } else if !one_time_fits(&app, &me, password.clone()).await? {
        form.refuse("one_time", "登録コードが違うか、使えません。システム管理者に確かめてください。");
    }
    let step = credential::check_totp(&secret, form.get("code"), me.now);
    if step.is_none() {
        form.refuse("code", "数字が違います。アプリに今出ている6桁を入力してください。");
    }
    let (true, Some(step)) = (form.ok(), step) else {
        return Ok(page(&enrol_page(&app, &me, &secret, Some(&form))?)?.into_response());
    };
    let account = me.session.account_id.as_str();
    let phc = if own { Some(new_hash(&app, password).await?) } else { None };
    let mut tx = app.store.write(&me.actor(), "credential.enrol").await?;
    match &phc {
        Some(phc) => drop(tx.set_credential(account, "password", phc, false).await?),
        None => tx.revoke_kind(account, "password").await?,
    }
    let totp = tx.set_credential(account, "totp", &hex::encode(secret), false).await?;
    tx.commit().await?;
    app.store.use_totp_step(&totp, step).await?;
    app.store.close_sessions_of(account, &me.session.id).await?;
    app.store.login_succeeded(&me.session.login).await?;
    further(&app, &me, &headers, Method::Totp, "/").await
}

/// Whether the one who enrols keeps a password here: local accounts do.
fn enrols_password(me: &Me) -> bool {
    let elsewhere = [Method::Directory, Method::Oidc, Method::OidcMulti, Method::Certificate];
    !me.session.shown().iter().any(|m| elsewhere.contains(m))
}

async fn new_hash(app: &App, password: String) -> Result<String, PortalError> {
    let entropy = app.store.entropy.clone();
    let phc = app.hash(move || credential::hash_password(&password, &*entropy)).await?;
    phc.ok_or(PortalError::Unreadable("password".to_owned()))
}

/// The one-time password that the administrator handed over: whoever knows only the directory's password must not
/// be the one who chooses the second factor.
async fn one_time_fits(app: &App, me: &Me, password: String) -> Result<bool, PortalError> {
    if app.store.db.login_blocked(&me.session.login, me.now).await?.is_some() {
        return Ok(false);
    }
    let rows = app.store.db.credentials(&me.session.account_id).await?;
    let row = rows.into_iter().find(|r| r.kind == "password" && r.one_time);
    let phc = row.map_or_else(|| NOBODY.to_owned(), |r| r.secret);
    let fits = app.hash(move || credential::verify_password(&password, &phc)).await?;
    if !fits {
        app.store.login_failed(&me.session.login).await?;
    }
    Ok(fits)
}

pub(crate) async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response, PortalError> {
    if let Some(token) = token(&headers, app.config.tls) {
        let now = app.store.clock.now();
        if let Some(session) = app.store.db.session(&credential::token_hash(token), now).await? {
            app.store.close_session(&session.id).await?;
        }
    }
    Ok(with_cookie(&app, "", Redirect::to("/login?done=out")))
}

impl App {
    /// Runs password hashing off the async threads, few at a time.
    pub(crate) async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PortalError> {
        let internal = |e: String| PortalError::Internal(format!("hashing: {e}"));
        let _permit = self.hashing.acquire().await.map_err(|e| internal(e.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|e| internal(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_a_hash_of_the_usual_cost() {
        assert!(!credential::verify_password("", NOBODY));
        let phc = argon2::password_hash::phc::PasswordHash::new(NOBODY).expect("a PHC string");
        assert_eq!(phc.algorithm.as_str(), "argon2id");
    }
}
