//! Marker segments (T.81 annex B) down to coefficients.

use super::huffman::Decoder;
use super::scan::{self, ScanHeader};
use super::{Component, Jpeg, JpegError, MAX_COEFFICIENTS, MAX_SCANS};

/// What the scans share.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) dc: [Option<Decoder>; 4],
    pub(super) ac: [Option<Decoder>; 4],
    pub(super) restart_interval: usize,
    pub(super) progressive: bool,
}

/// Reads a JPEG file or a `DCTDecode` stream.
///
/// # Errors
/// Malformed headers, unsupported processes and limits. Damaged entropy-coded data is not an error: the
/// picture is kept up to there and [`Jpeg::damaged`] is set.
pub(crate) fn parse(data: &[u8]) -> Result<Jpeg, JpegError> {
    let mut at = data
        .windows(3)
        .take(1024)
        .position(|w| w == [0xff, 0xd8, 0xff])
        .ok_or(JpegError::Malformed("JPEG の先頭がありません"))?
        + 2;
    let mut jpeg = empty();
    let mut tables = Tables::default();
    let mut scans = 0;
    loop {
        let Some((marker, body_at)) = next_marker(data, at) else {
            jpeg.damaged = true;
            break;
        };
        match marker {
            0xd9 => {
                jpeg.trailing_bytes = data.len() - body_at;
                break;
            }
            0x01 | 0xd0..=0xd8 => at = body_at,
            _ => {
                let Some(body) = segment(data, body_at) else {
                    if scans == 0 {
                        return Err(JpegError::Malformed("JPEG が途中で切れています"));
                    }
                    jpeg.damaged = true;
                    break;
                };
                at = body_at + 2 + body.len();
                if marker == 0xda {
                    scans += 1;
                    if scans > MAX_SCANS {
                        return Err(JpegError::TooLarge);
                    }
                    let header = ScanHeader::parse(body, &jpeg, &tables)?;
                    at += scan::decode(&data[at..], &header, &mut jpeg, &tables)?;
                } else {
                    read_segment(marker, body, &mut jpeg, &mut tables)?;
                }
            }
        }
    }
    if scans == 0 {
        return Err(JpegError::Malformed("JPEG に画像のデータがありません"));
    }
    jpeg.normalise();
    Ok(jpeg)
}

fn empty() -> Jpeg {
    Jpeg {
        width: 0,
        height: 0,
        components: Vec::new(),
        quant: [None; 4],
        density: None,
        adobe: None,
        orientation: None,
        had_icc: false,
        dropped: Vec::new(),
        trailing_bytes: 0,
        damaged: false,
    }
}

/// The next marker code at or after `at` and the offset behind it; stray bytes are skipped (B.1.1.2).
fn next_marker(data: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        let found = data.get(at..)?.iter().position(|&b| b == 0xff)? + at;
        let mut code_at = found + 1;
        while *data.get(code_at)? == 0xff {
            code_at += 1;
        }
        if data[code_at] != 0 {
            return Some((data[code_at], code_at + 1));
        }
        at = code_at + 1;
    }
}

/// The body of the segment whose length field is at `at`.
fn segment(data: &[u8], at: usize) -> Option<&[u8]> {
    let len = usize::from(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]));
    data.get(at + 2..at + len.max(2))
}

fn read_segment(marker: u8, body: &[u8], jpeg: &mut Jpeg, tables: &mut Tables) -> Result<(), JpegError> {
    match marker {
        0xc0..=0xc2 => {
            tables.progressive = marker == 0xc2;
            read_frame(body, jpeg)
        }
        0xc4 => read_huffman(body, tables),
        0xdb => read_quant(body, jpeg),
        0xdd => match body {
            [a, b, ..] => {
                tables.restart_interval = usize::from(u16::from_be_bytes([*a, *b]));
                Ok(())
            }
            _ => Err(JpegError::Malformed("JPEG の再開間隔が正しくありません")),
        },
        0xc3 | 0xc5..=0xc7 => Err(JpegError::Unsupported("JPEG の可逆・階層方式")),
        0xc8..=0xcf => Err(JpegError::Unsupported("JPEG の算術符号")),
        0xdc => Err(JpegError::Unsupported("後から行数を告げる JPEG")),
        0xe0..=0xef | 0xfe => {
            read_application(marker, body, jpeg);
            Ok(())
        }
        _ => {
            note(jpeg, "unknown segment");
            Ok(())
        }
    }
}

