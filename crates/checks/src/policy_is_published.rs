//! The revision of the policy in force was seen at an outside address by a person (地方自治法, 公表).

use crate::Check;
use crate::check::in_force;

pub(crate) static CHECK: Check = Check {
    id: "policy_is_published",
    version: 1,
    title: "施行中の基本方針が公表されている",
    requirements: &["9.3.5", "P1.2"],
    complete: false,
    reads: &["document", "publication", "revision"],
    source: "公表の記録",
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
            AND NOT EXISTS (SELECT 1 FROM publication p WHERE p.revision_id = r.id AND p.published_on <= $1)"
    ),
    holds: |_| "施行中の基本方針が、外部で公表されていることを人が確かめています。".to_owned(),
    broken: |f| format!("施行中の「{}」が公表されたことを、まだ誰も確かめていません。", f.names()),
    aged: None,
    owners: None,
    unproven: "施行中の基本方針がないため、確かめられません。",
};
