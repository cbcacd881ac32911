//! From committed entries to a published log. The outbox is the entry table itself: an entry without an index is
//! recorded but not yet sealed (「記録中」). The sequencer gives indexes, writes the tiles and publishes a
//! checkpoint, in that order.
//!
//! What a crash loses: no committed change, ever. Killed before the indexes are committed: the next step gives
//! them. Killed after: the tiles are behind the table, and the next step catches up from it. Tiles are a cache.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sekisho_domain::clock::Entropy;
use sekisho_ledger::{DirStorage, KeyKind, Log, Signer, SigningKey, VerifierKey};

use crate::error::{Result, StoreError};
use crate::{Db, Store};

/// Entries that get an index in one transaction: a checkpoint every 256 entries or every wake-up.
const BATCH_ENTRIES: i64 = 256;

/// How far the log has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Head {
    /// Entries with an index.
    pub size: i64,
    /// Entries committed but without an index yet.
    pub pending: i64,
}

sql! {
    const HEAD = "SELECT size, (SELECT COUNT(*) FROM ledger_entry WHERE idx IS NULL) AS pending
        FROM ledger_head WHERE id = 1";
    /// Takes the row lock on PostgreSQL; SQLite has one writer anyway.
    const LOCK_HEAD = "UPDATE ledger_head SET size = size WHERE id = 1 RETURNING size";
    const MOVE_HEAD = "UPDATE ledger_head SET size = $2 WHERE id = 1 AND size = $1";
    const PENDING = "SELECT id FROM ledger_entry WHERE idx IS NULL ORDER BY at_ms, version, id LIMIT $1";
    const OLDEST_PENDING = "SELECT MIN(at_ms) AS at_ms FROM ledger_entry WHERE idx IS NULL";
    const GIVE_INDEX = "UPDATE ledger_entry SET idx = $2 WHERE id = $1 AND idx IS NULL";
    const PAYLOADS = "SELECT e.idx, v.salt, v.payload FROM ledger_entry e JOIN row_version v ON v.entry_id = e.id
        WHERE e.idx >= $1 AND e.idx < $2 AND v.payload IS NOT NULL ORDER BY e.idx";
    const BODIES = "SELECT idx, body FROM ledger_entry WHERE idx >= $1 ORDER BY idx LIMIT $2";
}

impl Db {
    pub async fn ledger_head(&self) -> Result<Head> {
        self.fetch_one(HEAD, &[]).await
    }

    /// Since when the oldest entry waits for its index.
    pub async fn oldest_pending_ms(&self) -> Result<Option<i64>> {
        let (at,): (Option<i64>,) = self.fetch_one(OLDEST_PENDING, &[]).await?;
        Ok(at)
    }

    /// Salt and payload behind each entry of a range, where they still exist: what an audit bundle carries.
    pub async fn ledger_payloads(&self, range: std::ops::Range<i64>) -> Result<Vec<(i64, String, String)>> {
        self.fetch_all(PAYLOADS, &[range.start.into(), range.end.into()]).await
    }

    /// Entry bodies from an index on, in order: what tiles are made of.
    pub async fn ledger_bodies(&self, from: i64, limit: i64) -> Result<Vec<(i64, String)>> {
        self.fetch_all(BODIES, &[from.into(), limit.into()]).await
    }
}

/// Puts committed entries into the log.
#[derive(Clone, Debug)]
pub struct Sequencer {
    store: Store,
    log: Arc<Mutex<Log>>,
}

impl Sequencer {
    /// Opens the log of a data directory: tiles in `ledger/`, the key in `keys/ledger.key`, the signer's memory
    /// in `keys/ledger/`, outside the database so that restoring an old database is noticed. Missing tiles are
    /// rebuilt from the entries.
    pub async fn open(store: &Store, data: &Path) -> Result<Sequencer> {
        let signer = || open_signer(data);
        let tiles = data.join("ledger");
        let log = match Log::open(Box::new(dir(&tiles)?), signer()?) {
            Ok(log) => log,
            Err(
                sekisho_ledger::Error::MissingTile(_)
                | sekisho_ledger::Error::BadTile(_)
                | sekisho_ledger::Error::TilesBroken,
            ) => rebuild(store, &tiles, signer()?).await?,
            Err(error) => return Err(error.into()),
        };
        Ok(Sequencer { store: store.clone(), log: Arc::new(Mutex::new(log)) })
    }

