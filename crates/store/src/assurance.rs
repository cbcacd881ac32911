//! What keeps the record itself trustworthy, recorded where checks can see it.

use sekisho_domain::assurance::{OUTSIDE_CHECKPOINT, RESTORE_TEST};
use sekisho_domain::clock::Ms;
use sekisho_domain::noun::Row;

use crate::Tx;
use crate::error::{Result, StoreError};

impl Tx<'_> {
    /// A person confirms that `place` holds the checkpoint of this size and root.
    pub async fn confirm_outside(
        &mut self,
        size: i64,
        root: &str,
        place: &str,
        person_id: &str,
    ) -> Result<()> {
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
