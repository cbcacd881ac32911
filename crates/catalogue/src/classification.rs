//! Classification schemes of 情報資産 (guideline §2): classes by edition, the few questions that propose one, what a
//! class asks for when the information is carried, sent, kept or destroyed, and how classes of one edition read in
//! the next. Data in `/catalogue/classification`; the rules over it are here and pure.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::parse::CatalogueError;

const SOURCE: &str = include_str!("../../../catalogue/classification/schemes.toml");
const FILE: &str = "classification/schemes.toml";

/// A person is asked at most this much before a class is proposed, the question on integrity and availability
/// included.
pub const QUESTIONS_MAX: usize = 5;

/// Everything the file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classification {
    /// Oldest first; the last is what new rows are classified by.
    #[serde(rename = "scheme")]
    pub schemes: Vec<Scheme>,
    pub integrity: Vec<Class>,
    pub availability: Vec<Class>,
    pub impact: Impact,
    #[serde(rename = "migration")]
    pub migrations: Vec<Migration>,
    pub handling: Vec<Handling>,
}

/// The classes of 機密性 of one edition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    pub key: String,
    pub title: String,
    /// Key of the guideline edition it came with.
    pub edition: String,
    /// Highest first.
    pub confidentiality: Vec<Class>,
    /// Asked in order until one is answered yes; only the last has a class for no.
    #[serde(rename = "question")]
    pub questions: Vec<Question>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// What a row keeps: `3B`.
    pub code: String,
    pub name: String,
    pub criterion: String,
    /// Zones in which information of this class may lie (F26); empty for integrity and availability.
    #[serde(default)]
    pub zones: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub text: String,
    pub hint: String,
    pub yes: String,
    pub no: Option<String>,
    pub because: String,
    pub because_not: Option<String>,
}

/// The one question on integrity and availability.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impact {
    pub text: String,
    pub hint: String,
    #[serde(rename = "answer")]
    pub answers: Vec<ImpactAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpactAnswer {
    pub key: String,
    pub words: String,
    pub integrity: String,
    pub availability: String,
    pub because: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    pub from: String,
    pub to: String,
    #[serde(rename = "class")]
    pub classes: Vec<Reading>,
}

/// How a class reads in the next edition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    pub from: String,
    pub to: String,
    /// The content must be looked at: the row stays on the list until a person has decided.
    pub redecide: bool,
    pub note: String,
}

/// 取扱制限: what a class asks for when something is done with the information.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handling {
    pub act: String,
    pub title: String,
    pub rule: String,
    pub at_least: AtLeast,
    /// Code of the role that permits it.
    pub permission: Option<String>,
}

/// Reached by any one of these.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtLeast {
    pub confidentiality: Option<String>,
    /// The class of an older scheme that reaches it too.
    pub older: Option<String>,
    pub integrity: Option<String>,
    pub availability: Option<String>,
}

/// The three classes of a piece of information, by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classes<'a> {
    pub confidentiality: &'a str,
    pub integrity: &'a str,
    pub availability: &'a str,
}

/// What the questions propose. The person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub confidentiality: String,
    pub integrity: String,
    pub availability: String,
    /// One sentence, fit for the column 分類の理由.
    pub reason: String,
}

static CLASSIFICATION: LazyLock<Classification> = LazyLock::new(|| {
    #[expect(
        clippy::panic,
        reason = "the embedded file is parsed by this crate's tests; a bad one cannot ship"
    )]
    Classification::parse(SOURCE).unwrap_or_else(|error| panic!("embedded classification: {error}"))
});

/// The schemes this binary carries.
pub fn classification() -> &'static Classification {
    &CLASSIFICATION
}

impl Classification {
    /// Refuses the whole file when a class, a reading or a question does not fit the rest.
    pub fn parse(text: &str) -> Result<Classification, CatalogueError> {
        let parsed: Classification = toml::from_str(text)
            .map_err(|error| CatalogueError::Syntax { file: FILE.to_owned(), message: error.to_string() })?;
        parsed.check()?;
        Ok(parsed)
    }

    pub fn scheme(&self, key: &str) -> Option<&Scheme> {
        self.schemes.iter().find(|s| s.key == key)
    }

    /// The newest edition's.
    pub fn current(&self) -> &Scheme {
        self.schemes.last().unwrap_or_else(|| unreachable!("check() refuses a file without schemes"))
    }

    /// How heavy a class of 機密性 is, across editions: an older class weighs what it reads as in the newest.
    /// `None` for a code that no scheme has.
    pub fn weight(&self, code: &str) -> Option<usize> {
        let current = self.current();
        let newest = |code: &str| current.weight(code);
        newest(code).or_else(|| {
            let readings = self.migrations.iter().filter(|m| m.to == current.key).flat_map(|m| &m.classes);
            readings.filter(|r| r.from == code).find_map(|r| newest(&r.to))
        })
    }

