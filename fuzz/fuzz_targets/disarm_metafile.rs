#![no_main]
//! An EMF or WMF on a slide: the slide is rebuilt with it or with a grey picture, never refused because of it; the
//! result is a fixed point and the second checker agrees.
use std::io::{Cursor, Write};

use sekisho_disarm::{Limits, Outcome, Ruleset, Secrets, disarm};
use sekisho_disarm_check::{Format, check};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
const DOCUMENT: &str = "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><w:body><w:p><w:r><w:pict><v:shape id=\"a\" style=\"width:9pt;height:9pt\"><v:imagedata r:id=\"rId1\"/></v:shape></w:pict></w:r></w:p><w:sectPr/></w:body></w:document>";

fn relationship(relation: &str, target: &str) -> String {
    format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{relation}\" Target=\"{target}\"/></Relationships>"
    )
}

fn document(picture: &[u8]) -> Option<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, data) in [
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", relationship("officeDocument", "word/document.xml").as_bytes()),
        ("word/document.xml", DOCUMENT.as_bytes()),
        ("word/_rels/document.xml.rels", relationship("image", "media/a.emf").as_bytes()),
        ("word/media/a.emf", picture),
    ] {
        zip.start_file(name, options).ok()?;
        zip.write_all(data).ok()?;
    }
    Some(zip.finish().ok()?.into_inner())
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(document) = document(data) else { return };
    let run = |data: &[u8]| disarm(data, "a.docx", &Ruleset::default(), &Limits::default(), &Secrets::none());
    match run(&document) {
        Outcome::Clean { rebuilt, .. } => {
            assert!(matches!(check(&rebuilt, Format::Docx), Ok(findings) if findings.is_empty()));
            assert!(matches!(run(&rebuilt), Outcome::Clean { rebuilt: again, .. } if again == rebuilt));
        }
        Outcome::Blocked { reason: sekisho_disarm::Refusal::Limit(_), .. } => {}
        other => panic!("a picture costs the document: {other:?}"),
    }
});
