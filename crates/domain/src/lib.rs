//! The nouns and rules of the office that runs a municipality's information-security policy.
//!
//! Pure: no clock, no randomness, no database, no network. Everything that depends on the outside world
//! arrives as an argument, so every rule here can be tested with a literal.

pub mod access;
pub mod account;
pub mod asset;
pub mod assurance;
pub mod authority;
pub mod body;
pub mod calendar;
pub mod campaign;
pub mod clock;
pub mod date;
pub mod decision;
pub mod delegation;
pub mod device;
pub mod disposal;
pub mod document;
pub mod evidence;
pub mod exception;
pub mod factor;
pub mod handover;
pub mod ics;
pub mod id;
pub mod limited_view;
pub mod medium;
pub mod network;
pub mod notice;
pub mod noun;
pub mod person;
pub mod personnel;
pub mod position;
pub mod register;
pub mod requirement;
pub mod role;
pub mod role_name;
pub mod scope;
pub mod search;
pub mod section;
pub mod specific_flow;
pub mod staff_source;
pub mod stocktake;
pub mod succession;
pub mod system;
pub mod task;
pub mod verdict;

use std::sync::OnceLock;

use noun::Noun;
use register::Register;

/// Every record noun: what `store` may write, the ledger commits to and `verify` walks.
pub static NOUNS: &[&Noun] = &[
    &account::ACCOUNT,
    &account::CREDENTIAL,
    &asset::ASSET,
    &assurance::CHECKPOINT_COPY,
    &assurance::COSIGNATURE,
    &assurance::HEARTBEAT,
    &assurance::LEDGER_KEY,
    &assurance::LEDGER_WITNESS,
    &assurance::OUTSIDE_CHECKPOINT,
    &assurance::RESTORE_TEST,
    &authority::AUTHORITY,
    &body::AGENDA_ITEM,
    &body::BODY,
    &body::BODY_MEMBER,
    &body::MEETING,
    &calendar::CLOSING_DAY,
    &decision::DECISION,
    &decision::DECISION_STEP,
    &delegation::ABSENCE,
    &delegation::DELEGATION,
    &delegation::DEPUTY,
    &delegation::SAME_PERSON,
    &device::DEVICE,
    &disposal::ATTACHMENT,
    &disposal::DISPOSAL,
    &disposal::ERASURE,
    &document::ADOPTION,
    &document::CLAUSE,
    &document::CLAUSE_CHANGE,
    &document::CLAUSE_TEXT,
    &document::DOCUMENT,
    &document::PUBLICATION,
    &document::REVISION,
    &document::REVISION_ENTRY,
    &document::REVISION_WARNING,
    &document::TERM,
    &evidence::EVIDENCE,
    &exception::EXCEPTION,
    &limited_view::LIMITED_VIEW,
    &network::NETWORK_ANSWER,
    &network::NETWORK_RESULT,
    &network::NETWORK_SNAPSHOT,
    &handover::HANDOVER,
    &notice::NOTICE_TEMPLATE,
    &medium::MEDIUM,
    &person::PERSON,
    &personnel::PERSONNEL_CHANGE,
    &position::ASSIGNMENT,
    &position::POSITION,
    &position::ROLE_SEAT,
    &register::EXTRA_COLUMN,
    &requirement::REQUIREMENT,
    &role_name::ROLE_NAME,
    &scope::SCOPE,
    &section::SECTION,
    &specific_flow::SPECIFIC_FLOW,
    &staff_source::STAFF_SOURCE,
    &succession::SUCCESSION,
    &campaign::CAMPAIGN,
    &campaign::CAMPAIGN_PART,
    &stocktake::STOCKTAKE_ENTRY,
    &task::TASK,
    &system::SYSTEM,
    &verdict::VERDICT,
];

/// Every register, in the order the office thinks of them. A noun is listed above as well.
pub static REGISTERS: &[&Register] = &[
    &asset::REGISTER,
    &system::REGISTER,
    &device::REGISTER,
    &medium::REGISTER,
    &exception::REGISTER,
    &specific_flow::REGISTER,
    &scope::REGISTER,
    &staff_source::REGISTER,
    &authority::REGISTER,
    &delegation::DEPUTIES,
    &delegation::DELEGATIONS,
    &delegation::ABSENCES,
    &delegation::SAME_PEOPLE,
    &body::REGISTER,
    &body::MEMBERS,
    &role_name::REGISTER,
    &calendar::REGISTER,
];

/// The register of a noun, if it is one.
pub fn register(noun: &str) -> Option<&'static Register> {
    let mut all = REGISTERS.iter().copied().chain(TRIED.get().copied());
    all.find(|r| r.noun.name == noun)
}

static TRIED: OnceLock<&Register> = OnceLock::new();

/// Lets a test try a register that the product does not have, the way `docs/adding-a-register.md` adds one.
#[doc(hidden)]
pub fn try_register(register: &'static Register) {
    let _ = TRIED.set(register);
}

/// The noun of a name, as found in ledger entries and addresses.
pub fn noun(name: &str) -> Option<&'static Noun> {
    NOUNS.iter().find(|n| n.name == name).copied()
}
