//! One pass over entries and tiles: hashes everything once and notes where the two part.

use super::Kept;
use super::report::{VerifyReport, Warning};
use crate::checkpoint::SignedCheckpoint;
use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::key::VerifierKey;
use crate::merkle::{Hash, leaf_hash};
use crate::policy::Policy;
use crate::storage::Storage;
use crate::tile::{TILE_WIDTH, TileId, TileKind, tile_in};
use crate::tree::{Edge, read_hashes};
use std::collections::BTreeMap;

/// How far an entry's time may lie on the wrong side of its neighbours: clocks of two machines differ.
const CLOCK_TOLERANCE_MS: i64 = 60_000;
/// Hashes looked at from the first difference on, to tell a removed entry from an edited one.
const WINDOW_HASHES: usize = 4096;

/// What the pass must know beforehand: sizes at which roots are wanted, and times that others vouch for.
#[derive(Debug)]
pub(crate) struct Expected {
    head_size: Option<u64>,
    /// Sizes, ascending, without repetition.
    sizes: Vec<u64>,
    /// The log keys the verifier knows.
    logs: Vec<VerifierKey>,
    /// `(size, time)`, larger sizes first: someone else saw a tree of at least this size at this time.
    seen_by: Vec<(u64, i64)>,
}

impl Expected {
    pub(crate) fn new(policy: &Policy, head: Option<&SignedCheckpoint>, kept: &[Kept]) -> Expected {
        let all = || kept.iter().map(|kept| &kept.signed).chain(head);
        let mut sizes: Vec<u64> = all().map(|signed| signed.checkpoint.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let received = kept.iter().filter_map(|k| Some((k.signed.checkpoint.size, k.received_ms?)));
        let mut seen_by: Vec<(u64, i64)> = received.collect();
        for signed in all() {
            // A line that does not verify is reported when the level is concluded.
            let cosignatures = policy.cosigned(signed).map(|(found, _)| found).unwrap_or_default();
            let earliest = cosignatures.iter().map(|c| c.at_s).min();
            let at_ms = earliest.and_then(|s| i64::try_from(s).ok()).map(|s| s.saturating_mul(1000));
            seen_by.extend(at_ms.map(|at_ms| (signed.checkpoint.size, at_ms)));
        }
        // Whoever saw a larger tree saw the smaller one in it.
        seen_by.sort_unstable_by(|a, b| b.cmp(a));
        for i in 1..seen_by.len() {
            seen_by[i].1 = seen_by[i].1.min(seen_by[i - 1].1);
        }
        let head_size = head.map(|head| head.checkpoint.size);
        Expected { head_size, sizes, logs: policy.logs().to_vec(), seen_by }
    }
}

/// Where the entries and the tiles' leaves part, and what each of them continues with.
#[derive(Debug)]
pub(crate) struct Divergence {
    pub(crate) index: u64,
    pub(crate) entries: Vec<Hash>,
    pub(crate) tiles: Vec<Hash>,
}

/// The result of the pass.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Entries there are, also beyond the head.
    pub(crate) count: u64,
    /// Roots over the entries at the expected sizes that were reached.
    pub(crate) entry_roots: BTreeMap<u64, Hash>,
    /// Roots over the tiles' leaves at the expected sizes; equal to the above where the two do not part.
    pub(crate) tile_roots: BTreeMap<u64, Hash>,
    pub(crate) divergence: Option<Divergence>,
}

impl Walk {
    pub(crate) fn run(
        entries: impl Iterator<Item = Result<Vec<u8>>>,
        tiles: Option<&dyn Storage>,
        expected: &Expected,
        report: &mut VerifyReport,
    ) -> Result<Walk> {
        let head_size = expected.head_size.unwrap_or(0);
        let mut pass = Pass {
            leaves: TileLeaves { storage: tiles, size: head_size, loaded: None },
            expected,
            edge: Edge::default(),
            tile_edge: None,
            times: Times::new(expected),
            walk: Walk::default(),
            report,
        };
        pass.note_roots()?;
        for entry in entries {
            pass.entry(&entry?)?;
        }
        pass.finish()
    }
}

