//! The only way to change a record. A `Tx` knows who acts and what they are doing before the first row is written,
//! and its commit writes, in the same database transaction, the rows, their history and one ledger entry each.
//! Either all of it is on the disk or none.
//!
//! A `Tx` awaits nothing but the database: hashing files, parsing documents and asking other machines happen
//! before it opens, because on SQLite everybody else's write waits for it.

use std::collections::BTreeSet;

use sekisho_domain::clock::Ms;
use sekisho_domain::id::new_id;
use sekisho_domain::noun::{Noun, Row, Value};
use sekisho_domain::register::{Register, Weight};
use sekisho_ledger::{Commitment, Entry, Subject, canonical};

use crate::Store;
use crate::db::{Conn, Fetch};
use crate::error::{Result, StoreError};
use crate::register::sql::{SEVERAL, statements};
use crate::row::filled_up;

/// Who acts, and from which seat. The id is a pseudonym: names live in the person register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub person_id: String,
    pub seat: String,
}

impl Actor {
    /// The program itself: re-evaluation, expiry, start-up.
    pub fn system() -> Actor {
        Actor { person_id: "system".into(), seat: "-".into() }
    }
}

/// A writing transaction on records. Dropping it without [`Tx::commit`] undoes everything.
#[derive(Debug)]
pub struct Tx<'s> {
    store: &'s Store,
    conn: Conn,
    actor: Actor,
    /// `noun.verb`, as it stands in the ledger.
    action: &'static str,
    at: Ms,
    /// Shared by every entry of this commit, so that what was written together can be found together.
    batch_id: String,
    written: Vec<Written>,
    dirty: BTreeSet<(&'static str, String)>,
}

/// State, body, title, edition and 施行日 of a stored revision.
type Frozen = (String, String, String, String, Option<String>);

/// A row version waiting for the commit to give it an entry.
#[derive(Debug)]
struct Written {
    noun: &'static str,
    id: String,
    version: i64,
    payload: Vec<u8>,
}

impl Store {
    /// Begins a change of records.
    pub async fn write(&self, actor: &Actor, action: &'static str) -> Result<Tx<'_>> {
        let conn = self.db.begin().await?;
        let at = self.clock.now();
        Ok(Tx {
            store: self,
            conn,
            actor: actor.clone(),
            action,
            at,
            batch_id: new_id(at, &*self.entropy),
            written: Vec::new(),
            dirty: BTreeSet::new(),
        })
    }
}

impl Tx<'_> {
    /// The instant of this change; use it for every `*_ms` column written here.
    pub fn at(&self) -> Ms {
        self.at
    }

    pub fn new_id(&self) -> String {
        new_id(self.at, &*self.store.entropy)
    }

    /// What the entries of this commit will have in common.
    pub fn batch_id(&self) -> &str {
        &self.batch_id
    }

    /// Writes a new row as version 1.
    pub async fn insert(&mut self, row: Row) -> Result<()> {
        let row = row.check()?;
        let register = allowed(&row)?;
        self.must_be_draft(&row).await?;
        let args = arguments(&row, row.version);
        self.conn.execute(statements(row.noun).insert, &args).await?;
        if let Some(register) = register {
            self.index(register, &row, true).await?;
        }
        self.record(&row)
    }

    /// Replaces a row. `row.version` is the version it was made from; if the stored one is another, somebody was
    /// faster and the caller gets [`StoreError::Conflict`] with nothing written.
    pub async fn update(&mut self, row: Row) -> Result<()> {
        let mut row = row.check()?;
        let register = allowed(&row)?;
        self.must_be_draft(&row).await?;
        let args = arguments(&row, row.version);
        if self.conn.execute(statements(row.noun).update, &args).await? != 1 {
            return Err(StoreError::Conflict { noun: row.noun.name, id: row.id, expected: row.version });
        }
        row.version += 1;
        if let Some(register) = register {
            self.index(register, &row, false).await?;
        }
        self.record(&row)
    }

