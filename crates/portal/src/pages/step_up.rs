//! 本人確認: before a decision, an export or the use of a key, the person proves once more that it is they who sit at
//! the screen. The proof holds for five minutes and gives the session a new secret.

use crate::App;
use crate::credential;
use crate::error::PortalError;
use crate::form::Form;
use crate::part::{Errors, Field, Input};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use crate::sign_in::{Visitor, local, query};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sekisho_domain::factor::Method;

#[derive(Debug, Template)]
#[template(path = "login/step_up.html")]
pub(crate) struct StepUpPage {
    pub(crate) shell: Shell,
    pub(crate) errors: Errors,
    /// Pages that ask: (address, words).
    pub(crate) links: Vec<(String, &'static str)>,
    pub(crate) card: bool,
    pub(crate) back: String,
    pub(crate) fields: Vec<Field>,
}

/// Offers what the person has and the city accepts.
async fn step_up_page(
    app: &App,
    me: &Me,
    headers: &HeaderMap,
    back: &str,
    form: Option<&Form>,
    notice: &str,
) -> Result<StepUpPage, PortalError> {
    let keys = app.store.db.keys(&me.session.account_id).await?;
    let holder = app.store.db.holder(&me.session.account_id).await?.ok_or(PortalError::NotFound)?;
    let has = |kind: &str| keys.iter().any(|k| k.kind == kind);
    let accepts = |method: Method| app.config.steps_up(method);
    let mut links = Vec::new();
    if has("passkey") && accepts(Method::Passkey) && app.relying_party(headers).is_some() {
        links.push((format!("/step-up/passkey?{}", query("back", back)), "パスキーで確かめる"));
    }
    if holder.kind == "oidc" && app.identity.provider.is_some() && accepts(Method::Oidc) {
        links.push((format!("/step-up/oidc?{}", query("back", back)), "庁内アカウントで確かめる"));
    }
    let mut fields = Vec::new();
    if has("totp") && accepts(Method::Totp) {
        fields.push(Field::new("code", "認証アプリの6桁の数字", Input::Digits).autocomplete("one-time-code"));
    } else if holder.kind == "directory" && accepts(Method::Directory) {
        let field = Field::new("password", "庁内アカウントのパスワード", Input::Password);
        fields.push(field.autocomplete("current-password"));
    }
    if !fields.is_empty() {
        fields.push(Field::hidden("back", back));
    }
    let (fields, mut errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let notice = super::login::notice(notice);
    errors.items.extend((!notice.is_empty()).then(|| (String::new(), notice.to_owned())));
    Ok(StepUpPage {
        shell: app.shell(me, "", "あなた本人ですか").await?,
        errors,
        links,
        card: app.identity.card.is_some() && has("certificate") && accepts(Method::Certificate),
        back: back.to_owned(),
        fields,
    })
}

pub(crate) async fn form(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let back = local(query.get("back"));
    page(&step_up_page(&app, &me, &headers, back, None, query.get("done")).await?)
}

/// The proof is there: the session goes on under a new secret.
pub(crate) async fn proven(
    app: &App,
    me: &Me,
    headers: &HeaderMap,
    method: Method,
    back: &str,
) -> Result<Response, PortalError> {
    let mut shown = me.session.shown();
    shown.push(method);
    let visitor = Visitor { headers, old: Some(&me.session), back };
    app.open_stepped_up(&visitor, &me.session.account_id, &shown, back, app.config.steps_up(method)).await
}

/// The code of the app, or the password that the directory knows.
pub(crate) async fn code(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, PortalError> {
    let back = local(form.get("back")).to_owned();
    let directory = form.get("code").is_empty() && !form.exact("password").is_empty();
    let (field, method) = if directory { ("password", Method::Directory) } else { ("code", Method::Totp) };
    let (code, password) = (form.get("code").to_owned(), form.exact("password").to_owned());
    if !directory {
        form.required("code", "6桁の数字を入力してください。");
    }
    if !app.config.steps_up(method) {
        form.refuse(field, "この市では、この方法での本人確認は使えません。ほかの方法を選んでください。");
    }
    if app.store.db.login_blocked(&me.session.login, me.now).await?.is_some() {
        form.refuse(field, super::login::BLOCKED);
    }
    if form.ok() {
        let fits = match directory {
            true => super::login::directory_fits(&app, &me, &mut form, &password).await?,
            false => credential::totp_fits(&app, &me.session.account_id, &code, me.now).await?,
        };
        if fits {
            app.store.login_succeeded(&me.session.login).await?;
            return proven(&app, &me, &headers, method, &back).await;
        }
        if form.ok() {
            app.store.login_failed(&me.session.login).await?;
            let wrong =
                if directory { "パスワードが違います。" } else { super::login::WRONG_CODE };
            form.refuse(field, wrong);
        }
    }
    Ok(page(&step_up_page(&app, &me, &headers, &back, Some(&form), "").await?)?.into_response())
}
