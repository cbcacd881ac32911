//! The drawing layer of Office: containers, shapes, properties, pictures.
//!
//! Source: MS-ODRAW 2.2. Records nest; each has version and instance (12 bits), type and length.

use std::{collections::BTreeMap, io::Read as _};

use flate2::read::ZlibDecoder;

use super::record::Fields;
use crate::{Meter, Refusal, ctx::Ctx};

/// Deepest nesting of groups.
const DEPTH: usize = 32;

#[derive(Debug, Clone, Copy)]
struct Head {
    instance: u16,
    kind: u16,
}

/// Children of a container: head and payload. A container that is cut off keeps what is there of it.
fn children(data: &[u8]) -> impl Iterator<Item = (Head, &[u8])> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let head = rest.get(..8)?;
        let word = u16::from_le_bytes([head[0], head[1]]);
        let len = usize::try_from(u32::from_le_bytes([head[4], head[5], head[6], head[7]])).ok()?;
        let end = 8_usize.checked_add(len)?.min(rest.len());
        let body = &rest[8..end];
        rest = &rest[end..];
        let kind = u16::from_le_bytes([head[2], head[3]]);
        Some((Head { instance: word >> 4, kind }, body))
    })
}

/// One shape, or a group of them.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Number of the geometry (MSOSPT).
    pub(super) geometry: u16,
    pub(super) flags: u32,
    pub(super) properties: BTreeMap<u16, u32>,
    /// Payloads of properties that are longer than four bytes.
    pub(super) long: BTreeMap<u16, Vec<u8>>,
    pub(super) anchor: Option<Anchor>,
    /// Left, top, right, bottom in the coordinates of the group around it.
    pub(super) inside: Option<[i32; 4]>,
    /// Coordinates that the members of this group use.
    pub(super) space: Option<[i32; 4]>,
    pub(super) members: Vec<Shape>,
    pub(super) is_group: bool,
    /// Number among the shapes that have an OBJ record.
    pub(super) object: Option<usize>,
}

/// Cells that a shape stands on, with offsets into them (1/1024 of the width, 1/256 of the height).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Anchor {
    pub(super) flags: u16,
    /// Column, offset, row, offset.
    pub(super) from: [u16; 4],
    pub(super) to: [u16; 4],
}

/// The shapes of a sheet, and how many of them belong to an object.
pub(super) fn shapes(drawing: &[u8], ctx: &mut Ctx<'_>) -> Result<(Vec<Shape>, usize), Refusal> {
    let mut reader = Reader { objects: 0, records: 0 };
    let mut out = Vec::new();
    for (head, body) in children(drawing) {
        if head.kind == 0xF002 {
            for (head, body) in children(body) {
                if head.kind == 0xF003 {
                    // The outermost group is the sheet itself.
                    let patriarch = reader.group(body, 0);
                    out.extend(patriarch.map(|g| g.members).unwrap_or_default());
                }
            }
        }
    }
    ctx.spend(Meter::Objects, reader.records)?;
    Ok((out, reader.objects))
}

struct Reader {
    objects: usize,
    records: u64,
}

impl Reader {
    fn group(&mut self, data: &[u8], depth: usize) -> Option<Shape> {
        if depth > DEPTH {
            return None;
        }
        let mut group: Option<Shape> = None;
        for (head, body) in children(data) {
            self.records += 1;
            let shape = match head.kind {
                0xF003 => self.group(body, depth + 1),
                0xF004 => Some(self.shape(body)),
                _ => None,
            };
            match (&mut group, shape) {
                (None, Some(mut first)) => {
                    first.is_group = true;
                    group = Some(first);
                }
                (Some(group), Some(member)) => group.members.push(member),
                _ => {}
            }
        }
        group
    }

    fn shape(&mut self, data: &[u8]) -> Shape {
        let mut shape = Shape::default();
        for (head, body) in children(data) {
            self.records += 1;
            let mut fields = Fields::over(body);
            match head.kind {
                0xF00A => {
                    shape.geometry = head.instance;
                    fields.u32();
                    shape.flags = fields.u32().unwrap_or(0);
                }
                0xF009 => shape.space = rectangle(&mut fields),
                0xF00F => shape.inside = rectangle(&mut fields),
                0xF010 => shape.anchor = anchor(&mut fields),
                0xF00B | 0xF122 => properties(&mut shape, head.instance, body),
                0xF011 => {
                    shape.object = Some(self.objects);
                    self.objects += 1;
                }
                _ => {}
            }
        }
        shape
    }
}

fn rectangle(fields: &mut Fields<'_>) -> Option<[i32; 4]> {
    Some([fields.i32()?, fields.i32()?, fields.i32()?, fields.i32()?])
}

fn anchor(fields: &mut Fields<'_>) -> Option<Anchor> {
    let flags = fields.u16()?;
    let mut half = || Some([fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?]);
    Some(Anchor { flags, from: half()?, to: half()? })
}

