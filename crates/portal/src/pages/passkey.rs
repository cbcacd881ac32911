//! パスキー: signing in, the second step, 本人確認 and registration, with one page that asks for the touch.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::part::{Errors, Field, Touch};
use crate::session::Me;
use crate::shell::{Shell, page};
use crate::sign_in::{Visitor, local, query};
use crate::touch::assertion;
use askama::Template;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::factor::Method;
use sekisho_passkey::{Registration, registered};
use sekisho_store::account::NewKey;
use sekisho_store::proof::ProofError;

#[derive(Debug, Template)]
#[template(path = "login/touch.html")]
pub(crate) struct TouchPage {
    pub(crate) shell: Shell,
    pub(crate) lead: &'static str,
    pub(crate) errors: Errors,
    pub(crate) action: &'static str,
    pub(crate) fields: Vec<Field>,
    /// `None`: the connection offers no passkeys.
    pub(crate) touch: Option<Touch>,
    pub(crate) button: &'static str,
    pub(crate) consequence: &'static str,
    pub(crate) other: String,
}

const NOT_PROVEN: &str = "パスキーで確かめられませんでした。もう一度押すか、ほかの方法を選んでください。";

/// What a page that asks for a touch says.
#[derive(Clone, Copy)]
struct Words {
    lead: &'static str,
    action: &'static str,
    button: &'static str,
    consequence: &'static str,
    other: &'static str,
}

const LOG_IN: Words = Words {
    lead: "ボタンを押すと、端末が指紋・顔・PIN のどれかを求めます。",
    action: "/login/passkey",
    button: "パスキーでログインする",
    consequence: "指紋や顔のデータは端末の外に出ません。",
    other: "/login",
};
const STEP_UP: Words = Words {
    lead: "ボタンを押すと、端末が指紋・顔・PIN のどれかを求めます。",
    action: "/step-up/passkey",
    button: "パスキーで確かめる",
    consequence: "確かめたあと5分間は、続けて操作できます。",
    other: "/step-up",
};

async fn ask(
    app: &App,
    shell: Shell,
    headers: &HeaderMap,
    words: Words,
    me: Option<&Me>,
    back: &str,
    error: Option<&str>,
) -> Result<Response, PortalError> {
    let account = me.map(|m| m.session.account_id.as_str());
    let mut token = None;
    let touch = match app.relying_party(headers) {
        Some(rp) => {
            let keys = match account {
                Some(id) => app.passkeys(id).await?,
                None => Vec::new(),
            };
            let (challenge, secret) = app.begin_touch("passkey", account).await?;
            token = Some(secret);
            Some(Touch::get(&rp, &challenge, &keys))
        }
        None => None,
    };
    let items = error.map(|e| (String::new(), e.to_owned()));
    let html = page(&TouchPage {
        shell,
        lead: words.lead,
        errors: Errors { items: items.into_iter().collect() },
        action: words.action,
        fields: vec![Field::hidden("back", back)],
        touch,
        button: words.button,
        consequence: words.consequence,
        other: format!("{}?{}", words.other, query("back", back)),
    })?;
    Ok(match token {
        Some(token) => app.asked(&token, html),
        None => html.into_response(),
    })
}

/// The account whose key was touched over this browser's question.
async fn answered(
    app: &App,
    headers: &HeaderMap,
    form: &Form,
    me: Option<&Me>,
) -> Result<Option<String>, PortalError> {
    let taken = app.take_touch("passkey", headers).await?;
    let (Some((challenge, ceremony)), Some(sent)) = (taken, assertion(form)) else { return Ok(None) };
    let Some(rp) = app.relying_party(headers) else { return Ok(None) };
    let account = me.map(|m| m.session.account_id.as_str());
    if ceremony.account_id.as_deref() != account {
        return Ok(None);
    }
    match app.store.touch(&rp, account, &challenge, &sent).await {
        Ok(key) => Ok(Some(key.account_id)),
        Err(ProofError::Store(error)) => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "a passkey's answer was refused");
            Ok(None)
        }
    }
}

/// Somebody who has given a first factor, when the step of the log-in is the second.
fn second_step(me: Option<Extension<Me>>) -> Option<Me> {
    me.map(|Extension(me)| me).filter(|me| me.session.stage == "password")
}

