//! Reads an EMF and writes its records again.

use super::{
    Losses, bitmap,
    fields::{COORDINATE, Fields, colour},
    layout,
    text::{Font, Text},
    write::{Emf, Frame, Object, draws},
};
use crate::{Meter, Refusal, ctx::Ctx};

/// What became of one record. `None` instead: its fields make no sense.
type Copied = Option<()>;

pub(super) fn read(bytes: &[u8], losses: &mut Losses, ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let bad = || Refusal::malformed("", "EMF の構造が壊れています");
    let frame = frame(bytes).ok_or_else(bad)?;
    let mut emf = Emf::new();
    let mut rest = bytes;
    let mut first = true;
    loop {
        ctx.spend(Meter::Steps, 1)?;
        let mut head = Fields::over(rest);
        let record = match (head.u32(), head.len()) {
            (Some(kind), Some(len)) if len >= 8 => rest.get(..len).map(|record| (kind, record)),
            _ => None,
        };
        let Some((kind, record)) = record else {
            // Cut off before its end: what is there is shown, and told.
            losses.drawings += 1;
            break;
        };
        rest = &rest[record.len()..];
        if kind == 14 {
            break;
        }
        if !std::mem::take(&mut first) {
            copy(kind, record, &mut emf, losses, ctx)?;
        }
        ctx.spend(Meter::OutputBytes, emf.len())?;
    }
    if emf.drawn == 0 && losses.drawings > 0 {
        return Err(bad());
    }
    Ok(emf.finish(&frame))
}

/// The header's measures, brought into the bounds that readers calculate with.
fn frame(bytes: &[u8]) -> Option<Frame> {
    let mut fields = Fields::over(bytes);
    let (kind, size) = (fields.u32()?, fields.len()?);
    if kind != 1 || size < 88 {
        return None;
    }
    let (bounds, frame) = (fields.coordinates()?, fields.coordinates::<4>()?);
    if fields.bytes(4)? != b" EMF" {
        return None;
    }
    fields.bytes(28)?;
    let device: [i32; 2] = fields.coordinates()?;
    let millimetres: [i32; 2] = fields.coordinates()?;
    let micrometres = if size >= 108 { fields.bytes(12).and_then(|_| fields.coordinates()) } else { None };
    let device = device.map(|v| v.clamp(1, 1_000_000));
    let millimetres = millimetres.map(|v| v.clamp(1, 100_000));
    let micrometres = match micrometres {
        // Both say the same, the second more exactly.
        Some([w, h]) if (1000..=100_000_000).contains(&w) && (1000..=100_000_000).contains(&h) => [w, h],
        _ => millimetres.map(|v| v * 1000),
    };
    let real = frame[2] > frame[0] && frame[3] > frame[1];
    let frame = if real { frame } else { measured(bounds, device, micrometres)? };
    Some(Frame { bounds, frame, device, micrometres })
}

/// The frame that belongs to `bounds`.
fn measured(bounds: [i32; 4], device: [i32; 2], micrometres: [i32; 2]) -> Option<[i32; 4]> {
    let mut out = [0; 4];
    for (i, value) in out.iter_mut().enumerate() {
        let hundredths =
            i64::from(bounds[i]) * i64::from(micrometres[i % 2]) / (i64::from(device[i % 2]) * 10);
        // A frame that no reader takes, this one included, is none.
        *value = i32::try_from(hundredths).ok().filter(|v| v.unsigned_abs() <= COORDINATE)?;
    }
    Some(out).filter(|f| f[2] > f[0] && f[3] > f[1])
}

