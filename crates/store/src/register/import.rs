//! Many changes at once: written all or nothing, and undone the same way.

use std::collections::HashMap;

use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;
use sekisho_domain::id::new_id;
use sekisho_domain::noun::Row;
use sekisho_domain::register::Register;

use crate::error::{Result, StoreError};
use crate::register::sql::{SEVERAL, searching};
use crate::{Actor, Db, Store};

sql! {
    const ADD = "INSERT INTO register_import (id, register, person_id, created_ms, file_name, state, body, summary)
        VALUES ($1, $2, $3, $4, $5, 'draft', $6, '')";
    const SAVE = "UPDATE register_import SET body = $2 WHERE id = $1 AND state = 'draft'";
    const APPLIED = "UPDATE register_import SET state = 'applied', body = '', batch_id = $2, summary = $3
        WHERE id = $1 AND state = 'draft'";
    const UNDONE = "UPDATE register_import SET state = 'undone' WHERE id = $1 AND state = 'applied'";
    const ONE = "SELECT i.id, i.register, i.person_id, i.created_ms, i.file_name, i.state, i.body, i.batch_id,
            i.summary, p.name AS person
        FROM register_import i JOIN person p ON p.id = i.person_id WHERE i.id = $1";
    const RECENT = "SELECT i.id, i.register, i.person_id, i.created_ms, i.file_name, i.state, '' AS body, i.batch_id,
            i.summary, p.name AS person
        FROM register_import i JOIN person p ON p.id = i.person_id
        WHERE i.register = $1 AND i.state <> 'draft' ORDER BY i.created_ms DESC, i.id DESC LIMIT $2";
    /// Drafts nobody finished: somebody's spreadsheet does not stay for ever.
    const SWEEP = "DELETE FROM register_import WHERE state = 'draft' AND created_ms < $1";
    /// Every entry of a commit is `batch.ordinal`: '.' and '/' are neighbours.
    const OF_BATCH = "SELECT id, version FROM row_version
        WHERE noun = $1 AND entry_id > $2 || '.' AND entry_id < $2 || '/' ORDER BY entry_id";
    const MAPPING = "SELECT mapping FROM register_mapping WHERE register = $1 AND shape = $2";
    const KEEP_MAPPING = "INSERT INTO register_mapping (register, shape, mapping) VALUES ($1, $2, $3)
        ON CONFLICT (register, shape) DO UPDATE SET mapping = excluded.mapping";
}

/// An import not finished within this time is forgotten.
const DRAFT_MS: i64 = 14 * Ms::DAY;
/// Rows read at a time when a whole register is compared.
const PAGE: i64 = 4_096;
/// Imports shown.
const RECENT_MAX: i64 = 50;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ImportLine {
    pub id: String,
    pub register: String,
    pub person_id: String,
    pub created_ms: i64,
    pub file_name: String,
    pub state: String,
    pub body: String,
    pub batch_id: Option<String>,
    pub summary: String,
    /// Who did it.
    pub person: String,
}

impl Db {
    pub async fn import(&self, id: &str) -> Result<Option<ImportLine>> {
        self.fetch_optional(ONE, &[id.into()]).await
    }

    /// Imports that were applied, newest first.
    pub async fn imports(&self, register: &str) -> Result<Vec<ImportLine>> {
        self.fetch_all(RECENT, &[register.into(), RECENT_MAX.into()]).await
    }

    pub async fn kept_mapping(&self, register: &str, shape: &str) -> Result<Option<String>> {
        let found: Option<(String,)> = self.fetch_optional(MAPPING, &[register.into(), shape.into()]).await?;
        Ok(found.map(|(mapping,)| mapping))
    }

    /// Every row of a register, ended ones included.
    pub async fn all_rows(&self, register: &'static Register) -> Result<Vec<Row>> {
        let (mut rows, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.scan(register.noun, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(rows) };
            after.clone_from(&last.id);
            rows.extend(page);
        }
    }

    /// What is known of every row without reading it, of those worth keeping.
    pub async fn known(
        &self,
        register: &'static Register,
        keep: impl Fn(&Known) -> bool,
    ) -> Result<Vec<Known>> {
        let (mut kept, mut after) = (Vec::new(), String::new());
        loop {
            let args = [after.as_str().into(), PAGE.into()];
            let page: Vec<Known> = self.fetch_all(searching(register).known, &args).await?;
            let Some(last) = page.last() else { return Ok(kept) };
            after.clone_from(&last.id);
            kept.extend(page.into_iter().filter(&keep));
        }
    }

