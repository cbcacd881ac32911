//! The catalogue rows as this city took them.

use sekisho_catalogue::{Catalogue, CheckKind, Stage};
use sekisho_domain::access::Who;
use sekisho_domain::date::Date;
use sekisho_domain::noun::Row;
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;

use crate::decision::Application;
use crate::error::{Result, StoreError};
use crate::{Db, Tx};

/// Where the city's own rows stand in the order: behind the catalogue's chapters 01 to 10.
const OWN_CHAPTER: &str = "90";

sql! {
    const KNOWN = "SELECT catalogue_id FROM requirement WHERE catalogue_id IS NOT NULL";
    const BY_CATALOGUE = "SELECT id FROM requirement WHERE catalogue_id = $1";
    const LIST = "SELECT q.id, q.version, q.catalogue_id, q.clause_label, q.clause_id, q.standard_clause_id, q.title,
            q.text, q.role, q.occasion, q.evidence_kind, q.check_kind, q.stage, q.edition, q.confidence, q.state,
            q.reason, q.rejected_until, q.sort_key, q.counted
        FROM requirement q
        WHERE q.sort_key > $1
            AND (CAST($2 AS TEXT) IS NULL OR q.state = $2)
            AND (CAST($3 AS TEXT) IS NULL OR q.clause_label = $3)
            AND (CAST($4 AS TEXT) IS NULL OR q.sort_key LIKE $4)
        ORDER BY q.sort_key LIMIT $5";
}

/// A row in the list of requirements.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RequirementRow {
    pub id: String,
    pub version: i64,
    pub catalogue_id: Option<String>,
    pub clause_label: String,
    pub clause_id: Option<String>,
    pub standard_clause_id: Option<String>,
    pub title: String,
    pub text: String,
    pub role: String,
    pub occasion: String,
    pub evidence_kind: String,
    pub check_kind: String,
    pub stage: String,
    pub edition: String,
    pub confidence: String,
    pub state: String,
    pub reason: Option<String>,
    pub rejected_until: Option<String>,
    pub sort_key: String,
    pub counted: bool,
}

/// Which requirements a list shows. `None` is no restriction.
#[derive(Clone, Debug, Default)]
pub struct RequirementFilter {
    pub state: Option<String>,
    pub clause_label: Option<String>,
    /// Chapter of the catalogue, 1–10.
    pub chapter: Option<i64>,
}

/// What is asked for some rows of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct NewAdoption<'a> {
    /// `adopted`, `modified` or `undecided`.
    pub state: &'a str,
    pub reason: &'a str,
    pub rows: &'a [AdoptedRow<'a>],
}

#[derive(Clone, Copy, Debug, Default)]
pub struct AdoptedRow<'a> {
    pub id: &'a str,
    /// The city's own words, for 変更.
    pub text: Option<&'a str>,
    pub standard_clause_id: Option<&'a str>,
}

/// A row that the city adds to the catalogue's.
#[derive(Clone, Copy, Debug)]
pub struct OwnRequirement<'a> {
    pub title: &'a str,
    pub text: &'a str,
    pub clause_id: &'a str,
    pub clause_label: &'a str,
    pub standard_clause_id: Option<&'a str>,
    pub role: Role,
    /// `record` or `attestation`.
    pub check_kind: &'a str,
    pub stage: &'a str,
    pub freshness_days: i64,
    pub event_triggered: bool,
}

impl Db {
    /// The city's row of a catalogue row.
    pub async fn requirement_of(&self, catalogue_id: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = self.fetch_optional(BY_CATALOGUE, &[catalogue_id.into()]).await?;
        Ok(row.map(|(id,)| id))
    }

    /// Requirements after `after` (a sort key), in catalogue order.
    pub async fn requirements(
        &self,
        filter: &RequirementFilter,
        after: &str,
        limit: i64,
    ) -> Result<Vec<RequirementRow>> {
        let chapter = filter.chapter.map(|n| format!("{n:02}.%"));
        let args = [
            after.into(),
            filter.state.clone().into(),
            filter.clause_label.clone().into(),
            chapter.into(),
            limit.into(),
        ];
        self.fetch_all(LIST, &args).await
    }

    pub async fn requirement_by_catalogue_id(&self, catalogue_id: &str) -> Result<Option<String>> {
        let row: Option<(String,)> = self.fetch_optional(BY_CATALOGUE, &[catalogue_id.into()]).await?;
        Ok(row.map(|(id,)| id))
    }
}

