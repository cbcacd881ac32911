//! Formulas: tokens of the calculation engine back to text.
//!
//! Source: MS-XLS 2.5.198. A formula is handed on as text only when all of it was understood and it passes the same
//! judgement as the formulas of OOXML; anything else becomes the value that is stored with it.

use super::{functions, links::Links, record::Fields};
use crate::{Meter, Refusal, Severity, ctx::Ctx, ooxml::formula};

/// Longest text; Excel's own limit is 8,192 characters.
const LONGEST: usize = 32 << 10;

/// Why a formula becomes its value: how bad that is, and the Japanese noun for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flat(pub(super) Severity, pub(super) &'static str);

pub(super) const UNKNOWN: Flat = Flat(Severity::Simplified, "値だけにした数式");
const OUTSIDE: Flat = Flat(Severity::External, "外部ファイルを参照する数式");
const DDE: Flat = Flat(Severity::Active, "外部プログラムを呼ぶ数式（DDE）");
const MACRO: Flat = Flat(Severity::Active, "外部を呼び出す関数を使う数式");

/// A formula as it is stored: tokens, then the data of its constants.
#[derive(Debug, Clone)]
pub(super) struct Code {
    tokens: Vec<u8>,
    extra: Vec<u8>,
}

impl Code {
    /// Reads `len` bytes of tokens; what follows them is data of constants.
    pub(super) fn read(fields: &mut Fields<'_>, len: usize) -> Option<Self> {
        let tokens = fields.bytes(len)?;
        Some(Self { tokens, extra: fields.rest() })
    }

    /// Reads tokens that are followed by something else.
    pub(super) fn bare(fields: &mut Fields<'_>, len: usize) -> Option<Self> {
        Some(Self { tokens: fields.bytes(len)?, extra: Vec::new() })
    }

    /// The cell that holds the real formula, when this only points at a shared one, an array or a data table.
    pub(super) fn pointer(&self) -> Option<(u8, u16, u16)> {
        match self.tokens.as_slice() {
            [kind @ (1 | 2), r0, r1, c0, c1] => {
                Some((*kind, u16::from_le_bytes([*r0, *r1]), u16::from_le_bytes([*c0, *c1])))
            }
            _ => None,
        }
    }

    /// The first cell of a reference to another sheet: number in EXTERNSHEET, row, column.
    pub(super) fn first_cell(&self) -> Option<(u16, u16, u16)> {
        let mut fields = Fields::over(&self.tokens);
        let (token, sheet, row) = (fields.u8()? | 0x60, fields.u16()?, fields.u16()?);
        match token {
            0x7A => {}
            0x7B => fields.skip(2)?,
            _ => return None,
        }
        Some((sheet, row, fields.u16()? & 0xFF))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

/// Decodes and judges. `at` is the cell that relative references of shared formulas, rules and names start from.
pub(super) fn text(
    code: &Code,
    at: (u16, u16),
    links: &Links,
    ctx: &mut Ctx<'_>,
) -> Result<Result<String, Flat>, Refusal> {
    let mut decoder = Decoder {
        fields: Fields::over(&code.tokens),
        extra: Fields::over(&code.extra),
        at,
        links,
        stack: Vec::new(),
        flat: UNKNOWN,
        copied: 0,
    };
    ctx.spend(Meter::Steps, code.tokens.len() as u64 + 1)?;
    let text = decoder.run();
    ctx.spend(Meter::ExpandedBytes, decoder.copied as u64)?;
    let Some(text) = text else { return Ok(Err(decoder.flat)) };
    Ok(match formula::check(&text, links.gone()) {
        formula::Verdict::Safe => Ok(text),
        formula::Verdict::Flatten(severity, what) => Err(Flat(severity, what)),
    })
}

struct Decoder<'a> {
    fields: Fields<'a>,
    extra: Fields<'a>,
    at: (u16, u16),
    links: &'a Links,
    stack: Vec<String>,
    /// What `None` from [`Self::run`] means.
    flat: Flat,
    copied: usize,
}

impl Decoder<'_> {
    fn run(&mut self) -> Option<String> {
        while self.fields.left() > 0 {
            self.token()?;
            let top = self.stack.last().map_or(0, String::len);
            self.copied += top;
            if top > LONGEST || self.stack.len() > 1_024 {
                return None;
            }
        }
        let text = self.stack.pop()?;
        self.stack.is_empty().then_some(text)
    }

