//! Accounts, what proves their owner, and the limits on guessing. Secrets lie in an operational table and are
//! written in the same transaction as the credential they belong to, so that the two never part.

use sekisho_domain::access::Who;
use sekisho_domain::account::{ACCOUNT, CREDENTIAL};
use sekisho_domain::authority::Facts;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;
use sekisho_domain::noun::Row;

use crate::decision::Application;
use crate::error::Result;
use crate::{Actor, Db, Store, Tx};

/// Failures within the window before a name or address has to wait.
const LOGIN_FAILURES_MAX: i64 = 10;
/// Failures from one address, whatever the names. A section behind one thin-client server stays below it.
const ADDRESS_FAILURES_MAX: i64 = 100;
/// Failures older than this no longer count: a shift of fumbling must not lock a counter for the day.
const LOGIN_WINDOW_MS: i64 = 15 * Ms::MINUTE;
/// How long it then has to wait.
const LOGIN_BLOCK_MS: i64 = 15 * Ms::MINUTE;

sql! {
    const BY_LOGIN = "SELECT a.id AS account_id, a.person_id, a.state, a.privileged, a.login,
            a.kind AS source, c.id AS credential_id, c.kind, s.secret, s.one_time, s.last_step
        FROM account a
        JOIN credential c ON c.account_id = a.id AND c.revoked_ms IS NULL
        JOIN credential_secret s ON s.credential_id = c.id
        WHERE a.login = $1
        ORDER BY c.id";
    const BY_ACCOUNT = "SELECT a.id AS account_id, a.person_id, a.state, a.privileged, a.login,
            a.kind AS source, c.id AS credential_id, c.kind, s.secret, s.one_time, s.last_step
        FROM account a
        JOIN credential c ON c.account_id = a.id AND c.revoked_ms IS NULL
        JOIN credential_secret s ON s.credential_id = c.id
        WHERE a.id = $1
        ORDER BY c.id";
    const HOLDER = "SELECT a.id, a.person_id, a.login, a.kind, a.state, a.privileged, a.resident_zone, a.external_id, p.name,
            p.left_on
        FROM account a JOIN person p ON p.id = a.person_id
        WHERE a.id = $1";
    const HOLDER_BY_LOGIN = "SELECT a.id, a.person_id, a.login, a.kind, a.state, a.privileged, a.resident_zone, a.external_id, p.name,
            p.left_on
        FROM account a JOIN person p ON p.id = a.person_id
        WHERE a.login = $1";
    const HOLDER_BY_EXTERNAL = "SELECT a.id, a.person_id, a.login, a.kind, a.state, a.privileged, a.resident_zone, a.external_id, p.name,
            p.left_on
        FROM account a JOIN person p ON p.id = a.person_id
        WHERE a.kind = $1 AND a.external_id = $2";
    const KEYS = "SELECT c.id AS credential_id, c.account_id, c.kind, c.label, c.handle, c.public_key, c.registered_ms,
            c.countersigned_by, s.last_step, s.one_time
        FROM credential c JOIN credential_secret s ON s.credential_id = c.id
        WHERE c.account_id = $1 AND c.revoked_ms IS NULL ORDER BY c.id";
    const KEY_BY_HANDLE = "SELECT c.id AS credential_id, c.account_id, c.kind, c.label, c.handle, c.public_key,
            c.registered_ms, c.countersigned_by, s.last_step, s.one_time
        FROM credential c JOIN credential_secret s ON s.credential_id = c.id
        WHERE c.handle = $1 AND c.revoked_ms IS NULL";
    const KEEP_SECRET = "INSERT INTO credential_secret (credential_id, secret, one_time, last_step)
        VALUES ($1, $2, $3, 0)";
    const FORGET_SECRET = "DELETE FROM credential_secret WHERE credential_id = $1";
    const CURRENT = "SELECT id FROM credential WHERE account_id = $1 AND kind = $2 AND revoked_ms IS NULL";
    const USE_STEP = "UPDATE credential_secret SET last_step = $2 WHERE credential_id = $1 AND last_step < $2";
    const COUNT_UP = "UPDATE credential_secret SET last_step = $2
        WHERE credential_id = $1 AND (last_step < $2 OR (last_step = 0 AND $2 = 0))";
    const REPLACE_SECRET = "UPDATE credential_secret SET secret = $3 WHERE credential_id = $1 AND secret = $2";
    const LEAVERS = "SELECT a.id FROM account a JOIN person p ON p.id = a.person_id
        WHERE a.state <> 'disabled' AND p.left_on <= $1 ORDER BY a.id LIMIT $2";
    const RESET_GRANTED = r#"SELECT d.id FROM decision d
        WHERE d.kind = 'account' AND d.subject_id = $1 AND d.state = 'approved' AND d.closed_ms > $2
            AND d.subject LIKE '%"change":"reset"%'
            AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = $1 AND c.registered_ms >= d.closed_ms)
        ORDER BY d.id LIMIT 1"#;
    const LEAVERS_FEEDS = "DELETE FROM feed WHERE person_id IN (SELECT id FROM person WHERE left_on <= $1)";
    const BLOCKED = "SELECT blocked_until_ms FROM login_limit WHERE subject = $1";
    const FAIL = "INSERT INTO login_limit (subject, failures, window_from_ms, blocked_until_ms)
        VALUES ($1, 1, $2, 0)
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN login_limit.window_from_ms < $3 THEN 1 ELSE login_limit.failures + 1 END,
            window_from_ms = CASE WHEN login_limit.window_from_ms < $3 THEN $2 ELSE login_limit.window_from_ms END,
            blocked_until_ms = CASE WHEN login_limit.window_from_ms >= $3 AND login_limit.failures + 1 >= $4
                THEN $5 ELSE login_limit.blocked_until_ms END";
    const CLEAR = "DELETE FROM login_limit WHERE subject = $1";
    const ONE = "SELECT a.id AS account_id, a.version, a.login, a.state, a.privileged, a.person_id, p.name,
            (SELECT COUNT(DISTINCT c.kind) FROM credential c
                WHERE c.account_id = a.id AND c.revoked_ms IS NULL) AS factors
        FROM account a JOIN person p ON p.id = a.person_id WHERE a.login = $1";
    const PERSON_BY_NUMBER = "SELECT id FROM person WHERE number = $1 ORDER BY left_on IS NOT NULL, id LIMIT 1";
    const LIST = "SELECT a.id AS account_id, a.version, a.login, a.state, a.privileged, a.person_id, p.name,
            (SELECT COUNT(DISTINCT c.kind) FROM credential c
                WHERE c.account_id = a.id AND c.revoked_ms IS NULL) AS factors
        FROM account a JOIN person p ON p.id = a.person_id
        WHERE a.login > $1 ORDER BY a.login LIMIT $2";
}

