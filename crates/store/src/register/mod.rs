//! What is derived from a register's declaration. `sql.rs` is the only place where SQL is made from parts.

mod column;
mod history;
mod import;
mod index;
mod list;
mod names;
pub(crate) mod sql;
mod view;

pub use history::VersionLine;
pub use import::{ImportLine, Known, Undo};
pub(crate) use list::units as reached_units;
pub use list::{Count, LOOKED_MAX, ListQuery, Listed, Referring};
pub use names::PICKED_MAX;
pub use view::ViewLine;

/// Every written statement of this module, by file.
pub(crate) const SQL: &[&[&str]] =
    &[column::SQL, history::SQL, import::SQL, index::SQL, names::SQL, view::SQL];
