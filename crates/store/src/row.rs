//! Reading rows whose columns are known only from their declaration.

use sekisho_domain::noun::{Noun, Row, Value};
use sqlx::{ColumnIndex, Decode, Type};

use crate::db::Db;
use crate::error::Result;
use crate::register::sql::{SEVERAL, statements};

/// Decodes `id, version, columns…` in the order of the declaration; the same code for both drivers.
pub(crate) fn decode<'r, R>(raw: &'r R, noun: &'static Noun) -> std::result::Result<Row, sqlx::Error>
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<bool>: Decode<'r, R::Database> + Type<R::Database>,
{
    let id: Option<String> = raw.try_get(0)?;
    let version: Option<i64> = raw.try_get(1)?;
    let mut row = Row::new(noun, id.unwrap_or_default());
    row.version = version.unwrap_or_default();
    for (position, column) in noun.columns.iter().enumerate() {
        let at = position + 2;
        let value = match column.kind.null() {
            Value::Int(_) => Value::Int(raw.try_get(at)?),
            Value::Bool(_) => Value::Bool(raw.try_get(at)?),
            Value::Text(_) => Value::Text(raw.try_get(at)?),
        };
        row.values.insert(column.name, value);
    }
    Ok(row)
}

impl Db {
    /// The current row of a noun.
    pub async fn row(&self, noun: &'static Noun, id: &str) -> Result<Option<Row>> {
        Ok(self.fetch_rows(noun, statements(noun).select, &[id.into()]).await?.pop())
    }

    /// Up to `limit` rows with an id after `after`, by id.
    pub async fn scan(&self, noun: &'static Noun, after: &str, limit: i64) -> Result<Vec<Row>> {
        self.fetch_rows(noun, statements(noun).scan, &[after.into(), limit.into()]).await
    }

    /// Rows by their ids, in no particular order; ids that are not there are left out.
    pub async fn rows_of(&self, noun: &'static Noun, ids: &[String]) -> Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(SEVERAL) {
            rows.extend(self.fetch_rows(noun, statements(noun).several, &filled_up(chunk)).await?);
        }
        Ok(rows)
    }
}

/// Ids for one statement; the last stands for those that are not needed.
pub(crate) fn filled_up(chunk: &[String]) -> Vec<Value> {
    let last = chunk.last().map(String::as_str).unwrap_or_default();
    let ids = chunk.iter().map(String::as_str).chain(std::iter::repeat(last));
    ids.take(SEVERAL).map(Into::into).collect()
}
