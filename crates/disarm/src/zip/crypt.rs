//! Passwords of ZIP entries: the traditional cipher (APPNOTE 6.1) and WinZip AES (AE-1, AE-2).

use aes::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::read::{Archive, Entry, check_crc, expand, lossy};
use crate::{Refusal, ctx::Ctx};

/// Tries the passwords in order. `Ok(None)`: none of them fits.
pub(crate) fn decrypt(
    archive: &Archive<'_>,
    entry: &Entry,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Vec<u8>>, Refusal> {
    let raw = archive.raw(entry);
    let secrets = ctx.secrets;
    // Archives made in Japan carry the password in CP932 as often as in UTF-8.
    for password in secrets
        .passwords()
        .flat_map(|p| [p.as_bytes().to_vec(), encoding_rs::SHIFT_JIS.encode(p).0.into_owned()])
    {
        let opened = match entry.aes {
            Some(field) if entry.method == 99 => aes(raw, &password, field),
            None if entry.method != 99 => {
                traditional(raw, &password, entry).map(|plain| (plain, entry.method, true))
            }
            _ => return Err(Refusal::malformed(lossy(&entry.raw_name), "暗号の情報が壊れています")),
        };
        let Some((packed, method, has_crc)) = opened else { continue };
        // The traditional cipher checks one byte only: a wrong password may get this far.
        let Ok(plain) = expand(&packed, method, entry, ctx) else { continue };
        if !has_crc || check_crc(&plain, entry).is_ok() {
            return Ok(Some(plain.into_owned()));
        }
    }
    Ok(None)
}

/// AES: salt, 2 bytes to recognise a wrong password, data, 10 bytes of HMAC-SHA1.
fn aes(raw: &[u8], password: &[u8], field: [u8; 7]) -> Option<(Vec<u8>, u16, bool)> {
    let (key_len, salt_len) = match field[4] {
        1 => (16, 8),
        2 => (24, 12),
        3 => (32, 16),
        _ => return None,
    };
    let (salt, rest) = raw.split_at_checked(salt_len)?;
    let (verifier, rest) = rest.split_at_checked(2)?;
    let (data, tag) = rest.split_at_checked(rest.len().checked_sub(10)?)?;
    let mut keys = vec![0; key_len * 2 + 2];
    pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, 1000, &mut keys);
    if keys[key_len * 2..] != *verifier {
        return None;
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(&keys[key_len..key_len * 2]).ok()?;
    mac.update(data);
    mac.verify_truncated_left(tag).ok()?;
    let mut plain = data.to_vec();
    let mut counter = [0; 16];
    counter[0] = 1;
    let key = &keys[..key_len];
    match key_len {
        16 => ctr::Ctr128LE::<aes::Aes128>::new_from_slices(key, &counter).ok()?.apply_keystream(&mut plain),
        24 => ctr::Ctr128LE::<aes::Aes192>::new_from_slices(key, &counter).ok()?.apply_keystream(&mut plain),
        _ => ctr::Ctr128LE::<aes::Aes256>::new_from_slices(key, &counter).ok()?.apply_keystream(&mut plain),
    }
    // AE-1 keeps the CRC, AE-2 leaves it out.
    let has_crc = u16::from_le_bytes([field[0], field[1]]) == 1;
    Some((plain, u16::from_le_bytes([field[5], field[6]]), has_crc))
}

/// The traditional cipher: 12 bytes of header, the last of which repeats the CRC or the time.
fn traditional(raw: &[u8], password: &[u8], entry: &Entry) -> Option<Vec<u8>> {
    let mut keys = Keys::new(password);
    let (head, data) = raw.split_at_checked(12)?;
    let head: Vec<u8> = head.iter().map(|b| keys.decrypt(*b)).collect();
    let check = if entry.descriptor { (entry.dos_time >> 8) as u8 } else { (entry.crc >> 24) as u8 };
    (head[11] == check).then(|| data.iter().map(|b| keys.decrypt(*b)).collect())
}

struct Keys(u32, u32, u32);

impl Keys {
    fn new(password: &[u8]) -> Self {
        let mut keys = Self(0x1234_5678, 0x2345_6789, 0x3456_7890);
        password.iter().for_each(|b| keys.update(*b));
        keys
    }

    fn update(&mut self, byte: u8) {
        self.0 = crc32_step(self.0, byte);
        self.1 = self.1.wrapping_add(self.0 & 0xFF).wrapping_mul(0x0808_8405).wrapping_add(1);
        self.2 = crc32_step(self.2, (self.1 >> 24) as u8);
    }

    fn decrypt(&mut self, byte: u8) -> u8 {
        let temp = (self.2 | 2) & 0xFFFF;
        let plain = byte ^ ((temp.wrapping_mul(temp ^ 1) >> 8) & 0xFF) as u8;
        self.update(plain);
        plain
    }
}

fn crc32_step(crc: u32, byte: u8) -> u32 {
    (0..8).fold(crc ^ u32::from(byte), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
}
