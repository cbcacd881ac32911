//! 代行順位 (1.2.7): every 情報セキュリティ管理者 in scope has somebody in office who decides while they are away.

use crate::Check;
use crate::check::{holders, in_scope};

pub(crate) static CHECK: Check = Check {
    id: "deputies_are_named",
    version: 1,
    title: "情報セキュリティ管理者の代決の順序が決まっている",
    requirements: &["1.2.7"],
    complete: false,
    reads: &["assignment", "deputy", "person", "role_seat", "scope", "section"],
    aged: None,
    owners: None,
    source: "代決の順序と配属",
    population: concat!(
        "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms
        FROM section s WHERE s.managed AND ",
        in_scope!()
    ),
    violating: concat!(
        "SELECT 'section' AS noun, s.unit_id AS id, s.name AS label, COUNT(*) OVER () AS total
        FROM section s WHERE s.managed AND $2 >= 0 AND ",
        in_scope!(),
        " AND NOT EXISTS (SELECT 1 FROM ",
        holders!("manager"),
        " AND a.unit_id = s.unit_id AND EXISTS (SELECT 1 FROM deputy y
            JOIN assignment b ON b.position_id = y.deputy_position_id AND COALESCE(y.deputy_unit_id, a.unit_id)
                IN (b.unit_id, ",
        sekisho_store::office!("b.unit_id", "$1"),
        ")
            WHERE y.position_id = a.position_id AND (y.unit_id IS NULL OR y.unit_id = a.unit_id)
                AND y.valid_from <= $1 AND (y.valid_to IS NULL OR y.valid_to > $1)
                AND b.valid_from <= $1 AND (b.valid_to IS NULL OR b.valid_to > $1)
                AND b.kind NOT IN ('leave', 'dispatch')))
        ORDER BY s.sort_key LIMIT 20"
    ),
    holds: |f| format!("{}の組織の全てで、管理者が不在のときに代わりに決裁する職に、今日、人がいます。", f.expected),
    broken: |f| format!("{}の組織のうち{}で、代決する職が決まっていないか、その職に人がいません({})。", f.expected, f.violating, f.names()),
    unproven: "対象の組織が登録されていないため、確かめられません。",
};
