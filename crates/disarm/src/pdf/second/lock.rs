//! The standard security handler (ISO 32000-2, 7.6) as the second reader understands it: of its own code, so that a
//! file which is locked for one reader and open for the other is found out like any other that means two things.

use md5::{Digest as _, Md5};
use sha2::{Sha256, Sha384, Sha512};

use super::{value::Value, words};
use crate::{
    Meter, Refusal,
    cipher::{Rc4, aes_128_cbc_forward, aes_cbc},
    ctx::Ctx,
};

/// What fills up a short password.
const PAD: &[u8; 32] = b"\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A";
/// Steps that trying one password counts for: its key derivation is some hundred kilobytes of hashing.
const STEPS: u64 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Plain,
    Rc4,
    Aes128,
    Aes256,
}

/// How streams are locked that do not say it themselves, and methods by the names that others may use.
type Methods = (Method, Vec<(Vec<u8>, Method)>);

/// A lock that a password has opened.
#[derive(Debug)]
pub(super) struct Lock {
    key: Vec<u8>,
    methods: Methods,
}

/// The encryption dictionary.
struct Terms<'v> {
    dict: &'v Value<'v>,
    version: i64,
    revision: i64,
    id: Vec<u8>,
    owner: Vec<u8>,
    user: Vec<u8>,
}

impl Lock {
    /// Opens a file with the empty password or one that came with it. `None`: nothing this reader can open.
    pub(super) fn open(dict: &Value<'_>, id: &[u8], ctx: &mut Ctx<'_>) -> Result<Option<Self>, Refusal> {
        let Some(terms) = Terms::read(dict, id) else { return Ok(None) };
        let Some(methods) = terms.methods() else { return Ok(None) };
        let secrets = ctx.secrets;
        for password in std::iter::once("").chain(secrets.passwords()) {
            ctx.spend(Meter::Steps, STEPS)?;
            if let Some(key) = terms.key(password.as_bytes()) {
                return Ok(Some(Self { key, methods }));
            }
        }
        Ok(None)
    }

    /// Data of a stream as it was before it was locked. `filter`: the crypt filter that the stream names.
    pub(super) fn undo(&self, object: (u32, u32), filter: Option<&[u8]>, data: &[u8]) -> Vec<u8> {
        let (usual, named) = &self.methods;
        let method = match filter {
            Some(b"Identity") => Method::Plain,
            Some(name) => named.iter().find(|(n, _)| n == name).map_or(Method::Plain, |(_, m)| *m),
            None => *usual,
        };
        match method {
            Method::Plain => data.to_vec(),
            Method::Rc4 => Rc4::new(&self.object_key(object, b"")).apply(data),
            Method::Aes128 => chained(&self.object_key(object, b"sAlT"), data),
            Method::Aes256 => chained(&self.key, data),
        }
    }

    fn object_key(&self, (number, generation): (u32, u32), salt: &[u8]) -> Vec<u8> {
        let (number, generation) = (number.to_le_bytes(), generation.to_le_bytes());
        let mut key = md5(&[&self.key, &number[..3], &generation[..2], salt]);
        key.truncate(self.key.len() + 5);
        key
    }
}

impl<'v> Terms<'v> {
    fn read(dict: &'v Value<'v>, id: &[u8]) -> Option<Self> {
        let number = |key: &[u8]| match dict.get(key) {
            Some(Value::Number(n)) => Some(*n),
            _ => None,
        };
        let text = |key: &[u8]| dict.get(key).and_then(words::string);
        (dict.get(b"Filter")?.name()? == b"Standard").then_some(())?;
        Some(Self {
            dict,
            version: number(b"V")?,
            revision: number(b"R")?,
            id: id.to_vec(),
            owner: text(b"O")?,
            user: text(b"U")?,
        })
    }

    fn methods(&self) -> Option<Methods> {
        match self.version {
            1 | 2 => Some((Method::Rc4, Vec::new())),
            4 | 5 => {
                let named: Vec<_> = match self.dict.get(b"CF") {
                    Some(Value::Dict(filters)) => filters
                        .iter()
                        .filter_map(|(name, filter)| {
                            let method = match filter.get(b"CFM")?.name()? {
                                b"V2" => Method::Rc4,
                                b"AESV2" => Method::Aes128,
                                b"AESV3" => Method::Aes256,
                                _ => Method::Plain,
                            };
                            Some((name.to_vec(), method))
                        })
                        .collect(),
                    _ => Vec::new(),
                };
                let wanted = self.dict.get(b"StmF").and_then(Value::name).unwrap_or(b"Identity");
                let usual = named.iter().find(|(name, _)| name == wanted).map_or(Method::Plain, |(_, m)| *m);
                Some((usual, named))
            }
            _ => None,
        }
    }

