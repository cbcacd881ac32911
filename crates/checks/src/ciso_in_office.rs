//! CISO: exactly one person sits there today.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "ciso_in_office",
    version: 1,
    title: "CISOが1人いる",
    requirements: &["1.1.1"],
    complete: true,
    reads: &["assignment", "person", "position", "role_seat"],
    source: "体制と配属",
    population: "SELECT CAST(1 AS BIGINT) AS expected, CAST(CASE WHEN EXISTS (SELECT 1 FROM assignment) THEN 1 ELSE 0 END AS BIGINT) AS observed,
            CAST($2 AS BIGINT) AS source_ms WHERE $1 <> ''",
    violating: "SELECT 'role_seat' AS noun, 'ciso' AS id, CAST(q.held AS TEXT) AS label, CAST(1 AS BIGINT) AS total
        FROM (SELECT COUNT(DISTINCT a.person_id) AS held FROM assignment a
            JOIN role_seat r ON r.position_id = a.position_id AND (r.unit_id IS NULL OR r.unit_id = a.unit_id)
            JOIN person n ON n.id = a.person_id
            WHERE r.role = 'ciso' AND a.kind NOT IN ('leave', 'dispatch')
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
                AND r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1)
                AND (n.left_on IS NULL OR n.left_on > $1)) q WHERE q.held <> 1 AND $2 >= 0",
    holds: |_| "CISOが1人、今日の体制にいます。".to_owned(),
    broken: |f| format!("今日の体制で、CISOに当たる人は{}人です(1人であるべきです)。", f.names()),
    unproven: "配属が1件も登録されていないため、確かめられません。",
};
