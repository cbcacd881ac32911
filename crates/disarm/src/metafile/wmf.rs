//! Reads a WMF, the 16-bit kind of metafile, and writes the same drawing as an EMF.

use super::{
    Losses, bitmap,
    emf::{brush, pen, pen_style},
    fields::{Fields, colour},
    text::{Font, Text, decode},
    write::{Emf, Frame, Object, draws},
};
use crate::{Meter, Refusal, ctx::Ctx};

/// Slots for objects that one file may fill.
const SLOTS: usize = 10_000;
/// What a drawing without a stated size is taken to measure, units an inch.
const INCH: i32 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Free,
    /// Pen, brush or font, with that number plus one in the EMF.
    Kept,
    /// Palettes and regions fill a slot, too.
    Left,
}

struct Reader<'l> {
    emf: Emf,
    slots: Vec<Slot>,
    window: [i32; 2],
    losses: &'l mut Losses,
}

pub(super) fn read(bytes: &[u8], losses: &mut Losses, ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let bad = || Refusal::malformed("", "WMF の構造が壊れています");
    let (placed, rest) = placeable(bytes).ok_or_else(bad)?;
    // Nine words of header.
    let records = rest.get(18..).ok_or_else(bad)?;
    let (area, inch) = placed.or_else(|| window(records)).ok_or_else(bad)?;
    let [left, top, right, bottom] = area;
    let size = [right - left, bottom - top];
    let hundredths =
        size.map(|v| i32::try_from(i64::from(v.abs()) * 2540 / i64::from(inch)).unwrap_or(0).max(1));
    let mut reader = Reader { emf: Emf::new(), slots: Vec::new(), window: [left, top], losses };
    // One pixel of the device is a hundredth of a millimetre; the drawing's own units lie over it.
    reader.emf.integers(17, &[8]);
    reader.emf.integers(12, &[0, 0]);
    reader.emf.integers(11, &hundredths);
    reader.emf.integers(10, &[left, top]);
    reader.emf.integers(9, &size);
    let mut rest = records;
    loop {
        ctx.spend(Meter::Steps, 1)?;
        let mut head = Fields::over(rest);
        let record = match (head.len(), head.u16()) {
            (Some(words), Some(function)) if words >= 3 => {
                words.checked_mul(2).and_then(|len| rest.get(..len)).map(|record| (function, record))
            }
            _ => None,
        };
        let Some((function, record)) = record else {
            reader.losses.drawings += 1;
            break;
        };
        rest = &rest[record.len()..];
        if function == 0 {
            break;
        }
        reader.copy(function, &record[6..], ctx)?;
        ctx.spend(Meter::OutputBytes, reader.emf.len())?;
    }
    if reader.emf.drawn == 0 && reader.losses.drawings > 0 {
        return Err(bad());
    }
    let [width, height] = hundredths;
    let device = [100_000, 100_000];
    let frame = Frame {
        bounds: [0, 0, width, height],
        frame: [0, 0, width, height],
        device,
        micrometres: device.map(|v| v * 10),
    };
    Ok(reader.emf.finish(&frame))
}

type Area = ([i32; 4], i32);

/// The placing header, if there is one, and what follows it.
fn placeable(bytes: &[u8]) -> Option<(Option<Area>, &[u8])> {
    if !bytes.starts_with(&[0xD7, 0xCD, 0xC6, 0x9A]) {
        return Some((None, bytes));
    }
    let mut fields = Fields::over(bytes.get(6..)?);
    let mut area = [0; 4];
    for value in &mut area {
        *value = i32::from(fields.i16()?);
    }
    let inch = i32::from(fields.u16()?).max(1);
    let real = area[0] != area[2] && area[1] != area[3];
    Some((Some((area, inch)).filter(|_| real), bytes.get(22..)?))
}

/// The first window that the records set.
fn window(records: &[u8]) -> Option<Area> {
    let (mut origin, mut rest) = ([0, 0], records);
    loop {
        let mut head = Fields::over(rest);
        let (words, function) = (head.len()?, head.u16()?);
        let size = words.checked_mul(2).filter(|s| *s >= 6)?;
        let mut pair = || Some([i32::from(head.i16()?), i32::from(head.i16()?)]);
        match function {
            0x020B => origin = pair()?,
            0x020C => {
                let [height, width] = pair().filter(|[h, w]| *h != 0 && *w != 0)?;
                return Some(([origin[1], origin[0], origin[1] + width, origin[0] + height], INCH));
            }
            _ => {}
        }
        rest = rest.get(size..)?;
    }
}

