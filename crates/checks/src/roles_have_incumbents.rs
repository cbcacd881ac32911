//! Every role of the 体制 has somebody in it today: a role that a city cannot do without, and any other that the city
//! gave to a position. Clause 7(1); 1.2.7 asks for all who are responsible.

use crate::Check;
use sekisho_store::carries;

pub(crate) static CHECK: Check = Check {
    id: "roles_have_incumbents",
    version: 1,
    title: "体制の全ての役割に人がいる",
    requirements: &["1.2.7"],
    complete: false,
    reads: &["assignment", "person", "position", "role_seat", "section"],
    source: "体制と配属",
    // Of what a city cannot do without, a role that no position carries is unknown rather than vacant.
    population: "SELECT COUNT(DISTINCT r.role) + 6 - COUNT(DISTINCT CASE WHEN r.role IN ('ciso', 'chief_officer', 'officer',
                'manager', 'system_manager', 'audit_chief') THEN r.role END) AS expected,
            COUNT(DISTINCT r.role) AS observed, CAST($2 AS BIGINT) AS source_ms
        FROM role_seat r WHERE r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1)",
    violating: concat!(
        "SELECT 'role_seat' AS noun, MIN(r.id) AS id, r.role AS label, COUNT(*) OVER () AS total FROM role_seat r
        WHERE $2 >= 0 AND r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1)
            AND NOT EXISTS (SELECT 1 FROM role_seat q
                JOIN assignment a ON ",
        carries!("q", "a", "$1"),
        "
                JOIN person n ON n.id = a.person_id
                WHERE q.role = r.role AND q.valid_from <= $1 AND (q.valid_to IS NULL OR q.valid_to > $1)
                    AND a.kind NOT IN ('leave', 'dispatch')
                    AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
                    AND (n.left_on IS NULL OR n.left_on > $1))
        GROUP BY r.role ORDER BY r.role LIMIT 20"
    ),
    holds: |f| format!("体制に定めた{}の役割の全てに、今日、人がいます。", f.expected),
    broken: |f| {
        let names: Vec<&str> = f.samples.iter().map(|s| role_name(&s.label)).collect();
        format!("体制に定めた{}の役割のうち{}に、今日、人がいません({})。", f.expected, f.violating, names.join("、"))
    },
    aged: None,
    owners: None,
    unproven: "欠かせない役割(CISOから監査統括責任者まで)を全ては職に結びつけていないため、確かめられません。",
};

fn role_name(code: &str) -> &str {
    sekisho_domain::role::Role::from_code(code).map_or(code, |role| role.label())
}
