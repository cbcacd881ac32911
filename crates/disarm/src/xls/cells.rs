//! Rows, columns, cells and merged ranges of a sheet.
//!
//! Source: MS-XLS 2.4.20 (Blank), 2.4.53 (ColInfo), 2.4.127 (Formula), 2.4.148 (Label), 2.4.149 (LabelSst), 2.4.168
//! (MergeCells), 2.4.220 (RK), 2.4.221 (Row), 2.4.260 (ShrFmla), 2.4.4 (Array).

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use super::{
    formula::{self, Code, cell_name},
    links::Links,
    record::{Fields, Record},
    style::Ruler,
    text::Text,
    xml,
};
use crate::{Action, Refusal, Severity, Threat, ctx::Ctx};

const FORMULA: u16 = 0x0006;

#[derive(Debug, Clone)]
enum Value {
    Blank,
    Number(f64),
    Shared(u32),
    Text(Box<Text>),
    Bool(bool),
    Error(u8),
}

#[derive(Debug)]
struct Cell {
    row: u16,
    column: u16,
    xf: u16,
    value: Value,
    formula: Option<Box<Stored>>,
}

/// A formula before and after it was judged.
#[derive(Debug)]
enum Stored {
    Code(Code),
    Text(String),
    /// An array formula and the range that it fills.
    Array(String, String),
}

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    height: u16,
    flags: u32,
}

impl Row {
    /// In twentieths of a point, 0 when only the default is meant. The upper bit calls the height usual, but it may be
    /// another one than the sheet names.
    fn height(self) -> u16 {
        self.height & 0x7FFF
    }
}

#[derive(Debug, Clone, Copy)]
struct Column {
    first: u16,
    last: u16,
    width: u16,
    xf: u16,
    flags: u16,
}

/// The grid of one sheet.
#[derive(Debug, Default)]
pub(super) struct Cells {
    cells: Vec<Cell>,
    rows: BTreeMap<u16, Row>,
    columns: Vec<Column>,
    merges: Vec<[u16; 4]>,
    shared: HashMap<(u16, u16), Code>,
    arrays: HashMap<(u16, u16), (String, Code)>,
    /// Where the formula was that a SHRFMLA, ARRAY or STRING record belongs to.
    last_formula: Option<usize>,
    default_width: Option<u16>,
    standard_width: Option<u16>,
    default_row: Option<(u16, u16)>,
    outline_right: u16,
    outline_below: u16,
}

impl Cells {
    /// Takes one record of the sheet. `None`: it is damaged.
    pub(super) fn take(&mut self, record: &Record<'_>) -> Option<bool> {
        let mut fields = record.fields();
        match record.id {
            0x0208 => self.row(&mut fields)?,
            0x007D => {
                let (first, last, width) = (fields.u16()?, fields.u16()?, fields.u16()?);
                let (xf, flags) = (fields.u16()?, fields.u16()?);
                if first <= last && first <= 255 {
                    self.columns.push(Column { first, last: last.min(255), width, xf, flags });
                }
            }
            0x0055 => self.default_width = Some(fields.u16()?),
            0x0099 => self.standard_width = Some(fields.u16()?),
            0x0225 => self.default_row = Some((fields.u16()?, fields.u16()?)),
            0x0080 => {
                fields.skip(4)?;
                (self.outline_below, self.outline_right) = (fields.u16()?, fields.u16()?);
            }
            0x00E5 => {
                for _ in 0..fields.u16()? {
                    let [r1, r2, c1, c2] = range(&mut fields)?;
                    if r1 <= r2 && c1 <= c2 && c2 <= 255 && (r1, c1) != (r2, c2) {
                        self.merges.push([r1, r2, c1, c2]);
                    }
                }
            }
            0x04BC => {
                fields.skip(8)?;
                let len = usize::from(fields.u16()?);
                let code = Code::read(&mut fields, len)?;
                if let Some(at) = self.pointed() {
                    self.shared.insert(at, code);
                }
            }
            0x0221 => self.array(&mut fields)?,
            0x0207 => {
                let text = text(&mut fields)?;
                if let Some(cell) = self.last_formula.and_then(|at| self.cells.get_mut(at)) {
                    cell.value = text;
                }
            }
            _ => return self.cell(record.id, &mut fields),
        }
        Some(true)
    }

