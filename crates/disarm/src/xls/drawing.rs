//! Shapes, pictures and notes of a sheet: what the drawing layer says, joined with the objects and texts beside it.
//!
//! Source: MS-XLS 2.4.181 (Obj), 2.4.329 (TxO), 2.4.179 (Note), 2.4.170 (MsoDrawing).

use std::collections::BTreeMap;

use super::{
    chart::Chart,
    escher::{self, Anchor, Shape},
    record::{Fields, Record},
    text::Text,
};
use crate::{Action, Meter, Refusal, Severity, Threat, ctx::Ctx};

/// What a shape is besides its look.
#[derive(Debug, Default, Clone)]
pub(super) struct Object {
    pub(super) kind: u16,
    pub(super) id: u16,
    pub(super) text: Option<ShapeText>,
    pub(super) has_macro: bool,
    /// An embedded or linked object stands behind the picture.
    pub(super) ole: bool,
    /// State of a check box or option button.
    pub(super) checked: Option<u16>,
}

/// The text on a shape.
#[derive(Debug, Default, Clone)]
pub(super) struct ShapeText {
    pub(super) text: Text,
    pub(super) horizontal: u16,
    pub(super) vertical: u16,
    /// 0 level, 1 upright letters, 2 turned left, 3 turned right.
    pub(super) rotation: u16,
}

/// Kinds of objects.
pub(super) const CHART: u16 = 5;
pub(super) const TEXT: u16 = 6;

/// A note on a cell.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) row: u16,
    pub(super) column: u16,
    pub(super) visible: bool,
    pub(super) object: u16,
    pub(super) author: String,
}

/// The drawing layer of one sheet while its records come in.
#[derive(Debug, Default)]
pub(super) struct Layer {
    stream: Vec<u8>,
    pub(super) objects: Vec<Object>,
    /// Lines, boxes, charts and texts that stand in the records of objects alone, as before Excel 97: report writers still do so.
    plain: Vec<Plain>,
    pub(super) notes: Vec<Note>,
    /// Charts by the number of their object.
    pub(super) charts: BTreeMap<usize, Chart>,
}

