//! Type 1 fonts (Adobe Type 1 Font Format, 1990): decrypted and interpreted to outlines, leaving as CFF.
//! The PostScript program around the glyphs is never run; only its tables are looked for.

use std::collections::HashMap;

use super::cff::{Charset, Encoding, Font};
use super::names;
use super::outline::{Fixed, ONE, Outline, Segment};

const MAX_GLYPHS: usize = 65_000;
const MAX_STEPS: usize = 100_000;

/// Reads a font program; the second value counts glyphs that could not be interpreted.
pub(super) fn read(data: &[u8]) -> Option<(Font, usize)> {
    let data = without_pfb_headers(data);
    let split = find(&data, b"eexec")? + 5;
    let clear = &data[..split];
    let private = decrypt_private(&data[split..]);
    let skip = number_after(&private, b"/lenIV").unwrap_or(4.0);
    let (subroutines, charstrings) = tables(&private, skip)?;
    let matrix = array_after(clear, b"/FontMatrix").filter(|m| m.len() == 6);
    let matrix = matrix
        .and_then(|m| <[f64; 6]>::try_from(m).ok())
        .filter(|m| *m != [0.001, 0.0, 0.0, 0.001, 0.0, 0.0]);
    let bbox = array_after(clear, b"/FontBBox").unwrap_or_default();
    let bbox = [0, 1, 2, 3].map(|i| bbox.get(i).map_or(0, |v| v.clamp(-32768.0, 32767.0) as i32));
    let mut broken = 0;
    let mut names = vec![".notdef".to_owned()];
    let mut glyphs = vec![Outline::default()];
    for (name, code) in &charstrings {
        let mut machine = Machine::new(&subroutines, &charstrings);
        let outline = match machine.run(code, 0) {
            Some(()) => machine.outline,
            None => {
                broken += 1;
                Outline::default()
            }
        };
        if name == ".notdef" {
            glyphs[0] = outline;
        } else if glyphs.len() < MAX_GLYPHS {
            names.push(name.clone());
            glyphs.push(outline);
        }
    }
    let encoding = read_encoding(clear, &names);
    let font = Font {
        matrix,
        bbox,
        charset: Charset::Names(names),
        encoding,
        system: (String::new(), String::new(), 0),
        dictionaries: Vec::new(),
        select: Vec::new(),
        glyphs,
    };
    Some((font, broken))
}

/// Joins the segments of a PFB file.
fn without_pfb_headers(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut at = 0;
    while let Some([0x80, 1 | 2, a, b, c, d]) = data.get(at..at + 6) {
        let len = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let end = (at + 6).saturating_add(len).min(data.len());
        out.extend(&data[at + 6..end]);
        at = end;
    }
    if at == 0 { data.to_vec() } else { out }
}

fn find(data: &[u8], needle: &[u8]) -> Option<usize> {
    data.windows(needle.len()).position(|w| w == needle)
}

/// The encrypted part, binary or hexadecimal (7.2).
fn decrypt_private(data: &[u8]) -> Vec<u8> {
    let start = data.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
    let data = &data[start..];
    let is_hex = data.len() >= 4 && data[..4].iter().all(u8::is_ascii_hexdigit);
    if !is_hex {
        return decrypt(data, 55_665, 4);
    }
    let digits: Vec<u8> = data
        .iter()
        .filter_map(|b| char::from(*b).to_digit(16))
        .filter_map(|d| u8::try_from(d).ok())
        .collect();
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|p| p[0] << 4 | p[1]).collect();
    decrypt(&bytes, 55_665, 4)
}

fn decrypt(data: &[u8], mut key: u16, skip: usize) -> Vec<u8> {
    let plain: Vec<u8> = data
        .iter()
        .map(|&c| {
            let p = c ^ (key >> 8) as u8;
            key = (u16::from(c).wrapping_add(key)).wrapping_mul(52_845).wrapping_add(22_719);
            p
        })
        .collect();
    plain.get(skip..).unwrap_or(&[]).to_vec()
}

