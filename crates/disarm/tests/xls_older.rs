//! Workbooks of Excel 5 and 95: text in a code page, references and cell formats in their older form.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use common::{
    biff::{compound, words},
    clean, everything, run,
};
use encoding_rs::SHIFT_JIS;
use proptest::prelude::*;
use sekisho_disarm::{Outcome, Report};
use sekisho_disarm_check::{Format, check};

type Record = (u16, Vec<u8>);

fn sjis(text: &str) -> Vec<u8> {
    SHIFT_JIS.encode(text).0.into_owned()
}

/// Length in one byte.
fn short(text: &str) -> Vec<u8> {
    let bytes = sjis(text);
    [vec![u8::try_from(bytes.len()).expect("short")], bytes].concat()
}

fn long(text: &str) -> Vec<u8> {
    let bytes = sjis(text);
    [words(&[u16::try_from(bytes.len()).expect("short")]), bytes].concat()
}

/// A reference to a cell of the first sheet.
fn other_sheet(row: u16, column: u8) -> Vec<u8> {
    [vec![0x5A, 0xFF, 0xFF], vec![0; 8], words(&[0, 0, row]), vec![column]].concat()
}

fn formula(row: u16, value: f64, tokens: &[u8]) -> Record {
    let len = u16::try_from(tokens.len()).expect("short");
    let head = [words(&[row, 2, 1]), value.to_le_bytes().to_vec(), vec![0; 6]].concat();
    (0x0006, [head, words(&[len]), tokens.to_vec()].concat())
}

/// A workbook of one sheet that has a little of everything.
fn records() -> (Vec<Record>, Vec<Record>) {
    let font = |name: &str| [words(&[220, 0, 0x7FFF, 400, 0]), vec![0, 3, 128, 0], short(name)].concat();
    // Centred, upright letters; yellow inside, a thick red line above, a thin one on the left.
    let xf = |font: u16| {
        let fill = 13_u32 | 1 << 16;
        let lines = 5_u32 | 1 << 3 | 10 << 9 | 8 << 16;
        [
            words(&[font, 164, 1, 2 | 1 << 4 | 1 << 8]),
            fill.to_le_bytes().to_vec(),
            lines.to_le_bytes().to_vec(),
        ]
        .concat()
    };
    let area = [vec![0x3B, 0xFF, 0xFF], vec![0; 8], words(&[0, 0, 0, 8]), vec![0, 3]].concat();
    let area_len = u16::try_from(area.len()).expect("short");
    let globals = vec![
        (0x0042, words(&[932])),
        (0x0031, font("ＭＳ Ｐゴシック")),
        (0x0031, font("ＭＳ 明朝")),
        (0x041E, [words(&[164]), short("0\"円\"")].concat()),
        (0x00E0, [words(&[0, 0, 0xFFF5, 0x20]), vec![0; 8]].concat()),
        (0x00E0, xf(1)),
        (0x0018, [words(&[0x20]), vec![0, 1], words(&[area_len, 0, 1]), vec![0; 4], vec![6], area].concat()),
    ];
    let text_box = [
        words(&[1, 0, 6, 7, 0x0402, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0, 0]),
        vec![9, 9, 0, 1, 8, 0, 1, 1],
        words(&[0, 8, 0, 8, 0, 0, 0x12, 0]),
        vec![0; 8],
        sjis("注意事項"),
        words(&[0, 0, 0, 0]),
    ]
    .concat();
    let sheet = vec![
        (0x0014, short("&C収納台帳")),
        // The margin of the header is no number that a person wrote.
        (
            0x00A1,
            [
                words(&[9, 100, 1, 1, 1, 0, 600, 600, 0, 18, 41, 8]),
                0.5_f64.to_le_bytes().to_vec(),
                words(&[1]),
            ]
            .concat(),
        ),
        (0x001B, words(&[1, 5])),
        (0x007D, words(&[0, 0, 2_560, 0, 0, 0])),
        (0x0208, words(&[0, 0, 3, 400, 0, 0, 0x0140, 15])),
        (0x0204, [words(&[0, 0, 1]), long("髙橋 一郎")].concat()),
        (0x00D6, [words(&[0, 1, 1]), long("至急です"), vec![1, 4, 1]].concat()),
        (0x0203, [words(&[1, 0, 1]), 3.0_f64.to_le_bytes().to_vec()].concat()),
        // A1+1 with the row relative only, a cell of the sheet by name, and what nobody knows.
        formula(1, 4.0, &[0x44, 1, 0x80, 0, 0x1E, 1, 0, 0x03]),
        formula(2, 3.0, &other_sheet(1, 0)),
        formula(3, 9.0, &[0x20, 0, 0, 0, 0, 0, 0, 0]),
        (0x001C, [words(&[0, 0, 10]), sjis("要確認です")].concat()),
        (0x005D, text_box),
        (0x023E, [words(&[0x06B6, 0, 0]), vec![0; 4]].concat()),
    ];
    (globals, sheet)
}

