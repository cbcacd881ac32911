//! Every route × every role × whose record it is: of the reader's own section, of another section, of another executive
//! body, and of the section whose seat the reader held until yesterday. Asked of the running portal with records that
//! exist; the answers are kept in `records.txt`.
//! `UPDATE_MATRIX=1 cargo test -p sekisho-portal --test pages` writes it anew.

use crate::kit::{City, UNIT};
use crate::matrix;
use axum::http::StatusCode;
use sekisho_domain::access::Who;
use sekisho_domain::body::BODY;
use sekisho_domain::campaign::{CAMPAIGN, CAMPAIGN_PART};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{date_at, plus_days};
use sekisho_domain::delegation::ABSENCE;
use sekisho_domain::disposal::DISPOSAL;
use sekisho_domain::exception::EXCEPTION;
use sekisho_domain::noun::{Kind, Noun, Row};
use sekisho_domain::personnel::Wanted;
use sekisho_domain::position::ASSIGNMENT;
use sekisho_domain::register::EXTRA_COLUMN;
use sekisho_domain::role::Role;
use sekisho_domain::section::SECTION;
use sekisho_domain::specific_flow::SPECIFIC_FLOW;
use sekisho_domain::task::TASK;
use sekisho_domain::{asset, scope, system};
use sekisho_portal::{Need, Route, Verb};
use sekisho_store::api_token::NewApiToken;
use sekisho_store::decision::Application;
use sekisho_store::document::NewRevision;
use sekisho_store::evidence::{NewEvidence, StoredFile};
use sekisho_store::object::Sealed;
use sekisho_store::personnel::NewPersonnel;
use sekisho_store::{Actor, Tx};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tokio::sync::OnceCell;

/// Units whose records are asked for, in the order of the letters.
const UNITS: [&str; 3] = [UNIT, "unit-zei", "unit-edu"];
/// What the titles of their records say, so that a list shows whose it lists.
const MARKS: [&str; 3] = ["印甲", "印乙", "印丙"];
/// Systems are offered wherever a row may name one, so theirs say another thing.
const SYSTEMS: [&str; 3] = ["系甲", "系乙", "系丙"];

fn mark_of(noun: &str, place: usize) -> &'static str {
    if noun == "system" { SYSTEMS[place] } else { MARKS[place] }
}

/// Registers that stand for the others: kept by the section, read by everybody, kept by the office, decided. What each of the
/// others allows stands in `matrix.txt`.
const REGISTERS: [&str; 4] = ["asset", "system", "scope", "exception"];
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

/// Ids of records by what a path begins with, one for each of [`UNITS`].
type Records = BTreeMap<&'static str, [String; 3]>;

/// What the walk through every route found.
pub(crate) struct Walk {
    table: String,
    /// Refusals by which a reader learns that a record exists which they may not see.
    pub(crate) told: String,
    pub(crate) asked: usize,
}

#[tokio::test]
async fn records_are_open_to_whom_they_concern() {
    matrix::reviewed("records.txt", &walked().await.table);
}

/// One walk for every test that asks about it.
pub(crate) async fn walked() -> &'static Walk {
    static WALK: OnceCell<Walk> = OnceCell::const_new();
    WALK.get_or_init(walk).await
}

fn routes() -> Vec<Route> {
    let named = |route: &Route| {
        let mut words = route.path.split('/').skip_while(|word| *word != "registers");
        words.nth(1).is_none_or(|noun| REGISTERS.contains(&noun) || sekisho_domain::register(noun).is_none())
    };
    let all = matrix::every_route().into_iter().filter(|r| !r.path.starts_with("/q/") && named(r));
    all.filter(|r| !matches!(r.need, Need::Nobody | Need::Stage(_))).collect()
}

