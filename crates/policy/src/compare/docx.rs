//! The 新旧対照表 as a Word file: landscape A4, 改定後 left and 改定前 right, changes underlined, headings repeated on
//! every page. The bytes depend on the rows alone.

use super::{Rows, Run, Side};
use crate::PolicyError;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A4 landscape in twentieths of a point: 297 × 210 mm, margins 20 mm.
const PAGE: &str = r#"<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>"#;
/// Width of each of the two columns.
const COLUMN_TWIPS: u32 = 7_285;

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const DOCUMENT_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Century" w:hAnsi="Century" w:eastAsia="ＭＳ 明朝" w:cs="Times New Roman"/><w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val="en-US" w:eastAsia="ja-JP"/></w:rPr></w:rPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style></w:styles>"#;

/// Writes the table.
///
/// # Errors
/// [`PolicyError::BrokenDocx`] when the package cannot be written, which memory alone could cause.
pub fn docx(rows: &Rows) -> Result<Vec<u8>, PolicyError> {
    let document = document(rows);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let failed = |e: &dyn std::fmt::Display| PolicyError::BrokenDocx { reason: e.to_string() };
    for (name, text) in [
        ("[Content_Types].xml", CONTENT_TYPES),
        ("_rels/.rels", RELATIONS),
        ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS),
        ("word/styles.xml", STYLES),
        ("word/document.xml", &document),
    ] {
        zip.start_file(name, options).map_err(|e| failed(&e))?;
        zip.write_all(text.as_bytes()).map_err(|e| failed(&e))?;
    }
    Ok(zip.finish().map_err(|e| failed(&e))?.into_inner())
}

fn document(rows: &Rows) -> String {
    let mut out = String::from(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>"#,
    );
    out.push_str(r#"<w:p><w:pPr><w:jc w:val="center"/></w:pPr>"#);
    run(&Run { text: rows.title.clone(), changed: false }, true, &mut out);
    out.push_str("</w:p>");
    out.push_str(&format!(
        r#"<w:tbl><w:tblPr><w:tblW w:w="{}" w:type="dxa"/><w:tblBorders>{}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid><w:gridCol w:w="{COLUMN_TWIPS}"/><w:gridCol w:w="{COLUMN_TWIPS}"/></w:tblGrid>"#,
        COLUMN_TWIPS * 2,
        ["top", "left", "bottom", "right", "insideH", "insideV"]
            .map(|b| format!(r#"<w:{b} w:val="single" w:sz="4" w:space="0" w:color="auto"/>"#))
            .concat(),
    ));
    out.push_str("<w:tr><w:trPr><w:tblHeader/></w:trPr>");
    for caption in [&rows.new_caption, &rows.old_caption] {
        cell_start(&mut out);
        out.push_str(r#"<w:p><w:pPr><w:jc w:val="center"/></w:pPr>"#);
        run(&Run { text: caption.clone(), changed: false }, false, &mut out);
        out.push_str("</w:p></w:tc>");
    }
    out.push_str("</w:tr>");
    for row in &rows.rows {
        out.push_str("<w:tr>");
        cell(row.new.as_ref(), "（削除）", &mut out);
        cell(row.old.as_ref(), "（新設）", &mut out);
        out.push_str("</w:tr>");
    }
    out.push_str("</w:tbl><w:p/>");
    out.push_str(PAGE);
    out.push_str("</w:body></w:document>");
    out
}

fn cell_start(out: &mut String) {
    out.push_str(&format!(r#"<w:tc><w:tcPr><w:tcW w:w="{COLUMN_TWIPS}" w:type="dxa"/></w:tcPr>"#));
}

fn cell(side: Option<&Side>, empty: &str, out: &mut String) {
    cell_start(out);
    out.push_str("<w:p>");
    match side {
        None => run(&Run { text: empty.to_owned(), changed: false }, false, out),
        Some(side) => {
            run(&Run { text: side.label.clone(), changed: side.label_changed }, true, out);
            run(&Run { text: "　".to_owned(), changed: false }, false, out);
            for piece in &side.runs {
                for (at, line) in piece.text.split('\n').enumerate() {
                    if at > 0 {
                        out.push_str("</w:p><w:p>");
                    }
                    run(&Run { text: line.to_owned(), changed: piece.changed }, false, out);
                }
            }
        }
    }
    out.push_str("</w:p></w:tc>");
}

fn run(run: &Run, bold: bool, out: &mut String) {
    if run.text.is_empty() {
        return;
    }
    out.push_str("<w:r><w:rPr>");
    if bold {
        out.push_str("<w:b/>");
    }
    if run.changed {
        out.push_str(r#"<w:u w:val="single"/>"#);
    }
    out.push_str(r#"</w:rPr><w:t xml:space="preserve">"#);
    crate::render::escape(&run.text, out);
    out.push_str("</w:t></w:r>");
}
