//! BMP (threat I04) and WebP (I06): decoded and written as PNG.

use std::io::Cursor;

use ::image::{ColorType, ImageDecoder, codecs::bmp::BmpDecoder};

use super::{png, spend_pixels};
use crate::{Action, Refusal, Severity, Threat, ctx::Ctx};

pub(super) fn bmp(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let bad = |_| Refusal::malformed("", "BMP の構造が壊れています");
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(bad)?;
    let (width, height) = decoder.dimensions();
    spend_pixels(ctx, width.into(), height.into(), 4)?;
    let color = match decoder.color_type() {
        ColorType::L8 => ::png::ColorType::Grayscale,
        ColorType::Rgb8 => ::png::ColorType::Rgb,
        ColorType::Rgba8 => ::png::ColorType::Rgba,
        _ => return Err(Refusal::not_handled("", "BMP の画素の形式")),
    };
    let size = usize::try_from(decoder.total_bytes())
        .map_err(|_| Refusal::malformed("", "BMP の大きさが正しくありません"))?;
    let mut data = vec![0; size];
    decoder.read_image(&mut data).map_err(bad)?;
    let declared = bytes.get(2..6).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    if declared > 0 && bytes.len() > declared {
        ctx.report(Threat::X03, Severity::Hidden, Action::Dropped, "画像の後ろに付いたデータ", "");
    }
    converted(Threat::I04, "BMP", ctx);
    let raster = raster(width, height, color, data);
    png::encode(&raster).ok_or_else(|| Refusal::malformed("", "画像を書き出せません"))
}

pub(super) fn webp(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let bad = |_| Refusal::malformed("", "WebP の構造が壊れています");
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(bad)?;
    decoder.set_memory_limit(64 << 20);
    let (width, height) = decoder.dimensions();
    spend_pixels(ctx, width.into(), height.into(), 4)?;
    let color = if decoder.has_alpha() { ::png::ColorType::Rgba } else { ::png::ColorType::Rgb };
    if decoder.is_animated() {
        ctx.report(Threat::I06, Severity::Simplified, Action::Flattened, "動く WebP 画像", "");
    }
    let size = decoder
        .output_buffer_size()
        .ok_or_else(|| Refusal::malformed("", "WebP の大きさが正しくありません"))?;
    let mut data = vec![0; size];
    decoder.read_image(&mut data).map_err(bad)?;
    let declared = bytes.get(4..8).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    if bytes.len() > declared.saturating_add(9) {
        ctx.report(Threat::X03, Severity::Hidden, Action::Dropped, "画像の後ろに付いたデータ", "");
    }
    converted(Threat::I06, "WebP", ctx);
    let raster = raster(width, height, color, data);
    png::encode(&raster).ok_or_else(|| Refusal::malformed("", "画像を書き出せません"))
}

fn converted(threat: Threat, from: &str, ctx: &mut Ctx<'_>) {
    let what = format!("画像形式（{from} を PNG へ）");
    ctx.report(threat, Severity::Note, Action::Rewritten, &what, "");
}

fn raster(width: u32, height: u32, color: ::png::ColorType, data: Vec<u8>) -> png::Raster {
    let depth = ::png::BitDepth::Eight;
    png::Raster { width, height, color, depth, palette: None, transparency: None, resolution: None, data }
}