    fn row(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let number = fields.u16()?;
        fields.skip(4)?;
        let height = fields.u16()?;
        fields.skip(4)?;
        self.rows.insert(number, Row { height, flags: fields.u32()? });
        Some(())
    }

    fn cell(&mut self, id: u16, fields: &mut Fields<'_>) -> Option<bool> {
        if !matches!(
            id,
            0x0201
                | 0x00BE
                | 0x0203
                | 0x027E
                | 0x00BD
                | 0x00FD
                | 0x0204
                | 0x00D6
                | 0x0205
                | FORMULA
                | 0x0206
                | 0x0406
        ) {
            return Some(false);
        }
        let (row, column) = (fields.u16()?, fields.u16()?);
        match id {
            0x00BE => {
                let count = fields.left().saturating_sub(2) / 2;
                for i in 0..count {
                    let xf = fields.u16()?;
                    self.add(row, column.checked_add(u16::try_from(i).ok()?)?, xf, Value::Blank);
                }
            }
            0x00BD => {
                let count = fields.left().saturating_sub(2) / 6;
                for i in 0..count {
                    let (xf, value) = (fields.u16()?, rk(fields.u32()?));
                    self.add(row, column.checked_add(u16::try_from(i).ok()?)?, xf, Value::Number(value));
                }
            }
            // Some programs give formulas the numbers of older versions and the body of this one.
            FORMULA | 0x0206 | 0x0406 => self.formula(row, column, fields)?,
            _ => {
                let xf = fields.u16()?;
                let value = match id {
                    0x0201 => Value::Blank,
                    0x0203 => Value::Number(fields.f64()?),
                    0x027E => Value::Number(rk(fields.u32()?)),
                    0x00FD => Value::Shared(fields.u32()?),
                    0x0205 => match (fields.u8()?, fields.u8()?) {
                        (value, 0) => Value::Bool(value != 0),
                        (code, _) => Value::Error(code),
                    },
                    _ => rich(fields, id == 0x00D6)?,
                };
                self.add(row, column, xf, value);
            }
        }
        Some(true)
    }

    fn add(&mut self, row: u16, column: u16, xf: u16, value: Value) {
        if column <= 255 {
            self.cells.push(Cell { row, column, xf, value, formula: None });
        }
    }

    fn formula(&mut self, row: u16, column: u16, fields: &mut Fields<'_>) -> Option<()> {
        let xf = fields.u16()?;
        let result = fields.bytes(8)?;
        let value = match result.as_slice() {
            [1, _, value, _, _, _, 0xFF, 0xFF] => Value::Bool(*value != 0),
            [2, _, code, _, _, _, 0xFF, 0xFF] => Value::Error(*code),
            [_, _, _, _, _, _, 0xFF, 0xFF] => Value::Text(Box::default()),
            bytes => Value::Number(f64::from_le_bytes(bytes.try_into().ok()?)),
        };
        fields.skip(6)?;
        let len = usize::from(fields.u16()?);
        let code = Code::read(fields, len)?;
        self.add(row, column, xf, value);
        self.last_formula = self.cells.len().checked_sub(1);
        if let Some(cell) = self.cells.last_mut() {
            cell.formula = Some(Box::new(Stored::Code(code)));
        }
        Some(())
    }

    /// The cell that followers of a shared formula or an array name.
    fn pointed(&self) -> Option<(u16, u16)> {
        match self.cells.get(self.last_formula?)?.formula.as_deref()? {
            Stored::Code(code) => code.pointer().map(|(_, row, column)| (row, column)),
            _ => None,
        }
    }

