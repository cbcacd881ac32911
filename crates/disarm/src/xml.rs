//! XML reading for office parts: UTF-8 or UTF-16 in, canonical prefixes out; no DTD, no entities, bounded.
//!
//! Threat O06. Comments and processing instructions are skipped, CDATA is text.

use std::borrow::Cow;

use quick_xml::{
    Reader,
    events::{BytesStart, Event, attributes::Attributes},
};

use crate::{Meter, Refusal, ctx::Ctx, ooxml::schema};

/// Decodes a part to text. Encodings other than UTF-8 and UTF-16 could hide tags from one of two readers.
pub(crate) fn decode<'a>(bytes: &'a [u8], part: &str) -> Result<Cow<'a, str>, Refusal> {
    let bad = || Refusal::malformed(part, "文字コードが壊れています");
    let (encoding, skip) = match bytes {
        [0xEF, 0xBB, 0xBF, ..] => (encoding_rs::UTF_8, 3),
        [0xFF, 0xFE, 0, 0, ..] => return Err(Refusal::not_handled(part, "UTF-32 の XML です")),
        [0xFF, 0xFE, ..] => (encoding_rs::UTF_16LE, 2),
        [0xFE, 0xFF, ..] => (encoding_rs::UTF_16BE, 2),
        [b'<', 0, ..] => (encoding_rs::UTF_16LE, 0),
        [0, b'<', ..] => (encoding_rs::UTF_16BE, 0),
        _ => (encoding_rs::UTF_8, 0),
    };
    encoding.decode_without_bom_handling_and_without_replacement(&bytes[skip..]).ok_or_else(bad)
}

/// Name with canonical prefix; `None` when its namespace is not one of ours. Borrowed from the part where the part
/// itself uses the canonical prefix, as it nearly always does.
pub(crate) type Name<'a> = Option<Cow<'a, str>>;

#[derive(Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) value: Cow<'a, str>,
}

#[derive(Debug)]
pub(crate) enum Node<'a> {
    Start { name: Name<'a>, local: &'a str, attributes: Vec<Attribute<'a>> },
    End,
    Text(Cow<'a, str>),
    Eof,
}

/// Pull reader over one part.
#[derive(Debug)]
pub(crate) struct Xml<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    part: &'a str,
    depth: u64,
    /// (depth, prefix, canonical prefix) of declarations in scope.
    scope: Vec<(u64, &'a str, Option<&'static str>)>,
    root_seen: bool,
}

impl<'a> Xml<'a> {
    pub(crate) fn new(text: &'a str, part: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        Self { text, reader, part, depth: 0, scope: Vec::new(), root_seen: false }
    }

    fn bad(&self, what: &'static str) -> Refusal {
        Refusal::malformed(self.part, what)
    }

