//! No committed change waits longer than ten minutes for its seal.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "ledger_is_sealed",
    version: 2,
    title: "記録が10分以内に封印されている",
    requirements: &["6.1.12"],
    complete: false,
    reads: &[],
    source: "証跡",
    // The log is one thing, however long it grows: a count of entries would be another answer every ten minutes.
    population: "SELECT CAST(CASE WHEN h.size > 0 THEN 1 ELSE 0 END AS BIGINT) AS expected,
            CAST(CASE WHEN h.size > 0 THEN 1 ELSE 0 END AS BIGINT) AS observed,
            (SELECT e.at_ms FROM ledger_entry e WHERE e.idx = h.size - 1) AS source_ms
        FROM ledger_head h WHERE h.id = 1 AND $1 <> '' AND $2 >= 0",
    violating:
        "SELECT 'ledger_entry' AS noun, e.id, e.id AS label, COUNT(*) OVER () AS total FROM ledger_entry e
        WHERE e.idx IS NULL AND e.at_ms < $2 - 600000 AND $1 <> '' ORDER BY e.at_ms, e.id LIMIT 20",
    holds: |_| "記録した変更は、全て10分以内に封印されています。".to_owned(),
    broken: |f| format!("{}件の記録が、10分を過ぎても封印されていません。", f.violating),
    aged: None,
    owners: None,
    unproven: "封印された記録がまだありません。",
};
