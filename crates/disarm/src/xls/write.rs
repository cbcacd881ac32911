//! The model as a package: the parts of an .xlsx and what connects them.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    book::Book,
    cells::{Cells, Paper},
    links::Links,
    sheet::{Parts, Sheet},
    style::Styles,
    text::Text,
};
use crate::{Kind, Meter, Refusal, ctx::Ctx, detect, zip::Writer};

const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// A package in the making; entries are stored, because it is read again at once.
struct Package {
    zip: Writer,
    total: u64,
}

impl Package {
    fn add(&mut self, name: &str, data: &[u8], ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        self.total += data.len() as u64;
        ctx.spend(Meter::OutputBytes, self.total)?;
        self.zip.store(name, data)
    }

    fn relationships(&mut self, part: &str, body: &str, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        let (folder, file) = part.rsplit_once('/').map_or(("", part), |(folder, file)| (folder, file));
        let name = if folder.is_empty() {
            format!("_rels/{file}.rels")
        } else {
            format!("{folder}/_rels/{file}.rels")
        };
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{body}</Relationships>"
        );
        self.add(&name, text.as_bytes(), ctx)
    }
}

fn relation(out: &mut String, id: &str, kind: &str, target: &str) {
    let _ = write!(out, "<Relationship Id=\"{id}\" Type=\"{REL}/{kind}\" Target=\"{target}\"/>");
}

/// Writes the workbook as an uncompressed package.
pub(super) fn package(mut book: Book, ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    if let Some(first) = book.sheets.first() {
        let (manual, iterations) = first.calculation;
        book.calculation(manual, iterations);
    }
    let mut package = Package { zip: Writer::new(), total: 0 };
    let main = if book.is_template { "template" } else { "sheet" };
    let types = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{MAIN}.{main}.main+xml\"/></Types>"
    );
    package.add("[Content_Types].xml", types.as_bytes(), ctx)?;
    let mut root = String::new();
    relation(&mut root, "rId1", "officeDocument", "xl/workbook.xml");
    // Nothing says that Excel made this: LibreOffice would cut every row to whole pixels, as it does for files that
    // Excel wrote, and pages of a workbook would break elsewhere than before.
    package.relationships("", &root, ctx)?;
    package.add("xl/workbook.xml", book.write(ctx)?.as_bytes(), ctx)?;
    let mut links = String::new();
    relation(&mut links, "rIdS", "styles", "styles.xml");
    if !book.strings.is_empty() {
        relation(&mut links, "rIdT", "sharedStrings", "sharedStrings.xml");
        let strings = shared_strings(&book.strings, &|font| book.styles.run_font(font));
        package.add("xl/sharedStrings.xml", strings.as_bytes(), ctx)?;
    }
    relation(&mut links, "rIdH", "theme", "theme/theme1.xml");
    package.add("xl/theme/theme1.xml", include_bytes!("../../tables/theme.xml"), ctx)?;
    let names: Vec<String> = book.pictures.iter().enumerate().map(picture_name).collect();
    let mut placed = vec![false; names.len()];
    for (i, kind) in (1..).zip(sheets(&mut book, &mut package, &names, &mut placed, ctx)?) {
        relation(&mut links, &format!("rId{i}"), kind, &format!("worksheets/sheet{i}.xml"));
    }
    package.relationships("xl/workbook.xml", &links, ctx)?;
    for ((picture, name), _) in book.pictures.iter().zip(&names).zip(&placed).filter(|(_, placed)| **placed) {
        package.add(&format!("xl/media/{name}"), picture.as_deref().unwrap_or(&[]), ctx)?;
    }
    package.zip.finish()
}

fn sheets(
    book: &mut Book,
    package: &mut Package,
    names: &[String],
    placed: &mut [bool],
    ctx: &mut Ctx<'_>,
) -> Result<Vec<&'static str>, Refusal> {
    let mut marks = vec![false; book.styles.len()];
    book.sheets.iter().for_each(|sheet| sheet.cells.used(&mut marks));
    let used: Vec<u16> = (0_u16..).zip(&marks).filter(|(_, used)| **used).map(|(xf, _)| xf).collect();
    let mut styles = std::mem::take(&mut book.styles);
    let cell_styles = styles.write(&used).cells;
    let fonts: Vec<String> = (0..u16::try_from(styles.fonts.len() + 1).unwrap_or(u16::MAX))
        .map(|font| styles.run_font(font))
        .collect();
    let paper =
        Paper { styles: &cell_styles, strings: book.strings.len(), fonts: &fonts, ruler: styles.ruler() };
    let active = book.active();
    let mut sheets: Vec<Sheet> = std::mem::take(&mut book.sheets);
    source_formats(&mut sheets, &book.links, &styles);
    let mut kinds = Vec::new();
    for (i, sheet) in sheets.into_iter().enumerate() {
        let parts = sheet.write(book, &mut styles, &paper, i == active, ctx)?;
        for picture in &parts.pictures {
            if let Some(mark) = placed.get_mut(*picture) {
                *mark = true;
            }
        }
        sheet_parts(i + 1, &parts, package, names, ctx)?;
        kinds.push(if sheet.is_chart && !parts.drawing.is_empty() { "chartsheet" } else { "worksheet" });
    }
    package.add("xl/styles.xml", styles.write(&used).xml.as_bytes(), ctx)?;
    Ok(kinds)
}

