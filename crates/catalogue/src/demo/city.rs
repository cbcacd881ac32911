//! The city itself: sections, staff, seats and who held them when.

use std::collections::HashSet;

use sekisho_domain::date::Date;

use super::DemoSource;
use super::error::DemoError;
use super::event::PersonNo;
use super::table::rows;
use super::when::{Frame, When};
use crate::model::RequirementId;

/// Whether the city's policy applies to a section (the model policy's clause 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Applies,
    /// 別基準: schools and nurseries have their own 対策基準.
    OwnRules,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub code: String,
    pub name: String,
    pub kana: String,
    /// Code of `domain::section::KINDS`.
    pub kind: String,
    /// Code of the section above; `None` for the city.
    pub parent: Option<String>,
    pub scope: Scope,
    /// Whether it needs an 情報セキュリティ管理者 of its own.
    pub managed: bool,
    pub from: Date,
    /// The name it gets on April 1, if it changes.
    pub(super) renamed: Option<(String, String)>,
}

/// 職, city-wide; a seat is a position in a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub code: String,
    pub name: String,
    /// Smaller is higher.
    pub rank: u16,
    pub from: Date,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub number: PersonNo,
    pub name: String,
    pub kana: String,
    pub joined_on: Date,
    pub left_on: Option<Date>,
    /// Which list of staff they come from (`demo/staff_sources.csv`).
    pub source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub person: PersonNo,
    pub position: String,
    pub section: String,
    /// Code of `domain::position::ASSIGNMENT_KINDS`.
    pub kind: String,
    pub from: Date,
    /// The first day on which it no longer holds.
    pub to: Option<Date>,
}

/// 充て職.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSeat {
    /// Code of `domain::role::Role`.
    pub role: String,
    pub position: String,
    /// `None`: the position in every section.
    pub section: Option<String>,
    pub from: Date,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub person: PersonNo,
    pub login: String,
    pub privileged: bool,
    pub second_factor: bool,
}

/// A catalogue row the city took, and the clause of its 対策基準 that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    pub requirement: RequirementId,
    pub standard_clause: Option<String>,
}

/// Everything the tables say, with dates resolved.
#[derive(Debug)]
pub struct City {
    pub sections: Vec<Section>,
    pub positions: Vec<Position>,
    pub people: Vec<Person>,
    pub assignments: Vec<Assignment>,
    pub role_seats: Vec<RoleSeat>,
    pub(super) account_rules: Vec<AccountRule>,
}

/// Every holder of the position (in the section, or in any) gets an account.
#[derive(Debug)]
pub(super) struct AccountRule {
    pub(super) position: String,
    pub(super) section: Option<String>,
    pub(super) privileged: bool,
    pub(super) second_factor: bool,
}

impl City {
    pub(super) fn load(source: &DemoSource<'_>, frame: &Frame) -> Result<City, DemoError> {
        // Old enough to lie before everything else in the city.
        let founded = frame.date(When::Fiscal { years: -40, month: 4, day: 1 })?;
        let mut city = City {
            sections: sections(source.sections, founded)?,
            positions: positions(source.positions, founded)?,
            people: people(source.people, frame)?,
            assignments: assignments(source.assignments, frame)?,
            role_seats: role_seats(source.role_seats, founded)?,
            account_rules: account_rules(source.accounts)?,
        };
        city.check()?;
        city.list_people();
        Ok(city)
    }

    /// The hospital and the waterworks keep their own staff, and 人事課 keeps the 会計年度任用職員 apart.
    fn list_people(&mut self) {
        for person in &mut self.people {
            let first = self.assignments.iter().find(|a| a.person == person.number);
            person.source = match first {
                Some(a) if a.section.starts_with("12") => "水道",
                Some(a) if a.section.starts_with("13") => "病院",
                Some(a) if a.position == "fixed_term" => "会計年度任用",
                _ => "人事",
            };
        }
    }

    /// Whoever holds the seat `position@section` on a day, with 本務 before 兼務 and 代理.
    pub(super) fn holder(&self, seat: &str, on: Date) -> Result<PersonNo, DemoError> {
        let vacant = || DemoError::Vacant { seat: seat.to_owned(), date: on.to_string() };
        let (position, section) = seat.split_once('@').ok_or_else(vacant)?;
        let mut held: Vec<&Assignment> = self
            .assignments
            .iter()
            .filter(|a| a.position == position && a.section == section && a.holds(on))
            .collect();
        held.sort_by_key(|a| (a.kind != "main", a.from));
        held.first().map(|a| a.person.clone()).ok_or_else(vacant)
    }

    /// Who holds `role` over a section on a day, in any kind of assignment.
    pub(super) fn role_holder(&self, role: &str, section: &str, on: Date) -> Option<PersonNo> {
        let seats = self.role_seats.iter().filter(|s| s.role == role);
        seats
            .filter(|s| s.section.as_deref().is_none_or(|only| only == section))
            .find_map(|s| self.holder(&format!("{}@{section}", s.position), on).ok())
    }