fn copy(
    kind: u32,
    record: &[u8],
    emf: &mut Emf,
    losses: &mut Losses,
    ctx: &mut Ctx<'_>,
) -> Result<(), Refusal> {
    let fields = Fields::over(&record[8..]);
    let copied = match kind {
        2..=8 | 56 | 85..=92 => points(kind, fields, emf),
        33 => emf.save(),
        34 => restore(fields, emf),
        37 | 40 => select(kind, fields, emf),
        38 | 39 | 82 | 95 => create(kind, fields, emf, losses),
        93 | 94 => pattern(kind, record, emf, losses, ctx)?,
        71..=75 => region(kind, fields, emf),
        76 | 77 | 80 | 81 | 114 | 116 => blit(kind, record, emf, ctx)?,
        83 | 84 => {
            let text = Text::read(record, kind == 84, emf.charset);
            text.map(|text| text.write(emf))
        }
        108 => small_text(fields, emf),
        118 => gradient(fields, emf),
        70 => comment(fields, losses),
        105 | 106 | 110 => {
            losses.calls += 1;
            Some(())
        }
        _ => match layout::of(kind) {
            Some(layout) => layout::copy(layout, fields).map(|body| emf.record(kind, &body)),
            None => None,
        },
    };
    if copied.is_none() {
        let state = layout::of(kind).is_some() || matches!(kind, 33 | 34 | 37..=40 | 75 | 82 | 93..=95);
        *(if draws(kind) || state { &mut losses.drawings } else { &mut losses.unseen }) += 1;
    }
    Ok(())
}

/// Comments go. What the newer kind (EMF+) draws beside the records is not lost: files that carry both say so.
fn comment(mut fields: Fields<'_>, losses: &mut Losses) -> Copied {
    losses.unseen += 1;
    fields.u32()?;
    if fields.bytes(4)? != b"EMF+" {
        return Some(());
    }
    while let (Some(kind), Some(flags), Some(size), Some(_)) =
        (fields.u16(), fields.u16(), fields.len(), fields.u32())
    {
        // The first record says whether the old records draw the same.
        if kind == 0x4001 && flags & 1 == 0 {
            losses.drawings += 1;
        }
        if fields.bytes(size.saturating_sub(12)).is_none() {
            break;
        }
    }
    Some(())
}

fn restore(mut fields: Fields<'_>, emf: &mut Emf) -> Copied {
    emf.restore(fields.i32()?)
}

fn select(kind: u32, mut fields: Fields<'_>, emf: &mut Emf) -> Copied {
    let number = fields.u32()?;
    if kind == 37 {
        emf.select(number)
    } else {
        emf.delete(number)
    }
    Some(())
}

/// Lines, polygons and curves, with coordinates of 16 or 32 bits.
fn points(kind: u32, mut fields: Fields<'_>, emf: &mut Emf) -> Copied {
    let bounds: [i32; 4] = fields.coordinates()?;
    let small = kind >= 85;
    let base = if small { kind - 83 } else { kind };
    let mut body: Vec<u8> = bounds.iter().flat_map(|v| v.to_le_bytes()).collect();
    let figures = if matches!(base, 7 | 8) { fields.len()? } else { 0 };
    let count = fields.len()?;
    let size = if small { 4 } else { 8 };
    if count.checked_mul(size)? > fields.rest().len() || figures.checked_mul(4)? > fields.rest().len() {
        return None;
    }
    if matches!(base, 7 | 8) {
        body.extend(u32::try_from(figures).ok()?.to_le_bytes());
    }
    body.extend(u32::try_from(count).ok()?.to_le_bytes());
    let mut sum = 0_usize;
    for _ in 0..figures {
        let here = fields.u32()?;
        sum = sum.checked_add(usize::try_from(here).ok()?)?;
        body.extend(here.to_le_bytes());
    }
    let fits = match base {
        // Curves come in threes.
        2 => count % 3 == 1,
        5 => count % 3 == 0,
        7 | 8 => sum == count,
        _ => true,
    };
    if !fits {
        return None;
    }
    for _ in 0..count * 2 {
        if small {
            body.extend(fields.i16()?.to_le_bytes())
        } else {
            body.extend(fields.coordinate()?.to_le_bytes())
        }
    }
    // Lines and curves in one: what each point belongs to.
    if matches!(kind, 56 | 92) {
        let kinds = fields.bytes(count)?;
        if !kinds.iter().all(|k| matches!(k & !1, 2 | 4 | 6)) {
            return None;
        }
        body.extend_from_slice(kinds);
    }
    emf.record(kind, &body);
    Some(())
}

