//! What must not be in a rebuilt Word, Excel or PowerPoint file (threats O01-O32, X10), looked for by name.
//!
//! The engine works from a list of what may stay; this checker works from the threat table, so that a mistake in
//! one list shows in the other.

use std::collections::HashSet;

use crate::{
    CheckError, Finding, Format, Permits, metafile,
    xml::{self, Attribute, Token, local},
    zip,
};

/// Elements that run, fetch or embed something, by local name.
const ELEMENTS: &[(&str, &str)] = &[
    ("altChunk", "O22"),
    ("subDoc", "O22"),
    ("frameset", "O22"),
    ("sourceFileName", "O22"),
    ("webVideoPr", "O22"),
    ("attachedTemplate", "O21"),
    ("mailMerge", "O21"),
    ("dataSource", "O21"),
    ("connectString", "O21"),
    ("docVars", "O21"),
    ("saveThroughXslt", "O21"),
    ("attachedSchema", "O21"),
    ("activeWritingStyle", "O21"),
    ("control", "O14"),
    ("controls", "O14"),
    ("ocx", "O14"),
    ("formControlPr", "O14"),
    ("FmlaMacro", "O14"),
    ("ScriptText", "O14"),
    ("objectEmbed", "O15"),
    ("objectLink", "O15"),
    ("oleLink", "O23"),
    ("ddeLink", "O23"),
    ("ddeItem", "O23"),
    ("externalReference", "O23"),
    ("externalBook", "O23"),
    ("connection", "O23"),
    ("queryTable", "O23"),
    ("webPublishItem", "O23"),
    ("volType", "O23"),
    ("mapInfo", "O23"),
    ("cmd", "O16"),
    ("snd", "O16"),
    ("hlinkMouseOver", "O16"),
    ("webextension", "O17"),
    ("taskpane", "O17"),
    ("audioFile", "O25"),
    ("videoFile", "O25"),
    ("quickTimeFile", "O25"),
    ("wavAudioFile", "O25"),
    ("media", "O28"),
    ("externalData", "O27"),
    ("contentPart", "O26"),
    ("signatureline", "O09"),
    ("embedRegular", "O29"),
    ("embeddedFont", "O29"),
    ("entryMacro", "O20"),
    ("exitMacro", "O20"),
    ("fldData", "O20"),
    ("keymap", "O13"),
    ("customUI", "O13"),
    ("dialogsheet", "O12"),
    ("macrosheet", "O11"),
];

/// Embedded objects, and the only programs that may be asked to open one; their documents are checked like this one.
const OBJECTS: &[&str] = &["OLEObject", "oleObject", "oleObj"];
const PROGRAMS: &[&str] =
    &["Word.Document.12", "Excel.Sheet.12", "PowerPoint.Show.12", "PowerPoint.Slide.12"];
/// Documents inside documents.
const MAX_DEPTH: usize = 6;

/// Attributes that carry an address or code, by local name.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("macro", "O14"),
    ("onAction", "O13"),
    ("onLoad", "O13"),
    ("link", "O25"),
    ("href", "O26"),
    ("althref", "O26"),
    ("src", "O26"),
    ("pict", "O26"),
    ("relid", "O26"),
    ("gfxdata", "O26"),
    ("embeddedHtml", "O22"),
    ("vbProcedure", "O11"),
    ("xlm", "O11"),
    ("codeName", "O10"),
];

/// Last segment of every relationship type that a rebuilt file may have.
const RELATIONSHIPS: &[&str] = &[
    "officeDocument",
    "styles",
    "numbering",
    "settings",
    "fontTable",
    "comments",
    "footnotes",
    "endnotes",
    "theme",
    "themeOverride",
    "header",
    "footer",
    "image",
    "chart",
    "chartUserShapes",
    "diagramData",
    "diagramLayout",
    "diagramQuickStyle",
    "diagramColors",
    "diagramDrawing",
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
    "package",
    "extended-properties",
];