async fn walk() -> Walk {
    let city = City::new().await;
    let records = records(&city).await;
    let mut cookies = Vec::new();
    for role in Role::ALL {
        cookies.push((role, city.signed_in(role.code()).await));
    }
    let routes = routes();
    let mut walk = Walk { table: String::new(), told: String::new(), asked: 0 };
    let mut cells: Vec<Vec<String>> = Vec::new();
    for route in &routes {
        let mut row = Vec::new();
        for (role, cookie) in &cookies {
            let mut letters = String::new();
            for (place, unit) in UNITS.iter().enumerate() {
                let path = path(route.path, &records, place);
                let letter = letter(&city, cookie, route, path.as_deref(), place).await;
                walk.asked += 1;
                if letter == '-' && tells(&city, cookie, route, &records, place).await {
                    let _ = writeln!(walk.told, "{:?} {} {} {}", route.verb, route.path, role.code(), unit);
                }
                letters.push(letter);
            }
            row.push(letters);
        }
        cells.push(row);
    }
    let mut tx = city.app.store.write(&Actor::system(), "test.leave").await.unwrap();
    for role in Role::ALL {
        let row = tx.get(&ASSIGNMENT, &format!("as-{}", role.code())).await.unwrap();
        tx.update(row.set("valid_to", date_at(city.app.store.clock.now()))).await.unwrap();
    }
    tx.commit().await.unwrap();
    walk.table.push_str(
        "# own section, other section, other executive body, own section as the holder of yesterday:\n\
         # + let in (a list: shows it), . a list that does not show it, - refused, 0 not found, ? no such record in the test\n",
    );
    for (route, row) in routes.iter().zip(&mut cells) {
        let verb = if route.verb == Verb::Get { "GET " } else { "POST" };
        let _ = write!(walk.table, "{verb} {:<34}", route.path);
        for ((role, cookie), letters) in cookies.iter().zip(row) {
            letters.push(letter(&city, cookie, route, path(route.path, &records, 0).as_deref(), 0).await);
            walk.asked += 1;
            let _ = write!(walk.table, " {}={letters}", role.code());
        }
        walk.table.push('\n');
    }
    walk
}

/// Whether a refusal says that the record exists: what does not exist is not refused, and the reader cannot see it.
async fn tells(city: &City, cookie: &str, route: &Route, records: &Records, place: usize) -> bool {
    let Some(id) = path(route.path, records, place).filter(|_| route.path.contains('{')) else {
        return false;
    };
    let made_up = route.path.replace("{id}", NOBODYS).replace("{number}", "1");
    if letter(city, cookie, route, Some(&made_up), place).await == '-' {
        return false;
    }
    let words = match () {
        () if id.starts_with("/registers/") => 4,
        () if id.starts_with("/api/v1/registers/") => 6,
        () => 3,
    };
    let own_page: Vec<&str> = id.split('/').take(words).collect();
    city.get(cookie, &own_page.join("/")).await.status != StatusCode::OK
}

/// Whoever held a seat until yesterday and kept the cookie: neither the cookie nor the seat opens a record any more.
#[tokio::test]
async fn a_former_holder_is_let_in_nowhere() {
    let mut open = String::new();
    for line in walked().await.table.lines().filter(|line| line.contains('{') && !line.starts_with('#')) {
        let (route, rest) = line.split_at(39);
        for cell in rest.split_whitespace().filter(|cell| cell.ends_with('+')) {
            // One's own proofs and log-ins are no record of the city.
            if !matches!(route[5..].trim(), "/credentials/{id}/remove" | "/absence/{id}") {
                let _ = writeln!(open, "{route} {cell}");
            }
        }
    }
    assert_eq!(open, "");
}

async fn letter(city: &City, cookie: &str, route: &Route, path: Option<&str>, place: usize) -> char {
    let Some(path) = path else { return '?' };
    let answer = match route.verb {
        Verb::Get => city.get(cookie, path).await,
        Verb::Post => city.post(cookie, path, &[]).await,
    };
    if answer.location.starts_with("/login") {
        return '-';
    }
    match answer.status {
        StatusCode::FORBIDDEN => '-',
        StatusCode::NOT_FOUND => '0',
        status if status.is_server_error() => panic!("{path}: {status} {}", answer.body),
        _ if route.verb == Verb::Get && !route.path.contains('{') => {
            if answer.body.contains(MARKS[place]) {
                '+'
            } else {
                '.'
            }
        }
        _ => '+',
    }
}

