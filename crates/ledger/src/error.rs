//! What can go wrong, with stable codes. Japanese sentences for people are in [`crate::ja`].

/// Every failure of this crate. `Display` is English, for logs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("JSON has a number that is not an integer within ±(2^53-1)")]
    NumberNotExact,
    #[error("JSON is nested deeper than {max} levels")]
    TooDeep { max: usize },
    #[error("{what} is {bytes} bytes, the limit is {max}")]
    TooLarge { what: &'static str, bytes: usize, max: usize },
    #[error("entry is malformed: {0}")]
    BadEntry(String),
    #[error("entry is not in canonical form")]
    NotCanonical,
    #[error("key is malformed: {0}")]
    BadKey(&'static str),
    #[error("key file {0} can be read by other accounts; it must have mode 0600")]
    KeyFileOpen(String),
    #[error("note is malformed: {0}")]
    BadNote(&'static str),
    #[error("checkpoint is malformed: {0}")]
    BadCheckpoint(&'static str),
    #[error("no signature of a known key")]
    UnknownSigner,
    #[error("signature of known key {0} does not verify")]
    BadSignature(String),
    #[error("tile is malformed: {0}")]
    BadTile(String),
    #[error("tile {0} is missing")]
    MissingTile(String),
    #[error("tiles do not add up to the root of the checkpoint")]
    TilesBroken,
    #[error("proof is malformed: {0}")]
    BadProof(&'static str),
    #[error("proof does not verify")]
    ProofFails,
    #[error("index {index} is outside a tree of {size} leaves")]
    OutOfRange { index: u64, size: u64 },
    #[error("entries from {first} on do not follow on a log of {size}")]
    NotAtEnd { first: u64, size: u64 },
    #[error("signer has already signed a tree of {signed} leaves and refuses one of {asked}")]
    SignerRefusesSmaller { signed: u64, asked: u64 },
    #[error(
        "signer refuses: the tree of {asked} leaves does not contain the tree of {signed} it signed before"
    )]
    SignerRefusesFork { signed: u64, asked: u64 },
    #[error("signer has no record of what it last signed")]
    SignerStateMissing,
    #[error("signer state already exists")]
    SignerStateExists,
    #[error("signer remembers {signed} leaves although {published} are published: its state was put back")]
    SignerBehind { signed: u64, published: u64 },
    #[error("origin is {found:?}, expected {expected:?}")]
    WrongOrigin { expected: String, found: String },
    #[error("witness policy is malformed in line {line}: {what}")]
    BadPolicy { line: usize, what: &'static str },
    #[error("storage: {0}")]
    Storage(#[from] std::io::Error),
    #[error("source: {0}")]
    Source(String),
}

impl Error {
    /// Stable code: appears in logs and in support conversations, never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self {
            Error::NumberNotExact => "L001",
            Error::TooDeep { .. } => "L002",
            Error::TooLarge { .. } => "L003",
            Error::BadEntry(_) => "L004",
            Error::NotCanonical => "L005",
            Error::BadKey(_) => "L010",
            Error::KeyFileOpen(_) => "L011",
            Error::BadNote(_) => "L012",
            Error::BadCheckpoint(_) => "L013",
            Error::UnknownSigner => "L014",
            Error::BadSignature(_) => "L015",
            Error::BadTile(_) => "L020",
            Error::MissingTile(_) => "L021",
            Error::TilesBroken => "L022",
            Error::BadProof(_) => "L023",
            Error::ProofFails => "L024",
            Error::OutOfRange { .. } => "L025",
            Error::NotAtEnd { .. } => "L026",
            Error::SignerRefusesSmaller { .. } => "L030",
            Error::SignerRefusesFork { .. } => "L031",
            Error::SignerStateMissing => "L032",
            Error::SignerStateExists => "L033",
            Error::SignerBehind { .. } => "L034",
            Error::WrongOrigin { .. } => "L035",
            Error::BadPolicy { .. } => "L040",
            Error::Storage(_) => "L050",
            Error::Source(_) => "L051",
        }
    }
}

pub type Result<T> = std::result::Result<T, Error>;