fn build(globals: &[Record], sheet: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    let put = |out: &mut Vec<u8>, id: u16, data: &[u8]| {
        out.extend(words(&[id, u16::try_from(data.len()).expect("short")]));
        out.extend(data);
    };
    put(&mut out, 0x0809, &words(&[0x0500, 5, 0, 0]));
    globals.iter().for_each(|(id, data)| put(&mut out, *id, data));
    let slot = out.len() + 4;
    put(&mut out, 0x0085, &[vec![0; 6], short("収納")].concat());
    put(&mut out, 0x000A, &[]);
    let start = u32::try_from(out.len()).expect("short");
    out[slot..slot + 4].copy_from_slice(&start.to_le_bytes());
    put(&mut out, 0x0809, &words(&[0x0500, 0x10, 0, 0]));
    sheet.iter().for_each(|(id, data)| put(&mut out, *id, data));
    put(&mut out, 0x000A, &[]);
    out
}

fn told(report: &Report) -> Vec<&str> {
    report.items.iter().map(|item| item.what.as_str()).collect()
}

#[test]
fn a_workbook_of_excel_95_becomes_one_of_today() {
    let (globals, sheet) = records();
    let (rebuilt, report) = clean(&compound(&build(&globals, &sheet), &[]), "a.xls");
    let all = everything(&rebuilt);
    for wanted in [
        "<sheet name=\"収納\"",
        "<name val=\"ＭＳ 明朝\"/>",
        "formatCode=\"0&quot;円&quot;\"",
        "<fgColor rgb=\"FFFFFF00\"/>",
        "<left style=\"thin\">",
        "<top style=\"thick\"><color rgb=\"FFFF0000\"/></top>",
        "<alignment horizontal=\"center\" vertical=\"center\" textRotation=\"255\"/>",
        ">&amp;C収納台帳</oddHeader>",
        " header=\"0\" footer=\"0.5\"/>",
        "<brk id=\"5\"",
        "ht=\"20\" customHeight=\"1\"",
        "<t>髙橋 一郎</t>",
        // A run that begins after two letters of two bytes each.
        "至急</t></r><r>",
        "<f>$A2+1</f><v>4</v>",
        "<f>収納!$A$2</f><v>3</v>",
        "<c r=\"C4\" s=\"2\"><v>9</v></c>",
        "要確認です",
        "注意事項",
        "<definedName name=\"_xlnm.Print_Area\" localSheetId=\"0\">収納!$A$1:$D$9</definedName>",
    ] {
        assert!(all.contains(wanted), "{wanted} is missing in {all}");
    }
    assert!(told(&report).contains(&"値だけにした数式"), "{report:?}");
}

#[test]
fn what_an_older_workbook_has_beyond_that_is_told() {
    let (mut globals, mut sheet) = records();
    globals.push((0x0017, [vec![9, 1], b"book.xls".to_vec()].concat()));
    sheet.push((0x007F, vec![0; 20]));
    sheet.push((0x005D, [words(&[1, 0, 8, 8]), vec![0; 40]].concat()));
    let (_, report) = clean(&build(&globals, &sheet), "a.xls");
    for wanted in ["外部ブックの参照", "画像（Excel 95 以前）", "部品や画像などの図形（Excel 95 以前）"]
    {
        assert!(told(&report).contains(&wanted), "{wanted} is missing in {report:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn damaged_ones_are_refused_or_hold(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        end in any::<prop::sample::Index>(),
    ) {
        let (globals, sheet) = records();
        let mut bytes = build(&globals, &sheet);
        for (at, value) in changes {
            let at = 8 + at.index(bytes.len() - 8);
            bytes[at] = value;
        }
        bytes.truncate(bytes.len() / 2 + end.index(bytes.len() / 2 + 1));
        if let Outcome::Clean { rebuilt, .. } = run(&bytes, "a.xls") {
            prop_assert_eq!(check(&rebuilt, Format::Xlsx), Ok(Vec::new()));
            let Outcome::Clean { rebuilt: again, .. } = run(&rebuilt, "a.xlsx") else { panic!("not clean again") };
            prop_assert_eq!(again, rebuilt);
        }
    }
}