    fn token(&mut self) -> Option<()> {
        let token = self.fields.u8()?;
        // Operands and functions come in three classes that differ only in how Excel evaluates them.
        let base = if token & 0x60 == 0 { token } else { 0x20 | (token & 0x1F) };
        match base {
            0x03..=0x11 => self.binary(base)?,
            0x12 => self.wrap("+", ""),
            0x13 => self.wrap("-", ""),
            0x14 => self.wrap("", "%"),
            0x15 => self.wrap("(", ")"),
            0x16 => self.push(""),
            0x17 => {
                let text = self.fields.short_text()?;
                self.push(format!("\"{}\"", text.replace('"', "\"\"")));
            }
            0x19 => self.attribute()?,
            0x1C => {
                let error = error(self.fields.u8()?)?;
                self.push(error);
            }
            0x1D => {
                let value = self.fields.u8()?;
                self.push(if value == 0 { "FALSE" } else { "TRUE" });
            }
            0x1E => {
                let value = self.fields.u16()?;
                self.push(value.to_string());
            }
            0x1F => {
                let value = self.fields.f64()?;
                self.push(super::xml::number(value));
            }
            0x20 => self.constants()?,
            0x21 | 0x22 => self.function(base)?,
            0x23 => {
                let index = self.fields.u16()?;
                self.fields.u16()?;
                self.name(index)?;
            }
            0x24 | 0x2C => {
                let cell = self.cell(base == 0x2C)?;
                self.push(cell);
            }
            0x25 | 0x2D => {
                let area = self.area(base == 0x2D)?;
                self.push(area);
            }
            0x26..=0x28 => {
                self.fields.skip(6)?;
                if base == 0x26 {
                    let areas = usize::from(self.extra.u16()?);
                    self.extra.skip(areas * 8)?;
                }
            }
            0x29 | 0x2E | 0x2F => self.fields.skip(2)?,
            0x2A => {
                self.fields.skip(4)?;
                self.push("#REF!");
            }
            0x2B => {
                self.fields.skip(8)?;
                self.push("#REF!");
            }
            0x39 => self.foreign_name()?,
            0x3A..=0x3D => self.other_sheet(base)?,
            _ => return None,
        }
        Some(())
    }

    fn push(&mut self, text: impl Into<String>) {
        self.stack.push(text.into());
    }

    fn wrap(&mut self, before: &str, after: &str) {
        if let Some(top) = self.stack.last_mut() {
            top.insert_str(0, before);
            top.push_str(after);
        } else {
            self.push("#REF!");
        }
    }

    fn binary(&mut self, token: u8) -> Option<()> {
        const SIGNS: [&str; 15] =
            ["+", "-", "*", "/", "^", "&", "<", "<=", "=", ">=", ">", "<>", " ", ",", ":"];
        let right = self.stack.pop()?;
        let left = self.stack.last_mut()?;
        left.push_str(SIGNS[usize::from(token - 3)]);
        left.push_str(&right);
        Some(())
    }

    fn attribute(&mut self) -> Option<()> {
        let (kind, word) = (self.fields.u8()?, self.fields.u16()?);
        if kind & 0x04 != 0 {
            self.fields.skip((usize::from(word) + 1) * 2)?;
        } else if kind & 0x10 != 0 {
            self.wrap("SUM(", ")");
        }
        Some(())
    }

    /// An array constant; its values stand behind the tokens.
    fn constants(&mut self) -> Option<()> {
        self.fields.skip(7)?;
        let columns = usize::from(self.extra.u8()?) + 1;
        let rows = usize::from(self.extra.u16()?) + 1;
        if columns * rows > self.extra.left() / 3 {
            return None;
        }
        let mut out = String::from("{");
        for i in 0..rows * columns {
            if i > 0 {
                out.push(if i % columns == 0 { ';' } else { ',' });
            }
            match self.extra.u8()? {
                0 => {
                    self.extra.skip(8)?;
                    out.push_str("\"\"");
                }
                1 => out.push_str(&super::xml::number(self.extra.f64()?)),
                2 => out.push_str(&format!("\"{}\"", self.extra.text()?.replace('"', "\"\""))),
                4 => {
                    out.push_str(if self.extra.u8()? == 0 { "FALSE" } else { "TRUE" });
                    self.extra.skip(7)?;
                }
                16 => {
                    out.push_str(error(self.extra.u8()?)?);
                    self.extra.skip(7)?;
                }
                _ => return None,
            }
        }
        out.push('}');
        self.push(out);
        Some(())
    }

    fn function(&mut self, token: u8) -> Option<()> {
        let (count, id) = if token == 0x21 {
            (None, self.fields.u16()?)
        } else {
            (Some(usize::from(self.fields.u8()? & 0x7F)), self.fields.u16()?)
        };
        if id == 0x00FF {
            return self.call_by_name(count?);
        }
        if id & 0x8000 != 0 {
            self.flat = MACRO;
            return None;
        }
        let (name, fixed) = functions::named(id)?;
        let count = match count {
            Some(count) => count,
            None if fixed != functions::ANY => usize::from(fixed),
            None => return None,
        };
        let arguments = self.arguments(count)?;
        self.push(format!("{name}({arguments})"));
        Some(())
    }

