use crate::{Limits, Outcome, Report, Ruleset, Secrets, Threat, disarm};

fn clean(bytes: &[u8], name: &str, rules: &Ruleset) -> (Vec<u8>, Report) {
    match disarm(bytes, name, rules, &Limits::default(), &Secrets::none()) {
        Outcome::Clean { rebuilt, report } => (rebuilt, report),
        other => panic!("{name}: {other:?}"),
    }
}

fn run(bytes: &[u8], name: &str) -> (Vec<u8>, Report) {
    let (out, report) = clean(bytes, name, &Ruleset::default());
    let (again, second) = clean(&out, name, &Ruleset::default());
    assert!(again == out, "{name} is not a fixed point");
    assert_eq!(second.threats(), 0);
    let format = sekisho_disarm_check::Format::from_extension(name.split('.').next_back().unwrap()).unwrap();
    assert_eq!(sekisho_disarm_check::check(&out, format), Ok(vec![]));
    (out, report)
}

/// A smooth colour picture with some noise.
fn rgb(width: usize, height: usize) -> Vec<u8> {
    let mut seed = 7_u32;
    (0..width * height)
        .flat_map(|i| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = (i % width, i / width);
            [(x * 5) as u8, (y * 7) as u8, ((x + y) * 2 + (seed >> 30) as usize) as u8]
        })
        .collect()
}

fn jpeg(width: u16, height: u16, progressive: bool, factor: jpeg_encoder::SamplingFactor) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 80);
    encoder.set_progressive(progressive);
    encoder.set_sampling_factor(factor);
    encoder.set_restart_interval(if progressive { 0 } else { 3 });
    let pixels = rgb(width.into(), height.into());
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

fn decode_jpeg(data: &[u8]) -> Vec<u8> {
    zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(data)).decode().unwrap()
}

fn with_segments(jpeg: &[u8], segments: &[(u8, &[u8])]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    for (marker, body) in segments {
        out.extend([0xff, *marker]);
        out.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        out.extend(*body);
    }
    out.extend(&jpeg[2..]);
    out
}

fn says(report: &Report, threat: Threat) -> bool {
    report.items.iter().any(|i| i.threat == threat)
}

#[test]
fn i01_jpeg_keeps_every_pixel_and_nothing_else() {
    use jpeg_encoder::SamplingFactor as F;
    for (progressive, factor) in [(false, F::F_1_1), (false, F::F_2_2), (true, F::F_2_1), (true, F::F_1_1)] {
        let plain = jpeg(61, 43, progressive, factor);
        let exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x31\x01\x02\0\x04\0\0\0evil\0\0\0\0";
        let mut hostile =
            with_segments(&plain, &[(0xe1, exif), (0xfe, b"<?php"), (0xed, b"Photoshop 3.0\0")]);
        hostile.extend(b"PK\x03\x04 appended archive");
        let (out, report) = run(&hostile, "a.jpg");
        assert_eq!(decode_jpeg(&out), decode_jpeg(&plain));
        for secret in [&b"<?php"[..], b"evil", b"Photoshop", b"PK\x03\x04"] {
            assert!(!out.windows(secret.len()).any(|w| w == secret));
        }
        // Orientation 6 survives as the only Exif field.
        assert!(out.windows(6).any(|w| w == b"Exif\0\0"));
        assert!(says(&report, Threat::X03) && says(&report, Threat::I01), "{:?}", report.items);
        assert!(out.len() <= plain.len() + 60, "{} > {}", out.len(), plain.len());
    }
}

#[test]
fn i01_a_broken_jpeg_is_kept_up_to_the_damage_and_rubbish_is_refused() {
    let plain = jpeg(64, 64, false, jpeg_encoder::SamplingFactor::F_1_1);
    let (_, report) = run(&plain[..plain.len() * 2 / 3], "a.jpg");
    assert!(report.items.iter().any(|i| i.severity == crate::Severity::Simplified));
    let refused = disarm(&plain[..100], "a.jpg", &Ruleset::default(), &Limits::default(), &Secrets::none());
    assert!(matches!(refused, Outcome::Blocked { .. }));
}

