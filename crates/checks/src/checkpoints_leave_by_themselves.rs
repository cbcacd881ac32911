//! Every place that `[keepers]` names got a checkpoint within the last day and a half, by itself.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "checkpoints_leave_by_themselves",
    version: 1,
    title: "証跡の封印が、毎日自動で外へ出ている",
    requirements: &["6.1.9"],
    complete: false,
    reads: &["checkpoint_copy"],
    source: "設定 [keepers] の預け先と、出した記録",
    population: "SELECT COUNT(*) AS expected, COUNT(k.left_ms) AS observed, MIN(k.left_ms) AS source_ms
        FROM keeper k WHERE $1 <> '' AND $2 >= 0",
    violating:
        "SELECT 'keeper' AS noun, k.name AS id, k.name AS label, COUNT(*) OVER () AS total FROM keeper k
        WHERE COALESCE(k.left_ms, k.since_ms) < $2 - 129600000 AND $1 <> '' ORDER BY k.name LIMIT 20",
    holds: |f| format!("{}か所の預け先の全てに、1日半以内に封印が出ています。", f.expected),
    broken: |f| {
        format!(
            "{}か所の預け先のうち{}か所に、1日半より長く封印が出ていません({})。",
            f.expected,
            f.violating,
            f.names()
        )
    },
    aged: None,
    owners: None,
    unproven: "封印を自動で外へ出す先(設定の [keepers])がないか、まだ一度も出ていません。",
};
