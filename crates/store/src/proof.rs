//! Strong decisions: the passkey's signature over what was decided. Not even this server can make one up, because
//! the challenge that was signed is the digest of the decision itself, and the key never leaves its device.

use sekisho_passkey::{Assertion, PublicKey, Refused, RelyingParty, touched};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::account::KeyRow;
use crate::error::{Result, StoreError};
use crate::{Db, Store};

/// The answer of one seat, as it is signed. Every field is fixed before the touch: a signature for one decision,
/// step, answer or person fits no other.
#[derive(Clone, Copy, Debug)]
pub struct SignedAnswer<'a> {
    pub decision_id: &'a str,
    pub step_id: &'a str,
    /// `approve` or `return`.
    pub answer: &'a str,
    /// [`Application::subject`](crate::decision::Application)'s digest, hex.
    pub subject_sha256: &'a str,
    pub person_id: &'a str,
}

impl SignedAnswer<'_> {
    /// The canonical decision (RFC 8785).
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        Ok(sekisho_ledger::canonical(&json!({
            "schema": "decision_answer/1",
            "decision": self.decision_id,
            "step": self.step_id,
            "answer": self.answer,
            "subject_sha256": self.subject_sha256,
            "person": self.person_id,
        }))?)
    }

    /// What the passkey signs: SHA-256 of the canonical decision.
    pub fn challenge(&self) -> Result<[u8; 32]> {
        Ok(Sha256::digest(self.to_bytes()?).into())
    }
}

/// What `decision_step.proof` holds, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub schema: String,
    /// The credential's row; its `public_key` is in the record.
    pub credential_id: String,
    pub rp_id: String,
    pub origin: String,
    pub assertion: Assertion,
}

const SCHEMA: &str = "webauthn_assertion/1";

/// Why a touch was not accepted as the signature of a decision or log-in.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    #[error("no such key is registered for this account")]
    UnknownKey,
    #[error("{0}")]
    Refused(#[from] Refused),
    #[error("the stored proof cannot be read: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Verifies a touch of one of the account's passkeys (of any account's, when `account_id` is `None`) over a
    /// challenge, and moves the key's count forward. Returns the key.
    pub async fn touch(
        &self,
        rp: &RelyingParty,
        account_id: Option<&str>,
        challenge: &[u8],
        sent: &Assertion,
    ) -> std::result::Result<KeyRow, ProofError> {
        let key = self.db.key(&sent.id).await?.filter(|k| k.kind == "passkey");
        let key = key.filter(|k| account_id.is_none_or(|id| id == k.account_id));
        let key = key.ok_or(ProofError::UnknownKey)?;
        let touch = touched(rp, challenge, &public_key(key.public_key.as_deref())?, sent)?;
        let kept = u32::try_from(key.last_step).unwrap_or(u32::MAX);
        sekisho_passkey::counter_moved(kept, touch.counter)?;
        if !self.count_up(&key.credential_id, i64::from(touch.counter)).await? {
            return Err(Refused::Counter.into());
        }
        Ok(key)
    }

    /// Verifies the touch by which a person decides, and gives the text for `decision_step.proof`.
    pub async fn sign_decision(
        &self,
        rp: &RelyingParty,
        account_id: &str,
        answer: SignedAnswer<'_>,
        sent: &Assertion,
    ) -> std::result::Result<String, ProofError> {
        let key = self.touch(rp, Some(account_id), &answer.challenge()?, sent).await?;
        let proof = Proof {
            schema: SCHEMA.to_owned(),
            credential_id: key.credential_id,
            rp_id: rp.id.clone(),
            origin: rp.origin.clone(),
            assertion: sent.clone(),
        };
        serde_json::to_string(&proof).map_err(|e| ProofError::Unreadable(e.to_string()))
    }
}

impl Db {
    /// Verifies a kept proof again, however long ago it was made and whether or not its key is still in use.
    pub async fn verify_proof(
        &self,
        answer: SignedAnswer<'_>,
        proof: &str,
    ) -> std::result::Result<(), ProofError> {
        let proof: Proof = serde_json::from_str(proof).map_err(|e| ProofError::Unreadable(e.to_string()))?;
        if proof.schema != SCHEMA {
            return Err(ProofError::Unreadable(proof.schema));
        }
        let row = self.row(&sekisho_domain::account::CREDENTIAL, &proof.credential_id).await?;
        let row = row.filter(|r| r.text("handle") == proof.assertion.id).ok_or(ProofError::UnknownKey)?;
        let account = self.row(&sekisho_domain::account::ACCOUNT, row.text("account_id")).await?;
        if account.is_none_or(|a| a.text("person_id") != answer.person_id) {
            return Err(ProofError::UnknownKey);
        }
        let rp = RelyingParty { id: proof.rp_id, origin: proof.origin };
        let key = public_key(Some(row.text("public_key")))?;
        touched(&rp, &answer.challenge()?, &key, &proof.assertion)?;
        Ok(())
    }
}

fn public_key(text: Option<&str>) -> std::result::Result<PublicKey, ProofError> {
    serde_json::from_str(text.unwrap_or("")).map_err(|e| ProofError::Unreadable(e.to_string()))
}
