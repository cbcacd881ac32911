//! Stream filters that are not images, with fuel: a bomb stops where the limits say (threat X04).

use std::borrow::Cow;

use hayro_syntax::object::stream::Stream;
use hayro_syntax::object::{Array, Dict, Name, Object};

use crate::{Meter, Refusal, ctx::Ctx};

/// Longest chain of filters on one stream; writers use one, rarely two.
const MAX_FILTERS: usize = 8;

/// An image filter left at the end of the chain; its decoder belongs to the image module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImageFilter {
    Dct,
    Jpx,
    Jbig2,
    Ccitt,
}

/// A stream with every ordinary filter undone.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    pub(super) data: Vec<u8>,
    /// The image filter that still applies, with its parameters.
    pub(super) image: Option<(ImageFilter, Option<Dict<'a>>)>,
    /// The last ordinary filter used a PNG or TIFF predictor.
    pub(super) predictor: bool,
}

/// Undoes the filters of `stream`. Damaged data is kept as far as it decodes, as readers do.
///
/// # Errors
/// Limits, an external stream, or a filter that does not exist.
pub(super) fn decode<'a>(stream: &Stream<'a>, ctx: &mut Ctx<'_>) -> Result<Decoded<'a>, Refusal> {
    decode_parts(&stream.raw_data(), stream.dict(), ctx)
}

/// The same for data and dictionary of an inline image.
pub(super) fn decode_parts<'a>(
    raw: &[u8],
    dict: &Dict<'a>,
    ctx: &mut Ctx<'_>,
) -> Result<Decoded<'a>, Refusal> {
    let filters = filters(dict);
    if filters.len() > MAX_FILTERS {
        return Err(Refusal::Limit(Meter::Nesting));
    }
    let mut data = Cow::Borrowed(raw);
    let mut predictor = false;
    for (index, (name, parms)) in filters.iter().enumerate() {
        let image = match name.as_str() {
            "DCTDecode" | "DCT" => Some(ImageFilter::Dct),
            "JPXDecode" => Some(ImageFilter::Jpx),
            "JBIG2Decode" => Some(ImageFilter::Jbig2),
            "CCITTFaxDecode" | "CCF" => Some(ImageFilter::Ccitt),
            _ => None,
        };
        if let Some(image) = image {
            // Nothing sensible follows an image filter.
            return Ok(Decoded { data: data.into_owned(), image: Some((image, parms.clone())), predictor });
        }
        if name == "Crypt" && index == 0 {
            continue;
        }
        let parms = parms.as_ref().map(Parms::read).unwrap_or_default();
        predictor = parms.predictor > 1;
        data = Cow::Owned(undo(name, &parms, &data, raw.len(), ctx)?);
    }
    Ok(Decoded { data: data.into_owned(), image: None, predictor })
}

/// Parameters of one ordinary filter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parms {
    pub(super) predictor: usize,
    pub(super) colors: usize,
    pub(super) bits: usize,
    pub(super) columns: usize,
    pub(super) early_change: bool,
}

impl Default for Parms {
    fn default() -> Self {
        Self { predictor: 1, colors: 1, bits: 8, columns: 1, early_change: true }
    }
}

impl Parms {
    fn read(dict: &Dict<'_>) -> Self {
        let get = |key: &str, default: usize| {
            dict.get::<i32>(key).and_then(|v| usize::try_from(v).ok()).unwrap_or(default)
        };
        Self {
            predictor: get("Predictor", 1),
            colors: get("Colors", 1),
            bits: get("BitsPerComponent", 8),
            columns: get("Columns", 1),
            early_change: get("EarlyChange", 1) != 0,
        }
    }
}

