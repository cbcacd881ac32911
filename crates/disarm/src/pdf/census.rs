//! What the input contains that will not survive: a walk over every object, for the report only. The copier does
//! not depend on it; something unknown to the census is left behind all the same.

use hayro_syntax::Pdf;
use hayro_syntax::object::{Dict, MaybeRef, Object};

use crate::{Action, Meter, Refusal, Severity, Threat, ctx::Ctx};

/// Arrays and dictionaries inside each other.
const MAX_DEPTH: usize = 64;

pub(super) fn take(pdf: &Pdf, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
    for object in pdf.objects() {
        walk(&object, ctx, 0)?;
    }
    let info = pdf.metadata();
    let texts = [&info.title, &info.author, &info.subject, &info.keywords, &info.creator, &info.producer];
    if texts.iter().any(|t| t.is_some()) || info.creation_date.is_some() {
        ctx.note(Threat::P15, "文書の属性情報", "");
    }
    Ok(())
}

fn walk(object: &Object<'_>, ctx: &mut Ctx<'_>, depth: usize) -> Result<(), Refusal> {
    ctx.spend(Meter::Objects, 1)?;
    if depth > MAX_DEPTH {
        return Err(Refusal::Limit(Meter::Nesting));
    }
    match object {
        Object::Dict(dict) => walk_dict(dict, ctx, depth),
        Object::Stream(stream) => {
            if matches!(stream.dict().get::<Object<'_>>("F"), Some(Object::String(_) | Object::Dict(_))) {
                ctx.dropped(Threat::P04, "外部ファイルの読み込み", "");
            }
            walk_dict(stream.dict(), ctx, depth)
        }
        Object::Array(array) => {
            for item in array.raw_iter() {
                if let MaybeRef::NotRef(item @ (Object::Dict(_) | Object::Array(_))) = item {
                    walk(&item, ctx, depth + 1)?;
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn walk_dict(dict: &Dict<'_>, ctx: &mut Ctx<'_>, depth: usize) -> Result<(), Refusal> {
    let text = |key: &str| match dict.get::<Object<'_>>(key) {
        Some(Object::Name(name)) => name.as_str().to_owned(),
        _ => String::new(),
    };
    let has = |key: &str| dict.contains_key(key);
    let (kind, subtype) = (text("Type"), text("Subtype"));
    if kind != "StructElem" {
        report_action(&text("S"), has("JS"), ctx);
    }
    if has("EF") {
        ctx.dropped(Threat::P03, "添付ファイル", "");
    }
    if has("XFA") {
        ctx.dropped(Threat::P05, "XFA フォーム", "");
    }
    if has("Collection") && kind == "Catalog" {
        ctx.dropped(Threat::P03, "PDF ポートフォリオ", "");
    }
    if has("Rect") && matches!(&subtype[..], "RichMedia" | "Screen" | "Movie" | "Sound" | "3D" | "Projection")
    {
        ctx.dropped(Threat::P06, "音声・動画・3D", "");
    }
    if subtype == "PS" && kind != "Font" {
        ctx.dropped(Threat::P04, "PostScript の部品", "");
    }
    if has("Ref") && subtype == "Form" {
        ctx.dropped(Threat::P04, "外部文書の参照", "");
    }
    if has("ByteRange") && has("Contents") {
        let what = "電子署名（署名あり・原本は保管）";
        ctx.report(Threat::P16, Severity::Simplified, Action::Dropped, what, "");
    }
    report_notes(dict, &kind, ctx);
    if dict.data().contains(&b'#') {
        report_disguises(dict, ctx);
    }
    let keys: Vec<Vec<u8>> = dict.keys().map(|k| k.as_ref().to_vec()).collect();
    for key in keys {
        if let Some(MaybeRef::NotRef(value @ (Object::Dict(_) | Object::Array(_)))) =
            dict.get_raw::<Object<'_>>(&key)
        {
            walk(&value, ctx, depth + 1)?;
        }
    }
    Ok(())
}

fn report_action(kind: &str, script: bool, ctx: &mut Ctx<'_>) {
    let what = match kind {
        "JavaScript" => return ctx.dropped(Threat::P01, "JavaScript", ""),
        "Launch" => "プログラムの起動",
        "GoToR" | "GoToE" | "GoToDp" => "別の文書への移動",
        "SubmitForm" => "入力内容の送信",
        "ImportData" => "データの取り込み",
        "ResetForm" | "Hide" | "SetOCGState" | "Thread" | "Trans" => "自動の動作",
        "Sound" | "Movie" | "Rendition" | "GoTo3DView" | "RichMediaExecute" => "音声・動画の再生",
        _ if script => return ctx.dropped(Threat::P01, "JavaScript", ""),
        _ => return,
    };
    ctx.dropped(Threat::P02, what, "");
}

fn report_notes(dict: &Dict<'_>, kind: &str, ctx: &mut Ctx<'_>) {
    let has = |key: &str| dict.contains_key(key);
    match kind {
        "Catalog" => {
            if has("URI") {
                ctx.report(Threat::P02, Severity::External, Action::Dropped, "リンクの基準アドレス", "");
            }
            if has("StructTreeRoot") {
                let what = "読み上げ用の構造";
                ctx.report(Threat::P08, Severity::Simplified, Action::Dropped, what, "");
            }
            let others = ["Requirements", "Legal", "Perms", "DSS", "SpiderInfo", "Threads", "OutputIntents"];
            if others.iter().any(|k| has(k)) {
                ctx.note(Threat::P08, "文書全体の付帯情報", "");
            }
        }
        "Page"
            if ["PieceInfo", "Thumb", "Trans", "Dur", "PresSteps", "SeparationInfo", "B"]
                .iter()
                .any(|k| has(k)) =>
        {
            ctx.note(Threat::P09, "ページの付帯情報", "");
        }
        "Metadata" => ctx.note(Threat::P15, "文書の属性情報", ""),
        _ => {}
    }
}

/// Keys spelt with `#xx` for letters that need no escape (P10).
fn report_disguises(dict: &Dict<'_>, ctx: &mut Ctx<'_>) {
    let data = dict.data();
    for key in dict.keys() {
        let plain = !key.is_empty() && key.as_ref().iter().all(u8::is_ascii_alphanumeric);
        let spelt = [b"/", key.as_ref()].concat();
        if plain && !data.windows(spelt.len()).any(|w| w == spelt) {
            ctx.report(Threat::P10, Severity::Hidden, Action::Dropped, "綴りを隠した名前", "");
            return;
        }
    }
}
