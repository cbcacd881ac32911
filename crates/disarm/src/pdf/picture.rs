//! Pictures: every sample is decoded and coded again (threat P13). JPEG goes through its coefficients; JBIG2 and
//! CCITT become CCITT group 4; JPEG 2000 becomes JPEG; the rest is deflate.

use hayro_syntax::object::{Dict as InputDict, Object, ObjectIdentifier, Stream};
use hayro_syntax::page::Resources;

use super::colour::Space;
use super::copy::{Copier, Role, number_of, numbers_of, stream_of};
use super::filter::{self, ImageFilter};
use super::object::{Dict, Value};
use crate::image::{self, jpeg};
use crate::{Action, Meter, Refusal, Severity, Threat};

/// Bytes of one decoded picture; with its encoding it stays below 300 MB.
const MAX_PICTURE_BYTES: usize = 200 << 20;

/// Samples of a picture, packed in rows as PDF packs them.
struct Samples {
    width: usize,
    height: usize,
    bits: usize,
    components: usize,
    data: Vec<u8>,
}

impl Samples {
    fn row_bytes(&self) -> usize {
        (self.width * self.bits * self.components).div_ceil(8)
    }
}

/// How the samples leave.
enum Encoded {
    Deflate { predictor: bool, samples: Samples },
    Group4(Samples),
    Jpeg { width: usize, height: usize, components: usize, data: Vec<u8>, transform: Option<i32> },
}

/// What the dictionary of a picture says about its samples.
struct Header {
    width: usize,
    height: usize,
    mask: bool,
    bits: usize,
}

impl<'a> Copier<'a, '_, '_> {
    /// Copies a picture XObject.
    pub(super) fn picture(
        &mut self,
        id: Option<ObjectIdentifier>,
        stream: &Stream<'a>,
        role: Role,
        scope: &Resources<'a>,
    ) -> Result<Option<Value>, Refusal> {
        let stream = stream.clone();
        self.once(id, role, |c| {
            let dict = stream.dict().clone();
            let space = if role == Role::Mask {
                Some(Space { value: Value::name("DeviceGray"), components: 1, indexed: false })
            } else {
                c.picture_space(&dict, scope)?
            };
            let mut extra = c.plain_keys("Image", &dict);
            if role == Role::Picture {
                c.masks(&dict, scope, &mut extra)?;
                extra.set_some("OC", c.layer_of(&dict)?);
            } else {
                extra.0.extend(c.plain_keys("SoftMaskImage", &dict).0);
            }
            for key in ["OPI", "Alternates", "Metadata", "F"] {
                if key != "F" && dict.contains_key(key) {
                    c.ctx.note(Threat::P04, "画像の代替データ", &c.place);
                }
            }
            c.encode_picture(&dict, &stream.raw_data(), space, role, extra)
        })
    }

