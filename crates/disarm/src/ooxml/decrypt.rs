//! Password-protected OOXML (O03): OLE2 streams `EncryptionInfo` and `EncryptedPackage`.
//!
//! Source: MS-OFFCRYPTO 2.3.4 (Standard and Agile). Excel's built-in password for "protected but readable" files is
//! tried first, then the ones that came with the file.

use std::io::Read;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::{
    Action, Kind, Meter, Refusal, Severity, Threat,
    cipher::{aes_cbc, aes_ecb},
    ctx::{Ctx, Rebuilt},
    detect, rebuild_any,
    xml::{self, Node, Xml},
};

/// What Excel encrypts with when somebody only sets a password to modify.
const BUILT_IN: &str = "VelvetSweatshop";
/// Most rounds of key stretching that are worked through; Office uses 100,000.
const SPINS: u32 = 10_000_000;
/// Segment of an Agile package in bytes.
const SEGMENT: usize = 4096;

/// Opens the wrapper and rebuilds what is inside.
pub(crate) fn rebuild(bytes: &[u8], name: &str, ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    let mut file = crate::ole::open(bytes).map_err(|_| bad("OLE の構造が壊れています"))?;
    let mut stream = |path: &str| -> Option<Vec<u8>> {
        let mut data = Vec::new();
        file.open_stream(path).ok()?.take(bytes.len() as u64).read_to_end(&mut data).ok()?;
        Some(data)
    };
    let protected = Refusal::Encryption { what: "権限管理（IRM）または未知の方式" };
    let info = stream("EncryptionInfo").ok_or(protected.clone())?;
    let package = stream("EncryptedPackage").ok_or(protected.clone())?;
    let scheme = Scheme::read(&info, ctx)?.ok_or(protected)?;
    let secrets = ctx.secrets;
    let mut plain = None;
    for password in std::iter::once(BUILT_IN).chain(secrets.passwords()) {
        ctx.spend(Meter::Steps, u64::from(scheme.spins()))?;
        if let Some(key) = scheme.key(password) {
            plain = Some(scheme.open(&package, &key).ok_or_else(|| bad("暗号化された中身が壊れています"))?);
            break;
        }
    }
    let plain = plain.ok_or(Refusal::Password { members: Vec::new() })?;
    ctx.spend(Meter::ExpandedBytes, plain.len() as u64)?;
    let kind = detect(&plain, "");
    if !matches!(kind, Kind::Docx | Kind::Xlsx | Kind::Pptx) {
        return Err(Refusal::Unsupported(kind));
    }
    ctx.report(Threat::O03, Severity::Simplified, Action::Dropped, "文書のパスワード", "");
    ctx.inside("", |ctx| rebuild_any(kind, &plain, name, ctx))
}

fn bad(what: &'static str) -> Refusal {
    Refusal::malformed("", what)
}

#[derive(Debug, Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "SHA1" | "SHA-1" => Self::Sha1,
            "SHA256" => Self::Sha256,
            "SHA384" => Self::Sha384,
            "SHA512" => Self::Sha512,
            _ => return None,
        })
    }

    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut digest = D::new();
            parts.iter().for_each(|part| digest.update(part));
            digest.finalize().to_vec()
        }
        match self {
            Self::Sha1 => digest::<Sha1>(parts),
            Self::Sha256 => digest::<Sha256>(parts),
            Self::Sha384 => digest::<Sha384>(parts),
            Self::Sha512 => digest::<Sha512>(parts),
        }
    }

    /// Key stretching shared by both schemes.
    fn stretch(self, salt: &[u8], password: &str, spins: u32) -> Vec<u8> {
        let utf16: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        (0..spins).fold(self.of(&[salt, &utf16]), |hash, i| self.of(&[&i.to_le_bytes(), &hash]))
    }
}

#[derive(Debug)]
enum Scheme {
    Standard { key_len: usize, salt: Vec<u8>, verifier: Vec<u8>, verifier_hash: Vec<u8> },
    Agile(Box<Agile>),
}

#[derive(Debug, Default)]
struct Agile {
    data_salt: Vec<u8>,
    data_hash: Option<Hash>,
    salt: Vec<u8>,
    hash: Option<Hash>,
    key_len: usize,
    spins: u32,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
    key: Vec<u8>,
    aes_cbc: bool,
}

impl Scheme {
    /// `None`: a scheme that is not password-based AES.
    fn read(info: &[u8], ctx: &mut Ctx<'_>) -> Result<Option<Self>, Refusal> {
        let version = |at: usize| info.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
        match (version(0), version(2)) {
            (4, 4) => {
                Ok(Agile::read(info.get(8..).unwrap_or(&[]), ctx)?.map(|agile| Self::Agile(Box::new(agile))))
            }
            (2..=4, 2) => Ok(Self::standard(info)),
            _ => Ok(None),
        }
    }

