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
use crate::{App, credential};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_store::account::LoginRow;

#[derive(Debug, Template)]
#[template(path = "login/enrol.html")]
pub(crate) struct EnrolPage {
    pub(crate) shell: Shell,
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

fn login_page(app: &App, back: &str, form: Option<&Form>, notice: &str) -> FormPage {
    let fields = vec![
        Field::text("login", "ログイン名").autocomplete("username"),
        Field::new("password", "パスワード", Input::Password).autocomplete("current-password"),
        Field::hidden("back", back),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    FormPage {
        shell: app.bare_shell("関所にログインする"),
        lead: notice.to_owned(),
        errors,
        action: "/login".to_owned(),
        fields,
        upload: false,
        button: "次へ",
        consequence: "次の画面で、認証アプリの6桁の数字を入力します。".to_owned(),
    }
}

pub(crate) async fn form(State(app): State<App>, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let notice = match query.get("done") {
        "out" => "ログアウトしました。",
        _ => "",
    };
    page(&login_page(&app, local(query.get("back")), None, notice))
}

pub(crate) async fn password(
    State(app): State<App>,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, PortalError> {
    let login = form.required("login", "ログイン名を入力してください。");
    let password = form.exact("password").to_owned();
    let back = local(form.get("back")).to_owned();
    let now = app.store.clock.now();
    if app.store.db.login_blocked(&login, now).await?.is_some() {
        form.refuse("login", "まちがいが続いたため、このログイン名は休止中です。15分ほど待ってください。");
    }
    if form.ok() {
        let rows = app.store.db.login(&login).await?;
        match check_password(&app, &rows, password).await? {
            Some(found) => return start(&app, &headers, &rows, &found, &back).await,
            None => {
                app.store.login_failed(&login).await?;
                form.refuse("login", WRONG);
            }
        }
    }
    Ok(page(&login_page(&app, &back, Some(&form), ""))?.into_response())
}

/// The password credential that fits, of an account in use.
async fn check_password(
    app: &App,
    rows: &[LoginRow],
    password: String,
) -> Result<Option<LoginRow>, PortalError> {
    let found = rows.iter().find(|r| r.kind == "password" && r.state == "active").cloned();
    let phc = found.as_ref().map_or_else(|| NOBODY.to_owned(), |r| r.secret.clone());
    let fits = app.hash(move || credential::verify_password(&password, &phc)).await?;
    Ok(found.filter(|_| fits))
}

async fn start(
    app: &App,
    headers: &HeaderMap,
    rows: &[LoginRow],
    found: &LoginRow,
    back: &str,
) -> Result<Response, PortalError> {
    let second = rows.iter().any(|r| r.kind == "totp");
    let (stage, next) = match found.one_time || !second {
        true => ("enrol", "/login/first".to_owned()),
        false => ("password", format!("/login/code?{}", query("back", back))),
    };
    let (token, hash) = credential::new_token(&*app.store.entropy);
    app.store.sweep_sessions().await?;
    app.store.open_session(&found.account_id, &hash, stage, &agent(headers)).await?;
    Ok(with_cookie(app, &token, Redirect::to(&next)))
}

fn code_page(app: &App, back: &str, form: Option<&Form>) -> FormPage {
    let fields = vec![
        Field::new("code", "認証アプリの6桁の数字", Input::Digits).autocomplete("one-time-code"),
        Field::hidden("back", back),
    ];
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

pub(crate) async fn code_form(State(app): State<App>, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    page(&code_page(&app, local(query.get("back")), None))
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
        form.refuse("code", "まちがいが続いたため、このログイン名は休止中です。15分ほど待ってください。");
    }
    if form.ok() {
        if second_factor(&app, &me, &code).await? {
            app.store.login_succeeded(&me.session.login).await?;
            return full_session(&app, &me, &headers, &back).await;
        }
        app.store.login_failed(&me.session.login).await?;
        form.refuse("code", "数字が違うか、すでに使われています。次に出る数字を入力してください。");
    }
    Ok(page(&code_page(&app, &back, Some(&form)))?.into_response())
}

async fn second_factor(app: &App, me: &Me, code: &str) -> Result<bool, PortalError> {
    for row in app.store.db.credentials(&me.session.account_id).await? {
        if row.kind != "totp" {
            continue;
        }
        let secret = hex::decode(&row.secret).map_err(|e| PortalError::Internal(e.to_string()))?;
        if let Some(step) = credential::check_totp(&secret, code, me.now) {
            return Ok(app.store.use_totp_step(&row.credential_id, step).await?);
        }
    }
    Ok(false)
}

/// Ends the step's session and opens the real one under a new secret.
async fn full_session(app: &App, me: &Me, headers: &HeaderMap, back: &str) -> Result<Response, PortalError> {
    let (token, hash) = credential::new_token(&*app.store.entropy);
    app.store.close_session(&me.session.id).await?;
    app.store.open_session(&me.session.account_id, &hash, "full", &agent(headers)).await?;
    Ok(with_cookie(app, &token, Redirect::to(back)))
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
    let fields = vec![
        new("password", "新しいパスワード").hint("12文字以上。覚えやすい文章でもかまいません。"),
        new("again", "新しいパスワード（もう一度）"),
        Field::new("code", "アプリに出た6桁の数字", Input::Digits).autocomplete("one-time-code"),
    ];
    let (mut fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let code = fields.pop().ok_or(PortalError::Internal("fields".to_owned()))?;
    Ok(EnrolPage {
        shell: app.bare_shell("自分のパスワードと認証アプリを決める"),
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
    let password = form.exact("password").to_owned();
    if let Some(fault) = credential::password_fault(&password, &me.session.login) {
        form.refuse("password", fault);
    } else if password != form.exact("again") {
        form.refuse("again", "二つのパスワードが同じではありません。");
    }
    let step = credential::check_totp(&secret, form.get("code"), me.now);
    if step.is_none() {
        form.refuse("code", "数字が違います。アプリに今出ている6桁を入力してください。");
    }
    let (true, Some(step)) = (form.ok(), step) else {
        return Ok(page(&enrol_page(&app, &me, &secret, Some(&form))?)?.into_response());
    };
    let entropy = app.store.entropy.clone();
    let phc = app.hash(move || credential::hash_password(&password, &*entropy)).await?;
    let phc = phc.ok_or(PortalError::Unreadable("password".to_owned()))?;
    let account = me.session.account_id.as_str();
    let mut tx = app.store.write(&me.actor(), "credential.enrol").await?;
    tx.set_credential(account, "password", &phc, false).await?;
    let totp = tx.set_credential(account, "totp", &hex::encode(secret), false).await?;
    tx.commit().await?;
    app.store.use_totp_step(&totp, step).await?;
    app.store.close_sessions_of(account, &me.session.id).await?;
    app.store.login_succeeded(&me.session.login).await?;
    full_session(&app, &me, &headers, "/").await
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

/// Only a path of our own: `//evil` and `/\evil` are addresses of other hosts to a browser.
fn local(back: &str) -> &str {
    let ours =
        back.starts_with('/') && !back[1..].starts_with(['/', '\\']) && !back.contains(char::is_control);
    if ours && !back.starts_with("/login") { back } else { "/" }
}

fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

/// The browser's own words about itself, shortened: enough to recognise one's own machine in the list.
fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("不明");
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_way_back_stays_here() {
        assert_eq!(local("/requirements?clause=7"), "/requirements?clause=7");
        for away in ["", "//evil", "/\\evil", "https://evil", "/login/code", "/\n/evil"] {
            assert_eq!(local(away), "/", "{away:?}");
        }
    }

    #[test]
    fn nobody_has_a_hash_of_the_usual_cost() {
        assert!(!credential::verify_password("", NOBODY));
        let phc = argon2::password_hash::phc::PasswordHash::new(NOBODY).expect("a PHC string");
        assert_eq!(phc.algorithm.as_str(), "argon2id");
    }

    proptest! {
        #[test]
        fn the_way_back_never_leaves(back in "\\PC{0,12}") {
            let path = local(&back);
            prop_assert!(path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\"));
        }
    }
}
