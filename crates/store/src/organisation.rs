//! Sections, people, positions and who sits where: writes with the rules that a table cannot hold, and the lists
//! that pages need.

use sekisho_domain::date::Date;
use sekisho_domain::noun::Row;
use sekisho_domain::person::PERSON;
use sekisho_domain::position::ASSIGNMENT;
use sekisho_domain::search::{like_pattern, search_key};
use sekisho_domain::section::SECTION;

use crate::error::{Result, StoreError};
use crate::{Db, Tx};

sql! {
    const OVERLAP = "SELECT COUNT(*) AS number FROM section
        WHERE unit_id = $1 AND id <> $2 AND ($4 IS NULL OR valid_from < $4) AND (valid_to IS NULL OR valid_to > $3)";
    const CURRENT = "SELECT id FROM section WHERE unit_id = $1 AND valid_to IS NULL";
    const SECTIONS = "SELECT id, version, unit_id, code, name, kana, kind, parent_unit_id, sort_key, valid_from, valid_to
        FROM section WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) ORDER BY sort_key, id";
    const PEOPLE = "SELECT p.id, p.version, p.number, p.name, p.kana, p.mail, p.population, p.joined_on, p.left_on
        FROM person p
        WHERE p.id > $1 AND ($2 IS NULL OR p.search_key LIKE $2 ESCAPE '!') ORDER BY p.id LIMIT $3";
    const POSITIONS = "SELECT id, version, code, name, rank, valid_from, valid_to FROM position
        WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) ORDER BY rank, code";
    const INCUMBENTS = "SELECT r.role, a.id AS assignment_id, a.person_id, n.name AS person, a.position_id,
            p.name AS position, p.rank, a.unit_id, s.name AS section, a.kind
        FROM role_seat r
        JOIN position p ON p.id = r.position_id
        JOIN assignment a ON a.position_id = r.position_id AND (r.unit_id IS NULL OR r.unit_id = a.unit_id)
            AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1) AND a.kind NOT IN ('leave', 'dispatch')
        JOIN person n ON n.id = a.person_id AND (n.left_on IS NULL OR n.left_on > $1)
        LEFT JOIN section s ON s.unit_id = a.unit_id AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
        WHERE r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1)
        ORDER BY r.role, p.rank, s.sort_key, a.id";
    const ROLE_SEATS = "SELECT r.id, r.version, r.role, r.position_id, p.name AS position, r.unit_id, r.valid_from, r.valid_to
        FROM role_seat r JOIN position p ON p.id = r.position_id
        WHERE r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1) ORDER BY r.role, p.rank, r.id";
    const ASSIGNMENTS = "SELECT a.id, a.version, a.person_id, n.name AS person, a.position_id, p.name AS position,
            a.unit_id, s.name AS section, a.kind, a.valid_from, a.valid_to
        FROM assignment a
        JOIN person n ON n.id = a.person_id
        JOIN position p ON p.id = a.position_id
        LEFT JOIN section s ON s.unit_id = a.unit_id AND s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)
        WHERE a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
            AND a.id > $2 AND ($3 IS NULL OR a.unit_id = $3)
        ORDER BY a.id LIMIT $4";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SectionRow {
    pub id: String,
    pub version: i64,
    pub unit_id: String,
    pub code: String,
    pub name: String,
    pub kana: Option<String>,
    pub kind: String,
    pub parent_unit_id: Option<String>,
    pub sort_key: String,
    pub valid_from: String,
    pub valid_to: Option<String>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonRow {
    pub id: String,
    pub version: i64,
    pub number: String,
    pub name: String,
    pub kana: Option<String>,
    pub mail: Option<String>,
    pub population: String,
    pub joined_on: String,
    pub left_on: Option<String>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PositionRow {
    pub id: String,
    pub version: i64,
    pub code: String,
    pub name: String,
    pub rank: i64,
    pub valid_from: String,
    pub valid_to: Option<String>,
}

/// Somebody who holds a security role on the day asked for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Incumbent {
    pub role: String,
    pub assignment_id: String,
    pub person_id: String,
    pub person: String,
    pub position_id: String,
    pub position: String,
    pub rank: i64,
    pub unit_id: String,
    pub section: Option<String>,
    pub kind: String,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RoleSeatRow {
    pub id: String,
    pub version: i64,
    pub role: String,
    pub position_id: String,
    pub position: String,
    pub unit_id: Option<String>,
    pub valid_from: String,
    pub valid_to: Option<String>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AssignmentRow {
    pub id: String,
    pub version: i64,
    pub person_id: String,
    pub person: String,
    pub position_id: String,
    pub position: String,
    pub unit_id: String,
    pub section: Option<String>,
    pub kind: String,
    pub valid_from: String,
    pub valid_to: Option<String>,
}

impl Db {
    /// The organisation as it is on a day, in the order of the organisation chart.
    pub async fn sections(&self, on: Date) -> Result<Vec<SectionRow>> {
        self.fetch_all(SECTIONS, &[on.into()]).await
    }

    /// People whose name, reading or number contains `term`, after id `after`.
    pub async fn people(&self, term: Option<&str>, after: &str, limit: i64) -> Result<Vec<PersonRow>> {
        let pattern = term.filter(|t| !t.trim().is_empty()).map(like_pattern);
        self.fetch_all(PEOPLE, &[after.into(), pattern.into(), limit.into()]).await
    }

    pub async fn positions(&self, on: Date) -> Result<Vec<PositionRow>> {
        self.fetch_all(POSITIONS, &[on.into()]).await
    }

    /// 体制: everybody who holds a security role on a day.
    pub async fn incumbents(&self, on: Date) -> Result<Vec<Incumbent>> {
        self.fetch_all(INCUMBENTS, &[on.into()]).await
    }

    pub async fn role_seats(&self, on: Date) -> Result<Vec<RoleSeatRow>> {
        self.fetch_all(ROLE_SEATS, &[on.into()]).await
    }

    /// Assignments valid on a day, after id `after`, of one unit or of all.
    pub async fn assignments(&self, on: Date, unit_id: Option<&str>, after: &str, limit: i64) -> Result<Vec<AssignmentRow>> {
        self.fetch_all(ASSIGNMENTS, &[on.into(), after.into(), unit_id.map(str::to_owned).into(), limit.into()]).await
    }
}

impl Tx<'_> {
    /// Writes one period of a unit; periods of one unit do not overlap.
    pub async fn create_section(&mut self, row: Row) -> Result<()> {
        let (id, unit) = (row.id.clone(), row.text("unit_id").to_owned());
        let from = row.text("valid_from").to_owned();
        let to = row.get("valid_to").and_then(|v| v.text()).map(str::to_owned);
        self.insert(row).await?;
        let args = [unit.into(), id.into(), from.into(), to.into()];
        let (overlaps,): (i64,) = self.fetch_optional(OVERLAP, &args).await?.ok_or(StoreError::NotFound)?;
        match overlaps {
            0 => Ok(()),
            _ => Err(StoreError::IllegalMove("two periods of one section overlap")),
        }
    }

    /// Ends the current period of a unit on a day and begins another with a new name.
    pub async fn rename_section(&mut self, unit_id: &str, name: &str, kana: Option<&str>, from: Date) -> Result<()> {
        let (id,): (String,) = self.fetch_optional(CURRENT, &[unit_id.into()]).await?.ok_or(StoreError::NotFound)?;
        let old = self.get(&SECTION, &id).await?;
        if from.to_string().as_str() <= old.text("valid_from") {
            return Err(StoreError::IllegalMove("a section is renamed after it was made"));
        }
        let mut new = Row::new(&SECTION, self.new_id());
        new.values = old.values.clone();
        self.update(old.set("valid_to", from)).await?;
        let new = new.set("name", name).set("kana", kana.map(str::to_owned)).set("valid_from", from);
        self.create_section(new.set("valid_to", None::<Date>)).await
    }

    /// Writes a person with the folded form that searches look at.
    pub async fn create_person(&mut self, row: Row) -> Result<()> {
        let key = search_key(&[row.text("number"), row.text("name"), row.text("kana")]);
        self.insert(row.set("search_key", key)).await
    }

    pub async fn update_person(&mut self, row: Row) -> Result<()> {
        let key = search_key(&[row.text("number"), row.text("name"), row.text("kana")]);
        self.update(row.set("search_key", key)).await
    }

    /// Ends an assignment: `on` is the first day on which it no longer holds.
    pub async fn end_assignment(&mut self, id: &str, on: Date) -> Result<()> {
        let row = self.get(&ASSIGNMENT, id).await?;
        if on.to_string().as_str() < row.text("valid_from") {
            return Err(StoreError::IllegalMove("an assignment ends after it begins"));
        }
        self.update(row.set("valid_to", on)).await
    }

    /// A person leaves: no seat of theirs gives rights from that day on.
    pub async fn person_leaves(&mut self, person_id: &str, on: Date) -> Result<()> {
        let row = self.get(&PERSON, person_id).await?;
        self.update(row.set("left_on", on)).await
    }
}
