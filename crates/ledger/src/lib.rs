//! An append-only Merkle log in public formats, so that other people's tools can verify it.
//!
//! RFC 6962 hashing, C2SP `tlog-tiles`, `signed-note`, `tlog-checkpoint`, `tlog-cosignature`, `tlog-witness`,
//! `tlog-proof` and `tlog-policy`; canonical JSON of RFC 8785. Pure: no database, network, clock or
//! randomness; files only through [`Storage`].
//!
//! ```
//! use sekisho_ledger::{Commitment, Entry, KeyKind, Log, MemoryStorage, Signer, SigningKey, Subject};
//! # fn main() -> Result<(), sekisho_ledger::Error> {
//! let entropy = [7; 32]; // from the operating system's generator
//! let key = SigningKey::generate("city.example/log", KeyKind::Log, &entropy)?;
//! let signer = Signer::create(key, Box::new(MemoryStorage::new()))?;
//! let mut log = Log::open(Box::new(MemoryStorage::new()), signer)?;
//!
//! let payload = serde_json::json!({"schema": "asset/1", "name": "文書管理サーバ"});
//! let entry = Entry {
//!     action: "asset.register".into(),
//!     actor: "p-017".into(),
//!     at_ms: 1_790_000_000_000,
//!     batch_id: None,
//!     payload_commit: Commitment::to(&[1; 32], &payload)?,
//!     refs: vec![],
//!     seat: "seat:ciso".into(),
//!     subject: Subject { id: "a-1".into(), noun: "asset".into(), version: 1 },
//!     v: sekisho_ledger::ENTRY_FORMAT,
//! };
//! assert_eq!(log.append(&[entry.to_bytes()?])?, 0..1);
//! println!("{}", log.publish()?);
//! # Ok(()) }
//! ```

mod canonical;
mod checkpoint;
mod cosign;
mod entry;
mod error;
mod export;
pub mod ja;
mod key;
pub mod limits;
mod log;
mod merkle;
mod note;
mod policy;
mod proof;
mod signer;
mod storage;
mod tile;
mod tree;
mod verify;
mod witness;

pub use canonical::canonical;
pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use cosign::{Cosignature, cosign, cosignatures};
pub use entry::{Commitment, ENTRY_FORMAT, Entry, Subject};
pub use error::{Error, Result};
pub use export::{Body, Bundle, BundleSummary};
pub use key::{KeyKind, SigningKey, VerifierKey};
pub use log::{CHECKPOINT, COSIGNED, Log};
pub use merkle::{Hash, empty_root, leaf_hash, node_hash, root_of};
pub use note::{Note, NoteSignature};
pub use policy::Policy;
pub use proof::{ConsistencyProof, InclusionProof, Nodes, ProofText};
pub use signer::{SIGNER_STATE, Signer};
pub use storage::{DirStorage, LockGuard, MemoryStorage, NamedBytes, Storage};
pub use tile::{
    TILE_WIDTH, TileId, TileKind, decode_entries, decode_hashes, encode_entry, encode_hashes, tile_in,
    tiles_at,
};
pub use tree::{Edge, Tiles};
pub use verify::{
    BadKind, BundleEntries, CurrentRow, EntryIter, EntrySource, Finding, KeptCheckpoint, Level, RowIter,
    RowSource, Verification, VerifyReport, Warning,
};
pub use witness::{Refusal, Witness, WitnessRequest};
