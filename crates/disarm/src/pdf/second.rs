//! A second reader of PDF, for comparison only: are there as many pages in the rebuilt file as in the input, and does
//! each of them still say what it said?
//!
//! It sees a file the way the copier does not. It looks for objects from the front to the back and never follows a
//! cross-reference table, an offset or a length that it does not find confirmed; of two objects with one number the
//! last counts. It has a tokeniser of its own ([`words`]) and shares with the copier only the decoders of filters. A
//! file that means one thing to this reader and another to the copier is refused: some third program would show its
//! user something that nobody checked.

mod lock;
mod value;
mod words;

use std::{borrow::Cow, collections::HashMap, collections::HashSet};

use lock::Lock;
use value::{Reader, Value, find};

use super::filter::{self, Parms};
use crate::{Meter, Refusal, ctx::Ctx};

/// Pages within pages, and filters on filters.
const MAX_LEVELS: usize = 32;
/// Bytes of words that are compared per page. No page that people read says more.
const MAX_WORDS: usize = 1 << 20;

/// What the comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Agree,
    /// The second reader takes the input for encrypted and cannot open it.
    Locked,
    /// The second reader finds no pages in the input.
    Unreadable,
    /// Numbers of pages differ.
    Pages,
    /// This page, counted from 1, no longer says what it said.
    Words(usize),
}

/// Compares the input with what was made of it.
///
/// # Errors
/// Limits.
pub(super) fn compare(input: &[u8], output: &[u8], ctx: &mut Ctx<'_>) -> Result<Verdict, Refusal> {
    let mut before = File::read(input, None, ctx)?;
    if let Some((terms, id)) = before.encryption.take() {
        let terms = before.follow(&terms);
        let Some(lock) = Lock::open(&terms, &id, ctx)? else { return Ok(Verdict::Locked) };
        // Once more: what object streams hold is seen only now.
        before = File::read(input, Some(lock), ctx)?;
    }
    let pages = before.pages();
    if pages.is_empty() {
        return Ok(Verdict::Unreadable);
    }
    let after = File::read(output, None, ctx)?;
    let rebuilt = after.pages();
    if rebuilt.len() != pages.len() {
        return Ok(Verdict::Pages);
    }
    let (mut said, mut says) = (words::Forms::default(), words::Forms::default());
    for (index, (old, new)) in pages.iter().zip(&rebuilt).enumerate() {
        let old = words::of_page(&before, old, &mut said, ctx)?;
        let new = words::of_page(&after, new, &mut says, ctx)?;
        // Notes and fields were drawn into the page and stand behind its own words.
        if !new.starts_with(&old) {
            return Ok(Verdict::Words(index + 1));
        }
    }
    Ok(Verdict::Agree)
}

/// Dictionary and decoded data.
type Stream<'f> = (Value<'f>, Cow<'f, [u8]>);

/// Where an object stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Behind `obj`, at this byte of the file; with the generation that stands before it.
    File(usize, u32),
    /// At this byte of an unpacked object stream.
    Packed(usize, usize),
}

#[derive(Debug)]
struct File<'a> {
    data: &'a [u8],
    places: HashMap<u32, Place>,
    packed: Vec<Vec<u8>>,
    root: Option<u32>,
    /// The encryption dictionary and the first identifier of the last trailer that has one.
    encryption: Option<(Value<'a>, Vec<u8>)>,
    lock: Option<Lock>,
}

/// A page with what it inherits.
#[derive(Debug, Clone)]
struct Page {
    number: u32,
    /// Object whose dictionary holds the resources.
    resources: Option<u32>,
}

impl<'a> File<'a> {
    fn read(data: &'a [u8], lock: Option<Lock>, ctx: &mut Ctx<'_>) -> Result<Self, Refusal> {
        let (places, packed) = (HashMap::new(), Vec::new());
        let mut file = Self { data, places, packed, root: None, encryption: None, lock };
        let mut at = 0;
        // What may be spent on looking for lengths that stand elsewhere.
        let mut patience = data.len().saturating_mul(8);
        while let Some(next) = find(data, at, b"obj") {
            file.trailers(at, next);
            at = next + 3;
            let Some(id @ (number, generation)) = numbers_before(data, next) else { continue };
            ctx.spend(Meter::Objects, 1)?;
            let mut reader = Reader::new(data, at);
            let Some(value) = reader.value() else { continue };
            file.places.insert(number, Place::File(at, generation));
            at = reader.at();
            if let Value::Dict(_) = value
                && let Some((start, end)) = file.extent(&value, at, &mut patience)
            {
                at = end;
                match value.get(b"Type").and_then(Value::name) {
                    Some(b"XRef") => file.trailer(&value),
                    Some(b"ObjStm") => file.unpack(id, &value, &data[start..end], ctx)?,
                    _ => {}
                }
            }
        }
        file.trailers(at, data.len());
        let named = file.root.and_then(|root| file.object(root));
        if named.is_none_or(|catalog| catalog.get(b"Pages").is_none()) {
            file.root = file.any_catalog();
        }
        Ok(file)
    }

