//! TOML in, cross-checked values out. Nothing half-known passes: an unknown key, an unknown role, a clause that
//! is not judged, an id outside its section or a wrong count refuses the whole catalogue.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::{
    Cadence, Catalogue, Chapter, CheckKind, Clause, ClauseKind, Confidence, Edition, Requirement,
    RequirementId, Section, Stage,
};
use crate::role::{Capability, Conflict, Exclusive, Role};

/// A row's text may not be longer; it has to fit a table cell on A4.
const MAX_TEXT_CHARS: usize = 400;

/// The catalogue as text: what [`Catalogue::parse`] reads.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub meta: &'a str,
    pub clauses: &'a str,
    pub roles: &'a str,
    /// (file name for messages, text), in chapter order.
    pub chapters: &'a [(&'a str, &'a str)],
}

#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("{file}: not the expected TOML: {message}")]
    Syntax { file: String, message: String },
    #[error("{id}: {what} {value:?} is not known")]
    Unknown { id: String, what: &'static str, value: String },
    #[error("{what} {value:?} appears twice")]
    Duplicate { what: &'static str, value: String },
    #[error("{id}: {what}")]
    Row { id: String, what: &'static str },
    #[error("meta.toml promises {expected} counted rows, the chapters hold {found}")]
    Count { expected: usize, found: usize },
    #[error("clause {label} is judged but no row serves it")]
    Unserved { label: String },
}

impl CatalogueError {
    /// Stable code for logs and support.
    pub fn code(&self) -> &'static str {
        match self {
            CatalogueError::Syntax { .. } => "catalogue-syntax",
            CatalogueError::Unknown { .. } => "catalogue-unknown",
            CatalogueError::Duplicate { .. } => "catalogue-duplicate",
            CatalogueError::Row { .. } => "catalogue-row",
            CatalogueError::Count { .. } => "catalogue-count",
            CatalogueError::Unserved { .. } => "catalogue-unserved",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMeta {
    base_edition: String,
    #[serde(rename = "chapter8_numbering")]
    _chapter8_numbering: String,
    counted: usize,
    cadence: Vec<Cadence>,
    edition: Vec<Edition>,
    confidence: Vec<Confidence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClauses {
    clause: Vec<Clause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRoles {
    role: Vec<Role>,
    capability: Vec<RawCapability>,
    conflict: Vec<Conflict>,
    exclusive: Vec<Exclusive>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCapability {
    key: Capability,
    title: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChapter {
    chapter: u8,
    title: String,
    counted: bool,
    section: Vec<RawSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSection {
    id: String,
    title: String,
    section_r5_3: Option<String>,
    requirement: Vec<RawRequirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequirement {
    id: String,
    topic: Option<String>,
    text: String,
    responsible: Vec<String>,
    #[serde(default)]
    approver: Vec<String>,
    trigger: String,
    cadence: String,
    /// Overrides the cadence's days for this row.
    freshness_days: Option<u16>,
    evidence: String,
    check: CheckKind,
    stage: Stage,
    edition: String,
    confidence: String,
    clauses: Vec<String>,
    #[serde(default)]
    networks: Vec<String>,
}

impl Catalogue {
    /// Parses and cross-checks all files. See [`CatalogueError`] for what is refused.
    pub fn parse(source: &Source<'_>) -> Result<Catalogue, CatalogueError> {
        let meta: RawMeta = read("meta.toml", source.meta)?;
        let clauses = read::<RawClauses>("clauses.toml", source.clauses)?.clause;
        let roles: RawRoles = read("roles.toml", source.roles)?;
        let mut catalogue = Catalogue {
            base_edition: meta.base_edition,
            chapters: Vec::new(),
            requirements: Vec::new(),
            clauses,
            cadences: meta.cadence,
            editions: meta.edition,
            confidences: meta.confidence,
            roles: roles.role,
            capabilities: roles.capability.into_iter().map(|c| (c.key, c.title)).collect(),
            conflicts: roles.conflict,
            exclusives: roles.exclusive,
            by_id: HashMap::new(),
        };
        catalogue.check_vocabulary()?;
        for (file, text) in source.chapters {
            catalogue.add_chapter(read(file, text)?)?;
        }
        catalogue.check_whole(meta.counted)?;
        Ok(catalogue)
    }

    fn check_vocabulary(&self) -> Result<(), CatalogueError> {
        unique("clause", self.clauses.iter().map(|c| c.label.as_str()))?;
        unique("cadence", self.cadences.iter().map(|c| c.key.as_str()))?;
        unique("edition", self.editions.iter().map(|e| e.key.as_str()))?;
        unique("confidence", self.confidences.iter().map(|c| c.key.as_str()))?;
        unique("role", self.roles.iter().flat_map(|r| [r.key.as_str(), r.name.as_str()]))?;
        unique("conflict", self.conflicts.iter().map(|c| c.key.as_str()))?;
        let described: HashSet<Capability> = self.capabilities.iter().map(|(c, _)| *c).collect();
        for role in &self.roles {
            if let Some(capability) = role.capabilities.iter().find(|c| !described.contains(c)) {
                return Err(unknown(&role.key, "capability", &format!("{capability:?}")));
            }
        }
        for pair in &self.exclusives {
            for key in [&pair.first, &pair.second] {
                self.role(key).ok_or_else(|| unknown("exclusive", "role", key))?;
            }
        }
        Ok(())
    }

    fn add_chapter(&mut self, raw: RawChapter) -> Result<(), CatalogueError> {
        let mut sections = Vec::with_capacity(raw.section.len());
        for section in raw.section {
            for row in section.requirement {
                let row = self.row(row, raw.chapter, raw.counted, &section.id, &section.title)?;
                if self.by_id.insert(row.id.as_str().to_owned(), self.requirements.len()).is_some() {
                    return Err(CatalogueError::Duplicate { what: "requirement", value: row.id.to_string() });
                }
                self.requirements.push(row);
            }
            sections.push(Section {
                id: section.id,
                title: section.title,
                section_r5_3: section.section_r5_3,
            });
        }
        let (number, title, counted) = (raw.chapter, raw.title, raw.counted);
        self.chapters.push(Chapter { number, title, counted, sections });
        Ok(())
    }

    fn row(
        &self,
        raw: RawRequirement,
        chapter: u8,
        counted: bool,
        section: &str,
        section_title: &str,
    ) -> Result<Requirement, CatalogueError> {
        let bad = |what| CatalogueError::Row { id: raw.id.clone(), what };
        let id = RequirementId::parse(&raw.id).ok_or_else(|| bad("the id is neither n.n.n nor Pn.n"))?;
        if id.section() != section {
            return Err(bad("the id does not lie in its section"));
        }
        if [&raw.text, &raw.trigger, &raw.evidence].iter().any(|t| t.trim().is_empty()) {
            return Err(bad("text, trigger and evidence may not be empty"));
        }
        if raw.text.chars().count() > MAX_TEXT_CHARS {
            return Err(bad("the text is too long"));
        }
        if raw.responsible.is_empty() || raw.clauses.is_empty() {
            return Err(bad("a row needs a responsible role and a clause"));
        }
        for name in raw.responsible.iter().chain(&raw.approver) {
            if !self.roles.iter().any(|r| r.name == *name) {
                return Err(unknown(&raw.id, "role", name));
            }
        }
        for label in &raw.clauses {
            let clause = self.clause(label).ok_or_else(|| unknown(&raw.id, "clause", label))?;
            if clause.kind != ClauseKind::Judged {
                return Err(bad("a row may serve judged clauses only"));
            }
        }
        for network in &raw.networks {
            if !["α", "α'", "β", "β'"].contains(&network.as_str()) {
                return Err(unknown(&raw.id, "network model", network));
            }
        }
        self.edition(&raw.edition).ok_or_else(|| unknown(&raw.id, "edition", &raw.edition))?;
        self.confidence(&raw.confidence).ok_or_else(|| unknown(&raw.id, "confidence", &raw.confidence))?;
        let cadence = self.cadence(&raw.cadence).ok_or_else(|| unknown(&raw.id, "cadence", &raw.cadence))?;
        let freshness_days = raw.freshness_days.unwrap_or(cadence.freshness_days(raw.check));
        if freshness_days == 0 {
            return Err(bad("evidence must stay fresh for at least a day"));
        }
        let event_triggered = cadence.zero_report && raw.check != CheckKind::Attestation;
        Ok(Requirement {
            id,
            chapter,
            section: section.to_owned(),
            title: raw.topic.unwrap_or_else(|| section_title.to_owned()),
            text: raw.text,
            responsible: raw.responsible,
            approver: raw.approver,
            trigger: raw.trigger,
            cadence: raw.cadence,
            freshness_days,
            event_triggered,
            evidence: raw.evidence,
            check: raw.check,
            stage: raw.stage,
            edition: raw.edition,
            confidence: raw.confidence,
            clauses: raw.clauses,
            networks: raw.networks,
            counted,
        })
    }

    fn check_whole(&self, expected: usize) -> Result<(), CatalogueError> {
        unique("section", self.chapters.iter().flat_map(|c| &c.sections).map(|s| s.id.as_str()))?;
        if self.counted() != expected {
            return Err(CatalogueError::Count { expected, found: self.counted() });
        }
        if let Some(pair) = self.requirements.windows(2).find(|pair| pair[0].id >= pair[1].id) {
            let id = pair[1].id.to_string();
            return Err(CatalogueError::Row { id, what: "rows must stand in the order of their ids" });
        }
        for clause in self.clauses.iter().filter(|c| c.kind == ClauseKind::Judged) {
            if self.of_clause(&clause.label).next().is_none() {
                return Err(CatalogueError::Unserved { label: clause.label.clone() });
            }
        }
        for conflict in &self.conflicts {
            for id in &conflict.requirements {
                self.requirement(id).ok_or_else(|| unknown(&conflict.key, "requirement", id))?;
            }
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, CatalogueError> {
    toml::from_str(text).map_err(|e| CatalogueError::Syntax { file: file.to_owned(), message: e.to_string() })
}

fn unknown(id: &str, what: &'static str, value: &str) -> CatalogueError {
    CatalogueError::Unknown { id: id.to_owned(), what, value: value.to_owned() }
}

fn unique<'a>(what: &'static str, values: impl Iterator<Item = &'a str>) -> Result<(), CatalogueError> {
    let mut seen = HashSet::new();
    for value in values {
        if !seen.insert(value) {
            return Err(CatalogueError::Duplicate { what, value: value.to_owned() });
        }
    }
    Ok(())
}
