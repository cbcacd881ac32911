//! Fonts (threat P14). The dictionaries are copied key by key, maps are written from parsed tables, and embedded
//! programs are rebuilt from their outlines: codes and glyph numbers stay, instructions, hints and tables that
//! PDF does not use go. Type 1 programs, which are PostScript, leave as CFF.

mod cff;
mod names;
mod outline;
mod sfnt;
mod type1;
mod type2;

use hayro_syntax::object::{Array, Dict as InputDict, Object};
use hayro_syntax::page::Resources;

use super::cmap::{self, CMap};
use super::copy::{Copier, Role, dict_of, name_of, number_of, stream_of};
use super::filter;
use super::object::{Dict, Value};
use super::resource::Found;
use crate::{Action, Refusal, Severity, Threat};

/// Which kind of program was embedded, and therefore under which key it leaves.
enum Program {
    TrueType(Vec<u8>),
    Cff { data: Vec<u8>, cid: bool },
}

impl<'a> Copier<'a, '_, '_> {
    pub(super) fn font(&mut self, found: Found<'a>) -> Result<Option<Value>, Refusal> {
        let (id, object) = found;
        let Some(dict) = dict_of(&object).cloned() else { return Ok(None) };
        self.once(id, Role::Font, |c| {
            let out = match name_of(&dict, "Subtype").as_str() {
                "Type0" => c.composite_font(&dict)?,
                "Type3" => return c.type3_font(&dict),
                kind => Some(c.simple_font(&dict, kind)?),
            };
            Ok(out.map(|out| c.out.add(Value::Dict(out))))
        })
    }

    fn simple_font(&mut self, dict: &InputDict<'a>, kind: &str) -> Result<Dict, Refusal> {
        let mut out = self.plain_keys("Font", dict);
        out.set("Type", Value::name("Font"));
        out.set("Subtype", Value::name(if kind == "TrueType" { "TrueType" } else { "Type1" }));
        out.set("BaseFont", base_font(dict));
        out.set_some("Encoding", self.encoding(dict));
        out.set_some("ToUnicode", self.to_unicode(dict)?);
        out.set_some("FontDescriptor", self.descriptor(dict)?);
        Ok(out)
    }

    /// A font name or dictionary of differences.
    fn encoding(&mut self, dict: &InputDict<'a>) -> Option<Value> {
        let known = |name: &[u8]| {
            matches!(
                name,
                b"MacRomanEncoding" | b"MacExpertEncoding" | b"WinAnsiEncoding" | b"StandardEncoding"
            )
        };
        match self.entry(dict, b"Encoding")?.1 {
            Object::Name(name) => known(name.as_ref()).then(|| Value::Name(name.as_ref().to_vec())),
            Object::Dict(from) => {
                let mut out = self.plain_keys("Encoding", &from);
                out.set("Type", Value::name("Encoding"));
                if let Some((_, Object::Array(differences))) = self.entry(&from, b"Differences") {
                    let items = self.elements(&differences).into_iter().take(1024);
                    let kept = items.filter_map(|(_, item)| match item {
                        Object::Number(n) => Some(Value::Int(i32::try_from(n.as_i64()).ok()?)),
                        Object::Name(n) => Some(Value::Name(n.as_ref().iter().copied().take(127).collect())),
                        _ => None,
                    });
                    out.set("Differences", Value::Array(kept.collect()));
                }
                Some(Value::Dict(out))
            }
            _ => None,
        }
    }

    #[expect(clippy::wrong_self_convention, reason = "/ToUnicode is the entry that it makes")]
    fn to_unicode(&mut self, dict: &InputDict<'a>) -> Result<Option<Value>, Refusal> {
        match self.entry(dict, b"ToUnicode") {
            Some((_, Object::Name(name))) => Ok(cmap::predefined(name.as_ref()).map(|n| Value::name(&n))),
            Some((id, Object::Stream(stream))) => self.once(id, Role::UnicodeMap, |c| {
                let data = filter::decode(&stream, c.ctx)?.data;
                let map = CMap::parse(&data);
                if !map.has_texts() {
                    return Ok(None);
                }
                let text = map.write("Adobe-Identity-UCS", (b"Adobe", b"UCS", 0));
                Ok(Some(c.out.add_stream(Dict::new(), &text)))
            }),
            _ => Ok(None),
        }
    }

