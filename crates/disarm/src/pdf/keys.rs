//! The allow-list of plain keys: `keys.tsv` beside this file, one row per object type and key.
//!
//! Its skeleton comes from the Arlington PDF model (Apache-2.0, PDF Association) through
//! `tools/arlington-keys.py`; every row was then decided by hand, and what is not in it is dropped. Keys whose
//! values are objects with types of their own are not plain: the copier has code for each of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a value must look like to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Bool,
    Int,
    Number,
    Name,
    OneOf(Vec<&'static str>),
    Text,
    Rect,
    /// An array of numbers, of this length if given.
    Numbers(Option<usize>),
}

#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
}

static TABLE: LazyLock<BTreeMap<&'static str, Vec<Key>>> = LazyLock::new(|| {
    let mut table: BTreeMap<&'static str, Vec<Key>> = BTreeMap::new();
    for line in include_str!("keys.tsv").lines().filter(|l| !l.starts_with('#')) {
        let mut columns = line.split('\t');
        if let (Some(object), Some(name), Some(shape)) = (columns.next(), columns.next(), columns.next())
            && let Some(shape) = parse_shape(shape)
        {
            table.entry(object).or_default().push(Key { name, shape });
        }
    }
    table
});

fn parse_shape(text: &'static str) -> Option<Shape> {
    Some(match text {
        "bool" => Shape::Bool,
        "int" => Shape::Int,
        "number" => Shape::Number,
        "name" => Shape::Name,
        "text" => Shape::Text,
        "rect" => Shape::Rect,
        "numbers" => Shape::Numbers(None),
        _ => match text.split_once(':')? {
            ("numbers", count) => Shape::Numbers(Some(count.parse().ok()?)),
            ("name", names) => Shape::OneOf(names.split('|').collect()),
            _ => return None,
        },
    })
}

/// The keys of an object type; none for a type that is not in the table.
pub(super) fn of(object: &str) -> &'static [Key] {
    TABLE.get(object).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_understood() {
        let rows = include_str!("keys.tsv").lines().filter(|l| !l.starts_with('#') && !l.is_empty()).count();
        assert_eq!(TABLE.values().map(Vec::len).sum::<usize>(), rows);
        for dangerous in ["A", "AA", "JS", "F", "FFilter", "EF", "OPI", "Ref", "PS", "Metadata", "PieceInfo"]
        {
            assert!(TABLE.values().flatten().all(|k| k.name != dangerous), "{dangerous}");
        }
    }
}
