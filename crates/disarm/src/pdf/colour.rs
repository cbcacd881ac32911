//! Colour spaces. ICC profiles are replaced by the device space with the same number of components (threat P13).

use hayro_syntax::object::{Array, Object};
use hayro_syntax::page::Resources;

use super::copy::{Copier, Role, dict_of, name_of, number_of, stream_of};
use super::filter;
use super::object::Value;
use super::resource::Found;
use crate::{Refusal, Threat};

/// A copied colour space and what pictures need to know about it.
#[derive(Debug, Clone)]
pub(super) struct Space {
    pub(super) value: Value,
    /// Samples per pixel; 0 for a pattern.
    pub(super) components: usize,
    pub(super) indexed: bool,
}

impl Space {
    fn device(name: &str, components: usize) -> Self {
        Self { value: Value::name(name), components, indexed: false }
    }
}

/// Colourants of a DeviceN space; the standard allows 32.
const MAX_COLOURANTS: usize = 32;

impl<'a> Copier<'a, '_, '_> {
    /// Copies a colour space; `scope` resolves names that are not device spaces.
    pub(super) fn colour_space(
        &mut self,
        found: Found<'a>,
        scope: Option<&Resources<'a>>,
    ) -> Result<Option<Space>, Refusal> {
        let (id, object) = found;
        match object {
            Object::Name(name) => self.named_space(name.as_ref(), scope),
            Object::Array(array) => {
                let mut space = None;
                let value = self.once(id, Role::ColourSpace, |c| {
                    space = c.array_space(&array, scope)?;
                    Ok(space.clone().map(|s| match s.value {
                        // Names stay direct; everything else is shared.
                        name @ Value::Name(_) => name,
                        other => c.out.add(other),
                    }))
                })?;
                // A space met before is described again, without storing it twice.
                let described = match space {
                    Some(space) => Some(space),
                    None => self.describe(&array)?,
                };
                Ok(value.zip(described).map(|(value, space)| Space { value, ..space }))
            }
            // A stream in place of `[/ICCBased stream]`.
            Object::Stream(stream) => Ok(icc_replacement(number_of(stream.dict(), "N").unwrap_or(3.0))),
            _ => Ok(None),
        }
    }

    /// A device space, or one that the resources name.
    pub(super) fn named_space(
        &mut self,
        name: &[u8],
        scope: Option<&Resources<'a>>,
    ) -> Result<Option<Space>, Refusal> {
        let device = match name {
            b"DeviceGray" | b"G" | b"CalGray" => Space::device("DeviceGray", 1),
            b"DeviceRGB" | b"RGB" | b"CalRGB" => Space::device("DeviceRGB", 3),
            b"DeviceCMYK" | b"CMYK" | b"CalCMYK" => Space::device("DeviceCMYK", 4),
            b"Pattern" => Space::device("Pattern", 0),
            other => {
                return match scope.and_then(|s| self.entry(&s.color_spaces, other)) {
                    // Inside the resources a name can only mean a device space.
                    Some(found) => self.colour_space(found, None),
                    None => Ok(None),
                };
            }
        };
        Ok(Some(device))
    }

    /// Components of a space that was copied already.
    fn describe(&self, array: &Array<'a>) -> Result<Option<Space>, Refusal> {
        let items = self.elements(array);
        let kind = match items.first() {
            Some((_, Object::Name(name))) => name.as_ref().to_vec(),
            _ => return Ok(None),
        };
        let components = match &kind[..] {
            b"Indexed" | b"I" | b"Separation" | b"CalGray" | b"DeviceGray" | b"G" => 1,
            b"CalRGB" | b"Lab" | b"DeviceRGB" | b"RGB" => 3,
            b"DeviceCMYK" | b"CMYK" => 4,
            b"DeviceN" | b"NChannel" => match items.get(1) {
                Some((_, Object::Array(names))) => names.raw_iter().count(),
                _ => 0,
            },
            b"ICCBased" => match items.get(1).and_then(|(_, o)| dict_of(o)) {
                Some(dict) => {
                    icc_replacement(number_of(dict, "N").unwrap_or(3.0)).map_or(0, |s| s.components)
                }
                None => 0,
            },
            _ => 0,
        };
        let indexed = matches!(&kind[..], b"Indexed" | b"I");
        Ok(Some(Space { value: Value::Null, components, indexed }))
    }