    /// Copies a picture given as dictionary and data, such as an inline one.
    pub(super) fn picture_parts(
        &mut self,
        dict: &InputDict<'_>,
        raw: &[u8],
        space: Option<Space>,
        role: Role,
    ) -> Result<Option<Value>, Refusal> {
        let mut extra = Dict::new();
        if let Some(decode) = numbers_of(dict, "Decode") {
            extra.set("Decode", Value::numbers(decode));
        }
        if let Some(Object::Boolean(v)) = dict.get::<Object<'_>>("Interpolate") {
            extra.set("Interpolate", Value::Bool(v));
        }
        // Inline pictures may spell an indexed space out; nothing in it can refer to anything.
        let space = match (space, dict.get::<Object<'_>>("ColorSpace")) {
            (None, Some(Object::Array(array))) => inline_space(&array).map(|space| match space.value {
                value @ Value::Array(_) => Space { value: self.out.add(value), ..space },
                value => Space { value, ..space },
            }),
            (space, _) => space,
        };
        self.encode_picture(dict, raw, space, role, extra)
    }

    fn masks(
        &mut self,
        dict: &InputDict<'a>,
        scope: &Resources<'a>,
        extra: &mut Dict,
    ) -> Result<(), Refusal> {
        if let Some((id, object)) = self.entry(dict, b"SMask")
            && let Some(stream) = stream_of(&object)
        {
            extra.set_some("SMask", self.picture(id, stream, Role::Mask, scope)?);
        }
        match self.entry(dict, b"Mask") {
            Some((id, Object::Stream(stream))) => {
                extra.set_some("Mask", self.picture(id, &stream, Role::Picture, scope)?);
            }
            Some((_, Object::Array(array))) => {
                extra.set("Mask", Value::numbers(super::copy::numbers(&array)));
            }
            _ => {}
        }
        Ok(())
    }

    fn encode_picture(
        &mut self,
        dict: &InputDict<'_>,
        raw: &[u8],
        space: Option<Space>,
        role: Role,
        mut out: Dict,
    ) -> Result<Option<Value>, Refusal> {
        let Some(header) = read_header(dict) else { return self.lost_picture() };
        self.ctx.spend(Meter::Pixels, (header.width as u64).saturating_mul(header.height as u64))?;
        let components = if header.mask { 1 } else { space.as_ref().map_or(0, |s| s.components) };
        let indexed = space.as_ref().is_some_and(|s| s.indexed);
        let decoded = filter::decode_parts(raw, dict, self.ctx)?;
        let encoded = match decoded.image {
            None => raw_samples(&header, components, decoded.data)
                .map(|samples| Encoded::Deflate { predictor: decoded.predictor, samples }),
            Some((ImageFilter::Dct, parms)) => self.jpeg(&decoded.data, parms.as_ref()),
            Some((ImageFilter::Jbig2, parms)) => {
                self.jbig2(&decoded.data, parms.as_ref(), &header)?.map(Encoded::Group4)
            }
            Some((ImageFilter::Ccitt, parms)) => {
                ccitt(&decoded.data, parms.as_ref(), &header).map(Encoded::Group4)
            }
            Some((ImageFilter::Jpx, _)) => self.jpx(&decoded.data, &header, components, indexed, &mut out)?,
        };
        let Some(encoded) = encoded else { return self.lost_picture() };
        out.set("Type", Value::name("XObject"));
        out.set("Subtype", Value::name("Image"));
        let channels = match &encoded {
            Encoded::Jpeg { components, .. } => *components,
            Encoded::Deflate { samples, .. } | Encoded::Group4(samples) => samples.components,
        };
        if header.mask {
            out.set("ImageMask", Value::Bool(true));
        } else {
            let fallback = match channels {
                1 => "DeviceGray",
                3 => "DeviceRGB",
                _ => "DeviceCMYK",
            };
            let fits = space.filter(|s| s.components == channels && role == Role::Picture);
            out.set("ColorSpace", fits.map_or(Value::name(fallback), |s| s.value));
        }
        Ok(Some(self.store(encoded, out)))
    }

    fn lost_picture(&mut self) -> Result<Option<Value>, Refusal> {
        self.simplified(Threat::P13, "読めない画像");
        Ok(None)
    }

    fn store(&mut self, encoded: Encoded, mut out: Dict) -> Value {
        let id = self.out.reserve();
        match encoded {
            Encoded::Deflate { predictor, samples } => {
                set_size(&mut out, samples.width, samples.height, samples.bits);
                let row = samples.row_bytes();
                if predictor && samples.bits >= 8 {
                    let pixel = samples.components * samples.bits / 8;
                    let mut parms = Dict::new();
                    parms.set("Predictor", Value::Int(15));
                    parms.set("Colors", Value::int(samples.components));
                    parms.set("BitsPerComponent", Value::int(samples.bits));
                    parms.set("Columns", Value::int(samples.width));
                    out.set("DecodeParms", Value::Dict(parms));
                    self.out.set_stream(id, out, &filter::apply_png_predictor(&samples.data, row, pixel));
                } else {
                    self.out.set_stream(id, out, &samples.data);
                }
            }
            Encoded::Group4(samples) => {
                set_size(&mut out, samples.width, samples.height, 1);
                let (width, height) = (word(samples.width), word(samples.height));
                let mut parms = Dict::new();
                parms.set("K", Value::Int(-1));
                parms.set("Columns", Value::int(samples.width));
                parms.set("Rows", Value::int(samples.height));
                out.set("DecodeParms", Value::Dict(parms));
                out.set("Filter", Value::name("CCITTFaxDecode"));
                self.out.set_encoded(id, out, image::group4(&samples.data, width, height));
            }
            Encoded::Jpeg { width, height, data, transform, .. } => {
                set_size(&mut out, width, height, 8);
                out.set("Filter", Value::name("DCTDecode"));
                if let Some(transform) = transform {
                    let mut parms = Dict::new();
                    parms.set("ColorTransform", Value::Int(transform));
                    out.set("DecodeParms", Value::Dict(parms));
                }
                self.out.set_encoded(id, out, data);
            }
        }
        Value::Ref(id)
    }

    fn jpeg(&mut self, data: &[u8], parms: Option<&InputDict<'_>>) -> Option<Encoded> {
        let picture = jpeg::parse(data).ok()?;
        if picture.damaged {
            self.report(Threat::P13, Severity::Simplified, Action::Rewritten, "壊れた部分のある画像");
        }
        let transform = parms.and_then(|p| number_of(p, "ColorTransform")).map(|v| i32::from(v != 0.0));
        Some(Encoded::Jpeg {
            width: picture.width,
            height: picture.height,
            components: picture.channels(),
            data: jpeg::write(&picture, jpeg::Wrap::Stream),
            transform,
        })
    }

    fn jbig2(
        &mut self,
        data: &[u8],
        parms: Option<&InputDict<'_>>,
        header: &Header,
    ) -> Result<Option<Samples>, Refusal> {
        let settings = hayro_jbig2::DecodeSettings { strict: false };
        let shared = match parms.and_then(|p| p.get::<Stream<'_>>("JBIG2Globals")) {
            Some(stream) => Some(filter::decode(&stream, self.ctx)?.data),
            None => None,
        };
        let shared = match &shared {
            Some(data) => hayro_jbig2::Globals::new(data, &settings).ok(),
            None => None,
        };
        let Ok(page) = hayro_jbig2::Page::new_embedded(data, shared.as_ref(), &settings) else {
            return Ok(None);
        };
        let (width, height) = (page.width() as usize, page.height() as usize);
        if width.saturating_mul(height) > MAX_PICTURE_BYTES * 8 {
            return Err(Refusal::Limit(Meter::Pixels));
        }
        self.ctx.spend(Meter::Pixels, width as u64 * height as u64)?;
        let stride = width.div_ceil(8);
        let mut bits = Bits { data: vec![0xff; stride * height], stride, x: 0, y: 0 };
        if page.decode(&mut bits).is_err() {
            return Ok(None);
        }
        let samples = Samples { width, height, bits: 1, components: 1, data: bits.data };
        Ok(Some(fit_bilevel(samples, header.width, header.height)))
    }

    fn jpx(
        &mut self,
        data: &[u8],
        header: &Header,
        components: usize,
        indexed: bool,
        out: &mut Dict,
    ) -> Result<Option<Encoded>, Refusal> {
        let settings = hayro_jpeg2000::DecodeSettings {
            resolve_palette_indices: !indexed,
            strict: false,
            target_resolution: None,
        };
        let Ok(picture) = hayro_jpeg2000::Image::new(data, &settings) else { return Ok(None) };
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let channels = usize::from(picture.color_space().num_channels());
        let total = channels + usize::from(picture.has_alpha());
        // The decoder works with 32-bit coefficients.
        if width.saturating_mul(height).saturating_mul(total.max(1) * 4) > MAX_PICTURE_BYTES {
            return Err(Refusal::Limit(Meter::Pixels));
        }
        self.ctx.spend(Meter::Pixels, width as u64 * height as u64)?;
        let depth = picture.original_bit_depth();
        let mut decoder = hayro_jpeg2000::DecoderContext::default();
        let Ok(bitmap) = picture.decode(&mut decoder) else { return Ok(None) };
        let mut data = bitmap.data_u8();
        if data.len() != width * height * total || !matches!(channels, 1 | 3 | 4) {
            return Ok(None);
        }
        if total > channels {
            let alpha: Vec<u8> = data.chunks_exact(total).map(|p| p[channels]).collect();
            data = data.chunks_exact(total).flat_map(|p| p[..channels].to_vec()).collect();
            if out.get("SMask").is_none() {
                let mut mask = Dict::new();
                mask.set("Type", Value::name("XObject"));
                mask.set("Subtype", Value::name("Image"));
                mask.set("ColorSpace", Value::name("DeviceGray"));
                let samples = Samples { width, height, bits: 8, components: 1, data: alpha };
                let mask = self.store(Encoded::Deflate { predictor: true, samples }, mask);
                out.set("SMask", mask);
            }
        }
        if indexed && depth < 8 {
            // Indices come out spread over 0..=255.
            let most = (1_u32 << depth) - 1;
            for v in &mut data {
                *v = u8::try_from((u32::from(*v) * most + 127) / 255).unwrap_or(0);
            }
        }
        let _ = (header, components);
        self.report(Threat::P13, Severity::Note, Action::Rewritten, "JPEG 2000 の画像（JPEG へ）");
        let samples = Samples { width, height, bits: 8, components: channels, data };
        let lossy = !indexed && matches!(channels, 1 | 3) && width * height > 4096;
        Ok(Some(if lossy { to_jpeg(samples) } else { Encoded::Deflate { predictor: true, samples } }))
    }
}

