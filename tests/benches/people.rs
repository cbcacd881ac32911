//! People and decisions at the size of a large city: a list of 4,000 staff with 300 changes (compared < 2 s, carried
//! out < 5 s), and 2,000 approvers with 50,000 open applications (list p95 < 150 ms).
//! `./test long decision-bench` runs it on SQLite and on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures time and prints"
)]

use std::time::{Duration, Instant};

use sekisho_domain::access::Who;
use sekisho_domain::date::{Date, date_at, start_of};
use sekisho_domain::decision::{DECISION, DECISION_STEP};
use sekisho_domain::noun::Row;
use sekisho_domain::person::PERSON;
use sekisho_domain::personnel;
use sekisho_domain::position::{ASSIGNMENT, POSITION, ROLE_SEAT};
use sekisho_domain::register::mapping::guess;
use sekisho_domain::role::Role;
use sekisho_store::Actor;
use sekisho_store::personnel::NewPersonnel;
use testkit::World;

const STAFF: usize = 4_000;
const CHANGES: usize = 300;
const APPROVERS: usize = 2_000;
const OPEN: usize = 50_000;
/// Rows of one transaction while the city is filled.
const BATCH: usize = 5_000;
const APRIL: Date = Date::constant(2027, 4, 1);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    println!("on {}", if testkit::on_postgres() { "PostgreSQL" } else { "SQLite" });
    staff().await;
    approvers().await;
}

/// A city of 40 sections with one manager and 99 clerks each.
async fn staff() {
    let world = World::new().await;
    let office = world.section("0000", "情報政策課").await;
    let sato = world.person("佐藤", Role::Secretariat, &office).await;
    let mori = world.person("森", Role::Secretariat, &office).await;
    for n in 0..40 {
        world.section(&format!("{n:02}"), &format!("第{n}課")).await;
    }
    let mut rows: Vec<Row> = Vec::new();
    for (id, name) in [("chief", "課長"), ("clerk", "主事")] {
        let row = Row::new(&POSITION, id).set("code", id).set("name", name).set("rank", 60i64);
        rows.push(row.set("valid_from", "2020-04-01"));
    }
    let row = Row::new(&ROLE_SEAT, "rs").set("role", "manager").set("position_id", "chief");
    rows.push(row.set("valid_from", "2020-04-01"));
    let seat = |n: usize| (format!("{:02}", n % 40), if n < 40 { "chief" } else { "clerk" });
    for n in 0..STAFF {
        let (unit, position) = seat(n);
        let number = format!("{n:05}");
        let row =
            Row::new(&PERSON, format!("p{n}")).set("number", number.as_str()).set("name", format!("職員{n}"));
        let row = row.set("population", "staff").set("source", "全庁").set("joined_on", "2020-04-01");
        rows.push(row.set("search_key", number));
        let row =
            Row::new(&ASSIGNMENT, format!("a{n}")).set("person_id", format!("p{n}")).set("kind", "main");
        rows.push(row.set("position_id", position).set("unit_id", unit).set("valid_from", "2020-04-01"));
    }
    fill(&world, rows).await;

    // 100 move, 100 leave, 100 come.
    let mut csv = String::from("職員番号,氏名,所属,職,種別\n");
    for n in (0..STAFF + CHANGES / 3).filter(|n| !(3_000..3_000 + CHANGES / 3).contains(n)) {
        let (unit, position) = seat(if (1_000..1_000 + CHANGES / 3).contains(&n) { n + 1 } else { n });
        let word = if position == "chief" { "課長" } else { "主事" };
        csv.push_str(&format!("{n:05},職員{n},{unit},{word},本務\n"));
    }
    let began = Instant::now();
    let names = world.db().names(&personnel::roster(), APRIL).await.unwrap();
    let table: Vec<Vec<String>> = csv.lines().map(|l| l.split(',').map(str::to_owned).collect()).collect();
    let reading = personnel::read(&table, &guess(&personnel::roster(), &table, &names), &names).unwrap();
    assert_eq!(reading.wrong, []);
    let actor = |who: &Who| Actor { person_id: who.person_id.clone(), seat: who.seats[0].code() };
    let readers = [mori.person_id.clone()];
    let new = NewPersonnel {
        source: "全庁",
        whole: true,
        effective: APRIL,
        readers: &readers,
        file_name: "名簿.csv",
        people: reading.people,
    };
    let id = world.store.load_personnel(&actor(&sato), new).await.unwrap();
    let found = world.db().personnel(&id).await.unwrap().unwrap();
    let outlook = world.db().personnel_outlook(&found).await.unwrap();
    println!(
        "人事異動: {STAFF} rows read, compared, {} changes: {:?}",
        outlook.changes.len(),
        began.elapsed()
    );
    assert_eq!(outlook.changes.len(), CHANGES);
    world.store.confirm_personnel(&actor(&mori), &id, &outlook.seal, None).await.unwrap();
    world.clock.set(start_of(APRIL));
    let began = Instant::now();
    assert_eq!(world.store.apply_personnel().await.unwrap(), 1);
    println!("人事異動: {CHANGES} changes carried out: {:?}", began.elapsed());
}

