//! The appender: entries become bundles and tiles, tiles become a signed checkpoint.
//!
//! Order of writing: entries → tiles → signer's state → checkpoint; each is durable before the next begins.
//! A crash therefore loses at most the checkpoint of the entries that were being integrated. Nothing that a
//! checkpoint covers is ever missing below it. With a database in front (entries are rows, committed before
//! they come here) a crash loses nothing at all: on the next start `size()` says from which entry to go on.
//!
//! Tiles are a cache: [`Log::rebuild`] writes them anew from the entries, and the signer refuses the result
//! unless it contains everything that was signed before.

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::error::{Error, Result};
use crate::limits::{MAX_LEAF_BYTES, MAX_UNWRITTEN_BYTES};
use crate::merkle::leaf_hash;
use crate::signer::Signer;
use crate::storage::{NamedBytes, Storage};
use crate::tile::{TILE_WIDTH, TileId, decode_entries, encode_entry, encode_hashes, tiles_at};
use crate::tree::{Edge, Tiles};
use std::ops::Range;

/// Name of the published head.
pub const CHECKPOINT: &str = "checkpoint";
/// Name of the last head that witnesses cosigned.
pub const COSIGNED: &str = "checkpoint.cosigned";

/// One log that this process appends to. Several processes may hold the same log; publishing is serialised by
/// the signer's lock, and the one that comes late is refused and calls [`Log::reload`].
#[derive(Debug)]
pub struct Log {
    storage: Box<dyn Storage>,
    signer: Signer,
    published: SignedCheckpoint,
    edge: Edge,
    /// The partial entry bundle at the end.
    bundle: Vec<u8>,
    /// Partial tiles that were published last: those of upper levels seldom change.
    partials: Vec<TileId>,
    unwritten: Unwritten,
}

/// Full bundles and tiles that are not on disk yet, and partial ones that full ones have replaced.
#[derive(Debug, Default)]
struct Unwritten {
    files: Vec<NamedBytes>,
    bytes: usize,
    obsolete_dirs: Vec<String>,
}

impl Log {
    /// Opens the log at the size that was last signed, and repairs the published checkpoint if a crash kept
    /// it from being written.
    ///
    /// # Errors
    /// [`Error::MissingTile`], [`Error::BadTile`], [`Error::TilesBroken`]: move the directory aside (it is
    /// evidence) and [`Log::rebuild`] into an empty one.
    pub fn open(storage: Box<dyn Storage>, signer: Signer) -> Result<Log> {
        let mut log = Log::without_tiles(storage, signer)?;
        log.reload()?;
        Ok(log)
    }

    /// Writes the tiles anew from all entries, in order, into an empty storage, and publishes.
    ///
    /// # Errors
    /// [`Error::SignerRefusesSmaller`] or [`Error::SignerRefusesFork`] when the entries are not those that
    /// were signed; nothing is published then.
    pub fn rebuild<E: AsRef<[u8]>>(
        storage: Box<dyn Storage>,
        signer: Signer,
        entries: impl IntoIterator<Item = Result<E>>,
    ) -> Result<Log> {
        let mut log = Log::without_tiles(storage, signer)?;
        for entry in entries {
            log.append(&[entry?])?;
        }
        log.publish()?;
        // Writes the checkpoint also when it is the one that was signed before.
        log.reload()?;
        Ok(log)
    }

    fn without_tiles(storage: Box<dyn Storage>, signer: Signer) -> Result<Log> {
        let published = signer.last()?;
        let (edge, bundle, partials, unwritten) = Default::default();
        Ok(Log { storage, signer, published, edge, bundle, partials, unwritten })
    }

