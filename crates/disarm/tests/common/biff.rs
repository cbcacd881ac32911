//! Builds small Excel 97-2003 workbooks record by record, independent of the code that reads them.

use std::io::{Cursor, Write};

/// A workbook in the making.
#[derive(Clone, Default)]
pub struct Workbook {
    /// Records of the globals before the list of sheets.
    pub globals: Vec<(u16, Vec<u8>)>,
    /// Records of the globals after it: names, strings, drawings.
    pub tail: Vec<(u16, Vec<u8>)>,
    pub sheets: Vec<Sheet>,
    /// Streams beside the workbook: path, content.
    pub streams: Vec<(String, Vec<u8>)>,
}

#[derive(Clone)]
pub struct Sheet {
    pub name: String,
    /// 0 visible, 1 hidden, 2 very hidden.
    pub state: u8,
    /// 0 table, 1 macros, 2 chart, 6 module.
    pub kind: u8,
    pub records: Vec<(u16, Vec<u8>)>,
}

/// Joins little-endian pieces: `bytes![u16 1, u8 2]` reads badly, a slice of words reads well enough.
pub fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

/// Count in two bytes, flag, UTF-16.
pub fn text(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = words(&[u16::try_from(units.len()).expect("short")]);
    out.push(1);
    out.extend(words(&units));
    out
}

/// Count in one byte, flag, UTF-16.
pub fn short_text(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = vec![u8::try_from(units.len()).expect("short"), 1];
    out.extend(words(&units));
    out
}

pub fn font(name: &str, height: u16, weight: u16) -> Vec<u8> {
    let mut out = words(&[height, 0, 0x7FFF, weight, 0]);
    out.extend([0, 3, 128, 0]);
    out.extend(short_text(name));
    out
}

/// A cell style with font, number format, alignment byte, border word and fill words.
pub fn xf(font: u16, format: u16, style: bool, align: u8, border: u32, fill: (u8, u16)) -> Vec<u8> {
    let mut out = words(&[font, format, if style { 0xFFF5 } else { 1 }]);
    out.extend([align, 0, 0, 0]);
    out.extend(border.to_le_bytes());
    out.extend((u32::from(fill.0) << 26).to_le_bytes());
    out.extend(fill.1.to_le_bytes());
    out
}

impl Sheet {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), state: 0, kind: 0, records: Vec::new() }
    }

    pub fn state(mut self, state: u8) -> Self {
        self.state = state;
        self
    }

    pub fn kind(mut self, kind: u8) -> Self {
        self.kind = kind;
        self
    }

    pub fn record(mut self, id: u16, data: impl AsRef<[u8]>) -> Self {
        self.records.push((id, data.as_ref().to_vec()));
        self
    }

    pub fn number(self, row: u16, column: u16, value: f64) -> Self {
        let mut data = words(&[row, column, 15]);
        data.extend(value.to_le_bytes());
        self.record(0x0203, data)
    }

    pub fn label(self, row: u16, column: u16, value: &str) -> Self {
        let mut data = words(&[row, column, 15]);
        data.extend(text(value));
        self.record(0x0204, data)
    }

    /// A formula with a number as its stored result.
    pub fn formula(self, row: u16, column: u16, result: f64, tokens: &[u8]) -> Self {
        self.formula_with(row, column, &result.to_le_bytes(), tokens)
    }

    pub fn formula_with(self, row: u16, column: u16, result: &[u8], tokens: &[u8]) -> Self {
        let mut data = words(&[row, column, 15]);
        data.extend(result);
        data.extend([0; 6]);
        data.extend(words(&[u16::try_from(tokens.len()).expect("short")]));
        data.extend(tokens);
        self.record(0x0006, data)
    }
}

impl Workbook {
    /// Four fonts, sixteen styles and one sheet.
    pub fn new(sheet: Sheet) -> Self {
        let mut globals = vec![(0x0042, words(&[0x04B0]))];
        globals.extend((0..4).map(|_| (0x0031, font("ＭＳ Ｐゴシック", 220, 400))));
        globals.extend((0..16).map(|i| (0x00E0, xf(0, 0, i != 15, 0x20, 0, (0, 0x20C0)))));
        globals.push((0x0293, vec![0, 0x80, 0, 0xFF]));
        Self { globals, sheets: vec![sheet], ..Self::default() }
    }

