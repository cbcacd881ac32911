//! The log's signer: remembers what it last signed and never signs against it.
//!
//! Its state lies outside the database. Restoring the database from a backup, or editing it, therefore cannot
//! make this signer sign a smaller or a different past.

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::error::{Error, Result};
use crate::key::{KeyKind, SigningKey, VerifierKey};
use crate::merkle::empty_root;
use crate::note::Note;
use crate::proof::ConsistencyProof;
use crate::storage::{LockGuard, Storage};

/// Name of the only file of the state: the last checkpoint this signer signed.
pub const SIGNER_STATE: &str = "last-signed";

/// Holds the key of a log, or two keys while one replaces the other.
#[derive(Debug)]
pub struct Signer {
    keys: Vec<SigningKey>,
    state: Box<dyn Storage>,
}

impl Signer {
    /// A signer for a new log: records that it has signed the empty tree.
    ///
    /// # Errors
    /// [`Error::SignerStateExists`] when there is a state already.
    pub fn create(key: SigningKey, state: Box<dyn Storage>) -> Result<Signer> {
        let signer = Signer::with_keys(vec![key], state)?;
        let lock = signer.state.lock()?;
        if signer.state.read(SIGNER_STATE)?.is_some() {
            return Err(Error::SignerStateExists);
        }
        signer.persist(Checkpoint::new(signer.origin(), 0, empty_root()))?;
        drop(lock);
        Ok(signer)
    }

    /// The signer of an existing log. While keys are rotated both are given, the new one last: both sign.
    ///
    /// # Errors
    /// [`Error::SignerStateMissing`] when there is no state: refusing is safer than forgetting.
    pub fn open(keys: Vec<SigningKey>, state: Box<dyn Storage>) -> Result<Signer> {
        let signer = Signer::with_keys(keys, state)?;
        signer.last()?;
        Ok(signer)
    }

    fn with_keys(keys: Vec<SigningKey>, state: Box<dyn Storage>) -> Result<Signer> {
        let first = keys.first().ok_or(Error::BadKey("a signer needs a key"))?.public().name();
        if keys.iter().any(|key| key.public().kind() != KeyKind::Log || key.public().name() != first) {
            return Err(Error::BadKey("the keys of a signer are log keys of one name"));
        }
        Ok(Signer { keys, state })
    }

    /// The log's name: origin of its checkpoints and name of its keys.
    pub fn origin(&self) -> &str {
        self.keys[0].public().name()
    }

    /// The public keys, for verifying one's own log.
    pub fn public_keys(&self) -> Vec<VerifierKey> {
        self.keys.iter().map(|key| key.public().clone()).collect()
    }

    /// What was last signed, read afresh: another process may have signed since.
    pub fn last(&self) -> Result<SignedCheckpoint> {
        let bytes = self.state.read(SIGNER_STATE)?.ok_or(Error::SignerStateMissing)?;
        let last = SignedCheckpoint::parse(&bytes)?;
        last.verify(&self.public_keys())?;
        Ok(last)
    }

    /// Keeps other processes from signing and publishing until the guard is dropped.
    pub fn lock(&self) -> Result<LockGuard<'_>> {
        Ok(self.state.lock()?)
    }

    /// Signs, after recording durably that it does. The caller holds [`Signer::lock`]. `proof` leads from the
    /// last signed size to the asked one.
    ///
    /// # Errors
    /// [`Error::SignerRefusesSmaller`], [`Error::SignerRefusesFork`]: nothing is signed or recorded.
    pub fn sign(&self, asked: Checkpoint, proof: &ConsistencyProof) -> Result<SignedCheckpoint> {
        if asked.origin != self.origin() {
            return Err(Error::WrongOrigin { expected: self.origin().to_owned(), found: asked.origin });
        }
        let last = self.last()?.checkpoint;
        if asked.size < last.size {
            return Err(Error::SignerRefusesSmaller { signed: last.size, asked: asked.size });
        }
        let fits = (proof.old_size, proof.new_size) == (last.size, asked.size)
            && proof.verify(&last.root, &asked.root).is_ok();
        if !fits {
            return Err(Error::SignerRefusesFork { signed: last.size, asked: asked.size });
        }
        self.persist(asked)
    }

    fn persist(&self, checkpoint: Checkpoint) -> Result<SignedCheckpoint> {
        let mut note = Note::sign(checkpoint.to_string(), &self.keys[0]);
        self.keys[1..].iter().for_each(|key| note.add_signature(key));
        let signed = SignedCheckpoint { checkpoint, note };
        self.state.write(&[(SIGNER_STATE.to_owned(), signed.to_string().into_bytes())])?;
        Ok(signed)
    }
}