/// One usable credential of an account, with its secret. Never leaves the log-in code.
#[derive(Clone, sqlx::FromRow)]
pub struct LoginRow {
    pub account_id: String,
    pub person_id: String,
    pub state: String,
    pub privileged: bool,
    pub login: String,
    /// `local`, `directory` or `oidc`: who vouches for the account.
    pub source: String,
    pub credential_id: String,
    pub kind: String,
    pub secret: String,
    pub one_time: bool,
    pub last_step: i64,
}

impl std::fmt::Debug for LoginRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LoginRow({} {} …)", self.account_id, self.kind)
    }
}

/// An account with what a log-in depends on.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Holder {
    pub id: String,
    pub person_id: String,
    pub login: String,
    /// `local`, `directory` or `oidc`.
    pub kind: String,
    pub state: String,
    pub privileged: bool,
    pub resident_zone: Option<bool>,
    pub external_id: Option<String>,
    pub name: String,
    pub left_on: Option<String>,
}

impl Holder {
    /// In use, and its person still here.
    pub fn may_log_in(&self, now: Ms) -> bool {
        let today = date_at(now).to_string();
        self.state == "active" && self.left_on.as_ref().is_none_or(|left| *left > today)
    }
}

/// A credential as its owner and the administrator see it, and as a touch is verified with it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct KeyRow {
    pub credential_id: String,
    pub account_id: String,
    pub kind: String,
    pub label: Option<String>,
    pub handle: Option<String>,
    pub public_key: Option<String>,
    pub registered_ms: i64,
    pub countersigned_by: Option<String>,
    /// The last count of a passkey, the last step of an authenticator app.
    pub last_step: i64,
    pub one_time: bool,
}

