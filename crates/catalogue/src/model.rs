//! The nouns of the catalogue. Values of these types exist only parsed and cross-checked (see `parse`).

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;

use crate::role::{Capability, Conflict, Exclusive, Role};

/// Everything the data files under `/catalogue/requirements` say.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The guideline edition the counted rows start from, e.g. 令和5年3月版.
    pub base_edition: String,
    pub chapters: Vec<Chapter>,
    /// In catalogue order, which is also the order of [`RequirementId`].
    pub requirements: Vec<Requirement>,
    /// Clauses of the model policy in document order.
    pub clauses: Vec<Clause>,
    pub cadences: Vec<Cadence>,
    pub editions: Vec<Edition>,
    pub confidences: Vec<Confidence>,
    pub roles: Vec<Role>,
    /// Capability and its Japanese description, in file order.
    pub capabilities: Vec<(Capability, String)>,
    pub conflicts: Vec<Conflict>,
    pub exclusives: Vec<Exclusive>,
    pub(crate) by_id: HashMap<String, usize>,
}

/// A chapter of the 対策基準 (1–9), or chapter 10: rows derived from the policy itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    pub number: u8,
    pub title: String,
    /// Whether its rows count in "adopted n of 441".
    pub counted: bool,
    pub sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// `6.2`, or `P4` in chapter 10.
    pub id: String,
    pub title: String,
    /// The section number in the 令和5年3月版 where it differs.
    pub section_r5_3: Option<String>,
}

/// One row: one thing that a role must do, and how one would know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    pub id: RequirementId,
    pub chapter: u8,
    /// Id of its [`Section`].
    pub section: String,
    /// The section's title, or the narrower topic within it.
    pub title: String,
    /// The requirement in our own words.
    pub text: String,
    /// Names of the roles that must do it; never empty.
    pub responsible: Vec<String>,
    /// Names of the roles that must permit it.
    pub approver: Vec<String>,
    /// When it is due, as the office says it.
    pub trigger: String,
    /// Key of its [`Cadence`].
    pub cadence: String,
    /// How old evidence may be, counted from the day of observation.
    pub freshness_days: u16,
    /// Needs a 該当なし report for a period in which it did not occur.
    pub event_triggered: bool,
    /// What counts as evidence, as the office says it.
    pub evidence: String,
    pub check: CheckKind,
    pub stage: Stage,
    /// Key of its [`Edition`].
    pub edition: String,
    /// Key of its [`Confidence`].
    pub confidence: String,
    /// Labels of the policy clauses it serves; never empty, all judged.
    pub clauses: Vec<String>,
    /// Network models (α', β, β') it applies to; empty means all.
    pub networks: Vec<String>,
    /// Whether it counts in "adopted n of 441".
    pub counted: bool,
}

/// `1.2.10` or `P4.1`. Orders by number, so that 1.2.9 < 1.2.10 and P rows come last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequirementId(String);

impl RequirementId {
    /// Three numbers without leading zeros (`6.2.10`), or `P` and two numbers (`P4.1`).
    pub fn parse(text: &str) -> Option<RequirementId> {
        let (digits, parts) = match text.strip_prefix('P') {
            Some(rest) => (rest, 2),
            None => (text, 3),
        };
        let numbers: Vec<&str> = digits.split('.').collect();
        let number_ok = |n: &&str| {
            (1..=3).contains(&n.len()) && !n.starts_with('0') && n.bytes().all(|b| b.is_ascii_digit())
        };
        (numbers.len() == parts && numbers.iter().all(number_ok)).then(|| RequirementId(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The section the id lies in: `6.2` of `6.2.10`, `P4` of `P4.1`.
    pub fn section(&self) -> &str {
        self.0.rsplit_once('.').map_or(self.0.as_str(), |(section, _)| section)
    }

    fn key(&self) -> (bool, Vec<u16>) {
        let digits = self.0.strip_prefix('P');
        let numbers = digits.unwrap_or(&self.0).split('.').filter_map(|n| n.parse().ok()).collect();
        (digits.is_some(), numbers)
    }
}

impl Ord for RequirementId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for RequirementId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a requirement is judged (DESIGN.md, the spine).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    /// Computed from registers, gateways, proofs or logs.
    Machine,
    /// A document was filed, with the day it was observed.
    Record,
    /// A self-inspection or audit answer; always labelled 自己申告.
    Attestation,
}

impl CheckKind {
    pub const ALL: [CheckKind; 3] = [CheckKind::Machine, CheckKind::Record, CheckKind::Attestation];

    /// The stable key, as in the data files.
    pub fn key(self) -> &'static str {
        match self {
            CheckKind::Machine => "machine",
            CheckKind::Record => "record",
            CheckKind::Attestation => "attestation",
        }
    }

    pub fn label_ja(self) -> &'static str {
        match self {
            CheckKind::Machine => "機械判定",
            CheckKind::Record => "記録",
            CheckKind::Attestation => "自己申告",
        }
    }
}

