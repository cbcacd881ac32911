//! The objects of the rebuilt file. Nothing in here refers to the input: every value was made by the copier.

use std::collections::{BTreeMap, HashMap};

use pdf_writer::{Name, Null, Obj, Pdf, Ref, Str};

use super::filter;

/// Number of an output object, counted from 1.
pub(super) type Id = i32;

/// A PDF value of the output.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i32),
    Real(f32),
    Name(Vec<u8>),
    Str(Vec<u8>),
    Array(Vec<Value>),
    Dict(Dict),
    Ref(Id),
}

impl Value {
    /// A number, written without a fraction where it has none.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "integral below 2e9, or single precision as readers use"
    )]
    pub(super) fn number(v: f64) -> Self {
        if v.fract() == 0.0 && v.abs() < 2e9 {
            return Self::Int(v as i32);
        }
        let single = v as f32;
        if single.is_finite() { Self::Real(single) } else { Self::Int(0) }
    }

    /// A number as it is written into content.
    pub(super) fn as_text(&self) -> String {
        match self {
            Self::Int(v) => v.to_string(),
            Self::Real(v) => v.to_string(),
            _ => "0".to_owned(),
        }
    }

    pub(super) fn int(v: usize) -> Self {
        Self::Int(i32::try_from(v).unwrap_or(i32::MAX))
    }

    pub(super) fn name(text: &str) -> Self {
        Self::Name(text.as_bytes().to_vec())
    }

    pub(super) fn numbers(values: impl IntoIterator<Item = f64>) -> Self {
        Self::Array(values.into_iter().map(Self::number).collect())
    }
}

/// A dictionary; keys come out sorted, so equal dictionaries are equal bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Dict(pub(super) BTreeMap<Vec<u8>, Value>);

impl Dict {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A dictionary with `/Type`.
    pub(super) fn typed(name: &str) -> Self {
        let mut dict = Self::default();
        dict.set("Type", Value::name(name));
        dict
    }

    pub(super) fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.as_bytes().to_vec(), value);
    }

    pub(super) fn set_some(&mut self, key: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key.as_bytes())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An indirect object: a value, or a dictionary with stream data already encoded as its `/Filter` says.
#[derive(Debug, Clone)]
enum Body {
    Value(Value),
    Stream(Dict, Vec<u8>),
}

/// All objects of the output in order of their first mention.
#[derive(Debug, Default)]
pub(super) struct Objects {
    bodies: Vec<Option<Body>>,
    deflater: filter::Deflater,
}

impl Objects {
    /// Takes the next number without saying yet what it stands for.
    pub(super) fn reserve(&mut self) -> Id {
        self.bodies.push(None);
        Id::try_from(self.bodies.len()).unwrap_or(Id::MAX)
    }

    pub(super) fn set(&mut self, id: Id, value: Value) {
        self.put(id, Body::Value(value));
    }

    /// A stream whose data is already encoded.
    pub(super) fn set_encoded(&mut self, id: Id, dict: Dict, data: Vec<u8>) {
        self.put(id, Body::Stream(dict, data));
    }

    /// A stream that is deflated on the way out.
    pub(super) fn set_stream(&mut self, id: Id, mut dict: Dict, data: &[u8]) {
        dict.set("Filter", Value::name("FlateDecode"));
        let data = self.deflater.deflate(data);
        self.put(id, Body::Stream(dict, data));
    }

    pub(super) fn add(&mut self, value: Value) -> Value {
        let id = self.reserve();
        self.set(id, value);
        Value::Ref(id)
    }

    pub(super) fn add_stream(&mut self, dict: Dict, data: &[u8]) -> Value {
        let id = self.reserve();
        self.set_stream(id, dict, data);
        Value::Ref(id)
    }

    fn put(&mut self, id: Id, body: Body) {
        if let Some(slot) = usize::try_from(id - 1).ok().and_then(|i| self.bodies.get_mut(i)) {
            *slot = Some(body);
        }
    }