fn to_jpeg(samples: Samples) -> Encoded {
    let color =
        if samples.components == 1 { jpeg_encoder::ColorType::Luma } else { jpeg_encoder::ColorType::Rgb };
    let size = u16::try_from(samples.width).ok().zip(u16::try_from(samples.height).ok());
    let coded = size.and_then(|(w, h)| image::encode_jpeg(&samples.data, w, h, color));
    match coded.and_then(|data| jpeg::parse(&data).ok()) {
        Some(picture) => Encoded::Jpeg {
            width: samples.width,
            height: samples.height,
            components: samples.components,
            data: jpeg::write(&picture, jpeg::Wrap::Stream),
            transform: None,
        },
        None => Encoded::Deflate { predictor: true, samples },
    }
}

fn set_size(out: &mut Dict, width: usize, height: usize, bits: usize) {
    out.set("Width", Value::int(width));
    out.set("Height", Value::int(height));
    out.set("BitsPerComponent", Value::int(bits));
}

fn word(v: usize) -> u32 {
    u32::try_from(v).unwrap_or(u32::MAX)
}

fn read_header(dict: &InputDict<'_>) -> Option<Header> {
    let size = |key: &str| number_of(dict, key).filter(|v| *v >= 1.0 && *v <= 1e6).map(|v| v as usize);
    let mask = matches!(dict.get::<Object<'_>>("ImageMask"), Some(Object::Boolean(true)));
    let bits = match number_of(dict, "BitsPerComponent").map(|v| v as usize) {
        _ if mask => 1,
        Some(bits @ (1 | 2 | 4 | 8 | 16)) => bits,
        _ => 8,
    };
    Some(Header { width: size("Width")?, height: size("Height")?, mask, bits })
}

/// Samples of a picture without image filter, padded or cut to the size that the dictionary says.
fn raw_samples(header: &Header, components: usize, mut data: Vec<u8>) -> Option<Samples> {
    let components = match components {
        0 => [1, 3, 4].into_iter().find(|c| {
            (header.width * c * header.bits).div_ceil(8).saturating_mul(header.height) == data.len()
        })?,
        known => known,
    };
    let row = (header.width * components * header.bits).div_ceil(8);
    let size = row.checked_mul(header.height).filter(|s| *s <= MAX_PICTURE_BYTES)?;
    if data.is_empty() {
        return None;
    }
    data.resize(size, 0);
    Some(Samples { width: header.width, height: header.height, bits: header.bits, components, data })
}

/// `[/Indexed /DeviceRGB 3 <…>]` inside an inline picture.
fn inline_space(array: &hayro_syntax::object::Array<'_>) -> Option<Space> {
    let items = filter::array_objects(array);
    let device = |object: &Object<'_>| match object {
        Object::Name(name) => match name.as_ref() {
            b"G" | b"DeviceGray" => Some(("DeviceGray", 1)),
            b"RGB" | b"DeviceRGB" => Some(("DeviceRGB", 3)),
            b"CMYK" | b"DeviceCMYK" => Some(("DeviceCMYK", 4)),
            _ => None,
        },
        _ => None,
    };
    match &items[..] {
        [only] => device(only).map(|(n, c)| Space { value: Value::name(n), components: c, indexed: false }),
        [Object::Name(kind), base, Object::Number(high), Object::String(table)]
            if matches!(kind.as_ref(), b"I" | b"Indexed") =>
        {
            let (name, components) = device(base)?;
            let high = usize::try_from(high.as_i64().clamp(0, 255)).ok()?;
            let mut table = table.as_bytes().to_vec();
            table.resize((high + 1) * components, 0);
            let value = vec![Value::name("Indexed"), Value::name(name), Value::int(high), Value::Str(table)];
            Some(Space { value: Value::Array(value), components: 1, indexed: true })
        }
        _ => None,
    }
}

