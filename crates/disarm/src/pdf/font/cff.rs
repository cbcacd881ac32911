//! Compact Font Format (Adobe Technical Note 5176): read to outlines, written without hints, subroutines or any
//! entry that drawing does not need.

use super::names;
use super::outline::{Fixed, ONE, Outline, integer};
use super::type2::{self, Shared};

/// Glyphs by what identifies them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Charset {
    /// Glyph names, for fonts addressed through an encoding.
    Names(Vec<String>),
    /// One of the two expert sets, by number.
    Expert(u8),
    /// Character identifiers, for CJK fonts.
    Cids(Vec<u16>),
}

/// Built-in encoding of a name-keyed font.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Encoding {
    Standard,
    Expert,
    /// Codes of glyphs 1, 2, 3 …, and further codes by glyph name.
    Custom(Vec<u8>, Vec<(u8, String)>),
}

/// A font as it is written.
#[derive(Debug, Clone)]
pub(super) struct Font {
    /// Font matrix, when it is not the usual thousandth.
    pub(super) matrix: Option<[f64; 6]>,
    pub(super) bbox: [i32; 4],
    pub(super) charset: Charset,
    pub(super) encoding: Encoding,
    /// Registry, ordering and supplement of a CID font.
    pub(super) system: (String, String, i32),
    /// Font matrices of the font dictionaries of a CID font, and which one each glyph uses.
    pub(super) dictionaries: Vec<Option<[f64; 6]>>,
    pub(super) select: Vec<u8>,
    pub(super) glyphs: Vec<Outline>,
}

impl Font {
    pub(super) fn is_cid(&self) -> bool {
        matches!(self.charset, Charset::Cids(_))
    }
}

type Dict = Vec<(u16, Vec<f64>)>;

/// Reads a font; glyphs that cannot be interpreted become empty. The second value counts those.
pub(super) fn read(data: &[u8]) -> Option<(Font, usize)> {
    let mut at = usize::from(*data.get(2)?);
    let _names = index(data, &mut at)?;
    let tops = index(data, &mut at)?;
    let strings = index(data, &mut at)?;
    let global = index(data, &mut at)?;
    let top = dict(tops.first()?);
    let get = |d: &Dict, op: u16| d.iter().find(|(o, _)| *o == op).map(|(_, v)| v.clone());
    let offset = |d: &Dict, op: u16| get(d, op).and_then(|v| v.first().map(|o| *o as usize));
    if get(&top, 0x0c06).is_some_and(|v| v.first() == Some(&1.0)) {
        return None;
    }
    let charstrings = index(data, &mut offset(&top, 17)?)?;
    let count = charstrings.len();
    if count == 0 || count > 65_535 {
        return None;
    }
    let matrix = |d: &Dict| get(d, 0x0c07).and_then(|v| <[f64; 6]>::try_from(v).ok());
    let bbox = get(&top, 5).unwrap_or_default();
    let bbox = [0, 1, 2, 3].map(|i| bbox.get(i).map_or(0, |v| v.clamp(-32768.0, 32767.0) as i32));
    let string = |sid: f64| names::string(sid as usize, &strings);
    let ros = get(&top, 0x0c1e).filter(|v| v.len() == 3);
    let sids = charset(data, offset(&top, 15).unwrap_or(0), count, ros.is_some());
    let mut font = Font {
        matrix: matrix(&top),
        bbox,
        charset: Charset::Expert(1),
        encoding: Encoding::Standard,
        system: (String::new(), String::new(), 0),
        dictionaries: Vec::new(),
        select: Vec::new(),
        glyphs: Vec::new(),
    };
    let mut privates = Vec::new();
    if let Some(ros) = ros {
        font.system = (string(ros[0]), string(ros[1]), ros[2] as i32);
        font.charset = Charset::Cids(sids?);
        let dictionaries = index(data, &mut offset(&top, 0x0c24)?)?;
        for entry in dictionaries.iter().take(256) {
            let entry = dict(entry);
            font.dictionaries.push(matrix(&entry));
            privates.push(private(data, get(&entry, 18)));
        }
        font.select = select(data, offset(&top, 0x0c25)?, count)?;
        if font.select.iter().any(|fd| usize::from(*fd) >= privates.len()) {
            return None;
        }
    } else {
        font.charset = match (sids, offset(&top, 15).unwrap_or(0)) {
            (Some(sids), _) => Charset::Names(sids.into_iter().map(|s| string(f64::from(s))).collect()),
            (None, set @ (1 | 2)) => Charset::Expert(set as u8),
            (None, _) => return None,
        };
        font.encoding = match offset(&top, 16).unwrap_or(0) {
            0 => Encoding::Standard,
            1 => Encoding::Expert,
            at => encoding(data, at, &strings)?,
        };
        privates.push(private(data, get(&top, 18)));
    }
    let broken = glyphs(&mut font, &charstrings, &global, &privates);
    Some((font, broken))
}