    /// How many rows each section keeps on a day.
    pub async fn rows_per_section(
        &self,
        register: &'static Register,
        on: Date,
    ) -> Result<HashMap<String, i64>> {
        let Some(sections) = searching(register).sections else { return Ok(HashMap::new()) };
        let counted: Vec<(String, i64)> = self.fetch_all(sections, &[on.into()]).await?;
        Ok(counted.into_iter().collect())
    }
}

/// A row, as far as finding it goes.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Known {
    pub id: String,
    pub version: i64,
    /// What people call it, not folded; its parts joined by `|`.
    pub row_key: String,
    /// Empty for none.
    pub section: String,
}

/// Why an import cannot be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    Done,
    /// These rows have been changed since.
    Changed(Vec<String>),
    /// Added rows of a register without dates cannot be taken back.
    Undated,
}

impl Store {
    pub async fn begin_import(
        &self,
        register: &'static Register,
        person_id: &str,
        file_name: &str,
        body: String,
    ) -> Result<String> {
        let now = self.clock.now();
        let id = new_id(now, &*self.entropy);
        self.op_execute(SWEEP, &[now.plus(-DRAFT_MS).into()]).await?;
        let args = [
            id.as_str().into(),
            register.noun.name.into(),
            person_id.into(),
            now.into(),
            file_name.into(),
            body.into(),
        ];
        self.op_execute(ADD, &args).await?;
        Ok(id)
    }

    pub async fn save_import(&self, id: &str, body: &str) -> Result<()> {
        self.op_execute(SAVE, &[id.into(), body.into()]).await.map(drop)
    }

    pub async fn keep_mapping(&self, register: &str, shape: &str, mapping: &str) -> Result<()> {
        self.op_execute(KEEP_MAPPING, &[register.into(), shape.into(), mapping.into()]).await.map(drop)
    }

    /// Writes new rows (without id) and changed ones (with the version they were made from) in one transaction, and
    /// marks the import as applied in the same. A row changed by somebody meanwhile is a conflict and nothing is
    /// written; so is an import applied twice.
    pub async fn apply_import(
        &self,
        actor: &Actor,
        rows: Vec<Row>,
        import: Option<(&str, &str)>,
        action: &'static str,
    ) -> Result<()> {
        let mut tx = self.write(actor, action).await?;
        for mut row in rows {
            if row.id.is_empty() {
                row.id = tx.new_id();
                tx.insert(row).await?;
            } else {
                tx.update(row).await?;
            }
        }
        if let Some((id, summary)) = import {
            let batch = tx.batch_id();
            let args = [id.into(), batch.into(), summary.into()];
            if tx.operational(APPLIED, &args).await? != 1 {
                return Err(StoreError::IllegalMove("an import is applied once"));
            }
        }
        tx.commit().await
    }

    /// Gives every row of an import back what it said before; rows it added hold on no day any more. All or nothing.
    pub async fn undo_import(
        &self,
        actor: &Actor,
        register: &'static Register,
        import: &ImportLine,
    ) -> Result<Undo> {
        let batch = import.batch_id.clone().unwrap_or_default();
        let args = [register.noun.name.into(), batch.into()];
        let written: Vec<(String, i64)> = self.db.fetch_all(OF_BATCH, &args).await?;
        let mut tx = self.write(actor, register.action("undo")).await?;
        let mut changed = Vec::new();
        for some in written.chunks(SEVERAL) {
            let before: Vec<(String, i64)> = some.iter().map(|(id, v)| (id.clone(), v - 1)).collect();
            let mut before = self.db.rows_at(register, &before).await?;
            let ids: Vec<String> = some.iter().map(|(id, _)| id.clone()).collect();
            let rows = tx.rows_of(register.noun, &ids).await?;
            let mut rows: HashMap<String, Row> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
            for (id, version) in some {
                let now = rows.remove(id).ok_or(StoreError::NotFound)?;
                if now.version != *version {
                    changed.push(register.words(&now));
                    continue;
                }
                let restored = match (before.remove(&(id.clone(), version - 1)), register.valid) {
                    (Some(old), _) => Row { version: *version, ..old },
                    (None, Some((from, to))) if *version == 1 => {
                        let from = now.text(from).to_owned();
                        now.set(to, from)
                    }
                    _ => return Ok(Undo::Undated),
                };
                tx.update(restored).await?;
            }
        }
        if !changed.is_empty() {
            return Ok(Undo::Changed(changed));
        }
        if tx.operational(UNDONE, &[import.id.as_str().into()]).await? != 1 {
            return Err(StoreError::IllegalMove("an import is undone once"));
        }
        tx.commit().await?;
        Ok(Undo::Done)
    }
}
