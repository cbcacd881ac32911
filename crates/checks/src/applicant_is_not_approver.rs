//! 申請者 ≠ 承認者, over every decision ever taken and every step of it: neither in person, nor by somebody who acted
//! for them, nor under another name of theirs (同一人).

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "applicant_is_not_approver",
    version: 2,
    title: "申請者と承認者が違う",
    requirements: &["1.8.1"],
    complete: false,
    reads: &["decision", "decision_step", "same_person"],
    source: "申請・決裁",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, MAX(closed_ms) AS source_ms
        FROM decision WHERE state IN ('approved', 'returned') AND $1 <> '' AND requested_ms <= $2",
    violating: "SELECT 'decision' AS noun, d.id, d.title AS label, COUNT(*) OVER () AS total
        FROM decision d JOIN decision_step s ON s.decision_id = d.id
        WHERE s.state IN ('approved', 'returned') AND $1 <> '' AND d.requested_ms <= $2
            AND (d.applicant_id IN (s.actor_id, s.for_id) OR EXISTS (SELECT 1 FROM same_person x
                WHERE (x.person_id = d.applicant_id AND x.other_id IN (s.actor_id, s.for_id))
                    OR (x.other_id = d.applicant_id AND x.person_id IN (s.actor_id, s.for_id))))
        ORDER BY d.id LIMIT 20",
    holds: |f| format!("決裁{}件の全てで、申請した人と決裁した人が違います。", f.expected),
    broken: |f| {
        format!(
            "決裁{}件のうち{}件で、申請した人が自ら決裁しています({})。",
            f.expected,
            f.violating,
            f.names()
        )
    },
    aged: None,
    owners: None,
    unproven: "決裁がまだ1件もないため、確かめられません。",
};
