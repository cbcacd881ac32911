//! A witness (C2SP tlog-witness): sees that a log only grows, remembers it, and says so with a signature.
//!
//! The request and the answer are plain text. They travel over HTTP or as files on a USB stick: the same
//! bytes, the same rules. `k` of `n` such witnesses, run by others, are what a city cannot forge alone.

use crate::checkpoint::{SignedCheckpoint, parse_decimal};
use crate::cosign::{cosign, cosignatures};
use crate::error::{Error, Result};
use crate::key::{KeyKind, SigningKey, VerifierKey};
use crate::merkle::{Hash, empty_root};
use crate::note::NoteSignature;
use crate::proof::{ConsistencyProof, parse_hash_lines};
use crate::storage::Storage;
use crate::tree::Tiles;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// What a log asks of a witness: its checkpoint, and the proof from the one the witness last cosigned.
/// The text form is the body of C2SP `add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessRequest {
    /// Size of the tree the witness cosigned last; 0 when it never has.
    pub old_size: u64,
    pub proof: Vec<Hash>,
    pub checkpoint: SignedCheckpoint,
}

impl WitnessRequest {
    /// Asks for `checkpoint`, whose tree `tiles` reads.
    pub fn new(tiles: &Tiles<'_>, old_size: u64, checkpoint: SignedCheckpoint) -> Result<WitnessRequest> {
        let proof = tiles.consistency(old_size)?.hashes;
        Ok(WitnessRequest { old_size, proof, checkpoint })
    }

    /// Reads the text form.
    pub fn parse(bytes: &[u8]) -> Result<WitnessRequest> {
        let text = str::from_utf8(bytes).map_err(|_| Error::BadProof("not UTF-8"))?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(Error::BadProof("no blank line"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(parse_decimal);
        let old_size = old.ok_or(Error::BadProof("first line is not the old size"))?;
        let proof = parse_hash_lines(lines)?;
        Ok(WitnessRequest { old_size, proof, checkpoint: SignedCheckpoint::parse(checkpoint.as_bytes())? })
    }

    /// Adds the lines of a witness's answer to the checkpoint. Lines of unknown witnesses are passed over.
    ///
    /// # Errors
    /// [`Error::UnknownSigner`] when none is of a known witness; [`Error::BadSignature`], [`Error::BadNote`].
    pub fn accept(&self, answer: &str, witnesses: &[VerifierKey]) -> Result<SignedCheckpoint> {
        let lines = answer.lines().map(NoteSignature::parse).collect::<Result<Vec<_>>>()?;
        let mut signed = self.checkpoint.clone();
        let known = |line: &NoteSignature| witnesses.iter().any(|witness| line.is_by(witness));
        let before = signed.note.signatures.len();
        signed.note.signatures.extend(lines.into_iter().filter(known));
        if signed.note.signatures.len() == before {
            return Err(Error::UnknownSigner);
        }
        cosignatures(&signed, witnesses)?;
        Ok(signed)
    }
}

impl fmt::Display for WitnessRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Why a witness does not sign. Nothing is recorded then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    #[error("request is malformed: {0}")]
    Malformed(Error),
    #[error("log {0:?} is not known to this witness")]
    UnknownLog(String),
    #[error("checkpoint is not signed by the log: {0}")]
    NotSigned(Error),
    #[error("old size {old} is larger than the checkpoint's {new}")]
    OldSizeTooLarge { old: u64, new: u64 },
    #[error("old size is not the {cosigned} leaves this witness cosigned last")]
    Conflict { cosigned: u64 },
    #[error("the log shows two different trees of {size} leaves")]
    RootDiffers { size: u64 },
    #[error("the tree of {new} leaves does not contain the tree of {cosigned} that was cosigned")]
    Inconsistent { cosigned: u64, new: u64 },
    #[error("state of the witness: {0}")]
    State(Error),
}

impl Refusal {
    /// Stable code, as in [`Error::code`].
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Malformed(_) => "W400",
            Refusal::OldSizeTooLarge { .. } => "W401",
            Refusal::NotSigned(_) => "W403",
            Refusal::UnknownLog(_) => "W404",
            Refusal::Conflict { .. } => "W409",
            Refusal::RootDiffers { .. } => "W410",
            Refusal::Inconsistent { .. } => "W422",
            Refusal::State(_) => "W500",
        }
    }

    /// The status that C2SP tlog-witness prescribes.
    pub fn http_status(&self) -> u16 {
        match self {
            Refusal::Malformed(_) | Refusal::OldSizeTooLarge { .. } => 400,
            Refusal::NotSigned(_) => 403,
            Refusal::UnknownLog(_) => 404,
            Refusal::Conflict { .. } | Refusal::RootDiffers { .. } => 409,
            Refusal::Inconsistent { .. } => 422,
            Refusal::State(_) => 500,
        }
    }

    /// Whether this is evidence against the log, to be kept and reported, and not a mere misunderstanding.
    pub fn is_evidence(&self) -> bool {
        matches!(self, Refusal::RootDiffers { .. } | Refusal::Inconsistent { .. })
    }
}

