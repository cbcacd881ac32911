//! Documents, revisions and clauses as pages read them.

use sekisho_domain::date::Date;

use crate::Db;
use crate::error::Result;

/// A document with its newest revisions by state.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DocumentLine {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub visibility: String,
    pub owner_unit_id: Option<String>,
    pub review_months: i64,
    pub reviewed_on: Option<String>,
    /// The edition in force on the day asked for.
    pub in_force: Option<String>,
    /// The state of an edition that is not approved yet.
    pub open_state: Option<String>,
}

/// A revision without its body.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RevisionLine {
    pub id: String,
    pub document_id: String,
    pub number: i64,
    pub edition: String,
    pub title: String,
    pub state: String,
    pub revised_on: Option<String>,
    pub effective_on: Option<String>,
    pub source_name: String,
    pub body_sha256: String,
    pub decision_id: Option<String>,
    pub clauses: i64,
    pub warnings: i64,
}

/// One clause as a revision words it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ClauseLine {
    pub clause_id: String,
    pub ordinal: i64,
    pub label: String,
    pub parent_clause_id: Option<String>,
    pub heading: Option<String>,
    pub text: String,
    pub visibility: String,
    pub definition: bool,
    pub line: i64,
}

/// A stored clause as it was read, with its identity as id.
impl From<&ClauseLine> for sekisho_policy::Clause {
    fn from(line: &ClauseLine) -> sekisho_policy::Clause {
        sekisho_policy::Clause {
            id: line.clause_id.clone(),
            label: line.label.clone(),
            heading: line.heading.clone(),
            text: line.text.clone(),
            parent: line.parent_clause_id.clone(),
            line: u32::try_from(line.line).unwrap_or(0),
            ..sekisho_policy::Clause::default()
        }
    }
}

