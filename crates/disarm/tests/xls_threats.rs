//! One generated sample per threat id of Excel 97-2003 workbooks; each goes red when its rule is removed.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use common::{
    biff::{Sheet, Workbook, compound, font, short_text, text, words},
    clean, everything, run,
};
use md5::{Digest as _, Md5};
use sekisho_disarm::{Kind, Limits, Outcome, Refusal, Ruleset, Secrets, Severity, disarm};
use sha1::Sha1;

/// Asserts that `id` was reported with `severity` and that none of `gone` is left anywhere in the output.
fn assert_removed(book: &Workbook, id: &str, severity: Severity, gone: &[&str]) -> String {
    let (rebuilt, report) = clean(&book.build(), "試験.xls");
    let found = report.items.iter().any(|i| i.threat.id() == id && i.severity == severity);
    assert!(found, "{id} {severity:?} not reported: {:#?}", report.items);
    let all = everything(&rebuilt);
    for needle in gone {
        assert!(!all.to_lowercase().contains(&needle.to_lowercase()), "{needle} survived in {all}");
    }
    all
}

fn refusal(bytes: &[u8]) -> Refusal {
    match run(bytes, "試験.xls") {
        Outcome::Blocked { reason, .. } => reason,
        other => panic!("not blocked: {other:?}"),
    }
}

fn one(sheet: Sheet) -> Workbook {
    Workbook::new(sheet)
}

fn plain() -> Sheet {
    Sheet::new("表").label(0, 0, "本文")
}

#[test]
fn l00_the_conversion_is_a_note_and_the_words_stay() {
    let all = assert_removed(&one(plain()), "L00", Severity::Note, &[]);
    assert!(all.contains("本文"));
}

#[test]
fn l00_what_is_lost_from_the_look_is_told() {
    for (id, what) in
        [(0x00B0, "ピボット"), (0x00E9, "背景画像"), (0x0866, "ヘッダー"), (0x087A, "データバー")]
    {
        let (_, report) = clean(&one(plain().record(id, [0; 16])).build(), "a.xls");
        let told = report.items.iter().find(|i| i.what.contains(what)).expect("an item");
        assert_eq!((told.threat.id(), told.severity), ("L00", Severity::Simplified), "{what}");
    }
}

#[test]
fn l00_charts_are_told() {
    let object = [words(&[0x15, 18, 5, 1]), vec![0; 14], words(&[0, 0])].concat();
    let chart = words(&[0x0600, 0x20, 0, 0, 0, 0, 0, 0]);
    let sheet = plain().record(0x00EC, shape(1, &[])).record(0x005D, object).record(0x0809, chart);
    let sheet = sheet.record(0x0203, [words(&[0, 5, 15]), vec![0; 8]].concat()).record(0x000A, []);
    let all = assert_removed(&one(sheet.number(3, 3, 33.0)), "L00", Severity::Simplified, &["\"F1\""]);
    assert!(all.contains("<v>33</v>"), "what stands behind the chart was lost");
    let sheet = Sheet::new("グラフ").kind(2);
    assert_removed(&one(plain()).sheet(sheet), "L00", Severity::Simplified, &[]);
}

#[test]
fn l01_visual_basic() {
    let book = one(plain()).stream("/_VBA_PROJECT_CUR/VBA/Module1", "Sub Auto_Open() Shell \"evil.exe\"");
    assert_removed(&book, "L01", Severity::Active, &["Auto_Open", "evil", "vba"]);
}

#[test]
fn l03_excel_4_macros() {
    let exec = [vec![0x17], short_text("evil.exe"), vec![0x42, 1, 110, 0]].concat();
    let book = one(plain())
        .sheet(Sheet::new("Macro1").kind(1).state(2).formula(0, 0, 0.0, &exec))
        .own_references()
        .name(0x20, "\u{1}", 0, &[vec![0x3A], words(&[1, 0, 0])].concat())
        .name(0x0E, "実行", 0, &[vec![0x3A], words(&[1, 0, 0])].concat());
    let all = assert_removed(&book, "L03", Severity::Active, &["Macro1", "evil", "Auto_Open", "実行"]);
    assert!(all.contains("本文"));
}

