//! GIF (threat I03): frames, palettes, timing and the loop count; no extension block is copied.

use super::spend_pixels;
use crate::{Action, Meter, Refusal, Severity, Threat, ctx::Ctx};

pub(super) fn rebuild(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let bad = |_: gif::DecodingError| Refusal::malformed("", "GIF の構造が壊れています");
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::Indexed);
    options.set_memory_limit(gif::MemoryLimit::Bytes(std::num::NonZeroU64::MIN.saturating_add(64 << 20)));
    options.allow_unknown_blocks(true);
    let mut decoder = options.read_info(bytes).map_err(bad)?;
    let (width, height) = (decoder.width(), decoder.height());
    spend_pixels(ctx, width.into(), height.into(), 1)?;
    let palette = decoder.global_palette().unwrap_or(&[]).to_vec();
    let mut out = Vec::new();
    let mut encoder = gif::Encoder::new(&mut out, width, height, &palette).map_err(|_| wrong())?;
    let mut frames = 0_u64;
    loop {
        match decoder.read_next_frame() {
            Ok(Some(frame)) => {
                ctx.spend(Meter::Pixels, u64::from(frame.width) * u64::from(frame.height))?;
                ctx.spend(Meter::Pages, 1)?;
                if frame.width == 0 || frame.height == 0 {
                    // Readers stop at such a frame or pass over it.
                    report_damage(ctx);
                    continue;
                }
                let mut copy = gif::Frame {
                    delay: frame.delay,
                    dispose: frame.dispose,
                    transparent: frame.transparent,
                    needs_user_input: false,
                    top: frame.top,
                    left: frame.left,
                    width: frame.width,
                    height: frame.height,
                    interlaced: false,
                    palette: frame.palette.clone(),
                    buffer: frame.buffer.clone(),
                };
                clamp_indices(&mut copy, palette.len() / 3);
                if frames == 0 && decoder.repeat() != gif::Repeat::default() {
                    encoder.set_repeat(decoder.repeat()).map_err(|_| wrong())?;
                }
                encoder.write_frame(&copy).map_err(|_| wrong())?;
                frames += 1;
            }
            Ok(None) => break,
            Err(_) if frames > 0 => {
                report_damage(ctx);
                break;
            }
            Err(e) => return Err(bad(e)),
        }
    }
    if frames == 0 {
        return Err(Refusal::malformed("", "GIF に絵がありません"));
    }
    drop(encoder);
    report_extensions(bytes, ctx);
    Ok(out)
}

fn report_damage(ctx: &mut Ctx<'_>) {
    ctx.report(Threat::I03, Severity::Simplified, Action::Rewritten, "壊れた部分のある画像", "");
}

/// Reports comments, application blocks and bytes behind the trailer. Only counts; the decoder has its own view.
fn report_extensions(bytes: &[u8], ctx: &mut Ctx<'_>) {
    let colour_table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + bytes.get(10).map_or(0, |f| colour_table(*f));
    let skip_blocks = |mut at: usize| {
        while let Some(&len) = bytes.get(at).filter(|l| **l > 0) {
            at += 1 + usize::from(len);
        }
        at + 1
    };
    while let Some(&block) = bytes.get(at) {
        match block {
            0x21 => {
                let label = bytes.get(at + 1).copied().unwrap_or(0);
                let is_loop = bytes.get(at + 3..at + 14) == Some(b"NETSCAPE2.0");
                match label {
                    0xfe => ctx.note(Threat::I03, "画像の付帯情報（コメント）", ""),
                    0x01 => ctx.note(Threat::I03, "画像の付帯情報（文字）", ""),
                    0xff if !is_loop => ctx.note(Threat::I03, "画像の付帯情報（アプリケーション）", ""),
                    _ => {}
                }
                at = skip_blocks(at + 2);
            }
            0x2c => {
                at = skip_blocks(at + 11 + bytes.get(at + 9).map_or(0, |f| colour_table(*f)));
            }
            0x3b => {
                if bytes.len() > at + 1 {
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
            _ => return,
        }
    }
}

fn wrong() -> Refusal {
    Refusal::malformed("", "画像を書き出せません")
}

/// A colour number beyond the palette reads memory in careless viewers; the last colour takes its place.
fn clamp_indices(frame: &mut gif::Frame<'_>, global_colours: usize) {
    let colours = frame.palette.as_ref().map_or(global_colours, |p| p.len() / 3).max(1);
    let last = u8::try_from(colours - 1).unwrap_or(255);
    for index in frame.buffer.to_mut() {
        *index = (*index).min(last);
    }
}
