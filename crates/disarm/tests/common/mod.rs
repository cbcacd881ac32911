//! Builds small office packages and judges what becomes of them.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::panic,
    reason = "shared by test binaries, each of which uses another part"
)]

pub mod biff;
pub mod emf;

use std::io::{Cursor, Read, Write};

use sekisho_disarm::{Limits, Outcome, Report, Ruleset, Secrets, Severity, disarm};
use sekisho_disarm_check::Format;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

pub const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:w14=\"http://schemas.microsoft.com/office/word/2010/wordml\" xmlns:wps=\"http://schemas.microsoft.com/office/word/2010/wordprocessingShape\"";
const X: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
const P: &str = "xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";

/// A package in the making: parts by path, relationships by source part.
#[derive(Clone, Default)]
pub struct Package {
    pub parts: Vec<(String, Vec<u8>)>,
    rels: Vec<(String, String)>,
    main_type: String,
}

impl Package {
    pub fn part(mut self, path: &str, data: impl AsRef<[u8]>) -> Self {
        self.parts.retain(|(p, _)| p != path);
        self.parts.push((path.to_owned(), data.as_ref().to_vec()));
        self
    }

    /// Adds a relationship from `source` (empty: the package).
    pub fn rel(mut self, source: &str, id: &str, relation: &str, target: &str) -> Self {
        let external = target.contains("://") || target.starts_with("\\\\") || target.starts_with("mailto:");
        let mode = if external { " TargetMode=\"External\"" } else { "" };
        let relation =
            if relation.contains("://") { relation.to_owned() } else { format!("{REL}/{relation}") };
        let line = format!("<Relationship Id=\"{id}\" Type=\"{relation}\" Target=\"{target}\"{mode}/>");
        match self.rels.iter_mut().find(|(s, _)| s == source) {
            Some((_, lines)) => lines.push_str(&line),
            None => self.rels.push((source.to_owned(), line)),
        }
        self
    }

    pub fn main_type(mut self, content_type: &str) -> Self {
        self.main_type = content_type.to_owned();
        self
    }

    pub fn build(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (path, data) in self.files() {
            zip.start_file(path, options).expect("entry");
            zip.write_all(&data).expect("data");
        }
        zip.finish().expect("zip").into_inner()
    }

    /// The package as the engine would write it had it no rules: the same parts in the writer's form of a ZIP.
    pub fn build_without_rules(&self) -> Vec<u8> {
        let (mut out, mut directory, files) = (Vec::new(), Vec::new(), self.files());
        for (path, data) in &files {
            let mut crc = flate2::Crc::new();
            crc.update(data);
            let size = u32::try_from(data.len()).expect("size").to_le_bytes();
            let offset = u32::try_from(out.len()).expect("offset");
            let mut head = vec![20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];
            head.extend(crc.sum().to_le_bytes());
            head.extend(size);
            head.extend(size);
            head.extend(u16::try_from(path.len()).expect("name").to_le_bytes());
            head.extend([0, 0]);
            out.extend([&b"PK\x03\x04"[..], head.as_slice(), path.as_bytes(), data].concat());
            directory.extend([&b"PK\x01\x02\x14\0"[..], head.as_slice(), &[0; 10]].concat());
            directory.extend(offset.to_le_bytes());
            directory.extend(path.bytes());
        }
        let count = u16::try_from(files.len()).expect("count").to_le_bytes();
        let start = u32::try_from(out.len()).expect("offset").to_le_bytes();
        let size = u32::try_from(directory.len()).expect("size").to_le_bytes();
        out.extend(directory);
        out.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &start, &[0, 0]].concat());
        out
    }

    /// Declarations of types, relationships, then the parts.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
        let main = &self.parts[0].0;
        let types = format!(
            "{DECLARATION}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/{main}\" ContentType=\"{}\"/></Types>",
            self.main_type
        );
        let mut files = vec![("[Content_Types].xml".to_owned(), types.into_bytes())];
        for (source, lines) in &self.rels {
            let (folder, file) = source.rsplit_once('/').unwrap_or(("", source));
            let path = if folder.is_empty() {
                format!("_rels/{file}.rels")
            } else {
                format!("{folder}/_rels/{file}.rels")
            };
            let xml = format!(
                "{DECLARATION}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{lines}</Relationships>"
            );
            files.push((path, xml.into_bytes()));
        }
        files.extend(self.parts.iter().cloned());
        files
    }
}

pub fn docx(body: &str) -> Package {
    Package::default()
        .part("word/document.xml", format!("<w:document {W}><w:body>{body}<w:sectPr/></w:body></w:document>"))
        .rel("", "rId1", "officeDocument", "word/document.xml")
        .main_type("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml")
}

pub fn word_part(root: &str, body: &str) -> String {
    format!("<w:{root} {W}>{body}</w:{root}>")
}