/// Remembers, for each log, the last checkpoint it cosigned.
#[derive(Debug)]
pub struct Witness {
    key: SigningKey,
    logs: Vec<VerifierKey>,
    state: Box<dyn Storage>,
}

impl Witness {
    /// # Errors
    /// [`Error::BadKey`] unless `key` is a witness key and `logs` are log keys.
    pub fn new(key: SigningKey, logs: Vec<VerifierKey>, state: Box<dyn Storage>) -> Result<Witness> {
        if key.public().kind() != KeyKind::Witness || logs.iter().any(|log| log.kind() != KeyKind::Log) {
            return Err(Error::BadKey("a witness has a witness key and knows log keys"));
        }
        Ok(Witness { key, logs, state })
    }

    pub fn public(&self) -> &VerifierKey {
        self.key.public()
    }

    /// The last checkpoint of `origin` that this witness cosigned, with its cosignature: an outside copy to
    /// verify against.
    pub fn last(&self, origin: &str) -> Result<Option<SignedCheckpoint>> {
        let Some(bytes) = self.state.read(&state_name(origin))? else { return Ok(None) };
        let last = SignedCheckpoint::parse(&bytes)?;
        // Its own signature shows that the state is its own.
        if last.checkpoint.origin != origin || cosignatures(&last, [self.public()])?.is_empty() {
            return Err(Error::UnknownSigner);
        }
        Ok(Some(last))
    }

    /// Checks a request and answers with a signature line; records the checkpoint durably before it does.
    /// `now_s` is the present in seconds since 1970-01-01T00:00:00Z.
    pub fn answer(&self, request: &[u8], now_s: u64) -> std::result::Result<NoteSignature, Refusal> {
        let request = WitnessRequest::parse(request).map_err(Refusal::Malformed)?;
        let asked = &request.checkpoint.checkpoint;
        if !self.logs.iter().any(|log| log.name() == asked.origin) {
            return Err(Refusal::UnknownLog(asked.origin.clone()));
        }
        request.checkpoint.verify(&self.logs).map_err(Refusal::NotSigned)?;
        if request.old_size > asked.size {
            return Err(Refusal::OldSizeTooLarge { old: request.old_size, new: asked.size });
        }
        let lock = self.state.lock().map_err(|e| Refusal::State(e.into()))?;
        let last = self.last(&asked.origin).map_err(Refusal::State)?.map(|last| last.checkpoint);
        let (size, root) = last.map_or_else(|| (0, empty_root()), |last| (last.size, last.root));
        if request.old_size != size {
            return Err(Refusal::Conflict { cosigned: size });
        }
        let proof = ConsistencyProof { old_size: size, new_size: asked.size, hashes: request.proof.clone() };
        if proof.verify(&root, &asked.root).is_err() {
            return Err(match asked.size {
                same if same == size => Refusal::RootDiffers { size },
                new => Refusal::Inconsistent { cosigned: size, new },
            });
        }
        let signature = self.record(request.checkpoint, now_s).map_err(Refusal::State)?;
        drop(lock);
        Ok(signature)
    }

    fn record(&self, mut checkpoint: SignedCheckpoint, now_s: u64) -> Result<NoteSignature> {
        let signature = cosign(&checkpoint, &self.key, now_s)?;
        // Others' lines are not ours to vouch for; the log's own are kept so that the state is a full checkpoint.
        checkpoint.note.signatures.retain(|line| self.logs.iter().any(|log| line.is_by(log)));
        checkpoint.note.signatures.push(signature.clone());
        let name = state_name(&checkpoint.checkpoint.origin);
        self.state.write(&[(name, checkpoint.to_string().into_bytes())])?;
        Ok(signature)
    }
}

/// Origins are free text; the file is named by their hash.
fn state_name(origin: &str) -> String {
    format!("log-{}", Hash(Sha256::digest(origin).into()).to_hex())
}
