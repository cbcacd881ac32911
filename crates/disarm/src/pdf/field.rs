//! Form fields (threat P05). By rule they stay fillable: names, values, choices, flags and looks are copied, every
//! action, script and submission is not. Otherwise, and for notes, this module writes the words that have no look
//! of their own into the page.

use std::collections::{HashMap, HashSet};

use hayro_syntax::object::{Dict as InputDict, Object, ObjectIdentifier};
use hayro_syntax::page::Resources;

use super::content::{Content, SharedResources};
use super::copy::{Copier, dict_of, name_of, number_of, numbers_of, stream_of};
use super::lex::{Lexer, Token};
use super::object::{Dict, Id, Value};
use crate::{Action, Meter, Refusal, Severity, Threat};

/// Fields and widgets of one document, and fields inside fields.
const MAX_FIELDS: usize = 50_000;
const MAX_LEVELS: usize = 16;
/// Bytes of one value; a page of typing is below 10 KiB.
const MAX_VALUE: usize = 256 << 10;
/// Read-only, required, no export, multi-line, password, radio and no-toggle, combo, edit, multi-select, comb …; not
/// file select (bit 21), rich text (26) and push button (17).
const FLAGS: i64 = 0b110_1110_1110_1111_0000_0000_0111 | 1 << 14 | 1 << 15;
const PUSH_BUTTON: i64 = 1 << 16;
const MULTI_LINE: i64 = 1 << 12;

/// The form of the output, built before the pages.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// Output widget of each widget of the input.
    pub(super) widgets: HashMap<ObjectIdentifier, Id>,
    roots: Vec<Value>,
    fonts: Dict,
    /// Name in the input → name in the output.
    font_names: HashMap<Vec<u8>, String>,
    needs_appearances: bool,
    seen: HashSet<ObjectIdentifier>,
}

/// What fields inherit from those they belong to.
#[derive(Debug, Clone, Default)]
struct Inherited<'a> {
    kind: String,
    flags: i64,
    appearance: Vec<u8>,
    value: Option<Object<'a>>,
    options: Option<Object<'a>>,
    align: Option<i32>,
    longest: Option<i32>,
}

impl<'a> Copier<'a, '_, '_> {
    /// Copies the fields of the document; widgets that belong to none are drawn like all others.
    pub(super) fn fields(&mut self, root: &InputDict<'a>) -> Result<(), Refusal> {
        let Some((_, Object::Dict(form))) = self.entry(root, b"AcroForm") else { return Ok(()) };
        let Some((_, Object::Array(fields))) = self.entry(&form, b"Fields") else { return Ok(()) };
        let inherited = Inherited {
            appearance: text_of(&form, "DA"),
            align: number_of(&form, "Q").map(|q| q as i32),
            ..Inherited::default()
        };
        let fonts = match self.entry(&form, b"DR") {
            Some((_, Object::Dict(resources))) => match self.entry(&resources, b"Font") {
                Some((_, Object::Dict(fonts))) => fonts,
                _ => InputDict::default(),
            },
            _ => InputDict::default(),
        };
        for (id, field) in self.elements(&fields) {
            if let Some(field) = dict_of(&field).cloned()
                && let Some(new) = self.field(id, &field, &inherited, None, &fonts, 0)?
            {
                self.form.roots.push(Value::Ref(new));
            }
        }
        Ok(())
    }

    /// `/AcroForm` of the output.
    pub(super) fn form_dict(&mut self) -> Option<Value> {
        if self.form.roots.is_empty() {
            return None;
        }
        let mut out = Dict::new();
        out.set("Fields", Value::Array(std::mem::take(&mut self.form.roots)));
        let mut resources = Dict::new();
        if !self.form.fonts.is_empty() {
            resources.set("Font", Value::Dict(self.form.fonts.clone()));
        }
        out.set("DR", Value::Dict(resources));
        if self.form.needs_appearances {
            out.set("NeedAppearances", Value::Bool(true));
        }
        self.report(Threat::P05, Severity::Note, Action::Kept, "書き込める入力欄");
        Some(self.out.add(Value::Dict(out)))
    }

