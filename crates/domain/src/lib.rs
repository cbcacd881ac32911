//! The nouns and rules of the office that runs a municipality's information-security policy.
//!
//! Pure: no clock, no randomness, no database, no network. Everything that depends on the outside world
//! arrives as an argument, so every rule here can be tested with a literal.

pub mod access;
pub mod account;
pub mod assurance;
pub mod clock;
pub mod date;
pub mod decision;
pub mod document;
pub mod evidence;
pub mod id;
pub mod noun;
pub mod person;
pub mod position;
pub mod requirement;
pub mod role;
pub mod search;
pub mod section;
pub mod verdict;

use noun::Noun;

/// Every record noun: what `store` may write, the ledger commits to and `verify` walks.
pub static NOUNS: &[&Noun] = &[
    &account::ACCOUNT,
    &account::CREDENTIAL,
    &assurance::OUTSIDE_CHECKPOINT,
    &assurance::RESTORE_TEST,
    &decision::DECISION,
    &decision::DECISION_STEP,
    &document::ADOPTION,
    &document::CLAUSE,
    &document::CLAUSE_TEXT,
    &document::DOCUMENT,
    &document::PUBLICATION,
    &document::REVISION,
    &document::REVISION_ENTRY,
    &document::REVISION_WARNING,
    &document::TERM,
    &evidence::EVIDENCE,
    &evidence::EXCEPTION,
    &person::PERSON,
    &position::ASSIGNMENT,
    &position::POSITION,
    &position::ROLE_SEAT,
    &requirement::REQUIREMENT,
    &section::SECTION,
    &verdict::VERDICT,
];

/// The noun of a name, as found in ledger entries and addresses.
pub fn noun(name: &str) -> Option<&'static Noun> {
    NOUNS.iter().find(|n| n.name == name).copied()
}
