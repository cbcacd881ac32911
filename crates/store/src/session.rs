//! Log-ins that are open. The cookie holds 256 random bits, the table only their hash. A session ends by itself
//! with its time, and at once when the account is stopped or the person has left.

use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;
use sekisho_domain::factor::{self, Method};
use sekisho_domain::id::new_id;

use crate::api_token::{REMOVE_ALL, SWEEP_TOKENS};
use crate::error::Result;
use crate::{Db, Store};

/// A session nobody uses for this long ends: a screen left open in an office.
pub const SESSION_IDLE_MS: i64 = 30 * Ms::MINUTE;
/// No session outlives a working day.
pub const SESSION_ABSOLUTE_MS: i64 = 10 * Ms::HOUR;
/// How long a fresh proof (step-up) covers decisions, exports and the use of keys.
pub const STEP_UP_MS: i64 = 5 * Ms::MINUTE;
/// `seen_ms` is written at most this often, so that reading pages writes nothing.
const SEEN_EVERY_MS: i64 = Ms::MINUTE;

sql! {
    const OPEN = "INSERT INTO session (id, token_sha256, account_id, created_ms, seen_ms, ends_ms, stage, agent,
            methods, stepped_up_ms)
        VALUES ($1, $2, $3, $4, $10, $5, $6, $7, $8, $9)";
    const FIND = "SELECT s.id, s.account_id, a.person_id, s.stage, s.created_ms, s.seen_ms, s.agent, s.methods,
            s.stepped_up_ms, a.login, p.name
        FROM session s JOIN account a ON a.id = s.account_id JOIN person p ON p.id = a.person_id
        WHERE s.token_sha256 = $1 AND s.ends_ms > $2 AND s.seen_ms > $3 AND a.state = 'active'
            AND (p.left_on IS NULL OR p.left_on > $4)";
    const OF_ACCOUNT = "SELECT s.id, s.account_id, a.person_id, s.stage, s.created_ms, s.seen_ms, s.agent, s.methods,
            s.stepped_up_ms, a.login, p.name
        FROM session s JOIN account a ON a.id = s.account_id JOIN person p ON p.id = a.person_id
        WHERE s.account_id = $1 AND s.ends_ms > $2 AND s.seen_ms > $3 ORDER BY s.id";
    const ALL = "SELECT s.id, s.account_id, a.person_id, s.stage, s.created_ms, s.seen_ms, s.agent, s.methods,
            s.stepped_up_ms, a.login, p.name
        FROM session s JOIN account a ON a.id = s.account_id JOIN person p ON p.id = a.person_id
        WHERE s.ends_ms > $1 AND s.seen_ms > $2 AND s.id > $3 ORDER BY s.id LIMIT $4";
    const SEEN = "UPDATE session SET seen_ms = $2 WHERE id = $1 AND seen_ms < $2";
    const CLOSE = "DELETE FROM session WHERE id = $1";
    const CLOSE_ACCOUNT = "DELETE FROM session WHERE account_id = $1 AND id <> $2";
    const USED = "INSERT INTO account_use (account_id, used_ms) VALUES ($1, $2)
        ON CONFLICT (account_id) DO UPDATE SET used_ms = $2";
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
    /// What was shown in this log-in, as `domain::factor` writes it.
    pub methods: String,
    /// When the person last proved to be at the screen; 0 when that was not in this session.
    pub stepped_up_ms: i64,
    pub login: String,
    /// The person's name.
    pub name: String,
}

impl Session {
    pub fn shown(&self) -> Vec<Method> {
        factor::methods(&self.methods)
    }

    /// Whether a fresh proof covers what is asked for now.
    pub fn stepped_up(&self, now: Ms) -> bool {
        (0..STEP_UP_MS).contains(&now.since(Ms(self.stepped_up_ms)))
    }
}

/// A session about to begin.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    pub account_id: &'a str,
    pub token_sha256: &'a str,
    /// See [`Session::stage`].
    pub stage: &'a str,
    pub agent: &'a str,
    pub shown: &'a [Method],
    /// What was shown also counts as proof for decisions, for the next minutes.
    pub stepped_up: bool,
    /// The session that ends in the same moment, at every step of a log-in and at every step-up: nothing from
    /// before the step is worth anything after it. The new one lasts no longer than the old one would have.
    pub replaces: Option<&'a Session>,
}

impl Db {
    /// The open session of a cookie, by the hash of its token.
    pub async fn session(&self, token_sha256: &str, now: Ms) -> Result<Option<Session>> {
        let today = date_at(now);
        let args = [token_sha256.into(), now.into(), now.plus(-SESSION_IDLE_MS).into(), today.into()];
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
    /// Opens a session; a full one is also the account's last use.
    pub async fn open_session(&self, new: NewSession<'_>) -> Result<String> {
        let now = self.clock.now();
        let id = new_id(now, &*self.entropy);
        let began = new.replaces.map_or(now, |old| Ms(old.created_ms));
        let args = [
            id.as_str().into(),
            new.token_sha256.into(),
            new.account_id.into(),
            began.into(),
            began.plus(SESSION_ABSOLUTE_MS).into(),
            new.stage.into(),
            new.agent.into(),
            factor::text(new.shown).into(),
            if new.stepped_up { now } else { Ms(0) }.into(),
            now.into(),
        ];
        let mut op = self.op().await?;
        if let Some(old) = new.replaces {
            op.execute(CLOSE, &[old.id.as_str().into()]).await?;
        }
        op.execute(OPEN, &args).await?;
        if new.stage == "full" {
            op.execute(USED, &[new.account_id.into(), now.into()]).await?;
        }
        op.commit().await?;
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

    /// Ends every session of an account but one (or all, with an empty id), and the keys of its programs: after a change
    /// of password, and when the account is stopped.
    pub async fn close_sessions_of(&self, account_id: &str, but: &str) -> Result<u64> {
        let mut op = self.op().await?;
        op.execute(REMOVE_ALL, &[account_id.into()]).await?;
        let closed = op.execute(CLOSE_ACCOUNT, &[account_id.into(), but.into()]).await?;
        op.commit().await?;
        Ok(closed)
    }

    /// Deletes what has run out.
    pub async fn sweep_sessions(&self) -> Result<u64> {
        let now = self.clock.now();
        self.op_execute(SWEEP_TOKENS, &[now.into()]).await?;
        self.op_execute(SWEEP, &[now.into(), now.plus(-SESSION_IDLE_MS).into()]).await
    }
}
