//! What a page says: the strings that its content shows, in their order, as the codes they are written in. The copier
//! keeps codes and glyph numbers, so a page that says the same has the same codes.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use super::{
    File, MAX_WORDS, Page,
    value::{Value, is_regular, is_space, unescape},
};
use crate::{Meter, Refusal, ctx::Ctx};

/// Forms inside forms.
const MAX_FORMS: usize = 40;

/// What forms say, by their number; nothing while one is being read.
#[derive(Debug, Default)]
pub(super) struct Forms(HashMap<u32, Option<Vec<u8>>>);

/// The words of a page.
pub(super) fn of_page(
    file: &File<'_>,
    page: &Page,
    forms: &mut Forms,
    ctx: &mut Ctx<'_>,
) -> Result<Vec<u8>, Refusal> {
    let mut streams = Vec::new();
    let Some(dict) = file.object(page.number) else { return Ok(Vec::new()) };
    match dict.get(b"Contents") {
        Some(Value::Array(items)) => streams.extend(items.iter().cloned()),
        Some(Value::Reference(number)) => match file.object(*number) {
            Some(Value::Array(items)) => streams.extend(items),
            _ => streams.push(Value::Reference(*number)),
        },
        _ => {}
    }
    let mut content: Cow<'_, [u8]> = Cow::Borrowed(&[]);
    let several = streams.len() > 1;
    for stream in streams {
        if let Value::Reference(number) = stream
            && let Some((_, data)) = file.stream(number, ctx)?
        {
            if several {
                let joined = content.to_mut();
                joined.extend_from_slice(&data);
                joined.push(b'\n');
            } else {
                content = data;
            }
        }
    }
    let holder = page.resources.and_then(|number| file.object(number));
    let resources = holder.as_ref().and_then(|h| h.get(b"Resources")).map(|r| file.follow(r));
    let mut out = Vec::new();
    let mut says = Says { file, forms, depth: 0 };
    says.content(&content, resources.as_ref(), &mut out, ctx)?;
    Ok(out)
}

/// What a string says that stands in an object.
pub(super) fn string(value: &Value<'_>) -> Option<Vec<u8>> {
    let Value::String(spelt) = value else { return None };
    let mut scan = Scan::new(spelt);
    if spelt.starts_with(b"(") {
        scan.literal()
    } else {
        scan.hex()
    };
    Some(scan.strings)
}

struct Says<'f, 'a> {
    file: &'f File<'a>,
    forms: &'f mut Forms,
    depth: usize,
}