    fn array(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let (r1, r2, c1, c2) = (fields.u16()?, fields.u16()?, fields.u8()?, fields.u8()?);
        fields.skip(6)?;
        let len = usize::from(fields.u16()?);
        let code = Code::read(fields, len)?;
        let range = range_name([r1, r2, u16::from(c1), u16::from(c2)]);
        self.arrays.insert((r1, u16::from(c1)), (range, code));
        Some(())
    }

    /// Judges all formulas and puts the cells in order. Of two records for a cell the later one counts.
    pub(super) fn settle(&mut self, sheet: &str, links: &Links, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        for at in 0..self.cells.len() {
            let cell = &self.cells[at];
            let Some(Stored::Code(code)) = cell.formula.as_deref() else { continue };
            let place = (cell.row, cell.column);
            let judged = match code.pointer() {
                None => Some(formula::text(code, place, links, ctx)?.map(Stored::Text)),
                Some((1, row, column)) => {
                    if let Some(code) = self.shared.get(&(row, column)) {
                        Some(formula::text(code, place, links, ctx)?.map(Stored::Text))
                    } else if let Some((range, code)) = self.arrays.get(&(row, column)) {
                        if place == (row, column) {
                            let text = formula::text(code, place, links, ctx)?;
                            Some(text.map(|text| Stored::Array(text, range.clone())))
                        } else {
                            None
                        }
                    } else {
                        Some(Err(formula::UNKNOWN))
                    }
                }
                Some(_) => Some(Err(formula::UNKNOWN)),
            };
            let stored = match judged {
                Some(Ok(stored)) => Some(Box::new(stored)),
                Some(Err(flat)) => {
                    let location = format!("{sheet}!{}", cell_name(place.0, place.1));
                    ctx.report(Threat::O24, flat.0, Action::Flattened, flat.1, location);
                    None
                }
                None => None,
            };
            self.cells[at].formula = stored;
        }
        self.cells.sort_by_key(|c| (c.row, c.column));
        let mut kept: Vec<Cell> = Vec::with_capacity(self.cells.len());
        for cell in self.cells.drain(..) {
            match kept.last_mut() {
                Some(last) if (last.row, last.column) == (cell.row, cell.column) => *last = cell,
                _ => kept.push(cell),
            }
        }
        self.cells = kept;
        self.drop_overlaps(sheet, ctx);
        Ok(())
    }

    /// Excel repairs a sheet whose merged ranges overlap; the first one stays.
    fn drop_overlaps(&mut self, sheet: &str, ctx: &mut Ctx<'_>) {
        let mut taken: Vec<Vec<[u16; 2]>> = vec![Vec::new(); 256];
        let mut kept = Vec::with_capacity(self.merges.len());
        for [r1, r2, c1, c2] in std::mem::take(&mut self.merges) {
            let columns = usize::from(c1)..=usize::from(c2);
            let meets = |rows: &Vec<[u16; 2]>| {
                let at = rows.partition_point(|[_, last]| *last < r1);
                rows.get(at).is_some_and(|[first, _]| *first <= r2)
            };
            if taken[columns.clone()].iter().any(meets) {
                ctx.report(Threat::L00, Severity::Simplified, Action::Dropped, "重なった結合セル", sheet);
                continue;
            }
            for rows in &mut taken[columns] {
                let at = rows.partition_point(|[_, last]| *last < r1);
                rows.insert(at, [r1, r2]);
            }
            kept.push([r1, r2, c1, c2]);
        }
        self.merges = kept;
    }

    /// Every XF that something on the sheet uses.
    pub(super) fn used(&self, xfs: &mut [bool]) {
        let rows =
            self.rows.values().filter(|r| r.flags & 0x80 != 0).map(|r| ((r.flags >> 16) & 0xFFF) as u16);
        let all = self.cells.iter().map(|c| c.xf).chain(self.columns.iter().map(|c| c.xf)).chain(rows);
        for xf in all {
            if let Some(slot) = xfs.get_mut(usize::from(xf)) {
                *slot = true;
            }
        }
    }
}