/// The words of PostScript text from `at` on.
fn words(data: &[u8], at: usize) -> impl Iterator<Item = &[u8]> {
    data.get(at..)
        .unwrap_or(&[])
        .split(|b| b.is_ascii_whitespace() || matches!(b, b'[' | b']' | b'{' | b'}'))
        .filter(|w| !w.is_empty())
}

fn parse_number(word: &[u8]) -> Option<f64> {
    std::str::from_utf8(word).ok()?.parse::<f64>().ok().filter(|v| v.is_finite())
}

fn number_after(data: &[u8], key: &[u8]) -> Option<f64> {
    words(data, find(data, key)? + key.len()).next().and_then(parse_number)
}

fn array_after(data: &[u8], key: &[u8]) -> Option<Vec<f64>> {
    let at = find(data, key)? + key.len();
    Some(words(data, at).map_while(parse_number).take(16).collect())
}

fn read_encoding(clear: &[u8], glyphs: &[String]) -> Encoding {
    let Some(at) = find(clear, b"/Encoding") else { return Encoding::Standard };
    if words(clear, at + 9).next() == Some(b"StandardEncoding") {
        return Encoding::Standard;
    }
    let mut by_code: Vec<(u8, String)> = Vec::new();
    let mut list = words(clear, at).peekable();
    while let Some(word) = list.next() {
        if word == b"def" || word == b"readonly" {
            break;
        }
        if word == b"dup"
            && let Some(code) = list.next().and_then(parse_code)
            && let Some(name) = list.next().and_then(|n| n.strip_prefix(b"/"))
        {
            by_code.push((code, names::sanitised(name)));
        }
    }
    // Glyphs are in no particular order, so every code is given by name.
    by_code.retain(|(_, name)| glyphs.contains(name));
    by_code.sort();
    by_code.dedup();
    by_code.truncate(255);
    Encoding::Custom(Vec::new(), by_code)
}

fn parse_code(word: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(word).ok()?;
    match text.split_once('#') {
        Some((base, digits)) => {
            u8::from_str_radix(digits, base.parse().ok().filter(|b| (2..=36).contains(b))?).ok()
        }
        None => text.parse().ok(),
    }
}

type Glyphs = Vec<(String, Vec<u8>)>;

/// Subroutines and charstrings, decrypted.
fn tables(private: &[u8], skip: f64) -> Option<(HashMap<usize, Vec<u8>>, Glyphs)> {
    let plain = |bytes: &[u8]| {
        if skip < 0.0 { bytes.to_vec() } else { decrypt(bytes, 4330, skip as usize) }
    };
    let glyphs_at = find(private, b"/CharStrings")?;
    let mut subroutines = HashMap::new();
    if let Some(mut at) = find(private, b"/Subrs") {
        while let Some(found) = private.get(at..).and_then(|rest| find(rest, b"dup ")) {
            if at < glyphs_at && at + found > glyphs_at {
                break;
            }
            at += found + 4;
            let Some((number, length, body)) = entry(private, at) else { continue };
            let Some(bytes) = private.get(body..body + length) else { break };
            if let Some(number) = parse_number(number).filter(|n| *n >= 0.0 && *n < 65_536.0) {
                subroutines.insert(number as usize, plain(bytes));
            }
            at = body + length;
        }
    }
    let mut glyphs = Vec::new();
    let mut at = glyphs_at + 12;
    while let Some(found) = private.get(at..)?.iter().position(|b| *b == b'/') {
        at += found + 1;
        let Some((name, length, body)) = entry(private, at) else { continue };
        let Some(bytes) = private.get(body..body + length) else { break };
        let name = names::sanitised(name);
        if glyphs.len() < MAX_GLYPHS && !name.is_empty() {
            glyphs.push((name, plain(bytes)));
        }
        at = body + length;
    }
    (!glyphs.is_empty()).then_some((subroutines, glyphs))
}

