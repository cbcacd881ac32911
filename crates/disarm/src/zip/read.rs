//! Strict reader: the central directory and every local header must tell the same story.

use std::{borrow::Cow, ops::Range};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use crate::{Action, Meter, Refusal, Severity, Threat, ctx::Ctx};

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";
const END64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR64: &[u8; 4] = b"PK\x06\x07";
/// Descriptor after an entry: signature, CRC and two sizes of 8 bytes.
const LONGEST_DESCRIPTOR: usize = 24;

/// One entry, as central directory and local header agree on it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Name as stored.
    pub(crate) raw_name: Vec<u8>,
    /// General-purpose bit 11: the name is UTF-8.
    pub(crate) utf8: bool,
    /// Name of an Info-ZIP Unicode Path field whose checksum fits the stored name.
    pub(crate) unicode_name: Option<String>,
    /// 0 stored, 8 deflated; 99 means AES, with the real method in `aes`.
    pub(crate) method: u16,
    pub(crate) encrypted: bool,
    /// Payload of extra field 0x9901.
    pub(crate) aes: Option<[u8; 7]>,
    pub(crate) crc: u32,
    /// Uncompressed length in bytes.
    pub(crate) size: u64,
    /// Modification time, DOS format; the check byte of ZipCrypto.
    pub(crate) dos_time: u16,
    /// Whether sizes follow the data (bit 3).
    pub(crate) descriptor: bool,
    pub(crate) is_dir: bool,
    data: Range<usize>,
}

/// A ZIP file whose structure has been checked.
#[derive(Debug)]
pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
}

/// Where the central directory lies.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) directory: Range<usize>,
    count: u64,
    /// End of the archive including its comment.
    end: usize,
    comment: usize,
}

impl<'a> Archive<'a> {
    /// Reads and cross-checks all headers.
    pub(crate) fn open(bytes: &'a [u8], ctx: &mut Ctx<'_>) -> Result<Self, Refusal> {
        let end = find_end(bytes)?;
        ctx.spend(Meter::Entries, end.count)?;
        let mut entries = Vec::new();
        let mut spans = Vec::new();
        let mut at = end.directory.start;
        for _ in 0..end.count {
            let (entry, span, next) = read_entry(bytes, at, end.directory.end)?;
            spans.push(span);
            entries.push(entry);
            at = next;
        }
        if at != end.directory.end {
            return Err(Refusal::ambiguous("", "目次の長さと件数が合いません"));
        }
        check_spans(bytes, &mut spans, end.directory.start, ctx)?;
        if end.comment > 0 {
            ctx.note(Threat::X03, "書庫のコメント", "");
        }
        if end.end < bytes.len() {
            ctx.report(Threat::X03, Severity::Hidden, Action::Dropped, "末尾の余分なデータ", "");
        }
        Ok(Self { bytes, entries })
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Compressed (and perhaps encrypted) bytes of an entry.
    pub(crate) fn raw(&self, entry: &Entry) -> &'a [u8] {
        &self.bytes[entry.data.clone()]
    }

    /// Plain bytes of an unencrypted entry, checked against its length and CRC.
    pub(crate) fn inflate(&self, entry: &Entry, ctx: &mut Ctx<'_>) -> Result<Cow<'a, [u8]>, Refusal> {
        if entry.encrypted {
            return Err(Refusal::ambiguous(lossy(&entry.raw_name), "暗号化された部品があります"));
        }
        let plain = expand(self.raw(entry), entry.method, entry, ctx)?;
        check_crc(&plain, entry)?;
        Ok(plain)
    }
}

pub(crate) fn check_crc(plain: &[u8], entry: &Entry) -> Result<(), Refusal> {
    let mut crc = Crc::new();
    crc.update(plain);
    if crc.sum() == entry.crc {
        Ok(())
    } else {
        Err(Refusal::malformed(lossy(&entry.raw_name), "検査値が合いません"))
    }
}

/// Undoes `method` within the limits; the result has exactly the declared length.
pub(crate) fn expand<'a>(
    raw: &'a [u8],
    method: u16,
    entry: &Entry,
    ctx: &mut Ctx<'_>,
) -> Result<Cow<'a, [u8]>, Refusal> {
    let name = || lossy(&entry.raw_name);
    ctx.spend(Meter::ExpandedBytes, entry.size)?;
    match method {
        0 if raw.len() as u64 == entry.size => Ok(Cow::Borrowed(raw)),
        0 => Err(Refusal::ambiguous(name(), "格納した長さが合いません")),
        8 => {
            if entry.size > ctx.limits.ratio_free_bytes && entry.size / ctx.limits.ratio > raw.len() as u64 {
                return Err(Refusal::Limit(Meter::Ratio));
            }
            inflate_exact(raw, entry.size)
                .ok_or_else(|| Refusal::malformed(name(), "圧縮データが壊れています"))
                .map(Cow::Owned)
        }
        _ => {
            ctx.report(Threat::O02, Severity::Active, Action::Refused, "扱えない圧縮方式", name());
            Err(Refusal::not_handled(name(), "圧縮方式が標準のものではありません"))
        }
    }
}

