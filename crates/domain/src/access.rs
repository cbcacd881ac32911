//! Who may do what to which record. Two functions decide everything: [`reach`] for a set, [`may`] for one thing;
//! `may` is defined by `reach`, so a list never shows a row that its page refuses, nor the reverse.
//!
//! Rights come from the assignments valid on the day of the request and are never cached.

use crate::date::Date;
use crate::register::Sight;
use crate::role::Role;

/// A signed-in person with everything needed to judge their rights on any day.
#[derive(Clone, Debug, Default)]
pub struct Who {
    pub person_id: String,
    pub account_id: String,
    pub seats: Vec<Seat>,
}

impl Who {
    /// The seat somebody acts from on a day: the first that is valid.
    pub fn seat(&self, on: Date) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.valid(on))
    }

    /// Every way in which a route can mean this person on a day; see [`Seat::keys`].
    pub fn keys(&self, on: Date) -> Vec<String> {
        let mut keys: Vec<String> =
            self.seats.iter().filter(|seat| seat.valid(on)).flat_map(|seat| seat.keys(on)).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// Whether a section is theirs on a day, as a 係 is its 課's.
    pub fn sits_in(&self, unit_id: &str, on: Date) -> bool {
        self.seats
            .iter()
            .filter(|seat| seat.valid(on))
            .any(|seat| seat.sections(on).any(|own| own == unit_id))
    }

    /// Whether this person may say for a section (`None`: for the city) that nothing happened which a row of this
    /// role is about. Silence must not become proof by somebody who would not know: it is the seat that answers, or
    /// the 事務局 that has asked all of them.
    pub fn may_report_none(&self, role: Role, unit_id: Option<&str>, on: Date) -> bool {
        self.seats.iter().filter(|seat| seat.valid(on)).any(|seat| {
            let own = unit_id.is_some_and(|unit| seat.sections(on).any(|own| own == unit));
            seat.roles_on(on).any(|held| held == Role::Secretariat || (held == role && own))
        })
    }
}

/// One assignment with the roles that come with its position.
#[derive(Clone, Debug)]
pub struct Seat {
    pub position_id: String,
    pub unit_id: String,
    /// The other sections of the same 課; see [`Near`].
    pub near: Vec<Near>,
    /// Sections that were merged into these or given up for them: what they left can be read, and not written.
    pub before: Vec<String>,
    pub kind: String,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub roles: Vec<Held>,
}

/// A section that is one 課 with the seat's own between two days. A 係 without an 情報セキュリティ管理者 of its own has
/// no registers of its own either: it belongs to the 課 above it, and so do the 係 beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    pub unit_id: String,
    /// Whether it is the 課 that answers for the seat's 係.
    pub answers: bool,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
}

/// A role that a seat carries between two days (the 充て職 rule has dates of its own).
#[derive(Clone, Debug)]
pub struct Held {
    pub role: Role,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Read it.
    View,
    /// Create or change it.
    Edit,
    /// Ask for a decision on it.
    Request,
    /// Approve or return it.
    Decide,
    /// Take it out of the system: exports, bundles.
    Export,
}

impl Action {
    pub const ALL: [Action; 5] =
        [Action::View, Action::Edit, Action::Request, Action::Decide, Action::Export];

    pub fn code(self) -> &'static str {
        match self {
            Action::View => "view",
            Action::Edit => "edit",
            Action::Request => "request",
            Action::Decide => "decide",
            Action::Export => "export",
        }
    }
}

/// The one record in question, as far as rights depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Thing<'a> {
    pub noun: &'a str,
    /// The section it belongs to; `None` is the city as a whole.
    pub unit_id: Option<&'a str>,
    /// The person it belongs to or who applied for it.
    pub person_id: Option<&'a str>,
    /// 公開区分, for documents and clauses.
    pub visibility: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    Granted,
    Refused(Why),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No assignment is valid on this day.
    NoSeat,
    /// The roles held do not reach this kind of record.
    Role,
    /// They do, but not in this section.
    Section,
    /// The text is not for this circle of readers.
    Visibility,
    /// 申請者 ≠ 承認者.
    OwnApplication,
}

