//! Archives written entry by entry: names in several encodings, sizes and sums before or behind the data, fields that
//! the directory and the entry say differently, archives and documents inside.

use std::io::Write as _;

use proptest::prelude::*;

use crate::pieces::{Choices, cases, holds, rules};

const NAMES: &[&[u8]] = &[
    b"a.txt",
    b"b.csv",
    b"dir/a.txt",
    b"v1.0/README",
    b"v1.0/.txt",
    b"a..csv",
    b".csv",
    b"CON.csv",
    b"com1",
    b"a.text",
    b"a/b",
    b"v1. /.. /a.tsv",
    b"\xe3\x80\x80.txt\xe3\x80\x80",
    b"LPT1 .txt",
    b"dir/",
    b"../a.txt",
    b"/a.txt",
    b"C:\\a.txt",
    b"dir\\b.txt",
    b"a.txt.",
    b"a.txt ",
    b"CON",
    b"nul.txt",
    b"a:b.txt",
    b"A.TXT",
    b"a\0.txt",
    b"a.exe",
    b"a",
    b"",
    b".",
    b"..",
    b"__MACOSX/._a.txt",
    b"Thumbs.db",
    b".DS_Store",
    b"dir/./a.txt",
    b"//x//y.txt",
    b"a.zip",
    b"a.docx",
    b"a.png",
    b"a.jpg",
    b"[Content_Types].xml",
    b"mimetype",
    b"\x95\x5c.txt",
    b"\x83\x65\x83\x58\x83\x67.csv",
    b"\xb1\xb2.txt",
    "表.txt".as_bytes(),
    "か\u{3099}.txt".as_bytes(),
    "が.txt".as_bytes(),
    "a\u{202e}txt.csv".as_bytes(),
    "ａ.txt".as_bytes(),
    b"\xff\xfe.txt",
    b"\xf0\x40.txt",
    b"a\nb.txt",
    b"a\"<>|?*.txt",
    b"a.txt.\xe5\x8f\x96\xe3\x82\x8a\xe9\x99\xa4\xe3\x81\x8d\xe3\x81\xbe\xe3\x81\x97\xe3\x81\x9f.txt",
    b"a (2).txt",
];

fn content(depth: usize, choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.below(9) {
        0 => b"=cmd|x,1\r\n".to_vec(),
        1 => b"\x1b[31mred\0".to_vec(),
        2 => b"MZ\x90\0".to_vec(),
        3 => Vec::new(),
        4 => b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;"
            .to_vec(),
        5 => b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
        6 if depth > 0 => archive(depth - 1, choices),
        7 => "\u{feff}表,値\n".as_bytes().to_vec(),
        _ => b"words\n".to_vec(),
    }
}

fn archive(depth: usize, choices: &mut Choices<'_>) -> Vec<u8> {
    let (mut out, mut directory, count) = (Vec::new(), Vec::new(), choices.below(5));
    for _ in 0..count {
        let name = choices.one(NAMES);
        let plain = content(depth, choices);
        let mut crc = flate2::Crc::new();
        crc.update(&plain);
        let packs = choices.once_in(2);
        let data = if packs {
            let mut deflater = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            deflater.write_all(&plain).expect("memory");
            deflater.finish().expect("memory")
        } else {
            plain.clone()
        };
        let streamed = choices.once_in(6);
        let utf8 = u16::from(choices.once_in(3)) << 11;
        let flags = utf8
            | if streamed { 8 } else { 0 }
            | if choices.once_in(30) { choices.one(&[1_u16, 0x41, 0x2000]) } else { 0 };
        let method: u16 = if choices.once_in(40) {
            choices.one(&[12_u16, 14, 99, 9])
        } else if packs {
            8
        } else {
            0
        };
        let sizes =
            [crc.sum().to_le_bytes(), (data.len() as u32).to_le_bytes(), (plain.len() as u32).to_le_bytes()]
                .concat();
        let odd_name = choices.once_in(60);
        let extra: Vec<u8> = match choices.below(8) {
            0 => b"\x55\x54\x05\0\x01\0\0\0\0".to_vec(),
            1 => {
                // The name once more in UTF-8, with the sum of the one that it replaces.
                let mut of = flate2::Crc::new();
                of.update(name);
                let other = choices.one(&["表.txt", "a.txt", "b.exe"]);
                [
                    &b"up"[..],
                    &(other.len() as u16 + 5).to_le_bytes(),
                    &[1],
                    &(of.sum() ^ u32::from(choices.once_in(3))).to_le_bytes(),
                    other.as_bytes(),
                ]
                .concat()
            }
            2 => b"\x01\0\x08\0\0\0\0\0\0\0\0\0".to_vec(),
            _ => Vec::new(),
        };
        let head = |sizes: &[u8], extra: &[u8]| {
            [
                &20_u16.to_le_bytes()[..],
                &flags.to_le_bytes(),
                &method.to_le_bytes(),
                &[0, 0, 0x21, 0],
                sizes,
                &(name.len() as u16).to_le_bytes(),
                &(extra.len() as u16).to_le_bytes(),
            ]
            .concat()
        };
        let at = out.len() as u32;
        let before = if streamed && !choices.once_in(4) { vec![0; 12] } else { sizes.clone() };
        out.extend(
            [&b"PK\x03\x04"[..], &head(&before, &[]), if odd_name { b"" } else { name }, &data].concat(),
        );
        if streamed {
            out.extend([if choices.once_in(3) { &b""[..] } else { b"PK\x07\x08" }, &sizes].concat());
        }
        if choices.once_in(40) {
            out.extend(b"gap");
        }
        let attributes = choices.one(&[0_u32, 0, 0x10, 0xA1ED_0000, 0x41ED_0000, 0x81A4_0000]);
        directory.extend(
            [
                &b"PK\x01\x02"[..],
                &choices.one(&[20_u16, 0x0314, 0x0B14]).to_le_bytes(),
                &head(&sizes, &extra),
                &[0; 6],
                &attributes.to_le_bytes(),
                &at.to_le_bytes(),
                name,
                &extra,
            ]
            .concat(),
        );
    }
    let start = out.len() as u32;
    let said = if choices.once_in(40) { count + 1 } else { count } as u16;
    out.extend(&directory);
    out.extend(
        [
            &b"PK\x05\x06\0\0\0\0"[..],
            &said.to_le_bytes(),
            &said.to_le_bytes(),
            &(directory.len() as u32).to_le_bytes(),
            &start.to_le_bytes(),
        ]
        .concat(),
    );
    out.extend(choices.one(&[
        &b"\0\0"[..],
        b"\0\0",
        b"\0\0",
        b"\x04\0note",
        b"\0\0tail",
        b"\x09\0PK\x05\x06aaaaa",
    ]));
    out
}

proptest! {
    #![proptest_config(cases(6_000))]
    #[test]
    fn what_leaves_is_agreed_to(numbers in proptest::collection::vec(any::<u16>(), 1..120), open in any::<bool>()) {
        let file = archive(3, &mut Choices::new(&numbers));
        if let Err(error) = holds(&file, "a.zip", &rules(open)) {
            return Err(TestCaseError::fail(format!("{error}\n{}", file.escape_ascii())));
        }
    }
}
