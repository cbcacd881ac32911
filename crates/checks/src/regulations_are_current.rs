//! No document in force is past its review date.

use crate::Check;
use crate::check::review_is_overdue;

pub(crate) static CHECK: Check = Check {
    id: "regulations_are_current",
    version: 2,
    title: "見直し日を過ぎた規程がない",
    requirements: &["P3.2", "9.3.4"],
    complete: false,
    reads: &["document", "revision"],
    source: "文書の台帳",
    population:
        "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM document d
        WHERE EXISTS (SELECT 1 FROM revision r
            WHERE r.document_id = d.id AND r.state = 'approved' AND r.effective_on <= $1)",
    violating: concat!(
        "SELECT 'document' AS noun, d.id, d.title AS label, COUNT(*) OVER () AS total FROM document d
        WHERE ",
        review_is_overdue!(),
        " ORDER BY d.title, d.id LIMIT 20"
    ),
    holds: |f| format!("施行中の規程{}件は、いずれも見直しの期限内です。", f.expected),
    broken: |f| {
        format!(
            "施行中の規程{}件のうち{}件が、見直しの期限を過ぎています({})。",
            f.expected,
            f.violating,
            f.names()
        )
    },
    aged: None,
    owners: None,
    unproven: "施行中の規程がないため、確かめられません。",
};
