//! Makes Word files of a plain text, with numbers typed or left to Word.

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbering {
    Typed,
    Automatic,
}

const NUMBERING: &str = r#"<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:abstractNum w:abstractNumId="4"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="(%2)"/></w:lvl><w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimalEnclosedCircle"/><w:lvlText w:val="%3"/></w:lvl></w:abstractNum><w:num w:numId="2"><w:abstractNumId w:val="4"/></w:num></w:numbering>"#;

pub(super) fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(super) fn wrap(body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}<w:sectPr/></w:body></w:document>"#
    )
}

pub(super) fn docx(text: &str, numbering: Numbering) -> Vec<u8> {
    let contents_end = text.rfind("\n1 目的").unwrap();
    let mut body = String::new();
    let mut table = false;
    let mut at = 0;
    for line in text.lines() {
        let automatic = numbering == Numbering::Automatic && at > contents_end;
        at += line.len() + 1;
        let row = line.contains('\t');
        if row != table {
            body.push_str(if row { "<w:tbl>" } else { "</w:tbl>" });
            table = row;
        }
        if row {
            let cells: String =
                line.split('\t').map(|c| format!("<w:tc>{}</w:tc>", paragraph(c, None))).collect();
            body.push_str(&format!("<w:tr>{cells}</w:tr>"));
        } else {
            let level = if automatic { level(line) } else { None };
            let text = if level.is_some() { line.split_once(' ').unwrap().1 } else { line };
            body.push_str(&paragraph(text, level));
        }
    }
    let document = wrap(&body);
    zip(&[
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", &document),
        ("word/numbering.xml", NUMBERING),
    ])
}

fn level(line: &str) -> Option<u32> {
    let (number, _) = line.split_once(' ')?;
    if number.parse::<u32>().is_ok() {
        Some(0)
    } else if number.starts_with('(') {
        Some(1)
    } else {
        ["①", "②", "③"].contains(&number).then_some(2)
    }
}

/// Text cut into two runs, as Word likes to do.
fn paragraph(text: &str, level: Option<u32>) -> String {
    let properties = level.map_or_else(String::new, |l| {
        format!(r#"<w:pPr><w:numPr><w:ilvl w:val="{l}"/><w:numId w:val="2"/></w:numPr></w:pPr>"#)
    });
    let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(i, _)| i);
    let run = |t: &str| {
        format!(
            r#"<w:r><w:t xml:space="preserve">{}</w:t></w:r>"#,
            t.replace('&', "&amp;").replace('<', "&lt;")
        )
    };
    format!("<w:p>{properties}{}{}</w:p>", run(&text[..half]), run(&text[half..]))
}
