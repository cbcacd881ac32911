//! Policy documents on their way from a file to being in force. Drafts can change; an approved revision cannot.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_domain::access::Who;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::document::{
    ADOPTION, CLAUSE, CLAUSE_CHANGE, CLAUSE_TEXT, DOCUMENT, PUBLICATION, REVISION, REVISION_ENTRY,
    REVISION_WARNING, TERM,
};
use sekisho_domain::id::new_id;
use sekisho_domain::noun::Row;
use sekisho_policy::Document;
use sekisho_policy::compare::{Change, Proposal, carried};
use sha2::{Digest as _, Sha256};

use crate::decision::Application;
use crate::error::{Result, StoreError};
use crate::{Db, Store, Tx};

/// Uploads that nobody turned into a draft are forgotten after this long.
const IMPORT_DRAFT_MS: i64 = 7 * Ms::DAY;

sql! {
    const LAST_NUMBER = "SELECT COALESCE(MAX(number), 0) AS number FROM revision WHERE document_id = $1";
    const OPEN_REVISION = "SELECT id, state FROM revision WHERE document_id = $1 AND state IN ('draft', 'pending')";
    const TERMS = "SELECT term, definition, clause_id FROM term WHERE revision_id = $1 ORDER BY id";
    const TEXTS = "SELECT id, clause_id FROM clause_text WHERE revision_id = $1";
    const GRADES = "SELECT t.clause_id, t.visibility FROM clause_text t JOIN revision r ON r.id = t.revision_id
        WHERE r.document_id = $1 AND r.state = 'approved' ORDER BY r.number";
    const DRAFT_IN = "INSERT INTO import_draft (id, account_id, created_ms, file_name, sha256, parsed)
        VALUES ($1, $2, $3, $4, $5, $6)";
    const DRAFT_OUT = "SELECT id, file_name, sha256, parsed FROM import_draft
        WHERE id = $1 AND account_id = $2 AND created_ms > $3";
    const DRAFT_GONE = "DELETE FROM import_draft WHERE id = $1 OR created_ms <= $2";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TermRow {
    pub term: String,
    pub definition: String,
    pub clause_id: Option<String>,
}

/// An uploaded file, read but not yet saved.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ImportDraft {
    pub id: String,
    pub file_name: String,
    pub sha256: String,
    /// The parsed document as JSON.
    pub parsed: String,
}

/// What to save as a draft revision.
#[derive(Clone, Debug)]
pub struct NewRevision<'a> {
    /// The document it belongs to; `None` makes a new document of `kind` and `visibility`.
    pub document_id: Option<&'a str>,
    pub kind: &'a str,
    pub visibility: &'a str,
    pub owner_unit_id: Option<&'a str>,
    pub review_months: i64,
    pub parsed: &'a Document,
    pub title: &'a str,
    pub edition: &'a str,
    pub revised_on: Option<Date>,
    pub effective_on: Option<Date>,
    pub source_name: &'a str,
    pub source_sha256: &'a str,
    /// What a person confirmed about clauses of the document that go on: old ids are clauses, new ids are parsed ones.
    /// Clauses not named are new.
    pub confirmed: &'a [Proposal],
}

/// A file that a person found at an outside address.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub url: &'a str,
    pub on: Date,
    pub sha256: &'a str,
    /// `html`, `pdf` or `other`: what this system gives out for the edition, or something else.
    pub same_as: &'a str,
    /// For `other`: `agree`, `differ` or `unread`, and what comparing found, as JSON.
    pub words: Option<(&'a str, &'a str)>,
    pub person_id: &'a str,
}

/// The ids of what was saved.
#[derive(Clone, Debug)]
pub struct SavedRevision {
    pub document_id: String,
    pub revision_id: String,
}

impl Db {
    pub async fn terms(&self, revision_id: &str) -> Result<Vec<TermRow>> {
        self.fetch_all(TERMS, &[revision_id.into()]).await
    }
}

