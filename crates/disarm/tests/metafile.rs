//! Metafiles in documents (O28, I07): the drawing and its words stay, everything that could call, comment or point
//! outside goes, and whatever is lost is told.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use std::io::Read;

use common::{
    clean,
    emf::{bitmap, drawing, emf, fields, font, picture, polygon, slide_with, text},
};
use sekisho_disarm::{Limits, Outcome, Report, Ruleset, Secrets, Severity, disarm};

/// The rebuilt picture: its name in the package, its bytes, and the report.
fn rebuilt(picture: &[u8]) -> (String, Vec<u8>, Report) {
    let (package, report) = clean(&slide_with(picture).build(), "a.pptx");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(package)).expect("zip");
    let name = zip
        .file_names()
        .map(|n| n.unwrap_or_default().into_owned())
        .find(|n| n.contains("media/"))
        .expect("picture");
    let mut data = Vec::new();
    zip.by_name(&name).expect("entry").read_to_end(&mut data).expect("data");
    (name, data, report)
}

/// Types of the records of an EMF.
fn kinds(emf: &[u8]) -> Vec<u32> {
    let (mut at, mut out) = (0, Vec::new());
    let word = |at: usize| u32::from_le_bytes(emf[at..at + 4].try_into().expect("four bytes"));
    while at + 8 <= emf.len() {
        out.push(word(at));
        at += word(at + 4) as usize;
    }
    out
}

fn holds(bytes: &[u8], words: &str) -> bool {
    let units: Vec<u8> = words.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(units.len()).any(|w| w == units)
}

fn simplified(report: &Report) -> bool {
    report.items.iter().any(|i| i.severity == Severity::Simplified)
}

/// Measures that a header leaves out are calculated, and may come out larger than anything that is read.
#[test]
fn a_frame_that_nobody_takes_leaves_a_grey_picture() {
    let mut picture = drawing();
    picture[20..24].copy_from_slice(&(1_u32 << 24).to_le_bytes());
    picture[24..40].fill(0);
    picture[72..80].copy_from_slice(&[1000_u32.to_le_bytes(); 2].concat());
    picture[80..88].copy_from_slice(&[100_u32.to_le_bytes(); 2].concat());
    let (name, _, report) = rebuilt(&picture);
    assert!(name.ends_with(".png") && simplified(&report), "{name} {:?}", report.items);
}

#[test]
fn o28_a_drawing_keeps_its_records_and_its_words() {
    let (name, data, report) = rebuilt(&drawing());
    assert!(name.ends_with(".emf"));
    assert_eq!(kinds(&data), kinds(&drawing()));
    assert!(holds(&data, "申請書") && holds(&data, "ＭＳ ゴシック"));
    assert!(!data.windows(8).any(|w| w == [0x41; 8]), "what stands behind the font's name is not copied");
    assert_eq!(report.items, [], "nothing is lost");
}

#[test]
fn o28_the_rule_shows_grey_instead() {
    let rules = Ruleset::from_toml("metafiles = \"grey\"").expect("rules");
    let package = slide_with(drawing()).build();
    let Outcome::Clean { rebuilt, report } =
        disarm(&package, "a.pptx", &rules, &Limits::default(), &Secrets::none())
    else {
        panic!("refused")
    };
    assert!(!common::everything(&rebuilt).contains(".emf") && simplified(&report));
}

#[test]
fn i07_comments_and_escapes_go_and_the_drawing_stays() {
    let comment = (70, [&fields(&[12]), &b"EVIL COMMENT"[..]].concat());
    let escape = (106, [&fields(&[9, 4]), &b"EVIL"[..]].concat());
    let (_, data, report) = rebuilt(&emf(&[comment, polygon(3), escape]));
    assert_eq!(kinds(&data), [1, 86, 14]);
    assert!(!data.windows(4).any(|w| w == b"EVIL"));
    let found: Vec<_> = report.items.iter().map(|i| (i.threat.id(), i.severity)).collect();
    assert_eq!(found, [("I07", Severity::Active), ("I07", Severity::Note)]);
}

#[test]
fn i07_lengths_indices_and_counts_that_lie_cost_their_record_and_are_told() {
    let mut long = polygon(3);
    long.1[16] = 200;
    let mut outside = picture();
    outside.1[40..44].copy_from_slice(&9_000_000_i32.to_le_bytes());
    let mut bomb = picture();
    bomb.1[72 + 4..72 + 8].copy_from_slice(&i32::MAX.to_le_bytes());
    let mut letters = text("あ");
    letters.1[36..40].copy_from_slice(&i32::MAX.to_le_bytes());
    let figures = (90, fields(&[0, 0, 9, 9, 2, 3, 1, 1, 0, 0, 0]));
    let area = (75, fields(&[48, 1, 32, 1, 9_999, 16, 0, 0, 9, 9, 0, 0, 9, 9]));
    let corner = (118, fields(&[0, 0, 9, 9, 1, 1, 2, 0, 0, 0, 0, 0, 0, 7]));
    let nan = (35, fields(&[0x7FC0_0000, 0, 0, 0, 0, 0]));
    let far = (54, fields(&[i32::MAX, 0]));
    for lie in [long, outside, bomb, letters, figures, area, corner, nan, far, (31, fields(&[1, 0, 1, 0]))] {
        let kind = lie.0;
        let (_, data, report) = rebuilt(&emf(&[lie, polygon(5)]));
        assert_eq!(kinds(&data), [1, 86, 14], "record {kind}");
        assert!(simplified(&report), "record {kind} is lost without a word");
    }
}