/// The path with the id of a record; the longest known beginning decides of what noun it is.
fn path(pattern: &str, records: &Records, place: usize) -> Option<String> {
    if !pattern.contains('{') {
        return Some(pattern.to_owned());
    }
    let (_, ids) =
        records.iter().filter(|(start, _)| pattern.starts_with(**start)).max_by_key(|(s, _)| s.len())?;
    let asked = if pattern == "/network/snapshots/{id}/file" { "?name=core.ios.txt" } else { "" };
    let path = pattern.replace("{id}", &ids[place]).replace("{number}", "1").replace("{noun}", "asset");
    (!ids[place].is_empty()).then(|| path + asked)
}

async fn records(city: &City) -> Records {
    let people = neighbours(city).await;
    let store = &city.app.store;
    let requirements = store.db.requirements(&Default::default(), "", 3).await.unwrap();
    let mut all: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (start, ids) in of_the_city(city).await {
        all.insert(start, ids);
    }
    for (place, unit) in UNITS.iter().enumerate() {
        let who = store.db.who(&people[place], "").await.unwrap();
        let actor = Actor { person_id: who.person_id.clone(), seat: who.seats[0].code() };
        let on = date_at(store.clock.now());
        let object = city.app.objects.put(store, b"x".to_vec()).await.unwrap();
        let mut tx = store.write(&actor, "test.records").await.unwrap();
        let new = NewEvidence {
            requirement_id: &requirements[place].id,
            unit_id: Some(unit),
            kind: "record",
            title: &format!("点検{}", MARKS[place]),
            observed: store.clock.now().plus(-Ms::DAY),
            source: "test",
            reference: Some("書庫1"),
            ..NewEvidence::default()
        };
        let evidence = tx.file_evidence(&who, new).await.unwrap();
        let subject_id = tx.new_id();
        let application = Application {
            kind: "general",
            subject_noun: "decision",
            subject_id: &subject_id,
            title: &format!("貸出し{}", MARKS[place]),
            reason: "業務のため",
            ..Application::default()
        };
        let decision = tx.apply(&who, application).await.unwrap();
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
            title: &format!("対策基準{}", MARKS[place]),
            edition: "1",
            revised_on: None,
            effective_on: Some(on),
            source_name: "a.txt",
            source_sha256: "00",
            confirmed: &[],
        };
        let saved = tx.save_revision(new).await.unwrap();
        let things = things(&mut tx, unit, place, &people[place], &object).await;
        tx.commit().await.unwrap();
        let handover = store.hand_over(&who, &who.seats[0], None, on).await.unwrap();
        let clause = store.db.clauses(&saved.revision_id).await.unwrap()[0].clause_id.clone();
        let accounts = store.db.accounts("", 1_000).await.unwrap();
        let account = accounts.iter().find(|a| a.person_id == people[place]).unwrap().account_id.clone();
        city.signed_in(&format!("n{place}")).await;
        let sessions = store.db.sessions_of(&account, store.clock.now()).await.unwrap();
        let session = sessions[0].id.clone();
        let personnel = personnel(city, &actor, place).await;
        let mut tx = store.write(&actor, "test.keys").await.unwrap();
        let key = tx.set_credential(&account, "recovery", "-", false).await.unwrap();
        let absence = filled(&ABSENCE, &format!("absence-{place}"), unit, MARKS[place], &people[place]);
        tx.insert(absence).await.unwrap();
        tx.commit().await.unwrap();
        let (sha, ends) = (format!("sha-{place}"), store.clock.now().plus(Ms::DAY));
        let token =
            NewApiToken { account_id: &account, token_sha256: &sha, name: "鍵", writes: false, ends };
        assert!(store.add_api_token(token).await.unwrap());
        let token = store.db.api_tokens_of(&account, store.clock.now()).await.unwrap()[0].id.clone();
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
            ("/personnel", personnel),
            ("/credentials", key),
            ("/absence", format!("absence-{place}")),
            ("/api-tokens", token),
            ("/roles", format!("rs-{}", ["csirt", "committee", "cloud_manager"][place])),
        ]
        .into_iter()
        .chain(things)
        .chain(beside(city, unit, place, &people[place]).await)
        {
            all.entry(start).or_default().push(id);
        }
    }
    all.into_iter().map(|(start, ids)| (start, ids.try_into().unwrap())).collect()
}

