//! Text in records: fonts, and eight-bit text of old programs as UTF-16.

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253,
};

use super::{
    fields::{COORDINATE, Fields},
    write::Emf,
};

/// Options of a text: opaque, clipped, glyph numbers, right to left, digits, two distances per letter, reversed.
const OPTIONS: u32 = 0x0001_38B6;
const GLYPHS: u32 = 0x10;
const PAIRS: u32 = 0x2000;
const HAS_BOX: u32 = 6;
const NO_BOX: u32 = 0x100;
/// Bytes of the record before the letters.
const LETTERS_AT: u32 = 76;

/// One piece of text with its place.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) bounds: [i32; 4],
    /// 1 compatible, 2 advanced.
    pub(super) mode: u32,
    pub(super) scale: [f32; 2],
    pub(super) at: [i32; 2],
    pub(super) options: u32,
    pub(super) clip: [i32; 4],
    pub(super) letters: Vec<u16>,
    /// Distance to the next letter, for every letter (for both directions with `PAIRS`), or none at all.
    pub(super) distances: Vec<i32>,
}

impl Text {
    pub(super) fn write(mut self, emf: &mut Emf) {
        if self.options & NO_BOX != 0 {
            self.options &= !HAS_BOX;
        }
        self.options &= OPTIONS;
        if self.options & HAS_BOX == 0 {
            self.clip = [0; 4];
        }
        let per_letter = if self.options & PAIRS != 0 { 2 } else { 1 };
        if self.distances.len() != self.letters.len() * per_letter {
            self.distances.clear();
            self.options &= !PAIRS;
        }
        if self.options & GLYPHS == 0 {
            for unit in self.letters.iter_mut().filter(|u| **u < 0x20 || **u == 0x7F) {
                *unit = 0x20;
            }
        }
        let count = u32::try_from(self.letters.len()).unwrap_or(0);
        let distances_at =
            if self.distances.is_empty() { 0 } else { LETTERS_AT + (count * 2).next_multiple_of(4) };
        let mut body = Vec::with_capacity(68 + self.letters.len() * 6);
        body.extend(self.bounds.iter().flat_map(|v| v.to_le_bytes()));
        body.extend(self.mode.to_le_bytes());
        body.extend(self.scale.iter().flat_map(|v| v.to_le_bytes()));
        body.extend(self.at.iter().flat_map(|v| v.to_le_bytes()));
        for field in [count, LETTERS_AT, self.options] {
            body.extend(field.to_le_bytes());
        }
        body.extend(self.clip.iter().flat_map(|v| v.to_le_bytes()));
        body.extend(distances_at.to_le_bytes());
        body.extend(self.letters.iter().flat_map(|v| v.to_le_bytes()));
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(self.distances.iter().flat_map(|v| v.to_le_bytes()));
        emf.record(84, &body);
    }

    /// EMR_EXTTEXTOUTW, and EMR_EXTTEXTOUTA when `wide` is not set. `record` is the whole record: offsets count from
    /// its start.
    pub(super) fn read(record: &[u8], wide: bool, charset: u8) -> Option<Self> {
        let mut fields = Fields::over(record.get(8..)?);
        let bounds = fields.coordinates()?;
        let mode = if fields.u32()? == 2 { 2 } else { 1 };
        let scale = [fields.float()?, fields.float()?];
        let at = fields.coordinates()?;
        let (count, letters_at, options) = (fields.len()?, fields.len()?, fields.u32()?);
        // Some writers leave the box out when it is not used.
        let short = options & NO_BOX != 0 && letters_at < LETTERS_AT as usize;
        let clip = if short {
            [0; 4]
        } else {
            fields.coordinates().filter(|_| options & HAS_BOX != 0).unwrap_or([0; 4])
        };
        let distances_at = match short {
            true => fields.len()?,
            false => usize::try_from(u32::from_le_bytes(record.get(72..76)?.try_into().ok()?)).ok()?,
        };
        let width = if wide { 2 } else { 1 };
        let raw = match count {
            0 => &[],
            _ => record.get(letters_at..)?.get(..count.checked_mul(width)?)?,
        };
        let per_letter = if options & PAIRS != 0 { 2 } else { 1 };
        let stored = record.get(distances_at..).filter(|_| distances_at >= 8);
        let stored = stored.and_then(|d| d.get(..count.checked_mul(4 * per_letter)?)).unwrap_or(&[]);
        let mut distances: Vec<i32> = stored
            .chunks_exact(4)
            .map(|c| i32::from_le_bytes([c[0], c[1], c[2], c[3]]))
            .filter(|v| v.unsigned_abs() <= COORDINATE)
            .collect();
        let letters = if wide {
            raw.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect()
        } else {
            let (letters, joined) = decode(raw, charset, &distances);
            distances = joined;
            letters
        };
        Some(Self { bounds, mode, scale, at, options, clip, letters, distances })
    }
}

/// The encoding of a character set of Windows.
fn encoding(charset: u8) -> &'static Encoding {
    match charset {
        128 => SHIFT_JIS,
        129 | 130 => EUC_KR,
        134 => GBK,
        136 => BIG5,
        161 => WINDOWS_1253,
        204 => WINDOWS_1251,
        238 => WINDOWS_1250,
        _ => WINDOWS_1252,
    }
}

/// Eight-bit text as UTF-16. Distances stand per byte and are added up per letter.
pub(super) fn decode(raw: &[u8], charset: u8, distances: &[i32]) -> (Vec<u16>, Vec<i32>) {
    let raw = raw.split_last().filter(|(last, _)| **last == 0).map_or(raw, |(_, rest)| rest);
    let encoding = encoding(charset);
    let double = matches!(charset, 128 | 129 | 130 | 134 | 136);
    let (mut letters, mut joined) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < raw.len() {
        let pair = double
            && (0x81..=0xFE).contains(&raw[at])
            && !(charset == 128 && (0xA0..=0xDF).contains(&raw[at]));
        let end = (at + if pair { 2 } else { 1 }).min(raw.len());
        let before = letters.len();
        if charset == 2 {
            // Symbol fonts: their letters stand in the private area.
            letters.push(0xF000 | u16::from(raw[at]));
        } else {
            letters.extend(encoding.decode_without_bom_handling(&raw[at..end]).0.encode_utf16());
        }
        let wide: i32 = distances.get(at..end).unwrap_or(&[]).iter().copied().fold(0, i32::saturating_add);
        for i in before..letters.len() {
            joined.push(if i == before { wide } else { 0 });
        }
        at = end;
    }
    if distances.len() < raw.len() {
        joined.clear();
    }
    (letters, joined)
}

/// A logical font: height, width, two angles, weight, eight small fields, name.
#[derive(Debug)]
pub(super) struct Font {
    pub(super) sizes: [i32; 5],
    /// Italic, underline, strike-out, character set, three precisions, pitch.
    pub(super) small: [u8; 8],
    pub(super) name: Vec<u16>,
}

impl Font {
    /// LOGFONTW.
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let sizes = fields.coordinates()?;
        let small = fields.bytes(8)?.try_into().ok()?;
        let name = fields.bytes(64)?.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]]));
        Some(Self { sizes, small, name: name.take_while(|u| *u != 0).collect() })
    }

    /// LOGFONTPANOSE: what follows the 92 bytes of LOGFONTW is empty.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out: Vec<u8> = self.sizes.iter().flat_map(|v| v.to_le_bytes()).collect();
        out.extend(self.small);
        let name = self.name.iter().filter(|u| **u >= 0x20).take(31);
        out.extend(name.flat_map(|u| u.to_le_bytes()));
        out.resize(320, 0);
        out
    }
}
