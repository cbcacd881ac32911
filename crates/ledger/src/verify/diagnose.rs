//! From roots and differences to a statement: what is wrong, from which index on, and how far the rest holds.

use super::Kept;
use super::report::{BadKind, Level, VerifyReport, Warning};
use super::walk::{Divergence, Walk};
use crate::checkpoint::SignedCheckpoint;
use crate::merkle::Hash;
use crate::policy::Policy;
use crate::tile::{TILE_WIDTH, TileId};
use std::collections::{BTreeMap, HashMap};

/// Entries after a gap that must agree before it is called a gap.
const GAP_EVIDENCE: usize = 3;

/// How the signed head stands to entries and tiles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HeadState {
    /// It has the root of the entries or of the tiles.
    Holds,
    /// It has the root of neither.
    Contradicted,
    /// It could not be believed in the first place.
    Unreadable,
}

pub(crate) fn diagnose(
    policy: &Policy,
    head: Option<&SignedCheckpoint>,
    kept: &[Kept],
    walk: Walk,
    report: &mut VerifyReport,
) {
    let head_size = head.map_or(0, |head| head.checkpoint.size);
    report.pending = walk.count.saturating_sub(head_size);
    // The history that the signed head stands for: that of the entries, or, when they were tampered with,
    // that of the tiles. When neither has the head's root the entries are all there is to go by.
    let head_root = head.map(|head| head.checkpoint.root);
    let by_entries = head_root.is_some() && walk.entry_roots.get(&head_size) == head_root.as_ref();
    let by_tiles = head_root.is_some() && walk.tile_roots.get(&head_size) == head_root.as_ref();
    let history = if by_tiles && !by_entries { &walk.tile_roots } else { &walk.entry_roots };

    let head_state = match head {
        None => HeadState::Unreadable,
        Some(_) if by_entries || by_tiles => HeadState::Holds,
        Some(_) => HeadState::Contradicted,
    };
    let agreeing = compare_kept(kept, history, head_size, head_state, walk.count, report);
    let proven = agreeing.iter().map(|kept| kept.signed.checkpoint.size).max().unwrap_or(0);
    if let Some(head) = head.filter(|_| !by_entries) {
        name_damage(&walk, by_tiles, head, proven, report);
    } else if let Some(divergence) = &walk.divergence {
        let tile = TileId::hashes(0, divergence.index / TILE_WIDTH, TILE_WIDTH as u16);
        report.warn(Warning::TilesStale { path: tile.to_string() });
    }
    conclude_level(policy, head.filter(|_| by_entries), &agreeing, report);
}

/// Kept checkpoints that agree with the history; the others become findings.
fn compare_kept<'k>(
    kept: &'k [Kept],
    history: &BTreeMap<u64, Hash>,
    head_size: u64,
    head_state: HeadState,
    count: u64,
    report: &mut VerifyReport,
) -> Vec<&'k Kept> {
    let mut agreeing: Vec<&Kept> = Vec::new();
    for copy in kept {
        let held = &copy.signed.checkpoint;
        let agrees_to = agreeing.last().map_or(0, |kept| kept.signed.checkpoint.size);
        let other_tree = || format!("{} holds another tree of {} entries", copy.place, held.size);
        match (history.get(&held.size), head_state) {
            (Some(root), _) if *root == held.root => {
                if held.size > head_size && head_state == HeadState::Holds {
                    report.warn(Warning::HeadBehind { place: copy.place.clone(), size: held.size });
                }
                agreeing.push(copy);
            }
            (Some(_), HeadState::Holds) => report.add(agrees_to, BadKind::Forked, other_tree()),
            (Some(_), HeadState::Unreadable) => report.add(agrees_to, BadKind::Edited, other_tree()),
            (None, _) if held.size > count.max(head_size) => {
                let detail = format!("{} holds a checkpoint of {} entries", copy.place, held.size);
                report.add(count.max(head_size), BadKind::TruncatedTail, detail);
            }
            // The entries are not those of the signed head: that is named with its place.
            _ => {}
        }
    }
    agreeing
}