/// Pens, brushes and fonts.
fn create(kind: u32, mut fields: Fields<'_>, emf: &mut Emf, losses: &mut Losses) -> Copied {
    let number = fields.u32()?;
    match kind {
        38 => {
            let style = pen_style(fields.u32()?, 8);
            let [width, height] = fields.coordinates()?;
            emf.create(38, number, Object::Pen, &pen(style, [width, height], fields.u32()?))
        }
        39 => {
            let (style, tint, hatch) = (fields.u32()?, fields.u32()?, fields.u32()?);
            emf.create(39, number, Object::Brush, &brush(style, tint, hatch))
        }
        82 => {
            let font = Font::read(&mut fields)?;
            emf.create(82, number, Object::Font(font.small[3]), &font.write())
        }
        _ => {
            fields.bytes(16)?;
            let (style, width, filling) = (fields.u32()?, fields.u32()?, fields.u32()?);
            let (tint, hatch, count) = (fields.u32()?, fields.u32()?, fields.len()?);
            let style = pen_style(style, 8);
            let dashes = if style & 0xF == 7 { count } else { 0 };
            if filling > 2 {
                losses.drawings += 1;
            }
            let filling = if filling > 2 { 0 } else { filling };
            // The limit of Windows for a pattern of dashes.
            if dashes > 16 || width > COORDINATE {
                return None;
            }
            let mut body = vec![0; 16];
            for field in [style, width, filling, colour(tint), hatch.min(12), u32::try_from(dashes).ok()?] {
                body.extend(field.to_le_bytes());
            }
            for _ in 0..dashes {
                body.extend(fields.u32().filter(|v| *v <= COORDINATE)?.to_le_bytes());
            }
            emf.create(95, number, Object::Pen, &body)
        }
    }
}

/// Line style, ends, joins and type; unknown bits are cleared, an unknown style is a plain line.
pub(super) fn pen_style(style: u32, last: u32) -> u32 {
    let line = if style & 0xF > last { 0 } else { style & 0xF };
    line | style & 0x0001_3300
}

pub(super) fn pen(style: u32, width: [i32; 2], tint: u32) -> Vec<u8> {
    let mut body = style.to_le_bytes().to_vec();
    body.extend(width.iter().flat_map(|v| v.to_le_bytes()));
    body.extend(colour(tint).to_le_bytes());
    body
}

