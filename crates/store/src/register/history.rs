//! What a row was, version by version, and who made it so.

use std::collections::{BTreeMap, HashMap};

use sekisho_domain::noun::{Noun, Row, Value};
use sekisho_domain::register::Register;

use crate::Db;
use crate::error::Result;
use crate::register::sql::{SEVERAL, versions_at};

/// One version of a row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct VersionLine {
    pub version: i64,
    pub recorded_ms: i64,
    pub entry_id: String,
    /// `None` once legally deleted.
    pub payload: Option<String>,
    /// The ledger entry: who, as what, doing what.
    pub body: String,
    pub person: Option<String>,
}

sql! {
    const VERSIONS = "SELECT v.version, v.recorded_ms, v.entry_id, v.payload, e.body, NULL AS person
        FROM row_version v JOIN ledger_entry e ON e.id = v.entry_id
        WHERE v.noun = $1 AND v.id = $2 ORDER BY v.version DESC LIMIT $3";
    const NAME = "SELECT name FROM person WHERE id = $1";
    const AT_VERSION = "SELECT v.version, v.recorded_ms, v.entry_id, v.payload, e.body, NULL AS person
        FROM row_version v JOIN ledger_entry e ON e.id = v.entry_id
        WHERE v.noun = $1 AND v.id = $2 AND v.version = $3";
}

/// Versions shown of one row; older ones are in the ledger.
const VERSIONS_MAX: i64 = 200;

impl VersionLine {
    fn entry(&self, field: &str) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        body.get(field).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
    }

    /// `asset.update`
    pub fn action(&self) -> String {
        self.entry("action")
    }

    pub fn actor(&self) -> String {
        self.entry("actor")
    }

    /// The row as it was; `None` once deleted.
    pub fn row(&self, noun: &'static Noun, id: &str) -> Option<Row> {
        recorded(noun, id, self.version, self.payload.as_deref()?)
    }
}

/// A row as a version of it was recorded.
fn recorded(noun: &'static Noun, id: &str, version: i64, payload: &str) -> Option<Row> {
    let payload: serde_json::Value = serde_json::from_str(payload).ok()?;
    let values = payload.get("values")?;
    let mut row = Row::new(noun, id);
    row.version = version;
    for column in noun.columns {
        // A column that came later than this version is empty in it.
        let value = values.get(column.name).map_or_else(|| column.kind.null(), |v| column.kind.from_json(v));
        row.values.insert(column.name, value);
    }
    Some(row)
}

impl Db {
    /// The versions of a row, newest first, with the names of those who wrote them.
    pub async fn versions(&self, noun: &'static Noun, id: &str) -> Result<Vec<VersionLine>> {
        let args = [noun.name.into(), id.into(), VERSIONS_MAX.into()];
        let mut versions: Vec<VersionLine> = self.fetch_all(VERSIONS, &args).await?;
        let mut names: BTreeMap<String, Option<String>> = BTreeMap::new();
        for version in &mut versions {
            let actor = version.actor();
            if !names.contains_key(&actor) {
                let found: Option<(String,)> = self.fetch_optional(NAME, &[actor.as_str().into()]).await?;
                names.insert(actor.clone(), found.map(|(name,)| name));
            }
            version.person = names.get(&actor).cloned().flatten();
        }
        Ok(versions)
    }

    /// What rows were at the versions named; versions legally deleted are left out.
    pub async fn rows_at(
        &self,
        register: &'static Register,
        wanted: &[(String, i64)],
    ) -> Result<HashMap<(String, i64), Row>> {
        let noun = register.noun;
        let mut rows = HashMap::new();
        for chunk in wanted.chunks(SEVERAL) {
            let mut args: Vec<Value> = vec![noun.name.into()];
            let filled = chunk.iter().chain(std::iter::repeat(&chunk[0])).take(SEVERAL);
            args.extend(filled.flat_map(|(id, version)| [id.as_str().into(), (*version).into()]));
            let found: Vec<(String, i64, Option<String>)> = self.fetch_all(versions_at(), &args).await?;
            for (id, version, payload) in found {
                if let Some(row) = payload.and_then(|payload| recorded(noun, &id, version, &payload)) {
                    rows.insert((id, version), row);
                }
            }
        }
        Ok(rows)
    }

    /// One version of a row.
    pub async fn version(&self, noun: &'static Noun, id: &str, version: i64) -> Result<Option<VersionLine>> {
        self.fetch_optional(AT_VERSION, &[noun.name.into(), id.into(), version.into()]).await
    }
}
