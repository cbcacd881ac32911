//! What is kept and how. Records are written only through [`tx::Tx`], which cannot commit without an actor and an
//! action and appends one ledger entry per row version in the same transaction; operational tables through
//! [`tx::Op`]. Besides this crate only `checks` holds SQL.

/// Declares SQL constants and, beside them, `SQL`: the list by which a test prepares each one on both databases.
#[macro_export]
macro_rules! sql {
    ($($(#[$meta:meta])* $vis:vis const $name:ident = $text:expr;)+) => {
        $($(#[$meta])* $vis const $name: &str = $text;)+
        /// Every statement of this file.
        pub(crate) const SQL: &[&str] = &[$($name),+];
    };
}

mod access;
pub mod account;
pub mod api_token;
mod assurance;
pub mod body;
mod calendar;
pub mod campaign;
pub mod ceremony;
mod db;
pub mod decision;
pub mod delegation;
pub mod directory;
pub mod disposal;
pub mod document;
pub mod effect;
pub mod erasure;
mod error;
pub mod evidence;
pub mod handover;
pub mod incumbency;
pub mod keeper;
pub mod ledger;
pub mod limited_view;
pub mod network;
pub mod notice;
pub mod object;
mod office;
pub mod organisation;
pub mod page;
pub mod personnel;
pub mod placement;
pub mod proof;
mod read;
pub mod register;
pub mod requirement;
mod row;
pub mod session;
pub mod stocktake;
pub mod succession;
pub mod task;
mod tx;
pub mod verdict;
pub mod verify;

use std::sync::Arc;

use sekisho_domain::clock::{Clock, Entropy};
use tokio::sync::Notify;

pub use db::{Db, Fetch};
pub use error::{Result, StoreError};
pub use tx::{Actor, Op, Tx};

/// A database with the clock and the randomness that go into what is written to it.
#[derive(Clone, Debug)]
pub struct Store {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// Rung after every commit of records: the sequencer and the evaluator sleep on it.
    changed: Arc<Notify>,
}

impl Store {
    pub fn new(db: Db, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Store {
        Store { db, clock, entropy, changed: Arc::new(Notify::new()) }
    }

    pub(crate) fn wake(&self) {
        self.changed.notify_waiters();
    }

    /// Resolves after the next commit of records by this process. It counts from the call, not from the first
    /// `await`: ask before a round of work, and no commit during the round is missed.
    pub fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }
}

/// Every SQL statement of this crate, generated or written.
pub fn statements() -> Vec<&'static str> {
    let written = [
        access::SQL,
        assurance::SQL,
        account::SQL,
        api_token::SQL,
        ceremony::SQL,
        delegation::SQL,
        directory::SQL,
        body::SQL,
        calendar::SQL,
        campaign::SQL,
        db::SQL,
        disposal::SQL,
        document::SQL,
        effect::SQL,
        erasure::SQL,
        handover::SQL,
        incumbency::SQL,
        keeper::SQL,
        ledger::SQL,
        limited_view::SQL,
        network::SQL,
        notice::SQL,
        object::SQL,
        office::SQL,
        organisation::SQL,
        personnel::SQL,
        placement::SQL,
        requirement::SQL,
        session::SQL,
        stocktake::SQL,
        succession::SQL,
        tx::SQL,
        verdict::SQL,
        verify::SQL,
    ]
    .into_iter()
    .chain(page::SQL.iter().copied())
    .chain(register::SQL.iter().copied())
    .chain(decision::ALL_SQL.iter().copied())
    .chain(task::ALL_SQL.iter().copied());
    register::sql::all().chain(written.flatten().copied()).collect()
}
