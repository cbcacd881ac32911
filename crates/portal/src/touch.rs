//! The passkey part of a form: the question that the page carries, and the answer that comes back with the form.
//!
//! A decision page asks with [`App::decision_touch`] and, when the form arrives, passes it to
//! [`App::signed_decision`]; what that returns is stored as the step's proof. A log-in asks with a random challenge
//! that the server remembers ([`App::begin_touch`], [`App::take_touch`]).

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::session::{Me, step_token, with_step_cookie};
use crate::{credential, part::Touch};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sekisho_passkey::{Assertion, RelyingParty};
use sekisho_store::ceremony::Ceremony;
use sekisho_store::proof::{ProofError, SignedAnswer};

impl App {
    /// For whom passkeys are made on this connection; `None` where the browser offers none.
    pub(crate) fn relying_party(&self, headers: &HeaderMap) -> Option<RelyingParty> {
        let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("");
        self.identity.relying_party(self.config.tls, host)
    }

    /// The question of a decision page: its challenge is the decision itself. `None` when the reader has no
    /// passkey or the connection offers none; the step is then recorded as 「サーバ記録のみ」.
    pub(crate) async fn decision_touch(
        &self,
        me: &Me,
        headers: &HeaderMap,
        answer: SignedAnswer<'_>,
    ) -> Result<Option<Touch>, PortalError> {
        let Some(rp) = self.relying_party(headers) else { return Ok(None) };
        let keys = self.passkeys(&me.session.account_id).await?;
        if keys.is_empty() {
            return Ok(None);
        }
        Ok(Some(Touch::get(&rp, &answer.challenge()?, &keys)))
    }

    /// The proof of a decision, from the form that carries the answer to [`App::decision_touch`]: text for
    /// `decision_step.proof`. `None` when the form carries no touch; an error when it carries one that does not
    /// fit, because then something is being tried.
    pub(crate) async fn signed_decision(
        &self,
        me: &Me,
        headers: &HeaderMap,
        form: &Form,
        answer: SignedAnswer<'_>,
    ) -> Result<Option<String>, PortalError> {
        let Some(sent) = assertion(form) else { return Ok(None) };
        let rp = self.relying_party(headers).ok_or_else(|| refused("no secure context"))?;
        let signed = self.store.sign_decision(&rp, &me.session.account_id, answer, &sent).await;
        signed.map(Some).map_err(|e| touch_error(&e))
    }

    /// The ids of the account's passkeys.
    pub(crate) async fn passkeys(&self, account_id: &str) -> Result<Vec<String>, PortalError> {
        let keys = self.store.db.keys(account_id).await?;
        Ok(keys.into_iter().filter(|k| k.kind == "passkey").filter_map(|k| k.handle).collect())
    }

    /// A new random question: its challenge, and the cookie's secret by which its answer is recognised.
    pub(crate) async fn begin_touch(
        &self,
        kind: &'static str,
        account_id: Option<&str>,
    ) -> Result<(Vec<u8>, String), PortalError> {
        let mut challenge = [0u8; 32];
        self.store.entropy.fill(&mut challenge);
        let (token, hash) = credential::new_token(&*self.store.entropy);
        let data = URL_SAFE_NO_PAD.encode(challenge);
        self.store.begin_ceremony(&hash, kind, account_id, &data).await?;
        Ok((challenge.to_vec(), token))
    }

    /// The question that this browser was asked, once.
    pub(crate) async fn take_touch(
        &self,
        kind: &'static str,
        headers: &HeaderMap,
    ) -> Result<Option<(Vec<u8>, Ceremony)>, PortalError> {
        let Some(token) = step_token(headers, self.config.tls) else { return Ok(None) };
        let taken = self.store.take_ceremony(&credential::token_hash(token), kind).await?;
        Ok(taken.and_then(|c| URL_SAFE_NO_PAD.decode(&c.data).ok().map(|challenge| (challenge, c))))
    }

    /// An answer that also gives the browser the secret of its question.
    pub(crate) fn asked(&self, token: &str, answer: impl IntoResponse) -> Response {
        with_step_cookie(self, token, answer)
    }
}

/// The touch in a form, if there is one.
pub(crate) fn assertion(form: &Form) -> Option<Assertion> {
    let field = |name: &str| form.get(name).to_owned();
    let sent = Assertion {
        id: field("passkey_id"),
        client_data: field("passkey_client"),
        authenticator_data: field("passkey_data"),
        signature: field("passkey_signature"),
        user_handle: None,
    };
    (!sent.id.is_empty()).then_some(sent)
}

/// A touch that does not fit is no mistake of the person; the log says which rule refused it.
pub(crate) fn touch_error(error: &ProofError) -> PortalError {
    match error {
        ProofError::Store(_) => PortalError::Internal(error.to_string()),
        _ => refused(&error.to_string()),
    }
}

fn refused(why: &str) -> PortalError {
    tracing::warn!(why, "a passkey's answer was refused");
    PortalError::Forbidden("パスキーの署名が、この操作のものではありませんでした。".to_owned())
}