impl Reader<'_> {
    fn copy(&mut self, function: u16, body: &[u8], ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        let fields = Fields::over(body);
        let copied = match function {
            0x0102..=0x0107 | 0x012E => self.mode(function, fields),
            0x0201 | 0x0209 => self.colour(function, fields),
            0x020B | 0x020C | 0x020F => self.window(function, fields),
            0x001E => self.emf.save(),
            0x0127 => restore(&mut self.emf, fields),
            0x012D | 0x01F0 => self.select(function, fields),
            0x02FA..=0x02FC => self.object(function, fields),
            0x0142 => self.pattern(fields, ctx)?,
            // Palettes and regions: nothing of them is written, their slot is taken.
            0x00F7 | 0x06FF | 0x01F9 => {
                self.losses.drawings += u64::from(function == 0x01F9);
                self.losses.unseen += 1;
                self.take(Slot::Left).map(|_| ())
            }
            0x0940 | 0x0B41 | 0x0F43 | 0x0D33 => self.picture(function, body, ctx)?,
            0x061D => {
                Fields::over(body).u32().and_then(|operation| self.fill(operation, Fields::over(&body[4..])))
            }
            0x0A32 | 0x0521 => self.text(function, fields),
            0x0324 | 0x0325 | 0x0538 => self.polygon(function, fields),
            0x0626 => self.escape(fields),
            _ => self.figure(function, fields),
        };
        if copied.is_none() {
            // Map mode, viewport, spacing and palettes: the placing header decides over them.
            let unseen = matches!(
                function,
                0x0103
                    | 0x0105
                    | 0x0108
                    | 0x020A
                    | 0x020D
                    | 0x020E
                    | 0x0234
                    | 0x0035
                    | 0x0037
                    | 0x0139
                    | 0x0436
                    | 0x0149
                    | 0x0231
            );
            *(if unseen { &mut self.losses.unseen } else { &mut self.losses.drawings }) += 1;
        }
        Ok(())
    }

    fn mode(&mut self, function: u16, mut fields: Fields<'_>) -> Option<()> {
        let value = i32::from(fields.u16()?);
        let (kind, range) = match function {
            0x0102 => (18, 1..=2),
            0x0104 => (20, 1..=16),
            0x0106 => (19, 1..=2),
            0x0107 => (21, 1..=4),
            0x012E => (22, 0..=0x1FF),
            _ => return None,
        };
        let value = if kind == 22 { value & 0x11F } else { value };
        range.contains(&value).then(|| self.emf.integers(kind, &[value]))
    }

    fn colour(&mut self, function: u16, mut fields: Fields<'_>) -> Option<()> {
        let value = colour(fields.u32()?);
        self.emf.record(if function == 0x0201 { 25 } else { 24 }, &value.to_le_bytes());
        Some(())
    }

    fn window(&mut self, function: u16, mut fields: Fields<'_>) -> Option<()> {
        let (y, x) = (i32::from(fields.i16()?), i32::from(fields.i16()?));
        if function == 0x020C {
            (x != 0 && y != 0).then(|| self.emf.integers(9, &[x, y]))
        } else {
            let moved = if function == 0x020F { self.window } else { [0, 0] };
            self.window = [(moved[0] + x).clamp(-65_536, 65_536), (moved[1] + y).clamp(-65_536, 65_536)];
            self.emf.integers(10, &self.window.clone());
            Some(())
        }
    }

    /// The lowest free slot; objects are known by it.
    fn take(&mut self, slot: Slot) -> Option<u32> {
        let free = self.slots.iter().position(|s| *s == Slot::Free);
        let at = free.unwrap_or_else(|| {
            self.slots.push(Slot::Free);
            self.slots.len() - 1
        });
        if at >= SLOTS {
            return None;
        }
        self.slots[at] = slot;
        u32::try_from(at + 1).ok()
    }

    fn select(&mut self, function: u16, mut fields: Fields<'_>) -> Option<()> {
        let slot = usize::from(fields.u16()?);
        let number = u32::try_from(slot + 1).ok()?;
        let kept = self.slots.get(slot) == Some(&Slot::Kept);
        match function {
            0x012D if kept => self.emf.select(number),
            0x01F0 => {
                if kept {
                    self.emf.delete(number);
                }
                *self.slots.get_mut(slot)? = Slot::Free;
            }
            _ => {}
        }
        Some(())
    }

    fn object(&mut self, function: u16, mut fields: Fields<'_>) -> Option<()> {
        let number = self.take(Slot::Kept)?;
        match function {
            0x02FA => {
                let style = pen_style(u32::from(fields.u16()?), 6);
                let width = [i32::from(fields.i16()?), i32::from(fields.i16()?)];
                self.emf.create(38, number, Object::Pen, &pen(style, width, fields.u32()?))
            }
            0x02FC => {
                let (style, tint, hatch) = (fields.u16()?, fields.u32()?, fields.u16()?);
                self.emf.create(39, number, Object::Brush, &brush(style.into(), tint, hatch.into()))
            }
            _ => {
                let mut sizes = [0; 5];
                for size in &mut sizes {
                    *size = i32::from(fields.i16()?);
                }
                let small: [u8; 8] = fields.bytes(8)?.try_into().ok()?;
                let name = fields.rest();
                let name = &name[..name.iter().position(|b| *b == 0).unwrap_or(name.len())];
                // The name of a symbol font is not written in symbols.
                let charset = if small[3] == 2 { 0 } else { small[3] };
                let font = Font { sizes, small, name: decode(name, charset, &[]).0 };
                self.emf.create(82, number, Object::Font(small[3]), &font.write())
            }
        }
    }

    fn pattern(&mut self, mut fields: Fields<'_>, ctx: &mut Ctx<'_>) -> Result<Option<()>, Refusal> {
        let Some(number) = self.take(Slot::Kept) else { return Ok(None) };
        let usage = fields.u32().map_or(0, |both| both >> 16);
        let Some(found) = packed(fields.rest(), usage, ctx)? else {
            self.losses.drawings += 1;
            return Ok(self.emf.create(39, number, Object::Brush, &brush(0, 0x80_8080, 0)));
        };
        let mut body = 0_u32.to_le_bytes().to_vec();
        found.offsets(&mut body, 32);
        body.extend(found.head);
        body.extend(found.rows);
        Ok(self.emf.create(94, number, Object::Brush, &body))
    }

    /// Pictures: the source's place and size, the target's, and the bitmap in one piece.
    fn picture(&mut self, function: u16, body: &[u8], ctx: &mut Ctx<'_>) -> Result<Option<()>, Refusal> {
        let mut fields = Fields::over(body);
        let words = match function {
            0x0940 => 8,
            0x0B41 => 10,
            0x0F43 => 11,
            _ => 9,
        };
        let Some(head) = fields.bytes(words * 2) else { return Ok(None) };
        let word = |at: usize| i32::from(i16::from_le_bytes([head[at * 2], head[at * 2 + 1]]));
        let operation = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        // Stated backwards: [source width, height], [source x, y], [target width, height], [target x, y].
        let (source, from, target, to) = match function {
            0x0940 => ([word(5), word(4)], [word(3), word(2)], [word(5), word(4)], [word(7), word(6)]),
            0x0B41 => ([word(3), word(2)], [word(5), word(4)], [word(7), word(6)], [word(9), word(8)]),
            0x0F43 => ([word(4), word(3)], [word(6), word(5)], [word(8), word(7)], [word(10), word(9)]),
            _ => ([word(6), word(5)], [word(4), word(3)], [word(6), word(5)], [word(8), word(7)]),
        };
        let usage = match function {
            0x0F43 => word(2),
            0x0D33 => word(0),
            _ => 0,
        };
        let operation = if function == 0x0D33 { 0x00CC_0020 } else { operation };
        if matches!(function, 0x0940 | 0x0B41) && body.len() == words * 2 + 2 {
            // No bitmap: the brush fills. One word that means nothing stands before the target.
            return Ok(self.fill(operation, Fields::over(&body[body.len() - 8..])));
        }
        let Some(found) = packed(fields.rest(), usage.unsigned_abs(), ctx)? else { return Ok(None) };
        // Counted from the top here, from the first row there.
        let height = found.height();
        let from = match function {
            0x0940 | 0x0B41 if height > 0 => [from[0], height - from[1] - source[1]],
            _ => from,
        };
        let mut out: Vec<u8> =
            [[0; 2], [0; 2], to, from, source].as_flattened().iter().flat_map(|v| v.to_le_bytes()).collect();
        let mut tail = operation.to_le_bytes().to_vec();
        tail.extend(target.iter().flat_map(|v| v.to_le_bytes()));
        found.offsets(&mut out, 80);
        out.extend(0_u32.to_le_bytes());
        out.extend(tail);
        out.extend(found.head);
        out.extend(found.rows);
        self.emf.record(81, &out);
        Ok(Some(()))
    }

    /// META_PATBLT: a rectangle filled with the brush.
    fn fill(&mut self, operation: u32, mut fields: Fields<'_>) -> Option<()> {
        let (height, width) = (i32::from(fields.i16()?), i32::from(fields.i16()?));
        let (y, x) = (i32::from(fields.i16()?), i32::from(fields.i16()?));
        let mut body: Vec<u8> =
            [0, 0, 0, 0, x, y, width, height].iter().flat_map(|v| v.to_le_bytes()).collect();
        body.extend(operation.to_le_bytes());
        body.extend([0; 8]);
        body.extend([1.0_f32, 0.0, 0.0, 1.0, 0.0, 0.0].iter().flat_map(|v| v.to_le_bytes()));
        body.extend([0; 24]);
        self.emf.record(76, &body);
        Some(())
    }

    fn text(&mut self, function: u16, mut fields: Fields<'_>) -> Option<()> {
        let mut text = Text { mode: 1, scale: [1.0, 1.0], ..Text::default() };
        let raw = if function == 0x0521 {
            let count = usize::from(fields.u16()?);
            let raw = &fields.bytes(count.next_multiple_of(2))?[..count];
            text.at[1] = fields.i16()?.into();
            text.at[0] = fields.i16()?.into();
            raw
        } else {
            text.at[1] = fields.i16()?.into();
            text.at[0] = fields.i16()?.into();
            let count = usize::from(fields.u16()?);
            text.options = fields.u16()?.into();
            if text.options & 6 != 0 {
                for side in &mut text.clip {
                    *side = fields.i16()?.into();
                }
            }
            &fields.bytes(count.next_multiple_of(2))?[..count]
        };
        let mut distances = Vec::new();
        while let (0x0A32, Some(distance)) = (function, fields.i16()) {
            distances.push(i32::from(distance));
        }
        let glyphs = text.options & 0x10 != 0;
        (text.letters, text.distances) = decode(raw, self.emf.charset, &distances);
        // Glyph numbers of eight bits are those of another time.
        if glyphs {
            return None;
        }
        text.write(&mut self.emf);
        Some(())
    }

    fn polygon(&mut self, function: u16, mut fields: Fields<'_>) -> Option<()> {
        let count = usize::from(fields.u16()?);
        let mut body = vec![0; 16];
        let total = if function == 0x0538 {
            let mut counts = Vec::new();
            for _ in 0..count {
                counts.push(u32::from(fields.u16()?));
            }
            let total: u32 = counts.iter().sum();
            body.extend(u32::try_from(count).ok()?.to_le_bytes());
            body.extend(total.to_le_bytes());
            body.extend(counts.iter().flat_map(|c| c.to_le_bytes()));
            total
        } else {
            let count = u32::try_from(count).ok()?;
            body.extend(count.to_le_bytes());
            count
        };
        body.extend_from_slice(fields.bytes(usize::try_from(total).ok()?.checked_mul(4)?)?);
        let kind = match function {
            0x0324 => 86,
            0x0325 => 87,
            _ => 91,
        };
        self.emf.record(kind, &body);
        Some(())
    }

    /// Figures whose fields are coordinates, stated backwards.
    fn figure(&mut self, function: u16, mut fields: Fields<'_>) -> Option<()> {
        let (kind, count) = match function {
            0x0213 => (54, 2),
            0x0214 => (27, 2),
            0x0220 => (26, 2),
            0x0415 => (29, 4),
            0x0416 => (30, 4),
            0x0418 => (42, 4),
            0x041B => (43, 4),
            0x061C => (44, 6),
            0x0817 => (45, 8),
            0x0830 => (46, 8),
            0x081A => (47, 8),
            0x041F => (15, 2),
            _ => return None,
        };
        let tint = if kind == 15 { Some(fields.u32()?) } else { None };
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(i32::from(fields.i16()?));
        }
        values.reverse();
        let mut body: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        body.extend(tint.map(|t| colour(t).to_le_bytes()).into_iter().flatten());
        self.emf.record(kind, &body);
        debug_assert!(draws(kind) || matches!(kind, 26 | 27 | 29 | 30), "every other record draws");
        Some(())
    }

    /// Orders to the printer driver. The ninth registers code to be called (CVE-2005-4560).
    fn escape(&mut self, mut fields: Fields<'_>) -> Option<()> {
        *(if fields.u16()? == 9 { &mut self.losses.calls } else { &mut self.losses.unseen }) += 1;
        Some(())
    }
}

fn restore(emf: &mut Emf, mut fields: Fields<'_>) -> Option<()> {
    emf.restore(fields.i16()?.into())
}

/// A bitmap in one piece.
fn packed(bytes: &[u8], usage: u32, ctx: &mut Ctx<'_>) -> Result<Option<bitmap::Bitmap>, Refusal> {
    match bitmap::rows_at(bytes).and_then(|at| bytes.split_at_checked(at)) {
        Some((head, rows)) => bitmap::rebuild(head, rows, usage, ctx),
        None => Ok(None),
    }
}