/// Undoes one ordinary filter and its predictor. `packed` is the length of the stream in the file.
///
/// # Errors
/// Limits, or a filter that does not exist.
pub(super) fn undo(
    name: &str,
    parms: &Parms,
    data: &[u8],
    packed: usize,
    ctx: &mut Ctx<'_>,
) -> Result<Vec<u8>, Refusal> {
    let limit = usize::try_from(ctx.limits.expanded_bytes).unwrap_or(usize::MAX);
    let plain = match name {
        "FlateDecode" | "Fl" => inflate(data, limit),
        "LZWDecode" | "LZW" => lzw(data, parms.early_change, limit),
        "ASCIIHexDecode" | "AHx" => ascii_hex(data),
        "ASCII85Decode" | "A85" => ascii_85(data),
        "RunLengthDecode" | "RL" => run_length(data, limit),
        _ => return Err(Refusal::not_handled("", "知らない圧縮方式です")),
    };
    check_ratio(packed, plain.len(), ctx)?;
    ctx.spend(Meter::ExpandedBytes, plain.len() as u64)?;
    Ok(undo_predictor(plain, parms))
}

fn check_ratio(compressed: usize, expanded: usize, ctx: &Ctx<'_>) -> Result<(), Refusal> {
    let (compressed, expanded) = (compressed.max(1) as u64, expanded as u64);
    if expanded > ctx.limits.ratio_free_bytes * 4 && expanded / compressed > ctx.limits.ratio {
        return Err(Refusal::Limit(Meter::Ratio));
    }
    Ok(())
}

/// Names and parameters of the filter chain.
fn filters<'a>(dict: &Dict<'a>) -> Vec<(String, Option<Dict<'a>>)> {
    let filter = dict.get::<Object<'a>>("Filter").or_else(|| dict.get::<Object<'a>>("F"));
    let parms = dict.get::<Object<'a>>("DecodeParms").or_else(|| dict.get::<Object<'a>>("DP"));
    let text = |n: &Name<'_>| n.as_str().to_owned();
    match filter {
        Some(Object::Name(name)) => {
            let parms = match parms {
                Some(Object::Array(array)) => array.iter::<Object<'a>>().next().and_then(Object::into_dict),
                Some(other) => other.into_dict(),
                None => None,
            };
            vec![(text(&name), parms)]
        }
        Some(Object::Array(names)) => {
            let mut each: Vec<Option<Dict<'a>>> = match parms {
                Some(Object::Array(array)) => {
                    array_objects(&array).into_iter().map(Object::into_dict).collect()
                }
                Some(other) => vec![other.into_dict()],
                None => Vec::new(),
            };
            each.reverse();
            array_objects(&names)
                .into_iter()
                .filter_map(Object::into_name)
                .take(MAX_FILTERS + 1)
                .map(|n| (text(&n), each.pop().flatten()))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Elements of an array with references followed; unresolvable ones become null.
pub(super) fn array_objects<'a>(array: &Array<'a>) -> Vec<Object<'a>> {
    array.iter::<Object<'a>>().collect()
}

/// Inflates zlib data, or raw deflate when the header is wrong; keeps what came out before an error.
pub(super) fn inflate(data: &[u8], limit: usize) -> Vec<u8> {
    let out = inflate_with(flate2::Decompress::new(true), data, limit);
    if out.is_empty() && data.len() > 2 {
        return inflate_with(flate2::Decompress::new(false), &data[2..], limit);
    }
    out
}

fn inflate_with(mut state: flate2::Decompress, data: &[u8], limit: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity((data.len().saturating_mul(4)).min(limit).min(1 << 20));
    loop {
        let consumed = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
        let before = (state.total_in(), state.total_out());
        if out.len() == out.capacity() {
            out.reserve((out.len() / 2).clamp(4096, 16 << 20));
        }
        let rest = data.get(consumed..).unwrap_or(&[]);
        match state.decompress_vec(rest, &mut out, flate2::FlushDecompress::None) {
            Ok(flate2::Status::StreamEnd) | Err(_) => return out,
            Ok(_) => {
                let stalled = before == (state.total_in(), state.total_out()) && out.len() < out.capacity();
                if stalled || out.len() > limit {
                    return out;
                }
            }
        }
    }
}

/// Deflates with the one setting used everywhere, so that the same content is always the same bytes. One compressor
/// serves all streams of a file: most are small, and its tables are not.
#[derive(Debug)]
pub(super) struct Deflater(flate2::Compress);

