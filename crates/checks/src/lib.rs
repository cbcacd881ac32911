//! Is this requirement true today, and how do we know. One file per machine check, one generic check over filed
//! evidence, and one function that derives every verdict (`judge.rs`).
//!
//! A check states its population (how many there should be, how many were seen, from where, of when) and the rows
//! that violate it. An empty population is never `holds`: ignorance is not proof.

mod check;
mod evaluate;
mod evidence;
mod judge;
pub mod network;

mod accounts_have_seats;
mod applicant_is_not_approver;
mod assets_are_classified;
mod assets_are_stocktaken;
mod assets_have_managers;
mod assets_lie_where_their_class_may;
mod auditors_are_independent;
mod availability_has_a_recovery_time;
mod bodies_adopted_the_policy;
mod carried_devices_can_be_wiped;
mod carried_media_are_encrypted;
mod carried_media_are_permitted;
mod checkpoint_is_kept_outside;
mod checkpoints_leave_by_themselves;
mod chief_officer_in_office;
mod ciso_in_office;
mod cloud_assets_have_a_system;
mod committee_meets_every_year;
mod csirt_has_members;
mod delegations_are_in_force;
mod departments_have_officers;
mod deputies_are_named;
mod devices_are_encrypted;
mod devices_ask_who_you_are;
mod devices_of_strong_systems_use_two_factors;
mod devices_run_protection;
mod disposals_are_permitted;
mod disposals_are_recorded;
mod edr_is_installed;
mod emergencies_are_settled;
mod exceptions_are_decided;
mod exceptions_do_not_repeat;
mod full_scans_are_run;
mod integrity_is_backed_up;
mod internet_has_one_exit;
mod leavers_accounts_are_closed;
mod ledger_is_sealed;
mod lent_media_come_back;
mod lgwan_zone_is_apart;
mod long_kept_media_are_protected;
mod long_kept_media_lie_apart;
mod media_are_erased_for_good;
mod media_are_kept_in_place;
mod media_bear_their_highest_class;
mod my_number_stays_inside;
mod old_classes_are_decided_again;
mod one_time_passwords_are_replaced;
mod operating_systems_are_supported;
mod patterns_are_current;
mod policy_is_published;
mod policy_is_reviewed;
mod private_devices_stay_out;
mod privileged_accounts_have_two_factors;
mod privileges_follow_the_work;
mod protection_is_updated;
mod regulations_are_current;
mod resident_clouds_are_encrypted;
mod resident_devices_belong_to_a_system;
mod resident_devices_lock_usb;
mod resident_devices_use_two_factors;
mod resident_zone_is_apart;
mod restore_is_tested;
mod revision_history_is_complete;
mod roles_have_incumbents;
mod sections_have_managers;
mod standard_covers_adopted_rows;
mod standard_follows_the_policy;
mod strong_assets_stay_out_of_public_clouds;
mod systems_bear_their_highest_class;
mod systems_have_operators;
mod unneeded_assets_are_gone;
mod unneeded_media_are_erased;
mod users_cannot_change_protection;

pub use check::{Aged, Check, Finding, Owners, Sample};
pub use evaluate::{evaluate_all, evaluate_dirty, evaluate_due, preview, rows_of_section};
pub use evidence::EVIDENCE_CHECK;

