//! What the ledger page shows besides the log itself.

use crate::Db;
use crate::error::Result;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OutsideLine {
    pub size: i64,
    pub root: String,
    pub place: String,
    pub confirmed_ms: i64,
    pub person: String,
}

sql! {
    const OUTSIDE = "SELECT o.size, o.root, o.place, o.confirmed_ms, p.name AS person
        FROM outside_checkpoint o JOIN person p ON p.id = o.person_id
        ORDER BY o.confirmed_ms DESC, o.id DESC LIMIT $1";
}

impl Db {
    /// Checkpoints that somebody confirmed to hold elsewhere, newest first.
    pub async fn outside_checkpoints(&self, limit: i64) -> Result<Vec<OutsideLine>> {
        self.fetch_all(OUTSIDE, &[limit.into()]).await
    }
}
