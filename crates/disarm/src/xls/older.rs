//! Workbooks of Excel 5 and 95, written as their successors write them.
//!
//! Both kinds of stream consist of the same records; what differs is how text, cell formats, references and a few
//! settings stand in them. Each record becomes the one of BIFF8, so that everything behind reads one version only.
//!
//! Source: MS-XLS for what a record becomes; OpenOffice.org's Documentation of the Microsoft Excel File Format, 2.2-2.5
//! and 5, for what it was.

use std::collections::BTreeMap;

use encoding_rs::Encoding;

use super::{
    book::{BOF, EOF, report_lost},
    drawing::{CHART, TEXT},
    record::{Fields, Record, Records},
};
use crate::{Action, Meter, Refusal, Severity, Threat, ctx::Ctx};

/// Version of BIFF that Excel 5 and 95 write.
pub(super) const BIFF5: u16 = 0x0500;

/// Records that stand in both versions alike: values, sizes, print and calculation settings, and the parts of charts.
const ALIKE: &[u16] = &[
    EOF, 0x000C, 0x000D, 0x000E, 0x0010, 0x0011, 0x0012, 0x0013, 0x0019, 0x001D, 0x0022, 0x0026, 0x0027,
    0x0028, 0x0029, 0x002A, 0x002B, 0x003D, 0x0041, 0x0055, 0x0063, 0x007D, 0x0080, 0x0081, 0x0083, 0x0084,
    0x0092, 0x0099, 0x00A0, 0x00A1, 0x00BD, 0x00BE, 0x00DD, 0x0201, 0x0203, 0x0205, 0x0208, 0x0225, 0x027E,
];
/// Drawn objects that [`super::drawing`] reads without a drawing layer: lines, boxes, ovals, charts, texts.
const DRAWN: [u16; 5] = [1, 2, 3, CHART, TEXT];

/// Whether a decrypted stream is of an older version.
pub(super) fn is_older(stream: &[u8]) -> bool {
    stream.get(4..6) == Some(&BIFF5.to_le_bytes())
}

