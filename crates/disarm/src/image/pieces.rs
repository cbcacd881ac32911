//! Pictures built out of chunks, segments, blocks and tags: in order and not, once and twice, with the fields that
//! decoders differ about.

use std::io::Write as _;

use proptest::prelude::*;

use crate::pieces::{Choices, cases, holds, rules};

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(data).expect("memory");
    out.finish().expect("memory")
}

fn bytes(count: usize, choices: &mut Choices<'_>) -> Vec<u8> {
    (0..count).map(|_| choices.below(256) as u8).collect()
}

fn png(choices: &mut Choices<'_>) -> Vec<u8> {
    let (width, height) = (1 + choices.below(6), 1 + choices.below(4));
    let (colour, samples) = choices.one(&[(0_u8, 1), (2, 3), (3, 1), (4, 2), (6, 4)]);
    let depth = choices.one(&[8_u8, 1, 2, 4, 16]);
    let row = (width * samples * usize::from(depth)).div_ceil(8);
    let mut rows = Vec::new();
    for _ in 0..height * 2 {
        rows.push(choices.below(5) as u8);
        rows.extend(bytes(row, choices));
    }
    let pixels = deflated(&rows);
    let mut head =
        [&(width as u32).to_be_bytes()[..], &(height as u32).to_be_bytes(), &[depth, colour, 0, 0]].concat();
    head.push(u8::from(choices.once_in(6)));
    let mut chunks: Vec<([u8; 4], Vec<u8>)> = vec![(*b"IHDR", head)];
    let more = |chunks: &mut Vec<([u8; 4], Vec<u8>)>, choices: &mut Choices<'_>| {
        for _ in 0..choices.below(4) {
            let name = choices.one(&[
                b"PLTE", b"tRNS", b"pHYs", b"gAMA", b"sRGB", b"cHRM", b"sBIT", b"bKGD", b"tEXt", b"zTXt",
                b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"tIME", b"hIST", b"xxXx", b"IHDR", b"IEND",
            ]);
            let data = match name {
                b"PLTE" => {
                    let count = choices.one(&[2, 1, 16, 256, 0]);
                    bytes(count * 3, choices)
                }
                b"pHYs" => choices
                    .one(&[
                        &b"\0\0\x0b\x13\0\0\x0b\x13\x01"[..],
                        b"\0\0\0\0\0\0\0\x01\0",
                        b"\xff\xff\xff\xff\0\0\0\x01\x02",
                    ])
                    .to_vec(),
                b"acTL" => vec![0, 0, 0, 2, 0, 0, 0, 0],
                b"fcTL" => [
                    &[0, 0, 0, 0][..],
                    &(width as u32).to_be_bytes(),
                    &(height as u32).to_be_bytes(),
                    &[0; 8],
                    &[0, 1, 0, 10, 0, 0],
                ]
                .concat(),
                b"iCCP" => [&b"p\0\0"[..], &deflated(b"profile")].concat(),
                _ => {
                    let count = choices.one(&[1, 2, 3, 4, 6, 12, 0]);
                    bytes(count, choices)
                }
            };
            chunks.push((*name, data));
        }
    };
    if colour == 3 && !choices.once_in(10) {
        chunks.push((*b"PLTE", bytes(choices.one(&[256, 16, 2]) * 3, choices)));
    }
    more(&mut chunks, choices);
    let cut = choices.below(pixels.len());
    chunks.push((*b"IDAT", pixels[..cut].to_vec()));
    if choices.once_in(12) {
        more(&mut chunks, choices);
    }
    chunks.push((*b"IDAT", pixels[cut..].to_vec()));
    more(&mut chunks, choices);
    chunks.push((*b"IEND", Vec::new()));
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in chunks {
        let mut crc = flate2::Crc::new();
        crc.update(&name);
        crc.update(&data);
        out.extend((data.len() as u32).to_be_bytes());
        out.extend([&name[..], &data, &crc.sum().to_be_bytes()].concat());
    }
    out
}

