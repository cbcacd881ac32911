//! Who is meant by a step, today: the holders of its seat, whoever they have handed it to (委任), and whoever stands
//! in while they are away (代決). One function answers for lists, pages and the moment of deciding alike.

use std::collections::BTreeSet;

use sekisho_domain::access::{Seat, Who, body_key, position_key, read_key, seat_keys};
use sekisho_domain::date::Date;
use sekisho_domain::noun::Value;
use sekisho_domain::role::Role;

use crate::error::Result;
use crate::office::Offices;
use crate::read::Read;
use crate::{Db, carries, office};

sql! {
    const HOLDERS = concat!("SELECT DISTINCT a.person_id, a.position_id, a.unit_id,
            CAST(CASE WHEN EXISTS (SELECT 1 FROM absence b WHERE b.person_id = a.person_id
                AND b.valid_from <= $1 AND b.valid_to > $1) THEN 1 ELSE 0 END AS BIGINT) AS absent
        FROM assignment a
        JOIN person p ON p.id = a.person_id
        LEFT JOIN role_seat r ON ", carries!("r", "a", "$1"), "
            AND r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to > $1)
        WHERE a.kind NOT IN ('leave', 'dispatch')
            AND a.valid_from <= $1 AND (a.valid_to IS NULL OR a.valid_to > $1)
            AND (p.left_on IS NULL OR p.left_on > $1)
            AND (CAST($2 AS TEXT) IS NULL OR r.role = $2)
            AND (CAST($3 AS TEXT) IS NULL OR a.position_id = $3)
            AND (CAST($4 AS TEXT) IS NULL OR a.unit_id = $4 OR ", office!("a.unit_id", "$1"), " = $4)
        ORDER BY a.person_id");
    const ROLES_OF_SEAT = "SELECT DISTINCT role FROM role_seat
        WHERE position_id = $2 AND (unit_id IS NULL OR unit_id = $3 OR unit_id = $4)
            AND valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) ORDER BY role";
    const DELEGATED = "SELECT DISTINCT d.position_id, d.unit_id, d.kinds, d.granted_by
        FROM delegation d
        JOIN assignment a ON a.person_id = d.granted_by AND a.position_id = d.position_id AND a.unit_id = d.unit_id
            AND a.kind NOT IN ('leave', 'dispatch')
            AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2)
        WHERE d.delegate_id = $1 AND d.valid_from <= $2 AND d.valid_to > $2 ORDER BY d.position_id, d.unit_id";
    /// A 係長 stands in for seats of their 係 and for those of the 課 above it.
    const DEPUTISED = concat!("SELECT DISTINCT y.position_id, COALESCE(y.unit_id, m.unit_id) AS unit_id, y.ordinal
        FROM deputy y JOIN (
            SELECT a.position_id, a.unit_id FROM assignment a WHERE a.person_id = $1 AND a.kind NOT IN ('leave', 'dispatch')
                AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2)
            UNION SELECT a.position_id, ", office!("a.unit_id", "$2"), " AS unit_id FROM assignment a
                WHERE a.person_id = $1 AND a.kind NOT IN ('leave', 'dispatch')
                AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2)
        ) m ON m.position_id = y.deputy_position_id
        WHERE y.valid_from <= $2 AND (y.valid_to IS NULL OR y.valid_to > $2)
            AND (y.deputy_unit_id = m.unit_id
                OR (y.deputy_unit_id IS NULL AND (y.unit_id IS NULL OR y.unit_id = m.unit_id)))
        ORDER BY y.ordinal");
    const DEPUTIES_OF = "SELECT y.ordinal, y.deputy_position_id AS position_id, COALESCE(y.deputy_unit_id, $3) AS unit_id
        FROM deputy y
        WHERE y.position_id = $2 AND (y.unit_id IS NULL OR y.unit_id = $3)
            AND y.valid_from <= $1 AND (y.valid_to IS NULL OR y.valid_to > $1)
        ORDER BY y.ordinal, y.id";
    const CHAIRED = "SELECT body_id FROM body_member
        WHERE person_id = $1 AND duty IN ('chair', 'vice_chair', 'clerk')
            AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) ORDER BY body_id";
    const SAME = "SELECT person_id, other_id FROM same_person WHERE person_id = $1 OR other_id = $1";
}

/// Somebody in a seat today.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Holder {
    pub person_id: String,
    pub position_id: String,
    pub unit_id: String,
    /// 1 on a day of recorded absence.
    pub absent: i64,
}

/// How somebody acts for a seat key today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    pub key: String,
    /// `self`, `delegate`, `deputy` or `body`.
    pub mode: &'static str,
    /// The seat from which they act, as it stands on the decision.
    pub seat: String,
    /// In whose place: the holders of the seat, when it is not one's own. Empty for a vacant seat.
    pub for_ids: Vec<String>,
    /// Kinds of decision it reaches; `None` is every kind.
    kinds: Option<Vec<String>>,
}

impl Capacity {
    pub fn reaches(&self, kind: &str) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|k| k == kind))
    }
}

