//! Every route about one record × every role × whose record it is: of the reader's own section, of another section, of
//! another executive body. Asked of the running portal with records that exist; the answers are kept in `records.txt`.
//! `UPDATE_MATRIX=1 cargo test -p sekisho-portal --test pages` writes it anew.

use crate::kit::{City, UNIT};
use crate::matrix;
use axum::http::StatusCode;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;
use sekisho_domain::noun::Row;
use sekisho_domain::position::ASSIGNMENT;
use sekisho_domain::role::Role;
use sekisho_domain::section::SECTION;
use sekisho_portal::{Need, ROUTES, Verb};
use sekisho_store::Actor;
use sekisho_store::document::NewRevision;
use sekisho_store::evidence::NewEvidence;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Units whose records are asked for, in the order of the letters.
const UNITS: [&str; 3] = [UNIT, "unit-zei", "unit-edu"];

/// Ids of records by what a path begins with, one for each of [`UNITS`].
type Records = BTreeMap<&'static str, [String; 3]>;

#[tokio::test]
async fn records_are_open_to_whom_they_concern() {
    let city = City::new().await;
    let records = records(&city).await;
    let mut cookies = Vec::new();
    for role in Role::ALL {
        cookies.push((role, city.signed_in(role.code()).await));
    }
    let mut table = String::from(
        "# own section, other section, other executive body: + let in, - refused, 0 not found, ? no such record in the test\n",
    );
    for route in ROUTES.iter().filter(|r| r.path.contains("{id}") && matches!(r.need, Need::May(..))) {
        let verb = if route.verb == Verb::Get { "GET " } else { "POST" };
        let _ = write!(table, "{verb} {:<34}", route.path);
        for (role, cookie) in &cookies {
            let mut letters = String::new();
            for place in 0..UNITS.len() {
                letters.push(match path(route.path, &records, place) {
                    None => '?',
                    Some(path) => letter(&city, cookie, route.verb, &path).await,
                });
            }
            let _ = write!(table, " {}={letters}", role.code());
        }
        table.push('\n');
    }
    matrix::reviewed("records.txt", &table);
}

/// Whoever held a seat until yesterday and kept the cookie: neither the cookie nor the seat opens a record any more.
#[tokio::test]
async fn a_former_holder_is_let_in_nowhere() {
    let city = City::new().await;
    let records = records(&city).await;
    let mut cookies = Vec::new();
    for role in Role::ALL {
        cookies.push((role, city.signed_in(role.code()).await));
    }
    let mut tx = city.app.store.write(&Actor::system(), "test.leave").await.unwrap();
    for role in Role::ALL {
        let row = tx.get(&ASSIGNMENT, &format!("as-{}", role.code())).await.unwrap();
        tx.update(row.set("valid_to", date_at(city.app.store.clock.now()))).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut open = String::new();
    for route in ROUTES.iter().filter(|r| r.path.contains("{id}") && matches!(r.need, Need::May(..))) {
        let Some(path) = path(route.path, &records, 0) else { continue };
        for (role, cookie) in &cookies {
            let answer = match route.verb {
                Verb::Get => city.get(cookie, &path).await,
                Verb::Post => city.post(cookie, &path, &[]).await,
            };
            let away = answer.location.starts_with("/login");
            if !away && !matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) {
                let _ = writeln!(open, "{:?} {} {} {}", route.verb, route.path, role.code(), answer.status);
            }
        }
    }
    assert_eq!(open, "");
}

async fn letter(city: &City, cookie: &str, verb: Verb, path: &str) -> char {
    let answer = match verb {
        Verb::Get => city.get(cookie, path).await,
        Verb::Post => city.post(cookie, path, &[]).await,
    };
    assert!(!answer.location.starts_with("/login"), "{path}: the session of the test ended");
    match answer.status {
        StatusCode::FORBIDDEN => '-',
        StatusCode::NOT_FOUND => '0',
        status if status.is_server_error() => panic!("{path}: {status} {}", answer.body),
        _ => '+',
    }
}

/// The path with the id of a record; the longest known beginning decides of what noun it is.
fn path(pattern: &str, records: &Records, place: usize) -> Option<String> {
    let (_, ids) =
        records.iter().filter(|(start, _)| pattern.starts_with(**start)).max_by_key(|(s, _)| s.len())?;
    Some(pattern.replace("{id}", &ids[place]))
}

