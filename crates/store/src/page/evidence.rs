//! Evidence as pages read it, within the reader's reach.

use sekisho_domain::access::Reach;
use sekisho_domain::clock::Ms;
use sekisho_domain::noun::Value;

use crate::Db;
use crate::error::Result;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EvidenceLine {
    pub id: String,
    pub requirement_id: String,
    pub unit_id: Option<String>,
    pub section: Option<String>,
    pub kind: String,
    pub title: String,
    pub detail: Option<String>,
    pub answer: Option<String>,
    pub observed_ms: i64,
    pub filed_ms: i64,
    pub fresh_until_ms: i64,
    pub file_name: Option<String>,
    pub object_id: Option<String>,
    pub sha256: Option<String>,
    pub reference: Option<String>,
    pub filed_by: String,
    pub person: String,
}

/// Evidence among that of other requirements of a clause.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ClauseEvidence {
    pub id: String,
    pub requirement_id: String,
    pub requirement: String,
    pub section: Option<String>,
    pub title: String,
    pub observed_ms: i64,
    pub filed_ms: i64,
    pub fresh_until_ms: i64,
    pub person: String,
}

sql! {
    /// `$4`: `*` or `,unit,unit,`; `$5`: the reader, or empty.
    const PAGE = "SELECT e.id, e.requirement_id, e.unit_id,
            (SELECT s.name FROM section s WHERE s.unit_id = e.unit_id ORDER BY s.valid_from DESC LIMIT 1) AS section,
            e.kind, e.title, e.detail, e.answer, e.observed_ms, e.filed_ms, e.fresh_until_ms, e.file_name,
            e.object_id, e.sha256, e.reference, e.filed_by, p.name AS person
        FROM evidence e JOIN person p ON p.id = e.filed_by
        WHERE e.requirement_id = $1
            AND (e.observed_ms < $2 OR (e.observed_ms = $2 AND e.id < $3))
            AND ($4 = '*' OR e.filed_by = $5 OR $4 LIKE '%,' || e.unit_id || ',%')
        ORDER BY e.observed_ms DESC, e.id DESC LIMIT $6";
    const ONE = "SELECT e.id, e.requirement_id, e.unit_id,
            (SELECT s.name FROM section s WHERE s.unit_id = e.unit_id ORDER BY s.valid_from DESC LIMIT 1) AS section,
            e.kind, e.title, e.detail, e.answer, e.observed_ms, e.filed_ms, e.fresh_until_ms, e.file_name,
            e.object_id, e.sha256, e.reference, e.filed_by, p.name AS person
        FROM evidence e JOIN person p ON p.id = e.filed_by WHERE e.id = $1";
    const COUNT = "SELECT COUNT(*) FROM evidence WHERE requirement_id = $1";
    const OF_CLAUSE = "SELECT e.id, e.requirement_id, q.title AS requirement,
            (SELECT s.name FROM section s WHERE s.unit_id = e.unit_id ORDER BY s.valid_from DESC LIMIT 1) AS section,
            e.title, e.observed_ms, e.filed_ms, e.fresh_until_ms, p.name AS person
        FROM evidence e JOIN requirement q ON q.id = e.requirement_id JOIN person p ON p.id = e.filed_by
        WHERE q.clause_id = $1
            AND (e.observed_ms < $2 OR (e.observed_ms = $2 AND e.id < $3))
            AND ($4 = '*' OR e.filed_by = $5 OR $4 LIKE '%,' || e.unit_id || ',%')
        ORDER BY e.observed_ms DESC, e.id DESC LIMIT $6";
    const COUNT_OF_CLAUSE = "SELECT COUNT(*) FROM evidence e JOIN requirement q ON q.id = e.requirement_id
        WHERE q.clause_id = $1";
}

/// A reach as two bound values: the sections as `,a,b,` (`*` for all), and the person whose own rows count.
fn bind(reach: &Reach, person_id: &str) -> Option<[Value; 2]> {
    let list = |units: &[String]| format!(",{},", units.join(","));
    Some(match reach {
        Reach::All => ["*".into(), "".into()],
        Reach::Sections(units) => [list(units).into(), "".into()],
        Reach::SectionsAndOwn(units) => [list(units).into(), person_id.into()],
        Reach::Own => [",,".into(), person_id.into()],
        Reach::Nothing => return None,
    })
}

impl Db {
    /// Evidence of a requirement that the reader may see, newest observation first, before `(observed, id)`.
    pub async fn evidence_page(
        &self,
        requirement_id: &str,
        before: (Ms, &str),
        reach: &Reach,
        person_id: &str,
        limit: i64,
    ) -> Result<Vec<EvidenceLine>> {
        let Some([units, own]) = bind(reach, person_id) else { return Ok(Vec::new()) };
        let (observed, id) = before;
        let args = [requirement_id.into(), observed.into(), id.into(), units, own, limit.into()];
        self.fetch_all(PAGE, &args).await
    }

    /// Evidence of all requirements of a clause that the reader may see, newest observation first.
    pub async fn clause_evidence(
        &self,
        clause_id: &str,
        before: (Ms, &str),
        reach: &Reach,
        person_id: &str,
        limit: i64,
    ) -> Result<Vec<ClauseEvidence>> {
        let Some([units, own]) = bind(reach, person_id) else { return Ok(Vec::new()) };
        let (observed, id) = before;
        let args = [clause_id.into(), observed.into(), id.into(), units, own, limit.into()];
        self.fetch_all(OF_CLAUSE, &args).await
    }

    /// How many there are, seen or not.
    pub async fn clause_evidence_count(&self, clause_id: &str) -> Result<i64> {
        let (count,): (i64,) = self.fetch_one(COUNT_OF_CLAUSE, &[clause_id.into()]).await?;
        Ok(count)
    }

    pub async fn evidence(&self, id: &str) -> Result<Option<EvidenceLine>> {
        self.fetch_optional(ONE, &[id.into()]).await
    }

    /// How many there are, seen or not.
    pub async fn evidence_count(&self, requirement_id: &str) -> Result<i64> {
        let (count,): (i64,) = self.fetch_one(COUNT, &[requirement_id.into()]).await?;
        Ok(count)
    }
}