/// What writing a sheet needs from the workbook.
#[derive(Debug)]
pub(super) struct Paper<'a> {
    pub(super) styles: &'a BTreeMap<u16, usize>,
    /// Number of shared strings.
    pub(super) strings: usize,
    /// `rPr` of every font.
    pub(super) fonts: &'a [String],
    pub(super) ruler: Ruler,
}

impl Cells {
    /// `sheetFormatPr`, `cols` and `sheetData`.
    pub(super) fn write(&self, out: &mut String, paper: &Paper<'_>) {
        let (flags, height) = self.default_row.unwrap_or((0, 255));
        out.push_str("<sheetFormatPr");
        if let Some(width) = self.default_width.filter(|w| *w != 8) {
            let _ = write!(out, " baseColWidth=\"{}\"", width.min(255));
        }
        let _ = write!(out, " defaultColWidth=\"{}\"", xml::number(self.usual_width(paper.ruler)));
        let _ = write!(out, " defaultRowHeight=\"{}\" customHeight=\"1\"", height_text(height));
        if flags & 2 != 0 {
            out.push_str(" zeroHeight=\"1\"");
        }
        if self.outline_below > 1 {
            let _ = write!(out, " outlineLevelRow=\"{}\"", (self.outline_below - 1).min(7));
        }
        if self.outline_right > 1 {
            let _ = write!(out, " outlineLevelCol=\"{}\"", (self.outline_right - 1).min(7));
        }
        out.push_str("/>");
        self.write_columns(out, paper);
        out.push_str("<sheetData>");
        self.write_rows(out, paper);
        out.push_str("</sheetData>");
    }

    fn write_columns(&self, out: &mut String, paper: &Paper<'_>) {
        // One entry per column: ranges in a damaged file may overlap, the later one counts.
        let mut columns: [Option<&Column>; 256] = [None; 256];
        for column in &self.columns {
            columns[usize::from(column.first)..=usize::from(column.last)].fill(Some(column));
        }
        let mut body = String::new();
        let mut at = 0;
        while at < 256 {
            let Some(column) = columns[at] else {
                at += 1;
                continue;
            };
            let mut end = at;
            while end < 255 && columns[end + 1].is_some_and(|c| std::ptr::eq(c, column)) {
                end += 1;
            }
            let _ = write!(
                body,
                "<col min=\"{}\" max=\"{}\" width=\"{}\"",
                at + 1,
                end + 1,
                width_text(column.width, paper.ruler)
            );
            let style = paper.styles.get(&column.xf).copied().unwrap_or(0);
            if style > 0 {
                let _ = write!(body, " style=\"{style}\"");
            }
            let flag = |bit: u16, name: &str| {
                if column.flags & bit != 0 { format!(" {name}=\"1\"") } else { String::new() }
            };
            body.push_str(&flag(1, "hidden"));
            body.push_str(&flag(4, "bestFit"));
            body.push_str(" customWidth=\"1\"");
            body.push_str(&flag(8, "phonetic"));
            if column.flags & 0x700 != 0 {
                let _ = write!(body, " outlineLevel=\"{}\"", (column.flags >> 8) & 7);
            }
            body.push_str(&flag(0x1000, "collapsed"));
            body.push_str("/>");
            at = end + 1;
        }
        if !body.is_empty() {
            let _ = write!(out, "<cols>{body}</cols>");
        }
    }

