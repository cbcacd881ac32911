//! Pictures inside records (device-independent bitmaps): header and colours written afresh, rows of known length.

use super::fields::Fields;
use crate::{Meter, Refusal, ctx::Ctx};

/// Pixels on one side; GDI itself counts in 15 bits in many places.
const SIDE: u32 = 32_767;

/// A bitmap as it is written: 40 bytes of header with the full palette, and the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bitmap {
    pub(super) head: Vec<u8>,
    pub(super) rows: Vec<u8>,
}

impl Bitmap {
    /// Rows; negative when the first is the top one.
    pub(super) fn height(&self) -> i32 {
        let bytes = self.head.get(8..12).and_then(|b| b.try_into().ok());
        bytes.map_or(0, i32::from_le_bytes)
    }

    /// Writes where the bitmap stands in its record, which is `at` bytes in.
    pub(super) fn offsets(&self, body: &mut Vec<u8>, at: usize) {
        let (head, rows) = (self.head.len(), self.rows.len());
        for field in [at, head, at + head, rows] {
            body.extend(u32::try_from(field).unwrap_or(u32::MAX).to_le_bytes());
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Header {
    width: u32,
    /// Negative: the first row is the top one.
    height: i32,
    bits: u16,
    compression: u32,
    colours: u32,
    /// Bytes of one palette entry.
    entry: usize,
    masks: Option<[u32; 3]>,
    /// Bytes of the header with its masks.
    size: usize,
}

fn header(bytes: &[u8]) -> Option<Header> {
    let mut fields = Fields::over(bytes);
    let size = fields.len()?;
    if size == 12 {
        let (width, height) = (u32::from(fields.u16()?), i32::from(fields.i16()?));
        fields.u16()?;
        let bits = fields.u16()?;
        return Some(Header { width, height, bits, compression: 0, colours: 0, entry: 3, masks: None, size });
    }
    if !(40..=124).contains(&size) {
        return None;
    }
    let (width, height) = (fields.u32()?, fields.i32()?);
    fields.u16()?;
    let (bits, compression) = (fields.u16()?, fields.u32()?);
    fields.bytes(12)?;
    let colours = fields.u32()?;
    fields.u32()?;
    let masks = match compression {
        3 => Some([fields.u32()?, fields.u32()?, fields.u32()?]),
        _ => None,
    };
    let size = if masks.is_some() { size.max(52) } else { size };
    Some(Header { width, height, bits, compression, colours, entry: 4, masks, size })
}

impl Header {
    fn palette(&self) -> usize {
        let full = if self.bits <= 8 { 1_usize << self.bits } else { 0 };
        let used = usize::try_from(self.colours).unwrap_or(usize::MAX);
        if used == 0 { full } else { used.min(256) }
    }

    /// Bytes of a row, which ends on four bytes.
    fn stride(&self, bits: u16) -> usize {
        ((u64::from(self.width) * u64::from(bits)).div_ceil(32) * 4) as usize
    }

    fn rows(&self) -> usize {
        self.height.unsigned_abs() as usize
    }
}

/// Where the rows of a bitmap in one piece begin.
pub(super) fn rows_at(bytes: &[u8]) -> Option<usize> {
    let header = header(bytes)?;
    Some(header.size + header.palette() * header.entry)
}

/// Rebuilds a bitmap. `usage` is 0 when the palette holds colours. `None`: cannot be drawn.
pub(super) fn rebuild(
    head: &[u8],
    rows: &[u8],
    usage: u32,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Bitmap>, Refusal> {
    let Some(header) = header(head) else { return Ok(None) };
    let indexed = matches!(header.bits, 1 | 4 | 8);
    let plain = match (header.bits, header.masks) {
        (1 | 4 | 8, None) => usage == 0 && header.compression == 0,
        (16 | 24 | 32, None) => header.compression == 0,
        (32, Some(masks)) => masks == [0xFF_0000, 0xFF00, 0xFF],
        (16, Some(masks)) => masks == [0xF800, 0x7E0, 0x1F] || masks == [0x7C00, 0x3E0, 0x1F],
        _ => false,
    };
    let height = header.height.unsigned_abs();
    if !plain || !(1..=SIDE).contains(&header.width) || !(1..=SIDE).contains(&height) {
        return Ok(None);
    }
    let pixels = u64::from(header.width) * u64::from(height);
    ctx.spend(Meter::Pixels, pixels)?;
    ctx.spend(Meter::ExpandedBytes, pixels * 4)?;
    let stride = header.stride(header.bits);
    let Some(rows) = stride.checked_mul(header.rows()).and_then(|len| rows.get(..len)) else {
        return Ok(None);
    };
    let (bits, rows) =
        if header.bits == 16 { (24, widen(&header, rows, stride)) } else { (header.bits, rows.to_vec()) };
    let mut out = Vec::with_capacity(40);
    out.extend(40_u32.to_le_bytes());
    out.extend(header.width.to_le_bytes());
    out.extend(header.height.to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    out.extend(bits.to_le_bytes());
    out.extend([0; 24]);
    if indexed {
        let palette = head.get(header.size..).unwrap_or(&[]);
        let mut entries = palette.chunks_exact(header.entry).take(header.palette());
        for _ in 0..1_usize << header.bits {
            // An index without a colour is black, not whatever stands behind.
            let entry = entries.next().unwrap_or(&[0; 4]);
            out.extend([entry[0], entry[1], entry[2], 0]);
        }
    }
    Ok(Some(Bitmap { head: out, rows }))
}

/// 16 bits a pixel as 24: fewer variants for those who read it.
fn widen(header: &Header, rows: &[u8], stride: usize) -> Vec<u8> {
    let six = header.masks.is_some_and(|m| m[1] == 0x7E0);
    let wide = header.stride(24);
    let mut out = Vec::with_capacity(wide * header.rows());
    for row in rows.chunks_exact(stride) {
        let start = out.len();
        for pixel in row.chunks_exact(2).take(header.width as usize) {
            let value = u16::from_le_bytes([pixel[0], pixel[1]]);
            let five = |shift: u16| {
                let v = (value >> shift & 0x1F) as u8;
                v << 3 | v >> 2
            };
            let green = if six {
                let v = (value >> 5 & 0x3F) as u8;
                v << 2 | v >> 4
            } else {
                five(5)
            };
            out.extend([five(0), green, five(if six { 11 } else { 10 })]);
        }
        out.resize(start + wide, 0);
    }
    out
}
