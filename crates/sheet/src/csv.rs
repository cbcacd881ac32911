//! CSV: UTF-8 (with or without BOM), UTF-16 and CP932 in; UTF-8 with BOM or CP932 out.

use encoding_rs::{SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

use crate::{Grid, SheetError, limits};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// With a byte-order mark, without which Excel reads Japanese as CP932.
    Utf8,
    Cp932,
}

pub fn read(bytes: &[u8]) -> Result<Grid, SheetError> {
    let text = decode(bytes)?;
    let first = text.lines().find(|line| !line.trim().is_empty()).ok_or(SheetError::Empty)?;
    let count = |c: char| first.matches(c).count();
    let delimiter = if count('\t') > count(',') { b'\t' } else { b',' };
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut grid = Grid { sheet: "CSV".to_owned(), ..Grid::default() };
    let mut record = ::csv::StringRecord::new();
    loop {
        let row = grid.rows.len() + 1;
        let more = reader.read_record(&mut record);
        if !more.map_err(|e| SheetError::Damaged { row, said: e.to_string() })? {
            return Ok(grid);
        }
        if record.len() > limits::COLUMNS {
            return Err(SheetError::TooManyColumns);
        }
        if row > limits::ROWS {
            return Err(SheetError::TooManyRows);
        }
        grid.rows.push(record.iter().map(|cell| restored(cell).to_owned()).collect());
    }
}

fn decode(bytes: &[u8]) -> Result<String, SheetError> {
    let (text, bad) = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => UTF_8.decode_without_bom_handling(rest),
        [0xff, 0xfe, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest),
        [0xfe, 0xff, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest),
        _ if std::str::from_utf8(bytes).is_ok() => UTF_8.decode_without_bom_handling(bytes),
        _ => SHIFT_JIS.decode_without_bom_handling(bytes),
    };
    // A file with NUL is not text, whatever an encoding makes of it.
    if bad || text.contains('\0') { Err(SheetError::Encoding) } else { Ok(text.into_owned()) }
}

/// Rows as a file. Texts that a spreadsheet program would run are made harmless; [`read`] restores them.
pub fn write<Row, Cell>(
    rows: impl IntoIterator<Item = Row>,
    encoding: Encoding,
) -> Result<Vec<u8>, SheetError>
where
    Row: IntoIterator<Item = Cell>,
    Cell: AsRef<str>,
{
    let mut writer = ::csv::WriterBuilder::new()
        .flexible(true)
        .terminator(::csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        for cell in row {
            writer.write_field(&*neutral(cell.as_ref())).map_err(|e| SheetError::Write(e.to_string()))?;
        }
        writer.write_record(None::<&[u8]>).map_err(|e| SheetError::Write(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| SheetError::Write(e.to_string()))?;
    match encoding {
        Encoding::Utf8 => Ok([b"\xef\xbb\xbf".as_slice(), &bytes].concat()),
        Encoding::Cp932 => {
            let text = String::from_utf8(bytes).map_err(|e| SheetError::Write(e.to_string()))?;
            let (encoded, _, lost) = SHIFT_JIS.encode(&text);
            // What is encodable but would come back as another character is lost as well (¥ and ‾).
            if lost || SHIFT_JIS.decode_without_bom_handling(&encoded).0 != text {
                return Err(SheetError::NotInCp932(strangers(&text)));
            }
            Ok(encoded.into_owned())
        }
    }
}

/// The first few characters that CP932 cannot carry.
fn strangers(text: &str) -> String {
    let mut found = String::new();
    for c in text.chars() {
        let one = c.to_string();
        let (encoded, _, lost) = SHIFT_JIS.encode(&one);
        let returns = SHIFT_JIS.decode_without_bom_handling(&encoded).0 == one;
        if (lost || !returns) && !found.contains(c) {
            found.push(c);
        }
        if found.chars().count() == 5 {
            break;
        }
    }
    found
}

/// A text that a spreadsheet program would run, made harmless: one `'` before it.
pub fn neutral(text: &str) -> String {
    if runs(text.trim_start_matches('\'')) { format!("'{text}") } else { text.to_owned() }
}

/// The inverse of [`neutral`].
pub fn restored(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if runs(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

fn runs(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_encoding_an_office_uses_is_read() {
        let text = "資産番号,名称\r\n0001,\"税務課の\n台帳\"\r\n";
        let (cp932, ..) = SHIFT_JIS.encode(text);
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let bom = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &cp932, &utf16, &bom] {
            let rows = read(bytes).unwrap().rows;
            assert_eq!(rows, [["資産番号", "名称"], ["0001", "税務課の\n台帳"]]);
        }
        let tabs = read("a\tb,c\td\n".as_bytes()).unwrap();
        assert_eq!(tabs.rows, [["a", "b,c", "d"]]);
    }

    #[test]
    fn what_cp932_lacks_is_named_and_not_lost() {
        let rows = vec![vec!["髙橋".to_owned(), "①".to_owned()]];
        let bytes = write(&rows, Encoding::Cp932).unwrap();
        assert_eq!(read(&bytes).unwrap().rows, rows);
        let rows = vec![vec!["絵😀".to_owned()]];
        assert_eq!(write(&rows, Encoding::Cp932), Err(SheetError::NotInCp932("😀".to_owned())));
    }

    proptest! {
        /// A neutralised text is not run, and comes back to the letter.
        #[test]
        fn neutral_texts_come_back(text in "[=+@'\\-a\\t＝]{0,6}|\\PC{0,12}") {
            let safe = neutral(&text);
            prop_assert!(!runs(&safe));
            prop_assert_eq!(restored(&safe), text.as_str());
        }

        #[test]
        fn tables_come_back(rows in proptest::collection::vec(proptest::collection::vec("[=+'a\"\n,あ髙 0]{0,8}", 3), 1..6)) {
            let wanted: Vec<_> = rows.iter().filter(|r| r.len() != 1 || !r[0].is_empty()).cloned().collect();
            let blank_first = rows[0].iter().all(|c| c.trim().is_empty());
            prop_assume!(!blank_first && !rows.iter().any(|r| r.iter().any(|c| c.contains('\r'))));
            for encoding in [Encoding::Utf8, Encoding::Cp932] {
                let bytes = write(&rows, encoding).unwrap();
                prop_assert_eq!(&read(&bytes).unwrap().rows, &wanted);
            }
        }

        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = crate::read(&bytes);
        }
    }
}
