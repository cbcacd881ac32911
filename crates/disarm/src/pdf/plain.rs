//! What a PDF says, as plain text: page by page, line by line, in the order in which it is drawn.
//!
//! For comparing words, not for looking at: columns, ruby and pictures are not understood. A code that no map explains
//! becomes U+FFFD, never a guess. Words that are drawn invisibly (a recognised scan) are not what a reader sees and are
//! only counted.

use std::collections::HashMap;

use hayro_syntax::content::{TypedIter, ops::TypedInstruction as Op};
use hayro_syntax::object::{Dict, Name, Object, Stream};
use hayro_syntax::page::{Page, Resources};

use super::cmap::CMap;
use super::copy::name_of;
use super::filter;
use crate::{Meter, Refusal, ctx::Ctx};

/// Forms inside forms; writers nest two or three.
const MAX_FORMS: usize = 8;
/// Graphics states kept at once.
const MAX_STATES: usize = 64;
/// Baselines closer than this share of the size of the letters are one line: exponents move by a third.
const SAME_LINE: f64 = 0.5;

/// The text of a PDF.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plain {
    /// Lines of each page.
    pub pages: Vec<Vec<String>>,
    /// Bytes of strings that are drawn invisibly.
    pub invisible: usize,
}

pub(super) fn read(pdf: &hayro_syntax::Pdf, ctx: &mut Ctx<'_>) -> Result<Plain, Refusal> {
    ctx.spend(Meter::Pages, pdf.pages().len() as u64)?;
    let mut plain = Plain::default();
    for page in pdf.pages().iter() {
        let data = content(page, ctx)?;
        let mut drawn = Drawn { ctx: &mut *ctx, lines: Vec::new(), baseline: None, invisible: 0, depth: 0 };
        drawn.content(&data, page.resources(), &mut State::default())?;
        plain.invisible += drawn.invisible;
        plain.pages.push(drawn.lines);
    }
    Ok(plain)
}

/// The content streams of a page, joined.
fn content(page: &Page<'_>, ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Refusal> {
    let streams: Vec<Stream<'_>> = match page.raw().get::<Object<'_>>("Contents") {
        Some(Object::Stream(stream)) => vec![stream],
        Some(Object::Array(array)) => array.iter::<Object<'_>>().filter_map(Object::into_stream).collect(),
        _ => Vec::new(),
    };
    let mut data = Vec::new();
    for stream in streams {
        data.extend(filter::decode(&stream, ctx)?.data);
        data.push(b'\n');
    }
    Ok(data)
}