fn gif(choices: &mut Choices<'_>) -> Vec<u8> {
    let word = |v: usize| (v as u16).to_le_bytes();
    let size = [4, 0, 1, 9];
    let mut out = choices.one(&[b"GIF89a", b"GIF87a"]).to_vec();
    out.extend([word(choices.one(&size)), word(choices.one(&size))].concat());
    let table = choices.one(&[0x80_u8, 0, 0x87, 0xF1]);
    out.extend([table, choices.below(4) as u8, choices.below(3) as u8]);
    if table & 0x80 != 0 {
        out.extend(bytes(3 << ((table & 7) + 1), choices));
    }
    for _ in 0..choices.below(7) {
        match choices.below(6) {
            0 => out.extend([
                0x21,
                0xF9,
                4,
                choices.one(&[0, 1, 4, 9, 12, 31, 0xFF]),
                choices.below(3) as u8,
                0,
                choices.below(5) as u8,
                0,
            ]),
            1 => out.extend(b"\x21\xFE\x03abc\0"),
            2 => out.extend(
                [&b"\x21\xFF\x0bNETSCAPE2.0\x03\x01"[..], &word(choices.one(&[0, 1, 7])), &[0]].concat(),
            ),
            3 => out.extend(choices.one(&[
                &b"\x21\xFF\x0bXMP DataXMP\x01a\0"[..],
                b"\x21\x01\x0c\0\0\0\0\x01\0\x01\0\x01\x01\0\x01\x01a\0",
                b"\0",
                b"\x21\x99\x01a\0",
                b"\x3b",
            ])),
            _ => {
                let (width, height) = (choices.one(&[2, 1, 4, 0]), choices.one(&[2, 1, 4, 0]));
                out.push(0x2C);
                out.extend(
                    [word(choices.below(4)), word(choices.below(4)), word(width), word(height)].concat(),
                );
                let own = choices.one(&[0_u8, 0x80, 0x40, 0xC1, 0x20]);
                out.push(own);
                if own & 0x80 != 0 {
                    out.extend(bytes(3 << ((own & 7) + 1), choices));
                }
                let code = choices.one(&[2_u8, 2, 8, 1]);
                let pixels: Vec<u8> =
                    bytes(width * height, choices).iter().map(|b| b & ((1 << code) - 1) as u8).collect();
                let packed = weezl::encode::Encoder::new(weezl::BitOrder::Lsb, code.max(2))
                    .encode(&pixels)
                    .expect("codes");
                out.push(code);
                packed.chunks(255).for_each(|part| out.extend([&[part.len() as u8], part].concat()));
                out.push(0);
            }
        }
    }
    out.push(0x3B);
    out
}

fn jpeg(choices: &mut Choices<'_>) -> Vec<u8> {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor as F};
    let mut whole = Vec::new();
    let mut encoder = Encoder::new(&mut whole, choices.one(&[80, 10, 100]));
    encoder.set_progressive(choices.once_in(3));
    encoder.set_sampling_factor(choices.one(&[F::F_1_1, F::F_2_1, F::F_2_2, F::F_1_2, F::F_4_1]));
    encoder.set_restart_interval(choices.one(&[0, 1, 3]));
    let (width, height) = (1 + choices.below(20), 1 + choices.below(20));
    let (kind, samples) = choices.one(&[
        (ColorType::Rgb, 3),
        (ColorType::Luma, 1),
        (ColorType::Cmyk, 4),
        (ColorType::Ycck, 4),
        (ColorType::Ycbcr, 3),
    ]);
    encoder
        .encode(&bytes(width * height * samples, choices), width as u16, height as u16, kind)
        .expect("a picture");
    let is_marker = |two: &[u8]| two[0] == 0xFF && !matches!(two[1], 0 | 0xD0..=0xD7);
    // Segments: the last of each run of them holds the coded data behind its scan.
    let mut segments: Vec<Vec<u8>> = Vec::new();
    let mut at = 2;
    while at + 4 <= whole.len() && whole[at + 1] != 0xD9 {
        let mut end = at + 2 + usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]]));
        if whole[at + 1] == 0xDA {
            while end + 1 < whole.len() && !is_marker(&whole[end..end + 2]) {
                end += 1;
            }
        }
        segments.push(whole[at..end].to_vec());
        at = end;
    }
    for _ in 0..choices.below(5) {
        let place = choices.below(segments.len());
        match choices.below(8) {
            0 => segments.insert(place, segments[choices.below(segments.len())].clone()),
            1 if segments.len() > 1 => drop(segments.remove(place)),
            2 => segments.swap(place, 0),
            3 => {
                // One field of a header, not of the data.
                let field = 4 + choices.below(12);
                if let Some(byte) = segments[place].get_mut(field) {
                    *byte = choices.one(&[0, 1, 2, 4, 0x11, 0x22, 0x21, 8, 12, 63, 255]);
                }
            }
            4 => { let len = segments[place].len(); segments[place].truncate(len - len.min(choices.below(6))); }
            _ => segments.insert(place, choices.one(&[
                &b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"[..], b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01", b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x02",
                b"\xff\xe0\0\x10JFIF\0\x01\x02\x01\0\x48\0\x48\0\0", b"\xff\xe0\0\x10JFIF\0\x01\x02\0\0\0\0\0\0\0", b"\xff\xe0\0\x07JFXX\0",
                b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0", b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0",
                b"\xff\xe2\0\x10ICC_PROFILE\0\x01\x01", b"\xff\xfe\0\x04ab", b"\xff\xdd\0\x04\0\x01", b"\xff\xdd\0\x04\0\0", b"\xff\xdc\0\x04\0\x05", b"\xff\xff", b"\xff\xd0", b"\0", b"\xff\xd9",
                b"\xff\xcc\0\x04\0\0",
            ]).to_vec()),
        }
    }
    [
        &b"\xff\xd8"[..],
        &segments.concat(),
        choices.one(&[&b"\xff\xd9"[..], b"", b"\xff\xd9tail", b"\xff\xd9\xff\xd8\xff\xd9"]),
    ]
    .concat()
}

