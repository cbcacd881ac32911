//! Which clause of a city's own policy speaks of what a clause of the model policy speaks of. Cities number their
//! policies as they like: a number counts only where the words do not contradict it.

use std::collections::BTreeSet;

use crate::model::Catalogue;

/// Share of the shorter wording's pairs of characters that both must have for a shared number to be believed.
const AGREES: f64 = 0.3;
/// Dice coefficient from which the same heading under another number is taken for the same clause.
const SAME_HEADING: f64 = 0.8;

/// A clause of a city's policy, as far as placing needs it.
#[derive(Clone, Copy, Debug)]
pub struct OwnClause<'a> {
    pub id: &'a str,
    /// `7(3)②`, or in articles `第7条(3)②`.
    pub label: &'a str,
    /// Its heading; empty where it has none, as items of a list mostly do.
    pub heading: &'a str,
}

impl Catalogue {
    /// The clause a model clause's requirements belong to: the same number, where no heading on the way down to it
    /// speaks of something else, else the one that bears its heading, else whatever the model clause above it has. `None`: nobody can tell but a person.
    pub fn place<'a>(&self, label: &str, own: &[OwnClause<'a>]) -> Option<&'a str> {
        let mut label = label;
        loop {
            if let Some(found) = self.find(label, own) {
                return Some(found);
            }
            label = above(label)?;
        }
    }

    /// The city's clause that is this very model clause, by number or heading.
    pub fn find<'a>(&self, label: &str, own: &[OwnClause<'a>]) -> Option<&'a str> {
        let title = self.clauses.iter().find(|c| c.label == label).map_or("", |c| c.title.as_str());
        let numbered = own.iter().find(|o| number(o.label) == label).filter(|_| self.agrees(label, own));
        numbered.or_else(|| titled(title, own)).map(|found| found.id)
    }

    /// Whether the city's clauses of this number and of those above it bear headings like the model's.
    fn agrees(&self, label: &str, own: &[OwnClause<'_>]) -> bool {
        let mut label = Some(label);
        while let Some(at) = label {
            let model = self.clauses.iter().find(|c| c.label == at);
            let own = own.iter().find(|o| number(o.label) == at);
            if model.zip(own).is_some_and(|(model, own)| !like(&model.title, own.heading)) {
                return false;
            }
            label = above(at);
        }
        true
    }
}

/// `第7条(3)②` → `7(3)②`.
fn number(label: &str) -> String {
    label.chars().filter(|c| !matches!(c, '第' | '条' | '章' | '項')).collect()
}

/// The label one level up; `None` at the top.
fn above(label: &str) -> Option<&str> {
    let cut = match label.ends_with(')') {
        true => label.rfind('(')?,
        false => label.char_indices().last().filter(|(_, c)| !c.is_ascii_digit())?.0,
    };
    Some(&label[..cut]).filter(|label| !label.is_empty())
}

/// The one clause whose heading is this one; nothing when two are equally near.
fn titled<'o, 'a>(title: &str, own: &'o [OwnClause<'a>]) -> Option<&'o OwnClause<'a>> {
    let likeness = |o: &OwnClause<'_>| {
        let (a, b) = (pairs(title), pairs(o.heading));
        let shared = a.intersection(&b).count();
        if a.is_empty() { 0.0 } else { 2.0 * shared as f64 / (a.len() + b.len()) as f64 }
    };
    let mut best: Option<(f64, &OwnClause<'_>)> = None;
    let mut tied = false;
    for clause in own {
        let like = likeness(clause);
        match best {
            Some((most, _)) if like < most => {}
            Some((most, _)) if like == most => tied = true,
            _ => (best, tied) = (Some((like, clause)), false),
        }
    }
    best.filter(|(like, _)| *like >= SAME_HEADING && !tied).map(|(_, clause)| clause)
}

/// Whether two headings may be of one clause; nothing to compare contradicts nothing.
fn like(a: &str, b: &str) -> bool {
    let (a, b) = (pairs(a), pairs(b));
    let fewer = a.len().min(b.len());
    fewer == 0 || a.intersection(&b).count() as f64 >= AGREES * fewer as f64
}

fn pairs(words: &str) -> BTreeSet<(char, char)> {
    // 分類と管理, 分類及び管理, 分類・管理 are one heading.
    let words = words.replace("及び", "").replace("並びに", "").replace('と', "");
    let letters: Vec<char> = words.chars().filter(|c| c.is_alphanumeric()).collect();
    letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    fn place(label: &str, own: &[(&str, &str)]) -> Option<usize> {
        let ids: Vec<String> = (0..own.len()).map(|n| n.to_string()).collect();
        let own: Vec<OwnClause<'_>> =
            own.iter().zip(&ids).map(|((label, heading), id)| OwnClause { id, label, heading }).collect();
        catalogue().place(label, &own).map(|id| id.parse().unwrap())
    }

    #[test]
    fn the_same_number_with_like_words_is_the_clause() {
        let own = [("1", "目的"), ("7", "対策"), ("7(1)", "組織体制"), ("7(2)", "情報資産の分類及び管理")];
        assert_eq!(place("7(1)", &own), Some(2));
        assert_eq!(place("7(2)", &own), Some(3));
        assert_eq!(place("7(3)②", &own), Some(1), "the nearest above");
        assert_eq!(place("11", &own), None);
    }

    /// A policy in articles, numbered in its own order: words win over numbers.
    #[test]
    fn a_policy_with_other_numbers_is_placed_by_its_headings() {
        let own = [
            ("第1条", "目的"),
            ("第2条", "定義"),
            ("第7条", "情報資産の分類及び管理"),
            ("第8条", "組織体制"),
            ("第9条", "物理的セキュリティ対策"),
            ("第12条", "情報セキュリティ監査及び自己点検の実施"),
        ];
        assert_eq!(place("1", &own), Some(0));
        assert_eq!(place("7(1)", &own), Some(3));
        assert_eq!(place("7(2)", &own), Some(2), "not what happens to be number 7");
        assert_eq!(place("7(4)", &own), Some(4));
        assert_eq!(place("8", &own), Some(5));
        assert_eq!(place("7(3)①", &own), None, "neither number nor words: somebody must say");
    }

    /// Items of a list have no headings: they are believed below a clause that is the model's.
    #[test]
    fn items_without_headings_follow_the_clause_above_them() {
        let own = [("4", "対象とする脅威"), ("4(1)", ""), ("4(2)", ""), ("8", "電算組織"), ("8(1)", "")];
        assert_eq!(place("4(2)", &own), Some(2));
        let other = [("4", "適用範囲"), ("4(1)", "")];
        assert_eq!(place("4(1)", &other), None);
    }

    #[test]
    fn two_headings_alike_are_nobodys() {
        let own = [("20", "組織体制"), ("30", "組織体制")];
        assert_eq!(place("7(1)", &own), None);
    }
}