    /// The heaviest of some classes: what a system or medium that holds them all inherits (2.1.2).
    pub fn highest<'a>(&self, codes: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        codes.into_iter().filter(|c| self.weight(c).is_some()).max_by_key(|c| self.weight(c))
    }

    /// What a class of one edition reads as in another.
    pub fn reading(&self, from: &str, to: &str, code: &str) -> Option<&Reading> {
        let migration = self.migrations.iter().find(|m| m.from == from && m.to == to)?;
        migration.classes.iter().find(|r| r.from == code)
    }

    /// Whether information of this class may lie in a zone. A code nobody knows may lie nowhere.
    pub fn may_lie(&self, code: &str, zone: &str) -> bool {
        let class = self.schemes.iter().rev().find_map(|s| s.class(code));
        class.is_some_and(|c| c.zones.iter().any(|z| z == zone))
    }

    /// What the answers propose. `yes` holds the answers to the scheme's questions as far as they were asked;
    /// `None` when they do not lead to a class yet.
    pub fn propose(&self, scheme: &Scheme, yes: &[bool], impact: &str) -> Option<Proposal> {
        let (confidentiality, because) = scheme.led_to(yes)?;
        let answer = self.impact.answers.iter().find(|a| a.key == impact)?;
        Some(Proposal {
            confidentiality: confidentiality.to_owned(),
            integrity: answer.integrity.clone(),
            availability: answer.availability.clone(),
            reason: format!("{because}。また、{}。", answer.because),
        })
    }

    /// The handling rules that hold for information of these classes, in the order of the file. Of two rules for
    /// one act by 機密性 the first, which is the stricter, holds.
    pub fn rules(&self, classes: Classes<'_>) -> Vec<&Handling> {
        let mut acts: HashSet<&str> = HashSet::new();
        let mut rules = Vec::new();
        for rule in &self.handling {
            let other = rule.at_least.integrity.as_deref() == Some(classes.integrity)
                || rule.at_least.availability.as_deref() == Some(classes.availability);
            let reached = self.reaches(&rule.at_least, classes.confidentiality);
            // A witness comes on top of destroying; it does not replace it.
            let stricter = reached && (acts.insert(&rule.act) || rule.act == "dispose");
            if stricter || other {
                rules.push(rule);
            }
        }
        rules
    }

    fn reaches(&self, at_least: &AtLeast, code: &str) -> bool {
        if at_least.older.as_deref() == Some(code) {
            return true;
        }
        let wanted = at_least.confidentiality.as_deref().and_then(|c| self.weight(c));
        wanted.is_some_and(|wanted| self.weight(code).is_some_and(|weight| weight >= wanted))
    }

    fn check(&self) -> Result<(), CatalogueError> {
        let row = |id: &str, what| Err(CatalogueError::Row { id: id.to_owned(), what });
        let unknown = |id: &str, what, value: &str| {
            Err(CatalogueError::Unknown { id: id.to_owned(), what, value: value.to_owned() })
        };
        if self.schemes.is_empty() {
            return row(FILE, "no scheme");
        }
        for scheme in &self.schemes {
            let id = scheme.key.as_str();
            let mut codes: Vec<&str> = scheme.confidentiality.iter().map(|c| c.code.as_str()).collect();
            codes.sort_unstable();
            codes.dedup();
            if codes.len() != scheme.confidentiality.len() {
                return row(id, "a class appears twice");
            }
            // The question on integrity and availability is asked as well.
            if scheme.questions.len() >= QUESTIONS_MAX {
                return row(id, "too many questions");
            }
            let last = scheme.questions.len().saturating_sub(1);
            for (at, question) in scheme.questions.iter().enumerate() {
                for code in [Some(&question.yes), question.no.as_ref()].into_iter().flatten() {
                    if scheme.class(code).is_none() {
                        return unknown(id, "class", code);
                    }
                }
                if (at == last) != (question.no.is_some() && question.because_not.is_some()) {
                    return row(id, "exactly the last question has a class for no");
                }
            }
        }
        for migration in &self.migrations {
            let (Some(from), Some(to)) = (self.scheme(&migration.from), self.scheme(&migration.to)) else {
                return unknown(&migration.from, "scheme", &migration.to);
            };
            for class in &from.confidentiality {
                match migration.classes.iter().filter(|r| r.from == class.code).collect::<Vec<_>>()[..] {
                    [reading] if to.class(&reading.to).is_some() => {}
                    _ => return row(&class.code, "needs exactly one reading in the next edition"),
                }
            }
        }
        for answer in &self.impact.answers {
            if !self.integrity.iter().any(|c| c.code == answer.integrity)
                || !self.availability.iter().any(|c| c.code == answer.availability)
            {
                return unknown(&answer.key, "class", &answer.integrity);
            }
        }
        for rule in &self.handling {
            if let Some(code) = rule.at_least.confidentiality.as_deref()
                && self.weight(code).is_none()
            {
                return unknown(&rule.act, "class", code);
            }
            if let Some(role) = rule.permission.as_deref()
                && sekisho_domain::role::Role::from_code(role).is_none()
            {
                return unknown(&rule.act, "role", role);
            }
        }
        Ok(())
    }
}

