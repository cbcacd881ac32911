//! Every privileged account has two unrevoked credentials of different kinds.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "privileged_accounts_have_two_factors",
    version: 1,
    title: "特権アカウントが2要素で守られている",
    requirements: &["6.2.12"],
    complete: false,
    reads: &["account", "credential"],
    source: "アカウントと認証手段",
    population:
        "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM account
        WHERE privileged AND state = 'active' AND $1 <> ''",
    violating: "SELECT 'account' AS noun, a.id, a.login AS label, COUNT(*) OVER () AS total FROM account a
        WHERE a.privileged AND a.state = 'active' AND $1 <> '' AND $2 >= 0
            AND (SELECT COUNT(DISTINCT c.kind) FROM credential c
                WHERE c.account_id = a.id AND c.revoked_ms IS NULL AND c.kind <> 'recovery') < 2
        ORDER BY a.login LIMIT 20",
    holds: |f| format!("特権アカウント{}件の全てに、種類の違う2つの認証手段があります。", f.expected),
    broken: |f| {
        format!(
            "特権アカウント{}件のうち{}件に、2つ目の認証手段がありません({})。",
            f.expected,
            f.violating,
            f.names()
        )
    },
    aged: None,
    owners: None,
    unproven: "特権アカウントが登録されていないため、確かめられません。",
};
