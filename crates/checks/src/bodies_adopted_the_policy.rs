//! The policy in force was adopted by 市長 and other bodies, each on a recorded day.

use crate::Check;
use crate::check::in_force;

pub(crate) static CHECK: Check = Check {
    id: "bodies_adopted_the_policy",
    version: 1,
    title: "基本方針を各機関が決定している",
    requirements: &["P1.1"],
    complete: false,
    reads: &["adoption", "document", "revision"],
    source: "文書と制定主体",
    population: concat!(
        "SELECT COUNT(*) AS expected, COUNT(*) AS observed, MAX(approved_ms) AS source_ms
        FROM revision WHERE id = ",
        in_force!("policy"),
        " AND $2 >= 0"
    ),
    violating: concat!(
        "SELECT 'revision' AS noun, r.id, r.title AS label, COUNT(*) OVER () AS total FROM revision r
        WHERE r.id = ",
        in_force!("policy"),
        " AND $2 >= 0
            AND NOT EXISTS (SELECT 1 FROM adoption a WHERE a.revision_id = r.id AND a.body = '市長' AND a.decided_on <= $1)"
    ),
    holds: |_| "施行中の基本方針について、市長の決定日が記録されています。".to_owned(),
    broken: |f| format!("施行中の「{}」に、市長の決定日が記録されていません。", f.names()),
    aged: None,
    owners: None,
    unproven: "施行中の基本方針がないため、確かめられません。",
};
