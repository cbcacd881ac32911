//! PNG (threat I02): pixels, palette, transparency and resolution; no other chunk survives.

use std::io::Cursor;

use super::spend_pixels;
use crate::{Action, Refusal, Severity, Threat, ctx::Ctx};

/// Pixels on their way to a PNG file.
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) color: png::ColorType,
    pub(super) depth: png::BitDepth,
    pub(super) palette: Option<Vec<u8>>,
    pub(super) transparency: Option<Vec<u8>>,
    /// Pixels per unit, and whether the unit is the metre.
    pub(super) resolution: Option<(u32, u32, bool)>,
    /// Rows packed as PNG packs them.
    pub(super) data: Vec<u8>,
}

pub(super) fn rebuild(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    report_chunks(bytes, ctx);
    let raster = decode(bytes, ctx)?;
    encode(&raster).ok_or_else(|| Refusal::malformed("", "画像を書き出せません"))
}

/// Reports what lies outside the picture. The chunk list is only read here; the decoder has its own view.
fn report_chunks(bytes: &[u8], ctx: &mut Ctx<'_>) {
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        let len = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let name = String::from_utf8_lossy(&head[4..8]).into_owned();
        match &head[4..8] {
            b"IHDR" | b"PLTE" | b"IDAT" | b"tRNS" | b"pHYs" | b"gAMA" | b"sRGB" | b"cHRM" | b"sBIT"
            | b"bKGD" => {}
            b"acTL" => {
                ctx.report(Threat::I02, Severity::Simplified, Action::Flattened, "動く PNG 画像", "");
            }
            b"fcTL" | b"fdAT" => {}
            b"IEND" => {
                if bytes.len() > at + 12 {
                    ctx.report(
                        Threat::X03,
                        Severity::Hidden,
                        Action::Dropped,
                        "画像の後ろに付いたデータ",
                        "",
                    );
                }
                return;
            }
            _ => ctx.note(Threat::I02, &format!("画像の付帯情報（{}）", name.escape_default()), ""),
        }
        let Some(next) = at.checked_add(len).and_then(|n| n.checked_add(12)) else { return };
        at = next;
    }
}

fn decode(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Raster, Refusal> {
    let bad = |_| Refusal::malformed("", "PNG の構造が壊れています");
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 64 << 20 });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::IDENTITY);
    let info = decoder.read_header_info().map_err(bad)?;
    let bytes_per_pixel = info.bytes_per_pixel() as u64;
    spend_pixels(ctx, info.width.into(), info.height.into(), bytes_per_pixel)?;
    let mut reader = decoder.read_info().map_err(bad)?;
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| Refusal::malformed("", "PNG の大きさが正しくありません"))?;
    let mut data = vec![0; size];
    let frame = reader.next_frame(&mut data).map_err(bad)?;
    data.truncate(frame.buffer_size());
    let info = reader.info();
    let resolution = info.pixel_dims.map(|d| (d.xppu, d.yppu, matches!(d.unit, png::Unit::Meter)));
    let (color, depth) = (info.color_type, info.bit_depth);
    let palette = match color {
        png::ColorType::Indexed => Some(
            info.palette
                .as_deref()
                .ok_or_else(|| Refusal::malformed("", "PNG の色の表が正しくありません"))?
                .to_vec(),
        ),
        _ => None,
    };
    let transparency = info.trns.as_deref().map(|found| transparency(found, color, depth));
    let (width, height) = (info.width, info.height);
    Ok(Raster { width, height, color, depth, palette, transparency, resolution, data })
}

/// The contents of `tRNS`: alpha of the palette's colours, or the one colour that is transparent in two bytes a sample,
/// of which the decoder leaves one where samples have no more.
fn transparency(found: &[u8], color: png::ColorType, depth: png::BitDepth) -> Vec<u8> {
    let samples = match color {
        png::ColorType::Grayscale => 1,
        png::ColorType::Rgb => 3,
        _ => return found.to_vec(),
    };
    if depth == png::BitDepth::Sixteen {
        return found[..found.len().min(2 * samples)].to_vec();
    }
    found.iter().take(samples).flat_map(|sample| [0, *sample]).collect()
}

pub(super) fn encode(raster: &Raster) -> Option<Vec<u8>> {
    let mut info = png::Info::with_size(raster.width, raster.height);
    info.color_type = raster.color;
    info.bit_depth = raster.depth;
    info.palette = raster.palette.clone().map(Into::into);
    info.trns = raster.transparency.clone().map(Into::into);
    info.pixel_dims = raster.resolution.map(|(xppu, yppu, metre)| png::PixelDimensions {
        xppu,
        yppu,
        unit: if metre { png::Unit::Meter } else { png::Unit::Unspecified },
    });
    let mut out = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut out, info).ok()?;
    encoder.set_compression(png::Compression::Balanced);
    // Filters help photographs and hurt palettes and line art (RFC 2083, 9.6).
    let plain = raster.color == png::ColorType::Indexed || (raster.depth as u8) < 8;
    encoder.set_filter(if plain { png::Filter::NoFilter } else { png::Filter::Adaptive });
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&raster.data).ok()?;
    writer.finish().ok()?;
    Some(out)
}