const FIELDS: &[&str] = &[
    "PAGE",
    "NUMPAGES",
    "SECTIONPAGES",
    "SECTION",
    "REF",
    "PAGEREF",
    "NOTEREF",
    "SEQ",
    "STYLEREF",
    "TOC",
    "TC",
    "XE",
    "INDEX",
    "EQ",
    "SYMBOL",
    "IF",
    "LISTNUM",
    "AUTONUM",
    "AUTONUMLGL",
    "AUTONUMOUT",
    "ADVANCE",
    "QUOTE",
    "DISPLAYBARCODE",
    "HYPERLINK",
];

const CALLS: &[&str] = &[
    "WEBSERVICE",
    "FILTERXML",
    "RTD",
    "CALL",
    "REGISTER",
    "REGISTER.ID",
    "EXEC",
    "SQL.REQUEST",
    "IMAGE",
    "STOCKHISTORY",
    "RUN",
    "FOPEN",
    "ON.TIME",
    "EVALUATE",
    "PY",
    "DDE",
];

pub(crate) fn check(bytes: &[u8], _format: Format, permits: Permits) -> Result<Vec<Finding>, CheckError> {
    package(bytes, permits, 0)
}

fn package(bytes: &[u8], permits: Permits, depth: usize) -> Result<Vec<Finding>, CheckError> {
    let files = zip::read(bytes)?;
    let mut findings = Vec::new();
    let mut names = HashSet::new();
    for file in &files {
        let mut find = |threat, what: &str| {
            findings.push(Finding { threat, location: file.name.clone(), what: what.to_owned() });
        };
        if !names.insert(file.name.to_ascii_lowercase()) {
            find("O01", "name occurs twice");
        }
        let plain = file.name.chars().all(|c| c.is_ascii_alphanumeric() || "/_.[]-".contains(c))
            && !file.name.contains("..");
        if !plain {
            find("O01", "odd part name");
        }
        let extension = file.name.rsplit('.').next().unwrap_or("");
        match extension {
            "rels" => relationships(&file.name, &file.data, &files, permits, &mut findings)?,
            "xml" if file.name == "[Content_Types].xml" => {
                content_types(&file.name, &file.data, &mut findings)?
            }
            "xml" | "vml" => part(&file.name, &file.data, &mut findings)?,
            "png" | "jpg" | "gif" | "bmp" | "tif" | "webp" => {
                picture(&file.name, extension, &file.data, &mut findings)
            }
            "emf" => match metafile::check(&file.data) {
                Ok(found) => findings.extend(
                    found
                        .into_iter()
                        .map(|f| Finding { location: format!("{} › {}", file.name, f.location), ..f }),
                ),
                Err(CheckError::Unreadable { location, what }) => {
                    return Err(CheckError::Unreadable {
                        location: format!("{} › {location}", file.name),
                        what,
                    });
                }
                Err(other) => return Err(other),
            },
            "docx" | "xlsx" | "pptx" if file.name.contains("/embeddings/") && depth < MAX_DEPTH => {
                for inner in package(&file.data, permits, depth + 1)? {
                    let location = format!("{} › {}", file.name, inner.location);
                    findings.push(Finding { location, ..inner });
                }
            }
            _ => find("O05", "part of a kind that is never written"),
        }
    }
    Ok(findings)
}

fn content_types(name: &str, data: &[u8], findings: &mut Vec<Finding>) -> Result<(), CheckError> {
    xml::walk(name, data, |token| {
        if let Token::Open { attributes, .. } = token {
            for (key, value) in attributes.iter().filter(|(key, _)| *key == "ContentType") {
                let lower = value.to_lowercase();
                let bad = [
                    "macroenabled",
                    "vba",
                    "activex",
                    "oleobject",
                    "customui",
                    "macrosheet",
                    "addin",
                    "html",
                    "rtf",
                    "rfc822",
                    ".package",
                ];
                if bad.iter().any(|b| lower.contains(b)) {
                    findings.push(Finding {
                        threat: "O04",
                        location: name.to_owned(),
                        what: format!("{key} {value}"),
                    });
                }
            }
        }
    })
}

