//! Verification: recompute everything, compare with what others kept, name the first thing that is wrong.
//!
//! Memory stays flat: entries, tiles and rows are streamed, and rows are compared in as many passes as it
//! takes for the subjects of one pass to fit.

mod diagnose;
mod report;
mod rows;
mod walk;

pub use report::{BadKind, Finding, Level, VerifyReport, Warning};

use crate::checkpoint::SignedCheckpoint;
use crate::entry::Commitment;
use crate::error::{Error, Result};
use crate::policy::Policy;
use crate::storage::Storage;
use crate::tile::{TILE_WIDTH, TileId, decode_entries, tiles_at};
use diagnose::diagnose;
use walk::{Expected, Walk};

/// Canonical entries, in the order of their indexes.
pub type EntryIter<'s> = Box<dyn Iterator<Item = Result<Vec<u8>>> + 's>;
/// Current rows, in any order.
pub type RowIter<'s> = Box<dyn Iterator<Item = Result<CurrentRow>> + 's>;

/// Where the entries come from: the table `ledger_entry`, or entry bundles.
///
/// A store should yield indexed entries in order, then those that have no index yet in the order in which they
/// will get one: they count as 記録中 but explain the rows they changed. Entries and rows must come from one
/// snapshot of the database.
pub trait EntrySource {
    /// Begins anew at index 0. Called once, and once more for each pass over the rows.
    fn entries(&mut self) -> Result<EntryIter<'_>>;
}

/// The state of one row as the database holds it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentRow {
    pub noun: String,
    pub id: String,
    pub version: i64,
    /// Computed now from salt and payload, not read from a column. `None` when both were destroyed as the law
    /// demands; the ledger must then say [`Commitment::GONE`].
    pub commitment: Option<Commitment>,
}

/// The current rows of the record tables.
pub trait RowSource {
    /// Whether rows of this noun are compared. Entries of other nouns (checkpoints, heartbeats) have no row.
    fn covers(&self, noun: &str) -> bool;

    /// Begins anew. Called once for each pass.
    fn rows(&mut self) -> Result<RowIter<'_>>;
}

/// A further checkpoint of the log: kept in some other place, or cosigned.
#[derive(Clone, Debug)]
pub struct KeptCheckpoint {
    /// Where it was kept, for the report: 「監査事務局」.
    pub place: String,
    pub note: Vec<u8>,
    /// `false` for one that lies beside the log itself: it counts only when enough witnesses cosigned it.
    pub outside: bool,
    /// When the keeper received it, by the keeper's clock.
    pub received_ms: Option<i64>,
}

/// What is verified, and against what.
#[allow(missing_debug_implementations, reason = "holds sources that are not Debug")]
pub struct Verification<'a> {
    /// The verifier's own list of keys.
    pub policy: &'a Policy,
    /// The signed head as the log publishes it.
    pub checkpoint: &'a [u8],
    pub entries: &'a mut dyn EntrySource,
    /// The log's directory, when it is at hand.
    pub tiles: Option<&'a dyn Storage>,
    pub kept: &'a [KeptCheckpoint],
    pub rows: Option<&'a mut dyn RowSource>,
}

impl Verification<'_> {
    /// Runs the whole verification.
    ///
    /// # Errors
    /// Only when a source cannot be read. Everything wrong with the log is in the report.
    pub fn run(self) -> Result<VerifyReport> {
        let mut report = VerifyReport::default();
        let head = self.read_head(&mut report);
        let kept = self.read_kept(&mut report);
        let expected = Expected::new(self.policy, head.as_ref(), &kept);
        let walk = Walk::run(self.entries.entries()?, self.tiles, &expected, &mut report)?;
        diagnose(self.policy, head.as_ref(), &kept, walk, &mut report);
        if let Some(rows) = self.rows {
            rows::compare(self.entries, rows, &mut report)?;
        }
        report.conclude();
        Ok(report)
    }

    fn read_head(&self, report: &mut VerifyReport) -> Option<SignedCheckpoint> {
        let read = SignedCheckpoint::parse(self.checkpoint)
            .and_then(|signed| signed.verify(self.policy.logs()).map(|()| signed));
        match read {
            Ok(signed) => {
                report.origin.clone_from(&signed.checkpoint.origin);
                report.size = signed.checkpoint.size;
                report.root = signed.checkpoint.root;
                Some(signed)
            }
            Err(error) => {
                let kind = match error {
                    Error::UnknownSigner => BadKind::UnknownSigner,
                    Error::BadSignature(_) => BadKind::BadSignature,
                    _ => BadKind::BadCheckpoint,
                };
                report.add(0, kind, error.to_string());
                None
            }
        }
    }

    /// The kept checkpoints that the log's key signed, by size. Others are reported and left out.
    fn read_kept(&self, report: &mut VerifyReport) -> Vec<Kept> {
        let mut kept = Vec::new();
        for copy in self.kept {
            let read = SignedCheckpoint::parse(&copy.note)
                .and_then(|signed| signed.verify(self.policy.logs()).map(|()| signed));
            match read {
                Ok(signed) if !report.origin.is_empty() && signed.checkpoint.origin != report.origin => {
                    report.warn(Warning::KeptUnusable { place: copy.place.clone(), code: "L035" });
                }
                Ok(signed) => {
                    let (place, outside, received_ms) = (copy.place.clone(), copy.outside, copy.received_ms);
                    kept.push(Kept { place, signed, outside, received_ms });
                }
                Err(error) => {
                    report.warn(Warning::KeptUnusable { place: copy.place.clone(), code: error.code() });
                }
            }
        }
        kept.sort_by_key(|kept| kept.signed.checkpoint.size);
        kept
    }
}

/// A kept checkpoint whose signature is the log's.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) place: String,
    pub(crate) signed: SignedCheckpoint,
    pub(crate) outside: bool,
    pub(crate) received_ms: Option<i64>,
}

/// Entries in memory.
impl EntrySource for Vec<Vec<u8>> {
    fn entries(&mut self) -> Result<EntryIter<'_>> {
        Ok(Box::new(self.iter().cloned().map(Ok)))
    }
}

/// The entry bundles of a log's directory: verifying a copy without its database.
#[derive(Debug)]
pub struct BundleEntries<'a> {
    storage: &'a dyn Storage,
    size: u64,
}

impl<'a> BundleEntries<'a> {
    pub fn new(storage: &'a dyn Storage, size: u64) -> BundleEntries<'a> {
        BundleEntries { storage, size }
    }

    fn bundle(&self, index: u64) -> Result<Vec<Vec<u8>>> {
        let (full, width) = tiles_at(self.size, 0);
        let tile = TileId::entries(index, if index < full { TILE_WIDTH as u16 } else { width });
        if let Some(bytes) = self.storage.read(&tile.to_string())? {
            return Ok(decode_entries(&bytes, tile.width)?.into_iter().map(<[u8]>::to_vec).collect());
        }
        let filled = self.storage.read(&tile.filled().to_string())?;
        let filled = filled.ok_or_else(|| Error::MissingTile(tile.to_string()))?;
        let entries = decode_entries(&filled, TILE_WIDTH as u16)?;
        Ok(entries.into_iter().take(usize::from(tile.width)).map(<[u8]>::to_vec).collect())
    }
}

impl EntrySource for BundleEntries<'_> {
    fn entries(&mut self) -> Result<EntryIter<'_>> {
        let bundles = self.size.div_ceil(TILE_WIDTH);
        Ok(Box::new((0..bundles).flat_map(|index| match self.bundle(index) {
            Ok(entries) => entries.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })))
    }
}
