//! 例外措置 at a glance: each with its decision, and how often its clause was excepted.

use sekisho_domain::access::Reach;
use sekisho_domain::date::Date;

use crate::Db;
use crate::error::Result;
use crate::register::reached_units;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ExceptionLine {
    pub id: String,
    pub requirement_id: String,
    pub catalogue_id: Option<String>,
    pub title: String,
    pub clause_label: String,
    pub reason: String,
    pub substitute: String,
    pub residual_risk: Option<String>,
    pub valid_from: String,
    pub valid_to: String,
    pub state: String,
    /// The decision on it, and who asked.
    pub decision_id: Option<String>,
    pub applicant: Option<String>,
    /// How often an exception from the same clause was granted in the three years before the day.
    pub times: i64,
}

/// Rows of one page; a city grants a few dozen a year.
const ROWS_MAX: i64 = 500;

sql! {
    /// `$1` the day, `$2` `now`, `asked` or `past`, `$3` `*` or `,unit,unit,`, `$4` three years
    /// before the day, `$5` limit, `$6` whose own applications are meant besides.
    const LINES = "SELECT x.id, x.requirement_id, q.catalogue_id, q.title, q.clause_label, x.reason, x.substitute,
            x.residual_risk, x.valid_from, x.valid_to, x.state, d.id AS decision_id, p.name AS applicant,
            (SELECT COUNT(*) FROM exception o JOIN requirement oq ON oq.id = o.requirement_id
                WHERE oq.clause_label = q.clause_label AND o.state = 'granted' AND o.valid_from <= $1
                AND o.valid_from > $4) AS times
        FROM exception x JOIN requirement q ON q.id = x.requirement_id
        LEFT JOIN decision d ON d.subject_noun = 'exception' AND d.subject_id = x.id
        LEFT JOIN person p ON p.id = d.applicant_id
        WHERE (CAST($3 AS TEXT) = '*' OR $3 LIKE '%,' || x.unit_id || ',%' OR d.applicant_id = $6)
            AND (($2 = 'now' AND x.state = 'granted' AND x.valid_from <= $1 AND x.valid_to > $1)
              OR ($2 = 'asked' AND (x.state = 'requested' OR (x.state = 'granted' AND x.valid_from > $1)))
              OR ($2 = 'past' AND (x.state = 'refused' OR x.valid_to <= $1)))
        ORDER BY x.valid_to, x.id LIMIT $5";
}

impl Db {
    /// `which`: `now`, `asked` or `past`. Those within reach, and what the person asked for.
    pub async fn exceptions(
        &self,
        which: &str,
        reach: &Reach,
        person_id: &str,
        on: Date,
    ) -> Result<Vec<ExceptionLine>> {
        let since = on.with().year(on.year() - 3).day(1).build().unwrap_or(on);
        let units = reached_units(reach).unwrap_or_default();
        let args = [on.into(), which.into(), units.into(), since.into(), ROWS_MAX.into(), person_id.into()];
        self.fetch_all(LINES, &args).await
    }
}
