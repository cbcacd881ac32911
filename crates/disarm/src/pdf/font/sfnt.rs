//! TrueType (OpenType 1.9, ISO/IEC 14496-22): outlines, metrics and character maps, without instructions and without
//! any table that PDF does not use.

use super::names;

/// Character maps: platform, encoding, and the pairs of code and glyph.
type CharacterMap = (u16, u16, Vec<(u32, u16)>);

const MAX_MAPS: usize = 16;
const MAX_PAIRS: usize = 200_000;
/// Composite glyphs inside each other.
const MAX_DEPTH: usize = 8;

/// What a font file contains.
pub(super) enum Contents<'a> {
    TrueType(Vec<u8>, usize),
    Cff(&'a [u8]),
}

struct Tables<'a> {
    data: &'a [u8],
    directory: Vec<([u8; 4], usize, usize)>,
}

impl<'a> Tables<'a> {
    fn read(data: &'a [u8]) -> Option<Self> {
        let start = if data.starts_with(b"ttcf") { long(data, 12)? as usize } else { 0 };
        let count = usize::from(word(data, start + 4)?).min(128);
        let mut directory = Vec::new();
        for i in 0..count {
            let at = start + 12 + i * 16;
            let tag = data.get(at..at + 4)?;
            let (offset, length) = (long(data, at + 8)? as usize, long(data, at + 12)? as usize);
            directory.push(([tag[0], tag[1], tag[2], tag[3]], offset, length));
        }
        Some(Self { data, directory })
    }

    /// A table, cut at the end of the file.
    fn get(&self, tag: &[u8; 4]) -> Option<&'a [u8]> {
        let (_, offset, length) = self.directory.iter().find(|(t, _, _)| t == tag)?;
        let end = offset.checked_add(*length)?.min(self.data.len());
        self.data.get(*offset..end).filter(|t| !t.is_empty())
    }
}

fn word(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]))
}

fn long(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(word(data, at)?) << 16 | u32::from(word(data, at + 2)?))
}

/// Rebuilds a TrueType font, or hands out the CFF table of an OpenType one. The number counts broken glyphs.
pub(super) fn rebuild(data: &[u8]) -> Option<Contents<'_>> {
    let tables = Tables::read(data)?;
    if tables.get(b"glyf").is_none()
        && let Some(cff) = tables.get(b"CFF ")
    {
        return Some(Contents::Cff(cff));
    }
    let head = tables.get(b"head").filter(|t| t.len() >= 52)?;
    let maxp = tables.get(b"maxp").filter(|t| t.len() >= 6)?;
    let glyf = tables.get(b"glyf").unwrap_or(&[]);
    let loca = tables.get(b"loca")?;
    let long_loca = word(head, 50)? != 0;
    let available = if long_loca { loca.len() / 4 } else { loca.len() / 2 }.saturating_sub(1);
    let count = usize::from(word(maxp, 4)?).min(available);
    if count == 0 || !(16..=16_384).contains(&word(head, 18)?) {
        return None;
    }
    let (glyphs, broken) = read_glyphs(glyf, loca, long_loca, count);
    let (glyf, loca, wide) = write_glyphs(&glyphs);
    let mut out: Vec<([u8; 4], Vec<u8>)> = Vec::new();
    if let Some(maps) = tables.get(b"cmap").and_then(|t| read_maps(t, count)) {
        out.push((*b"cmap", write_maps(&maps)));
    }
    out.push((*b"glyf", glyf));
    out.push((*b"head", write_head(head, wide)));
    if let Some((hhea, hmtx)) = metrics(&tables, count) {
        out.push((*b"hhea", hhea));
        out.push((*b"hmtx", hmtx));
    }
    out.push((*b"loca", loca));
    out.push((*b"maxp", write_maxp(maxp, count, &glyphs)));
    if let Some(post) = tables.get(b"post") {
        out.push((*b"post", write_post(post, count)));
    }
    Some(Contents::TrueType(assemble(&out), broken))
}

