//! Fax pictures (CCITT group 3 and 4), as PDF and TIFF carry them.

/// Bytes of one decoded picture; with its encoding it stays below 300 MB.
const MOST: usize = 200 << 20;

/// Rows as decoded, each from a byte of its own; `white` is the bit that white pixels are written as.
pub(crate) struct Rows {
    pub(crate) data: Vec<u8>,
    pub(crate) rows: usize,
    columns: usize,
    white: bool,
}

impl hayro_ccitt::Decoder for Rows {
    fn push_row(&mut self, changes: &[u32]) {
        if self.data.len() >= MOST {
            return;
        }
        let stride = self.columns.div_ceil(8);
        let start = self.data.len();
        self.data.resize(start + stride, if self.white { 0xff } else { 0 });
        for span in changes.chunks(2) {
            let end = span.get(1).map_or(self.columns, |e| *e as usize).min(self.columns);
            for x in span[0] as usize..end {
                self.data[start + x / 8] ^= 0x80 >> (x % 8);
            }
        }
        self.rows += 1;
    }
}

/// Rows before an error are kept, as viewers do.
pub(crate) fn decode(data: &[u8], settings: hayro_ccitt::DecodeSettings, white: bool) -> Rows {
    let mut rows = Rows { data: Vec::new(), rows: 0, columns: settings.columns as usize, white };
    let mut context = hayro_ccitt::DecoderContext::new(settings);
    let _ = hayro_ccitt::decode(data, &mut rows, &mut context);
    rows
}