impl Default for Deflater {
    fn default() -> Self {
        Self(flate2::Compress::new(flate2::Compression::new(6), true))
    }
}

impl Deflater {
    pub(super) fn deflate(&mut self, data: &[u8]) -> Vec<u8> {
        self.0.reset();
        let mut out = Vec::with_capacity(data.len() / 2 + 64);
        loop {
            let read = usize::try_from(self.0.total_in()).unwrap_or(usize::MAX);
            let rest = data.get(read..).unwrap_or(&[]);
            match self.0.compress_vec(rest, &mut out, flate2::FlushCompress::Finish) {
                Ok(flate2::Status::Ok | flate2::Status::BufError) => out.reserve(data.len() / 4 + 64),
                // With room in the output deflating cannot fail.
                Ok(flate2::Status::StreamEnd) | Err(_) => return out,
            }
        }
    }
}

fn lzw(data: &[u8], early_change: bool, limit: usize) -> Vec<u8> {
    let mut decoder = if early_change {
        weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
    } else {
        weezl::decode::Decoder::new(weezl::BitOrder::Msb, 8)
    };
    let mut out = Vec::new();
    let mut rest = data;
    let mut chunk = vec![0_u8; 64 << 10];
    while out.len() <= limit {
        let step = decoder.decode_bytes(rest, &mut chunk);
        out.extend(&chunk[..step.consumed_out]);
        rest = &rest[step.consumed_in..];
        match step.status {
            Ok(weezl::LzwStatus::Ok) if step.consumed_in > 0 || step.consumed_out > 0 => {}
            _ => break,
        }
    }
    out
}

fn ascii_hex(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 2);
    let mut high = None;
    for &b in data {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'f' => b - b'a' + 10,
            b'A'..=b'F' => b - b'A' + 10,
            b'>' => break,
            _ => continue,
        };
        match high.take() {
            None => high = Some(digit),
            Some(h) => out.push(h << 4 | digit),
        }
    }
    out.extend(high.map(|h| h << 4));
    out
}

fn ascii_85(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 5 * 4);
    let (mut group, mut count) = (0_u32, 0);
    for &b in data {
        match b {
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(b - b'!'));
                count += 1;
                if count == 5 {
                    out.extend(group.to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            b'z' if count == 0 => out.extend([0; 4]),
            b'~' => break,
            _ => {}
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        out.extend(&group.to_be_bytes()[..count - 1]);
    }
    out
}

fn run_length(data: &[u8], limit: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&len) = data.get(at) {
        at += 1;
        match len {
            128 => break,
            0..=127 => {
                let end = (at + usize::from(len) + 1).min(data.len());
                out.extend(&data[at..end]);
                at = end;
            }
            _ => {
                let Some(&b) = data.get(at) else { break };
                out.resize(out.len() + 257 - usize::from(len), b);
                at += 1;
            }
        }
        if out.len() > limit {
            break;
        }
    }
    out
}

fn undo_predictor(data: Vec<u8>, parms: &Parms) -> Vec<u8> {
    let (colors, bits, columns) =
        (parms.colors.clamp(1, 64), parms.bits.clamp(1, 16), parms.columns.clamp(1, 1 << 24));
    let row = (colors * bits * columns).div_ceil(8);
    let pixel = (colors * bits).div_ceil(8);
    match parms.predictor {
        2 => undo_tiff(data, row, colors, bits),
        10..=15 => undo_png(&data, row, pixel),
        _ => data,
    }
}