/// Inflates `raw`, which must end exactly after `size` bytes of output. The declared size is already paid for.
fn inflate_exact(raw: &[u8], size: u64) -> Option<Vec<u8>> {
    let size = usize::try_from(size).ok()?;
    let mut inflater = Decompress::new(false);
    // Grows with what really comes out: a lying header must not reserve a gigabyte.
    let mut out = Vec::with_capacity(size.min(raw.len().saturating_mul(8).max(4096)));
    loop {
        let consumed = usize::try_from(inflater.total_in()).ok()?;
        if out.len() == out.capacity() {
            out.reserve(out.len().max(4096).min(size.saturating_sub(out.len()).saturating_add(1)));
        }
        let before = (inflater.total_in(), out.len());
        let status = inflater.decompress_vec(&raw[consumed..], &mut out, FlushDecompress::None).ok()?;
        if out.len() > size {
            return None;
        }
        if status == Status::StreamEnd {
            let consumed = usize::try_from(inflater.total_in()).ok()?;
            return (out.len() == size && consumed == raw.len()).then_some(out);
        }
        if before == (inflater.total_in(), out.len()) && out.len() < out.capacity() {
            return None;
        }
    }
}

/// Finds the end record: the one whose directory reaches exactly up to it. The signature alone is no record, it may stand
/// in a comment or in the bytes of a member.
pub(crate) fn find_end(bytes: &[u8]) -> Result<End, Refusal> {
    let none = || Refusal::malformed("", "ZIP の終わりの記録がありません");
    let from = bytes.len().saturating_sub(22 + 0xFFFF + 4096);
    let found = bytes[from..].windows(4).enumerate().filter(|(_, w)| w == END).map(|(at, _)| at + from);
    let found: Vec<usize> = found.collect();
    let last = *found.last().ok_or_else(none)?;
    let comment = |at| u16_at(bytes, at + 20).map(usize::from).ok_or_else(none);
    let records: Vec<usize> = found.into_iter().filter(|at| directory_ends_at(bytes, *at)).collect();
    let at = match records[..] {
        // Refused below, with what is wrong with it.
        [] => last,
        // Behind its comment another signature would be what readers from the end take.
        [at] if last == at || last + 4 <= at + 22 + comment(at)? => at,
        _ => return Err(Refusal::ambiguous("", "ZIP が二つつながっています")),
    };
    end_at(bytes, at, comment(at)?)
}

fn directory_ends_at(bytes: &[u8], at: usize) -> bool {
    if at >= 20 && bytes.get(at - 20..at - 16) == Some(LOCATOR64) {
        return true;
    }
    match (u32_at(bytes, at + 12), u32_at(bytes, at + 16)) {
        (Some(size), Some(start)) => start as usize + size as usize == at && size > 0,
        _ => false,
    }
}

