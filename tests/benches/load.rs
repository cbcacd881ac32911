//! Fifty people at once on the board and the clause pages of a large city: 441 requirements, 40 sections, 200,000
//! pieces of evidence, a year of verdict intervals. The portal is the released program in a process of its own.
//!
//! `./test long serve-load` builds it and runs this on SQLite and on PostgreSQL. Also measured: time until the first
//! page with these data, and memory at rest.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures time and prints"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sekisho::data::{FORMAT, Settings};
use sekisho_domain::access::Who;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;
use sekisho_domain::evidence::EVIDENCE;
use sekisho_domain::factor::Method;
use sekisho_domain::noun::Row;
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;
use sekisho_domain::verdict::{CITY, VERDICT};
use sekisho_portal::credential;
use sekisho_store::decision::Answer;
use sekisho_store::document::NewRevision;
use sekisho_store::ledger::Sequencer;
use sekisho_store::session::NewSession;
use sekisho_store::{Actor, Store};
use testkit::World;

const SECTIONS: usize = 40;
const EVIDENCE_ROWS: usize = 200_000;
/// Closed verdict intervals of each requirement: one change a month, in the city and in every section.
const INTERVALS: i64 = 12;
/// Rows of one transaction while the city is filled.
const BATCH: usize = 10_000;
const CLIENTS: usize = 50;
const SECONDS: u64 = 15;

type Http = Client<HttpConnector, Empty<&'static [u8]>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let world = World::new().await;
    let began = Instant::now();
    world.clock.set(real_now());
    let who = city(&world).await;
    println!(
        "city filled in {:?} on {}",
        began.elapsed(),
        if testkit::on_postgres() { "PostgreSQL" } else { "SQLite" }
    );
    let secretariat = session(&world.store, &who.person_id).await;
    let clauses = clauses(&world.store).await;
    let requirements = requirements(&world.store).await;

    let began = Instant::now();
    let server = Server::start(&world.data).await;
    println!("start-up to the first page: {:?}", began.elapsed());
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("memory at rest: {} MiB", server.memory_kib() / 1024);
    for (name, paths) in [
        ("board", vec!["/".to_owned()]),
        ("clause pages", clauses),
        ("requirement pages", requirements),
        ("list of requirements", vec!["/requirements".to_owned()]),
        ("summary", vec!["/summary".to_owned()]),
    ] {
        load(&server, name, paths, &secretariat).await;
    }
    println!("memory after the load: {} MiB", server.memory_kib() / 1024);
}

/// The machine's clock, because the program that is measured has no other.
fn real_now() -> Ms {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Ms(i64::try_from(since.as_millis()).unwrap())
}

async fn city(world: &World) -> Who {
    let store = &world.store;
    let mut units = Vec::new();
    for n in 0..SECTIONS {
        units.push(world.section(&format!("{n:02}"), &format!("第{n}課")).await);
    }
    let secretariat = world.person("佐藤", Role::Secretariat, &units[0]).await;
    let ciso = world.person("水谷", Role::Ciso, &units[0]).await;
    let mut tx = store.write(&Actor::system(), "load.begin").await.unwrap();
    tx.load_catalogue(sekisho_catalogue::catalogue()).await.unwrap();
    tx.create_account(&secretariat.person_id, "sato", false).await.unwrap();
    tx.commit().await.unwrap();
    policy(store, &secretariat, &ciso).await;
    adopt(store).await;
    let mut stage = Stage::new();
    evidence(world, &units, &secretariat).await;
    stage.over("evidence written");
    sekisho_checks::evaluate_dirty(store).await.unwrap();
    sekisho_checks::evaluate_due(store).await.unwrap();
    stage.over("evidence judged");
    history(store, &units).await;
    stage.over("year of verdicts written");
    let settings = Settings {
        format: FORMAT,
        city: "さくら坂市".to_owned(),
        origin: "sekisho.example/test".to_owned(),
        database: testkit::on_postgres().then(|| world.address()),
        demo: false,
        sign_in: None,
        mail: None,
        keepers: None,
    };
    for sub in ["kept", "objects"] {
        std::fs::create_dir_all(world.data.join(sub)).unwrap();
    }
    sekisho::data::write_settings(&world.data, &settings).unwrap();
    Sequencer::open(store, &world.data).await.unwrap().run_once().await.unwrap();
    stage.over("sealed");
    secretariat
}