    /// What was submitted or approved does not change any more, whoever writes: a revision keeps its words from the
    /// moment it waits for its decision, and everything once it has one.
    async fn must_be_draft(&mut self, row: &Row) -> Result<()> {
        const CHANGED: StoreError = StoreError::IllegalMove("a submitted revision does not change");
        let revision_id = match row.noun.name {
            "revision" => row.id.as_str(),
            "clause_change" | "clause_text" | "revision_entry" | "revision_warning" | "term" => {
                row.text("revision_id")
            }
            _ => return Ok(()),
        };
        let stored: Option<Frozen> = self.fetch_optional(FROZEN, &[revision_id.into()]).await?;
        let Some((state, body, title, edition, effective_on)) = stored else { return Ok(()) };
        let same = row.noun.name == "revision"
            && (body.as_str(), title.as_str(), edition.as_str(), effective_on.as_deref().unwrap_or_default())
                == (row.text("body"), row.text("title"), row.text("edition"), row.text("effective_on"));
        match state.as_str() {
            "draft" => Ok(()),
            "pending" if same => Ok(()),
            _ => Err(CHANGED),
        }
    }

    /// The row as it is inside this transaction.
    pub async fn get(&mut self, noun: &'static Noun, id: &str) -> Result<Row> {
        let found = self.conn.fetch_rows(noun, statements(noun).select, &[id.into()]).await?;
        found.into_iter().next().ok_or(StoreError::NotFound)
    }

    /// Rows by their ids as they are inside this transaction, in no particular order.
    pub(crate) async fn rows_of(&mut self, noun: &'static Noun, ids: &[String]) -> Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(SEVERAL) {
            rows.extend(self.conn.fetch_rows(noun, statements(noun).several, &filled_up(chunk)).await?);
        }
        Ok(rows)
    }

    /// Reads inside the transaction, for rules that must see what it wrote.
    pub async fn fetch_all<T: Fetch>(&mut self, sql: &'static str, args: &[Value]) -> Result<Vec<T>> {
        self.conn.fetch_all(sql, args).await
    }

    pub async fn fetch_optional<T: Fetch>(&mut self, sql: &'static str, args: &[Value]) -> Result<Option<T>> {
        self.conn.fetch_optional(sql, args).await
    }

    /// Writes an operational table together with the records, for the few things that must not part: a
    /// credential and its secret, a verdict and the note that its check has run.
    pub async fn operational(&mut self, sql: &'static str, args: &[Value]) -> Result<u64> {
        self.conn.execute(sql, args).await
    }

    /// Appends history and entries, marks what depends on the change, and makes it durable. Entries get their
    /// time here rather than at the beginning, so that two versions of one row are always logged in order.
    pub async fn commit(mut self) -> Result<()> {
        if self.written.is_empty() {
            return self.conn.commit().await;
        }
        let at = self.store.clock.now();
        let tx_id = self.batch_id.clone();
        for (ordinal, written) in std::mem::take(&mut self.written).into_iter().enumerate() {
            let entry_id = format!("{tx_id}.{ordinal:05}");
            let mut salt = [0u8; 32];
            self.store.entropy.fill(&mut salt);
            let entry = Entry {
                action: self.action.to_owned(),
                actor: self.actor.person_id.clone(),
                at_ms: at.0,
                batch_id: Some(tx_id.clone()),
                payload_commit: Commitment::to_bytes(&salt, &written.payload),
                refs: Vec::new(),
                seat: self.actor.seat.clone(),
                subject: Subject {
                    id: written.id.clone(),
                    noun: written.noun.to_owned(),
                    version: written.version,
                },
                v: sekisho_ledger::ENTRY_FORMAT,
            };
            let body = text(entry.to_bytes()?)?;
            let args = [entry_id.clone().into(), at.into(), written.version.into(), body.into()];
            self.conn.execute(INSERT_ENTRY, &args).await?;
            let args = [
                written.noun.into(),
                written.id.into(),
                written.version.into(),
                at.into(),
                entry_id.into(),
                text(written.payload)?.into(),
                hex::encode(salt).into(),
            ];
            self.conn.execute(INSERT_VERSION, &args).await?;
        }
        for (noun, focus) in std::mem::take(&mut self.dirty) {
            let args = [new_id(at, &*self.store.entropy).into(), noun.into(), focus.into()];
            self.conn.execute(INSERT_DIRTY, &args).await?;
        }
        self.conn.commit().await?;
        self.store.wake();
        Ok(())
    }

    fn record(&mut self, row: &Row) -> Result<()> {
        // Verdicts are what follows from records; nothing follows from verdicts.
        if row.noun.name != "verdict" {
            self.mark_dirty(row);
        }
        self.written.push(Written {
            noun: row.noun.name,
            id: row.id.clone(),
            version: row.version,
            payload: canonical(&row.payload())?,
        });
        Ok(())
    }

    fn mark_dirty(&mut self, row: &Row) {
        let focus = if row.noun.name == "requirement" { row.id.as_str() } else { row.text("requirement_id") };
        self.dirty.insert((row.noun.name, focus.to_owned()));
    }
}