/// The entries do not have the root of the signed head: says what happened to them.
fn name_damage(walk: &Walk, by_tiles: bool, head: &SignedCheckpoint, proven: u64, report: &mut VerifyReport) {
    let size = head.checkpoint.size;
    match &walk.divergence {
        Some(divergence) if by_tiles => {
            let (kind, count) = classify(divergence);
            report.add(divergence.index, kind, format!("{count} entries"));
        }
        // Without the tiles nobody can say where: not before the last checkpoint that agrees.
        _ if walk.count == proven => {
            report.add(proven, BadKind::TruncatedTail, format!("the head covers {size} entries"));
        }
        _ if walk.count < size => {
            let detail = format!("{} entries are missing somewhere from here on", size - walk.count);
            report.add(proven, BadKind::Removed, detail);
        }
        _ => {
            let detail = format!("somewhere from here to entry {size}: the signed root is another");
            report.add(proven, BadKind::Edited, detail);
        }
    }
}

/// What turned the logged leaves into the present ones, and how many are concerned.
fn classify(divergence: &Divergence) -> (BadKind, usize) {
    let (now, logged) = (&divergence.entries[..], &divergence.tiles[..]);
    if now.is_empty() {
        return (BadKind::TruncatedTail, logged.len());
    }
    if let Some(count) = permuted(now, logged) {
        return (BadKind::Reordered, count);
    }
    if let Some(gap) = gap_before(now, logged) {
        return (BadKind::Removed, gap);
    }
    if let Some(gap) = gap_before(logged, now) {
        return (BadKind::Inserted, gap);
    }
    (BadKind::Edited, now.iter().zip(logged).take_while(|(a, b)| a != b).count())
}

/// How many of `whole` are left out at its beginning to get `part`.
fn gap_before(part: &[Hash], whole: &[Hash]) -> Option<usize> {
    let gap = whole.iter().position(|hash| Some(hash) == part.first())?;
    let evidence = part.len().min(whole.len() - gap).min(GAP_EVIDENCE);
    (part[..evidence] == whole[gap..gap + evidence]).then_some(gap)
}

/// The length of the shortest common beginning that holds the same hashes in another order.
fn permuted(now: &[Hash], logged: &[Hash]) -> Option<usize> {
    let mut balance: HashMap<Hash, i64> = HashMap::new();
    let mut unbalanced = 0_usize;
    for (i, (a, b)) in now.iter().zip(logged).enumerate() {
        for (hash, step) in [(a, 1), (b, -1)] {
            let count = balance.entry(*hash).or_default();
            unbalanced -= usize::from(*count != 0);
            *count += step;
            unbalanced += usize::from(*count != 0);
        }
        if unbalanced == 0 {
            return Some(i + 1);
        }
    }
    None
}

fn conclude_level(
    policy: &Policy,
    head: Option<&SignedCheckpoint>,
    agreeing: &[&Kept],
    report: &mut VerifyReport,
) {
    // That others hold the empty tree proves nothing.
    let telling = || agreeing.iter().filter(|kept| kept.signed.checkpoint.size > 0);
    for kept in telling().filter(|kept| kept.outside) {
        report.level = Level::L1;
        report.confirmed_size = kept.signed.checkpoint.size;
        report.agreeing.push(kept.place.clone());
    }
    let mut cosigned_size = 0;
    for signed in merged(telling().map(|kept| &kept.signed).chain(head)) {
        match policy.cosigned(&signed) {
            Err(error) => report.warn(Warning::BadCosignature { detail: error.to_string() }),
            Ok((by, true)) if signed.checkpoint.size > cosigned_size => {
                cosigned_size = signed.checkpoint.size;
                report.cosigners = by.iter().map(|c| c.witness.name().to_owned()).collect();
            }
            Ok(_) => {}
        }
    }
    if cosigned_size > 0 {
        report.level = Level::L2;
        report.confirmed_size = report.confirmed_size.max(cosigned_size);
    }
}

/// One of each checkpoint, with the signatures of all its copies: every witness's own copy bears its line only.
fn merged<'s>(all: impl Iterator<Item = &'s SignedCheckpoint>) -> Vec<SignedCheckpoint> {
    let mut by_text: Vec<SignedCheckpoint> = Vec::new();
    for signed in all {
        match by_text.iter_mut().find(|seen| seen.note.text == signed.note.text) {
            Some(seen) => seen.note.signatures.extend_from_slice(&signed.note.signatures),
            None => by_text.push(signed.clone()),
        }
    }
    by_text
}
