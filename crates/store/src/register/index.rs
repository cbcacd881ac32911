//! What is written beside a register's row so that it can be found. `Tx` calls this for every row it writes, so
//! no way of writing can forget it.

use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::{Register, cell, extras_of};
use sekisho_domain::search::{search_key, signature};

use crate::Tx;
use crate::error::Result;
use crate::register::sql::searching;

sql! {
    const FORGET = "DELETE FROM extra_index WHERE noun = $1 AND row_id = $2";
    const ADD = "INSERT INTO extra_index (noun, row_id, column_name, value) VALUES ($1, $2, $3, $4)";
}

impl Tx<'_> {
    /// `fresh`: the row was not there before, so nothing has to be forgotten.
    pub(crate) async fn index(&mut self, register: &'static Register, row: &Row, fresh: bool) -> Result<()> {
        let key = text_of(register, row);
        let mut args: Vec<Value> = vec![row.id.as_str().into()];
        args.extend(signature(&key).map(Value::from));
        args.push(key.into());
        self.operational(searching(register).put, &args).await?;
        if !register.takes_extras() {
            return Ok(());
        }
        let noun = register.noun.name;
        if !fresh {
            self.operational(FORGET, &[noun.into(), row.id.as_str().into()]).await?;
        }
        for (column, value) in extras_of(row) {
            let value = text_of_json(&value);
            let args = [noun.into(), row.id.as_str().into(), column.into(), value.into()];
            self.operational(ADD, &args).await?;
        }
        Ok(())
    }
}

/// Everything a search looks at, folded, one part after another.
fn text_of(register: &Register, row: &Row) -> String {
    let columns = register.searched.iter().filter_map(|name| register.noun.column(name));
    let parts = columns.map(|column| {
        let value = row.get(column.name).cloned().unwrap_or_else(|| column.kind.null());
        search_key(&[&cell::show(column, &value, &Default::default())])
    });
    let extras = extras_of(row);
    let extras = extras.values().map(|value| search_key(&[&text_of_json(value)]));
    parts.chain(extras).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("|")
}

fn text_of_json(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
