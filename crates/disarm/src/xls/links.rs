//! What formulas can refer to: sheets, other workbooks, defined names.
//!
//! Source: MS-XLS 2.4.28 (BoundSheet8), 2.4.271 (SupBook), 2.4.105 (ExternName), 2.4.106 (ExternSheet), 2.4.150 (Lbl).

use std::fmt::Write as _;

use super::{
    formula::{self, Code},
    record::{Fields, Record},
    xml,
};
use crate::{Action, Refusal, Severity, Threat, ctx::Ctx, ooxml};

/// What a BOUNDSHEET says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SheetKind {
    Table,
    Chart,
    /// Excel 4.0 macros.
    Macro,
    /// A module of Visual Basic.
    Module,
}

#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) offset: usize,
    pub(super) state: u8,
    pub(super) kind: SheetKind,
    /// Number among the sheets that are written.
    pub(super) kept: Option<usize>,
}

/// Why a reference cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside {
    File,
    Dde,
    Object,
    Macro,
    Nothing,
}

#[derive(Debug)]
enum Book {
    Own,
    AddIn(Vec<String>),
    Foreign(Outside),
}

#[derive(Debug)]
struct Name {
    text: String,
    flags: u16,
    sheet: u16,
    code: Code,
    dropped: bool,
}

/// The tables of references.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) sheets: Vec<Sheet>,
    books: Vec<Book>,
    externs: Vec<(u16, i16, i16)>,
    names: Vec<Name>,
    /// Names that were dropped, in lower case.
    gone: Vec<String>,
}

const BUILT_IN: [&str; 14] = [
    "Consolidate_Area",
    "Auto_Open",
    "Auto_Close",
    "Extract",
    "Database",
    "Criteria",
    "Print_Area",
    "Print_Titles",
    "Recorder",
    "Data_Form",
    "Auto_Activate",
    "Auto_Deactivate",
    "Sheet_Title",
    "_FilterDatabase",
];

impl Links {
    /// Takes one record of the globals. `None`: it is damaged.
    pub(super) fn take(&mut self, record: &Record<'_>) -> Option<bool> {
        let mut fields = record.fields();
        match record.id {
            0x0085 => {
                let offset = usize::try_from(fields.u32()?).ok()?;
                let (state, kind) = (fields.u8()? & 3, fields.u8()?);
                let name = fields.short_text()?;
                let kind = match kind {
                    0 => SheetKind::Table,
                    1 => SheetKind::Macro,
                    2 => SheetKind::Chart,
                    _ => SheetKind::Module,
                };
                self.sheets.push(Sheet { name, offset, state, kind, kept: None });
            }
            0x01AE => self.books.push(book(&mut fields)?),
            0x0023 => self.extern_name(&mut fields)?,
            0x0017 => {
                for _ in 0..fields.u16()? {
                    self.externs.push((fields.u16()?, fields.i16()?, fields.i16()?));
                }
            }
            0x0018 => self.names.push(defined_name(&mut fields)?),
            _ => return Some(false),
        }
        Some(true)
    }

    fn extern_name(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let flags = fields.u16()?;
        match self.books.last_mut()? {
            Book::AddIn(names) => {
                fields.skip(4)?;
                names.push(fields.short_text().unwrap_or_default());
            }
            // A link to an object rather than a conversation.
            Book::Foreign(kind) if flags & 0x10 != 0 && *kind == Outside::Dde => *kind = Outside::Object,
            _ => {}
        }
        Some(())
    }

    /// Text of a defined name by its number, which counts from one.
    pub(super) fn name(&self, index: u16) -> Option<&str> {
        self.names.get(usize::from(index).checked_sub(1)?).map(|n| n.text.as_str())
    }