fn bmp(choices: &mut Choices<'_>) -> Vec<u8> {
    let size = choices.one(&[40_u32, 12, 52, 56, 64, 108, 124, 16]);
    let bits = choices.one(&[24_u16, 1, 4, 8, 16, 32, 0, 2]);
    let (width, height) = (choices.one(&[3_i32, 1, 8, 0]), choices.one(&[2_i32, 1, -2, 0]));
    let mut head = size.to_le_bytes().to_vec();
    if size == 12 {
        head.extend([width as u16, height as u16, 1, bits].iter().flat_map(|v| v.to_le_bytes()));
    } else {
        head.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
        head.extend([choices.one(&[1_u16, 1, 0]).to_le_bytes(), bits.to_le_bytes()].concat());
        let fields = [
            choices.one(&[0_u32, 0, 1, 2, 3, 4, 5, 6]),
            0,
            choices.one(&[2835, 0, 1 << 31]),
            2835,
            choices.one(&[0, 2, 300]),
            0,
        ];
        head.extend(fields.iter().flat_map(|v| v.to_le_bytes()));
        while head.len() < size as usize {
            head.extend(
                choices
                    .one(&[0xFF_u32, 0xFF00, 0xFF_0000, 0xFF00_0000, 0xF800, 0x7E0, 0x1F, 0, 1])
                    .to_le_bytes(),
            );
        }
    }
    let palette = choices.one(&[0, 8, 64, 1024]);
    let colours = bytes(palette, choices);
    let start = (14 + head.len() + choices.one(&[palette, palette, 0])) as u32;
    let data = bytes(choices.one(&[64, 24, 7]), choices);
    [&b"BM"[..], &[0; 8], &start.to_le_bytes(), &head, &colours, &data].concat()
}

