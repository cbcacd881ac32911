//! The city's sections and people, as lists show them.

use sekisho_domain::date::Date;

use crate::Db;
use crate::error::Result;

/// A section as it is on some day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SectionLine {
    pub id: String,
    pub unit_id: String,
    pub code: String,
    pub name: String,
    pub kind: String,
    pub parent_unit_id: Option<String>,
    /// Whether it has an 情報セキュリティ管理者 of its own.
    pub managed: bool,
    pub sort_key: String,
    pub valid_from: String,
    pub valid_to: Option<String>,
    /// People assigned to it on that day.
    pub people: i64,
}

/// A person with the main seat of some day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonLine {
    pub id: String,
    pub number: String,
    pub name: String,
    pub population: String,
    pub joined_on: String,
    pub left_on: Option<String>,
    pub position: Option<String>,
    pub section: Option<String>,
}

sql! {
    const SECTIONS = "SELECT s.id, s.unit_id, s.code, s.name, s.kind, s.parent_unit_id, s.managed, s.sort_key, s.valid_from,
            s.valid_to,
            (SELECT COUNT(DISTINCT a.person_id) FROM assignment a WHERE a.unit_id = s.unit_id
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)) AS people
        FROM section s WHERE s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
        ORDER BY s.sort_key, s.id";
    const AHEAD = "SELECT s.id, s.unit_id, s.code, s.name, s.kind, s.parent_unit_id, s.managed, s.sort_key, s.valid_from, s.valid_to,
            CAST(0 AS BIGINT) AS people
        FROM section s WHERE s.valid_from > $1 ORDER BY s.valid_from, s.sort_key, s.id";
    const PEOPLE = "SELECT p.id, p.number, p.name, p.population, p.joined_on, p.left_on,
            (SELECT pos.name FROM assignment a JOIN position pos ON pos.id = a.position_id
                WHERE a.person_id = p.id AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
                ORDER BY CASE a.kind WHEN 'main' THEN 0 ELSE 1 END, a.id LIMIT 1) AS position,
            (SELECT s.name FROM assignment a JOIN section s ON s.unit_id = a.unit_id
                WHERE a.person_id = p.id AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
                AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
                ORDER BY CASE a.kind WHEN 'main' THEN 0 ELSE 1 END, a.id LIMIT 1) AS section
        FROM person p
        WHERE (p.left_on IS NULL OR p.left_on > $1) AND p.search_key LIKE $2 ESCAPE '!' AND p.number > $3
        ORDER BY p.number, p.id LIMIT $4";
    const COUNTS = "SELECT
        (SELECT COUNT(*) FROM section WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)) AS sections,
        (SELECT COUNT(*) FROM person WHERE left_on IS NULL OR left_on > $1) AS people,
        (SELECT COUNT(*) FROM assignment WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)) AS seated,
        (SELECT COUNT(*) FROM requirement WHERE counted AND state IN ('adopted', 'modified')) AS adopted,
        (SELECT COUNT(*) FROM requirement WHERE counted) AS catalogue,
        (SELECT COUNT(*) FROM requirement WHERE counted AND state = 'undecided') AS undecided,
        (SELECT COUNT(*) FROM evidence) AS evidence";
}

/// What a city has so far, for 「はじめる」 and the board's head.
#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
pub struct Counts {
    pub sections: i64,
    pub people: i64,
    pub seated: i64,
    /// Of the rows that count towards 441.
    pub adopted: i64,
    pub catalogue: i64,
    pub undecided: i64,
    pub evidence: i64,
}

impl SectionLine {
    /// Whether it keeps registers and files evidence; a 係 leaves that to its 課, unless it has a manager of its own.
    pub fn answers(&self) -> bool {
        self.managed || self.kind != "group"
    }
}

impl Db {
    pub async fn sections(&self, on: Date) -> Result<Vec<SectionLine>> {
        self.fetch_all(SECTIONS, &[on.into()]).await
    }

    /// Periods of sections that begin after a day: new sections, new names.
    pub async fn sections_ahead(&self, on: Date) -> Result<Vec<SectionLine>> {
        self.fetch_all(AHEAD, &[on.into()]).await
    }

    /// People whose search key matches a `LIKE` pattern, after a staff number.
    pub async fn people(&self, on: Date, pattern: &str, after: &str, limit: i64) -> Result<Vec<PersonLine>> {
        self.fetch_all(PEOPLE, &[on.into(), pattern.into(), after.into(), limit.into()]).await
    }

    pub async fn counts(&self, on: Date) -> Result<Counts> {
        self.fetch_one(COUNTS, &[on.into()]).await
    }
}