fn note(jpeg: &mut Jpeg, what: &'static str) {
    if !jpeg.dropped.contains(&what) {
        jpeg.dropped.push(what);
    }
}

fn read_application(marker: u8, body: &[u8], jpeg: &mut Jpeg) {
    match marker {
        0xe0 if body.starts_with(b"JFIF\0") && body.len() >= 12 => {
            let at = |i: usize| u16::from_be_bytes([body[i], body[i + 1]]);
            let (unit, x, y) = (body[7].min(2), at(8), at(10));
            jpeg.density = Some(if x == 0 || y == 0 { (0, 1, 1) } else { (unit, x, y) });
            if body.len() > 14 {
                note(jpeg, "thumbnail");
            }
        }
        0xe1 if body.starts_with(b"Exif\0\0") => {
            let (orientation, minimal) = exif_orientation(&body[6..]);
            jpeg.orientation = orientation.or(jpeg.orientation);
            if !minimal {
                note(jpeg, "Exif");
            }
        }
        0xe1 => note(jpeg, "XMP"),
        0xe2 if body.starts_with(b"ICC_PROFILE\0") => {
            jpeg.had_icc = true;
        }
        0xed => note(jpeg, "Photoshop"),
        0xee if body.starts_with(b"Adobe") && body.len() >= 12 => jpeg.adobe = Some(body[11].min(2)),
        0xfe => note(jpeg, "comment"),
        _ => note(jpeg, "application segment"),
    }
}

/// Orientation (tag 0x0112) of the first image directory, and whether the block holds nothing else.
fn exif_orientation(tiff: &[u8]) -> (Option<u8>, bool) {
    let find = || -> Option<(Option<u8>, bool)> {
        let little = match tiff.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let u16_at = |i: usize| -> Option<u16> {
            let b = tiff.get(i..i + 2)?;
            Some(if little { u16::from_le_bytes([b[0], b[1]]) } else { u16::from_be_bytes([b[0], b[1]]) })
        };
        let u32_at = |i: usize| -> Option<u32> {
            let (a, b) = (u32::from(u16_at(i)?), u32::from(u16_at(i + 2)?));
            Some(if little { b << 16 | a } else { a << 16 | b })
        };
        let ifd = usize::try_from(u32_at(4)?).ok()?;
        let count = usize::from(u16_at(ifd)?);
        let mut orientation = None;
        for i in 0..count.min(256) {
            let entry = ifd + 2 + i * 12;
            if u16_at(entry)? == 0x0112 {
                let value = u8::try_from(u16_at(entry + 8)?).ok()?;
                orientation = (2..=8).contains(&value).then_some(value);
            }
        }
        Some((orientation, count == 1 && tiff.len() <= 26 && orientation.is_some()))
    };
    find().unwrap_or((None, false))
}

