//! 情報システム担当者 (1.6.1): every section with an 情報システム管理者 names who works under them.

use crate::Check;
use crate::check::holders;
use sekisho_store::office;

pub(crate) static CHECK: Check = Check {
    id: "systems_have_operators",
    version: 1,
    title: "情報システム管理者のいる組織に担当者がいる",
    requirements: &["1.6.1"],
    complete: false,
    reads: &["assignment", "person", "role_seat", "section"],
    aged: None,
    owners: None,
    source: "体制と配属",
    population: concat!(
        "SELECT COUNT(DISTINCT ",
        office!("a.unit_id", "$1"),
        ") AS expected, COUNT(DISTINCT ",
        office!("a.unit_id", "$1"),
        ") AS observed, CAST($2 AS BIGINT) AS source_ms FROM ",
        holders!("system_manager")
    ),
    violating: concat!(
        "SELECT 'section' AS noun, s.unit_id AS id, s.name AS label, COUNT(*) OVER () AS total FROM section s
        WHERE s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1) AND $2 >= 0
            AND s.unit_id IN (SELECT ",
        office!("a.unit_id", "$1"),
        " FROM ",
        holders!("system_manager"),
        ") AND NOT EXISTS (SELECT 1 FROM section g JOIN (SELECT ",
        office!("a.unit_id", "$1"),
        " AS unit_id FROM ",
        holders!("system_operator"),
        ") o ON o.unit_id = g.unit_id
                WHERE (g.unit_id = s.unit_id OR g.parent_unit_id = s.unit_id)
                    AND g.valid_from <= $1 AND (g.valid_to IS NULL OR g.valid_to > $1))
        ORDER BY s.sort_key LIMIT 20"
    ),
    holds: |f| format!("情報システム管理者のいる{}の組織の全てに、情報システム担当者がいます。", f.expected),
    broken: |f| {
        format!(
            "情報システム管理者のいる{}の組織のうち{}に、担当者がいません({})。",
            f.expected,
            f.violating,
            f.names()
        )
    },
    unproven: "情報システム管理者が登録されていないため、確かめられません。",
};
