//! Compares the present rows with what the ledger last said about each of them.
//!
//! For every subject 40 bytes are kept. When a log has more subjects than fit, they are split by their hash
//! and the entries are read once more for each part.

use super::report::{BadKind, VerifyReport};
use super::{CurrentRow, EntrySource, RowSource};
use crate::entry::Commitment;
use crate::error::Result;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Subjects held at once: about 45 MB, whatever the size of the log.
const MAX_SUBJECTS_PER_PASS: usize = 800_000;

/// What the ledger last said about one subject.
#[derive(Debug)]
struct Last {
    index: u64,
    state: [u8; 15],
    flags: u8,
}

/// [`subject_key`] as bytes: a `u128` would be aligned to 16 and cost a fifth more memory.
type Key = [u8; 16];

/// The members of an entry that matter here.
#[derive(serde::Deserialize)]
struct Brief<'a> {
    #[serde(borrow)]
    subject: BriefSubject<'a>,
    payload_commit: Commitment,
}

#[derive(serde::Deserialize)]
struct BriefSubject<'a> {
    id: &'a str,
    noun: &'a str,
    version: i64,
}

const GONE: u8 = 1;
const SEEN: u8 = 2;

pub(crate) fn compare(
    entries: &mut dyn EntrySource,
    rows: &mut dyn RowSource,
    report: &mut VerifyReport,
) -> Result<()> {
    let mut low = 0;
    let mut compared = 0;
    loop {
        let (high, count, mut last) = last_states(entries, rows, low)?;
        for row in rows.rows()? {
            let row = row?;
            let key = subject_key(&row.noun, &row.id);
            if (low..=high).contains(&key) {
                compared += 1;
                check_row(&row, last.get_mut(&key.to_be_bytes()), count, report);
            }
        }
        let mut missing: Vec<u64> = last.values().filter(|l| l.flags == 0).map(|l| l.index).collect();
        missing.sort_unstable();
        for index in missing {
            report.add(index, BadKind::RowMissing, format!("the row of entry {index} is gone"));
        }
        match high.checked_add(1) {
            Some(next) => low = next,
            None => break,
        }
    }
    report.rows = Some(compared);
    Ok(())
}

/// Reads all entries and keeps the last state of the subjects whose key lies in `low..=high`; `high` is
/// lowered until they fit. Also gives the number of entries.
fn last_states(
    entries: &mut dyn EntrySource,
    rows: &dyn RowSource,
    low: u128,
) -> Result<(u128, u64, HashMap<Key, Last>)> {
    let mut high = u128::MAX;
    // Reserved at once: growing would for a moment need half as much again. Untouched memory costs nothing.
    let mut last: HashMap<Key, Last> = HashMap::with_capacity(MAX_SUBJECTS_PER_PASS + 1);
    let mut count = 0;
    for bytes in entries.entries()? {
        let bytes = bytes?;
        let index = count;
        count += 1;
        // What is not a canonical entry was reported by the walk.
        let Ok(entry) = serde_json::from_slice::<Brief<'_>>(&bytes) else { continue };
        let key = subject_key(entry.subject.noun, entry.subject.id);
        if !(low..=high).contains(&key) || !rows.covers(entry.subject.noun) {
            continue;
        }
        let flags = if entry.payload_commit.is_gone() { GONE } else { 0 };
        let state = state_digest(entry.subject.version, &entry.payload_commit);
        last.insert(key.to_be_bytes(), Last { index, state, flags });
        while last.len() > MAX_SUBJECTS_PER_PASS {
            high = low + (high - low) / 2;
            last.retain(|key, _| u128::from_be_bytes(*key) <= high);
        }
    }
    Ok((high, count, last))
}

fn check_row(row: &CurrentRow, last: Option<&mut Last>, count: u64, report: &mut VerifyReport) {
    let name = format_args!("{}/{} version {}", row.noun, row.id, row.version);
    let Some(last) = last else {
        report.add(count, BadKind::UnloggedChange, format!("{name} is in no entry"));
        return;
    };
    let commitment = row.commitment.unwrap_or(Commitment::GONE);
    if last.flags & SEEN != 0 {
        report.add(last.index, BadKind::UnloggedChange, format!("{name} is there twice"));
    } else if last.state != state_digest(row.version, &commitment) {
        report.add(last.index, BadKind::UnloggedChange, format!("{name} is not what was last logged"));
    }
    last.flags |= SEEN;
}

/// 128 bits of SHA-256: finding two subjects with the same key would take 2^64 trials.
fn subject_key(noun: &str, id: &str) -> u128 {
    let digest: [u8; 32] =
        Sha256::new().chain_update(noun).chain_update([0]).chain_update(id).finalize().into();
    let (head, _) = digest.split_first_chunk().unwrap_or((&[0; 16], &[]));
    u128::from_be_bytes(*head)
}

fn state_digest(version: i64, commitment: &Commitment) -> [u8; 15] {
    let digest: [u8; 32] =
        Sha256::new().chain_update(version.to_be_bytes()).chain_update(commitment.0).finalize().into();
    let (head, _) = digest.split_first_chunk().unwrap_or((&[0; 15], &[]));
    *head
}
