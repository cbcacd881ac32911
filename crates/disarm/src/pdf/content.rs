//! Content streams (ISO 32000-2, 7.8 and annex A): read token by token, written from the list of operators.
//!
//! An operator that is not in [`OPERATORS`], or whose operands do not fit, is left out. Resources are copied when an
//! operator names them and get new names in order of first use, so unused ones do not survive.

mod inline;
mod resources;

use hayro_syntax::page::Resources;

pub(super) use resources::{Category, SharedResources};

use super::copy::Copier;
use super::lex::{Lexer, Token, write_name, write_number, write_string};
use super::object::{Dict, Value};
use crate::{Meter, Refusal, Threat};

/// A rewritten content stream.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) data: Vec<u8>,
    /// Operators executed when it is drawn once, those of forms and patterns included.
    pub(super) weight: u64,
}

impl Content {
    /// Appends operators with numbers.
    pub(super) fn draw(&mut self, steps: &[(&[f64], &str)]) {
        for (operands, operator) in steps {
            let rounded: Vec<f64> = operands.iter().map(|v| (v * 1e4).round() / 1e4).collect();
            write_numbers(&rounded, &mut self.data);
            if !operands.is_empty() {
                self.data.push(b' ');
            }
            self.data.extend(operator.as_bytes());
            self.data.push(b'\n');
            self.weight = self.weight.saturating_add(1);
        }
    }

    /// Appends lines of words in a font that is addressed in UTF-16, from `at` downwards.
    pub(super) fn write_lines(
        &mut self,
        words: &str,
        font: Value,
        size: f64,
        at: (f64, f64),
        colour: &[f64],
        shared: &mut SharedResources,
    ) {
        let operator = match colour.len() {
            1 => "g",
            3 => "rg",
            _ => "k",
        };
        self.draw(&[(&[], "q"), (colour, operator), (&[], "BT")]);
        let Value::Name(name) = shared.enter(Category::Font, font) else { return };
        write_name(&name, &mut self.data);
        self.data.push(b' ');
        self.draw(&[(&[size], "Tf"), (&[at.0, at.1], "Td")]);
        for (row, line) in words.split(['\r', '\n']).filter(|l| !l.is_empty()).enumerate() {
            if row > 0 {
                self.draw(&[(&[0.0, -size * 1.2], "Td")]);
            }
            let code: Vec<u8> = line.encode_utf16().flat_map(u16::to_be_bytes).collect();
            write_string(&code, &mut self.data);
            self.data.push(b' ');
            self.draw(&[(&[], "Tj")]);
        }
        self.draw(&[(&[], "ET"), (&[], "Q")]);
    }
}

/// Operators and their operands: `n` number, `N` numbers, `s` string, `a` text array, `d` dash array, `c` name of an
/// intent, `F` font, `X` external object, `G` graphics state, `S` shading, `C` colour space, `P` colour or pattern,
/// `t` tag, `p` property list.
const OPERATORS: &[(&str, &str)] = &[
    ("q", ""),
    ("Q", ""),
    ("cm", "nnnnnn"),
    ("w", "n"),
    ("J", "n"),
    ("j", "n"),
    ("M", "n"),
    ("d", "dn"),
    ("ri", "c"),
    ("i", "n"),
    ("gs", "G"),
    ("m", "nn"),
    ("l", "nn"),
    ("c", "nnnnnn"),
    ("v", "nnnn"),
    ("y", "nnnn"),
    ("h", ""),
    ("re", "nnnn"),
    ("S", ""),
    ("s", ""),
    ("f", ""),
    ("F", ""),
    ("f*", ""),
    ("B", ""),
    ("B*", ""),
    ("b", ""),
    ("b*", ""),
    ("n", ""),
    ("W", ""),
    ("W*", ""),
    ("BT", ""),
    ("ET", ""),
    ("Tc", "n"),
    ("Tw", "n"),
    ("Tz", "n"),
    ("TL", "n"),
    ("Tf", "Fn"),
    ("Tr", "n"),
    ("Ts", "n"),
    ("Td", "nn"),
    ("TD", "nn"),
    ("Tm", "nnnnnn"),
    ("T*", ""),
    ("Tj", "s"),
    ("TJ", "a"),
    ("'", "s"),
    ("\"", "nns"),
    ("d0", "nn"),
    ("d1", "nnnnnn"),
    ("CS", "C"),
    ("cs", "C"),
    ("SC", "N"),
    ("sc", "N"),
    ("SCN", "P"),
    ("scn", "P"),
    ("G", "n"),
    ("g", "n"),
    ("RG", "nnn"),
    ("rg", "nnn"),
    ("K", "nnnn"),
    ("k", "nnnn"),
    ("sh", "S"),
    ("Do", "X"),
    ("BMC", "t"),
    ("BDC", "tp"),
    ("EMC", ""),
];

