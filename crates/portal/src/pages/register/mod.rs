//! 台帳: every page of every register, made from its declaration. Nothing here knows 情報資産 from 記録媒体; a
//! register with a page of its own has a file of its own beside this folder.

pub(crate) mod api;
pub(crate) mod bulk;
pub(crate) mod collect;
pub(crate) mod column;
pub(crate) mod draft;
pub(crate) mod export;
pub(crate) mod form;
pub(crate) mod import;
pub(crate) mod label;
pub(crate) mod list;
pub(crate) mod print;
pub(crate) mod query;
pub(crate) mod row;
pub(crate) mod view;

use crate::error::PortalError;
use crate::part::Cell;
use crate::session::Me;
use sekisho_domain::access::{Action, Thing};
use sekisho_domain::noun::{Column, Kind, Row, Value};
use sekisho_domain::register::names::Names;
use sekisho_domain::register::{Layout, Register, cell};

/// The register an address names.
pub(crate) fn named(noun: &str) -> Result<&'static Register, PortalError> {
    sekisho_domain::register(noun).ok_or(PortalError::NotFound)
}

/// A row as `access` judges it.
pub(crate) fn thing<'r>(register: &Register, row: &'r Row) -> Thing<'r> {
    Thing { noun: register.noun.name, unit_id: register.section_of(row), ..Thing::default() }
}

impl Me {
    /// Refuses unless the person may do this to the row.
    pub(crate) fn must_row(&self, action: Action, register: &Register, row: &Row) -> Result<(), PortalError> {
        self.must_find(action, thing(register, row))
    }
}

impl crate::App {
    /// The row an address names, if the person may do this to it. Pages about one row begin here.
    pub(crate) async fn row_for(
        &self,
        me: &Me,
        action: Action,
        register: &'static Register,
        id: &str,
    ) -> Result<Row, PortalError> {
        let row = self.store.db.row(register.noun, id).await?.ok_or(PortalError::NotFound)?;
        me.must_row(action, register, &row)?;
        Ok(row)
    }
}

/// A value in the words of a page: dates in 和暦, figures with their unit.
pub(crate) fn words(column: &Column, value: &Value, names: &Names) -> String {
    let text = cell::show(column, value, names);
    match column.kind {
        _ if text.is_empty() => text,
        Kind::Date => cell::worded(&text),
        Kind::Int => format!("{}{}", thousands(&text), column.unit),
        _ => text,
    }
}

/// 12345 → 12,345
fn thousands(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut out = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub(crate) fn cell_of(layout: &Layout, row: &Row, column: &'static Column, names: &Names) -> Cell {
    let text = words(column, &layout.get(row, column), names);
    match column.kind {
        Kind::Int => Cell { number: true, ..Cell::text(text) },
        _ => Cell::text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn figures_are_grouped() {
        for (plain, grouped) in [("7", "7"), ("123", "123"), ("1234", "1,234"), ("-1234567", "-1,234,567")] {
            assert_eq!(thousands(plain), grouped);
        }
    }
}