    /// A function of an add-in or a macro: its name is the first argument.
    fn call_by_name(&mut self, count: usize) -> Option<()> {
        let arguments = self.arguments(count.checked_sub(1)?)?;
        let name = self.stack.pop()?;
        let bare = name.strip_prefix("_xlfn.").unwrap_or(&name);
        if bare.is_empty() || bare.chars().any(|c| !c.is_alphanumeric() && !"._".contains(c)) {
            return None;
        }
        // New to .xls, but not to .xlsx.
        let known = ["AVERAGEIF", "AVERAGEIFS", "COUNTIFS", "IFERROR", "SUMIFS"].contains(&bare);
        let name = if known { bare } else { &name };
        self.push(format!("{name}({arguments})"));
        Some(())
    }

    fn arguments(&mut self, count: usize) -> Option<String> {
        let at = self.stack.len().checked_sub(count)?;
        Some(self.stack.drain(at..).collect::<Vec<_>>().join(","))
    }

    fn name(&mut self, index: u16) -> Option<()> {
        let Some(name) = self.links.name(index) else {
            self.push("#NAME?");
            return Some(());
        };
        let name = name.to_owned();
        self.push(name);
        Some(())
    }

    fn foreign_name(&mut self) -> Option<()> {
        let (sheet, index) = (self.fields.u16()?, self.fields.u16()?);
        self.fields.u16()?;
        match self.links.foreign_name(sheet, index) {
            Ok(name) => self.push(name),
            Err(kind) => {
                self.flat = kind.into();
                return None;
            }
        }
        Some(())
    }

    fn other_sheet(&mut self, token: u8) -> Option<()> {
        let sheet = self.fields.u16()?;
        let prefix = match self.links.sheets(sheet) {
            Ok(prefix) => prefix,
            Err(kind) => {
                self.flat = kind.into();
                return None;
            }
        };
        let area = match token {
            0x3A => self.cell(false)?,
            0x3B => self.area(false)?,
            _ => {
                self.fields.skip(if token == 0x3C { 4 } else { 8 })?;
                "#REF!".to_owned()
            }
        };
        self.push(if prefix == "#REF!" { prefix } else { format!("{prefix}!{area}") });
        Some(())
    }

    fn cell(&mut self, relative: bool) -> Option<String> {
        let (row, column) = (self.fields.u16()?, self.fields.u16()?);
        let (row, column) = self.place(row, column, relative);
        Some(column.written() + &row.written())
    }

    fn area(&mut self, relative: bool) -> Option<String> {
        let (row1, row2) = (self.fields.u16()?, self.fields.u16()?);
        let (column1, column2) = (self.fields.u16()?, self.fields.u16()?);
        let (row1, column1) = self.place(row1, column1, relative);
        let (row2, column2) = self.place(row2, column2, relative);
        Some(match () {
            () if row1.at == 0 && row2.at == u16::MAX => {
                format!("{}:{}", column1.written(), column2.written())
            }
            () if column1.at == 0 && column2.at == 255 => format!("{}:{}", row1.written(), row2.written()),
            () => {
                let (from, to) = (column1.written() + &row1.written(), column2.written() + &row2.written());
                format!("{from}:{to}")
            }
        })
    }

    /// Row and column, with what is counted from the cell of the formula resolved.
    fn place(&self, row: u16, column: u16, relative: bool) -> (Place, Place) {
        let (row_moves, column_moves) = (column & 0x8000 != 0, column & 0x4000 != 0);
        let mut column = column & 0xFF;
        let mut row = row;
        if relative && row_moves {
            row = row.wrapping_add(self.at.0);
        }
        if relative && column_moves {
            column = column.wrapping_add(self.at.1) & 0xFF;
        }
        (
            Place { at: row, fixed: !row_moves, is_row: true },
            Place { at: column, fixed: !column_moves, is_row: false },
        )
    }
}

/// One half of a reference.
struct Place {
    at: u16,
    fixed: bool,
    is_row: bool,
}

impl Place {
    fn written(&self) -> String {
        let mark = if self.fixed { "$" } else { "" };
        if self.is_row {
            format!("{mark}{}", u32::from(self.at) + 1)
        } else {
            format!("{mark}{}", column_name(self.at))
        }
    }
}

/// `A`, `B` … `IV`.
pub(super) fn column_name(column: u16) -> String {
    let mut out = String::new();
    let mut rest = u32::from(column) + 1;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or(0);
        out.insert(0, char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    out
}

/// `B3`.
pub(super) fn cell_name(row: u16, column: u16) -> String {
    format!("{}{}", column_name(column), u32::from(row) + 1)
}

pub(super) fn error(code: u8) -> Option<&'static str> {
    Some(match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        _ => return None,
    })
}

impl From<super::links::Outside> for Flat {
    fn from(kind: super::links::Outside) -> Self {
        match kind {
            super::links::Outside::File | super::links::Outside::Object => OUTSIDE,
            super::links::Outside::Dde => DDE,
            super::links::Outside::Macro => MACRO,
            super::links::Outside::Nothing => UNKNOWN,
        }
    }
}
