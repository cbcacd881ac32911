//! Tokens of content streams, CMaps and PostScript functions (ISO 32000-2, 7.2 and 7.8.2).

use std::{borrow::Cow, io::Write as _};

/// An operand or operator.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    Number(Number<'a>),
    Name(Cow<'a, [u8]>),
    Str(Cow<'a, [u8]>),
    Array(Vec<Token<'a>>),
    Dict(Entries<'a>),
    Bool(bool),
    Null,
    /// A keyword.
    Word(&'a [u8]),
    /// `{` or `}` of a PostScript function.
    Brace(bool),
}

/// Keys and values of a dictionary.
pub(super) type Entries<'a> = Vec<(Cow<'a, [u8]>, Token<'a>)>;

/// A number as it stands in the data: content is mostly numbers that are only copied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number<'a> {
    negative: bool,
    /// Digits with at most one point.
    magnitude: &'a [u8],
    /// The number with its sign, where it is spelt as [`write_number`] would spell it.
    plain: Option<&'a [u8]>,
}

impl Number<'_> {
    pub(super) fn value(self) -> f64 {
        let magnitude = match self.magnitude {
            b"" | b"." => 0.0,
            digits => std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok()).unwrap_or(0.0),
        };
        bounded(if self.negative { -magnitude } else { magnitude })
    }

    /// Writes the number exactly and without an exponent.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self.plain {
            Some(text) => out.extend_from_slice(text),
            None => write_number(self.value(), out),
        }
    }
}

/// Whether digits are spelt in the one shortest way, and few enough to stand for one floating-point number exactly.
fn is_plain(digits: &[u8]) -> bool {
    let (whole, fraction) = match digits.iter().position(|b| *b == b'.') {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let starts_well = match whole {
        [] => false,
        [b'0'] => fraction.is_some(),
        [first, ..] => *first != b'0',
    };
    starts_well && digits.len() <= 12 && fraction.is_none_or(|f| f.last().is_some_and(|b| *b != b'0'))
}

/// Arrays and dictionaries inside each other.
const MAX_DEPTH: usize = 32;

#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    data: &'a [u8],
    at: usize,
}

