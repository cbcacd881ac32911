//! Form controls and embedded documents (O14, O15): what becomes of them, and that nothing of theirs that runs is left.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use common::{Package, assert_removed, clean, docx, everything, pptx, word_part, xlsx, xlsx_with};
use sekisho_disarm::Severity;

const VML: &str = "xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"";

fn shape(number: u32, kind: &str, caption: &str, more: &str) -> String {
    format!(
        "<v:shape id=\"_x0000_s{number}\" type=\"#_x0000_t201\" style=\"width:60pt\"><v:textbox><div style=\"text-align:left\"><font face=\"MS UI Gothic\">{caption}</font></div></v:textbox><x:ClientData ObjectType=\"{kind}\"><x:Anchor>1, 2, 3, 4, 5, 6, 7, 8</x:Anchor>{more}</x:ClientData></v:shape>"
    )
}

/// A sheet with the shapes in its VML part and `more` before the reference to it.
fn with_controls(shapes: &str, more: &str) -> Package {
    xlsx(&format!("<sheetData/>{more}<legacyDrawing r:id=\"rId2\"/>"))
        .part("xl/drawings/vmlDrawing1.vml", format!("<xml {VML}>{shapes}</xml>"))
        .rel("xl/worksheets/sheet1.xml", "rId2", "vmlDrawing", "../drawings/vmlDrawing1.vml")
}

#[test]
fn o14_boxes_and_buttons_of_a_sheet_are_drawn_as_they_stand() {
    let shapes = [
        shape(1025, "Checkbox", "新規<br>申請", "<x:Checked>1</x:Checked><x:FmlaLink>$Z$1</x:FmlaLink>"),
        shape(1026, "Checkbox", "変更", ""),
        shape(1027, "Radio", "郵送", "<x:Checked>1</x:Checked>"),
        shape(1028, "Radio", "窓口", ""),
        shape(1029, "Button", "送信", "<x:FmlaMacro>[0]!Evil</x:FmlaMacro>"),
    ];
    let text = assert_removed(
        &with_controls(&shapes.concat(), ""),
        "O14",
        Severity::Active,
        &["Evil", "FmlaLink", "Checkbox", "Radio"],
    );
    for drawn in [
        "<a:t>☑ 新規申請</a:t>",
        "<a:t>☐ 変更</a:t>",
        "<a:t>◉ 郵送</a:t>",
        "<a:t>○ 窓口</a:t>",
        "<a:t>送信</a:t>",
    ] {
        assert!(text.contains(drawn), "{drawn} not in {text}");
    }
    assert!(text.contains("<drawing r:id=\"rIdControls\"/><legacyDrawing"), "{text}");
    assert!(
        text.contains("<xdr:col>1</xdr:col><xdr:colOff>19050</xdr:colOff><xdr:row>3</xdr:row>"),
        "{text}"
    );
}

#[test]
fn o14_controls_join_the_drawing_that_a_sheet_has_and_take_their_state_from_their_own_part() {
    let control = "<mc:AlternateContent xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"><mc:Choice Requires=\"x14\" xmlns:x14=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\"><controls><control shapeId=\"1025\" r:id=\"rId4\" name=\"c\"/></controls></mc:Choice></mc:AlternateContent>";
    let twin = "<mc:AlternateContent xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"><mc:Choice Requires=\"a14\" xmlns:a14=\"http://schemas.microsoft.com/office/drawing/2010/main\"><xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>2</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>2</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:sp><xdr:nvSpPr><xdr:cNvPr id=\"0\" name=\"twin\" hidden=\"1\"><a:extLst><a:ext uri=\"{63B3BB69-23CF-44E3-9099-C40C66FF867C}\"><a14:compatExt spid=\"_x0000_s1025\"/></a:ext></a:extLst></xdr:cNvPr><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr/></xdr:sp><xdr:clientData/></xdr:twoCellAnchor></mc:Choice><mc:Fallback/></mc:AlternateContent>";
    let package = with_controls(&shape(1025, "Checkbox", "同意", ""), "<drawing r:id=\"rId3\"/>");
    let sheet = String::from_utf8(package.parts[1].1.clone()).expect("utf-8");
    let sheet = sheet.replace("</worksheet>", &format!("{control}</worksheet>"));
    let package = package
        .part("xl/worksheets/sheet1.xml", sheet)
        .part("xl/drawings/drawing1.xml", format!("<xdr:wsDr xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\">{twin}</xdr:wsDr>"))
        .rel("xl/worksheets/sheet1.xml", "rId3", "drawing", "../drawings/drawing1.xml")
        .part("xl/ctrlProps/ctrlProp1.xml", "<formControlPr xmlns=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\" objectType=\"CheckBox\" checked=\"Checked\" fmlaMacro=\"Evil\"/>")
        .rel("xl/worksheets/sheet1.xml", "rId4", "ctrlProp", "../ctrlProps/ctrlProp1.xml");
    let text =
        assert_removed(&package, "O14", Severity::Simplified, &["ctrlProp", "compatExt", "twin", "Evil"]);
    assert!(text.contains("<a:t>☑ 同意</a:t>") && !text.contains("rIdControls"), "{text}");
}