#[test]
fn l03_a_macro_sheet_that_calls_itself_a_table() {
    let mut bytes = one(plain()).sheet(Sheet::new("装う").label(0, 0, "EXEC")).records();
    let last = bytes.windows(4).rposition(|w| w == [9, 8, 16, 0]).expect("BOF");
    bytes[last + 6] = 0x40;
    let (rebuilt, report) = clean(&bytes, "a.xls");
    assert!(report.items.iter().any(|i| i.threat.id() == "L03" && i.severity == Severity::Active));
    assert!(!everything(&rebuilt).contains("EXEC"));
}

#[test]
fn l03_modules_dialogs_toolbars_and_controls() {
    let module = one(plain()).sheet(Sheet::new("Module1").kind(6));
    assert_removed(&module, "L03", Severity::Active, &["Module1"]);
    let dialog =
        one(plain()).sheet(Sheet::new("Dialog1").record(0x0081, words(&[0x0010])).label(0, 0, "押す"));
    assert_removed(&dialog, "L03", Severity::Active, &["押す"]);
    for stream in ["/XCB", "/Ctls"] {
        assert_removed(&one(plain()).stream(stream, "payload"), "L03", Severity::Active, &["payload"]);
    }
    let button = [words(&[0x15, 18, 7, 1]), vec![0; 14], words(&[4, 6]), vec![0; 6], words(&[0, 0])].concat();
    assert_removed(&one(plain().record(0x005D, button)), "L03", Severity::Active, &[]);
}

#[test]
fn l03_dde_and_other_workbooks() {
    let link = |path: &str, sheets: u16| {
        let mut book = words(&[sheets]);
        book.extend(text(path));
        book
    };
    let cell = [vec![0x39], words(&[0, 1, 0])].concat();
    let dde = one(plain().formula(1, 0, 7.0, &cell))
        .after_sheets(0x01AE, link("cmd\u{3}/c evil", 0))
        .after_sheets(0x0023, [words(&[0x0002, 0, 0]), short_text("A0")].concat())
        .after_sheets(0x0017, words(&[1, 0, 0xFFFE, 0xFFFE]));
    let all = assert_removed(&dde, "L03", Severity::Active, &["evil", "cmd"]);
    assert!(all.contains("<v>7</v>") && !all.contains("<f>"));
    assert_removed(&dde, "O24", Severity::Active, &[]);

    let reference = [vec![0x3A], words(&[0, 0, 0])].concat();
    let foreign = one(plain().formula(1, 0, 8.0, &reference))
        .after_sheets(0x01AE, link("\u{1}\u{1}@evil\u{3}share\u{3}a.xls", 1))
        .after_sheets(0x0017, words(&[1, 0, 0, 0]));
    let all = assert_removed(&foreign, "L03", Severity::External, &["evil", "share"]);
    assert!(all.contains("<v>8</v>") && !all.contains("<f>"));
    assert_removed(&foreign, "O24", Severity::External, &[]);
}

#[test]
fn l03_data_connections_printer_and_revisions() {
    for id in [0x0876, 0x0803, 0x0801, 0x0805, 0x01AD, 0x0813] {
        let sheet = plain().record(id, "http://evil.invalid/q");
        assert_removed(&one(sheet), "L03", Severity::External, &["evil.invalid"]);
    }
    assert_removed(&one(plain().record(0x004D, "DEVMODE")), "L03", Severity::Note, &["DEVMODE"]);
    let book = one(plain()).stream("/Revision Log", "消した文");
    assert_removed(&book, "L03", Severity::Hidden, &["消した文"]);
}

#[test]
fn l05_embedded_and_linked_objects() {
    let book = one(plain()).stream("/MBD0012AB34/\u{1}Ole10Native", "MZ payload");
    assert_removed(&book, "L05", Severity::Active, &["payload"]);
    let object = [words(&[0x15, 18, 8, 1]), vec![0; 14], words(&[9, 2, 0, 0, 0])].concat();
    assert_removed(&one(plain().record(0x005D, object)), "L05", Severity::Active, &[]);
    let linked = [words(&[0]), text("Word.Document\u{3}\\\\evil\\a.doc")].concat();
    let book = one(plain())
        .after_sheets(0x01AE, linked)
        .after_sheets(0x0023, [words(&[0x0010, 0, 0]), short_text("x")].concat());
    assert_removed(&book, "L05", Severity::External, &["evil"]);
}

