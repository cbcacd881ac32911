//! One line of the record: who did what to which version of what, and a commitment to the content.
//!
//! An entry holds no personal data and no free text: its words are identifiers, and content stands behind a
//! salted commitment. Destroying salt and payload (法令に基づく廃棄) leaves the entry, and the log, whole.

use crate::canonical::canonical;
use crate::error::{Error, Result};
use crate::limits::{MAX_ENTRY_BYTES, MAX_JSON_INTEGER, MAX_REFS_COUNT, MAX_TOKEN_BYTES};
use crate::merkle::{hex, unhex};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The only format there is so far.
pub const ENTRY_FORMAT: u8 = 1;

/// `SHA-256(32-byte salt ‖ canonical payload)`. The salt keeps a short payload from being guessed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment(pub [u8; 32]);

impl Commitment {
    /// After this entry there is nothing to show any more: the row was removed, or its payload and salt were
    /// destroyed as the law demands. 64 zeros in the entry.
    pub const GONE: Commitment = Commitment([0; 32]);

    /// Commits to a payload.
    ///
    /// # Errors
    /// As [`canonical`].
    pub fn to(salt: &[u8; 32], payload: &Value) -> Result<Commitment> {
        Ok(Commitment::to_bytes(salt, &canonical(payload)?))
    }

    /// Commits to bytes that are canonical already.
    pub fn to_bytes(salt: &[u8; 32], canonical_payload: &[u8]) -> Commitment {
        Commitment(Sha256::new().chain_update(salt).chain_update(canonical_payload).finalize().into())
    }

    pub fn is_gone(&self) -> bool {
        *self == Commitment::GONE
    }

    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Commitment> {
        unhex(text).map(Commitment)
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        Commitment::from_hex(&text).ok_or_else(|| serde::de::Error::custom("not 64 hexadecimal digits"))
    }
}

/// The row an entry speaks of. `version` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    // Alphabetical, as canonical JSON wants the members.
    pub id: String,
    pub noun: String,
    pub version: i64,
}

/// One entry. The members stand in canonical (alphabetical) order, so serialising writes canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What was done, as an identifier: `decision.approve`.
    pub action: String,
    /// Pseudonymous id of who did it; the name lives in a register that may forget it.
    pub actor: String,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// Entries of one bulk change share this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<String>,
    pub payload_commit: Commitment,
    /// Identifiers of what this rests on: other entries, objects by digest, decisions.
    pub refs: Vec<String>,
    /// The seat (職) the actor acted from; `-` for the system itself.
    pub seat: String,
    pub subject: Subject,
    pub v: u8,
}

impl Entry {
    /// The canonical bytes: what is stored in column `body` and hashed as a leaf.
    ///
    /// # Errors
    /// [`Error::BadEntry`] when a member is not an identifier or a number is out of range;
    /// [`Error::TooLarge`] beyond 16 KiB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.check()?;
        let bytes = serde_json::to_vec(self).map_err(|e| Error::BadEntry(e.to_string()))?;
        within_limit(&bytes)?;
        Ok(bytes)
    }

    /// Reads canonical bytes; anything that `to_bytes` would write differently is refused.
    ///
    /// # Errors
    /// [`Error::BadEntry`], [`Error::NotCanonical`], [`Error::TooLarge`].
    pub fn parse(bytes: &[u8]) -> Result<Entry> {
        within_limit(bytes)?;
        let entry: Entry = serde_json::from_slice(bytes).map_err(|e| Error::BadEntry(e.to_string()))?;
        if entry.to_bytes()? != bytes {
            return Err(Error::NotCanonical);
        }
        Ok(entry)
    }

    fn check(&self) -> Result<()> {
        if self.v != ENTRY_FORMAT {
            return Err(Error::BadEntry(format!("format {} is not known", self.v)));
        }
        if self.at_ms.unsigned_abs() > MAX_JSON_INTEGER {
            return Err(Error::BadEntry("at_ms is out of range".into()));
        }
        if self.subject.version < 1 || self.subject.version.unsigned_abs() > MAX_JSON_INTEGER {
            return Err(Error::BadEntry("subject.version is out of range".into()));
        }
        if self.refs.len() > MAX_REFS_COUNT {
            return Err(Error::BadEntry(format!("more than {MAX_REFS_COUNT} refs")));
        }
        let Subject { id, noun, .. } = &self.subject;
        let named = [
            ("action", &self.action),
            ("actor", &self.actor),
            ("seat", &self.seat),
            ("subject.id", id),
            ("subject.noun", noun),
        ];
        let named = named.into_iter().chain(self.batch_id.iter().map(|b| ("batch_id", b)));
        for (name, token) in named.chain(self.refs.iter().map(|r| ("refs", r))) {
            if !is_token(token) {
                return Err(Error::BadEntry(format!("{name} is not an identifier")));
            }
        }
        Ok(())
    }
}

