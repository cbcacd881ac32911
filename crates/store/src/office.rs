//! 係 and 課. A 係 that has no 情報セキュリティ管理者 of its own keeps no registers and answers to nobody by itself: the
//! 課 above it does. Who sits in the 係 sits in the 課 as far as roles, rights and tasks go.

use std::collections::BTreeMap;

use sekisho_domain::access::{Near, Seat};
use sekisho_domain::date::Date;

use crate::access::date;
use crate::error::{Result, StoreError};
use crate::read::Read;

/// SQL: the section that answers for the section `$unit` on day `$day`.
#[macro_export]
macro_rules! office {
    ($unit:expr, $day:literal) => {
        concat!(
            "COALESCE((SELECT MAX(og.parent_unit_id) FROM section og WHERE og.unit_id = ",
            $unit,
            " AND og.kind = 'group' AND NOT og.managed AND og.valid_from <= ",
            $day,
            " AND (og.valid_to IS NULL OR og.valid_to > ",
            $day,
            ")), ",
            $unit,
            ")"
        )
    };
}

/// SQL: the rule `$rule` of `role_seat` gives its role to the assignment `$seat` on day `$day`, as far as position and
/// place go.
#[macro_export]
macro_rules! carries {
    ($rule:literal, $seat:literal, $day:literal) => {
        concat!(
            $rule,
            ".position_id = ",
            $seat,
            ".position_id AND (",
            $rule,
            ".unit_id IS NULL OR ",
            $rule,
            ".unit_id IN (",
            $seat,
            ".unit_id, ",
            $crate::office!(concat!($seat, ".unit_id"), $day),
            "))"
        )
    };
}

sql! {
    const GROUPS = "SELECT unit_id, parent_unit_id FROM section
        WHERE kind = 'group' AND NOT managed AND parent_unit_id IS NOT NULL
            AND valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)";
    /// Every 係 of the 課 in which a person sits or sat, themselves or through a 係, at any time.
    const AROUND = "SELECT g.unit_id, g.parent_unit_id, g.valid_from, g.valid_to FROM section g
        WHERE g.kind = 'group' AND NOT g.managed AND g.parent_unit_id IN (
            SELECT a.unit_id FROM assignment a WHERE a.person_id = $1
            UNION SELECT o.parent_unit_id FROM section o JOIN assignment a ON a.unit_id = o.unit_id
                WHERE a.person_id = $1 AND o.kind = 'group' AND NOT o.managed)
        ORDER BY g.unit_id, g.valid_from";
}

/// Which section answers for which 係 on one day.
#[derive(Default)]
pub(crate) struct Offices(BTreeMap<String, String>);

impl Offices {
    pub(crate) async fn load(read: &mut impl Read, on: Date) -> Result<Offices> {
        let groups: Vec<(String, String)> = read.all(GROUPS, &[on.into()]).await?;
        Ok(Offices(groups.into_iter().collect()))
    }

    /// Every 係 with its 課.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (String, String)> {
        self.0.iter().map(|(group, office)| (group.clone(), office.clone()))
    }

    /// The 課 of a 係, or the section itself.
    pub(crate) fn of<'a>(&'a self, unit_id: &'a str) -> &'a str {
        self.0.get(unit_id).map_or(unit_id, String::as_str)
    }
}

/// A 係 below its 課 between two days.
#[derive(sqlx::FromRow)]
struct Group {
    unit_id: String,
    parent_unit_id: String,
    valid_from: String,
    valid_to: Option<String>,
}

/// Puts into seats what is one 課 with their sections.
pub(crate) async fn surround(
    read: &mut impl Read,
    person_id: &str,
    seats: impl Iterator<Item = &mut Seat>,
) -> Result<()> {
    let groups: Vec<Group> = read.all(AROUND, &[person_id.into()]).await?;
    if groups.is_empty() {
        return Ok(());
    }
    for seat in seats {
        seat.near = near(&seat.unit_id, &groups)?;
    }
    Ok(())
}

fn near(unit_id: &str, groups: &[Group]) -> Result<Vec<Near>> {
    let mut near = Vec::new();
    for group in groups {
        if group.parent_unit_id == unit_id {
            near.extend(group.near(&group.unit_id, false, None)?);
        }
        if group.unit_id == unit_id {
            near.extend(group.near(&group.parent_unit_id, true, None)?);
            let beside =
                groups.iter().filter(|g| g.parent_unit_id == group.parent_unit_id && g.unit_id != unit_id);
            for other in beside {
                near.extend(other.near(&other.unit_id, false, Some(group))?);
            }
        }
    }
    Ok(near)
}

impl Group {
    fn days(&self) -> Result<(Date, Option<Date>)> {
        let from = date(Some(&self.valid_from))?.ok_or_else(|| StoreError::Corrupt("no date".into()))?;
        Ok((from, date(self.valid_to.as_deref())?))
    }

    /// Nothing where the two periods do not meet.
    fn near(&self, unit_id: &str, answers: bool, during: Option<&Group>) -> Result<Option<Near>> {
        let (mut valid_from, mut valid_to) = self.days()?;
        if let Some(other) = during {
            let (from, to) = other.days()?;
            valid_from = valid_from.max(from);
            valid_to = [valid_to, to].into_iter().flatten().min();
        }
        let near = Near { unit_id: unit_id.to_owned(), answers, valid_from, valid_to };
        Ok(Some(near).filter(|near| near.valid_to.is_none_or(|to| near.valid_from < to)))
    }
}