/// Which of the three stages of a working control the row speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum Stage {
    /// The rule or structure exists.
    #[serde(rename = "整備")]
    Built,
    /// It is done.
    #[serde(rename = "運用")]
    Operated,
    /// Someone independent looked.
    #[serde(rename = "独立確認")]
    Confirmed,
}

impl Stage {
    pub const ALL: [Stage; 3] = [Stage::Built, Stage::Operated, Stage::Confirmed];

    /// The code that `domain::requirement::STAGES` uses.
    pub fn key(self) -> &'static str {
        match self {
            Stage::Built => "rule",
            Stage::Operated => "operation",
            Stage::Confirmed => "independent",
        }
    }

    pub fn label_ja(self) -> &'static str {
        match self {
            Stage::Built => "整備",
            Stage::Operated => "運用",
            Stage::Confirmed => "独立確認",
        }
    }
}

/// A clause of the model policy, known by the label an import gives it (`7(3)②`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    pub label: String,
    pub title: String,
    pub kind: ClauseKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClauseKind {
    /// Has requirements and a verdict.
    Judged,
    /// 定義: says what a word means; never judged.
    Definition,
    /// Rolls up the clauses below it and has no requirement of its own.
    Heading,
}

/// How often a requirement comes round, and from that how long evidence stays fresh.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cadence {
    pub key: String,
    pub title: String,
    pub why: String,
    pub machine_days: u16,
    pub record_days: u16,
    pub attestation_days: u16,
    pub zero_report: bool,
}

impl Cadence {
    pub fn freshness_days(&self, check: CheckKind) -> u16 {
        match check {
            CheckKind::Machine => self.machine_days,
            CheckKind::Record => self.record_days,
            CheckKind::Attestation => self.attestation_days,
        }
    }
}

/// From which edition of the national guideline a row exists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    pub key: String,
    pub title: String,
}

/// How sure we are of a row's source text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidence {
    pub key: String,
    /// What the page shows beside the row (原典未確認…); empty when the source text is at hand.
    pub badge: String,
    pub note: String,
}

impl Catalogue {
    pub fn requirement(&self, id: &str) -> Option<&Requirement> {
        self.by_id.get(id).and_then(|&at| self.requirements.get(at))
    }

    /// Rows that serve the clause with this label, in catalogue order.
    pub fn of_clause<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a Requirement> {
        self.requirements.iter().filter(move |r| r.clauses.iter().any(|c| c == label))
    }

    /// Rows of a section (`6.2`, `P4`), in catalogue order.
    pub fn of_section<'a>(&'a self, section: &'a str) -> impl Iterator<Item = &'a Requirement> {
        self.requirements.iter().filter(move |r| r.section == section)
    }

    pub fn clause(&self, label: &str) -> Option<&Clause> {
        self.clauses.iter().find(|c| c.label == label)
    }

    pub fn section(&self, id: &str) -> Option<&Section> {
        self.chapters.iter().flat_map(|c| &c.sections).find(|s| s.id == id)
    }

    /// By key (`ciso`) or by the name that the rows use (`CISO`).
    pub fn role(&self, key_or_name: &str) -> Option<&Role> {
        self.roles.iter().find(|r| r.key == key_or_name || r.name == key_or_name)
    }

    pub fn confidence(&self, key: &str) -> Option<&Confidence> {
        self.confidences.iter().find(|c| c.key == key)
    }

    pub fn edition(&self, key: &str) -> Option<&Edition> {
        self.editions.iter().find(|e| e.key == key)
    }

    pub fn cadence(&self, key: &str) -> Option<&Cadence> {
        self.cadences.iter().find(|c| c.key == key)
    }

    /// The denominator of "adopted n of 441".
    pub fn counted(&self) -> usize {
        self.requirements.iter().filter(|r| r.counted).count()
    }
}