impl Tx<'_> {
    /// Puts every catalogue row that the city does not have yet on the table, 未検討. Returns how many were new.
    pub async fn load_catalogue(&mut self, catalogue: &Catalogue) -> Result<usize> {
        let known: Vec<(String,)> = self.fetch_all(KNOWN, &[]).await?;
        let mut added = 0;
        for row in &catalogue.requirements {
            if known.iter().any(|(id,)| id == row.id.as_str()) {
                continue;
            }
            let responsible = row.responsible.first().map(String::as_str).unwrap_or_default();
            let record = Row::new(&REQUIREMENT, self.new_id())
                .set("catalogue_id", row.id.as_str())
                .set("sort_key", sort_key(row.chapter, row.id.as_str()))
                .set("counted", row.counted)
                .set("clause_label", row.clauses.first().map(String::as_str).unwrap_or_default())
                .set("title", row.title.as_str())
                .set("text", row.text.as_str())
                .set("role", Role::from_guideline(responsible).code())
                .set("occasion", row.trigger.as_str())
                .set("evidence_kind", row.evidence.as_str())
                .set("check_kind", check_kind(row.check))
                .set("stage", stage(row.stage))
                .set("freshness_days", i64::from(row.freshness_days))
                .set("event_triggered", row.event_triggered)
                .set("edition", row.edition.as_str())
                .set("confidence", row.confidence.as_str())
                .set("state", "undecided");
            self.insert(record).await?;
            added += 1;
        }
        Ok(added)
    }

    /// Adds a row of the city's own 対策基準, 未検討 like every other until it is decided. It is not one of the 441.
    pub async fn create_requirement(&mut self, new: OwnRequirement<'_>) -> Result<String> {
        let id = self.new_id();
        let row = Row::new(&REQUIREMENT, &id)
            // After the ten chapters of the catalogue, in the order in which they were added.
            .set("sort_key", format!("{OWN_CHAPTER}.{id}"))
            .set("counted", false)
            .set("clause_label", new.clause_label)
            .set("clause_id", new.clause_id)
            .set("standard_clause_id", new.standard_clause_id.map(str::to_owned))
            .set("title", new.title)
            .set("text", new.text)
            .set("role", new.role.code())
            .set("occasion", if new.event_triggered { "事象があったとき" } else { "定期" })
            .set("evidence_kind", "記録")
            .set("check_kind", new.check_kind)
            .set("stage", new.stage)
            .set("freshness_days", new.freshness_days)
            .set("event_triggered", new.event_triggered)
            .set("edition", "市独自")
            .set("confidence", "high")
            .set("state", "undecided");
        self.insert(row).await?;
        Ok(id)
    }

    /// 採用・変更・未検討 as a decision brought it about. 不採用 has an end of its own: [`Tx::apply_for_rejection`].
    pub async fn adopt(
        &mut self,
        row: Row,
        state: &str,
        reason: Option<&str>,
        text: Option<&str>,
        decision_id: Option<&str>,
    ) -> Result<()> {
        if !matches!(state, "adopted" | "modified" | "undecided") {
            return Err(StoreError::IllegalMove("a rejection needs a decision, a reason and an end"));
        }
        let mut row = row
            .set("state", state)
            .set("reason", reason.filter(|r| !r.is_empty()).map(str::to_owned))
            .set("rejected_until", None::<String>)
            .set("decision_id", decision_id.map(str::to_owned));
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            row = row.set("text", text);
        }
        self.update(row).await
    }

    /// Asks for 採用・変更 of some rows (or to make them 未検討 again). Each row is bound to the version it has now.
    pub async fn apply_for_adoption(&mut self, applicant: &Who, new: NewAdoption<'_>) -> Result<String> {
        let word = match new.state {
            "adopted" => "採用する",
            "modified" => "変更して採用する",
            "undecided" => "未検討に戻す",
            _ => return Err(StoreError::IllegalMove("a rejection needs a decision, a reason and an end")),
        };
        let mut rows = Vec::new();
        for adoption in new.rows {
            let row = self.get(&REQUIREMENT, adoption.id).await?;
            rows.push(serde_json::json!({
                "id": row.id, "version": row.version, "text": adoption.text,
                "standard_clause_id": adoption.standard_clause_id,
            }));
        }
        if rows.is_empty() {
            return Err(StoreError::IllegalMove("an application names at least one row"));
        }
        let subject_id = self.new_id();
        let title = format!("対策基準カタログ {}件を{word}", rows.len());
        let application = Application {
            kind: "adoption",
            subject_noun: "requirement",
            subject_id: &subject_id,
            subject: serde_json::json!({ "rows": rows, "state": new.state, "reason": new.reason }),
            title: &title,
            reason: new.reason,
            clause_label: Some("10"),
            alike: Some(new.state),
            ..Application::default()
        };
        self.apply(applicant, application).await
    }

    /// Asks for 不採用 of some rows, for a reason and until a day. Bound to their versions as an adoption is.
    pub async fn apply_for_rejection(
        &mut self,
        applicant: &Who,
        ids: &[String],
        reason: &str,
        until: Date,
    ) -> Result<String> {
        let mut rows = Vec::new();
        for id in ids {
            let row = self.get(&REQUIREMENT, id).await?;
            rows.push(serde_json::json!({ "id": row.id, "version": row.version }));
        }
        let subject_id = self.new_id();
        let title = format!("対策基準カタログ {}件を不採用とする", ids.len());
        let application = Application {
            kind: "rejection",
            subject_noun: "requirement",
            subject_id: &subject_id,
            subject: serde_json::json!({ "rows": rows, "reason": reason, "until": until.to_string() }),
            title: &title,
            reason,
            clause_label: Some("10"),
            ..Application::default()
        };
        self.apply(applicant, application).await
    }
}

/// `01.001.002.010`: text that sorts as the catalogue is ordered.
fn sort_key(chapter: u8, id: &str) -> String {
    let numbers =
        id.trim_start_matches('P').split('.').map(|n| format!("{n:0>3}")).collect::<Vec<_>>().join(".");
    format!("{chapter:02}.{numbers}")
}

fn check_kind(kind: CheckKind) -> &'static str {
    kind.key()
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Built => "rule",
        Stage::Operated => "operation",
        Stage::Confirmed => "independent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_keys_follow_the_numbers() {
        assert!(sort_key(1, "1.2.9") < sort_key(1, "1.2.10"));
        assert!(sort_key(9, "9.3.5") < sort_key(10, "P4.1"));
    }
}
