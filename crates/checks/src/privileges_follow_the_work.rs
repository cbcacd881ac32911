//! 特権 (6.2.6): a privileged account belongs to somebody whose seat of today works on systems.

use crate::Check;
use sekisho_store::carries;

pub(crate) static CHECK: Check = Check {
    id: "privileges_follow_the_work",
    version: 1,
    title: "特権を持つ人がシステムの仕事に就いている",
    requirements: &["6.2.6"],
    complete: false,
    reads: &["account", "assignment", "person", "role_seat", "section"],
    aged: None,
    owners: None,
    source: "アカウントと体制",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms
        FROM account WHERE state = 'active' AND privileged AND $1 <> ''",
    violating: concat!(
        "SELECT 'account' AS noun, c.id, c.login AS label, COUNT(*) OVER () AS total FROM account c
        WHERE c.state = 'active' AND c.privileged AND $2 >= 0 AND NOT EXISTS (SELECT 1 FROM assignment a
            JOIN role_seat r ON ",
        carries!("r", "a", "$1"),
        "
            WHERE a.person_id = c.person_id AND a.kind NOT IN ('leave', 'dispatch')
                AND r.role IN ('system_administrator', 'system_manager', 'system_operator', 'secretariat')
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
                AND r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1))
        ORDER BY c.login LIMIT 20"
    ),
    holds: |f| format!("特権アカウント{}件の持ち主は、全て今日、システムの役割に就いています。", f.expected),
    broken: |f| {
        format!(
            "特権アカウント{}件のうち{}件の持ち主が、システムの役割に就いていません({})。",
            f.expected,
            f.violating,
            f.names()
        )
    },
    unproven: "特権アカウントが登録されていないため、確かめられません。",
};
