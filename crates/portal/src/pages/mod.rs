//! One file per noun: what its pages show, what its forms accept.

pub(crate) mod board;
pub(crate) mod clause;
pub(crate) mod decision;
pub(crate) mod document;
pub(crate) mod ledger;
pub(crate) mod login;
pub(crate) mod requirement;
pub(crate) mod session;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod summary;