    /// Every reference has its target: a typo must not become a missing seat.
    fn check(&self) -> Result<(), DemoError> {
        let unknown = |what, value: &str| Err(DemoError::Unknown { what, value: value.to_owned() });
        let sections: HashSet<&str> = self.sections.iter().map(|s| s.code.as_str()).collect();
        let positions: HashSet<&str> = self.positions.iter().map(|p| p.code.as_str()).collect();
        let people: HashSet<&PersonNo> = self.people.iter().map(|p| &p.number).collect();
        if let Some(s) =
            self.sections.iter().filter_map(|s| s.parent.as_deref()).find(|p| !sections.contains(p))
        {
            return unknown("section", s);
        }
        for a in &self.assignments {
            if !people.contains(&a.person) {
                return unknown("person", &a.person.0);
            }
        }
        let seats = self.assignments.iter().map(|a| (&a.position, Some(&a.section)));
        let seats = seats.chain(self.role_seats.iter().map(|r| (&r.position, r.section.as_ref())));
        for (position, section) in
            seats.chain(self.account_rules.iter().map(|r| (&r.position, r.section.as_ref())))
        {
            if !positions.contains(position.as_str()) {
                return unknown("position", position);
            }
            if let Some(section) = section.filter(|s| !sections.contains(s.as_str())) {
                return unknown("section", section);
            }
        }
        Ok(())
    }
}

impl Assignment {
    pub fn holds(&self, on: Date) -> bool {
        self.from <= on && self.to.is_none_or(|to| on < to)
    }
}

fn sections(text: &str, from: Date) -> Result<Vec<Section>, DemoError> {
    let columns =
        ["code", "name", "kana", "kind", "parent", "scope", "managed", "renamed_to", "renamed_kana"];
    let section = |[code, name, kana, kind, parent, scope, managed, new_name, new_kana]: [&str; 9]| {
        let scope = match scope {
            "applies" => Scope::Applies,
            "own-rules" => Scope::OwnRules,
            _ => return Err(DemoError::Unknown { what: "scope", value: scope.to_owned() }),
        };
        Ok(Section {
            code: code.to_owned(),
            name: name.to_owned(),
            kana: kana.to_owned(),
            kind: kind.to_owned(),
            parent: optional(parent),
            scope,
            managed: yes(managed)?,
            from,
            renamed: optional(new_name).map(|name| (name, new_kana.to_owned())),
        })
    };
    rows("sections.csv", text, columns)?.into_iter().map(section).collect()
}

fn positions(text: &str, from: Date) -> Result<Vec<Position>, DemoError> {
    let position = |[code, name, rank]: [&str; 3]| {
        let rank = rank.parse().map_err(|_| DemoError::Value { what: "rank", value: rank.to_owned() })?;
        Ok(Position { code: code.to_owned(), name: name.to_owned(), rank, from })
    };
    rows("positions.csv", text, ["code", "name", "rank"])?.into_iter().map(position).collect()
}

fn people(text: &str, frame: &Frame) -> Result<Vec<Person>, DemoError> {
    let person = |[number, name, kana, joined_on, left_on]: [&str; 5]| {
        Ok(Person {
            number: PersonNo(number.to_owned()),
            name: name.to_owned(),
            kana: kana.to_owned(),
            joined_on: frame.date(When::parse(joined_on)?)?,
            left_on: optional_date(left_on, frame)?,
            source: "人事",
        })
    };
    let columns = ["number", "name", "kana", "joined_on", "left_on"];
    rows("people.csv", text, columns)?.into_iter().map(person).collect()
}

fn assignments(text: &str, frame: &Frame) -> Result<Vec<Assignment>, DemoError> {
    let assignment = |[person, position, section, kind, from, to]: [&str; 6]| {
        Ok(Assignment {
            person: PersonNo(person.to_owned()),
            position: position.to_owned(),
            section: section.to_owned(),
            kind: kind.to_owned(),
            from: frame.date(When::parse(from)?)?,
            to: optional_date(to, frame)?,
        })
    };
    let columns = ["person", "position", "section", "kind", "from", "to"];
    rows("assignments.csv", text, columns)?.into_iter().map(assignment).collect()
}

fn role_seats(text: &str, from: Date) -> Result<Vec<RoleSeat>, DemoError> {
    let seat = |[role, position, section]: [&str; 3]| RoleSeat {
        role: role.to_owned(),
        position: position.to_owned(),
        section: optional(section),
        from,
    };
    Ok(rows("role_seats.csv", text, ["role", "position", "section"])?.into_iter().map(seat).collect())
}

fn account_rules(text: &str) -> Result<Vec<AccountRule>, DemoError> {
    let rule = |[position, section, privileged, second_factor]: [&str; 4]| {
        Ok(AccountRule {
            position: position.to_owned(),
            section: (section != "*").then(|| section.to_owned()),
            privileged: yes(privileged)?,
            second_factor: yes(second_factor)?,
        })
    };
    let columns = ["position", "section", "privileged", "second_factor"];
    rows("accounts.csv", text, columns)?.into_iter().map(rule).collect()
}

fn optional(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn optional_date(text: &str, frame: &Frame) -> Result<Option<Date>, DemoError> {
    if text.is_empty() { Ok(None) } else { frame.date(When::parse(text)?).map(Some) }
}

fn yes(text: &str) -> Result<bool, DemoError> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(DemoError::Value { what: "yes or no", value: text.to_owned() }),
    }
}
