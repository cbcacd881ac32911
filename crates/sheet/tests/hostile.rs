//! Workbooks that want something else than to be read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::io::{Cursor, Write as _};

use sekisho_sheet::{SheetError, limits, read};

/// A workbook with one sheet, written by hand so that anything can stand in it.
fn workbook(sheet: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let sheet = format!(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{sheet}</sheetData></worksheet>"
    );
    let parts: [(&str, &[u8]); 5] = [
        ("[Content_Types].xml", br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#),
        ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    for (name, bytes) in parts.iter().chain(more) {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn formulas_links_and_macros_are_values_or_nothing() {
    let sheet = r#"<row r="1"><c r="A1" t="str"><f>HYPERLINK("http://evil.example","名称")</f><v>名称</v></c><c r="B1"><f>[1]Sheet1!A1</f><v>42</v></c><c r="C1"><f>1+1</f></c><c r="D1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>"#;
    let link = br#"<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>"#;
    let bytes =
        workbook(sheet, &[("xl/externalLinks/externalLink1.xml", link), ("xl/vbaProject.bin", b"macro")]);
    assert_eq!(read(&bytes).unwrap().rows, [["名称", "42"]]);
}

#[test]
fn a_far_away_cell_costs_a_refusal_and_no_memory() {
    let far_down = r#"<row r="1048576"><c r="A1048576"><v>1</v></c></row>"#;
    assert_eq!(read(&workbook(far_down, &[])), Err(SheetError::TooManyRows));
    let far_right = r#"<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>"#;
    assert_eq!(read(&workbook(far_right, &[])), Err(SheetError::TooManyColumns));
}

#[test]
fn a_bomb_is_weighed_before_it_is_opened() {
    let zeros = vec![b' '; 1 << 20];
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/bomb.xml", zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..=limits::INFLATED_BYTES >> 20 {
        zip.write_all(&zeros).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20, "{} bytes on the wire", bytes.len());
    assert_eq!(read(&bytes), Err(SheetError::TooLarge));
}

#[test]
fn too_many_parts_and_damage_are_refused_with_words() {
    let names: Vec<String> = (0..=limits::PARTS).map(|n| format!("p{n}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"" as &[u8])).collect();
    assert_eq!(read(&workbook("", &parts)), Err(SheetError::TooManyParts));
    let good = workbook(r#"<row r="1"><c r="A1"><v>1</v></c></row>"#, &[]);
    assert!(read(&good).is_ok());
    for cut in (4..good.len()).step_by(7) {
        let error = read(&good[..cut]).unwrap_err();
        assert!(error.ja().ends_with('。'), "{error}");
    }
    for (bytes, code) in [
        (&b""[..], "sheet.empty"),
        (b"\xd0\xcf\x11\xe0....", "sheet.container"),
        (b"\x81\x00\xff", "sheet.encoding"),
    ] {
        assert_eq!(read(bytes).unwrap_err().code(), code);
    }
}
