//! Signed notes (C2SP signed-note): text, blank line, signature lines.

use crate::error::{Error, Result};
use crate::key::{KeyKind, SigningKey, VerifierKey};
use crate::limits::{MAX_NOTE_BYTES, MAX_SIGNATURES_COUNT};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// One signature line: `— name base64(id ‖ signature)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    pub name: String,
    pub id: u32,
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// Reads one line, without its newline.
    pub fn parse(line: &str) -> Result<NoteSignature> {
        let rest = line.strip_prefix("— ").ok_or(Error::BadNote("signature line does not begin with —"))?;
        let (name, encoded) = rest.split_once(' ').ok_or(Error::BadNote("signature line has no name"))?;
        if !is_key_name(name) {
            return Err(Error::BadNote("name of a signature is malformed"));
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| Error::BadNote("signature is not base64"))?;
        let (id, bytes) = bytes.split_first_chunk().ok_or(Error::BadNote("signature is too short"))?;
        if bytes.is_empty() {
            return Err(Error::BadNote("signature is too short"));
        }
        Ok(NoteSignature { name: name.to_owned(), id: u32::from_be_bytes(*id), bytes: bytes.to_vec() })
    }

    pub(crate) fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id.to_be_bytes()[..], &self.bytes].concat();
        write!(f, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}

/// A text with signatures. Nothing in it may be believed before a signature is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Ends with a newline; this is what is signed.
    pub text: String,
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// Signs a text with one log key.
    pub fn sign(text: String, key: &SigningKey) -> Note {
        let mut note = Note { text, signatures: Vec::new() };
        note.add_signature(key);
        note
    }

    /// Adds another signature over the same text: the second key of a rotation.
    pub fn add_signature(&mut self, key: &SigningKey) {
        let bytes = key.sign(self.text.as_bytes()).to_vec();
        let public = key.public();
        self.signatures.push(NoteSignature { name: public.name().to_owned(), id: public.id(), bytes });
    }

    /// Reads a note, without believing it.
    ///
    /// # Errors
    /// [`Error::BadNote`] for anything outside the format; [`Error::TooLarge`] beyond 128 KiB.
    pub fn parse(bytes: &[u8]) -> Result<Note> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(Error::TooLarge { what: "note", bytes: bytes.len(), max: MAX_NOTE_BYTES });
        }
        let whole = str::from_utf8(bytes).map_err(|_| Error::BadNote("not UTF-8"))?;
        if whole.bytes().any(|b| b < b' ' && b != b'\n') {
            return Err(Error::BadNote("control character"));
        }
        let blank = whole.rfind("\n\n").ok_or(Error::BadNote("no blank line before the signatures"))?;
        let (text, signatures) = (&whole[..=blank], &whole[blank + 2..]);
        let lines = signatures.strip_suffix('\n').ok_or(Error::BadNote("no newline at the end"))?;
        let signatures = lines.split('\n').map(NoteSignature::parse).collect::<Result<Vec<_>>>()?;
        if signatures.len() > MAX_SIGNATURES_COUNT {
            return Err(Error::BadNote("too many signatures"));
        }
        Ok(Note { text: text.to_owned(), signatures })
    }

    /// The log keys among `known` that signed this note. Cosignatures of witnesses are read by
    /// [`crate::cosign()`].
    ///
    /// # Errors
    /// [`Error::BadSignature`] when a known key's signature does not verify (the whole note is then refused),
    /// [`Error::UnknownSigner`] when no known key signed.
    pub fn signers<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>> {
        let mut signers = Vec::new();
        for signature in &self.signatures {
            for key in known.iter().filter(|key| key.kind() == KeyKind::Log && signature.is_by(key)) {
                if !key.verifies(self.text.as_bytes(), &signature.bytes) {
                    return Err(Error::BadSignature(key.name().to_owned()));
                }
                signers.push(key);
            }
        }
        if signers.is_empty() { Err(Error::UnknownSigner) } else { Ok(signers) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// Names in signature lines and keys: not empty, no Unicode space, no plus, no control character.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Go's golang.org/x/mod/sumdb/note: another implementation made this signature.
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn verifies_a_note_of_another_implementation() {
        let note = Note::parse(NOTE.as_bytes()).unwrap();
        assert_eq!(note.to_string(), NOTE);
        let keys = [VerifierKey::parse(KEY).unwrap()];
        assert_eq!(note.signers(&keys).unwrap(), vec![&keys[0]]);
        let secret = SigningKey::parse(
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
        );
        assert_eq!(Note::sign(note.text.clone(), &secret.unwrap()), note, "Ed25519 is deterministic");
    }

    #[test]
    fn a_changed_text_is_refused_and_a_stranger_is_ignored() {
        let note = Note::parse(NOTE.replace("answer", "Answer").as_bytes()).unwrap();
        let known = [VerifierKey::parse(KEY).unwrap()];
        assert!(matches!(note.signers(&known), Err(Error::BadSignature(_))));
        let stranger = SigningKey::generate("PeterNeumann", KeyKind::Log, &[1; 32]).unwrap();
        assert!(matches!(note.signers(&[stranger.public().clone()]), Err(Error::UnknownSigner)));
        let mut both = Note::parse(NOTE.as_bytes()).unwrap();
        both.add_signature(&stranger);
        assert_eq!(both.signers(&known).unwrap().len(), 1);
    }

    #[test]
    fn malformed_notes_are_refused() {
        for bad in [
            "",
            "text\n",
            "text\n\n",
            "text\n\n\n",
            "text\n\n- a AAAAAAA=\n",
            "text\n\n— a\n",
            "text\n\n— a+b AAAAAAA=\n",
            "text\n\n— a AAAAAAA=",
            "text\n\n— a AAAAAA==\n",
            "text\n\n— a AAAAA\n",
            "te\txt\n\n— a AAAAAAA=\n",
            "te\rxt\n\n— a AAAAAAA=\n",
        ] {
            assert!(Note::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(Note::parse(b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n").is_err());
        assert!(Note::parse("text\n\n— a AAAAAAA=\n".as_bytes()).is_ok());
    }
}