#[test]
fn an_unseen_control_is_not_drawn_and_notes_stay() {
    let hidden = shape(1025, "Checkbox", "裏", "").replace("width:60pt", "visibility: hidden");
    let note = "<v:shape id=\"_x0000_s1026\" style=\"visibility:hidden\"><x:ClientData ObjectType=\"Note\"><x:Anchor>1, 2, 3, 4, 5, 6, 7, 8</x:Anchor><x:Row>0</x:Row><x:Column>0</x:Column></x:ClientData></v:shape>";
    let (rebuilt, report) = clean(&with_controls(&(hidden + note), "").build(), "a.xlsx");
    let text = everything(&rebuilt);
    assert!(text.contains("ObjectType=\"Note\"") && !text.contains('裏'), "{text}");
    assert!(report.items.iter().any(|i| i.threat.id() == "O14"));
    assert_eq!(report.threats(), 0);
}

fn hostile_book() -> Vec<u8> {
    xlsx("<sheetData><row r=\"1\"><c r=\"A1\"><f>cmd|'/c calc'!A0</f><v>7</v></c></row></sheetData>")
        .main_type("application/vnd.ms-excel.sheet.macroEnabled.main+xml")
        .part("xl/vbaProject.bin", "EVIL MACRO")
        .rel(
            "xl/workbook.xml",
            "rId9",
            "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
            "vbaProject.bin",
        )
        .build()
}

/// The bytes of the document that a rebuilt package embeds.
fn embedded(rebuilt: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(rebuilt)).expect("zip");
    let index = (0..archive.len()).find(|i| {
        archive.by_index(*i).expect("entry").name().is_ok_and(|name| name.contains("embeddings/"))
    })?;
    let mut bytes = Vec::new();
    archive.by_index(index).expect("entry").read_to_end(&mut bytes).expect("data");
    Some(bytes)
}

#[test]
fn o15_an_embedded_document_is_rebuilt_like_any_other() {
    let body = "<w:p><w:r><w:object w:dxaOrig=\"1\"><v:shape id=\"s\" style=\"width:1pt;height:1pt\"/><o:OLEObject Type=\"Embed\" ProgID=\"Excel.SheetMacroEnabled.12\" ShapeID=\"s\" DrawAspect=\"Content\" ObjectID=\"_1\" UpdateMode=\"Always\" r:id=\"rId5\"/></w:object></w:r></w:p>";
    let package = docx(body).part("word/embeddings/book.xlsm", hostile_book()).rel(
        "word/document.xml",
        "rId5",
        "package",
        "embeddings/book.xlsm",
    );
    let (rebuilt, report) = clean(&package.build(), "a.docx");
    let text = everything(&rebuilt);
    assert!(text.contains("ProgID=\"Excel.Sheet.12\"") && !text.contains("UpdateMode"), "{text}");
    let inner = everything(&embedded(&rebuilt).expect("still embedded"));
    assert!(inner.contains("<v>7</v>") && !inner.contains("cmd|") && !inner.contains("EVIL"), "{inner}");
    for id in ["O10", "O24"] {
        let inside = |i: &&sekisho_disarm::Item| i.threat.id() == id && i.location.contains("book.xlsm › ");
        assert!(report.items.iter().any(|i| inside(&i)), "{id}: {:?}", report.items);
    }
}

