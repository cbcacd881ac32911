//! One generated sample per OOXML threat id; each goes red when its rule is removed.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use common::{Package, assert_removed, clean, docx, everything, pptx, run, word_part, xlsx, xlsx_with};
use sekisho_disarm::{Outcome, Refusal, Severity};

const P: &str = "<w:p><w:r><w:t>本文</w:t></w:r></w:p>";

fn refusal(bytes: &[u8]) -> Refusal {
    match run(bytes, "試験") {
        Outcome::Blocked { reason, .. } => reason,
        other => panic!("not blocked: {other:?}"),
    }
}

fn field(instruction: &str) -> String {
    let pieces: String = instruction
        .chars()
        .collect::<Vec<_>>()
        .chunks(3)
        .map(|c| {
            format!(
                "<w:r><w:instrText xml:space=\"preserve\">{}</w:instrText></w:r>",
                c.iter().collect::<String>()
            )
        })
        .collect();
    format!(
        "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>{pieces}<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>結果</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>"
    )
}

#[test]
fn o01_two_parts_whose_names_differ_in_case() {
    let package = docx(P).part("Word/Document.xml", "<x/>");
    assert!(matches!(refusal(&package.build()), Refusal::Ambiguous { .. }));
    let package = docx(P).part("word/%64ocument.xml", "<x/>");
    assert!(matches!(refusal(&package.build()), Refusal::Ambiguous { .. }));
}

/// Some programs write the folders of a package with `\\`; office programs open them.
#[test]
fn folders_written_with_backslashes_are_folders_and_o01_two_names_that_become_one_are_refused() {
    let mut package = docx(P);
    for part in &mut package.parts {
        part.0 = part.0.replace('/', "\\");
    }
    let (rebuilt, _) = clean(&package.build_without_rules(), "a.docx");
    assert!(everything(&rebuilt).contains("本文"));
    let twice = docx(P).part("word\\document.xml", word_part("document", "<w:body/>"));
    assert!(matches!(refusal(&twice.build_without_rules()), Refusal::Ambiguous { .. }));
}

#[test]
fn o01_local_and_central_names_differ() {
    let mut bytes = docx(P).build();
    let at = bytes.windows(17).position(|w| w == b"word/document.xml").expect("local name");
    bytes[at] = b'W';
    assert!(matches!(refusal(&bytes), Refusal::Ambiguous { .. }));
}

#[test]
fn o02_method_that_office_does_not_use() {
    let mut bytes = docx(P).build();
    let method = |bytes: &mut [u8], magic: &[u8], offset: usize| {
        let at = bytes.windows(4).position(|w| w == magic).expect("header");
        bytes[at + offset] = 12;
    };
    method(&mut bytes, b"PK\x03\x04", 8);
    method(&mut bytes, b"PK\x01\x02", 10);
    assert!(
        matches!(refusal(&bytes), Refusal::NotHandled { .. } | Refusal::Malformed { .. }),
        "{:?}",
        refusal(&bytes)
    );
}

#[test]
fn o04_macro_enabled_becomes_plain() {
    let package = docx(P).main_type("application/vnd.ms-word.document.macroEnabled.main+xml");
    let (rebuilt, report) = clean(&package.build(), "申請.docm");
    assert_eq!(report.output_extension.as_deref(), Some("docx"));
    assert!(!everything(&rebuilt).contains("macroEnabled"));
}

#[test]
fn o04_templates_stay_templates_and_add_ins_are_refused() {
    let template =
        docx(P).main_type("application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml");
    assert_eq!(clean(&template.build(), "a.dotx").1.output_extension.as_deref(), Some("dotx"));
    let add_in = xlsx("<sheetData/>").main_type("application/vnd.ms-excel.addin.macroEnabled.main+xml");
    assert!(matches!(refusal(&add_in.build()), Refusal::Unsupported(_)));
}

#[test]
fn o05_unknown_and_external_relationships() {
    let package = docx(P)
        .rel("word/document.xml", "rId9", "http://example.invalid/rel/surprise", "https://example.invalid/x")
        .rel("word/document.xml", "rId8", "image", "https://example.invalid/pixel.png");
    assert_removed(&package, "O05", Severity::External, &["example.invalid"]);
}

#[test]
fn o05_a_relationship_cannot_leave_the_package_or_be_used_twice() {
    let package = docx(P).rel("word/document.xml", "rId1", "styles", "../../../etc/passwd");
    clean(&package.build(), "a.docx");
    let twice = docx(P).rel("word/document.xml", "rId1", "styles", "a.xml").rel(
        "word/document.xml",
        "rId1",
        "theme",
        "b.xml",
    );
    assert!(matches!(refusal(&twice.build()), Refusal::Ambiguous { .. }));
}

