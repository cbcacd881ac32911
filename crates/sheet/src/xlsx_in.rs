//! Reading XLSX: the first sheet that holds something, cell by cell.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetVisible, Xlsx};

use crate::xlsx_out::META_SHEET;
use crate::{Grid, SheetError, limits};

pub(crate) fn read(bytes: &[u8]) -> Result<Grid, SheetError> {
    weigh(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|e| SheetError::NotAWorkbook(e.to_string()))?;
    let sheets: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible))
        .collect();
    let mut grid = Grid::default();
    for (name, visible) in sheets {
        if name == META_SHEET {
            let pairs = cells(&mut book, &name)?.into_iter();
            grid.meta = pairs.filter_map(|row| Some((row.first()?.clone(), row.get(1)?.clone()))).collect();
        } else if grid.rows.is_empty() && visible {
            grid.rows = cells(&mut book, &name)?;
            grid.sheet = name;
        } else if visible {
            grid.others.push(name);
        }
    }
    if grid.rows.is_empty() { Err(SheetError::Empty) } else { Ok(grid) }
}

/// Inflates every part against the limit: what the directory says about sizes is the sender's word.
fn weigh(bytes: &[u8]) -> Result<(), SheetError> {
    let bad = |e: zip::result::ZipError| SheetError::NotAWorkbook(e.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(bad)?;
    if archive.len() > limits::PARTS {
        return Err(SheetError::TooManyParts);
    }
    let mut left = limits::INFLATED_BYTES;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(bad)?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let read = read.map_err(|e| SheetError::NotAWorkbook(e.to_string()))?;
        left = left.checked_sub(read).ok_or(SheetError::TooLarge)?;
    }
    Ok(())
}

/// The cells of a sheet as rows; blank rows at the end are left out.
fn cells(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Vec<String>>, SheetError> {
    let bad = |row: usize, e: calamine::XlsxError| SheetError::Damaged { row, said: e.to_string() };
    let mut reader =
        book.worksheet_cells_reader(name).map_err(|e| SheetError::NotAWorkbook(e.to_string()))?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(|e| bad(rows.len() + 1, e))? {
        let text = text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let (row, column) = cell.get_position();
        let (row, column) = (row as usize, column as usize);
        if row >= limits::ROWS {
            return Err(SheetError::TooManyRows);
        }
        if column >= limits::COLUMNS {
            return Err(SheetError::TooManyColumns);
        }
        if rows.len() <= row {
            rows.resize(row + 1, Vec::new());
        }
        let cells = &mut rows[row];
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = text.chars().take(limits::CELL_CHARS).collect();
    }
    Ok(rows)
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => plain(*number),
        DataRef::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(moment) => date(moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.strip_suffix("T00:00:00").unwrap_or(text).to_owned()
        }
        // #REF! and the like: what a formula failed to be is nobody's value.
        DataRef::Error(_) => String::new(),
    }
}

/// A number as people write it: no `.0`, no exponent.
fn plain(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}

fn date(moment: &ExcelDateTime) -> String {
    if !moment.is_datetime() {
        return plain(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}