/// Local subroutines, default and nominal width.
type Private<'a> = (Vec<&'a [u8]>, Fixed, Fixed);

fn private(data: &[u8], place: Option<Vec<f64>>) -> Private<'_> {
    let read = || {
        let place = place?;
        let (size, at) = (*place.first()? as usize, *place.get(1)? as usize);
        let entries = dict(data.get(at..at.checked_add(size)?)?);
        let get = |op: u16| entries.iter().find(|(o, _)| *o == op).and_then(|(_, v)| v.last().copied());
        let fixed = |v: Option<f64>| (v.unwrap_or(0.0).clamp(-32000.0, 32000.0) * ONE as f64) as Fixed;
        let local = get(19).and_then(|o| index(data, &mut at.checked_add(o as usize)?)).unwrap_or_default();
        Some((local, fixed(get(20)), fixed(get(21))))
    };
    read().unwrap_or_default()
}

fn glyphs(font: &mut Font, charstrings: &[&[u8]], global: &[&[u8]], privates: &[Private<'_>]) -> usize {
    let mut broken = 0;
    let mut accents = Vec::new();
    for (glyph, code) in charstrings.iter().enumerate() {
        let fd = font.select.get(glyph).map_or(0, |fd| usize::from(*fd));
        let (local, default_width, nominal_width) = &privates[fd.min(privates.len() - 1)];
        let shared = Shared { global, local, default_width: *default_width, nominal_width: *nominal_width };
        match type2::interpret(code, shared) {
            Some((outline, accent)) => {
                accents.extend(accent.map(|a| (glyph, a)));
                font.glyphs.push(outline);
            }
            None => {
                broken += 1;
                font.glyphs.push(Outline::default());
            }
        }
    }
    for (glyph, accent) in accents {
        let find = |code: u8| match &font.charset {
            Charset::Names(all) => all.iter().position(|n| n == names::standard(code)),
            _ => None,
        };
        let parts = find(accent.base).zip(find(accent.accent));
        let composed = parts.and_then(|(base, mark)| {
            let mut outline = font.glyphs[base].clone();
            outline.width = font.glyphs[glyph].width;
            let mark = font.glyphs[mark].clone();
            outline.append(&mark, accent.dx, accent.dy)?;
            Some(outline)
        });
        match composed {
            Some(outline) => font.glyphs[glyph] = outline,
            None => broken += 1,
        }
    }
    broken
}

/// Reads an INDEX and moves behind it.
fn index<'a>(data: &'a [u8], at: &mut usize) -> Option<Vec<&'a [u8]>> {
    let count = usize::from(u16::from_be_bytes([*data.get(*at)?, *data.get(*at + 1)?]));
    if count == 0 {
        *at += 2;
        return Some(Vec::new());
    }
    let size = usize::from(*data.get(*at + 2)?);
    if !(1..=4).contains(&size) {
        return None;
    }
    let table = data.get(*at + 3..(*at + 3).checked_add((count + 1) * size)?)?;
    let offsets: Vec<usize> =
        table.chunks_exact(size).map(|b| b.iter().fold(0_usize, |v, b| v << 8 | usize::from(*b))).collect();
    let base = *at + 2 + (count + 1) * size;
    let mut items = Vec::with_capacity(count);
    for pair in offsets.windows(2) {
        let item = match (base.checked_add(pair[0]), base.checked_add(pair[1])) {
            (Some(from), Some(to)) if from <= to => data.get(from..to),
            _ => None,
        };
        items.push(item.unwrap_or(&[]));
    }
    *at = base.checked_add(*offsets.last()?)?.min(data.len());
    Some(items)
}

