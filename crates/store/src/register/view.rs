//! Saved views: a list as somebody likes to see it.

use sekisho_domain::id::new_id;

use crate::error::Result;
use crate::{Db, Store};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ViewLine {
    pub id: String,
    pub person_id: String,
    pub name: String,
    pub query: String,
    pub shared: bool,
}

sql! {
    const VIEWS = "SELECT id, person_id, name, query, shared FROM register_view
        WHERE register = $1 AND (person_id = $2 OR shared) ORDER BY name, id";
    const ADD = "INSERT INTO register_view (id, register, person_id, name, query, shared)
        VALUES ($1, $2, $3, $4, $5, $6)";
    const REMOVE = "DELETE FROM register_view WHERE id = $1 AND (person_id = $2 OR (shared AND $3))";
    const COUNT = "SELECT COUNT(*) AS number FROM register_view WHERE register = $1 AND person_id = $2";
}

/// Views one person may keep per register.
const VIEWS_MAX: i64 = 30;

impl Db {
    /// A person's views of a register and those shared with everybody.
    pub async fn views(&self, register: &str, person_id: &str) -> Result<Vec<ViewLine>> {
        self.fetch_all(VIEWS, &[register.into(), person_id.into()]).await
    }
}

impl Store {
    /// Keeps a view; `false` when the person has too many already.
    pub async fn add_view(
        &self,
        register: &str,
        person_id: &str,
        name: &str,
        query: &str,
        shared: bool,
    ) -> Result<bool> {
        let (number,): (i64,) = self.db.fetch_one(COUNT, &[register.into(), person_id.into()]).await?;
        if number >= VIEWS_MAX {
            return Ok(false);
        }
        let id = new_id(self.clock.now(), &*self.entropy);
        let args = [id.into(), register.into(), person_id.into(), name.into(), query.into(), shared.into()];
        self.op_execute(ADD, &args).await?;
        Ok(true)
    }

    /// Forgets one's own view, or, for who may share views, any shared one: its maker may have left. `false` when there
    /// is none.
    pub async fn remove_view(&self, id: &str, person_id: &str, may_share: bool) -> Result<bool> {
        Ok(self.op_execute(REMOVE, &[id.into(), person_id.into(), may_share.into()]).await? > 0)
    }
}
