//! Every adopted row points at a clause that stands in the 対策基準 in force.

use crate::Check;
use crate::check::in_force;

pub(crate) static CHECK: Check = Check {
    id: "standard_covers_adopted_rows",
    version: 1,
    title: "採用した要求が対策基準にある",
    requirements: &["P10.1"],
    complete: true,
    reads: &["clause_text", "document", "requirement", "revision"],
    source: "採否と対策基準",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM requirement
        WHERE state IN ('adopted', 'modified') AND counted AND $1 <> ''",
    violating: concat!(
        "SELECT 'requirement' AS noun, q.id, q.catalogue_id AS label, COUNT(*) OVER () AS total FROM requirement q
        WHERE q.state IN ('adopted', 'modified') AND q.counted AND $2 >= 0
            AND NOT EXISTS (SELECT 1 FROM clause_text t WHERE t.clause_id = q.standard_clause_id
                AND t.revision_id = ",
        in_force!("standard"),
        ")
        ORDER BY q.sort_key LIMIT 20"
    ),
    holds: |f| format!("採用した{}件の全てに、施行中の対策基準の条があります。", f.expected),
    broken: |f| format!("採用した{}件のうち{}件に、対応する対策基準の条がありません({})。", f.expected, f.violating, f.names()),
    aged: None,
    owners: None,
    unproven: "採用した要求がまだないため、確かめられません。",
};
