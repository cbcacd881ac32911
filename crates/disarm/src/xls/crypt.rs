//! Encrypted workbooks (L07): XOR obfuscation, RC4 with a 40-bit key, RC4 through CryptoAPI.
//!
//! Source: MS-XLS 2.2.10 and 2.4.117, MS-OFFCRYPTO 2.3.5-2.3.7. Excel's built-in password comes first, then the ones
//! that came with the file.

use md5::Md5;
use sha1::Sha1;
use sha2::Digest as _;

use super::record::Fields;
use crate::{Meter, Refusal, cipher::Rc4, ctx::Ctx};

/// What Excel encrypts with when somebody only sets a password to modify.
const BUILT_IN: &str = "VelvetSweatshop";
const FILEPASS: u16 = 0x002F;
const BOUNDSHEET: u16 = 0x0085;
/// Records that are never encrypted: BOF, FILEPASS, INTERFACEHDR, USREXCL, FILELOCK, RRDHEAD, RRDINFO.
const PLAIN: &[u16] = &[0x0809, FILEPASS, 0x00E1, 0x0194, 0x0195, 0x0138, 0x0196];
/// Bytes that one RC4 key serves.
const BLOCK: usize = 1024;

/// Decrypts `stream` in place when it says that it is encrypted. `true`: it was.
pub(super) fn open(stream: &mut [u8], ctx: &mut Ctx<'_>) -> Result<bool, Refusal> {
    let Some(info) = file_pass(stream) else { return Ok(false) };
    let scheme = Scheme::read(&info).ok_or(Refusal::Encryption { what: "未知の方式" })?;
    let secrets = ctx.secrets;
    for password in std::iter::once(BUILT_IN).chain(secrets.passwords()) {
        ctx.spend(Meter::Steps, 1_000)?;
        if let Some(key) = scheme.key(password) {
            ctx.spend(Meter::ExpandedBytes, stream.len() as u64)?;
            decrypt(stream, &key);
            return Ok(true);
        }
    }
    Err(Refusal::Password { members: Vec::new() })
}

/// Payload of the FILEPASS record, which stands among the first ones.
fn file_pass(stream: &[u8]) -> Option<Vec<u8>> {
    headers(stream)
        .take(16)
        .find(|(id, ..)| *id == FILEPASS)
        .map(|(_, at, len)| stream[at..at + len].to_vec())
}

/// (id, offset of the payload, length) of every record.
fn headers(stream: &[u8]) -> impl Iterator<Item = (u16, usize, usize)> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        let head = stream.get(at..at + 4)?;
        let (id, len) =
            (u16::from_le_bytes([head[0], head[1]]), usize::from(u16::from_le_bytes([head[2], head[3]])));
        let body = at + 4;
        stream.get(body..body + len)?;
        at = body + len;
        Some((id, body, len))
    })
}

#[derive(Debug)]
enum Scheme {
    Xor { key: u16, verifier: u16 },
    Rc4 { salt: Vec<u8>, verifier: Vec<u8>, hash: Vec<u8> },
    CryptoApi { salt: Vec<u8>, verifier: Vec<u8>, hash: Vec<u8>, key_len: usize },
}

/// A password turned into what decrypts.
#[derive(Debug)]
enum Key {
    Xor([u8; 16]),
    Rc4([u8; 5]),
    CryptoApi { hash: Vec<u8>, key_len: usize },
}

impl Scheme {
    fn read(info: &[u8]) -> Option<Self> {
        let mut fields = Fields::over(info);
        // Before Excel 97 there was one scheme, which had no number.
        if info.len() == 4 {
            return Some(Self::Xor { key: fields.u16()?, verifier: fields.u16()? });
        }
        match fields.u16()? {
            0 => Some(Self::Xor { key: fields.u16()?, verifier: fields.u16()? }),
            1 => match (fields.u16()?, fields.u16()?) {
                (1, 1) => Some(Self::Rc4 {
                    salt: fields.bytes(16)?,
                    verifier: fields.bytes(16)?,
                    hash: fields.bytes(16)?,
                }),
                (2..=4, 2) => Self::crypto_api(&mut fields),
                _ => None,
            },
            _ => None,
        }
    }

    fn crypto_api(fields: &mut Fields<'_>) -> Option<Self> {
        fields.u32()?;
        let header_len = fields.u32()? as usize;
        let header = fields.bytes(header_len)?;
        let mut header = Fields::over(&header);
        header.skip(8)?;
        let algorithm = header.u32()?;
        header.u32()?;
        let bits = match header.u32()? {
            0 => 40,
            bits => bits,
        };
        if algorithm != 0x6801 || !(40..=128).contains(&bits) || fields.u32()? != 16 {
            return None;
        }
        let (salt, verifier) = (fields.bytes(16)?, fields.bytes(16)?);
        fields.u32()?;
        Some(Self::CryptoApi { salt, verifier, hash: fields.bytes(20)?, key_len: bits as usize / 8 })
    }

