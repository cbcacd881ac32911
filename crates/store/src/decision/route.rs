//! From 専決規程 to the seats of one application. A seat whose only holder is the applicant (or nobody) gives way to
//! the one above it; above the CISO stands a body. Where no independent seat exists the application is refused
//! rather than sent to somebody who may not decide it.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_domain::access::{Who, body_key, position_key, role_key};
use sekisho_domain::authority::{self, AUTHORITY, Facts, Holder as Named, Place, Rule};
use sekisho_domain::date::Date;
use sekisho_domain::role::Role;

use super::seat::{deputies, holders};
use crate::Tx;
use crate::error::{Result, StoreError};

sql! {
    const RULES = "SELECT id FROM authority
        WHERE kind IN ($1, '*') AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) ORDER BY code, id";
    const PARENTS = "SELECT unit_id, code, parent_unit_id FROM section
        WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)";
    const POSITIONS = "SELECT id FROM position
        WHERE (name = $1 OR code = $1) AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) ORDER BY rank, id";
    const POSITIONS_OF_ROLE = "SELECT DISTINCT position_id FROM role_seat
        WHERE role = $1 AND (unit_id IS NULL OR unit_id = $2)
            AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3) ORDER BY position_id";
    const BODY = "SELECT id FROM body
        WHERE name = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id LIMIT 1";
    const FINAL_BODY = "SELECT id FROM body
        WHERE final_instance AND valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) ORDER BY id LIMIT 1";
}

/// One seat of an application's route, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) key: String,
    pub(crate) concur: bool,
    /// Why it is not the seat that the table names.
    pub(crate) note: Option<&'static str>,
}

pub(crate) const OWN_SEAT: &str = "申請者が本来の決裁者のため、上位の職が決裁します。";
pub(crate) const VACANT: &str = "本来の職が空席のため、上位の職が決裁します。";

/// The organisation on one day, as far as routes climb it.
pub(crate) struct Ladder {
    parents: BTreeMap<String, Option<String>>,
    codes: BTreeMap<String, String>,
    identities: BTreeSet<String>,
    unit_id: String,
    on: Date,
}

impl Ladder {
    pub(crate) async fn load(
        tx: &mut Tx<'_>,
        identities: BTreeSet<String>,
        unit_id: &str,
        on: Date,
    ) -> Result<Ladder> {
        let rows: Vec<(String, String, Option<String>)> = tx.fetch_all(PARENTS, &[on.into()]).await?;
        let codes = rows.iter().map(|(unit, code, _)| (code.clone(), unit.clone())).collect();
        let parents = rows.into_iter().map(|(unit, _, parent)| (unit, parent)).collect();
        Ok(Ladder { parents, codes, identities, unit_id: unit_id.to_owned(), on })
    }

    /// The applicant's section and everything above it.
    fn upwards(&self) -> Vec<String> {
        /// 係・課・部・局・市 and some room; also the end of a circle in the data.
        const DEPTH: usize = 16;
        let mut units = vec![self.unit_id.clone()];
        while units.len() < DEPTH {
            match units.last().and_then(|unit| self.parents.get(unit)).cloned().flatten() {
                Some(parent) if !units.contains(&parent) => units.push(parent),
                _ => break,
            }
        }
        units
    }

    /// Whether somebody other than the applicant can act for the seat.
    async fn independent(&self, tx: &mut Tx<'_>, key: &str) -> Result<Fit> {
        let found = holders(tx, key, self.on).await?;
        if found.iter().any(|h| !self.identities.contains(&h.person_id)) {
            return Ok(Fit::Yes);
        }
        if !found.is_empty() {
            return Ok(Fit::OnlyApplicant);
        }
        let seats: Vec<(String, String)> = match sekisho_domain::access::read_key(key) {
            Some(("position", position, Some(unit))) => vec![(position.to_owned(), unit.to_owned())],
            Some(("role", role, Some(unit))) => {
                let args = [role.into(), unit.into(), self.on.into()];
                let positions: Vec<(String,)> = tx.fetch_all(POSITIONS_OF_ROLE, &args).await?;
                positions.into_iter().map(|(position,)| (position, unit.to_owned())).collect()
            }
            _ => Vec::new(),
        };
        for (position, unit) in seats {
            let stand_in = deputies(tx, &position, &unit, self.on).await?;
            if stand_in.iter().any(|p| !self.identities.contains(p)) {
                return Ok(Fit::Yes);
            }
        }
        Ok(Fit::Nobody)
    }