#[test]
fn i01_the_pixel_rule_re_encodes() {
    let plain = jpeg(64, 48, false, jpeg_encoder::SamplingFactor::F_1_1);
    let rules = Ruleset { jpeg: crate::JpegRule::Pixels, ..Ruleset::default() };
    let (out, _) = clean(&plain, "a.jpg", &rules);
    let (a, b) = (decode_jpeg(&out), decode_jpeg(&plain));
    let error: u64 = a.iter().zip(&b).map(|(x, y)| u64::from(x.abs_diff(*y))).sum();
    assert!(error / (a.len() as u64) < 6);
}

fn png(color: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 8, 8);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(vec![255, 0, 0, 0, 255, 0, 0, 0, 255]);
        encoder.set_trns(vec![255, 128]);
    }
    encoder.add_text_chunk("Comment".into(), "<script>".into()).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    out
}

#[test]
fn i02_png_keeps_pixels_and_palette_only() {
    for (color, depth, len) in [
        (png::ColorType::Indexed, png::BitDepth::Two, 16),
        (png::ColorType::Grayscale, png::BitDepth::One, 8),
        (png::ColorType::Rgba, png::BitDepth::Eight, 256),
        (png::ColorType::Rgb, png::BitDepth::Sixteen, 384),
    ] {
        let data: Vec<u8> =
            (0..len).map(|i| if depth == png::BitDepth::Two { 0x24 } else { i as u8 }).collect();
        let mut input = png(color, depth, &data);
        input.extend(b"trailing");
        let (out, report) = run(&input, "a.png");
        assert!(!out.windows(8).any(|w| w == b"<script>" || w == b"trailing"));
        let mut reader = png::Decoder::new(std::io::Cursor::new(&out[..])).read_info().unwrap();
        let mut decoded = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut decoded).unwrap();
        assert_eq!(decoded, data);
        assert!(says(&report, Threat::X03) && says(&report, Threat::I02), "{:?}", report.items);
        assert_eq!(report.items.len(), 2, "{:?}", report.items);
    }
}

#[test]
fn i03_gif_keeps_frames_and_loop() {
    let mut input = Vec::new();
    {
        let mut encoder = gif::Encoder::new(&mut input, 4, 4, &[0, 0, 0, 255, 255, 255]).unwrap();
        encoder.set_repeat(gif::Repeat::Infinite).unwrap();
        for shade in [0, 1] {
            let frame = gif::Frame {
                width: 4,
                height: 4,
                delay: 10,
                buffer: vec![shade; 16].into(),
                ..Default::default()
            };
            encoder.write_frame(&frame).unwrap();
        }
        encoder.write_raw_extension(gif::AnyExtension(0xfe), &[b"alert(1)"]).unwrap();
    }
    input.extend(b"PK\x03\x04");
    let (out, report) = run(&input, "a.gif");
    assert!(!out.windows(8).any(|w| w == b"alert(1)"));
    assert!(out.windows(11).any(|w| w == b"NETSCAPE2.0"));
    assert!(says(&report, Threat::X03) && says(&report, Threat::I03), "{:?}", report.items);
    assert_eq!(report.items.len(), 2);
}

#[test]
fn i04_bmp_becomes_png_and_i05_tiff_keeps_its_pages() {
    let mut bmp = Vec::new();
    let encoder = ::image::codecs::bmp::BmpEncoder::new(&mut bmp);
    ::image::ImageEncoder::write_image(encoder, &rgb(9, 5), 9, 5, ::image::ExtendedColorType::Rgb8).unwrap();
    let (out, report) = clean(&bmp, "a.bmp", &Ruleset::default());
    assert!(out.starts_with(b"\x89PNG"));
    assert_eq!(report.output_extension.as_deref(), Some("png"));
    assert!(says(&report, Threat::I04), "{:?}", report.items);

    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut file).unwrap();
    for _ in 0..2 {
        let mut page = encoder.new_image::<tiff::encoder::colortype::RGB8>(20, 10).unwrap();
        page.encoder().write_tag(tiff::tags::Tag::ImageDescription, "<?php evil").unwrap();
        page.write_data(&rgb(20, 10)).unwrap();
    }
    let (out, report) = run(file.get_ref(), "a.tif");
    assert!(says(&report, Threat::I05), "{:?}", report.items);
    assert!(!out.windows(4).any(|w| w == b"evil"));
    let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(&out[..])).unwrap();
    for _ in 0..2 {
        assert!(
            matches!(decoder.read_image().unwrap(), tiff::decoder::DecodingResult::U8(d) if d == rgb(20, 10))
        );
        if decoder.more_images() {
            decoder.next_image().unwrap();
        }
    }
}