    fn key(&self, password: &str) -> Option<Key> {
        let utf16: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        match self {
            Self::Xor { key, verifier } => {
                let (bytes, ..) = encoding_rs::SHIFT_JIS.encode(password);
                xor_array(&bytes, *key, *verifier).map(Key::Xor)
            }
            Self::Rc4 { salt, verifier, hash } => {
                let first = Md5::digest(&utf16);
                let mut spread = Md5::new();
                for _ in 0..16 {
                    spread.update(&first[..5]);
                    spread.update(salt);
                }
                let spread = spread.finalize();
                let key = Key::Rc4([spread[0], spread[1], spread[2], spread[3], spread[4]]);
                let plain = key.stream(0).apply(&[verifier.as_slice(), hash].concat());
                (Md5::digest(&plain[..16])[..] == plain[16..]).then_some(key)
            }
            Self::CryptoApi { salt, verifier, hash, key_len } => {
                let first = Sha1::digest([salt.as_slice(), &utf16].concat()).to_vec();
                let key = Key::CryptoApi { hash: first, key_len: *key_len };
                let plain = key.stream(0).apply(&[verifier.as_slice(), hash].concat());
                (Sha1::digest(&plain[..16])[..] == plain[16..]).then_some(key)
            }
        }
    }
}

impl Key {
    /// RC4 state for one block of the stream.
    fn stream(&self, block: u32) -> Rc4 {
        match self {
            Self::Xor(_) => Rc4::new(&[0]),
            Self::Rc4(key) => Rc4::new(&Md5::digest([key.as_slice(), &block.to_le_bytes()].concat())),
            Self::CryptoApi { hash, key_len } => {
                let mut key =
                    Sha1::digest([hash.as_slice(), &block.to_le_bytes()].concat())[..*key_len].to_vec();
                if *key_len == 5 {
                    key.resize(16, 0);
                }
                Rc4::new(&key)
            }
        }
    }
}

fn decrypt(stream: &mut [u8], key: &Key) {
    let records: Vec<_> = headers(stream).collect();
    let mut pad = Pad { key, block: None, bytes: Vec::new() };
    for (id, at, len) in records {
        if PLAIN.contains(&id) {
            continue;
        }
        // The offset of the sheet in a BOUNDSHEET stays readable.
        let skip = if id == BOUNDSHEET { 4.min(len) } else { 0 };
        for position in at + skip..at + len {
            stream[position] = match key {
                Key::Xor(array) => stream[position].rotate_left(3) ^ array[(position + len) % 16],
                _ => stream[position] ^ pad.at(position),
            };
        }
    }
}

/// Key stream of the block that was asked for last.
struct Pad<'a> {
    key: &'a Key,
    block: Option<usize>,
    bytes: Vec<u8>,
}

impl Pad<'_> {
    fn at(&mut self, position: usize) -> u8 {
        let block = position / BLOCK;
        if self.block != Some(block) {
            self.block = Some(block);
            self.bytes = self.key.stream(u32::try_from(block).unwrap_or(u32::MAX)).apply(&[0; BLOCK]);
        }
        self.bytes[position % BLOCK]
    }
}

/// The sixteen bytes of XOR obfuscation, when the password has the stored verifier.
fn xor_array(password: &[u8], key: u16, verifier: u16) -> Option<[u8; 16]> {
    const PAD: [u8; 15] = [0xBB, 0xFF, 0xFF, 0xBA, 0xFF, 0xFF, 0xB9, 0x80, 0, 0xBE, 0x0F, 0, 0xBF, 0x0F, 0];
    if password.is_empty() || password.len() > 15 {
        return None;
    }
    let len = u8::try_from(password.len()).ok()?;
    let sum = std::iter::once(&len)
        .chain(password)
        .rev()
        .fold(0_u16, |sum, byte| (((sum & 0x4000) >> 14) | ((sum << 1) & 0x7FFF)) ^ u16::from(*byte));
    if sum ^ 0xCE4B != verifier {
        return None;
    }
    let [low, high] = key.to_le_bytes();
    Some(std::array::from_fn(|i| {
        let plain = password.get(i).or_else(|| PAD.get(i - password.len())).copied().unwrap_or(0);
        // Method 1 combines first and turns by three then; here the bytes are turned first, and so is the array.
        (plain ^ if i % 2 == 0 { low } else { high }).rotate_left(2)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_has_another_verifier() {
        assert!(xor_array(b"secret", 0x1234, 0).is_none());
    }
}