struct Pass<'a> {
    leaves: TileLeaves<'a>,
    expected: &'a Expected,
    edge: Edge,
    /// The tree over the tiles' own leaves, from the moment it differs from that of the entries.
    tile_edge: Option<Edge>,
    times: Times,
    walk: Walk,
    report: &'a mut VerifyReport,
}

impl Pass<'_> {
    fn entry(&mut self, bytes: &[u8]) -> Result<()> {
        let index = self.edge.size();
        let leaf = leaf_hash(bytes);
        self.compare_leaf(index, leaf)?;
        let mut full = Vec::new();
        self.edge.push(leaf, |tile, hashes| full.push((tile, hashes.to_vec())));
        for (tile, hashes) in full {
            self.compare_upper_tile(tile, &hashes)?;
        }
        self.note_roots()?;
        match Entry::parse(bytes) {
            Ok(entry) => self.times.check(index, entry.at_ms, self.report),
            Err(_) => self.foreign(index, bytes),
        }
        Ok(())
    }

    /// Leaf 0 may be the last checkpoint of the log that this one continues.
    fn foreign(&mut self, index: u64, bytes: &[u8]) {
        let checkpoint = SignedCheckpoint::parse(bytes);
        match checkpoint.and_then(|old| old.verify(&self.expected.logs).map(|()| old)) {
            Ok(old) if index == 0 => self.report.continues = Some(old.checkpoint.origin),
            _ => self.report.warn(Warning::ForeignEntry { index }),
        }
    }

    fn compare_leaf(&mut self, index: u64, leaf: Hash) -> Result<()> {
        let in_tiles = self.leaves.leaf(index, self.report)?;
        if let Some(divergence) = &mut self.walk.divergence {
            if divergence.entries.len() < WINDOW_HASHES {
                divergence.entries.push(leaf);
            }
            if let Some(hash) = in_tiles {
                self.push_tile_leaf(hash);
            }
        } else if let Some(hash) = in_tiles.filter(|hash| *hash != leaf) {
            self.walk.divergence = Some(Divergence { index, entries: vec![leaf], tiles: Vec::new() });
            self.tile_edge = Some(self.edge.clone());
            self.push_tile_leaf(hash);
        }
        Ok(())
    }

    fn push_tile_leaf(&mut self, leaf: Hash) {
        let (Some(edge), Some(divergence)) = (&mut self.tile_edge, &mut self.walk.divergence) else { return };
        edge.push(leaf, |_, _| ());
        if divergence.tiles.len() < WINDOW_HASHES {
            divergence.tiles.push(leaf);
        }
        if self.expected.sizes.binary_search(&edge.size()).is_ok() {
            self.walk.tile_roots.insert(edge.size(), edge.root());
        }
    }

    /// Level 0 is compared leaf by leaf. Once the trees part, or beyond the head, upper tiles say nothing.
    fn compare_upper_tile(&mut self, tile: TileId, hashes: &[Hash]) -> Result<()> {
        let TileKind::Hashes(level @ 1..) = tile.kind else { return Ok(()) };
        let published = tile_in(self.leaves.size, level, tile.index) == Some(tile);
        match self.leaves.storage {
            Some(storage) if published && self.walk.divergence.is_none() => {
                compare_tile(storage, tile, hashes, self.report)
            }
            _ => Ok(()),
        }
    }

    fn note_roots(&mut self) -> Result<()> {
        let size = self.edge.size();
        if self.expected.sizes.binary_search(&size).is_ok() {
            let root = self.edge.root();
            self.walk.entry_roots.insert(size, root);
            if self.tile_edge.is_none() {
                self.walk.tile_roots.insert(size, root);
            }
        }
        if size == self.leaves.size {
            let partials: Vec<_> =
                self.edge.partials().map(|(tile, hashes)| (tile, hashes.to_vec())).collect();
            for (tile, hashes) in partials {
                self.compare_upper_tile(tile, &hashes)?;
            }
        }
        Ok(())
    }

    /// The entries have ended; the tiles may go on.
    fn finish(mut self) -> Result<Walk> {
        let count = self.edge.size();
        self.walk.count = count;
        let head_size = self.leaves.size;
        for index in count..head_size {
            let Some(hash) = self.leaves.leaf(index, self.report)? else { break };
            if self.tile_edge.is_none() {
                self.tile_edge = Some(self.edge.clone());
                self.walk.divergence = Some(Divergence { index, entries: Vec::new(), tiles: Vec::new() });
            }
            self.push_tile_leaf(hash);
        }
        Ok(self.walk)
    }
}

