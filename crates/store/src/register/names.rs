//! The words for what a register's columns refer to.

use sekisho_domain::date::Date;
use sekisho_domain::noun::{Column, Kind};
use sekisho_domain::register::names::Names;

use crate::Db;
use crate::error::Result;

/// Rows read of a register that others refer to; a city has hundreds of systems and thousands of people.
const REFERRED_MAX: i64 = 20_000;

sql! {
    /// Sections as they are on a day, and those that have ended, which old rows still belong to.
    const SECTIONS = "SELECT s.unit_id, s.code, s.name,
            (s.valid_from <= $1 AND (s.valid_to IS NULL OR s.valid_to > $1)) AS current
        FROM section s WHERE s.valid_from =
            (SELECT MAX(o.valid_from) FROM section o WHERE o.unit_id = s.unit_id AND o.valid_from <= $1)
        ORDER BY s.sort_key, s.id";
    const PEOPLE = "SELECT id, number, name FROM person ORDER BY number, id";
    const DOCUMENTS = "SELECT id, kind, title FROM document ORDER BY kind, title, id";
    const POSITIONS = "SELECT id, code, name FROM position ORDER BY rank, code";
}

impl Db {
    /// Names for every column that refers to something.
    pub async fn names(&self, columns: &[&'static Column], on: Date) -> Result<Names> {
        let mut names = Names::default();
        let mut done: Vec<&str> = Vec::new();
        for column in columns {
            let noun = match column.kind {
                Kind::Unit => "section",
                Kind::Ref(noun) => noun,
                _ => continue,
            };
            if done.contains(&noun) {
                continue;
            }
            done.push(noun);
            match noun {
                "section" => self.name_sections(&mut names, on).await?,
                "person" => self.name_all(&mut names, "person", PEOPLE).await?,
                "document" => {
                    for (id, _, title) in self.fetch_all::<(String, String, String)>(DOCUMENTS, &[]).await? {
                        names.add("document", &id, &title, &[]);
                    }
                }
                "position" => self.name_all(&mut names, "position", POSITIONS).await?,
                _ => self.name_rows(&mut names, noun).await?,
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

    async fn name_all(&self, names: &mut Names, noun: &'static str, sql: &'static str) -> Result<()> {
        let rows: Vec<(String, String, String)> = self.fetch_all(sql, &[]).await?;
        for (id, code, name) in rows {
            names.add(noun, &id, &format!("{code} {name}"), &[&code, &name]);
        }
        Ok(())
    }

    async fn name_rows(&self, names: &mut Names, noun: &'static str) -> Result<()> {
        let Some(register) = sekisho_domain::register(noun) else { return Ok(()) };
        let number = register.key.first().copied().unwrap_or_default();
        for row in self.scan(register.noun, "", REFERRED_MAX).await? {
            let also = [row.text(number), row.text(register.title)];
            names.add(noun, &row.id, &register.words(&row), &also);
        }
        Ok(())
    }
}