    /// The key of the file, when the password is the right one.
    fn key(&self, password: &[u8]) -> Option<Vec<u8>> {
        match self.revision {
            2..=4 => self.short_key(password),
            5 | 6 => self.long_key(&password[..password.len().min(127)]),
            _ => None,
        }
    }

    /// Algorithms 2 and 6: keys made with MD5, checked with RC4.
    fn short_key(&self, password: &[u8]) -> Option<Vec<u8>> {
        let bits = match (self.version, self.dict.get(b"Length")) {
            (1, _) => 40,
            (_, Some(Value::Number(bits))) => *bits,
            (4, _) => 128,
            _ => 40,
        };
        let length = usize::try_from(bits / 8).ok().filter(|bytes| (1..=16).contains(bytes))?;
        let rights = match self.dict.get(b"P") {
            Some(Value::Number(n)) => u32::try_from(n & 0xFFFF_FFFF).ok()?.to_le_bytes(),
            _ => return None,
        };
        let open = self.revision >= 4 && self.dict.get(b"EncryptMetadata") == Some(&Value::Bool(false));
        let padded: Vec<u8> = password.iter().chain(PAD).take(32).copied().collect();
        let marker: &[u8] = if open { &[0xFF; 4] } else { &[] };
        let mut key = md5(&[&padded, &self.owner, &rights, &self.id, marker]);
        if self.revision >= 3 {
            for _ in 0..50 {
                key = md5(&[&key[..length]]);
            }
        }
        key.truncate(length);
        let right = if self.revision == 2 {
            Rc4::new(&key).apply(PAD) == self.user
        } else {
            let turned = |turn: u8| key.iter().map(|byte| byte ^ turn).collect::<Vec<_>>();
            let check =
                (0..20).fold(md5(&[PAD, &self.id]), |data, turn| Rc4::new(&turned(turn)).apply(&data));
            self.user.get(..16) == Some(&check)
        };
        // Readers fill up a key that is too short for AES.
        if self.version == 4 {
            key.resize(16, 0);
        }
        right.then_some(key)
    }

    /// Algorithm 2.A: keys that stand in the file, locked with what 2.B makes of the password.
    fn long_key(&self, password: &[u8]) -> Option<Vec<u8>> {
        let (owner, user) = (self.owner.get(..48)?, self.user.get(..48)?);
        let ways = [(owner, user, &b"OE"[..]), (user, &[], b"UE")];
        for (check, bound_to, locked) in ways {
            let hash = |salt: &[u8]| hardened(password, salt, bound_to, self.revision);
            if hash(&check[32..40])? == check[..32] {
                let locked = self.dict.get(locked).and_then(words::string).filter(|key| key.len() == 32)?;
                return aes_cbc(&hash(&check[40..48])?, &[0; 16], &locked);
            }
        }
        None
    }
}

/// Algorithm 2.B; revision 5 stops after the first hash.
fn hardened(password: &[u8], salt: &[u8], bound_to: &[u8], revision: i64) -> Option<Vec<u8>> {
    let mut key = Sha256::digest([password, salt, bound_to].concat()).to_vec();
    if revision == 5 {
        return Some(key);
    }
    let mut round = 0;
    loop {
        let data = [password, &key, bound_to].concat().repeat(64);
        let mixed = aes_128_cbc_forward(&key[..16], &key[16..32], &data)?;
        // 256 leaves 1 when divided by 3: the sum of the bytes has the same remainder as their number.
        key = match mixed[..16].iter().map(|byte| u32::from(*byte)).sum::<u32>() % 3 {
            0 => Sha256::digest(&mixed).to_vec(),
            1 => Sha384::digest(&mixed).to_vec(),
            _ => Sha512::digest(&mixed).to_vec(),
        };
        round += 1;
        if round >= 64 && i32::from(*mixed.last()?) <= round - 32 {
            key.truncate(32);
            return Some(key);
        }
    }
}

/// Undoes AES of data that begins with its first vector and ends with what fills up the last block.
fn chained(key: &[u8], data: &[u8]) -> Vec<u8> {
    let (iv, data) = data.split_at(data.len().min(16));
    let mut plain = aes_cbc(key, iv, data).unwrap_or_default();
    if let Some(fill @ 1..=16) = plain.last().map(|byte| usize::from(*byte)) {
        plain.truncate(plain.len().saturating_sub(fill));
    }
    plain
}

fn md5(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Md5::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().to_vec()
}
