//! 不在 and 委任 of one person.

use crate::Db;
use crate::error::Result;

sql! {
    const ABSENCES = "SELECT id, reason AS words, valid_from, valid_to FROM absence
        WHERE person_id = $1 ORDER BY valid_to DESC, id DESC LIMIT $2";
    const DELEGATIONS = "SELECT d.id, p.name || 'さんへ ' || d.reason AS words, d.valid_from, d.valid_to
        FROM delegation d JOIN person p ON p.id = d.delegate_id
        WHERE d.granted_by = $1 ORDER BY d.valid_to DESC, d.id DESC LIMIT $2";
}

/// The latest ones shown.
const SHOWN: i64 = 20;

/// One of them in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OwnLine {
    pub id: String,
    pub words: String,
    pub valid_from: String,
    /// The first day on which it no longer holds.
    pub valid_to: String,
}

impl Db {
    pub async fn own_absences(&self, person_id: &str) -> Result<Vec<OwnLine>> {
        self.fetch_all(ABSENCES, &[person_id.into(), SHOWN.into()]).await
    }

    pub async fn own_delegations(&self, person_id: &str) -> Result<Vec<OwnLine>> {
        self.fetch_all(DELEGATIONS, &[person_id.into(), SHOWN.into()]).await
    }
}
