//! ZIP archives (Z01-Z09, X03, X06, X07) and what protects their members.

#![allow(clippy::panic, reason = "a wrong outcome is a failed test")]

mod common;

use std::io::{Cursor, Write};

use common::{clean, docx, everything, run};
use sekisho_disarm::{
    Limits, MemberFailure, MemberState, Meter, Outcome, Refusal, Ruleset, Secrets, Severity, disarm,
};
use zip::{AesMode, CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, data) in members {
        zip.start_file(*name, SimpleFileOptions::default()).expect("entry");
        zip.write_all(data).expect("data");
    }
    zip.finish().expect("zip").into_inner()
}

fn names(zip: &[u8]) -> Vec<String> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).expect("zip");
    (0..archive.len())
        .map(|i| archive.by_index(i).expect("entry").name().unwrap_or_default().into_owned())
        .collect()
}

fn refusal(bytes: &[u8]) -> Refusal {
    match run(bytes, "a.zip") {
        Outcome::Blocked { reason, .. } => reason,
        other => panic!("not blocked: {other:?}"),
    }
}

/// Replaces a name of the same length in local and central headers.
fn rename(mut zip: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    while let Some(at) = zip.windows(old.len()).position(|w| w == old) {
        zip[at..at + old.len()].copy_from_slice(new);
    }
    zip
}

#[test]
fn members_are_rebuilt_by_their_own_kind_at_any_depth() {
    let macro_enabled =
        docx("<w:p/>").main_type("application/vnd.ms-word.document.macroEnabled.main+xml").build();
    let inner = archive(&[("申請.docm", &macro_enabled)]);
    let (rebuilt, report) = clean(&archive(&[("回覧/中身.zip", &inner), ("README", b"text\n")]), "a.zip");
    assert_eq!(names(&rebuilt), ["回覧/中身.zip", "README"]);
    assert_eq!(report.members.len(), 3, "{:?}", report.members);
}

#[test]
fn a_folder_with_a_dot_gives_its_files_no_extension() {
    let (rebuilt, _) = clean(&archive(&[("v1.0/README", b"text\n")]), "a.zip");
    assert_eq!(names(&rebuilt), ["v1.0/README"]);
}

#[test]
fn z01_x06_names_stay_inside_and_show_what_they_are() {
    let (rebuilt, report) = clean(
        &archive(&[("../../etc/a.txt", b"a"), ("CON.txt", b"b"), ("x\u{202E}txt.b.txt", b"c")]),
        "a.zip",
    );
    assert_eq!(names(&rebuilt), ["etc/a.txt", "_CON.txt", "xtxt.b.txt"]);
    let has = |id: &str, severity| report.items.iter().any(|i| i.threat.id() == id && i.severity == severity);
    assert!(has("Z01", Severity::Active) && has("X06", Severity::Hidden), "{:?}", report.items);
}

#[test]
fn z02_two_directories_of_contents_are_refused() {
    let mut twice = archive(&[("a.txt", b"harmless")]);
    twice.extend(archive(&[("a.txt", b"other")]));
    assert!(matches!(refusal(&twice), Refusal::Ambiguous { .. }));
    let prepended: Vec<u8> = b"PK\x03\x04junk".iter().copied().chain(archive(&[("a.txt", b"a")])).collect();
    assert!(matches!(refusal(&prepended), Refusal::Ambiguous { .. }));
    let differing = archive(&[("a.txt", b"a")]);
    let at = differing.windows(5).position(|w| w == b"a.txt").expect("local name");
    let mut differing = differing;
    differing[at] = b'b';
    assert!(matches!(refusal(&differing), Refusal::Ambiguous { .. }));
}