#[test]
fn x04_a_picture_bomb_is_refused_before_it_is_decoded() {
    let mut data = png(png::ColorType::Rgba, png::BitDepth::Eight, &[0; 256]);
    data[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let outcome = disarm(&data, "a.png", &Ruleset::default(), &Limits::default(), &Secrets::none());
    assert!(matches!(outcome, Outcome::Blocked { .. }));
}

/// A TIFF of one bilevel strip, eight pixels wide.
fn fax_tiff(compression: u16, fill_order: u16, strip: &[u8], rows: u16) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    let tags: [(u16, u16); 9] = [
        (256, 8),
        (257, rows),
        (258, 1),
        (259, compression),
        (262, 0),
        (266, fill_order),
        (273, 8 + 2 + 9 * 12 + 4),
        (278, rows),
        (279, u16::try_from(strip.len()).unwrap()),
    ];
    out.extend(9_u16.to_le_bytes());
    for (tag, value) in tags {
        out.extend([&tag.to_le_bytes()[..], &[3, 0, 1, 0, 0, 0], &value.to_le_bytes(), &[0, 0]].concat());
    }
    out.extend([0; 4]);
    out.extend(strip);
    out
}

/// Four white pixels are 1011, four black ones 011, the end of a line 000000000001.
#[test]
fn fax_pages_are_read_however_their_codes_are_written() {
    const END: &str = "000000000001";
    let bits = format!("{END}1011011{END}1011011{}00", END.repeat(6));
    let group3: Vec<u8> =
        bits.as_bytes().chunks(8).map(|b| b.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0'))).collect();
    let reversed: Vec<u8> = group3.iter().map(|b| b.reverse_bits()).collect();
    for (name, file) in [
        ("one-dimensional", fax_tiff(2, 1, &[0xB6, 0xB6], 2)),
        ("group 3", fax_tiff(3, 1, &group3, 2)),
        ("low bit first", fax_tiff(3, 2, &reversed, 2)),
    ] {
        let (out, _) = run(&file, "a.tif");
        let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(&out[..])).unwrap();
        assert!(
            matches!(decoder.read_image().unwrap(), tiff::decoder::DecodingResult::U8(d) if d == [0xF0, 0xF0]),
            "{name}"
        );
    }
}

/// A TIFF with `tags` (of one SHORT each), the colours of its palette (tag 320) and its strips, each a plane of one row.
fn colour_tiff(tags: &[(u16, u16)], map: &[u16], strips: &[&[u8]]) -> Vec<u8> {
    let mut tags: Vec<(u16, Vec<u16>)> = tags.iter().map(|(tag, value)| (*tag, vec![*value])).collect();
    if !map.is_empty() {
        tags.push((320, map.to_vec()));
    }
    tags.push((279, strips.iter().map(|s| u16::try_from(s.len()).unwrap()).collect()));
    let mut at = 10 + (tags.len() + 1) * 12 + 4;
    let mut starts = Vec::new();
    for strip in strips {
        starts.push(u16::try_from(at).unwrap());
        at += strip.len();
    }
    tags.push((273, starts));
    tags.sort_unstable();
    let (mut out, mut behind) = (b"II*\0\x08\0\0\0".to_vec(), strips.concat());
    let first = at - behind.len();
    out.extend(u16::try_from(tags.len()).unwrap().to_le_bytes());
    for (tag, values) in tags {
        let count = u32::try_from(values.len()).unwrap();
        let mut value: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        if value.len() > 4 {
            let place = u32::try_from(first + behind.len()).unwrap().to_le_bytes();
            behind.append(&mut value);
            value.extend(place);
        }
        value.resize(4, 0);
        out.extend([&tag.to_le_bytes()[..], &[3, 0], &count.to_le_bytes(), &value].concat());
    }
    out.extend([0; 4]);
    out.extend(behind);
    out
}

