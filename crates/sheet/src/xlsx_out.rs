//! Writing XLSX that comes back: hidden row id and version, a frozen header, lists to pick from, notes about
//! where the book came from.

use std::borrow::Cow;

use rust_xlsxwriter::{
    Color, DataValidation, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet,
    XlsxError,
};

use crate::SheetError;

/// The hidden sheet with notes to ourselves.
pub(crate) const META_SHEET: &str = "関所";
/// The sheet with what can be picked.
pub(crate) const CODES_SHEET: &str = "選択肢";
/// Empty rows below the last that carry the lists too, for rows to be added.
const SPARE_ROWS: u32 = 500;
/// Lines beyond which a sheet is written through a temporary file: held in memory, each takes some 5 KiB.
const HELD_LINES: usize = 2_000;
/// The first date Excel can hold.
const FIRST_YEAR: i16 = 1900;

/// A workbook to be written.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub sheet: String,
    pub heads: Vec<Head>,
    pub lines: Vec<Line>,
    /// Notes that [`crate::read`] gives back.
    pub meta: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct Head {
    pub label: String,
    pub holds: Holds,
    pub required: bool,
    /// Shown beside the cell when it is selected.
    pub hint: String,
    /// Not shown: row id, version.
    pub hidden: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    Text,
    LongText,
    Number,
    Date,
    /// One of these words.
    OneOf(Vec<String>),
}

/// One row; as many cells as heads.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Empty,
    Text(String),
    Number(i64),
    /// Year, month, day.
    Date(i16, u8, u8),
}

impl Cell {
    /// As a CSV file holds it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Cell::Empty => Cow::Borrowed(""),
            Cell::Text(text) => Cow::Borrowed(text),
            Cell::Number(n) => Cow::Owned(n.to_string()),
            Cell::Date(year, month, day) => Cow::Owned(format!("{year:04}-{month:02}-{day:02}")),
        }
    }
}

pub fn write_xlsx(book: &Book) -> Result<Vec<u8>, SheetError> {
    write(book).map_err(|e| SheetError::Write(e.to_string()))
}

struct Formats {
    head: Format,
    needed: Format,
    text: Format,
    long: Format,
    number: Format,
    date: Format,
}

impl Formats {
    fn new() -> Formats {
        let cell = || Format::new().set_align(FormatAlign::Top).set_font_name("游ゴシック").set_font_size(10);
        let head = cell()
            .set_bold()
            .set_text_wrap()
            .set_background_color(Color::RGB(0xEE_F2_F8))
            .set_border_bottom(FormatBorder::Thin);
        Formats {
            needed: head.clone().set_background_color(Color::RGB(0xFF_F3_CC)),
            head,
            // Text stays text: 000123 keeps its zeros and =1+1 is not computed, also after an edit.
            text: cell().set_num_format("@"),
            long: cell().set_num_format("@").set_text_wrap(),
            number: cell().set_num_format("#,##0"),
            date: cell().set_num_format("[$-411]ggge\"年\"m\"月\"d\"日\";@"),
        }
    }
}

fn write(book: &Book) -> Result<Vec<u8>, XlsxError> {
    let formats = Formats::new();
    let mut workbook = Workbook::new();
    let sheet = match book.lines.len() > HELD_LINES {
        true => workbook.add_worksheet_with_constant_memory()?,
        false => workbook.add_worksheet(),
    };
    sheet.set_name(sheet_name(&book.sheet))?;
    let mut codes = Vec::new();
    for (at, head) in book.heads.iter().enumerate() {
        let column = u16::try_from(at).unwrap_or(u16::MAX);
        write_head(sheet, column, head, &formats, book.lines.len(), &mut codes)?;
    }
    for (at, line) in book.lines.iter().enumerate() {
        let row = u32::try_from(at + 1).unwrap_or(u32::MAX);
        for (column, (cell, head)) in line.cells.iter().zip(&book.heads).enumerate() {
            write_cell(sheet, row, u16::try_from(column).unwrap_or(u16::MAX), cell, head, &formats)?;
        }
    }
    let shown = book.heads.iter().take_while(|h| h.hidden).count();
    // The header and the first two columns (number, name) stay in sight.
    sheet.set_freeze_panes(1, u16::try_from(shown + 2).unwrap_or(2))?;
    if !book.heads.is_empty() {
        let (last_row, last) = (book.lines.len().max(1), book.heads.len() - 1);
        sheet.autofilter(0, 0, u32::try_from(last_row).unwrap_or(1), u16::try_from(last).unwrap_or(0))?;
    }
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    write_codes(&mut workbook, &codes, &formats)?;
    let notes = workbook.add_worksheet();
    notes.set_name(META_SHEET)?.set_hidden(true);
    for (at, (key, value)) in book.meta.iter().enumerate() {
        let row = u32::try_from(at).unwrap_or(u32::MAX);
        notes.write_string(row, 0, key)?.write_string(row, 1, value)?;
    }
    workbook.save_to_buffer()
}

