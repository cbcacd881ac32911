//! The ciphers of locked documents, for decryption. Each format derives its own keys.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

/// AES works on blocks of this many bytes.
const BLOCK: usize = 16;

/// Decrypts whole AES blocks one by one. `None`: no such length of key.
pub(crate) fn aes_ecb(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    fn run<C: BlockCipherDecrypt + KeyInit>(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        let cipher = C::new_from_slice(key).ok()?;
        let mut out = Vec::with_capacity(data.len());
        for chunk in data.chunks_exact(BLOCK) {
            let mut block = Array::try_from(chunk).ok()?;
            cipher.decrypt_block(&mut block);
            out.extend_from_slice(&block);
        }
        Some(out)
    }
    match key.len() {
        16 => run::<aes::Aes128>(key, data),
        24 => run::<aes::Aes192>(key, data),
        32 => run::<aes::Aes256>(key, data),
        _ => None,
    }
}

/// Decrypts whole AES blocks that are chained, the first one with `iv`.
pub(crate) fn aes_cbc(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let mut out = aes_ecb(key, data)?;
    for (byte, chained) in out.iter_mut().zip(iv.get(..BLOCK)?.iter().chain(data)) {
        *byte ^= chained;
    }
    Some(out)
}

/// Encrypts whole blocks, chained, with a key of 128 bits: a step of a key derivation.
pub(crate) fn aes_128_cbc_forward(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let cipher = aes::Aes128::new_from_slice(key).ok()?;
    let mut chain = Array::try_from(iv).ok()?;
    let mut out = Vec::with_capacity(data.len());
    for chunk in data.chunks_exact(BLOCK) {
        chain.iter_mut().zip(chunk).for_each(|(chained, byte)| *chained ^= byte);
        cipher.encrypt_block(&mut chain);
        out.extend_from_slice(&chain);
    }
    Some(out)
}

pub(crate) struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut state: [u8; 256] = std::array::from_fn(|i| u8::try_from(i).unwrap_or(0));
        let mut j = 0_u8;
        for (i, byte) in (0..256).zip(key.iter().cycle()) {
            j = j.wrapping_add(state[i]).wrapping_add(*byte);
            state.swap(i, usize::from(j));
        }
        Self { state, i: 0, j: 0 }
    }

    pub(crate) fn apply(mut self, data: &[u8]) -> Vec<u8> {
        data.iter()
            .map(|byte| {
                self.i = self.i.wrapping_add(1);
                self.j = self.j.wrapping_add(self.state[usize::from(self.i)]);
                self.state.swap(usize::from(self.i), usize::from(self.j));
                let at = self.state[usize::from(self.i)].wrapping_add(self.state[usize::from(self.j)]);
                byte ^ self.state[usize::from(at)]
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rc4_gives_the_published_bytes() {
        let out = Rc4::new(b"Key").apply(b"Plaintext");
        assert_eq!(hex::encode(out), "bbf316e8d940af0ad3");
    }

    /// NIST SP 800-38A, F.2.1.
    #[test]
    fn chained_aes_gives_the_published_bytes() {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
        let iv = bytes("000102030405060708090a0b0c0d0e0f");
        let plain = bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        let locked = bytes("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
        assert_eq!(aes_128_cbc_forward(&key, &iv, &plain), Some(locked.clone()));
        assert_eq!(aes_cbc(&key, &iv, &locked), Some(plain));
    }
}
