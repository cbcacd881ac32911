//! Names and bytes of tiles and entry bundles (C2SP tlog-tiles).

use crate::error::{Error, Result};
use crate::limits::MAX_LEAF_BYTES;
use crate::merkle::Hash;
use std::fmt;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Tree levels that one tile spans.
pub(crate) const TILE_HEIGHT: u32 = 8;

/// What a tile file holds: hashes of one level, or the entries themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Level 0 holds leaf hashes; level L+1 holds the roots of full tiles of level L.
    Hashes(u8),
    Entries,
}

/// One tile file: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`. `width` is 1 to 256; below 256 the
/// tile is partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    pub kind: TileKind,
    pub index: u64,
    pub width: u16,
}

impl TileId {
    pub fn hashes(level: u8, index: u64, width: u16) -> TileId {
        TileId { kind: TileKind::Hashes(level), index, width }
    }

    pub fn entries(index: u64, width: u16) -> TileId {
        TileId { kind: TileKind::Entries, index, width }
    }

    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// The same tile once it is full.
    pub fn filled(self) -> TileId {
        TileId { width: TILE_WIDTH as u16, ..self }
    }

    /// The directory in which the partial versions of this tile lie.
    pub fn partial_dir(&self) -> String {
        format!("{}.p", self.filled())
    }

    /// Reads a path back; only the one spelling that `Display` writes is accepted.
    pub fn parse(path: &str) -> Result<TileId> {
        let read = parse_path(path).filter(|tile| tile.to_string() == path);
        read.ok_or_else(|| Error::BadTile(path.chars().take(120).collect()))
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let groups = (1..7).take_while(|g| self.index >= 1000_u64.pow(*g)).count() as u32;
        for group in (1..=groups).rev() {
            write!(f, "x{:03}/", self.index / 1000_u64.pow(group) % 1000)?;
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

fn parse_path(path: &str) -> Option<TileId> {
    let rest = path.strip_prefix("tile/")?;
    let (kind, rest) = rest.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes(level.parse().ok().filter(|l| *l < 64)?),
    };
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok().filter(|w| (1..256).contains(w))?),
        None => (rest, TILE_WIDTH as u16),
    };
    let mut index = 0_u64;
    for group in number.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        if digits.len() != 3 {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    Some(TileId { kind, index, width })
}

/// The tiles a tree of `size` leaves consists of at `level`: how many full ones, and the width of the last.
pub fn tiles_at(size: u64, level: u8) -> (u64, u16) {
    let hashes = size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or(0);
    (hashes / TILE_WIDTH, (hashes % TILE_WIDTH) as u16)
}

/// The tile with number `index` at `level` as it stands in a tree of `size` leaves.
pub fn tile_in(size: u64, level: u8, index: u64) -> Option<TileId> {
    let (full, partial) = tiles_at(size, level);
    match index.cmp(&full) {
        std::cmp::Ordering::Less => Some(TileId::hashes(level, index, TILE_WIDTH as u16)),
        std::cmp::Ordering::Equal if partial > 0 => Some(TileId::hashes(level, index, partial)),
        _ => None,
    }
}

/// The bytes of a hash tile.
pub fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|h| h.0).collect()
}

/// Reads a hash tile that must be exactly `width` hashes wide.
pub fn decode_hashes(bytes: &[u8], width: u16) -> Result<Vec<Hash>> {
    if bytes.len() != usize::from(width) * 32 {
        return Err(Error::BadTile(format!("{} bytes for {width} hashes", bytes.len())));
    }
    let (chunks, _) = bytes.as_chunks::<32>();
    Ok(chunks.iter().map(|c| Hash(*c)).collect())
}

/// Appends one entry to the bytes of a bundle: big-endian u16 length, then the entry.
pub fn encode_entry(entry: &[u8], bundle: &mut Vec<u8>) -> Result<()> {
    let too_large = || Error::TooLarge { what: "leaf", bytes: entry.len(), max: MAX_LEAF_BYTES };
    let length = u16::try_from(entry.len()).map_err(|_| too_large())?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Reads an entry bundle that must hold exactly `width` entries and nothing more.
pub fn decode_entries(mut bytes: &[u8], width: u16) -> Result<Vec<&[u8]>> {
    let mut entries = Vec::with_capacity(usize::from(width));
    for _ in 0..width {
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or_else(cut_short)?;
        let (entry, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(cut_short)?;
        entries.push(entry);
        bytes = rest;
    }
    if !bytes.is_empty() {
        return Err(Error::BadTile(format!("{} bytes after {width} entries", bytes.len())));
    }
    Ok(entries)
}

fn cut_short() -> Error {
    Error::BadTile("entry bundle is cut short".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_of_the_specification() {
        assert_eq!(TileId::hashes(0, 1_234_067, 256).to_string(), "tile/0/x001/x234/067");
        assert_eq!(TileId::entries(5, 112).to_string(), "tile/entries/005.p/112");
        assert_eq!(TileId::hashes(2, 0, 1).to_string(), "tile/2/000.p/1");
        assert_eq!(TileId::hashes(1, 999, 256).to_string(), "tile/1/999");
        assert_eq!(TileId::hashes(1, 1000, 256).to_string(), "tile/1/x001/000");
        for bad in [
            "tile/0/1",
            "tile/0/x001",
            "tile/00/001",
            "tile/64/000",
            "tile/0/000.p/256",
            "tile/0/000.p/0",
            "tile/0/000.p/01",
            "tile/0/x000/001",
            "tile/0/+01",
            "tile/entries/",
            "tile/0/../001",
            "x",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert!(TileId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tree_of_70_000_leaves_has_the_tiles_of_the_specification() {
        assert_eq!([0, 1, 2, 3].map(|level| tiles_at(70_000, level)), [(273, 112), (1, 17), (0, 1), (0, 0)]);
        assert_eq!([0, 1].map(|level| tiles_at(256, level)), [(1, 0), (0, 1)]);
        assert_eq!(tiles_at(u64::MAX, 63), (0, 0));
    }

    proptest! {
        #[test]
        fn paths_read_back(level in 0_u8..64, index in any::<u64>(), width in 1_u16..=256, entries in any::<bool>()) {
            let tile = if entries { TileId::entries(index, width) } else { TileId::hashes(level, index, width) };
            prop_assert_eq!(TileId::parse(&tile.to_string()).unwrap(), tile);
        }

        #[test]
        fn bundles_read_back(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..9)) {
            let mut bytes = Vec::new();
            for entry in &entries {
                encode_entry(entry, &mut bytes).unwrap();
            }
            let width = entries.len() as u16;
            prop_assert_eq!(decode_entries(&bytes, width).unwrap(), entries.iter().map(|e| &e[..]).collect::<Vec<_>>());
            prop_assert!(decode_entries(&bytes, width + 1).is_err());
            bytes.push(0);
            prop_assert!(decode_entries(&bytes, width).is_err());
        }
    }
}
