//! The city's mail relay: SMTP over rustls with ring, or in the clear on a trusted segment when the operator says so.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};

/// How long one mail may take; a relay that hangs holds up nothing but the next mail.
const TIMEOUT: Duration = Duration::from_secs(30);

/// `[mail]` in `sekisho.toml`. Absent: no mail is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    /// `smtp.city.lan`
    pub host: String,
    pub port: u16,
    /// `starttls` (default), `tls`, or `none` on a trusted segment.
    #[serde(default = "starttls")]
    pub tls: String,
    /// The authority that signed the relay's certificate (PEM), relative to the data directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// `sekisho@city.example.jp`
    pub from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A file with the password, relative to the data directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// What links begin with: `https://sekisho.city.lan`.
    pub public_url: String,
    /// The hour of the daily digest, in Japan.
    #[serde(default = "nine")]
    pub digest_hour: u8,
}

fn starttls() -> String {
    "starttls".to_owned()
}

fn nine() -> u8 {
    9
}

/// Why a mail did not leave, or a relay cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("mail settings: {0}")]
    Config(String),
    /// Asked again later.
    #[error("not now: {0}")]
    Later(String),
    /// The relay will never take it: a wrong address, a refused sender.
    #[error("never: {0}")]
    Never(String),
}

impl Fault {
    pub fn ja(&self) -> String {
        match self {
            Fault::File { path, .. } => format!("{path} を読めません。置き場所と権限を確かめてください。"),
            Fault::Config(said) => {
                format!("sekisho.toml の [mail] を確かめてください({said})。直すまで、メールは送りません。")
            }
            Fault::Later(said) => {
                format!("メールサーバーに渡せませんでした({said})。通知は残してあり、あとで送り直します。")
            }
            Fault::Never(said) => format!("メールサーバーに断られました({said})。宛先を確かめてください。"),
        }
    }
}

/// One mail to one person.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The same mail has the same id at every attempt, so that a second copy is recognised as one.
    pub id: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub body: &'a str,
}

/// A relay ready to be asked.
#[derive(Debug)]
pub struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
    pub public_url: String,
    pub digest_hour: u8,
}

impl Relay {
    /// Reads certificate and password; asks nobody yet.
    pub fn open(config: &RelayConfig, data: &Path) -> Result<Relay, Fault> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let from: Mailbox =
            config.from.parse().map_err(|e| Fault::Config(format!("from={}: {e}", config.from)))?;
        if !config.public_url.starts_with("http://") && !config.public_url.starts_with("https://") {
            return Err(Fault::Config(format!("public_url={}", config.public_url)));
        }
        let tls = match config.tls.as_str() {
            "none" => Tls::None,
            "starttls" => Tls::Required(parameters(config, data)?),
            "tls" => Tls::Wrapper(parameters(config, data)?),
            other => return Err(Fault::Config(format!("tls={other}"))),
        };
        let domain = from.email.domain().to_owned();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls)
            .timeout(Some(TIMEOUT))
            .hello_name(ClientId::Domain(domain.clone()));
        if let Some(user) = &config.user {
            if config.tls == "none" {
                return Err(Fault::Config("a password is not sent in the clear".to_owned()));
            }
            let password = match &config.password_file {
                Some(path) => read(&data.join(path))?,
                None => return Err(Fault::Config("password_file".to_owned())),
            };
            let password = String::from_utf8_lossy(&password).trim_end().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Relay {
            transport: builder.build(),
            from,
            domain,
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            digest_hour: config.digest_hour.min(23),
        })
    }

    /// Hands a mail to the relay. `Ok` once the relay has taken it upon itself.
    pub async fn send(&self, letter: Letter<'_>) -> Result<(), Fault> {
        let to: Mailbox = letter.to.parse().map_err(|_| Fault::Never("address".to_owned()))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject)
            .message_id(Some(format!("<{}@{}>", letter.id, self.domain)))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body.to_owned())
            .map_err(|e| Fault::Never(e.to_string()))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(Fault::Never(error.to_string())),
            Err(error) => Err(Fault::Later(error.to_string())),
        }
    }
}

fn parameters(config: &RelayConfig, data: &Path) -> Result<TlsParameters, Fault> {
    let said = |e: lettre::transport::smtp::Error| Fault::Config(e.to_string());
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca {
        builder =
            builder.add_root_certificate(Certificate::from_pem(&read(&data.join(path))?).map_err(said)?);
    }
    builder.build_rustls().map_err(said)
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(path).map_err(|source| Fault::File { path: path.display().to_string(), source })
}
