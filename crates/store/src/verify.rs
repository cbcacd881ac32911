//! The ledger against the database: every entry, every tile, and every current row, from one snapshot.

use std::sync::Arc;

use sekisho_domain::NOUNS;
use sekisho_domain::noun::{Noun, Row, Value};
use sekisho_ledger::{
    Commitment, CurrentRow, EntryIter, EntrySource, KeptCheckpoint, Policy, RowIter, RowSource, Storage,
    Verification, VerifyReport, canonical,
};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::Db;
use crate::db::Conn;
use crate::error::{Result, StoreError};
use crate::register::sql::statements;

/// Rows and entries read at a time: memory stays flat however long the log is.
const PAGE: i64 = 4_096;

sql! {
    const INDEXED = "SELECT idx + 1 AS next, body FROM ledger_entry WHERE idx >= $1 ORDER BY idx LIMIT $2";
    /// ROW_NUMBER counts before OFFSET, so it says where the next page begins.
    const PENDING = "SELECT ROW_NUMBER() OVER (ORDER BY at_ms, version, id) AS next, body FROM ledger_entry
        WHERE idx IS NULL ORDER BY at_ms, version, id LIMIT $2 OFFSET $1";
    const SALTS = "SELECT id, version, salt FROM row_version WHERE noun = $1 AND id > $2 AND id <= $3 ORDER BY id, version";
}

/// What to verify against.
#[derive(Debug)]
pub struct Against {
    /// The verifier's own list of keys.
    pub policy: Policy,
    /// The signed head as published.
    pub checkpoint: Vec<u8>,
    /// Checkpoints kept elsewhere.
    pub kept: Vec<KeptCheckpoint>,
}

impl Db {
    /// Verifies the whole ledger against the tables. Takes about a second per 100,000 entries.
    pub async fn verify_ledger(
        &self,
        against: Against,
        tiles: Option<Arc<dyn Storage>>,
    ) -> Result<VerifyReport> {
        let snapshot = Arc::new(Mutex::new(self.snapshot().await?));
        let handle = Handle::current();
        let run = move || {
            let mut entries = Entries { snapshot: Arc::clone(&snapshot), handle: handle.clone() };
            let mut rows = Rows { snapshot, handle };
            Verification {
                policy: &against.policy,
                checkpoint: &against.checkpoint,
                entries: &mut entries,
                tiles: tiles.as_deref(),
                kept: &against.kept,
                rows: Some(&mut rows),
            }
            .run()
        };
        let report = tokio::task::spawn_blocking(run).await;
        Ok(report.map_err(|e| StoreError::Corrupt(format!("verification did not finish: {e}")))??)
    }
}

type Snapshot = Arc<Mutex<Conn>>;

struct Entries {
    snapshot: Snapshot,
    handle: Handle,
}

impl EntrySource for Entries {
    /// Indexed entries in order, then those still waiting for an index.
    fn entries(&mut self) -> sekisho_ledger::Result<EntryIter<'_>> {
        let (mut at, mut sql) = (0i64, INDEXED);
        let pages = std::iter::from_fn(move || {
            loop {
                match self.page(sql, at) {
                    Ok(page) if page.is_empty() && sql == INDEXED => (at, sql) = (0, PENDING),
                    Ok(page) if page.is_empty() => return None,
                    Ok(page) => {
                        // Where the last one says the next begins: a removed entry must not shift the pages.
                        at = page.last().map_or(at, |(next, _)| *next);
                        return Some(page.into_iter().map(|(_, body)| Ok(body.into_bytes())).collect());
                    }
                    Err(error) => return Some(vec![Err(unreadable(&error))]),
                }
            }
        });
        Ok(Box::new(pages.flatten()))
    }
}

impl Entries {
    fn page(&self, sql: &'static str, at: i64) -> Result<Vec<(i64, String)>> {
        self.handle
            .block_on(async { self.snapshot.lock().await.fetch_all(sql, &[at.into(), PAGE.into()]).await })
    }
}

struct Rows {
    snapshot: Snapshot,
    handle: Handle,
}

impl RowSource for Rows {
    fn covers(&self, noun: &str) -> bool {
        sekisho_domain::noun(noun).is_some()
    }

    fn rows(&mut self) -> sekisho_ledger::Result<RowIter<'_>> {
        let (mut nouns, mut after) = (NOUNS.iter(), String::new());
        let mut noun = nouns.next();
        let pages = std::iter::from_fn(move || {
            loop {
                match self.page(noun?, &after) {
                    Ok(page) if page.is_empty() => (noun, after) = (nouns.next(), String::new()),
                    Ok(page) => {
                        after = page.last().map(|row| row.id.clone()).unwrap_or_default();
                        return Some(page.into_iter().map(Ok).collect::<Vec<_>>());
                    }
                    Err(error) => {
                        noun = None;
                        return Some(vec![Err(unreadable(&error))]);
                    }
                }
            }
        });
        Ok(Box::new(pages.flatten()))
    }
}

impl Rows {
    fn page(&self, noun: &'static Noun, after: &str) -> Result<Vec<CurrentRow>> {
        self.handle.block_on(async {
            let mut conn = self.snapshot.lock().await;
            let rows = conn.fetch_rows(noun, statements(noun).scan, &[after.into(), PAGE.into()]).await?;
            let Some(last) = rows.last() else { return Ok(Vec::new()) };
            let args: [Value; 3] = [noun.name.into(), after.into(), last.id.as_str().into()];
            let salts: Vec<(String, i64, Option<String>)> = conn.fetch_all(SALTS, &args).await?;
            rows.into_iter().map(|row| current(row, &salts)).collect()
        })
    }
}

/// The commitment of a row as it stands now, under the salt its version was recorded with.
fn current(row: Row, salts: &[(String, i64, Option<String>)]) -> Result<CurrentRow> {
    let key = (row.id.as_str(), row.version);
    let found = salts.binary_search_by(|(id, version, _)| (id.as_str(), *version).cmp(&key));
    let salt = found.ok().and_then(|at| salts[at].2.as_deref()).and_then(|hex| hex::decode(hex).ok());
    let salt: Option<[u8; 32]> = salt.and_then(|bytes| bytes.try_into().ok());
    let payload = canonical(&row.payload())?;
    let commitment = salt.map(|salt| Commitment::to_bytes(&salt, &payload));
    Ok(CurrentRow { noun: row.noun.name.to_owned(), id: row.id, version: row.version, commitment })
}

fn unreadable(error: &StoreError) -> sekisho_ledger::Error {
    sekisho_ledger::Error::from(std::io::Error::other(error.to_string()))
}