#[test]
fn palettes_planes_and_grey_with_alpha_of_a_tiff_keep_their_colours() {
    let tags = |interpretation: u16, bits: u16, samples: u16, planes: u16, more: &[(u16, u16)]| {
        let fixed = [
            (256, 2),
            (257, 1),
            (258, bits),
            (259, 1),
            (262, interpretation),
            (277, samples),
            (278, 1),
            (284, planes),
        ];
        [&fixed[..], more].concat()
    };
    let (out, _) = run(&colour_tiff(&tags(1, 16, 1, 1, &[]), &[], &[&[0x34, 0x12, 0xCD, 0xAB]]), "a.tif");
    let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(&out[..])).unwrap();
    let sixteen = decoder.read_image().unwrap();
    assert!(
        matches!(sixteen, tiff::decoder::DecodingResult::U16(d) if d == [0x1234, 0xABCD]),
        "sixteen bits"
    );
    // Red, green, blue and white of sixteen: all reds, then all greens, then all blues.
    let colours = [[0xFF00, 0, 0, 0xFF00], [0, 0xFF00, 0, 0xFF00], [0, 0, 0xFF00, 0xFF00]];
    let map: Vec<u16> = colours.iter().flat_map(|plane| [&plane[..], &[0; 12]].concat()).collect();
    for (name, file, wanted) in [
        ("a palette", colour_tiff(&tags(3, 4, 1, 1, &[]), &map, &[&[0x12]]), &[0, 255, 0, 0, 0, 255][..]),
        (
            "grey with alpha",
            colour_tiff(&tags(1, 8, 2, 1, &[(338, 2)]), &[], &[&[10, 200, 30, 255]]),
            &[10, 200, 30, 255][..],
        ),
        (
            "planes",
            colour_tiff(&tags(2, 8, 3, 2, &[]), &[], &[&[1, 2], &[3, 4], &[5, 6]]),
            &[1, 3, 5, 2, 4, 6][..],
        ),
    ] {
        let (out, _) = run(&file, "a.tif");
        let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(&out[..])).unwrap();
        assert!(
            matches!(decoder.read_image().unwrap(), tiff::decoder::DecodingResult::U8(d) if d == wanted),
            "{name}"
        );
    }
}

#[test]
fn a_frame_without_pixels_is_left_out_of_a_gif() {
    // Interlaced, or the decoder stops at the second one.
    let frame = |height: u8, data: &[u8]| [&[0x2C, 0, 0, 0, 0, 1, 0, height, 0, 0x40, 2][..], data].concat();
    let dot = [2, 0x44, 0x01, 0];
    let head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    let (out, report) =
        run(&[&head[..], &frame(1, &dot), &frame(0, &[1, 0x2C, 0]), &frame(1, &dot), b";"].concat(), "a.gif");
    assert_eq!(out.iter().filter(|b| **b == 0x2C).count(), 2);
    assert!(report.items.iter().any(|i| i.severity == crate::Severity::Simplified), "{:?}", report.items);
}

/// One colour of a picture without alpha can be transparent; it is written in two bytes a sample, whatever the depth.
#[test]
fn the_transparent_colour_of_a_png_stays() {
    for (color, trns, data) in [
        (png::ColorType::Grayscale, &[0, 7][..], &[7, 8][..]),
        (png::ColorType::Rgb, &[0, 1, 0, 2, 0, 3], &[1, 2, 3, 4, 5, 6]),
    ] {
        let mut info = png::Info::with_size(2, 1);
        (info.color_type, info.bit_depth, info.trns) = (color, png::BitDepth::Eight, Some(trns.into()));
        let mut file = Vec::new();
        let mut writer = png::Encoder::with_info(&mut file, info).unwrap().write_header().unwrap();
        writer.write_image_data(data).unwrap();
        drop(writer);
        let (out, _) = run(&file, "a.png");
        let at = out.windows(4).position(|w| w == b"tRNS").expect("a transparent colour");
        assert_eq!(&out[at + 4..at + 4 + trns.len()], trns);
        assert_eq!(out[at - 1], u8::try_from(trns.len()).unwrap());
    }
}
