//! Named resources of a content stream: graphics states, forms, patterns, shadings, layers.

use hayro_syntax::object::{Dict, Object, ObjectIdentifier, Stream};
use hayro_syntax::page::Resources;

use super::content::SharedResources;
use super::copy::{Copier, Role, dict_of, name_of, number_of, stream_of};
use super::filter;
use super::object::{self, Value};
use crate::{Action, Refusal, Severity, Threat};

/// An input object with its number.
pub(super) type Found<'a> = (Option<ObjectIdentifier>, Object<'a>);

impl<'a> Copier<'a, '_, '_> {
    /// `/ExtGState`: line style, blending and soft masks; no halftones and no transfer functions.
    pub(super) fn graphics_state(
        &mut self,
        found: Found<'a>,
        scope: &Resources<'a>,
    ) -> Result<Option<Value>, Refusal> {
        let (id, object) = found;
        let Some(dict) = dict_of(&object).cloned() else { return Ok(None) };
        self.once(id, Role::GraphicsState, |c| {
            let mut out = c.plain_keys("GraphicsState", &dict);
            out.set("Type", Value::name("ExtGState"));
            if let Some((_, Object::Array(modes))) = c.entry(&dict, b"BM") {
                // The first mode that a reader knows counts.
                out.set_some(
                    "BM",
                    modes.iter::<Object<'a>>().find_map(|m| c.plain_key("GraphicsState", "BM", &m)),
                );
            }
            if let Some((_, Object::Array(dash))) = c.entry(&dict, b"D")
                && let [(_, Object::Array(lengths)), (_, Object::Number(phase))] = &c.elements(&dash)[..]
            {
                let lengths = Value::numbers(super::copy::numbers(lengths));
                out.set("D", Value::Array(vec![lengths, Value::number(phase.as_f64())]));
            }
            if let Some((_, Object::Array(font))) = c.entry(&dict, b"Font")
                && let [(font_id, font @ Object::Dict(_)), (_, Object::Number(size))] = &c.elements(&font)[..]
                && let Some(font) = c.font((*font_id, font.clone()))?
            {
                out.set("Font", Value::Array(vec![font, Value::number(size.as_f64())]));
            }
            match c.entry(&dict, b"SMask") {
                Some((_, Object::Name(_))) => out.set("SMask", Value::name("None")),
                Some(found) => {
                    let mask = c.soft_mask(found, scope)?;
                    out.set("SMask", mask.unwrap_or(Value::name("None")));
                }
                None => {}
            }
            for key in ["TR", "TR2", "HT", "BG", "BG2", "UCR", "UCR2"] {
                if dict.contains_key(key) {
                    c.ctx.note(Threat::P13, "印刷機向けの色の設定", &c.place);
                }
            }
            Ok(Some(c.out.add(Value::Dict(out))))
        })
    }

    fn soft_mask(&mut self, found: Found<'a>, scope: &Resources<'a>) -> Result<Option<Value>, Refusal> {
        let (id, object) = found;
        let Some(dict) = dict_of(&object).cloned() else { return Ok(None) };
        self.once(id, Role::SoftMask, |c| {
            let kind = name_of(&dict, "S");
            let Some(group) = c.entry(&dict, b"G") else { return Ok(None) };
            let Some(form) = c.form(group, scope)? else { return Ok(None) };
            let mut out = object::Dict::typed("Mask");
            out.set("S", Value::name(if kind == "Alpha" { "Alpha" } else { "Luminosity" }));
            out.set("G", form);
            if let Some(backdrop) = super::copy::numbers_of(&dict, "BC") {
                out.set("BC", Value::numbers(backdrop));
            }
            if let Some(transfer) = c.entry(&dict, b"TR").filter(|(_, o)| dict_of(o).is_some()) {
                out.set_some("TR", c.function(transfer)?);
            }
            Ok(Some(c.out.add(Value::Dict(out))))
        })
    }