fn relationships(
    name: &str,
    data: &[u8],
    files: &[zip::File],
    permits: Permits,
    findings: &mut Vec<Finding>,
) -> Result<(), CheckError> {
    let folder = name.split("_rels/").next().unwrap_or("");
    xml::walk(name, data, |token| {
        let Token::Open { name: element, attributes, .. } = token else { return };
        if local(element) != "Relationship" {
            return;
        }
        let value = |key: &str| attributes.iter().find(|(k, _)| *k == key).map_or("", |(_, v)| &**v);
        let mut find =
            |threat, what: String| findings.push(Finding { threat, location: name.to_owned(), what });
        let last = value("Type").rsplit('/').next().unwrap_or("").to_owned();
        if !RELATIONSHIPS.contains(&last.as_str()) {
            find("O05", format!("relationship {last}"));
        }
        let target = value("Target");
        if value("TargetMode").is_empty() {
            let path = join(folder, target);
            if !files.iter().any(|f| Some(&f.name) == path.as_ref()) {
                find("O05", format!("dangling target {target}"));
            }
        } else {
            let lower = target.to_lowercase();
            if !permits.web_links
                || last != "hyperlink"
                || !(lower.starts_with("http://") || lower.starts_with("https://"))
            {
                find("X10", format!("external target {target}"));
            }
        }
    })
}

fn join(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|s| !s.is_empty()).collect();
    for segment in target.split('/') {
        if segment == ".." {
            parts.pop()?;
        } else {
            parts.push(segment);
        }
    }
    Some(parts.join("/"))
}

fn part(name: &str, data: &[u8], findings: &mut Vec<Finding>) -> Result<(), CheckError> {
    let mut open: Vec<&str> = Vec::new();
    let (mut text, mut instructions) = (String::new(), Vec::<String>::new());
    xml::walk(name, data, |token| {
        let mut find =
            |threat, what: String| findings.push(Finding { threat, location: name.to_owned(), what });
        match token {
            Token::Open { name: element, attributes, empty } => {
                let element = local(element);
                if OBJECTS.contains(&element) {
                    object(element, attributes, &mut find);
                }
                if let Some((_, threat)) = ELEMENTS.iter().find(|(e, _)| *e == element) {
                    find(threat, format!("element {element}"));
                }
                for (key, value) in attributes {
                    if key.starts_with("xmlns") {
                        continue;
                    }
                    // Excel names the picture of a shape so; where it leads is judged with the relationships.
                    if local(key) == "relid" && element == "imagedata" {
                        continue;
                    }
                    if let Some((_, threat)) = ATTRIBUTES.iter().find(|(a, _)| *a == local(key)) {
                        find(threat, format!("attribute {element}@{key}"));
                    }
                    if local(key) == "dirty" && element.starts_with("fld") {
                        find("O20", "field that updates itself".to_owned());
                    }
                    if local(key) == "action" && !value.starts_with("ppaction://hlinks") {
                        find("O16", format!("action {value}"));
                    }
                    if local(key) == "tableType" && *value != "worksheet" {
                        find("O23", format!("table of {value}"));
                    }
                    if local(key) == "instr" {
                        field(value, &mut find);
                    }
                }
                if element == "fldChar" {
                    match attributes.iter().find(|(k, _)| local(k) == "fldCharType").map(|(_, v)| &**v) {
                        Some("begin") => instructions.push(String::new()),
                        _ => {
                            if let Some(instruction) = instructions.pop().filter(|i| !i.is_empty()) {
                                field(&instruction, &mut find);
                            }
                            if attributes.iter().any(|(k, v)| local(k) == "fldCharType" && v == "separate") {
                                instructions.push(String::new());
                            }
                        }
                    }
                }
                if !empty {
                    open.push(element);
                }
                text.clear();
            }
            Token::Text(piece) => text.push_str(&piece),
            Token::Close => {
                match open.pop().unwrap_or_default() {
                    "f"
                    | "formula"
                    | "formula1"
                    | "formula2"
                    | "definedName"
                    | "calculatedColumnFormula"
                    | "totalsRowFormula" => {
                        formula(&text, &mut find);
                    }
                    "instrText" | "delInstrText" => match instructions.last_mut() {
                        Some(instruction) => instruction.push_str(&text),
                        None => find("O20", "instruction outside a field".to_owned()),
                    },
                    _ => {}
                }
                text.clear();
            }
        }
    })
}