/// Says how long each part of the filling took.
struct Stage(Instant);

impl Stage {
    fn new() -> Stage {
        Stage(Instant::now())
    }

    fn over(&mut self, what: &str) {
        println!("  {what}: {:?}", self.0.elapsed());
        self.0 = Instant::now();
    }
}

async fn policy(store: &Store, applicant: &Who, approver: &Who) {
    let text = include_bytes!("../../catalogue/model-policy/sakurazaka.md");
    let parsed = sekisho_policy::parse_file(text, "sakurazaka.md").unwrap();
    let actor = Actor { person_id: applicant.person_id.clone(), seat: applicant.seats[0].code() };
    let mut tx = store.write(&actor, "revision.import").await.unwrap();
    let new = NewRevision {
        document_id: None,
        kind: "policy",
        visibility: "public",
        owner_unit_id: None,
        review_months: 12,
        parsed: &parsed,
        title: "情報セキュリティ基本方針",
        edition: "4",
        revised_on: None,
        effective_on: Some(date_at(store.clock.now())),
        source_name: "sakurazaka.md",
        source_sha256: "00",
        confirmed: &[],
    };
    let saved = tx.save_revision(new).await.unwrap();
    let decision = tx.submit_revision(applicant, &saved.revision_id, "定める").await.unwrap();
    tx.commit().await.unwrap();
    store.decide(approver, &decision, Answer::Approve, None).await.unwrap();
}

