//! Spreadsheets as plain cells: bytes in, text out, and the other way round. Knows nothing of registers.
//!
//! Reading is hardened, because workbooks come from anywhere: every compressed part is inflated once against a
//! limit before anything is parsed, rows and columns are counted as they stream by (a cell at `XFD1048576` costs one
//! refusal, not 17 billion cells), formulas, links to other workbooks and macros are never evaluated: what they last
//! showed is read as a value.

pub mod csv;
mod error;
pub mod limits;
mod xlsx_in;
mod xlsx_out;

use std::collections::BTreeMap;

pub use error::SheetError;
pub use xlsx_out::{Book, Cell, Head, Holds, Line, write_xlsx};

/// What was read: rows of text. Dates are ISO, numbers plain, booleans `TRUE`/`FALSE` as spreadsheets show them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// The name of the sheet read.
    pub sheet: String,
    pub rows: Vec<Vec<String>>,
    /// What [`write_xlsx`] noted in a workbook of ours; empty for others.
    pub meta: BTreeMap<String, String>,
    /// Other sheets that hold something and were not read.
    pub others: Vec<String>,
}

/// Several files as one ZIP. Workbooks are compressed already, so they are only stored.
pub fn bundle(files: Vec<(String, Vec<u8>)>) -> Result<Vec<u8>, SheetError> {
    use std::io::Write as _;
    let failed = |said: String| SheetError::Write(said);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in files {
        zip.start_file(name.replace(['/', '\\'], "_"), options).map_err(|e| failed(e.to_string()))?;
        zip.write_all(&bytes).map_err(|e| failed(e.to_string()))?;
    }
    Ok(zip.finish().map_err(|e| failed(e.to_string()))?.into_inner())
}

/// Reads an XLSX or CSV file, told apart by content.
pub fn read(bytes: &[u8]) -> Result<Grid, SheetError> {
    if bytes.is_empty() {
        return Err(SheetError::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return xlsx_in::read(bytes);
    }
    // The container of password-protected and of old (.xls) workbooks.
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(SheetError::Container);
    }
    csv::read(bytes)
}
