//! Questions that wait for their answer: a passkey's challenge, an OpenID redirect. Each is answered once, by the
//! browser it was given to, within minutes.

use sekisho_domain::clock::Ms;

use crate::error::Result;
use crate::{Db, Store};

/// How long an answer may take: finding the key, typing a password at the provider.
pub const CEREMONY_MS: i64 = 10 * Ms::MINUTE;

sql! {
    const BEGIN = "INSERT INTO ceremony (token_sha256, kind, account_id, data, ends_ms) VALUES ($1, $2, $3, $4, $5)";
    const FIND = "SELECT account_id, data FROM ceremony WHERE token_sha256 = $1 AND kind = $2 AND ends_ms > $3";
    const TAKE = "DELETE FROM ceremony WHERE token_sha256 = $1";
    const SWEEP = "DELETE FROM ceremony WHERE ends_ms <= $1";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Ceremony {
    /// Whose answer is expected; `None` before log-in.
    pub account_id: Option<String>,
    /// What the answer is compared with. Never leaves the server.
    pub data: String,
}

impl Store {
    /// Asks. `token_sha256` is the hash of the cookie that the answering browser must bring.
    pub async fn begin_ceremony(
        &self,
        token_sha256: &str,
        kind: &'static str,
        account_id: Option<&str>,
        data: &str,
    ) -> Result<()> {
        let now = self.clock.now();
        let mut op = self.op().await?;
        op.execute(SWEEP, &[now.into()]).await?;
        let account = account_id.map(str::to_owned);
        let args =
            [token_sha256.into(), kind.into(), account.into(), data.into(), now.plus(CEREMONY_MS).into()];
        op.execute(BEGIN, &args).await?;
        op.commit().await
    }

    /// Takes the question away for an answer; of two answers at the same moment one gets it.
    pub async fn take_ceremony(&self, token_sha256: &str, kind: &'static str) -> Result<Option<Ceremony>> {
        let now = self.clock.now();
        let mut op = self.op().await?;
        let args = [token_sha256.into(), kind.into(), now.into()];
        let found: Option<Ceremony> = op.fetch_optional(FIND, &args).await?;
        let taken = op.execute(TAKE, &[token_sha256.into()]).await?;
        op.commit().await?;
        Ok(found.filter(|_| taken == 1))
    }
}

impl Db {
    /// Looks without taking: a page that is shown again after a wrong answer.
    pub async fn ceremony(
        &self,
        token_sha256: &str,
        kind: &'static str,
        now: Ms,
    ) -> Result<Option<Ceremony>> {
        self.fetch_optional(FIND, &[token_sha256.into(), kind.into(), now.into()]).await
    }
}
