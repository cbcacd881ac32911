//! What runs beside the portal: sealing, and whatever time or a change makes due. Sealing has a task of its own, so that
//! a long judgement keeps no entry waiting for its checkpoint.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use sekisho_domain::date::{Date, date_at};
use sekisho_store::Store;
use sekisho_store::ledger::Sequencer;
use sekisho_store::object::Objects;

/// How long the keeper sleeps when nothing happens: expiry and the passing of days are noticed within a minute.
const IDLE_SECONDS: u64 = 60;
/// After a commit we wait this long for more, so that a burst becomes one checkpoint (within a second).
const GATHER_MS: u64 = 200;
/// Another process may have written, or sealing may have failed: looked at again after this long.
const SEAL_SECONDS: u64 = 10;

/// Gives every committed entry its place in the log and publishes. An error is logged and tried again.
pub async fn seal(store: Store, sequencer: Sequencer) {
    loop {
        // Asked for before the work: a commit during it is not missed.
        let changed = store.changed();
        if let Err(error) = sequencer.run_once().await {
            tracing::error!(%error, "entries could not be sealed; it will be tried again");
        }
        tokio::select! {
            () = changed => tokio::time::sleep(Duration::from_millis(GATHER_MS)).await,
            () = tokio::time::sleep(Duration::from_secs(SEAL_SECONDS)) => {}
        }
    }
}

/// The housekeeping of a running system. An error is logged and tried again; nothing depends on one round.
pub async fn keep(store: Store, objects: Objects, drop_folder: PathBuf) {
    let mut repaired_on = None;
    // The day for which network configurations are judged as the registers stand; `None`: not known to be.
    let mut judged_on = None;
    loop {
        let changed = store.changed();
        match keep_once(&store, &mut repaired_on).await {
            Ok(nouns) if sekisho_checks::network::JUDGED_FROM.iter().any(|n| nouns.contains(*n)) => {
                judged_on = None;
            }
            Ok(_) => {}
            Err(error) => {
                judged_on = None;
                tracing::error!(%error, "housekeeping failed; it will be tried again");
            }
        }
        if let Err(error) = keep_network(&store, &objects, &drop_folder, &mut judged_on).await {
            tracing::error!(%error, "network configurations were not judged; it will be tried again");
        }
        tokio::select! {
            () = changed => tokio::time::sleep(Duration::from_millis(GATHER_MS)).await,
            () = tokio::time::sleep(until_next(&store).await) => {}
        }
    }
}

/// A round of the keeper: as usual within a minute, at once when a 人事異動 takes effect.
async fn until_next(store: &Store) -> Duration {
    let idle = Duration::from_secs(IDLE_SECONDS);
    let due = [store.db.next_personnel().await, store.db.next_succession().await];
    let due = due.into_iter().filter_map(|next| next.ok().flatten()).min();
    let ahead = due.map(|at| at.since(store.clock.now())).filter(|ms| *ms > 0);
    ahead.and_then(|ms| u64::try_from(ms).ok()).map_or(idle, |ms| idle.min(Duration::from_millis(ms)))
}

/// `repaired_on`: the day on which routes were last looked through for seats that nobody holds any more, and
/// requirements for clauses of the edition in force since that day.
/// Returns the nouns that changed.
async fn keep_once(store: &Store, repaired_on: &mut Option<Date>) -> Result<BTreeSet<String>> {
    store.beat().await?;
    store.carry_successions().await?;
    store.apply_personnel().await?;
    store.expire_decisions().await?;
    store.escalate_decisions().await?;
    let today = date_at(store.clock.now());
    if *repaired_on != Some(today) || store.seats_changed().await? {
        store.follow_edition().await?;
        store.repair_routes().await?;
        *repaired_on = Some(today);
    }
    store.close_leavers().await?;
    let changed = sekisho_checks::evaluate_dirty(store).await?;
    sekisho_checks::evaluate_due(store).await?;
    // After the verdicts, of which some are somebody's to mend.
    store.derive_tasks().await?;
    store.sweep_sessions().await?;
    Ok(changed)
}

/// Takes configurations out of the folder and judges what is due. Apart from the rest, so that a text which stops it
/// stops nothing else.
async fn keep_network(
    store: &Store,
    objects: &Objects,
    drop_folder: &Path,
    judged_on: &mut Option<Date>,
) -> Result<()> {
    let taken = sekisho_checks::network::empty_folder(store, objects, drop_folder).await?;
    let today = date_at(store.clock.now());
    if taken > 0 || *judged_on != Some(today) {
        // More may be waiting than one round judges.
        let judged = sekisho_checks::network::judge_due(store, objects).await?;
        *judged_on = (judged == 0).then_some(today);
    }
    Ok(())
}