/// A clause that came out of another, or went into one.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ClauseChange {
    pub from_clause_id: String,
    pub to_clause_id: String,
    /// `split` or `merged`.
    pub how: String,
    /// Its number before, and that of the other one since.
    pub from_label: Option<String>,
    pub to_label: Option<String>,
    /// The edition that brought it.
    pub number: i64,
    pub edition: String,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EntryLine {
    pub edition: String,
    pub revised_on: Option<String>,
    pub effective_on: Option<String>,
    pub sections: Option<String>,
    pub summary: Option<String>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct WarningLine {
    pub line: i64,
    pub code: String,
    pub message: String,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AdoptionLine {
    pub body: String,
    pub decided_on: String,
    pub file_number: Option<String>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PublicationLine {
    pub url: String,
    pub published_on: String,
    pub sha256: String,
    /// `None`: recorded before files were compared.
    pub same_as: Option<String>,
    /// `None`: the same bytes, or recorded before words were compared.
    pub words: Option<String>,
    /// What comparing the words found, as JSON.
    pub comparison: Option<String>,
    pub person: String,
}

/// What hangs on a clause: requirements that name it, and the evidence filed for them.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Touched {
    pub clause_id: String,
    pub requirements: i64,
    /// Of these the ones that are judged: adopted, as they are or changed.
    pub judged: i64,
    pub evidence: i64,
}

sql! {
    const DOCUMENTS = "SELECT d.id, d.kind, d.title, d.visibility, d.owner_unit_id, d.review_months, d.reviewed_on,
            (SELECT r.edition FROM revision r WHERE r.document_id = d.id AND r.state = 'approved'
                AND r.effective_on <= $1 ORDER BY r.effective_on DESC, r.number DESC LIMIT 1) AS in_force,
            (SELECT r.state FROM revision r WHERE r.document_id = d.id AND r.state IN ('draft', 'pending')
                ORDER BY r.number DESC LIMIT 1) AS open_state
        FROM document d
        ORDER BY CASE d.kind WHEN 'policy' THEN 0 WHEN 'standard' THEN 1 ELSE 2 END, d.title, d.id";
    const REVISIONS = "SELECT r.id, r.document_id, r.number, r.edition, r.title, r.state, r.revised_on, r.effective_on,
            r.source_name, r.body_sha256, r.decision_id,
            (SELECT COUNT(*) FROM clause_text c WHERE c.revision_id = r.id) AS clauses,
            (SELECT COUNT(*) FROM revision_warning w WHERE w.revision_id = r.id) AS warnings
        FROM revision r WHERE r.document_id = $1 ORDER BY r.number DESC";
    const REVISION = "SELECT r.id, r.document_id, r.number, r.edition, r.title, r.state, r.revised_on, r.effective_on,
            r.source_name, r.body_sha256, r.decision_id,
            (SELECT COUNT(*) FROM clause_text c WHERE c.revision_id = r.id) AS clauses,
            (SELECT COUNT(*) FROM revision_warning w WHERE w.revision_id = r.id) AS warnings
        FROM revision r WHERE r.id = $1";
    const IN_FORCE = "SELECT r.id, r.document_id, r.number, r.edition, r.title, r.state, r.revised_on, r.effective_on,
            r.source_name, r.body_sha256, r.decision_id, CAST(0 AS BIGINT) AS clauses, CAST(0 AS BIGINT) AS warnings
        FROM revision r JOIN document d ON d.id = r.document_id
        WHERE d.kind = $1 AND r.state = 'approved' AND r.effective_on <= $2
        ORDER BY r.effective_on DESC, r.number DESC LIMIT 1";
    const CLAUSES = "SELECT clause_id, ordinal, label, parent_clause_id, heading, text, visibility, definition, line
        FROM clause_text WHERE revision_id = $1 ORDER BY ordinal";
    const IN_FORCE_OF = "SELECT r.id, r.document_id, r.number, r.edition, r.title, r.state, r.revised_on,
            r.effective_on, r.source_name, r.body_sha256, r.decision_id, CAST(0 AS BIGINT) AS clauses, CAST(0 AS BIGINT) AS warnings
        FROM revision r JOIN clause_text c ON c.revision_id = r.id
        WHERE c.clause_id = $1 AND r.state = 'approved'
        ORDER BY CASE WHEN r.effective_on <= $2 THEN 0 ELSE 1 END, r.effective_on DESC, r.number DESC LIMIT 1";
    const CHANGES = "SELECT c.from_clause_id, c.to_clause_id, c.how, r.number, r.edition,
            (SELECT t.label FROM clause_text t JOIN revision o ON o.id = t.revision_id
                WHERE t.clause_id = c.from_clause_id AND o.number < r.number AND o.state = 'approved'
                ORDER BY o.number DESC LIMIT 1) AS from_label,
            (SELECT t.label FROM clause_text t
                WHERE t.clause_id = c.to_clause_id AND t.revision_id = c.revision_id) AS to_label
        FROM clause_change c JOIN revision r ON r.id = c.revision_id
        WHERE r.document_id = $1 AND r.state <> 'withdrawn' ORDER BY r.number, c.id";
    const ENTRIES = "SELECT edition, revised_on, effective_on, sections, summary FROM revision_entry
        WHERE revision_id = $1 ORDER BY ordinal";
    const WARNINGS = "SELECT line, code, message FROM revision_warning WHERE revision_id = $1 ORDER BY ordinal";
    const ADOPTIONS = "SELECT body, decided_on, file_number FROM adoption WHERE revision_id = $1
        ORDER BY decided_on, body";
    const PUBLICATIONS = "SELECT p.url, p.published_on, p.sha256, p.same_as, p.words, p.comparison, h.name AS person
        FROM publication p JOIN person h ON h.id = p.person_id
        WHERE p.revision_id = $1 ORDER BY p.id DESC";
    const TOUCHED = "SELECT r.clause_id, COUNT(*) AS requirements,
            CAST(SUM(CASE WHEN r.state IN ('adopted', 'modified') THEN 1 ELSE 0 END) AS BIGINT) AS judged,
            CAST(SUM((SELECT COUNT(*) FROM evidence e WHERE e.requirement_id = r.id)) AS BIGINT) AS evidence
        FROM requirement r WHERE r.clause_id IS NOT NULL GROUP BY r.clause_id";
}

impl Db {
    pub async fn documents(&self, on: Date) -> Result<Vec<DocumentLine>> {
        self.fetch_all(DOCUMENTS, &[on.into()]).await
    }

    /// Newest first.
    pub async fn revisions(&self, document_id: &str) -> Result<Vec<RevisionLine>> {
        self.fetch_all(REVISIONS, &[document_id.into()]).await
    }

    pub async fn revision(&self, id: &str) -> Result<Option<RevisionLine>> {
        self.fetch_optional(REVISION, &[id.into()]).await
    }

    /// The revision of a kind of document that is in force on a day.
    pub async fn in_force(&self, kind: &'static str, on: Date) -> Result<Option<RevisionLine>> {
        self.fetch_optional(IN_FORCE, &[kind.into(), on.into()]).await
    }

    /// The approved revision through which a clause is read on a day.
    pub async fn revision_of_clause(&self, clause_id: &str, on: Date) -> Result<Option<RevisionLine>> {
        self.fetch_optional(IN_FORCE_OF, &[clause_id.into(), on.into()]).await
    }

    /// In the order of the text.
    pub async fn clauses(&self, revision_id: &str) -> Result<Vec<ClauseLine>> {
        self.fetch_all(CLAUSES, &[revision_id.into()]).await
    }

    /// 分割・統合 of a document's clauses, from its first edition on.
    pub async fn clause_changes(&self, document_id: &str) -> Result<Vec<ClauseChange>> {
        self.fetch_all(CHANGES, &[document_id.into()]).await
    }

    pub async fn revision_entries(&self, revision_id: &str) -> Result<Vec<EntryLine>> {
        self.fetch_all(ENTRIES, &[revision_id.into()]).await
    }

    pub async fn revision_warnings(&self, revision_id: &str) -> Result<Vec<WarningLine>> {
        self.fetch_all(WARNINGS, &[revision_id.into()]).await
    }

    pub async fn adoptions(&self, revision_id: &str) -> Result<Vec<AdoptionLine>> {
        self.fetch_all(ADOPTIONS, &[revision_id.into()]).await
    }

    /// The last one recorded comes first.
    pub async fn publications(&self, revision_id: &str) -> Result<Vec<PublicationLine>> {
        self.fetch_all(PUBLICATIONS, &[revision_id.into()]).await
    }

    /// Requirements and evidence per clause.
    pub async fn touched(&self) -> Result<Vec<Touched>> {
        self.fetch_all(TOUCHED, &[]).await
    }
}
