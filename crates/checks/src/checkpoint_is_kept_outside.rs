//! Somebody outside confirmed within 7 days that they hold a checkpoint (specs/ledger.md).

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "checkpoint_is_kept_outside",
    version: 1,
    title: "証跡の封印を7日以内に外部で確認している",
    requirements: &["6.1.9"],
    complete: false,
    reads: &["outside_checkpoint"],
    source: "外部に預けた封印",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, MAX(confirmed_ms) AS source_ms
        FROM outside_checkpoint WHERE confirmed_ms <= $2 AND $1 <> ''",
    violating: "SELECT 'outside_checkpoint' AS noun, o.id, o.place AS label, CAST(1 AS BIGINT) AS total FROM outside_checkpoint o
        WHERE o.confirmed_ms = (SELECT MAX(confirmed_ms) FROM outside_checkpoint WHERE confirmed_ms <= $2)
            AND o.confirmed_ms < $2 - 604800000 AND $1 <> '' ORDER BY o.id LIMIT 1",
    holds: |_| "7日以内に、外部で封印を持っていることを確認しています。".to_owned(),
    broken: |f| format!("外部({})での封印の確認が、7日より前で止まっています。", f.names()),
    aged: None,
    owners: None,
    unproven: "封印を外部に預けたことがまだありません。",
};
