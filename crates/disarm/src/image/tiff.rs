//! TIFF (threat I05): every page decoded and written with the dozen tags a viewer needs.
//!
//! Bilevel pages are written as CCITT group 4, so that scans do not grow; others as deflate.

mod facsimile;
mod palette;

use std::io::{Cursor, Write};

use tiff::{
    ColorType,
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

use super::spend_pixels;
use crate::{Meter, Refusal, Threat, ctx::Ctx};

/// One page as it will be written.
struct Page {
    width: u32,
    height: u32,
    bits: Vec<u16>,
    /// 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK.
    photometric: u16,
    /// Last sample is alpha: 1 multiplied into the colours already, 2 not.
    alpha: Option<u16>,
    group4: bool,
    orientation: u16,
    /// Resolution in thousandths of pixels per `unit` (2 inch, 3 cm).
    resolution: Option<(u32, u32, u16)>,
    data: Vec<u8>,
}

pub(super) fn rebuild(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let bad = |_| Refusal::malformed("", "TIFF の構造が壊れています");
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 200 << 20;
    limits.intermediate_buffer_size = 64 << 20;
    let (bytes, palettes) = palette::as_grey(bytes);
    let mut decoder = Decoder::new(Cursor::new(&*bytes)).map_err(bad)?.with_limits(limits);
    let mut pages = Vec::new();
    loop {
        ctx.spend(Meter::Pages, 1)?;
        let indexed = palettes.get(pages.len()).copied().unwrap_or(false);
        pages.push(read_page(&mut decoder, &bytes, indexed, ctx)?);
        if !decoder.more_images() {
            break;
        }
        decoder.next_image().map_err(bad)?;
    }
    Ok(write(&pages))
}

fn read_page(
    decoder: &mut Decoder<Cursor<&[u8]>>,
    bytes: &[u8],
    indexed: bool,
    ctx: &mut Ctx<'_>,
) -> Result<Page, Refusal> {
    let bad = |_| Refusal::malformed("", "TIFF の構造が壊れています");
    let (width, height) = decoder.dimensions().map_err(bad)?;
    let color = decoder.colortype().map_err(bad)?;
    spend_pixels(ctx, width.into(), height.into(), u64::from(color.bit_depth().div_ceil(8)) * 4)?;
    report_tags(decoder, ctx);
    let short = |d: &mut Decoder<Cursor<&[u8]>>, tag| d.find_tag_unsigned::<u16>(tag).ok().flatten();
    let orientation = short(decoder, Tag::Orientation).filter(|o| (1..=8).contains(o)).unwrap_or(1);
    let resolution = read_resolution(decoder);
    let photometric = short(decoder, Tag::PhotometricInterpretation).unwrap_or(1);
    let covers = short(decoder, Tag::ExtraSamples).filter(|kind| *kind == 1).unwrap_or(2);
    let mut data = match facsimile::read(decoder, bytes, width, height) {
        Some(data) => data,
        None => read_samples(decoder)?,
    };
    let mut depth = u16::from(color.bit_depth());
    let (samples, photometric, alpha) = match color {
        ColorType::Gray(bits) if indexed => {
            data = palette::expand(decoder, &data, width, bits, false)?;
            depth = 8;
            (3, 2, None)
        }
        ColorType::Multiband { bit_depth, num_samples: 2 } if indexed => {
            data = palette::expand(decoder, &data, width, bit_depth, true)?;
            (4, 2, Some(covers))
        }
        // The decoder delivers grey with black as zero whatever the file says.
        ColorType::Gray(_) => (1, 1, None),
        ColorType::GrayA(_) | ColorType::Multiband { num_samples: 2, .. } => (2, 1, Some(covers)),
        ColorType::RGB(_) => (3, 2, None),
        ColorType::RGBA(_) => (4, 2, Some(covers)),
        ColorType::CMYK(_) => (4, 5, None),
        ColorType::YCbCr(8) if photometric == 6 => (3, 2, None),
        _ => return Err(Refusal::not_handled("", "TIFF の色の種類")),
    };
    if matches!(color, ColorType::YCbCr(_)) {
        ycbcr_to_rgb(&mut data);
    }
    let row = (u64::from(width) * samples * u64::from(depth)).div_ceil(8);
    if data.len() as u64 != row * u64::from(height) {
        return Err(Refusal::malformed("", "TIFF の大きさが正しくありません"));
    }
    let bits = vec![depth; usize::try_from(samples).unwrap_or(1)];
    let group4 = depth == 1 && samples == 1;
    Ok(Page { width, height, bits, photometric, alpha, group4, orientation, resolution, data })
}

/// Samples of a page as they follow one another in a pixel, little end first, as the file is written.
fn read_samples(decoder: &mut Decoder<Cursor<&[u8]>>) -> Result<Vec<u8>, Refusal> {
    let mut read = DecodingResult::U8(Vec::new());
    let layout = decoder
        .read_image_to_buffer(&mut read)
        .map_err(|_| Refusal::malformed("", "TIFF の構造が壊れています"))?;
    let (data, size): (Vec<u8>, usize) = match read {
        DecodingResult::U8(data) => (data, 1),
        DecodingResult::U16(data) => (data.into_iter().flat_map(u16::to_le_bytes).collect(), 2),
        _ => return Err(Refusal::not_handled("", "TIFF の画素の形式")),
    };
    if layout.planes < 2 {
        return Ok(data);
    }
    // Each colour lies in a plane of its own.
    if layout.complete_len != data.len() || decoder.colortype().map_or(0, |c| c.bit_depth()) < 8 {
        return Err(Refusal::not_handled("", "TIFF の画素の形式"));
    }
    let plane = data.len() / layout.planes;
    let starts = (0..plane).step_by(size);
    Ok(starts
        .flat_map(|at| (0..layout.planes).flat_map(move |p| p * plane + at..p * plane + at + size))
        .map(|at| data[at])
        .collect())
}

fn read_resolution(decoder: &mut Decoder<Cursor<&[u8]>>) -> Option<(u32, u32, u16)> {
    let unit = decoder.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok().flatten().unwrap_or(2);
    let mut read = |tag| match decoder.find_tag(tag).ok().flatten()? {
        tiff::decoder::ifd::Value::Rational(n, d) if d > 0 => {
            u32::try_from(u64::from(n) * 1000 / u64::from(d)).ok().filter(|v| *v > 0)
        }
        _ => None,
    };
    let (x, y) = (read(Tag::XResolution)?, read(Tag::YResolution)?);
    matches!(unit, 2 | 3).then_some((x, y, unit))
}

/// Tags outside the picture are named in one note.
fn report_tags(decoder: &mut Decoder<Cursor<&[u8]>>, ctx: &mut Ctx<'_>) {
    let known = |tag: u16| {
        matches!(tag, 254..=259 | 262 | 263 | 266 | 273 | 274 | 277..=284 | 292 | 293 | 296 | 297 | 317 | 320
            | 322..=325 | 338 | 339 | 347 | 529..=532)
    };
    let unknown = decoder.tag_iter().flatten().filter(|(tag, _)| !known(tag.to_u16())).count();
    if unknown > 0 {
        ctx.note(Threat::I05, "画像の付帯情報", "");
    }
}

/// ITU-R BT.601 at full range, as TIFF 6.0 section 21 defines by default.
fn ycbcr_to_rgb(data: &mut [u8]) {
    for pixel in data.chunks_exact_mut(3) {
        let (y, cb, cr) = (f32::from(pixel[0]), f32::from(pixel[1]) - 128.0, f32::from(pixel[2]) - 128.0);
        let byte = |v: f32| v.round().clamp(0.0, 255.0) as u8;
        pixel[0] = byte(y + 1.402 * cr);
        pixel[1] = byte(y - 0.344_136 * cb - 0.714_136 * cr);
        pixel[2] = byte(y + 1.772 * cb);
    }
}

/// Packs rows of bits (1 white) as CCITT group 4.
pub(crate) fn group4(rows: &[u8], width: u32, height: u32) -> Vec<u8> {
    let stride = (width as usize).div_ceil(8);
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for row in rows.chunks_exact(stride.max(1)).take(height as usize) {
        let pels = (0..width as usize)
            .map(|x| if row[x / 8] >> (7 - x % 8) & 1 == 1 { fax::Color::White } else { fax::Color::Black });
        // Writing into a vector cannot fail.
        let _ = encoder.encode_line(pels, width);
    }
    encoder.finish().map(fax::VecWriter::finish).unwrap_or_default()
}

fn compress(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let _ = encoder.write_all(data);
    encoder.finish().unwrap_or_default()
}

fn write(pages: &[Page]) -> Vec<u8> {
    let mut out = b"II*\0\0\0\0\0".to_vec();
    let mut link_at = 4;
    for page in pages {
        let data =
            if page.group4 { group4(&page.data, page.width, page.height) } else { compress(&page.data) };
        let strip = word(out.len());
        let strip_len = word(data.len());
        out.extend(&data);
        let mut tags: Vec<(u16, u16, u32, Vec<u8>)> = Vec::new();
        let short = |v: u16| v.to_le_bytes().to_vec();
        let long = |v: u32| v.to_le_bytes().to_vec();
        let samples = page.bits.len();
        tags.push((254, 4, 1, long(if pages.len() > 1 { 2 } else { 0 })));
        tags.push((256, 4, 1, long(page.width)));
        tags.push((257, 4, 1, long(page.height)));
        tags.push((258, 3, word(samples), page.bits.iter().flat_map(|b| b.to_le_bytes()).collect()));
        tags.push((259, 3, 1, short(if page.group4 { 4 } else { 8 })));
        // Group 4 codes white runs first: white is zero.
        tags.push((262, 3, 1, short(if page.group4 { 0 } else { page.photometric })));
        tags.push((273, 4, 1, long(strip)));
        tags.push((274, 3, 1, short(page.orientation)));
        tags.push((277, 3, 1, short(u16::try_from(samples).unwrap_or(1))));
        tags.push((278, 4, 1, long(page.height)));
        tags.push((279, 4, 1, long(strip_len)));
        if let Some((x, y, unit)) = page.resolution {
            let ratio = |v: u32| [v.to_le_bytes(), 1000_u32.to_le_bytes()].concat();
            tags.push((282, 5, 1, ratio(x)));
            tags.push((283, 5, 1, ratio(y)));
            tags.push((296, 3, 1, short(unit)));
        }
        if let Some(kind) = page.alpha {
            tags.push((338, 3, 1, short(kind)));
        }
        write_directory(&mut out, &mut link_at, tags);
    }
    out
}

fn word(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn write_directory(out: &mut Vec<u8>, link_at: &mut usize, tags: Vec<(u16, u16, u32, Vec<u8>)>) {
    let mut entries = Vec::new();
    for (tag, kind, count, mut value) in tags {
        if value.len() > 4 {
            out.resize(out.len().next_multiple_of(2), 0);
            let at = word(out.len());
            out.extend(&value);
            value = at.to_le_bytes().to_vec();
        }
        value.resize(4, 0);
        entries.push((tag, kind, count, value));
    }
    out.resize(out.len().next_multiple_of(2), 0);
    let here = word(out.len());
    out[*link_at..*link_at + 4].copy_from_slice(&here.to_le_bytes());
    out.extend(u16::try_from(entries.len()).unwrap_or(0).to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(value);
    }
    *link_at = out.len();
    out.extend([0; 4]);
}