/// A table of properties on its own, as fills of charts have it.
pub(super) fn table(data: &[u8]) -> Option<Shape> {
    let (head, body) = children(data).find(|(head, _)| head.kind == 0xF00B)?;
    let mut shape = Shape::default();
    properties(&mut shape, head.instance, body);
    Some(shape)
}

fn properties(shape: &mut Shape, count: u16, data: &[u8]) {
    let mut fields = Fields::over(data);
    let mut long = Vec::new();
    for _ in 0..count {
        let (Some(id), Some(value)) = (fields.u16(), fields.u32()) else { return };
        if id & 0x8000 != 0 {
            long.push((id & 0x3FFF, value));
        }
        shape.properties.insert(id & 0x3FFF, value);
    }
    for (id, len) in long {
        let Some(bytes) = usize::try_from(len).ok().and_then(|len| fields.bytes(len)) else { return };
        shape.long.insert(id, bytes);
    }
}

impl Shape {
    pub(super) fn property(&self, id: u16) -> Option<u32> {
        self.properties.get(&id).copied()
    }

    /// A switch among the booleans of a group of properties; `bit` of those whose `use` bit is set.
    pub(super) fn switch(&self, id: u16, bit: u32, default: bool) -> bool {
        match self.property(id) {
            Some(word) if word & (1 << (bit + 16)) != 0 => word & (1 << bit) != 0,
            _ => default,
        }
    }

    pub(super) fn text(&self, id: u16) -> String {
        let units: Vec<u16> = self.long.get(&id).map_or(Vec::new(), |bytes| {
            bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).take_while(|u| *u != 0).collect()
        });
        String::from_utf16_lossy(&units)
    }
}

/// The pictures of a workbook, in the order that shapes count them.
pub(super) fn pictures(group: &[u8], ctx: &mut Ctx<'_>) -> Result<Vec<Option<Vec<u8>>>, Refusal> {
    let mut out = Vec::new();
    for (head, body) in children(group) {
        if head.kind != 0xF000 {
            continue;
        }
        for (_, body) in children(body).filter(|(head, _)| head.kind == 0xF001) {
            for (head, body) in children(body) {
                ctx.spend(Meter::Objects, 1)?;
                out.push(match head.kind {
                    0xF007 => entry(body, ctx)?,
                    _ => picture(head, body, ctx)?,
                });
            }
        }
    }
    Ok(out)
}

/// An entry of the picture store: 36 bytes and a name stand before the picture.
fn entry(data: &[u8], ctx: &mut Ctx<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let name = usize::from(data.get(33).copied().unwrap_or(0));
    let Some((head, body)) = data.get(36 + name..).and_then(|rest| children(rest).next()) else {
        return Ok(None);
    };
    picture(head, body, ctx)
}

fn picture(head: Head, data: &[u8], ctx: &mut Ctx<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    // One or two checksums stand first; an odd instance says that there are two.
    let sums = if head.instance & 1 != 0 { 32 } else { 16 };
    let body = data.get(sums..).unwrap_or(&[]);
    Ok(match head.kind {
        0xF01D | 0xF01E | 0xF029 | 0xF02A => body.get(1..).map(<[u8]>::to_vec),
        0xF01F => body.get(1..).and_then(bitmap),
        0xF01A..=0xF01C => metafile(body, ctx)?,
        _ => None,
    })
}

/// A bitmap without its file header gets one.
fn bitmap(dib: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Fields::over(dib);
    let size = fields.u32()?;
    let (bits, compression, colours) = if size == 12 {
        fields.skip(6)?;
        (fields.u16()?, 0, 0)
    } else {
        fields.skip(10)?;
        let (bits, compression) = (fields.u16()?, fields.u32()?);
        fields.skip(12)?;
        (bits, compression, fields.u32()?)
    };
    let entries = if colours == 0 && bits <= 8 { 1_u32 << bits } else { colours };
    let masks = if compression == 3 && size == 40 { 12 } else { 0 };
    let table = entries.checked_mul(if size == 12 { 3 } else { 4 })?;
    let offset = 14_u32.checked_add(size)?.checked_add(masks)?.checked_add(table)?;
    let mut out = b"BM".to_vec();
    out.extend(u32::try_from(dib.len() + 14).ok()?.to_le_bytes());
    out.extend([0; 4]);
    out.extend(offset.to_le_bytes());
    out.extend_from_slice(dib);
    Some(out)
}

fn metafile(data: &[u8], ctx: &mut Ctx<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let (Some(head), Some(body)) = (data.get(..34), data.get(34..)) else { return Ok(None) };
    if head[32] != 0 {
        return Ok(Some(body.to_vec()));
    }
    let mut fields = Fields::over(head);
    let size = u64::from(fields.u32().unwrap_or(0));
    ctx.spend(Meter::ExpandedBytes, size)?;
    let mut out = Vec::new();
    let read = ZlibDecoder::new(body).take(size).read_to_end(&mut out);
    Ok(read.ok().filter(|_| !out.is_empty()).map(|_| out))
}