    /// Next node. Every element costs one object of fuel.
    pub(crate) fn next(&mut self, ctx: &mut Ctx<'_>) -> Result<Node<'a>, Refusal> {
        loop {
            let event = self.reader.read_event().map_err(|_| self.bad("XML が壊れています"))?;
            return Ok(match event {
                Event::Start(start) => {
                    if self.depth == 0 && std::mem::replace(&mut self.root_seen, true) {
                        return Err(self.bad("XML の根が二つあります"));
                    }
                    self.depth += 1;
                    ctx.spend(Meter::Objects, 1)?;
                    ctx.spend(Meter::Nesting, self.depth)?;
                    let (name, local, attributes) = self.start(&start, ctx)?;
                    Node::Start { name, local, attributes }
                }
                Event::End(_) => {
                    while self.scope.last().is_some_and(|(depth, ..)| *depth == self.depth) {
                        self.scope.pop();
                    }
                    self.depth = self.depth.saturating_sub(1);
                    Node::End
                }
                Event::Text(text) => Node::Text(text.xml10_content()),
                Event::CData(text) => Node::Text(text.xml10_content()),
                Event::GeneralRef(reference) => {
                    Node::Text(Cow::Owned(self.reference(&reference)?.to_string()))
                }
                Event::DocType(_) => {
                    let what = "DTD（実体宣言）";
                    ctx.report(
                        crate::Threat::O06,
                        crate::Severity::Active,
                        crate::Action::Refused,
                        what,
                        self.part,
                    );
                    return Err(Refusal::ambiguous(self.part, "XML に DTD があります"));
                }
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => continue,
                Event::Eof if self.depth > 0 || !self.root_seen => {
                    return Err(self.bad("XML が途中で切れています"));
                }
                Event::Eof => Node::Eof,
                Event::Empty(_) => return Err(self.bad("XML が壊れています")),
            });
        }
    }

    fn reference(&self, reference: &quick_xml::events::BytesRef<'_>) -> Result<char, Refusal> {
        if let Ok(Some(c)) = reference.resolve_char_ref() {
            return Ok(c);
        }
        match reference.clone().into_inner().as_ref() {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => Err(Refusal::ambiguous(self.part, "未定義の実体参照があります")),
        }
    }

    fn start(
        &mut self,
        start: &BytesStart<'_>,
        ctx: &mut Ctx<'_>,
    ) -> Result<(Name<'a>, &'a str, Vec<Attribute<'a>>), Refusal> {
        let name_len = start.name().0.len();
        // The reader lends from the text; the same bytes are taken from there, because they live longer.
        let at = start.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        let tag = self.text.get(at..at.saturating_add(start.len()));
        let tag = tag.ok_or_else(|| self.bad("XML が壊れています"))?;
        let mut attributes: Vec<Attribute<'a>> = Vec::new();
        let mut count = 0;
        for attribute in Attributes::new(tag, name_len) {
            let attribute = attribute.map_err(|_| self.bad("XML の属性が壊れています"))?;
            count += 1;
            ctx.spend(Meter::Attributes, count)?;
            let Cow::Borrowed(value) = attribute.value else {
                return Err(self.bad("XML が壊れています"));
            };
            let value =
                quick_xml::escape::unescape(value).map_err(|_| self.bad("未定義の実体参照があります"))?;
            let key: &'a str = attribute.key.0;
            if key == "xmlns" || key.starts_with("xmlns:") {
                let prefix = key.strip_prefix("xmlns:").unwrap_or("");
                self.scope.push((self.depth, prefix, schema::prefix_of(&value)));
            } else {
                attributes.push(Attribute { name: Some(Cow::Borrowed(key)), value });
            }
        }
        // Names mean something only once all declarations of the element are known.
        for at in 0..attributes.len() {
            let Some(Cow::Borrowed(key)) = attributes[at].name else { continue };
            let name = if key.contains(':') { self.canonical(key) } else { Some(Cow::Borrowed(key)) };
            if name.is_some() && attributes[..at].iter().any(|a| a.name == name) {
                return Err(Refusal::ambiguous(self.part, "同じ属性が二つあります"));
            }
            attributes[at].name = name;
        }
        let name = &tag[..name_len];
        let local = name.split_once(':').map_or(name, |(_, local)| local);
        Ok((self.canonical(name), local, attributes))
    }

    /// `prefix:local` with the canonical prefix of the namespace in scope.
    fn canonical(&self, name: &'a str) -> Name<'a> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        if prefix == "xml" {
            return Some(Cow::Borrowed(name));
        }
        match self.scope.iter().rev().find(|(_, p, _)| *p == prefix) {
            Some((.., Some(canonical))) if *canonical == prefix => Some(Cow::Borrowed(name)),
            Some((.., Some(canonical))) => Some(Cow::Owned([canonical, ":", local].concat())),
            // VML parts have a root without a namespace.
            None if prefix.is_empty() => Some(Cow::Borrowed(local)),
            _ => None,
        }
    }

    /// Canonical prefix that `prefix` stands for here (mc:Requires, mc:Ignorable).
    pub(crate) fn resolve(&self, prefix: &str) -> Option<&'static str> {
        self.scope.iter().rev().find(|(_, p, _)| *p == prefix).and_then(|(.., canonical)| *canonical)
    }
}
