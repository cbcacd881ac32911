//! Every section with business of its own has its 情報セキュリティ管理者 today.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "sections_have_managers",
    version: 1,
    title: "情報セキュリティ管理者が全ての対象組織にいる",
    requirements: &["1.4.1"],
    complete: true,
    reads: &["assignment", "person", "position", "role_seat", "section"],
    source: "組織と配属",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms
        FROM section s WHERE s.managed AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)",
    violating: "SELECT 'section' AS noun, s.unit_id AS id, s.name AS label, COUNT(*) OVER () AS total
        FROM section s WHERE s.managed AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1) AND $2 >= 0
            AND NOT EXISTS (SELECT 1 FROM assignment a
            JOIN role_seat r ON r.position_id = a.position_id AND (r.unit_id IS NULL OR r.unit_id = a.unit_id)
            JOIN person n ON n.id = a.person_id
            WHERE r.role = 'manager' AND a.unit_id = s.unit_id AND a.kind NOT IN ('leave', 'dispatch')
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
                AND r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1)
                AND (n.left_on IS NULL OR n.left_on > $1))
        ORDER BY s.sort_key LIMIT 20",
    holds: |f| format!("{}の組織の全てに、今日、情報セキュリティ管理者がいます。", f.expected),
    broken: |f| format!("{}の組織のうち{}に、情報セキュリティ管理者がいません({})。", f.expected, f.violating, f.names()),
    unproven: "対象の組織が登録されていないため、確かめられません。",
};
