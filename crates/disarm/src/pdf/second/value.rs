//! Values of the second reader.

use std::borrow::Cow;

/// Arrays and dictionaries inside each other.
const MAX_DEPTH: usize = 64;

/// A value; what the comparison does not ask for is [`Value::Other`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Name(Cow<'a, [u8]>),
    /// A string as it is spelt.
    String(&'a [u8]),
    Reference(u32),
    Array(Vec<Value<'a>>),
    Dict(Vec<(Cow<'a, [u8]>, Value<'a>)>),
    Other,
}

impl<'a> Value<'a> {
    pub(super) fn get(&self, key: &[u8]) -> Option<&Self> {
        match self {
            Self::Dict(entries) => entries.iter().rev().find(|(k, _)| **k == *key).map(|(_, v)| v),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// First place of `needle` at or behind `from`.
pub(super) fn find(data: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(data.get(from..)?, needle).map(|at| from + at)
}

/// White space of PDF.
pub(super) fn is_space(b: u8) -> bool {
    matches!(b, 0 | 9 | 10 | 12 | 13 | 32)
}

/// Neither white space nor a delimiter. A table, because every byte of every page is asked.
pub(super) fn is_regular(b: u8) -> bool {
    static REGULAR: [bool; 256] = {
        let mut table = [true; 256];
        let others = b"\0\t\n\x0c\r ()<>[]{}/%";
        let mut i = 0;
        while i < others.len() {
            table[others[i] as usize] = false;
            i += 1;
        }
        table
    };
    REGULAR[usize::from(b)]
}

pub(super) struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at }
    }

    pub(super) fn at(&self) -> usize {
        self.at.min(self.data.len())
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    fn space(&mut self) {
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

    /// The next run of regular bytes.
    pub(super) fn word(&mut self) -> &'a [u8] {
        self.space();
        let start = self.at();
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        &self.data[start..self.at()]
    }

    /// The next value, or nothing where none stands.
    pub(super) fn value(&mut self) -> Option<Value<'a>> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Option<Value<'a>> {
        self.space();
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'/' => {
                self.at += 1;
                Some(Value::Name(self.name()))
            }
            b'(' => {
                let start = self.at;
                self.skip_string();
                Some(Value::String(&self.data[start..self.at()]))
            }
            b'<' if self.data.get(self.at + 1) == Some(&b'<') => {
                self.at += 2;
                self.dict(depth)
            }
            b'<' => {
                let start = self.at;
                while self.peek().is_some_and(|b| b != b'>') {
                    self.at += 1;
                }
                self.at += 1;
                Some(Value::String(&self.data[start..self.at()]))
            }
            b'[' => {
                self.at += 1;
                self.array(depth)
            }
            b if is_regular(b) => self.number_or_word(),
            _ => None,
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value<'a>> {
        let mut items = Vec::new();
        loop {
            self.space();
            if self.peek()? == b']' {
                self.at += 1;
                return Some(Value::Array(items));
            }
            items.push(self.nested(depth + 1)?);
        }
    }

    fn dict(&mut self, depth: usize) -> Option<Value<'a>> {
        let mut entries = Vec::new();
        loop {
            self.space();
            match self.peek()? {
                b'>' => {
                    self.at += 2;
                    return Some(Value::Dict(entries));
                }
                b'/' => {
                    self.at += 1;
                    let key = self.name();
                    self.space();
                    if self.peek() != Some(b'>') {
                        entries.push((key, self.nested(depth + 1)?));
                    }
                }
                // Something that is no key; readers step over it.
                _ => {
                    self.nested(depth + 1)?;
                }
            }
        }
    }

    fn name(&mut self) -> Cow<'a, [u8]> {
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        let raw = &self.data[start..self.at];
        if raw.contains(&b'#') { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }
    }

    fn skip_string(&mut self) {
        let mut depth = 0;
        while let Some(b) = self.peek() {
            self.at += 1;
            match b {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// A number, a reference, or a word. `endobj` and the like end what is being read.
    fn number_or_word(&mut self) -> Option<Value<'a>> {
        let start = self.at;
        let word = self.word();
        let whole = |word: &[u8]| std::str::from_utf8(word).ok()?.parse::<i64>().ok();
        if let Some(number) = whole(word) {
            let mark = self.at;
            let generation = self.word();
            if (1..=5).contains(&generation.len()) && generation.iter().all(u8::is_ascii_digit) {
                let word = self.word();
                if word == b"R"
                    && let Ok(number) = u32::try_from(number)
                {
                    return Some(Value::Reference(number));
                }
            }
            self.at = mark;
            return Some(Value::Number(number));
        }
        match word {
            b"null" => Some(Value::Null),
            b"true" => Some(Value::Bool(true)),
            b"false" => Some(Value::Bool(false)),
            b"endobj" | b"stream" | b"endstream" | b"xref" | b"trailer" | b"startxref" => {
                self.at = start;
                None
            }
            // 12.0 is as good a length as 12.
            _ => match std::str::from_utf8(word).ok().and_then(|w| w.parse::<f64>().ok()) {
                Some(v) if v.is_finite() && v.abs() < 1e15 => Some(Value::Number(v as i64)),
                _ => Some(Value::Other),
            },
        }
    }
}

/// A name with its `#xx` undone.
pub(super) fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&b, tail)) = rest.split_first() {
        let code = (b == b'#').then(|| tail.get(..2)).flatten().and_then(|pair| {
            let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
            Some(digit(pair[0])? << 4 | digit(pair[1])?)
        });
        match code {
            Some(code) => {
                out.push(code);
                rest = &tail[2..];
            }
            None => {
                out.push(b);
                rest = tail;
            }
        }
    }
    out
}
