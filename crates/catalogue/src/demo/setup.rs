//! The city as first loaded, and the 人事異動 that follow.

use std::collections::HashSet;

use sekisho_domain::date::Date;

use super::city::{Account, Assignment, City, Person};
use super::error::DemoError;
use super::event::{Actor, Event, PersonNo, What};
use super::when::{Frame, When, instant, plus, working_day};

/// Changes of staff are entered this many days before they take effect.
const NOTICE_DAYS: i32 = 7;
const SETUP_MINUTES: i64 = 8 * 60 + 30;
const NOTICE_MINUTES: i64 = 15 * 60;
/// Who enters changes of staff after the first loading.
const REGISTRAR: &str = "chief@010301";
/// Who makes accounts after the first loading.
const ADMINISTRATOR: &str = "chief@010302";

/// Sections, staff, seats and accounts of the first day, then every change before the anchor.
pub(super) fn events(city: &City, frame: &Frame) -> Result<Vec<Event>, DemoError> {
    let mut out = Vec::new();
    let known = |day: Date| Ok::<_, DemoError>(working_day(plus(day, -NOTICE_DAYS)?)? < frame.start);
    let renaming = frame.date(When::Fiscal { years: 0, month: 4, day: 1 })?;
    for section in &city.sections {
        let mut section = section.clone();
        if renaming <= frame.start
            && let Some((name, kana)) = section.renamed.take()
        {
            (section.name, section.kana) = (name, kana);
        }
        first(&mut out, frame, What::CreateSection(section));
    }
    for position in &city.positions {
        first(&mut out, frame, What::CreatePosition(position.clone()));
    }
    let mut staff = HashSet::new();
    for person in &city.people {
        if person.left_on.is_some_and(|left| left < frame.start) || !known(person.joined_on)? {
            continue;
        }
        staff.insert(&person.number);
        first(&mut out, frame, What::CreatePerson(foreseen(person, known)?));
    }
    for seat in &city.role_seats {
        first(&mut out, frame, What::SeatRole(seat.clone()));
    }
    for assignment in &city.assignments {
        if assignment.to.is_some_and(|to| to <= frame.start) || !known(assignment.from)? {
            continue;
        }
        let mut assignment = assignment.clone();
        if let Some(to) = assignment.to
            && !known(to)?
        {
            assignment.to = None;
        }
        first(&mut out, frame, What::Assign(assignment));
    }
    let mut has_account = HashSet::new();
    for account in accounts(city, frame.start, &mut has_account) {
        first(&mut out, frame, What::CreateAccount(account));
    }
    changes(city, frame, &staff, &mut out)?;
    // On April 1 new holders of seats get their accounts.
    if renaming > frame.start && renaming < frame.anchor {
        let actor = Actor::Person(city.holder(ADMINISTRATOR, renaming)?);
        for account in accounts(city, renaming, &mut has_account) {
            let at = instant(renaming, SETUP_MINUTES);
            out.push(Event { at, actor: actor.clone(), what: What::CreateAccount(account), refused: false });
        }
    }
    Ok(out)
}

fn first(out: &mut Vec<Event>, frame: &Frame, what: What) {
    out.push(Event { at: instant(frame.start, SETUP_MINUTES), actor: Actor::Setup, what, refused: false });
}

/// The person without a last day that nobody knows of yet.
fn foreseen(person: &Person, known: impl Fn(Date) -> Result<bool, DemoError>) -> Result<Person, DemoError> {
    let mut person = person.clone();
    if let Some(left) = person.left_on
        && !known(left)?
    {
        person.left_on = None;
    }
    Ok(person)
}

/// Everything that becomes known after the first day: entered a week ahead, in the order in which it must exist.
fn changes(
    city: &City,
    frame: &Frame,
    staff: &HashSet<&PersonNo>,
    out: &mut Vec<Event>,
) -> Result<(), DemoError> {
    let mut add = |effective: Date, minute: i64, what: What| -> Result<(), DemoError> {
        let entered = working_day(plus(effective, -NOTICE_DAYS)?)?;
        if entered >= frame.start && entered < frame.anchor {
            let actor = Actor::Person(city.holder(REGISTRAR, entered)?);
            out.push(Event { at: instant(entered, NOTICE_MINUTES + minute), actor, what, refused: false });
        }
        Ok(())
    };
    let renaming = frame.date(When::Fiscal { years: 0, month: 4, day: 1 })?;
    for section in city.sections.iter().filter(|_| renaming > frame.start) {
        if let Some((name, kana)) = section.renamed.clone() {
            let code = section.code.clone();
            add(renaming, 0, What::RenameSection { code, name, kana, from: renaming })?;
        }
    }
    for person in &city.people {
        if !staff.contains(&person.number) {
            let mut newcomer = person.clone();
            newcomer.left_on = None;
            add(person.joined_on, 1, What::CreatePerson(newcomer))?;
        }
        if let Some(left_on) = person.left_on {
            add(left_on, 2, What::PersonLeaves { person: person.number.clone(), left_on })?;
        }
    }
    for assignment in &city.assignments {
        if let Some(to) = assignment.to {
            add(to, 3, What::EndAssignment(assignment.clone()))?;
        }
        let open = Assignment { to: None, ..assignment.clone() };
        add(assignment.from, 4, What::Assign(open))?;
    }
    Ok(())
}

/// Accounts for whoever holds a seat with an account on that day and has none yet.
fn accounts(city: &City, on: Date, has_account: &mut HashSet<PersonNo>) -> Vec<Account> {
    let mut out = Vec::new();
    for rule in &city.account_rules {
        let holders = city.assignments.iter().filter(|a| {
            a.position == rule.position
                && rule.section.as_ref().is_none_or(|only| *only == a.section)
                && a.kind == "main"
                && a.holds(on)
        });
        for holder in holders {
            if has_account.insert(holder.person.clone()) {
                out.push(Account {
                    person: holder.person.clone(),
                    login: format!("s{}", holder.person),
                    privileged: rule.privileged,
                    second_factor: rule.second_factor,
                });
            }
        }
    }
    out
}
