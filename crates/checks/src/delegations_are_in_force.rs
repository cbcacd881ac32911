//! 委任 (1.1.5): every delegation that counts today names its kinds and days, and was given by somebody who still holds
//! the seat. The CISO's seat is counted too: without it nothing can be said.

use crate::Check;
use crate::check::holders;

pub(crate) static CHECK: Check = Check {
    id: "delegations_are_in_force",
    version: 1,
    title: "委任の範囲・期間・委任者が明らかである",
    requirements: &["1.1.5"],
    complete: false,
    reads: &["assignment", "delegation", "role_seat"],
    aged: None,
    owners: None,
    source: "委任の台帳と配属",
    population: concat!(
        "SELECT q.seats + q.given AS expected, q.seats + q.given AS observed, CAST($2 AS BIGINT) AS source_ms FROM (
            SELECT (SELECT COUNT(*) FROM ",
        holders!("ciso"),
        ") AS seats,
            (SELECT COUNT(*) FROM delegation d WHERE d.valid_from <= $1 AND d.valid_to > $1) AS given) q"
    ),
    violating: "SELECT 'delegation' AS noun, d.id, p.name AS label, COUNT(*) OVER () AS total
        FROM delegation d JOIN person p ON p.id = d.delegate_id
        WHERE d.valid_from <= $1 AND d.valid_to > $1 AND $2 >= 0 AND NOT EXISTS (
            SELECT 1 FROM assignment a WHERE a.person_id = d.granted_by AND a.position_id = d.position_id
                AND a.unit_id = d.unit_id AND a.kind NOT IN ('leave', 'dispatch')
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1))
        ORDER BY d.id LIMIT 20",
    holds: |_| "今日の委任は、どれも委任した人がその職にいて、範囲と期間が決まっています。".to_owned(),
    broken: |f| format!("委任した人がその職を離れている委任が{}件あります({})。決裁には使えません。", f.violating, f.names()),
    unproven: "CISOの職に人がいないため、委任を確かめられません。",
};