fn tiff(choices: &mut Choices<'_>) -> Vec<u8> {
    let (width, height) = (1 + choices.below(9) as u32, 1 + choices.below(4) as u32);
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    let pages = 1 + choices.below(3);
    for page in 0..pages {
        let samples = choices.one(&[1_u32, 3, 4, 2]);
        let packing = choices.one(&[1_u32, 1, 5, 8, 32773, 3, 4, 2, 7, 32946]);
        let bits = choices.one(&[8_u32, 1, 16, 4, 32]);
        let raw = bytes((width * bits * samples).div_ceil(8) as usize * height as usize, choices);
        let data = match packing {
            5 => weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
                .encode(&raw)
                .expect("codes"),
            8 | 32946 => deflated(&raw),
            32773 => raw.chunks(128).flat_map(|part| [&[(part.len() - 1) as u8], part].concat()).collect(),
            _ => raw,
        };
        let mut tags: Vec<(u16, Vec<u32>)> = vec![
            (256, vec![width]),
            (257, vec![height]),
            (258, vec![bits; choices.one(&[samples as usize, 1])]),
            (259, vec![packing]),
            (262, vec![choices.one(&[1_u32, 0, 2, 3, 5, 6, 8, 4])]),
            (277, vec![samples]),
            (278, vec![height]),
            (279, vec![data.len() as u32]),
        ];
        for _ in 0..choices.below(5) {
            let tag = choices.one(&[
                266_u16, 274, 282, 283, 284, 296, 297, 317, 320, 338, 339, 292, 293, 254, 255, 322, 323, 324,
                325, 330, 34665, 34377, 700, 278, 530, 532,
            ]);
            let value = choices.one(&[1_u32, 2, 3, 6, 8, 0, 300]);
            tags.push((tag, vec![value; choices.one(&[1, 1, 2, 48])]));
        }
        let here = out.len();
        let behind = here + 2 + (tags.len() + 1) * 12 + 4;
        tags.push((273, vec![behind as u32]));
        if !choices.once_in(8) {
            tags.sort();
            tags.dedup_by_key(|(tag, _)| *tag);
        }
        let mut extra = data.clone();
        out.extend((tags.len() as u16).to_le_bytes());
        for (tag, values) in &tags {
            let rational = matches!(tag, 282 | 283);
            let (kind, mut value): (u16, Vec<u8>) = if rational {
                (5, [values[0].to_le_bytes(), 1_u32.to_le_bytes()].concat())
            } else {
                (4, values.iter().flat_map(|v| v.to_le_bytes()).collect())
            };
            let count = if rational { 1 } else { values.len() as u32 };
            if value.len() > 4 {
                let place = (behind + extra.len()) as u32;
                extra.append(&mut value);
                value.extend(place.to_le_bytes());
            }
            out.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat());
        }
        let fewer = (tags.len()..(behind - here - 6) / 12).map(|_| 12).sum::<usize>();
        let next = behind + extra.len();
        out.extend((if page + 1 < pages { next as u32 } else { choices.one(&[0, 0, 0, 8]) }).to_le_bytes());
        out.extend(vec![0; fewer]);
        out.extend(extra);
    }
    out
}

fn webp(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut whole = Vec::new();
    let pixels = bytes(4 * 3 * 2, choices);
    image_webp::WebPEncoder::new(&mut whole)
        .encode(&pixels, 3, 2, image_webp::ColorType::Rgba8)
        .expect("a picture");
    let picture = whole[12..].to_vec();
    let chunk = |name: &[u8; 4], data: &[u8]| {
        [&name[..], &(data.len() as u32).to_le_bytes(), data, &[0][..data.len() % 2]].concat()
    };
    let mut body = Vec::new();
    if choices.once_in(2) {
        body.extend(chunk(
            b"VP8X",
            &[choices.one(&[0x10, 0, 2, 0x3E, 0x12]), 0, 0, 0, choices.one(&[2, 0, 9]), 0, 0, 1, 0, 0],
        ));
    }
    for _ in 0..choices.below(4) {
        match choices.below(7) {
            0 => body.extend(chunk(b"ICCP", b"profile")),
            1 => body.extend(chunk(b"EXIF", b"II*\0\x08\0\0\0\0\0")),
            2 => body.extend(chunk(b"ANIM", &[1, 2, 3, 4, 0, 0])),
            3 => body.extend(chunk(
                b"ANMF",
                &[&[0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 10, 0, 0, choices.one(&[0, 1, 2, 3])], &picture[..]]
                    .concat(),
            )),
            4 => body.extend(chunk(b"ALPH", &[0, 1, 2, 3, 4, 5, 6])),
            5 => body.extend(chunk(choices.one(&[b"XMP ", b"zzzz", b"VP8 "]), b"abc")),
            _ => body.extend(&picture),
        }
    }
    body.extend(&picture);
    [
        &b"RIFF"[..],
        &((body.len() + 4) as u32).to_le_bytes(),
        b"WEBP",
        &body,
        choices.one(&[&b""[..], b"tail"]),
    ]
    .concat()
}

proptest! {
    #![proptest_config(cases(6_000))]
    #[test]
    fn what_leaves_is_agreed_to(
        numbers in proptest::collection::vec(any::<u16>(), 1..300),
        make in proptest::sample::select(&[png, gif, jpeg, bmp, tiff, webp][..]),
        change in proptest::option::weighted(0.1, (any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut file = make(&mut Choices::new(&numbers));
        if let Some((at, value)) = change {
            let at = at.index(file.len());
            file[at] = value;
        }
        if let Err(error) = holds(&file, "a.jpg", &rules(false)) {
            return Err(TestCaseError::fail(format!("{error}\n{}", hex::encode(&file))));
        }
    }
}
