//! The OpenID provider: authorization code with PKCE, state and nonce; one issuer, pinned; no `none`, no shared-key
//! signatures. Time and randomness are arguments.

use crate::config::{self, ConfigError, OidcConfig};
use crate::directory::Asking;
use crate::http::HttpClient;
use crate::tls;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse as _,
};
use sekisho_domain::clock::Ms;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;
use tokio::sync::Mutex;

/// How far the provider's clock may be from ours.
const SKEW_SECONDS: i64 = 60;
/// An ID token older than this answers another question.
const TOKEN_AGE_SECONDS_MAX: i64 = 600;
/// The provider's keys are asked for again after this long, and when a token names one that is unknown.
const METADATA_MS_MAX: i64 = Ms::HOUR;
/// Signatures that are believed: asymmetric ones only.
const SIGNATURES: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// Words of `amr` (RFC 8176) that mean more than a password.
const MULTI: [&str; 8] = ["mfa", "otp", "hwk", "swk", "sc", "fpt", "face", "pop"];

/// Claims beyond the standard ones, whatever the provider sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Extra(serde_json::Map<String, serde_json::Value>);
impl AdditionalClaims for Extra {}

type Fields = IdTokenFields<
    Extra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Rp = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Where to send the browser, and what the answer is compared with.
#[derive(Clone, Debug)]
pub struct Asked {
    pub url: String,
    /// For the server's own memory; opaque to everybody else.
    pub pending: String,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    /// The person had to log in anew at the provider, at this moment or later (epoch seconds).
    fresh_since: Option<i64>,
}

/// Somebody the provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// `sub`: stays when the name changes.
    pub id: String,
    pub login: Option<String>,
    pub number: Option<String>,
    /// The provider says that it asked for more than a password.
    pub multi: bool,
}

/// Why nobody was vouched for.
#[derive(Debug, thiserror::Error)]
pub enum OidcFault {
    #[error("the provider cannot be asked: {0}")]
    Unreachable(String),
    #[error("the provider refused: {0}")]
    Denied(String),
    #[error("the answer belongs to another question")]
    State,
    #[error("the answer comes from another provider")]
    Issuer,
    #[error("the token is not valid: {0}")]
    Token(String),
    #[error("internal: {0}")]
    Internal(String),
}

/// The answer as it comes back in the browser's address.
#[derive(Clone, Copy, Debug, Default)]
pub struct Callback<'a> {
    pub code: &'a str,
    pub state: &'a str,
    /// RFC 9207; not every provider sends it.
    pub iss: Option<&'a str>,
    pub error: Option<&'a str>,
}

pub struct Provider {
    config: OidcConfig,
    secret: String,
    redirect: String,
    http: HttpClient,
    metadata: Mutex<Option<(Ms, CoreProviderMetadata)>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.config.issuer)
    }
}

impl Provider {
    pub fn open(config: &OidcConfig, redirect: String, base: &Path) -> Result<Provider, ConfigError> {
        let here = ["http://localhost:", "http://127.0.0.1:"].iter().any(|p| config.issuer.starts_with(p));
        if !here && !config.issuer.starts_with("https://") {
            return Err(ConfigError::PlainIssuer);
        }
        let tls = tls::client(config.ca_file.as_ref().map(|p| base.join(p)).as_deref())?;
        Ok(Provider {
            secret: config::secret(&base.join(&config.client_secret_file))?,
            redirect,
            http: HttpClient::new(tls, here),
            metadata: Mutex::new(None),
            config: config.clone(),
        })
    }