    /// A form or picture drawn by name; anything else (PostScript) is dropped (P04).
    pub(super) fn external_object(
        &mut self,
        found: Found<'a>,
        scope: &Resources<'a>,
    ) -> Result<Option<Value>, Refusal> {
        let Some(stream) = stream_of(&found.1) else { return Ok(None) };
        match name_of(stream.dict(), "Subtype").as_str() {
            "Image" => self.picture(found.0, stream, Role::Picture, scope),
            "Form" => self.form(found, scope),
            "" if stream.dict().contains_key("BBox") => self.form(found, scope),
            _ => {
                self.report(Threat::P04, Severity::Active, Action::Dropped, "PostScript の部品");
                Ok(None)
            }
        }
    }

    /// A form: a content stream with resources of its own, or those of its user when it has none.
    pub(super) fn form(&mut self, found: Found<'a>, scope: &Resources<'a>) -> Result<Option<Value>, Refusal> {
        let (id, object) = found;
        let Some(stream) = stream_of(&object).cloned() else { return Ok(None) };
        self.once(id, Role::Form, |c| {
            let from = stream.dict().clone();
            let mut out = c.plain_keys("Form", &from);
            if out.get("BBox").is_none() {
                return Ok(None);
            }
            out.set("Type", Value::name("XObject"));
            out.set("Subtype", Value::name("Form"));
            let id = c.out.reserve();
            c.fill_content(id, out, &stream, scope, |c, out| {
                out.set_some("Group", c.group(&from)?);
                out.set_some("OC", c.layer_of(&from)?);
                Ok(())
            })?;
            Ok(Some(Value::Ref(id)))
        })
    }

    /// Decodes, rewrites and stores a content stream under `id`.
    fn fill_content(
        &mut self,
        id: object::Id,
        mut out: object::Dict,
        stream: &Stream<'a>,
        scope: &Resources<'a>,
        more: impl FnOnce(&mut Self, &mut object::Dict) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let data = filter::decode(stream, self.ctx)?;
        let own = stream.dict().get::<Dict<'a>>("Resources").map(Resources::new);
        let mut shared = SharedResources::default();
        let content = self.content(&data.data, own.as_ref().unwrap_or(scope), &mut shared)?;
        more(self, &mut out)?;
        out.set("Resources", Value::Dict(shared.into_dict()));
        self.weights.insert(id, content.weight);
        self.out.set_stream(id, out, &content.data);
        Ok(())
    }