#[test]
fn o15_a_slide_keeps_the_document_with_its_picture() {
    let frame = "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"4\" name=\"o\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/presentationml/2006/ole\"><p:oleObj name=\"x\" r:id=\"rId2\" imgW=\"1\" imgH=\"1\" progId=\"Excel.Sheet.12\"><p:embed/><p:pic><p:nvPicPr><p:cNvPr id=\"5\" name=\"preview\"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:stretch/></p:blipFill><p:spPr/></p:pic></p:oleObj></a:graphicData></a:graphic></p:graphicFrame>";
    let package = pptx(frame, "").part("ppt/embeddings/book.xlsx", hostile_book()).rel(
        "ppt/slides/slide1.xml",
        "rId2",
        "package",
        "../embeddings/book.xlsx",
    );
    let (rebuilt, _) = clean(&package.build(), "a.pptx");
    let text = everything(&rebuilt);
    assert!(
        text.contains("<p:oleObj") && text.contains("presentationml/2006/ole") && text.contains("preview")
    );
    assert!(embedded(&rebuilt).is_some());
}

#[test]
fn o15_what_is_no_document_or_a_broken_one_leaves_its_picture_only() {
    let body = "<w:p><w:r><w:object w:dxaOrig=\"1\"><v:shape id=\"s\" style=\"width:1pt;height:1pt\"/><o:OLEObject Type=\"Embed\" ProgID=\"Excel.Sheet.12\" ShapeID=\"s\" r:id=\"rId5\"/></w:object></w:r></w:p>";
    for bytes in [&b"MZ EVIL"[..], b"PK\x03\x04 EVIL", b"{\\rtf1 EVIL}"] {
        let package = docx(body).part("word/embeddings/book.xlsx", bytes).rel(
            "word/document.xml",
            "rId5",
            "package",
            "embeddings/book.xlsx",
        );
        let text = assert_removed(&package, "O15", Severity::Active, &["OLEObject", "EVIL", "embeddings"]);
        assert!(text.contains("<w:pict><v:shape"), "{text}");
    }
}

