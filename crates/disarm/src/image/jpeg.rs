//! JPEG rebuilt from its DCT coefficients (threat I01): the entropy-coded data is decoded to quantised
//! coefficients and coded again with Huffman tables of our own, so pixels do not change by a single bit and
//! not a byte of the input is copied. Kept besides the coefficients: quantisation tables, sampling factors,
//! pixel density, the Adobe colour transform and the Exif orientation, each written afresh from its number.
//!
//! Source of the syntax: ITU-T T.81 (09/92), clause numbers below refer to it.

mod huffman;
mod parse;
mod scan;
mod write;

pub(crate) use parse::parse;
pub(crate) use write::{Wrap, write};

/// Most DCT coefficients held at once; at 2 bytes each this is 192 MiB, below the 300 MB peak bar.
pub(crate) const MAX_COEFFICIENTS: usize = 96 << 20;
/// Most scans in one file. Progressive encoders write about ten; hundreds are a decoding bomb.
const MAX_SCANS: u32 = 64;

/// Why a JPEG could not be rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JpegError {
    /// A marker segment is truncated or contradicts itself.
    #[error("malformed JPEG: {0}")]
    Malformed(&'static str),
    /// Arithmetic, lossless, hierarchical or 12-bit coding, which ordinary programs do not write.
    #[error("unsupported JPEG process: {0}")]
    Unsupported(&'static str),
    /// More pixels or scans than [`MAX_COEFFICIENTS`] or [`MAX_SCANS`] allow.
    #[error("JPEG over a limit")]
    TooLarge,
}

/// One colour component and its quantised coefficients.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    /// Component identifier of the frame header (B.2.2).
    id: u8,
    /// Horizontal and vertical sampling factors, 1..=4.
    h: usize,
    v: usize,
    /// Index of the quantisation table, 0..=3.
    quant: usize,
    /// Blocks per row and per column including the padding up to whole MCUs.
    blocks_w: usize,
    blocks_h: usize,
    /// Blocks that carry visible samples.
    real_w: usize,
    real_h: usize,
    /// `blocks_w * blocks_h` blocks of 64 coefficients in zigzag order.
    coefficients: Vec<i16>,
}

/// A decoded JPEG: everything that the rebuilt file is made from.
#[derive(Debug, Clone)]
pub(crate) struct Jpeg {
    pub(crate) width: usize,
    pub(crate) height: usize,
    components: Vec<Component>,
    /// Quantisation tables in zigzag order.
    quant: [Option<[u16; 64]>; 4],
    /// JFIF density: unit 0..=2, horizontal, vertical.
    pub(crate) density: Option<(u8, u16, u16)>,
    /// Colour transform of the Adobe segment: 0 none, 1 YCbCr, 2 YCCK.
    pub(crate) adobe: Option<u8>,
    /// Exif orientation 2..=8; 1 and absent are the same.
    pub(crate) orientation: Option<u8>,
    /// An ICC profile was present and is left out.
    pub(crate) had_icc: bool,
    /// Names of the dropped metadata segments, in order of appearance, without repeats.
    pub(crate) dropped: Vec<&'static str>,
    /// Bytes after the end-of-image marker.
    pub(crate) trailing_bytes: usize,
    /// The entropy-coded data broke off or contained errors; the missing part is grey.
    pub(crate) damaged: bool,
}

impl Jpeg {
    /// Number of colour components (1 grey, 3 colour, 4 CMYK).
    pub(crate) fn channels(&self) -> usize {
        self.components.len()
    }

    /// Brings coefficients into the range of 8-bit samples (F.1.2) and makes blocks outside the visible picture
    /// carry nothing: no AC, DC of their neighbour.
    fn normalise(&mut self) {
        for c in &mut self.components {
            for block in c.coefficients.chunks_exact_mut(64) {
                for value in block {
                    *value = (*value).clamp(-1023, 1023);
                }
            }
            for y in 0..c.blocks_h {
                for x in 0..c.blocks_w {
                    if x < c.real_w && y < c.real_h {
                        continue;
                    }
                    let from = if x > 0 { (y, x - 1) } else { (y.saturating_sub(1), x) };
                    let dc = c.coefficients.get((from.0 * c.blocks_w + from.1) * 64).copied().unwrap_or(0);
                    let at = (y * c.blocks_w + x) * 64;
                    c.coefficients[at..at + 64].fill(0);
                    c.coefficients[at] = dc;
                }
            }
        }
    }
}