    /// Gives indexes to everything pending, integrates it and publishes. Returns the published size.
    pub async fn run_once(&self) -> Result<u64> {
        while self.give_indexes().await? == BATCH_ENTRIES {
            self.integrate().await?;
        }
        self.integrate().await
    }

    /// Public keys of the log, for verifiers.
    pub fn public_keys(&self) -> Vec<VerifierKey> {
        self.locked().public_keys()
    }

    /// The newest published checkpoint, as text.
    pub fn checkpoint(&self) -> String {
        self.locked().published().to_string()
    }

    /// The root, in base64, that the log had at a size; `None` when it was never that long.
    pub async fn root_at(&self, size: u64) -> Result<Option<String>> {
        let log = Arc::clone(&self.log);
        let root = tokio::task::spawn_blocking(move || {
            let log = log.lock().unwrap_or_else(PoisonError::into_inner);
            match log.published().checkpoint.size < size {
                true => Ok(None),
                false => log.tiles().root_at(size).map(Some),
            }
        });
        let root = root.await.map_err(|e| StoreError::Corrupt(format!("reading did not finish: {e}")))??;
        Ok(root.map(|root| root.to_base64()))
    }

    async fn give_indexes(&self) -> Result<i64> {
        let mut op = self.store.op().await?;
        let (size,): (i64,) = op.fetch_optional(LOCK_HEAD, &[]).await?.ok_or(StoreError::NotFound)?;
        let pending: Vec<(String,)> = op.fetch_all(PENDING, &[BATCH_ENTRIES.into()]).await?;
        let mut next = size;
        for (id,) in pending {
            op.execute(GIVE_INDEX, &[id.into(), next.into()]).await?;
            next += 1;
        }
        if next > size && op.execute(MOVE_HEAD, &[size.into(), next.into()]).await? != 1 {
            return Ok(0); // Another process was faster; dropping `op` takes the indexes back.
        }
        op.commit().await?;
        Ok(next - size)
    }

