//! The policy was reviewed (or revised) within its own period.

use crate::Check;
use crate::check::review_is_overdue;

pub(crate) static CHECK: Check = Check {
    id: "policy_is_reviewed",
    version: 2,
    title: "基本方針を期間内に見直している",
    requirements: &["9.3.1"],
    complete: false,
    reads: &["document", "revision"],
    source: "文書の台帳",
    population:
        "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM document d
        WHERE d.kind = 'policy' AND EXISTS (SELECT 1 FROM revision r
            WHERE r.document_id = d.id AND r.state = 'approved' AND r.effective_on <= $1)",
    violating: concat!(
        "SELECT 'document' AS noun, d.id, d.title AS label, COUNT(*) OVER () AS total FROM document d
        WHERE d.kind = 'policy' AND ",
        review_is_overdue!(),
        " ORDER BY d.id LIMIT 20"
    ),
    holds: |_| "基本方針を、定めた間隔のうちに見直しています。".to_owned(),
    broken: |f| format!("「{}」の見直しの期限を過ぎています。", f.names()),
    aged: None,
    owners: None,
    unproven: "施行中の基本方針がないため、確かめられません。",
};
