//! Every limit, with its unit and why it is that number.

/// Bytes of all parts of a workbook, inflated. A register of 100,000 rows and 30 columns is about 150 MB of XML.
pub const INFLATED_BYTES: u64 = 256 * 1024 * 1024;
/// Parts of a workbook; one with 100 sheets has about 250.
pub const PARTS: usize = 2_000;
/// Rows read. The largest register asked for has 20,000; a city of a million people has fewer than 100,000 assets.
pub const ROWS: usize = 100_000;
/// Columns read. Registers have fewer than 60.
pub const COLUMNS: usize = 256;
/// Characters of one cell: Excel's own limit.
pub const CELL_CHARS: usize = 32_767;
