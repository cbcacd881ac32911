//! Filing evidence, and asking for exceptions.

use sekisho_domain::access::Who;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::evidence::EVIDENCE;
use sekisho_domain::exception::{EXCEPTION, REGISTER};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;

use crate::Tx;
use crate::decision::Application;
use crate::error::{Result, StoreError};

/// An observation as a form or an importer hands it over.
#[derive(Clone, Debug, Default)]
pub struct NewEvidence<'a> {
    pub requirement_id: &'a str,
    pub unit_id: Option<&'a str>,
    /// `record`, `attestation` or `zero`.
    pub kind: &'a str,
    pub title: &'a str,
    pub detail: Option<&'a str>,
    /// For attestations.
    pub answer: Option<bool>,
    pub observed: Ms,
    pub period: Option<(Date, Date)>,
    pub source: &'a str,
    pub file: Option<StoredFile<'a>>,
    /// Number and place of the document, when no file comes with it.
    pub reference: Option<&'a str>,
}

/// A sealed file that evidence points at.
#[derive(Clone, Copy, Debug)]
pub struct StoredFile<'a> {
    pub object_id: &'a str,
    pub name: &'a str,
    pub sha256: &'a str,
}

#[derive(Clone, Debug)]
pub struct NewException<'a> {
    pub requirement_id: &'a str,
    pub reason: &'a str,
    pub substitute: &'a str,
    pub residual_risk: Option<&'a str>,
    pub valid_from: Date,
    pub valid_to: Date,
}

impl Tx<'_> {
    /// Files an observation. It is good for as long as its requirement says, counted from the observation.
    pub async fn file_evidence(&mut self, who: &Who, new: NewEvidence<'_>) -> Result<String> {
        let at = self.at();
        if new.observed > at {
            return Err(StoreError::IllegalMove("an observation cannot lie in the future"));
        }
        let requirement = self.get(&REQUIREMENT, new.requirement_id).await?;
        let days = requirement.get("freshness_days").and_then(Value::int).unwrap_or(0);
        let on = date_at(at);
        speaks(who, &new, &requirement, on)?;
        let seat = who.seat(on).map(sekisho_domain::access::Seat::code);
        let id = self.new_id();
        let row = Row::new(&EVIDENCE, &id)
            .set("requirement_id", new.requirement_id)
            .set("unit_id", new.unit_id.map(str::to_owned))
            .set("kind", new.kind)
            .set("title", new.title)
            .set("detail", new.detail.map(str::to_owned))
            .set("answer", new.answer.map(|yes| if yes { "yes" } else { "no" }.to_owned()))
            .set("observed_ms", new.observed)
            .set("filed_ms", at)
            .set("period_from", new.period.map(|(from, _)| from))
            .set("period_to", new.period.map(|(_, to)| to))
            .set("fresh_until_ms", new.observed.plus(days * Ms::DAY))
            .set("source", new.source)
            .set("file_name", new.file.map(|f| f.name.to_owned()))
            .set("object_id", new.file.map(|f| f.object_id.to_owned()))
            .set("sha256", new.file.map(|f| f.sha256.to_owned()))
            .set("reference", new.reference.map(str::to_owned))
            .set("filed_by", who.person_id.as_str())
            .set("seat", seat.ok_or(StoreError::IllegalMove("evidence is filed from a seat"))?);
        self.insert(row).await?;
        Ok(id)
    }

    /// 緊急時の事後承認: what was done before anybody approved it, recorded as an exception from the row that asks for
    /// approval. It is shown as such whether it is approved afterwards or not.
    pub async fn apply_after_the_fact(
        &mut self,
        applicant: &Who,
        done: Ms,
        new: NewException<'_>,
    ) -> Result<String> {
        if done > self.at() {
            return Err(StoreError::IllegalMove("what was done lies in the past"));
        }
        let requirement = self.get(&REQUIREMENT, new.requirement_id).await?;
        let row = self.request_exception(applicant, &new).await?;
        let mut subject = crate::effect::exception_subject(&row);
        subject["done_ms"] = done.0.into();
        let title = format!("緊急時の事後承認: {}", new.substitute);
        let application = Application {
            kind: "emergency",
            subject_noun: "exception",
            subject_id: &row.id,
            subject,
            title: &title,
            reason: new.reason,
            clause_label: Some(requirement.text("clause_label")),
            done: Some(done),
            ..Application::default()
        };
        self.apply(applicant, application).await
    }

    async fn request_exception(&mut self, applicant: &Who, new: &NewException<'_>) -> Result<Row> {
        if new.valid_to <= new.valid_from {
            return Err(StoreError::IllegalMove("an exception ends after it begins"));
        }
        let on = date_at(self.at());
        let unit = match applicant.seat(on) {
            Some(seat) => Some(self.answering(seat, on).await?.0),
            None => None,
        };
        let row = Row::new(&EXCEPTION, self.new_id())
            .set("requirement_id", new.requirement_id)
            .set("reason", new.reason)
            .set("substitute", new.substitute)
            .set("residual_risk", new.residual_risk.map(str::to_owned))
            .set("valid_from", new.valid_from)
            .set("valid_to", new.valid_to)
            .set("state", "requested")
            .set("number", self.next_row_number(&REGISTER).await?)
            .set("unit_id", unit);
        self.insert(row.clone()).await?;
        Ok(row)
    }

    /// Asks for an exception; it holds once granted, between its days, and ends by itself.
    pub async fn apply_for_exception(&mut self, applicant: &Who, new: NewException<'_>) -> Result<String> {
        let requirement = self.get(&REQUIREMENT, new.requirement_id).await?;
        let row = self.request_exception(applicant, &new).await?;
        let subject = crate::effect::exception_subject(&row);
        let id = row.id;
        let title = format!("例外措置: {}", requirement.text("title"));
        let application = Application {
            kind: "exception",
            subject_noun: "exception",
            subject_id: &id,
            subject,
            title: &title,
            reason: new.reason,
            clause_label: Some(requirement.text("clause_label")),
            ..Application::default()
        };
        self.apply(applicant, application).await
    }
}

/// Refuses what could not prove anything: an answer nobody gave, a document nobody can look up, and 該当なし about
/// what happens all the time or from somebody who would not know.
fn speaks(who: &Who, new: &NewEvidence<'_>, requirement: &Row, on: Date) -> Result<()> {
    let asked = requirement.text("check_kind") == "attestation";
    let happens = requirement.get("event_triggered") == Some(&Value::Bool(Some(true)));
    let role = Role::from_code(requirement.text("role")).unwrap_or(Role::Secretariat);
    let filled = |text: Option<&str>| text.is_some_and(|t| !t.trim().is_empty());
    let wrong = match new.kind {
        "attestation" if new.answer.is_none() => "an attestation needs an answer",
        "record" if asked => "a self-declaration is a yes or a no",
        "record" if new.file.is_none() && !filled(new.reference) => {
            "a record is a file, or a document with a number and a place"
        }
        "zero" if !happens => "該当なし is for what an occurrence calls for",
        "zero" if !who.may_report_none(role, new.unit_id, on) => "該当なし is said by the seat that answers",
        _ => return Ok(()),
    };
    Err(StoreError::IllegalMove(wrong))
}