    /// A transparency group.
    pub(super) fn group(&mut self, from: &Dict<'a>) -> Result<Option<Value>, Refusal> {
        let Some(group) = from.get::<Dict<'a>>("Group").filter(|g| name_of(g, "S") == "Transparency") else {
            return Ok(None);
        };
        let mut out = self.plain_keys("Group", &group);
        out.set("S", Value::name("Transparency"));
        if let Some(space) = self.entry(&group, b"CS") {
            out.set_some("CS", self.colour_space(space, None)?.map(|s| s.value));
        }
        Ok(Some(Value::Dict(out)))
    }

    /// A tiling or shading pattern.
    pub(super) fn pattern(
        &mut self,
        found: Found<'a>,
        scope: &Resources<'a>,
    ) -> Result<Option<Value>, Refusal> {
        let (id, object) = found;
        let Some(dict) = dict_of(&object).cloned() else { return Ok(None) };
        self.once(id, Role::Pattern, |c| {
            if number_of(&dict, "PatternType") == Some(2.0) {
                let mut out = c.plain_keys("ShadingPattern", &dict);
                let Some(shading) = c.entry(&dict, b"Shading") else { return Ok(None) };
                let Some(shading) = c.shading(shading)? else { return Ok(None) };
                out.set("Type", Value::name("Pattern"));
                out.set("PatternType", Value::Int(2));
                out.set("Shading", shading);
                if let Some(state) = c.entry(&dict, b"ExtGState") {
                    out.set_some("ExtGState", c.graphics_state(state, scope)?);
                }
                return Ok(Some(c.out.add(Value::Dict(out))));
            }
            let Some(stream) = stream_of(&object) else { return Ok(None) };
            let mut out = c.plain_keys("Tiling", &dict);
            out.set("Type", Value::name("Pattern"));
            out.set("PatternType", Value::Int(1));
            let id = c.out.reserve();
            c.fill_content(id, out, stream, scope, |_, _| Ok(()))?;
            Ok(Some(Value::Ref(id)))
        })
    }

    /// A shading of types 1 to 7.
    pub(super) fn shading(&mut self, found: Found<'a>) -> Result<Option<Value>, Refusal> {
        let (id, object) = found;
        let Some(dict) = dict_of(&object).cloned() else { return Ok(None) };
        self.once(id, Role::Shading, |c| {
            let kind = number_of(&dict, "ShadingType").unwrap_or(0.0);
            if !(1.0..=7.0).contains(&kind) {
                return Ok(None);
            }
            let mut out = c.plain_keys("Shading", &dict);
            out.set("ShadingType", Value::number(kind));
            let Some(space) = c.entry(&dict, b"ColorSpace").or_else(|| c.entry(&dict, b"CS")) else {
                return Ok(None);
            };
            let Some(space) = c.colour_space(space, None)? else { return Ok(None) };
            out.set("ColorSpace", space.value);
            if let Some((_, Object::Array(extend))) = c.entry(&dict, b"Extend") {
                let flags = extend.iter::<Object<'a>>().map(|o| Value::Bool(o.into_bool().unwrap_or(false)));
                out.set("Extend", Value::Array(flags.take(2).collect()));
            }
            match c.entry(&dict, b"Function") {
                Some((_, Object::Array(functions))) => {
                    let mut each = Vec::new();
                    for function in c.elements(&functions).into_iter().take(32) {
                        each.extend(c.function(function)?);
                    }
                    out.set("Function", Value::Array(each));
                }
                Some(function) => out.set_some("Function", c.function(function)?),
                None => {}
            }
            if kind < 4.0 {
                return Ok(Some(c.out.add(Value::Dict(out))));
            }
            let Some(stream) = stream_of(&object) else { return Ok(None) };
            let data = filter::decode(stream, c.ctx)?.data;
            Ok(Some(c.out.add_stream(out, &data)))
        })
    }

    /// The layer that `/OC` names.
    pub(super) fn layer_of(&mut self, from: &Dict<'a>) -> Result<Option<Value>, Refusal> {
        match self.entry(from, b"OC") {
            Some(found) => self.layer(found),
            None => Ok(None),
        }
    }

    /// An optional-content group or membership dictionary.
    pub(super) fn layer(&mut self, found: Found<'a>) -> Result<Option<Value>, Refusal> {
        let (id, object) = found;
        let Some(dict) = dict_of(&object).cloned() else { return Ok(None) };
        self.once(id, Role::Layer, |c| {
            if name_of(&dict, "Type") != "OCMD" {
                let mut out = c.plain_keys("Layer", &dict);
                out.set("Type", Value::name("OCG"));
                if out.get("Name").is_none() {
                    out.set("Name", Value::Str(Vec::new()));
                }
                let new = c.out.reserve();
                c.out.set(new, Value::Dict(out));
                if let Some(id) = id {
                    c.layers.push((id, new));
                }
                return Ok(id.map(|_| Value::Ref(new)));
            }
            let mut out = c.plain_keys("Membership", &dict);
            out.set("Type", Value::name("OCMD"));
            let mut groups = Vec::new();
            match c.entry(&dict, b"OCGs") {
                Some((_, Object::Array(array))) => {
                    for found in c.elements(&array).into_iter().take(1000) {
                        groups.extend(c.layer(found)?);
                    }
                }
                Some(found) => groups.extend(c.layer(found)?),
                None => {}
            }
            out.set("OCGs", Value::Array(groups));
            if dict.contains_key("VE") {
                c.simplified(Threat::P08, "レイヤーの表示条件");
            }
            Ok(Some(c.out.add(Value::Dict(out))))
        })
    }
}
