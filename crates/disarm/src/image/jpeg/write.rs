//! The rebuilt file: one interleaved baseline scan with optimal Huffman tables.

use super::huffman::Encoder;
use super::{Component, Jpeg};

/// Whether the result stands alone or goes into a PDF `DCTDecode` stream (then no JFIF and no Exif).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrap {
    File,
    Stream,
}

/// Writes the JPEG from its numbers. Writing what [`super::parse()`] read from the result gives the same bytes.
pub(crate) fn write(jpeg: &Jpeg, wrap: Wrap) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8];
    if wrap == Wrap::File {
        if let Some((unit, x, y)) = jpeg.density {
            let mut body = b"JFIF\0\x01\x01".to_vec();
            body.push(unit);
            body.extend(x.to_be_bytes());
            body.extend(y.to_be_bytes());
            body.extend([0, 0]);
            segment(&mut out, 0xe0, &body);
        }
        if let Some(orientation) = jpeg.orientation {
            let mut body = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
            body.extend([orientation, 0, 0, 0, 0, 0, 0]);
            segment(&mut out, 0xe1, &body);
        }
    }
    if let Some(transform) = jpeg.adobe {
        segment(&mut out, 0xee, &[b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, transform]);
    }
    write_quant(&mut out, jpeg);
    write_frame(&mut out, jpeg);
    let mut counter = Counter::default();
    walk(jpeg, &mut counter);
    let tables = counter.finish();
    let groups = if jpeg.components.len() > 1 { 2 } else { 1 };
    for (group, (dc, ac)) in tables.iter().enumerate().take(groups) {
        for (class, table) in [(0_u8, dc), (1, ac)] {
            let mut body = vec![class << 4 | u8::try_from(group).unwrap_or(0)];
            body.extend(table.counts);
            body.extend(&table.values);
            segment(&mut out, 0xc4, &body);
        }
    }
    let mut body = vec![u8::try_from(jpeg.components.len()).unwrap_or(0)];
    for (index, c) in jpeg.components.iter().enumerate() {
        let group = u8::try_from(table_group(index)).unwrap_or(0);
        body.extend([c.id, group << 4 | group]);
    }
    body.extend([0, 63, 0]);
    segment(&mut out, 0xda, &body);
    let mut writer = Writer { out, hold: 0, held: 0, tables };
    walk(jpeg, &mut writer);
    let mut out = writer.finish();
    out.extend([0xff, 0xd9]);
    out
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend([0xff, marker]);
    out.extend(u16::try_from(body.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(body);
}

/// Luminance-like components share one pair of tables, chrominance the other.
fn table_group(component: usize) -> usize {
    usize::from(matches!(component, 1 | 2))
}

fn wide(jpeg: &Jpeg) -> bool {
    jpeg.components.iter().any(|c| jpeg.quant[c.quant].is_some_and(|t| t.iter().any(|&q| q > 255)))
}

fn write_quant(out: &mut Vec<u8>, jpeg: &Jpeg) {
    for (index, table) in jpeg.quant.iter().enumerate() {
        // A component whose table never arrived decodes with ones everywhere, as readers do.
        let used = jpeg.components.iter().any(|c| c.quant == index);
        if !used {
            continue;
        }
        let table = table.unwrap_or([1; 64]);
        let is_wide = table.iter().any(|&q| q > 255);
        let mut body = vec![u8::from(is_wide) << 4 | u8::try_from(index).unwrap_or(0)];
        for q in table {
            let bytes = q.to_be_bytes();
            body.extend(if is_wide { &bytes[..] } else { &bytes[1..] });
        }
        segment(out, 0xdb, &body);
    }
}

fn write_frame(out: &mut Vec<u8>, jpeg: &Jpeg) {
    let mut body = vec![8];
    body.extend(u16::try_from(jpeg.height).unwrap_or(0).to_be_bytes());
    body.extend(u16::try_from(jpeg.width).unwrap_or(0).to_be_bytes());
    body.push(u8::try_from(jpeg.components.len()).unwrap_or(0));
    for c in &jpeg.components {
        let factors = u8::try_from(c.h << 4 | c.v).unwrap_or(0x11);
        body.extend([c.id, factors, u8::try_from(c.quant).unwrap_or(0)]);
    }
    segment(out, if wide(jpeg) { 0xc1 } else { 0xc0 }, &body);
}

/// Receives the symbols of the scan twice: once to count, once to write.
trait Sink {
    fn dc(&mut self, group: usize, size: u8, bits: u32);
    fn ac(&mut self, group: usize, symbol: u8, size: u8, bits: u32);
}

/// Size category and the bits that follow it (F.1.2.1).
fn category(value: i32) -> (u8, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let bits = if value < 0 { value + (1 << size) - 1 } else { value };
    (u8::try_from(size).unwrap_or(0), bits.unsigned_abs())
}

fn walk(jpeg: &Jpeg, sink: &mut impl Sink) {
    let Some(first) = jpeg.components.first() else { return };
    let (mcus_w, mcus_h) = (first.blocks_w / first.h, first.blocks_h / first.v);
    let mut predictor = [0_i32; 4];
    for my in 0..mcus_h {
        for mx in 0..mcus_w {
            for (index, c) in jpeg.components.iter().enumerate() {
                for by in 0..c.v {
                    for bx in 0..c.h {
                        let block = block_at(c, mx * c.h + bx, my * c.v + by);
                        walk_block(block, table_group(index), &mut predictor[index], sink);
                    }
                }
            }
        }
    }
}

fn block_at(c: &Component, x: usize, y: usize) -> &[i16] {
    let at = (y * c.blocks_w + x) * 64;
    &c.coefficients[at..at + 64]
}

fn walk_block(block: &[i16], group: usize, predictor: &mut i32, sink: &mut impl Sink) {
    let dc = i32::from(block[0]);
    let (size, bits) = category(dc - *predictor);
    *predictor = dc;
    sink.dc(group, size, bits);
    let mut run = 0_u8;
    for &value in &block[1..] {
        if value == 0 {
            run += 1;
            continue;
        }
        while run > 15 {
            sink.ac(group, 0xf0, 0, 0);
            run -= 16;
        }
        let (size, bits) = category(i32::from(value));
        sink.ac(group, run << 4 | (size & 15), size, bits);
        run = 0;
    }
    if run > 0 {
        sink.ac(group, 0, 0, 0);
    }
}

struct Counter {
    dc: [[u32; 256]; 2],
    ac: [[u32; 256]; 2],
}

impl Default for Counter {
    fn default() -> Self {
        Self { dc: [[0; 256]; 2], ac: [[0; 256]; 2] }
    }
}

impl Counter {
    fn finish(&self) -> [(Encoder, Encoder); 2] {
        [0, 1].map(|g| (Encoder::optimal(&self.dc[g]), Encoder::optimal(&self.ac[g])))
    }
}

impl Sink for Counter {
    fn dc(&mut self, group: usize, size: u8, _bits: u32) {
        self.dc[group][usize::from(size)] += 1;
    }

    fn ac(&mut self, group: usize, symbol: u8, _size: u8, _bits: u32) {
        self.ac[group][usize::from(symbol)] += 1;
    }
}

struct Writer {
    out: Vec<u8>,
    hold: u64,
    held: u32,
    tables: [(Encoder, Encoder); 2],
}

impl Writer {
    fn put(&mut self, value: u32, len: u32) {
        self.hold = self.hold << len | u64::from(value);
        self.held += len;
        while self.held >= 8 {
            self.held -= 8;
            let byte = u8::try_from(self.hold >> self.held & 0xff).unwrap_or(0);
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let pad = (8 - self.held % 8) % 8;
        self.put((1 << pad) - 1, pad);
        self.out
    }
}

impl Sink for Writer {
    fn dc(&mut self, group: usize, size: u8, bits: u32) {
        let (code, len) = self.tables[group].0.code(size);
        self.put(code, len);
        self.put(bits, u32::from(size));
    }

    fn ac(&mut self, group: usize, symbol: u8, size: u8, bits: u32) {
        let (code, len) = self.tables[group].1.code(symbol);
        self.put(code, len);
        self.put(bits, u32::from(size));
    }
}