    fn descriptor(&mut self, dict: &InputDict<'a>) -> Result<Option<Value>, Refusal> {
        let Some((_, object)) = self.entry(dict, b"FontDescriptor") else { return Ok(None) };
        let Some(from) = dict_of(&object).cloned() else { return Ok(None) };
        let mut out = self.plain_keys("Descriptor", &from);
        out.set("Type", Value::name("FontDescriptor"));
        if out.get("FontName").is_none() {
            out.set("FontName", base_font(dict));
        }
        for key in ["FontFile", "FontFile2", "FontFile3"] {
            let Some((id, object)) = self.entry(&from, key.as_bytes()) else { continue };
            let Some(stream) = stream_of(&object).cloned() else { continue };
            // The key depends on what the program turns out to be, so the memo keeps both.
            let copied = self.once(id, Role::FontFile, |c| {
                let data = filter::decode(&stream, c.ctx)?.data;
                Ok(c.program(&data).map(|program| c.store_program(program)))
            })?;
            match copied {
                Some(Value::Array(pair)) => {
                    if let [Value::Name(key), file] = &pair[..] {
                        out.0.insert(key.clone(), file.clone());
                        break;
                    }
                }
                _ => self.simplified(Threat::P14, "読めない埋め込みフォント"),
            }
        }
        Ok(Some(self.out.add(Value::Dict(out))))
    }

    /// Recognises a font program by its bytes and rebuilds it.
    fn program(&mut self, data: &[u8]) -> Option<Program> {
        let (program, broken) = match data.get(..4)? {
            [0, 1, 0, 0] | b"true" | b"ttcf" | b"OTTO" => match sfnt::rebuild(data)? {
                sfnt::Contents::TrueType(data, broken) => (Program::TrueType(data), broken),
                sfnt::Contents::Cff(data) => {
                    let (font, broken) = cff::read(data)?;
                    (Program::Cff { cid: font.is_cid(), data: cff::write(&font) }, broken)
                }
            },
            [1, 0, _, 1..=4] => {
                let (font, broken) = cff::read(data)?;
                (Program::Cff { cid: font.is_cid(), data: cff::write(&font) }, broken)
            }
            _ => {
                let (font, broken) = type1::read(data)?;
                (Program::Cff { cid: false, data: cff::write(&font) }, broken)
            }
        };
        if broken > 0 {
            self.report(Threat::P14, Severity::Simplified, Action::Dropped, "壊れた文字の形");
        }
        Some(program)
    }

    /// Stores a program; the result names the key of the descriptor and the stream.
    fn store_program(&mut self, program: Program) -> Value {
        let (key, file) = match program {
            Program::TrueType(data) => {
                let mut dict = Dict::new();
                dict.set("Length1", Value::int(data.len()));
                ("FontFile2", self.out.add_stream(dict, &data))
            }
            Program::Cff { data, cid } => {
                let mut dict = Dict::new();
                dict.set("Subtype", Value::name(if cid { "CIDFontType0C" } else { "Type1C" }));
                ("FontFile3", self.out.add_stream(dict, &data))
            }
        };
        Value::Array(vec![Value::name(key), file])
    }

