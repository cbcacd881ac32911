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
    compare_in_passes(MAX_SUBJECTS_PER_PASS, entries, rows, report)
}

fn compare_in_passes(
    max_subjects: usize,
    entries: &mut dyn EntrySource,
    rows: &mut dyn RowSource,
    report: &mut VerifyReport,
) -> Result<()> {
    let mut low = 0;
    let mut compared = 0;
    loop {
        let (high, count, mut last) = last_states(max_subjects, entries, rows, low)?;
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
    max_subjects: usize,
    entries: &mut dyn EntrySource,
    rows: &dyn RowSource,
    low: u128,
) -> Result<(u128, u64, HashMap<Key, Last>)> {
    let mut high = u128::MAX;
    // Reserved at once: growing would for a moment need half as much again. Untouched memory costs nothing.
    let mut last: HashMap<Key, Last> = HashMap::with_capacity(max_subjects + 1);
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
        while last.len() > max_subjects {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{ENTRY_FORMAT, Entry, Subject};
    use crate::verify::RowIter;

    struct Rows(Vec<CurrentRow>);

    impl RowSource for Rows {
        fn covers(&self, noun: &str) -> bool {
            noun == "asset"
        }

        fn rows(&mut self) -> Result<RowIter<'_>> {
            Ok(Box::new(self.0.iter().cloned().map(Ok)))
        }
    }

    fn commitment(subject: u64) -> Commitment {
        Commitment::to_bytes(&[1; 32], &subject.to_be_bytes())
    }

    /// Two versions of each of 100 assets, then 100 entries of a noun that has no rows.
    fn log_and_rows() -> (Vec<Vec<u8>>, Rows) {
        let entry = |n: u64| Entry {
            action: "update".into(),
            actor: "p-1".into(),
            at_ms: 0,
            batch_id: None,
            payload_commit: commitment(n),
            refs: vec![],
            seat: "-".into(),
            subject: Subject {
                id: format!("a-{}", n % 100),
                noun: if n < 200 { "asset" } else { "session" }.into(),
                version: (n / 100 + 1) as i64,
            },
            v: ENTRY_FORMAT,
        };
        let row = |n: u64| {
            let Subject { id, noun, version } = entry(n).subject;
            CurrentRow { noun, id, version, commitment: Some(commitment(n)) }
        };
        ((0..300).map(|n| entry(n).to_bytes().unwrap()).collect(), Rows((100..200).map(row).collect()))
    }

    #[test]
    fn the_number_of_passes_changes_nothing() {
        let (mut entries, rows) = log_and_rows();
        let mut tampered = Rows(rows.0.clone());
        tampered.0.remove(7);
        tampered.0[20].version = 1;
        tampered.0.push(CurrentRow { id: "a-x".into(), ..rows.0[0].clone() });
        let run = |entries: &mut Vec<Vec<u8>>, rows: &Rows, max| {
            let mut report = VerifyReport::default();
            compare_in_passes(max, entries, &mut Rows(rows.0.clone()), &mut report).unwrap();
            let mut found: Vec<_> = report.findings.iter().map(|f| (f.index, f.kind)).collect();
            found.sort_unstable();
            (report.rows, found)
        };
        for max in [1, 2, 7, 99, 100, 1000] {
            assert_eq!(run(&mut entries, &rows, max), (Some(100), vec![]), "{max} at once");
            let found = vec![
                (107, BadKind::RowMissing),
                (121, BadKind::UnloggedChange),
                (300, BadKind::UnloggedChange),
            ];
            assert_eq!(run(&mut entries, &tampered, max), (Some(100), found), "{max} at once");
        }
    }

    #[test]
    fn a_subject_costs_forty_bytes() {
        assert_eq!(size_of::<(Key, Last)>(), 40);
    }
}