#[test]
fn l06_damage_is_refused_or_told() {
    let good = one(plain()).build();
    let mut cyclic = good.clone();
    // Every entry of the first sector of the allocation table points at itself.
    let fat = 512
        * (1 + usize::try_from(u32::from_le_bytes([good[76], good[77], good[78], good[79]])).expect("small"));
    (0..128_u32).for_each(|i| cyclic[fat + 4 * i as usize..][..4].copy_from_slice(&i.to_le_bytes()));
    assert!(matches!(run(&cyclic, "a.xls"), Outcome::Blocked { .. }));
    let short = one(plain().record(0x0203, [1, 2, 3]));
    assert_removed(&short, "L06", Severity::Simplified, &[]);
    let mut lost = one(plain()).records();
    let at = lost.windows(2).position(|w| w == [0x85, 0]).expect("BOUNDSHEET");
    lost[at + 4..at + 8].copy_from_slice(&[0xFF; 4]);
    assert!(matches!(refusal(&lost), Refusal::Malformed { .. }));
}

#[test]
fn older_versions_are_refused_with_advice() {
    // Excel 4.0: one sheet, without a workbook around it.
    let bytes = [words(&[0x0409, 6, 0, 0x10, 0]), vec![0; 600]].concat();
    assert_eq!(refusal(&compound(&bytes, &[])), Refusal::Unsupported(Kind::OldExcel));
    assert_eq!(refusal(&bytes), Refusal::Unsupported(Kind::OldExcel));
    let advice = sekisho_disarm::ja::refusal(&Refusal::Unsupported(Kind::OldExcel));
    assert!(advice.contains(".xlsx で保存し直してください"), "{advice}");
    let add_in = one(plain()).global(0x0087, []);
    assert_eq!(refusal(&add_in.build()), Refusal::Unsupported(Kind::OfficeAddIn));
}

#[test]
fn o24_functions_that_reach_out_leave_their_value() {
    // CALL("kernel32","WinExec"), then a function that no table knows.
    let call = [vec![0x17], short_text("kernel32"), vec![0x17], short_text("WinExec"), vec![0x42, 2, 150, 0]]
        .concat();
    let unknown = [0x1E, 1, 0, 0x42, 1, 0x2C, 0x01];
    let sheet = plain().formula(1, 0, 4.0, &call).formula(2, 0, 5.0, &unknown);
    let all = assert_removed(&one(sheet.clone()), "O24", Severity::Active, &["kernel32", "CALL("]);
    assert!(all.contains("<v>4</v>") && all.contains("<v>5</v>"));
    // A command of a macro sheet, hidden in a table.
    let command = [0x1E, 1, 0, 0x42, 1, 0x35, 0x80];
    assert_removed(&one(plain().formula(1, 0, 4.0, &command)), "O24", Severity::Active, &["<f>"]);
}

/// Excel writes a function that is newer than .xls as a call of a hidden name that is flagged as a macro.
#[test]
fn functions_newer_than_the_format_are_no_macros_and_l03_a_name_that_only_looks_like_one_is() {
    let call = [&[0x23, 1, 0, 0, 0][..], &[0x1E, 1, 0], &[0x1E, 2, 0], &[0x42, 3, 0xFF, 0]].concat();
    let book = |name: &str| one(plain().formula(1, 0, 4.0, &call)).name(0x0B, name, 0, &[0x1C, 0x1D]);
    for (name, kept) in [("_xlfn.IFERROR", "<f>IFERROR(1,2)</f>"), ("_xlfn.XOR", "<f>_xlfn.XOR(1,2)</f>")] {
        let (rebuilt, report) = clean(&book(name).build(), "試験.xls");
        assert!(everything(&rebuilt).contains(kept), "{name}");
        assert_eq!(report.threats(), 0, "{name}: {:?}", report.items);
    }
    assert_removed(&book("_xlfn.EVIL"), "L03", Severity::Active, &["EVIL", "<f>"]);
}

