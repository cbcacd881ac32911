//! A backup was restored elsewhere, with success, within 12 months.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "restore_is_tested",
    version: 1,
    title: "12か月以内に復元訓練に成功している",
    requirements: &["6.1.5"],
    complete: false,
    reads: &["restore_test"],
    source: "復元訓練の記録",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, MAX(tested_ms) AS source_ms FROM restore_test
        WHERE tested_ms <= $2 AND $1 <> ''",
    violating: "SELECT 'restore_test' AS noun, t.id, t.result AS label, CAST(1 AS BIGINT) AS total FROM restore_test t
        WHERE t.tested_ms = (SELECT MAX(tested_ms) FROM restore_test WHERE tested_ms <= $2)
            AND (t.result <> 'ok' OR t.tested_ms < $2 - 31622400000) AND $1 <> '' ORDER BY t.id LIMIT 1",
    holds: |_| "12か月以内の復元訓練に成功しています。".to_owned(),
    broken: |_| "最後の復元訓練が失敗に終わったか、12か月より前です。".to_owned(),
    aged: None,
    owners: None,
    unproven: "復元訓練の記録がまだありません。",
};