fn dict(data: &[u8]) -> Dict {
    let mut out = Vec::new();
    let mut operands = Vec::new();
    let mut at = 0;
    while let Some(&b) = data.get(at) {
        at += 1;
        let byte = |i: usize| data.get(i).copied().unwrap_or(0);
        match b {
            12 => {
                out.push((0x0c00 | u16::from(byte(at)), std::mem::take(&mut operands)));
                at += 1;
            }
            0..=21 => out.push((u16::from(b), std::mem::take(&mut operands))),
            28 => {
                operands.push(f64::from(i16::from_be_bytes([byte(at), byte(at + 1)])));
                at += 2;
            }
            29 => {
                let bytes = [byte(at), byte(at + 1), byte(at + 2), byte(at + 3)];
                operands.push(f64::from(i32::from_be_bytes(bytes)));
                at += 4;
            }
            30 => operands.push(real(data, &mut at)),
            32..=246 => operands.push(f64::from(b) - 139.0),
            247..=250 => {
                operands.push((f64::from(b) - 247.0) * 256.0 + f64::from(byte(at)) + 108.0);
                at += 1;
            }
            251..=254 => {
                operands.push(-(f64::from(b) - 251.0) * 256.0 - f64::from(byte(at)) - 108.0);
                at += 1;
            }
            _ => {}
        }
        if operands.len() > 513 {
            break;
        }
    }
    out
}

fn real(data: &[u8], at: &mut usize) -> f64 {
    let mut text = String::new();
    'bytes: while let Some(&b) = data.get(*at) {
        *at += 1;
        for nibble in [b >> 4, b & 15] {
            match nibble {
                0..=9 => text.push(char::from(b'0' + nibble)),
                10 => text.push('.'),
                11 => text.push('E'),
                12 => text.push_str("E-"),
                14 => text.push('-'),
                15 => break 'bytes,
                _ => {}
            }
        }
        if text.len() > 64 {
            break;
        }
    }
    text.parse::<f64>().ok().filter(|v| v.is_finite()).unwrap_or(0.0)
}

/// Identifiers of all glyphs; `None` for the predefined expert sets and damage.
fn charset(data: &[u8], at: usize, count: usize, cid: bool) -> Option<Vec<u16>> {
    let last = u16::try_from(count).ok()?;
    match at {
        0..=2 if cid => return Some((0..last).collect()),
        0 => return Some((0..last).collect()),
        1 | 2 => return None,
        _ => {}
    }
    let word = |i: usize| Some(u16::from_be_bytes([*data.get(i)?, *data.get(i + 1)?]));
    let mut out = vec![0_u16];
    let format = *data.get(at)?;
    let mut at = at + 1;
    while out.len() < count {
        let first = word(at)?;
        let left = match format {
            0 => 0,
            1 => u16::from(*data.get(at + 2)?),
            2 => word(at + 2)?,
            _ => return None,
        };
        at += 2 + usize::from(format);
        for i in 0..=left {
            if out.len() < count {
                out.push(first.wrapping_add(i));
            }
        }
    }
    Some(out)
}

fn encoding(data: &[u8], at: usize, strings: &[&[u8]]) -> Option<Encoding> {
    let format = *data.get(at)?;
    let count = usize::from(*data.get(at + 1)?);
    let mut codes = Vec::new();
    let mut at = at + 2;
    match format & 0x7f {
        0 => {
            codes.extend(data.get(at..at + count)?);
            at += count;
        }
        1 => {
            for pair in data.get(at..at + count * 2)?.chunks_exact(2) {
                codes.extend((0..=pair[1]).map(|i| pair[0].wrapping_add(i)));
            }
            at += count * 2;
        }
        _ => return None,
    }
    let mut more = Vec::new();
    if format & 0x80 != 0 {
        let count = usize::from(*data.get(at)?);
        for entry in data.get(at + 1..at + 1 + count * 3)?.chunks_exact(3) {
            let sid = usize::from(u16::from_be_bytes([entry[1], entry[2]]));
            more.push((entry[0], names::string(sid, strings)));
        }
    }
    codes.truncate(255);
    Some(Encoding::Custom(codes, more))
}

