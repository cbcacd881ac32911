//! Sections, people, positions and who sits where: writes with the rules that a table cannot hold.

use sekisho_domain::date::Date;
use sekisho_domain::noun::{Noun, Row};
use sekisho_domain::person::PERSON;
use sekisho_domain::search::search_key;
use sekisho_domain::section::SECTION;

use crate::Tx;
use crate::error::{Result, StoreError};

sql! {
    const OVERLAP = "SELECT COUNT(*) AS number FROM section
        WHERE unit_id = $1 AND id <> $2 AND (CAST($4 AS TEXT) IS NULL OR valid_from < $4) AND (valid_to IS NULL OR valid_to > $3)";
    const CURRENT = "SELECT id FROM section WHERE unit_id = $1 AND valid_to IS NULL";
}

/// What a section is called from a day on, and under which it comes.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'a> {
    pub name: &'a str,
    pub kana: Option<&'a str>,
    pub parent: Option<&'a str>,
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
    pub async fn rename_section(
        &mut self,
        unit_id: &str,
        name: &str,
        kana: Option<&str>,
        from: Date,
    ) -> Result<()> {
        let (id,): (String,) =
            self.fetch_optional(CURRENT, &[unit_id.into()]).await?.ok_or(StoreError::NotFound)?;
        let parent = self.get(&SECTION, &id).await?.text("parent_unit_id").to_owned();
        let parent = Some(parent.as_str()).filter(|p| !p.is_empty());
        self.change_section(unit_id, Changed { name, kana, parent }, from).await
    }

    /// The same, and the section may come under another one.
    pub async fn change_section(&mut self, unit_id: &str, to: Changed<'_>, from: Date) -> Result<()> {
        let (id,): (String,) =
            self.fetch_optional(CURRENT, &[unit_id.into()]).await?.ok_or(StoreError::NotFound)?;
        let old = self.get(&SECTION, &id).await?;
        if from.to_string().as_str() <= old.text("valid_from") {
            return Err(StoreError::IllegalMove("a section is renamed after it was made"));
        }
        let mut new = Row::new(&SECTION, self.new_id());
        new.values = old.values.clone();
        self.update(old.set("valid_to", from)).await?;
        let new = new
            .set("name", to.name)
            .set("kana", to.kana.map(str::to_owned))
            .set("parent_unit_id", to.parent.map(str::to_owned))
            .set("valid_from", from);
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

    /// Ends a dated row (an assignment, a 充て職): `on` is the first day on which it no longer holds.
    pub async fn end(&mut self, noun: &'static Noun, id: &str, on: Date) -> Result<()> {
        let row = self.get(noun, id).await?;
        if on.to_string().as_str() < row.text("valid_from") {
            return Err(StoreError::IllegalMove("a dated row ends after it begins"));
        }
        self.update(row.set("valid_to", on)).await
    }

    /// A person leaves: no seat of theirs gives rights from that day on.
    pub async fn person_leaves(&mut self, person_id: &str, on: Date) -> Result<()> {
        let row = self.get(&PERSON, person_id).await?;
        self.update(row.set("left_on", on)).await
    }
}