/// A 人事異動 that waits, seen by its loader and the CISO: until its day nobody else knows that there is one.
async fn personnel(city: &City, actor: &Actor, place: usize) -> String {
    let joiner =
        Wanted { at: 2, number: format!("90{place}"), name: MARKS[place].into(), ..Wanted::default() };
    let new = NewPersonnel {
        source: MARKS[place],
        whole: false,
        effective: plus_days(date_at(city.app.store.clock.now()), 90),
        readers: &["who-ciso".to_owned()],
        file_name: "名簿.csv",
        people: vec![joiner],
    };
    city.app.store.load_personnel(actor, new).await.unwrap()
}

/// What is the whole city's and nobody's in particular: configurations of devices and what they say.
async fn of_the_city(city: &City) -> Vec<(&'static str, Vec<String>)> {
    let office = city.signed_in("secretariat").await;
    let (snapshot, answer) = crate::network::judged(city, &office).await;
    vec![("/network/snapshots", vec![snapshot; 3]), ("/network/answers", vec![answer; 3])]
}

/// A row with every column that must be there.
fn filled(noun: &'static Noun, id: &str, unit: &str, name: &str, person: &str) -> Row {
    let columns = noun.columns.iter().filter(|c| c.required);
    columns.fold(Row::new(noun, id), |row, column| match column.kind {
        Kind::Text if column.name == "number" => row.set("number", id),
        Kind::Route => row.set(column.name, "CISO"),
        Kind::Text | Kind::Json => row.set(column.name, name),
        Kind::Int => row.set(column.name, 1i64),
        Kind::Bool => row.set(column.name, false),
        Kind::Date => row.set(column.name, crate::kit::SINCE),
        Kind::Instant => row.set(column.name, 1i64),
        Kind::Choice(words) => row.set(column.name, words[0].0),
        Kind::Ref("person") => row.set(column.name, person),
        Kind::Ref(_) => row,
        Kind::Unit => row.set(column.name, unit),
    })
}