/// The set of records that an action may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    All,
    /// Records of these sections, and of nobody else.
    Sections(Vec<String>),
    /// Records of these sections, and the person's own wherever they lie.
    SectionsAndOwn(Vec<String>),
    /// Only the person's own.
    Own,
    Nothing,
}

pub fn may(who: &Who, action: Action, thing: Thing<'_>, on: Date) -> Access {
    if !who.seats.iter().any(|seat| seat.valid(on)) {
        return Access::Refused(Why::NoSeat);
    }
    let own = thing.person_id == Some(who.person_id.as_str());
    if action == Action::Decide && own {
        return Access::Refused(Why::OwnApplication);
    }
    if let Some(visibility) = thing.visibility
        && !reads(who, visibility, on)
    {
        return Access::Refused(Why::Visibility);
    }
    let granted = match reach(who, action, thing.noun, on) {
        Reach::All => Ok(()),
        Reach::Own | Reach::SectionsAndOwn(_) if own => Ok(()),
        Reach::Sections(units) | Reach::SectionsAndOwn(units) => {
            let inside = thing.unit_id.is_some_and(|unit| units.iter().any(|u| u == unit));
            if inside { Ok(()) } else { Err(Why::Section) }
        }
        Reach::Own | Reach::Nothing => Err(Why::Role),
    };
    match granted {
        Ok(()) => Access::Granted,
        Err(why) => Access::Refused(why),
    }
}

pub fn reach(who: &Who, action: Action, noun: &str, on: Date) -> Reach {
    let mut units = Vec::new();
    let mut own = false;
    for seat in who.seats.iter().filter(|seat| seat.valid(on)) {
        let roles = seat.roles_on(on);
        for extent in roles.map(|role| extent(role, action, noun)).chain([anyone(action, noun)]) {
            match extent {
                Extent::City => return Reach::All,
                Extent::Section => {
                    units.extend(seat.sections(on).map(str::to_owned));
                    if matches!(action, Action::View | Action::Export) {
                        units.extend(seat.before.iter().cloned());
                    }
                }
                Extent::Own => own = true,
                Extent::None => {}
            }
        }
    }
    units.sort();
    units.dedup();
    match (units.is_empty(), own) {
        (false, false) => Reach::Sections(units),
        (false, true) => Reach::SectionsAndOwn(units),
        (true, true) => Reach::Own,
        (true, false) => Reach::Nothing,
    }
}

/// Whether somebody may read a text of this 公開区分. An unknown word is the narrowest.
pub fn reads(who: &Who, visibility: &str, on: Date) -> bool {
    match visibility {
        "public" | "internal" => who.seats.iter().any(|s| s.valid(on)),
        // 限定 and 非公開: those who run the policy, decide on it or audit it.
        _ => holds_any(
            who,
            &[
                Role::Ciso,
                Role::ChiefOfficer,
                Role::Officer,
                Role::Manager,
                Role::SystemManager,
                Role::SystemOperator,
                Role::Secretariat,
                Role::AuditChief,
                Role::Auditor,
            ],
            on,
        ),
    }
}

pub fn holds_any(who: &Who, roles: &[Role], on: Date) -> bool {
    who.seats.iter().filter(|s| s.valid(on)).any(|s| s.roles_on(on).any(|r| roles.contains(&r)))
}

impl Seat {
    /// Whether the assignment gives rights on this day. Leave and dispatch do not.
    pub fn valid(&self, on: Date) -> bool {
        within(self.valid_from, self.valid_to, on) && !matches!(self.kind.as_str(), "leave" | "dispatch")
    }

    pub fn roles_on(&self, on: Date) -> impl Iterator<Item = Role> {
        self.roles.iter().filter(move |h| within(h.valid_from, h.valid_to, on)).map(|h| h.role)
    }

    /// The sections whose records are this seat's own on a day: those of its 課.
    pub fn sections(&self, on: Date) -> impl Iterator<Item = &str> {
        let near = self.near.iter().filter(move |near| within(near.valid_from, near.valid_to, on));
        [self.unit_id.as_str()].into_iter().chain(near.map(|near| near.unit_id.as_str()))
    }

    /// The section that answers for what this seat does: the 課 of a 係, or the section itself.
    pub fn office(&self, on: Date) -> &str {
        let answers = |near: &&Near| near.answers && within(near.valid_from, near.valid_to, on);
        self.near.iter().find(answers).map_or(&self.unit_id, |near| &near.unit_id)
    }