/// An embedded object names a program on the list and a part of this package, and is not a link.
fn object(element: &str, attributes: &[Attribute<'_>], find: &mut impl FnMut(&'static str, String)) {
    let value = |wanted: &str| {
        attributes.iter().find(|(k, _)| local(k).eq_ignore_ascii_case(wanted)).map_or("", |(_, v)| &**v)
    };
    if !value("progId").is_empty() && !PROGRAMS.contains(&value("progId")) {
        find("O15", format!("object of {}", value("progId")));
    }
    if value("Type").eq_ignore_ascii_case("link") || value("id").is_empty() {
        find("O15", format!("linked {element}"));
    }
}

fn field(instruction: &str, find: &mut impl FnMut(&'static str, String)) {
    let upper = instruction.trim().to_uppercase();
    let word = upper.split(|c: char| c.is_whitespace() || c == '\\' || c == '"').next().unwrap_or("");
    if !word.starts_with('=') && !FIELDS.contains(&word) {
        find("O20", format!("field {word}"));
    }
    if word == "HYPERLINK" && !upper["HYPERLINK".len()..].trim_start().starts_with("\\L") {
        find("X10", "field link that leaves the document".to_owned());
    }
}

/// Text in quotes does not count; outside it neither a pipe nor a bracketed book nor a calling function may stand.
fn formula(text: &str, find: &mut impl FnMut(&'static str, String)) {
    let mut outside = String::new();
    for (i, piece) in text.split('"').enumerate() {
        outside.push_str(if i % 2 == 0 { piece } else { "\"\"" });
    }
    if outside.contains('|') {
        find("O24", "DDE syntax".to_owned());
    }
    if names_another_file(&outside) {
        find("O24", "reference into another file".to_owned());
    }
    let upper = outside.to_uppercase();
    for (at, _) in upper.match_indices('(') {
        let start = upper[..at]
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .map_or(0, |i| i + upper[i..].chars().next().map_or(1, char::len_utf8));
        let name = upper[start..at].trim_start_matches("_XLFN.").trim_start_matches("_XLWS.");
        if CALLS.contains(&name)
            || name.starts_with("CUBE")
            || name.contains("_XLL")
            || name.contains("_XLUDF")
        {
            find("O24", format!("function {name}"));
        }
    }
}

/// What stands in single quotes is the name of a sheet, which cannot hold brackets, bars or slashes: such a name leads
/// through a path or a book to another file. Brackets name a book unless they follow the name of a table or begin like
/// `[@Column]`.
fn names_another_file(formula: &str) -> bool {
    let (mut depth, mut quoted) = (0_u32, false);
    let mut chars = formula.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let named = before.is_alphanumeric() || matches!(before, '_' | '.');
        match c {
            // In the name of a column it guards the next character.
            '\'' if depth > 0 => drop(chars.next()),
            '\'' => quoted = !quoted,
            '[' | ']' | '\\' | '|' if quoted => return true,
            '/' if quoted && chars.peek() == Some(&'/') => return true,
            '\\' if depth == 0 => return true,
            '[' if depth == 0 && !named && !matches!(chars.peek(), Some('@' | '#' | '[')) => return true,
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = c;
    }
    false
}

fn picture(name: &str, extension: &str, data: &[u8], findings: &mut Vec<Finding>) {
    let magic: &[u8] = match extension {
        "png" => b"\x89PNG\r\n\x1a\n",
        "jpg" => b"\xff\xd8\xff",
        "gif" => b"GIF8",
        "bmp" => b"BM",
        "webp" => b"RIFF",
        _ => &data[..data.len().min(2)],
    };
    if !data.starts_with(magic) || data.is_empty() {
        findings.push(Finding {
            threat: "O28",
            location: name.to_owned(),
            what: "picture of another kind".to_owned(),
        });
    }
}