async fn adopt(store: &Store) {
    let rows = store.db.requirements(&Default::default(), "", 10_000).await.unwrap();
    let mut tx = store.write(&Actor::system(), "requirement.adopt").await.unwrap();
    for row in rows {
        let row = tx.get(&REQUIREMENT, &row.id).await.unwrap();
        tx.adopt(row, "adopted", None, None, None).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn evidence(world: &World, units: &[String], who: &Who) {
    let store = &world.store;
    let requirements = store.db.requirements(&Default::default(), "", 10_000).await.unwrap();
    let (now, seat) = (store.clock.now(), who.seats[0].code());
    let mut n = 0;
    while n < EVIDENCE_ROWS {
        let mut tx = store.write(&Actor::system(), "evidence.file").await.unwrap();
        for _ in 0..BATCH.min(EVIDENCE_ROWS - n) {
            let age = (n / (requirements.len() * units.len())) as i64 * 30 * Ms::DAY;
            let row = Row::new(&EVIDENCE, tx.new_id())
                .set("requirement_id", requirements[n % requirements.len()].id.as_str())
                .set("unit_id", units[n / requirements.len() % units.len()].as_str())
                .set("kind", "record")
                .set("title", format!("点検の記録 {n}"))
                .set("observed_ms", now.plus(-age - Ms::DAY))
                .set("filed_ms", now.plus(-age))
                .set("fresh_until_ms", now.plus(365 * Ms::DAY - age))
                .set("source", "load")
                .set("filed_by", who.person_id.as_str())
                .set("seat", seat.as_str());
            tx.insert(row).await.unwrap();
            n += 1;
        }
        tx.commit().await.unwrap();
    }
}

/// Months that are over: intervals that a page about the past, and the curve of the year, must read.
async fn history(store: &Store, units: &[String]) {
    let requirements = store.db.requirements(&Default::default(), "", 10_000).await.unwrap();
    let now = store.clock.now();
    for scope in [CITY].into_iter().chain(units.iter().map(String::as_str)) {
        let mut tx = store.write(&Actor::system(), "verdict.change").await.unwrap();
        for requirement in &requirements {
            for month in 1..=INTERVALS {
                let state = ["holds", "broken", "stale", "unproven"][usize::try_from(month).unwrap() % 4];
                let from = now.plus(-(month + 1) * 30 * Ms::DAY);
                let row = Row::new(&VERDICT, tx.new_id())
                    .set("check_id", "evidence")
                    .set("check_version", 1i64)
                    .set("requirement_id", requirement.id.as_str())
                    .set("scope", scope)
                    .set("from_ms", from)
                    .set("to_ms", from.plus(30 * Ms::DAY))
                    .set("state", state)
                    .set("reason", "40課のうち3課の記録が足りません。")
                    .set("expected_count", 40i64)
                    .set("observed_count", 37i64)
                    .set("violating_count", 3i64)
                    .set("samples", "[]")
                    .set("evidence_ids", "[]")
                    .set("source", "組織の台帳")
                    .set("source_ms", from);
                tx.insert(row).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }
}

async fn session(store: &Store, person_id: &str) -> String {
    let accounts = store.db.accounts("", 10).await.unwrap();
    let account = accounts.iter().find(|a| a.person_id == person_id).unwrap();
    let (token, hash) = credential::new_token(&*store.entropy);
    let new = NewSession {
        account_id: &account.account_id,
        token_sha256: &hash,
        stage: "full",
        agent: "load",
        shown: &[Method::Password, Method::Totp],
        stepped_up: false,
        replaces: None,
    };
    store.open_session(new).await.unwrap();
    format!("sekisho={token}")
}

async fn clauses(store: &Store) -> Vec<String> {
    let revision = store.db.in_force("policy", date_at(store.clock.now())).await.unwrap().unwrap();
    let clauses = store.db.clauses(&revision.id).await.unwrap();
    clauses.into_iter().map(|c| format!("/clauses/{}", c.clause_id)).collect()
}

async fn requirements(store: &Store) -> Vec<String> {
    let rows = store.db.requirements(&Default::default(), "", 10_000).await.unwrap();
    rows.into_iter().map(|r| format!("/requirements/{}", r.id)).collect()
}

/// The released program.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    async fn start(data: &Path) -> Server {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(program())
            .args(["serve", "--listen", &address, "--data"])
            .arg(data)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (url, http) = (format!("http://{address}"), http());
        while http.get(format!("{url}/login").parse().unwrap()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Server { child, url }
    }

    fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Processor time used so far, user and system.
    fn cpu(&self) -> Duration {
        const TICK: Duration = Duration::from_millis(10);
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        TICK * (fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `target/release/sekisho`, beside the directory this bench runs from.
fn program() -> PathBuf {
    let me = std::env::current_exe().unwrap();
    let program = me.parent().unwrap().parent().unwrap().join("sekisho");
    assert!(program.exists(), "build it first: cargo build --release -p sekisho");
    program
}

fn http() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

/// Every client asks for the next page as soon as it has read the last one: no pause to think.
async fn load(server: &Server, name: &str, paths: Vec<String>, cookie: &str) {
    let paths = Arc::new(paths);
    let (before, began) = (server.cpu(), Instant::now());
    let end = began + Duration::from_secs(SECONDS);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|c| {
            let (paths, url, cookie) = (Arc::clone(&paths), server.url.clone(), cookie.to_owned());
            tokio::spawn(async move {
                let (http, mut took) = (http(), Vec::new());
                let mut n = c * 7;
                while Instant::now() < end {
                    let request = http::Request::get(format!("{url}{}", paths[n % paths.len()]))
                        .header("cookie", &cookie)
                        .header("accept-encoding", "gzip")
                        .body(Empty::new())
                        .unwrap();
                    let began = Instant::now();
                    let answer = http.request(request).await.unwrap();
                    assert_eq!(answer.status(), 200, "{}", paths[n % paths.len()]);
                    answer.into_body().collect().await.unwrap();
                    took.push(began.elapsed());
                    n += 1;
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for client in clients {
        took.extend(client.await.unwrap());
    }
    let (total, cpu) = (began.elapsed(), server.cpu() - before);
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    println!(
        "{name}: {CLIENTS} clients, {:.0} pages/s, p50 {:.1?}, p95 {:.1?}, p99 {:.1?}, {:.2} ms CPU a page",
        took.len() as f64 / total.as_secs_f64(),
        at(50),
        at(95),
        at(99),
        cpu.as_secs_f64() * 1000.0 / took.len() as f64
    );
}
