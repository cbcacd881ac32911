//! Pictures inside documents (O28): rebuilt like stand-alone pictures, or replaced by a grey one that says so in the report.

use std::io::Write as _;

use flate2::{Compression, Crc, write::ZlibEncoder};

use crate::{
    Action, Kind, Metafiles, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
    detect, image, metafile,
};

/// Rebuilds one picture. A picture that cannot be rebuilt must not cost the reader the whole document.
pub(crate) fn rebuild(bytes: &[u8], part: &str, ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    let kind = detect(bytes, part);
    let what = match kind {
        Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Bmp | Kind::Tiff | Kind::Webp => {
            match ctx.inside(part, |ctx| image::rebuild(kind, bytes, ctx)) {
                Ok(rebuilt) => return Ok(rebuilt),
                Err(Refusal::Limit(meter)) => return Err(Refusal::Limit(meter)),
                Err(_) => "読めない画像（灰色の枠に置き換え）",
            }
        }
        Kind::Metafile if ctx.rules.metafiles == Metafiles::Grey => "WMF・EMF の図（灰色の枠に置き換え）",
        Kind::Metafile => match ctx.inside(part, |ctx| metafile::rebuild(bytes, ctx)) {
            Ok(rebuilt) => return Ok(rebuilt),
            Err(Refusal::Limit(meter)) => return Err(Refusal::Limit(meter)),
            Err(_) => "読めない WMF・EMF の図（灰色の枠に置き換え）",
        },
        Kind::Svg => "SVG の図（灰色の枠に置き換え）",
        _ => "扱えない形式の画像（灰色の枠に置き換え）",
    };
    ctx.report(Threat::O28, Severity::Simplified, Action::Flattened, what, part);
    let grey = placeholder();
    // Through the same encoder as every other picture, so that a second pass gives the same bytes.
    Ok(image::rebuild(Kind::Png, &grey, ctx).unwrap_or_else(|_| Rebuilt::new(Kind::Png, grey)))
}

/// A light grey PNG of 8 × 8 pixels.
fn placeholder() -> Vec<u8> {
    let mut rows = Vec::new();
    for _ in 0..8 {
        rows.extend([0, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD, 0xDD]);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    // Writing to memory cannot fail.
    let _ = encoder.write_all(&rows);
    let data = encoder.finish().unwrap_or_default();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &[0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0, 0]);
    chunk(&mut out, b"IDAT", &data);
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(data);
    out.extend(name);
    out.extend(data);
    out.extend(crc.sum().to_be_bytes());
}
