//! Who opened a record that only a few may see: one record per person, thing and day.

use sekisho_domain::access::Who;
use sekisho_domain::date::date_at;
use sekisho_domain::limited_view::LIMITED_VIEW;
use sekisho_domain::noun::Row;

use crate::error::Result;
use crate::{Actor, Db, Store};

sql! {
    const SEEN = "SELECT id FROM limited_view WHERE thing_id = $1 AND person_id = $2 AND viewed_on = $3 LIMIT 1";
    const VIEWS = "SELECT p.name AS person, v.seat, v.viewed_ms FROM limited_view v JOIN person p ON p.id = v.person_id
        WHERE v.thing_id = $1 ORDER BY v.viewed_ms DESC, v.id DESC LIMIT $2";
}

/// Somebody who opened a record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ViewLine {
    pub person: String,
    pub seat: String,
    pub viewed_ms: i64,
}

impl Store {
    /// Notes, before a limited record is shown, who opens it. The second time on one day adds nothing.
    pub async fn note_view(&self, actor: &Actor, who: &Who, noun: &str, thing_id: &str) -> Result<()> {
        let at = self.clock.now();
        let args = [thing_id.into(), who.person_id.as_str().into(), date_at(at).into()];
        let seen: Option<(String,)> = self.db.fetch_optional(SEEN, &args).await?;
        if seen.is_some() {
            return Ok(());
        }
        let mut tx = self.write(actor, "limited.view").await?;
        let row = Row::new(&LIMITED_VIEW, tx.new_id())
            .set("noun", noun)
            .set("thing_id", thing_id)
            .set("person_id", who.person_id.as_str())
            .set("seat", actor.seat.as_str())
            .set("viewed_on", date_at(at))
            .set("viewed_ms", at);
        tx.insert(row).await?;
        tx.commit().await
    }
}

impl Db {
    /// Who opened a record, the last first.
    pub async fn limited_views(&self, thing_id: &str, limit: i64) -> Result<Vec<ViewLine>> {
        self.fetch_all(VIEWS, &[thing_id.into(), limit.into()]).await
    }
}
