//! What is derived from a noun's declaration. `sql.rs` is the only place where SQL is made from parts.

pub(crate) mod sql;
