//! "Who was 情報セキュリティ管理者 of 税務課 on 2026-03-31?" has two answers: as recorded then, and as known now. Both are
//! read from the history of the records, so that a change entered later never rewrites what was known.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;
use sekisho_domain::role::Role;
use serde_json::Value as Json;

use crate::Db;
use crate::error::Result;

sql! {
    const RECORDED = "SELECT v.id, v.payload FROM row_version v
        WHERE v.noun = $1 AND v.recorded_ms <= $2 AND v.payload IS NOT NULL
            AND v.version = (SELECT MAX(w.version) FROM row_version w
                WHERE w.noun = v.noun AND w.id = v.id AND w.recorded_ms <= $2)";
}

/// A row as it was recorded: its id and its columns.
type Recorded = (String, Json);

/// Somebody in a seat on a day, by one state of the record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Was {
    pub person_id: String,
    pub person: String,
    pub position: String,
    /// `main`, `concurrent` or `acting`.
    pub kind: String,
}

impl Db {
    async fn recorded(&self, noun: &str, known_at: Ms) -> Result<Vec<Recorded>> {
        let rows: Vec<(String, String)> = self.fetch_all(RECORDED, &[noun.into(), known_at.into()]).await?;
        let read = |(id, payload): (String, String)| {
            let payload: Json = serde_json::from_str(&payload).ok()?;
            Some((id, payload["values"].clone()))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Who held a role in a section (`None`: anywhere) on a day, by what was recorded up to an instant.
    pub async fn who_was(
        &self,
        role: Role,
        unit_id: Option<&str>,
        on: Date,
        known_at: Ms,
    ) -> Result<BTreeSet<Was>> {
        let day = on.to_string();
        let assignments = self.recorded("assignment", known_at).await?;
        let rules = self.recorded("role_seat", known_at).await?;
        let positions = self.recorded("position", known_at).await?;
        let people = self.recorded("person", known_at).await?;
        let sections = self.recorded("section", known_at).await?;
        let text = |row: &Json, column: &str| row[column].as_str().unwrap_or_default().to_owned();
        let holds = |row: &Json| {
            let to = text(row, "valid_to");
            text(row, "valid_from") <= day && (to.is_empty() || day < to)
        };
        // The 課 of a 係, as in `office.rs`, from the record of that time.
        let offices: BTreeMap<String, String> = sections
            .iter()
            .filter(|(_, row)| holds(row) && row["kind"] == "group" && row["managed"] == false)
            .map(|(_, row)| (text(row, "unit_id"), text(row, "parent_unit_id")))
            .filter(|(_, office)| !office.is_empty())
            .collect();
        let mut found = BTreeSet::new();
        for (_, seat) in assignments.iter().filter(|(_, row)| holds(row)) {
            let (position, unit) = (text(seat, "position_id"), text(seat, "unit_id"));
            let kind = text(seat, "kind");
            let places = [Some(&unit), offices.get(&unit)];
            let there = |wanted: &str| places.iter().flatten().any(|place| *place == wanted);
            if unit_id.is_some_and(|wanted| !there(wanted)) || matches!(kind.as_str(), "leave" | "dispatch") {
                continue;
            }
            let carries = rules.iter().filter(|(_, rule)| holds(rule)).any(|(_, rule)| {
                text(rule, "role") == role.code()
                    && text(rule, "position_id") == position
                    && (text(rule, "unit_id").is_empty() || there(&text(rule, "unit_id")))
            });
            let person_id = text(seat, "person_id");
            let person = people.iter().find(|(id, _)| *id == person_id).map(|(_, row)| row);
            let left = person.map(|row| text(row, "left_on")).unwrap_or_default();
            if !carries || (!left.is_empty() && left <= day) {
                continue;
            }
            let named = positions.iter().find(|(id, _)| *id == position);
            found.insert(Was {
                person: person.map(|row| text(row, "name")).unwrap_or_default(),
                position: named.map(|(_, row)| text(row, "name")).unwrap_or_default(),
                person_id,
                kind,
            });
        }
        Ok(found)
    }
}