/// An operator of the list with the shape of its operands.
fn known(word: &[u8]) -> Option<(&'static str, &'static str)> {
    static KEYS: [u32; OPERATORS.len()] = {
        let mut keys = [0; OPERATORS.len()];
        let mut i = 0;
        while i < keys.len() {
            keys[i] = key(OPERATORS[i].0.as_bytes());
            i += 1;
        }
        keys
    };
    let key = key(word);
    KEYS.iter().position(|k| *k == key).map(|at| OPERATORS[at])
}

/// The letters of an operator as one number; no operator has more than three.
const fn key(word: &[u8]) -> u32 {
    match *word {
        [a] => a as u32,
        [a, b] => (a as u32) << 8 | b as u32,
        [a, b, c] => (a as u32) << 16 | (b as u32) << 8 | c as u32,
        _ => 0,
    }
}

/// Operands before an operator; more are rubbish.
const MAX_OPERANDS: usize = 64;
/// `q` inside `q`, and marked content inside marked content.
const MAX_OPEN: usize = 4096;

/// The stream being written.
struct Writer<'r, 'a> {
    scope: &'r Resources<'a>,
    shared: &'r mut SharedResources,
    out: Vec<u8>,
    weight: u64,
    saves: usize,
    /// Open marked content, and whether its beginning was written.
    marks: Vec<bool>,
    text: bool,
    dropped: u64,
}

impl<'a> Copier<'a, '_, '_> {
    /// Rewrites a content stream and copies the resources it uses.
    pub(super) fn content(
        &mut self,
        data: &[u8],
        scope: &Resources<'a>,
        shared: &mut SharedResources,
    ) -> Result<Content, Refusal> {
        let mut writer = Writer {
            scope,
            shared,
            out: Vec::with_capacity(data.len()),
            weight: 0,
            saves: 0,
            marks: Vec::new(),
            text: false,
            dropped: 0,
        };
        let mut lexer = Lexer::new(data);
        let mut operands: Vec<Token<'_>> = Vec::new();
        while let Some(token) = lexer.next() {
            match token {
                Token::Word(b"BI") => {
                    operands.clear();
                    self.inline_picture(&mut lexer, &mut writer)?;
                }
                Token::Word(word) => {
                    self.operator(word, &operands, &mut writer)?;
                    operands.clear();
                }
                operand => {
                    if operands.len() >= MAX_OPERANDS {
                        operands.remove(0);
                    }
                    operands.push(operand);
                }
            }
        }
        if writer.text {
            writer.out.extend(b"ET\n");
        }
        for _ in writer.marks.iter().filter(|written| **written) {
            writer.out.extend(b"EMC\n");
        }
        for _ in 0..writer.saves {
            writer.out.extend(b"Q\n");
        }
        if writer.dropped > 0 {
            self.ctx.note(Threat::P10, "意味のない描画命令", &self.place);
        }
        if writer.weight > self.ctx.limits.steps {
            return Err(Refusal::Limit(Meter::Steps));
        }
        Ok(Content { data: writer.out, weight: writer.weight })
    }