impl Layer {
    /// Takes one record of the sheet. `None`: it is damaged.
    pub(super) fn take(&mut self, record: &Record<'_>) -> Option<bool> {
        let mut fields = record.fields();
        match record.id {
            0x00EC => self.stream.extend(record.joined()),
            0x005D if let Some(mut plain) = plain(record.data) => {
                // What is in it comes with the records behind.
                if let PlainKind::Chart | PlainKind::Text = plain.kind {
                    plain.object = Some(self.objects.len());
                    let kind = if plain.kind == PlainKind::Chart { CHART } else { TEXT };
                    self.objects.push(Object { kind, ..Object::default() });
                }
                self.plain.push(plain);
            }
            0x005D => {
                let object = object(record.data);
                self.objects.push(object);
                // A drawing that is too long for one record goes on behind the object.
                record.more.iter().for_each(|piece| self.stream.extend_from_slice(piece));
            }
            0x01B6 => {
                let (text, rest) = shape_text(record)?;
                rest.iter().for_each(|piece| self.stream.extend_from_slice(piece));
                self.objects.last_mut()?.text = Some(text);
            }
            0x001C => {
                let (row, column, flags, object) =
                    (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
                let author = fields.text().unwrap_or_default();
                if column <= 255 {
                    self.notes.push(Note { row, column, visible: flags & 2 != 0, object, author });
                }
            }
            _ => return Some(false),
        }
        Some(true)
    }

    /// The chart that a sub-stream behind the last object draws.
    pub(super) fn chart(&mut self) -> &mut Chart {
        self.charts.entry(self.objects.len().saturating_sub(1)).or_default()
    }

    /// The shapes; objects that none of them draws are told.
    pub(super) fn shapes(&self, sheet: &str, ctx: &mut Ctx<'_>) -> Result<Vec<Shape>, Refusal> {
        let (mut shapes, drawn) = escher::shapes(&self.stream, ctx)?;
        ctx.spend(Meter::Objects, self.plain.len() as u64)?;
        shapes.extend(self.plain.iter().map(Plain::shape));
        let notes = self.objects.iter().skip(drawn).filter(|o| o.kind == 0x19).count();
        let alone = self.plain.iter().filter(|p| p.object.is_some()).count();
        for _ in drawn..self.objects.len().saturating_sub(notes + alone) {
            ctx.report(Threat::L06, Severity::Simplified, Action::Dropped, "壊れた図形", sheet);
        }
        Ok(shapes)
    }

    /// Reports objects that could run something; their shapes are written without it.
    pub(super) fn report(&self, sheet: &str, ctx: &mut Ctx<'_>) {
        for object in &self.objects {
            if object.has_macro {
                ctx.dropped(Threat::L03, "図形に割り当てたマクロ", sheet);
            }
            if object.ole {
                ctx.report(Threat::L05, Severity::Active, Action::Flattened, "埋め込みオブジェクト", sheet);
            }
        }
    }
}

/// A line, a box, an oval, a chart or a text without a drawing layer.
#[derive(Debug, Clone, Copy)]
struct Plain {
    kind: PlainKind,
    /// The object whose chart or text it is.
    object: Option<usize>,
    anchor: Anchor,
    /// Colour, style (5 none) and width of the line.
    line: [u8; 3],
    /// Colour of the inside, where there is one.
    fill: Option<u8>,
    /// The corner of its rectangle where a line begins: 0 upper left, then clockwise.
    corner: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlainKind {
    Line,
    Box,
    Oval,
    Chart,
    Text,
}

/// Reads an OBJ record of Excel 5. Today's begin with a part of eighteen bytes that says what the object is.
fn plain(data: &[u8]) -> Option<Plain> {
    let mut fields = Fields::over(data);
    if (fields.u16()?, fields.u16()?) == (0x15, 0x12) {
        return None;
    }
    let kind = match fields.u16()? {
        1 => PlainKind::Line,
        2 => PlainKind::Box,
        3 => PlainKind::Oval,
        CHART => PlainKind::Chart,
        TEXT => PlainKind::Text,
        _ => return None,
    };
    fields.skip(4)?;
    let mut end = || Some([fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?]);
    let anchor = Anchor { flags: 0, from: end()?, to: end()? };
    if fields.u16()? != 0 {
        // A macro stands behind it, and the rest elsewhere.
        return None;
    }
    if kind == PlainKind::Chart {
        return Some(Plain { kind, object: None, anchor, line: [0; 3], fill: None, corner: 0 });
    }
    let is_box = kind != PlainKind::Line;
    fields.skip(6)?;
    let mut fill = None;
    if is_box {
        let (_, fore, pattern, automatic) = (fields.u8()?, fields.u8()?, fields.u8()?, fields.u8()?);
        fill = if automatic & 1 != 0 { Some(9) } else { Some(fore).filter(|_| pattern != 0) };
    }
    let mut line = [fields.u8()?, fields.u8()?, fields.u8()?];
    if fields.u8()? & 1 != 0 {
        line = [8, 0, 0];
    }
    fields.skip(2)?;
    Some(Plain { kind, object: None, anchor, line, fill, corner: if is_box { 0 } else { fields.u8()? } })
}

impl Plain {
    /// The same in the words of the drawing layer.
    fn shape(&self) -> Shape {
        let [colour, style, width] = self.line;
        // Numbers of the palette.
        let palette = |colour: u8| 0x0800_0000 | u32::from(colour);
        let switch = |on: bool, bit: u32| 1 << (bit + 16) | u32::from(on) << bit;
        let dash = [0, 6, 5, 8, 10].get(usize::from(style)).copied().unwrap_or(0);
        Shape {
            object: self.object,
            geometry: match self.kind {
                PlainKind::Line => 20,
                PlainKind::Oval => 3,
                PlainKind::Text => 202,
                PlainKind::Box | PlainKind::Chart => 1,
            },
            flags: if self.corner % 2 == 1 { 0x40 } else { 0 },
            properties: BTreeMap::from([
                (0x181, palette(self.fill.unwrap_or(9))),
                (0x1BF, switch(self.fill.is_some(), 4)),
                (0x1C0, palette(colour)),
                // 0 is a hair line, here and there.
                (0x1CB, 9_525 * u32::from(width.min(3))),
                (0x1CE, dash),
                (0x1FF, switch(style != 5, 3)),
            ]),
            anchor: Some(self.anchor),
            ..Shape::default()
        }
    }
}

/// Reads the parts of an OBJ record; what is damaged is left out.
fn object(data: &[u8]) -> Object {
    let mut object = Object::default();
    let mut fields = Fields::over(data);
    while let (Some(kind), Some(len)) = (fields.u16(), fields.u16()) {
        let Some(body) = fields.bytes(usize::from(len)) else { break };
        let mut part = Fields::over(&body);
        match kind {
            0x00 => break,
            0x04 => object.has_macro = true,
            0x09 => object.ole = true,
            0x0A => object.checked = part.u16(),
            0x12 => object.checked = part.u16().or(object.checked),
            0x15 => {
                object.kind = part.u16().unwrap_or(0);
                object.id = part.u16().unwrap_or(0);
            }
            _ => {}
        }
    }
    object
}

/// The text on a shape, and the pieces behind it: once a drawing is longer than one record, it goes on in CONTINUE
/// records behind objects and texts.
fn shape_text<'a>(record: &Record<'a>) -> Option<(ShapeText, Vec<&'a [u8]>)> {
    let mut head = Fields::over(record.data);
    let (flags, rotation) = (head.u16()?, head.u16()?);
    head.skip(6)?;
    let (letters, run_bytes) = (usize::from(head.u16()?), usize::from(head.u16()?));
    let mut text = Text::default();
    let mut pieces = record.more.iter().copied();
    while text.units.len() < letters {
        let Some(piece) = pieces.next() else { break };
        let mut fields = Fields::over(piece);
        let wide = fields.u8()? & 1 != 0;
        let here = fields.left() / if wide { 2 } else { 1 };
        text.units.extend(fields.chars(here.min(letters - text.units.len()), wide)?);
    }
    let mut runs = Vec::new();
    while letters > 0 && runs.len() < run_bytes {
        let Some(piece) = pieces.next() else { break };
        runs.extend_from_slice(piece);
    }
    let mut fields = Fields::over(&runs);
    while let (Some(at), Some(font), Some(_)) = (fields.u16(), fields.u16(), fields.u32()) {
        // The last run only marks the end.
        if usize::from(at) < letters {
            text.runs.push((at, font));
        }
    }
    let text = ShapeText { text, horizontal: (flags >> 1) & 7, vertical: (flags >> 4) & 7, rotation };
    Some((text, pieces.collect()))
}
