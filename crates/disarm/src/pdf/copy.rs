//! The copier: shared state, memory of what was copied, and typed readers of single values.

use std::collections::{HashMap, HashSet};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Object, ObjectIdentifier, Stream};

use super::field::Form;
use super::keys::{self, Shape};
use super::object::{self, Id, Objects, Value};
use crate::{Action, Meter, Refusal, Severity, Threat, ctx::Ctx};

/// What an input object is copied as. The same object in two roles becomes two output objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    ColourSpace,
    CodeMap,
    Font,
    FontFile,
    GlyphMap,
    Form,
    Function,
    GraphicsState,
    Layer,
    Picture,
    Mask,
    Pattern,
    Shading,
    SoftMask,
    UnicodeMap,
}

/// Forms, patterns and the like inside each other. Real files stay below ten.
const MAX_DEPTH: u32 = 40;

/// One rebuild in progress. `'a` is the input, `'x` the caller's rules and limits.
pub(super) struct Copier<'a, 'c, 'x> {
    pub(super) pdf: &'a Pdf,
    pub(super) ctx: &'c mut Ctx<'x>,
    pub(super) out: Objects,
    memo: HashMap<(ObjectIdentifier, Role), Option<Value>>,
    active: HashSet<(ObjectIdentifier, Role)>,
    depth: u32,
    /// Cost of drawing each output content stream once, in operators.
    pub(super) weights: HashMap<Id, u64>,
    /// Output object of each page of the input.
    pub(super) pages: HashMap<ObjectIdentifier, Id>,
    /// Optional-content groups in order of first use.
    pub(super) layers: Vec<(ObjectIdentifier, Id)>,
    /// Fields that stay fillable.
    pub(super) form: Form,
    /// Font for words that have no look of their own.
    pub(super) substitute: Option<Value>,
    /// Where in the document the copier is, for the report.
    pub(super) place: String,
}

impl<'a, 'c, 'x> Copier<'a, 'c, 'x> {
    pub(super) fn new(pdf: &'a Pdf, ctx: &'c mut Ctx<'x>) -> Self {
        Self {
            pdf,
            ctx,
            out: Objects::default(),
            memo: HashMap::new(),
            active: HashSet::new(),
            depth: 0,
            weights: HashMap::new(),
            pages: HashMap::new(),
            layers: Vec::new(),
            form: Form::default(),
            substitute: None,
            place: String::new(),
        }
    }

    /// Copies an object once per role. An object that contains itself is left out (threat P11).
    pub(super) fn once(
        &mut self,
        id: Option<ObjectIdentifier>,
        role: Role,
        work: impl FnOnce(&mut Self) -> Result<Option<Value>, Refusal>,
    ) -> Result<Option<Value>, Refusal> {
        let key = id.map(|id| (id, role));
        if let Some(key) = key {
            if let Some(done) = self.memo.get(&key) {
                return Ok(done.clone());
            }
            if !self.active.insert(key) {
                self.report(Threat::P11, Severity::Active, Action::Dropped, "自分自身を含む部品");
                return Ok(None);
            }
        }
        self.ctx.spend(Meter::Objects, 1)?;
        self.depth += 1;
        let result = if self.depth > MAX_DEPTH { Err(Refusal::Limit(Meter::Nesting)) } else { work(self) };
        self.depth -= 1;
        if let Some(key) = key {
            self.active.remove(&key);
            if let Ok(value) = &result {
                self.memo.insert(key, value.clone());
            }
        }
        result
    }

    pub(super) fn report(&mut self, threat: Threat, severity: Severity, action: Action, what: &str) {
        self.ctx.report(threat, severity, action, what, &self.place);
    }

    /// Something changes in look or words.
    pub(super) fn simplified(&mut self, threat: Threat, what: &str) {
        self.report(threat, Severity::Simplified, Action::Dropped, what);
    }