async fn records(city: &City) -> Records {
    let people = neighbours(city).await;
    let store = &city.app.store;
    let requirements = store.db.requirements(&Default::default(), "", 3).await.unwrap();
    let mut all: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (place, unit) in UNITS.iter().enumerate() {
        let who = store.db.who(&people[place], "").await.unwrap();
        let actor = Actor { person_id: who.person_id.clone(), seat: who.seats[0].code() };
        let on = date_at(store.clock.now());
        let mut tx = store.write(&actor, "test.records").await.unwrap();
        let new = NewEvidence {
            requirement_id: &requirements[place].id,
            unit_id: Some(unit),
            kind: "record",
            title: "点検",
            observed: store.clock.now().plus(-Ms::DAY),
            source: "test",
            ..NewEvidence::default()
        };
        let evidence = tx.file_evidence(&who, new).await.unwrap();
        let until = on.tomorrow().unwrap();
        let ids = [requirements[place].id.clone()];
        let decision = tx.apply_for_rejection(&who, &ids, "対象が無い", until).await.unwrap();
        let text = "方針\n\n1 目的\n\n守る。\n";
        let parsed = sekisho_policy::parse_file(text.as_bytes(), "a.txt").unwrap();
        // Public, internal and secret: what differs between documents is who reads them, not whose they are.
        let visibility = ["public", "internal", "secret"][place];
        let new = NewRevision {
            document_id: None,
            kind: "standard",
            visibility,
            owner_unit_id: Some(unit),
            review_months: 12,
            parsed: &parsed,
            title: "対策基準",
            edition: "1",
            revised_on: None,
            effective_on: Some(on),
            source_name: "a.txt",
            source_sha256: "00",
            continues: &BTreeMap::new(),
        };
        let saved = tx.save_revision(new).await.unwrap();
        tx.commit().await.unwrap();
        let handover = store.hand_over(&who, &who.seats[0], None, on).await.unwrap();
        let clause = store.db.clauses(&saved.revision_id).await.unwrap()[0].clause_id.clone();
        let accounts = store.db.accounts("", 1_000).await.unwrap();
        let account = accounts.iter().find(|a| a.person_id == people[place]).unwrap().account_id.clone();
        city.signed_in(&format!("n{place}")).await;
        let sessions = store.db.sessions_of(&account, store.clock.now()).await.unwrap();
        let session = sessions[0].id.clone();
        let sections = store.db.sections(on).await.unwrap();
        let section = sections.iter().find(|s| s.unit_id == *unit).unwrap().unit_id.clone();
        for (start, id) in [
            ("/requirements", requirements[place].id.clone()),
            ("/evidence", evidence),
            ("/decisions", decision),
            ("/handovers", handover),
            ("/documents", saved.document_id),
            ("/revisions", saved.revision_id),
            ("/clauses", clause),
            ("/people", people[place].clone()),
            ("/assignments", format!("as-{}", ["n0", "n1", "n2"][place])),
            ("/sections", section),
            ("/accounts", account),
            ("/sessions", session),
            ("/roles", format!("rs-{}", ["csirt", "committee", "cloud_manager"][place])),
        ] {
            all.entry(start).or_default().push(id);
        }
    }
    all.into_iter().map(|(start, ids)| (start, ids.try_into().unwrap())).collect()
}

/// One person with an account in each of the units, none of whom is a reader of the test.
async fn neighbours(city: &City) -> Vec<String> {
    let store = &city.app.store;
    let mut tx = store.write(&Actor::system(), "test.neighbours").await.unwrap();
    let education = Row::new(&SECTION, "unit-edu")
        .set("unit_id", "unit-edu")
        .set("code", "9")
        .set("name", "教育委員会事務局")
        .set("kind", "committee")
        .set("managed", true)
        .set("sort_key", "9")
        .set("valid_from", crate::kit::SINCE);
    tx.create_section(education).await.unwrap();
    for (place, unit) in UNITS.iter().enumerate() {
        let name = format!("n{place}");
        city.person(&mut tx, &name, unit, Some("secretariat")).await;
    }
    tx.commit().await.unwrap();
    (0..UNITS.len()).map(|n| format!("who-n{n}")).collect()
}
