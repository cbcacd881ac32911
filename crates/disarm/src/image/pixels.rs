//! JPEG through pixels, for organisations whose rule asks for it (threats I01, I09).

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::jpeg::{self, Jpeg};
use crate::{Refusal, ctx::Ctx};

/// Quality of the re-encoded picture; the specification asks for at least 90.
const QUALITY: u8 = 92;

/// Decodes to pixels and encodes them again. The result still passes through the coefficient writer, so that its
/// container is the same as under the other rule.
pub(super) fn rebuild_jpeg(image: &Jpeg, _ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let bad = || Refusal::malformed("", "画像を復号できません");
    let encoded = reencode(&jpeg::write(image, jpeg::Wrap::File)).ok_or_else(bad)?;
    let mut again = jpeg::parse(&encoded).map_err(|_| bad())?;
    again.density = image.density;
    again.orientation = image.orientation;
    Ok(jpeg::write(&again, jpeg::Wrap::File))
}

fn reencode(data: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(data));
    let pixels = decoder.decode().ok()?;
    let (width, height) = decoder.dimensions()?;
    let color = match decoder.output_colorspace()?.num_components() {
        1 => ColorType::Luma,
        3 => ColorType::Rgb,
        _ => return None,
    };
    encode(&pixels, u16::try_from(width).ok()?, u16::try_from(height).ok()?, color)
}

/// Encodes pixels as JPEG.
pub(crate) fn encode(pixels: &[u8], width: u16, height: u16, color: ColorType) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    encoder.encode(pixels, width, height, color).ok()?;
    Some(out)
}
