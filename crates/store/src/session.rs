//! Log-ins that are open. The cookie holds 256 random bits, the table only their hash.

use sekisho_domain::clock::Ms;
use sekisho_domain::id::new_id;

use crate::error::Result;
use crate::{Db, Store};

/// A session nobody uses for this long ends: a screen left open in an office.
pub const SESSION_IDLE_MS: i64 = 30 * Ms::MINUTE;
/// No session outlives a working day.
pub const SESSION_ABSOLUTE_MS: i64 = 10 * Ms::HOUR;
/// `seen_ms` is written at most this often, so that reading pages writes nothing.
const SEEN_EVERY_MS: i64 = Ms::MINUTE;

sql! {
    const OPEN = "INSERT INTO session (id, token_sha256, account_id, created_ms, seen_ms, ends_ms, stage, agent)
        VALUES ($1, $2, $3, $4, $4, $5, $6, $7)";
    const FIND = "SELECT s.id, s.account_id, a.person_id, s.stage, s.created_ms, s.seen_ms, s.agent, a.login, p.name
        FROM session s JOIN account a ON a.id = s.account_id JOIN person p ON p.id = a.person_id
        WHERE s.token_sha256 = $1 AND s.ends_ms > $2 AND s.seen_ms > $3 AND a.state = 'active'";
    const OF_ACCOUNT = "SELECT s.id, s.account_id, a.person_id, s.stage, s.created_ms, s.seen_ms, s.agent, a.login, p.name
        FROM session s JOIN account a ON a.id = s.account_id JOIN person p ON p.id = a.person_id
        WHERE s.account_id = $1 AND s.ends_ms > $2 AND s.seen_ms > $3 ORDER BY s.id";
    const ALL = "SELECT s.id, s.account_id, a.person_id, s.stage, s.created_ms, s.seen_ms, s.agent, a.login, p.name
        FROM session s JOIN account a ON a.id = s.account_id JOIN person p ON p.id = a.person_id
        WHERE s.ends_ms > $1 AND s.seen_ms > $2 AND s.id > $3 ORDER BY s.id LIMIT $4";
    const SEEN = "UPDATE session SET seen_ms = $2 WHERE id = $1 AND seen_ms < $2";
    const CLOSE = "DELETE FROM session WHERE id = $1";
    const CLOSE_ACCOUNT = "DELETE FROM session WHERE account_id = $1 AND id <> $2";
    const SWEEP = "DELETE FROM session WHERE ends_ms <= $1 OR seen_ms <= $2";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Session {
    pub id: String,
    pub account_id: String,
    pub person_id: String,
    /// `password`: the second factor is still to come. `enrol`: credentials must be set up first. `full`.
    pub stage: String,
    pub created_ms: i64,
    pub seen_ms: i64,
    pub agent: String,
    pub login: String,
    /// The person's name.
    pub name: String,
}

impl Db {
    /// The open session of a cookie, by the hash of its token.
    pub async fn session(&self, token_sha256: &str, now: Ms) -> Result<Option<Session>> {
        let args = [token_sha256.into(), now.into(), now.plus(-SESSION_IDLE_MS).into()];
        self.fetch_optional(FIND, &args).await
    }

    pub async fn sessions_of(&self, account_id: &str, now: Ms) -> Result<Vec<Session>> {
        let args = [account_id.into(), now.into(), now.plus(-SESSION_IDLE_MS).into()];
        self.fetch_all(OF_ACCOUNT, &args).await
    }

    /// Every open session after id `after`, by id.
    pub async fn sessions(&self, now: Ms, after: &str, limit: i64) -> Result<Vec<Session>> {
        let args = [now.into(), now.plus(-SESSION_IDLE_MS).into(), after.into(), limit.into()];
        self.fetch_all(ALL, &args).await
    }
}

impl Store {
    pub async fn open_session(
        &self,
        account_id: &str,
        token_sha256: &str,
        stage: &str,
        agent: &str,
    ) -> Result<String> {
        let now = self.clock.now();
        let id = new_id(now, &*self.entropy);
        let args = [
            id.as_str().into(),
            token_sha256.into(),
            account_id.into(),
            now.into(),
            now.plus(SESSION_ABSOLUTE_MS).into(),
            stage.into(),
            agent.into(),
        ];
        self.op_execute(OPEN, &args).await?;
        Ok(id)
    }

    /// Notes that a session is in use; writes at most once a minute.
    pub async fn session_seen(&self, session: &Session) -> Result<()> {
        let now = self.clock.now();
        if now.since(Ms(session.seen_ms)) < SEEN_EVERY_MS {
            return Ok(());
        }
        self.op_execute(SEEN, &[session.id.as_str().into(), now.into()]).await.map(drop)
    }

    pub async fn close_session(&self, id: &str) -> Result<()> {
        self.op_execute(CLOSE, &[id.into()]).await.map(drop)
    }

    /// Ends every session of an account but one (or all, with an empty id): after a change of password.
    pub async fn close_sessions_of(&self, account_id: &str, but: &str) -> Result<u64> {
        self.op_execute(CLOSE_ACCOUNT, &[account_id.into(), but.into()]).await
    }

    /// Deletes what has run out.
    pub async fn sweep_sessions(&self) -> Result<u64> {
        let now = self.clock.now();
        self.op_execute(SWEEP, &[now.into(), now.plus(-SESSION_IDLE_MS).into()]).await
    }
}
