//! What the ledger page shows besides the log itself.

use sekisho_domain::date::Date;

use crate::error::Result;
use crate::{Db, carries};

/// A checkpoint that somebody outside is known to hold: an auditor's word, or a witness's signature.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OutsideLine {
    pub size: i64,
    pub root: String,
    pub place: String,
    pub confirmed_ms: i64,
    /// The auditor; empty for a witness.
    pub person: String,
    /// The witness's key and the text it signed; empty for an auditor.
    pub key: String,
    pub note: String,
}

sql! {
    /// What the operator alone could have written counts for nothing: a confirmation by somebody who never sat in the
    /// audit, a signature under a key that no auditor has compared.
    const OUTSIDE = concat!("SELECT o.size, o.root, o.place, o.confirmed_ms, p.name AS person, '' AS key, '' AS note
        FROM outside_checkpoint o JOIN person p ON p.id = o.person_id
        WHERE EXISTS (SELECT 1 FROM assignment a
            JOIN role_seat r ON ", carries!("r", "a", "$2"), "
            WHERE a.person_id = o.person_id AND r.role IN ('audit_chief', 'auditor'))
        UNION ALL
        SELECT c.size, c.root, w.place, c.signed_ms AS confirmed_ms, '' AS person, c.key, c.note
        FROM cosignature c JOIN ledger_witness w ON w.key = c.key AND w.ended_ms IS NULL
        ORDER BY confirmed_ms DESC, size DESC LIMIT $1");
}

impl Db {
    /// Checkpoints that somebody outside is known to hold, newest first.
    pub async fn outside_checkpoints(&self, on: Date, limit: i64) -> Result<Vec<OutsideLine>> {
        self.fetch_all(OUTSIDE, &[limit.into(), on.into()]).await
    }
}
