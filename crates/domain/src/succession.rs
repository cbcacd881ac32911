//! 組織の引き継ぎ: which section carries on what another one was, when sections are merged, split or given up on a day.
//!
//! One row per section that ends and section that follows it. Of the followers one is `main`: rows of registers,
//! applications, people and duties go there at 0:00 of the day; what belongs to the others is moved by hand.

use std::collections::BTreeMap;

use crate::noun::{Column, Kind, Noun};

pub const STATES: &[(&str, &str)] =
    &[("planned", "予定"), ("carried", "引き継ぎました"), ("cancelled", "取りやめました")];

pub static SUCCESSION: Noun = Noun {
    name: "succession",
    label: "組織の引き継ぎ",
    columns: &[
        Column::new("unit_id", "なくなる組織", Kind::Unit),
        Column::new("successor_id", "引き継ぐ組織", Kind::Unit),
        Column::new("main", "台帳と申請を引き継ぐ", Kind::Bool),
        // The first day on which the section is no more.
        Column::new("valid_from", "引き継ぐ日", Kind::Date),
        Column::new("state", "状態", Kind::Choice(STATES)),
    ],
};

/// Where what belonged to a section is found, through sections that were given up in their turn. A ring, which no page
/// lets in, ends where it began.
pub fn heir<'m>(unit: &'m str, heirs: &'m BTreeMap<String, String>) -> &'m str {
    let mut at = unit;
    for _ in 0..heirs.len() {
        match heirs.get(at) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// Every section whose work a section carries on.
pub fn carried_on<'m>(unit: &str, heirs: &'m BTreeMap<String, String>) -> Vec<&'m str> {
    heirs.keys().map(String::as_str).filter(|old| *old != unit && heir(old, heirs) == unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_up_twice_is_found_at_the_end() {
        let heirs: BTreeMap<String, String> =
            [("a", "b"), ("b", "c"), ("x", "c")].map(|(old, new)| (old.to_owned(), new.to_owned())).into();
        assert_eq!((heir("a", &heirs), heir("c", &heirs)), ("c", "c"));
        assert_eq!(carried_on("c", &heirs), ["a", "b", "x"]);
        assert_eq!(carried_on("b", &heirs), [""; 0], "b is no more");
        let ring: BTreeMap<String, String> =
            [("a", "b"), ("b", "a")].map(|(old, new)| (old.to_owned(), new.to_owned())).into();
        assert!(["a", "b"].contains(&heir("a", &ring)));
    }
}