/// A glyph without instructions, and what the profile needs to know.
#[derive(Default, Clone)]
struct Glyph {
    data: Vec<u8>,
    points: u16,
    contours: u16,
    components: Vec<u16>,
}

fn read_glyphs(glyf: &[u8], loca: &[u8], wide: bool, count: usize) -> (Vec<Glyph>, usize) {
    let offset = |i: usize| {
        if wide {
            long(loca, i * 4).map(|v| v as usize)
        } else {
            word(loca, i * 2).map(|v| usize::from(v) * 2)
        }
    };
    let mut broken = 0;
    let mut glyphs: Vec<Glyph> = (0..count)
        .map(|i| {
            let data = match (offset(i), offset(i + 1)) {
                (Some(from), Some(to)) if from < to && from < glyf.len() => &glyf[from..to.min(glyf.len())],
                _ => return Glyph::default(),
            };
            read_glyph(data, count).unwrap_or_else(|| {
                broken += usize::from(data.iter().any(|b| *b != 0));
                Glyph::default()
            })
        })
        .collect();
    // Levels of composition, relaxed as often as the format allows: what still grows is a loop.
    let mut levels = vec![0_usize; count];
    for _ in 0..=MAX_DEPTH {
        for (i, glyph) in glyphs.iter().enumerate() {
            let below = glyph.components.iter().map(|c| levels[usize::from(*c)] + 1).max();
            levels[i] = below.unwrap_or(0).min(MAX_DEPTH + 1);
        }
    }
    for (glyph, level) in glyphs.iter_mut().zip(levels) {
        if level > MAX_DEPTH {
            *glyph = Glyph::default();
            broken += 1;
        }
    }
    (glyphs, broken)
}

fn read_glyph(data: &[u8], count: usize) -> Option<Glyph> {
    let contours = word(data, 0)?;
    let bbox = data.get(2..10)?;
    if contours & 0x8000 != 0 { read_composite(data, bbox, count) } else { read_simple(data, bbox, contours) }
}

fn read_simple(data: &[u8], bbox: &[u8], contours: u16) -> Option<Glyph> {
    if contours == 0 {
        return Some(Glyph::default());
    }
    let ends_len = usize::from(contours) * 2;
    let ends = data.get(10..10 + ends_len)?;
    let mut last = None;
    for pair in ends.chunks_exact(2) {
        let end = u16::from_be_bytes([pair[0], pair[1]]);
        if last.is_some_and(|l| end < l) {
            return None;
        }
        last = Some(end);
    }
    let points = last?.checked_add(1)?;
    let instructions = usize::from(word(data, 10 + ends_len)?);
    let flags_at = 12 + ends_len + instructions;
    let (mut at, mut seen, mut coordinates) = (flags_at, 0, 0);
    while seen < usize::from(points) {
        let flag = *data.get(at)?;
        at += 1;
        let mut repeat = 1;
        if flag & 8 != 0 {
            repeat += usize::from(*data.get(at)?);
            at += 1;
        }
        let x = if flag & 2 != 0 {
            1
        } else if flag & 16 != 0 {
            0
        } else {
            2
        };
        let y = if flag & 4 != 0 {
            1
        } else if flag & 32 != 0 {
            0
        } else {
            2
        };
        let repeat = repeat.min(usize::from(points) - seen);
        coordinates += (x + y) * repeat;
        seen += repeat;
    }
    let body = data.get(flags_at..at + coordinates)?;
    let mut out = contours.to_be_bytes().to_vec();
    out.extend(bbox);
    out.extend(ends);
    out.extend([0, 0]);
    out.extend(body);
    Some(Glyph { data: out, points, contours, components: Vec::new() })
}

