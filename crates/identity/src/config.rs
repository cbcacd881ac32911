//! `[sign_in]` in `sekisho.toml`. Secrets stand in files of their own, never in the settings.

use sekisho_domain::factor::{Demand, Method};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Shortest secret between the proxy and the portal (characters): 128 bits in hex.
pub const PROXY_SECRET_CHARS_MIN: usize = 32;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// `https://sekisho.city.lan`, without a slash at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Everybody shows two factors, not only privileged and 住民情報系 accounts.
    #[serde(default)]
    pub everyone_two_factors: bool,
    /// What counts as a fresh proof before decisions: `passkey`, `totp`, `certificate`, `directory`, `oidc`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub step_up: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<DirectoryConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardConfig>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryConfig {
    /// `ldaps://dc1.city.lan`, or `ldap://…` with `start_tls`; asked in this order.
    pub urls: Vec<String>,
    #[serde(default)]
    pub start_tls: bool,
    /// The authority that signed the servers' certificates (PEM).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    pub bind_dn: String,
    pub bind_password_file: PathBuf,
    pub base_dn: String,
    #[serde(default = "user_filter")]
    pub filter: String,
    #[serde(default = "login_attribute")]
    pub login_attribute: String,
    #[serde(default = "number_attribute")]
    pub number_attribute: String,
    #[serde(default = "id_attribute")]
    pub id_attribute: String,
    /// How often the whole directory is read.
    #[serde(default = "sync_minutes")]
    pub sync_minutes: u32,
}

fn user_filter() -> String {
    "(&(objectCategory=person)(objectClass=user))".to_owned()
}
fn login_attribute() -> String {
    "sAMAccountName".to_owned()
}
fn number_attribute() -> String {
    "employeeNumber".to_owned()
}
fn id_attribute() -> String {
    "objectGUID".to_owned()
}
fn sync_minutes() -> u32 {
    60
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Exactly as the provider names itself; nothing else is believed.
    pub issuer: String,
    pub client_id: String,
    pub client_secret_file: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The claim with the log-in name.
    #[serde(default = "login_claim")]
    pub login_claim: String,
    /// The claim with 職員番号.
    #[serde(default = "number_claim")]
    pub number_claim: String,
}

fn login_claim() -> String {
    "preferred_username".to_owned()
}
fn number_claim() -> String {
    "employee_number".to_owned()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardConfig {
    /// The proxy's addresses; loopback unless the proxy is another machine.
    #[serde(default = "loopback")]
    pub peers: Vec<IpAddr>,
    /// What only the proxy and the portal know; sent in `x-sekisho-proxy`.
    pub secret_file: PathBuf,
    /// The cards work only after their PIN was typed: two factors in one.
    #[serde(default)]
    pub pin: bool,
}

fn loopback() -> Vec<IpAddr> {
    vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])]
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{0} holds no certificate")]
    NoCertificate(String),
    #[error("TLS: {0}")]
    Tls(String),
    #[error("OpenID needs public_url")]
    NoPublicUrl,
    #[error("the issuer is not https")]
    PlainIssuer,
    #[error("{0} is neither ldaps:// nor ldap:// with start_tls")]
    PlainDirectory(String),
    #[error("the secret of the proxy is too short")]
    ShortSecret,
    #[error("{0} is no way of proving who one is")]
    UnknownMethod(String),
}

impl ConfigError {
    /// The sentence for the operator.
    pub fn ja(&self) -> String {
        match self {
            ConfigError::File { path, .. } => format!("{path} を読めません。場所と権限を確かめてください"),
            ConfigError::NoCertificate(path) => format!("{path} に証明書がありません。PEM 形式か確かめてください"),
            ConfigError::Tls(_) => "TLS の設定を読めません。認証局の証明書を確かめてください".to_owned(),
            ConfigError::NoPublicUrl => {
                "OIDC を使うときは [sign_in] の public_url に、職員が開くアドレスを書いてください".to_owned()
            }
            ConfigError::PlainIssuer => {
                "OIDC の issuer は https:// で始まるものに限ります(同じ機械の中だけ http://localhost を使えます)".to_owned()
            }
            ConfigError::PlainDirectory(url) => {
                format!("{url} は暗号化されません。ldaps:// にするか、start_tls = true を書いてください")
            }
            ConfigError::ShortSecret => {
                "カードを読み取る中継サーバの合言葉が短すぎます。32文字以上の乱数にしてください".to_owned()
            }
            ConfigError::UnknownMethod(word) => {
                format!("step_up の「{word}」は使えません。passkey totp certificate directory oidc から選んでください")
            }
        }
    }
}

impl SignIn {
    pub fn demand(&self) -> Demand {
        if self.everyone_two_factors { Demand::Two } else { Demand::One }
    }

    /// The city's rule for step-up; empty when it says nothing. A word covers all forms of its method.
    pub fn step_up_methods(&self) -> Result<Vec<Method>, ConfigError> {
        let mut chosen = Vec::new();
        for word in &self.step_up {
            chosen.extend(match word.as_str() {
                "passkey" => &[Method::Passkey][..],
                "totp" => &[Method::Totp],
                "certificate" => &[Method::Certificate, Method::CertificatePin],
                "directory" => &[Method::Directory],
                "oidc" => &[Method::Oidc, Method::OidcMulti],
                other => return Err(ConfigError::UnknownMethod(other.to_owned())),
            });
        }
        Ok(chosen)
    }
}

/// The first line of a secret's file.
pub(crate) fn secret(path: &Path) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::File { path: path.display().to_string(), source })?;
    Ok(text.lines().next().unwrap_or("").trim().to_owned())
}
