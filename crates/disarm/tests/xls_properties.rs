//! Damaged workbooks: refused, or rebuilt into something that holds; never a panic.

mod common;

use common::biff::{Sheet, Workbook, short_text, text, words};
use proptest::prelude::*;
use sekisho_disarm::{Limits, Outcome, Ruleset, Secrets, disarm};
use sekisho_disarm_check::{Format, check};

/// A workbook that has a little of everything.
fn sample() -> Vec<u8> {
    let object = |kind: u16| [words(&[0x15, 18, kind, 1]), vec![0; 14], words(&[0, 0])].concat();
    let list = [vec![0x17], short_text("はい\0いいえ")].concat();
    let mut check = 0x000C_0183_u32.to_le_bytes().to_vec();
    check.extend([text("題"), text("\0"), text("選択"), text("\0")].concat());
    check.extend(
        [words(&[u16::try_from(list.len()).unwrap_or(0), 0]), list, words(&[0, 0, 1, 0, 9, 2, 2])].concat(),
    );
    let shared =
        [words(&[0, 1]), vec![2, 2, 0, 2], words(&[9]), vec![0x4C], words(&[0, 0xC0FF]), vec![0x1E, 1, 0, 3]];
    let strings =
        [vec![1, 0, 0, 0, 1, 0, 0, 0], words(&[2]), vec![9], words(&[1, 0x5C71, 0x7530, 1, 2])].concat();
    let sheet = Sheet::new("表")
        .number(0, 0, 1.5)
        .label(0, 1, "文字")
        .record(0x00FD, words(&[0, 3, 15, 0, 0]))
        .formula(1, 2, 2.0, &[vec![1], words(&[1, 2])].concat())
        .record(0x04BC, shared.concat())
        .formula(2, 0, 7.0, &[0x44, 0, 0, 0, 0xC0, 0x1E, 5, 0, 0x03, 0x42, 1, 4, 0])
        .record(0x0208, [words(&[0, 0, 4, 300, 0, 0]), vec![0x60, 1, 15, 0]].concat())
        .record(0x007D, words(&[1, 2, 2560, 15, 1]))
        .record(0x00E5, words(&[1, 4, 5, 0, 3]))
        .record(0x01B0, words(&[1, 1, 0, 4, 0, 0, 1, 0, 4, 0, 0]))
        .record(
            0x01B1,
            [vec![1, 5, 3, 0, 0, 0], vec![0xFF, 0xFF, 0, 0x20, 0, 0], vec![0, 4, 0, 5, 0x1E, 9, 0]].concat(),
        )
        .record(0x01BE, check)
        .record(0x005D, object(0x19))
        .record(0x01B6, words(&[0x0212, 0, 0, 0, 0, 3, 16, 0, 0]))
        .record(0x003C, [vec![1], words(&[0x78BA, 0x8A8D, 0x6E08])].concat())
        .record(0x003C, words(&[0, 0, 0, 0, 3, 0, 0, 0]))
        .record(0x001C, [words(&[3, 3, 2, 1]), text("係長")].concat())
        .record(0x00A1, [words(&[9, 80, 1, 1, 0, 0, 600, 600]), vec![0; 16], words(&[1])].concat())
        .record(0x0041, [words(&[1, 2, 2, 1]), vec![0, 0]].concat());
    Workbook::new(sheet)
        .own_references()
        .name(0x20, "\u{6}", 1, &[vec![0x3B], words(&[0, 0, 9, 0, 3])].concat())
        .after_sheets(0x00FC, strings)
        .records()
}

fn holds(bytes: &[u8]) {
    let run = |b: &[u8]| disarm(b, "a.xls", &Ruleset::default(), &Limits::default(), &Secrets::none());
    let Outcome::Clean { rebuilt, .. } = run(bytes) else { return };
    assert_eq!(check(&rebuilt, Format::Xlsx), Ok(Vec::new()));
    assert!(
        matches!(run(&rebuilt), Outcome::Clean { rebuilt: again, .. } if again == rebuilt),
        "not a fixed point"
    );
}