#[test]
fn o06_document_type_declarations_are_refused_in_any_encoding() {
    let evil = "<?xml version=\"1.0\"?><!DOCTYPE w [<!ENTITY a \"b\">]><w:document/>";
    let package =
        docx(P).part("word/styles.xml", evil).rel("word/document.xml", "rId3", "styles", "styles.xml");
    assert!(matches!(refusal(&package.build()), Refusal::Ambiguous { .. }));
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(evil.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let package =
        docx(P).part("word/styles.xml", utf16).rel("word/document.xml", "rId3", "styles", "styles.xml");
    assert!(matches!(refusal(&package.build()), Refusal::Ambiguous { .. }));
}

#[test]
fn o07_every_branch_of_an_alternative_is_cleaned() {
    let body = format!(
        "<mc:AlternateContent><mc:Choice Requires=\"wps\">{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>{P}",
        field("DDEAUTO cmd x"),
        field("dde excel y")
    );
    assert_removed(&docx(&body), "O20", Severity::Active, &["DDE", "cmd", "excel"]);
}

#[test]
fn o07_elements_nobody_knows_are_left_out_and_told() {
    let unknown = format!("<x:maybe xmlns:x=\"urn:later\" x:run=\"evil\"/>{P}");
    assert_removed(&docx(&unknown), "O07", Severity::Note, &["maybe", "evil"]);
}

#[test]
fn o08_metadata_thumbnail_and_custom_xml() {
    let package = docx(P)
        .part("docProps/core.xml", "<a>山田太郎</a>")
        .rel(
            "",
            "rId2",
            "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
            "docProps/core.xml",
        )
        .part("customXml/item1.xml", "<a>隠し値</a>")
        .rel("word/document.xml", "rId5", "customXml", "../customXml/item1.xml");
    assert_removed(&package, "O08", Severity::Note, &["山田太郎", "隠し値", "docProps", "customXml"]);
}

#[test]
fn o09_signatures_are_told() {
    let package = docx(P).part("_xmlsignatures/origin.sigs", "").rel(
        "",
        "rId7",
        "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin",
        "_xmlsignatures/origin.sigs",
    );
    assert_removed(&package, "O09", Severity::Simplified, &["_xmlsignatures"]);
}

#[test]
fn o10_macros_go_whatever_their_part_is_called() {
    let package = docx(P).part("word/media/picture.jpg", "VBA PROJECT BYTES").rel(
        "word/document.xml",
        "rId4",
        "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
        "media/picture.jpg",
    );
    assert_removed(&package, "O10", Severity::Active, &["VBA PROJECT BYTES"]);
    let orphan = xlsx("<sheetData/>").part("xl/vbaProject.bin", "VBA PROJECT BYTES");
    assert_removed(&orphan, "O10", Severity::Active, &["VBA PROJECT BYTES"]);
}

#[test]
fn o11_macro_sheets_and_their_names() {
    let names = "<definedNames><definedName name=\"_xlnm.Auto_Open\" hidden=\"1\">macro!$A$1</definedName><definedName name=\"呼出\" xlm=\"1\" function=\"1\">macro!$A$2</definedName><definedName name=\"範囲\" localSheetId=\"1\">二!$A$1</definedName></definedNames>";
    let mut package =
        xlsx_with(names, "<sheetData><row r=\"1\"><c r=\"A1\"><f>呼出(1)</f><v>5</v></c></row></sheetData>");
    let book = String::from_utf8(package.parts[0].1.clone()).expect("utf-8");
    let book = book.replace("<sheets>", "<sheets><sheet name=\"macro\" sheetId=\"2\" r:id=\"rId2\"/>");
    package.parts[0].1 = book.into_bytes();
    let package = package
        .part("xl/macrosheets/sheet1.xml", "<xm:macrosheet xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\">EXEC</xm:macrosheet>")
        .rel("xl/workbook.xml", "rId2", "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet", "macrosheets/sheet1.xml");
    let text = assert_removed(&package, "O11", Severity::Active, &["EXEC", "Auto_Open", "呼出", "macro"]);
    assert!(text.contains("localSheetId=\"0\""), "sheet numbers follow the dropped sheet: {text}");
    assert!(text.contains("<v>5</v>"), "the stored value stays");
}

#[test]
fn o12_dialog_sheets() {
    let package = xlsx("<sheetData/>").part("xl/dialogsheets/sheet1.xml", "<dialogsheet/>").rel(
        "xl/workbook.xml",
        "rId2",
        "dialogsheet",
        "dialogsheets/sheet1.xml",
    );
    assert_removed(&package, "O12", Severity::Active, &["dialogsheet"]);
}

#[test]
fn o13_ribbon() {
    let package = docx(P).part("customUI/customUI.xml", "<customUI onLoad=\"x\"/>").rel(
        "",
        "rId6",
        "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility",
        "customUI/customUI.xml",
    );
    assert_removed(&package, "O13", Severity::Active, &["customUI", "onLoad"]);
}

#[test]
fn o14_controls() {
    let body = "<w:p><w:r><w:object><v:shape id=\"a\" style=\"width:1pt\"/><w:control r:id=\"rId5\" w:name=\"Button\" w:shapeid=\"a\"/></w:object></w:r></w:p>";
    let package = docx(body)
        .part("word/activeX/activeX1.xml", "<ax:ocx xmlns:ax=\"x\" classid=\"evil\"/>")
        .rel("word/document.xml", "rId5", "control", "activeX/activeX1.xml");
    let text =
        assert_removed(&package, "O14", Severity::Active, &["activeX", "evil", "w:control", "w:object"]);
    assert!(text.contains("<w:pict><v:shape"), "the picture stays: {text}");
}

#[test]
fn o14_legacy_form_fields_are_drawn_with_their_state() {
    let check = |state: &str| {
        format!(
            "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData><w:name w:val=\"c\"/><w:entryMacro w:val=\"Evil\"/><w:checkBox><w:default w:val=\"{state}\"/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>"
        )
    };
    let list = "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData><w:ddList><w:result w:val=\"1\"/><w:listEntry w:val=\"甲\"/><w:listEntry w:val=\"乙\"/></w:ddList></w:ffData></w:fldChar></w:r><w:r><w:instrText>FORMDROPDOWN</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>";
    let end = "<w:r><w:fldChar w:fldCharType=\"end\"/>";
    let empty = list
        .replace("乙", "丙")
        .replace(end, &format!("<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>{end}"));
    let shown = list.replace(
        end,
        &format!("<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>丁</w:t></w:r>{end}"),
    );
    let text = assert_removed(
        &docx(&(check("1") + &check("0") + list + &empty + &shown)),
        "O14",
        Severity::Simplified,
        &["Evil", "ffData", "FORMCHECKBOX", "FORMDROPDOWN"],
    );
    assert!(
        text.contains("<w:t>☑</w:t>") && text.contains("<w:t>☐</w:t>") && text.contains("<w:t>乙</w:t>"),
        "{text}"
    );
    assert!(text.contains("<w:t>丙</w:t>"), "a separator with nothing behind it: {text}");
    assert_eq!(
        (text.matches("<w:t>乙</w:t>").count(), text.matches("<w:t>丁</w:t>").count()),
        (1, 1),
        "{text}"
    );
}

#[test]
fn o15_embedded_objects_leave_their_picture() {
    let body = "<w:p><w:r><w:object w:dxaOrig=\"1\"><v:shape id=\"s\" style=\"width:1pt;height:1pt\"/><o:OLEObject Type=\"Link\" ProgID=\"Package\" ShapeID=\"s\" UpdateMode=\"Always\" r:id=\"rId5\"/></w:object></w:r></w:p>";
    let package = docx(body).part("word/embeddings/oleObject1.bin", "MZ EVIL").rel(
        "word/document.xml",
        "rId5",
        "oleObject",
        "embeddings/oleObject1.bin",
    );
    assert_removed(&package, "O15", Severity::Active, &["OLEObject", "EVIL"]);
    let linked = docx(body).rel("word/document.xml", "rId5", "oleObject", "\\\\host\\share\\x.rtf");
    assert_removed(&linked, "O15", Severity::External, &["OLEObject", "host"]);
}

#[test]
fn o15_slide_objects_become_their_preview() {
    let frame = "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"4\" name=\"o\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/presentationml/2006/ole\"><p:oleObj name=\"x\" r:id=\"rId2\" progId=\"Package\"><p:embed/><p:pic><p:nvPicPr><p:cNvPr id=\"5\" name=\"preview\"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:stretch/></p:blipFill><p:spPr/></p:pic></p:oleObj></a:graphicData></a:graphic></p:graphicFrame>";
    let package = pptx(frame, "").part("ppt/embeddings/oleObject1.bin", "MZ EVIL").rel(
        "ppt/slides/slide1.xml",
        "rId2",
        "oleObject",
        "../embeddings/oleObject1.bin",
    );
    let text = assert_removed(&package, "O15", Severity::Active, &["oleObj", "EVIL", "graphicFrame"]);
    assert!(text.contains("name=\"preview\""));
}

#[test]
fn o16_click_actions_and_commands() {
    let shape = |action: &str| {
        format!(
            "<p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"a\"><a:hlinkClick r:id=\"rId5\" action=\"{action}\"/><a:hlinkHover r:id=\"rId5\" action=\"{action}\"/></p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/></p:sp>"
        )
    };
    for action in ["ppaction://program", "ppaction://macro?name=Evil", "ppaction://ole?verb=0"] {
        let package =
            pptx(&shape(action), "").rel("ppt/slides/slide1.xml", "rId5", "hyperlink", "file:///c:/evil.exe");
        assert_removed(&package, "O16", Severity::Active, &["ppaction", "evil"]);
    }
    let jump = pptx(&shape("ppaction://hlinkshowjump?jump=nextslide").replace("rId5", ""), "");
    assert!(
        everything(&clean(&jump.build(), "a.pptx").0).contains("jump=nextslide"),
        "jumps inside the show stay"
    );
    let timing = "<p:timing><p:tnLst><p:par><p:cTn id=\"1\"><p:childTnLst><p:cmd type=\"verb\" cmd=\"0\"><p:cBhvr><p:cTn id=\"2\"/><p:tgtEl><p:spTgt spid=\"2\"/></p:tgtEl></p:cBhvr></p:cmd></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>";
    assert_removed(&pptx("", timing), "O16", Severity::Active, &["p:cmd"]);
}

#[test]
fn o17_web_extensions() {
    let package = docx(P).part("word/webextensions/taskpanes.xml", "<wetp:taskpanes xmlns:wetp=\"x\"/>").rel(
        "",
        "rId8",
        "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes",
        "word/webextensions/taskpanes.xml",
    );
    assert_removed(&package, "O17", Severity::Active, &["taskpane"]);
}

#[test]
fn o20_fields_that_act_are_flattened_to_their_result() {
    for instruction in ["DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe x", " ddE cmd y ", "MACROBUTTON Evil z"]
    {
        let text = assert_removed(
            &docx(&field(instruction)),
            "O20",
            Severity::Active,
            &["instrText", "fldChar", "cmd", "Evil"],
        );
        assert!(text.contains("結果"));
    }
    for instruction in [
        "INCLUDETEXT http://example.invalid/x",
        "INCLUDEPICTURE \"\\\\\\\\h\\\\s\"",
        "IMPORT x",
        "LINK Excel.Sheet x",
    ] {
        assert_removed(
            &docx(&field(instruction)),
            "O20",
            Severity::External,
            &["instrText", "example.invalid"],
        );
    }
    let simple = "<w:p><w:fldSimple w:instr=\"DDE a b\"><w:r><w:t>結果</w:t></w:r></w:fldSimple></w:p>";
    assert!(assert_removed(&docx(simple), "O20", Severity::Active, &["fldSimple"]).contains("結果"));
}

#[test]
fn o20_fields_that_only_number_pages_stay() {
    let (rebuilt, report) = clean(&docx(&field("PAGE \\* MERGEFORMAT")).build(), "a.docx");
    assert!(everything(&rebuilt).contains("fldCharType=\"begin\""));
    assert!(report.items.is_empty(), "{:?}", report.items);
}

#[test]
fn o20_an_instruction_cut_by_branches_revisions_or_nesting_is_flattened() {
    let begin = "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>";
    let end = "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>値</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>";
    let instr = |t: &str| format!("<w:r><w:instrText>{t}</w:instrText></w:r>");
    let branches = format!(
        "<w:p>{begin}<mc:AlternateContent><mc:Choice Requires=\"wps\">{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>{end}</w:p>",
        instr("PAGE"),
        instr(" DDE a b")
    );
    let revisions = format!(
        "<w:p>{begin}<w:ins w:id=\"1\" w:author=\"a\">{}</w:ins>{}{end}</w:p>",
        instr("PAGE "),
        instr("DDE a b")
    );
    let nested = format!("<w:p>{begin}{}{begin}{}{end}{end}</w:p>", instr("IF "), instr("QUOTE 68 68 69"));
    for body in [branches, revisions, nested] {
        assert_removed(&docx(&body), "O20", Severity::Simplified, &["instrText", "DDE", "QUOTE"]);
    }
    let orphan = format!("<w:p>{}</w:p>", instr("DDE a b"));
    assert!(!everything(&clean(&docx(&orphan).build(), "a.docx").0).contains("DDE"));
}

#[test]
fn o20_text_boxes_headers_and_notes_are_searched_too() {
    let header = word_part("hdr", &field("DDE a b"));
    let package = docx("<w:p/><w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId2\"/></w:sectPr>")
        .part("word/header7.xml", header)
        .rel("word/document.xml", "rId2", "header", "header7.xml");
    assert_removed(&package, "O20", Severity::Active, &["DDE"]);
    let boxed = format!(
        "<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>",
        field("DDE a b")
    );
    assert_removed(&docx(&boxed), "O20", Severity::Active, &["DDE"]);
}

#[test]
fn o21_settings_that_reach_out() {
    let settings = word_part(
        "settings",
        "<w:attachedTemplate r:id=\"rId1\"/><w:mailMerge><w:connectString w:val=\"Provider=x\"/><w:dataSource r:id=\"rId2\"/></w:mailMerge><w:docVars><w:docVar w:name=\"a\" w:val=\"payload\"/></w:docVars><w:zoom w:percent=\"100\"/>",
    );
    let package = docx(P)
        .part("word/settings.xml", settings)
        .rel("word/document.xml", "rId3", "settings", "settings.xml")
        .rel("word/settings.xml", "rId1", "attachedTemplate", "https://example.invalid/t.dotm")
        .rel("word/settings.xml", "rId2", "mailMergeSource", "https://example.invalid/db");
    let text = assert_removed(
        &package,
        "O21",
        Severity::External,
        &["example.invalid", "Provider", "payload", "attachedTemplate"],
    );
    assert!(text.contains("w:zoom"));
}

#[test]
fn o22_included_documents_and_online_video() {
    let package = docx(&format!("<w:altChunk r:id=\"rId5\"/><w:subDoc r:id=\"rId6\"/>{P}"))
        .part("word/chunk.html", "<script>evil()</script>")
        .rel("word/document.xml", "rId5", "aFChunk", "chunk.html")
        .rel("word/document.xml", "rId6", "subDocument", "https://example.invalid/sub.docx");
    assert_removed(&package, "O22", Severity::External, &["altChunk", "evil", "subDoc", "example.invalid"]);
}

#[test]
fn o23_external_books_connections_and_dde_links() {
    let sheet = "<sheetData><row r=\"1\"><c r=\"A1\"><f>[1]表!A1</f><v>7</v></c></row></sheetData>";
    let package = xlsx_with(
        "<externalReferences><externalReference r:id=\"rId5\"/></externalReferences>",
        sheet,
    )
    .part(
        "xl/externalLinks/externalLink1.xml",
        "<externalLink><ddeLink ddeService=\"cmd\" ddeTopic=\"/c calc\"/></externalLink>",
    )
    .rel("xl/workbook.xml", "rId5", "externalLink", "externalLinks/externalLink1.xml")
    .part(
        "xl/connections.xml",
        "<connections><connection><dbPr connection=\"Provider\" command=\"x\"/></connection></connections>",
    )
    .rel("xl/workbook.xml", "rId6", "connections", "connections.xml");
    let text = assert_removed(
        &package,
        "O23",
        Severity::External,
        &["ddeLink", "calc", "Provider", "externalReference", "[1]"],
    );
    assert!(text.contains("<v>7</v>"));
}

#[test]
fn o24_formulas_that_reach_out_leave_their_value() {
    for (formula, severity) in [
        ("cmd|'/c calc'!A0", Severity::Active),
        ("WEBSERVICE(\"http://example.invalid\")", Severity::Active),
        ("_xlfn.IMAGE(\"http://example.invalid\")", Severity::Active),
        ("[b.xlsx]表!A1", Severity::External),
        ("'\\\\host\\share\\[b.xlsx]表'!A1", Severity::External),
    ] {
        let sheet = format!(
            "<sheetData><row r=\"1\"><c r=\"B2\"><f>{formula}</f><v>3</v></c><c r=\"B3\"><f>SUM(A1:A2)</f><v>4</v></c></row></sheetData>"
        );
        let text = assert_removed(&xlsx(&sheet), "O24", severity, &["calc", "example.invalid", "b.xlsx"]);
        assert!(text.contains("<v>3</v>") && text.contains("<f>SUM(A1:A2)</f>"));
    }
}

#[test]
fn o24_shared_formulas_follow_their_master() {
    let sheet = "<sheetData><row r=\"1\"><c r=\"A1\"><f t=\"shared\" ref=\"A1:A2\" si=\"0\">CALL(B1)</f><v>1</v></c><c r=\"A2\"><f t=\"shared\" si=\"0\"/><v>2</v></c><c r=\"A3\"><f t=\"shared\" ref=\"A3:A4\" si=\"1\">B1+1</f><v>1</v></c><c r=\"A4\"><f t=\"shared\" si=\"1\"/><v>2</v></c></row></sheetData>";
    let text = assert_removed(&xlsx(sheet), "O24", Severity::Active, &["si=\"0\"", "CALL"]);
    assert_eq!(text.matches("si=\"1\"").count(), 2);
}

#[test]
fn o24_validation_formats_and_names_are_judged_too() {
    let sheet = "<sheetData/><conditionalFormatting sqref=\"A1\"><cfRule type=\"expression\" priority=\"1\"><formula>WEBSERVICE(A1)</formula></cfRule></conditionalFormatting><dataValidations count=\"2\"><dataValidation type=\"list\" sqref=\"A1\"><formula1>cmd|x!y</formula1></dataValidation><dataValidation type=\"list\" sqref=\"A2\"><formula1>\"甲,乙\"</formula1></dataValidation></dataValidations>";
    let names = "<definedNames><definedName name=\"外\">[2]表!$A$1</definedName><definedName name=\"_xlnm.Print_Area\" localSheetId=\"0\">表!$A$1:$B$2</definedName></definedNames>";
    let text = assert_removed(
        &xlsx_with(names, sheet),
        "O24",
        Severity::Active,
        &["WEBSERVICE", "cmd", "[2]", "conditionalFormatting"],
    );
    assert!(text.contains("甲,乙") && text.contains("_xlnm.Print_Area"));
}

#[test]
fn o25_linked_media() {
    let pic = "<p:pic><p:nvPicPr><p:cNvPr id=\"2\" name=\"v\"/><p:cNvPicPr/><p:nvPr><a:videoFile r:link=\"rId5\"/></p:nvPr></p:nvPicPr><p:blipFill><a:blip r:link=\"rId6\"/><a:stretch/></p:blipFill><p:spPr/></p:pic>";
    let package = pptx(pic, "")
        .rel("ppt/slides/slide1.xml", "rId5", "video", "https://example.invalid/v.mp4")
        .rel("ppt/slides/slide1.xml", "rId6", "image", "https://example.invalid/i.png");
    assert_removed(&package, "O25", Severity::External, &["example.invalid", "videoFile", "r:link"]);
}

#[test]
fn o26_vml_addresses_and_handlers() {
    let body = "<w:p><w:r><w:pict><v:shape id=\"a\" style=\"width:10pt\" href=\"https://example.invalid/\" onmouseover=\"evil()\"><v:imagedata src=\"https://example.invalid/i.png\" o:href=\"https://example.invalid/h\"/><v:fill src=\"https://example.invalid/f\" color=\"red\"/></v:shape></w:pict></w:r></w:p>";
    let (rebuilt, _) = clean(&docx(body).build(), "a.docx");
    let text = everything(&rebuilt);
    assert!(!text.contains("example.invalid") && !text.contains("evil"), "{text}");
    assert!(text.contains("color=\"red\""));
}

#[test]
fn o26_ink_and_models_are_told() {
    let body = "<w:p><w:r><mc:AlternateContent><mc:Choice Requires=\"w14\"><w14:contentPart r:id=\"rId5\"/></mc:Choice><mc:Fallback><w:t>代わり</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>";
    let ink =
        "<inkml:ink xmlns:inkml=\"http://www.w3.org/2003/InkML\"><inkml:trace>1 2</inkml:trace></inkml:ink>";
    let relation = "http://schemas.microsoft.com/office/2017/06/relationships/model3d";
    let drawn =
        docx(body).part("word/ink/ink1.xml", ink).rel("word/document.xml", "rId5", "ink", "ink/ink1.xml");
    let model =
        docx("").part("word/media/m.glb", "glTF").rel("word/document.xml", "rId6", relation, "media/m.glb");
    for (package, gone) in [(drawn, "ink"), (model, "glTF")] {
        assert_removed(&package, "O26", Severity::Simplified, &[gone, "contentPart"]);
    }
}

#[test]
fn o27_charts_keep_their_cache_and_lose_their_book() {
    let frame = "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"4\" name=\"c\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" r:id=\"rId2\"/></a:graphicData></a:graphic></p:graphicFrame>";
    let chart = "<c:chartSpace xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><c:chart><c:plotArea><c:barChart><c:ser><c:idx val=\"0\"/><c:val><c:numRef><c:f>[1]Sheet1!$A$1</c:f><c:numCache><c:ptCount val=\"1\"/><c:pt idx=\"0\"><c:v>42</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart><c:externalData r:id=\"rId1\"><c:autoUpdate val=\"1\"/></c:externalData></c:chartSpace>";
    let package = pptx(frame, "")
        .part("ppt/charts/chart9.xml", chart)
        .rel("ppt/slides/slide1.xml", "rId2", "chart", "../charts/chart9.xml")
        .part("ppt/embeddings/book.xlsx", "PK book")
        .rel("ppt/charts/chart9.xml", "rId1", "package", "../embeddings/book.xlsx");
    let text = assert_removed(&package, "O15", Severity::Active, &["externalData", "PK book", "[1]"]);
    assert!(text.contains("<c:v>42</c:v>"));
    // The workbook that Office puts behind every chart is no threat; one with a macro is.
    let behind = |book: Package| {
        let package = package.clone().part("ppt/charts/chart9.xml", chart.replace("[1]", ""));
        let (rebuilt, report) =
            clean(&package.part("ppt/embeddings/book.xlsx", book.build()).build(), "a.pptx");
        assert!(!everything(&rebuilt).contains("externalData"));
        report.items.iter().map(|i| (i.threat.id().to_owned(), i.severity)).collect::<Vec<_>>()
    };
    assert_eq!(behind(xlsx("<sheetData/>")), [("O27".to_owned(), Severity::Simplified)]);
    let macros = xlsx("<sheetData/>").part("xl/vbaProject.bin", "x");
    assert_eq!(behind(macros), [("O15".to_owned(), Severity::Active)]);
}

#[test]
fn o28_a_metafile_becomes_a_grey_picture_and_is_told() {
    let pic = "<p:pic><p:nvPicPr><p:cNvPr id=\"2\" name=\"図\"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed=\"rId6\"/><a:stretch/></p:blipFill><p:spPr/></p:pic>";
    let wmf: Vec<u8> = [0xD7, 0xCD, 0xC6, 0x9A].into_iter().chain(*b"SETABORTPROC").collect();
    let package = pptx(pic, "").part("ppt/media/image1.png", wmf).rel(
        "ppt/slides/slide1.xml",
        "rId6",
        "image",
        "../media/image1.png",
    );
    let text = assert_removed(&package, "O28", Severity::Simplified, &["SETABORTPROC"]);
    assert!(text.contains("image1.png"));
}

#[test]
fn o29_o30_fonts_and_printer_settings() {
    let fonts = word_part(
        "fonts",
        "<w:font w:name=\"外字\"><w:embedRegular r:id=\"rId1\" w:fontKey=\"{0}\"/></w:font>",
    );
    let package = docx(P)
        .part("word/fontTable.xml", fonts)
        .rel("word/document.xml", "rId2", "fontTable", "fontTable.xml")
        .part("word/fonts/font1.odttf", "FONT BYTES")
        .rel("word/fontTable.xml", "rId1", "font", "fonts/font1.odttf");
    assert_removed(&package, "O29", Severity::Simplified, &["FONT BYTES", "embedRegular"]);
    let package = xlsx("<sheetData/><pageSetup paperSize=\"9\" r:id=\"rId1\"/>")
        .part("xl/printerSettings/p.bin", "DEVMODE")
        .rel("xl/worksheets/sheet1.xml", "rId1", "printerSettings", "../printerSettings/p.bin");
    let text = assert_removed(&package, "O30", Severity::Note, &["DEVMODE", "printerSettings"]);
    assert!(text.contains("<pageSetup paperSize=\"9\"/>"));
}

#[test]
fn o32_hidden_things_stay_and_are_told() {
    let hidden = docx(
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>見えない指示</w:t></w:r></w:p><w:p><w:ins w:id=\"1\" w:author=\"a\"><w:r><w:t>追記</w:t></w:r></w:ins></w:p>",
    );
    let text = assert_removed(&hidden, "O32", Severity::Hidden, &[]);
    assert!(text.contains("見えない指示"));
    let mut sheet = xlsx("<sheetData><row r=\"1\" hidden=\"1\"/></sheetData>");
    sheet.parts[0].1 = String::from_utf8(sheet.parts[0].1.clone())
        .expect("utf-8")
        .replace("sheetId", "state=\"veryHidden\" sheetId")
        .into_bytes();
    assert_removed(&sheet, "O32", Severity::Hidden, &[]);
}

#[test]
fn x10_links_lose_their_target_and_keep_their_words() {
    let body = "<w:p><w:hyperlink r:id=\"rId2\"><w:r><w:t>市の案内</w:t></w:r></w:hyperlink></w:p>";
    for (target, severity) in [
        ("https://example.invalid/", Severity::Simplified),
        ("file://example.invalid/x.exe", Severity::External),
        ("search-ms://example.invalid/", Severity::External),
    ] {
        let package = docx(body).rel("word/document.xml", "rId2", "hyperlink", target);
        let text = assert_removed(&package, "X10", severity, &["example.invalid"]);
        assert!(text.contains("市の案内"));
    }
}

#[test]
fn strict_files_are_written_as_ordinary_ones() {
    let strict = String::from_utf8(docx(P).parts[0].1.clone()).expect("utf-8").replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    );
    let package: Package = docx(P).part("word/document.xml", strict);
    let (rebuilt, report) = clean(&package.build(), "a.docx");
    assert!(everything(&rebuilt).contains("本文") && !everything(&rebuilt).contains("purl.oclc.org"));
    assert_eq!(report.items, []);
}

