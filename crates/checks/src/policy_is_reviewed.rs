//! The policy was reviewed (or revised) within its own period.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "policy_is_reviewed",
    version: 1,
    title: "基本方針を期間内に見直している",
    requirements: &["9.3.1"],
    complete: false,
    reads: &["document", "revision"],
    source: "文書の台帳",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM document d
        WHERE d.kind = 'policy' AND EXISTS (SELECT 1 FROM revision r
            WHERE r.document_id = d.id AND r.state = 'approved' AND r.effective_on <= $1)",
    violating: "SELECT 'document' AS noun, d.id, d.title AS label, COUNT(*) OVER () AS total FROM document d
        WHERE d.kind = 'policy' AND EXISTS (SELECT 1 FROM revision r
                WHERE r.document_id = d.id AND r.state = 'approved' AND r.effective_on <= $1)
            AND $2 >= 0 AND (CAST(SUBSTR($1, 1, 4) AS BIGINT) - CAST(SUBSTR(COALESCE(d.reviewed_on, (
                    SELECT MAX(t.effective_on) FROM revision t
                    WHERE t.document_id = d.id AND t.state = 'approved' AND t.effective_on <= $1)), 1, 4) AS BIGINT)) * 12
                + CAST(SUBSTR($1, 6, 2) AS BIGINT) - CAST(SUBSTR(COALESCE(d.reviewed_on, (
                    SELECT MAX(t.effective_on) FROM revision t
                    WHERE t.document_id = d.id AND t.state = 'approved' AND t.effective_on <= $1)), 6, 2) AS BIGINT)
                > d.review_months
        ORDER BY d.id LIMIT 20",
    holds: |_| "基本方針を、定めた間隔のうちに見直しています。".to_owned(),
    broken: |f| format!("「{}」の見直しの期限を過ぎています。", f.names()),
    aged: None,
    owners: None,
    unproven: "施行中の基本方針がないため、確かめられません。",
};
