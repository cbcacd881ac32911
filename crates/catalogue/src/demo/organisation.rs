//! The registers by which the demo city is run: where its people come from, who stands in for whom, which seats decide
//! what, its bodies and where its policy does not apply.

use sekisho_domain::authority::AUTHORITY;
use sekisho_domain::body::{BODY, BODY_MEMBER};
use sekisho_domain::date::Date;
use sekisho_domain::delegation::DEPUTY;
use sekisho_domain::scope::SCOPE;
use sekisho_domain::staff_source::STAFF_SOURCE;

use super::DemoSource;
use super::city::City;
use super::error::DemoError;
use super::event::KeptRow;
use super::register::{integer, text};
use super::table::rows;
use super::when::{Frame, When, plus};

/// Days before the anchor on which they were taken up. A city in its first week has none of them yet.
const TAKEN_UP_AGO: i32 = 150;

pub(super) fn kept(
    source: &DemoSource<'_>,
    city: &City,
    frame: &Frame,
) -> Result<Vec<(Date, Vec<KeptRow>)>, DemoError> {
    let day = plus(frame.anchor, -TAKEN_UP_AGO)?;
    if day <= frame.start {
        return Ok(Vec::new());
    }
    let registers = [
        staff_sources(source.staff_sources, city, frame)?,
        deputies(source.deputies, frame)?,
        authorities(source.authority, day)?,
        bodies(source.bodies, frame)?,
        body_members(source.body_members, frame)?,
        scopes(source.scopes, frame)?,
    ];
    Ok(registers.into_iter().map(|rows| (day, rows)).collect())
}

/// Each list holds whom the city employs from it on the day it speaks of.
fn staff_sources(table: &str, city: &City, frame: &Frame) -> Result<Vec<KeptRow>, DemoError> {
    let heads = ["number", "name", "section", "every_days", "as_of"];
    let one = |[number, name, section, every_days, as_of]: [&str; 5]| {
        let as_of = frame.date(When::parse(as_of)?)?;
        let employed = city.people.iter().filter(|p| {
            p.source == name && p.joined_on <= as_of && p.left_on.is_none_or(|left| left >= as_of)
        });
        let count = i64::try_from(employed.count()).unwrap_or(i64::MAX);
        Ok(KeptRow::new(&STAFF_SOURCE, number)
            .section(section)
            .set("name", name)
            .set("population", "staff")
            .set("expected", count)
            .set("observed", count)
            .set("as_of", as_of)
            .set("every_days", integer(every_days)?)
            .set("valid_from", frame.start))
    };
    rows("staff_sources.csv", table, heads)?.into_iter().map(one).collect()
}

fn deputies(table: &str, frame: &Frame) -> Result<Vec<KeptRow>, DemoError> {
    let heads = ["position", "section", "ordinal", "deputy", "deputy_section"];
    let one = |[position, section, ordinal, deputy, deputy_section]: [&str; 5]| {
        Ok(KeptRow::new(&DEPUTY, &format!("{position}@{section}/{ordinal}"))
            .refer("position_id", "position", position)
            .refer("unit_id", "section", section)
            .set("ordinal", integer(ordinal)?)
            .refer("deputy_position_id", "position", deputy)
            .refer("deputy_unit_id", "section", deputy_section)
            .set("valid_from", frame.start))
    };
    rows("deputies.csv", table, heads)?.into_iter().map(one).collect()
}

fn authorities(table: &str, from: Date) -> Result<Vec<KeptRow>, DemoError> {
    let heads = [
        "code",
        "kind",
        "title",
        "classes",
        "persons_max",
        "zone",
        "amount_max",
        "division",
        "route",
        "answer_days",
        "expires_days",
    ];
    let one =
        |[code, kind, title, classes, persons, zone, amount, division, route, answer, expires]: [&str;
             11]| {
            Ok(KeptRow::new(&AUTHORITY, code)
                .set("kind", kind)
                .set("title", title)
                .set("classes", text(&classes.replace('/', ",")))
                .set("persons_max", integer(persons)?)
                .set("zone", text(zone))
                .set("amount_max", integer(amount)?)
                .set("division", division)
                .set("route", route)
                .set("answer_days", integer(answer)?)
                .set("expires_days", integer(expires)?)
                .set("venue", "inner")
                .set("valid_from", from))
        };
    rows("authority.csv", table, heads)?.into_iter().map(one).collect()
}

fn bodies(table: &str, frame: &Frame) -> Result<Vec<KeptRow>, DemoError> {
    let one = |[name, kind, quorum, last, duty]: [&str; 5]| {
        Ok(KeptRow::new(&BODY, name)
            .set("kind", kind)
            .set("quorum", integer(quorum)?)
            .set("final_instance", last == "yes")
            .set("duty", duty)
            .set("valid_from", frame.start))
    };
    let heads = ["name", "kind", "quorum", "final", "duty"];
    rows("bodies.csv", table, heads)?.into_iter().map(one).collect()
}

fn body_members(table: &str, frame: &Frame) -> Result<Vec<KeptRow>, DemoError> {
    let one = |[body, person, duty, from, to]: [&str; 5]| {
        let from = frame.date(When::parse(from)?)?;
        let row = KeptRow::new(&BODY_MEMBER, &format!("{body}/{person}/{from}"))
            .refer("body_id", "body", body)
            .refer("person_id", "person", person)
            .set("duty", duty)
            .set("valid_from", from);
        Ok(match to {
            "" => row,
            day => row.set("valid_to", frame.date(When::parse(day)?)?),
        })
    };
    rows("body_members.csv", table, ["body", "person", "duty", "from", "to"])?.into_iter().map(one).collect()
}

fn scopes(table: &str, frame: &Frame) -> Result<Vec<KeptRow>, DemoError> {
    let heads = ["section", "matter", "applies", "standard", "reason", "from"];
    let one = |[section, matter, applies, standard, reason, from]: [&str; 6]| {
        Ok(KeptRow::new(&SCOPE, &format!("{section}/{matter}"))
            .section(section)
            .set("matter", text(matter))
            .set("applies", applies == "yes")
            .set("standard", standard)
            .set("reason", reason)
            .set("valid_from", frame.date(When::parse(from)?)?))
    };
    rows("scopes.csv", table, heads)?.into_iter().map(one).collect()
}
