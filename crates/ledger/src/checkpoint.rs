//! Checkpoints (C2SP tlog-checkpoint): which log, how many leaves, which root; signed as a note.

use crate::error::{Error, Result};
use crate::key::{KeyKind, SigningKey, VerifierKey};
use crate::limits::MAX_TREE_LEAVES;
use crate::merkle::Hash;
use crate::note::Note;
use std::fmt;

/// The head of a log's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Names the log; one line, not empty.
    pub origin: String,
    /// Leaves in the tree.
    pub size: u64,
    pub root: Hash,
    /// Further lines. Ours has none; those of others are kept, because they are signed.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    pub fn new(origin: &str, size: u64, root: Hash) -> Checkpoint {
        Checkpoint { origin: origin.to_owned(), size, root, extensions: Vec::new() }
    }

    /// Reads the text of a note.
    pub fn parse(text: &str) -> Result<Checkpoint> {
        let text = text.strip_suffix('\n').ok_or(Error::BadCheckpoint("no newline at the end"))?;
        let mut lines = text.split('\n').map(str::to_owned);
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(Error::BadCheckpoint("fewer than three lines"));
        };
        let extensions: Vec<String> = lines.collect();
        if origin.is_empty() || extensions.iter().any(String::is_empty) {
            return Err(Error::BadCheckpoint("empty line"));
        }
        let size = parse_decimal(&size).ok_or(Error::BadCheckpoint("size is not a plain decimal number"))?;
        let root = Hash::from_base64(&root).ok_or(Error::BadCheckpoint("root is not base64 of 32 bytes"))?;
        Ok(Checkpoint { origin, size, root, extensions })
    }
}

impl fmt::Display for Checkpoint {
    /// The text that is signed, with its final newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Decimal digits without leading zeros, at most 2^63−1.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|n| plain && *n <= MAX_TREE_LEAVES)
}

/// A checkpoint with the note it came in. Nothing of it is verified by reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    pub checkpoint: Checkpoint,
    pub note: Note,
}

impl SignedCheckpoint {
    pub fn parse(bytes: &[u8]) -> Result<SignedCheckpoint> {
        let note = Note::parse(bytes)?;
        Ok(SignedCheckpoint { checkpoint: Checkpoint::parse(&note.text)?, note })
    }

    /// Signs without looking at history. Everything but tests and [`crate::Signer`] should use the latter.
    pub fn sign(checkpoint: Checkpoint, key: &SigningKey) -> SignedCheckpoint {
        SignedCheckpoint { note: Note::sign(checkpoint.to_string(), key), checkpoint }
    }

    /// Checks that the log itself signed: a known log key named like the origin.
    ///
    /// # Errors
    /// [`Error::UnknownSigner`], [`Error::BadSignature`].
    pub fn verify(&self, known: &[VerifierKey]) -> Result<()> {
        let signers = self.note.signers(known)?;
        let by_log = |key: &&VerifierKey| key.kind() == KeyKind::Log && key.name() == self.checkpoint.origin;
        if signers.iter().any(by_log) { Ok(()) } else { Err(Error::UnknownSigner) }
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of the example in C2SP tlog-checkpoint.
    const TEXT: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn reads_the_example_of_the_specification() {
        let checkpoint = Checkpoint::parse(TEXT).unwrap();
        assert_eq!((checkpoint.size, checkpoint.to_string()), (20_852_163, TEXT.to_owned()));
        let extended = format!("{TEXT}more\n");
        assert_eq!(Checkpoint::parse(&extended).unwrap().to_string(), extended);
    }

    #[test]
    fn malformed_checkpoints_are_refused() {
        for (from, to) in [
            ("20852163", "020852163"),
            ("20852163", ""),
            ("20852163", "+1"),
            ("20852163", "-1"),
            ("20852163", "9223372036854775808"),
            ("example.com/behind-the-sofa", ""),
            ("q2I=\n", "q2I=\n\nx\n"),
            ("q2I=", "q2I"),
            ("q2I=", "q2J="),
            ("q2I=\n", "q2I="),
        ] {
            assert!(Checkpoint::parse(&TEXT.replace(from, to)).is_err(), "{to:?}");
        }
        assert!(Checkpoint::parse("a\n0\n").is_err());
    }

    #[test]
    fn only_a_log_key_named_like_the_origin_counts() {
        let key = |name, kind| SigningKey::generate(name, kind, &[3; 32]).unwrap();
        let own = key("example.com/behind-the-sofa", KeyKind::Log);
        let signed = SignedCheckpoint::sign(Checkpoint::parse(TEXT).unwrap(), &own);
        let read = SignedCheckpoint::parse(signed.to_string().as_bytes()).unwrap();
        assert_eq!(read, signed);
        read.verify(&[own.public().clone()]).unwrap();
        let other = key("example.com/other", KeyKind::Log);
        let signed = SignedCheckpoint::sign(Checkpoint::parse(TEXT).unwrap(), &other);
        assert!(matches!(signed.verify(&[other.public().clone()]), Err(Error::UnknownSigner)));
    }
}