/// The stream as BIFF8.
pub(super) fn upgrade(stream: &[u8], ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let mut upgrade = Upgrade {
        out: Vec::with_capacity(stream.len() * 2),
        encoding: encoding_rs::WINDOWS_1252,
        sheets: Vec::new(),
        notes: 0,
    };
    // Where each sub-stream began, and where it does now.
    let mut starts = BTreeMap::new();
    let mut records = Records::new(stream, 0);
    let (mut depth, mut written) = (0_u32, 0);
    loop {
        let at = records.position();
        let Some(record) = records.next(ctx)? else { break };
        match record.id {
            BOF => {
                starts.insert(at, upgrade.out.len());
                depth += 1;
            }
            EOF => {
                // What references to sheets go through, at the end of the globals.
                if depth == 1 && !upgrade.sheets.is_empty() && starts.len() == 1 {
                    upgrade.own_references();
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        if upgrade.record(&record, ctx).is_none() {
            let place = format!("{:04X}", record.id);
            ctx.report(Threat::L06, Severity::Simplified, Action::Dropped, "壊れた記録", place);
        }
        ctx.spend(Meter::ExpandedBytes, (upgrade.out.len() - written) as u64)?;
        written = upgrade.out.len();
    }
    for (slot, old) in std::mem::take(&mut upgrade.sheets) {
        let new = starts.get(&old).map_or(u32::MAX, |new| *new as u32);
        upgrade.out[slot..slot + 4].copy_from_slice(&new.to_le_bytes());
    }
    Ok(upgrade.out)
}

struct Upgrade {
    out: Vec<u8>,
    encoding: &'static Encoding,
    /// Where the offset of each sheet stands in `out`, and where it was.
    sheets: Vec<(usize, usize)>,
    notes: u16,
}

impl Upgrade {
    fn put(&mut self, id: u16, data: &[u8]) {
        // Nothing that is written here is longer than two bytes a letter of an old record.
        let data = &data[..data.len().min(usize::from(u16::MAX))];
        self.out.extend_from_slice(&id.to_le_bytes());
        self.out.extend_from_slice(&(data.len() as u16).to_le_bytes());
        self.out.extend_from_slice(data);
    }

    /// Converts one record. `None`: it is damaged.
    fn record(&mut self, record: &Record<'_>, ctx: &mut Ctx<'_>) -> Option<()> {
        let mut fields = record.fields();
        let id = record.id;
        match id {
            BOF => {
                fields.u16()?;
                let kind = fields.u16()?;
                self.put(BOF, &words(&[0x0600, kind, 0x0DBB, 0x07CC, 0, 0, 0, 0]));
                if kind == 5 {
                    let colours =
                        PALETTE.iter().flat_map(|rgb| [(rgb >> 16) as u8, (rgb >> 8) as u8, *rgb as u8, 0]);
                    self.put(0x0092, &[words(&[56]), colours.collect()].concat());
                }
            }
            0x0042 => self.encoding = encoding(fields.u16()?),
            0x0085 => {
                let (offset, state, kind) = (fields.u32()?, fields.u8()?, fields.u8()?);
                let name = self.short(&mut fields)?;
                let slot = self.out.len() + 4;
                self.put(id, &[vec![0, 0, 0, 0, state, kind], short_text(&name)].concat());
                self.sheets.push((slot, offset as usize));
            }
            // FONT, SERIESTEXT, STYLE, FORMAT, HEADER and FOOTER: the same with another text behind.
            0x0031 | 0x100D => {
                let head = fields.bytes(if id == 0x0031 { 14 } else { 2 })?;
                let name = self.short(&mut fields)?;
                self.put(id, &[head, short_text(&name)].concat());
            }
            0x0293 => {
                let head = fields.u16()?;
                let rest = if head & 0x8000 != 0 { fields.rest() } else { text(&self.short(&mut fields)?) };
                self.put(id, &[words(&[head]), rest].concat());
            }
            0x041E => {
                let format = fields.u16()?;
                let code = self.short(&mut fields)?;
                self.put(id, &[words(&[format]), text(&code)].concat());
            }
            0x0014 | 0x0015 => {
                let words = if fields.left() == 0 { String::new() } else { self.short(&mut fields)? };
                self.put(id, &if words.is_empty() { Vec::new() } else { text(&words) });
            }
            0x00E0 => {
                let data = cell_format(&mut fields)?;
                self.put(id, &data);
            }
            0x023E => {
                let (flags, top, left) = (fields.u16()?, fields.u16()?, fields.u16()?);
                self.put(id, &words(&[flags, top, left, 64, 0, 0, 0, 0, 0]));
            }
            0x001B | 0x001A => {
                let count = fields.u16()?;
                let last = if id == 0x001B { 255 } else { u16::MAX };
                let mut data = words(&[count]);
                for _ in 0..count {
                    data.extend(words(&[fields.u16()?, 0, last]));
                }
                self.put(id, &data);
            }
            0x0204 | 0x00D6 | 0x0207 => self.label(id, &mut fields)?,
            0x001C => self.note(&mut fields)?,
            0x0018 => self.name(&mut fields)?,
            // FORMULA, SHRFMLA, ARRAY and BRAI end with tokens.
            0x0006 | 0x0206 | 0x0406 => self.with_code(id, 20, &mut fields)?,
            0x04BC => self.with_code(id, 8, &mut fields)?,
            0x0221 => self.with_code(id, 12, &mut fields)?,
            0x1051 => self.with_code(id, 6, &mut fields)?,
            // EXTERNSHEET: another workbook, where it does not begin with what stands for this one.
            0x0017 => {
                fields.u8()?;
                if fields.u8() == Some(1) {
                    let what = "外部ブックの参照";
                    ctx.report(Threat::L03, Severity::External, Action::Dropped, what, "");
                }
            }
            0x005D => self.object(record.data, ctx)?,
            0x007F => {
                ctx.report(Threat::O28, Severity::Simplified, Action::Dropped, "画像（Excel 95 以前）", "");
            }
            _ if ALIKE.contains(&id) || (0x1001..=0x1066).contains(&id) => self.put(id, record.data),
            _ => report_lost(id, "", ctx),
        }
        Some(())
    }

    /// Text with its length in one byte.
    fn short(&self, fields: &mut Fields<'_>) -> Option<String> {
        let len = usize::from(fields.u8()?);
        self.decoded(fields, len)
    }

    fn decoded(&self, fields: &mut Fields<'_>, len: usize) -> Option<String> {
        Some(self.letters(&fields.bytes(len)?))
    }

    fn letters(&self, bytes: &[u8]) -> String {
        self.encoding.decode_without_bom_handling(bytes).0.into_owned()
    }

    /// A head, the length of the tokens behind it, and these.
    fn with_code(&mut self, id: u16, head: usize, fields: &mut Fields<'_>) -> Option<()> {
        let head = fields.bytes(head)?;
        let len = usize::from(fields.u16()?);
        let code = self.code_or_unreadable(&fields.bytes(len)?);
        self.put(id, &[head, words(&[code.len() as u16]), code].concat());
        Some(())
    }

    /// LABEL, RSTRING and STRING. Runs count bytes before and letters after.
    fn label(&mut self, id: u16, fields: &mut Fields<'_>) -> Option<()> {
        let head = fields.bytes(if id == 0x0207 { 0 } else { 6 })?;
        let len = usize::from(fields.u16()?);
        let bytes = fields.bytes(len)?;
        let mut data = [head, text(&self.letters(&bytes))].concat();
        if id == 0x00D6 {
            let count = fields.u8()?;
            data.extend(words(&[u16::from(count)]));
            for _ in 0..count {
                let (at, font) = (usize::from(fields.u8()?), u16::from(fields.u8()?));
                let before = self.letters(bytes.get(..at.min(len))?);
                data.extend(words(&[units(&before), font]));
            }
        }
        self.put(id, &data);
        Some(())
    }

    /// A note becomes a note with an object that has its text. A long one goes on in records without a cell, which
    /// are left: they have 2,048 letters each.
    fn note(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (row, column, _) = (fields.u16()?, fields.u16()?, fields.u16()?);
        if row == u16::MAX {
            return Some(());
        }
        let len = fields.left();
        let note = self.decoded(fields, len)?;
        let count = units(&note);
        self.notes = self.notes.checked_add(1)?;
        let number = self.notes;
        self.put(0x005D, &[words(&[0x15, 18, 0x19, number]), vec![0; 14], words(&[0, 0])].concat());
        self.put(0x01B6, &words(&[0x0212, 0, 0, 0, 0, count, 16, 0, 0]));
        self.put(0x003C, &flagged(&note));
        self.put(0x003C, &words(&[0, 0, 0, 0, count, 0, 0, 0]));
        self.put(0x001C, &[words(&[row, column, 0, number]), vec![0; 3]].concat());
        Some(())
    }

    /// OBJ: number, kind, place, lengths of macro and name; fill and line; for a text its length, font, alignment and
    /// turn; name, macro and words.
    fn object(&mut self, data: &[u8], ctx: &mut Ctx<'_>) -> Option<()> {
        let mut fields = Fields::over(data);
        fields.skip(4)?;
        let kind = fields.u16()?;
        if !DRAWN.contains(&kind) {
            let what = "部品や画像などの図形（Excel 95 以前）";
            ctx.report(Threat::L00, Severity::Simplified, Action::Dropped, what, "");
            return Some(());
        }
        fields.skip(20)?;
        let macro_len = usize::from(fields.u16()?);
        let mut head = data.to_vec();
        if macro_len > 0 {
            ctx.dropped(Threat::L03, "図形に割り当てたマクロ", "");
            head[26..28].fill(0);
        }
        if kind != TEXT {
            self.put(0x005D, &head);
            return Some(());
        }
        fields.skip(2)?;
        let name_len = fields.u16()?;
        fields.skip(12)?;
        let len = usize::from(fields.u16()?);
        fields.skip(2)?;
        let run_bytes = usize::from(fields.u16()?);
        let font = fields.u16()?;
        fields.skip(2)?;
        let (flags, turn) = (fields.u16()?, fields.u16()?);
        fields.skip(8)?;
        // Names and macros end at even places.
        if name_len > 0 {
            let len = usize::from(fields.u8()?);
            fields.skip(len + (data.len() - fields.left() + len) % 2)?;
        }
        fields.skip(macro_len + macro_len % 2)?;
        let bytes = fields.bytes(len)?;
        fields.skip(fields.left() % 2)?;
        let (text, mut runs) = (self.letters(&bytes), words(&[0, font, 0, 0]));
        for _ in 0..run_bytes / 8 {
            let (at, font) = (usize::from(fields.u16()?), fields.u16()?);
            fields.skip(4)?;
            runs.extend(words(&[units(&self.letters(bytes.get(..at.min(len))?)), font, 0, 0]));
        }
        self.put(0x005D, head.get(..44)?);
        self.put(0x01B6, &words(&[flags, turn, 0, 0, 0, units(&text), runs.len() as u16, 0, 0]));
        self.put(0x003C, &flagged(&text));
        self.put(0x003C, &runs);
        Some(())
    }

    /// A defined name.
    fn name(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (flags, key, letters, len) = (fields.u16()?, fields.u8()?, fields.u8()?, fields.u16()?);
        fields.u16()?;
        let sheet = fields.u16()?;
        fields.skip(4)?;
        let name = self.decoded(fields, usize::from(letters))?;
        let code = self.code_or_unreadable(&fields.bytes(usize::from(len))?);
        let head = [
            words(&[flags]),
            vec![key, units(&name) as u8],
            words(&[code.len() as u16, 0, sheet]),
            vec![0; 4],
        ];
        self.put(0x0018, &[head.concat(), flagged(&name), code].concat());
        Some(())
    }

    /// This workbook, and one reference to each of its sheets.
    fn own_references(&mut self) {
        let count = self.sheets.len() as u16;
        self.put(0x01AE, &words(&[count, 0x0401]));
        let mut data = words(&[count]);
        (0..count).for_each(|sheet| data.extend(words(&[0, sheet, sheet])));
        self.put(0x0017, &data);
    }

    fn code_or_unreadable(&self, tokens: &[u8]) -> Vec<u8> {
        self.code(tokens).unwrap_or_else(|| UNREADABLE.to_vec())
    }

    /// The tokens of a formula; `None` when one of them is not known here.
    fn code(&self, tokens: &[u8]) -> Option<Vec<u8>> {
        let mut fields = Fields::over(tokens);
        let mut out = Vec::with_capacity(tokens.len() * 2);
        while fields.left() > 0 {
            let token = fields.u8()?;
            let base = if token & 0x60 == 0 { token } else { 0x20 | (token & 0x1F) };
            match base {
                // Operators, brackets and an argument that is missing.
                0x03..=0x16 => out.push(token),
                0x17 => {
                    out.push(token);
                    out.extend(short_text(&self.short(&mut fields)?));
                }
                0x19 => {
                    out.push(token);
                    let kind = fields.u8()?;
                    let value = fields.u16()?;
                    out.push(kind);
                    out.extend(words(&[value]));
                    if kind & 4 != 0 {
                        out.extend(fields.bytes(2 * (usize::from(value) + 1))?);
                    }
                }
                // A shared formula or array; errors and truth; numbers; functions.
                0x01 => copy(&mut out, token, &mut fields, 4)?,
                0x1C | 0x1D => copy(&mut out, token, &mut fields, 1)?,
                0x1E | 0x21 => copy(&mut out, token, &mut fields, 2)?,
                0x1F => copy(&mut out, token, &mut fields, 8)?,
                0x22 => copy(&mut out, token, &mut fields, 3)?,
                0x23 => {
                    out.push(token);
                    out.extend(words(&[fields.u16()?, 0]));
                    fields.skip(12)?;
                }
                0x24 | 0x2C => {
                    out.push(token);
                    let row = fields.u16()?;
                    out.extend(cell(row, fields.u8()?, base == 0x2C));
                }
                0x25 | 0x2D => {
                    out.push(token);
                    area(&mut out, &mut fields, base == 0x2D)?;
                }
                0x3A | 0x3B => {
                    let own = fields.i16()? < 0;
                    fields.skip(8)?;
                    let (first, last) = (fields.u16()?, fields.u16()?);
                    if !own || first != last {
                        return None;
                    }
                    out.push(token);
                    out.extend(words(&[first]));
                    if base == 0x3B {
                        area(&mut out, &mut fields, false)?;
                    } else {
                        let row = fields.u16()?;
                        out.extend(cell(row, fields.u8()?, false));
                    }
                }
                _ => return None,
            }
        }
        Some(out)
    }
}

/// The colours of a workbook that names none, from number 8 on: RGB.
const PALETTE: [u32; 56] = [
    0x00_0000, 0xFF_FFFF, 0xFF_0000, 0x00_FF00, 0x00_00FF, 0xFF_FF00, 0xFF_00FF, 0x00_FFFF, //
    0x80_0000, 0x00_8000, 0x00_0080, 0x80_8000, 0x80_0080, 0x00_8080, 0xC0_C0C0, 0x80_8080, //
    0x80_80FF, 0x80_2060, 0xFF_FFC0, 0xA0_E0E0, 0x60_0080, 0xFF_8080, 0x00_80C0, 0xC0_C0FF, //
    0x00_0080, 0xFF_00FF, 0xFF_FF00, 0x00_FFFF, 0x80_0080, 0x80_0000, 0x00_8080, 0x00_00FF, //
    0x00_CFFF, 0x69_FFFF, 0xE0_FFE0, 0xFF_FF80, 0xA6_CAF0, 0xDD_9CB3, 0xB3_8FEE, 0xE3_E3E3, //
    0x2A_6FF9, 0x3F_B8CD, 0x48_8436, 0x95_8C41, 0x8E_5E42, 0xA0_627A, 0x62_4FAC, 0x96_9696, //
    0x1D_2FBE, 0x28_6676, 0x00_4500, 0x45_3E01, 0x6A_2813, 0x85_396A, 0x4A_3285, 0x42_4242,
];

/// A token that no formula has: what it stands in keeps its value.
const UNREADABLE: &[u8] = &[0x1A];

fn copy(out: &mut Vec<u8>, token: u8, fields: &mut Fields<'_>, len: usize) -> Option<()> {
    out.push(token);
    out.extend(fields.bytes(len)?);
    Some(())
}

/// Row and column of a reference: what is relative stood with the row, and stands with the column. In shared formulas
/// relative numbers are distances.
fn cell(row: u16, column: u8, shared: bool) -> Vec<u8> {
    let (flags, mut number) = (row & 0xC000, row & 0x3FFF);
    if shared && flags & 0x8000 != 0 && number & 0x2000 != 0 {
        number |= 0xC000;
    }
    words(&[number, u16::from(column) | flags])
}

fn area(out: &mut Vec<u8>, fields: &mut Fields<'_>, shared: bool) -> Option<()> {
    let rows = [fields.u16()?, fields.u16()?];
    let columns = [fields.u8()?, fields.u8()?];
    let [first, last] = [0, 1].map(|end| cell(rows[end], columns[end], shared));
    let both = |at: usize| [&first[at..at + 2], &last[at..at + 2]].concat();
    // A whole column ends at the last row there was.
    let mut rows_out = both(0);
    if rows_out == [0, 0, 0xFF, 0x3F] {
        rows_out = vec![0, 0, 0xFF, 0xFF];
    }
    out.extend(rows_out);
    out.extend(both(2));
    Some(())
}

/// XF: borders and fill in other bits.
fn cell_format(fields: &mut Fields<'_>) -> Option<Vec<u8>> {
    let (font, format, flags, align) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    let (fill, lines) = (fields.u32()?, fields.u32()?);
    let bits = |value: u32, at: u32, count: u32| (value >> at) & ((1 << count) - 1);
    let rotation = match bits(u32::from(align), 8, 2) {
        1 => 255,
        2 => 90,
        3 => 180,
        _ => 0,
    };
    let border1 = bits(lines, 3, 3)
        | bits(lines, 6, 3) << 4
        | bits(lines, 0, 3) << 8
        | bits(fill, 22, 3) << 12
        | bits(lines, 16, 7) << 16
        | bits(lines, 23, 7) << 23;
    let border2 = bits(lines, 9, 7) | bits(fill, 25, 7) << 7 | bits(fill, 16, 6) << 26;
    let colours = bits(fill, 0, 7) | bits(fill, 7, 7) << 7;
    let mut out = words(&[font, format, flags]);
    out.extend([(align & 0x7F) as u8, rotation, 0, (align >> 8) as u8 & 0xFC]);
    out.extend(border1.to_le_bytes());
    out.extend(border2.to_le_bytes());
    out.extend(words(&[colours as u16]));
    Some(out)
}

/// The code page of CODEPAGE.
fn encoding(page: u16) -> &'static Encoding {
    match page {
        874 => encoding_rs::WINDOWS_874,
        932 => encoding_rs::SHIFT_JIS,
        936 => encoding_rs::GBK,
        949 => encoding_rs::EUC_KR,
        950 => encoding_rs::BIG5,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        1253 => encoding_rs::WINDOWS_1253,
        1254 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        10_000 | 0x8000 => encoding_rs::MACINTOSH,
        _ => encoding_rs::WINDOWS_1252,
    }
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// How many 16-bit units a text has.
fn units(text: &str) -> u16 {
    text.encode_utf16().count() as u16
}

/// A flag byte and two bytes a letter.
fn flagged(text: &str) -> Vec<u8> {
    let mut out = vec![1];
    out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    out
}

/// Length in one byte.
fn short_text(text: &str) -> Vec<u8> {
    let letters: String = text.chars().take(255).collect();
    [vec![letters.encode_utf16().count().min(255) as u8], flagged(&letters)].concat()
}

/// Length in two bytes.
fn text(text: &str) -> Vec<u8> {
    [words(&[units(text)]), flagged(text)].concat()
}