    fn write_rows(&self, out: &mut String, paper: &Paper<'_>) {
        let mut cells = self.cells.iter().peekable();
        let mut rows = self.rows.iter().peekable();
        loop {
            let number = match (rows.peek(), cells.peek()) {
                (Some((row, _)), Some(cell)) => cell.row.min(**row),
                (Some((row, _)), None) => **row,
                (None, Some(cell)) => cell.row,
                (None, None) => return,
            };
            let row = rows.next_if(|(row, _)| **row == number).map(|(_, row)| *row);
            let _ = write!(out, "<row r=\"{}\"", u32::from(number) + 1);
            if let Some(row) = row {
                write_row(out, row, paper);
            }
            let start = out.len();
            out.push('>');
            while let Some(cell) = cells.next_if(|c| c.row == number) {
                write_cell(out, cell, paper);
            }
            if out.len() == start + 1 {
                out.truncate(start);
                out.push_str("/>");
            } else {
                out.push_str("</row>");
            }
        }
    }

    /// `mergeCells`.
    pub(super) fn write_merges(&self, out: &mut String) {
        if self.merges.is_empty() {
            return;
        }
        let _ = write!(out, "<mergeCells count=\"{}\">", self.merges.len());
        for merge in &self.merges {
            let _ = write!(out, "<mergeCell ref=\"{}\"/>", range_name(*merge));
        }
        out.push_str("</mergeCells>");
    }

    /// Width of a column that says nothing, in characters.
    fn usual_width(&self, ruler: Ruler) -> f64 {
        match (self.standard_width, self.default_width) {
            (Some(width), _) => f64::from(width) / 256.0,
            (None, Some(digits)) => ruler.usual_width(f64::from(digits.min(255))),
            (None, None) => ruler.unsaid_width(),
        }
        .min(255.0)
    }

    /// Width of a column in characters.
    pub(super) fn column_width(&self, column: u16, ruler: Ruler) -> f64 {
        let of = |c: &Column| if c.flags & 1 != 0 { 0.0 } else { f64::from(c.width) / 256.0 };
        let own = self.columns.iter().rev().find(|c| (c.first..=c.last).contains(&column)).map(of);
        own.unwrap_or_else(|| self.usual_width(ruler))
    }

    /// The format of a cell that was stored.
    pub(super) fn format(&self, row: u16, column: u16) -> Option<u16> {
        let at = self.cells.binary_search_by_key(&(row, column), |c| (c.row, c.column)).ok()?;
        Some(self.cells[at].xf)
    }

    /// Rows that say something about themselves, in order.
    pub(super) fn known_rows(&self) -> impl Iterator<Item = u16> {
        self.rows.keys().copied()
    }

    /// Height of a row in points.
    pub(super) fn row_height(&self, row: u16) -> f64 {
        let default = self.default_row.map_or(255, |(_, height)| height);
        match self.rows.get(&row) {
            Some(row) if row.flags & 0x20 != 0 => 0.0,
            Some(row) if row.height() > 0 => f64::from(row.height()) / 20.0,
            _ => f64::from(default) / 20.0,
        }
    }
}

fn write_row(out: &mut String, row: Row, paper: &Paper<'_>) {
    let flags = row.flags;
    if flags & 0x80 != 0 {
        let xf = ((flags >> 16) & 0xFFF) as u16;
        let style = paper.styles.get(&xf).copied().unwrap_or(0);
        let _ = write!(out, " s=\"{style}\" customFormat=\"1\"");
    }
    if row.height() > 0 {
        // A height that Excel chose is fixed all the same: other programs would choose another one for the fonts they
        // have, and the pages would break elsewhere.
        let _ = write!(out, " ht=\"{}\" customHeight=\"1\"", height_text(row.height()));
    }
    let mut flag = |bit: u32, name: &str| {
        if flags & bit != 0 {
            let _ = write!(out, " {name}=\"1\"");
        }
    };
    flag(0x20, "hidden");
    flag(0x10, "collapsed");
    flag(0x1000_0000, "thickTop");
    flag(0x2000_0000, "thickBot");
    flag(0x4000_0000, "ph");
    if flags & 7 != 0 {
        let _ = write!(out, " outlineLevel=\"{}\"", flags & 7);
    }
}

