//! What is derived from a register's declaration. `sql.rs` is the only place where SQL is made from parts.

mod column;
mod history;
mod index;
mod list;
mod names;
pub(crate) mod sql;
mod view;

pub use history::VersionLine;
pub use list::{COUNTED_MAX, ListQuery, Listed};
pub use view::ViewLine;

/// Every written statement of this module, by file.
pub(crate) const SQL: &[&[&str]] = &[column::SQL, history::SQL, index::SQL, names::SQL, view::SQL];