pub(crate) async fn log_in_form(
    State(app): State<App>,
    me: Option<Extension<Me>>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, PortalError> {
    let form = Form::from_query(raw.as_deref().unwrap_or(""));
    let me = second_step(me);
    let shell = app.bare_shell("パスキーでログインする");
    ask(&app, shell, &headers, LOG_IN, me.as_ref(), local(form.get("back")), None).await
}

pub(crate) async fn log_in(
    State(app): State<App>,
    me: Option<Extension<Me>>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PortalError> {
    let me = second_step(me);
    let back = local(form.get("back")).to_owned();
    let account = answered(&app, &headers, &form, me.as_ref()).await?;
    let holder = match account {
        Some(id) => app.store.db.holder(&id).await?.filter(|h| h.may_log_in(app.store.clock.now())),
        None => None,
    };
    let Some(holder) = holder else {
        let shell = app.bare_shell("パスキーでログインする");
        return ask(&app, shell, &headers, LOG_IN, me.as_ref(), &back, Some(NOT_PROVEN)).await;
    };
    let mut shown = me.as_ref().map(|m| m.session.shown()).unwrap_or_default();
    shown.push(Method::Passkey);
    let old = me.as_ref().map(|m| &m.session);
    app.admit(Visitor { headers: &headers, old, back: &back }, &holder, shown).await
}

pub(crate) async fn step_up_form(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, PortalError> {
    let form = Form::from_query(raw.as_deref().unwrap_or(""));
    let shell = app.shell(&me, "", "あなた本人ですか").await?;
    ask(&app, shell, &headers, STEP_UP, Some(&me), local(form.get("back")), None).await
}

pub(crate) async fn step_up(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PortalError> {
    let back = local(form.get("back")).to_owned();
    let proven = answered(&app, &headers, &form, Some(&me)).await?.is_some();
    if !proven || !app.config.steps_up(Method::Passkey) {
        let shell = app.shell(&me, "", "あなた本人ですか").await?;
        return ask(&app, shell, &headers, STEP_UP, Some(&me), &back, Some(NOT_PROVEN)).await;
    }
    super::step_up::proven(&app, &me, &headers, Method::Passkey, &back).await
}

fn name_field() -> Field {
    Field::text("label", "この端末の呼び名").hint("なくしたときに見分けられる名前。例: 机のパソコン")
}

async fn register_page(
    app: &App,
    me: &Me,
    headers: &HeaderMap,
    form: Option<&Form>,
) -> Result<Response, PortalError> {
    let account = me.session.account_id.as_str();
    let shell = app.shell(me, "", "この端末のパスキーを登録しますか").await?;
    let fields = vec![name_field()];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let mut token = None;
    let touch = match app.relying_party(headers) {
        Some(rp) => {
            let (challenge, secret) = app.begin_touch("passkey_new", Some(account)).await?;
            token = Some(secret);
            let keys = app.passkeys(account).await?;
            let (login, name) = (&me.session.login, &me.session.name);
            Some(Touch::create(&rp, &challenge, &keys, &app.config.city, (account, login, name)))
        }
        None => None,
    };
    let html = page(&TouchPage {
        shell: shell.crumb("/credentials", "本人確認の方法"),
        lead: "登録すると、次からは端末の指紋・顔・PIN で入れます。決裁には、あなたの署名が付きます。",
        errors,
        action: "/credentials/passkey",
        fields,
        touch,
        button: "登録する",
        consequence: "システム管理者が立ち会いを記録すると、決裁の署名の証明に使えます。",
        other: "/credentials".to_owned(),
    })?;
    Ok(match token {
        Some(token) => app.asked(&token, html),
        None => html.into_response(),
    })
}

pub(crate) async fn register_form(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    me.must_be_stepped_up("/credentials/passkey")?;
    register_page(&app, &me, &headers, None).await
}

pub(crate) async fn register(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, PortalError> {
    me.must_be_stepped_up("/credentials/passkey")?;
    let label = form.required("label", "呼び名を入力してください。");
    if label.chars().count() > 40 {
        form.refuse("label", "40字以内にしてください。");
    }
    let taken = app.take_touch("passkey_new", &headers).await?;
    let sent = Registration {
        id: form.get("passkey_id").to_owned(),
        client_data: form.get("passkey_client").to_owned(),
        attestation_object: form.get("passkey_data").to_owned(),
    };
    let rp = app.relying_party(&headers);
    let account = me.session.account_id.as_str();
    let made = match (taken, rp) {
        (Some((challenge, c)), Some(rp)) if c.account_id.as_deref() == Some(account) => {
            registered(&rp, &challenge, &sent)
                .map_err(|e| tracing::warn!(%e, "a registration was refused"))
                .ok()
        }
        _ => None,
    };
    let (Some(made), true) = (made, form.ok()) else {
        if form.ok() {
            form.refuse("label", "パスキーを登録できませんでした。もう一度「登録する」を押してください。");
        }
        return register_page(&app, &me, &headers, Some(&form)).await;
    };
    let public_key = serde_json::to_string(&made.key).map_err(|e| PortalError::Internal(e.to_string()))?;
    let mut tx = app.store.write(&me.actor(), "credential.enrol").await?;
    let key = NewKey {
        kind: "passkey",
        label: &label,
        handle: &made.id,
        public_key: Some(&public_key),
        counter: i64::from(made.counter),
        countersigned_by: None,
    };
    tx.add_key(account, key).await?;
    tx.commit().await?;
    Ok(Redirect::to("/credentials?done=passkey").into_response())
}