fn select(data: &[u8], at: usize, count: usize) -> Option<Vec<u8>> {
    match *data.get(at)? {
        0 => Some(data.get(at + 1..at + 1 + count)?.to_vec()),
        3 => {
            let word = |i: usize| Some(usize::from(u16::from_be_bytes([*data.get(i)?, *data.get(i + 1)?])));
            let ranges = word(at + 1)?;
            let mut out = vec![0; count];
            for r in 0..ranges {
                let entry = at + 3 + r * 3;
                let (first, fd, next) = (word(entry)?, *data.get(entry + 2)?, word(entry + 3)?);
                out.get_mut(first..next.min(count))?.fill(fd);
            }
            Some(out)
        }
        _ => None,
    }
}

/// Writes the font.
pub(super) fn write(font: &Font) -> Vec<u8> {
    let mut strings = names::Strings::default();
    let charset = write_charset(font, &mut strings);
    let encoding = match &font.encoding {
        Encoding::Custom(codes, more) if !font.is_cid() => Some(write_encoding(codes, more, &mut strings)),
        _ => None,
    };
    let ros = font.is_cid().then(|| {
        let registry = strings.sid(&font.system.0);
        let ordering = strings.sid(&font.system.1);
        (registry, ordering)
    });
    let charstrings: Vec<Vec<u8>> = font.glyphs.iter().map(Outline::charstring).collect();
    let charstrings = write_index(&charstrings);
    let select = write_select(&font.select);
    // Widths stand in the charstrings, so both defaults are zero.
    let private: &[u8] = &[139, 20, 139, 21];
    let names = write_index(&[b"F".to_vec()]);
    let strings = write_index(&strings.custom);
    // Offsets are written with five bytes each, so the size of the dictionary does not depend on them.
    let top = |offsets: &Offsets| top_dict(font, ros, encoding.is_some(), private.len(), offsets);
    let start = 4 + names.len() + write_index(&[top(&Offsets::default())]).len() + strings.len() + 2;
    let mut offsets = Offsets { charset: start, ..Offsets::default() };
    offsets.encoding = offsets.charset + charset.as_ref().map_or(0, Vec::len);
    offsets.charstrings = offsets.encoding + encoding.as_ref().map_or(0, Vec::len);
    offsets.private = offsets.charstrings + charstrings.len();
    offsets.select = offsets.private + private.len();
    offsets.array = offsets.select + if font.is_cid() { select.len() } else { 0 };
    let mut out = vec![1, 0, 4, 4];
    out.extend(names);
    out.extend(write_index(&[top(&offsets)]));
    out.extend(strings);
    out.extend([0, 0]);
    out.extend(charset.unwrap_or_default());
    out.extend(encoding.unwrap_or_default());
    out.extend(charstrings);
    out.extend(private);
    if font.is_cid() {
        out.extend(select);
        let entries: Vec<Vec<u8>> = font
            .dictionaries
            .iter()
            .map(|matrix| {
                let mut entry = Vec::new();
                write_matrix(matrix.as_ref(), &mut entry);
                long(private.len(), &mut entry);
                long(offsets.private, &mut entry);
                entry.push(18);
                entry
            })
            .collect();
        out.extend(write_index(&entries));
    }
    out
}

#[derive(Default)]
struct Offsets {
    charset: usize,
    encoding: usize,
    charstrings: usize,
    private: usize,
    select: usize,
    array: usize,
}

fn top_dict(font: &Font, ros: Option<(u16, u16)>, encoding: bool, private: usize, o: &Offsets) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some((registry, ordering)) = ros {
        out.extend(integer(registry.into()));
        out.extend(integer(ordering.into()));
        out.extend(integer(font.system.2.clamp(0, 255)));
        out.extend([12, 30]);
    }
    write_matrix(font.matrix.as_ref(), &mut out);
    for v in font.bbox {
        out.extend(integer(v));
    }
    out.push(5);
    match font.charset {
        Charset::Expert(set) => out.extend(integer(set.into())),
        _ => long(o.charset, &mut out),
    }
    out.push(15);
    if encoding {
        long(o.encoding, &mut out);
        out.push(16);
    } else if font.encoding == Encoding::Expert && !font.is_cid() {
        out.extend([140, 16]);
    }
    long(o.charstrings, &mut out);
    out.push(17);
    if font.is_cid() {
        long(font.glyphs.len().max(highest_cid(font) + 1), &mut out);
        out.extend([12, 34]);
        long(o.array, &mut out);
        out.extend([12, 36]);
        long(o.select, &mut out);
        out.extend([12, 37]);
    } else {
        long(private, &mut out);
        long(o.private, &mut out);
        out.push(18);
    }
    out
}

