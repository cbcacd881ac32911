//! 基本方針 and 対策基準 are both in force, and the standard was decided no earlier than the policy it rests on took effect, or confirmed since.

use crate::Check;
use crate::check::in_force;

pub(crate) static CHECK: Check = Check {
    id: "standard_follows_the_policy",
    version: 1,
    title: "対策基準が施行中の基本方針に基づいている",
    requirements: &["P3.1"],
    complete: false,
    reads: &["document", "revision"],
    source: "文書の台帳",
    population: concat!(
        "SELECT CAST(2 AS BIGINT) AS expected, COUNT(*) AS observed, MAX(approved_ms) AS source_ms FROM revision
        WHERE $2 >= 0 AND (id = ",
        in_force!("policy"),
        "
            OR id = ",
        in_force!("standard"),
        ")"
    ),
    violating: concat!(
        "SELECT 'revision' AS noun, s.id, s.title AS label, COUNT(*) OVER () AS total
        FROM revision s JOIN document d ON d.id = s.document_id, revision p
        WHERE $2 >= 0 AND s.id = ",
        in_force!("standard"),
        "
            AND p.id = ",
        in_force!("policy"),
        "
            AND s.effective_on < p.effective_on AND (d.reviewed_on IS NULL OR d.reviewed_on < p.effective_on)"
    ),
    holds: |_| "基本方針と対策基準が施行中で、対策基準は今の基本方針に基づいています。".to_owned(),
    broken: |f| format!("「{}」は、今の基本方針が施行されてから見直されていません。", f.names()),
    aged: None,
    owners: None,
    unproven: "基本方針と対策基準の両方が施行中ではないため、確かめられません。",
};