async fn approvers() {
    let world = World::new().await;
    let office = world.section("0000", "情報政策課").await;
    let ciso = world.person("水谷", Role::Ciso, &office).await;
    let clerk = world.person("中村", Role::SectionStaff, &office).await;
    let today = date_at(world.store.clock.now());
    let mut rows: Vec<Row> = Vec::new();
    let row = Row::new(&POSITION, "chief").set("code", "chief").set("name", "課長").set("rank", 60i64);
    rows.push(row.set("valid_from", "2020-04-01"));
    let row = Row::new(&ROLE_SEAT, "rs").set("role", "manager").set("position_id", "chief");
    rows.push(row.set("valid_from", "2020-04-01"));
    for n in 0..APPROVERS {
        let number = format!("{n:05}");
        let row =
            Row::new(&PERSON, format!("p{n}")).set("number", number.as_str()).set("name", format!("課長{n}"));
        let row = row.set("population", "staff").set("source", "人事").set("joined_on", "2020-04-01");
        rows.push(row.set("search_key", number));
        let row =
            Row::new(&ASSIGNMENT, format!("a{n}")).set("person_id", format!("p{n}")).set("kind", "main");
        rows.push(
            row.set("position_id", "chief").set("unit_id", format!("u{n}")).set("valid_from", "2020-04-01"),
        );
    }
    for n in 0..OPEN {
        // One in fifty waits for the CISO, the rest for the managers in turn.
        let key = match n % 50 {
            0 => "role:ciso@*".to_owned(),
            _ => format!("role:manager@u{}", n % APPROVERS),
        };
        let id = format!("d{n:06}");
        let row = Row::new(&DECISION, id.as_str())
            .set("number", format!("情報政策課-令8-{n:05}"))
            .set("kind", "general");
        let row = row.set("subject_noun", "task").set("subject_id", id.as_str()).set("subject", "{}");
        let row = row.set("subject_sha256", id.as_str()).set("title", "貸出し").set("reason", "業務のため");
        let row = row
            .set("applicant_id", clerk.person_id.as_str())
            .set("applicant_seat", "x")
            .set("state", "pending");
        rows.push(row.set("requested_ms", 1i64).set("unit_id", "0000"));
        let row = Row::new(&DECISION_STEP, format!("s{n:06}"))
            .set("decision_id", id.as_str())
            .set("ordinal", 100i64);
        let row = row.set("kind", "approve").set("state", "open").set("seat_key", key);
        rows.push(row.set("answer_by", "2099-01-01").set("opened_ms", 1i64));
    }
    fill(&world, rows).await;
    let mut took = Vec::new();
    for n in 0..1_000 {
        let person = if n % 10 == 0 { ciso.person_id.clone() } else { format!("p{}", n * 7 % APPROVERS) };
        let began = Instant::now();
        let who = world.db().who(&person, "").await.unwrap();
        let rows = world.db().decisions_waiting(&who, today, "", 51).await.unwrap();
        let count = world.db().count_waiting(&who, today, 999).await.unwrap();
        took.push(began.elapsed());
        assert!(!rows.is_empty() && count > 0);
    }
    percentiles("list of waiting decisions with its count", took);
    let began = Instant::now();
    assert_eq!(world.store.repair_routes().await.unwrap(), 0);
    println!("routes of {OPEN} open applications looked through: {:?}", began.elapsed());
}

async fn fill(world: &World, rows: Vec<Row>) {
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<Row> = rows.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return;
        }
        let mut tx = world.store.write(&Actor::system(), "bench.fill").await.unwrap();
        for row in batch {
            tx.insert(row).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

fn percentiles(what: &str, mut took: Vec<Duration>) {
    took.sort();
    println!(
        "{what}: p50 {:?}, p95 {:?}, p99 {:?}",
        took[took.len() / 2],
        took[took.len() * 95 / 100],
        took[took.len() * 99 / 100]
    );
}
