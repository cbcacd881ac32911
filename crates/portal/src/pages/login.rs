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
use crate::sign_in::{Visitor, local};
use crate::{App, credential};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::factor::Method;
use sekisho_store::account::{Holder, LoginRow};

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
pub(crate) const WRONG_CODE: &str = "数字が違うか、すでに使われています。次に出る数字を入力してください。";
pub(crate) const BLOCKED: &str = "まちがいが続いたため、このログイン名は休止中です。15分ほど待ってください。";

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
        form.refuse("login", BLOCKED);
    }
    if form.ok() {
        let rows = app.store.db.login(&login).await?;
        match check_password(&app, &rows, password).await? {
            Some(holder) => {
                let visitor = Visitor { headers: &headers, old: None, back: &back };
                return app.admit(visitor, &holder, vec![Method::Password]).await;
            }
            None => {
                app.store.login_failed(&login).await?;
                form.refuse("login", WRONG);
            }
        }
    }
    Ok(page(&login_page(&app, &back, Some(&form), ""))?.into_response())
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
        form.refuse("code", BLOCKED);
    }
    if form.ok() {
        if credential::totp_fits(&app, &me.session.account_id, &code, me.now).await? {
            app.store.login_succeeded(&me.session.login).await?;
            return further(&app, &me, &headers, Method::Totp, &back).await;
        }
        app.store.login_failed(&me.session.login).await?;
        form.refuse("code", WRONG_CODE);
    }
    Ok(page(&code_page(&app, &back, Some(&form)))?.into_response())
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
    further(&app, &me, &headers, Method::Totp, "/").await
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
