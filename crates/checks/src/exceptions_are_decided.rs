//! Every exception in force rests on an approved decision by somebody else.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "exceptions_are_decided",
    version: 1,
    title: "例外措置が全て決裁されている",
    requirements: &["7.4.1"],
    complete: false,
    reads: &["decision", "exception"],
    source: "例外措置の台帳",
    population:
        "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM exception
        WHERE state = 'granted' AND valid_from <= $1 AND valid_to > $1",
    violating:
        "SELECT 'exception' AS noun, x.id, x.reason AS label, COUNT(*) OVER () AS total FROM exception x
        LEFT JOIN decision d ON d.id = x.decision_id AND d.state = 'approved'
        WHERE x.state = 'granted' AND x.valid_from <= $1 AND x.valid_to > $1 AND d.id IS NULL AND $2 >= 0
        ORDER BY x.id LIMIT 20",
    holds: |_| "有効な例外措置は、全て決裁を受けています。".to_owned(),
    broken: |f| format!("決裁のない例外措置が{}件あります({})。", f.violating, f.names()),
    aged: None,
    owners: None,
    unproven: "例外措置がまだ1件もないため、確かめられません。該当なしの報告か証拠が要ります。",
};