impl Store {
    /// Keeps a parsed upload for its uploader until it is saved or a week has passed.
    pub async fn keep_import(
        &self,
        account_id: &str,
        file_name: &str,
        sha256: &str,
        parsed: &Document,
    ) -> Result<String> {
        let now = self.clock.now();
        let id = new_id(now, &*self.entropy);
        let parsed = serde_json::to_string(parsed).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let args = [
            id.as_str().into(),
            account_id.into(),
            now.into(),
            file_name.into(),
            sha256.into(),
            parsed.into(),
        ];
        self.op_execute(DRAFT_IN, &args).await?;
        Ok(id)
    }

    pub async fn import_draft(&self, id: &str, account_id: &str) -> Result<Option<(ImportDraft, Document)>> {
        let since = self.clock.now().plus(-IMPORT_DRAFT_MS);
        let draft: Option<ImportDraft> =
            self.db.fetch_optional(DRAFT_OUT, &[id.into(), account_id.into(), since.into()]).await?;
        let Some(draft) = draft else { return Ok(None) };
        let parsed = serde_json::from_str(&draft.parsed).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        Ok(Some((draft, parsed)))
    }

    /// Forgets an upload, and every one that is too old.
    pub async fn forget_import(&self, id: &str) -> Result<()> {
        let old = self.clock.now().plus(-IMPORT_DRAFT_MS);
        self.op_execute(DRAFT_GONE, &[id.into(), old.into()]).await.map(drop)
    }
}