    fn array_space(
        &mut self,
        array: &Array<'a>,
        scope: Option<&Resources<'a>>,
    ) -> Result<Option<Space>, Refusal> {
        let items = self.elements(array);
        let Some((_, Object::Name(kind))) = items.first() else { return Ok(None) };
        match kind.as_ref() {
            b"CalGray" | b"CalRGB" | b"Lab" => {
                let name = kind.as_str().to_owned();
                let table = if name == "CalGray" { "CalGray" } else { "Cal" };
                let dict = items.get(1).and_then(|(_, o)| dict_of(o));
                let dict = dict.map(|d| self.plain_keys(table, d)).unwrap_or_default();
                if dict.get("WhitePoint").is_none() {
                    return Ok(Some(match &name[..] {
                        "CalGray" => Space::device("DeviceGray", 1),
                        _ => Space::device("DeviceRGB", 3),
                    }));
                }
                let components = if name == "CalGray" { 1 } else { 3 };
                let value = Value::Array(vec![Value::name(&name), Value::Dict(dict)]);
                Ok(Some(Space { value, components, indexed: false }))
            }
            b"ICCBased" => {
                let Some(stream) = items.get(1).and_then(|(_, o)| stream_of(o)) else { return Ok(None) };
                self.ctx.note(Threat::P13, "色プロファイル（標準の色へ）", "");
                let dict = stream.dict().clone();
                if let Some((_, Object::Array(alternate))) = self.entry(&dict, b"Alternate")
                    && let Some((_, Object::Name(name))) = self.elements(&alternate).first()
                    && name.as_ref() == b"Lab"
                {
                    return self.array_space(&alternate, None);
                }
                Ok(icc_replacement(number_of(&dict, "N").unwrap_or(3.0)))
            }
            b"Indexed" | b"I" => self.indexed(&items, scope),
            b"Separation" => self.separation(&items, scope, 1),
            b"DeviceN" | b"NChannel" => {
                let Some((_, Object::Array(names))) = items.get(1) else { return Ok(None) };
                self.separation(&items, scope, names.raw_iter().count())
            }
            b"Pattern" => {
                let Some(base) = items.get(1) else { return Ok(Some(Space::device("Pattern", 0))) };
                let Some(base) = self.colour_space(base.clone(), scope)? else { return Ok(None) };
                let value = Value::Array(vec![Value::name("Pattern"), base.value]);
                Ok(Some(Space { value, components: 0, indexed: false }))
            }
            _ => self.colour_space(items[0].clone(), None),
        }
    }

    fn indexed(
        &mut self,
        items: &[Found<'a>],
        scope: Option<&Resources<'a>>,
    ) -> Result<Option<Space>, Refusal> {
        let [_, base, (_, Object::Number(high)), (_, table), ..] = items else { return Ok(None) };
        let Some(base) = self.colour_space(base.clone(), scope)? else { return Ok(None) };
        if base.indexed || base.components == 0 {
            return Ok(None);
        }
        let high = usize::try_from(high.as_i64().clamp(0, 255)).unwrap_or(255);
        let mut bytes = match table {
            Object::String(s) => s.as_bytes().to_vec(),
            Object::Stream(stream) => filter::decode(stream, self.ctx)?.data,
            _ => return Ok(None),
        };
        bytes.resize((high + 1) * base.components, 0);
        let value = vec![Value::name("Indexed"), base.value, Value::int(high), Value::Str(bytes)];
        Ok(Some(Space { value: Value::Array(value), components: 1, indexed: true }))
    }

    /// Separation and DeviceN: colourant names, an alternate space and the function that leads there.
    fn separation(
        &mut self,
        items: &[Found<'a>],
        scope: Option<&Resources<'a>>,
        components: usize,
    ) -> Result<Option<Space>, Refusal> {
        let [kind, names, alternate, tint, ..] = items else { return Ok(None) };
        if components == 0 || components > MAX_COLOURANTS {
            return Ok(None);
        }
        let names = match &names.1 {
            Object::Name(name) => Value::Name(name.as_ref().to_vec()),
            Object::Array(array) => Value::Array(
                array
                    .iter::<Object<'a>>()
                    .map(|o| Value::Name(o.into_name().map_or(b"None".to_vec(), |n| n.as_ref().to_vec())))
                    .collect(),
            ),
            _ => return Ok(None),
        };
        let name = if matches!(names, Value::Name(_)) { "Separation" } else { "DeviceN" };
        let _ = kind;
        let Some(alternate) = self.colour_space(alternate.clone(), scope)? else { return Ok(None) };
        let Some(tint) = self.function(tint.clone())? else { return Ok(None) };
        let value = Value::Array(vec![Value::name(name), names, alternate.value, tint]);
        Ok(Some(Space { value, components, indexed: false }))
    }

    /// The colour space entry of a picture.
    pub(super) fn picture_space(
        &mut self,
        dict: &hayro_syntax::object::Dict<'a>,
        scope: &Resources<'a>,
    ) -> Result<Option<Space>, Refusal> {
        let _ = name_of(dict, "ColorSpace");
        match self.entry(dict, b"ColorSpace").or_else(|| self.entry(dict, b"CS")) {
            Some(found) => self.colour_space(found, Some(scope)),
            None => Ok(None),
        }
    }
}

fn icc_replacement(components: f64) -> Option<Space> {
    Some(match components as i64 {
        1 => Space::device("DeviceGray", 1),
        3 => Space::device("DeviceRGB", 3),
        4 => Space::device("DeviceCMYK", 4),
        _ => return None,
    })
}