    /// Trailers between two objects.
    fn trailers(&mut self, mut from: usize, to: usize) {
        while let Some(at) = find(&self.data[..to], from, b"trailer") {
            from = at + 7;
            if let Some(value) = Reader::new(self.data, from).value() {
                self.trailer(&value);
            }
        }
    }

    fn trailer(&mut self, dict: &Value<'a>) {
        if let Some(Value::Reference(root)) = dict.get(b"Root") {
            self.root = Some(*root);
        }
        if let Some(terms @ (Value::Reference(_) | Value::Dict(_))) = dict.get(b"Encrypt") {
            let id = match dict.get(b"ID") {
                Some(Value::Array(ids)) => ids.first().and_then(words::string),
                _ => None,
            };
            self.encryption = Some((terms.clone(), id.unwrap_or_default()));
        }
    }

    /// The last catalog, where no trailer names one.
    fn any_catalog(&self) -> Option<u32> {
        let is_catalog = |number: &&u32| {
            self.object(**number).is_some_and(|o| o.get(b"Type").and_then(Value::name) == Some(b"Catalog"))
        };
        self.places.keys().filter(is_catalog).max().copied()
    }

    /// Data of the stream whose dictionary ends at `at`: by its length where that is confirmed, else up to its end mark.
    fn extent(&self, dict: &Value<'_>, at: usize, patience: &mut usize) -> Option<(usize, usize)> {
        let mut reader = Reader::new(self.data, at);
        if reader.word() != b"stream" {
            return None;
        }
        let start = match self.data.get(reader.at()..)? {
            [b'\r', b'\n', ..] => reader.at() + 2,
            [b'\r' | b'\n', ..] => reader.at() + 1,
            _ => reader.at(),
        };
        let length = match dict.get(b"Length") {
            Some(Value::Number(n)) => Some(*n),
            Some(Value::Reference(number)) => self.length_elsewhere(*number, start, patience),
            _ => None,
        };
        let end = length.and_then(|n| start.checked_add(usize::try_from(n).ok()?)).filter(|end| {
            *end <= self.data.len() && Reader::new(self.data, *end).word().starts_with(b"endstream")
        });
        let end = end.or_else(|| find(self.data, start, b"endstream"));
        Some((start, end.unwrap_or(self.data.len())))
    }

    /// A length that is an object of its own, before or behind.
    fn length_elsewhere(&self, number: u32, from: usize, patience: &mut usize) -> Option<i64> {
        if let Some(Value::Number(n)) = self.object(number) {
            return Some(n);
        }
        let heading = format!("{number} 0 obj");
        let window = &self.data[..self.data.len().min(from.saturating_add(*patience))];
        let found = find(window, from, heading.as_bytes());
        *patience = patience.saturating_sub(found.unwrap_or(window.len()) - from);
        match Reader::new(self.data, found? + heading.len()).value() {
            Some(Value::Number(n)) => Some(n),
            _ => None,
        }
    }

    /// Enters the objects of an object stream.
    fn unpack(
        &mut self,
        id: (u32, u32),
        dict: &Value<'_>,
        data: &[u8],
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Refusal> {
        let (Some(Value::Number(first)), Some(Value::Number(count))) = (dict.get(b"First"), dict.get(b"N"))
        else {
            return Ok(());
        };
        let Some(plain) = self.decode(id, dict, data, ctx)? else { return Ok(()) };
        let mut reader = Reader::new(&plain, 0);
        for _ in 0..*count {
            let (Some(Value::Number(number)), Some(Value::Number(offset))) = (reader.value(), reader.value())
            else {
                break;
            };
            ctx.spend(Meter::Objects, 1)?;
            if let (Ok(number), Ok(at)) =
                (u32::try_from(number), usize::try_from(first.saturating_add(offset)))
            {
                self.places.insert(number, Place::Packed(self.packed.len(), at));
            }
        }
        self.packed.push(plain.into_owned());
        Ok(())
    }

    fn reader(&self, number: u32) -> Option<Reader<'_>> {
        Some(match *self.places.get(&number)? {
            Place::File(at, _) => Reader::new(self.data, at),
            Place::Packed(stream, at) => Reader::new(self.packed.get(stream)?, at),
        })
    }

