//! 緊急時の事後承認 (1.8.1): what was done before approval is decided within a week, and a 代決 is looked at by the holder
//! of the seat within two.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "emergencies_are_settled",
    version: 1,
    title: "事後承認と後閲が放置されていない",
    requirements: &["1.8.1"],
    complete: false,
    reads: &["decision", "decision_step"],
    aged: None,
    owners: None,
    source: "申請・決裁",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, MAX(requested_ms) AS source_ms
        FROM decision WHERE $1 <> '' AND requested_ms <= $2",
    violating: "SELECT 'decision' AS noun, d.id, COALESCE(d.number, d.title) AS label, COUNT(*) OVER () AS total
        FROM decision d
        WHERE $1 <> '' AND ((d.kind = 'emergency' AND d.state <> 'approved' AND d.requested_ms < $2 - 604800000)
            OR EXISTS (SELECT 1 FROM decision_step s WHERE s.decision_id = d.id AND s.kind = 'after' AND s.state = 'open'
                AND s.opened_ms < $2 - 1209600000))
        ORDER BY d.id LIMIT 20",
    holds: |f| format!("申請{}件のうち、1週間を過ぎた事後承認も、2週間を過ぎた後閲もありません。", f.expected),
    broken: |f| format!("1週間以内に承認されていない事後承認か、2週間を過ぎた後閲が{}件あります({})。", f.violating, f.names()),
    unproven: "申請がまだ1件もないため、確かめられません。",
};