/// One sheet 「表」 with `sheet` as the content of its root.
pub fn xlsx(sheet: &str) -> Package {
    xlsx_with("", sheet)
}

/// As [`xlsx`], with more children of the workbook after `sheets`.
pub fn xlsx_with(book: &str, sheet: &str) -> Package {
    Package::default()
        .part("xl/workbook.xml", format!("<workbook {X}><sheets><sheet name=\"表\" sheetId=\"1\" r:id=\"rId1\"/></sheets>{book}</workbook>"))
        .part("xl/worksheets/sheet1.xml", format!("<worksheet {X}>{sheet}</worksheet>"))
        .rel("", "rId1", "officeDocument", "xl/workbook.xml")
        .rel("xl/workbook.xml", "rId1", "worksheet", "worksheets/sheet1.xml")
        .main_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml")
}

/// One slide with `shapes` in its shape tree and `rest` after `cSld`.
pub fn pptx(shapes: &str, rest: &str) -> Package {
    Package::default()
        .part("ppt/presentation.xml", format!("<p:presentation {P}><p:sldIdLst><p:sldId id=\"256\" r:id=\"rId1\"/></p:sldIdLst><p:notesSz cx=\"1\" cy=\"1\"/></p:presentation>"))
        .part("ppt/slides/slide1.xml", format!("<p:sld {P}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>{shapes}</p:spTree></p:cSld>{rest}</p:sld>"))
        .rel("", "rId1", "officeDocument", "ppt/presentation.xml")
        .rel("ppt/presentation.xml", "rId1", "slide", "slides/slide1.xml")
        .main_type("application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml")
}

pub fn run(bytes: &[u8], name: &str) -> Outcome {
    disarm(bytes, name, &Ruleset::default(), &Limits::default(), &Secrets::none())
}

/// The rebuilt file, checked: fixed point, second checker agrees.
pub fn clean(bytes: &[u8], name: &str) -> (Vec<u8>, Report) {
    let (rebuilt, report) = match run(bytes, name) {
        Outcome::Clean { rebuilt, report } => (rebuilt, report),
        other => panic!("not clean: {other:?}"),
    };
    let again = match run(&rebuilt, name) {
        Outcome::Clean { rebuilt, report } => {
            assert_eq!(report.threats(), 0, "second pass still finds {:?}", report.items);
            rebuilt
        }
        other => panic!("second pass: {other:?}"),
    };
    if again != rebuilt {
        let texts = if rebuilt.starts_with(b"PK") {
            (everything(&rebuilt), everything(&again))
        } else {
            Default::default()
        };
        panic!("disarm is not a fixed point\n{}\n=== second pass\n{}", texts.0, texts.1);
    }
    let extension = report.output_extension.clone().expect("extension");
    let format = Format::from_extension(&extension).expect("format");
    assert_eq!(sekisho_disarm_check::check(&rebuilt, format), Ok(Vec::new()));
    (rebuilt, report)
}

/// All parts of a rebuilt package, read by another ZIP reader, as one text.
pub fn everything(zip: &[u8]) -> String {
    let mut archive = ZipArchive::new(Cursor::new(zip)).expect("zip");
    let mut out = String::new();
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).expect("entry");
        let mut data = Vec::new();
        file.read_to_end(&mut data).expect("data");
        out.push_str(&format!(
            "\n--- {}\n{}",
            file.name().unwrap_or_default(),
            String::from_utf8_lossy(&data)
        ));
    }
    out
}

/// Asserts that `id` was reported with `severity` and that none of `gone` is left anywhere in the output.
pub fn assert_removed(package: &Package, id: &str, severity: Severity, gone: &[&str]) -> String {
    let bytes = package.build();
    let before = everything(&bytes).to_lowercase();
    let has = |needle: &&&str| before.contains(&needle.to_lowercase());
    assert!(
        gone.is_empty() || gone.iter().any(|n| has(&n)),
        "nothing of {gone:?} is in the sample: it proves nothing"
    );
    if severity.is_threat() {
        assert_seen(package, id);
    }
    let (rebuilt, report) = clean(&bytes, "試験");
    let found = report.items.iter().any(|i| i.threat.id() == id && i.severity == severity);
    assert!(found, "{id} {severity:?} not reported: {:#?}", report.items);
    let text = everything(&rebuilt);
    for needle in gone {
        assert!(!text.to_lowercase().contains(&needle.to_lowercase()), "{needle} survived in {text}");
    }
    text
}

/// Asserts that the second checker would stop the sample had no rule taken the threat out: it finds something, or
/// cannot read it. A target that is missing does not count: samples are small.
pub fn assert_seen(package: &Package, id: &str) {
    let Ok(seen) = sekisho_disarm_check::check(&package.build_without_rules(), Format::Docx) else { return };
    let seen: Vec<_> = seen.iter().filter(|f| !f.what.starts_with("dangling")).collect();
    assert!(!seen.is_empty(), "{id}: the second checker would let the sample through");
}