/// Every machine check, by id.
pub static CHECKS: &[&Check] = &[
    &accounts_have_seats::CHECK,
    &delegations_are_in_force::CHECK,
    &deputies_are_named::CHECK,
    &systems_have_operators::CHECK,
    &committee_meets_every_year::CHECK,
    &csirt_has_members::CHECK,
    &leavers_accounts_are_closed::CHECK,
    &privileges_follow_the_work::CHECK,
    &emergencies_are_settled::CHECK,
    &applicant_is_not_approver::CHECK,
    &assets_are_classified::CHECK,
    &assets_are_stocktaken::CHECK,
    &assets_have_managers::CHECK,
    &assets_lie_where_their_class_may::CHECK,
    &auditors_are_independent::CHECK,
    &availability_has_a_recovery_time::CHECK,
    &bodies_adopted_the_policy::CHECK,
    &carried_devices_can_be_wiped::CHECK,
    &carried_media_are_encrypted::CHECK,
    &carried_media_are_permitted::CHECK,
    &checkpoint_is_kept_outside::CHECK,
    &checkpoints_leave_by_themselves::CHECK,
    &chief_officer_in_office::CHECK,
    &ciso_in_office::CHECK,
    &cloud_assets_have_a_system::CHECK,
    &departments_have_officers::CHECK,
    &devices_are_encrypted::CHECK,
    &devices_ask_who_you_are::CHECK,
    &devices_of_strong_systems_use_two_factors::CHECK,
    &devices_run_protection::CHECK,
    &disposals_are_permitted::CHECK,
    &disposals_are_recorded::CHECK,
    &edr_is_installed::CHECK,
    &exceptions_are_decided::CHECK,
    &exceptions_do_not_repeat::CHECK,
    &full_scans_are_run::CHECK,
    &integrity_is_backed_up::CHECK,
    &internet_has_one_exit::CHECK,
    &ledger_is_sealed::CHECK,
    &lgwan_zone_is_apart::CHECK,
    &lent_media_come_back::CHECK,
    &long_kept_media_are_protected::CHECK,
    &long_kept_media_lie_apart::CHECK,
    &media_are_erased_for_good::CHECK,
    &media_are_kept_in_place::CHECK,
    &media_bear_their_highest_class::CHECK,
    &my_number_stays_inside::CHECK,
    &old_classes_are_decided_again::CHECK,
    &one_time_passwords_are_replaced::CHECK,
    &operating_systems_are_supported::CHECK,
    &patterns_are_current::CHECK,
    &policy_is_published::CHECK,
    &policy_is_reviewed::CHECK,
    &private_devices_stay_out::CHECK,
    &privileged_accounts_have_two_factors::CHECK,
    &protection_is_updated::CHECK,
    &regulations_are_current::CHECK,
    &resident_clouds_are_encrypted::CHECK,
    &resident_devices_belong_to_a_system::CHECK,
    &resident_devices_lock_usb::CHECK,
    &resident_devices_use_two_factors::CHECK,
    &resident_zone_is_apart::CHECK,
    &restore_is_tested::CHECK,
    &revision_history_is_complete::CHECK,
    &roles_have_incumbents::CHECK,
    &sections_have_managers::CHECK,
    &standard_covers_adopted_rows::CHECK,
    &standard_follows_the_policy::CHECK,
    &strong_assets_stay_out_of_public_clouds::CHECK,
    &systems_bear_their_highest_class::CHECK,
    &unneeded_assets_are_gone::CHECK,
    &unneeded_media_are_erased::CHECK,
    &users_cannot_change_protection::CHECK,
];

/// Whether a machine check looks at this row of the catalogue: `Some(true)` when it proves the row wholly,
/// `Some(false)` when papers are needed beside it.
pub fn by_machine(catalogue_id: &str) -> Option<bool> {
    let looks = CHECKS.iter().filter(|check| check.requirements.contains(&catalogue_id));
    looks.map(|check| check.complete).max()
}

/// Every SQL statement of this crate, for the test that prepares each on both databases.
pub fn statements() -> Vec<&'static str> {
    let queries = CHECKS.iter().flat_map(|check| [check.population, check.violating]);
    let aged = CHECKS.iter().filter_map(|check| check.aged.as_ref());
    let owners =
        CHECKS.iter().flat_map(|check| [check.owners, check.aged.as_ref().and_then(|aged| aged.owners)]);
    let owners = owners.flatten().flat_map(|owners| [owners.sections, owners.rows]);
    queries
        .chain(aged.map(|aged| aged.rows))
        .chain(owners)
        .chain(evidence::SQL.iter().copied())
        .chain(evaluate::SQL.iter().copied())
        .collect()
}