    /// The seat the table names, or the first independent one above it.
    async fn find(
        &self,
        tx: &mut Tx<'_>,
        holder: &Named,
        place: &Place,
    ) -> Result<(String, Option<&'static str>)> {
        let mut note = None;
        for key in self.candidates(tx, holder, place).await? {
            match self.independent(tx, &key).await? {
                Fit::Yes => return Ok((key, note)),
                // Walking up to the first section that has such a holder is what 自課 means; no note for that.
                Fit::Nobody if *place == Place::Own && matches!(holder, Named::Role(_)) => {}
                Fit::Nobody => note = note.or(Some(VACANT)),
                Fit::OnlyApplicant => note = Some(OWN_SEAT),
            }
        }
        let role = match holder {
            Named::Role(role) => *role,
            _ => Role::Manager,
        };
        self.above(tx, role).await.map(|key| (key, note.or(Some(VACANT))))
    }

    async fn candidates(&self, tx: &mut Tx<'_>, holder: &Named, place: &Place) -> Result<Vec<String>> {
        let units: Vec<Option<String>> = match place {
            Place::City => vec![None],
            Place::Own => self.upwards().into_iter().map(Some).collect(),
            Place::Section(code) => {
                let unit = self.codes.get(code).cloned();
                vec![Some(
                    unit.ok_or(StoreError::IllegalMove("a route names a section that does not exist"))?,
                )]
            }
        };
        Ok(match holder {
            Named::Role(role) => units.iter().map(|unit| role_key(*role, unit.as_deref())).collect(),
            Named::Position(name) => {
                let ids: Vec<(String,)> =
                    tx.fetch_all(POSITIONS, &[name.as_str().into(), self.on.into()]).await?;
                let of = |unit: &Option<String>| {
                    ids.iter().map(|(id,)| position_key(id, unit.as_deref())).collect::<Vec<_>>()
                };
                units.iter().flat_map(of).collect()
            }
            Named::Body(_) => Vec::new(),
        })
    }

    /// The first independent seat above a role: 部局長, 統括責任者, CISO, and then a body.
    pub(crate) async fn above(&self, tx: &mut Tx<'_>, role: Role) -> Result<String> {
        let climb: &[Role] = match role {
            Role::Ciso => &[],
            Role::ChiefOfficer => &[Role::Ciso],
            Role::Officer => &[Role::ChiefOfficer, Role::Ciso],
            _ => &[Role::Officer, Role::ChiefOfficer, Role::Ciso],
        };
        for role in climb {
            let keys = match role {
                Role::Officer => self.upwards().iter().map(|unit| role_key(*role, Some(unit))).collect(),
                _ => vec![role_key(*role, None)],
            };
            for key in keys {
                if self.independent(tx, &key).await? == Fit::Yes {
                    return Ok(key);
                }
            }
        }
        let body: Option<(String,)> = tx.fetch_optional(FINAL_BODY, &[self.on.into()]).await?;
        let (id,) = body.ok_or(StoreError::IllegalMove(NO_APPROVER))?;
        Ok(body_key(&id))
    }
}

/// The one refusal of a route that the page explains in its own words.
pub const NO_APPROVER: &str = "no independent seat or body can decide this application";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    OnlyApplicant,
    Nobody,
}

/// The row of 専決規程 that counts for a matter, or the standard one.
pub(crate) async fn rule(tx: &mut Tx<'_>, kind: &str, facts: &Facts, on: Date) -> Result<Rule> {
    let ids: Vec<(String,)> = tx.fetch_all(RULES, &[kind.into(), on.into()]).await?;
    let mut rules = Vec::new();
    for (id,) in ids {
        let row = tx.get(&AUTHORITY, &id).await?;
        rules.push(Rule::read(&row).map_err(|e| StoreError::Corrupt(e.to_string()))?);
    }
    Ok(authority::choose(&rules, kind, facts).cloned().unwrap_or_else(|| authority::standard(kind)))
}

/// The seats of one application, in order.
pub(crate) async fn plan(
    tx: &mut Tx<'_>,
    rule: &Rule,
    applicant: &Who,
    identities: BTreeSet<String>,
    on: Date,
) -> Result<Vec<Planned>> {
    let unit = applicant.seat(on).map(|seat| seat.unit_id.clone());
    let unit = unit.ok_or(StoreError::IllegalMove("an applicant needs a seat"))?;
    let ladder = Ladder::load(tx, identities, &unit, on).await?;
    let mut planned: Vec<Planned> = Vec::new();
    for step in &rule.steps {
        let (key, note) = match &step.holder {
            Named::Body(name) => {
                let body: Option<(String,)> =
                    tx.fetch_optional(BODY, &[name.as_str().into(), on.into()]).await?;
                let (id,) =
                    body.ok_or(StoreError::IllegalMove("a route names a body that does not exist"))?;
                (body_key(&id), None)
            }
            holder => ladder.find(tx, holder, &step.place).await?,
        };
        planned.push(Planned { key, concur: step.concur, note });
    }
    // A seat that appears twice decides once, at its last place.
    let last: BTreeMap<String, usize> = planned.iter().enumerate().map(|(n, p)| (p.key.clone(), n)).collect();
    let kept = planned.into_iter().enumerate().filter(|(n, p)| last[&p.key] == *n).map(|(_, p)| p);
    Ok(kept.collect())
}