    pub(super) fn foreign_name(&self, sheet: u16, index: u16) -> Result<String, Outside> {
        let (book, ..) = self.externs.get(usize::from(sheet)).ok_or(Outside::Nothing)?;
        match self.books.get(usize::from(*book)) {
            Some(Book::Own) => self.name(index).map(str::to_owned).ok_or(Outside::Nothing),
            Some(Book::AddIn(names)) => {
                usize::from(index).checked_sub(1).and_then(|i| names.get(i)).cloned().ok_or(Outside::Nothing)
            }
            Some(Book::Foreign(kind)) => Err(*kind),
            None => Err(Outside::Nothing),
        }
    }

    /// `Sheet1` or `Sheet1:Sheet3`, quoted where needed; `#REF!` for a sheet that is gone.
    pub(super) fn sheets(&self, index: u16) -> Result<String, Outside> {
        let (book, first, last) = *self.externs.get(usize::from(index)).ok_or(Outside::Nothing)?;
        match self.books.get(usize::from(book)) {
            Some(Book::Own) => {}
            Some(Book::AddIn(_)) | None => return Err(Outside::Nothing),
            Some(Book::Foreign(kind)) => return Err(*kind),
        }
        let sheet = |i: i16| usize::try_from(i).ok().and_then(|i| self.sheets.get(i));
        let (Some(first), Some(last)) = (sheet(first), sheet(last)) else { return Ok("#REF!".to_owned()) };
        if [first, last].iter().any(|s| matches!(s.kind, SheetKind::Macro | SheetKind::Module)) {
            return Err(Outside::Macro);
        }
        if first.kept.is_none() || last.kept.is_none() {
            return Ok("#REF!".to_owned());
        }
        let both = if first.name == last.name {
            first.name.clone()
        } else {
            format!("{}:{}", first.name, last.name)
        };
        Ok(if needs_quotes(&first.name) || needs_quotes(&last.name) {
            format!("'{}'", both.replace('\'', "''"))
        } else {
            both
        })
    }

    /// Number of the sheet of this workbook that a reference names first.
    pub(super) fn own_sheet(&self, index: u16) -> Option<usize> {
        let (book, first, _) = *self.externs.get(usize::from(index))?;
        let own = matches!(self.books.get(usize::from(book)), Some(Book::Own));
        usize::try_from(first).ok().filter(|_| own)
    }

    pub(super) fn gone(&self) -> &[String] {
        &self.gone
    }

    /// Reports what reaches outside and drops names that run macros, before any formula is judged.
    pub(super) fn judge(&mut self, ctx: &mut Ctx<'_>) {
        for book in &self.books {
            if let Book::Foreign(kind) = book {
                report(*kind, ctx);
            }
        }
        let mut gone = Vec::new();
        for name in &mut self.names {
            let lower = name.text.to_lowercase();
            let bare = lower.trim_start_matches("_xlnm.");
            let automatic = ["auto_open", "auto_close", "auto_activate", "auto_deactivate"]
                .iter()
                .any(|auto| bare.starts_with(auto));
            // How .xls spells a function that is newer than itself (IFERROR, SUMIFS …): a name that stands for nothing.
            if lower.starts_with("_xlfn.")
                && ooxml::formula::check(&format!("{}(A1)", name.text), &[]) == ooxml::formula::Verdict::Safe
            {
                name.dropped = true;
                continue;
            }
            // Functions and commands of macro sheets and modules.
            if automatic || name.flags & 0x0E != 0 {
                ctx.report(
                    Threat::L03,
                    Severity::Active,
                    Action::Dropped,
                    "マクロを動かす名前の定義",
                    &name.text,
                );
                name.dropped = true;
                gone.push(lower);
            }
        }
        self.gone = gone;
    }