pub(super) fn brush(style: u32, tint: u32, hatch: u32) -> Vec<u8> {
    let style = if style > 2 { 0 } else { style };
    [style, colour(tint), hatch.min(12)].iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// A brush that is a picture. One that cannot be written is grey, so that what is selected exists.
fn pattern(
    kind: u32,
    record: &[u8],
    emf: &mut Emf,
    losses: &mut Losses,
    ctx: &mut Ctx<'_>,
) -> Result<Copied, Refusal> {
    let mut fields = Fields::over(&record[8..]);
    let (Some(number), Some(usage)) = (fields.u32(), fields.u32()) else { return Ok(None) };
    let Some(found) = picture(record, &mut fields, usage, ctx)? else {
        losses.drawings += 1;
        return Ok(emf.create(39, number, Object::Brush, &brush(0, 0x80_8080, 0)));
    };
    let mut body = 0_u32.to_le_bytes().to_vec();
    found.offsets(&mut body, 32);
    body.extend(found.head);
    body.extend(found.rows);
    Ok(emf.create(kind, number, Object::Brush, &body))
}

/// Reads offsets and lengths of a picture at `fields`, and the picture.
fn picture(
    record: &[u8],
    fields: &mut Fields<'_>,
    usage: u32,
    ctx: &mut Ctx<'_>,
) -> Result<Option<bitmap::Bitmap>, Refusal> {
    let mut piece = || {
        let (at, len) = (fields.len()?, fields.len()?);
        record.get(at..)?.get(..len)
    };
    match (piece(), piece()) {
        (Some(head), Some(rows)) => bitmap::rebuild(head, rows, usage, ctx),
        _ => Ok(None),
    }
}

/// Areas made of rectangles: filled, framed, inverted, painted or clipped to.
fn region(kind: u32, mut fields: Fields<'_>, emf: &mut Emf) -> Copied {
    let mut body = Vec::new();
    if kind != 75 {
        body.extend(fields.coordinates::<4>()?.iter().flat_map(|v| v.to_le_bytes()));
    }
    let declared = fields.len()?;
    // Brush of a fill; brush and width of a frame; way of combining of a clip.
    let extra: Vec<u32> = match kind {
        71 => vec![fields.u32()?],
        72 => vec![fields.u32()?, fields.u32()?, fields.u32()?],
        75 => vec![fields.u32().filter(|mode| (1..=5).contains(mode))?],
        _ => Vec::new(),
    };
    if extra.iter().any(|v| *v > COORDINATE && *v < 0x8000_0000) {
        return None;
    }
    let mut area = Vec::new();
    if declared > 0 {
        let mut data = Fields::over(fields.bytes(declared)?);
        let (size, sort, count) = (data.u32()?, data.u32()?, data.len()?);
        data.u32()?;
        let bounds: [i32; 4] = data.coordinates()?;
        if size != 32 || sort != 1 || count.checked_mul(16)? > data.rest().len() {
            return None;
        }
        let numbers = [32, 1, u32::try_from(count).ok()?, u32::try_from(count * 16).ok()?];
        area.extend(numbers.iter().flat_map(|v| v.to_le_bytes()));
        area.extend(bounds.iter().flat_map(|v| v.to_le_bytes()));
        for _ in 0..count {
            area.extend(data.coordinates::<4>()?.iter().flat_map(|v| v.to_le_bytes()));
        }
    } else if kind != 75 || extra != [5] {
        return None;
    }
    body.extend(u32::try_from(area.len()).ok()?.to_le_bytes());
    body.extend(extra.iter().flat_map(|v| v.to_le_bytes()));
    body.extend(area);
    emf.record(kind, &body);
    Some(())
}

/// Pictures and filled rectangles.
fn blit(kind: u32, record: &[u8], emf: &mut Emf, ctx: &mut Ctx<'_>) -> Result<Copied, Refusal> {
    let mut fields = Fields::over(&record[8..]);
    match kind {
        80 | 81 => image(kind, record, &mut fields, emf, ctx),
        _ => transfer(kind, record, &mut fields, emf, ctx),
    }
}

/// EMR_STRETCHDIBITS and EMR_SETDIBITSTODEVICE.
fn image(
    kind: u32,
    record: &[u8],
    fields: &mut Fields<'_>,
    emf: &mut Emf,
    ctx: &mut Ctx<'_>,
) -> Result<Copied, Refusal> {
    let Some(places) = fields.coordinates::<10>() else { return Ok(None) };
    let pieces = *fields;
    let (Some(_), Some(usage)) = (fields.bytes(16), fields.u32()) else { return Ok(None) };
    // Raster operation and target size, or first row and number of rows.
    let tail = match kind {
        81 => fields.u32().zip(fields.coordinates::<2>()).map(|(rop, size)| {
            let mut tail = rop.to_le_bytes().to_vec();
            tail.extend(size.iter().flat_map(|v| v.to_le_bytes()));
            tail
        }),
        _ => fields
            .coordinates::<2>()
            .filter(|[first, rows]| *first >= 0 && *rows >= 0)
            .map(|rows| rows.iter().flat_map(|v| v.to_le_bytes()).collect()),
    };
    let Some(tail) = tail else { return Ok(None) };
    let Some(found) = picture(record, &mut pieces.clone(), usage, ctx)? else { return Ok(None) };
    let mut body: Vec<u8> = places.iter().flat_map(|v| v.to_le_bytes()).collect();
    found.offsets(&mut body, 8 + 40 + 20 + tail.len());
    body.extend(0_u32.to_le_bytes());
    body.extend(tail);
    body.extend(found.head);
    body.extend(found.rows);
    emf.record(kind, &body);
    Ok(Some(()))
}

/// EMR_BITBLT, EMR_STRETCHBLT, EMR_ALPHABLEND and EMR_TRANSPARENTBLT: with or without a picture.
fn transfer(
    kind: u32,
    record: &[u8],
    fields: &mut Fields<'_>,
    emf: &mut Emf,
    ctx: &mut Ctx<'_>,
) -> Result<Copied, Refusal> {
    let Some((mut body, pieces, usage)) = transfer_head(kind, fields) else { return Ok(None) };
    let size = if kind == 76 { 100 } else { 108 };
    // Source size stands behind the picture's place.
    let source = if kind == 76 { Some([0; 2]) } else { fields.coordinates::<2>() };
    let Some(source) = source else { return Ok(None) };
    let empty = { pieces }.bytes(16).is_some_and(|p| p.iter().all(|b| *b == 0)) || { pieces }
        .bytes(8)
        .is_some_and(|p| p[4..8] == [0; 4]);
    let found = if empty { None } else { picture(record, &mut { pieces }, usage, ctx)? };
    // Blending needs something to blend; the others may fill with the brush alone.
    if found.is_none() && (!empty || matches!(kind, 114 | 116)) {
        return Ok(None);
    }
    match &found {
        Some(found) => found.offsets(&mut body, size),
        None => body.extend([0; 16]),
    }
    if kind != 76 {
        body.extend(source.iter().flat_map(|v| v.to_le_bytes()));
    }
    if let Some(found) = found {
        body.extend(found.head);
        body.extend(found.rows);
    }
    emf.record(kind, &body);
    Ok(Some(()))
}

/// Everything before the picture's place, which `fields` is left behind; the place and the palette's meaning.
fn transfer_head<'a>(kind: u32, fields: &mut Fields<'a>) -> Option<(Vec<u8>, Fields<'a>, u32)> {
    let mut body: Vec<u8> = fields.coordinates::<8>()?.iter().flat_map(|v| v.to_le_bytes()).collect();
    let operation = fields.u32()?;
    let operation = match kind {
        // Source over, no flags, opacity, with or without an alpha channel.
        114 => operation & 0x01FF_0000,
        116 => colour(operation),
        _ => operation,
    };
    body.extend(operation.to_le_bytes());
    body.extend(fields.coordinates::<2>()?.iter().flat_map(|v| v.to_le_bytes()));
    for _ in 0..6 {
        body.extend(fields.float()?.to_le_bytes());
    }
    body.extend(colour(fields.u32()?).to_le_bytes());
    let usage = fields.u32()?;
    body.extend(0_u32.to_le_bytes());
    let pieces = *fields;
    fields.bytes(16)?;
    Some((body, pieces, usage))
}