#[test]
fn tables_on_slides_stay() {
    let frame = "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"4\" name=\"t\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/table\"><a:tbl><a:tblPr/><a:tblGrid><a:gridCol w=\"9\"/></a:tblGrid><a:tr h=\"9\"><a:tc><a:txBody><a:bodyPr/><a:p><a:r><a:t>予算</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>";
    let (rebuilt, report) = clean(&pptx(frame, "").build(), "a.pptx");
    assert!(
        everything(&rebuilt).contains("2006/table\"><a:tbl>") && report.items.is_empty(),
        "{:?}",
        report.items
    );
}

#[test]
fn a_cell_whose_paragraph_sits_in_a_mark_gets_no_second_one() {
    let body = "<w:tbl><w:tblPr/><w:tblGrid/><w:tr><w:tc><w:customXml w:element=\"x\"><w:p><w:r><w:t>欄</w:t></w:r></w:p></w:customXml></w:tc><w:tc><w:altChunk r:id=\"rId9\"/></w:tc></w:tr></w:tbl><w:p/>";
    let (rebuilt, _) = clean(&docx(body).build(), "a.docx");
    let text = everything(&rebuilt);
    assert!(text.contains("<w:tc><w:p><w:r><w:t>欄</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc>"), "{text}");
}

#[test]
fn excel_stays_the_calculator_and_nothing_else_of_the_properties_does() {
    let package = xlsx("<sheetData/>")
        .part("docProps/app.xml", "<Properties><Application>Microsoft Excel</Application><Company>さくら坂市</Company></Properties>")
        .rel("", "rId4", "extended-properties", "docProps/app.xml");
    let text = assert_removed(&package, "O08", Severity::Note, &["さくら坂市"]);
    assert!(text.contains("<Application>Microsoft Excel</Application>"));
}

