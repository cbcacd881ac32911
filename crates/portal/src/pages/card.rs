//! 職員カード: a client certificate that the proxy in front has verified. Its word is believed only when it comes from
//! a configured address and carries the shared secret; the certificate's issuer and serial number name the account.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::session::Me;
use crate::sign_in::{Visitor, local, query};
use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::factor::Method;
use sekisho_store::account::KeyRow;
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;

/// Which certificate: issuer as the proxy prints it (RFC 2253), serial in hex.
pub(crate) fn handle(issuer: &str, serial: &str) -> String {
    let serial: String = serial.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_uppercase();
    let serial = serial.trim_start_matches('0');
    let digest = Sha256::new_with_prefix(issuer.trim()).chain_update([0]).chain_update(serial).finalize();
    format!("certificate:{}", hex::encode(digest))
}

/// The certificate that the proxy read, if the proxy is ours and says that it is valid.
fn presented(app: &App, peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<(String, Method)> {
    let card = app.identity.card.as_ref()?;
    let peer = peer?.ip().to_canonical();
    let one = |name: &str| {
        let mut all = headers.get_all(name).iter();
        all.next().filter(|_| all.next().is_none()).and_then(|v| v.to_str().ok())
    };
    // Compared by digest, so that the time taken tells nothing about the secret.
    let same = Sha256::digest(one("x-sekisho-proxy")?) == Sha256::digest(&card.secret);
    if !card.peers.contains(&peer) || !same || one("x-client-cert-verified")? != "SUCCESS" {
        tracing::warn!(%peer, "a certificate was offered by somebody who is not the proxy");
        return None;
    }
    let (issuer, serial) = (one("x-client-cert-issuer")?, one("x-client-cert-serial")?);
    if issuer.trim().is_empty() || !serial.chars().any(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let method = if card.pin { Method::CertificatePin } else { Method::Certificate };
    Some((handle(issuer, serial), method))
}

type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

async fn key(app: &App, peer: Peer, headers: &HeaderMap) -> Result<Option<(KeyRow, Method)>, PortalError> {
    let peer = peer.map(|Extension(ConnectInfo(address))| address);
    let Some((handle, method)) = presented(app, peer, headers) else { return Ok(None) };
    let key = app.store.db.key(&handle).await?.filter(|k| k.kind == "certificate");
    Ok(key.map(|k| (k, method)))
}

pub(crate) async fn log_in(
    State(app): State<App>,
    peer: Peer,
    me: Option<Extension<Me>>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PortalError> {
    let back = local(form.get("back")).to_owned();
    let found = key(&app, peer, &headers).await?;
    let Some((key, method)) = found else { return Ok(unread("/login", &back)) };
    let holder = app.store.db.holder(&key.account_id).await?;
    let holder = holder.filter(|h| h.may_log_in(app.store.clock.now()));
    let Some(holder) = holder else { return Ok(unread("/login", &back)) };
    let me = me.map(|Extension(me)| me);
    let me = me.filter(|m| m.session.stage == "password" && m.session.account_id == holder.id);
    let mut shown = me.as_ref().map(|m| m.session.shown()).unwrap_or_default();
    shown.push(method);
    let old = me.as_ref().map(|m| &m.session);
    app.admit(Visitor { headers: &headers, old, back: &back }, &holder, shown).await
}

pub(crate) async fn step_up(
    State(app): State<App>,
    peer: Peer,
    me: Me,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PortalError> {
    let back = local(form.get("back")).to_owned();
    match key(&app, peer, &headers).await? {
        Some((key, method)) if key.account_id == me.session.account_id && app.config.steps_up(method) => {
            super::step_up::proven(&app, &me, &headers, method, &back).await
        }
        _ => Ok(unread("/step-up", &back)),
    }
}

fn unread(page: &str, back: &str) -> Response {
    Redirect::to(&format!("{page}?done=card-no&{}", query("back", back))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_named_alike_however_the_proxy_prints_it() {
        let one = handle("CN=City CA,O=Sakurazaka", "0A1B2C");
        assert_eq!(one, handle(" CN=City CA,O=Sakurazaka ", "a:1b:2c"));
        assert_ne!(one, handle("CN=Other CA,O=Sakurazaka", "0A1B2C"));
        assert_ne!(one, handle("CN=City CA,O=Sakurazaka", "0A1B2D"));
        // Where issuer ends and serial begins is part of the name.
        assert_ne!(handle("A", "B1"), handle("AB", "1"));
    }
}