/// EMR_SMALLTEXTOUT becomes an ordinary text.
fn small_text(mut fields: Fields<'_>, emf: &mut Emf) -> Copied {
    let at = fields.coordinates()?;
    let (count, options) = (fields.len()?, fields.u32()?);
    let mode = if fields.u32()? == 2 { 2 } else { 1 };
    let scale = [fields.float()?, fields.float()?];
    let clip = if options & 0x100 == 0 { fields.coordinates()? } else { [0; 4] };
    let letters = if options & 0x200 != 0 {
        fields.bytes(count)?.iter().map(|b| u16::from(*b)).collect()
    } else {
        let raw = fields.bytes(count.checked_mul(2)?)?;
        raw.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect()
    };
    Text { mode, scale, at, options, clip, letters, ..Text::default() }.write(emf);
    Some(())
}

/// Rectangles or triangles between coloured corners.
fn gradient(mut fields: Fields<'_>, emf: &mut Emf) -> Copied {
    let mut body: Vec<u8> = fields.coordinates::<4>()?.iter().flat_map(|v| v.to_le_bytes()).collect();
    let (corners, figures, mode) = (fields.len()?, fields.len()?, fields.u32()?);
    let corners_of = match mode {
        0 | 1 => 2,
        2 => 3,
        _ => return None,
    };
    let needed = corners.checked_mul(16)?.checked_add(figures.checked_mul(corners_of * 4)?)?;
    if needed > fields.rest().len() {
        return None;
    }
    for field in [u32::try_from(corners).ok()?, u32::try_from(figures).ok()?, mode] {
        body.extend(field.to_le_bytes());
    }
    for _ in 0..corners {
        body.extend(fields.coordinates::<2>()?.iter().flat_map(|v| v.to_le_bytes()));
        body.extend_from_slice(fields.bytes(8)?);
    }
    for _ in 0..figures * corners_of {
        let corner = fields.u32().filter(|c| (*c as usize) < corners)?;
        body.extend(corner.to_le_bytes());
    }
    emf.record(118, &body);
    Some(())
}
