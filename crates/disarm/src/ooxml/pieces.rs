//! Packages: parts grown from the allow-list itself, with what stands between its rows.

use std::io::{Cursor, Write};

use ::zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};
use proptest::prelude::*;

use super::{
    parts::{self, Part},
    schema::{self, Class, Type},
};
use crate::pieces::{Choices, cases, holds, rules};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cc`\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82";

/// What may stand inside an element besides its rows: pieces of fields, objects and branches that only mean something
/// together, and what no list knows.
const PIECES: &[(&str, &[&str])] = &[
    ("w:body", &["<w:altChunk r:id=\"rId1\"/>", "<w:p/>", "<w:tbl/>", "<w:sectPr/>"]),
    (
        "w:p",
        &[
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>",
            "<w:r><w:fldChar w:fldCharType=\"begin\"/><w:instrText>DDE</w:instrText></w:r>",
            "<w:r><w:fldChar w:fldCharType=\"begin\" w:dirty=\"1\"><w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r>",
            "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>",
            "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>",
            "<w:r><w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>",
            "<w:r><w:instrText>HYPER</w:instrText></w:r>",
            "<w:r><w:instrText>LINK \\l \"a\"</w:instrText></w:r>",
            "<w:r><w:instrText>AUTO cmd</w:instrText></w:r>",
            "<w:r><w:delInstrText>IF 1=1 a</w:instrText></w:r>",
            "<w:r><w:delInstrText> FORMCHECKBOX </w:delInstrText></w:r>",
            "<w:r><w:t xml:space=\"preserve\"> 語 </w:t></w:r>",
            "<w:fldSimple w:instr=\"PAGE\"><w:r><w:t>1</w:t></w:r></w:fldSimple>",
            "<w:fldSimple w:instr=\"DDEAUTO x\"><w:r><w:t>1</w:t></w:r></w:fldSimple>",
            "<w:smartTag><w:r><w:t>a</w:t></w:r></w:smartTag>",
            "<w:sdt><w:sdtPr><w:dataBinding w:xpath=\"/a[1]/b[1]\" w:storeItemID=\"{1}\"/><w:text/></w:sdtPr><w:sdtContent><w:r><w:t>1</w:t></w:r></w:sdtContent></w:sdt>",
            "<w:r><w:object><v:shape id=\"_x0000_s1\" style=\"width:9pt\"><v:imagedata r:id=\"rId1\"/></v:shape><o:OLEObject Type=\"Link\" ProgID=\"Word.Document.12\" ShapeID=\"_x0000_s1\" r:id=\"rId2\"/></w:object></w:r>",
            "<w:r><w:pict><v:rect id=\"a\"><v:textbox><w:txbxContent><w:tbl/></w:txbxContent></v:textbox></v:rect></w:pict></w:r>",
            "<w:r><w:drawing><wp:inline><wp:extent cx=\"1\" cy=\"1\"/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:blipFill><a:blip r:embed=\"rId1\"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>",
        ],
    ),
    ("x:sheetData", &["<x:row r=\"1\" hidden=\"1\"><x:c r=\"A1\"><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row>"]),
    (
        "x:row",
        &[
            "<x:c r=\"A1\"><x:f t=\"shared\" si=\"0\" ref=\"A1:A2\">A2</x:f><x:v>1</x:v></x:c>",
            "<x:c r=\"A2\"><x:f t=\"shared\" si=\"0\"/><x:v>1</x:v></x:c>",
            "<x:c r=\"A2\"><x:f si=\"0\" t=\"shared\">WEBSERVICE(1)</x:f></x:c>",
            "<x:c r=\"A3\" t=\"str\"><x:f>cmd|'/c'!A0</x:f><x:v>x</x:v></x:c>",
            "<x:c r=\"A4\" t=\"inlineStr\"><x:is><x:t> a </x:t></x:is></x:c>",
        ],
    ),
    (
        "x:worksheet",
        &[
            "<x:sheetData/>",
            "<x:drawing r:id=\"rId1\"/>",
            "<x:legacyDrawing r:id=\"rId2\"/>",
            "<x:controls><x:control shapeId=\"1\" r:id=\"rId3\"/></x:controls>",
            "<x:oleObjects><x:oleObject progId=\"Word.Document.12\" shapeId=\"1\" r:id=\"rId4\"/></x:oleObjects>",
        ],
    ),
    (
        "x:workbook",
        &[
            "<x:sheets><x:sheet name=\"表\" sheetId=\"1\" r:id=\"rId1\"/></x:sheets>",
            "<x:sheets><x:sheet name=\"裏\" sheetId=\"2\" state=\"hidden\" r:id=\"rId2\"/><x:sheet name=\"表\" sheetId=\"1\" r:id=\"rId1\"/></x:sheets>",
            "<x:definedNames><x:definedName name=\"a\" localSheetId=\"1\">表!A1</x:definedName><x:definedName name=\"b\">[1]x!A1</x:definedName><x:definedName name=\"c\">b+1</x:definedName></x:definedNames>",
        ],
    ),
    (
        "p:spTree",
        &[
            "<p:graphicFrame><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/presentationml/2006/ole\"><p:oleObj spid=\"_x0000_s1\" progId=\"Word.Document.12\" r:id=\"rId1\"><p:embed/><p:pic><p:blipFill><a:blip r:embed=\"rId2\"/></p:blipFill></p:pic></p:oleObj></a:graphicData></a:graphic></p:graphicFrame>",
            "<p:graphicFrame><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart r:id=\"rId1\"/></a:graphicData></a:graphic></p:graphicFrame>",
            "<p:pic><p:blipFill><a:blip r:embed=\"rId1\" r:link=\"rId2\"/></p:blipFill></p:pic>",
        ],
    ),
    (
        "xml",
        &[
            "<v:shape id=\"_x0000_s1\"><v:imagedata o:relid=\"rId1\" o:title=\"\"/><xvml:ClientData ObjectType=\"Note\"><xvml:Row>1</xvml:Row></xvml:ClientData></v:shape>",
            "<v:shape id=\"_x0000_s1\" o:spid=\"_x0000_s1\"><xvml:ClientData ObjectType=\"Checkbox\"><xvml:Anchor>1, 0, 1, 0, 2, 0, 2, 0</xvml:Anchor><xvml:Checked>1</xvml:Checked><xvml:FmlaMacro>m</xvml:FmlaMacro></xvml:ClientData><v:textbox><div>a<br></div></v:textbox></v:shape>",
        ],
    ),
];

const ANYWHERE: &[&str] = &[
    "<w:t>a</w:t>",
    "<a:ext uri=\"{1}\"/>",
    "<zz:x xmlns:zz=\"urn:zz\">a<a:t>b</a:t></zz:x>",
    "<!-- a -->",
    "<?a b?>",
    "<![CDATA[<a&]]>",
    "&#x20;&#13;&#10;&amp;",
    "]]&gt;",
    " ",
    "字",
];

fn values(class: Class) -> &'static [&'static str] {
    match class {
        Class::Nothing => &["", " ", "a"],
        Class::Token => &[
            "1",
            "0",
            "true",
            "off",
            "auto",
            "rId1",
            "FF0000",
            "50%",
            "-1.5%",
            "nan%",
            "a b",
            "http://x",
            " 7 ",
            "",
            "preserve",
            "shared",
            "A1",
            "Embed",
            "Link",
            "hidden",
            "Word.Document.12",
            "Excel.SheetMacroEnabled.12",
            "begin",
            "separate",
            "end",
            "_x0000_s1",
            "queryTable",
            "worksheet",
            "&#65;",
            "{1}",
            "Pict",
            "Button",
            "\n1",
        ],
        Class::Tokens => &["1 2", "rId1 rId2", "A1:B2 C3", "a//b", "&quot;a&quot;\t", "&#10;1", "", "w14 zz"],
        Class::Text => &[
            "題",
            "a&amp;b",
            "&#10;",
            " x ",
            "&lt;b&gt;",
            "=1",
            "http://x",
            "&quot;",
            "&#13;",
            "&#x1F600;",
            "",
            "\t",
            "'",
            "&#1;",
            "&#xFFFE;",
            "javascript:a",
            "表",
        ],
        Class::Path => &["m0,0 l1,1 e", "M 0 0 L 1 1", "*/ 1 2 3", "//a", "&#9;", "r@0", ""],
        Class::Style => {
            &["width:9pt", "position:absolute;z-index:1", "behavior:url(x)", "mso-x:'あ'", "&#10;", ""]
        }
        Class::Cells => &["A1", "$A$1:B2", "A1 B2", " A1 ", "A&#65;1", "#REF!", ""],
        Class::Formula => &[
            "SUM(A1)",
            "A1",
            "1",
            "WEBSERVICE(A1)",
            "[1]x!A1",
            "表!A1",
            "裏!$A$1:$B$2",
            "b",
            "a+1",
            "#REF!",
            "",
            "&quot;|&quot;",
            "cmd|x!A1",
            " A1 ",
            "&apos;[x.xls]表&apos;!A1",
            "表[列]",
            "表[[#All],[a&apos;]]]",
            "_xlfn.IFS(1,2)",
            "#表!A1",
            "=1",
            "IF(1,&quot;&#10;&quot;)",
            "A1\n",
        ],
        Class::Field => &[
            "PAGE",
            " REF a \\h",
            "DDEAUTO x",
            "HYPERLINK \\l &quot;a&quot;",
            "HYPERLINK &quot;http://x&quot;",
            "=1",
            "",
            "IF",
        ],
        Class::Action => &[
            "ppaction://hlinksldjump",
            "ppaction://hlinkshowjump?jump=nextslide",
            "ppaction://macro?name=a",
            "ppaction://media",
            "",
            "ppaction://hlinkfile",
        ],
        Class::Graphic => &[
            "http://schemas.openxmlformats.org/drawingml/2006/chart",
            "http://schemas.openxmlformats.org/drawingml/2006/picture",
            "http://purl.oclc.org/ooxml/drawingml/table",
            "http://schemas.openxmlformats.org/presentationml/2006/ole",
            " http://schemas.openxmlformats.org/drawingml/2006/chart",
            "urn:x",
        ],
        Class::Base64 => &["AAAA", "a=", "!", " AA "],
        Class::Rid(..) => &["rId1", "rId2", "rId3", "rId4", "rId5", "", "rId9", " rId1"],
    }
}

/// Writes an element of the list with some of what it may have, some of what it may not.
fn grow(out: &mut String, row: &'static Type, name: &str, depth: u32, choices: &mut Choices<'_>, root: &str) {
    out.push_str(&format!("<{name}{root}"));
    let mut seen = Vec::new();
    for _ in 0..choices.below(4).min(row.attributes.len()) {
        let (attribute, class) = choices.one(row.attributes);
        if !seen.contains(&attribute) {
            seen.push(attribute);
            let class = if choices.once_in(12) { Class::Text } else { class };
            out.push_str(&format!(" {attribute}=\"{}\"", choices.one(values(class))));
        }
    }
    for (attribute, class) in row.attributes.iter().filter(|(_, class)| matches!(class, Class::Rid(..))) {
        if !seen.contains(attribute) && !choices.once_in(4) {
            out.push_str(&format!(" {attribute}=\"{}\"", choices.one(values(*class))));
        }
    }
    if choices.once_in(40) {
        out.push_str(" mc:Ignorable=\"w14 a14 zz\" zz:a=\"1\" xml:space=\"preserve\"");
    }
    out.push('>');
    if row.text != Class::Nothing {
        out.push_str(choices.one(values(row.text)));
    }
    let pieces = PIECES.iter().find(|(name, _)| *name == row.name).map_or(&[][..], |(_, pieces)| *pieces);
    let most = if depth == 0 {
        0
    } else if depth > 6 {
        8
    } else {
        4
    };
    for _ in 0..choices.below(most + 1) {
        if choices.is_empty() {
            break;
        }
        if !pieces.is_empty() && choices.once_in(2) {
            out.push_str(choices.one(pieces));
        } else if choices.once_in(15) {
            out.push_str(choices.one(ANYWHERE));
        } else if choices.once_in(12) {
            out.push_str("<mc:AlternateContent>");
            for _ in 0..=choices.below(3) {
                let tag = choices.one(&[
                    "Choice Requires=\"w14\"",
                    "Choice Requires=\"wps a14\"",
                    "Choice Requires=\"zz\"",
                    "Choice Requires=\"x\"",
                    "Choice",
                    "Fallback",
                    "Fallback",
                    "Other",
                ]);
                out.push_str(&format!("<mc:{tag}>"));
                inside(out, row, depth, choices);
                out.push_str(&format!("</mc:{}>", tag.split(' ').next().unwrap_or("")));
            }
            out.push_str("</mc:AlternateContent>");
        } else {
            inside(out, row, depth, choices);
        }
    }
    out.push_str(&format!("</{name}>"));
}

fn inside(out: &mut String, row: &'static Type, depth: u32, choices: &mut Choices<'_>) {
    if !row.children.is_empty() {
        let (name, at) = choices.one(row.children);
        grow(out, &schema::TYPES[usize::from(at)], name, depth.saturating_sub(1), choices, "");
    }
}

const FOLDERS: &[&str] = &["", "word/", "xl/", "ppt/", "xl/worksheets/", "customXml/"];
const RELATIONS: &[&str] = &[
    "image",
    "package",
    "chart",
    "diagramData",
    "diagramLayout",
    "diagramQuickStyle",
    "diagramColors",
    parts::DIAGRAM_DRAWING,
    "header",
    "footer",
    "styles",
    "numbering",
    "settings",
    "fontTable",
    "comments",
    "footnotes",
    "endnotes",
    "theme",
    "themeOverride",
    "chartUserShapes",
    "worksheet",
    "chartsheet",
    "sharedStrings",
    "pivotCacheDefinition",
    "pivotCacheRecords",
    "drawing",
    "vmlDrawing",
    "table",
    "pivotTable",
    "slide",
    "slideMaster",
    "slideLayout",
    "notesSlide",
    "notesMaster",
    "handoutMaster",
    "presProps",
    "viewProps",
    "tableStyles",
    "commentAuthors",
    "hyperlink",
    "customXml",
    "customXmlProps",
    "oleObject",
    "control",
    "ctrlProp",
    "attachedTemplate",
    "officeDocument",
    "extended-properties",
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
    "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
];

/// A package of up to eight parts, each with up to five relationships.
fn package(numbers: &[u16]) -> (Vec<u8>, Vec<(String, String)>) {
    let mut choices = Choices::new(numbers);
    let mut head = String::from(" xmlns:zz=\"urn:zz\"");
    for (prefix, _) in schema::NAMESPACES.iter().filter(|(prefix, _)| *prefix != "xml") {
        if !head.contains(&format!("xmlns:{prefix}=")) {
            head.push_str(&format!(" xmlns:{prefix}=\"{}\"", schema::uri_of(prefix)));
        }
    }
    let main = choices.one(&["w:document", "x:workbook", "p:presentation"]);
    let family = match main.as_bytes()[0] {
        b'w' => "word/",
        b'x' => "xl/",
        _ => "ppt/",
    };
    // Roots by number: the parts of the same family, mostly.
    let fitting: Vec<&str> = schema::ROOTS
        .iter()
        .map(|(root, _)| *root)
        .filter(|root| {
            let prefix = root.split(':').next().unwrap_or("");
            prefix == main.split(':').next().unwrap_or("") || !["w", "x", "p"].contains(&prefix)
        })
        .collect();
    let mut roots = vec![main];
    if choices.once_in(2) {
        // Parts in an order in which the pieces above find theirs.
        roots.extend(match main {
            "w:document" => &["png", "docx", "w:comments", "item", "props", "w:settings"][..],
            "x:workbook" => &["x:worksheet", "xdr:wsDr", "xml", "png", "docx", "x:comments"],
            _ => &["p:sld", "docx", "png", "c:chartSpace", "p:sldLayout"],
        });
    }
    for _ in 0..choices.below(9) {
        roots.push(if choices.once_in(4) {
            choices.one(&["png", "emf", "docx", "bytes", "item", "props"])
        } else {
            choices.one(&fitting)
        });
    }
    let paths: Vec<String> = roots
        .iter()
        .enumerate()
        .map(|(i, root)| {
            let folder = if choices.once_in(6) { choices.one(FOLDERS) } else { family };
            let name = choices.one(&["a", "b", "Styles", "字", "a b", "%61", "C", "document", "a"]);
            format!(
                "{folder}{name}{i}.{}",
                match *root {
                    "png" | "emf" => root,
                    "docx" => "docx",
                    "bytes" => "bin",
                    "xml" => "vml",
                    _ => "xml",
                }
            )
        })
        .collect();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let rels = |source: Option<usize>, choices: &mut Choices<'_>| {
        let mut out = String::from(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
        );
        if source.is_none() {
            out.push_str(&format!(
                "<Relationship Id=\"rId1\" Type=\"{}\" Target=\"{}\"/>",
                parts::relation_uri("officeDocument"),
                paths[0]
            ));
        }
        let count = choices.below(if source.is_some() { 6 } else { 3 });
        for at in 0..count {
            // Half of them in turn to the parts behind the source.
            let target = match source {
                Some(source) if !choices.once_in(2) => (source + at + 1) % roots.len(),
                _ => choices.below(roots.len()),
            };
            // A relation that may lead there, if there is one.
            let of = |root: &str| part_of(root);
            let right = source.and_then(|source| {
                RELATIONS.iter().find(|relation| {
                    of(roots[source])
                        .and_then(|part| parts::edge(part, relation))
                        .is_some_and(|(to, _)| Some(to) == of(roots[target]))
                })
            });
            let relation = match right.or(data_of(roots[target])) {
                Some(right) if !choices.once_in(6) => right,
                _ => choices.one(RELATIONS),
            };
            let path = &paths[target];
            let (target, mode) = match choices.below(10) {
                1 => (
                    format!("./{}", "../".repeat(source.map_or(0, |s| paths[s].matches('/').count())) + path),
                    "",
                ),
                2 => (
                    choices
                        .one(&[
                            "http://x/a",
                            "mailto:a",
                            "\\\\a\\b",
                            "file:///c:/a.exe",
                            "",
                            "https://x/?a&amp;b",
                        ])
                        .to_owned(),
                    " TargetMode=\"External\"",
                ),
                3 => (choices.one(&["#a", "../../../a", "none.xml", "NULL"]).to_owned(), ""),
                4 => (format!("/{}#x", path.to_uppercase()), ""),
                _ => (format!("/{path}"), ""),
            };
            let base = if choices.once_in(8) {
                "http://purl.oclc.org/ooxml/officeDocument/relationships/"
            } else {
                "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
            };
            let relation =
                if relation.contains("://") { relation.to_owned() } else { format!("{base}{relation}") };
            let id = if choices.once_in(20) {
                choices.one(&["rIdControls", "", "x y", "rIdX&amp;", "rIdPreview1"]).to_owned()
            } else {
                format!("rId{}", at + 1 + usize::from(source.is_none()))
            };
            out.push_str(&format!(
                "<Relationship Id=\"{id}\" Type=\"{relation}\" Target=\"{target}\"{mode}/>"
            ));
        }
        out + "</Relationships>"
    };
    files.push(("_rels/.rels".into(), rels(None, &mut choices).into_bytes()));
    let mut types = String::from(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/>",
    );
    for (i, root) in roots.iter().enumerate() {
        let body = match *root {
            "png" => PNG.to_vec(),
            "emf" | "bytes" => choices.one(&[&b"PK\x03\x04"[..], b"", b"\xd7\xcd\xc6\x9a", b"GIF89a", b"\0"]).to_vec(),
            "docx" => zipped(&[
                ("[Content_Types].xml".into(), b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_vec()),
                ("_rels/.rels".into(), format!("<Relationships><Relationship Id=\"a\" Type=\"{}\" Target=\"word/d.xml\"/></Relationships>", parts::relation_uri("officeDocument")).into_bytes()),
                ("word/d.xml".into(), format!("<w:document{head}><w:body/></w:document>").into_bytes()),
            ]),
            "item" => b"<a><b>2</b></a>".to_vec(),
            "props" => b"<ds:datastoreItem xmlns:ds=\"http://schemas.openxmlformats.org/officeDocument/2006/customXml\" ds:itemID=\"{1}\"/>".to_vec(),
            root => {
                let mut out = String::new();
                grow(&mut out, schema::root(root).expect("a root"), root, 8, &mut choices, &head);
                // Another prefix for the same vocabulary, the Strict ones, another encoding.
                if choices.once_in(10) {
                    out = out
                        .replace("<w:", "<q:")
                        .replace("</w:", "</q:")
                        .replace("xmlns:w=", "xmlns:q=")
                        .replace(" w:", " q:");
                }
                if choices.once_in(10) {
                    for (prefix, uri) in schema::NAMESPACES.iter().filter(|(_, u)| u.contains("purl.oclc")) {
                        out = out.replace(&format!("\"{}\"", schema::uri_of(prefix)), &format!("\"{uri}\""));
                    }
                }
                if choices.once_in(12) {
                    "\u{feff}".encode_utf16().chain(out.encode_utf16()).flat_map(u16::to_le_bytes).collect()
                } else {
                    out.into_bytes()
                }
            }
        };
        files.push((paths[i].clone(), body));
        let (folder, file) =
            paths[i].rsplit_once('/').map_or(("", paths[i].as_str()), |(folder, file)| (folder, file));
        files.push((
            format!("{folder}{}_rels/{file}.rels", if folder.is_empty() { "" } else { "/" }),
            rels(Some(i), &mut choices).into_bytes(),
        ));
        if choices.once_in(30) {
            let backslashes = paths[i].contains('/') && choices.once_in(2);
            let again = if backslashes { paths[i].replace('/', "\\") } else { paths[i].to_uppercase() };
            files.push((again, Vec::new()));
        }
        if choices.once_in(3) {
            let kind = choices.one(&[
                "application/vnd.ms-word.document.macroEnabled.main+xml",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
                "x",
            ]);
            types.push_str(&format!("<Override PartName=\"/{}\" ContentType=\"{kind}\"/>", paths[i]));
        }
    }
    files.insert(0, ("[Content_Types].xml".into(), (types + "</Types>").into_bytes()));
    let shown = files
        .iter()
        .map(|(name, data)| (name.clone(), String::from_utf8_lossy(data).replace(&head, " …")))
        .collect();
    (zipped(&files), shown)
}

/// How data that is shown by content controls is reached.
fn data_of(root: &str) -> Option<&'static &'static str> {
    match root {
        "item" => Some(&"customXml"),
        "props" => Some(&"customXmlProps"),
        _ => None,
    }
}

/// The kind of part with such a root.
fn part_of(root: &str) -> Option<Part> {
    match root {
        "png" | "emf" => Some(Part::Image),
        "docx" => Some(Part::Embedded),
        root => Part::ALL.iter().copied().find(|part| part.root() == root),
    }
}

fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, data) in files {
        zip.start_file(name.as_str(), stored).expect("entry");
        zip.write_all(data).expect("data");
    }
    zip.finish().expect("zip").into_inner()
}

proptest! {
    #![proptest_config(cases(800))]
    #[test]
    fn what_leaves_is_agreed_to(numbers in proptest::collection::vec(any::<u16>(), 1..600), open in any::<bool>()) {
        let (bytes, shown) = package(&numbers);
        if let Err(error) = holds(&bytes, "a.docx", &rules(open)) {
            let text: String = shown.iter().map(|(name, text)| format!("--- {name}\n{text}\n")).collect();
            return Err(TestCaseError::fail(format!("{error}\n{text}")));
        }
    }
}
