//! Every id of the threat table has a sample in a test that bears the id, is refused as a whole, or says why not.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use std::{
    collections::BTreeSet,
    io::{Cursor, Write},
    path::Path,
};

use common::{Package, run};
use sekisho_disarm::{Kind, Outcome, Refusal, Threat};

/// Ids without a sample of their own. A new id fails [`every_id_has_a_sample_or_a_reason`] until it stands here or a
/// test bears it.
const WITHOUT_SAMPLE: &[(&str, &str)] = &[
    ("X05", "the ids of the formats: O03, L07, P12, Z04"),
    ("X08", "where a file came from is not in its bytes; the caller records it"),
    ("X09", "the ids of the formats: O08, P15, I01, L00"),
    ("P00", "the way every PDF is rebuilt; each P id tests it"),
    ("I00", "the way every picture is rebuilt; each I id tests it"),
    ("I09", "nothing visible tells a hidden message; the rule `pixels` encodes anew and is tested with I01"),
    ("T03", "a text stays a text and is not run by its name (X07)"),
];

/// Formats that are refused whatever is in them: id, name, what they must be recognised as, bytes.
fn refused() -> Vec<(&'static str, &'static str, Kind, Vec<u8>)> {
    let xlsb = Package::default()
        .part("xl/workbook.bin", "x")
        .rel("", "rId1", "officeDocument", "xl/workbook.bin")
        .main_type("application/vnd.ms-excel.sheet.binary.macroEnabled.main");
    vec![
        ("O31", "a.xlsb", Kind::Xlsb, xlsb.build()),
        ("L02", "a.doc", Kind::OldWord, compound("WordDocument")),
        ("L04", "a.ppt", Kind::OldPowerPoint, compound("PowerPoint Document")),
        ("L08", "a.msg", Kind::Msg, compound("__properties_version1.0")),
        ("L09", "a.vsd", Kind::OtherOle, compound("VisioDocument")),
        ("L09", "a", Kind::Executable, b"\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\0\0\0\0\0\0\0\0".to_vec()),
        ("P18", "a.eps", Kind::PostScript, b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run\n".to_vec()),
        ("P18", "a.fdf", Kind::Unknown, b"%FDF-1.2\n1 0 obj<</FDF<</F(x)>>>>endobj\n".to_vec()),
        ("I06", "a.heic", Kind::Heic, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()),
        ("I06", "a.jxl", Kind::OtherImage, b"\xff\x0a\0\0\0\0".to_vec()),
        (
            "I08",
            "a",
            Kind::Svg,
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>x()</script></svg>".to_vec(),
        ),
        ("T04", "a", Kind::Xml, b"<?xml version=\"1.0\"?><?xml-stylesheet href=\"x.xsl\"?><a/>".to_vec()),
        ("T04", "a.json", Kind::Xml, b"{\"a\":1}".to_vec()),
        ("Z06", "a.lzh", Kind::OtherArchive, b"\x20\0-lh5-\0\0\0\0\0\0\0\0".to_vec()),
        ("Z07", "a.7z", Kind::OtherArchive, b"7z\xBC\xAF\x27\x1C\0\x04\0\0\0\0".to_vec()),
        ("Z07", "a.rar", Kind::OtherArchive, b"Rar!\x1a\x07\x01\0\0\0\0\0".to_vec()),
        ("F01", "a.ttf", Kind::Font, b"\0\x01\0\0\0\x0a\0\x80\0\x03\0\x20".to_vec()),
        ("F02", "a.mp4", Kind::Media, b"\0\0\0\x18ftypisom\0\0\0\0isommp42".to_vec()),
        ("F03", "a", Kind::Cad, b"AC1032\0\0\0\0\0\0".to_vec()),
        ("F04", "a", Kind::Jtd, compound("DocumentText")),
        ("F05", "a", Kind::DocuWorks, b"\x60\x0E\x82\0\0\0\0\0".to_vec()),
        (
            "F06",
            "kou.xml",
            Kind::Xml,
            b"<?xml-stylesheet type=\"text/xsl\" href=\"kou.xsl\"?><DOC/>".to_vec(),
        ),
        ("F07", "a.hwp", Kind::OtherOle, compound("HwpSummaryInformation")),
    ]
}

fn compound(stream: &str) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("compound file");
    file.create_stream(format!("/{stream}")).expect("stream").write_all(b"x").expect("data");
    file.into_inner().into_inner()
}

#[test]
fn formats_that_are_not_rebuilt_are_refused() {
    // All of them, so that each can be seen to fail when its own rule is taken out.
    let wrong: Vec<String> = refused()
        .into_iter()
        .filter_map(|(id, name, kind, bytes)| match run(&bytes, name) {
            // As what it is, so that the sentence says what to do with it.
            Outcome::Blocked { reason: Refusal::Unsupported(found), .. } if found == kind => None,
            other => Some(format!("{id} {name}: {other:?}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn x02_x03_an_archive_behind_a_picture_stays_behind() {
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().and_then(|mut w| w.write_image_data(&[7])).expect("picture");
    picture.extend(common::docx("<w:p/>").build());
    let (rebuilt, report) = common::clean(&picture, "印影.png");
    assert!(!rebuilt.windows(2).any(|w| w == b"PK"));
    assert!(report.items.iter().any(|i| i.threat == Threat::X03), "{:?}", report.items);
}

#[test]
fn x02_a_picture_that_a_pdf_reader_would_open() {
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.add_text_chunk("Comment".to_owned(), "%PDF-1.7 1 0 obj".to_owned()).expect("chunk");
    encoder.write_header().and_then(|mut w| w.write_image_data(&[7])).expect("picture");
    let (rebuilt, report) = common::clean(&picture, "印影.png");
    assert!(!rebuilt.windows(5).any(|w| w == b"%PDF-"));
    assert!(report.items.iter().any(|i| i.threat == Threat::X02), "{:?}", report.items);
}

/// Ids in the names of the tests in a file: `z01_x06_names_stay_inside` bears two.
fn borne_by_tests(source: &str) -> impl Iterator<Item = String> {
    let names = source.split("#[test]").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once("fn ")?;
        rest.split_once('(').map(|(name, _)| name)
    });
    names.flat_map(|name| name.split('_')).map(str::to_uppercase)
}

fn sources(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()) {
        if entry.is_dir() {
            sources(&entry, into);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            into.extend(borne_by_tests(&std::fs::read_to_string(&entry).expect("source")));
        }
    }
}

#[test]
fn every_id_has_a_sample_or_a_reason() {
    let mut sampled: BTreeSet<String> = refused().into_iter().map(|(id, ..)| id.to_owned()).collect();
    for folder in ["src", "tests"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut sampled);
    }
    let excused = |id: &str| WITHOUT_SAMPLE.iter().any(|(without, _)| *without == id);
    let all = Threat::ALL.iter().map(|threat| threat.id());
    let missing: Vec<&str> = all.clone().filter(|id| !sampled.contains(*id) && !excused(id)).collect();
    assert!(missing.is_empty(), "no sample and no reason: {missing:?}");
    let stale: Vec<&str> = all.filter(|id| sampled.contains(*id) && excused(id)).collect();
    assert!(stale.is_empty(), "a test bears what is listed as without sample: {stale:?}");
}