/// Identifiers only: printable ASCII without space, quote or backslash. Keeps names and free text out.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_TOKEN_BYTES
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
}

fn within_limit(bytes: &[u8]) -> Result<()> {
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(Error::TooLarge { what: "entry", bytes: bytes.len(), max: MAX_ENTRY_BYTES });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn sample() -> Entry {
        Entry {
            action: "asset.update".into(),
            actor: "p-017".into(),
            at_ms: 1_790_000_000_000,
            batch_id: None,
            payload_commit: Commitment::to(&[7; 32], &json!({"schema": "asset/1"})).unwrap(),
            refs: vec!["decision:42".into()],
            seat: "seat:ciso".into(),
            subject: Subject { id: "a-1".into(), noun: "asset".into(), version: 3 },
            v: ENTRY_FORMAT,
        }
    }

    #[test]
    fn commitment_is_the_hash_of_salt_then_canonical_payload() {
        let by_hand = Sha256::digest([&[7; 32][..], br#"{"a":"x","b":1}"#].concat());
        assert_eq!(Commitment::to(&[7; 32], &json!({"b": 1, "a": "x"})).unwrap().0[..], by_hand[..]);
    }

    #[test]
    fn free_text_and_unknown_members_are_refused() {
        for bad in ["", "山田太郎", "two words", "quote\"", "x\u{7f}", &"x".repeat(129)] {
            let entry = Entry { actor: bad.into(), ..sample() };
            assert!(matches!(entry.to_bytes(), Err(Error::BadEntry(_))), "{bad:?}");
        }
        let text = String::from_utf8(sample().to_bytes().unwrap()).unwrap();
        assert!(Entry::parse(text.replace("\"v\":1", "\"v\":1,\"w\":1").as_bytes()).is_err());
        assert!(Entry::parse(text.replace("\"v\":1", "\"v\":2").as_bytes()).is_err());
        assert!(matches!(Entry::parse(format!(" {text}").as_bytes()), Err(Error::NotCanonical)));
        let twice = text.replace("\"v\":1", "\"v\":1,\"v\":1");
        assert!(Entry::parse(twice.as_bytes()).is_err(), "a repeated member");
    }

    proptest! {
        #[test]
        fn an_entry_is_canonical_json_and_reads_back(
            tokens in prop::collection::vec("[!#-\\[\\]-~]{1,128}", 6..20), at in 0..1_i64 << 50, version in 1..1_i64 << 50,
            batch in any::<bool>(), commit in any::<[u8; 32]>(),
        ) {
            let entry = Entry {
                action: tokens[0].clone(), actor: tokens[1].clone(), seat: tokens[2].clone(), at_ms: at,
                batch_id: batch.then(|| tokens[5].clone()), payload_commit: Commitment(commit),
                refs: tokens[6..].to_vec(), v: ENTRY_FORMAT,
                subject: Subject { id: tokens[3].clone(), noun: tokens[4].clone(), version },
            };
            let bytes = entry.to_bytes().unwrap();
            prop_assert_eq!(&canonical(&serde_json::to_value(&entry).unwrap()).unwrap(), &bytes);
            prop_assert_eq!(Entry::parse(&bytes).unwrap(), entry);
        }
    }
}
