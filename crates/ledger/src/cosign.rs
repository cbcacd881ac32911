//! Cosignatures of witnesses (C2SP tlog-cosignature, `cosignature/v1`): "at this time this is the largest
//! consistent tree of this log that I have seen".

use crate::checkpoint::SignedCheckpoint;
use crate::error::{Error, Result};
use crate::key::{KeyKind, SigningKey, VerifierKey};
use crate::note::NoteSignature;

/// A verified cosignature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cosignature<'k> {
    pub witness: &'k VerifierKey,
    /// Seconds since 1970-01-01T00:00:00Z by the witness's own clock.
    pub at_s: u64,
}

/// Signs as a witness, without looking at history: only [`crate::Witness`] and tests should.
///
/// # Errors
/// [`Error::BadKey`] unless the key is of kind [`KeyKind::Witness`].
pub fn cosign(signed: &SignedCheckpoint, key: &SigningKey, at_s: u64) -> Result<NoteSignature> {
    if key.public().kind() != KeyKind::Witness {
        return Err(Error::BadKey("not a witness key"));
    }
    let signature = key.sign(&message(&signed.note.text, at_s));
    let bytes = [&at_s.to_be_bytes()[..], &signature].concat();
    Ok(NoteSignature { name: key.public().name().to_owned(), id: key.public().id(), bytes })
}

/// The cosignatures that known witnesses put on a checkpoint, at most one (the latest) for each.
///
/// # Errors
/// [`Error::BadSignature`] when one of a known witness does not verify: the whole note is then refused.
pub fn cosignatures<'k>(
    signed: &SignedCheckpoint,
    witnesses: impl IntoIterator<Item = &'k VerifierKey>,
) -> Result<Vec<Cosignature<'k>>> {
    let mut found = Vec::new();
    for witness in witnesses.into_iter().filter(|key| key.kind() == KeyKind::Witness) {
        let mut latest = None;
        for signature in signed.note.signatures.iter().filter(|signature| signature.is_by(witness)) {
            let at_s = verified_time(&signed.note.text, witness, &signature.bytes);
            latest = latest.max(Some(at_s.ok_or_else(|| Error::BadSignature(witness.name().to_owned()))?));
        }
        found.extend(latest.map(|at_s| Cosignature { witness, at_s }));
    }
    Ok(found)
}

fn verified_time(text: &str, witness: &VerifierKey, bytes: &[u8]) -> Option<u64> {
    let (time, signature) = bytes.split_first_chunk()?;
    let at_s = u64::from_be_bytes(*time);
    let plausible = i64::try_from(at_s).is_ok();
    (plausible && witness.verifies(&message(text, at_s), signature)).then_some(at_s)
}

fn message(text: &str, at_s: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {at_s}\n{text}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::merkle::leaf_hash;

    fn witness(n: u8) -> SigningKey {
        SigningKey::generate(&format!("witness.example/w{n}"), KeyKind::Witness, &[n; 32]).unwrap()
    }

    fn signed() -> SignedCheckpoint {
        let log = SigningKey::generate("city.example/log", KeyKind::Log, &[9; 32]).unwrap();
        SignedCheckpoint::sign(Checkpoint::new("city.example/log", 7, leaf_hash(b"")), &log)
    }

    #[test]
    fn the_latest_cosignature_of_each_known_witness_counts() {
        let mut checkpoint = signed();
        for (who, at_s) in [(1, 100), (1, 200), (2, 150), (3, 150)] {
            checkpoint.note.signatures.push(cosign(&checkpoint, &witness(who), at_s).unwrap());
        }
        let read = SignedCheckpoint::parse(checkpoint.to_string().as_bytes()).unwrap();
        let (one, two) = (witness(1).public().clone(), witness(2).public().clone());
        let found = cosignatures(&read, [&one, &two]).unwrap();
        assert_eq!(
            found,
            [Cosignature { witness: &one, at_s: 200 }, Cosignature { witness: &two, at_s: 150 }]
        );
    }

    #[test]
    fn time_and_text_are_signed() {
        let mut checkpoint = signed();
        let mut line = cosign(&checkpoint, &witness(1), 100).unwrap();
        line.bytes[7] ^= 1;
        checkpoint.note.signatures.push(line);
        let known = witness(1).public().clone();
        assert!(matches!(cosignatures(&checkpoint, [&known]), Err(Error::BadSignature(_))));
        let log_key = SigningKey::generate("city.example/log", KeyKind::Log, &[9; 32]).unwrap();
        assert!(cosign(&signed(), &log_key, 1).is_err());
    }

    /// The example in C2SP tlog-cosignature, checked against a key that another implementation holds.
    #[test]
    fn signature_line_of_the_specification_has_a_time() {
        let line = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
        let line = NoteSignature::parse(line).unwrap();
        assert_eq!(u64::from_be_bytes(line.bytes[..8].try_into().unwrap()), 1_679_315_147);
        assert_eq!(line.bytes.len(), 72);
    }
}