    pub fn sheet(mut self, sheet: Sheet) -> Self {
        self.sheets.push(sheet);
        self
    }

    pub fn global(mut self, id: u16, data: impl AsRef<[u8]>) -> Self {
        self.globals.push((id, data.as_ref().to_vec()));
        self
    }

    pub fn after_sheets(mut self, id: u16, data: impl AsRef<[u8]>) -> Self {
        self.tail.push((id, data.as_ref().to_vec()));
        self
    }

    pub fn stream(mut self, path: &str, data: impl AsRef<[u8]>) -> Self {
        self.streams.push((path.to_owned(), data.as_ref().to_vec()));
        self
    }

    /// A defined name; `flags` as in the record, `sheet` counts from one.
    pub fn name(self, flags: u16, name: &str, sheet: u16, tokens: &[u8]) -> Self {
        let units: Vec<u16> = name.encode_utf16().collect();
        let mut data = words(&[flags]);
        data.extend([0, u8::try_from(units.len()).expect("short")]);
        data.extend(words(&[u16::try_from(tokens.len()).expect("short"), 0, sheet, 0, 0]));
        data.push(1);
        data.extend(words(&units));
        data.extend(tokens);
        self.after_sheets(0x0018, data)
    }

    /// SUPBOOK of this workbook and one EXTERNSHEET entry per sheet.
    pub fn own_references(self) -> Self {
        let count = u16::try_from(self.sheets.len()).expect("few");
        let mut sheets = words(&[count]);
        (0..count).for_each(|i| sheets.extend(words(&[0, i, i])));
        self.after_sheets(0x01AE, words(&[count, 0x0401])).after_sheets(0x0017, sheets)
    }

    /// The stream of records.
    pub fn records(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let bof = |kind: u16| words(&[0x0600, kind, 0x18AF, 0x07CD, 0xC1, 0, 6, 0]);
        push(&mut out, 0x0809, &bof(5));
        self.globals.iter().for_each(|(id, data)| push(&mut out, *id, data));
        let mut places = Vec::new();
        for sheet in &self.sheets {
            places.push(out.len() + 4);
            let mut data = vec![0, 0, 0, 0, sheet.state, sheet.kind];
            data.extend(short_text(&sheet.name));
            push(&mut out, 0x0085, &data);
        }
        self.tail.iter().for_each(|(id, data)| push(&mut out, *id, data));
        push(&mut out, 0x000A, &[]);
        for (sheet, place) in self.sheets.iter().zip(places) {
            let at = u32::try_from(out.len()).expect("small").to_le_bytes();
            out[place..place + 4].copy_from_slice(&at);
            push(
                &mut out,
                0x0809,
                &bof(match sheet.kind {
                    1 => 0x40,
                    2 => 0x20,
                    _ => 0x10,
                }),
            );
            sheet.records.iter().for_each(|(id, data)| push(&mut out, *id, data));
            push(&mut out, 0x000A, &[]);
        }
        out
    }

    /// The compound file.
    pub fn build(&self) -> Vec<u8> {
        compound(&self.records(), &self.streams)
    }
}

/// A compound file around a stream of records.
pub fn compound(records: &[u8], streams: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut file =
        cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).expect("file");
    let mut put = |path: &str, data: &[u8]| {
        if let Some((folder, _)) = path.trim_start_matches('/').rsplit_once('/') {
            file.create_storage_all(folder).expect("storage");
        }
        file.create_stream(path).expect("stream").write_all(data).expect("data");
    };
    put("/Workbook", records);
    streams.iter().for_each(|(path, data)| put(path, data));
    file.flush().expect("flush");
    file.into_inner().into_inner()
}

/// One record; what is too long goes on in CONTINUE records.
fn push(out: &mut Vec<u8>, id: u16, data: &[u8]) {
    let mut pieces = data.chunks(8_224);
    let first = pieces.next().unwrap_or(&[]);
    let mut one = |id: u16, data: &[u8]| {
        out.extend(words(&[id, u16::try_from(data.len()).expect("a piece")]));
        out.extend(data);
    };
    one(id, first);
    pieces.for_each(|piece| one(0x003C, piece));
}
