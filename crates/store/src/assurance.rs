//! What keeps the record itself trustworthy, recorded where checks can see it.

use sekisho_domain::assurance::{HEARTBEAT, OUTSIDE_CHECKPOINT, RESTORE_TEST};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;
use sekisho_domain::noun::Row;

use crate::error::{Result, StoreError};
use crate::{Actor, Store, Tx, carries};

sql! {
    /// Whether a person holds a seat of the audit, and one that runs the system, on day `$2`.
    const STANDS_WHERE = concat!("SELECT
        CAST(SUM(CASE WHEN r.role IN ('audit_chief', 'auditor') THEN 1 ELSE 0 END) AS BIGINT) AS audits,
        CAST(SUM(CASE WHEN r.role IN ('secretariat', 'system_administrator', 'system_operator') THEN 1 ELSE 0 END)
            AS BIGINT) AS operates
        FROM assignment a
        JOIN role_seat r ON ", carries!("r", "a", "$2"), "
        WHERE a.person_id = $1 AND a.kind NOT IN ('leave', 'dispatch')
            AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2)
            AND r.valid_from <= $2 AND (r.valid_to IS NULL OR r.valid_to > $2)");
}

/// The id of the only row of 毎日の記録.
const BEAT: &str = "heartbeat";

impl Store {
    /// Writes today's entry, if nobody has: without it, a log that stands still looks like one without changes.
    pub async fn beat(&self) -> Result<()> {
        let today = date_at(self.clock.now());
        let last = self.db.row(&HEARTBEAT, BEAT).await?;
        if last.as_ref().is_some_and(|row| row.text("day") >= today.to_string().as_str()) {
            return Ok(());
        }
        let mut tx = self.write(&Actor::system(), "ledger.heartbeat").await?;
        match last {
            Some(row) => tx.update(row.set("day", today)).await?,
            None => tx.insert(Row::new(&HEARTBEAT, BEAT).set("day", today)).await?,
        }
        tx.commit().await
    }
}

impl Tx<'_> {
    /// Whoever runs this system cannot vouch for what lies outside it: only the audit can, and only through somebody
    /// who does not also run it.
    pub(crate) async fn must_be_outside(&mut self, person_id: &str) -> Result<()> {
        let args = [person_id.into(), date_at(self.at()).into()];
        let found: Option<(Option<i64>, Option<i64>)> = self.fetch_optional(STANDS_WHERE, &args).await?;
        match found {
            Some((Some(audits), operates)) if audits > 0 && operates.unwrap_or(0) == 0 => Ok(()),
            _ => Err(StoreError::IllegalMove(
                "only the audit, through somebody who does not run the system, vouches for what lies outside it",
            )),
        }
    }

    /// An auditor confirms that `place` holds the checkpoint of this size and root.
    pub async fn confirm_outside(
        &mut self,
        size: i64,
        root: &str,
        place: &str,
        person_id: &str,
    ) -> Result<()> {
        self.must_be_outside(person_id).await?;
        let row = Row::new(&OUTSIDE_CHECKPOINT, self.new_id())
            .set("size", size)
            .set("root", root)
            .set("place", place)
            .set("confirmed_ms", self.at())
            .set("person_id", person_id);
        self.insert(row).await
    }

    /// The outcome of restoring a backup somewhere else and verifying its ledger.
    pub async fn record_restore(
        &mut self,
        tested: Ms,
        backup_sha256: &str,
        size: i64,
        root: &str,
        ok: bool,
    ) -> Result<()> {
        if tested > self.at() {
            return Err(StoreError::IllegalMove("a restore test cannot lie in the future"));
        }
        let row = Row::new(&RESTORE_TEST, self.new_id())
            .set("tested_ms", tested)
            .set("backup_sha256", backup_sha256)
            .set("size", size)
            .set("root", root)
            .set("result", if ok { "ok" } else { "failed" });
        self.insert(row).await
    }
}
