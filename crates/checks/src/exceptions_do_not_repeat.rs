//! A clause that is excepted again and again cannot be kept as it stands: three exceptions in three years are a defect
//! of the policy, not of those who ask.

use crate::Check;
use crate::check::day;

pub(crate) static CHECK: Check = Check {
    id: "exceptions_do_not_repeat",
    version: 1,
    title: "同じ条項の例外措置を、3年に3回以上認めていない",
    requirements: &["7.4.3"],
    complete: false,
    reads: &["exception", "requirement"],
    source: "例外措置の台帳",
    population: "SELECT COUNT(*) AS expected, COUNT(*) AS observed, CAST($2 AS BIGINT) AS source_ms FROM exception
        WHERE state = 'granted' AND valid_from <= $1",
    violating: concat!(
        "SELECT 'clause' AS noun, g.clause_label AS id, g.clause_label || ' ' || CAST(g.times AS TEXT) || '回' AS label,
            COUNT(*) OVER () AS total
        FROM (SELECT q.clause_label, COUNT(*) AS times FROM exception x JOIN requirement q ON q.id = x.requirement_id
            WHERE x.state = 'granted' AND x.valid_from <= $1 AND ",
        day!("CAST($1 AS TEXT)"),
        " - ",
        day!("x.valid_from"),
        " <= 1096 GROUP BY q.clause_label) g WHERE g.times >= 3 AND $2 >= 0 ORDER BY g.clause_label LIMIT 20"
    ),
    holds: |_| "3年に3回以上、例外を認めた条項はありません。".to_owned(),
    broken: |f| {
        format!(
            "{}条項で、3年に3回以上の例外を認めています({})。守れる方針に直してください。",
            f.violating,
            f.names()
        )
    },
    aged: None,
    owners: None,
    unproven: "例外措置がまだ1件もないため、確かめられません。該当なしの報告か証拠が要ります。",
};
