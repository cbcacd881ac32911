//! What the city's directory (AD, LDAP) says about accounts, and what follows: an account is made for a person who
//! has one there, stopped when it is disabled or gone there, opened again when it comes back.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_domain::account::ACCOUNT;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;

use crate::error::Result;
use crate::{Actor, Db, Store};

/// A reading that would stop more than this share of the accounts is refused: a wrong search base or a directory
/// half restored must not lock the city out (percent).
const STOPPED_PERCENT_MAX: usize = 20;
/// Below this many the share means nothing: of four accounts one is already a quarter.
const STOPPED_ALWAYS: usize = 3;

sql! {
    const LINKED = "SELECT id, login, state, external_id FROM account WHERE kind = 'directory' ORDER BY id";
    const LOGINS = "SELECT login, id FROM account ORDER BY login";
    const PEOPLE = "SELECT id, number, left_on FROM person ORDER BY id";
    const KNOWN = "SELECT external_id, login, number, enabled, person_id FROM directory_entry ORDER BY external_id";
    const KEEP = "INSERT INTO directory_entry (external_id, login, number, enabled, seen_ms, person_id)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (external_id) DO UPDATE SET
            login = $2, number = $3, enabled = $4, seen_ms = $5, person_id = $6";
    const GONE = "UPDATE directory_entry SET enabled = FALSE WHERE external_id = $1";
    const READ = "INSERT INTO directory_sync (id, read_ms, failed_ms, fault) VALUES ('directory', $1, NULL, NULL)
        ON CONFLICT (id) DO UPDATE SET read_ms = $1, failed_ms = NULL, fault = NULL";
    const FAILED = "INSERT INTO directory_sync (id, read_ms, failed_ms, fault) VALUES ('directory', 0, $1, $2)
        ON CONFLICT (id) DO UPDATE SET failed_ms = $1, fault = $2";
    const STATE = "SELECT read_ms, failed_ms, fault FROM directory_sync WHERE id = 'directory'";
}

/// One account of the directory, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// objectGUID or its like: stays when the name changes.
    pub external_id: String,
    pub login: String,
    /// 職員番号: by which it is matched with a person.
    pub number: Option<String>,
    pub enabled: bool,
}

/// What a reading changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub created: usize,
    pub stopped: usize,
    pub resumed: usize,
    /// Entries that belong to nobody in the register: a finding of the account review.
    pub nobody: usize,
}

/// Why a reading was not applied.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("{stopped} of {accounts} accounts would be stopped")]
    TooMany { stopped: usize, accounts: usize },
    #[error(transparent)]
    Store(#[from] crate::StoreError),
}

