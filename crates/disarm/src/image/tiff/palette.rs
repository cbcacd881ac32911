//! Pages whose pixels are numbers of colours: the decoder does not know them.

use std::{borrow::Cow, collections::HashSet, io::Cursor};

use tiff::{decoder::Decoder, tags::Tag};

use crate::Refusal;

const INTERPRETATION: u16 = 262;
const PALETTE: u16 = 3;
const GREY: u16 = 1;

/// The same file with the numbers of colours called shades of grey, so that they can be read, and which pages these are.
pub(super) fn as_grey(bytes: &[u8]) -> (Cow<'_, [u8]>, Vec<bool>) {
    let (mut out, mut pages) = (Cow::Borrowed(bytes), Vec::new());
    let little = bytes.starts_with(b"II");
    let short = |at: usize| {
        let pair: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let place = |at: usize| {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) } as usize)
    };
    let mut seen = HashSet::new();
    // Files over 4 GB (version 43) lay their tables out otherwise.
    let mut table = if short(2) == Some(42) { place(4) } else { None };
    while let Some(at) = table.filter(|at| *at > 0 && seen.insert(*at)) {
        let Some(tags) = short(at).map(usize::from) else { break };
        let entry = (0..tags).map(|i| at + 2 + 12 * i).find(|entry| short(*entry) == Some(INTERPRETATION));
        let indexed = entry.filter(|entry| short(entry + 8) == Some(PALETTE));
        if let Some(entry) = indexed {
            let grey = if little { GREY.to_le_bytes() } else { GREY.to_be_bytes() };
            out.to_mut()[entry + 8..entry + 10].copy_from_slice(&grey);
        }
        pages.push(indexed.is_some());
        table = place(at + 2 + 12 * tags);
    }
    (out, pages)
}

/// Colours for numbers of `depth` bits in packed rows; with `alpha` each number is followed by how much it covers.
pub(super) fn expand(
    decoder: &mut Decoder<Cursor<&[u8]>>,
    data: &[u8],
    width: u32,
    depth: u8,
    alpha: bool,
) -> Result<Vec<u8>, Refusal> {
    let bad = || Refusal::malformed("", "TIFF の色の表が正しくありません");
    let map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(|_| bad())?;
    let colours = 1_usize << depth.min(8);
    if depth > 8 || depth == 0 || alpha && depth != 8 || map.len() != colours * 3 {
        return Err(bad());
    }
    let (width, depth, samples) = (width as usize, usize::from(depth), 1 + usize::from(alpha));
    let stride = (width * depth * samples).div_ceil(8);
    let mut out = Vec::with_capacity(data.len() * 8 / depth * 3);
    for row in data.chunks_exact(stride.max(1)) {
        for x in 0..width {
            let bit = x * depth * samples;
            let index = usize::from(row[bit / 8] >> (8 - bit % 8 - depth)) & (colours - 1);
            out.extend([0, 1, 2].map(|c| (map[c * colours + index] >> 8) as u8));
            if alpha {
                out.push(row[bit / 8 + 1]);
            }
        }
    }
    Ok(out)
}