impl Tx<'_> {
    /// Saves a parsed document as a draft revision: every clause, term, history line and warning, or nothing.
    pub async fn save_revision(&mut self, new: NewRevision<'_>) -> Result<SavedRevision> {
        let document_id = match new.document_id {
            Some(id) => {
                let open: Option<(String, String)> = self.fetch_optional(OPEN_REVISION, &[id.into()]).await?;
                if open.is_some() {
                    return Err(StoreError::IllegalMove("a draft or pending revision exists already"));
                }
                id.to_owned()
            }
            None => self.create_document(&new).await?,
        };
        let (last,): (i64,) = self
            .fetch_optional(LAST_NUMBER, &[document_id.as_str().into()])
            .await?
            .ok_or(StoreError::NotFound)?;
        let titled = Document { title: Some(new.title.to_owned()), ..new.parsed.clone() };
        let body = sekisho_policy::render::canonical(&titled);
        let revision_id = self.new_id();
        let row = Row::new(&REVISION, &revision_id)
            .set("document_id", document_id.as_str())
            .set("number", last + 1)
            .set("edition", new.edition)
            .set("title", new.title)
            .set("state", "draft")
            .set("revised_on", new.revised_on)
            .set("effective_on", new.effective_on)
            .set("source_name", new.source_name)
            .set("source_sha256", new.source_sha256)
            .set("body_sha256", hex::encode(Sha256::digest(&body)))
            .set("body", body);
        self.insert(row).await?;
        let clause_ids = self.save_clauses(&document_id, &revision_id, &new).await?;
        self.save_changes(&revision_id, new.confirmed, &clause_ids).await?;
        self.save_front_matter(&revision_id, new.parsed, &clause_ids).await?;
        Ok(SavedRevision { document_id, revision_id })
    }

    async fn create_document(&mut self, new: &NewRevision<'_>) -> Result<String> {
        if new.kind == "procedure" && new.visibility == "public" {
            return Err(StoreError::IllegalMove("a procedure is never public"));
        }
        let id = self.new_id();
        let row = Row::new(&DOCUMENT, &id)
            .set("kind", new.kind)
            .set("title", new.title)
            .set("visibility", new.visibility)
            .set("owner_unit_id", new.owner_unit_id.map(str::to_owned))
            .set("review_months", new.review_months);
        self.insert(row).await?;
        Ok(id)
    }

    /// Returns parsed clause id → clause id.
    async fn save_clauses(
        &mut self,
        document_id: &str,
        revision_id: &str,
        new: &NewRevision<'_>,
    ) -> Result<BTreeMap<String, String>> {
        let defined: BTreeSet<&str> = new.parsed.terms.iter().map(|t| t.clause.as_str()).collect();
        let graded: Vec<(String, String)> = self.fetch_all(GRADES, &[document_id.into()]).await?;
        // Of several approved revisions the newest speaks last.
        let graded: BTreeMap<String, String> = graded.into_iter().collect();
        let continues = carried(new.confirmed);
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        for (ordinal, clause) in (1i64..).zip(&new.parsed.clauses) {
            let clause_id = match continues.get(&clause.id) {
                Some(id) => id.clone(),
                None => {
                    let id = self.new_id();
                    let row = Row::new(&CLAUSE, &id)
                        .set("document_id", document_id)
                        .set("first_label", clause.label.as_str());
                    self.insert(row).await?;
                    id
                }
            };
            // A clause that was held back stays held back when it is reworded or renumbered.
            let visibility = graded.get(&clause_id).map_or(new.visibility, String::as_str);
            let row = Row::new(&CLAUSE_TEXT, self.new_id())
                .set("revision_id", revision_id)
                .set("clause_id", clause_id.as_str())
                .set("ordinal", ordinal)
                .set("label", clause.label.as_str())
                .set("parent_clause_id", clause.parent.as_ref().and_then(|p| ids.get(p)).cloned())
                .set("heading", clause.heading.clone())
                .set("text", clause.text.as_str())
                .set("visibility", visibility)
                // A definition proper says what one word means; a clause that merely abbreviates still judges.
                .set("definition", defined.contains(clause.id.as_str()) && is_definition(clause))
                .set("line", i64::from(clause.line));
            self.insert(row).await?;
            ids.insert(clause.id.clone(), clause_id);
        }
        Ok(ids)
    }

    /// Keeps which clauses came out of which, beside the one that carries the identity on.
    async fn save_changes(
        &mut self,
        revision_id: &str,
        confirmed: &[Proposal],
        clause_ids: &BTreeMap<String, String>,
    ) -> Result<()> {
        for proposal in confirmed {
            let how = match proposal.change {
                Change::Split => "split",
                Change::Merged => "merged",
                _ => continue,
            };
            for to in proposal.new.iter().filter_map(|id| clause_ids.get(id)) {
                // What carries the identity on needs no line.
                for from in proposal.old.iter().filter(|from| *from != to) {
                    let row = Row::new(&CLAUSE_CHANGE, self.new_id())
                        .set("revision_id", revision_id)
                        .set("from_clause_id", from)
                        .set("to_clause_id", to)
                        .set("how", how);
                    self.insert(row).await?;
                }
            }
        }
        Ok(())
    }

    async fn save_front_matter(
        &mut self,
        revision_id: &str,
        parsed: &Document,
        clause_ids: &BTreeMap<String, String>,
    ) -> Result<()> {
        for (ordinal, entry) in (1i64..).zip(&parsed.revisions) {
            let row = Row::new(&REVISION_ENTRY, self.new_id())
                .set("revision_id", revision_id)
                .set("ordinal", ordinal)
                .set("edition", entry.version.clone().unwrap_or_default())
                .set("revised_on", entry.revised_on)
                .set("effective_on", entry.effective_on)
                .set("sections", entry.sections.clone())
                .set("summary", entry.summary.clone());
            self.insert(row).await?;
        }
        for (ordinal, warning) in (1i64..).zip(&parsed.warnings) {
            let row = Row::new(&REVISION_WARNING, self.new_id())
                .set("revision_id", revision_id)
                .set("ordinal", ordinal)
                .set("line", i64::from(warning.line))
                .set(
                    "code",
                    serde_json::to_value(warning.code).ok().and_then(|v| v.as_str().map(str::to_owned)),
                )
                .set("message", warning.message.as_str());
            self.insert(row).await?;
        }
        for term in &parsed.terms {
            let row = Row::new(&TERM, self.new_id())
                .set("revision_id", revision_id)
                .set("clause_id", clause_ids.get(&term.clause).cloned())
                .set("term", term.term.as_str())
                .set("definition", term.definition.as_str());
            self.insert(row).await?;
        }
        Ok(())
    }

    /// Sends a draft to be decided. It cannot change while it waits.
    pub async fn submit_revision(
        &mut self,
        applicant: &Who,
        revision_id: &str,
        reason: &str,
    ) -> Result<String> {
        let row = self.get(&REVISION, revision_id).await?;
        if row.text("state") != "draft" {
            return Err(StoreError::IllegalMove("only a draft can be submitted"));
        }
        if row.text("effective_on").is_empty() {
            return Err(StoreError::IllegalMove("a revision needs the day from which it is in force"));
        }
        let title = format!("{} 第{}版", row.text("title"), row.text("edition"));
        let subject = crate::effect::revision_subject(self, &row).await?;
        self.update(row.set("state", "pending")).await?;
        let application = Application {
            kind: "revision",
            subject_noun: "revision",
            subject_id: revision_id,
            subject,
            title: &title,
            reason,
            clause_label: Some("9"),
            ..Application::default()
        };
        self.apply(applicant, application).await
    }

    /// Sets the 公開区分 of some clauses of a draft; what is approved or waits for it does not change.
    pub async fn grade_clauses(
        &mut self,
        revision_id: &str,
        clause_ids: &[String],
        visibility: &str,
    ) -> Result<()> {
        let revision = self.get(&REVISION, revision_id).await?;
        if revision.text("state") != "draft" {
            return Err(StoreError::IllegalMove("only a draft's clauses can be graded"));
        }
        let document = self.get(&DOCUMENT, revision.text("document_id")).await?;
        if document.text("kind") == "procedure" && visibility == "public" {
            return Err(StoreError::IllegalMove("a procedure is never public"));
        }
        let texts: Vec<(String, String)> = self.fetch_all(TEXTS, &[revision_id.into()]).await?;
        for (text_id, clause_id) in texts {
            if clause_ids.contains(&clause_id) {
                let text = self.get(&CLAUSE_TEXT, &text_id).await?;
                self.update(text.set("visibility", visibility)).await?;
            }
        }
        Ok(())
    }

    /// Drops a draft; the document may then get another.
    pub async fn withdraw_revision(&mut self, revision_id: &str) -> Result<()> {
        let row = self.get(&REVISION, revision_id).await?;
        if row.text("state") != "draft" {
            return Err(StoreError::IllegalMove("only a draft can be dropped"));
        }
        self.update(row.set("state", "withdrawn")).await
    }

    /// Notes that a document was looked over and needs no change.
    pub async fn review_document(&mut self, document_id: &str, reviewed_on: Date) -> Result<()> {
        if reviewed_on > date_at(self.at()) {
            return Err(StoreError::IllegalMove("a review cannot lie in the future"));
        }
        let row = self.get(&DOCUMENT, document_id).await?;
        self.update(row.set("reviewed_on", reviewed_on)).await
    }

    pub async fn record_adoption(
        &mut self,
        revision_id: &str,
        body: &str,
        decided_on: Date,
        file_number: Option<&str>,
    ) -> Result<()> {
        let revision = self.get(&REVISION, revision_id).await?;
        if matches!(revision.text("state"), "draft" | "withdrawn") {
            return Err(StoreError::IllegalMove("a body adopts a text that no longer changes"));
        }
        let row = Row::new(&ADOPTION, self.new_id())
            .set("revision_id", revision_id)
            .set("body", body)
            .set("decided_on", decided_on)
            .set("file_number", file_number.map(str::to_owned));
        self.insert(row).await
    }

    /// Notes that a person saw the revision at an outside address.
    pub async fn record_publication(&mut self, revision_id: &str, seen: Seen<'_>) -> Result<()> {
        let row = Row::new(&PUBLICATION, self.new_id())
            .set("revision_id", revision_id)
            .set("url", seen.url)
            .set("published_on", seen.on)
            .set("sha256", seen.sha256)
            .set("same_as", seen.same_as)
            .set("words", seen.words.map(|w| w.0.to_owned()))
            .set("comparison", seen.words.map(|w| w.1.to_owned()))
            .set("person_id", seen.person_id);
        self.insert(row).await
    }
}

/// A numbered item whose text ends in 「…をいう。」 says what a word means and asks for nothing.
fn is_definition(clause: &sekisho_policy::Clause) -> bool {
    clause.parent.is_some() && clause.text.trim_end().trim_end_matches('。').ends_with("いう")
}