/// The signature of an end record is four bytes like any others: in a member that is not packed, or in a comment.
#[test]
fn z02_a_signature_alone_is_no_end_of_an_archive() {
    let fake = [&b"PK\x05\x06"[..], &[b'A'; 40]].concat();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("a.txt", stored).expect("entry");
    zip.write_all(&[b"words ", &fake[..]].concat()).expect("data");
    let zip = zip.finish().expect("zip").into_inner();
    let (rebuilt, report) = clean(&zip, "a.zip");
    assert_eq!((names(&rebuilt), report.members.len()), (vec!["a.txt".to_owned()], 1));

    let mut commented = archive(&[("a.txt", b"words")]);
    let end = commented.len() - 22;
    commented[end + 20] = u8::try_from(fake.len()).expect("short");
    commented.extend(&fake);
    assert_eq!(names(&clean(&commented, "a.zip").0), ["a.txt"]);
    // Behind the comment it is what a reader from the end would believe.
    commented[end + 20] = 2;
    assert!(matches!(refusal(&commented), Refusal::Ambiguous { .. }));
}

/// An OpenDocument file begins with its type: no other archive may come to begin so.
#[test]
fn x06_an_archive_does_not_become_another_kind_of_file() {
    let type_behind_litter =
        archive(&[("__MACOSX/._a.txt", b"x"), ("mimetype", b"application/vnd.oasis.opendocument.text")]);
    assert!(matches!(refusal(&type_behind_litter), Refusal::Ambiguous { .. }));
}

#[test]
fn z03_bombs_run_out_of_fuel() {
    let zeros = vec![0; 40 << 20];
    assert_eq!(refusal(&archive(&[("a.txt", &zeros)])), Refusal::Limit(Meter::Ratio));
    let mut nested = archive(&[("a.txt", b"a")]);
    for _ in 0..6 {
        nested = archive(&[("a.zip", &nested)]);
    }
    assert_eq!(refusal(&nested), Refusal::Limit(Meter::Depth));
}

/// Two entries of the directory that lead to the same bytes: a small file that unpacks to a large one.
#[test]
fn x04_members_that_share_bytes_are_refused() {
    let mut zip = archive(&[("a.txt", b"harmless")]);
    let start = zip.windows(4).position(|w| w == b"PK\x01\x02").expect("directory");
    let end = zip.windows(4).position(|w| w == b"PK\x05\x06").expect("end");
    let entry = zip[start..end].to_vec();
    zip.splice(end..end, entry.iter().copied());
    let end = end + entry.len();
    zip[end + 8..end + 12].copy_from_slice(&[2, 0, 2, 0]);
    let size = u32::try_from(2 * entry.len()).expect("small").to_le_bytes();
    zip[end + 12..end + 16].copy_from_slice(&size);
    assert!(matches!(refusal(&zip), Refusal::Ambiguous { .. }));
    assert!(run(&zip, "a.zip").report().items.iter().any(|i| i.threat.id() == "X04"));
}

fn locked(options: SimpleFileOptions) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("秘密.txt", options.compression_method(CompressionMethod::Deflated)).expect("entry");
    zip.write_all("合言葉の中身\n".as_bytes()).expect("data");
    zip.finish().expect("zip").into_inner()
}

#[test]
fn z04_passwords_open_members_and_missing_ones_are_asked_for() {
    for mode in [AesMode::Aes128, AesMode::Aes192, AesMode::Aes256] {
        let bytes = locked(SimpleFileOptions::default().with_aes_encryption(mode, "pass"));
        let Outcome::NeedsPassword { members, .. } = run(&bytes, "a.zip") else {
            panic!("opened without a password")
        };
        assert_eq!(members, ["秘密.txt"]);
        let secrets = Secrets::new(["wrong".to_owned(), "pass".to_owned()]);
        let outcome = disarm(&bytes, "a.zip", &Ruleset::default(), &Limits::default(), &secrets);
        let Outcome::Clean { rebuilt, .. } = outcome else { panic!("{mode:?}: {outcome:?}") };
        assert!(everything(&rebuilt).contains("合言葉の中身"));
    }
}