    /// Writes `definedNames`.
    pub(super) fn write_names(&self, out: &mut String, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        let mut body = String::new();
        let mut seen: Vec<(String, u16)> = Vec::new();
        for name in self.names.iter().filter(|n| !n.dropped) {
            let key = (name.text.to_lowercase(), name.sheet);
            if seen.contains(&key) || !is_name(&name.text) || name.code.is_empty() {
                continue;
            }
            let scope =
                match usize::from(name.sheet).checked_sub(1).map(|i| self.sheets.get(i).and_then(|s| s.kept))
                {
                    None => String::new(),
                    Some(Some(kept)) => format!(" localSheetId=\"{kept}\""),
                    Some(None) => continue,
                };
            let hidden = if name.flags & 1 != 0 { " hidden=\"1\"" } else { "" };
            match formula::text(&name.code, (0, 0), self, ctx)? {
                Ok(text) => {
                    let _ = write!(
                        body,
                        "<definedName name=\"{}\"{scope}{hidden}>{}</definedName>",
                        xml::escaped(&name.text),
                        xml::escaped(&text)
                    );
                    seen.push(key);
                }
                Err(flat) => {
                    let what = "外部や未知の関数を使う名前の定義";
                    ctx.report(Threat::O24, flat.0, Action::Dropped, what, &name.text);
                }
            }
        }
        if !body.is_empty() {
            let _ = write!(out, "<definedNames>{body}</definedNames>");
        }
        Ok(())
    }

    /// The range a sheet's automatic filter stands on, as `A1:C9`.
    pub(super) fn filter_range(&self, sheet: usize, ctx: &mut Ctx<'_>) -> Result<Option<String>, Refusal> {
        let wanted = |n: &&Name| n.text == "_xlnm._FilterDatabase" && usize::from(n.sheet) == sheet + 1;
        let Some(name) = self.names.iter().find(wanted) else { return Ok(None) };
        let text = formula::text(&name.code, (0, 0), self, ctx)?.ok();
        Ok(text
            .and_then(|t| t.rsplit_once('!').map(|(_, range)| range.replace('$', "")))
            .filter(|r| r.chars().all(|c| c.is_ascii_alphanumeric() || c == ':')))
    }
}

fn report(kind: Outside, ctx: &mut Ctx<'_>) {
    match kind {
        Outside::Dde => {
            ctx.report(Threat::L03, Severity::Active, Action::Dropped, "外部プログラムへの接続（DDE）", "");
        }
        Outside::File => {
            ctx.report(Threat::L03, Severity::External, Action::Dropped, "外部ブックの参照", "");
        }
        Outside::Object => {
            ctx.report(Threat::L05, Severity::External, Action::Dropped, "外部オブジェクトへのリンク", "");
        }
        Outside::Macro | Outside::Nothing => {}
    }
}

fn book(fields: &mut Fields<'_>) -> Option<Book> {
    let (sheets, count) = (fields.u16()?, fields.u16()?);
    match count {
        0x0401 => return Some(Book::Own),
        0x3A01 => return Some(Book::AddIn(Vec::new())),
        _ => {}
    }
    let path = fields.flagged(usize::from(count))?;
    Some(match path.as_str() {
        "\0" => Book::Own,
        " " => Book::Foreign(Outside::Nothing),
        _ if sheets == 0 && path.contains('\u{3}') => Book::Foreign(Outside::Dde),
        _ => Book::Foreign(Outside::File),
    })
}

fn defined_name(fields: &mut Fields<'_>) -> Option<Name> {
    let flags = fields.u16()?;
    fields.u8()?;
    let letters = usize::from(fields.u8()?);
    let len = usize::from(fields.u16()?);
    fields.u16()?;
    let sheet = fields.u16()?;
    fields.skip(4)?;
    let raw = fields.flagged(letters)?;
    let text = if flags & 0x20 != 0 {
        let code = raw.chars().next().map_or(usize::MAX, |c| c as usize);
        format!("_xlnm.{}", BUILT_IN.get(code)?)
    } else {
        raw
    };
    Some(Name { text, flags, sheet, code: Code::read(fields, len)?, dropped: false })
}

/// Characters that a defined name may have; Excel repairs a workbook with others.
fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == '\\')
        && text.chars().all(|c| c.is_alphanumeric() || "_.\\?ー・々〆".contains(c))
        && text.chars().count() <= 255
}

fn needs_quotes(name: &str) -> bool {
    name.chars().any(|c| !c.is_alphabetic() && c != '_')
}
