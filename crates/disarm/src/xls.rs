//! Excel 5.0 to 2003 workbooks (threats L00, L01, L03, L05-L07), rebuilt as .xlsx.
//!
//! The compound file is only looked into: the one stream that holds the workbook is read record by record into a
//! model, the model is written as the parts of an OOXML workbook, and these go through the same allow-list copier as
//! every .xlsx. So nothing of the input is copied, the output has the normal form, and rules about links, formulas
//! and pictures are in one place.

mod book;
mod cells;
mod chart;
mod crypt;
mod drawing;
mod escher;
mod figure;
mod formula;
mod functions;
mod geometry;
mod links;
mod note;
mod older;
mod page;
mod plot;
mod record;
mod rules;
mod sheet;
mod style;
mod text;
mod write;
mod xml;

use std::io::Read as _;

use crate::{
    Action, Kind, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
    ooxml,
};

/// Rebuilds a workbook.
pub(crate) fn rebuild(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    let mut stream = stream(bytes, ctx)?;
    book::begin(&stream, ctx)?;
    if crypt::open(&mut stream, ctx)? {
        ctx.report(Threat::L07, Severity::Simplified, Action::Dropped, "ブックのパスワード", "");
    }
    if older::is_older(&stream) {
        stream = older::upgrade(&stream, ctx)?;
    }
    let book = book::Book::read(&stream, ctx)?;
    drop(stream);
    let package = write::package(book, ctx)?;
    let rebuilt = ooxml::rebuild(Kind::Xlsx, &package, ctx)?;
    ctx.report(Threat::L00, Severity::Note, Action::Rewritten, "旧形式のブック（.xls）", "");
    Ok(rebuilt)
}

/// The stream of the workbook. A file may also be the bare stream, as some programs write it.
fn stream(bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    if !bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Ok(bytes.to_vec());
    }
    let damaged = |_| Refusal::malformed("", "OLE の構造が壊れています");
    let mut file = crate::ole::open(bytes).map_err(damaged)?;
    let names: Vec<String> = file.walk().take(20_000).map(|entry| entry.name().to_owned()).collect();
    report_storages(&names, ctx);
    let name = if file.is_stream("Workbook") { "Workbook" } else { "Book" };
    let mut data = Vec::new();
    file.open_stream(name)
        .and_then(|stream| stream.take(bytes.len() as u64).read_to_end(&mut data))
        .map_err(damaged)?;
    Ok(data)
}

/// What lies beside the workbook is left behind; threats among it are named.
fn report_storages(names: &[String], ctx: &mut Ctx<'_>) {
    use Severity::{Active, Hidden, Note, Simplified};
    for name in names {
        let bare = name.trim_start_matches(|c: char| c.is_control()).to_ascii_uppercase();
        let (threat, severity, what) = match bare.as_str() {
            "_VBA_PROJECT_CUR" => (Threat::L01, Active, "マクロ"),
            "CTLS" => (Threat::L03, Active, "ActiveX コントロール"),
            "XCB" => (Threat::L03, Active, "ツールバーの改造"),
            "REVISION LOG" => (Threat::L03, Hidden, "変更の記録"),
            "_SX_DB_CUR" => (Threat::L03, Simplified, "ピボットテーブルの元データ"),
            "_SIGNATURES" | "_XMLSIGNATURES" => (Threat::O09, Simplified, "電子署名"),
            "SUMMARYINFORMATION" | "DOCUMENTSUMMARYINFORMATION" => (Threat::X09, Note, "作成者などの情報"),
            _ if is_object(&bare) => (Threat::L05, Active, "埋め込みオブジェクトの中身"),
            _ => continue,
        };
        ctx.report(threat, severity, Action::Dropped, what, name);
    }
}

/// Storages of embedded and linked objects: `MBD` or `LNK` and eight hexadecimal digits.
fn is_object(name: &str) -> bool {
    name.strip_prefix("MBD")
        .or_else(|| name.strip_prefix("LNK"))
        .is_some_and(|rest| rest.len() == 8 && rest.chars().all(|c| c.is_ascii_hexdigit()))
}