fn highest_cid(font: &Font) -> usize {
    match &font.charset {
        Charset::Cids(cids) => cids.iter().copied().max().unwrap_or(0).into(),
        _ => 0,
    }
}

fn long(v: usize, out: &mut Vec<u8>) {
    out.push(29);
    out.extend(i32::try_from(v).unwrap_or(0).to_be_bytes());
}

fn write_matrix(matrix: Option<&[f64; 6]>, out: &mut Vec<u8>) {
    let Some(matrix) = matrix else { return };
    for v in matrix {
        out.push(30);
        let mut nibbles: Vec<u8> = v
            .to_string()
            .bytes()
            .map(|b| match b {
                b'.' => 10,
                b'-' => 14,
                b => b.saturating_sub(b'0').min(9),
            })
            .take(40)
            .collect();
        nibbles.push(15);
        if nibbles.len() % 2 == 1 {
            nibbles.push(15);
        }
        out.extend(nibbles.chunks_exact(2).map(|p| p[0] << 4 | p[1]));
    }
    out.extend([12, 7]);
}

fn write_index(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = u16::try_from(items.len()).unwrap_or(0).to_be_bytes().to_vec();
    if items.is_empty() {
        return out;
    }
    out.push(4);
    let mut at = 1_u32;
    out.extend(at.to_be_bytes());
    for item in items {
        at = at.saturating_add(u32::try_from(item.len()).unwrap_or(0));
        out.extend(at.to_be_bytes());
    }
    for item in items {
        out.extend(item);
    }
    out
}

/// Format 2: runs of consecutive identifiers.
fn write_charset(font: &Font, strings: &mut names::Strings) -> Option<Vec<u8>> {
    let ids: Vec<u16> = match &font.charset {
        Charset::Expert(_) => return None,
        Charset::Cids(cids) => cids.clone(),
        Charset::Names(names) => {
            names.iter().enumerate().map(|(i, n)| if i == 0 { 0 } else { strings.sid(n) }).collect()
        }
    };
    let mut out = vec![2];
    let mut rest = ids.get(1..).unwrap_or(&[]);
    while let Some(&first) = rest.first() {
        let run = rest.iter().zip(first..=u16::MAX).take_while(|(a, b)| **a == *b).count();
        out.extend(first.to_be_bytes());
        out.extend(u16::try_from(run - 1).unwrap_or(0).to_be_bytes());
        rest = &rest[run..];
    }
    Some(out)
}

fn write_encoding(codes: &[u8], more: &[(u8, String)], strings: &mut names::Strings) -> Vec<u8> {
    let mut out = vec![if more.is_empty() { 0 } else { 0x80 }, u8::try_from(codes.len()).unwrap_or(255)];
    out.extend(codes);
    if !more.is_empty() {
        out.push(u8::try_from(more.len()).unwrap_or(255));
        for (code, name) in more.iter().take(255) {
            out.push(*code);
            out.extend(strings.sid(name).to_be_bytes());
        }
    }
    out
}

fn write_select(select: &[u8]) -> Vec<u8> {
    let mut ranges: Vec<(u16, u8)> = Vec::new();
    for (glyph, fd) in select.iter().enumerate() {
        if ranges.last().is_none_or(|(_, last)| last != fd) {
            ranges.push((u16::try_from(glyph).unwrap_or(0), *fd));
        }
    }
    let mut out = vec![3];
    out.extend(u16::try_from(ranges.len()).unwrap_or(0).to_be_bytes());
    for (first, fd) in ranges {
        out.extend(first.to_be_bytes());
        out.push(fd);
    }
    out.extend(u16::try_from(select.len()).unwrap_or(0).to_be_bytes());
    out
}