/// How the last readings went.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DirectoryState {
    pub read_ms: i64,
    pub failed_ms: Option<i64>,
    pub fault: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Linked {
    id: String,
    login: String,
    state: String,
    external_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Known {
    external_id: String,
    login: String,
    number: Option<String>,
    enabled: bool,
    person_id: Option<String>,
}

/// What has to happen to make the accounts agree with a reading.
#[derive(Default)]
struct Plan<'e> {
    create: Vec<(&'e DirectoryEntry, String)>,
    /// Accounts made by hand for a directory user, to be tied to the entry: (account, external id).
    bind: Vec<(String, &'e str)>,
    stop: Vec<String>,
    resume: Vec<String>,
}

impl Db {
    pub async fn directory_state(&self) -> Result<Option<DirectoryState>> {
        self.fetch_optional(STATE, &[]).await
    }
}

impl Store {
    /// Takes over a complete reading of the directory, all or nothing.
    pub async fn apply_directory(
        &self,
        entries: &[DirectoryEntry],
    ) -> std::result::Result<Applied, DirectoryError> {
        let now = self.clock.now();
        let people = self.people_by_number(now).await?;
        let linked: Vec<Linked> = self.db.fetch_all(LINKED, &[]).await?;
        let known: Vec<Known> = self.db.fetch_all(KNOWN, &[]).await?;
        let logins: Vec<(String, String)> = self.db.fetch_all(LOGINS, &[]).await?;
        let logins: BTreeSet<String> = logins.into_iter().map(|(login, _)| login).collect();
        let plan = plan(entries, &linked, &known, &people, &logins);
        let active = linked.iter().filter(|a| a.state == "active").count();
        let stopped = plan.stop.len();
        if stopped > STOPPED_ALWAYS && stopped * 100 > active * STOPPED_PERCENT_MAX {
            return Err(DirectoryError::TooMany { stopped, accounts: active });
        }
        self.change_accounts(&plan).await?;
        let person = |entry: &DirectoryEntry| entry.number.as_ref().and_then(|n| people.get(n)).cloned();
        self.keep_entries(entries, &known, person, now).await?;
        Ok(Applied {
            created: plan.create.len() + plan.bind.len(),
            stopped,
            resumed: plan.resume.len(),
            nobody: entries.iter().filter(|e| e.enabled && person(e).is_none()).count(),
        })
    }

    /// Notes that a reading failed and why; the last good one stays in force.
    pub async fn directory_failed(&self, fault: &str) -> Result<()> {
        self.op_execute(FAILED, &[self.clock.now().into(), fault.into()]).await.map(drop)
    }

    /// The account of a person whom the directory or provider has just vouched for: the one it is tied to, one
    /// made by hand under the same name and not yet tied, or a new one for the person with that number.
    pub async fn vouched_account(
        &self,
        kind: &'static str,
        entry: &DirectoryEntry,
    ) -> Result<Option<String>> {
        if let Some(holder) = self.db.holder_by_external(kind, &entry.external_id).await? {
            return Ok(Some(holder.id));
        }
        let named = self.db.holder_by_login(&entry.login).await?;
        let people = self.people_by_number(self.clock.now()).await?;
        let person = entry.number.as_ref().and_then(|number| people.get(number));
        let mut tx = self.write(&Actor::system(), "account.vouch").await?;
        let account = match (named, person) {
            (Some(holder), _) if holder.kind == kind && holder.external_id.is_none() => {
                let row = tx.get(&ACCOUNT, &holder.id).await?;
                tx.update(row.set("external_id", entry.external_id.as_str())).await?;
                holder.id
            }
            (None, Some(person)) => {
                tx.create_linked_account(person, &entry.login, kind, Some(&entry.external_id)).await?
            }
            _ => return Ok(None),
        };
        tx.commit().await?;
        Ok(Some(account))
    }

    /// Staff who have not left, by 職員番号; numbers that two people share name nobody.
    async fn people_by_number(&self, now: Ms) -> Result<BTreeMap<String, String>> {
        let rows: Vec<(String, String, Option<String>)> = self.db.fetch_all(PEOPLE, &[]).await?;
        let today = date_at(now).to_string();
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, number, left_on) in rows {
            if left_on.is_none_or(|left| left > today) {
                found.entry(number).or_default().push(id);
            }
        }
        let one = |(number, mut ids): (String, Vec<String>)| match ids.len() {
            1 => ids.pop().map(|id| (number, id)),
            _ => None,
        };
        Ok(found.into_iter().filter_map(one).collect())
    }

    async fn change_accounts(&self, plan: &Plan<'_>) -> Result<()> {
        let mut tx = self.write(&Actor::system(), "account.directory").await?;
        for (entry, person) in &plan.create {
            tx.create_linked_account(person, &entry.login, "directory", Some(&entry.external_id)).await?;
        }
        for (account, external_id) in &plan.bind {
            let row = tx.get(&ACCOUNT, account).await?;
            tx.update(row.set("external_id", *external_id)).await?;
        }
        for (ids, state) in [(&plan.stop, "locked"), (&plan.resume, "active")] {
            for id in ids {
                let row = tx.get(&ACCOUNT, id).await?;
                tx.update(row.set("state", state)).await?;
            }
        }
        tx.commit().await?;
        for id in &plan.stop {
            self.close_sessions_of(id, "").await?;
        }
        Ok(())
    }

    async fn keep_entries(
        &self,
        entries: &[DirectoryEntry],
        known: &[Known],
        person: impl Fn(&DirectoryEntry) -> Option<String>,
        now: Ms,
    ) -> Result<()> {
        let mut op = self.op().await?;
        for entry in entries {
            let args = [
                entry.external_id.as_str().into(),
                entry.login.as_str().into(),
                entry.number.clone().into(),
                entry.enabled.into(),
                now.into(),
                // An entry keeps its person after they have left: that is what makes it a finding.
                person(entry).or_else(|| owner_before(known, entry)).into(),
            ];
            op.execute(KEEP, &args).await?;
        }
        let seen: BTreeSet<&str> = entries.iter().map(|e| e.external_id.as_str()).collect();
        for gone in known.iter().filter(|k| k.enabled && !seen.contains(k.external_id.as_str())) {
            op.execute(GONE, &[gone.external_id.as_str().into()]).await?;
        }
        op.execute(READ, &[now.into()]).await?;
        op.commit().await
    }
}

fn owner_before(known: &[Known], entry: &DirectoryEntry) -> Option<String> {
    let same =
        |k: &&Known| k.external_id == entry.external_id && k.number == entry.number && k.login == entry.login;
    known.iter().find(same).and_then(|k| k.person_id.clone())
}

fn plan<'e>(
    entries: &'e [DirectoryEntry],
    linked: &[Linked],
    known: &[Known],
    people: &BTreeMap<String, String>,
    logins: &BTreeSet<String>,
) -> Plan<'e> {
    let by_id: BTreeMap<&str, &DirectoryEntry> =
        entries.iter().map(|e| (e.external_id.as_str(), e)).collect();
    let was_off: BTreeSet<&str> =
        known.iter().filter(|k| !k.enabled).map(|k| k.external_id.as_str()).collect();
    let mut plan = Plan::default();
    for account in linked {
        let Some(id) = account.external_id.as_deref() else { continue };
        let enabled = by_id.get(id).is_some_and(|e| e.enabled);
        match account.state.as_str() {
            "active" if !enabled => plan.stop.push(account.id.clone()),
            // Only what the directory had stopped; what an administrator locked stays locked.
            "locked" if enabled && was_off.contains(id) => plan.resume.push(account.id.clone()),
            _ => {}
        }
    }
    let tied: BTreeSet<&str> = linked.iter().filter_map(|a| a.external_id.as_deref()).collect();
    for entry in entries.iter().filter(|e| e.enabled && !tied.contains(e.external_id.as_str())) {
        let waiting = linked.iter().find(|a| a.external_id.is_none() && a.login == entry.login);
        let person = entry.number.as_ref().and_then(|number| people.get(number));
        match (waiting, person) {
            (Some(account), _) => plan.bind.push((account.id.clone(), &entry.external_id)),
            (None, Some(person)) if !logins.contains(&entry.login) => {
                plan.create.push((entry, person.clone()));
            }
            _ => {}
        }
    }
    plan
}