#[test]
fn o08_a_bound_value_is_written_where_it_shows_and_its_store_goes() {
    let control = |binding: &str, words: &str| {
        format!(
            "<w:sdt><w:sdtPr>{binding}</w:sdtPr><w:sdtContent><w:p><w:r><w:t>{words}</w:t></w:r><w:r><w:t>残り</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        )
    };
    let bound = |path: &str, id: &str| {
        format!(
            "<w:dataBinding w:prefixMappings=\"xmlns:n='urn:x'\" w:xpath=\"{path}\" w:storeItemID=\"{id}\"/>"
        )
    };
    let own = "{11111111-2222-3333-4444-555555555555}";
    let body = [
        control(&bound("/n:form[1]/n:name[2]", own), "〔氏名〕"),
        control(&bound("/n:form[1]/@year", own), "〔年〕"),
        control(&bound("/n:form[1]/n:nothing[1]", own), "そのまま"),
        control(
            &bound("/ns1:coreProperties[1]/ns0:title[1]", "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"),
            "題名",
        ),
        control(&format!("<w:date/>{}", bound("/n:form[1]/n:name[1]", own)), "令和8年"),
    ];
    let package = docx(&body.concat())
        .part("customXml/item1.xml", "<form xmlns=\"urn:x\" year=\"令和八年\"><name>甲</name><name>高橋 <b>隠</b>花子</name><secret>EVIL</secret></form>")
        .rel("word/document.xml", "rId7", "customXml", "../customXml/item1.xml")
        .part("customXml/itemProps1.xml", "<ds:datastoreItem xmlns:ds=\"http://schemas.openxmlformats.org/officeDocument/2006/customXml\" ds:itemID=\"{11111111-2222-3333-4444-555555555555}\"/>")
        .rel("customXml/item1.xml", "rId1", "customXmlProps", "itemProps1.xml")
        .part("docProps/core.xml", "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>交付要綱</dc:title></cp:coreProperties>")
        .rel("", "rId8", "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", "docProps/core.xml");
    let text = assert_removed(
        &package,
        "O08",
        Severity::Note,
        &["dataBinding", "EVIL", "〔氏名〕", "〔年〕", "題名"],
    );
    for shown in [
        "<w:t>高橋 花子</w:t>",
        "<w:t>令和八年</w:t>",
        "<w:t>交付要綱</w:t>",
        "<w:t>そのまま</w:t>",
        "<w:t>令和8年</w:t>",
    ] {
        assert!(text.contains(shown), "{shown} not in {text}");
    }
    assert_eq!(text.matches("残り").count(), 2, "{text}");
}

#[test]
fn o23_a_table_fed_by_a_query_becomes_a_plain_one() {
    let table = "<table xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" id=\"1\" name=\"t\" displayName=\"t\" ref=\"A1:A2\" tableType=\"queryTable\"><tableColumns count=\"1\"><tableColumn id=\"1\" name=\"a\" queryTableFieldId=\"1\"/></tableColumns></table>";
    let package = xlsx("<sheetData/><tableParts><tablePart r:id=\"rId2\"/></tableParts>")
        .part("xl/tables/table1.xml", table)
        .rel("xl/worksheets/sheet1.xml", "rId2", "table", "../tables/table1.xml")
        .part("xl/queryTables/queryTable1.xml", "<queryTable connectionId=\"1\"/>")
        .rel("xl/tables/table1.xml", "rId1", "queryTable", "../queryTables/queryTable1.xml");
    assert_removed(&package, "O23", Severity::External, &["queryTable", "connectionId"]);
}

/// PowerPoint 2007 keeps the picture of an object in a VML part beside the slide.
#[test]
fn o15_an_object_on_a_slide_shows_the_picture_of_its_vml_part() {
    let frame = |object: &str| {
        format!(
            "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"6\" name=\"o\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x=\"11\" y=\"22\"/><a:ext cx=\"33\" cy=\"44\"/></p:xfrm><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/presentationml/2006/ole\">{object}</a:graphicData></a:graphic></p:graphicFrame>"
        )
    };
    let package = |object: &str, target: &str| {
        pptx(&frame(object), "")
            .rel("ppt/slides/slide1.xml", "rId2", "vmlDrawing", "../drawings/v.vml")
            .rel(
                "ppt/slides/slide1.xml",
                "rId7",
                if target.ends_with("xlsx") { "package" } else { "oleObject" },
                target,
            )
            .part(
                "ppt/drawings/v.vml",
                format!(
                    "<xml {VML}><v:shape id=\"_x0000_s1026\"><v:imagedata o:relid=\"rId1\"/></v:shape></xml>"
                ),
            )
            .rel("ppt/drawings/v.vml", "rId1", "image", "../media/image1.emf")
            .part("ppt/media/image1.emf", common::emf::drawing())
            .part("ppt/embeddings/a.xlsx", xlsx("<sheetData/>").build())
            .part("ppt/embeddings/o.bin", "\u{1}Ole10Native EVIL")
    };
    let picture = "<a:off x=\"11\" y=\"22\"/><a:ext cx=\"33\" cy=\"44\"/></a:xfrm><a:prstGeom prst=\"rect\">";
    let book = "<p:oleObj spid=\"_x0000_s1026\" name=\"x\" r:id=\"rId7\" progId=\"Excel.Sheet.12\"><p:embed/></p:oleObj>";
    let (rebuilt, report) = clean(&package(book, "../embeddings/a.xlsx").build(), "a.pptx");
    let text = everything(&rebuilt);
    assert!(text.contains("<p:embed/><p:pic>") && text.contains(picture) && text.contains(".emf"), "{text}");
    assert_eq!(report.threats(), 0, "{:?}", report.items);
    let native =
        "<p:oleObj spid=\"_x0000_s1026\" name=\"x\" r:id=\"rId7\" progId=\"Package\"><p:embed/></p:oleObj>";
    let text =
        assert_removed(&package(native, "../embeddings/o.bin"), "O15", Severity::Active, &["EVIL", "oleObj"]);
    assert!(text.contains(picture), "only the picture is left: {text}");
}

#[test]
fn o08_of_two_sets_of_properties_neither_replaces_what_stands_in_the_document() {
    let body = "<w:sdt><w:sdtPr><w:dataBinding w:xpath=\"/ns1:coreProperties[1]/ns0:title[1]\" w:storeItemID=\"{6C3C8BC8-F283-45AE-878A-BAB7291924A1}\"/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>見える題</w:t></w:r></w:p></w:sdtContent></w:sdt>";
    let properties = |title: &str| {
        format!(
            "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>{title}</dc:title></cp:coreProperties>"
        )
    };
    let relation = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
    let package = docx(body)
        .part("docProps/core.xml", properties("一つ目"))
        .rel("", "rId8", relation, "docProps/core.xml")
        .part("docProps/core1.xml", properties("二つ目"))
        .rel("", "rId9", relation, "docProps/core1.xml");
    let text = assert_removed(&package, "O08", Severity::Note, &["一つ目", "二つ目"]);
    assert!(text.contains("見える題"), "{text}");
}

/// The picture of an object on a sheet stands in the VML part; without the object, the drawing shows it.
#[test]
fn o15_an_object_on_a_sheet_leaves_its_picture_and_a_document_stays_with_it() {
    let sheet = "<sheetData/><legacyDrawing r:id=\"rId2\"/><oleObjects><oleObject progId=\"Package\" shapeId=\"1025\" r:id=\"rId3\"/><oleObject progId=\"Excel.Sheet.12\" shapeId=\"1026\" r:id=\"rId4\"/></oleObjects>";
    let shape = |number: u32, picture: &str| {
        format!(
            "<v:shape id=\"_x0000_s{number}\" type=\"#_x0000_t75\" style=\"width:60pt\"><v:imagedata o:relid=\"{picture}\" o:title=\"\"/><x:ClientData ObjectType=\"Pict\"><x:Anchor>\n 1, 2, 3, 4, 5, 6, 7, 8</x:Anchor></x:ClientData></v:shape>"
        )
    };
    let vml = format!("<xml {VML}>{}{}</xml>", shape(1025, "rId1"), shape(1026, "rId2"));
    let package = xlsx(sheet)
        .part("xl/drawings/vmlDrawing1.vml", vml)
        .rel("xl/worksheets/sheet1.xml", "rId2", "vmlDrawing", "../drawings/vmlDrawing1.vml")
        .rel("xl/worksheets/sheet1.xml", "rId3", "oleObject", "../embeddings/o.bin")
        .rel("xl/worksheets/sheet1.xml", "rId4", "package", "../embeddings/a.xlsx")
        .part("xl/embeddings/o.bin", "\u{1}Ole10Native EVIL")
        .part("xl/embeddings/a.xlsx", xlsx("<sheetData/>").build())
        .rel("xl/drawings/vmlDrawing1.vml", "rId1", "image", "../media/image1.emf")
        .rel("xl/drawings/vmlDrawing1.vml", "rId2", "image", "../media/image2.emf")
        .part("xl/media/image1.emf", common::emf::emf(&[common::emf::text("消えた物")]))
        .part("xl/media/image2.emf", common::emf::drawing());
    let text = assert_removed(&package, "O15", Severity::Active, &["EVIL", "\"1025\"", "_s1025"]);
    assert!(text.contains("<xdr:pic>") && text.contains("r:embed=\"rIdObject1\""), "{text}");
    assert!(text.contains("<xdr:col>1</xdr:col><xdr:colOff>19050</xdr:colOff>"), "{text}");
    assert!(text.contains("shapeId=\"1026\"") && text.contains("<v:imagedata o:relid=\"rId2\""), "{text}");
    assert_eq!(text.matches(".emf\n").count(), 2, "both pictures are there: {text}");
}

fn seal() -> Vec<u8> {
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().and_then(|mut w| w.write_image_data(&[7])).expect("picture");
    picture
}

#[test]
fn o26_the_picture_in_the_header_of_a_page_stays_and_its_address_goes() {
    let shape = |link: &str| {
        format!(
            "<w:p><w:r><w:pict><v:shape id=\"_x0000_s2049\" style=\"width:40pt;height:40pt\"><v:imagedata r:id=\"rId1\"{link} o:title=\"市章\"/></v:shape></w:pict></w:r></w:p>"
        )
    };
    let section = "<w:p><w:pPr><w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId7\"/><w:footerReference w:type=\"default\" r:id=\"rId8\"/></w:sectPr></w:pPr></w:p>";
    let package = docx(section)
        .part(
            "word/header1.xml",
            word_part("hdr", &shape(" r:href=\"rId2\" src=\"http://example.invalid/h.png\"")),
        )
        .part("word/footer1.xml", word_part("ftr", &shape("")))
        .part("word/media/seal.png", seal())
        .rel("word/document.xml", "rId7", "header", "header1.xml")
        .rel("word/document.xml", "rId8", "footer", "footer1.xml")
        .rel("word/header1.xml", "rId1", "image", "media/seal.png")
        .rel("word/header1.xml", "rId2", "image", "http://example.invalid/seal.png")
        .rel("word/footer1.xml", "rId1", "image", "media/seal.png");
    let text = assert_removed(&package, "O05", Severity::External, &["example.invalid", "r:href"]);
    assert_eq!(text.matches("<v:imagedata r:id=\"rId1\"").count(), 2, "{text}");
    assert_eq!(text.matches("Target=\"media/").count(), 2, "{text}");
    assert_eq!(text.matches(".png\n").count(), 1, "one picture serves both: {text}");
}

#[test]
fn the_picture_in_the_header_of_a_sheet_stays() {
    let shape = "<v:shape id=\"LH\" o:spid=\"_x0000_s1025\" type=\"#_x0000_t75\" style=\"position:absolute;width:40pt;height:40pt\"><v:imagedata o:relid=\"rId1\" o:title=\"市章\"/></v:shape>";
    let package = xlsx("<sheetData/><headerFooter><oddHeader>&amp;L&amp;G</oddHeader></headerFooter><legacyDrawingHF r:id=\"rId2\"/>")
        .part("xl/drawings/vmlDrawing1.vml", format!("<xml {VML}>{shape}</xml>"))
        .part("xl/media/seal.png", seal())
        .rel("xl/worksheets/sheet1.xml", "rId2", "vmlDrawing", "../drawings/vmlDrawing1.vml")
        .rel("xl/drawings/vmlDrawing1.vml", "rId1", "image", "../media/seal.png");
    let (rebuilt, report) = clean(&package.build(), "様式.xlsx");
    let text = everything(&rebuilt);
    assert_eq!(report.threats(), 0, "{:?}", report.items);
    for kept in [
        "<oddHeader>&amp;L&amp;G</oddHeader>",
        "<legacyDrawingHF r:id=\"rId2\"/>",
        "<v:imagedata o:relid=\"rId1\"",
        "Target=\"../media/",
    ] {
        assert!(text.contains(kept), "{kept} not in {text}");
    }
}

#[test]
fn a_chart_says_what_it_draws_for_missing_values() {
    let c = "xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"";
    let options = "<c16r3:dataDisplayOptions16><c16r3:dispNaAsBlank val=\"1\"/></c16r3:dataDisplayOptions16>";
    let frame = format!(
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"4\" name=\"c\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart {c} r:id=\"rId2\"/></a:graphicData></a:graphic></p:graphicFrame>"
    );
    let chart = format!(
        "<c:chartSpace {c}><c:chart><c:plotArea/><c:dispBlanksAs val=\"gap\"/><c:extLst><c:ext uri=\"{{56B9EC1D-385E-4148-901F-78D8002777C0}}\" xmlns:c16r3=\"http://schemas.microsoft.com/office/drawing/2017/03/chart\">{options}</c:ext></c:extLst></c:chart></c:chartSpace>"
    );
    let package = pptx(&frame, "").part("ppt/charts/chart1.xml", chart).rel(
        "ppt/slides/slide1.xml",
        "rId2",
        "chart",
        "../charts/chart1.xml",
    );
    let (rebuilt, report) = clean(&package.build(), "a.pptx");
    let text = everything(&rebuilt);
    assert!(text.contains(options), "{text}");
    assert!(report.items.is_empty(), "{:?}", report.items);
}

const DGM: &str = "xmlns:dgm=\"http://schemas.openxmlformats.org/drawingml/2006/diagram\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";

/// A slide with a diagram whose only box says 「受付」, `click` on that box and `more` behind the list of boxes.
fn diagram(click: &str, more: &str) -> Package {
    let frame = format!(
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"4\" name=\"d\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/diagram\"><dgm:relIds {DGM} r:dm=\"rId2\" r:lo=\"rId3\" r:qs=\"rId4\" r:cs=\"rId5\"/></a:graphicData></a:graphic></p:graphicFrame>"
    );
    let words = "<a:bodyPr/><a:p><a:r><a:t>受付</a:t></a:r></a:p>";
    let data = format!(
        "<dgm:dataModel {DGM}><dgm:ptLst><dgm:pt modelId=\"1\"><dgm:prSet/><dgm:spPr/><dgm:t>{words}</dgm:t><dgm:extLst><a:ext uri=\"{{E40237B7-FDA0-4F09-8148-C483321AD2D9}}\"><dgm14:cNvPr xmlns:dgm14=\"http://schemas.microsoft.com/office/drawing/2010/diagram\" id=\"0\" name=\"\">{click}</dgm14:cNvPr></a:ext></dgm:extLst></dgm:pt></dgm:ptLst>{more}<dgm:extLst><a:ext uri=\"http://schemas.microsoft.com/office/drawing/2008/diagram\"><dsp:dataModelExt xmlns:dsp=\"http://schemas.microsoft.com/office/drawing/2008/diagram\" relId=\"rId6\"/></a:ext></dgm:extLst></dgm:dataModel>"
    );
    let drawing = format!(
        "<dsp:drawing {DGM} xmlns:dsp=\"http://schemas.microsoft.com/office/drawing/2008/diagram\"><dsp:spTree><dsp:nvGrpSpPr><dsp:cNvPr id=\"0\" name=\"\"/><dsp:cNvGrpSpPr/></dsp:nvGrpSpPr><dsp:grpSpPr/><dsp:sp modelId=\"1\"><dsp:nvSpPr><dsp:cNvPr id=\"0\" name=\"\">{click}</dsp:cNvPr><dsp:cNvSpPr/></dsp:nvSpPr><dsp:spPr/><dsp:txBody>{words}</dsp:txBody></dsp:sp></dsp:spTree></dsp:drawing>"
    );
    let slide = "ppt/slides/slide1.xml";
    pptx(&frame, "")
        .part("ppt/diagrams/data1.xml", data)
        .part("ppt/diagrams/layout1.xml", format!("<dgm:layoutDef {DGM} uniqueId=\"u\"><dgm:layoutNode name=\"n\"><dgm:alg type=\"lin\"/></dgm:layoutNode></dgm:layoutDef>"))
        .part("ppt/diagrams/style1.xml", format!("<dgm:styleDef {DGM} uniqueId=\"u\"/>"))
        .part("ppt/diagrams/colors1.xml", format!("<dgm:colorsDef {DGM} uniqueId=\"u\"/>"))
        .part("ppt/diagrams/drawing1.xml", drawing)
        .rel(slide, "rId2", "diagramData", "../diagrams/data1.xml")
        .rel(slide, "rId3", "diagramLayout", "../diagrams/layout1.xml")
        .rel(slide, "rId4", "diagramQuickStyle", "../diagrams/style1.xml")
        .rel(slide, "rId5", "diagramColors", "../diagrams/colors1.xml")
        .rel(slide, "rId6", "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing", "../diagrams/drawing1.xml")
}

#[test]
fn a_diagram_stays_with_its_words_its_layout_and_its_drawing() {
    let (rebuilt, report) = clean(&diagram("", "").build(), "a.pptx");
    let text = everything(&rebuilt);
    assert_eq!(text.matches("<a:t>受付</a:t>").count(), 2, "in the data and in the drawing: {text}");
    for part in
        ["<dgm:relIds ", "<dgm:alg type=\"lin\"/>", "<dgm:styleDef ", "<dgm:colorsDef ", "<dsp:dataModelExt "]
    {
        assert!(text.contains(part), "{part} not in {text}");
    }
    // Only the description that a box may have is not copied.
    let told: Vec<_> = report.items.iter().map(|i| (i.threat.id(), i.severity)).collect();
    assert_eq!(told, [("O07", Severity::Note)], "{:?}", report.items);
}

#[test]
fn o05_o16_what_acts_inside_a_diagram_goes() {
    let click = "<a:hlinkClick r:id=\"rId1\" action=\"ppaction://program\"/>";
    let package = diagram(click, "<dgm:evil>x</dgm:evil>")
        .rel("ppt/diagrams/data1.xml", "rId1", "hyperlink", "https://evil.invalid/")
        .rel("ppt/diagrams/drawing1.xml", "rId1", "hyperlink", "https://evil.invalid/")
        .rel("ppt/diagrams/data1.xml", "rId2", "image", "https://evil.invalid/a.png");
    let gone = ["evil", "ppaction", "hlinkClick"];
    for (id, severity) in
        [("O05", Severity::External), ("O16", Severity::Active), ("O07", Severity::Simplified)]
    {
        let text = assert_removed(&package, id, severity, &gone);
        assert!(text.contains("<a:t>受付</a:t>"), "{text}");
    }
}

/// What is lost may lead to a part that something else keeps.
#[test]
fn a_part_that_a_lost_relationship_names_as_well_is_kept() {
    let package = docx("<w:p><w:r><w:t>本文</w:t></w:r></w:p>").rel("", "rId2", "image", "word/document.xml");
    let (rebuilt, _) = clean(&package.build(), "a.docx");
    assert!(everything(&rebuilt).contains("本文"));
}

#[test]
fn branches_behind_a_fallback_are_none() {
    let (one, two) =
        ("<w:r><w:t>一</w:t></w:r>", "<w:r><w:rPr><w14:ligatures w14:val=\"all\"/></w:rPr></w:r>");
    let package = docx(&format!(
        "<w:p><mc:AlternateContent><mc:Fallback>{two}</mc:Fallback><mc:Choice Requires=\"wps\">{one}</mc:Choice><mc:Fallback>{one}</mc:Fallback></mc:AlternateContent></w:p>"
    ));
    let (rebuilt, report) = clean(&package.build(), "a.docx");
    let text = everything(&rebuilt);
    assert!(text.contains("ligatures") && !text.contains('一'), "{text}");
    assert!(report.items.iter().any(|i| i.threat.id() == "O07"), "{:?}", report.items);
}

/// The branch around goes, the one inside stays, and with it the declaration of both its prefixes.
#[test]
fn branches_inside_a_fallback_keep_what_they_declare() {
    let inner = "<mc:AlternateContent><mc:Choice Requires=\"wps\"><w:r><w:t>新</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>旧</w:t></w:r></mc:Fallback></mc:AlternateContent>";
    let package = docx(&format!(
        "<w:p><mc:AlternateContent><mc:Choice Requires=\"none\"><w:r/></mc:Choice><mc:Fallback>{inner}</mc:Fallback></mc:AlternateContent></w:p>"
    ));
    let (rebuilt, _) = clean(&package.build(), "a.docx");
    let text = everything(&rebuilt);
    assert!(text.contains(inner) && text.contains("xmlns:mc=") && text.contains("xmlns:wps="), "{text}");
}

/// In a formula of mathematics a field may stand, but not what the field holds.
#[test]
fn a_flattened_field_leaves_only_what_may_stand_in_its_place() {
    let math = "xmlns:m=\"http://schemas.openxmlformats.org/officeDocument/2006/math\"";
    let package = docx(&format!(
        "<w:p><m:oMath {math}><m:acc><m:e><w:fldSimple w:instr=\"DDEAUTO x\"><w:r><w:t>1</w:t></w:r></w:fldSimple></m:e></m:acc></m:oMath></w:p>"
    ));
    clean(&package.build(), "a.docx");
}

/// An element that needs a child is not satisfied by what another child has.
#[test]
fn a_condition_without_a_rule_goes_also_out_of_a_branch() {
    let x14 = "xmlns:x14=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\" xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"";
    let inside = "<x14:extLst><ext uri=\"{1}\"><x14:ignoredErrors/></ext></x14:extLst>";
    let package = xlsx(&format!(
        "<sheetData/><extLst><ext uri=\"{{2}}\" {x14}><x14:conditionalFormattings><x14:conditionalFormatting><mc:AlternateContent><mc:Fallback>{inside}</mc:Fallback></mc:AlternateContent></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"
    ));
    let (rebuilt, _) = clean(&package.build(), "a.xlsx");
    assert!(!everything(&rebuilt).contains("conditionalFormatting"));
}

#[test]
fn a_relationship_goes_with_the_only_element_that_uses_it() {
    let frame = "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"2\" name=\"\"><a:hlinkClick r:id=\"rId2\" action=\"ppaction://hlinksldjump\"/></p:cNvPr></p:nvGraphicFramePr></p:graphicFrame>";
    let package = pptx(frame, "").rel("ppt/slides/slide1.xml", "rId2", "slide", "slide1.xml");
    let (rebuilt, _) = clean(&package.build(), "a.pptx");
    assert!(!everything(&rebuilt).contains("rId2"));
}

/// A sheet without a relationship is none, also where a relationship has no id; nor is one in a branch that is lost.
#[test]
fn names_of_one_sheet_follow_the_sheets_that_stay() {
    let names = "<definedNames><definedName name=\"a\" localSheetId=\"1\">表!A1</definedName></definedNames>";
    let package = xlsx_with(names, "<sheetData/>");
    let book = String::from_utf8(package.parts[0].1.clone()).expect("text");
    let branch = "<mc:AlternateContent xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"><mc:Choice Requires=\"none\"><sheets><sheet name=\"隠\" sheetId=\"3\" r:id=\"rId1\"/></sheets></mc:Choice></mc:AlternateContent>";
    let book = book.replace("<sheets>", &format!("{branch}<sheets><sheet name=\"無\" sheetId=\"2\"/>"));
    let mut package = package.part("xl/workbook.xml", book).rel(
        "xl/workbook.xml",
        "",
        "worksheet",
        "worksheets/sheet1.xml",
    );
    // The main part stands first.
    package.parts.rotate_right(1);
    let (rebuilt, _) = clean(&package.build(), "a.xlsx");
    assert!(everything(&rebuilt).contains("localSheetId=\"0\""));
}