fn compare_tile(
    storage: &dyn Storage,
    tile: TileId,
    hashes: &[Hash],
    report: &mut VerifyReport,
) -> Result<()> {
    let found = read_tile(storage, tile, report)?;
    if found.is_some_and(|found| found != hashes) {
        report.warn(Warning::TilesStale { path: tile.to_string() });
    }
    Ok(())
}

/// The hashes of a tile; `None` when it is missing or malformed, which is reported.
fn read_tile(storage: &dyn Storage, tile: TileId, report: &mut VerifyReport) -> Result<Option<Vec<Hash>>> {
    let path = tile.to_string();
    match read_hashes(storage, tile) {
        Ok(hashes) => return Ok(Some(hashes)),
        Err(Error::MissingTile(_)) => report.warn(Warning::TileMissing { path }),
        Err(Error::BadTile(_)) => report.warn(Warning::TilesStale { path }),
        Err(error) => return Err(error),
    }
    Ok(None)
}

/// Reads leaf hashes from level-0 tiles, one tile at a time.
struct TileLeaves<'a> {
    storage: Option<&'a dyn Storage>,
    /// Size of the tree the tiles hold.
    size: u64,
    loaded: Option<(u64, Vec<Hash>)>,
}

impl TileLeaves<'_> {
    fn leaf(&mut self, index: u64, report: &mut VerifyReport) -> Result<Option<Hash>> {
        let Some(storage) = self.storage.filter(|_| index < self.size) else { return Ok(None) };
        let number = index / TILE_WIDTH;
        if self.loaded.as_ref().is_none_or(|(loaded, _)| *loaded != number) {
            let tile = tile_in(self.size, 0, number).map(|tile| read_tile(storage, tile, report));
            let hashes = tile.transpose()?.flatten().unwrap_or_default();
            self.loaded = Some((number, hashes));
        }
        let loaded = self.loaded.as_ref().and_then(|(_, hashes)| hashes.get((index % TILE_WIDTH) as usize));
        Ok(loaded.copied())
    }
}

/// Compares entries' times with each other and with the times at which others saw a checkpoint. That others saw
/// a tree *without* an entry proves no earliest time for it: a checkpoint may travel for days.
struct Times {
    latest_ms: i64,
    /// Smallest size last, so that sizes passed are popped.
    seen_by: Vec<(u64, i64)>,
}

impl Times {
    fn new(expected: &Expected) -> Times {
        Times { latest_ms: i64::MIN, seen_by: expected.seen_by.clone() }
    }

    fn check(&mut self, index: u64, at_ms: i64, report: &mut VerifyReport) {
        while self.seen_by.pop_if(|(size, _)| *size <= index).is_some() {}
        let behind_ms = self.latest_ms.saturating_sub(at_ms);
        if behind_ms > CLOCK_TOLERANCE_MS {
            report.warn(Warning::ClockBackwards { index, behind_ms });
        }
        let ahead_ms = self.seen_by.last().map_or(0, |(_, seen_ms)| at_ms.saturating_sub(*seen_ms));
        if ahead_ms > CLOCK_TOLERANCE_MS {
            report.warn(Warning::DatedAhead { index, ahead_ms });
        }
        self.latest_ms = self.latest_ms.max(at_ms);
    }
}
