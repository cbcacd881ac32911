//! Who sits where: assignments, and the security roles that come with positions.

use sekisho_domain::date::Date;
use sekisho_domain::role_name::RoleNames;

use crate::error::Result;
use crate::{Db, carries};

/// A seat that carries a role on some day, and who sits in it; `person` is `None` when it is vacant.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Incumbent {
    pub role: String,
    pub position_id: String,
    pub position: String,
    pub unit_id: Option<String>,
    pub section: Option<String>,
    pub person_id: Option<String>,
    pub person: Option<String>,
}

/// A position with how many people hold it on some day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PositionLine {
    pub id: String,
    pub code: String,
    pub name: String,
    pub rank: i64,
    pub valid_from: String,
    pub valid_to: Option<String>,
    pub holders: i64,
}

/// One assignment in words.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AssignmentLine {
    pub id: String,
    pub position: String,
    pub unit_id: String,
    pub section: Option<String>,
    pub kind: String,
    pub valid_from: String,
    pub valid_to: Option<String>,
}

/// One 充て職 rule in words.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RoleSeatLine {
    pub id: String,
    pub role: String,
    pub position: String,
    pub unit_id: Option<String>,
    pub section: Option<String>,
    pub valid_from: String,
    pub valid_to: Option<String>,
    /// People who hold the position there on the day asked for.
    pub holders: i64,
}

sql! {
    const ME = "SELECT pos.name AS position, s.name AS section FROM assignment a
        JOIN position pos ON pos.id = a.position_id
        JOIN section s ON s.unit_id = a.unit_id AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
        WHERE a.person_id = $1 AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2)
        ORDER BY CASE a.kind WHEN 'main' THEN 0 ELSE 1 END, a.valid_from DESC LIMIT 1";
    const INCUMBENTS = concat!("SELECT rs.role, rs.position_id, pos.name AS position, a.unit_id, s.name AS section,
            p.id AS person_id, p.name AS person
        FROM role_seat rs
        JOIN position pos ON pos.id = rs.position_id
        LEFT JOIN assignment a ON ", carries!("rs", "a", "$1"), "
            AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
            AND a.kind NOT IN ('leave', 'dispatch')
        LEFT JOIN section s ON s.unit_id = a.unit_id
            AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
        LEFT JOIN person p ON p.id = a.person_id
        WHERE rs.valid_from <= $1 AND (rs.valid_to IS NULL OR rs.valid_to > $1)
        ORDER BY rs.role, s.sort_key, p.id");
    const ROLE_NAMES = "SELECT role, name FROM role_name ORDER BY role";
    const POSITIONS = "SELECT pos.id, pos.code, pos.name, pos.rank, pos.valid_from, pos.valid_to,
            (SELECT COUNT(*) FROM assignment a WHERE a.position_id = pos.id
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)) AS holders
        FROM position pos WHERE pos.valid_to IS NULL OR pos.valid_to > $1 ORDER BY pos.rank, pos.code";
    const ROLE_SEATS = concat!("SELECT rs.id, rs.role, pos.name AS position, rs.unit_id,
            s.name AS section, rs.valid_from, rs.valid_to,
            (SELECT COUNT(*) FROM assignment a WHERE ", carries!("rs", "a", "$1"), " AND a.kind NOT IN ('leave', 'dispatch')
                AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)) AS holders
        FROM role_seat rs JOIN position pos ON pos.id = rs.position_id
        LEFT JOIN section s ON s.unit_id = rs.unit_id
            AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
        WHERE rs.valid_to IS NULL OR rs.valid_to > $1 ORDER BY rs.role, pos.rank, rs.id");
    const ASSIGNMENTS_OF = "SELECT a.id, pos.name AS position, a.unit_id, s.name AS section, a.kind,
            a.valid_from, a.valid_to
        FROM assignment a JOIN position pos ON pos.id = a.position_id
        LEFT JOIN section s ON s.unit_id = a.unit_id
            AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2)
        WHERE a.person_id = $1 ORDER BY a.valid_from DESC, a.id";
}

impl Db {
    /// What the city calls its roles.
    pub async fn role_names(&self) -> Result<RoleNames> {
        Ok(RoleNames::new(self.fetch_all::<(String, String)>(ROLE_NAMES, &[]).await?))
    }

    /// (position, section) of the main assignment on a day.
    pub async fn main_seat(&self, person_id: &str, on: Date) -> Result<Option<(String, String)>> {
        self.fetch_optional(ME, &[person_id.into(), on.into()]).await
    }

    /// Every seat that carries a role on a day; vacant rules included.
    pub async fn incumbents(&self, on: Date) -> Result<Vec<Incumbent>> {
        self.fetch_all(INCUMBENTS, &[on.into()]).await
    }

    pub async fn positions(&self, on: Date) -> Result<Vec<PositionLine>> {
        self.fetch_all(POSITIONS, &[on.into()]).await
    }

    pub async fn role_seats(&self, on: Date) -> Result<Vec<RoleSeatLine>> {
        self.fetch_all(ROLE_SEATS, &[on.into()]).await
    }

    /// All assignments of a person, newest first, with section names as of a day.
    pub async fn assignments_of(&self, person_id: &str, on: Date) -> Result<Vec<AssignmentLine>> {
        self.fetch_all(ASSIGNMENTS_OF, &[person_id.into(), on.into()]).await
    }
}