    fn field(
        &mut self,
        id: Option<ObjectIdentifier>,
        from: &InputDict<'a>,
        above: &Inherited<'a>,
        parent: Option<Id>,
        fonts: &InputDict<'a>,
        level: usize,
    ) -> Result<Option<Id>, Refusal> {
        self.ctx.spend(Meter::Objects, 1)?;
        let fresh = id.is_none_or(|id| self.form.seen.insert(id));
        if level > MAX_LEVELS || self.form.seen.len() > MAX_FIELDS || !fresh {
            return Ok(None);
        }
        let own = self.inherit(from, above);
        let kids = match self.entry(from, b"Kids") {
            Some((_, Object::Array(kids))) => self.elements(&kids),
            _ => Vec::new(),
        };
        let new = self.out.reserve();
        let mut out = self.plain_keys("Field", from);
        out.set_some("Parent", parent.map(Value::Ref));
        let is_widget = |d: &InputDict<'a>| name_of(d, "Subtype") == "Widget" && !d.contains_key("T");
        let groups = kids.iter().any(|(_, k)| dict_of(k).is_some_and(|d| !is_widget(d)));
        let mut below = Vec::new();
        if groups {
            for (id, kid) in &kids {
                if let Some(kid) = dict_of(kid) {
                    below.extend(self.field(*id, kid, &own, Some(new), fonts, level + 1)?.map(Value::Ref));
                }
            }
        } else {
            let fillable = matches!(own.kind.as_str(), "Tx" | "Ch")
                || (own.kind == "Btn" && own.flags & PUSH_BUTTON == 0);
            if !fillable {
                return Ok(None);
            }
            let own_widget = [(id, Object::Dict(from.clone()))];
            let widgets = if kids.is_empty() { &own_widget[..] } else { &kids[..] };
            for (id, widget) in widgets {
                if let (Some(id), Some(widget)) = (id, dict_of(widget))
                    && let Some(copy) = self.widget(widget, new)?
                {
                    self.form.widgets.insert(*id, copy);
                    below.push(Value::Ref(copy));
                }
            }
            // A field without a place is left out, and its font with it.
            if !below.is_empty() {
                self.field_keys(&own, fonts, &mut out)?;
            }
        }
        if below.is_empty() {
            return Ok(None);
        }
        out.set("Kids", Value::Array(below));
        self.out.set(new, Value::Dict(out));
        Ok(Some(new))
    }

