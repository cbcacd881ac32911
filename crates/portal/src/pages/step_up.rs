//! 本人確認: before a decision, an export or the use of a key, the person proves once more that it is they who sit at
//! the screen. The proof holds for five minutes and gives the session a new secret.

use crate::App;
use crate::credential;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::shared::FormPage;
use crate::part::{Errors, Field, Input};
use crate::session::Me;
use crate::shell::{Page, page};
use crate::sign_in::{Visitor, local};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sekisho_domain::factor::Method;

async fn step_up_page(app: &App, me: &Me, back: &str, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let fields = vec![
        Field::new("code", "認証アプリの6桁の数字", Input::Digits).autocomplete("one-time-code"),
        Field::hidden("back", back),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell: app.shell(me, "", "あなた本人ですか").await?,
        lead: "決裁などの大事な操作の前に、もう一度確かめます。".to_owned(),
        errors,
        action: "/step-up".to_owned(),
        fields,
        upload: false,
        button: "確かめて戻る",
        consequence: "確かめたあと5分間は、続けて操作できます。".to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    page(&step_up_page(&app, &me, local(query.get("back")), None).await?)
}

pub(crate) async fn code(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, PortalError> {
    let code = form.required("code", "6桁の数字を入力してください。");
    let back = local(form.get("back")).to_owned();
    if !app.config.steps_up(Method::Totp) {
        form.refuse("code", "この市では、認証アプリでの本人確認は使えません。");
    }
    if app.store.db.login_blocked(&me.session.login, me.now).await?.is_some() {
        form.refuse("code", super::login::BLOCKED);
    }
    if form.ok() {
        if credential::totp_fits(&app, &me.session.account_id, &code, me.now).await? {
            app.store.login_succeeded(&me.session.login).await?;
            let mut shown = me.session.shown();
            shown.push(Method::Totp);
            let visitor = Visitor { headers: &headers, old: Some(&me.session), back: &back };
            return app.open(&visitor, &me.session.account_id, "full", &shown, &back).await;
        }
        app.store.login_failed(&me.session.login).await?;
        form.refuse("code", super::login::WRONG_CODE);
    }
    Ok(page(&step_up_page(&app, &me, &back, Some(&form)).await?)?.into_response())
}
