//! Reading the same rule inside a transaction and outside it: who may decide is asked by a list before anything is
//! written and again, of the same code, at the moment of deciding.

use std::future::Future;

use sekisho_domain::noun::Value;

use crate::db::Fetch;
use crate::error::Result;
use crate::{Db, Tx};

pub(crate) trait Read: Send {
    fn all<T: Fetch>(
        &mut self,
        sql: &'static str,
        args: &[Value],
    ) -> impl Future<Output = Result<Vec<T>>> + Send;
}

impl Read for Tx<'_> {
    async fn all<T: Fetch>(&mut self, sql: &'static str, args: &[Value]) -> Result<Vec<T>> {
        self.fetch_all(sql, args).await
    }
}

impl Read for &Db {
    async fn all<T: Fetch>(&mut self, sql: &'static str, args: &[Value]) -> Result<Vec<T>> {
        self.fetch_all(sql, args).await
    }
}
