//! 履歴の消去: what the law wants gone is gone, and the ledger still verifies. Payload and salt of every past version are
//! blanked, so that the commitment in its entry says nothing any more; the entries themselves stay.
//!
//! Only a disposal that was decided and done allows it: nobody erases on their own word.

use sekisho_domain::decision::DECISION;
use sekisho_domain::disposal::{DISPOSAL, ERASURE};
use sekisho_domain::noun::{Kind, Row, Value};

use crate::error::{Result, StoreError};
use crate::{Db, Tx};

sql! {
    const BLANK = "UPDATE row_version SET payload = NULL, salt = NULL
        WHERE noun = $1 AND id = $2 AND version < $3 AND salt IS NOT NULL";
    const DONE = "SELECT d.id FROM disposal d JOIN decision x ON x.id = d.decision_id
        WHERE x.number = $1 AND d.state = 'done'";
}

/// What stands where words were.
const ERASED: &str = "（消去）";

impl Db {
    /// The disposal that a decision of this number allowed, once it is done.
    pub async fn disposal_done(&self, decision_number: &str) -> Result<Option<String>> {
        let found: Option<(String,)> = self.fetch_optional(DONE, &[decision_number.into()]).await?;
        Ok(found.map(|(id,)| id))
    }
}

impl Tx<'_> {
    /// Erases what a disposed row said: its personal and free-text columns now, and every past version wholly. Returns
    /// how many versions were blanked.
    pub async fn erase(&mut self, disposal_id: &str) -> Result<u64> {
        let disposal = self.get(&DISPOSAL, disposal_id).await?;
        let decision = self.get(&DECISION, disposal.text("decision_id")).await?;
        if disposal.text("state") != "done" || decision.text("state") != "approved" {
            return Err(StoreError::IllegalMove("only what was decided and disposed of is erased"));
        }
        let register = sekisho_domain::register(disposal.text("register")).ok_or(StoreError::NotFound)?;
        let row = self.get(register.noun, disposal.text("row_id")).await?;
        let (noun, id, version) = (register.noun.name, row.id.clone(), row.version + 1);
        self.update(blanked(row)).await?;
        let versions = self.operational(BLANK, &[noun.into(), id.as_str().into(), version.into()]).await?;
        let row = Row::new(&ERASURE, self.new_id())
            .set("register", noun)
            .set("row_id", id)
            .set("versions", i64::try_from(versions).unwrap_or(i64::MAX))
            .set("decision_id", decision.id)
            .set("erased_ms", self.at());
        self.insert(row).await?;
        Ok(versions)
    }
}

/// The row without what it said about people and in free words. Numbers, classes and days stay: the register goes on
/// counting that there was such a thing.
fn blanked(mut row: Row) -> Row {
    for column in row.noun.columns.iter().filter(|c| c.personal || c.long || c.name == "extra") {
        let value = match (column.required, column.kind) {
            (false, kind) => kind.null(),
            (true, Kind::Text) => Value::from(ERASED),
            (true, _) => continue,
        };
        row = row.set(column.name, value);
    }
    row
}
