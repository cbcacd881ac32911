//! Entropy-coded segments: sequential (annex F) and progressive (annex G) Huffman decoding.

use super::huffman::Decoder;
use super::parse::Tables;
use super::{Jpeg, JpegError};

/// Scan header (B.2.3), checked against the frame.
#[derive(Debug)]
pub(super) struct ScanHeader {
    /// Component index, DC table, AC table.
    components: Vec<(usize, usize, usize)>,
    spectral_start: usize,
    spectral_end: usize,
    approx_high: u32,
    approx_low: u32,
}

impl ScanHeader {
    pub(super) fn parse(body: &[u8], jpeg: &Jpeg, tables: &Tables) -> Result<Self, JpegError> {
        let bad = JpegError::Malformed("JPEG の走査の見出しが正しくありません");
        let [count, rest @ ..] = body else { return Err(bad) };
        let count = usize::from(*count);
        if count == 0 || count > jpeg.components.len() || rest.len() < count * 2 + 3 {
            return Err(bad);
        }
        let mut components = Vec::with_capacity(count);
        for pair in rest.chunks_exact(2).take(count) {
            let index = jpeg.components.iter().position(|c| c.id == pair[0]).ok_or(bad)?;
            let (dc, ac) = (usize::from(pair[1] >> 4), usize::from(pair[1] & 15));
            if dc > 3 || ac > 3 || components.iter().any(|&(seen, _, _)| seen == index) {
                return Err(bad);
            }
            components.push((index, dc, ac));
        }
        let tail = &rest[count * 2..];
        let (start, end) = (usize::from(tail[0]), usize::from(tail[1]));
        let (high, low) = (u32::from(tail[2] >> 4), u32::from(tail[2] & 15));
        if !tables.progressive {
            return Ok(Self {
                components,
                spectral_start: 0,
                spectral_end: 63,
                approx_high: 0,
                approx_low: 0,
            });
        }
        if start > end || end > 63 || low > 13 || (start == 0) != (end == 0) || (start > 0 && count != 1) {
            return Err(bad);
        }
        Ok(Self { components, spectral_start: start, spectral_end: end, approx_high: high, approx_low: low })
    }
}

/// Bits of the entropy-coded data; stops at a marker and then delivers zeros.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    hold: u64,
    held: u32,
    /// Bits delivered beyond the end of the data.
    starved: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.held <= 48 {
            let byte = match self.data.get(self.at) {
                Some(0xff) if self.data.get(self.at + 1) == Some(&0) => {
                    self.at += 2;
                    0xff
                }
                Some(0xff) | None => {
                    self.starved += 8;
                    0
                }
                Some(&b) => {
                    self.at += 1;
                    b
                }
            };
            self.hold = self.hold << 8 | u64::from(byte);
            self.held += 8;
        }
    }

    /// More bits were used than the data holds.
    fn exhausted(&self) -> bool {
        self.starved > self.held
    }

    fn symbol(&mut self, table: &Decoder) -> Option<u8> {
        self.fill();
        let top = u32::try_from(self.hold >> (self.held - 16) & 0xffff).ok()?;
        let (len, value) = table.lookup(top)?;
        self.held -= len;
        (!self.exhausted()).then_some(value)
    }

    fn bits(&mut self, n: u32) -> Option<i32> {
        if n == 0 {
            return Some(0);
        }
        self.fill();
        self.held -= n;
        let value = self.hold >> self.held & ((1 << n) - 1);
        (!self.exhausted()).then(|| i32::try_from(value).unwrap_or(0))
    }

    /// A signed value of `n` bits (F.2.2.1, EXTEND).
    fn signed(&mut self, n: u32) -> Option<i32> {
        let value = self.bits(n)?;
        Some(if n > 0 && value < 1 << (n - 1) { value - (1 << n) + 1 } else { value })
    }

    /// Drops the partial byte and steps over a restart marker if one is next.
    fn restart(&mut self) -> bool {
        (self.hold, self.held, self.starved) = (0, 0, 0);
        // Skip to the marker: damaged intervals may leave bytes unread.
        while let Some(&b) = self.data.get(self.at) {
            if b == 0xff {
                match self.data.get(self.at + 1) {
                    Some(0xd0..=0xd7) => {
                        self.at += 2;
                        return true;
                    }
                    Some(0) => self.at += 2,
                    Some(0xff) => self.at += 1,
                    _ => return false,
                }
            } else {
                self.at += 1;
            }
        }
        false
    }
}

/// Per-scan decoding state.
struct State<'t> {
    header: &'t ScanHeader,
    tables: &'t Tables,
    predictor: [i32; 4],
    end_of_band: u32,
}

/// Decodes one scan into `jpeg`; returns the number of bytes up to the next marker.
pub(super) fn decode(
    data: &[u8],
    header: &ScanHeader,
    jpeg: &mut Jpeg,
    tables: &Tables,
) -> Result<usize, JpegError> {
    let mut bits = Bits { data, at: 0, hold: 0, held: 0, starved: 0 };
    let mut state = State { header, tables, predictor: [0; 4], end_of_band: 0 };
    let single = header.components.len() == 1;
    let (units_w, units_h) = if single {
        let c = &jpeg.components[header.components[0].0];
        (c.real_w, c.real_h)
    } else {
        let c = &jpeg.components[0];
        (c.blocks_w / c.h, c.blocks_h / c.v)
    };
    let units = units_w * units_h;
    let mut unit = 0;
    while unit < units {
        let interval = if tables.restart_interval == 0 { units } else { tables.restart_interval };
        let end = (unit + interval).min(units);
        let ok = (unit..end)
            .try_for_each(|u| decode_unit(&mut bits, &mut state, jpeg, single, u % units_w, u / units_w));
        jpeg.damaged |= ok.is_none();
        unit = end;
        if unit < units || ok.is_none() {
            state.predictor = [0; 4];
            state.end_of_band = 0;
            let found = bits.restart();
            if unit < units && !found {
                jpeg.damaged = true;
                break;
            }
        }
    }
    Ok(bits.at.min(data.len()))
}

