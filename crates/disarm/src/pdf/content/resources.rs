//! Resources that the rewritten content names, under names of their own.

use std::collections::{BTreeMap, HashMap};

use crate::pdf::object::{Dict, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pdf) enum Category {
    ColorSpace,
    ExtGState,
    Font,
    Pattern,
    Properties,
    Shading,
    XObject,
}

impl Category {
    fn key(self) -> &'static str {
        match self {
            Self::ColorSpace => "ColorSpace",
            Self::ExtGState => "ExtGState",
            Self::Font => "Font",
            Self::Pattern => "Pattern",
            Self::Properties => "Properties",
            Self::Shading => "Shading",
            Self::XObject => "XObject",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::ColorSpace => "C",
            Self::ExtGState => "G",
            Self::Font => "F",
            Self::Pattern => "P",
            Self::Properties => "O",
            Self::Shading => "S",
            Self::XObject => "X",
        }
    }
}

/// Resources of the output; the glyphs of a Type 3 font share one set.
#[derive(Debug, Default)]
pub(in crate::pdf) struct SharedResources {
    /// Name in the input → name in the output, or nothing if the resource was dropped.
    names: BTreeMap<Category, HashMap<Vec<u8>, Option<Value>>>,
    pub(super) resources: BTreeMap<Category, Dict>,
    counts: BTreeMap<Category, usize>,
}

impl SharedResources {
    pub(in crate::pdf) fn into_dict(self) -> Dict {
        let mut out = Dict::new();
        for (category, dict) in self.resources {
            out.set(category.key(), Value::Dict(dict));
        }
        out
    }

    /// Whether a name of the input was looked at.
    pub(super) fn knows(&self, category: Category, name: &[u8]) -> bool {
        self.names.get(&category).is_some_and(|names| names.contains_key(name))
    }

    pub(super) fn remember(&mut self, category: Category, name: &[u8], new: Option<Value>) {
        self.names.entry(category).or_default().insert(name.to_vec(), new);
    }

    /// The name in the output.
    pub(super) fn name_of(&self, category: Category, name: &[u8]) -> Option<&[u8]> {
        match self.names.get(&category)?.get(name)? {
            Some(Value::Name(new)) => Some(new),
            _ => None,
        }
    }

    /// Enters a resource under a new name and returns the name; device colour spaces need no entry.
    pub(super) fn enter(&mut self, category: Category, value: Value) -> Value {
        if let (Category::ColorSpace, Value::Name(_)) = (category, &value) {
            return value;
        }
        let count = self.counts.entry(category).or_default();
        let name = format!("{}{count}", category.prefix());
        *count += 1;
        self.resources.entry(category).or_default().set(&name, value);
        Value::name(&name)
    }
}
