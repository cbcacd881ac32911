//! The directory: is this the person's password, and who is there at all. Works with Active Directory as it is set
//! up (sAMAccountName, objectGUID, userAccountControl) and with any LDAP server by naming other attributes.

use crate::config::{self, ConfigError, DirectoryConfig};
use crate::tls;
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{
    Ldap, LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry, SearchOptions, ldap_escape,
};
use rustls::ClientConfig;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A server that takes longer is down, for somebody who waits at a log-in page; the next one is asked.
const PATIENCE: Duration = Duration::from_secs(5);
/// Reading everybody may take longer.
const READ_PATIENCE: Duration = Duration::from_secs(60);
/// Entries a server sends at once; Active Directory allows 1,000.
const PAGE_ENTRIES: i32 = 500;
/// More than any municipality has; beyond it the search base is wrong.
const ENTRIES_MAX: usize = 100_000;
/// ACCOUNTDISABLE in userAccountControl (MS-ADTS 2.2.16).
const DISABLED_BIT: i64 = 0x2;
/// LDAP result: the password is wrong (RFC 4511 §4.1.9).
const INVALID_CREDENTIALS: u32 = 49;
/// Longest log-in name that is asked about (characters).
const LOGIN_CHARS_MAX: usize = 64;

/// An account of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub dn: String,
    /// objectGUID in hex, or the configured attribute as it is.
    pub id: String,
    pub login: String,
    pub number: Option<String>,
    pub enabled: bool,
}

/// Why the directory could not be asked. Not a word about anybody's password.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryFault {
    #[error("no server answers: {0}")]
    Unreachable(String),
    #[error("the directory refuses the service account: {0}")]
    ServiceAccount(String),
    #[error("the directory refuses the search: {0}")]
    Search(String),
    #[error("more than {ENTRIES_MAX} entries")]
    TooMany,
}

/// A password's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes(Found),
    /// Unknown, disabled or wrong: which of them is nobody's business.
    No,
    /// The password was right, but must be changed in the directory first.
    MustChange,
}

/// A question on its way. Boxed here, where its type is simple: inside a handler's the compiler can no longer see
/// that what ldap3 holds across its awaits may move between threads.
pub type Asking<'a, T, E = DirectoryFault> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

#[derive(Clone)]
pub struct Directory {
    config: DirectoryConfig,
    password: String,
    tls: Arc<ClientConfig>,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Directory({:?})", self.config.urls)
    }
}

impl Directory {
    pub fn open(config: &DirectoryConfig, base: &Path) -> Result<Directory, ConfigError> {
        for url in &config.urls {
            if !(url.starts_with("ldaps://") || url.starts_with("ldap://") && config.start_tls) {
                return Err(ConfigError::PlainDirectory(url.clone()));
            }
        }
        Ok(Directory {
            config: config.clone(),
            password: config::secret(&base.join(&config.bind_password_file))?,
            tls: Arc::new(tls::client(config.ca_file.as_ref().map(|p| base.join(p)).as_deref())?),
        })
    }

    pub fn sync_minutes(&self) -> u32 {
        self.config.sync_minutes
    }

