//! アカウントの棚卸: what an account review asks about.

use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;

use crate::Db;
use crate::error::Result;

/// An account that nobody used for this long is asked about.
pub const UNUSED_MS: i64 = 90 * Ms::DAY;
/// Rows of one question on the page; the number above it counts all.
const ROWS: i64 = 200;

sql! {
    const UNUSED = "SELECT a.id AS account_id, a.login, p.name, u.used_ms AS at_ms
        FROM account a JOIN person p ON p.id = a.person_id LEFT JOIN account_use u ON u.account_id = a.id
        WHERE a.state = 'active' AND (u.used_ms IS NULL OR u.used_ms < $1) ORDER BY a.login LIMIT $2";
    const ONE_FACTOR = "SELECT a.id AS account_id, a.login, p.name, u.used_ms AS at_ms
        FROM account a JOIN person p ON p.id = a.person_id LEFT JOIN account_use u ON u.account_id = a.id
        WHERE a.state = 'active' AND (a.privileged OR a.resident_zone) AND NOT EXISTS (
            SELECT 1 FROM credential c WHERE c.account_id = a.id AND c.revoked_ms IS NULL
                AND c.kind IN ('totp', 'passkey', 'certificate'))
        ORDER BY a.login LIMIT $1";
    const NOBODYS = "SELECT '' AS account_id, d.login, COALESCE(d.number, '') AS name, d.seen_ms AS at_ms
        FROM directory_entry d WHERE d.enabled AND d.person_id IS NULL ORDER BY d.login LIMIT $1";
    const LEFT = "SELECT COALESCE(a.id, '') AS account_id, d.login, p.name, d.seen_ms AS at_ms
        FROM directory_entry d JOIN person p ON p.id = d.person_id
        LEFT JOIN account a ON a.kind = 'directory' AND a.external_id = d.external_id
        WHERE d.enabled AND p.left_on <= $1 ORDER BY d.login LIMIT $2";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ReviewRow {
    /// Empty when there is no account here, only one in the directory.
    pub account_id: String,
    pub login: String,
    pub name: String,
    /// When it was last used, or last seen in the directory.
    pub at_ms: Option<i64>,
}

/// The questions of an account review with the accounts each is about.
#[derive(Clone, Debug, Default)]
pub struct AccountReview {
    /// Not used for 90 days, or never.
    pub unused: Vec<ReviewRow>,
    /// Privileged or 住民情報系, without a second factor.
    pub one_factor: Vec<ReviewRow>,
    /// Enabled in the directory, but of nobody in the register of people.
    pub nobodys: Vec<ReviewRow>,
    /// Their person has left, and the directory has not been seen to disable them.
    pub left: Vec<ReviewRow>,
}

impl Db {
    pub async fn account_review(&self, now: Ms) -> Result<AccountReview> {
        let today = date_at(now);
        Ok(AccountReview {
            unused: self.fetch_all(UNUSED, &[now.plus(-UNUSED_MS).into(), ROWS.into()]).await?,
            one_factor: self.fetch_all(ONE_FACTOR, &[ROWS.into()]).await?,
            nobodys: self.fetch_all(NOBODYS, &[ROWS.into()]).await?,
            left: self.fetch_all(LEFT, &[today.into(), ROWS.into()]).await?,
        })
    }
}