    /// Asks. `fresh` makes the provider ask for the password again even of somebody logged in there.
    pub fn ask(&self, random: [String; 3], fresh: bool, now: Ms) -> Asking<'_, Asked, OidcFault> {
        Box::pin(self.ask_for(random, fresh, now))
    }

    async fn ask_for(&self, random: [String; 3], fresh: bool, now: Ms) -> Result<Asked, OidcFault> {
        let [state, nonce, verifier] = random;
        let client = self.client(now, false).await?;
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let pending = Pending {
            state: state.clone(),
            nonce: nonce.clone(),
            verifier,
            fresh_since: fresh.then_some(now.0 / 1_000),
        };
        let mut request = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge);
        if fresh {
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        let (url, ..) = request.url();
        let pending = serde_json::to_string(&pending).map_err(|e| OidcFault::Internal(e.to_string()))?;
        Ok(Asked { url: url.into(), pending })
    }

    /// Takes the answer: the code is exchanged and the ID token verified.
    pub fn answer<'a>(
        &'a self,
        pending: &'a str,
        callback: Callback<'a>,
        now: Ms,
    ) -> Asking<'a, Vouched, OidcFault> {
        Box::pin(self.take(pending, callback, now))
    }

    async fn take(&self, pending: &str, callback: Callback<'_>, now: Ms) -> Result<Vouched, OidcFault> {
        let pending: Pending =
            serde_json::from_str(pending).map_err(|e| OidcFault::Internal(e.to_string()))?;
        if callback.state != pending.state {
            return Err(OidcFault::State);
        }
        if callback.iss.is_some_and(|iss| iss != self.config.issuer) {
            return Err(OidcFault::Issuer);
        }
        if let Some(error) = callback.error {
            return Err(OidcFault::Denied(error.chars().take(100).collect()));
        }
        let client = self.client(now, false).await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(callback.code.to_owned()))
            .map_err(|e| OidcFault::Internal(e.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|e| match e {
                openidconnect::RequestTokenError::Request(e) => OidcFault::Unreachable(e.to_string()),
                other => OidcFault::Denied(other.to_string()),
            })?;
        let first = self.verify(&client, &tokens, &pending, now);
        match first {
            // The provider may have changed its keys since they were read: they are read again, once.
            Err(OidcFault::Token(_)) => {
                let client = self.client(now, true).await?;
                self.verify(&client, &tokens, &pending, now)
            }
            other => other,
        }
    }

    fn verify(
        &self,
        client: &Rp,
        tokens: &StandardTokenResponse<Fields, CoreTokenType>,
        pending: &Pending,
        now: Ms,
    ) -> Result<Vouched, OidcFault> {
        let at = now.0 / 1_000;
        let instant = move |seconds: i64| chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let fresh_since = pending.fresh_since;
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(SIGNATURES)
            .set_time_fn(move || instant(at - SKEW_SECONDS))
            .set_issue_time_verifier_fn(move |issued| {
                let age = at - issued.timestamp();
                match (-SKEW_SECONDS..=TOKEN_AGE_SECONDS_MAX).contains(&age) {
                    true => Ok(()),
                    false => Err(format!("issued {age} s ago")),
                }
            })
            .set_auth_time_verifier_fn(move |time| match (fresh_since, time) {
                (None, _) => Ok(()),
                (Some(since), Some(time)) if time.timestamp() >= since - SKEW_SECONDS => Ok(()),
                _ => Err("the person has not logged in anew".to_owned()),
            });
        let token = tokens.id_token().ok_or_else(|| OidcFault::Token("there is none".to_owned()))?;
        let claims = token
            .claims(&verifier, &Nonce::new(pending.nonce.clone()))
            .map_err(|e| OidcFault::Token(e.to_string()))?;
        let extra =
            |name: &str| claims.additional_claims().0.get(name).and_then(|v| v.as_str()).map(str::to_owned);
        let login = match self.config.login_claim.as_str() {
            "preferred_username" => claims.preferred_username().map(|u| u.as_str().to_owned()),
            "sub" => Some(claims.subject().as_str().to_owned()),
            "email" => claims.email().map(|m| m.as_str().to_owned()),
            other => extra(other),
        };
        let methods = claims
            .auth_method_refs()
            .map(|all| all.iter().map(|m| m.as_str().to_owned()).collect::<Vec<_>>());
        Ok(Vouched {
            id: claims.subject().as_str().to_owned(),
            login: login.map(|l| l.to_lowercase()),
            number: extra(&self.config.number_claim),
            multi: methods.is_some_and(|all| all.iter().any(|m| MULTI.contains(&m.as_str()))),
        })
    }

    async fn client(&self, now: Ms, anew: bool) -> Result<Rp, OidcFault> {
        let mut kept = self.metadata.lock().await;
        let known = kept.as_ref().filter(|(read, _)| !anew && now.since(*read) < METADATA_MS_MAX);
        let metadata = match known {
            Some((_, metadata)) => metadata.clone(),
            None => {
                let issuer = IssuerUrl::new(self.config.issuer.clone());
                let issuer = issuer.map_err(|e| OidcFault::Internal(e.to_string()))?;
                // Discovery refuses metadata that names another issuer than the one it was asked for.
                let metadata = CoreProviderMetadata::discover_async(issuer, &self.http).await;
                let metadata = metadata.map_err(|e| OidcFault::Unreachable(format!("{e}: {e:?}")))?;
                *kept = Some((now, metadata.clone()));
                metadata
            }
        };
        let redirect =
            RedirectUrl::new(self.redirect.clone()).map_err(|e| OidcFault::Internal(e.to_string()))?;
        let secret = Some(ClientSecret::new(self.secret.clone())).filter(|_| !self.secret.is_empty());
        let id = ClientId::new(self.config.client_id.clone());
        Ok(Rp::from_provider_metadata(metadata, id, secret).set_redirect_uri(redirect))
    }
}