    /// Whether name and password belong together. An empty password is never asked about: many servers answer it
    /// with success, meaning an anonymous bind (RFC 4513 §5.1.2).
    pub fn check<'a>(&'a self, login: &'a str, password: &'a str) -> Asking<'a, Answer> {
        Box::pin(self.check_one(login, password))
    }

    async fn check_one(&self, login: &str, password: &str) -> Result<Answer, DirectoryFault> {
        let odd = login.is_empty() || login.chars().count() > LOGIN_CHARS_MAX;
        if odd || password.is_empty() || login.chars().any(char::is_control) {
            return Ok(Answer::No);
        }
        let mut ldap = self.connect().await?;
        let Some(found) = self.find(&mut ldap, login).await?.filter(|f| f.enabled) else {
            drop(ldap.unbind().await);
            return Ok(Answer::No);
        };
        let bound = ldap.with_timeout(PATIENCE).simple_bind(&found.dn, password).await;
        let bound = bound.map_err(|e| DirectoryFault::Unreachable(e.to_string()))?;
        drop(ldap.unbind().await);
        match bound.rc {
            0 => Ok(Answer::Yes(found)),
            INVALID_CREDENTIALS if must_change(&bound.text) => Ok(Answer::MustChange),
            _ => Ok(Answer::No),
        }
    }

    /// Everybody in the directory, in pages.
    pub fn read(&self) -> Asking<'_, Vec<Found>> {
        Box::pin(self.read_all())
    }

    async fn read_all(&self) -> Result<Vec<Found>, DirectoryFault> {
        let mut ldap = self.connect().await?;
        let adapters: Vec<Box<dyn Adapter<'_, _, _>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE_ENTRIES))];
        let refused = |e: LdapError| DirectoryFault::Search(e.to_string());
        ldap.with_timeout(READ_PATIENCE);
        let mut stream = ldap
            .streaming_search_with(
                adapters,
                &self.config.base_dn,
                Scope::Subtree,
                &self.config.filter,
                self.attributes(),
            )
            .await
            .map_err(refused)?;
        let mut found = Vec::new();
        while let Some(entry) = stream.next().await.map_err(refused)? {
            if found.len() >= ENTRIES_MAX {
                return Err(DirectoryFault::TooMany);
            }
            found.extend(self.entry(SearchEntry::construct(entry)));
        }
        // A list that broke off half way must not look like the whole: everybody missing would be stopped.
        stream.finish().await.success().map_err(refused)?;
        drop(ldap.unbind().await);
        Ok(found)
    }

    /// The first server that answers, with the service account bound.
    async fn connect(&self) -> Result<Ldap, DirectoryFault> {
        let mut last = "no server is configured".to_owned();
        for url in &self.config.urls {
            let settings = LdapConnSettings::new()
                .set_conn_timeout(PATIENCE)
                .set_starttls(self.config.start_tls)
                .set_config(Arc::clone(&self.tls));
            match tokio::time::timeout(PATIENCE, LdapConnAsync::with_settings(settings, url)).await {
                Ok(Ok((connection, mut ldap))) => {
                    ldap3::drive!(connection);
                    ldap.with_timeout(PATIENCE);
                    let bound = ldap.simple_bind(&self.config.bind_dn, &self.password).await;
                    let bound = bound.and_then(ldap3::LdapResult::success);
                    return match bound {
                        Ok(_) => Ok(ldap),
                        Err(e) => Err(DirectoryFault::ServiceAccount(e.to_string())),
                    };
                }
                Ok(Err(error)) => last = format!("{url}: {error}"),
                Err(_) => last = format!("{url}: too slow"),
            }
        }
        Err(DirectoryFault::Unreachable(last))
    }

    /// The one entry with this log-in name; two of them are nobody.
    async fn find(&self, ldap: &mut Ldap, login: &str) -> Result<Option<Found>, DirectoryFault> {
        let filter =
            format!("(&{}({}={}))", self.config.filter, self.config.login_attribute, ldap_escape(login));
        let options = SearchOptions::new().sizelimit(2);
        let answer = ldap
            .with_search_options(options)
            .with_timeout(PATIENCE)
            .search(&self.config.base_dn, Scope::Subtree, &filter, self.attributes())
            .await
            .and_then(ldap3::SearchResult::success);
        let (entries, _) = answer.map_err(|e| DirectoryFault::Search(e.to_string()))?;
        let entries = entries.into_iter().filter(|e| !e.is_ref() && !e.is_intermediate());
        let mut found: Vec<Found> = entries.filter_map(|e| self.entry(SearchEntry::construct(e))).collect();
        let one = found.pop().filter(|_| found.is_empty());
        Ok(one.filter(|f| f.login.eq_ignore_ascii_case(login)))
    }

    fn attributes(&self) -> Vec<String> {
        let c = &self.config;
        vec![
            c.login_attribute.clone(),
            c.number_attribute.clone(),
            c.id_attribute.clone(),
            "userAccountControl".to_owned(),
        ]
    }

    /// An entry without name or id is not an account.
    fn entry(&self, entry: SearchEntry) -> Option<Found> {
        let text = |name: &str| one(&entry.attrs, name).cloned();
        let id = if self.config.id_attribute.eq_ignore_ascii_case("objectGUID") {
            // Sixteen bytes, which may by chance be text.
            let bytes = one(&entry.bin_attrs, &self.config.id_attribute).cloned();
            let bytes = bytes.or_else(|| text(&self.config.id_attribute).map(String::into_bytes))?;
            bytes.iter().map(|b| format!("{b:02x}")).collect()
        } else {
            text(&self.config.id_attribute)?
        };
        let control = text("userAccountControl").and_then(|v| v.parse::<i64>().ok()).unwrap_or(0);
        Some(Found {
            login: text(&self.config.login_attribute)?.to_lowercase(),
            number: text(&self.config.number_attribute).filter(|n| !n.is_empty()),
            enabled: control & DISABLED_BIT == 0,
            dn: entry.dn,
            id,
        })
    }
}

/// The only value of an attribute, whatever the case the server writes its name in.
fn one<'a, T>(all: &'a std::collections::HashMap<String, Vec<T>>, name: &str) -> Option<&'a T> {
    let (_, values) = all.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    values.first().filter(|_| values.len() == 1)
}

/// Active Directory says in the text of the refusal that the password was right but has run out: 532 and 773.
fn must_change(text: &str) -> bool {
    ["data 532", "data 773"].iter().any(|code| text.contains(code))
}