fn write_head(
    sheet: &mut Worksheet,
    column: u16,
    head: &Head,
    formats: &Formats,
    lines: usize,
    codes: &mut Vec<(String, Vec<String>)>,
) -> Result<(), XlsxError> {
    let format = if head.required { &formats.needed } else { &formats.head };
    sheet.write_string_with_format(0, column, &head.label, format)?;
    let (width, body) = match &head.holds {
        Holds::LongText => (36, &formats.long),
        Holds::Text => (20, &formats.text),
        Holds::Number => (10, &formats.number),
        Holds::Date => (17, &formats.date),
        Holds::OneOf(_) => (20, &formats.text),
    };
    sheet.set_column_width(column, width)?.set_column_format(column, body)?;
    if head.hidden {
        sheet.set_column_hidden(column)?;
    }
    let last = u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(SPARE_ROWS);
    let rule = match &head.holds {
        Holds::OneOf(words) if !words.is_empty() => {
            let letter = column_letters(codes.len());
            let formula = format!("='{CODES_SHEET}'!${letter}$2:${letter}${}", words.len() + 1);
            codes.push((head.label.clone(), words.clone()));
            // A word that is not in the list is warned about, not refused: the import says what it makes of it.
            Some(DataValidation::new().allow_list_formula(Formula::new(formula)))
        }
        _ if !head.hint.is_empty() => Some(DataValidation::new().allow_any_value()),
        _ => None,
    };
    if let Some(rule) = rule {
        let hint: String = head.hint.chars().take(250).collect();
        let label: String = head.label.chars().take(30).collect();
        let rule =
            if hint.is_empty() { rule } else { rule.set_input_title(label)?.set_input_message(hint)? };
        let rule = rule.set_error_style(rust_xlsxwriter::DataValidationErrorStyle::Warning);
        sheet.add_data_validation(1, column, last, column, &rule)?;
    }
    Ok(())
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    head: &Head,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let text = if head.holds == Holds::LongText { &formats.long } else { &formats.text };
    match cell {
        Cell::Empty => {}
        Cell::Text(value) => drop(sheet.write_string_with_format(row, column, value, text)?),
        // Beyond 2^53 a spreadsheet would round it.
        Cell::Number(n) if n.unsigned_abs() < 1 << 53 => {
            #[expect(clippy::cast_precision_loss, reason = "checked just above")]
            sheet.write_number_with_format(row, column, *n as f64, &formats.number)?;
        }
        Cell::Number(n) => drop(sheet.write_string_with_format(row, column, n.to_string(), text)?),
        Cell::Date(year, month, day) if *year >= FIRST_YEAR => {
            let date = ExcelDateTime::from_ymd(u16::try_from(*year).unwrap_or(1900), *month, *day)?;
            sheet.write_datetime_with_format(row, column, &date, &formats.date)?;
        }
        Cell::Date(year, month, day) => {
            sheet.write_string_with_format(row, column, format!("{year:04}-{month:02}-{day:02}"), text)?;
        }
    }
    Ok(())
}

