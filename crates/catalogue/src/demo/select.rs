//! Which catalogue rows a story means: ids, ranges (`8.1.4-17`) and whole sections (`6.2.*`), and what the city
//! answered to each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::DemoSource;
use super::city::Adoption;
use super::error::DemoError;
use super::event::{PersonNo, State, What};
use super::script::{Answers, Kind, read};
use super::table::rows;
use super::when::{Frame, When};
use crate::catalogue;
use crate::model::{CheckKind, Requirement, RequirementId};

/// The city's answers and where its 対策基準 carries each row.
#[derive(Debug)]
pub(super) struct Selection {
    undecided: BTreeSet<RequirementId>,
    /// Answers other than plain adoption.
    answers: BTreeMap<RequirementId, Answered>,
    links: BTreeMap<RequirementId, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Answered {
    state: State,
    reason: String,
    until: Option<When>,
    approver: Option<String>,
}

impl Selection {
    pub(super) fn load(source: &DemoSource<'_>) -> Result<Selection, DemoError> {
        let raw: Answers = read("adoption.toml", source.adoption)?;
        let undecided = matching(&raw.undecided)?.into_iter().map(|r| r.id.clone()).collect();
        let mut answers = BTreeMap::new();
        for answer in raw.answer {
            for row in matching(&answer.rows)? {
                let (state, reason, until) = (answer.state, answer.reason.clone(), answer.until);
                let approver = answer.approver.clone();
                answers.insert(row.id.clone(), Answered { state, reason, until, approver });
            }
        }
        let mut links = BTreeMap::new();
        for [requirement, clause] in rows("links.csv", source.links, ["requirement", "clause"])? {
            let row = known(requirement)?;
            links.insert(row.id.clone(), clause.to_owned());
        }
        Ok(Selection { undecided, answers, links })
    }

    fn taken(&self, id: &RequirementId) -> bool {
        !self.undecided.contains(id) && self.answers.get(id).is_none_or(|a| a.state != State::Rejected)
    }

    /// One event per answer, plain adoption first. Undecided rows stay as they are.
    pub(super) fn adopt(
        &self,
        patterns: &[String],
        frame: &Frame,
        holder: impl Fn(&str) -> Result<PersonNo, DemoError>,
    ) -> Result<Vec<What>, DemoError> {
        let mut groups: Vec<(Option<&Answered>, Vec<Adoption>)> = vec![(None, Vec::new())];
        for row in matching(patterns)?.into_iter().filter(|r| !self.undecided.contains(&r.id)) {
            let answer = self.answers.get(&row.id);
            let standard_clause = self.links.get(&row.id).cloned();
            let adoption = Adoption { requirement: row.id.clone(), standard_clause };
            match groups.iter_mut().find(|(same, _)| *same == answer) {
                Some((_, rows)) => rows.push(adoption),
                None => groups.push((answer, vec![adoption])),
            }
        }
        let mut out = Vec::new();
        for (answer, rows) in groups.into_iter().filter(|(_, rows)| !rows.is_empty()) {
            let until = answer.and_then(|a| a.until).map(|until| frame.date(until)).transpose()?;
            let state = answer.map_or(State::Adopted, |a| a.state);
            let reason = answer.map(|a| a.reason.clone());
            let approver = answer.and_then(|a| a.approver.as_deref()).map(&holder).transpose()?;
            out.push(What::AdoptRequirements { rows, state, reason, until, approver });
        }
        Ok(out)
    }

    /// The adopted rows that a pattern means and that this kind of evidence can speak for.
    pub(super) fn evidence(&self, patterns: &[String], kind: Kind) -> Result<Vec<RequirementId>, DemoError> {
        let fits = |row: &Requirement| match kind {
            Kind::Attest => row.check == CheckKind::Attestation,
            Kind::Zero => row.event_triggered,
            Kind::Evidence => row.check != CheckKind::Attestation,
            Kind::Checkpoint => false,
        };
        let mut ids = Vec::new();
        for pattern in patterns {
            let found = matching(std::slice::from_ref(pattern))?;
            // A row named by itself must fit; a `*` takes what fits.
            if !pattern.ends_with('*') && !found.iter().all(|r| self.taken(&r.id) && fits(r)) {
                return Err(DemoError::Value { what: "adopted row of this kind", value: pattern.clone() });
            }
            ids.extend(found.into_iter().filter(|r| self.taken(&r.id) && fits(r)).map(|r| r.id.clone()));
        }
        Ok(ids)
    }
}

pub(super) fn known(id: &str) -> Result<&'static Requirement, DemoError> {
    catalogue()
        .requirement(id)
        .ok_or_else(|| DemoError::Unknown { what: "requirement", value: id.to_owned() })
}

fn matching(patterns: &[String]) -> Result<Vec<&'static Requirement>, DemoError> {
    let mut found = Vec::new();
    for pattern in patterns {
        if let Some(section) = pattern.strip_suffix(".*") {
            let before = found.len();
            let inside =
                |r: &&Requirement| r.section == section || r.section.starts_with(&format!("{section}."));
            found.extend(catalogue().requirements.iter().filter(inside));
            if found.len() == before {
                return Err(DemoError::Unknown { what: "section", value: pattern.clone() });
            }
        } else if let Some((first, last)) = pattern.split_once('-') {
            let bad = || DemoError::Value { what: "range of rows", value: pattern.clone() };
            let (section, first) = first.rsplit_once('.').ok_or_else(bad)?;
            let (first, last): (u16, u16) =
                (first.parse().map_err(|_| bad())?, last.parse().map_err(|_| bad())?);
            for number in first..=last {
                found.push(known(&format!("{section}.{number}"))?);
            }
        } else {
            found.push(known(pattern)?);
        }
    }
    Ok(found)
}
