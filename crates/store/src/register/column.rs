//! Columns that a city added to a register.

use sekisho_domain::noun::Row;
use sekisho_domain::register::{EXTRA_COLUMN, Layout, Register, extra_column};

use crate::error::Result;
use crate::register::sql::searching;
use crate::{Db, Tx};

sql! {
    const OF_REGISTER = "SELECT id FROM extra_column WHERE register = $1 ORDER BY id";
}

impl Db {
    /// A register with the columns this city added and still uses.
    pub async fn layout(&self, register: &'static Register) -> Result<Layout> {
        if !register.takes_extras() {
            return Ok(Layout::plain(register));
        }
        let definitions = self.extra_columns(register).await?;
        let used = definitions.iter().filter(|row| row.get("retired") != Some(&true.into()));
        Ok(Layout { register, extras: used.map(extra_column).collect() })
    }

    /// The definitions of added columns, those no longer used included, oldest first.
    pub async fn extra_columns(&self, register: &'static Register) -> Result<Vec<Row>> {
        let ids: Vec<(String,)> = self.fetch_all(OF_REGISTER, &[register.noun.name.into()]).await?;
        let ids: Vec<String> = ids.into_iter().map(|(id,)| id).collect();
        let mut rows = self.rows_of(&EXTRA_COLUMN, &ids).await?;
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(rows)
    }
}

impl Db {
    /// The rows that carry a number; more than one only in registers whose key has further columns.
    pub async fn ids_of_number(&self, register: &'static Register, number: &str) -> Result<Vec<String>> {
        let ids: Vec<(String,)> = self.fetch_all(searching(register).by_number, &[number.into()]).await?;
        Ok(ids.into_iter().map(|(id,)| id).collect())
    }

    /// The number after the largest one: A-0012 → A-0013. `None` where numbers are not counted.
    pub async fn next_number(&self, register: &'static Register) -> Result<Option<String>> {
        let Some(pattern) = counted(register) else { return Ok(None) };
        let last = self.fetch_optional(searching(register).last_number, &[pattern.into()]).await?;
        Ok(after(register, last))
    }
}

impl Tx<'_> {
    /// The same for a row that is written in this transaction, so that no number is given twice.
    pub(crate) async fn next_row_number(&mut self, register: &'static Register) -> Result<Option<String>> {
        let Some(pattern) = counted(register) else { return Ok(None) };
        let last = self.fetch_optional(searching(register).last_number, &[pattern.into()]).await?;
        Ok(after(register, last))
    }
}

/// What counted numbers of a register look like, as a LIKE pattern.
fn counted(register: &Register) -> Option<String> {
    let prefix = register.number.replace('!', "!!").replace('_', "!_");
    (!prefix.is_empty()).then(|| format!("{prefix}%"))
}

fn after(register: &Register, last: Option<(String,)>) -> Option<String> {
    let digits = last.as_ref().and_then(|(number,)| number.strip_prefix(register.number));
    let (next, width) = match digits.map(|d| (d.parse::<u64>(), d.len())) {
        Some((Ok(number), width)) => (number.saturating_add(1), width),
        Some((Err(_), _)) => return None,
        None => (1, 4),
    };
    Some(format!("{}{next:0width$}", register.number))
}