    /// Appends what has an index but is not in the tiles yet, and publishes.
    async fn integrate(&self) -> Result<u64> {
        loop {
            let from = i64::try_from(self.locked().size()).map_err(|e| StoreError::Corrupt(e.to_string()))?;
            let bodies = self.store.db.ledger_bodies(from, BATCH_ENTRIES * 16).await?;
            let entries = contiguous(bodies, from)?;
            let (log, done) = (Arc::clone(&self.log), entries.is_empty());
            let published = tokio::task::spawn_blocking(move || -> Result<u64> {
                let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                match append(&mut log, from, &entries) {
                    // Another task or process was faster; what it published is ours too.
                    Err(
                        sekisho_ledger::Error::NotAtEnd { .. }
                        | sekisho_ledger::Error::SignerRefusesSmaller { .. },
                    ) => {
                        log.reload()?;
                    }
                    outcome => outcome?,
                }
                Ok(log.published().checkpoint.size)
            })
            .await
            .map_err(|e| StoreError::Corrupt(format!("integration did not finish: {e}")))??;
            if done {
                return Ok(published);
            }
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends entries that must follow index `from`, and publishes what is not under a checkpoint yet.
fn append(log: &mut Log, from: i64, entries: &[Vec<u8>]) -> sekisho_ledger::Result<()> {
    log.append_at(from.unsigned_abs(), entries)?;
    if log.size() > log.published().checkpoint.size {
        log.publish()?;
    }
    Ok(())
}

/// Creates the log's key and its signer's memory. Done once, when a data directory is made.
pub fn create_log(data: &Path, origin: &str, entropy: &dyn Entropy) -> Result<VerifierKey> {
    let mut seed = [0u8; 32];
    entropy.fill(&mut seed);
    let key = SigningKey::generate(origin, KeyKind::Log, &seed)?;
    key.save(&data.join("keys").join(KEY))?;
    let public = key.public().clone();
    Signer::create(key, Box::new(dir(&data.join("keys").join("ledger"))?))?;
    Ok(public)
}

/// The key that signs, and the one that is to follow it while both do.
const KEY: &str = "ledger.key";
const NEXT_KEY: &str = "ledger.next.key";

fn signing_keys(data: &Path) -> Result<Vec<SigningKey>> {
    let keys = data.join("keys");
    let mut all = vec![SigningKey::load(&keys.join(KEY))?];
    if keys.join(NEXT_KEY).exists() {
        all.push(SigningKey::load(&keys.join(NEXT_KEY))?);
    }
    Ok(all)
}

fn open_signer(data: &Path) -> Result<Signer> {
    Ok(Signer::open(signing_keys(data)?, Box::new(dir(&data.join("keys").join("ledger"))?))?)
}

/// The public keys of a log, as its data directory says.
pub fn log_keys(data: &Path) -> Result<Vec<VerifierKey>> {
    Ok(signing_keys(data)?.iter().map(|key| key.public().clone()).collect())
}

/// Makes the key that is to follow. From the next start on every checkpoint bears both signatures.
pub fn begin_rotation(data: &Path, origin: &str, entropy: &dyn Entropy) -> Result<VerifierKey> {
    let mut seed = [0u8; 32];
    entropy.fill(&mut seed);
    let key = SigningKey::generate(origin, KeyKind::Log, &seed)?;
    key.save(&data.join("keys").join(NEXT_KEY))?;
    Ok(key.public().clone())
}

/// Lets the old key go: the file is kept under the id of the key, for whoever must show what it once signed. Refused
/// while the last checkpoint does not bear the new key's signature too, because nobody could then tell the two logs
/// to be one.
pub fn finish_rotation(data: &Path) -> Result<VerifierKey> {
    let keys = data.join("keys");
    if !keys.join(NEXT_KEY).exists() {
        return Err(StoreError::IllegalMove("no key is waiting to follow"));
    }
    let (old, new) = (SigningKey::load(&keys.join(KEY))?, SigningKey::load(&keys.join(NEXT_KEY))?);
    let last = open_signer(data)?.last()?;
    if last.verify(std::slice::from_ref(new.public())).is_err() {
        return Err(StoreError::IllegalMove("no checkpoint bears the signature of the new key yet"));
    }
    let io = |path: &Path| {
        let path = path.display().to_string();
        move |source| StoreError::Io { path, source }
    };
    // Linked first, then replaced in one step: at every moment there is a key that signs.
    let aside = keys.join(format!("ledger.old-{:08x}.key", old.public().id()));
    std::fs::hard_link(keys.join(KEY), &aside).map_err(io(&aside))?;
    std::fs::rename(keys.join(NEXT_KEY), keys.join(KEY)).map_err(io(&keys.join(KEY)))?;
    Ok(new.public().clone())
}

fn dir(path: &Path) -> Result<DirStorage> {
    DirStorage::open(path).map_err(|source| StoreError::Io { path: path.display().to_string(), source })
}

/// Sets broken tiles aside, as evidence, and writes them anew from the entries that have an index.
async fn rebuild(store: &Store, tiles: &Path, signer: Signer) -> Result<Log> {
    let aside = tiles.with_extension(format!("broken-{}", store.clock.now().0));
    tracing::warn!(aside = %aside.display(), "tiles do not match the signed head; rebuilding them from the entries");
    std::fs::rename(tiles, &aside)
        .map_err(|source| StoreError::Io { path: tiles.display().to_string(), source })?;
    let mut entries = Vec::new();
    loop {
        let from = i64::try_from(entries.len()).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let bodies = contiguous(store.db.ledger_bodies(from, BATCH_ENTRIES * 16).await?, from)?;
        if bodies.is_empty() {
            break;
        }
        entries.extend(bodies);
    }
    Ok(Log::rebuild(Box::new(dir(tiles)?), signer, entries.into_iter().map(Ok))?)
}

/// The bodies as bytes; a hole in the indexes means that somebody removed an entry.
fn contiguous(bodies: Vec<(i64, String)>, from: i64) -> Result<Vec<Vec<u8>>> {
    let numbered = (from..).zip(bodies);
    numbered
        .map(|(expected, (index, body))| match index == expected {
            true => Ok(body.into_bytes()),
            false => Err(StoreError::Corrupt(format!("ledger entry {expected} is missing"))),
        })
        .collect()
}