/// Gives the charts the number formats of the cells that they show.
fn source_formats(sheets: &mut [Sheet], links: &Links, styles: &Styles) {
    let cells: BTreeMap<usize, &Cells> = sheets.iter().map(|sheet| (sheet.index, &sheet.cells)).collect();
    let format = |source: Option<(usize, u16, u16)>| {
        let (sheet, row, column) = source?;
        styles.format(cells.get(&sheet)?.format(row, column)?)
    };
    let found: Vec<Vec<[Option<u16>; 2]>> = sheets
        .iter()
        .flat_map(Sheet::charts)
        .map(|chart| chart.sources(links).into_iter().map(|both| both.map(format)).collect())
        .collect();
    for (chart, formats) in sheets.iter_mut().flat_map(Sheet::charts_mut).zip(found) {
        for (series, formats) in chart.series.iter_mut().zip(formats) {
            series.formats = formats;
        }
    }
}

fn sheet_parts(
    number: usize,
    parts: &Parts,
    package: &mut Package,
    names: &[String],
    ctx: &mut Ctx<'_>,
) -> Result<(), Refusal> {
    let part = format!("xl/worksheets/sheet{number}.xml");
    package.add(&part, parts.sheet.as_bytes(), ctx)?;
    let mut links = String::new();
    for (i, target) in (1..).zip(&parts.links) {
        let _ = write!(
            links,
            "<Relationship Id=\"rIdL{i}\" Type=\"{REL}/hyperlink\" Target=\"{}\" TargetMode=\"External\"/>",
            super::xml::escaped(target)
        );
    }
    if !parts.drawing.is_empty() {
        let drawing = format!("xl/drawings/drawing{number}.xml");
        relation(&mut links, "rIdD", "drawing", &format!("../drawings/drawing{number}.xml"));
        package.add(&drawing, parts.drawing.as_bytes(), ctx)?;
        let mut pictures = String::new();
        for (i, picture) in (1..).zip(&parts.pictures) {
            let target = format!("../media/{}", names.get(*picture).map_or("", String::as_str));
            relation(&mut pictures, &format!("rId{i}"), "image", &target);
        }
        for (i, chart) in (1..).zip(&parts.charts) {
            let name = format!("charts/chart{number}_{i}.xml");
            relation(&mut pictures, &format!("rIdC{i}"), "chart", &format!("../{name}"));
            package.add(&format!("xl/{name}"), chart.as_bytes(), ctx)?;
        }
        if !pictures.is_empty() {
            package.relationships(&drawing, &pictures, ctx)?;
        }
    }
    if let Some((comments, drawing)) = &parts.notes {
        relation(&mut links, "rIdV", "vmlDrawing", &format!("../drawings/vmlDrawing{number}.vml"));
        relation(&mut links, "rIdC", "comments", &format!("../comments{number}.xml"));
        package.add(&format!("xl/drawings/vmlDrawing{number}.vml"), drawing.as_bytes(), ctx)?;
        package.add(&format!("xl/comments{number}.xml"), comments.as_bytes(), ctx)?;
    }
    if !links.is_empty() {
        package.relationships(&part, &links, ctx)?;
    }
    Ok(())
}

fn shared_strings(strings: &[Text], run_font: &impl Fn(u16) -> String) -> String {
    let count = strings.len();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" uniqueCount=\"{count}\">"
    );
    for text in strings {
        out.push_str("<si>");
        text.write(&mut out, run_font);
        out.push_str("</si>");
    }
    out.push_str("</sst>");
    out
}

fn picture_name((at, picture): (usize, &Option<Vec<u8>>)) -> String {
    let extension = match picture.as_deref().map(|bytes| detect(bytes, "")) {
        Some(Kind::Jpeg) => "jpg",
        Some(Kind::Png) => "png",
        Some(Kind::Bmp) => "bmp",
        Some(Kind::Tiff) => "tif",
        Some(Kind::Gif) => "gif",
        _ => "emf",
    };
    format!("image{}.{extension}", at + 1)
}