fn write_cell(out: &mut String, cell: &Cell, paper: &Paper<'_>) {
    let _ = write!(out, "<c r=\"{}\"", cell_name(cell.row, cell.column));
    let style = paper.styles.get(&cell.xf).copied().unwrap_or(0);
    if style > 0 {
        let _ = write!(out, " s=\"{style}\"");
    }
    let calculated = cell.formula.is_some();
    let (kind, value) = match &cell.value {
        Value::Blank => ("", String::new()),
        Value::Number(value) if !value.is_finite() => ("e", "#NUM!".to_owned()),
        Value::Number(value) => ("", xml::number(*value)),
        Value::Shared(index) if (*index as usize) < paper.strings => ("s", index.to_string()),
        Value::Shared(_) => ("", String::new()),
        Value::Bool(value) => ("b", u8::from(*value).to_string()),
        Value::Error(code) => ("e", formula::error(*code).unwrap_or("#N/A").to_owned()),
        Value::Text(text) if calculated => {
            let mut value = String::new();
            xml::push_string(&mut value, &text.plain());
            ("str", value)
        }
        Value::Text(text) => {
            let mut value = String::new();
            text.write(&mut value, &|font| paper.fonts.get(usize::from(font)).cloned().unwrap_or_default());
            ("inlineStr", value)
        }
    };
    if !kind.is_empty() {
        let _ = write!(out, " t=\"{kind}\"");
    }
    out.push('>');
    match cell.formula.as_deref() {
        Some(Stored::Text(text)) => {
            let _ = write!(out, "<f>{}</f>", xml::escaped(text));
        }
        Some(Stored::Array(text, range)) => {
            let _ = write!(out, "<f t=\"array\" ref=\"{range}\">{}</f>", xml::escaped(text));
        }
        _ => {}
    }
    if kind == "inlineStr" {
        let _ = write!(out, "<is>{value}</is>");
    } else if !value.is_empty() || kind == "str" {
        let _ = write!(out, "<v>{value}</v>");
    }
    out.push_str("</c>");
}

/// A text cell: plain (STRING, LABEL) or with runs behind it (RSTRING).
fn rich(fields: &mut Fields<'_>, runs: bool) -> Option<Value> {
    let plain = fields.text()?;
    let mut text = Text::from(plain);
    if runs {
        for _ in 0..fields.u16()? {
            text.runs.push((fields.u16()?, fields.u16()?));
        }
    }
    Some(Value::Text(Box::new(text)))
}

fn text(fields: &mut Fields<'_>) -> Option<Value> {
    rich(fields, false)
}

/// A number in 30 bits: whole or the upper half of a double, and perhaps a hundredth of it.
fn rk(word: u32) -> f64 {
    let value = if word & 2 != 0 {
        f64::from((word as i32) >> 2)
    } else {
        f64::from_bits(u64::from(word & !3) << 32)
    };
    if word & 1 != 0 { value / 100.0 } else { value }
}

/// First and last row, first and last column.
pub(super) fn range(fields: &mut Fields<'_>) -> Option<[u16; 4]> {
    Some([fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?])
}

/// `A1` or `A1:C9`.
pub(super) fn range_name([r1, r2, c1, c2]: [u16; 4]) -> String {
    let first = cell_name(r1, c1);
    if (r1, c1) == (r2, c2) { first } else { format!("{first}:{}", cell_name(r2, c2)) }
}

/// A width in parts of 256 of a character, as characters; Excel's widest column has 255. Less a twentieth of a point:
/// LibreOffice takes that off the columns of .xls and not off those of .xlsx, and over a page it adds up. Excel rounds
/// both to the same pixels.
fn width_text(width: u16, ruler: Ruler) -> String {
    let less = (256.0 / (ruler.digit * 15.0)).round();
    xml::number(((f64::from(width) - less).max(0.0) / 256.0).min(255.0))
}

fn height_text(height: u16) -> String {
    // And its highest row 409.5 points.
    xml::number((f64::from(height & 0x7FFF) / 20.0).min(409.5))
}