fn undo_tiff(mut data: Vec<u8>, row: usize, colors: usize, bits: usize) -> Vec<u8> {
    for line in data.chunks_mut(row) {
        match bits {
            8 => {
                for i in colors..line.len() {
                    line[i] = line[i].wrapping_add(line[i - colors]);
                }
            }
            16 => {
                for i in (colors * 2..line.len().saturating_sub(1)).step_by(2) {
                    let left = u16::from_be_bytes([line[i - colors * 2], line[i - colors * 2 + 1]]);
                    let sum = u16::from_be_bytes([line[i], line[i + 1]]).wrapping_add(left);
                    line[i..i + 2].copy_from_slice(&sum.to_be_bytes());
                }
            }
            1 | 2 | 4 => {
                let mask = (1_u8 << bits) - 1;
                let samples = line.len() * 8 / bits;
                let mut left = vec![0_u8; colors];
                for s in 0..samples {
                    let (byte, shift) = (s * bits / 8, 8 - bits - s * bits % 8);
                    let value = (line[byte] >> shift).wrapping_add(left[s % colors]) & mask;
                    line[byte] = line[byte] & !(mask << shift) | value << shift;
                    left[s % colors] = value;
                }
            }
            _ => {}
        }
    }
    data
}

fn undo_png(data: &[u8], row: usize, pixel: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(data.len());
    let mut above = vec![0_u8; row];
    for line in data.chunks(row + 1) {
        let Some((&kind, line)) = line.split_first() else { break };
        let mut current = line.to_vec();
        current.resize(row, 0);
        match kind {
            1 => add(&mut current, &above, pixel, |left, _, _| left),
            2 => add(&mut current, &above, pixel, |_, up, _| up),
            3 => add(&mut current, &above, pixel, |left, up, _| left.midpoint(up)),
            4 => add(&mut current, &above, pixel, paeth),
            _ => {}
        }
        out.extend(&current[..line.len()]);
        above = current;
    }
    out
}

/// Adds to each byte what its neighbours to the left, above and above left predict.
fn add(row: &mut [u8], above: &[u8], pixel: usize, predict: impl Fn(u8, u8, u8) -> u8) {
    for i in 0..row.len() {
        let (left, corner) = if i >= pixel { (row[i - pixel], above[i - pixel]) } else { (0, 0) };
        row[i] = row[i].wrapping_add(predict(left, above[i], corner));
    }
}

/// Differences of a row to what `kind` predicts. Loops without branches, which the compiler turns into vectors.
fn predict(kind: u8, line: &[u8], above: &[u8], pixel: usize, out: &mut [u8]) {
    let first = pixel.min(line.len());
    if kind == 1 {
        out[..first].copy_from_slice(&line[..first]);
    } else {
        // Also where there is nothing to the left: what is above is then what Paeth predicts.
        out.iter_mut().zip(line.iter().zip(above)).for_each(|(o, (b, up))| *o = b.wrapping_sub(*up));
    }
    let bytes = out[first..].iter_mut().zip(&line[first..]).zip(line);
    match kind {
        1 => bytes.for_each(|((o, b), left)| *o = b.wrapping_sub(*left)),
        4 => bytes
            .zip(above[first..].iter().zip(above))
            .for_each(|(((o, b), left), (up, corner))| *o = b.wrapping_sub(paeth(*left, *up, *corner))),
        _ => {}
    }
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let p = a + b - c;
    let (pa, pb, pc) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
    if pa <= pb && pa <= pc {
        left
    } else if pb <= pc {
        up
    } else {
        corner
    }
}

/// Filters rows for deflate as PNG does: the filter with the smallest sum of differences wins (RFC 2083, 9.6).
pub(super) fn apply_png_predictor(data: &[u8], row: usize, pixel: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + data.len() / row.max(1) + 1);
    let zero = vec![0_u8; row];
    let mut above: &[u8] = &zero;
    let mut trial = vec![0_u8; row];
    let mut best = vec![0_u8; row];
    for line in data.chunks_exact(row.max(1)) {
        let (mut best_kind, mut best_cost) = (0_u8, u64::MAX);
        for kind in [1_u8, 2, 4] {
            predict(kind, line, above, pixel, &mut trial);
            let cost = trial.iter().map(|b| u64::from(*b.min(&b.wrapping_neg()))).sum();
            if cost < best_cost {
                (best_kind, best_cost) = (kind, cost);
                std::mem::swap(&mut best, &mut trial);
            }
        }
        out.push(best_kind);
        out.extend(&best);
        above = line;
    }
    out
}