/// `[a b c d e f]`, as PDF writes it.
type Matrix = [f64; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `inner`, then `outer`.
fn times(inner: &Matrix, outer: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = *inner;
    let [p, q, r, s, t, u] = *outer;
    [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u]
}

fn moved(x: f64, y: f64) -> Matrix {
    [1.0, 0.0, 0.0, 1.0, x, y]
}

/// What of the graphics state decides which words stand where.
#[derive(Clone)]
struct State {
    space: Matrix,
    font: Option<Vec<u8>>,
    size: f64,
    leading: f64,
    mode: i64,
}

impl Default for State {
    fn default() -> Self {
        Self { space: IDENTITY, font: None, size: 1.0, leading: 0.0, mode: 0 }
    }
}

struct Drawn<'c, 'x> {
    ctx: &'c mut Ctx<'x>,
    lines: Vec<String>,
    /// Height of the line that is being written.
    baseline: Option<f64>,
    invisible: usize,
    depth: usize,
}

impl Drawn<'_, '_> {
    fn content(&mut self, data: &[u8], resources: &Resources<'_>, state: &mut State) -> Result<(), Refusal> {
        let mut fonts: HashMap<Vec<u8>, Option<Font>> = HashMap::new();
        let mut kept: Vec<State> = Vec::new();
        let (mut line, mut at) = (IDENTITY, IDENTITY);
        let mut operators = TypedIter::new(data);
        while let Some(operator) = operators.next() {
            self.ctx.spend(Meter::Steps, 1)?;
            let mut next_line = |x: f64, y: f64, at: &mut Matrix| {
                line = times(&moved(x, y), &line);
                *at = line;
            };
            match operator {
                Op::SaveState(_) if kept.len() < MAX_STATES => kept.push(state.clone()),
                Op::RestoreState(_) => *state = kept.pop().unwrap_or_else(|| state.clone()),
                Op::Transform(m) => {
                    let m = [m.0, m.1, m.2, m.3, m.4, m.5].map(|n| n.as_f64());
                    state.space = times(&m, &state.space);
                }
                Op::BeginText(_) => (line, at) = (IDENTITY, IDENTITY),
                Op::TextFont(f) => (state.font, state.size) = (Some(f.0.as_ref().to_vec()), f.1.as_f64()),
                Op::TextLeading(l) => state.leading = l.0.as_f64(),
                Op::TextRenderingMode(m) => state.mode = m.0.as_i64(),
                Op::NextLine(n) => next_line(n.0.as_f64(), n.1.as_f64(), &mut at),
                Op::NextLineAndSetLeading(n) => {
                    state.leading = -n.1.as_f64();
                    next_line(n.0.as_f64(), n.1.as_f64(), &mut at);
                }
                Op::NextLineUsingLeading(_) => next_line(0.0, -state.leading, &mut at),
                Op::SetTextMatrix(m) => {
                    line = [m.0, m.1, m.2, m.3, m.4, m.5].map(|n| n.as_f64());
                    at = line;
                }
                Op::ShowText(s) => self.show(s.0.as_bytes(), state, &at, resources, &mut fonts)?,
                Op::ShowTexts(s) => {
                    for text in s.0.iter::<Object<'_>>().filter_map(Object::into_string) {
                        self.show(text.as_bytes(), state, &at, resources, &mut fonts)?;
                    }
                }
                Op::NextLineAndShowText(s) => {
                    next_line(0.0, -state.leading, &mut at);
                    self.show(s.0.as_bytes(), state, &at, resources, &mut fonts)?;
                }
                Op::ShowTextWithParameters(s) => {
                    next_line(0.0, -state.leading, &mut at);
                    self.show(s.2.as_bytes(), state, &at, resources, &mut fonts)?;
                }
                Op::XObject(x) => self.form(x.0, resources, state)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// What a form says that is drawn by name.
    fn form(&mut self, name: &Name<'_>, resources: &Resources<'_>, state: &State) -> Result<(), Refusal> {
        let Some(form) = resources.get_x_object(name) else { return Ok(()) };
        if name_of(form.dict(), "Subtype") != "Form" {
            return Ok(());
        }
        if self.depth >= MAX_FORMS {
            return Err(Refusal::Limit(Meter::Nesting));
        }
        let data = filter::decode(&form, self.ctx)?.data;
        let own = form.dict().get::<Dict<'_>>("Resources").map(Resources::new);
        let numbers = super::copy::numbers_of(form.dict(), "Matrix");
        let matrix = numbers.and_then(|n| Matrix::try_from(n).ok()).unwrap_or(IDENTITY);
        let mut inner = State { space: times(&matrix, &state.space), ..state.clone() };
        self.depth += 1;
        let read = self.content(&data, own.as_ref().unwrap_or(resources), &mut inner);
        self.depth -= 1;
        read
    }

    fn show(
        &mut self,
        codes: &[u8],
        state: &State,
        at: &Matrix,
        resources: &Resources<'_>,
        fonts: &mut HashMap<Vec<u8>, Option<Font>>,
    ) -> Result<(), Refusal> {
        // 3 draws nothing, 7 only clips.
        if matches!(state.mode, 3 | 7) {
            self.invisible += codes.len();
            return Ok(());
        }
        self.ctx.spend(Meter::Steps, codes.len() as u64)?;
        let Some(name) = &state.font else { return Ok(()) };
        if !fonts.contains_key(name) {
            let dict = resources.fonts.get::<Dict<'_>>(&name[..]);
            let font = dict.map(|dict| Font::read(&dict, self.ctx)).transpose()?;
            fonts.insert(name.clone(), font);
        }
        let text = match fonts.get_mut(name) {
            Some(Some(font)) => font.text(codes),
            _ => "\u{FFFD}".to_owned(),
        };
        let place = times(at, &state.space);
        let height = (state.size * place[2].hypot(place[3])).abs().max(1.0);
        if self.baseline.is_none_or(|y| (y - place[5]).abs() > height * SAME_LINE) {
            self.baseline = Some(place[5]);
            self.lines.push(String::new());
        }
        if let Some(line) = self.lines.last_mut() {
            line.push_str(&text);
        }
        Ok(())
    }
}

/// How the bytes of a string fall into codes.
#[derive(Debug)]
enum Codes {
    One,
    Two,
    Utf16,
    ShiftJis,
    Listed(CMap),
}

struct Font {
    codes: Codes,
    /// Codes to Unicode, as the file says.
    map: Option<CMap>,
    /// What single bytes mean where there is no map.
    bytes: Option<&'static encoding_rs::Encoding>,
    known: HashMap<Vec<u8>, Option<String>>,
}

impl Font {
    fn read(dict: &Dict<'_>, ctx: &mut Ctx<'_>) -> Result<Self, Refusal> {
        let map = match dict.get::<Stream<'_>>("ToUnicode") {
            Some(stream) => Some(CMap::parse(&filter::decode(&stream, ctx)?.data)).filter(CMap::has_texts),
            None => None,
        };
        let (mut codes, mut bytes) = (Codes::One, None);
        if name_of(dict, "Subtype") == "Type0" {
            let encoding = name_of(dict, "Encoding");
            codes = match dict.get::<Stream<'_>>("Encoding") {
                Some(stream) => Codes::Listed(CMap::parse(&filter::decode(&stream, ctx)?.data)),
                None if encoding.contains("UTF16") || encoding.contains("UCS2") => Codes::Utf16,
                None if encoding.contains("-RKSJ-") => Codes::ShiftJis,
                None => Codes::Two,
            };
        } else {
            bytes = match name_of(dict, "Encoding").as_str() {
                "WinAnsiEncoding" => Some(encoding_rs::WINDOWS_1252),
                "MacRomanEncoding" => Some(encoding_rs::MACINTOSH),
                // The standard fonts, which need not be in the file.
                "" if !dict.contains_key("Encoding") && !dict.contains_key("FontDescriptor") => {
                    Some(encoding_rs::WINDOWS_1252)
                }
                _ => None,
            };
        }
        Ok(Self { codes, map, bytes, known: HashMap::new() })
    }

    fn text(&mut self, string: &[u8]) -> String {
        let mut out = String::new();
        let mut rest = string;
        while !rest.is_empty() {
            let (code, behind) = rest.split_at(self.length(rest).clamp(1, rest.len()));
            rest = behind;
            if !self.known.contains_key(code) {
                let text = self.meaning(code);
                self.known.insert(code.to_vec(), text);
            }
            out.push_str(self.known.get(code).and_then(Option::as_deref).unwrap_or("\u{FFFD}"));
        }
        out
    }

    fn length(&self, rest: &[u8]) -> usize {
        match &self.codes {
            Codes::One => 1,
            Codes::Two => 2,
            Codes::Utf16 if matches!(rest[0], 0xD8..=0xDB) => 4,
            Codes::Utf16 => 2,
            Codes::ShiftJis if matches!(rest[0], 0x81..=0x9F | 0xE0..=0xFC) => 2,
            Codes::ShiftJis => 1,
            Codes::Listed(map) => map.code_length(rest).unwrap_or(2),
        }
    }

    fn meaning(&self, code: &[u8]) -> Option<String> {
        if let Some(text) = self.map.as_ref().and_then(|map| map.text(code)) {
            return Some(text);
        }
        let encoding = match self.codes {
            Codes::One => self.bytes?,
            Codes::Utf16 => encoding_rs::UTF_16BE,
            Codes::ShiftJis => encoding_rs::SHIFT_JIS,
            Codes::Two | Codes::Listed(_) => return None,
        };
        encoding.decode_without_bom_handling_and_without_replacement(code).map(|text| text.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Sample;
    use super::*;
    use crate::{Limits, Ruleset, Secrets};

    fn plain(bytes: &[u8]) -> Plain {
        crate::pdf_text(bytes, &Limits::default()).unwrap()
    }

    #[test]
    fn words_are_read_by_line_and_invisible_ones_are_not() {
        let content =
            "BT /F1 12 Tf 20 80 Td (Hel) Tj (lo) Tj 0 -14 Td [(wor) -20 (ld)] TJ 3 Tr 0 -14 Td (scan) Tj ET";
        let read = plain(&Sample::new().content(content).bytes());
        assert_eq!(read.pages, [["Hello", "world"]]);
        assert_eq!(read.invisible, 4);
    }

    #[test]
    fn codes_mean_what_their_map_says_and_nothing_else() {
        let map = "1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0001> <0003> <5E02> endbfrange";
        let font =
            "<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[]/ToUnicode 11 0 R>>";
        let form = "BT /F9 10 Tf <000200030009> Tj ET";
        let read = plain(
            &Sample::new()
                .content("/X1 Do")
                .object(&format!(
                    "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F9 12 0 R>>>>/Length {}>>stream\n{form}\nendstream",
                    form.len()
                ))
                .object(&format!("<</Length {}>>stream\n{map}\nendstream", map.len()))
                .object(font)
                .bytes(),
        );
        assert_eq!(read.pages, [["\u{5E03}\u{5E04}\u{FFFD}"]]);
    }

    #[test]
    fn what_is_no_pdf_is_refused() {
        assert!(crate::pdf_text(b"%PDF-1.7 nothing", &Limits::default()).is_err());
        let (rules, limits, secrets) =
            (Ruleset::default(), Limits { pages: 0, ..Limits::default() }, Secrets::none());
        let pdf =
            super::super::open(&Sample::new().bytes(), &mut Ctx::new(&rules, &limits, &secrets)).unwrap();
        assert!(read(&pdf, &mut Ctx::new(&rules, &limits, &secrets)).is_err(), "one page is too many");
    }
}