fn end_at(bytes: &[u8], at: usize, comment: usize) -> Result<End, Refusal> {
    let bad = || Refusal::malformed("", "ZIP の終わりの記録が壊れています");
    let field16 = |offset| u16_at(bytes, at + offset).ok_or_else(bad);
    let field32 = |offset| u32_at(bytes, at + offset).ok_or_else(bad);
    if field16(4)? != field16(6)? || !matches!(field16(4)?, 0 | 0xFFFF) || field16(8)? != field16(10)? {
        return Err(Refusal::not_handled("", "分割された書庫です"));
    }
    let (mut count, mut size, mut start) =
        (u64::from(field16(10)?), u64::from(field32(12)?), u64::from(field32(16)?));
    let mut directory_end = at;
    if at >= 20 && bytes.get(at - 20..at - 16) == Some(LOCATOR64) {
        let record = usize::try_from(u64_at(bytes, at - 12).ok_or_else(bad)?).map_err(|_| bad())?;
        if bytes.get(record..record.saturating_add(4)) != Some(END64) {
            return Err(bad());
        }
        let (count64, size64, start64) = (
            u64_at(bytes, record + 32).ok_or_else(bad)?,
            u64_at(bytes, record + 40).ok_or_else(bad)?,
            u64_at(bytes, record + 48).ok_or_else(bad)?,
        );
        let agrees = |small: u64, all: u64, big: u64| small == all || small == big;
        if !agrees(count, 0xFFFF, count64)
            || !agrees(size, 0xFFFF_FFFF, size64)
            || !agrees(start, 0xFFFF_FFFF, start64)
        {
            return Err(Refusal::ambiguous("", "ZIP64 の記録が食い違っています"));
        }
        (count, size, start, directory_end) = (count64, size64, start64, record);
    }
    let start = usize::try_from(start).map_err(|_| bad())?;
    let size = usize::try_from(size).map_err(|_| bad())?;
    if start.checked_add(size) != Some(directory_end) {
        return Err(Refusal::ambiguous("", "目次の位置が食い違っています"));
    }
    Ok(End { directory: start..directory_end, count, end: (at + 22 + comment).min(bytes.len()), comment })
}

/// Reads the directory entry at `at` and its local header. Returns it, the bytes it occupies, and the next position.
fn read_entry(bytes: &[u8], at: usize, limit: usize) -> Result<(Entry, Range<usize>, usize), Refusal> {
    let bad = || Refusal::malformed("", "ZIP の目次が壊れています");
    let head = bytes.get(at..at + 46).filter(|h| h.starts_with(CENTRAL)).ok_or_else(bad)?;
    let h16 = |o: usize| u16::from_le_bytes([head[o], head[o + 1]]);
    let h32 = |o: usize| u32::from_le_bytes([head[o], head[o + 1], head[o + 2], head[o + 3]]);
    let (name_len, extra_len, comment_len) =
        (usize::from(h16(28)), usize::from(h16(30)), usize::from(h16(32)));
    let next = at + 46 + name_len + extra_len + comment_len;
    if next > limit {
        return Err(bad());
    }
    let raw_name = bytes[at + 46..at + 46 + name_len].to_vec();
    let extra = &bytes[at + 46 + name_len..at + 46 + name_len + extra_len];
    let (flags, method, mut packed, mut size) = (h16(8), h16(10), u64::from(h32(20)), u64::from(h32(24)));
    let mut offset = u64::from(h32(42));
    zip64_sizes(extra, &mut size, &mut packed, &mut offset).ok_or_else(bad)?;
    let name = lossy(&raw_name);
    if name_len == 0 || h16(34) != 0 {
        return Err(Refusal::ambiguous(name, "名前のない部品、または分割された書庫です"));
    }
    // Unix mode in the upper half of the external attributes, when the entry was made on Unix.
    let unix_type = (h32(38) >> 28) & 0xF;
    if h16(4) >> 8 == 3 && !matches!(unix_type, 0 | 4 | 8) {
        return Err(Refusal::ambiguous(name, "リンクまたは特殊ファイルが入っています"));
    }
    let offset = usize::try_from(offset).map_err(|_| bad())?;
    let data_start = check_local(bytes, offset, &raw_name, head, size, packed)?;
    let data_end = usize::try_from(packed).ok().and_then(|p| data_start.checked_add(p)).ok_or_else(bad)?;
    if data_end > bytes.len() {
        return Err(Refusal::malformed(name, "途中で切れています"));
    }
    let entry = Entry {
        utf8: flags & 0x800 != 0,
        unicode_name: unicode_path(extra, &raw_name),
        method,
        encrypted: flags & 1 != 0,
        aes: extra_field(extra, 0x9901).and_then(|f| f.try_into().ok()),
        crc: h32(16),
        size,
        dos_time: h16(12),
        descriptor: flags & 8 != 0,
        is_dir: raw_name.ends_with(b"/"),
        data: data_start..data_end,
        raw_name,
    };
    Ok((entry, offset..data_end, next))
}