    /// The texts by which routes and tasks can mean this seat; see [`seat_keys`].
    pub fn keys(&self, on: Date) -> Vec<String> {
        seat_keys(&self.position_id, &self.unit_id, self.office(on), self.roles_on(on))
    }

    /// How a seat is written in the ledger and on decisions.
    pub fn code(&self) -> String {
        format!("{}@{}", self.position_id, self.unit_id)
    }
}

/// The texts by which routes and tasks can mean a seat: its position and each of its roles, in its section, in the 課 of
/// its 係 and anywhere. One text each, so that an index finds what waits for a seat.
pub fn seat_keys(
    position_id: &str,
    unit_id: &str,
    office: &str,
    roles: impl IntoIterator<Item = Role>,
) -> Vec<String> {
    let mut places = vec![None, Some(unit_id), Some(office)];
    places.dedup();
    let position = places.iter().map(|place| position_key(position_id, *place));
    let roles = roles.into_iter().flat_map(|role| places.iter().map(move |place| role_key(role, *place)));
    position.chain(roles).collect()
}

/// `role:manager@UNIT`, or `role:ciso@*` wherever it sits.
pub fn role_key(role: Role, unit_id: Option<&str>) -> String {
    format!("role:{}@{}", role.code(), unit_id.unwrap_or("*"))
}

pub fn position_key(position_id: &str, unit_id: Option<&str>) -> String {
    format!("position:{position_id}@{}", unit_id.unwrap_or("*"))
}

pub fn body_key(body_id: &str) -> String {
    format!("body:{body_id}")
}

/// A seat key taken apart: (`role` | `position` | `body`, its code or id, the section).
pub fn read_key(key: &str) -> Option<(&str, &str, Option<&str>)> {
    let (kind, rest) = key.split_once(':')?;
    match kind {
        "body" => Some((kind, rest, None)),
        "role" | "position" => {
            let (code, unit) = rest.rsplit_once('@')?;
            Some((kind, code, (unit != "*").then_some(unit)))
        }
        _ => None,
    }
}

fn within(from: Date, to: Option<Date>, on: Date) -> bool {
    from <= on && to.is_none_or(|end| on < end)
}

enum Extent {
    City,
    Section,
    Own,
    None,
}

/// What every member of staff with a valid assignment may do.
fn anyone(action: Action, noun: &str) -> Extent {
    if let Some(register) = crate::register(noun) {
        return match (action, register.sight) {
            (Action::View, Sight::City) => Extent::City,
            (Action::View, Sight::Section) => Extent::Section,
            _ => Extent::None,
        };
    }
    match (action, noun) {
        (
            Action::View,
            "verdict" | "requirement" | "clause" | "clause_text" | "document" | "revision" | "section"
            | "position" | "role_seat" | "assignment" | "person" | "publication" | "checkpoint" | "body"
            | "authority" | "scope" | "deputy",
        ) => Extent::City,
        (Action::View | Action::Edit, "task" | "handover") | (Action::Request, "decision") => Extent::Own,
        (Action::View, "evidence" | "exception" | "campaign_part" | "disposal") => Extent::Section,
        (Action::View, "decision") | (Action::View | Action::Edit, "session") => Extent::Own,
        _ => Extent::None,
    }
}

/// Registers on which rights and denominators rest. A section must not write its own delegation or take itself out
/// of scope, so only those who run the policy keep them.
const OF_THE_OFFICE: [&str; 11] = [
    "absence",
    "authority",
    "body",
    "body_member",
    "closing_day",
    "delegation",
    "deputy",
    "role_name",
    "same_person",
    "scope",
    "staff_source",
];

/// Registers whose rows come of decisions alone: they are asked for, and nobody writes them by hand.
const BY_DECISION: [&str; 1] = ["exception"];

/// Whether rows of a register are only ever asked for and decided.
pub fn by_decision(noun: &str) -> bool {
    BY_DECISION.contains(&noun)
}