fn decode_unit(
    bits: &mut Bits<'_>,
    state: &mut State<'_>,
    jpeg: &mut Jpeg,
    single: bool,
    x: usize,
    y: usize,
) -> Option<()> {
    let header = state.header;
    for (slot, &(index, dc, ac)) in header.components.iter().enumerate() {
        let c = &mut jpeg.components[index];
        let (h, v) = if single { (1, 1) } else { (c.h, c.v) };
        for by in 0..v {
            for bx in 0..h {
                let at = ((y * v + by) * c.blocks_w + x * h + bx) * 64;
                let block = c.coefficients.get_mut(at..at + 64)?;
                decode_block(bits, state, block, slot, (dc, ac))?;
            }
        }
    }
    Some(())
}

fn decode_block(
    bits: &mut Bits<'_>,
    state: &mut State<'_>,
    block: &mut [i16],
    slot: usize,
    (dc, ac): (usize, usize),
) -> Option<()> {
    let header = state.header;
    let tables = state.tables;
    if header.spectral_start == 0 {
        if header.approx_high == 0 {
            let size = u32::from(bits.symbol(tables.dc[dc].as_ref()?)?);
            if size > 11 {
                return None;
            }
            state.predictor[slot] += bits.signed(size)?;
            block[0] = i16::try_from(state.predictor[slot] << header.approx_low).ok()?;
        } else {
            block[0] |= i16::try_from(bits.bits(1)? << header.approx_low).ok()?;
        }
    }
    if tables.progressive {
        if header.spectral_start > 0 {
            let table = tables.ac[ac].as_ref()?;
            if header.approx_high == 0 {
                first_ac(bits, state, block, table)?;
            } else {
                refine_ac(bits, state, block, table)?;
            }
        }
        return Some(());
    }
    let table = tables.ac[ac].as_ref()?;
    let mut k = 1;
    while k < 64 {
        let symbol = bits.symbol(table)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run != 15 {
                break;
            }
            k += 16;
            continue;
        }
        k += run;
        // Ten bits is the most an 8-bit sample can need; the table for writing has no symbol beyond it.
        *block.get_mut(k)? = i16::try_from(bits.signed(size)?).ok().filter(|_| size <= 10)?;
        k += 1;
    }
    Some(())
}

/// First pass over a band of AC coefficients (G.1.2.2).
fn first_ac(bits: &mut Bits<'_>, state: &mut State<'_>, block: &mut [i16], table: &Decoder) -> Option<()> {
    if state.end_of_band > 0 {
        state.end_of_band -= 1;
        return Some(());
    }
    let header = state.header;
    let mut k = header.spectral_start;
    while k <= header.spectral_end {
        let symbol = bits.symbol(table)?;
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                state.end_of_band = (1 << run) - 1 + u32::try_from(bits.bits(run)?).ok()?;
                break;
            }
            k += 16;
            continue;
        }
        k += run as usize;
        if k > header.spectral_end || size > 10 {
            return None;
        }
        *block.get_mut(k)? = i16::try_from(bits.signed(size)? << header.approx_low).ok()?;
        k += 1;
    }
    Some(())
}

/// Refinement of a band of AC coefficients (G.1.2.3).
fn refine_ac(bits: &mut Bits<'_>, state: &mut State<'_>, block: &mut [i16], table: &Decoder) -> Option<()> {
    let header = state.header;
    let bit = 1_i16 << header.approx_low;
    let mut k = header.spectral_start;
    if state.end_of_band == 0 {
        while k <= header.spectral_end {
            let symbol = bits.symbol(table)?;
            let (mut run, size) = (u32::from(symbol >> 4), symbol & 15);
            let mut value = 0;
            if size == 0 {
                if run < 15 {
                    state.end_of_band = (1 << run) + u32::try_from(bits.bits(run)?).ok()?;
                    break;
                }
            } else {
                value = if bits.bits(1)? == 1 { bit } else { -bit };
            }
            while k <= header.spectral_end {
                if block[k] != 0 {
                    refine(bits, &mut block[k], bit)?;
                } else {
                    if run == 0 {
                        block[k] = value;
                        k += 1;
                        break;
                    }
                    run -= 1;
                }
                k += 1;
            }
        }
    }
    if state.end_of_band > 0 {
        for c in &mut block[k..=header.spectral_end] {
            if *c != 0 {
                refine(bits, c, bit)?;
            }
        }
        state.end_of_band -= 1;
    }
    Some(())
}

fn refine(bits: &mut Bits<'_>, c: &mut i16, bit: i16) -> Option<()> {
    if bits.bits(1)? == 1 && *c & bit == 0 {
        *c = c.checked_add(if *c > 0 { bit } else { -bit })?;
    }
    Some(())
}
