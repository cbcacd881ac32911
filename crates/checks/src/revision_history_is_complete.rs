//! The 改定履歴 of the policy in force has dates on each line, in ascending order, and ends with that edition.

use crate::Check;
use crate::check::in_force;

pub(crate) static CHECK: Check = Check {
    id: "revision_history_is_complete",
    version: 2,
    title: "改定履歴が漏れなく日付順である",
    requirements: &["9.3.3"],
    complete: false,
    reads: &["document", "revision", "revision_entry"],
    source: "改定履歴",
    population: concat!(
        "SELECT CAST(1 AS BIGINT) AS expected, CAST(CASE WHEN COUNT(*) > 0 THEN 1 ELSE 0 END AS BIGINT) AS observed,
            CAST($2 AS BIGINT) AS source_ms
        FROM revision_entry e WHERE e.revision_id = ",
        in_force!("policy")
    ),
    violating: concat!(
        "SELECT 'revision_entry' AS noun, e.id, e.edition AS label, COUNT(*) OVER () AS total FROM revision_entry e
        WHERE e.revision_id = ",
        in_force!("policy"),
        " AND $2 >= 0
            AND (e.revised_on IS NULL OR e.effective_on IS NULL OR e.effective_on < e.revised_on OR EXISTS (
                SELECT 1 FROM revision_entry p
                WHERE p.revision_id = e.revision_id AND p.ordinal < e.ordinal AND p.revised_on >= e.revised_on)
                OR (e.effective_on <> (SELECT r.effective_on FROM revision r WHERE r.id = e.revision_id)
                    AND NOT EXISTS (SELECT 1 FROM revision_entry l
                        WHERE l.revision_id = e.revision_id AND l.ordinal > e.ordinal)))
        ORDER BY e.ordinal LIMIT 20"
    ),
    holds: |_| "施行中の基本方針の改定履歴は、改定日と施行日がそろって日付順で、今の版で終わっています。".to_owned(),
    broken: |f| format!("改定履歴の{}行に、日付の抜けか順の乱れがあるか、今の版の行がありません(版 {})。", f.violating, f.names()),
    aged: None,
    owners: None,
    unproven: "施行中の基本方針に改定履歴がないため、確かめられません。",
};