/// A key to be registered beside whatever the account already has.
#[derive(Clone, Copy, Debug)]
pub struct NewKey<'a> {
    /// `passkey` or `certificate`.
    pub kind: &'static str,
    pub label: &'a str,
    pub handle: &'a str,
    /// JWK, for passkeys.
    pub public_key: Option<&'a str>,
    pub counter: i64,
    /// The second person, who saw to whom the key belongs.
    pub countersigned_by: Option<&'a str>,
}

/// An account as the office sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AccountRow {
    pub account_id: String,
    pub version: i64,
    pub login: String,
    pub state: String,
    pub privileged: bool,
    pub person_id: String,
    pub name: String,
    /// Kinds of credential in use: two or more means two factors.
    pub factors: i64,
}

impl Db {
    /// The credentials behind a login name; empty when there is no such account.
    pub async fn login(&self, login: &str) -> Result<Vec<LoginRow>> {
        self.fetch_all(BY_LOGIN, &[login.into()]).await
    }

    pub async fn credentials(&self, account_id: &str) -> Result<Vec<LoginRow>> {
        self.fetch_all(BY_ACCOUNT, &[account_id.into()]).await
    }

    /// Whether another person has agreed, within the last day, that the owner registers anew, and it has not been
    /// done yet.
    pub async fn reset_granted(&self, account_id: &str, now: Ms) -> Result<bool> {
        let args = [account_id.into(), now.plus(-Ms::DAY).into()];
        let found: Option<(String,)> = self.fetch_optional(RESET_GRANTED, &args).await?;
        Ok(found.is_some())
    }

    pub async fn holder(&self, account_id: &str) -> Result<Option<Holder>> {
        self.fetch_optional(HOLDER, &[account_id.into()]).await
    }

    pub async fn holder_by_login(&self, login: &str) -> Result<Option<Holder>> {
        self.fetch_optional(HOLDER_BY_LOGIN, &[login.into()]).await
    }

    /// The account that a directory or provider knows by this id.
    pub async fn holder_by_external(&self, kind: &str, external_id: &str) -> Result<Option<Holder>> {
        self.fetch_optional(HOLDER_BY_EXTERNAL, &[kind.into(), external_id.into()]).await
    }

    /// The credentials in use, without their secrets.
    pub async fn keys(&self, account_id: &str) -> Result<Vec<KeyRow>> {
        self.fetch_all(KEYS, &[account_id.into()]).await
    }

    /// The passkey or certificate in use with this id.
    pub async fn key(&self, handle: &str) -> Result<Option<KeyRow>> {
        self.fetch_optional(KEY_BY_HANDLE, &[handle.into()]).await
    }

    /// Accounts with a login name after `after`, by login name.
    pub async fn accounts(&self, after: &str, limit: i64) -> Result<Vec<AccountRow>> {
        self.fetch_all(LIST, &[after.into(), limit.into()]).await
    }

    pub async fn account_by_login(&self, login: &str) -> Result<Option<AccountRow>> {
        self.fetch_optional(ONE, &[login.into()]).await
    }

    /// Somebody by staff number, those in office before those who left.
    pub async fn person_by_number(&self, number: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = self.fetch_optional(PERSON_BY_NUMBER, &[number.into()]).await?;
        Ok(row.map(|(id,)| id))
    }

