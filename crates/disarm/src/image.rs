//! Pictures (threats I00–I06): decoded within limits and written afresh; nothing else is copied.

mod bitmap;
pub(crate) mod fax;
mod gif;
pub(crate) mod jpeg;
mod pixels;
mod png;
mod tiff;

pub(crate) use pixels::encode as encode_jpeg;
pub(crate) use tiff::group4;

use crate::{
    Action, JpegRule, Kind, Meter, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
};

pub(crate) fn rebuild(kind: Kind, bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    match kind {
        Kind::Jpeg => rebuild_jpeg(bytes, ctx).map(|out| Rebuilt::new(Kind::Jpeg, out)),
        Kind::Png => png::rebuild(bytes, ctx).map(|out| Rebuilt::new(Kind::Png, out)),
        Kind::Gif => gif::rebuild(bytes, ctx).map(|out| Rebuilt::new(Kind::Gif, out)),
        Kind::Tiff => tiff::rebuild(bytes, ctx).map(|out| Rebuilt::new(Kind::Tiff, out)),
        Kind::Bmp => bitmap::bmp(bytes, ctx).map(|out| Rebuilt::new(Kind::Png, out)),
        Kind::Webp => bitmap::webp(bytes, ctx).map(|out| Rebuilt::new(Kind::Png, out)),
        other => Err(Refusal::Unsupported(other)),
    }
}

/// Accounts for a picture before its pixels are decoded.
///
/// `bytes_per_pixel` is what the decoder will hold in memory.
fn spend_pixels(ctx: &mut Ctx<'_>, width: u64, height: u64, bytes_per_pixel: u64) -> Result<(), Refusal> {
    if width == 0 || height == 0 {
        return Err(Refusal::malformed("", "画素がありません"));
    }
    let pixels = width.saturating_mul(height);
    ctx.spend(Meter::Pixels, pixels)?;
    ctx.spend(Meter::ExpandedBytes, pixels.saturating_mul(bytes_per_pixel))?;
    if pixels.saturating_mul(bytes_per_pixel) > MAX_PICTURE_BYTES {
        return Err(Refusal::Limit(Meter::Pixels));
    }
    Ok(())
}

/// Decoded bytes of one picture; the decoder, the encoder and the output together stay below 300 MB.
const MAX_PICTURE_BYTES: u64 = 200 << 20;

fn rebuild_jpeg(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let image = read_jpeg(bytes, ctx)?;
    for what in &image.dropped {
        ctx.note(Threat::I01, &format!("画像の付帯情報（{what}）"), "");
    }
    if image.had_icc {
        ctx.report(Threat::I01, Severity::Note, Action::Dropped, "色プロファイル", "");
    }
    if image.trailing_bytes > 0 {
        ctx.report(Threat::X03, Severity::Hidden, Action::Dropped, "画像の後ろに付いたデータ", "");
    }
    if ctx.rules.jpeg == JpegRule::Pixels {
        return pixels::rebuild_jpeg(&image, ctx);
    }
    Ok(jpeg::write(&image, jpeg::Wrap::File))
}

/// Decodes a JPEG to coefficients, accounting for its size, and reports damage.
pub(crate) fn read_jpeg(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<jpeg::Jpeg, Refusal> {
    let image = jpeg::parse(bytes).map_err(|error| match error {
        jpeg::JpegError::Malformed(what) => Refusal::malformed("", what),
        jpeg::JpegError::Unsupported(what) => Refusal::not_handled("", what),
        jpeg::JpegError::TooLarge => Refusal::Limit(Meter::Pixels),
    })?;
    ctx.spend(Meter::Pixels, (image.width as u64).saturating_mul(image.height as u64))?;
    if image.damaged {
        ctx.report(Threat::I01, Severity::Simplified, Action::Rewritten, "壊れた部分のある画像", "");
    }
    Ok(image)
}

#[cfg(test)]
mod pieces;
#[cfg(test)]
mod tests;
