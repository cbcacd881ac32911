//! Fax pages.

use std::io::Cursor;

use tiff::{decoder::Decoder, tags::Tag};

use crate::image::fax as rows;

/// Rows of a bilevel page as fax machines and scanners write it in ways that the decoder does not know: one-dimensional
/// codes, group 3, or bits that start at the low end of each byte. Black is zero. `None`: not such a page, or not one row.
pub(super) fn read(
    decoder: &mut Decoder<Cursor<&[u8]>>,
    bytes: &[u8],
    width: u32,
    height: u32,
) -> Option<Vec<u8>> {
    use hayro_ccitt::EncodingMode::{Group3_1D, Group3_2D, Group4};
    let mut tag = |tag| decoder.find_tag_unsigned::<u32>(tag).ok().flatten();
    let reversed = tag(Tag::FillOrder) == Some(2);
    let options = tag(Tag::Unknown(292)).unwrap_or(0);
    let encoding = match tag(Tag::Compression)? {
        2 => Group3_1D,
        3 if options & 1 == 1 => Group3_2D,
        3 => Group3_1D,
        4 if reversed => Group4,
        _ => return None,
    };
    let plain = tag(Tag::Compression) == Some(2);
    // White runs are zeros, and what a zero looks like is said elsewhere.
    let white = tag(Tag::PhotometricInterpretation) == Some(0);
    let strip_rows = tag(Tag::RowsPerStrip).unwrap_or(height).max(1);
    let starts = decoder.get_tag_u64_vec(Tag::StripOffsets).ok()?;
    let lengths = decoder.get_tag_u64_vec(Tag::StripByteCounts).ok()?;
    let stride = (width as usize).div_ceil(8);
    let mut out = Vec::new();
    for (start, length) in starts.into_iter().zip(lengths) {
        let rows = strip_rows.min(height.saturating_sub(super::word(out.len() / stride.max(1))));
        let start = usize::try_from(start).ok()?;
        let strip = bytes.get(start..)?;
        let strip = &strip[..usize::try_from(length).ok()?.min(strip.len())];
        let turned: Vec<u8>;
        let strip = if reversed {
            turned = strip.iter().map(|byte| byte.reverse_bits()).collect();
            &turned
        } else {
            strip
        };
        let settings = hayro_ccitt::DecodeSettings {
            columns: width,
            rows,
            end_of_block: !plain,
            end_of_line: encoding != Group4 && !plain,
            rows_are_byte_aligned: plain,
            encoding,
            strict: false,
        };
        let mut read = rows::decode(strip, settings, white);
        read.data.resize(rows as usize * stride, if white { 0xff } else { 0 });
        out.append(&mut read.data);
    }
    out.resize(height as usize * stride, if white { 0xff } else { 0 });
    Some(out)
}