    /// Until when a login name or address has to wait; `None` when it may try.
    pub async fn login_blocked(&self, subject: &str, now: Ms) -> Result<Option<Ms>> {
        let row: Option<(i64,)> = self.fetch_optional(BLOCKED, &[subject.into()]).await?;
        Ok(row.map(|(until,)| Ms(until)).filter(|until| *until > now))
    }
}

impl Store {
    /// Counts a failed log-in of a name.
    pub async fn login_failed(&self, login: &str) -> Result<()> {
        self.failed(login, LOGIN_FAILURES_MAX).await
    }

    /// Counts a failed log-in from an address, whatever the name: one password tried on many names.
    pub async fn address_failed(&self, address: &str) -> Result<()> {
        self.failed(address, ADDRESS_FAILURES_MAX).await
    }

    async fn failed(&self, subject: &str, at_most: i64) -> Result<()> {
        let now = self.clock.now();
        let args = [
            subject.into(),
            now.into(),
            now.plus(-LOGIN_WINDOW_MS).into(),
            at_most.into(),
            now.plus(LOGIN_BLOCK_MS).into(),
        ];
        self.op_execute(FAIL, &args).await.map(drop)
    }

    pub async fn login_succeeded(&self, subject: &str) -> Result<()> {
        self.op_execute(CLEAR, &[subject.into()]).await.map(drop)
    }

    /// Takes a TOTP step for use. `false` when that step, or a later one, has been used before.
    pub async fn use_totp_step(&self, credential_id: &str, step: i64) -> Result<bool> {
        Ok(self.op_execute(USE_STEP, &[credential_id.into(), step.into()]).await? == 1)
    }

    /// Moves a passkey's count forward. `false` when somebody else moved it as far in the meantime.
    pub async fn count_up(&self, credential_id: &str, counter: i64) -> Result<bool> {
        Ok(self.op_execute(COUNT_UP, &[credential_id.into(), counter.into()]).await? == 1)
    }

    /// Takes one recovery code out of what is left of them. `false` when it was used in the same moment.
    pub async fn use_recovery(&self, credential_id: &str, before: &str, after: &str) -> Result<bool> {
        Ok(self.op_execute(REPLACE_SECRET, &[credential_id.into(), before.into(), after.into()]).await? == 1)
    }

    /// Closes the accounts of people who have left: credentials are revoked, secrets forgotten, sessions ended, the
    /// secret addresses of their calendars taken away.
    /// Their sessions have been worthless since the first second of the day; this is the record of it.
    pub async fn close_leavers(&self) -> Result<usize> {
        const AT_ONCE: i64 = 200;
        let today = date_at(self.clock.now());
        let gone: Vec<(String,)> = self.db.fetch_all(LEAVERS, &[today.into(), AT_ONCE.into()]).await?;
        for (account,) in &gone {
            let mut tx = self.write(&Actor::system(), "account.leave").await?;
            tx.close_account(account).await?;
            tx.commit().await?;
            self.close_sessions_of(account, "").await?;
        }
        self.op_execute(LEAVERS_FEEDS, &[today.into()]).await?;
        Ok(gone.len())
    }
}

/// What an application for 登録のやり直し freezes.
fn reset_subject(account_id: &str) -> serde_json::Value {
    serde_json::json!({ "account": account_id, "change": "reset" })
}