impl Scheme {
    pub fn class(&self, code: &str) -> Option<&Class> {
        self.confidentiality.iter().find(|c| c.code == code)
    }

    fn weight(&self, code: &str) -> Option<usize> {
        let at = self.confidentiality.iter().position(|c| c.code == code)?;
        Some(self.confidentiality.len() - at)
    }

    /// The class the answers lead to and why. An answer after the first yes is not looked at.
    fn led_to(&self, yes: &[bool]) -> Option<(&str, &str)> {
        for (question, yes) in self.questions.iter().zip(yes) {
            if *yes {
                return Some((&question.yes, &question.because));
            }
            if let (Some(class), Some(because)) = (&question.no, &question.because_not) {
                return Some((class, because));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(confidentiality: &str) -> Classes<'_> {
        Classes { confidentiality, integrity: "1", availability: "1" }
    }

    #[test]
    fn every_path_through_the_questions_ends_in_a_class_within_five() {
        let all = classification();
        for scheme in &all.schemes {
            assert!(scheme.questions.len() < QUESTIONS_MAX, "{}", scheme.key);
            let mut reached = HashSet::new();
            for yes_at in 0..=scheme.questions.len() {
                let answers: Vec<bool> = (0..scheme.questions.len()).map(|at| at == yes_at).collect();
                for impact in &all.impact.answers {
                    let proposal = all.propose(scheme, &answers, &impact.key).expect("a class");
                    assert!(proposal.reason.ends_with('。'), "{}", proposal.reason);
                    reached.insert(proposal.confidentiality);
                }
            }
            assert_eq!(
                reached.len(),
                scheme.confidentiality.len(),
                "every class of {} is reached",
                scheme.key
            );
            assert_eq!(all.propose(scheme, &[false], "both"), None, "half-way there is no proposal");
            assert_eq!(all.propose(scheme, &[true], "?"), None);
        }
    }

    #[test]
    fn the_heaviest_class_is_inherited_across_editions() {
        let all = classification();
        assert_eq!(all.highest(["2", "3C", "1"]), Some("3C"));
        assert_eq!(all.highest(["3C", "3"]), Some("3"), "an old 3 weighs as 3B until it is decided again");
        assert_eq!(all.highest(["?"]), None);
        assert!(all.weight("3A") > all.weight("3B") && all.weight("3B") == all.weight("3"));
        let reading = all.reading("r5.3", "r6.10", "3").expect("a reading");
        assert!(reading.to == "3B" && reading.redecide);
    }

    #[test]
    fn a_class_lies_only_where_it_may() {
        let all = classification();
        for (code, zone, may) in [
            ("3B", "internet", false),
            ("3B", "resident", true),
            ("3C", "lgwan", true),
            ("3C", "internet", false),
            ("2", "internet", true),
            ("?", "resident", false),
        ] {
            assert_eq!(all.may_lie(code, zone), may, "{code} in {zone}");
        }
    }

    #[test]
    fn heavier_classes_ask_for_more() {
        let all = classification();
        let titles = |code| -> Vec<(&str, &str)> {
            all.rules(classes(code)).iter().map(|r| (r.act.as_str(), r.rule.as_str())).collect()
        };
        assert!(titles("1").is_empty());
        let own_device = |code| titles(code).into_iter().filter(|(act, _)| *act == "own_device").count();
        assert_eq!(
            (own_device("2"), own_device("3B"), own_device("3")),
            (1, 1, 1),
            "the stricter rule alone"
        );
        let destroyed = |code| titles(code).into_iter().filter(|(act, _)| *act == "dispose").count();
        assert_eq!((destroyed("2"), destroyed("3B"), destroyed("3")), (1, 2, 2), "a witness on top");
        let whole = Classes { confidentiality: "1", integrity: "2", availability: "2" };
        assert!(all.rules(whole).iter().any(|r| r.act == "keep"), "integrity alone asks for keeping");
    }

    #[test]
    fn a_file_that_does_not_fit_together_is_refused() {
        for (from, to) in [
            ("yes = \"3A\"", "yes = \"9\""),
            ("from = \"2\"\nto = \"2\"", "from = \"2\"\nto = \"9\""),
            ("permission = \"manager\"", "permission = \"boss\""),
            ("edition = \"R5.3\"", "editions = \"R5.3\""),
        ] {
            assert!(SOURCE.contains(from), "{from}");
            assert!(Classification::parse(&SOURCE.replacen(from, to, 1)).is_err(), "{from} → {to}");
        }
    }
}