/// Everything a person may act for on a day: own seats first, then what was handed to them, then those whose
/// holders are away.
pub(crate) async fn capacities(read: &mut impl Read, who: &Who, on: Date) -> Result<Vec<Capacity>> {
    let mut all = Vec::new();
    let Some(acting) = who.seat(on).map(Seat::code) else { return Ok(all) };
    for seat in who.seats.iter().filter(|seat| seat.valid(on)) {
        for key in seat.keys(on) {
            all.push(Capacity { key, mode: "self", seat: seat.code(), for_ids: Vec::new(), kinds: None });
        }
    }
    let me = who.person_id.as_str();
    let delegated: Vec<Given> = read.all(DELEGATED, &[me.into(), on.into()]).await?;
    let deputised: Vec<(String, String, i64)> = read.all(DEPUTISED, &[me.into(), on.into()]).await?;
    let offices = match delegated.is_empty() && deputised.is_empty() {
        true => Offices::default(),
        false => Offices::load(read, on).await?,
    };
    for given in delegated {
        let kinds = (given.kinds.trim() != "*")
            .then(|| given.kinds.split(',').map(|k| k.trim().to_owned()).collect::<Vec<_>>());
        for key in keys_of_seat(read, &offices, &given.position_id, &given.unit_id, on).await? {
            let for_ids = vec![given.granted_by.clone()];
            let seat = acting.clone();
            all.push(Capacity { key, mode: "delegate", seat, for_ids, kinds: kinds.clone() });
        }
    }
    for (position, unit, ordinal) in deputised {
        if !is_turn_of_deputy(read, &position, &unit, ordinal, on).await? {
            continue;
        }
        for key in keys_of_seat(read, &offices, &position, &unit, on).await? {
            let holders = holders(read, &key, on).await?;
            if holders.iter().all(|h| h.absent == 1 && h.person_id != me) {
                let for_ids = holders.into_iter().map(|h| h.person_id).collect();
                all.push(Capacity { key, mode: "deputy", seat: acting.clone(), for_ids, kinds: None });
            }
        }
    }
    let chaired: Vec<(String,)> = read.all(CHAIRED, &[me.into(), on.into()]).await?;
    for (body,) in chaired {
        let seat = acting.clone();
        all.push(Capacity { key: body_key(&body), mode: "body", seat, for_ids: Vec::new(), kinds: None });
    }
    // The first way wins: nobody stands in for a seat they hold.
    let mut seen = BTreeSet::new();
    all.retain(|c| seen.insert((c.key.clone(), c.kinds.clone())));
    Ok(all)
}

#[derive(sqlx::FromRow)]
struct Given {
    position_id: String,
    unit_id: String,
    kinds: String,
    granted_by: String,
}

/// Whether the holder and every deputy before `ordinal` are away or missing.
async fn is_turn_of_deputy(
    read: &mut impl Read,
    position: &str,
    unit: &str,
    ordinal: i64,
    on: Date,
) -> Result<bool> {
    let present = |holders: Vec<Holder>| holders.iter().any(|h| h.absent == 0);
    if present(holders(read, &position_key(position, Some(unit)), on).await?) {
        return Ok(false);
    }
    let before: Vec<(i64, String, String)> =
        read.all(DEPUTIES_OF, &[on.into(), position.into(), unit.into()]).await?;
    for (_, position, unit) in before.into_iter().filter(|(n, ..)| *n < ordinal) {
        if present(holders(read, &position_key(&position, Some(&unit)), on).await?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Every key under which a route can mean the seat.
async fn keys_of_seat(
    read: &mut impl Read,
    offices: &Offices,
    position: &str,
    unit: &str,
    on: Date,
) -> Result<Vec<String>> {
    let office = offices.of(unit);
    let args = [on.into(), position.into(), unit.into(), office.into()];
    let roles: Vec<(String,)> = read.all(ROLES_OF_SEAT, &args).await?;
    let roles = roles.iter().filter_map(|(code,)| Role::from_code(code));
    Ok(seat_keys(position, unit, office, roles))
}

/// Who sits in a seat on a day, those away included.
pub(crate) async fn holders(read: &mut impl Read, key: &str, on: Date) -> Result<Vec<Holder>> {
    let null = Value::Text(None);
    let (role, position, unit) = match read_key(key) {
        Some(("role", role, unit)) => (role.into(), null, unit.map(str::to_owned).into()),
        Some(("position", id, unit)) => (null, id.into(), unit.map(str::to_owned).into()),
        _ => return Ok(Vec::new()),
    };
    read.all(HOLDERS, &[on.into(), role, position, unit]).await
}

/// Deputies of a seat who are there today.
pub(crate) async fn deputies(
    read: &mut impl Read,
    position: &str,
    unit: &str,
    on: Date,
) -> Result<Vec<String>> {
    let rows: Vec<(i64, String, String)> =
        read.all(DEPUTIES_OF, &[on.into(), position.into(), unit.into()]).await?;
    let mut people = Vec::new();
    for (_, position, unit) in rows {
        let found = holders(read, &position_key(&position, Some(&unit)), on).await?;
        people.extend(found.into_iter().filter(|h| h.absent == 0).map(|h| h.person_id));
    }
    Ok(people)
}

/// A person and every other entry that is the same human being.
pub(crate) async fn identities(read: &mut impl Read, person_id: &str) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::from([person_id.to_owned()]);
    let mut ahead = vec![person_id.to_owned()];
    while let Some(next) = ahead.pop() {
        let pairs: Vec<(String, String)> = read.all(SAME, &[next.into()]).await?;
        for id in pairs.into_iter().flat_map(|(a, b)| [a, b]) {
            if found.insert(id.clone()) {
                ahead.push(id);
            }
        }
    }
    Ok(found)
}

impl Db {
    /// Everything a person may act for on a day.
    pub async fn capacities(&self, who: &Who, on: Date) -> Result<Vec<Capacity>> {
        capacities(&mut &*self, who, on).await
    }

    pub async fn seat_holders(&self, key: &str, on: Date) -> Result<Vec<Holder>> {
        holders(&mut &*self, key, on).await
    }

    /// The same human being under every entry.
    pub async fn identities(&self, person_id: &str) -> Result<BTreeSet<String>> {
        identities(&mut &*self, person_id).await
    }
}
