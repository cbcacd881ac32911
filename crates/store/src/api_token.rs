//! Keys for programs: a person makes one for the JSON API, with a name and a day on which it ends. The program holds
//! 256 random bits, the table only their hash. A key reaches what its person reaches at that moment, and is worth
//! nothing once the account is stopped or the person has left.

use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;
use sekisho_domain::id::new_id;

use crate::error::Result;
use crate::{Db, Store};

/// Keys of one person at a time: one per program, and nobody runs twenty.
pub const API_TOKENS_MAX: i64 = 20;
/// `used_ms` is written at most this often, so that reading writes nothing.
const USED_EVERY_MS: i64 = Ms::MINUTE;

sql! {
    const ADD = "INSERT INTO api_token (id, token_sha256, account_id, name, writes, created_ms, ends_ms, used_ms)
        SELECT $1, $2, $3, $4, $5, $6, $7, 0
        WHERE (SELECT COUNT(*) FROM api_token WHERE account_id = $3 AND ends_ms > $6) < $8";
    const FIND = "SELECT t.id, t.account_id, a.person_id, a.login, p.name AS person, t.name, t.writes, t.created_ms,
            t.ends_ms, t.used_ms
        FROM api_token t JOIN account a ON a.id = t.account_id JOIN person p ON p.id = a.person_id
        WHERE t.token_sha256 = $1 AND t.ends_ms > $2 AND a.state = 'active' AND (p.left_on IS NULL OR p.left_on > $3)";
    const OF_ACCOUNT = "SELECT t.id, t.account_id, a.person_id, a.login, p.name AS person, t.name, t.writes,
            t.created_ms, t.ends_ms, t.used_ms
        FROM api_token t JOIN account a ON a.id = t.account_id JOIN person p ON p.id = a.person_id
        WHERE t.account_id = $1 AND t.ends_ms > $2 ORDER BY t.id";
    const USED = "UPDATE api_token SET used_ms = $2 WHERE id = $1 AND used_ms < $2";
    const REMOVE = "DELETE FROM api_token WHERE id = $1";
    pub(crate) const REMOVE_ALL = "DELETE FROM api_token WHERE account_id = $1";
    pub(crate) const SWEEP_TOKENS = "DELETE FROM api_token WHERE ends_ms <= $1";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ApiToken {
    pub id: String,
    pub account_id: String,
    pub person_id: String,
    pub login: String,
    /// The person's name.
    pub person: String,
    /// What the person calls the program.
    pub name: String,
    pub writes: bool,
    pub created_ms: i64,
    pub ends_ms: i64,
    /// 0 while it was never used.
    pub used_ms: i64,
}

/// A key about to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewApiToken<'a> {
    pub account_id: &'a str,
    pub token_sha256: &'a str,
    pub name: &'a str,
    pub writes: bool,
    pub ends: Ms,
}

impl Db {
    /// The key a program showed, by its hash, if it still opens anything.
    pub async fn api_token(&self, token_sha256: &str, now: Ms) -> Result<Option<ApiToken>> {
        self.fetch_optional(FIND, &[token_sha256.into(), now.into(), date_at(now).into()]).await
    }

    pub async fn api_tokens_of(&self, account_id: &str, now: Ms) -> Result<Vec<ApiToken>> {
        self.fetch_all(OF_ACCOUNT, &[account_id.into(), now.into()]).await
    }
}

impl Store {
    /// Keeps the hash of a key; `false` when the person has [`API_TOKENS_MAX`] already.
    pub async fn add_api_token(&self, new: NewApiToken<'_>) -> Result<bool> {
        let now = self.clock.now();
        let args = [
            new_id(now, &*self.entropy).into(),
            new.token_sha256.into(),
            new.account_id.into(),
            new.name.into(),
            new.writes.into(),
            now.into(),
            new.ends.into(),
            API_TOKENS_MAX.into(),
        ];
        Ok(self.op_execute(ADD, &args).await? > 0)
    }

    /// Notes that a key is in use; writes at most once a minute.
    pub async fn api_token_used(&self, token: &ApiToken) -> Result<()> {
        let now = self.clock.now();
        if now.since(Ms(token.used_ms)) < USED_EVERY_MS {
            return Ok(());
        }
        self.op_execute(USED, &[token.id.as_str().into(), now.into()]).await.map(drop)
    }

    pub async fn remove_api_token(&self, id: &str) -> Result<()> {
        self.op_execute(REMOVE, &[id.into()]).await.map(drop)
    }
}