fn is_space(b: u8) -> bool {
    matches!(b, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_regular(b: u8) -> bool {
    static REGULAR: [bool; 256] = {
        let mut table = [true; 256];
        let mut i = 0;
        while i < OTHERS.len() {
            table[OTHERS[i] as usize] = false;
            i += 1;
        }
        table
    };
    REGULAR[usize::from(b)]
}

/// White space and delimiters.
const OTHERS: &[u8] = b"\0\t\n\x0c\r ()<>[]{}/%";

impl<'a> Lexer<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    /// Bytes that have not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.data.get(self.at..).unwrap_or(&[])
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.data.len());
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(b) = self.peek() {
            if b == b'%' {
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.at += 1;
                }
            } else if is_space(b) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The next token; stray closing brackets are skipped.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        self.token(0)
    }

    fn token(&mut self, depth: usize) -> Option<Token<'a>> {
        loop {
            self.skip_space();
            let b = self.peek()?;
            match b {
                b'/' => return Some(Token::Name(self.name())),
                b'(' => return Some(Token::Str(self.literal())),
                b'<' if self.data.get(self.at + 1) == Some(&b'<') => {
                    self.at += 2;
                    return Some(Token::Dict(self.dict(depth)));
                }
                b'<' => return Some(Token::Str(self.hex())),
                b'[' => {
                    self.at += 1;
                    return Some(Token::Array(self.array(depth)));
                }
                b'{' | b'}' => {
                    self.at += 1;
                    return Some(Token::Brace(b == b'{'));
                }
                b')' | b'>' | b']' => self.at += 1,
                _ => return Some(self.word()),
            }
        }
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        let word = &self.data[start..self.at];
        match word {
            b"true" => Token::Bool(true),
            b"false" => Token::Bool(false),
            b"null" => Token::Null,
            _ if matches!(word.first(), Some(b'0'..=b'9' | b'+' | b'-' | b'.')) => self.number(start, word),
            _ => Token::Word(word),
        }
    }

    /// A number as lenient readers take it: `--5` is -5, `1.2.3` is 1.2, `5-3` is 5, `12abc` is 12 then `abc`.
    fn number(&mut self, start: usize, word: &'a [u8]) -> Token<'a> {
        let mut at = 0;
        let mut negative = false;
        while let Some(sign @ (b'+' | b'-')) = word.get(at).copied() {
            negative |= sign == b'-';
            at += 1;
        }
        let digits_at = at;
        let mut dot = false;
        while let Some(&b) = word.get(at) {
            match b {
                b'0'..=b'9' => {}
                b'.' if !dot => dot = true,
                _ => break,
            }
            at += 1;
        }
        let magnitude = &word[digits_at..at];
        let spelt_once = digits_at == 0 || digits_at == 1 && negative;
        let plain = (spelt_once && is_plain(magnitude)).then(|| &word[..at]);
        if let Some(b) = word.get(at)
            && b.is_ascii_alphabetic()
            && at > digits_at
        {
            // Numbers run into the following operator in careless files.
            self.at = start + at;
        }
        Token::Number(Number { negative, magnitude, plain })
    }

    fn name(&mut self) -> Cow<'a, [u8]> {
        self.at += 1;
        let start = self.at;
        while self.peek().is_some_and(|b| is_regular(b) && b != b'#') {
            self.at += 1;
        }
        let plain = &self.data[start..self.at];
        if self.peek() != Some(b'#') {
            return Cow::Borrowed(plain);
        }
        let mut out = plain.to_vec();
        while let Some(b) = self.peek().filter(|b| is_regular(*b)) {
            self.at += 1;
            if b == b'#'
                && let Some(pair) = self.data.get(self.at..self.at + 2)
                && let (Some(high), Some(low)) = (hex_digit(pair[0]), hex_digit(pair[1]))
            {
                out.push(high << 4 | low);
                self.at += 2;
            } else {
                out.push(b);
            }
        }
        Cow::Owned(out)
    }

    fn literal(&mut self) -> Cow<'a, [u8]> {
        self.at += 1;
        let start = self.at;
        while self.peek().is_some_and(|b| !matches!(b, b'(' | b')' | b'\\' | b'\r')) {
            self.at += 1;
        }
        let plain = &self.data[start..self.at];
        if matches!(self.peek(), Some(b')') | None) {
            self.skip(1);
            return Cow::Borrowed(plain);
        }
        let mut out = plain.to_vec();
        let mut depth = 1;
        while let Some(b) = self.peek() {
            self.at += 1;
            match b {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escape(&mut out);
                    continue;
                }
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    out.push(b'\n');
                    continue;
                }
                _ => {}
            }
            out.push(b);
        }
        Cow::Owned(out)
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(b) = self.peek() else { return };
        self.at += 1;
        match b {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u16::from(b - b'0');
                for _ in 0..2 {
                    let Some(d @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u16::from(d - b'0');
                    self.at += 1;
                }
                out.push(u8::try_from(value & 0xff).unwrap_or(0));
            }
            other => out.push(other),
        }
    }

    fn hex(&mut self) -> Cow<'a, [u8]> {
        self.at += 1;
        let length = self.rest().iter().position(|b| *b == b'>').unwrap_or(0);
        let mut out = Vec::with_capacity(length.div_ceil(2));
        let mut high = None;
        while let Some(b) = self.peek() {
            self.at += 1;
            if b == b'>' {
                break;
            }
            let Some(digit) = hex_digit(b) else { continue };
            match high.take() {
                None => high = Some(digit),
                Some(h) => out.push(h << 4 | digit),
            }
        }
        out.extend(high.map(|h| h << 4));
        Cow::Owned(out)
    }

    fn array(&mut self, depth: usize) -> Vec<Token<'a>> {
        let mut out = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return out,
                Some(b']') => {
                    self.at += 1;
                    return out;
                }
                Some(_) if depth >= MAX_DEPTH => {
                    self.at += 1;
                }
                Some(_) => out.extend(self.token(depth + 1)),
            }
        }
    }

    fn dict(&mut self, depth: usize) -> Entries<'a> {
        let mut out = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return out,
                Some(b'>') => {
                    self.at += 1;
                    if self.peek() == Some(b'>') {
                        self.at += 1;
                        return out;
                    }
                }
                Some(b'/') if depth < MAX_DEPTH => {
                    let key = self.name();
                    self.skip_space();
                    if self.peek() == Some(b'>') {
                        continue;
                    }
                    if let Some(value) = self.token(depth + 1) {
                        out.push((key, value));
                    }
                }
                Some(_) => {
                    self.at += 1;
                }
            }
        }
    }
}

fn hex_digit(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    }
}

/// The number that stands for `v` in content: what was calculated is bounded like what was read, or reading it again
/// would give another number.
fn bounded(v: f64) -> f64 {
    if v.abs() < 1e-12 { 0.0 } else { v.clamp(-1e15, 1e15) }
}

/// Writes a number exactly and without an exponent.
pub(super) fn write_number(v: f64, out: &mut Vec<u8>) {
    let v = bounded(v);
    if v == 0.0 || !v.is_finite() {
        out.push(b'0');
    } else {
        // Writing into a vector cannot fail.
        let _ = write!(out, "{v}");
    }
}

/// Writes a name, escaping all but letters, digits and a few signs.
pub(super) fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for &b in name {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+' | b'*' | b':') {
            out.push(b);
        } else {
            out.push(b'#');
            write_digits(b, out);
        }
    }
}

/// Two hexadecimal digits.
pub(super) fn write_digits(b: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
}

/// Writes a string in its shorter form.
pub(super) fn write_string(text: &[u8], out: &mut Vec<u8>) {
    let escapes = text.iter().filter(|b| matches!(b, b'(' | b')' | b'\\' | b'\r')).count();
    let binary = text.iter().filter(|b| !(0x20..0x7f).contains(*b)).count();
    if binary * 2 > text.len() {
        out.reserve(text.len() * 2 + 2);
        out.push(b'<');
        text.iter().for_each(|b| write_digits(*b, out));
        out.push(b'>');
        return;
    }
    out.reserve(text.len() + escapes + 2);
    out.push(b'(');
    for &b in text {
        match b {
            b'(' | b')' | b'\\' => out.extend([b'\\', b]),
            b'\r' => out.extend(b"\\r"),
            _ => out.push(b),
        }
    }
    out.push(b')');
}
