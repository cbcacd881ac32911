//! The allow-list: which elements and attributes may stand where, and what class their values have.
//!
//! The rows are in `tables/ooxml.table`; the classes are explained in `tables/decisions.py`.

use std::{collections::HashMap, sync::OnceLock};

/// Class of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// No text belongs here; blanks between elements are not copied.
    Nothing,
    Token,
    Tokens,
    Text,
    Path,
    Style,
    Cells,
    Formula,
    Field,
    Action,
    Graphic,
    Base64,
    /// Relationship id; `true`: the element is worth nothing without it.
    Rid(Target, bool),
}

/// What a relationship id must lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Image,
    Link,
    Chart,
    Shapes,
    Diagram,
    Header,
    Footer,
    Sheet,
    Drawing,
    Embedded,
    Vml,
    Table,
    Pivotcache,
    Records,
    Slide,
    Master,
    Layout,
    Notesmaster,
    Handout,
}

/// One row of the allow-list.
#[derive(Debug)]
pub(crate) struct Type {
    /// Element name with the canonical prefix.
    pub(crate) name: &'static str,
    /// Class of the text directly inside.
    pub(crate) text: Class,
    pub(crate) attributes: &'static [(&'static str, Class)],
    pub(crate) children: &'static [(&'static str, u16)],
    /// The element goes when none of these survives inside; `*` stands for any.
    pub(crate) needs: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/ooxml_table.rs"));

impl Type {
    /// The name as it is written, and the class of its values.
    pub(crate) fn attribute(&self, name: &str) -> Option<(&'static str, Class)> {
        let at = self.attributes.binary_search_by(|(key, _)| (*key).cmp(name)).ok()?;
        Some(self.attributes[at])
    }

    pub(crate) fn child(&self, name: &str) -> Option<&'static Type> {
        find(self.children, name).map(|at| &TYPES[usize::from(at)])
    }
}

/// The row of a part's root element.
pub(crate) fn root(name: &str) -> Option<&'static Type> {
    find(ROOTS, name).map(|at| &TYPES[usize::from(at)])
}

fn find<T: Copy>(list: &[(&'static str, T)], name: &str) -> Option<T> {
    list.binary_search_by(|(key, _)| (*key).cmp(name)).ok().map(|at| list[at].1)
}

/// Canonical prefix of a namespace, Strict or Transitional; `None` for those that are not copied.
pub(crate) fn prefix_of(uri: &str) -> Option<&'static str> {
    static MAP: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    MAP.get_or_init(|| NAMESPACES.iter().map(|(prefix, uri)| (*uri, *prefix)).collect()).get(uri).copied()
}

/// Namespace that is written for a canonical prefix: the Transitional one, which stands first in the table.
pub(crate) fn uri_of(prefix: &str) -> &'static str {
    NAMESPACES
        .iter()
        .find(|(p, uri)| *p == prefix && !uri.contains("purl.oclc.org"))
        .map_or("", |(_, uri)| uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_runs_is_on_the_list() {
        let names: Vec<&str> = TYPES.iter().map(|t| t.name).collect();
        for gone in [
            "w:altChunk",
            "w:control",
            "w:subDoc",
            "w:attachedTemplate",
            "w:mailMerge",
            "x:control",
            "p:cmd",
            "p:control",
            "xdr:contentPart",
            "c:externalData",
            "xvml:FmlaMacro",
            "w:embedRegular",
            "x:externalReferences",
        ] {
            assert!(!names.contains(&gone), "{gone}");
        }
        // An embedded object leads to a document that was rebuilt, or it is not written.
        for ole in TYPES.iter().filter(|t| ["p:oleObj", "o:OLEObject", "x:oleObject"].contains(&t.name)) {
            assert_eq!(
                ole.attribute("r:id"),
                Some(("r:id", Class::Rid(Target::Embedded, true))),
                "{}",
                ole.name
            );
        }
        for t in TYPES {
            for (name, class) in t.attributes {
                let local = name.rsplit(':').next().unwrap_or(name);
                let address =
                    ["href", "link", "target", "src", "url", "macro", "onclick", "althref"].contains(&local);
                assert!(!address || matches!(class, Class::Rid(..)), "{}@{name}", t.name);
            }
        }
    }
}