#[test]
fn x10_links_follow_the_rule() {
    let url = |address: &str| {
        let units: Vec<u16> = address.encode_utf16().chain([0]).collect();
        let mut data = words(&[0, 0, 0, 0]);
        data.extend([
            0xD0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0, 0xAA, 0, 0x4B, 0xA9, 0x0B,
        ]);
        data.extend(words(&[2, 0, 3, 0]));
        data.extend([
            0xE0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0, 0xAA, 0, 0x4B, 0xA9, 0x0B,
        ]);
        data.extend(u32::try_from(units.len() * 2).expect("short").to_le_bytes());
        data.extend(words(&units));
        data
    };
    let web = one(plain().record(0x01B8, url("https://www.example.lg.jp/")));
    assert_removed(&web, "X10", Severity::Simplified, &["example.lg.jp"]);
    let share = one(plain().record(0x01B8, url("\\\\evil\\share\\a.exe")));
    assert_removed(&share, "X10", Severity::External, &["evil"]);
    let rules = Ruleset::from_toml("links = \"web\"").expect("rules");
    match disarm(&web.build(), "a.xls", &rules, &Limits::default(), &Secrets::none()) {
        Outcome::Clean { rebuilt, .. } => {
            assert!(everything(&rebuilt).contains("https://www.example.lg.jp/"))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn o32_hidden_rows_and_sheets_are_kept_and_told() {
    let row = [words(&[0, 0, 1, 300, 0, 0]), 0x0000_0120_u32.to_le_bytes().to_vec()].concat();
    let book = one(plain().record(0x0208, row)).sheet(Sheet::new("裏").state(1).label(0, 0, "秘"));
    let all = assert_removed(&book, "O32", Severity::Hidden, &[]);
    assert!(all.contains("秘") && all.contains("hidden=\"1\""));
}

/// One shape in a drawing: geometry and properties.
fn shape(geometry: u16, properties: &[(u16, u32)]) -> Vec<u8> {
    let record = |head: u16, kind: u16, body: Vec<u8>| {
        let mut out = words(&[head, kind]);
        out.extend(u32::try_from(body.len()).expect("small").to_le_bytes());
        out.extend(body);
        out
    };
    let mut table = Vec::new();
    for (id, value) in properties {
        table.extend(id.to_le_bytes());
        table.extend(value.to_le_bytes());
    }
    let count = u16::try_from(properties.len()).expect("few");
    let one = [
        record(geometry << 4 | 2, 0xF00A, vec![0; 8]),
        record(count << 4 | 3, 0xF00B, table),
        record(0, 0xF010, words(&[0, 1, 0, 1, 0, 4, 512, 5, 128])),
        record(0, 0xF011, Vec::new()),
    ]
    .concat();
    let sheet = record(0x0F, 0xF004, record(2, 0xF00A, vec![0; 8]));
    record(0x0F, 0xF002, record(0x0F, 0xF003, [sheet, record(0x0F, 0xF004, one)].concat()))
}

#[test]
fn o28_pictures_are_rebuilt_and_metafiles_replaced() {
    // A black pixel as a bitmap without file header, in the store of pictures.
    let dib =
        [vec![40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24, 0], vec![0; 24], vec![0, 0, 0, 0]].concat();
    let record = |head: u16, kind: u16, body: Vec<u8>| {
        let mut out = words(&[head, kind]);
        out.extend(u32::try_from(body.len()).expect("small").to_le_bytes());
        out.extend(body);
        out
    };
    let blip = record(0x7A80, 0xF01F, [vec![0; 17], dib, b"<?php evil".to_vec()].concat());
    let entry = record(0x0072, 0xF007, [vec![0; 36], blip].concat());
    let metafile = record(
        0x3D40,
        0xF01A,
        [vec![0; 16], vec![0; 32], vec![0xFE, 0xFE], vec![1, 0, 0, 0], vec![0; 60]].concat(),
    );
    let entry2 = record(0x0022, 0xF007, [vec![0; 36], metafile].concat());
    let store = record(0x0F, 0xF000, record(0x2F, 0xF001, [entry, entry2].concat()));
    let object = |id: u16| [words(&[0x15, 18, 8, id]), vec![0; 14], words(&[0, 0])].concat();
    let sheet = plain().record(0x00EC, shape(75, &[(0x4104, 1)])).record(0x005D, object(1));
    let (rebuilt, _) = clean(&one(sheet).after_sheets(0x00EB, store.clone()).build(), "a.xls");
    let all = everything(&rebuilt);
    assert!(all.contains("media/image1.png") && all.contains("<xdr:pic>"), "{all}");
    assert!(!all.contains("evil"));
    let sheet = plain().record(0x00EC, shape(75, &[(0x4104, 2)])).record(0x005D, object(1));
    assert_removed(&one(sheet).after_sheets(0x00EB, store), "O28", Severity::Simplified, &[]);
}

#[test]
fn shapes_and_their_words_survive() {
    let object = [words(&[0x15, 18, 6, 1]), vec![0; 14], words(&[0, 0])].concat();
    let sheet = plain()
        .record(0x00EC, shape(3, &[(0x0181, 0x00FF_0000), (0x01CB, 19_050)]))
        .record(0x005D, object)
        .record(0x01B6, words(&[0x0024, 0, 0, 0, 0, 2, 16, 0, 0]))
        .record(0x003C, [vec![1], words(&[0x5370, 0x9451])].concat())
        .record(0x003C, words(&[0, 5, 0, 0, 2, 0, 0, 0]));
    let mut raised = font("ＭＳ 明朝", 180, 400);
    raised[8] = 1;
    let (rebuilt, report) = clean(&one(sheet).global(0x0031, raised).build(), "a.xls");
    let all = everything(&rebuilt);
    for wanted in [
        "prst=\"ellipse\"",
        "0000FF",
        "w=\"19050\"",
        "印鑑",
        "anchor=\"ctr\"",
        "algn=\"ctr\"",
        "vertOverflow=\"clip\"",
        "sz=\"900\" baseline=\"30000\"",
    ] {
        assert!(all.contains(wanted), "{wanted} is missing in {all}");
    }
    assert!(report.items.iter().all(|i| i.severity == Severity::Note), "{:#?}", report.items);
}

#[test]
fn lines_and_boxes_without_a_drawing_layer_are_drawn() {
    // As Excel 5 kept them: number, kind, place, no macro, then what each kind has.
    let object = |kind: u16, rest: &[u8]| {
        let head = words(&[1, 0, kind, 1, 0x0402, 1, 512, 2, 0, 3, 0, 4, 128, 0]);
        [head, vec![0; 6], rest.to_vec()].concat()
    };
    let sheet = plain()
        .record(0x005D, object(1, &[10, 1, 2, 0, 0, 0, 1, 0]))
        .record(0x005D, object(2, &[9, 11, 1, 0, 12, 0, 1, 0, 0, 0]))
        .record(0x005D, object(1, &[10, 5, 2, 0, 0, 0, 0, 0]));
    // The right edge of the second column is the left one of the third.
    let edge = [
        words(&[1, 0, 1, 1, 0x0402, 1, 1024, 2, 256, 3, 0, 4, 128, 0]),
        vec![0; 6],
        vec![10, 0, 0, 0, 0, 0, 0, 0],
    ];
    let sheet = sheet.record(0x005D, edge.concat());
    let (rebuilt, report) = clean(&one(sheet).build(), "a.xls");
    let all = everything(&rebuilt);
    for wanted in [
        "<xdr:col>1</xdr:col><xdr:colOff>400050</xdr:colOff><xdr:row>2</xdr:row>",
        "<xdr:col>2</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>3</xdr:row><xdr:rowOff>0</xdr:rowOff>",
        "<a:xfrm flipH=\"1\">",
        "<a:ln w=\"19050\"><a:solidFill><a:srgbClr val=\"FF0000\"/></a:solidFill><a:prstDash val=\"dash\"/></a:ln>",
        "<a:solidFill><a:srgbClr val=\"00FF00\"/></a:solidFill><a:ln w=\"9525\"><a:solidFill><a:srgbClr val=\"0000FF\"/>",
        "<a:ln><a:noFill/></a:ln>",
        // A hair line.
        "<a:ln w=\"0\"><a:solidFill><a:srgbClr val=\"FF0000\"/>",
    ] {
        assert!(all.contains(wanted), "{wanted} is missing in {all}");
    }
    assert_eq!(all.matches("prst=\"line\"").count(), 3);
    assert!(report.items.iter().all(|i| i.severity == Severity::Note), "{:#?}", report.items);
}

/// Encrypts everything that Excel encrypts, with a key stream byte for each position of the stream.
fn encrypt(records: &[u8], pass: &[u8], pad: impl Fn(usize, usize, u8) -> u8) -> Vec<u8> {
    let info = [words(&[0x002F, u16::try_from(pass.len()).expect("short")]), pass.to_vec()].concat();
    let shift = u32::try_from(info.len()).expect("small");
    let mut out = [&records[..20], &info, &records[20..]].concat();
    let mut at = 0;
    while at + 4 <= out.len() {
        let id = u16::from_le_bytes([out[at], out[at + 1]]);
        let len = usize::from(u16::from_le_bytes([out[at + 2], out[at + 3]]));
        let mut from = at + 4;
        if id == 0x0085 {
            let offset = u32::from_le_bytes([out[from], out[from + 1], out[from + 2], out[from + 3]]) + shift;
            out[from..from + 4].copy_from_slice(&offset.to_le_bytes());
            from += 4;
        }
        if id != 0x0809 && id != 0x002F {
            (from..at + 4 + len).for_each(|i| out[i] = pad(i, len, out[i]));
        }
        at += 4 + len;
    }
    out
}

fn rc4(key: &[u8], len: usize) -> Vec<u8> {
    let mut s: Vec<u8> = (0..=255).collect();
    let mut j = 0_usize;
    for i in 0..256 {
        j = (j + usize::from(s[i]) + usize::from(key[i % key.len()])) % 256;
        s.swap(i, j);
    }
    let (mut i, mut j) = (0_usize, 0_usize);
    (0..len)
        .map(|_| {
            i = (i + 1) % 256;
            j = (j + usize::from(s[i])) % 256;
            s.swap(i, j);
            s[(usize::from(s[i]) + usize::from(s[j])) % 256]
        })
        .collect()
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

fn utf16(password: &str) -> Vec<u8> {
    words(&password.encode_utf16().collect::<Vec<_>>())
}

/// RC4 with a 40-bit key.
fn rc4_40(records: &[u8], password: &str) -> Vec<u8> {
    let (salt, verifier) = ([7_u8; 16], [9_u8; 16]);
    let short = Md5::digest(utf16(password))[..5].to_vec();
    let base = Md5::digest([short.as_slice(), &salt].concat().repeat(16))[..5].to_vec();
    let key = |block: u32| Md5::digest([base.as_slice(), &block.to_le_bytes()].concat()).to_vec();
    let check = xor(&[verifier.to_vec(), Md5::digest(verifier).to_vec()].concat(), &rc4(&key(0), 32));
    let pass = [words(&[1, 1, 1]), salt.to_vec(), check].concat();
    let blocks: Vec<Vec<u8>> = (0..64).map(|b| rc4(&key(b), 1024)).collect();
    encrypt(records, &pass, |i, _, byte| byte ^ blocks[i / 1024][i % 1024])
}

/// RC4 through CryptoAPI with 128 bits.
fn crypto_api(records: &[u8], password: &str) -> Vec<u8> {
    let (salt, verifier) = ([3_u8; 16], [5_u8; 16]);
    let base = Sha1::digest([salt.as_slice(), &utf16(password)].concat()).to_vec();
    let key = |block: u32| Sha1::digest([base.as_slice(), &block.to_le_bytes()].concat())[..16].to_vec();
    let check = xor(&[verifier.to_vec(), Sha1::digest(verifier).to_vec()].concat(), &rc4(&key(0), 36));
    let header = words(&[4, 0, 0, 0, 0x6801, 0, 0x8004, 0, 128, 0, 1, 0, 0, 0, 0, 0]);
    let pass = [
        words(&[1, 2, 2, 4, 0, 32, 0]),
        header,
        words(&[16, 0]),
        salt.to_vec(),
        check[..16].to_vec(),
        words(&[20, 0]),
        check[16..].to_vec(),
    ]
    .concat();
    let blocks: Vec<Vec<u8>> = (0..64).map(|b| rc4(&key(b), 1024)).collect();
    encrypt(records, &pass, |i, _, byte| byte ^ blocks[i / 1024][i % 1024])
}

/// XOR obfuscation, with the key that the format derives from nothing but itself here.
fn obfuscated(records: &[u8], password: &str) -> Vec<u8> {
    const PAD: [u8; 15] = [0xBB, 0xFF, 0xFF, 0xBA, 0xFF, 0xFF, 0xB9, 0x80, 0, 0xBE, 0x0F, 0, 0xBF, 0x0F, 0];
    let key = [0x5A, 0xC3];
    let mut verifier = 0_u16;
    let len = u8::try_from(password.len()).expect("short");
    for byte in password.bytes().rev().chain([len]) {
        verifier = (verifier >> 14 & 1 | verifier << 1 & 0x7FFF) ^ u16::from(byte);
    }
    let array: Vec<u8> = password
        .bytes()
        .chain(PAD)
        .take(16)
        .enumerate()
        .map(|(i, b)| (b ^ key[i % 2]).rotate_right(1))
        .collect();
    let pass = [words(&[0]), key.to_vec(), words(&[verifier ^ 0xCE4B])].concat();
    // MS-OFFCRYPTO 2.3.7.2: turned by five to the left, then combined.
    encrypt(records, &pass, |i, len, byte| byte.rotate_left(5) ^ array[(i + len) % 16])
}

#[test]
fn l07_passwords_built_in_supplied_and_missing() {
    let records = one(Sheet::new("表").label(0, 0, "本文").label(1, 0, &"長い".repeat(900))).records();
    for (name, lock) in
        [("rc4", rc4_40 as fn(&[u8], &str) -> Vec<u8>), ("api", crypto_api), ("xor", obfuscated)]
    {
        let open = |locked: &[u8], secrets: &Secrets| {
            disarm(&compound(locked, &[]), "a.xls", &Ruleset::default(), &Limits::default(), secrets)
        };
        // "VelvetSweatshop" has sixteen letters less one; XOR allows fifteen.
        match open(&lock(&records, "VelvetSweatshop"), &Secrets::none()) {
            Outcome::Clean { rebuilt, report } => {
                assert!(everything(&rebuilt).contains("本文"), "{name}");
                assert!(report.items.iter().any(|i| i.threat.id() == "L07"), "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
        let locked = lock(&records, "himitsu1");
        assert!(matches!(open(&locked, &Secrets::none()), Outcome::NeedsPassword { .. }), "{name}");
        let wrong = Secrets::new(["ちがう".to_owned()]);
        assert!(matches!(open(&locked, &wrong), Outcome::NeedsPassword { .. }), "{name}");
        let right = Secrets::new(["ちがう".to_owned(), "himitsu1".to_owned()]);
        assert!(matches!(open(&locked, &right), Outcome::Clean { .. }), "{name}");
    }
}

#[test]
fn x01_a_workbook_by_another_name() {
    let (_, report) = clean(&one(plain()).build(), "見積.pdf");
    assert!(report.items.iter().any(|i| i.threat.id() == "X01"));
    assert_eq!(report.detected, Kind::OldExcel);
}

#[test]
fn x04_fuel_runs_out() {
    let many = (0..2_000).fold(Sheet::new("表"), |sheet, i| sheet.number(i, 0, 1.0));
    let bytes = one(many).build();
    for limits in
        [Limits { objects: 500, ..Limits::default() }, Limits { output_bytes: 20_000, ..Limits::default() }]
    {
        match disarm(&bytes, "a.xls", &Ruleset::default(), &limits, &Secrets::none()) {
            Outcome::Blocked { reason: Refusal::Limit(_), .. } => {}
            other => panic!("{other:?}"),
        }
    }
}