#[test]
fn z04_the_traditional_cipher_opens_too() {
    let bytes = traditional(b"secret\n", b"pass");
    assert!(matches!(run(&bytes, "a.zip"), Outcome::NeedsPassword { .. }));
    let secrets = Secrets::new(["pass".to_owned()]);
    let outcome = disarm(&bytes, "a.zip", &Ruleset::default(), &Limits::default(), &secrets);
    let Outcome::Clean { rebuilt, .. } = outcome else { panic!("{outcome:?}") };
    assert!(everything(&rebuilt).contains("secret"));
}

/// A stored member `a.txt` under the traditional cipher (APPNOTE 6.1), encrypted here.
fn traditional(plain: &[u8], password: &[u8]) -> Vec<u8> {
    let step = |crc: u32, b: u8| {
        (0..8).fold(crc ^ u32::from(b), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
    };
    let crc = !plain.iter().fold(!0, |c, b| step(c, *b));
    let mut keys = [0x1234_5678_u32, 0x2345_6789, 0x3456_7890];
    let update = |keys: &mut [u32; 3], b: u8| {
        keys[0] = step(keys[0], b);
        keys[1] = keys[1].wrapping_add(keys[0] & 0xFF).wrapping_mul(0x0808_8405).wrapping_add(1);
        keys[2] = step(keys[2], (keys[1] >> 24) as u8);
    };
    password.iter().for_each(|b| update(&mut keys, *b));
    let mut head = [7; 12];
    head[11] = (crc >> 24) as u8;
    let data: Vec<u8> = head
        .iter()
        .chain(plain)
        .map(|b| {
            let temp = (keys[2] | 2) & 0xFFFF;
            let cipher = b ^ (temp.wrapping_mul(temp ^ 1) >> 8) as u8;
            update(&mut keys, *b);
            cipher
        })
        .collect();
    let mut common = vec![20, 0, 1, 0, 0, 0, 0, 0, 0x21, 0];
    common.extend(crc.to_le_bytes());
    common.extend((data.len() as u32).to_le_bytes());
    common.extend((plain.len() as u32).to_le_bytes());
    common.extend([5, 0, 0, 0]);
    let mut out = [&b"PK\x03\x04"[..], &common, b"a.txt", &data].concat();
    let start = out.len() as u32;
    let central = [&b"PK\x01\x02\x14\0"[..], &common, &[0; 14], b"a.txt"].concat();
    out.extend(&central);
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend((central.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[test]
fn z05_shift_jis_names_are_read_and_written_as_utf8() {
    // 「表.txt」: the second byte of 表 is a backslash.
    let zip = rename(archive(&[("XX.txt", b"a")]), b"XX.txt", b"\x95\x5c.txt");
    let (rebuilt, report) = clean(&zip, "a.zip");
    assert_eq!(names(&rebuilt), ["表.txt"]);
    assert!(report.items.iter().any(|i| i.threat.id() == "Z05"));
    assert_eq!(report.threats(), 0);
}

#[test]
fn z08_x07_a_refused_member_stops_the_archive_or_leaves_a_note() {
    let bytes = archive(&[("起動.exe", b"MZ\x90\0"), ("説明.txt", b"ok")]);
    assert!(matches!(refusal(&bytes), Refusal::Member { .. }));
    let rules = Ruleset { member_failure: MemberFailure::Tombstone, ..Ruleset::default() };
    let outcome = disarm(&bytes, "a.zip", &rules, &Limits::default(), &Secrets::none());
    let Outcome::Clean { rebuilt, report } = outcome else { panic!("{outcome:?}") };
    assert_eq!(report.members_blocked, 1);
    assert_eq!(report.members[0].state, MemberState::Tombstone);
    assert_eq!(names(&rebuilt), ["起動.exe.取り除きました.txt", "説明.txt"]);
    assert!(report.items.iter().any(|i| i.threat.id() == "X07"));
}

#[test]
fn z09_litter_is_left_behind() {
    let (rebuilt, report) =
        clean(&archive(&[("__MACOSX/._a.txt", b"x"), ("Thumbs.db", b"y"), ("a.txt", b"z")]), "a.zip");
    assert_eq!(names(&rebuilt), ["a.txt"]);
    assert_eq!(report.threats(), 0);
}
