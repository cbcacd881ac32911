//! One file per noun: what its pages show, what its forms accept.

pub(crate) mod about;
pub(crate) mod account;
pub(crate) mod application;
pub(crate) mod assignment;
pub(crate) mod board;
pub(crate) mod bulk;
pub(crate) mod clause;
pub(crate) mod compare;
pub(crate) mod decision;
pub(crate) mod document;
pub(crate) mod evidence;
pub(crate) mod import;
pub(crate) mod ledger;
pub(crate) mod login;
pub(crate) mod outside;
pub(crate) mod person;
pub(crate) mod position;
pub(crate) mod register;
pub(crate) mod requirement;
pub(crate) mod role_seat;
pub(crate) mod section;
pub(crate) mod session;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod step_up;
pub(crate) mod summary;
