//! What ids are called, in both directions: columns that refer to sections, people or rows of other registers are
//! shown, exported and imported by words.

use std::collections::HashMap;

use crate::search::search_key;

/// The words of every noun that the columns of a register refer to.
#[derive(Clone, Debug, Default)]
pub struct Names {
    of: HashMap<&'static str, Words>,
}

#[derive(Clone, Debug, Default)]
struct Words {
    /// id → words, in the order shown.
    shown: Vec<(String, String)>,
    by_id: HashMap<String, usize>,
    /// folded words → position; `None` when two ids share them.
    by_words: HashMap<String, Option<usize>>,
    /// Whether there are more than those added.
    partial: bool,
}

/// What a text can mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    One(&'a str),
    Several,
    None,
}

impl Names {
    /// Adds an id with the words shown for it and other words it answers to (its number alone, its name alone).
    pub fn add(&mut self, noun: &'static str, id: &str, shown: &str, also: &[&str]) {
        let words = self.of.entry(noun).or_default();
        let position = words.shown.len();
        words.shown.push((id.to_owned(), shown.to_owned()));
        words.by_id.insert(id.to_owned(), position);
        for text in [shown, id].iter().chain(also) {
            let key = search_key(&[text]);
            if key.is_empty() {
                continue;
            }
            let entry = words.by_words.entry(key).or_insert(Some(position));
            if entry.is_some_and(|other| other != position) {
                *entry = None;
            }
        }
    }

    /// Says that a noun has more ids than those added: nobody can pick from them.
    pub fn leave_out(&mut self, noun: &'static str) {
        self.of.entry(noun).or_default().partial = true;
    }

    pub fn word(&self, noun: &str, id: &str) -> Option<&str> {
        let words = self.of.get(noun)?;
        words.by_id.get(id).map(|at| words.shown[*at].1.as_str())
    }

    pub fn find(&self, noun: &str, text: &str) -> Found<'_> {
        let Some(words) = self.of.get(noun) else { return Found::None };
        match words.by_words.get(&search_key(&[text])) {
            Some(Some(at)) => Found::One(&words.shown[*at].0),
            Some(None) => Found::Several,
            None => Found::None,
        }
    }

    /// (id, words), as choices of a form or a code list; `None` when not all are known.
    pub fn choices(&self, noun: &str) -> Option<&[(String, String)]> {
        match self.of.get(noun) {
            Some(words) if words.partial => None,
            Some(words) => Some(&words.shown),
            None => Some(&[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_as_people_write_them() {
        let mut names = Names::default();
        names.add("section", "u1", "0103 情報政策課", &["0103", "情報政策課"]);
        names.add("section", "u2", "0201 企画課", &["0201", "企画課"]);
        names.add("section", "u3", "0901 企画課", &["0901", "企画課"]);
        assert_eq!(names.find("section", "０１０３"), Found::One("u1"));
        assert_eq!(names.find("section", "情報政策課 "), Found::One("u1"));
        assert_eq!(names.find("section", "企画課"), Found::Several);
        assert_eq!(names.find("section", "0901 企画課"), Found::One("u3"));
        assert_eq!(names.find("section", "なし課"), Found::None);
        assert_eq!(names.word("section", "u2"), Some("0201 企画課"));
    }
}
