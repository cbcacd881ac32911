//! From what somebody has shown to the session that follows from it. Every way of signing in ends here, so that
//! the rules about factors, leavers and the lifetime of secrets stand in one place.

use crate::error::PortalError;
use crate::session::with_cookie;
use crate::{App, credential};
use axum::http::{HeaderMap, header};
use axum::response::{Redirect, Response};
use sekisho_domain::access::{self, Action, Reach};
use sekisho_domain::date::date_at;
use sekisho_domain::factor::{self, Demand, Method};
use sekisho_identity::Found;
use sekisho_store::account::{Holder, KeyRow};
use sekisho_store::directory::{Applied, DirectoryEntry, DirectoryError};
use sekisho_store::session::{NewSession, Session};

/// The board, and what a log-in means that names no page.
const HOME: &str = "/";
const INBOX: &str = "/tasks";

/// Somebody at a step of the log-in.
#[derive(Debug)]
pub(crate) struct Visitor<'a> {
    pub(crate) headers: &'a HeaderMap,
    /// The session of the step before, which ends now.
    pub(crate) old: Option<&'a Session>,
    /// The page they wanted.
    pub(crate) back: &'a str,
}

impl App {
    /// What the account has to show before it gets anywhere.
    pub(crate) fn demand(&self, holder: &Holder) -> Demand {
        let own = match (holder.resident_zone == Some(true), holder.privileged, holder.kind.as_str()) {
            (true, ..) => Demand::TwoStrict,
            // A password that only this program keeps is never enough.
            (_, true, _) | (.., "local") => Demand::Two,
            _ => Demand::One,
        };
        own.max(self.config.demand.unwrap_or(Demand::One))
    }

    /// Opens what the person has earned: the portal, or the next step of the log-in.
    pub(crate) async fn admit(
        &self,
        visitor: Visitor<'_>,
        holder: &Holder,
        shown: Vec<Method>,
    ) -> Result<Response, PortalError> {
        let keys = self.store.db.keys(&holder.id).await?;
        let first_time = shown.contains(&Method::Password) && keys.iter().any(|k| k.one_time);
        let second = keys.iter().any(is_second);
        let demand = self.demand(holder);
        let (stage, next) = match () {
            () if first_time => ("enrol", "/login/first".to_owned()),
            () if factor::enough(&shown, demand) => ("full", self.landing(visitor.back, holder).await?),
            () if second => ("password", format!("/login/code?{}", query("back", visitor.back))),
            () => ("enrol", "/login/first".to_owned()),
        };
        self.store.sweep_sessions().await?;
        self.open(&visitor, &holder.id, stage, &shown, &next).await
    }

    /// Where a log-in that asked for no page in particular leads: whoever looks after the work of the whole city to the
    /// board, everybody else to what they have to do themselves.
    async fn landing(&self, back: &str, holder: &Holder) -> Result<String, PortalError> {
        if back != HOME {
            return Ok(back.to_owned());
        }
        let on = date_at(self.store.clock.now());
        let who = self.store.db.who(&holder.person_id, &holder.id).await?;
        let board = access::reach(&who, Action::View, "task", on) == Reach::All;
        Ok(if board { HOME } else { INBOX }.to_owned())
    }

    /// Opens a session under a new secret and goes on to `next`.
    pub(crate) async fn open(
        &self,
        visitor: &Visitor<'_>,
        account_id: &str,
        stage: &str,
        shown: &[Method],
        next: &str,
    ) -> Result<Response, PortalError> {
        let fresh = stage == "full" && shown.iter().any(|m| self.config.steps_up(*m));
        self.begin(visitor, account_id, (stage, fresh), shown, next).await
    }

    /// Opens a full session whose fresh proof is what was shown just now, not what was shown at log-in.
    pub(crate) async fn open_stepped_up(
        &self,
        visitor: &Visitor<'_>,
        account_id: &str,
        shown: &[Method],
        next: &str,
        fresh: bool,
    ) -> Result<Response, PortalError> {
        self.begin(visitor, account_id, ("full", fresh), shown, next).await
    }

    async fn begin(
        &self,
        visitor: &Visitor<'_>,
        account_id: &str,
        (stage, stepped_up): (&str, bool),
        shown: &[Method],
        next: &str,
    ) -> Result<Response, PortalError> {
        let (token, hash) = credential::new_token(&*self.store.entropy);
        let new = NewSession {
            account_id,
            token_sha256: &hash,
            stage,
            agent: &agent(visitor.headers),
            shown,
            stepped_up,
            replaces: visitor.old,
        };
        self.store.open_session(new).await?;
        Ok(with_cookie(self, &token, Redirect::to(next)))
    }
}

impl App {
    /// Reads the whole directory and takes over what it says about accounts. A reading that cannot be had, or that
    /// would stop a large part of the city, changes nothing and is noted for the account review.
    pub async fn read_directory(&self) -> Result<Applied, PortalError> {
        let directory = self.identity.directory.as_ref().ok_or(PortalError::NotFound)?;
        let found = match directory.read().await {
            Ok(found) => found,
            Err(fault) => {
                self.store.directory_failed("サーバにつながらないか、読み取りを断られました").await?;
                return Err(PortalError::Internal(format!("directory: {fault}")));
            }
        };
        let entry = |f: Found| DirectoryEntry {
            external_id: f.id,
            login: f.login,
            number: f.number,
            enabled: f.enabled,
        };
        let entries: Vec<DirectoryEntry> = found.into_iter().map(entry).collect();
        match self.store.apply_directory(&entries).await {
            Ok(applied) => Ok(applied),
            Err(error @ DirectoryError::TooMany { stopped, accounts }) => {
                let fault = format!(
                    "{accounts} 件のうち {stopped} 件が止まることになるため、取り込みを見合わせました"
                );
                self.store.directory_failed(&fault).await?;
                Err(PortalError::Internal(error.to_string()))
            }
            Err(DirectoryError::Store(error)) => Err(error.into()),
        }
    }
}

/// Credentials that can follow a first factor.
pub(crate) fn is_second(key: &KeyRow) -> bool {
    matches!(key.kind.as_str(), "totp" | "passkey" | "certificate")
}

/// Only a path of our own: `//evil` and `/\evil` are addresses of other hosts to a browser.
pub(crate) fn local(back: &str) -> &str {
    let ours =
        back.starts_with('/') && !back[1..].starts_with(['/', '\\']) && !back.contains(char::is_control);
    let step = ["/login", "/step-up"].iter().any(|page| back.starts_with(page));
    if ours && !step { back } else { HOME }
}

pub(crate) fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

/// The browser's own words about itself, shortened: enough to recognise one's own machine in the list.
fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("不明");
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_way_back_stays_here() {
        assert_eq!(local("/requirements?clause=7"), "/requirements?clause=7");
        for away in ["", "//evil", "/\\evil", "https://evil", "/login/code", "/step-up?back=/", "/\n/evil"] {
            assert_eq!(local(away), "/", "{away:?}");
        }
    }

    proptest! {
        #[test]
        fn the_way_back_never_leaves(back in "\\PC{0,12}") {
            let path = local(&back);
            prop_assert!(path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\"));
        }
    }
}
