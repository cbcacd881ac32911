//! A tree held as tiles: its growing right edge, and reading any node back.

use crate::error::{Error, Result};
use crate::limits::MAX_CACHED_TILES_COUNT;
use crate::merkle::{Hash, empty_root, node_hash, perfect_root};
use crate::proof::{ConsistencyProof, InclusionProof, Nodes, range_root};
use crate::storage::Storage;
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, TileId, decode_hashes, tile_in, tiles_at};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The partial tiles at the right of a tree: all that is needed to add leaves and to compute the root.
/// At most 255 hashes for each of at most eight levels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The edge of the tree of `size` leaves that lies in `storage`.
    ///
    /// # Errors
    /// [`Error::MissingTile`], [`Error::BadTile`].
    pub fn load(storage: &dyn Storage, size: u64) -> Result<Edge> {
        let mut levels = Vec::new();
        for level in 0..8 {
            let (full, width) = tiles_at(size, level);
            levels.push(match width {
                0 => Vec::new(),
                width => read_hashes(storage, TileId::hashes(level, full, width))?,
            });
        }
        while levels.last().is_some_and(Vec::is_empty) {
            levels.pop();
        }
        Ok(Edge { size, levels })
    }

    /// Leaves in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds one leaf. Every tile that becomes full is handed to `full`, lower levels first.
    pub fn push(&mut self, leaf: Hash, mut full: impl FnMut(TileId, &[Hash])) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0_u8.. {
            if self.levels.len() == usize::from(level) {
                self.levels.push(Vec::with_capacity(TILE_WIDTH as usize));
            }
            let row = &mut self.levels[usize::from(level)];
            row.push(hash);
            if row.len() < TILE_WIDTH as usize {
                return;
            }
            let index = tiles_at(self.size, level).0 - 1;
            full(TileId::hashes(level, index, TILE_WIDTH as u16), row);
            hash = perfect_root(row);
            row.clear();
        }
    }

    /// The partial tiles that a checkpoint of this size must be published with.
    pub fn partials(&self) -> impl Iterator<Item = (TileId, &[Hash])> {
        self.levels.iter().zip(0_u8..).filter(|(row, _)| !row.is_empty()).map(|(row, level)| {
            let (full, width) = tiles_at(self.size, level);
            (TileId::hashes(level, full, width), &row[..])
        })
    }

    pub fn root(&self) -> Hash {
        let rows = self.levels.iter().filter(|row| !row.is_empty());
        // Within a level the perfect subtrees stand left to right, larger first; lower levels are further right.
        let mut root: Option<Hash> = None;
        for row in rows {
            let mut end = row.len();
            for bit in 0..TILE_HEIGHT {
                if end & (1 << bit) == 0 {
                    continue;
                }
                let subtree = perfect_root(&row[end - (1 << bit)..end]);
                end -= 1 << bit;
                root = Some(root.map_or(subtree, |right| node_hash(&subtree, &right)));
            }
        }
        root.unwrap_or_else(empty_root)
    }
}

/// Reads a hash tile; when the partial one is gone, the beginning of the full one.
pub(crate) fn read_hashes(storage: &dyn Storage, tile: TileId) -> Result<Vec<Hash>> {
    if let Some(bytes) = storage.read(&tile.to_string())? {
        return decode_hashes(&bytes, tile.width);
    }
    let full = storage.read(&tile.filled().to_string())?;
    let mut hashes = decode_hashes(&full.ok_or_else(|| Error::MissingTile(tile.to_string()))?, 256)?;
    hashes.truncate(usize::from(tile.width));
    Ok(hashes)
}

/// Reads the tree of one size from its tiles and makes proofs in it. Expanded tiles are kept, so that the
/// upper levels are read and hashed once.
#[derive(Debug)]
pub struct Tiles<'a> {
    storage: &'a dyn Storage,
    size: u64,
    /// Per tile the rows of its subtree: row 0 the tile's hashes, each further row half as long.
    expanded: Mutex<HashMap<TileId, Vec<Vec<Hash>>>>,
}

