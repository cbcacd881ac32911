//! CSIRT (1.9.1): somebody leads it and somebody works in it today.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "csirt_has_members",
    version: 1,
    title: "CSIRTに責任者と構成員がいる",
    requirements: &["1.9.1"],
    complete: false,
    reads: &["body", "body_member", "person"],
    aged: None,
    owners: None,
    source: "会議体と構成員",
    population:
        "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms
        FROM body b WHERE b.kind = 'csirt' AND b.valid_from <= $1 AND (b.valid_to IS NULL OR b.valid_to > $1)",
    violating: "SELECT 'body' AS noun, b.id, b.name AS label, COUNT(*) OVER () AS total FROM body b
        WHERE b.kind = 'csirt' AND b.valid_from <= $1 AND (b.valid_to IS NULL OR b.valid_to > $1) AND $2 >= 0
            AND (SELECT COUNT(DISTINCT m.duty) FROM body_member m JOIN person p ON p.id = m.person_id
                WHERE m.body_id = b.id AND m.duty IN ('chair', 'member')
                    AND m.valid_from <= $1 AND (m.valid_to IS NULL OR m.valid_to > $1)
                    AND (p.left_on IS NULL OR p.left_on > $1)) < 2
        ORDER BY b.name LIMIT 20",
    holds: |_| "CSIRTに、今日、責任者と構成員がいます。".to_owned(),
    broken: |f| format!("責任者か構成員のいないCSIRTがあります({})。", f.names()),
    unproven: "CSIRTが会議体として登録されていないため、確かめられません。",
};