/// Collects black and white pixels; 1 is white.
struct Bits {
    data: Vec<u8>,
    stride: usize,
    x: usize,
    y: usize,
}

impl hayro_jbig2::Decoder for Bits {
    fn push_pixel(&mut self, black: bool) {
        if black && let Some(byte) = self.data.get_mut(self.y * self.stride + self.x / 8) {
            *byte &= !(0x80 >> (self.x % 8));
        }
        self.x += 1;
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        let from = self.y * self.stride + self.x / 8;
        if black && let Some(bytes) = self.data.get_mut(from..from + chunk_count as usize) {
            bytes.fill(0);
        }
        self.x += chunk_count as usize * 8;
    }

    fn next_line(&mut self) {
        self.x = 0;
        self.y += 1;
    }
}

fn ccitt(data: &[u8], parms: Option<&InputDict<'_>>, header: &Header) -> Option<Samples> {
    let number = |key: &str| parms.and_then(|p| number_of(p, key));
    let flag = |key: &str| match parms.and_then(|p| p.get::<Object<'_>>(key)) {
        Some(Object::Boolean(v)) => Some(v),
        _ => None,
    };
    let columns = number("Columns").unwrap_or(1728.0).clamp(1.0, 65_535.0) as usize;
    let k = number("K").unwrap_or(0.0);
    let settings = hayro_ccitt::DecodeSettings {
        columns: word(columns),
        rows: word(header.height),
        end_of_block: flag("EndOfBlock").unwrap_or(true),
        end_of_line: flag("EndOfLine").unwrap_or(false),
        rows_are_byte_aligned: flag("EncodedByteAlign").unwrap_or(false),
        encoding: if k < 0.0 {
            hayro_ccitt::EncodingMode::Group4
        } else if k == 0.0 {
            hayro_ccitt::EncodingMode::Group3_1D
        } else {
            hayro_ccitt::EncodingMode::Group3_2D
        },
        strict: false,
    };
    let white = !flag("BlackIs1").unwrap_or(false);
    let rows = image::fax::decode(data, settings, white);
    if rows.rows == 0 {
        return None;
    }
    let samples = Samples { width: columns, height: rows.rows, bits: 1, components: 1, data: rows.data };
    Some(fit_bilevel(samples, header.width, header.height))
}

/// Cuts or pads (with white) to the size that the dictionary says.
fn fit_bilevel(samples: Samples, width: usize, height: usize) -> Samples {
    let (from, to) = (samples.width.div_ceil(8), width.div_ceil(8));
    let mut data = vec![0xff; to * height];
    for (target, source) in data.chunks_exact_mut(to.max(1)).zip(samples.data.chunks_exact(from.max(1))) {
        let n = from.min(to);
        target[..n].copy_from_slice(&source[..n]);
        let loose = samples.width % 8;
        if samples.width < width && loose > 0 && n == from {
            target[n - 1] |= 0xff >> loose;
        }
    }
    Samples { width, height, bits: 1, components: 1, data }
}