#[test]
fn lists_of_values_stay_where_they_are_not_one_word() {
    let list = "<w:sdt><w:sdtPr><w:dropDownList w:lastValue=\"2\"><w:listItem w:displayText=\"市民課\" w:value=\"1\"/></w:dropDownList></w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt>";
    let line = "<w:p><w:r><w:pict><v:line xmlns:v=\"urn:schemas-microsoft-com:vml\"><v:stroke dashstyle=\"3 1\"/></v:line></w:pict></w:r></w:p>";
    let (rebuilt, report) = clean(&docx(&format!("{list}{line}")).build(), "a.docx");
    let text = everything(&rebuilt);
    for kept in ["w:lastValue=\"2\"", "w:displayText=\"市民課\" w:value=\"1\"", "dashstyle=\"3 1\""] {
        assert!(text.contains(kept), "{kept} not in {text}");
    }
    assert_eq!(report.items, []);
}

#[test]
fn what_is_left_out_without_a_loss_is_not_called_a_loss() {
    let package =
        xlsx("<sheetData/>").rel("xl/worksheets/sheet1.xml", "rId1", "drawing", "../drawings/drawing1.xml");
    assert_eq!(clean(&package.build(), "a.xlsx").1.items, []);
    let comments =
        pptx("", "").part("ppt/comments/modernComment_1.xml", "<p188:cmLst xmlns:p188=\"x\"/>").rel(
            "ppt/slides/slide1.xml",
            "rId2",
            "http://schemas.microsoft.com/office/2018/10/relationships/comments",
            "../comments/modernComment_1.xml",
        );
    let items = clean(&comments.build(), "a.pptx").1.items;
    assert!(
        items.iter().any(|i| i.what.contains("新しい形式のコメント") && i.severity == Severity::Simplified),
        "{items:?}"
    );
}
