//! The audit bundle: a directory that an auditor can verify without the city's software or database.
//!
//! ```text
//! checkpoint            the signed head (C2SP tlog-checkpoint)
//! policy                keys as the city states them (C2SP tlog-policy); auditors use their own
//! tile/…                hash tiles that tie the range to the root; tile/entries/… the entries of the range
//! bodies/<bundle>.jsonl {"index","payload","salt"} of entries whose payload still exists
//! proofs/<index>.tlog-proof   inclusion proofs: of every entry of a small range, else of its ends
//! kept/<n>              checkpoints that others hold; consistency/<size> proof from each of them to the head
//! bundle.json           {"format","from","origin","size","to"}
//! verify.py, README.txt the stand-alone verifier and how to run it
//! ```

use crate::canonical::canonical;
use crate::checkpoint::SignedCheckpoint;
use crate::error::{Error, Result};
use crate::merkle::hex;
use crate::proof::ProofText;
use crate::storage::{NamedBytes, Storage};
use crate::tile::{TILE_WIDTH, TileId, tile_in, tiles_at};
use crate::tree::Tiles;
use crate::verify::KeptCheckpoint;
use crate::witness::WitnessRequest;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ops::Range;

/// Up to so many entries every one gets its own proof file; tiles prove all of them anyway.
const MAX_PROOF_FILES: u64 = 256;

const VERIFIER: &str = include_str!("../auditor/verify.py");
const README: &str = include_str!("../auditor/README.txt");

/// What stands behind an entry's commitment.
#[derive(Clone, Debug)]
pub struct Body {
    pub index: u64,
    pub salt: [u8; 32],
    pub payload: Value,
}

/// A range of a log to hand to an auditor.
#[derive(Debug)]
pub struct Bundle<'a> {
    /// The log's directory.
    pub source: &'a dyn Storage,
    /// The head under which the range is proven.
    pub head: &'a SignedCheckpoint,
    pub range: Range<u64>,
    /// The trust policy as the city states it.
    pub policy: &'a str,
    /// Checkpoints that others hold, to show that the head contains them.
    pub kept: &'a [KeptCheckpoint],
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleSummary {
    pub entries: u64,
    /// Entries with their payload; the others' were destroyed, or stay with the city.
    pub bodies: u64,
}

impl Bundle<'_> {
    /// Writes the bundle into an empty directory. `bodies` come in ascending order of their index.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for an empty range or one beyond the head; [`Error::MissingTile`].
    pub fn write(
        &self,
        bodies: impl IntoIterator<Item = Result<Body>>,
        target: &dyn Storage,
    ) -> Result<BundleSummary> {
        let head = &self.head.checkpoint;
        if self.range.is_empty() || self.range.end > head.size {
            return Err(Error::OutOfRange { index: self.range.end, size: head.size });
        }
        for tile in self.needed_tiles() {
            let bytes = self.source.read(&tile.to_string())?;
            let bytes = bytes.ok_or_else(|| Error::MissingTile(tile.to_string()))?;
            target.write(&[(tile.to_string(), bytes)])?;
        }
        let tiles = Tiles::new(self.source, head.size);
        target.write(&self.proofs(&tiles)?)?;
        target.write(&self.kept_files(&tiles)?)?;
        let bodies = self.write_bodies(bodies, target)?;
        let about = json!({
            "format": "sekisho-ledger-bundle/1", "origin": head.origin, "size": head.size,
            "from": self.range.start, "to": self.range.end,
        });
        target.write(&[
            ("policy".into(), self.policy.as_bytes().to_vec()),
            ("bundle.json".into(), canonical(&about)?),
            ("verify.py".into(), VERIFIER.into()),
            ("README.txt".into(), README.into()),
            // Last: a bundle with a checkpoint is complete.
            ("checkpoint".into(), self.head.to_string().into_bytes()),
        ])?;
        Ok(BundleSummary { entries: self.range.end - self.range.start, bodies })
    }

    /// The entry bundles and leaf tiles of the range, all tiles above them, and the right edge of the tree.
    fn needed_tiles(&self) -> BTreeSet<TileId> {
        let size = self.head.checkpoint.size;
        let numbers = self.range.start / TILE_WIDTH..self.range.end.div_ceil(TILE_WIDTH);
        let mut needed = BTreeSet::new();
        for mut number in numbers {
            needed.extend(tile_in(size, 0, number).map(|leaf| TileId::entries(number, leaf.width)));
            for level in 0..8 {
                needed.extend(tile_in(size, level, number));
                number /= TILE_WIDTH;
            }
        }
        for level in 0..8 {
            let (full, _) = tiles_at(size, level);
            needed.extend(tile_in(size, level, full));
        }
        needed
    }

    fn proofs(&self, tiles: &Tiles<'_>) -> Result<Vec<NamedBytes>> {
        let Range { start, end } = self.range;
        let every = end - start <= MAX_PROOF_FILES;
        let indexes: Vec<u64> = if every { (start..end).collect() } else { vec![start, end - 1] };
        let proof = |index| {
            let text = ProofText::new(tiles.inclusion(index)?, self.head.clone()).to_string();
            Ok((format!("proofs/{index}.tlog-proof"), text.into_bytes()))
        };
        indexes.into_iter().map(proof).collect()
    }

    fn kept_files(&self, tiles: &Tiles<'_>) -> Result<Vec<NamedBytes>> {
        let mut files = Vec::new();
        for (number, kept) in self.kept.iter().enumerate() {
            files.push((format!("kept/{number}"), kept.note.clone()));
            let Ok(signed) = SignedCheckpoint::parse(&kept.note) else { continue };
            let size = signed.checkpoint.size;
            if size <= self.head.checkpoint.size {
                let proof = WitnessRequest::new(tiles, size, self.head.clone())?;
                files.push((format!("consistency/{size}"), proof.to_string().into_bytes()));
            }
        }
        Ok(files)
    }

    fn write_bodies(
        &self,
        bodies: impl IntoIterator<Item = Result<Body>>,
        target: &dyn Storage,
    ) -> Result<u64> {
        let name = |number: u64| format!("bodies/{number}.jsonl");
        let (mut number, mut lines, mut count) = (0, Vec::new(), 0);
        for body in bodies {
            let body = body?;
            if !self.range.contains(&body.index) {
                continue;
            }
            if body.index / TILE_WIDTH != number && !lines.is_empty() {
                target.write(&[(name(number), std::mem::take(&mut lines))])?;
            }
            number = body.index / TILE_WIDTH;
            let line = json!({"index": body.index, "salt": hex(&body.salt), "payload": body.payload});
            lines.extend(canonical(&line)?);
            lines.push(b'\n');
            count += 1;
        }
        if !lines.is_empty() {
            target.write(&[(name(number), lines)])?;
        }
        Ok(count)
    }
}
