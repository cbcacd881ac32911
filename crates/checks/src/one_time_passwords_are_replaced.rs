//! Handed-out passwords are replaced at the first log-in, within 30 days of being handed out.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "one_time_passwords_are_replaced",
    version: 1,
    title: "仮パスワードが放置されていない",
    requirements: &["5.4.12", "6.2.23"],
    complete: false,
    reads: &["account", "credential"],
    source: "アカウントと認証手段",
    population:
        "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM credential
        WHERE kind = 'password' AND revoked_ms IS NULL AND $1 <> ''",
    violating: "SELECT 'account' AS noun, a.id, a.login AS label, COUNT(*) OVER () AS total FROM credential c
        JOIN credential_secret s ON s.credential_id = c.id
        JOIN account a ON a.id = c.account_id AND a.state = 'active'
        WHERE c.kind = 'password' AND c.revoked_ms IS NULL AND s.one_time AND s.secret <> '!'
            AND c.registered_ms < $2 - 2592000000 AND $1 <> ''
        ORDER BY a.login LIMIT 20",
    holds: |_| "渡したまま30日を過ぎた仮パスワードはありません。".to_owned(),
    broken: |f| format!("渡したまま30日を過ぎた仮パスワードが{}件あります({})。", f.violating, f.names()),
    aged: None,
    owners: None,
    unproven: "パスワードが登録されていないため、確かめられません。",
};