    fn operator(
        &mut self,
        word: &[u8],
        operands: &[Token<'_>],
        w: &mut Writer<'_, 'a>,
    ) -> Result<(), Refusal> {
        w.weight = w.weight.saturating_add(1);
        self.ctx.spend(Meter::Steps, 1)?;
        if w.weight > self.ctx.limits.steps {
            return Err(Refusal::Limit(Meter::Steps));
        }
        let Some((name, shape)) = known(word) else {
            w.dropped += u64::from(!matches!(word, b"BX" | b"EX" | b"MP" | b"DP"));
            return Ok(());
        };
        if !w.open_or_close(name) {
            return Ok(());
        }
        let mark = w.out.len();
        let fits = self.operands(name, shape, operands, w)?.is_some();
        if name == "BDC" && w.marks.len() < MAX_OPEN {
            w.marks.push(fits);
        }
        if !fits {
            w.out.truncate(mark);
            w.dropped += u64::from(name != "BDC");
            return Ok(());
        }
        w.out.extend(name.as_bytes());
        w.out.push(b'\n');
        Ok(())
    }

    /// Writes the operands, or nothing if they do not fit.
    fn operands(
        &mut self,
        name: &str,
        shape: &str,
        operands: &[Token<'_>],
        w: &mut Writer<'_, 'a>,
    ) -> Result<Option<()>, Refusal> {
        if shape == "N" || shape == "P" {
            return self.colour_operands(operands, shape == "P", w);
        }
        let Some(from) = operands.len().checked_sub(shape.len()) else { return Ok(None) };
        for (kind, token) in shape.bytes().zip(&operands[from..]) {
            let written = match (kind, token) {
                (b'n', Token::Number(v)) => {
                    v.write(&mut w.out);
                    true
                }
                (b's', Token::Str(text)) => {
                    write_string(text, &mut w.out);
                    true
                }
                (b'a', Token::Array(items)) => {
                    write_text_array(items, &mut w.out);
                    true
                }
                (b'd', Token::Array(items)) => {
                    let dash: Vec<f64> = items.iter().filter_map(number).collect();
                    w.out.push(b'[');
                    write_numbers(&dash, &mut w.out);
                    w.out.push(b']');
                    true
                }
                (b'c', Token::Name(intent)) => {
                    let known = matches!(
                        &intent[..],
                        b"AbsoluteColorimetric" | b"RelativeColorimetric" | b"Saturation" | b"Perceptual"
                    );
                    write_name(intent, &mut w.out);
                    known
                }
                (b't', Token::Name(tag)) => {
                    write_name(&tag[..tag.len().min(127)], &mut w.out);
                    true
                }
                (b'p', property) => self.property(name, &operands[from], property, w)?,
                (b'F' | b'X' | b'G' | b'S' | b'C', Token::Name(resource)) => {
                    let category = match kind {
                        b'F' => Category::Font,
                        b'X' => Category::XObject,
                        b'G' => Category::ExtGState,
                        b'S' => Category::Shading,
                        _ => Category::ColorSpace,
                    };
                    self.resource(category, resource, w)?
                }
                _ => false,
            };
            if !written {
                return Ok(None);
            }
            w.out.push(b' ');
        }
        Ok(Some(()))
    }

    fn colour_operands(
        &mut self,
        operands: &[Token<'_>],
        pattern: bool,
        w: &mut Writer<'_, 'a>,
    ) -> Result<Option<()>, Refusal> {
        let mut any = false;
        for operand in operands {
            if let Token::Number(v) = operand {
                v.write(&mut w.out);
                w.out.push(b' ');
                any = true;
            }
        }
        if let (true, Some(Token::Name(name))) = (pattern, operands.last()) {
            if !self.resource(Category::Pattern, name, w)? {
                return Ok(None);
            }
            w.out.push(b' ');
            any = true;
        }
        Ok(any.then_some(()))
    }

    /// Copies a named resource on first use and writes its new name.
    fn resource(&mut self, category: Category, name: &[u8], w: &mut Writer<'_, 'a>) -> Result<bool, Refusal> {
        if !w.shared.knows(category, name) {
            let copied = self.copy_resource(category, name, w.scope)?;
            let named = copied.map(|value| w.shared.enter(category, value));
            w.shared.remember(category, name, named);
        }
        let Some(new) = w.shared.name_of(category, name) else { return Ok(false) };
        if matches!(category, Category::XObject | Category::Pattern)
            && let Some(Value::Ref(id)) = w.shared.resources.get(&category).and_then(|d| d.0.get(new))
        {
            // What is drawn by what is drawn … adds up, so that a small file cannot ask for endless drawing.
            w.weight = w.weight.saturating_add(self.weights.get(id).copied().unwrap_or(1));
        }
        write_name(new, &mut w.out);
        Ok(true)
    }

    fn copy_resource(
        &mut self,
        category: Category,
        name: &[u8],
        scope: &Resources<'a>,
    ) -> Result<Option<Value>, Refusal> {
        if category == Category::ColorSpace {
            let space = self.named_space(name, Some(scope))?;
            return Ok(space.map(|s| s.value));
        }
        let from = match category {
            Category::ExtGState => &scope.ext_g_states,
            Category::Font => &scope.fonts,
            Category::Pattern => &scope.patterns,
            Category::Properties => &scope.properties,
            Category::Shading => &scope.shadings,
            _ => &scope.x_objects,
        };
        let Some(found) = self.entry(from, name) else { return Ok(None) };
        match category {
            Category::ExtGState => self.graphics_state(found, scope),
            Category::Font => self.font(found),
            Category::Pattern => self.pattern(found, scope),
            Category::Properties => self.layer(found),
            Category::Shading => self.shading(found),
            _ => self.external_object(found, scope),
        }
    }

    /// Property list of marked content: a layer by name, or a dictionary of replacement texts.
    fn property(
        &mut self,
        operator: &str,
        tag: &Token<'_>,
        property: &Token<'_>,
        w: &mut Writer<'_, 'a>,
    ) -> Result<bool, Refusal> {
        let _ = operator;
        match (tag, property) {
            (Token::Name(tag), Token::Name(name)) if tag[..] == b"OC"[..] => {
                self.resource(Category::Properties, name, w)
            }
            (_, Token::Name(name)) => {
                let found = self.entry(&w.scope.properties, name);
                let Some(dict) = found.as_ref().and_then(|(_, o)| super::copy::dict_of(o)) else {
                    return Ok(false);
                };
                let kept = self.plain_keys("Span", dict);
                write_span(&kept, &mut w.out);
                Ok(!kept.is_empty())
            }
            (_, Token::Dict(entries)) => {
                let mut kept = Dict::new();
                for (key, value) in entries {
                    if let (b"ActualText" | b"Alt" | b"E" | b"Lang", Token::Str(text)) = (&key[..], value) {
                        kept.0.insert(key.to_vec(), Value::Str(text.to_vec()));
                    }
                }
                write_span(&kept, &mut w.out);
                Ok(!kept.is_empty())
            }
            _ => Ok(false),
        }
    }

    /// Draws a copied form at the end of a content stream, under the given matrix.
    pub(super) fn draw_form(
        &self,
        form: Value,
        matrix: [f64; 6],
        content: &mut Content,
        shared: &mut SharedResources,
    ) {
        let weight = match &form {
            Value::Ref(id) => self.weights.get(id).copied().unwrap_or(1),
            _ => 1,
        };
        content.weight = content.weight.saturating_add(weight);
        let Value::Name(name) = shared.enter(Category::XObject, form) else { return };
        content.data.extend(b"q\n");
        write_numbers(&matrix, &mut content.data);
        content.data.extend(b" cm\n");
        write_name(&name, &mut content.data);
        content.data.extend(b" Do\nQ\n");
    }
}

impl Writer<'_, '_> {
    /// Keeps `q`/`Q`, `BT`/`ET` and marked content balanced; `false` drops the operator.
    fn open_or_close(&mut self, name: &str) -> bool {
        match name {
            "q" if self.saves < MAX_OPEN => self.saves += 1,
            "Q" if self.saves > 0 => self.saves -= 1,
            // A tag without properties says nothing outside a structure tree; its end goes with it.
            "BMC" => {
                if self.marks.len() < MAX_OPEN {
                    self.marks.push(false);
                }
                return false;
            }
            "EMC" => return self.marks.pop().unwrap_or(false),
            "BT" => {
                let nested = self.text;
                self.text = true;
                return !nested;
            }
            "ET" => {
                let open = self.text;
                self.text = false;
                return open;
            }
            "q" | "Q" => return false,
            _ => {}
        }
        true
    }
}

fn number(token: &Token<'_>) -> Option<f64> {
    match token {
        Token::Number(v) => Some(v.value()),
        _ => None,
    }
}

fn write_numbers(values: &[f64], out: &mut Vec<u8>) {
    for (i, v) in values.iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        write_number(*v, out);
    }
}

fn write_text_array(items: &[Token<'_>], out: &mut Vec<u8>) {
    out.push(b'[');
    let mut after_number = false;
    for item in items {
        match item {
            Token::Str(text) => {
                write_string(text, out);
                after_number = false;
            }
            Token::Number(v) => {
                if after_number {
                    out.push(b' ');
                }
                v.write(out);
                after_number = true;
            }
            _ => {}
        }
    }
    out.push(b']');
}

fn write_span(dict: &Dict, out: &mut Vec<u8>) {
    out.extend(b"<<");
    for (key, value) in &dict.0 {
        if let Value::Str(text) = value {
            write_name(key, out);
            write_string(text, out);
        }
    }
    out.extend(b">>");
}
