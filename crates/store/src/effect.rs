//! What an approved decision brings about, by kind; and what is put back when it is not approved.

use sekisho_domain::account::ACCOUNT;
use sekisho_domain::date::date_at;
use sekisho_domain::disposal::DISPOSAL;
use sekisho_domain::document::REVISION;
use sekisho_domain::exception::EXCEPTION;
use sekisho_domain::noun::Row;
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::specific_flow::SPECIFIC_FLOW;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::Tx;
use crate::error::{Result, StoreError};

sql! {
    const TEXTS = "SELECT clause_id, label, heading, text, visibility FROM clause_text
        WHERE revision_id = $1 ORDER BY ordinal, id";
}

/// A clause as it is read: its id, label, heading, text and 公開区分.
type ClauseText = (String, String, Option<String>, String, String);

/// What an application for a revision freezes: the revision's identity, its bytes, the words of every clause and who
/// may read which. All digests are taken from the texts themselves, not from what a column says of them. A clause
/// approved as 内部 does not become public under the same seal.
pub(crate) async fn revision_subject(tx: &mut Tx<'_>, revision: &Row) -> Result<Json> {
    let clauses: Vec<ClauseText> = tx.fetch_all(TEXTS, &[revision.id.as_str().into()]).await?;
    let digest =
        |json: Json| Ok::<_, StoreError>(hex::encode(Sha256::digest(sekisho_ledger::canonical(&json)?)));
    let graded: Vec<[&str; 2]> =
        clauses.iter().map(|(id, .., visibility)| [id.as_str(), visibility]).collect();
    Ok(json!({
        "revision": revision.id,
        "document": revision.text("document_id"),
        "edition": revision.text("edition"),
        "body_sha256": hex::encode(Sha256::digest(revision.text("body"))),
        "clauses_sha256": digest(json!(clauses))?,
        "visibility_sha256": digest(json!(graded))?,
        "effective_on": revision.text("effective_on"),
    }))
}

/// What an application for an exception freezes.
pub fn exception_subject(exception: &Row) -> Json {
    json!({
        "exception": exception.id,
        "requirement": exception.text("requirement_id"),
        "reason": exception.text("reason"),
        "substitute": exception.text("substitute"),
        "residual_risk": exception.text("residual_risk"),
        "valid_from": exception.text("valid_from"),
        "valid_to": exception.text("valid_to"),
    })
}

/// Whether the thing applied for is no longer what it was.
pub(crate) async fn subject_changed(tx: &mut Tx<'_>, decision: &Row) -> Result<bool> {
    let current = match decision.text("kind") {
        "revision" => {
            let revision = tx.get(&REVISION, decision.text("subject_id")).await?;
            revision_subject(tx, &revision).await?
        }
        "exception" => exception_subject(&tx.get(&EXCEPTION, decision.text("subject_id")).await?),
        "disposal" => crate::disposal::subject(&tx.get(&DISPOSAL, decision.text("subject_id")).await?),
        "emergency" => {
            let mut subject = exception_subject(&tx.get(&EXCEPTION, decision.text("subject_id")).await?);
            subject["done_ms"] = decision.get("done_ms").and_then(|v| v.int()).into();
            subject
        }
        "specific_flow" => {
            sekisho_domain::specific_flow::frozen(&tx.get(&SPECIFIC_FLOW, decision.text("subject_id")).await?)
        }
        "adoption" | "rejection" => return rows_changed(tx, decision).await,
        // The subject is the list itself, frozen in the application.
        _ => return Ok(false),
    };
    Ok(sekisho_ledger::canonical(&current)? != decision.text("subject").as_bytes())
}

pub(crate) async fn approved(tx: &mut Tx<'_>, decision: &Row) -> Result<()> {
    match decision.text("kind") {
        "revision" => {
            let revision = tx.get(&REVISION, decision.text("subject_id")).await?;
            let at = tx.at();
            let revision = revision
                .set("state", "approved")
                .set("approved_ms", at)
                .set("decision_id", decision.id.as_str());
            tx.update(revision).await?;
            tx.follow_edition().await
        }
        "rejection" => reject(tx, decision).await,
        "adoption" => adopt(tx, decision).await,
        "account" => account(tx, decision).await,
        "disposal" => {
            let disposal = tx.get(&DISPOSAL, decision.text("subject_id")).await?;
            tx.update(disposal.set("state", "granted")).await
        }
        "exception" | "emergency" => {
            let exception = tx.get(&EXCEPTION, decision.text("subject_id")).await?;
            tx.update(exception.set("state", "granted").set("decision_id", decision.id.as_str())).await
        }
        _ => Ok(()),
    }
}