    fn type3_font(&mut self, dict: &InputDict<'a>) -> Result<Option<Value>, Refusal> {
        let mut out = self.plain_keys("Font", dict);
        out.0.extend(self.plain_keys("Type3", dict).0);
        out.set("Type", Value::name("Font"));
        out.set("Subtype", Value::name("Type3"));
        out.set_some("Encoding", self.encoding(dict));
        out.set_some("ToUnicode", self.to_unicode(dict)?);
        let scope = Resources::new(dict.get::<InputDict<'a>>("Resources").unwrap_or_default());
        let Some((_, procedures)) = self.entry(dict, b"CharProcs") else { return Ok(None) };
        let Some(procedures) = dict_of(&procedures).cloned() else { return Ok(None) };
        let mut glyphs = Dict::new();
        let mut resources = super::content::SharedResources::default();
        for name in procedures.keys().map(|k| k.as_ref().to_vec()).collect::<std::collections::BTreeSet<_>>()
        {
            let Some((_, object)) = self.entry(&procedures, &name) else { continue };
            let Some(stream) = stream_of(&object) else { continue };
            let data = filter::decode(stream, self.ctx)?.data;
            let content = self.content(&data, &scope, &mut resources)?;
            glyphs.0.insert(name, self.out.add_stream(Dict::new(), &content.data));
        }
        out.set("CharProcs", Value::Dict(glyphs));
        out.set("Resources", Value::Dict(resources.into_dict()));
        Ok(Some(self.out.add(Value::Dict(out))))
    }

    fn composite_font(&mut self, dict: &InputDict<'a>) -> Result<Option<Dict>, Refusal> {
        let mut out = Dict::typed("Font");
        out.set("Subtype", Value::name("Type0"));
        out.set("BaseFont", base_font(dict));
        out.set_some("ToUnicode", self.to_unicode(dict)?);
        let encoding = match self.entry(dict, b"Encoding") {
            Some((_, Object::Name(name))) => cmap::predefined(name.as_ref()).map(|n| Value::name(&n)),
            Some((id, Object::Stream(stream))) => self.once(id, Role::CodeMap, |c| {
                let data = filter::decode(&stream, c.ctx)?.data;
                Ok(c.encoding_map(stream.dict(), &data))
            })?,
            _ => None,
        };
        if encoding.is_none() {
            self.simplified(Threat::P14, "知らない文字コード表");
        }
        out.set("Encoding", encoding.unwrap_or(Value::name("Identity-H")));
        let descendant = match self.entry(dict, b"DescendantFonts") {
            Some((_, Object::Array(array))) => self.elements(&array).into_iter().next(),
            Some(found) => Some(found),
            None => None,
        };
        let Some(from) = descendant.as_ref().and_then(|(_, o)| dict_of(o)).cloned() else { return Ok(None) };
        let descendant = self.cid_font(&from)?;
        out.set("DescendantFonts", Value::Array(vec![descendant]));
        Ok(Some(out))
    }

    fn encoding_map(&mut self, dict: &InputDict<'a>, data: &[u8]) -> Option<Value> {
        let mut map = CMap::parse(data);
        map.vertical |= number_of(dict, "WMode") == Some(1.0);
        if let Some((_, Object::Name(base))) = self.entry(dict, b"UseCMap") {
            map.base = cmap::predefined(base.as_ref());
        }
        if !map.has_cids() {
            return None;
        }
        let mut out = Dict::typed("CMap");
        let info = self.system_info(dict);
        let text = |key: &str| match info.get(key) {
            Some(Value::Str(s)) => s.clone(),
            _ => Vec::new(),
        };
        let supplement = match info.get("Supplement") {
            Some(Value::Int(v)) => *v,
            _ => 0,
        };
        let body = map.write("Custom", (&text("Registry"), &text("Ordering"), supplement));
        out.set("CMapName", Value::name("Custom"));
        out.set("CIDSystemInfo", Value::Dict(info));
        if map.vertical {
            out.set("WMode", Value::Int(1));
        }
        if let Some(base) = &map.base {
            out.set("UseCMap", Value::name(base));
        }
        Some(self.out.add_stream(out, &body))
    }

    /// Registry, ordering and supplement, the default being Adobe-Identity-0.
    fn system_info(&mut self, dict: &InputDict<'a>) -> Dict {
        let info = self.entry(dict, b"CIDSystemInfo");
        let mut out = info
            .as_ref()
            .and_then(|(_, o)| dict_of(o))
            .map_or_else(Dict::new, |d| self.plain_keys("SystemInfo", d));
        for (key, default) in [("Registry", "Adobe"), ("Ordering", "Identity")] {
            match out.get(key) {
                Some(Value::Str(s)) if s.len() <= 64 => {}
                _ => out.set(key, Value::Str(default.as_bytes().to_vec())),
            }
        }
        if out.get("Supplement").is_none() {
            out.set("Supplement", Value::Int(0));
        }
        out
    }

    fn cid_font(&mut self, dict: &InputDict<'a>) -> Result<Value, Refusal> {
        let mut out = self.plain_keys("CidFont", dict);
        let truetype = name_of(dict, "Subtype") == "CIDFontType2";
        out.set("Type", Value::name("Font"));
        out.set("Subtype", Value::name(if truetype { "CIDFontType2" } else { "CIDFontType0" }));
        out.set("BaseFont", base_font(dict));
        out.set("CIDSystemInfo", Value::Dict(self.system_info(dict)));
        for key in ["W", "W2"] {
            if let Some((_, Object::Array(widths))) = self.entry(dict, key.as_bytes()) {
                out.set(key, self.nested_numbers(&widths));
            }
        }
        match self.entry(dict, b"CIDToGIDMap") {
            Some((_, Object::Name(_))) => out.set("CIDToGIDMap", Value::name("Identity")),
            Some((id, Object::Stream(stream))) => {
                let map = self.once(id, Role::GlyphMap, |c| {
                    let mut data = filter::decode(&stream, c.ctx)?.data;
                    data.truncate(2 << 16);
                    Ok(Some(c.out.add_stream(Dict::new(), &data)))
                })?;
                out.set_some("CIDToGIDMap", map);
            }
            _ => {}
        }
        out.set_some("FontDescriptor", self.descriptor(dict)?);
        Ok(self.out.add(Value::Dict(out)))
    }

    /// `[c [w w] c c w …]`.
    fn nested_numbers(&self, array: &Array<'a>) -> Value {
        let items = self.elements(array).into_iter().take(1 << 17);
        let kept = items.filter_map(|(_, item)| match item {
            Object::Number(n) => Some(Value::number(n.as_f64())),
            Object::Array(inner) => Some(Value::numbers(super::copy::numbers(&inner))),
            _ => None,
        });
        Value::Array(kept.collect())
    }
}

/// `/BaseFont`, which readers choose a substitute by; every font needs one.
fn base_font(dict: &InputDict<'_>) -> Value {
    match dict.get::<Object<'_>>("BaseFont") {
        Some(Object::Name(name)) if name.len() <= 127 => Value::Name(name.as_ref().to_vec()),
        _ => Value::name("Unnamed"),
    }
}