    fn standard(info: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_le_bytes(info.get(at..at + 4)?.try_into().ok()?));
        let header = usize::try_from(word(8)?).ok()?;
        let key_len = match (word(20)?, word(28)? / 8) {
            (0x660E, 0 | 16) => 16,
            (0x660F, 24) => 24,
            (0x6610, 32) => 32,
            _ => return None,
        };
        let at = 12_usize.checked_add(header)?;
        let field = |from: usize, len: usize| Some(info.get(at + from..at + from + len)?.to_vec());
        Some(Self::Standard {
            key_len,
            salt: field(4, 16)?,
            verifier: field(20, 16)?,
            verifier_hash: field(40, 32)?,
        })
    }

    fn spins(&self) -> u32 {
        match self {
            Self::Standard { .. } => 50_000,
            Self::Agile(agile) => agile.spins,
        }
    }

    /// The package key, when `password` fits.
    fn key(&self, password: &str) -> Option<Vec<u8>> {
        match self {
            Self::Standard { key_len, salt, verifier, verifier_hash } => {
                let hash = Hash::Sha1;
                let last = hash.of(&[&hash.stretch(salt, password, 50_000), &[0; 4]]);
                let half = |pad: u8| {
                    let block: Vec<u8> = (0..64).map(|i| pad ^ last.get(i).copied().unwrap_or(0)).collect();
                    hash.of(&[&block])
                };
                let mut key = [half(0x36), half(0x5C)].concat();
                key.truncate(*key_len);
                let expected = aes_ecb(&key, verifier_hash)?;
                (hash.of(&[&aes_ecb(&key, verifier)?])[..] == expected[..20]).then_some(key)
            }
            Self::Agile(agile) => agile.key(password),
        }
    }

    fn open(&self, package: &[u8], key: &[u8]) -> Option<Vec<u8>> {
        let (size, data) = package.split_at_checked(8)?;
        let size = usize::try_from(u64::from_le_bytes(size.try_into().ok()?)).ok()?;
        let whole = &data[..data.len() / 16 * 16];
        let mut plain = match self {
            Self::Standard { .. } => aes_ecb(key, whole)?,
            Self::Agile(agile) => {
                let hash = agile.data_hash?;
                let mut plain = Vec::with_capacity(whole.len());
                for (i, segment) in whole.chunks(SEGMENT).enumerate() {
                    let mut iv = hash.of(&[&agile.data_salt, &u32::try_from(i).ok()?.to_le_bytes()]);
                    iv.resize(16, 0x36);
                    plain.extend(aes_cbc(key, &iv, segment)?);
                }
                plain
            }
        };
        (size <= plain.len()).then(|| plain.truncate(size))?;
        Some(plain)
    }
}

impl Agile {
    fn read(info: &[u8], ctx: &mut Ctx<'_>) -> Result<Option<Self>, Refusal> {
        let text = xml::decode(info, "EncryptionInfo")?;
        let text = text.trim_end_matches('\0');
        let mut reader = Xml::new(text, "EncryptionInfo");
        let mut agile = Self::default();
        loop {
            let (local, attributes) = match reader.next(ctx)? {
                Node::Start { local, attributes, .. } => (local, attributes),
                Node::Eof => break,
                _ => continue,
            };
            let value = |name: &str| {
                attributes.iter().find(|a| a.name.as_deref() == Some(name)).map_or("", |a| &a.value)
            };
            let bytes = |name: &str| STANDARD.decode(value(name)).unwrap_or_default();
            let aes_cbc = value("cipherAlgorithm") == "AES" && value("cipherChaining") == "ChainingModeCBC";
            if local == "keyData" {
                agile.data_salt = bytes("saltValue");
                agile.data_hash = Hash::named(value("hashAlgorithm"));
            } else if local == "encryptedKey" {
                agile.aes_cbc = aes_cbc;
                agile.salt = bytes("saltValue");
                agile.hash = Hash::named(value("hashAlgorithm"));
                agile.key_len = value("keyBits").parse::<usize>().unwrap_or(0) / 8;
                agile.spins = value("spinCount").parse().unwrap_or(u32::MAX);
                agile.verifier = bytes("encryptedVerifierHashInput");
                agile.verifier_hash = bytes("encryptedVerifierHashValue");
                agile.key = bytes("encryptedKeyValue");
            }
        }
        if agile.spins > SPINS {
            return Err(Refusal::Limit(Meter::Steps));
        }
        Ok(Some(agile).filter(|a| a.aes_cbc && a.hash.is_some() && matches!(a.key_len, 16 | 24 | 32)))
    }

    fn key(&self, password: &str) -> Option<Vec<u8>> {
        let hash = self.hash?;
        let stretched = hash.stretch(&self.salt, password, self.spins);
        let mut iv = self.salt.clone();
        iv.resize(16, 0x36);
        let open = |block: [u8; 8], data: &[u8]| {
            let mut key = hash.of(&[&stretched, &block]);
            key.resize(self.key_len, 0x36);
            aes_cbc(&key, &iv, data)
        };
        let input = open([0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79], &self.verifier)?;
        let expected = open([0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E], &self.verifier_hash)?;
        let found = hash.of(&[input.get(..self.salt.len())?]);
        if expected.get(..found.len())? != found {
            return None;
        }
        let mut key = open([0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6], &self.key)?;
        key.truncate(self.key_len);
        Some(key)
    }
}