    /// A value with its reference, if it was one, followed.
    pub(super) fn follow(
        &self,
        value: MaybeRef<Object<'a>>,
    ) -> (Option<ObjectIdentifier>, Option<Object<'a>>) {
        match value {
            MaybeRef::NotRef(object) => (None, Some(object)),
            MaybeRef::Ref(reference) => {
                let id = reference.into();
                (Some(id), self.pdf.xref().get::<Object<'a>>(id))
            }
        }
    }

    /// The value of a key and the number of the object it refers to, if it does.
    pub(super) fn entry(
        &self,
        dict: &Dict<'a>,
        key: &[u8],
    ) -> Option<(Option<ObjectIdentifier>, Object<'a>)> {
        let (id, object) = self.follow(dict.get_raw::<Object<'a>>(key)?);
        let object = object.filter(|o| !matches!(o, Object::Null(_)))?;
        // Streams are always objects of their own; a dictionary may sit inside another.
        let id = id.or(match &object {
            Object::Stream(s) => Some(s.obj_id()).filter(|id| id.obj_number != 0),
            _ => None,
        });
        Some((id, object))
    }

    /// Elements of an array with references followed.
    pub(super) fn elements(&self, array: &Array<'a>) -> Vec<(Option<ObjectIdentifier>, Object<'a>)> {
        array
            .raw_iter()
            .map(|item| {
                let (id, object) = self.follow(item);
                (id, object.unwrap_or(Object::Null(hayro_syntax::object::Null)))
            })
            .collect()
    }

    /// Copies the plain entries of a dictionary that the key table lists for its type.
    pub(super) fn plain_keys(&self, table: &str, from: &Dict<'a>) -> object::Dict {
        let mut out = object::Dict::new();
        for key in keys::of(table) {
            if let Some((_, object)) = self.entry(from, key.name.as_bytes())
                && let Some(value) = self.plain(&object, &key.shape)
            {
                out.set(key.name, value);
            }
        }
        out
    }

    /// One value of a plain key.
    pub(super) fn plain_key(&self, table: &str, name: &str, object: &Object<'a>) -> Option<Value> {
        keys::of(table).iter().find(|key| key.name == name).and_then(|key| self.plain(object, &key.shape))
    }

    /// A value of the given shape, or nothing.
    fn plain(&self, object: &Object<'a>, shape: &Shape) -> Option<Value> {
        match (shape, object) {
            (Shape::Bool, Object::Boolean(v)) => Some(Value::Bool(*v)),
            (Shape::Number, Object::Number(n)) => Some(Value::number(n.as_f64())),
            (Shape::Int, Object::Number(n)) => Some(Value::Int(i32::try_from(n.as_i64()).ok()?)),
            (Shape::Name, Object::Name(n)) => Some(Value::Name(n.as_ref().to_vec())),
            (Shape::OneOf(names), Object::Name(n)) => {
                names.iter().find(|s| s.as_bytes() == n.as_ref()).map(|s| Value::name(s))
            }
            (Shape::Text, Object::String(s)) => Some(Value::Str(s.as_bytes().to_vec())),
            (Shape::Numbers(count), Object::Array(array)) => {
                let numbers = numbers(array);
                let fits = count.is_none_or(|c| c == numbers.len()) && numbers.len() <= MAX_NUMBERS;
                fits.then(|| Value::numbers(numbers))
            }
            (Shape::Rect, Object::Array(array)) => {
                let n = numbers(array);
                (n.len() == 4)
                    .then(|| Value::numbers([n[0].min(n[2]), n[1].min(n[3]), n[0].max(n[2]), n[1].max(n[3])]))
            }
            _ => None,
        }
    }
}

/// Longest plain array of numbers (widths of a font, bounds of a function).
const MAX_NUMBERS: usize = 1 << 17;

/// The numbers of an array; anything else in it counts as 0.
pub(super) fn numbers(array: &Array<'_>) -> Vec<f64> {
    array
        .iter::<Object<'_>>()
        .map(|o| match o {
            Object::Number(n) => n.as_f64(),
            _ => 0.0,
        })
        .collect()
}

/// Dictionary of a dictionary or stream.
pub(super) fn dict_of<'b, 'a>(object: &'b Object<'a>) -> Option<&'b Dict<'a>> {
    match object {
        Object::Dict(dict) => Some(dict),
        Object::Stream(stream) => Some(stream.dict()),
        _ => None,
    }
}

/// A stream, if it is one.
pub(super) fn stream_of<'b, 'a>(object: &'b Object<'a>) -> Option<&'b Stream<'a>> {
    match object {
        Object::Stream(stream) => Some(stream),
        _ => None,
    }
}

/// A name as text; empty when it is none.
pub(super) fn name_of<'a>(dict: &Dict<'a>, key: &str) -> String {
    match dict.get::<Object<'a>>(key) {
        Some(Object::Name(name)) => name.as_str().to_owned(),
        _ => String::new(),
    }
}

/// A number.
pub(super) fn number_of<'a>(dict: &Dict<'a>, key: &str) -> Option<f64> {
    match dict.get::<Object<'a>>(key) {
        Some(Object::Number(n)) => Some(n.as_f64()),
        _ => None,
    }
}

/// An array of numbers.
pub(super) fn numbers_of<'a>(dict: &Dict<'a>, key: &str) -> Option<Vec<f64>> {
    match dict.get::<Object<'a>>(key) {
        Some(Object::Array(array)) => Some(numbers(&array)),
        _ => None,
    }
}
