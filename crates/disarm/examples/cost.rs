//! What disarming costs beside unpacking and packing the same content: `cost FILE…`, one line per format.
//!
//! The yardstick per format: office files and ZIP: every member inflated and deflated, pictures in it decoded and
//! encoded; PDF: every stream decoded and deflated, JPEG in it decoded and encoded; pictures: decoded and encoded; text: decoded and encoded. Both
//! sides are measured in processor time of this thread, the best of five runs over all files of a kind (the kernel counts in ticks).
#![allow(clippy::print_stdout, reason = "a command for developers")]

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
    path::Path,
};

use flate2::{Compression, write::ZlibEncoder};
use sekisho_disarm::{Kind, Limits, Outcome, Ruleset, Secrets, detect, disarm};

/// Nanoseconds this thread has been on a processor.
fn processor() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn best<T>(mut work: impl FnMut() -> T) -> u64 {
    let mut run = || {
        let began = processor();
        std::hint::black_box(work());
        processor() - began
    };
    (0..5).map(|_| run()).min().unwrap_or(0)
}

fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    let _ = encoder.write_all(data);
    encoder.finish().unwrap_or_default()
}

fn picture(bytes: &[u8], kind: Kind) -> usize {
    match kind {
        Kind::Png => {
            let mut decoder = png::Decoder::new(Cursor::new(bytes));
            decoder.set_transformations(png::Transformations::IDENTITY);
            let Ok(mut reader) = decoder.read_info() else { return 0 };
            let mut pixels = vec![0; reader.output_buffer_size().unwrap_or(0)];
            let Ok(info) = reader.next_frame(&mut pixels) else { return 0 };
            let mut out = Vec::new();
            let mut encoder = png::Encoder::new(&mut out, info.width, info.height);
            encoder.set_color(info.color_type);
            encoder.set_depth(info.bit_depth);
            if let Some(palette) = &reader.info().palette {
                encoder.set_palette(palette.clone());
            }
            let written = encoder.write_header().and_then(|mut w| w.write_image_data(&pixels));
            if written.is_ok() { out.len() } else { 0 }
        }
        Kind::Jpeg => {
            let mut decoder = zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(bytes));
            let Ok(pixels) = decoder.decode() else { return 0 };
            let Some((width, height)) = decoder.dimensions() else { return 0 };
            let colour = match pixels.len() / (width * height).max(1) {
                1 => jpeg_encoder::ColorType::Luma,
                _ => jpeg_encoder::ColorType::Rgb,
            };
            let mut out = Vec::new();
            let (w, h) = (u16::try_from(width).unwrap_or(1), u16::try_from(height).unwrap_or(1));
            let _ = jpeg_encoder::Encoder::new(&mut out, 90).encode(&pixels, w, h, colour);
            out.len()
        }
        _ => 0,
    }
}

fn archive(bytes: &[u8]) -> usize {
    let Ok(mut zip) = zip::ZipArchive::new(Cursor::new(bytes)) else { return 0 };
    let mut size = 0;
    for i in 0..zip.len() {
        let Ok(mut file) = zip.by_index(i) else { continue };
        let mut data = Vec::new();
        let _ = file.read_to_end(&mut data);
        size += match detect(&data, "") {
            kind @ (Kind::Png | Kind::Jpeg) => picture(&data, kind),
            Kind::Docx | Kind::Xlsx | Kind::Pptx => archive(&data),
            _ => deflate(&data).len(),
        };
    }
    size
}

fn yardstick(bytes: &[u8], kind: Kind) -> usize {
    match kind {
        Kind::Docx | Kind::Xlsx | Kind::Pptx | Kind::Zip => archive(bytes),
        Kind::Pdf => {
            let Ok(pdf) = hayro_syntax::Pdf::new(bytes.to_vec()) else { return 0 };
            let streams = pdf.objects().into_iter().filter_map(hayro_syntax::object::Object::into_stream);
            streams
                .map(|stream| match stream.filters()[..] {
                    [hayro_syntax::Filter::DctDecode] => picture(&stream.raw_data(), Kind::Jpeg),
                    _ => stream.decoded().map_or(0, |data| deflate(&data).len()),
                })
                .sum()
        }
        Kind::Text | Kind::Csv | Kind::Tsv => {
            encoding_rs::UTF_8.encode(&encoding_rs::SHIFT_JIS.decode(bytes).0).0.len()
        }
        other => picture(bytes, other),
    }
}

fn main() {
    let mut kinds: BTreeMap<String, Vec<(String, Vec<u8>, Kind)>> = BTreeMap::new();
    let run = |name: &str, bytes: &[u8]| {
        disarm(bytes, name, &Ruleset::default(), &Limits::default(), &Secrets::none())
    };
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let name = Path::new(&path).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let kind = detect(&bytes, &name);
        if matches!(run(&name, &bytes), Outcome::Clean { .. }) && yardstick(&bytes, kind) > 0 {
            kinds.entry(format!("{kind:?}")).or_default().push((name, bytes, kind));
        }
    }
    for (kind, files) in kinds {
        let ours = best(|| files.iter().map(|(name, bytes, _)| drop(run(name, bytes))).count());
        let other = best(|| files.iter().map(|(_, bytes, kind)| yardstick(bytes, *kind)).sum::<usize>());
        let (count, ours, other) = (files.len(), ours as f64 / 1e6, other as f64 / 1e6);
        println!(
            "{kind:6} {count:4} files: {ours:8.1} ms, yardstick {other:8.1} ms, {:.2} times",
            ours / other
        );
    }
}