    /// Forgets what was appended but not published, and goes on from what is signed now.
    ///
    /// # Errors
    /// As [`Log::open`]; [`Error::SignerBehind`] when the signer's state was put back to an older one.
    pub fn reload(&mut self) -> Result<()> {
        let lock = self.signer.lock()?;
        let last = self.signer.last()?;
        let size = last.checkpoint.size;
        let edge = Edge::load(&*self.storage, size)?;
        if edge.root() != last.checkpoint.root {
            return Err(Error::TilesBroken);
        }
        let bundle = load_bundle(&*self.storage, size)?;
        let stored = self.storage.read(CHECKPOINT)?.and_then(|bytes| SignedCheckpoint::parse(&bytes).ok());
        let stored = stored.filter(|stored| stored.verify(&self.public_keys()).is_ok());
        if let Some(ahead) = stored.iter().find(|stored| stored.checkpoint.size > size) {
            return Err(Error::SignerBehind { signed: size, published: ahead.checkpoint.size });
        }
        self.published = match stored {
            // Kept as it is when only cosignatures were added to it.
            Some(stored) if stored.note.text == last.note.text => stored,
            _ => {
                self.storage.write(&[(CHECKPOINT.to_owned(), last.to_string().into_bytes())])?;
                last
            }
        };
        drop(lock);
        self.partials = edge.partials().map(|(tile, _)| tile).collect();
        (self.edge, self.bundle, self.unwritten) = (edge, bundle, Unwritten::default());
        Ok(())
    }

    /// Entries appended so far, published or not: the index of the next one.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The last checkpoint this handle published or found.
    pub fn published(&self) -> &SignedCheckpoint {
        &self.published
    }

    pub fn origin(&self) -> &str {
        self.signer.origin()
    }

    /// The log's public keys.
    pub fn public_keys(&self) -> Vec<crate::VerifierKey> {
        self.signer.public_keys()
    }

    pub fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    /// Reads the published tree: roots and proofs.
    pub fn tiles(&self) -> Tiles<'_> {
        Tiles::new(&*self.storage, self.published.checkpoint.size)
    }

    /// Publishes the present checkpoint with the lines of witnesses, and keeps it as the last cosigned one.
    /// When the log has grown since, only the latter.
    ///
    /// # Errors
    /// [`Error::UnknownSigner`], [`Error::BadSignature`] unless this log signed it.
    pub fn keep_cosigned(&mut self, cosigned: SignedCheckpoint) -> Result<()> {
        cosigned.verify(&self.public_keys())?;
        let bytes = cosigned.to_string().into_bytes();
        let lock = self.signer.lock()?;
        self.storage.write(&[(COSIGNED.to_owned(), bytes.clone())])?;
        if self.signer.last()?.note.text == cosigned.note.text {
            self.storage.write(&[(CHECKPOINT.to_owned(), bytes)])?;
            self.published = cosigned;
        }
        drop(lock);
        Ok(())
    }

    /// The last checkpoint that witnesses cosigned.
    pub fn cosigned(&self) -> Result<Option<SignedCheckpoint>> {
        self.storage.read(COSIGNED)?.map(|bytes| SignedCheckpoint::parse(&bytes)).transpose()
    }

    /// Appends entries and says which indexes they got. They become durable and visible with the next
    /// [`Log::publish`].
    ///
    /// # Errors
    /// [`Error::TooLarge`] (then none is appended), [`Error::Storage`] (then all are, and writing is tried
    /// again by the next call).
    pub fn append<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> Result<Range<u64>> {
        if let Some(entry) = entries.iter().find(|entry| entry.as_ref().len() > MAX_LEAF_BYTES) {
            return Err(Error::TooLarge { what: "leaf", bytes: entry.as_ref().len(), max: MAX_LEAF_BYTES });
        }
        let first = self.edge.size();
        for entry in entries {
            self.append_one(entry.as_ref())?;
        }
        if self.unwritten.bytes > MAX_UNWRITTEN_BYTES {
            self.unwritten.write(&*self.storage, Vec::new())?;
        }
        Ok(first..self.edge.size())
    }

    /// [`Log::append`], provided that the log ends at `first`: what a sequencer with its own numbering calls, so
    /// that the same entries can never be appended twice.
    ///
    /// # Errors
    /// [`Error::NotAtEnd`], and as [`Log::append`].
    pub fn append_at<E: AsRef<[u8]>>(&mut self, first: u64, entries: &[E]) -> Result<Range<u64>> {
        match self.size() {
            size if size == first => self.append(entries),
            size => Err(Error::NotAtEnd { first, size }),
        }
    }

    fn append_one(&mut self, entry: &[u8]) -> Result<()> {
        encode_entry(entry, &mut self.bundle)?;
        let unwritten = &mut self.unwritten;
        self.edge.push(leaf_hash(entry), |tile, hashes| unwritten.add(tile, encode_hashes(hashes)));
        if self.edge.size().is_multiple_of(TILE_WIDTH) {
            let bundle = TileId::entries(self.edge.size() / TILE_WIDTH - 1, TILE_WIDTH as u16);
            self.unwritten.add(bundle, std::mem::take(&mut self.bundle));
        }
        Ok(())
    }

    /// Makes bundles and tiles durable, the partial ones included.
    fn write_tiles(&mut self) -> Result<()> {
        let changed = self.edge.partials().filter(|(tile, _)| !self.partials.contains(tile));
        let mut files: Vec<NamedBytes> =
            changed.map(|(tile, hashes)| (tile.to_string(), encode_hashes(hashes))).collect();
        let (full, width) = tiles_at(self.edge.size(), 0);
        if width > 0 {
            files.push((TileId::entries(full, width).to_string(), self.bundle.clone()));
        }
        self.unwritten.write(&*self.storage, files)?;
        self.partials = self.edge.partials().map(|(tile, _)| tile).collect();
        Ok(())
    }

    /// Makes everything appended durable, signs it and publishes the checkpoint. Without new entries the
    /// present checkpoint is published again.
    ///
    /// # Errors
    /// [`Error::SignerRefusesSmaller`] when another process has published more: call [`Log::reload`].
    /// [`Error::SignerRefusesFork`] when tiles or entries were tampered with: stop and verify.
    pub fn publish(&mut self) -> Result<&SignedCheckpoint> {
        self.write_tiles()?;
        let size = self.edge.size();
        let lock = self.signer.lock()?;
        let signed = self.signer.last()?.checkpoint.size;
        if signed > size {
            return Err(Error::SignerRefusesSmaller { signed, asked: size });
        }
        let proof = Tiles::new(&*self.storage, size).consistency(signed)?;
        let head = self.signer.sign(Checkpoint::new(self.signer.origin(), size, self.edge.root()), &proof)?;
        if self.published.note.text != head.note.text {
            self.storage.write(&[(CHECKPOINT.to_owned(), head.to_string().into_bytes())])?;
            self.published = head;
        }
        drop(lock);
        for dir in self.unwritten.obsolete_dirs.drain(..) {
            self.storage.remove_dir(&dir)?;
        }
        Ok(&self.published)
    }
}

