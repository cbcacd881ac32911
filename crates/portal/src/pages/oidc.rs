//! The OpenID provider: away to it and back, for signing in and for 本人確認.

use crate::App;
use crate::credential;
use crate::error::PortalError;
use crate::form::Form;
use crate::session::{Me, step_token, with_step_cookie};
use crate::sign_in::{Visitor, local, query};
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::factor::Method;
use sekisho_identity::{Callback, OidcFault, Provider, Vouched};
use sekisho_store::account::Holder;
use sekisho_store::directory::DirectoryEntry;
use serde::{Deserialize, Serialize};

/// What waits here while the browser is at the provider.
#[derive(Serialize, Deserialize)]
struct Waiting {
    pending: String,
    back: String,
}

fn provider(app: &App) -> Result<&Provider, PortalError> {
    app.identity.provider.as_ref().ok_or(PortalError::NotFound)
}

async fn away(app: &App, me: Option<&Me>, back: &str) -> Result<Response, PortalError> {
    let entropy = &*app.store.entropy;
    let random = [(); 3].map(|()| credential::new_token(entropy).0);
    let asked = match provider(app)?.ask(random, me.is_some(), app.store.clock.now()).await {
        Ok(asked) => asked,
        Err(fault) => return Ok(failed(&fault, me.is_some(), back)),
    };
    let (token, hash) = credential::new_token(entropy);
    let waiting = Waiting { pending: asked.pending, back: back.to_owned() };
    let data = serde_json::to_string(&waiting).map_err(|e| PortalError::Internal(e.to_string()))?;
    let account = me.map(|m| m.session.account_id.as_str());
    app.store.begin_ceremony(&hash, "oidc", account, &data).await?;
    Ok(with_step_cookie(app, &token, Redirect::to(&asked.url)))
}

pub(crate) async fn log_in(State(app): State<App>, RawQuery(raw): RawQuery) -> Result<Response, PortalError> {
    let form = Form::from_query(raw.as_deref().unwrap_or(""));
    let back = local(form.get("back"));
    if app.identity.provider.is_none() {
        return Ok(to("oidc-no", false, back));
    }
    away(&app, None, back).await
}

pub(crate) async fn step_up(
    State(app): State<App>,
    me: Me,
    RawQuery(raw): RawQuery,
) -> Result<Response, PortalError> {
    let form = Form::from_query(raw.as_deref().unwrap_or(""));
    away(&app, Some(&me), local(form.get("back"))).await
}

pub(crate) async fn callback(
    State(app): State<App>,
    me: Option<Extension<Me>>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, PortalError> {
    let sent = Form::from_query(raw.as_deref().unwrap_or(""));
    let ceremony = match step_token(&headers, app.config.tls) {
        Some(token) => app.store.take_ceremony(&credential::token_hash(token), "oidc").await?,
        None => None,
    };
    // Without the question this browser asked, the answer is somebody else's (login CSRF) or comes a second time.
    let Some(ceremony) = ceremony else { return Ok(failed(&OidcFault::State, false, "/")) };
    let waiting: Waiting =
        serde_json::from_str(&ceremony.data).map_err(|e| PortalError::Internal(e.to_string()))?;
    let back = local(&waiting.back);
    let some = |name| Some(sent.get(name)).filter(|v| !v.is_empty());
    let answer =
        Callback { code: sent.get("code"), state: sent.get("state"), iss: some("iss"), error: some("error") };
    let vouched = provider(&app)?.answer(&waiting.pending, answer, app.store.clock.now()).await;
    let stepping_up = ceremony.account_id.is_some();
    let vouched = match vouched {
        Ok(vouched) => vouched,
        Err(fault) => return Ok(failed(&fault, stepping_up, back)),
    };
    let method = if vouched.multi { Method::OidcMulti } else { Method::Oidc };
    let Some(holder) = holder(&app, vouched).await? else { return Ok(nobody(stepping_up, back)) };
    match (ceremony.account_id, me.map(|Extension(me)| me)) {
        (None, _) => app.admit(Visitor { headers: &headers, old: None, back }, &holder, vec![method]).await,
        // 本人確認: the same person, in the session that asked.
        (Some(account), Some(me)) if account == holder.id && me.session.account_id == account => {
            super::step_up::proven(&app, &me, &headers, method, back).await
        }
        _ => Ok(nobody(true, back)),
    }
}

async fn holder(app: &App, vouched: Vouched) -> Result<Option<Holder>, PortalError> {
    let entry = DirectoryEntry {
        external_id: vouched.id,
        login: vouched.login.unwrap_or_default(),
        number: vouched.number,
        enabled: true,
    };
    let Some(account) = app.store.vouched_account("oidc", &entry).await? else { return Ok(None) };
    let holder = app.store.db.holder(&account).await?;
    Ok(holder.filter(|h| h.may_log_in(app.store.clock.now())))
}

/// Back to the page that asked, with a word for `login::NOTICES`.
fn failed(fault: &OidcFault, stepping_up: bool, back: &str) -> Response {
    tracing::warn!(%fault, "the OpenID provider did not vouch");
    let word = if matches!(fault, OidcFault::Unreachable(_)) { "oidc-down" } else { "oidc-no" };
    to(word, stepping_up, back)
}

fn nobody(stepping_up: bool, back: &str) -> Response {
    to("oidc-nobody", stepping_up, back)
}

fn to(word: &str, stepping_up: bool, back: &str) -> Response {
    let page = if stepping_up { "/step-up" } else { "/login" };
    Redirect::to(&format!("{page}?done={word}&{}", query("back", back))).into_response()
}