#[test]
fn i07_what_was_never_made_is_not_used() {
    let records = [
        (37, fields(&[7])),
        (40, fields(&[7])),
        (34, fields(&[-3])),
        (37, fields(&[i32::MIN + 99])),
        polygon(3),
    ];
    let (_, data, _) = rebuilt(&emf(&records));
    assert_eq!(kinds(&data), [1, 86, 14]);
    let huge = (38, fields(&[60_000, 0, 1, 0, 0]));
    assert_eq!(kinds(&rebuilt(&emf(&[huge, polygon(3)])).1), [1, 86, 14]);
}

#[test]
fn a_palette_shorter_than_its_indices_is_filled_up() {
    let (_, rows) = bitmap();
    let mut head = fields(&[40, 2, 2]);
    head.extend([1, 0, 8, 0]);
    head.extend(fields(&[0, 0, 0, 0, 1, 0]));
    head.extend([1, 2, 3, 9]);
    let (h, r) = (head.len() as i32, 8);
    let mut data = fields(&[0, 0, 9, 9, 5, 5, 0, 0, 2, 2, 80, h, 80 + h, r, 0, 0x00CC_0020, 40, 40]);
    data.extend(head);
    data.extend(&rows[..8]);
    let (_, out, report) = rebuilt(&emf(&[(81, data)]));
    assert_eq!(out.len(), 108 + 80 + 40 + 1024 + 8 + 20);
    assert!(!simplified(&report));
}

#[test]
fn newer_drawings_without_the_old_records_are_told() {
    let plus = |flags: u16| {
        let mut data = fields(&[4 + 12]);
        data.extend(b"EMF+");
        data.extend(0x4001_u16.to_le_bytes());
        data.extend(flags.to_le_bytes());
        data.extend(fields(&[12, 0]));
        (70, data)
    };
    assert!(!simplified(&rebuilt(&emf(&[plus(1), polygon(3)])).2), "both kinds draw the same");
    let (name, _, report) = rebuilt(&emf(&[plus(0)]));
    assert!(name.ends_with(".png") && simplified(&report));
    let (name, _, report) = rebuilt(&emf(&[plus(0), polygon(3)]));
    assert!(name.ends_with(".emf") && simplified(&report));
}

#[test]
fn a_drawing_that_is_cut_off_shows_what_is_there() {
    let whole = drawing();
    let (name, data, report) = rebuilt(&whole[..whole.len() - 200]);
    assert!(name.ends_with(".emf") && kinds(&data).contains(&86) && simplified(&report));
    let (name, _, report) = rebuilt(&whole[..60]);
    assert!(name.ends_with(".png") && simplified(&report));
}

/// A WMF: placing header (2 × 1 inch, 1000 units an inch), header, records of function and words.
fn wmf(records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let words = |values: &[u16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let mut out = vec![0xD7, 0xCD, 0xC6, 0x9A];
    out.extend(words(&[0, 0, 0, 2000, 1000, 1000, 0, 0, 0]));
    out.extend(words(&[1, 9, 0x300, 0, 0, 9, 100, 0, 0]));
    for (function, data) in records.iter().chain([&(0, vec![])]) {
        out.extend((3 + data.len() as u32 / 2).to_le_bytes());
        out.extend(function.to_le_bytes());
        out.extend(data);
    }
    out
}

#[test]
fn a_wmf_is_drawn_as_an_emf_and_its_calls_are_gone() {
    let words = |values: &[i16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let mut face = words(&[-12, 0, 0, 0, 400]);
    face.extend([0, 0, 0, 128, 0, 0, 0, 0]);
    face.extend(b"\x82\x6c\x82\x72 \x83\x53\0\0\0");
    let mut letters = words(&[20, 10, 4, 0]);
    letters.extend(b"\x8c\x8e\x93\xfa");
    letters.extend(words(&[6, 6, 7, 7]));
    let records = [
        (0x0103, words(&[8])),
        (0x020B, words(&[0, 0])),
        (0x020C, words(&[1000, 2000])),
        (0x02FB, face),
        (0x012D, words(&[0])),
        (0x0A32, letters),
        (0x0214, words(&[2, 1])),
        (0x0213, words(&[4, 3])),
        (0x0626, words(&[9, 4, 0x4545, 0x4545])),
    ];
    let (name, data, report) = rebuilt(&wmf(&records));
    assert!(name.ends_with(".emf"));
    assert_eq!(kinds(&data), [1, 17, 12, 11, 10, 9, 10, 9, 82, 37, 84, 27, 54, 14]);
    assert!(holds(&data, "月日") && holds(&data, "ＭＳ ゴ"));
    assert!(!data.windows(4).any(|w| w == [0x45; 4]));
    let distances: Vec<u8> = fields(&[12, 14]);
    assert!(data.windows(8).any(|w| w == distances), "two bytes of a letter are one distance");
    assert!(report.items.iter().any(|i| i.threat.id() == "I07" && i.severity == Severity::Active));
    assert!(!simplified(&report));
    // 2 inches are 5080 hundredths of a millimetre.
    assert_eq!(data[32..36], 5080_i32.to_le_bytes());
}

#[test]
fn eight_bit_text_is_read_in_the_font_that_is_selected() {
    let mut eight = text("xx");
    eight.0 = 83;
    eight.1[68..72].copy_from_slice(&[0x8C, 0x8E, 0, 0]);
    let (_, data, _) = rebuilt(&emf(&[font("ＭＳ 明朝", 128), (37, fields(&[1])), eight]));
    assert!(holds(&data, "月"));
}