/// What a section has besides: rows of registers, a body, a meeting, tasks, a 棚卸, a disposal.
async fn things(
    tx: &mut Tx<'_>,
    unit: &str,
    place: usize,
    person: &str,
    object: &Sealed,
) -> Vec<(&'static str, String)> {
    let mark = MARKS[place];
    let id = |noun: &str| format!("{noun}-{place}");
    let row = |noun: &'static Noun| filled(noun, &id(noun.name), unit, mark_of(noun.name, place), person);
    let mut made = Vec::new();
    for (start, noun) in
        [("/registers/asset", "asset"), ("/registers/system", "system"), ("/registers/scope", "scope")]
    {
        let register = sekisho_domain::register(noun).unwrap();
        tx.insert(row(register.noun)).await.unwrap();
        made.push((start, id(noun)));
        let api = ["/api/v1/registers/asset", "/api/v1/registers/system", "/api/v1/registers/scope"];
        made.extend(api.into_iter().filter(|path| path.ends_with(noun)).map(|path| (path, id(noun))));
    }
    let to = plus_days(crate::kit::SINCE, 30);
    tx.insert(row(&SPECIFIC_FLOW).set("valid_to", to)).await.unwrap();
    let file = StoredFile { object_id: &object.object_id, name: mark, sha256: &object.sha256 };
    let who = Who { person_id: person.to_owned(), ..Who::default() };
    let asset = sekisho_domain::register("asset").unwrap();
    made.push(("/files", tx.attach(&who, asset, &id("asset"), file).await.unwrap()));
    made.push(("/network/flows", id("specific_flow")));
    tx.insert(row(&BODY)).await.unwrap();
    let meeting = tx.call_meeting(&id("body"), crate::kit::SINCE, "第1会議室").await.unwrap();
    let item = tx.put_on_agenda(&meeting, mark, None).await.unwrap();
    let seat = format!("role:manager@{unit}");
    tx.insert(row(&TASK).set("kind", "manual").set("seat_key", seat).set("unit_id", unit)).await.unwrap();
    let campaign = row(&CAMPAIGN).set("kind", "stocktake").set("register", "asset");
    tx.insert(campaign).await.unwrap();
    tx.insert(row(&CAMPAIGN_PART).set("campaign_id", id("campaign"))).await.unwrap();
    let disposal = row(&DISPOSAL).set("register", "asset").set("row_id", id("asset"));
    tx.insert(disposal).await.unwrap();
    made.extend([
        ("/bodies", id("body")),
        ("/meetings", meeting),
        ("/agenda", item),
        ("/tasks", id("task")),
        ("/campaigns", id("campaign")),
        ("/stocktakes", id("campaign_part")),
        ("/disposals", id("disposal")),
        ("/notices", "digest".to_owned()),
    ]);
    made
}

/// What stands beside the rows of registers: drafts of imports and saved views, which are their maker's alone, and
/// columns of the city's own; and an exception.
async fn beside(city: &City, unit: &str, place: usize, person: &str) -> Vec<(&'static str, String)> {
    let store = &city.app.store;
    let mut made = Vec::new();
    for (register, import, imports, views) in [
        (&asset::REGISTER, "/registers/asset/import", "/registers/asset/imports", "/registers/asset/views"),
        (
            &system::REGISTER,
            "/registers/system/import",
            "/registers/system/imports",
            "/registers/system/views",
        ),
        (&scope::REGISTER, "/registers/scope/import", "/registers/scope/imports", "/registers/scope/views"),
    ] {
        let id = store.begin_import(register, person, "a.xlsx", "{}".to_owned()).await.unwrap();
        made.extend([(import, id.clone()), (imports, id)]);
        assert!(store.add_view(register.noun.name, person, MARKS[place], "", false).await.unwrap());
        let kept = store.db.views(register.noun.name, person).await.unwrap();
        made.push((views, kept[0].id.clone()));
    }
    // No section asks for an import of what is decided; its drafts cannot be.
    for start in ["import", "imports", "views"] {
        let start: &'static str = Box::leak(format!("/registers/exception/{start}").into_boxed_str());
        made.push((start, NOBODYS.to_owned()));
    }
    let mut tx = store.write(&Actor::system(), "test.beside").await.unwrap();
    let column = format!("col-{place}");
    let shelf = Row::new(&EXTRA_COLUMN, &column)
        .set("register", "asset")
        .set("label", format!("棚{place}"))
        .set("kind", "text")
        .set("required", false)
        .set("retired", false);
    tx.insert(shelf).await.unwrap();
    let exception = filled(&EXCEPTION, &format!("exception-{place}"), unit, MARKS[place], person);
    let requirement = store.db.requirements(&Default::default(), "", 1).await.unwrap();
    let exception = exception
        .set("requirement_id", requirement[0].id.as_str())
        .set("number", format!("E-{place}"))
        .set("unit_id", unit)
        .set("valid_to", "2030-04-01");
    tx.insert(exception).await.unwrap();
    tx.commit().await.unwrap();
    made.extend([
        ("/registers/{noun}/columns", column),
        ("/registers/exception", format!("exception-{place}")),
        ("/api/v1/registers/exception", format!("exception-{place}")),
    ]);
    made
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