    fn inherit(&self, from: &InputDict<'a>, above: &Inherited<'a>) -> Inherited<'a> {
        let mut own = above.clone();
        let kind = name_of(from, "FT");
        if !kind.is_empty() {
            own.kind = kind;
        }
        if let Some(flags) = number_of(from, "Ff") {
            own.flags = flags as i64;
        }
        let appearance = text_of(from, "DA");
        if !appearance.is_empty() {
            own.appearance = appearance;
        }
        own.value = self.entry(from, b"V").map(|(_, v)| v).or(own.value);
        own.options = self.entry(from, b"Opt").map(|(_, v)| v).or(own.options);
        own.align = number_of(from, "Q").map(|q| q as i32).or(own.align);
        own.longest = number_of(from, "MaxLen").map(|m| m as i32).or(own.longest);
        own
    }

    fn field_keys(
        &mut self,
        own: &Inherited<'a>,
        fonts: &InputDict<'a>,
        out: &mut Dict,
    ) -> Result<(), Refusal> {
        out.set("FT", Value::name(&own.kind));
        let flags = own.flags & FLAGS;
        if flags != 0 {
            out.set("Ff", Value::Int(i32::try_from(flags).unwrap_or(0)));
        }
        out.set_some("V", own.value.as_ref().and_then(|v| self.field_value(v, 0)));
        if own.kind == "Btn" {
            return Ok(());
        }
        out.set_some("MaxLen", own.longest.filter(|m| (0..=100_000).contains(m)).map(Value::Int));
        out.set_some("Q", own.align.filter(|q| (1..=2).contains(q)).map(Value::Int));
        out.set_some("Opt", own.options.as_ref().and_then(|o| self.field_value(o, 0)));
        let appearance = self.field_appearance(&own.appearance, fonts)?;
        out.set("DA", Value::Str(appearance));
        Ok(())
    }

    /// Text, a state's name, or lists of texts.
    fn field_value(&self, object: &Object<'a>, level: usize) -> Option<Value> {
        match object {
            Object::String(text) if text.as_bytes().len() <= MAX_VALUE => {
                Some(Value::Str(text.as_bytes().to_vec()))
            }
            Object::Name(name) if name.len() <= 127 => Some(Value::Name(name.as_ref().to_vec())),
            Object::Array(items) if level < 2 => {
                let items = self.elements(items).into_iter().take(10_000);
                Some(Value::Array(items.filter_map(|(_, o)| self.field_value(&o, level + 1)).collect()))
            }
            _ => None,
        }
    }

    /// `/DA`: a font, its size and a colour; nothing else is written.
    fn field_appearance(&mut self, from: &[u8], fonts: &InputDict<'a>) -> Result<Vec<u8>, Refusal> {
        let style = Style::parse(from);
        let name = match self.form.font_names.get(&style.font) {
            Some(known) => known.clone(),
            None => {
                let found = self.entry(fonts, &style.font);
                let font = match found {
                    Some(found) => self.font(found)?,
                    None => None,
                };
                let font = font.unwrap_or_else(|| self.out.add(Value::Dict(helvetica())));
                let name = format!("F{}", self.form.font_names.len());
                self.form.fonts.set(&name, font);
                self.form.font_names.insert(style.font.clone(), name.clone());
                name
            }
        };
        let mut out = format!("/{name} {} Tf", Value::number(style.size).as_text());
        for (i, part) in style.colour.iter().enumerate() {
            out.push(' ');
            out.push_str(&Value::number(*part).as_text());
            if i + 1 == style.colour.len() {
                out.push_str(["", " g", "", " rg", " k"][style.colour.len()]);
            }
        }
        Ok(out.into_bytes())
    }

    fn widget(&mut self, from: &InputDict<'a>, field: Id) -> Result<Option<Id>, Refusal> {
        let flags = number_of(from, "F").unwrap_or(0.0) as i64;
        // Bits 2 and 6: hidden, no view. What nobody sees must not be filled in either.
        if flags & 0b10_0010 != 0 {
            return Ok(None);
        }
        let mut out = self.plain_keys("Widget", from);
        if out.get("Rect").is_none() {
            return Ok(None);
        }
        out.set("Type", Value::name("Annot"));
        out.set("Subtype", Value::name("Widget"));
        out.set("F", Value::Int(4));
        out.set("Parent", Value::Ref(field));
        for (key, table) in [("MK", "WidgetLook"), ("BS", "BorderStyle")] {
            if let Some((_, Object::Dict(look))) = self.entry(from, key.as_bytes()) {
                let look = self.plain_keys(table, &look);
                if !look.is_empty() {
                    out.set(key, Value::Dict(look));
                }
            }
        }
        match self.widget_looks(from)? {
            Some(looks) => {
                let mut appearances = Dict::new();
                if let Value::Dict(states) = &looks {
                    let now = name_of(from, "AS").into_bytes();
                    let known = states.0.contains_key(&now) || now == b"Off";
                    out.set("AS", if known { Value::Name(now) } else { Value::name("Off") });
                }
                appearances.set("N", looks);
                out.set("AP", Value::Dict(appearances));
            }
            None => self.form.needs_appearances = true,
        }
        let id = self.out.reserve();
        self.out.set(id, Value::Dict(out));
        Ok(Some(id))
    }

    /// The normal look, or one per state.
    fn widget_looks(&mut self, from: &InputDict<'a>) -> Result<Option<Value>, Refusal> {
        let scope = Resources::new(InputDict::default());
        let Some((_, Object::Dict(appearances))) = self.entry(from, b"AP") else { return Ok(None) };
        let Some(normal) = self.entry(&appearances, b"N") else { return Ok(None) };
        let Object::Dict(states) = &normal.1 else {
            return if stream_of(&normal.1).is_some() { self.form(normal, &scope) } else { Ok(None) };
        };
        let mut out = Dict::new();
        let names: Vec<Vec<u8>> = states.keys().map(|k| k.as_ref().to_vec()).take(100).collect();
        for name in names.into_iter().filter(|n| n.len() <= 127) {
            if let Some(found) = self.entry(states, &name)
                && let Some(form) = self.form(found, &scope)?
            {
                out.0.insert(name, form);
            }
        }
        Ok((!out.is_empty()).then_some(Value::Dict(out)))
    }

    /// Writes the value of a field, or the words of a note, that has no look of its own. `false`: there are none.
    pub(super) fn write_words(
        &mut self,
        dict: &InputDict<'a>,
        key: &str,
        content: &mut Content,
        shared: &mut SharedResources,
    ) -> bool {
        let Some(rect) = numbers_of(dict, "Rect").filter(|r| r.len() == 4) else { return false };
        let parent = match self.entry(dict, b"Parent") {
            Some((_, Object::Dict(parent))) => parent,
            _ => InputDict::default(),
        };
        let first =
            |key: &str| Some(text_of(dict, key)).filter(|t| !t.is_empty()).unwrap_or(text_of(&parent, key));
        let words = decode_text(&first(key));
        if words.trim().is_empty() || words.len() > MAX_VALUE {
            return false;
        }
        let flags = number_of(dict, "Ff").or(number_of(&parent, "Ff")).unwrap_or(0.0) as i64;
        let style = Style::parse(&first("DA"));
        let (x, y) = (rect[0].min(rect[2]), rect[1].min(rect[3]));
        let height = (rect[3] - rect[1]).abs();
        let many = key == "Contents" || flags & MULTI_LINE != 0;
        let fitting = if many { 10.0 } else { (height * 0.7).clamp(4.0, 12.0) };
        let size = if style.size > 0.0 { style.size.min(200.0) } else { fitting };
        let font = self.japanese_font();
        let colour = if style.colour.is_empty() { vec![0.0] } else { style.colour };
        let top = if many { y + height - size * 1.1 } else { y + (height - size) / 2.0 + size * 0.15 };
        content.write_lines(&words, font, size, (x + 2.0, top), &colour, shared);
        true
    }

    /// A font that every reader substitutes for Japanese, addressed in UTF-16; nothing is embedded.
    fn japanese_font(&mut self) -> Value {
        if let Some(font) = &self.substitute {
            return font.clone();
        }
        let mut info = Dict::new();
        info.set("Registry", Value::Str(b"Adobe".to_vec()));
        info.set("Ordering", Value::Str(b"Japan1".to_vec()));
        info.set("Supplement", Value::Int(4));
        let mut inner = Dict::typed("Font");
        inner.set("Subtype", Value::name("CIDFontType0"));
        inner.set("BaseFont", Value::name("HeiseiKakuGo-W5"));
        inner.set("CIDSystemInfo", Value::Dict(info));
        let inner = self.out.add(Value::Dict(inner));
        let mut font = Dict::typed("Font");
        font.set("Subtype", Value::name("Type0"));
        font.set("BaseFont", Value::name("HeiseiKakuGo-W5"));
        font.set("Encoding", Value::name("UniJIS-UTF16-H"));
        font.set("DescendantFonts", Value::Array(vec![inner]));
        let font = self.out.add(Value::Dict(font));
        self.substitute = Some(font.clone());
        font
    }
}

