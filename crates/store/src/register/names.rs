//! The words for what a register's columns refer to.

use sekisho_domain::date::Date;
use std::collections::BTreeSet;

use sekisho_domain::noun::{Column, Kind, Row};
use sekisho_domain::person::PERSON;
use sekisho_domain::register::names::Names;
use sekisho_domain::role::Role;
use sekisho_domain::role_name::ROLE_NAME;

use crate::Db;
use crate::error::Result;

/// Rows of a noun up to which all are named on a page: so many can be picked from. A city has hundreds of systems,
/// and thousands of people and media.
pub const PICKED_MAX: usize = 400;
const MORE_THAN_PICKED: i64 = PICKED_MAX as i64 + 1;

sql! {
    /// Sections as they are on a day, and those that have ended, which old rows still belong to.
    const SECTIONS = "SELECT s.unit_id, s.code, s.name,
            (s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)) AS current
        FROM section s WHERE s.valid_from =
            (SELECT MAX(o.valid_from) FROM section o WHERE o.unit_id = s.unit_id AND o.valid_from <= $1)
        ORDER BY s.sort_key, s.id";
    const PEOPLE = "SELECT id, number, name FROM person ORDER BY number, id LIMIT $1";
    const DOCUMENTS = "SELECT id, kind, title FROM document ORDER BY kind, title, id";
    const REQUIREMENTS = "SELECT id, catalogue_id, title FROM requirement ORDER BY sort_key, id";
    /// Decisions that rows of registers name: those on 例外措置. Their numbers only: whether the rest may be read is asked
    /// on their own page.
    const DECISIONS = "SELECT d.id, d.number FROM decision d
        WHERE d.id IN (SELECT x.decision_id FROM exception x) ORDER BY d.id";
    const POSITIONS = "SELECT id, code, name FROM position ORDER BY rank, code";
}

impl Db {
    /// Names for every column that refers to something, all of them: a file may name any.
    pub async fn names(&self, columns: &[&'static Column], on: Date) -> Result<Names> {
        self.names_within(columns, None, on).await
    }

    /// Names for a page that shows these rows. Of a noun with more than [`PICKED_MAX`] rows, only those referred to.
    pub async fn names_of(&self, columns: &[&'static Column], rows: &[Row], on: Date) -> Result<Names> {
        self.names_within(columns, Some(rows), on).await
    }

    async fn names_within(
        &self,
        columns: &[&'static Column],
        shown: Option<&[Row]>,
        on: Date,
    ) -> Result<Names> {
        let mut names = Names::default();
        let mut done: Vec<&str> = Vec::new();
        for column in columns {
            let noun = match column.kind {
                Kind::Unit => "section",
                Kind::Ref(noun) => noun,
                Kind::Route => ROLE_NAME.name,
                _ => continue,
            };
            if done.contains(&noun) {
                continue;
            }
            done.push(noun);
            let referring = columns.iter().filter(|c| c.kind == Kind::Ref(noun));
            let shown = shown.map(|rows| referred(rows, referring.map(|c| c.name).collect()));
            match noun {
                "section" => self.name_sections(&mut names, on).await?,
                "role_name" => {
                    let words = self.role_names().await?;
                    for role in Role::ALL {
                        names.add(ROLE_NAME.name, role.code(), words.of(role), &[role.label()]);
                    }
                }
                "person" => self.name_people(&mut names, shown).await?,
                "document" => {
                    for (id, _, title) in self.fetch_all::<(String, String, String)>(DOCUMENTS, &[]).await? {
                        names.add("document", &id, &title, &[]);
                    }
                }
                "requirement" => self.name_requirements(&mut names).await?,
                "decision" => {
                    for (id, number) in self.fetch_all::<(String, Option<String>)>(DECISIONS, &[]).await? {
                        names.add("decision", &id, number.as_deref().unwrap_or("番号のない決裁"), &[]);
                    }
                }
                "position" => {
                    for (id, code, name) in self.fetch_all::<(String, String, String)>(POSITIONS, &[]).await?
                    {
                        names.add("position", &id, &format!("{code} {name}"), &[&code, &name]);
                    }
                }
                _ => self.name_rows(&mut names, noun, shown).await?,
            }
        }
        Ok(names)
    }

    async fn name_sections(&self, names: &mut Names, on: Date) -> Result<()> {
        let rows: Vec<(String, String, String, bool)> = self.fetch_all(SECTIONS, &[on.into()]).await?;
        for (unit, code, name, current) in rows {
            let shown = format!("{code} {name}");
            match current {
                true => names.add("section", &unit, &shown, &[&code, &name]),
                // Still shown, but no longer answered to by its name alone.
                false => names.add("section", &unit, &format!("{shown}（廃止）"), &[]),
            }
        }
        Ok(())
    }

    async fn name_requirements(&self, names: &mut Names) -> Result<()> {
        let rows: Vec<(String, Option<String>, String)> = self.fetch_all(REQUIREMENTS, &[]).await?;
        for (id, number, title) in rows {
            let number = number.unwrap_or_else(|| "（市独自）".to_owned());
            names.add("requirement", &id, &format!("{number} {title}"), &[&number]);
        }
        Ok(())
    }

    async fn name_people(&self, names: &mut Names, shown: Option<Vec<String>>) -> Result<()> {
        let limit = if shown.is_some() { MORE_THAN_PICKED } else { i64::MAX };
        let mut people: Vec<(String, String, String)> = self.fetch_all(PEOPLE, &[limit.into()]).await?;
        if let Some(ids) = shown.filter(|_| people.len() > PICKED_MAX) {
            names.leave_out("person");
            let text = |row: &Row, name| row.text(name).to_owned();
            people = self
                .rows_of(&PERSON, &ids)
                .await?
                .iter()
                .map(|row| (row.id.clone(), text(row, "number"), text(row, "name")))
                .collect();
        }
        for (id, number, name) in people {
            names.add("person", &id, &format!("{number} {name}"), &[&number, &name]);
        }
        Ok(())
    }

    async fn name_rows(&self, names: &mut Names, noun: &str, shown: Option<Vec<String>>) -> Result<()> {
        let Some(register) = sekisho_domain::register(noun) else { return Ok(()) };
        let rows = match shown {
            None => self.all_rows(register).await?,
            Some(ids) => match self.scan(register.noun, "", MORE_THAN_PICKED).await? {
                few if few.len() <= PICKED_MAX => few,
                _ => {
                    names.leave_out(register.noun.name);
                    self.rows_of(register.noun, &ids).await?
                }
            },
        };
        let number = register.key.first().copied().unwrap_or_default();
        for row in rows {
            let also = [row.text(number), row.text(register.title)];
            names.add(register.noun.name, &row.id, &register.words(&row), &also);
        }
        Ok(())
    }
}

/// The ids that rows hold in these columns.
fn referred(rows: &[Row], columns: Vec<&'static str>) -> Vec<String> {
    let ids = rows.iter().flat_map(|row| columns.iter().map(|name| row.text(name)));
    let ids: BTreeSet<&str> = ids.filter(|id| !id.is_empty()).collect();
    ids.into_iter().map(str::to_owned).collect()
}