/// Writes to operational tables: no actor, no ledger, no history.
#[derive(Debug)]
pub struct Op {
    conn: Conn,
}

impl Store {
    pub async fn op(&self) -> Result<Op> {
        Ok(Op { conn: self.db.begin().await? })
    }

    /// One operational statement on its own.
    pub async fn op_execute(&self, sql: &'static str, args: &[Value]) -> Result<u64> {
        let mut op = self.op().await?;
        let rows = op.execute(sql, args).await?;
        op.commit().await?;
        Ok(rows)
    }
}

impl Op {
    pub async fn fetch_all<T: Fetch>(&mut self, sql: &'static str, args: &[Value]) -> Result<Vec<T>> {
        self.conn.fetch_all(sql, args).await
    }

    pub async fn execute(&mut self, sql: &'static str, args: &[Value]) -> Result<u64> {
        self.conn.execute(sql, args).await
    }

    pub async fn fetch_optional<T: Fetch>(&mut self, sql: &'static str, args: &[Value]) -> Result<Option<T>> {
        self.conn.fetch_optional(sql, args).await
    }

    pub async fn commit(self) -> Result<()> {
        self.conn.commit().await
    }
}

sql! {
    const INSERT_ENTRY = "INSERT INTO ledger_entry (id, at_ms, version, body) VALUES ($1, $2, $3, $4)";
    const INSERT_VERSION = "INSERT INTO row_version (noun, id, version, recorded_ms, entry_id, payload, salt)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    const FROZEN = "SELECT state, body, title, edition, effective_on FROM revision WHERE id = $1";
    const INSERT_DIRTY = "INSERT INTO dirty (id, noun, focus) VALUES ($1, $2, $3)";
}

/// The register a row belongs to, once its rules have nothing to refuse.
fn allowed(row: &Row) -> Result<Option<&'static Register>> {
    let Some(register) = sekisho_domain::register(row.noun.name) else { return Ok(None) };
    match register.breaches(row).into_iter().find(|b| b.weight == Weight::Refused) {
        Some(breach) => {
            Err(StoreError::Rule { noun: row.noun.name, column: breach.column, says: breach.says })
        }
        None => Ok(Some(register)),
    }
}

fn arguments(row: &Row, version: i64) -> Vec<Value> {
    let mut args = vec![Value::from(row.id.as_str()), Value::from(version)];
    args.extend(row.noun.columns.iter().map(|column| {
        // `Row::check` has put every column there.
        row.get(column.name).cloned().unwrap_or_else(|| column.kind.null())
    }));
    args
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|e| StoreError::Corrupt(e.to_string()))
}