/// What a role adds to that.
fn extent(role: Role, action: Action, noun: &str) -> Extent {
    match role {
        Role::Secretariat => match (action, noun) {
            (Action::Decide, _) | (_, "account" | "credential") => Extent::None,
            // Whoever runs the system cannot vouch for what lies outside it.
            (Action::Edit, "outside_checkpoint" | "ledger_witness") => Extent::None,
            (Action::Edit, noun) if by_decision(noun) => Extent::None,
            _ => Extent::City,
        },
        Role::Ciso | Role::ChiefOfficer => match (action, noun) {
            (Action::View | Action::Export, "account" | "credential") => Extent::None,
            (Action::View | Action::Export | Action::Decide, _) => Extent::City,
            (Action::Request, "exception") => Extent::City,
            _ => Extent::None,
        },
        Role::Officer
        | Role::Manager
        | Role::SystemManager
        | Role::SectionStaff
        | Role::SystemOperator
        | Role::CloudManager
            if crate::register(noun).is_some() && !OF_THE_OFFICE.contains(&noun) && !by_decision(noun) =>
        {
            // Whoever works in a section keeps its rows; what leaves the system is what they keep.
            match action {
                Action::View | Action::Edit | Action::Export => Extent::Section,
                _ => Extent::None,
            }
        }
        // 廃棄 is asked for and done by the section; deciding on it is a decision like any other.
        Role::Manager | Role::SectionStaff | Role::SystemOperator if noun == "disposal" => match action {
            Action::View | Action::Edit => Extent::Section,
            _ => Extent::None,
        },
        // 棚卸: 課の担当者 prepare, 情報セキュリティ管理者 confirm.
        Role::Manager if noun == "campaign_part" => match action {
            Action::View | Action::Edit | Action::Decide => Extent::Section,
            _ => Extent::None,
        },
        Role::SectionStaff if noun == "campaign_part" => match action {
            Action::View | Action::Edit => Extent::Section,
            _ => Extent::None,
        },
        Role::Officer | Role::Manager | Role::SystemManager => match (action, noun) {
            (Action::View, "evidence" | "exception" | "decision" | "delegation" | "absence" | "handover") => {
                Extent::Section
            }
            (Action::Edit, "evidence") | (Action::Request, "exception") => Extent::Section,
            (Action::Decide, "decision") => Extent::Section,
            _ => Extent::None,
        },
        Role::SectionStaff | Role::SystemOperator | Role::Csirt | Role::CloudManager => {
            match (action, noun) {
                // Whoever handles an incident needs the paths packets take.
                (Action::View, "network_snapshot" | "network_result" | "network_answer")
                    if role == Role::Csirt =>
                {
                    Extent::City
                }
                (Action::View | Action::Edit, "evidence") => Extent::Section,
                _ => Extent::None,
            }
        }
        Role::AuditChief | Role::Auditor => match (action, noun) {
            (Action::View | Action::Export, _) | (Action::Edit, "outside_checkpoint" | "ledger_witness") => {
                Extent::City
            }
            _ => Extent::None,
        },
        Role::SystemAdministrator => match (action, noun) {
            (Action::View | Action::Edit, "account" | "credential" | "session") => Extent::City,
            _ => Extent::None,
        },
        Role::Committee => Extent::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: Date = Date::constant(2026, 11, 22);

    fn who(role: Role, unit: &str, from: Date, to: Option<Date>) -> Who {
        let held = Held { role, valid_from: Date::constant(2020, 4, 1), valid_to: None };
        let seat = Seat {
            position_id: "p".into(),
            unit_id: unit.into(),
            near: Vec::new(),
            before: Vec::new(),
            kind: "main".into(),
            valid_from: from,
            valid_to: to,
            roles: vec![held],
        };
        Who { person_id: "me".into(), account_id: "a".into(), seats: vec![seat] }
    }

    #[test]
    fn a_seat_that_has_ended_gives_nothing() {
        let past = who(Role::Secretariat, "u", Date::constant(2020, 4, 1), Some(DAY));
        let thing = Thing { noun: "document", ..Thing::default() };
        assert_eq!(may(&past, Action::View, thing, DAY), Access::Refused(Why::NoSeat));
        let yesterday = Date::constant(2026, 11, 21);
        assert_eq!(may(&past, Action::View, thing, yesterday), Access::Granted);
    }

    #[test]
    fn what_a_section_left_is_read_by_the_one_that_follows_and_not_written() {
        let mut me = who(Role::Manager, "u", Date::constant(2020, 4, 1), None);
        me.seats[0].before = vec!["old".into()];
        let thing = |unit| Thing { noun: "evidence", unit_id: Some(unit), ..Thing::default() };
        assert_eq!(may(&me, Action::View, thing("old"), DAY), Access::Granted);
        assert_eq!(may(&me, Action::Edit, thing("old"), DAY), Access::Refused(Why::Section));
        assert_eq!(may(&me, Action::Edit, thing("u"), DAY), Access::Granted);
        assert_eq!(may(&me, Action::View, thing("other"), DAY), Access::Refused(Why::Section));
    }

    #[test]
    fn a_group_is_one_with_its_section_as_long_as_it_belongs_to_it() {
        let mut me = who(Role::SectionStaff, "group", Date::constant(2020, 4, 1), None);
        let near = |unit: &str, answers| Near {
            unit_id: unit.into(),
            answers,
            valid_from: Date::constant(2026, 4, 1),
            valid_to: None,
        };
        me.seats[0].near = vec![near("office", true), near("beside", false)];
        let thing = |unit| Thing { noun: "evidence", unit_id: Some(unit), ..Thing::default() };
        for unit in ["group", "office", "beside"] {
            assert_eq!(may(&me, Action::Edit, thing(unit), DAY), Access::Granted, "{unit}");
        }
        assert_eq!(may(&me, Action::Edit, thing("other"), DAY), Access::Refused(Why::Section));
        let before = Date::constant(2026, 3, 31);
        assert_eq!(may(&me, Action::Edit, thing("office"), before), Access::Refused(Why::Section));
        let keys = me.keys(DAY);
        assert!(keys.contains(&role_key(Role::SectionStaff, Some("office"))));
        assert!(
            !keys.contains(&role_key(Role::SectionStaff, Some("beside"))),
            "another 係 has seats of its own"
        );
        assert!(!me.keys(before).contains(&role_key(Role::SectionStaff, Some("office"))));
    }

    #[test]
    fn nobody_decides_on_their_own_application() {
        for role in Role::ALL {
            let me = who(role, "u", Date::constant(2020, 4, 1), None);
            let mine =
                Thing { noun: "decision", unit_id: Some("u"), person_id: Some("me"), visibility: None };
            assert_eq!(may(&me, Action::Decide, mine, DAY), Access::Refused(Why::OwnApplication));
        }
    }

    #[test]
    fn the_system_administrator_reads_no_content_and_decides_nothing() {
        let admin = who(Role::SystemAdministrator, "u", Date::constant(2020, 4, 1), None);
        for noun in ["revision", "evidence", "decision", "requirement"] {
            assert_eq!(reach(&admin, Action::Decide, noun, DAY), Reach::Nothing);
            assert_eq!(reach(&admin, Action::Edit, noun, DAY), Reach::Nothing);
        }
        assert_eq!(reach(&admin, Action::Edit, "account", DAY), Reach::All);
    }

    proptest! {
        /// Listed rows = rows `may` grants (DESIGN.md, authorisation).
        #[test]
        fn lists_and_pages_agree(role in 0usize..14, action in 0usize..5, noun in 0usize..crate::NOUNS.len(),
                                 mine in any::<bool>(), same_unit in any::<bool>()) {
            let me = who(Role::ALL[role], "u", Date::constant(2020, 4, 1), None);
            let (action, noun) = (Action::ALL[action], crate::NOUNS[noun].name);
            let unit = if same_unit { "u" } else { "v" };
            let person = if mine { "me" } else { "other" };
            let thing = Thing { noun, unit_id: Some(unit), person_id: Some(person), visibility: None };
            let listed = match reach(&me, action, noun, DAY) {
                Reach::All => true,
                Reach::Sections(units) => units.iter().any(|u| u == unit),
                Reach::SectionsAndOwn(units) => mine || units.iter().any(|u| u == unit),
                Reach::Own => mine,
                Reach::Nothing => false,
            } && !(action == Action::Decide && mine);
            prop_assert_eq!(listed, may(&me, action, thing, DAY) == Access::Granted);
        }
    }
}