#[test]
fn the_sample_itself_is_clean() {
    let bytes = sample();
    holds(&bytes);
    let outcome = disarm(&bytes, "a.xls", &Ruleset::default(), &Limits::default(), &Secrets::none());
    assert!(matches!(outcome, Outcome::Clean { .. }), "{outcome:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn bytes_changed_anywhere(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = sample();
        for (at, value) in changes {
            let at = 8 + at.index(bytes.len() - 8);
            bytes[at] = value;
        }
        holds(&bytes);
    }

    #[test]
    fn the_end_is_missing(at in any::<prop::sample::Index>()) {
        let bytes = sample();
        holds(&bytes[..at.index(bytes.len())]);
    }

    #[test]
    fn records_come_in_another_order(a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let bytes = sample();
        let mut records = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let len = 4 + usize::from(u16::from_le_bytes([bytes[at + 2], bytes[at + 3]]));
            records.push(bytes[at..at + len].to_vec());
            at += len;
        }
        let (a, b) = (1 + a.index(records.len() - 1), 1 + b.index(records.len() - 1));
        records.swap(a, b);
        holds(&records.concat());
    }

    #[test]
    fn records_of_charts_in_any_order_and_nesting(
        pieces in prop::collection::vec((prop::sample::select(CHART), prop::collection::vec(any::<u8>(), 0..48)), 1..60),
    ) {
        let mut sheet = Sheet::new("グラフ").kind(2);
        let kind = [0x1017, 0x1018, 0x1019, 0x101A, 0x101B, 0x1040].map(|id| (id, words(&[0, 50, 1])));
        let begin = |id: u16| [(id, vec![0; 20]), (0x1033, Vec::new())];
        sheet.records.extend(begin(0x1003));
        sheet.records.extend([(0x1045, words(&[0])), (0x1034, Vec::new())]);
        sheet.records.extend(begin(0x1014));
        sheet.records.push(kind[pieces.len() % kind.len()].clone());
        for ((id, small), noise) in pieces {
            // Small numbers say more than noise: they are kinds, switches and places that exist.
            let mut data: Vec<u8> = noise.iter().map(|byte| if small { byte % 8 } else { *byte }).collect();
            data.resize(48, 0);
            sheet.records.push((id, data));
        }
        holds(&Workbook::new(Sheet::new("表")).sheet(sheet).own_references().records());
    }
}

/// Records of charts, and whether their numbers are small.
const CHART: &[(u16, bool)] = &[
    (0x1003, true),
    (0x1006, true),
    (0x1007, false),
    (0x1009, false),
    (0x100A, false),
    (0x100B, true),
    (0x100C, true),
    (0x100D, true),
    (0x1014, true),
    (0x1015, true),
    (0x1017, true),
    (0x1018, true),
    (0x1019, true),
    (0x101A, true),
    (0x101B, true),
    (0x101C, true),
    (0x101D, true),
    (0x101E, true),
    (0x101F, false),
    (0x1020, true),
    (0x1021, true),
    (0x1024, true),
    (0x1025, true),
    (0x1026, true),
    (0x1027, true),
    (0x1032, true),
    (0x1033, true),
    (0x1033, true),
    (0x1033, true),
    (0x1034, true),
    (0x1034, true),
    (0x103A, true),
    (0x103D, true),
    (0x1040, true),
    (0x1041, true),
    (0x1044, true),
    (0x1045, true),
    (0x104A, true),
    (0x104B, false),
    (0x104E, true),
    (0x104F, true),
    (0x1051, true),
    (0x105B, false),
    (0x105D, true),
    (0x105F, true),
    (0x1062, true),
    (0x1063, true),
    (0x1065, true),
    (0x1066, false),
    (0x086B, true),
    (0x0203, false),
    (0x0204, true),
];