fn read_frame(body: &[u8], jpeg: &mut Jpeg) -> Result<(), JpegError> {
    if !jpeg.components.is_empty() {
        return Err(JpegError::Unsupported("画像が二つ入った JPEG"));
    }
    let [precision, h1, h0, w1, w0, count, rest @ ..] = body else {
        return Err(JpegError::Malformed("JPEG の見出しが正しくありません"));
    };
    if *precision != 8 {
        return Err(JpegError::Unsupported("8 ビットでない JPEG"));
    }
    let (width, height) =
        (usize::from(u16::from_be_bytes([*w1, *w0])), usize::from(u16::from_be_bytes([*h1, *h0])));
    let count = usize::from(*count);
    if width == 0 || height == 0 || !matches!(count, 1 | 3 | 4) || rest.len() < count * 3 {
        return Err(JpegError::Malformed("JPEG の大きさか色の数が正しくありません"));
    }
    let mut specs = Vec::with_capacity(count);
    for spec in rest.chunks_exact(3).take(count) {
        let (h, v) = (usize::from(spec[1] >> 4), usize::from(spec[1] & 15));
        if !(1..=4).contains(&h) || !(1..=4).contains(&v) || spec[2] > 3 {
            return Err(JpegError::Malformed("JPEG の間引きの比が正しくありません"));
        }
        // A lone component is never interleaved, so its factors mean nothing (A.2.2).
        let (h, v) = if count == 1 { (1, 1) } else { (h, v) };
        specs.push((spec[0], h, v, usize::from(spec[2])));
    }
    let mut seen = std::collections::BTreeSet::new();
    if !specs.iter().all(|s| seen.insert(s.0)) {
        return Err(JpegError::Malformed("JPEG の色が重なっています"));
    }
    if specs.iter().map(|s| s.1 * s.2).sum::<usize>() > 10 {
        return Err(JpegError::Unsupported("JPEG の区画が大きすぎます"));
    }
    let h_max = specs.iter().map(|s| s.1).max().unwrap_or(1);
    let v_max = specs.iter().map(|s| s.2).max().unwrap_or(1);
    let (mcus_w, mcus_h) = (width.div_ceil(8 * h_max), height.div_ceil(8 * v_max));
    let total: usize = specs.iter().map(|s| mcus_w * mcus_h * s.1 * s.2 * 64).sum();
    if total > MAX_COEFFICIENTS {
        return Err(JpegError::TooLarge);
    }
    (jpeg.width, jpeg.height) = (width, height);
    jpeg.components = specs
        .into_iter()
        .map(|(id, h, v, quant)| Component {
            id,
            h,
            v,
            quant,
            blocks_w: mcus_w * h,
            blocks_h: mcus_h * v,
            real_w: (width * h).div_ceil(h_max).div_ceil(8),
            real_h: (height * v).div_ceil(v_max).div_ceil(8),
            coefficients: vec![0; mcus_w * h * mcus_h * v * 64],
        })
        .collect();
    Ok(())
}

fn read_quant(mut body: &[u8], jpeg: &mut Jpeg) -> Result<(), JpegError> {
    while let [head, rest @ ..] = body {
        let (wide, index) = (head >> 4 == 1, usize::from(head & 15));
        let size = if wide { 128 } else { 64 };
        if index > 3 || rest.len() < size {
            return Err(JpegError::Malformed("JPEG の量子化表が正しくありません"));
        }
        let mut table = [0_u16; 64];
        for (i, slot) in table.iter_mut().enumerate() {
            *slot =
                if wide { u16::from_be_bytes([rest[i * 2], rest[i * 2 + 1]]) } else { u16::from(rest[i]) }
                    .max(1);
        }
        jpeg.quant[index] = Some(table);
        body = &rest[size..];
    }
    Ok(())
}

fn read_huffman(mut body: &[u8], tables: &mut Tables) -> Result<(), JpegError> {
    while let [head, rest @ ..] = body {
        let (class, index) = (head >> 4, usize::from(head & 15));
        if class > 1 || index > 3 || rest.len() < 16 {
            return Err(JpegError::Malformed("JPEG のハフマン表が正しくありません"));
        }
        let (counts, values) = rest.split_at(16);
        let total: usize = counts.iter().map(|&c| usize::from(c)).sum();
        let values =
            values.get(..total).ok_or(JpegError::Malformed("JPEG のハフマン表が正しくありません"))?;
        let decoder = Decoder::new(counts, values)
            .ok_or(JpegError::Malformed("JPEG のハフマン表が正しくありません"))?;
        let slot = if class == 0 { &mut tables.dc } else { &mut tables.ac };
        slot[index] = Some(decoder);
        body = &rest[16 + total..];
    }
    Ok(())
}
