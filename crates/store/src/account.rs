//! Accounts, what proves their owner, and the limits on guessing. Secrets lie in an operational table and are
//! written in the same transaction as the credential they belong to, so that the two never part.

use sekisho_domain::account::{ACCOUNT, CREDENTIAL};
use sekisho_domain::clock::Ms;
use sekisho_domain::noun::Row;

use crate::error::Result;
use crate::{Db, Store, Tx};

/// Failures within the window before a name or address has to wait.
const LOGIN_FAILURES_MAX: i64 = 10;
/// Failures older than this no longer count: a shift of fumbling must not lock a counter for the day.
const LOGIN_WINDOW_MS: i64 = 15 * Ms::MINUTE;
/// How long it then has to wait.
const LOGIN_BLOCK_MS: i64 = 15 * Ms::MINUTE;

sql! {
    const BY_LOGIN = "SELECT a.id AS account_id, a.person_id, a.state, a.privileged, a.login,
            c.id AS credential_id, c.kind, s.secret, s.one_time, s.last_step
        FROM account a
        JOIN credential c ON c.account_id = a.id AND c.revoked_ms IS NULL
        JOIN credential_secret s ON s.credential_id = c.id
        WHERE a.login = $1
        ORDER BY c.id";
    const BY_ACCOUNT = "SELECT a.id AS account_id, a.person_id, a.state, a.privileged, a.login,
            c.id AS credential_id, c.kind, s.secret, s.one_time, s.last_step
        FROM account a
        JOIN credential c ON c.account_id = a.id AND c.revoked_ms IS NULL
        JOIN credential_secret s ON s.credential_id = c.id
        WHERE a.id = $1
        ORDER BY c.id";
    const KEEP_SECRET = "INSERT INTO credential_secret (credential_id, secret, one_time, last_step)
        VALUES ($1, $2, $3, 0)";
    const FORGET_SECRET = "DELETE FROM credential_secret WHERE credential_id = $1";
    const CURRENT = "SELECT id FROM credential WHERE account_id = $1 AND kind = $2 AND revoked_ms IS NULL";
    const USE_STEP = "UPDATE credential_secret SET last_step = $2 WHERE credential_id = $1 AND last_step < $2";
    const BLOCKED = "SELECT blocked_until_ms FROM login_limit WHERE subject = $1";
    const FAIL = "INSERT INTO login_limit (subject, failures, window_from_ms, blocked_until_ms)
        VALUES ($1, 1, $2, 0)
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN login_limit.window_from_ms < $3 THEN 1 ELSE login_limit.failures + 1 END,
            window_from_ms = CASE WHEN login_limit.window_from_ms < $3 THEN $2 ELSE login_limit.window_from_ms END,
            blocked_until_ms = CASE WHEN login_limit.window_from_ms >= $3 AND login_limit.failures + 1 >= $4
                THEN $5 ELSE login_limit.blocked_until_ms END";
    const CLEAR = "DELETE FROM login_limit WHERE subject = $1";
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

    /// Accounts with a login name after `after`, by login name.
    pub async fn accounts(&self, after: &str, limit: i64) -> Result<Vec<AccountRow>> {
        self.fetch_all(LIST, &[after.into(), limit.into()]).await
    }

    /// Until when a login name or address has to wait; `None` when it may try.
    pub async fn login_blocked(&self, subject: &str, now: Ms) -> Result<Option<Ms>> {
        let row: Option<(i64,)> = self.fetch_optional(BLOCKED, &[subject.into()]).await?;
        Ok(row.map(|(until,)| Ms(until)).filter(|until| *until > now))
    }
}

impl Store {
    /// Counts a failed log-in of a name or an address.
    pub async fn login_failed(&self, subject: &str) -> Result<()> {
        let now = self.clock.now();
        let args = [
            subject.into(),
            now.into(),
            now.plus(-LOGIN_WINDOW_MS).into(),
            LOGIN_FAILURES_MAX.into(),
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
        let current: Vec<(String,)> = self.fetch_all(CURRENT, &[account_id.into(), kind.into()]).await?;
        for (id,) in current {
            let row = self.get(&CREDENTIAL, &id).await?;
            let now = self.at();
            self.update(row.set("revoked_ms", now)).await?;
            self.operational(FORGET_SECRET, &[id.into()]).await?;
        }
        let id = self.new_id();
        let row = Row::new(&CREDENTIAL, &id)
            .set("account_id", account_id)
            .set("kind", kind)
            .set("registered_ms", self.at());
        self.insert(row).await?;
        self.operational(KEEP_SECRET, &[id.as_str().into(), secret.into(), one_time.into()]).await?;
        Ok(id)
    }
}
