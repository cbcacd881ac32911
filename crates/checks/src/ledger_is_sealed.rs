//! No committed change waits longer than ten minutes for its seal.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "ledger_is_sealed",
    version: 1,
    title: "記録が10分以内に封印されている",
    requirements: &["6.1.12"],
    complete: false,
    reads: &[],
    source: "証跡",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, MAX(at_ms) AS source_ms FROM ledger_entry
        WHERE idx IS NOT NULL AND at_ms <= $2 AND $1 <> ''",
    violating:
        "SELECT 'ledger_entry' AS noun, e.id, e.id AS label, COUNT(*) OVER () AS total FROM ledger_entry e
        WHERE e.idx IS NULL AND e.at_ms < $2 - 600000 AND $1 <> '' ORDER BY e.at_ms, e.id LIMIT 20",
    holds: |_| "記録した変更は、全て10分以内に封印されています。".to_owned(),
    broken: |f| format!("{}件の記録が、10分を過ぎても封印されていません。", f.violating),
    aged: None,
    owners: None,
    unproven: "封印された記録がまだありません。",
};
