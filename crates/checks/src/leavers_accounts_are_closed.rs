//! 抹消 (6.2.3): whoever left has no account that could be used again by unlocking it.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "leavers_accounts_are_closed",
    version: 1,
    title: "退職した人のアカウントが廃止されている",
    requirements: &["6.2.3"],
    complete: false,
    reads: &["account", "person"],
    aged: None,
    source: "アカウントと職員名簿",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM account WHERE $1 <> ''",
    violating: "SELECT 'account' AS noun, c.id, c.login AS label, COUNT(*) OVER () AS total FROM account c
        JOIN person n ON n.id = c.person_id
        WHERE c.state <> 'disabled' AND n.left_on IS NOT NULL AND n.left_on <= $1 AND $2 >= 0
        ORDER BY c.login LIMIT 20",
    holds: |f| format!("アカウント{}件のうち、退職した人のものは全て廃止されています。", f.expected),
    broken: |f| format!("退職した人のアカウント{}件が廃止されていません({})。", f.violating, f.names()),
    unproven: "アカウントが登録されていないため、確かめられません。",
};