    fn object(&self, number: u32) -> Option<Value<'_>> {
        self.reader(number)?.value()
    }

    /// Dictionary and decoded data of a stream.
    fn stream(&self, number: u32, ctx: &mut Ctx<'_>) -> Result<Option<Stream<'_>>, Refusal> {
        let Some(Place::File(at, generation)) = self.places.get(&number) else { return Ok(None) };
        let mut reader = Reader::new(self.data, *at);
        let Some(dict @ Value::Dict(_)) = reader.value() else { return Ok(None) };
        let mut patience = self.data.len();
        let Some((start, end)) = self.extent(&dict, reader.at(), &mut patience) else { return Ok(None) };
        let data = self.decode((number, *generation), &dict, &self.data[start..end], ctx)?;
        Ok(data.map(|data| (dict, data)))
    }

    /// Undoes the filters of a stream; nothing when one of them is for pictures.
    fn decode<'d>(
        &self,
        id: (u32, u32),
        dict: &Value<'_>,
        data: &'d [u8],
        ctx: &mut Ctx<'_>,
    ) -> Result<Option<Cow<'d, [u8]>>, Refusal> {
        let list = |key: &[u8]| match dict.get(key).map(|v| self.follow(v)) {
            Some(Value::Array(items)) => items.iter().map(|v| self.follow(v)).collect(),
            Some(Value::Null) | None => Vec::new(),
            Some(one) => vec![one],
        };
        let (filters, parms) = (list(b"Filter"), list(b"DecodeParms"));
        let mut plain = Cow::Borrowed(data);
        if let Some(lock) = &self.lock {
            let named = filters.first().is_some_and(|f| f.name() == Some(b"Crypt"));
            let name = parms.first().and_then(|p| p.get(b"Name")).and_then(Value::name);
            let own = named.then_some(name.unwrap_or(b"Identity"));
            plain = Cow::Owned(lock.undo(id, own, data));
        }
        for (index, filter) in filters.iter().enumerate().take(MAX_LEVELS) {
            let name = filter.name().unwrap_or(b"");
            if name == b"Crypt" {
                continue;
            }
            if matches!(
                name,
                b"DCTDecode" | b"DCT" | b"JPXDecode" | b"JBIG2Decode" | b"CCITTFaxDecode" | b"CCF"
            ) {
                return Ok(None);
            }
            let parms = parms.get(index).map(Self::parms).unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            plain = Cow::Owned(filter::undo(&name, &parms, &plain, data.len(), ctx)?);
        }
        Ok(Some(plain))
    }

    fn parms(dict: &Value<'_>) -> Parms {
        let get = |key: &[u8], default: usize| match dict.get(key) {
            Some(Value::Number(n)) => usize::try_from(*n).unwrap_or(default),
            _ => default,
        };
        Parms {
            predictor: get(b"Predictor", 1),
            colors: get(b"Colors", 1),
            bits: get(b"BitsPerComponent", 8),
            columns: get(b"Columns", 1),
            early_change: get(b"EarlyChange", 1) != 0,
        }
    }

    fn follow<'v>(&'v self, value: &Value<'v>) -> Value<'v> {
        match value {
            Value::Reference(number) => self.object(*number).unwrap_or(Value::Null),
            other => other.clone(),
        }
    }

    /// Pages in the order of the tree.
    fn pages(&self) -> Vec<Page> {
        let (mut pages, mut seen) = (Vec::new(), HashSet::new());
        if let Some(root) = self.root.and_then(|root| self.object(root))
            && let Some(Value::Reference(tree)) = root.get(b"Pages")
        {
            self.branch(*tree, None, 0, &mut seen, &mut pages);
        }
        pages
    }

    fn branch(
        &self,
        number: u32,
        inherited: Option<u32>,
        level: usize,
        seen: &mut HashSet<u32>,
        pages: &mut Vec<Page>,
    ) {
        if level > MAX_LEVELS || !seen.insert(number) {
            return;
        }
        let Some(node @ Value::Dict(_)) = self.object(number) else { return };
        let resources = if node.get(b"Resources").is_some() { Some(number) } else { inherited };
        match node.get(b"Kids").map(|kids| self.follow(kids)) {
            Some(Value::Array(kids)) => {
                for kid in kids {
                    if let Value::Reference(kid) = kid {
                        self.branch(kid, resources, level + 1, seen, pages);
                    }
                }
            }
            _ => pages.push(Page { number, resources }),
        }
    }
}

/// The number and the generation that stand before `obj`.
fn numbers_before(data: &[u8], at: usize) -> Option<(u32, u32)> {
    let back = |at: usize, wanted: fn(&u8) -> bool| {
        data[..at].iter().rev().take(64).take_while(|b| wanted(b)).count()
    };
    let generation_end = at - back(at, u8::is_ascii_whitespace);
    let generation = generation_end - back(generation_end, u8::is_ascii_digit);
    let number_end = generation - back(generation, u8::is_ascii_whitespace);
    let number = number_end - back(number_end, u8::is_ascii_digit);
    if generation == generation_end || number_end == generation {
        return None;
    }
    let parse = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse().ok();
    Some((parse(&data[number..number_end])?, parse(&data[generation..generation_end])?))
}