impl Unwritten {
    fn add(&mut self, tile: TileId, bytes: Vec<u8>) {
        self.obsolete_dirs.push(tile.partial_dir());
        self.bytes += bytes.len();
        self.files.push((tile.to_string(), bytes));
    }

    /// Writes everything, and `partials` with it, entries before hashes. What cannot be written stays here for
    /// the next call.
    fn write(&mut self, storage: &dyn Storage, partials: Vec<NamedBytes>) -> Result<()> {
        self.files.extend(partials);
        self.files.sort_by_key(|(path, _)| !path.starts_with("tile/entries/"));
        storage.write(&self.files)?;
        self.files.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// The bytes of the partial bundle at the end of a log of `size` entries.
fn load_bundle(storage: &dyn Storage, size: u64) -> Result<Vec<u8>> {
    let (full, width) = tiles_at(size, 0);
    if width == 0 {
        return Ok(Vec::new());
    }
    let tile = TileId::entries(full, width);
    if let Some(bytes) = storage.read(&tile.to_string())? {
        decode_entries(&bytes, width)?;
        return Ok(bytes);
    }
    // A later publication by another process has filled the bundle.
    let bytes =
        storage.read(&tile.filled().to_string())?.ok_or_else(|| Error::MissingTile(tile.to_string()))?;
    let mut bundle = Vec::new();
    for entry in decode_entries(&bytes, TILE_WIDTH as u16)?.iter().take(usize::from(width)) {
        encode_entry(entry, &mut bundle)?;
    }
    Ok(bundle)
}