/// Compares the local header at `offset` with directory entry `head`; returns where the data starts.
fn check_local(
    bytes: &[u8],
    offset: usize,
    raw_name: &[u8],
    head: &[u8],
    size: u64,
    packed: u64,
) -> Result<usize, Refusal> {
    let name = || lossy(raw_name);
    let differs = || Refusal::ambiguous(name(), "目次と見出しが食い違っています");
    let local = bytes
        .get(offset..offset.saturating_add(30))
        .filter(|l| l.starts_with(LOCAL))
        .ok_or_else(|| Refusal::malformed(name(), "見出しがありません"))?;
    let l16 = |o: usize| u16::from_le_bytes([local[o], local[o + 1]]);
    let l32 = |o: usize| u32::from_le_bytes([local[o], local[o + 1], local[o + 2], local[o + 3]]);
    let (flags, method) = (u16::from_le_bytes([head[8], head[9]]), u16::from_le_bytes([head[10], head[11]]));
    let name_end = offset + 30 + usize::from(l16(26));
    let data_start = name_end + usize::from(l16(28));
    if bytes.get(offset + 30..name_end) != Some(raw_name) || l16(8) != method {
        return Err(differs());
    }
    // Bits that change how the entry is read: encrypted, descriptor, strong encryption, masked header, UTF-8 name.
    let differing = (l16(6) ^ flags) & 0x2849;
    if differing != 0 && !(differing == 0x0800 && raw_name.is_ascii()) {
        return Err(differs());
    }
    let extra = bytes.get(name_end..data_start).ok_or_else(differs)?;
    let (mut lsize, mut lpacked, mut unused) = (u64::from(l32(22)), u64::from(l32(18)), 0);
    zip64_sizes(extra, &mut lsize, &mut lpacked, &mut unused).ok_or_else(differs)?;
    // A streaming writer leaves any of the three empty and repeats them behind the data.
    let agrees = |local: u64, central: u64| local == central || (flags & 8 != 0 && local == 0);
    let crc = u32::from_le_bytes([head[16], head[17], head[18], head[19]]);
    if !agrees(lsize, size) || !agrees(lpacked, packed) || !agrees(u64::from(l32(14)), u64::from(crc)) {
        return Err(differs());
    }
    Ok(data_start)
}

/// Entries must not share bytes, and what lies between them must be a data descriptor or nothing.
fn check_spans(
    bytes: &[u8],
    spans: &mut [Range<usize>],
    directory: usize,
    ctx: &mut Ctx<'_>,
) -> Result<(), Refusal> {
    spans.sort_by_key(|s| (s.start, s.end));
    let mut end = 0;
    for span in spans.iter().cloned().chain(std::iter::once(directory..directory)) {
        if span.start < end {
            ctx.report(Threat::X04, Severity::Active, Action::Refused, "重なり合った部品", "");
            return Err(Refusal::ambiguous("", "部品の領域が重なっています"));
        }
        let gap = &bytes[end..span.start];
        if gap.windows(4).any(|w| w == LOCAL) {
            return Err(Refusal::ambiguous("", "目次にない部品があります"));
        }
        if gap.len() > LONGEST_DESCRIPTOR {
            ctx.report(Threat::X03, Severity::Hidden, Action::Dropped, "部品の間の余分なデータ", "");
        }
        end = span.end;
    }
    Ok(())
}

/// Replaces saturated 32-bit fields by those of the ZIP64 extra field, in its fixed order.
fn zip64_sizes(extra: &[u8], size: &mut u64, packed: &mut u64, offset: &mut u64) -> Option<()> {
    let mut field = extra_field(extra, 1).unwrap_or(&[]);
    for value in [size, packed, offset] {
        if *value == 0xFFFF_FFFF && !field.is_empty() {
            let (head, rest) = field.split_at_checked(8)?;
            *value = u64::from_le_bytes(head.try_into().ok()?);
            field = rest;
        }
    }
    Some(())
}

fn extra_field(mut extra: &[u8], id: u16) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let len = usize::from(u16::from_le_bytes([extra[2], extra[3]]));
        let body = extra.get(4..4 + len)?;
        if extra[..2] == id.to_le_bytes() {
            return Some(body);
        }
        extra = &extra[4 + len..];
    }
    None
}

/// Info-ZIP Unicode Path (0x7075): valid only while its CRC matches the stored name.
fn unicode_path(extra: &[u8], raw_name: &[u8]) -> Option<String> {
    let field = extra_field(extra, 0x7075)?;
    let (head, name) = field.split_at_checked(5)?;
    let mut crc = Crc::new();
    crc.update(raw_name);
    (head[0] == 1 && head[1..5] == crc.sum().to_le_bytes()).then(|| String::from_utf8(name.to_vec()).ok())?
}

pub(crate) fn lossy(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
