//! No active account belongs to somebody without a seat today.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "accounts_have_seats",
    version: 1,
    title: "在籍しない人のアカウントが残っていない",
    requirements: &["6.2.4"],
    complete: false,
    reads: &["account", "assignment", "person"],
    source: "アカウントと配属",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM account WHERE state = 'active' AND $1 <> ''",
    violating: "SELECT 'account' AS noun, c.id, c.login AS label, COUNT(*) OVER () AS total FROM account c
        JOIN person n ON n.id = c.person_id
        WHERE c.state = 'active' AND $2 >= 0 AND ((n.left_on IS NOT NULL AND n.left_on <= $1) OR NOT EXISTS (
            SELECT 1 FROM assignment a WHERE a.person_id = c.person_id
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)))
        ORDER BY c.login LIMIT 20",
    holds: |f| format!("有効なアカウント{}件の持ち主は、全て今日の配属にいます。", f.expected),
    broken: |f| {
        format!(
            "有効なアカウント{}件のうち{}件の持ち主が、今日の配属にいません({})。",
            f.expected,
            f.violating,
            f.names()
        )
    },
    aged: None,
    owners: None,
    unproven: "アカウントが登録されていないため、確かめられません。",
};
