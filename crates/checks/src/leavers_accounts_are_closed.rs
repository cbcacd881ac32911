//! 抹消 (6.2.3): whoever left has no account that could be used again by unlocking it, here or in the directory. An
//! entry of the directory counts as closed once a reading of it has said so.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "leavers_accounts_are_closed",
    version: 2,
    title: "退職した人のアカウントが廃止されている",
    requirements: &["6.2.3"],
    complete: false,
    reads: &["account", "person"],
    aged: None,
    owners: None,
    source: "アカウントと職員名簿",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM account WHERE $1 <> ''",
    violating: "SELECT q.noun, q.id, q.label, COUNT(*) OVER () AS total FROM (
            SELECT 'account' AS noun, c.id AS id, c.login AS label FROM account c JOIN person n ON n.id = c.person_id
                WHERE c.state <> 'disabled' AND n.left_on IS NOT NULL AND n.left_on <= $1
            UNION ALL
            SELECT 'person' AS noun, n.id AS id, e.login || '（庁内の認証基盤）' AS label FROM directory_entry e
                JOIN person n ON n.id = e.person_id
                WHERE e.enabled AND n.left_on IS NOT NULL AND n.left_on <= $1
        ) q WHERE $2 >= 0 ORDER BY q.label LIMIT 20",
    holds: |f| format!("アカウント{}件のうち、退職した人のものは全て廃止されています。", f.expected),
    broken: |f| format!("退職した人のアカウント{}件が廃止されていません({})。", f.violating, f.names()),
    unproven: "アカウントが登録されていないため、確かめられません。",
};