fn helvetica() -> Dict {
    let mut font = Dict::typed("Font");
    font.set("Subtype", Value::name("Type1"));
    font.set("BaseFont", Value::name("Helvetica"));
    font
}

/// Font, size and colour of a `/DA`.
#[derive(Debug, Default)]
struct Style {
    font: Vec<u8>,
    size: f64,
    colour: Vec<f64>,
}

impl Style {
    fn parse(text: &[u8]) -> Self {
        let mut style = Self::default();
        let (mut numbers, mut name) = (Vec::new(), Vec::new());
        let mut lexer = Lexer::new(text);
        while let Some(token) = lexer.next() {
            match token {
                Token::Number(n) if numbers.len() < 8 => numbers.push(n.value()),
                Token::Name(n) if n.len() <= 127 => name = n.into_owned(),
                Token::Word(b"Tf") => {
                    style.size = numbers.last().copied().unwrap_or(0.0).clamp(0.0, 1000.0);
                    style.font = std::mem::take(&mut name);
                    numbers.clear();
                }
                Token::Word(word) => {
                    let wanted = [(&b"g"[..], 1), (b"rg", 3), (b"k", 4)];
                    if wanted.contains(&(word, numbers.len())) {
                        style.colour = numbers.iter().map(|n| n.clamp(0.0, 1.0)).collect();
                    }
                    numbers.clear();
                }
                _ => {}
            }
        }
        style
    }
}

fn text_of(dict: &InputDict<'_>, key: &str) -> Vec<u8> {
    match dict.get::<Object<'_>>(key) {
        Some(Object::String(text)) => text.as_bytes().to_vec(),
        _ => Vec::new(),
    }
}

/// A text string (7.9.2.2): UTF-16, UTF-8, or one byte a character.
fn decode_text(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}
