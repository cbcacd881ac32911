//! The city's own peers that vouch for people: the directory (LDAP, Active Directory) and the OpenID provider, and
//! what the installation says about both (`[sign_in]` in `sekisho.toml`).
//!
//! Everything here talks over rustls with the certificates of the city's own authority, asks with a time limit,
//! and answers either who it is, or that it is nobody, or why the peer could not be asked. The three are never
//! mixed: a server that is down is no wrong password.

pub mod config;
mod directory;
mod http;
mod oidc;
mod tls;

pub use config::{CardConfig, ConfigError, DirectoryConfig, OidcConfig, SignIn};
pub use directory::{Answer, Asking, Directory, DirectoryFault, Found};
pub use http::{HttpClient, HttpFault};
pub use oidc::{Asked, Callback, OidcFault, Provider, Vouched};

use sekisho_passkey::RelyingParty;
use std::net::IpAddr;
use std::path::Path;

/// The peers of this installation, ready to be asked.
#[derive(Debug, Default)]
pub struct Identity {
    /// `https://sekisho.city.lan`: how browsers reach the portal.
    pub public_url: Option<String>,
    pub directory: Option<Directory>,
    pub provider: Option<Provider>,
    pub card: Option<Card>,
}

/// The proxy that reads client certificates (職員カード).
#[derive(Debug)]
pub struct Card {
    pub peers: Vec<IpAddr>,
    pub secret: String,
    /// The city's cards work only with their PIN.
    pub pin: bool,
}

impl Identity {
    /// Reads secrets and certificates. Paths in the settings are relative to `base`, the data directory.
    pub fn open(settings: &SignIn, base: &Path) -> Result<Identity, ConfigError> {
        let public_url = settings.public_url.clone();
        let redirect = public_url.as_ref().map(|url| format!("{url}/login/oidc/callback"));
        let card = settings.card.as_ref().map(|card| -> Result<Card, ConfigError> {
            let secret = config::secret(&base.join(&card.secret_file))?;
            if secret.len() < config::PROXY_SECRET_CHARS_MIN {
                return Err(ConfigError::ShortSecret);
            }
            Ok(Card { peers: card.peers.clone(), secret, pin: card.pin })
        });
        let provider = match (&settings.oidc, redirect) {
            (Some(oidc), Some(redirect)) => Some(Provider::open(oidc, redirect, base)?),
            (Some(_), None) => return Err(ConfigError::NoPublicUrl),
            (None, _) => None,
        };
        Ok(Identity {
            public_url,
            directory: settings.directory.as_ref().map(|d| Directory::open(d, base)).transpose()?,
            provider,
            card: card.transpose()?,
        })
    }

    /// For whom passkeys are made: the configured address, or else this machine itself under the name the browser
    /// used. `None` when the browser has no secure context: plain HTTP over the network offers no passkeys.
    pub fn relying_party(&self, tls: bool, host: &str) -> Option<RelyingParty> {
        let origin = match &self.public_url {
            Some(url) => url.clone(),
            None => format!("{}://{host}", if tls { "https" } else { "http" }),
        };
        let (scheme, rest) = origin.split_once("://")?;
        let id = rest.rsplit_once(':').map_or(rest, |(name, _)| name).to_owned();
        let name = id.chars().any(|c| c.is_ascii_alphabetic()) && id.bytes().all(|b| b.is_ascii_graphic());
        (name && (scheme == "https" || id == "localhost")).then_some(RelyingParty { id, origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_secure_context() {
        let none = Identity::default();
        let rp = |tls, host| none.relying_party(tls, host).map(|rp| (rp.id, rp.origin));
        assert_eq!(rp(false, "localhost:8080"), Some(("localhost".into(), "http://localhost:8080".into())));
        assert_eq!(rp(true, "sekisho.lan"), Some(("sekisho.lan".into(), "https://sekisho.lan".into())));
        assert_eq!(rp(false, "sekisho.lan"), None, "plain HTTP over the network");
        assert_eq!(rp(true, "10.1.2.3:8443"), None, "an address is no name a key can be made for");
        assert_eq!(rp(true, ""), None);
        let set = Identity { public_url: Some("https://sekisho.city.lan".into()), ..Identity::default() };
        let rp = set.relying_party(false, "evil.lan").map(|rp| rp.origin);
        assert_eq!(rp.as_deref(), Some("https://sekisho.city.lan"), "the header does not choose");
    }
}
