//! What a policy file becomes. The serialised form is the product's `--json`: names and order are a contract.

use crate::limits;
use sekisho_domain::date::Date;
use serde::{Deserialize, Serialize};

/// A policy document. Dates are ISO (`2024-04-01`) and null when the document does not state them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub title: Option<String>,
    /// 制定: when the document was first adopted.
    #[serde(with = "iso_date")]
    pub adopted: Option<Date>,
    /// 改定: the latest revision.
    #[serde(with = "iso_date")]
    pub revised: Option<Date>,
    /// 改定履歴 in the order of the document.
    pub revisions: Vec<Revision>,
    /// Clauses in the order of the document; a parent stands before its children.
    pub clauses: Vec<Clause>,
    pub terms: Vec<Term>,
    pub warnings: Vec<Warning>,
}

/// One row of the 改定履歴.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// As written, without 第 and 版: `初`, `2`, `1.2`.
    pub version: Option<String>,
    #[serde(with = "iso_date")]
    pub revised_on: Option<Date>,
    #[serde(with = "iso_date")]
    pub effective_on: Option<Date>,
    /// 改定箇所.
    pub sections: Option<String>,
    /// 改定内容.
    pub summary: Option<String>,
}

/// One numbered (or named) provision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Unique in the document and the same at every parse: the label in ASCII, `c7-3-2`. Fit for HTML and URLs.
    pub id: String,
    /// `7(3)②`; see the crate documentation.
    pub label: String,
    /// The heading, when it is set apart from the text. It is repeated as the first line of `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// Heading and own paragraphs, one a line, without the number and without the clauses below this one.
    pub text: String,
    /// `id` of the clause that contains this one.
    pub parent: Option<String>,
    /// Line of the number in the source, 1-based; for .docx, paragraphs are counted.
    pub line: u32,
    /// The line in the source of each line of `text`; lost when a document is read back from JSON.
    #[serde(skip)]
    pub source_lines: SourceLines,
}

/// Lines in the source; not part of what makes two clauses equal.
#[derive(Debug, Clone, Default)]
pub struct SourceLines(pub Vec<u32>);

impl PartialEq for SourceLines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for SourceLines {}

impl Clause {
    /// False for 前文 and for parts that have a name but no number.
    pub fn is_numbered(&self) -> bool {
        !self.id.starts_with('h') && self.id != "preamble"
    }

    /// 第5条から第7条まで 削除: one clause that stands for several numbers, which its text repeats.
    pub(crate) fn is_deleted_range(&self) -> bool {
        self.text.starts_with('第')
            && self.text.ends_with("削除")
            && self.text.contains('条')
            && self.text.chars().count() <= 24
    }

    /// The line in the source of the byte `at` of `text`.
    pub fn line_at(&self, at: usize) -> u32 {
        let row = self.text.bytes().take(at).filter(|b| *b == b'\n').count();
        self.source_lines.0.get(row).copied().unwrap_or(self.line)
    }

    /// The line in the source of the first occurrence of `word`.
    pub(crate) fn line_of(&self, word: &str) -> u32 {
        self.text.find(word).map_or(self.line, |at| self.line_at(at))
    }

    /// The paragraphs below the heading.
    pub fn body(&self) -> &str {
        match &self.heading {
            Some(heading) => {
                self.text.strip_prefix(heading.as_str()).unwrap_or(&self.text).trim_start_matches('\n')
            }
            None => &self.text,
        }
    }
}

/// A term that the document defines or abbreviates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    pub term: String,
    pub definition: String,
    /// `id` of the defining clause.
    pub clause: String,
    pub line: u32,
}

/// Something a person should look at. `message` is a complete Japanese sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    pub line: u32,
    pub code: Code,
    pub message: String,
}

/// Stable codes of warnings; serialised in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Code {
    // what was repaired or left aside while reading
    BulletRemoved,
    CharacterRemoved,
    DateDayMissing,
    DateUnclear,
    DateUnreadable,
    FootnoteSkipped,
    HeadingUnnumbered,
    HistoryRowUnreadable,
    LineJoined,
    LineUnrecognised,
    NumberDoubtful,
    PageHeaderRemoved,
    PageNumberRemoved,
    PictureSkipped,
    PrivateCharacter,
    TitleMissing,
    TrackedChange,
    WarningsCut,
    // defects of the document itself
    NumberDuplicate,
    NumberGap,
    NumberStart,
    ReferenceMismatch,
    ReferenceMissing,
    RevisionOrder,
    SpellingVariant,
    TermDuplicate,
    TermUndefined,
    TermUnused,
    TocMismatch,
}

impl Code {
    pub const ALL: [Self; 29] = [
        Self::BulletRemoved,
        Self::CharacterRemoved,
        Self::DateDayMissing,
        Self::DateUnclear,
        Self::DateUnreadable,
        Self::FootnoteSkipped,
        Self::HeadingUnnumbered,
        Self::HistoryRowUnreadable,
        Self::LineJoined,
        Self::LineUnrecognised,
        Self::NumberDoubtful,
        Self::PageHeaderRemoved,
        Self::PageNumberRemoved,
        Self::PictureSkipped,
        Self::PrivateCharacter,
        Self::TitleMissing,
        Self::TrackedChange,
        Self::WarningsCut,
        Self::NumberDuplicate,
        Self::NumberGap,
        Self::NumberStart,
        Self::ReferenceMismatch,
        Self::ReferenceMissing,
        Self::RevisionOrder,
        Self::SpellingVariant,
        Self::TermDuplicate,
        Self::TermUndefined,
        Self::TermUnused,
        Self::TocMismatch,
    ];

    /// True when the document itself is at fault, false when reading it left a doubt.
    pub fn is_defect(self) -> bool {
        self >= Self::NumberDuplicate
    }
}

impl Warning {
    pub(crate) fn new(line: u32, code: Code, message: impl Into<String>) -> Self {
        Self { line, code, message: message.into() }
    }
}

impl Document {
    pub fn clause(&self, id: &str) -> Option<&Clause> {
        self.clauses.iter().find(|c| c.id == id)
    }

    /// The first clause with this label.
    pub fn labelled(&self, label: &str) -> Option<&Clause> {
        self.clauses.iter().find(|c| c.label == label)
    }

    /// Adds warnings and keeps all of them in the order of lines, bounded by [`limits::WARNINGS_MAX`].
    pub fn add_warnings(&mut self, more: Vec<Warning>) {
        self.warnings.extend(more);
        self.warnings.sort_by(|a, b| (a.line, a.code, &a.message).cmp(&(b.line, b.code, &b.message)));
        self.warnings.dedup();
        if self.warnings.len() > limits::WARNINGS_MAX {
            let cut = self.warnings.len() - limits::WARNINGS_MAX;
            self.warnings.truncate(limits::WARNINGS_MAX);
            let line = self.warnings.last().map_or(1, |w| w.line);
            self.warnings.push(Warning::new(line, Code::WarningsCut, crate::ja::warnings_cut(cut)));
        }
    }
}

mod iso_date {
    use super::Date;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "the signature serde asks for")]
    pub(super) fn serialize<S: Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => serializer.collect_str(date),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|t| t.parse::<Date>().map_err(D::Error::custom)).transpose()
    }
}
