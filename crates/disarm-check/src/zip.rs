//! ZIP reader of the second checker. It walks the local headers from the front (the engine reads from the back) and
//! insists on the exact shape the engine writes: nothing between, before or after the entries.

use crate::{CheckError, Finding, Format, Permits};

/// One entry with its plain content.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) data: Vec<u8>,
}

/// Bytes one file may expand to, and all together.
const EXPANDED: usize = 2 << 30;

fn bad(location: &str, what: &'static str) -> CheckError {
    CheckError::Unreadable { location: location.to_owned(), what }
}

/// Reads all entries.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<File>, CheckError> {
    let mut files: Vec<File> = Vec::new();
    let mut heads: Vec<(usize, [u8; 26])> = Vec::new();
    let mut at = 0;
    let mut budget = EXPANDED;
    while bytes.get(at..at + 4) == Some(b"PK\x03\x04") {
        let head: [u8; 26] = bytes
            .get(at + 4..at + 30)
            .and_then(|h| h.try_into().ok())
            .ok_or_else(|| bad("", "local header cut"))?;
        let (name_len, extra) = (le16(&head, 22), le16(&head, 24));
        let name = bytes.get(at + 30..at + 30 + name_len).ok_or_else(|| bad("", "name cut"))?;
        let name = std::str::from_utf8(name).map_err(|_| bad("", "name is not UTF-8"))?.to_owned();
        if extra != 0 || le16(&head, 2) != 0x0800 || !matches!(le16(&head, 4), 0 | 8) {
            return Err(bad(&name, "extra field, flag or method that the writer does not use"));
        }
        let (packed, size) = (le32(&head, 14), le32(&head, 18));
        let start = at + 30 + name_len;
        let body = bytes.get(start..start + packed).ok_or_else(|| bad(&name, "data cut"))?;
        budget = budget.checked_sub(size).ok_or_else(|| bad(&name, "expands too far"))?;
        let data = match le16(&head, 4) {
            0 => body.to_vec(),
            _ => miniz_oxide::inflate::decompress_to_vec_with_limit(body, size)
                .map_err(|_| bad(&name, "does not inflate"))?,
        };
        if data.len() != size || crc32(&data) as usize != le32(&head, 10) {
            return Err(bad(&name, "length or checksum differs"));
        }
        heads.push((at, head));
        files.push(File { name, data });
        at = start + packed;
    }
    check_directory(bytes, at, &heads, &files)?;
    Ok(files)
}

/// The directory must repeat the local headers in their order and end the file.
fn check_directory(
    bytes: &[u8],
    mut at: usize,
    heads: &[(usize, [u8; 26])],
    files: &[File],
) -> Result<(), CheckError> {
    let start = at;
    for ((offset, head), file) in heads.iter().zip(files) {
        let entry = bytes.get(at..at + 46).ok_or_else(|| bad(&file.name, "directory cut"))?;
        let same = entry.starts_with(b"PK\x01\x02")
            && entry[6..32] == head[..]
            && entry[32..42].iter().all(|b| *b == 0)
            && entry[42..46] == u32::try_from(*offset).unwrap_or(u32::MAX).to_le_bytes()
            && bytes.get(at + 46..at + 46 + file.name.len()) == Some(file.name.as_bytes());
        if !same {
            return Err(bad(&file.name, "directory and header differ"));
        }
        at += 46 + file.name.len();
    }
    let end = bytes.get(at..).ok_or_else(|| bad("", "no end record"))?;
    let count = u16::try_from(files.len()).unwrap_or(u16::MAX).to_le_bytes();
    let fits = end.len() == 22
        && end.starts_with(b"PK\x05\x06\0\0\0\0")
        && end[8..10] == count
        && end[10..12] == count
        && end[12..16] == u32::try_from(at - start).unwrap_or(u32::MAX).to_le_bytes()
        && end[16..20] == u32::try_from(start).unwrap_or(u32::MAX).to_le_bytes()
        && end[20..] == [0, 0];
    if fits { Ok(()) } else { Err(bad("", "bytes after the last entry, or a false end record")) }
}

/// A plain archive: names stay inside, every member is checked by its own kind.
pub(crate) fn check(bytes: &[u8], permits: Permits) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for file in read(bytes)? {
        let finding =
            |threat, what: &str| Finding { threat, location: file.name.clone(), what: what.to_owned() };
        if !safe_path(&file.name) {
            findings.push(finding("Z01", "name leaves the archive or hides its end"));
        }
        if !seen.insert(file.name.to_lowercase()) {
            findings.push(finding("Z02", "name occurs twice"));
        }
        if file.name.ends_with('/') {
            continue;
        }
        let last = file.name.rsplit('/').next().unwrap_or_default();
        let extension = last.rsplit_once('.').map_or("", |(_, e)| e);
        match Format::from_extension(extension) {
            Some(format) => findings.extend(
                crate::check_permitting(&file.data, format, permits)?
                    .into_iter()
                    .map(|f| Finding { location: format!("{} > {}", file.name, f.location), ..f }),
            ),
            None => findings.push(finding("Z08", "member of a kind that is never written")),
        }
    }
    Ok(findings)
}

fn safe_path(name: &str) -> bool {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    !name.is_empty()
        && !name.starts_with('/')
        && !name.contains(odd)
        && name
            .trim_end_matches('/')
            .split('/')
            .all(|s| !matches!(s, "" | "." | "..") && !s.ends_with(['.', ' ']))
}

fn le16(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn le32(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
}

/// CRC-32 (ISO 3309), eight bits at a time.
fn crc32(data: &[u8]) -> u32 {
    static TABLE: std::sync::OnceLock<[u32; 256]> = std::sync::OnceLock::new();
    let table = TABLE.get_or_init(|| {
        std::array::from_fn(|i| {
            (0..8).fold(i as u32, |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
        })
    });
    !data.iter().fold(!0_u32, |crc, byte| table[((crc ^ u32::from(*byte)) & 0xFF) as usize] ^ (crc >> 8))
}
