//! Ed25519 keys in the text forms of signed notes: `name+id+base64` to verify, `PRIVATE+KEY+…` to sign.
//!
//! Randomness is an argument: the caller hands over 32 bytes from the operating system's generator.

use crate::error::{Error, Result};
use crate::note::is_key_name;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// The signature type byte of C2SP signed-note. Reserved by the specification and not spoken here:
/// 0x02 (ECDSA), 0x05 (RFC 6962), 0x06 (ML-DSA-44, the successor once quantum computers matter), 0xfa–0xff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Signs the text of a note: a log.
    Log = 0x01,
    /// Signs a checkpoint with the time it was seen: a witness.
    Witness = 0x04,
}

impl KeyKind {
    fn from_byte(byte: u8) -> Result<KeyKind> {
        match byte {
            0x01 => Ok(KeyKind::Log),
            0x04 => Ok(KeyKind::Witness),
            _ => Err(Error::BadKey("signature type is not known")),
        }
    }
}

/// A public key with its name: what an auditor is given on paper.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// Reads `name+01234567+base64`; the id must be the one that name and key give.
    pub fn parse(text: &str) -> Result<VerifierKey> {
        let (name, id, material) = split_key_text(text.trim_end_matches('\n'))?;
        let (kind, bytes) = decode_material(material)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes)
            .map_err(|_| Error::BadKey("not a point of the curve"))?;
        let key = VerifierKey { name: name.to_owned(), kind, key };
        if key.is_weak() {
            return Err(Error::BadKey("weak key"));
        }
        if format!("{:08x}", key.id()) != id {
            return Err(Error::BadKey("key id does not belong to name and key"));
        }
        Ok(key)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// `SHA-256(name ‖ "\n" ‖ type ‖ key)[..4]`, big-endian.
    pub fn id(&self) -> u32 {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.kind as u8])
            .chain_update(self.key.as_bytes())
            .finalize()
            .into();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }

    /// Strict Ed25519 verification: no malleable signature passes.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }

    /// The public key itself, for telling whether two names share it.
    pub(crate) fn key_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    fn is_weak(&self) -> bool {
        self.key.is_weak()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = encode_material(self.kind, self.key.as_bytes());
        write!(f, "{}+{:08x}+{material}", self.name, self.id())
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A private key with its name. `Debug` shows the public half only; memory is wiped on drop.
#[derive(Clone)]
pub struct SigningKey {
    public: VerifierKey,
    secret: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// A new key from 32 bytes of the operating system's randomness.
    ///
    /// # Errors
    /// [`Error::BadKey`] when the name is empty or holds white space or `+`.
    pub fn generate(name: &str, kind: KeyKind, entropy: &[u8; 32]) -> Result<SigningKey> {
        if !is_key_name(name) {
            return Err(Error::BadKey("name is empty or has a space or plus"));
        }
        let secret = ed25519_dalek::SigningKey::from_bytes(entropy);
        let public = VerifierKey { name: name.to_owned(), kind, key: secret.verifying_key() };
        Ok(SigningKey { public, secret })
    }

    /// Reads `PRIVATE+KEY+name+id+base64`, the form of Go's `sumdb/note` and of other witnesses.
    pub fn parse(text: &str) -> Result<SigningKey> {
        let rest = text.trim_end_matches('\n').strip_prefix("PRIVATE+KEY+");
        let (name, id, material) = split_key_text(rest.ok_or(Error::BadKey("not a private key"))?)?;
        let (kind, seed) = decode_material(material)?;
        let key = SigningKey::generate(name, kind, &seed)?;
        if format!("{:08x}", key.public.id()) != id {
            return Err(Error::BadKey("key id does not belong to name and key"));
        }
        Ok(key)
    }

    /// The secret in text form. Handle like a password.
    pub fn to_secret_text(&self) -> String {
        let material = encode_material(self.public.kind, &self.secret.to_bytes());
        format!("PRIVATE+KEY+{}+{:08x}+{material}", self.public.name, self.public.id())
    }

    pub fn public(&self) -> &VerifierKey {
        &self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    /// Writes a new key file that only its owner can read. Never replaces an existing file.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(self.to_secret_text().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        Ok(crate::storage::sync_parent(path)?)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// [`Error::KeyFileOpen`] when group or others have any right on it.
    pub fn load(path: &Path) -> Result<SigningKey> {
        let file = std::fs::File::open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            return Err(Error::KeyFileOpen(path.display().to_string()));
        }
        let mut text = String::new();
        file.take(4096).read_to_string(&mut text)?;
        SigningKey::parse(&text)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public)
    }
}

/// Splits `name+id+material`; base64 may itself contain `+`, names may not.
fn split_key_text(text: &str) -> Result<(&str, &str, &str)> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Error::BadKey("not name+id+key"));
    };
    if !is_key_name(name) {
        return Err(Error::BadKey("name is empty or has a space or plus"));
    }
    Ok((name, id, material))
}

fn decode_material(text: &str) -> Result<(KeyKind, [u8; 32])> {
    let bytes = STANDARD.decode(text).map_err(|_| Error::BadKey("not base64"))?;
    let (kind, key) = bytes.split_first().ok_or(Error::BadKey("empty"))?;
    let kind = KeyKind::from_byte(*kind)?;
    Ok((kind, key.try_into().map_err(|_| Error::BadKey("not 32 bytes"))?))
}

fn encode_material(kind: KeyKind, bytes: &[u8; 32]) -> String {
    let mut material = [kind as u8; 33];
    material[1..].copy_from_slice(bytes);
    STANDARD.encode(material)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key pair of the examples in Go's golang.org/x/mod/sumdb/note.
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    #[test]
    fn reads_the_keys_of_another_implementation() {
        let secret = SigningKey::parse(SECRET).unwrap();
        assert_eq!(secret.to_secret_text(), SECRET);
        assert_eq!(secret.public().to_string(), PUBLIC);
        assert_eq!(VerifierKey::parse(PUBLIC).unwrap(), *secret.public());
        assert!(!format!("{secret:?}").contains("AYEKFALV"), "secrets stay out of logs");
    }

    #[test]
    fn refuses_what_is_not_the_key_it_says() {
        for bad in [
            "",
            "PeterNeumann",
            &PUBLIC.replace("c74f20a3", "c74f20a4"),
            &PUBLIC.replace("PeterNeumann", "PeterNewman"),
            &PUBLIC.replace("Peter", "Peter "),
            &PUBLIC.replace("+ARpc", "+AhpA"),
            "x+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(VerifierKey::parse(bad).is_err(), "{bad}");
            assert!(SigningKey::parse(bad).is_err(), "{bad}");
        }
        assert!(SigningKey::generate("a b", KeyKind::Log, &[1; 32]).is_err());
    }

    #[test]
    fn a_key_file_is_private_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.key");
        let key = SigningKey::generate("city.example/log", KeyKind::Log, &[9; 32]).unwrap();
        key.save(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SigningKey::load(&path).unwrap().public(), key.public());
        assert!(key.save(&path).is_err());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(SigningKey::load(&path), Err(Error::KeyFileOpen(_))));
    }
}