/// `NAME LENGTH RD ` at `at`: the name, the length and where the binary starts.
fn entry(data: &[u8], at: usize) -> Option<(&[u8], usize, usize)> {
    let mut at = at;
    let mut word = || {
        while data.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        let start = at;
        while data.get(at).is_some_and(|b| !b.is_ascii_whitespace()) && at - start < 128 {
            at += 1;
        }
        Some((&data[start..at], at))
    };
    let (name, _) = word()?;
    let (length, _) = word()?;
    let (read, end) = word()?;
    let length = parse_number(length).filter(|n| *n >= 0.0 && *n < 65_536.0)?;
    (read == b"RD" || read == b"-|").then_some((name, length as usize, end + 1))
}

struct Machine<'a> {
    subroutines: &'a HashMap<usize, Vec<u8>>,
    glyphs: &'a Glyphs,
    stack: Vec<Fixed>,
    postscript: Vec<Fixed>,
    outline: Outline,
    /// Side bearing not yet added to the first move.
    pending: (Fixed, Fixed),
    /// Points of a flex in progress.
    flex: Option<Vec<(Fixed, Fixed)>>,
    bearing: Fixed,
    steps: usize,
    done: bool,
}

impl<'a> Machine<'a> {
    fn new(subroutines: &'a HashMap<usize, Vec<u8>>, glyphs: &'a Glyphs) -> Self {
        Self {
            subroutines,
            glyphs,
            stack: Vec::new(),
            postscript: Vec::new(),
            outline: Outline::default(),
            pending: (0, 0),
            flex: None,
            bearing: 0,
            steps: 0,
            done: false,
        }
    }

    fn run(&mut self, code: &[u8], calls: usize) -> Option<()> {
        let mut at = 0;
        while let Some(&b) = code.get(at) {
            at += 1;
            self.steps += 1;
            if self.steps > MAX_STEPS || self.stack.len() > 256 || calls > 12 {
                return None;
            }
            match b {
                32..=246 => self.stack.push((Fixed::from(b) - 139) * ONE),
                247..=250 => {
                    self.stack.push(((Fixed::from(b) - 247) * 256 + Fixed::from(*code.get(at)?) + 108) * ONE);
                    at += 1;
                }
                251..=254 => {
                    self.stack
                        .push((-(Fixed::from(b) - 251) * 256 - Fixed::from(*code.get(at)?) - 108) * ONE);
                    at += 1;
                }
                255 => {
                    let bytes = code.get(at..at + 4)?;
                    let v = i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                    self.stack.push(Fixed::from(v) * ONE);
                    at += 4;
                }
                10 => {
                    let number = usize::try_from(self.stack.pop()? / ONE).ok()?;
                    let subroutines = self.subroutines;
                    self.run(subroutines.get(&number)?, calls + 1)?;
                }
                11 => return Some(()),
                12 => {
                    let second = *code.get(at)?;
                    at += 1;
                    self.escape(second, calls)?;
                }
                _ => self.operator(b)?,
            }
            if self.done {
                return Some(());
            }
        }
        Some(())
    }

    fn operator(&mut self, b: u8) -> Option<()> {
        let s = std::mem::take(&mut self.stack);
        match (b, &s[..]) {
            (13, [.., bearing, width]) => self.start(*bearing, 0, *width),
            (14, _) => self.done = true,
            (21, [.., dx, dy]) => self.move_by(*dx, *dy)?,
            (22, [.., dx]) => self.move_by(*dx, 0)?,
            (4, [.., dy]) => self.move_by(0, *dy)?,
            (5, [.., dx, dy]) => self.outline.push(Segment::Line(*dx, *dy))?,
            (6, [.., dx]) => self.outline.push(Segment::Line(*dx, 0))?,
            (7, [.., dy]) => self.outline.push(Segment::Line(0, *dy))?,
            (8, [.., a, b, c, d, e, f]) => self.outline.push(Segment::Curve([*a, *b, *c, *d, *e, *f]))?,
            (30, [.., a, b, c, d]) => self.outline.push(Segment::Curve([0, *a, *b, *c, *d, 0]))?,
            (31, [.., a, b, c, d]) => self.outline.push(Segment::Curve([*a, 0, *b, *c, 0, *d]))?,
            (1 | 3 | 9, _) => {}
            _ => {}
        }
        Some(())
    }

