//! 情報セキュリティ委員会 (1.7.2) met with a quorum within the last year.

use crate::Check;

pub(crate) static CHECK: Check = Check {
    id: "committee_meets_every_year",
    version: 1,
    title: "委員会が1年以内に開かれている",
    requirements: &["1.7.2"],
    complete: false,
    reads: &["body", "meeting"],
    aged: None,
    owners: None,
    source: "会議体と会議",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed,
            (SELECT MAX(CAST($2 AS BIGINT)) FROM meeting m WHERE m.state = 'held') AS source_ms
        FROM body b WHERE b.kind = 'committee' AND b.valid_from <= $1 AND (b.valid_to IS NULL OR b.valid_to > $1)",
    violating: "SELECT 'body' AS noun, b.id, b.name AS label, COUNT(*) OVER () AS total FROM body b
        WHERE b.kind = 'committee' AND b.valid_from <= $1 AND (b.valid_to IS NULL OR b.valid_to > $1) AND $2 >= 0
            AND NOT EXISTS (SELECT 1 FROM meeting m WHERE m.body_id = b.id AND m.state = 'held' AND m.held_on <= $1
                AND CAST(SUBSTR(m.held_on, 1, 4) AS BIGINT) * 372 + CAST(SUBSTR(m.held_on, 6, 2) AS BIGINT) * 31
                    + CAST(SUBSTR(m.held_on, 9, 2) AS BIGINT)
                    >= CAST(SUBSTR($1, 1, 4) AS BIGINT) * 372 + CAST(SUBSTR($1, 6, 2) AS BIGINT) * 31
                        + CAST(SUBSTR($1, 9, 2) AS BIGINT) - 372)
        ORDER BY b.name LIMIT 20",
    holds: |f| format!("{}の委員会の全てが、1年以内に開かれています。", f.expected),
    broken: |f| format!("1年以内に開かれた記録がない委員会があります({})。", f.names()),
    unproven: "委員会が登録されていないため、確かめられません。",
};
