//! Is this requirement true today, and how do we know. One file per machine check, one generic check over filed
//! evidence, and one function that derives every verdict (`judge.rs`).
//!
//! A check states its population (how many there should be, how many were seen, from where, of when) and the rows
//! that violate it. An empty population is never `holds`: ignorance is not proof.

mod check;
mod evaluate;
mod evidence;
mod judge;

mod accounts_have_seats;
mod applicant_is_not_approver;
mod auditors_are_independent;
mod bodies_adopted_the_policy;
mod checkpoint_is_kept_outside;
mod chief_officer_in_office;
mod ciso_in_office;
mod departments_have_officers;
mod exceptions_are_decided;
mod ledger_is_sealed;
mod one_time_passwords_are_replaced;
mod policy_is_published;
mod policy_is_reviewed;
mod privileged_accounts_have_two_factors;
mod regulations_are_current;
mod restore_is_tested;
mod revision_history_is_complete;
mod sections_have_managers;
mod standard_covers_adopted_rows;
mod standard_follows_the_policy;

pub use check::{Check, Finding, Sample};
pub use evaluate::{evaluate_all, evaluate_dirty, evaluate_due, preview};
pub use evidence::EVIDENCE_CHECK;

/// Every machine check, by id.
pub static CHECKS: &[&Check] = &[
    &accounts_have_seats::CHECK,
    &applicant_is_not_approver::CHECK,
    &auditors_are_independent::CHECK,
    &bodies_adopted_the_policy::CHECK,
    &checkpoint_is_kept_outside::CHECK,
    &chief_officer_in_office::CHECK,
    &ciso_in_office::CHECK,
    &departments_have_officers::CHECK,
    &exceptions_are_decided::CHECK,
    &ledger_is_sealed::CHECK,
    &one_time_passwords_are_replaced::CHECK,
    &policy_is_published::CHECK,
    &policy_is_reviewed::CHECK,
    &privileged_accounts_have_two_factors::CHECK,
    &regulations_are_current::CHECK,
    &restore_is_tested::CHECK,
    &revision_history_is_complete::CHECK,
    &sections_have_managers::CHECK,
    &standard_covers_adopted_rows::CHECK,
    &standard_follows_the_policy::CHECK,
];

/// Every SQL statement of this crate, for the test that prepares each on both databases.
pub fn statements() -> Vec<&'static str> {
    let queries = CHECKS.iter().flat_map(|check| [check.population, check.violating]);
    queries.chain(evidence::SQL.iter().copied()).chain(evaluate::SQL.iter().copied()).collect()
}