impl<'a> Tiles<'a> {
    pub fn new(storage: &'a dyn Storage, size: u64) -> Tiles<'a> {
        Tiles { storage, size, expanded: Mutex::default() }
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root as the tiles give it.
    pub fn root(&self) -> Result<Hash> {
        self.root_at(self.size)
    }

    /// The root that this log had when it held `size` leaves.
    pub fn root_at(&self, size: u64) -> Result<Hash> {
        self.within(size, size <= self.size)?;
        if size == 0 { Ok(empty_root()) } else { range_root(self, 0, size) }
    }

    pub fn leaf(&self, index: u64) -> Result<Hash> {
        self.within(index, index < self.size)?;
        self.node(0, index)
    }

    /// Proof that leaf `index` is in this tree.
    pub fn inclusion(&self, index: u64) -> Result<InclusionProof> {
        self.within(index, index < self.size)?;
        InclusionProof::build(self, index, self.size)
    }

    /// Proof that this tree begins with the tree of `old_size` leaves.
    pub fn consistency(&self, old_size: u64) -> Result<ConsistencyProof> {
        self.within(old_size, old_size <= self.size)?;
        ConsistencyProof::build(self, old_size, self.size)
    }

    fn within(&self, index: u64, holds: bool) -> Result<()> {
        if holds { Ok(()) } else { Err(Error::OutOfRange { index, size: self.size }) }
    }
}

impl Nodes for Tiles<'_> {
    fn node(&self, level: u32, index: u64) -> Result<Hash> {
        let (tile_level, row) = ((level / TILE_HEIGHT) as u8, level % TILE_HEIGHT);
        let tile = tile_in(self.size, tile_level, index >> (TILE_HEIGHT - row))
            .ok_or(Error::OutOfRange { index, size: self.size })?;
        let place = (index & ((TILE_WIDTH >> row) - 1)) as usize;
        let mut expanded = self.expanded.lock().unwrap_or_else(PoisonError::into_inner);
        if expanded.len() >= MAX_CACHED_TILES_COUNT && !expanded.contains_key(&tile) {
            expanded.retain(|kept, _| kept.kind != TileId::hashes(0, 0, 1).kind);
        }
        let rows = match expanded.entry(tile) {
            std::collections::hash_map::Entry::Occupied(rows) => rows.into_mut(),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(expand(read_hashes(self.storage, tile)?))
            }
        };
        let found = rows.get(row as usize).and_then(|row| row.get(place));
        found.copied().ok_or(Error::OutOfRange { index, size: self.size })
    }
}

fn expand(hashes: Vec<Hash>) -> Vec<Vec<Hash>> {
    let mut rows = vec![hashes];
    while rows.len() < TILE_HEIGHT as usize {
        let row = rows[rows.len() - 1].as_chunks::<2>().0;
        rows.push(row.iter().map(|[left, right]| node_hash(left, right)).collect());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{leaf_hash, root_of};
    use crate::storage::MemoryStorage;
    use crate::tile::encode_hashes;

    /// Writes the tree of `size` leaves and gives its leaves back.
    fn grow(storage: &MemoryStorage, size: u64) -> Vec<Hash> {
        let mut edge = Edge::default();
        let leaves: Vec<Hash> = (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let save = |tile: TileId, hashes: &[Hash]| {
            storage.files().insert(tile.to_string(), encode_hashes(hashes));
        };
        leaves.iter().for_each(|leaf| edge.push(*leaf, save));
        edge.partials().for_each(|(tile, hashes)| save(tile, hashes));
        leaves
    }

    #[test]
    fn the_edge_has_the_root_of_the_whole_tree() {
        let mut edge = Edge::default();
        let mut leaves = Vec::new();
        for i in 0..1_200_u64 {
            if i % 7 == 0 || i.is_power_of_two() {
                assert_eq!(edge.root(), root_of(&leaves), "size {i}");
            }
            leaves.push(leaf_hash(&i.to_be_bytes()));
            edge.push(leaves[i as usize], |_, _| ());
        }
    }

    #[test]
    fn tiles_of_a_tree_with_three_levels_read_back() {
        let storage = MemoryStorage::new();
        let leaves = grow(&storage, 70_000);
        let tiles = Tiles::new(&storage, 70_000);
        let names: Vec<_> = storage.files().keys().filter(|k| k.contains(".p/")).cloned().collect();
        assert_eq!(names, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
        assert_eq!(storage.files().len(), 273 + 1 + 3);
        for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 69_999, 70_000] {
            assert_eq!(tiles.root_at(size).unwrap(), root_of(&leaves[..size as usize]), "size {size}");
        }
        assert_eq!(Edge::load(&storage, 70_000).unwrap().root(), root_of(&leaves));
        assert_eq!(tiles.leaf(69_999).unwrap(), leaves[69_999]);
        assert!(matches!(tiles.leaf(70_000), Err(Error::OutOfRange { .. })));
        storage.files().remove("tile/0/273.p/112");
        assert!(matches!(Edge::load(&storage, 70_000), Err(Error::MissingTile(_))));
    }
}