    fn start(&mut self, x: Fixed, y: Fixed, width: Fixed) {
        self.pending = (x, y);
        self.bearing = x;
        self.outline.width = width;
    }

    fn move_by(&mut self, dx: Fixed, dy: Fixed) -> Option<()> {
        if let Some(points) = &mut self.flex {
            points.push((dx, dy));
            return (points.len() <= 7).then_some(());
        }
        let (px, py) = std::mem::take(&mut self.pending);
        self.outline.push(Segment::Move(dx + px, dy + py))
    }

    fn escape(&mut self, b: u8, calls: usize) -> Option<()> {
        match b {
            12 => {
                let (b, a) = (self.stack.pop()?, self.stack.pop()?);
                self.stack.push(if b == 0 { 0 } else { a.saturating_mul(ONE) / b });
                return Some(());
            }
            16 => return self.other_subroutine(),
            17 => {
                self.stack.push(self.postscript.pop().unwrap_or(0));
                return Some(());
            }
            _ => {}
        }
        let s = std::mem::take(&mut self.stack);
        match (b, &s[..]) {
            (6, [.., asb, adx, ady, base, accent]) => {
                self.accent([*asb, *adx, *ady, *base, *accent], calls)?;
            }
            (7, [.., x, y, wx, _]) => self.start(*x, *y, *wx),
            _ => {}
        }
        Some(())
    }

    /// Flex and hint replacement (8.3, 8.1); others only pass their operands on.
    fn other_subroutine(&mut self) -> Option<()> {
        let number = self.stack.pop()? / ONE;
        let count = usize::try_from(self.stack.pop()? / ONE).ok()?;
        let operands = self.stack.split_off(self.stack.len().checked_sub(count)?);
        match number {
            1 => self.flex = Some(Vec::new()),
            2 => {}
            0 => {
                let points = self.flex.take()?;
                let [r, p1, p2, p3, p4, p5, p6] = points[..] else { return None };
                let (px, py) = std::mem::take(&mut self.pending);
                let first = (r.0 + p1.0 + px, r.1 + p1.1 + py);
                self.outline.push(Segment::Curve([first.0, first.1, p2.0, p2.1, p3.0, p3.1]))?;
                self.outline.push(Segment::Curve([p4.0, p4.1, p5.0, p5.1, p6.0, p6.1]))?;
                self.postscript = operands.iter().skip(1).rev().copied().collect();
            }
            3 => self.postscript = vec![3 * ONE],
            _ => self.postscript = operands.into_iter().rev().collect(),
        }
        Some(())
    }

    fn accent(&mut self, [asb, adx, ady, base, accent]: [Fixed; 5], calls: usize) -> Option<()> {
        let width = self.outline.width;
        let bearing = self.bearing;
        let glyphs = self.glyphs;
        let mut outline = Outline::default();
        for (code, dx, dy) in [(base, 0, 0), (accent, bearing + adx - asb, ady)] {
            let name = names::standard(u8::try_from(code / ONE).ok()?);
            let (_, program) = glyphs.iter().find(|(n, _)| n == name)?;
            let mut part = Machine::new(self.subroutines, glyphs);
            part.steps = self.steps;
            part.run(program, calls + 6)?;
            self.steps = part.steps;
            outline.append(&part.outline, dx, dy)?;
        }
        outline.width = width;
        self.outline = outline;
        self.done = true;
        Some(())
    }
}