fn read_composite(data: &[u8], bbox: &[u8], count: usize) -> Option<Glyph> {
    let mut out = vec![0xff, 0xff];
    out.extend(bbox);
    let mut components = Vec::new();
    let mut at = 10;
    loop {
        let (flags, glyph) = (word(data, at)?, word(data, at + 2)?);
        if usize::from(glyph) >= count || components.len() >= 256 {
            return None;
        }
        let arguments = if flags & 1 != 0 { 4 } else { 2 };
        let scale = match () {
            () if flags & 0x08 != 0 => 2,
            () if flags & 0x40 != 0 => 4,
            () if flags & 0x80 != 0 => 8,
            () => 0,
        };
        let body = data.get(at + 4..at + 4 + arguments + scale)?;
        out.extend((flags & !0x0100 & 0x1fff).to_be_bytes());
        out.extend(glyph.to_be_bytes());
        out.extend(body);
        components.push(glyph);
        at += 4 + arguments + scale;
        if flags & 0x20 == 0 {
            return Some(Glyph { data: out, points: 0, contours: 0, components });
        }
    }
}

fn write_glyphs(glyphs: &[Glyph]) -> (Vec<u8>, Vec<u8>, bool) {
    let mut glyf = Vec::new();
    let mut offsets = vec![0_usize];
    for glyph in glyphs {
        glyf.extend(&glyph.data);
        glyf.resize(glyf.len().next_multiple_of(2), 0);
        offsets.push(glyf.len());
    }
    let wide = glyf.len() > 0x1_fffe;
    let mut loca = Vec::new();
    for offset in offsets {
        if wide {
            loca.extend(u32::try_from(offset).unwrap_or(u32::MAX).to_be_bytes());
        } else {
            loca.extend(u16::try_from(offset / 2).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    (glyf, loca, wide)
}

fn write_head(head: &[u8], wide: bool) -> Vec<u8> {
    let mut out = vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5f, 0x0f, 0x3c, 0xf5, 0, head[17] & 0x0b];
    out.extend(&head[18..20]);
    out.extend([0; 16]);
    out.extend(&head[36..44]);
    out.extend([0, head[45] & 3, 0, 6, 0, 2, 0, u8::from(wide), 0, 0]);
    out
}

fn write_maxp(maxp: &[u8], count: usize, glyphs: &[Glyph]) -> Vec<u8> {
    let most = |f: fn(&Glyph) -> u16| glyphs.iter().map(f).max().unwrap_or(0);
    let old = |at: usize| word(maxp, at).unwrap_or(0);
    let parts = glyphs.iter().map(|g| g.components.len()).max().unwrap_or(0);
    let mut out = vec![0, 1, 0, 0];
    for v in [
        u16::try_from(count).unwrap_or(u16::MAX),
        most(|g| g.points),
        most(|g| g.contours),
        old(10),
        old(12),
        2,
        0,
        0,
        0,
        0,
        0,
        0,
        u16::try_from(parts).unwrap_or(256),
        if parts > 0 { u16::try_from(MAX_DEPTH).unwrap_or(8) } else { 0 },
    ] {
        out.extend(v.to_be_bytes());
    }
    out
}

fn metrics(tables: &Tables<'_>, count: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let hhea = tables.get(b"hhea").filter(|t| t.len() >= 36)?;
    let hmtx = tables.get(b"hmtx")?;
    let full = usize::from(word(hhea, 34)?).clamp(1, count);
    let mut out = vec![0, 1, 0, 0];
    out.extend(&hhea[4..24]);
    out.extend([0; 10]);
    out.extend(u16::try_from(full).unwrap_or(1).to_be_bytes());
    let size = full * 4 + (count - full) * 2;
    let mut table = hmtx[..hmtx.len().min(size)].to_vec();
    table.resize(size, 0);
    Some((out, table))
}

/// Glyph names, which simple fonts look glyphs up by.
fn write_post(post: &[u8], count: usize) -> Vec<u8> {
    let mut out = vec![0, 3, 0, 0];
    out.extend([0; 28]);
    match long(post, 0) {
        Some(0x0001_0000) => out[1] = 1,
        Some(0x0002_0000) => {
            if let Some(table) = post_names(post, count) {
                out[1] = 2;
                out.extend(table);
            }
        }
        _ => {}
    }
    out
}

fn post_names(post: &[u8], count: usize) -> Option<Vec<u8>> {
    let stored = usize::from(word(post, 32)?);
    let mut strings = Vec::new();
    let mut at = 34 + stored * 2;
    while let Some(&len) = post.get(at) {
        strings.push(post.get(at + 1..at + 1 + usize::from(len)).unwrap_or(&[]));
        at += 1 + usize::from(len);
    }
    let mut out = u16::try_from(count).ok()?.to_be_bytes().to_vec();
    let mut kept: Vec<String> = Vec::new();
    for i in 0..count {
        let index = if i < stored { word(post, 34 + i * 2)? } else { 0 };
        let index = match index.checked_sub(258) {
            None => index,
            Some(custom) => {
                kept.push(names::sanitised(strings.get(usize::from(custom)).copied().unwrap_or(&[])));
                u16::try_from(257 + kept.len()).ok()?
            }
        };
        out.extend(index.to_be_bytes());
    }
    for name in kept {
        out.push(u8::try_from(name.len()).unwrap_or(0));
        out.extend(name.as_bytes());
    }
    Some(out)
}

fn read_maps(cmap: &[u8], glyphs: usize) -> Option<Vec<CharacterMap>> {
    let count = usize::from(word(cmap, 2)?).min(MAX_MAPS);
    let mut maps = Vec::new();
    for i in 0..count {
        let at = 4 + i * 8;
        let (platform, encoding) = (word(cmap, at)?, word(cmap, at + 2)?);
        let table = cmap.get(long(cmap, at + 4)? as usize..).unwrap_or(&[]);
        if let Some(mut pairs) = read_map(table) {
            pairs.retain(|(_, g)| *g != 0 && usize::from(*g) < glyphs);
            pairs.sort_unstable();
            pairs.dedup_by_key(|p| p.0);
            maps.push((platform, encoding, pairs));
        }
    }
    (!maps.is_empty()).then_some(maps)
}

fn read_map(table: &[u8]) -> Option<Vec<(u32, u16)>> {
    let mut pairs = Vec::new();
    match word(table, 0)? {
        0 => pairs.extend(table.get(6..262)?.iter().zip(0..).map(|(g, c)| (c, u16::from(*g)))),
        4 => {
            let segments = usize::from(word(table, 6)?) / 2;
            for s in 0..segments {
                let end = word(table, 14 + s * 2)?;
                let start = word(table, 16 + segments * 2 + s * 2)?;
                let delta = word(table, 16 + segments * 4 + s * 2)?;
                let range_at = 16 + segments * 6 + s * 2;
                let range = usize::from(word(table, range_at)?);
                for code in start..=end {
                    let glyph = if range == 0 || range == 0xffff {
                        code.wrapping_add(delta)
                    } else {
                        match word(table, range_at + range + usize::from(code - start) * 2) {
                            Some(g) if g != 0 => g.wrapping_add(delta),
                            _ => 0,
                        }
                    };
                    pairs.push((u32::from(code), glyph));
                    if pairs.len() > MAX_PAIRS {
                        return None;
                    }
                }
            }
        }
        6 => {
            let first = u32::from(word(table, 6)?);
            for i in 0..u32::from(word(table, 8)?) {
                pairs.push((first + i, word(table, 10 + i as usize * 2)?));
            }
        }
        12 => {
            for g in 0..long(table, 12)? as usize {
                let at = 16 + g * 12;
                let (start, end, glyph) = (long(table, at)?, long(table, at + 4)?, long(table, at + 8)?);
                for (i, code) in (start..=end).enumerate() {
                    pairs
                        .push((code, u16::try_from(glyph.checked_add(u32::try_from(i).ok()?)?).unwrap_or(0)));
                    if pairs.len() > MAX_PAIRS {
                        return None;
                    }
                }
            }
        }
        _ => return None,
    }
    Some(pairs)
}

fn write_maps(maps: &[CharacterMap]) -> Vec<u8> {
    let mut out = vec![0, 0];
    out.extend(u16::try_from(maps.len()).unwrap_or(0).to_be_bytes());
    let mut bodies = Vec::new();
    let mut at = 4 + maps.len() * 8;
    for (platform, encoding, pairs) in maps {
        let body = write_map(*platform, pairs);
        out.extend(platform.to_be_bytes());
        out.extend(encoding.to_be_bytes());
        out.extend(u32::try_from(at).unwrap_or(0).to_be_bytes());
        at += body.len();
        bodies.push(body);
    }
    out.extend(bodies.into_iter().flatten());
    out
}

fn write_map(platform: u16, pairs: &[(u32, u16)]) -> Vec<u8> {
    let words = |v: &[u16]| v.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>();
    let last = pairs.last().map_or(0, |p| p.0);
    if platform == 1 && last < 256 {
        let first = pairs.first().map_or(0, |p| p.0) as u16;
        let count = if pairs.is_empty() { 0 } else { last as u16 - first + 1 };
        let mut out = words(&[6, 10 + count * 2, 0, first, count]);
        let mut glyphs = vec![0_u16; usize::from(count)];
        for (code, glyph) in pairs {
            glyphs[*code as usize - usize::from(first)] = *glyph;
        }
        out.extend(words(&glyphs));
        return out;
    }
    // Runs in which code and glyph advance together.
    let mut runs: Vec<(u32, u32, u16)> = Vec::new();
    for &(code, glyph) in pairs {
        match runs.last_mut() {
            Some((start, end, first))
                if *end + 1 == code && u32::from(*first) + (code - *start) == u32::from(glyph) =>
            {
                *end = code;
            }
            _ => runs.push((code, code, glyph)),
        }
    }
    if last > 0xfffe || runs.len() > 8000 {
        let mut out = words(&[12, 0]);
        for v in [16 + runs.len() * 12, 0, runs.len()] {
            out.extend(u32::try_from(v).unwrap_or(0).to_be_bytes());
        }
        for (start, end, glyph) in runs {
            out.extend([start, end, u32::from(glyph)].iter().flat_map(|v| v.to_be_bytes()));
        }
        return out;
    }
    let count = u16::try_from(runs.len() + 1).unwrap_or(1);
    let power = 1 << count.ilog2();
    let mut out =
        words(&[4, 16 + count * 8, 0, count * 2, power * 2, count.ilog2() as u16, (count - power) * 2]);
    let narrow = |v: u32| u16::try_from(v).unwrap_or(u16::MAX);
    out.extend(words(&runs.iter().map(|r| narrow(r.1)).chain([0xffff, 0]).collect::<Vec<_>>()));
    out.extend(words(&runs.iter().map(|r| narrow(r.0)).chain([0xffff]).collect::<Vec<_>>()));
    out.extend(words(&runs.iter().map(|r| r.2.wrapping_sub(narrow(r.0))).chain([1]).collect::<Vec<_>>()));
    out.extend(words(&vec![0; usize::from(count)]));
    out
}

fn checksum(data: &[u8]) -> u32 {
    data.chunks(4).fold(0, |sum, c| {
        let mut four = [0; 4];
        four[..c.len()].copy_from_slice(c);
        sum.wrapping_add(u32::from_be_bytes(four))
    })
}

fn assemble(tables: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let count = u16::try_from(tables.len()).unwrap_or(0);
    let power = 1_u16 << count.max(1).ilog2();
    let mut out = vec![0, 1, 0, 0];
    for v in [count, power * 16, count.max(1).ilog2() as u16, (count - power) * 16] {
        out.extend(v.to_be_bytes());
    }
    let mut at = 12 + tables.len() * 16;
    for (tag, data) in tables {
        out.extend(tag);
        for v in [checksum(data), u32::try_from(at).unwrap_or(0), u32::try_from(data.len()).unwrap_or(0)] {
            out.extend(v.to_be_bytes());
        }
        at += data.len().next_multiple_of(4);
    }
    let mut head_at = None;
    for (tag, data) in tables {
        if tag == b"head" {
            head_at = Some(out.len());
        }
        out.extend(data);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    if let Some(head) = head_at {
        let adjustment = 0xb1b0_afba_u32.wrapping_sub(checksum(&out));
        out[head + 8..head + 12].copy_from_slice(&adjustment.to_be_bytes());
    }
    out
}
