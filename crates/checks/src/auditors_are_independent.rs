//! 監査を行う役割 and running the policy do not meet in one person.

use crate::Check;
use sekisho_store::carries;

pub(crate) static CHECK: Check = Check {
    id: "auditors_are_independent",
    version: 1,
    title: "監査する人が運用する人を兼ねない",
    requirements: &["1.8.2"],
    complete: false,
    reads: &["assignment", "role_seat", "section"],
    source: "体制と配属",
    population: concat!(
        "SELECT COUNT(DISTINCT a.person_id) AS expected, COUNT(DISTINCT a.person_id) AS observed, CAST($2 AS BIGINT) AS source_ms
        FROM assignment a
        JOIN role_seat r ON ",
        carries!("r", "a", "$1"),
        "
        WHERE r.role IN ('audit_chief', 'auditor') AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)"
    ),
    violating: concat!(
        "SELECT 'person' AS noun, n.id, n.name AS label, COUNT(*) OVER () AS total
        FROM person n
        WHERE $2 >= 0 AND EXISTS (SELECT 1 FROM assignment a
                JOIN role_seat r ON ",
        carries!("r", "a", "$1"),
        "
                WHERE a.person_id = n.id AND r.role IN ('audit_chief', 'auditor')
                    AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1))
            AND EXISTS (SELECT 1 FROM assignment a
                JOIN role_seat r ON ",
        carries!("r", "a", "$1"),
        "
                WHERE a.person_id = n.id AND r.role IN ('secretariat', 'chief_officer', 'ciso', 'system_manager')
                    AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1))
        ORDER BY n.id LIMIT 20"
    ),
    holds: |f| format!("監査の役割を持つ{}人は、いずれも運用の責任者・事務局を兼ねていません。", f.expected),
    broken: |f| format!("監査の役割を持つ{}人のうち{}人が、運用の責任者か事務局を兼ねています({})。", f.expected, f.violating, f.names()),
    aged: None,
    owners: None,
    unproven: "監査の役割を持つ人が登録されていないため、確かめられません。",
};