/// Returned, withdrawn, expired or voided.
pub(crate) async fn undone(tx: &mut Tx<'_>, decision: &Row) -> Result<()> {
    match decision.text("kind") {
        "revision" => {
            let revision = tx.get(&REVISION, decision.text("subject_id")).await?;
            tx.update(revision.set("state", "draft")).await
        }
        "disposal" => {
            let disposal = tx.get(&DISPOSAL, decision.text("subject_id")).await?;
            tx.update(disposal.set("state", "refused")).await
        }
        "exception" | "emergency" => {
            let exception = tx.get(&EXCEPTION, decision.text("subject_id")).await?;
            tx.update(exception.set("state", "refused").set("decision_id", decision.id.as_str())).await
        }
        _ => Ok(()),
    }
}

fn frozen(decision: &Row) -> Result<Json> {
    serde_json::from_str(decision.text("subject")).map_err(|e| StoreError::Corrupt(e.to_string()))
}

/// Somebody took or changed one of the rows after the application was made: another version, another answer. An
/// application that does not say which versions it is about is not about those of today.
async fn rows_changed(tx: &mut Tx<'_>, decision: &Row) -> Result<bool> {
    let subject = frozen(decision)?;
    let Some(rows) = subject["rows"].as_array() else { return Ok(true) };
    for row in rows {
        let current = tx.get(&REQUIREMENT, row["id"].as_str().unwrap_or_default()).await?;
        if row["version"].as_i64() != Some(current.version) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn adopt(tx: &mut Tx<'_>, decision: &Row) -> Result<()> {
    let subject = frozen(decision)?;
    let state = subject["state"].as_str().unwrap_or_default();
    for row in subject["rows"].as_array().into_iter().flatten() {
        let current = tx.get(&REQUIREMENT, row["id"].as_str().unwrap_or_default()).await?;
        let current = match row["standard_clause_id"].as_str() {
            Some(clause) => current.set("standard_clause_id", clause),
            None => current,
        };
        tx.adopt(current, state, subject["reason"].as_str(), row["text"].as_str(), Some(&decision.id))
            .await?;
    }
    Ok(())
}

/// 新規・停止・再開・廃止 of one account. The secret is set afterwards by whoever runs the accounts.
async fn account(tx: &mut Tx<'_>, decision: &Row) -> Result<()> {
    let subject = frozen(decision)?;
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    let state = match text("change") {
        "create" => {
            let privileged = subject["privileged"].as_bool().unwrap_or(false);
            return tx.create_account(text("person"), text("login"), privileged).await.map(drop);
        }
        // The owner registers anew: whatever proved them before proves nothing from here on.
        "reset" => return tx.revoke_credentials(text("account")).await,
        "lock" => "locked",
        "unlock" => "active",
        "disable" => "disabled",
        _ => return Err(StoreError::IllegalMove("an account request creates, locks, unlocks or disables")),
    };
    let row = tx.get(&ACCOUNT, text("account")).await?;
    tx.update(row.set("state", state)).await
}

async fn reject(tx: &mut Tx<'_>, decision: &Row) -> Result<()> {
    let subject = frozen(decision)?;
    let until = subject["until"].as_str().unwrap_or_default().to_owned();
    if until.parse().is_ok_and(|day: sekisho_domain::date::Date| day <= date_at(tx.at())) {
        return Err(StoreError::IllegalMove("the rejection would already have ended"));
    }
    let rows = subject["rows"].as_array().into_iter().flatten();
    for id in rows.filter_map(|row| row["id"].as_str()) {
        let row = tx.get(&REQUIREMENT, id).await?;
        let row = row
            .set("state", "rejected")
            .set("reason", subject["reason"].as_str().unwrap_or_default())
            .set("rejected_until", until.as_str())
            .set("decision_id", decision.id.as_str());
        tx.update(row).await?;
    }
    Ok(())
}