fn write_codes(
    workbook: &mut Workbook,
    codes: &[(String, Vec<String>)],
    formats: &Formats,
) -> Result<(), XlsxError> {
    if codes.is_empty() {
        return Ok(());
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name(CODES_SHEET)?.set_freeze_panes(1, 0)?;
    for (at, (label, words)) in codes.iter().enumerate() {
        let column = u16::try_from(at).unwrap_or(u16::MAX);
        sheet.set_column_width(column, 24)?;
        sheet.write_string_with_format(0, column, label, &formats.head)?;
        for (at, word) in words.iter().enumerate() {
            let row = u32::try_from(at + 1).unwrap_or(u32::MAX);
            sheet.write_string_with_format(row, column, word, &formats.text)?;
        }
    }
    Ok(())
}

/// 0 → A, 26 → AA.
fn column_letters(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(at % 26).unwrap_or(0)));
        if at < 26 {
            return letters.iter().rev().collect();
        }
        at = at / 26 - 1;
    }
}

/// Excel takes 31 characters and none of `[]:*?/\`.
fn sheet_name(name: &str) -> String {
    let kept: String = name.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(31).collect();
    if kept.is_empty() { "台帳".to_owned() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn book(cells: Vec<Vec<Cell>>) -> Book {
        let head = |label: &str, holds| Head {
            label: label.to_owned(),
            holds,
            required: false,
            hint: "説明".to_owned(),
            hidden: label == "行ID",
        };
        Book {
            sheet: "情報資産[1]".to_owned(),
            heads: vec![
                head("行ID", Holds::Text),
                head("名称", Holds::LongText),
                head("人数", Holds::Number),
                head("日", Holds::Date),
                head("区分", Holds::OneOf(vec!["甲".to_owned(), "乙".to_owned()])),
            ],
            lines: cells.into_iter().map(|cells| Line { cells }).collect(),
            meta: vec![("register".to_owned(), "asset".to_owned())],
        }
    }

    #[test]
    fn letters_count_on() {
        for (at, letters) in
            [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
        {
            assert_eq!(column_letters(at), letters);
        }
    }

    #[test]
    fn notes_and_the_sheet_come_back() {
        let bytes = write_xlsx(&book(vec![])).unwrap();
        let grid = crate::read(&bytes).unwrap();
        assert_eq!(grid.meta.get("register").map(String::as_str), Some("asset"));
        assert_eq!(
            (grid.sheet.as_str(), grid.others.as_slice()),
            ("情報資産1", &[CODES_SHEET.to_owned()][..])
        );
        assert_eq!(grid.rows, [["行ID", "名称", "人数", "日", "区分"]]);
    }

    /// A long sheet is written another way, and reads the same.
    #[test]
    fn long_sheets_come_back() {
        let text = |n: usize| ["=1+1", " 空白 ", "改行\nあり", "_x000D_", "😀", "0012"][n % 6].to_owned();
        let line = |n: usize| vec![Cell::Text(format!("r{n}")), Cell::Text(text(n)), Cell::Number(n as i64)];
        let grid = crate::read(&write_xlsx(&book((0..=HELD_LINES).map(line).collect())).unwrap()).unwrap();
        assert_eq!(grid.meta.get("register").map(String::as_str), Some("asset"));
        assert_eq!(grid.rows.len(), HELD_LINES + 2);
        for (n, row) in grid.rows[1..].iter().enumerate() {
            assert_eq!(row[..3], [format!("r{n}"), text(n), n.to_string()]);
        }
    }

    proptest! {
        /// No value is changed by being written and read.
        #[test]
        fn values_come_back(
            text in "[=+@'0-9a\"<>&_x\\-あ😀髙\n\t]{1,40}|_x00[0-9A-F]{2}_|\\PC{1,30}",
            number in any::<i64>(),
            days in 0i32..80_000,
        ) {
            prop_assume!(!text.trim().is_empty());
            // Before 1900 and after: both halves of how dates are written.
            let (year, month, day) = (1850 + i16::try_from(days / 372).unwrap(), (days / 31 % 12 + 1) as u8, (days % 28 + 1) as u8);
            let cells = vec![Cell::Text("r1".into()), Cell::Text(text.clone()), Cell::Number(number), Cell::Date(year, month, day), Cell::Text("甲".into())];
            let grid = crate::read(&write_xlsx(&book(vec![cells])).unwrap()).unwrap();
            let date = format!("{year:04}-{month:02}-{day:02}");
            let expected: Vec<String> = vec!["r1".into(), text, number.to_string(), date, "甲".into()];
            prop_assert_eq!(&grid.rows[1], &expected);
        }
    }
}
