//! Windows metafiles (threats O28, I07): the records of an EMF or a WMF are read one by one, and a new EMF is written
//! from what was understood.
//!
//! Previews of embedded objects and many stamps and plans are metafiles. As pixels they would lose their words; as
//! they stand they are programs for an old interpreter: escapes that call back, comments that hold anything, lengths
//! and indices that lie. So nothing is copied: every record is on a list, every field has a class, every length,
//! offset and index is computed here, and pictures inside are written from their pixels. Sources: MS-EMF, MS-WMF.

mod bitmap;
mod emf;
mod fields;
mod layout;
mod text;
mod wmf;
mod write;

use crate::{
    Action, Kind, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
};

/// What a metafile loses on the way.
#[derive(Debug, Default)]
struct Losses {
    /// Records that draw something and cannot be written.
    drawings: u64,
    /// Comments, printer settings, palettes of old screens: nothing that shows.
    unseen: u64,
    /// Records that ask the printer driver, or whoever registered, to run something.
    calls: u64,
}

/// Rebuilds a metafile as EMF. An error means that nothing of it can be shown.
pub(crate) fn rebuild(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    let mut losses = Losses::default();
    let enhanced = bytes.starts_with(&[1, 0, 0, 0]);
    let out = if enhanced { emf::read(bytes, &mut losses, ctx) } else { wmf::read(bytes, &mut losses, ctx) }?;
    if losses.calls > 0 {
        ctx.dropped(Threat::I07, "図の中の呼び出し命令", "");
    }
    if losses.drawings > 0 {
        ctx.report(Threat::I07, Severity::Simplified, Action::Dropped, "WMF・EMF の図の一部", "");
    }
    if losses.unseen > 0 {
        ctx.note(Threat::I07, "WMF・EMF の図の付属データ", "");
    }
    if !enhanced {
        ctx.report(Threat::I07, Severity::Note, Action::Rewritten, "画像形式（WMF を EMF へ）", "");
    }
    Ok(Rebuilt { bytes: out, kind: Kind::Metafile, extension: Some("emf") })
}