impl Tx<'_> {
    pub async fn create_account(&mut self, person_id: &str, login: &str, privileged: bool) -> Result<String> {
        let id = self.new_id();
        let row = Row::new(&ACCOUNT, &id)
            .set("person_id", person_id)
            .set("login", login)
            .set("kind", "local")
            .set("state", "active")
            .set("privileged", privileged);
        self.insert(row).await?;
        Ok(id)
    }

    /// Registers a credential in place of any current one of the same kind.
    pub async fn set_credential(
        &mut self,
        account_id: &str,
        kind: &str,
        secret: &str,
        one_time: bool,
    ) -> Result<String> {
        self.revoke_kind(account_id, kind).await?;
        let id = self.new_id();
        let row = Row::new(&CREDENTIAL, &id)
            .set("account_id", account_id)
            .set("kind", kind)
            .set("registered_ms", self.at());
        self.insert(row).await?;
        self.operational(KEEP_SECRET, &[id.as_str().into(), secret.into(), one_time.into()]).await?;
        Ok(id)
    }

    /// Registers a passkey or certificate beside those there are.
    pub async fn add_key(&mut self, account_id: &str, key: NewKey<'_>) -> Result<String> {
        let id = self.new_id();
        let row = Row::new(&CREDENTIAL, &id)
            .set("account_id", account_id)
            .set("kind", key.kind)
            .set("label", key.label)
            .set("registered_ms", self.at())
            .set("countersigned_by", key.countersigned_by.map(str::to_owned))
            .set("handle", key.handle)
            .set("public_key", key.public_key.map(str::to_owned));
        self.insert(row).await?;
        self.operational(KEEP_SECRET, &[id.as_str().into(), "".into(), false.into()]).await?;
        self.operational(COUNT_UP, &[id.as_str().into(), key.counter.into()]).await?;
        Ok(id)
    }

    /// Applies for 登録のやり直し of an account. Approving it ends every credential the account has.
    pub async fn apply_for_reset(&mut self, applicant: &Who, holder: &Holder) -> Result<String> {
        let application = Application {
            kind: "account",
            subject_noun: "account",
            subject_id: &holder.id,
            subject: reset_subject(&holder.id),
            title: &format!("アカウント {} の登録のやり直し", holder.login),
            reason: "本人が今の認証の方法を使えなくなったため",
            clause_label: None,
            facts: Facts { persons: Some(1), ..Facts::default() },
            alike: None,
            external: false,
            done: None,
        };
        self.apply(applicant, application).await
    }

    /// Ends a credential and forgets its secret.
    pub async fn revoke_credential(&mut self, id: &str) -> Result<()> {
        let row = self.get(&CREDENTIAL, id).await?;
        let now = self.at();
        self.update(row.set("revoked_ms", now)).await?;
        self.operational(FORGET_SECRET, &[id.into()]).await?;
        Ok(())
    }

    /// Ends the current credential of one kind, if there is one.
    pub async fn revoke_kind(&mut self, account_id: &str, kind: &str) -> Result<()> {
        let current: Vec<(String,)> = self.fetch_all(CURRENT, &[account_id.into(), kind.into()]).await?;
        for (id,) in current {
            self.revoke_credential(&id).await?;
        }
        Ok(())
    }

    /// Ends every credential of an account.
    pub async fn revoke_credentials(&mut self, account_id: &str) -> Result<()> {
        let keys: Vec<KeyRow> = self.fetch_all(KEYS, &[account_id.into()]).await?;
        for key in keys {
            self.revoke_credential(&key.credential_id).await?;
        }
        Ok(())
    }

    /// 廃止: the account is never used again, nor anything that proved its owner.
    pub async fn close_account(&mut self, account_id: &str) -> Result<()> {
        self.revoke_credentials(account_id).await?;
        let row = self.get(&ACCOUNT, account_id).await?;
        self.update(row.set("state", "disabled")).await
    }

    /// An account for which the directory or provider vouches.
    pub async fn create_linked_account(
        &mut self,
        person_id: &str,
        login: &str,
        kind: &'static str,
        external_id: Option<&str>,
    ) -> Result<String> {
        let id = self.new_id();
        let row = Row::new(&ACCOUNT, &id)
            .set("person_id", person_id)
            .set("login", login)
            .set("kind", kind)
            .set("state", "active")
            .set("privileged", false)
            .set("external_id", external_id.map(str::to_owned));
        self.insert(row).await?;
        Ok(id)
    }
}
