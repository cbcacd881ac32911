//! What hangs together across registers: assets in a system or on a medium, devices of a system.

use sekisho_domain::date::Date;

use crate::Db;
use crate::error::Result;

/// Rows read for one picture; more are counted by what they share.
const ROWS_MAX: i64 = 2_000;

/// An asset that lies in something.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Held {
    pub id: String,
    pub number: String,
    pub name: String,
    pub unit_id: String,
    pub confidentiality: String,
    pub integrity: String,
    pub availability: String,
    pub zone: String,
}

/// A device of a system.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Used {
    pub id: String,
    pub number: String,
    pub name: String,
    pub unit_id: Option<String>,
    pub zone: String,
}

sql! {
    const IN_SYSTEM = "SELECT id, number, name, unit_id, confidentiality, integrity, availability, zone FROM asset
        WHERE system_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
        ORDER BY number, id LIMIT $3";
    const ON_MEDIUM = "SELECT id, number, name, unit_id, confidentiality, integrity, availability, zone FROM asset
        WHERE medium_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
        ORDER BY number, id LIMIT $3";
    const OF_SYSTEM = "SELECT id, number, name, unit_id, zone FROM device
        WHERE system_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
        ORDER BY number, id LIMIT $3";
}

impl Db {
    /// The assets that lie in a system or on a medium on a day; nothing for any other noun.
    pub async fn assets_in(&self, noun: &str, id: &str, on: Date) -> Result<Vec<Held>> {
        let sql = match noun {
            "system" => IN_SYSTEM,
            "medium" => ON_MEDIUM,
            _ => return Ok(Vec::new()),
        };
        self.fetch_all(sql, &[id.into(), on.into(), ROWS_MAX.into()]).await
    }

    /// The devices that are there for a system on a day.
    pub async fn devices_of(&self, system_id: &str, on: Date) -> Result<Vec<Used>> {
        self.fetch_all(OF_SYSTEM, &[system_id.into(), on.into(), ROWS_MAX.into()]).await
    }
}