    /// Writes the file: one body, one cross-reference stream, one end marker. `catalog` must be a dictionary.
    ///
    /// Objects are numbered in the order in which a walk from the catalog meets them, so equal documents are equal
    /// bytes however they were put together, and what nothing refers to is not written.
    pub(super) fn write(mut self, catalog: Id) -> Vec<u8> {
        let (order, numbers) = self.reachable(catalog);
        let mut pdf = Pdf::new();
        for (number, id) in (1..).zip(&order) {
            let number = Ref::new(number);
            match self.body(*id) {
                None => pdf.indirect(number).primitive(Null),
                Some(Body::Value(Value::Dict(dict))) if *id == catalog => {
                    // Writes `/Type /Catalog` itself and enters the object as the root.
                    let mut writer = pdf.catalog(number);
                    for (key, value) in &dict.0 {
                        write_value(writer.insert(Name(key)), value, &numbers);
                    }
                }
                Some(Body::Value(value)) => write_value(pdf.indirect(number), value, &numbers),
                Some(Body::Stream(dict, data)) => {
                    let mut stream = pdf.stream(number, data);
                    for (key, value) in &dict.0 {
                        write_value(stream.insert(Name(key)), value, &numbers);
                    }
                }
            }
        }
        let last = Ref::new(Id::try_from(order.len() + 1).unwrap_or(Id::MAX));
        pdf.finish_with_xref_stream_and_filter(last, |data| {
            (self.deflater.deflate(data), pdf_writer::XRefFilter::Single(pdf_writer::Filter::FlateDecode))
        })
    }

    fn body(&self, id: Id) -> Option<&Body> {
        self.bodies.get(usize::try_from(id - 1).ok()?)?.as_ref()
    }

    /// Objects in the order of a depth-first walk, and their new numbers.
    pub(super) fn reachable(&self, catalog: Id) -> (Vec<Id>, HashMap<Id, Id>) {
        let (mut order, mut numbers, mut stack) = (Vec::new(), HashMap::new(), vec![catalog]);
        while let Some(id) = stack.pop() {
            if numbers.contains_key(&id) {
                continue;
            }
            order.push(id);
            numbers.insert(id, Id::try_from(order.len()).unwrap_or(Id::MAX));
            let mut found = Vec::new();
            match self.body(id) {
                Some(Body::Value(value)) => references(value, &mut found),
                Some(Body::Stream(dict, _)) => dict.0.values().for_each(|v| references(v, &mut found)),
                None => {}
            }
            stack.extend(found.into_iter().rev());
        }
        (order, numbers)
    }
}

fn references(value: &Value, out: &mut Vec<Id>) {
    match value {
        Value::Ref(id) => out.push(*id),
        Value::Array(items) => items.iter().for_each(|v| references(v, out)),
        Value::Dict(dict) => dict.0.values().for_each(|v| references(v, out)),
        _ => {}
    }
}

fn write_value(out: Obj<'_>, value: &Value, numbers: &HashMap<Id, Id>) {
    match value {
        Value::Null => out.primitive(Null),
        Value::Bool(v) => out.primitive(*v),
        Value::Int(v) => out.primitive(*v),
        Value::Real(v) => out.primitive(*v),
        Value::Name(v) => out.primitive(Name(v)),
        Value::Str(v) => out.primitive(Str(v)),
        Value::Ref(id) => match numbers.get(id) {
            Some(number) => out.primitive(Ref::new(*number)),
            None => out.primitive(Null),
        },
        Value::Array(items) => {
            let mut array = out.array();
            for item in items {
                write_value(array.push(), item, numbers);
            }
        }
        Value::Dict(dict) => {
            let mut writer = out.dict();
            for (key, value) in &dict.0 {
                write_value(writer.insert(Name(key)), value, numbers);
            }
        }
    }
}
