//! What a person's rights follow from, read afresh for every request: assignments, and the roles that go with
//! their positions.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use sekisho_domain::access::{Held, Near, Seat, Who};
use sekisho_domain::date::Date;
use sekisho_domain::role::Role;
use sekisho_domain::succession::carried_on;

use crate::Db;
use crate::error::{Result, StoreError};
use crate::office::surround;
use crate::read::Read;

sql! {
    const SEATS = "SELECT a.id, a.position_id, a.unit_id, a.kind, a.valid_from, a.valid_to, p.left_on,
            r.role, r.unit_id AS role_unit_id, r.valid_from AS role_from, r.valid_to AS role_to
        FROM assignment a
        JOIN person p ON p.id = a.person_id
        LEFT JOIN role_seat r ON r.position_id = a.position_id AND (r.unit_id IS NULL OR r.unit_id = a.unit_id
            OR EXISTS (SELECT 1 FROM section g WHERE g.unit_id = a.unit_id AND g.parent_unit_id = r.unit_id
                AND g.kind = 'group' AND NOT g.managed))
        WHERE a.person_id = $1
        ORDER BY a.id, r.id";
    const CARRIED = "SELECT unit_id, successor_id FROM succession WHERE main AND state = 'carried'";
}

#[derive(sqlx::FromRow)]
struct SeatRow {
    id: String,
    position_id: String,
    unit_id: String,
    kind: String,
    valid_from: String,
    valid_to: Option<String>,
    left_on: Option<String>,
    role: Option<String>,
    role_unit_id: Option<String>,
    role_from: Option<String>,
    role_to: Option<String>,
}

impl Db {
    /// Everything the rights of a person depend on, past and future assignments included.
    pub async fn who(&self, person_id: &str, account_id: &str) -> Result<Who> {
        who(&mut &*self, person_id, account_id).await
    }
}

/// The same, where a transaction has to see it.
pub(crate) async fn who(read: &mut impl Read, person_id: &str, account_id: &str) -> Result<Who> {
    let rows: Vec<SeatRow> = read.all(SEATS, &[person_id.into()]).await?;
    let mut seats: BTreeMap<String, Seat> = BTreeMap::new();
    let mut heirs: BTreeMap<String, String> = BTreeMap::new();
    for row in &rows {
        if let Entry::Vacant(place) = seats.entry(row.id.clone()) {
            place.insert(row.seat()?);
        }
    }
    surround(read, person_id, seats.values_mut()).await?;
    for row in &rows {
        let Some(seat) = seats.get_mut(&row.id) else { continue };
        seat.roles.extend(row.held(&seat.unit_id, &seat.near)?);
    }
    for (old, heir) in read.all::<(String, String)>(CARRIED, &[]).await? {
        heirs.insert(old, heir);
    }
    for seat in seats.values_mut().filter(|_| !heirs.is_empty()) {
        let own = [&seat.unit_id].into_iter().chain(seat.near.iter().map(|near| &near.unit_id));
        let before: BTreeSet<&str> = own.flat_map(|unit| carried_on(unit, &heirs)).collect();
        seat.before = before.into_iter().map(str::to_owned).collect();
    }
    Ok(Who {
        person_id: person_id.to_owned(),
        account_id: account_id.to_owned(),
        seats: seats.into_values().collect(),
    })
}

impl SeatRow {
    fn seat(&self) -> Result<Seat> {
        let ends = [date(self.valid_to.as_deref())?, date(self.left_on.as_deref())?];
        Ok(Seat {
            position_id: self.position_id.clone(),
            unit_id: self.unit_id.clone(),
            near: Vec::new(),
            before: Vec::new(),
            kind: self.kind.clone(),
            valid_from: required(&self.valid_from)?,
            valid_to: ends.into_iter().flatten().min(),
            roles: Vec::new(),
        })
    }

    /// The role that this row gives to a seat. What a 課 gives to those in its 係 ends when the 係 leaves it.
    fn held(&self, unit_id: &str, near: &[Near]) -> Result<Vec<Held>> {
        let (Some(role), Some(from)) = (self.role.as_deref().and_then(Role::from_code), &self.role_from)
        else {
            return Ok(Vec::new());
        };
        let held = Held { role, valid_from: required(from)?, valid_to: date(self.role_to.as_deref())? };
        let through = match self.role_unit_id.as_deref() {
            Some(place) if place != unit_id => place,
            _ => return Ok(vec![held]),
        };
        let during = |near: &Near| Held {
            role,
            valid_from: held.valid_from.max(near.valid_from),
            valid_to: [held.valid_to, near.valid_to].into_iter().flatten().min(),
        };
        Ok(near.iter().filter(|near| near.answers && near.unit_id == through).map(during).collect())
    }
}

pub(crate) fn date(text: Option<&str>) -> Result<Option<Date>> {
    text.map(required).transpose()
}

fn required(text: &str) -> Result<Date> {
    text.parse().map_err(|_| StoreError::Corrupt(format!("{text} is not a date")))
}