impl Says<'_, '_> {
    fn content(
        &mut self,
        content: &[u8],
        resources: Option<&Value<'_>>,
        out: &mut Vec<u8>,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Refusal> {
        ctx.spend(Meter::Steps, content.len() as u64 / 16)?;
        let mut scan = Scan::new(content);
        while out.len() < MAX_WORDS
            && let Some(shown) = scan.next()
        {
            match shown {
                Shown::Words => scan.words(out),
                Shown::Object(name) => self.form(&name, resources, out, ctx)?,
            }
        }
        out.truncate(MAX_WORDS);
        Ok(())
    }

    /// What a form says that is drawn by name.
    fn form(
        &mut self,
        name: &[u8],
        resources: Option<&Value<'_>>,
        out: &mut Vec<u8>,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Refusal> {
        let objects = resources.and_then(|r| r.get(b"XObject")).map(|o| self.file.follow(o));
        let Some(Value::Reference(number)) = objects.as_ref().and_then(|o| o.get(name)) else {
            return Ok(());
        };
        if let Some(known) = self.forms.0.get(number) {
            out.extend(known.iter().flatten());
            return Ok(());
        }
        let is_form = self.file.object(*number).is_some_and(|dict| match dict.get(b"Subtype") {
            Some(subtype) => subtype.name() == Some(b"Form"),
            None => dict.get(b"BBox").is_some(),
        });
        if !is_form || self.depth >= MAX_FORMS {
            return Ok(());
        }
        let Some((dict, data)) = self.file.stream(*number, ctx)? else { return Ok(()) };
        let own = dict.get(b"Resources").map(|r| self.file.follow(r));
        self.forms.0.insert(*number, None);
        self.depth += 1;
        let mut inner = Vec::new();
        let read = self.content(&data, own.as_ref().or(resources), &mut inner, ctx);
        self.depth -= 1;
        out.extend(&inner);
        self.forms.0.insert(*number, Some(inner));
        read
    }
}

/// Something that content shows.
enum Shown<'a> {
    /// The strings before the operator.
    Words,
    /// An external object.
    Object(Cow<'a, [u8]>),
}

/// What stands last before an operator.
enum Last<'a> {
    Nothing,
    /// A string, in [`Scan::strings`].
    String(Range<usize>),
    /// An array with the strings in it.
    Array(Range<usize>),
    Name(&'a [u8]),
}

/// Steps from one operator that shows something to the next.
struct Scan<'a> {
    data: &'a [u8],
    at: usize,
    strings: Vec<u8>,
    last: Last<'a>,
}

impl<'a> Scan<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, strings: Vec::new(), last: Last::Nothing }
    }

    /// Appends what the operator shows.
    fn words(&mut self, out: &mut Vec<u8>) {
        if let Last::String(range) | Last::Array(range) = &self.last {
            out.extend_from_slice(&self.strings[range.clone()]);
        }
        self.clear();
    }

    fn clear(&mut self) {
        self.strings.clear();
        self.last = Last::Nothing;
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Shown<'a>> {
        loop {
            let b = self.peek()?;
            match b {
                b'%' => self.line(),
                b'/' => self.last = Last::Name(self.name()),
                b'(' => self.last = Last::String(self.literal()),
                b'<' if self.data.get(self.at + 1) == Some(&b'<') => self.dict(),
                b'<' => self.last = Last::String(self.hex()),
                b'[' => self.last = Last::Array(self.array()),
                b if is_regular(b) => {
                    if let Some(shown) = self.operator() {
                        return Some(shown);
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    fn line(&mut self) {
        while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
            self.at += 1;
        }
    }

    fn run(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        &self.data[start..self.at]
    }

    fn name(&mut self) -> &'a [u8] {
        self.at += 1;
        self.run()
    }

    fn operator(&mut self) -> Option<Shown<'a>> {
        let mut word = self.run();
        if let b'0'..=b'9' | b'+' | b'-' | b'.' = word[0] {
            let signs = word.iter().take_while(|b| matches!(b, b'+' | b'-')).count();
            let digits = word[signs..].iter().take_while(|b| matches!(b, b'0'..=b'9' | b'.')).count();
            word = &word[signs + digits..];
            // Numbers run into the following operator in careless files.
            if digits == 0 || !word.first().is_some_and(u8::is_ascii_alphabetic) {
                self.last = Last::Nothing;
                return None;
            }
            self.last = Last::Nothing;
        }
        let shown = match (word, &self.last) {
            (b"Tj" | b"'" | b"\"", Last::String(_)) | (b"TJ", Last::Array(_)) => return Some(Shown::Words),
            (b"Do", Last::Name(name)) if name.contains(&b'#') => {
                Some(Shown::Object(Cow::Owned(unescape(name))))
            }
            (b"Do", Last::Name(name)) => Some(Shown::Object(Cow::Borrowed(*name))),
            (b"true" | b"false" | b"null", _) => {
                self.last = Last::Nothing;
                return None;
            }
            _ => None,
        };
        if word == b"BI" {
            self.inline_picture();
        }
        self.clear();
        shown
    }

    fn literal(&mut self) -> Range<usize> {
        let start = self.strings.len();
        self.at += 1;
        let mut depth = 1;
        loop {
            let rest = self.data.get(self.at..).unwrap_or(&[]);
            let plain =
                rest.iter().position(|b| matches!(b, b'(' | b')' | b'\\' | b'\r')).unwrap_or(rest.len());
            self.strings.extend_from_slice(&rest[..plain]);
            self.at += plain + 1;
            match rest.get(plain) {
                Some(b'\\') => self.escape(),
                Some(b'\r') => {
                    self.at += usize::from(self.peek() == Some(b'\n'));
                    self.strings.push(b'\n');
                }
                Some(b'(') => {
                    depth += 1;
                    self.strings.push(b'(');
                }
                Some(_) if depth > 1 => {
                    depth -= 1;
                    self.strings.push(b')');
                }
                _ => return start..self.strings.len(),
            }
        }
    }

    fn escape(&mut self) {
        let Some(b) = self.peek() else { return };
        self.at += 1;
        match b {
            b'0'..=b'7' => {
                let more =
                    self.data[self.at..].iter().take(2).take_while(|b| matches!(b, b'0'..=b'7')).count();
                let digits = &self.data[self.at - 1..self.at + more];
                self.at += more;
                let code = digits.iter().fold(0_u32, |code, d| code * 8 + u32::from(d - b'0'));
                self.strings.push(u8::try_from(code & 255).unwrap_or(0));
            }
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'\n' => {}
            b'n' => self.strings.push(b'\n'),
            b'r' => self.strings.push(b'\r'),
            b't' => self.strings.push(b'\t'),
            b'b' => self.strings.push(8),
            b'f' => self.strings.push(12),
            other => self.strings.push(other),
        }
    }

    fn hex(&mut self) -> Range<usize> {
        let start = self.strings.len();
        self.at += 1;
        let mut half = None;
        while let Some(b) = self.peek() {
            self.at += 1;
            let digit = match b {
                b'>' => break,
                b'0'..=b'9' => b - b'0',
                b'a'..=b'f' => b - b'a' + 10,
                b'A'..=b'F' => b - b'A' + 10,
                _ => continue,
            };
            half = match half {
                Some(high) => {
                    self.strings.push(high << 4 | digit);
                    None
                }
                None => Some(digit),
            };
        }
        self.strings.extend(half.map(|high| high << 4));
        start..self.strings.len()
    }

    /// The strings of an array, those of arrays in it left out.
    fn array(&mut self) -> Range<usize> {
        let start = self.strings.len();
        self.at += 1;
        let mut inner = 0;
        while let Some(b) = self.peek() {
            match b {
                b']' => {
                    self.at += 1;
                    if inner == 0 {
                        break;
                    }
                    inner -= 1;
                }
                b'[' => {
                    self.at += 1;
                    inner += 1;
                }
                b'(' | b'<' => {
                    let range = match (b, self.data.get(self.at + 1)) {
                        (b'(', _) => self.literal(),
                        (_, Some(b'<')) => {
                            self.dict();
                            continue;
                        }
                        _ => self.hex(),
                    };
                    if inner > 0 {
                        self.strings.truncate(range.start);
                    }
                }
                b'%' => self.line(),
                _ => self.at += 1,
            }
        }
        start..self.strings.len()
    }

    /// Steps over a dictionary: what it holds is not shown.
    fn dict(&mut self) {
        let mark = self.strings.len();
        let mut depth = 0;
        while let Some(b) = self.peek() {
            match (b, self.data.get(self.at + 1)) {
                (b'<', Some(b'<')) => {
                    self.at += 2;
                    depth += 1;
                }
                (b'>', Some(b'>')) => {
                    self.at += 2;
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                (b'<', _) => drop(self.hex()),
                (b'(', _) => drop(self.literal()),
                (b'%', _) => self.line(),
                _ => self.at += 1,
            }
        }
        self.strings.truncate(mark);
        self.last = Last::Nothing;
    }

    /// Steps over a picture in the content: to an `EI` that stands alone with text behind it.
    fn inline_picture(&mut self) {
        while let Some(b) = self.peek() {
            match b {
                b if is_regular(b) => match self.run() {
                    b"ID" => break,
                    b"EI" => return,
                    _ => {}
                },
                b'(' => drop(self.literal()),
                _ => self.at += 1,
            }
        }
        let data = self.data;
        let text = |b: &u8| matches!(b, 9 | 10 | 13 | 0x20..=0x7e);
        let ends = |at: &usize| {
            data[*at..].starts_with(b"EI")
                && (is_space(data[at - 1]) || b">~".contains(&data[at - 1]))
                && data.get(at + 2).is_none_or(|b| is_space(*b))
                && data[at + 2..].iter().take(16).all(text)
        };
        self.at = (self.at + 1..data.len()).find(ends).map_or(data.len(), |at| at + 2);
    }
}
