//! What whole-system tests stand on: a fresh, migrated database per test, cloned from a template made once per
//! run, on SQLite (default) or PostgreSQL (`SEKISHO_TEST_DB=postgres`, server address in `PGHOST`/`PGUSER`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must stop")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sekisho_domain::access::Who;
use sekisho_domain::clock::{Ms, SeededEntropy, SetClock};
use sekisho_domain::date::date_at;
use sekisho_domain::noun::Row;
use sekisho_domain::person::PERSON;
use sekisho_domain::position::{ASSIGNMENT, POSITION, ROLE_SEAT};
use sekisho_domain::role::Role;
use sekisho_domain::section::SECTION;
use sekisho_domain::staff_source::STAFF_SOURCE;
use sekisho_store::{Actor, Db, Store};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// 2026-11-22 09:00 JST, a Sunday: the day every test begins on.
pub const START: Ms = Ms(1_795_305_600_000);

/// A city's system with an empty database, a data directory and a clock that stands still.
#[derive(Debug)]
pub struct World {
    pub store: Store,
    pub clock: Arc<SetClock>,
    /// Temporary data directory: keys, tiles, objects.
    pub data: PathBuf,
    /// The PostgreSQL database to drop at the end.
    database: Option<String>,
    _dir: TempDir,
}

impl World {
    pub async fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().to_owned();
        std::fs::create_dir_all(data.join("keys")).unwrap();
        let (db, database) = fresh_database(&data).await;
        let clock = Arc::new(SetClock::at(START));
        let entropy = Arc::new(SeededEntropy::new(7));
        sekisho_store::ledger::create_log(&data, "sekisho.example/test", &*entropy).unwrap();
        World { store: Store::new(db, clock.clone(), entropy), clock, data, database, _dir: dir }
    }

    pub fn db(&self) -> &Db {
        &self.store.db
    }

    /// The address of a PostgreSQL database, as `sekisho.toml` holds it.
    ///
    /// # Panics
    /// On SQLite, where the database is a file in `data`.
    pub fn address(&self) -> String {
        postgres_url(self.database.as_deref().unwrap())
    }
}

/// A small city: one section, and the people whom tests need, each in a seat with one role.
impl World {
    /// Creates a section and returns its unit id (equal to its code).
    pub async fn section(&self, code: &str, name: &str) -> String {
        let mut tx = self.store.write(&Actor::system(), "section.create").await.unwrap();
        let row = Row::new(&SECTION, tx.new_id())
            .set("unit_id", code)
            .set("code", code)
            .set("name", name)
            .set("kind", "division")
            .set("managed", true)
            .set("sort_key", code)
            .set("valid_from", "2020-04-01");
        tx.create_section(row).await.unwrap();
        tx.commit().await.unwrap();
        code.to_owned()
    }

    /// The list in 職員名簿 that everybody made here comes from: complete, of today, not late for a year.
    pub async fn staff_list(&self, unit_id: &str) -> String {
        let mut tx = self.store.write(&Actor::system(), "staff_source.create").await.unwrap();
        let id = tx.new_id();
        let row = Row::new(&STAFF_SOURCE, &id)
            .set("number", "N-1")
            .set("name", "人事")
            .set("unit_id", unit_id)
            .set("population", "staff")
            .set("expected", 2i64)
            .set("observed", 2i64)
            .set("as_of", date_at(self.store.clock.now()))
            .set("every_days", 400i64)
            .set("valid_from", "2020-04-01");
        tx.insert(row).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Creates a person who holds a role in a section since 2020-04-01, through a position of their own.
    pub async fn person(&self, name: &str, role: Role, unit_id: &str) -> Who {
        let mut tx = self.store.write(&Actor::system(), "person.create").await.unwrap();
        let (person, position) = (tx.new_id(), tx.new_id());
        let row = Row::new(&PERSON, &person)
            .set("number", name)
            .set("name", name)
            .set("population", "staff")
            .set("source", "人事")
            .set("joined_on", "2020-04-01");
        tx.create_person(row).await.unwrap();
        let row = Row::new(&POSITION, &position)
            .set("code", format!("p-{name}"))
            .set("name", name)
            .set("rank", 60i64)
            .set("valid_from", "2020-04-01");
        tx.insert(row).await.unwrap();
        let row = Row::new(&ROLE_SEAT, tx.new_id())
            .set("role", role.code())
            .set("position_id", position.as_str())
            .set("valid_from", "2020-04-01");
        tx.insert(row).await.unwrap();
        let row = Row::new(&ASSIGNMENT, tx.new_id())
            .set("person_id", person.as_str())
            .set("position_id", position.as_str())
            .set("unit_id", unit_id)
            .set("kind", "main")
            .set("valid_from", "2020-04-01");
        tx.insert(row).await.unwrap();
        tx.commit().await.unwrap();
        self.db().who(&person, "").await.unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(name) = &self.database {
            let _ = Command::new("dropdb").args(["--if-exists", "--force", name]).status();
        }
    }
}

/// Says loudly that a test cannot run here, past the harness, which keeps to itself what passing tests print.
pub fn not_run(what: &str, why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "NOT RUN: {what}: {why}");
}

/// Whether this run is against PostgreSQL.
pub fn on_postgres() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the one switch of the test run")]
    let choice = std::env::var("SEKISHO_TEST_DB");
    match choice.as_deref() {
        Ok("postgres") => true,
        Ok("sqlite") | Err(_) => false,
        Ok(other) => panic!("SEKISHO_TEST_DB={other} is neither sqlite nor postgres"),
    }
}

async fn fresh_database(data: &Path) -> (Db, Option<String>) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    if on_postgres() {
        let template = POSTGRES_TEMPLATE.get_or_init(postgres_template).await;
        let name = format!("{template}_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        run("createdb", &["-T", template, &name]);
        (Db::postgres(&postgres_url(&name)).await.unwrap(), Some(name))
    } else {
        let template = SQLITE_TEMPLATE.get_or_init(sqlite_template).await;
        let path = data.join("sekisho.db");
        std::fs::copy(template, &path).unwrap();
        (Db::sqlite(&path).await.unwrap(), None)
    }
}

static SQLITE_TEMPLATE: OnceCell<PathBuf> = OnceCell::const_new();
static POSTGRES_TEMPLATE: OnceCell<String> = OnceCell::const_new();

async fn sqlite_template() -> PathBuf {
    let path = tempfile::tempdir().unwrap().keep().join("template.db");
    let db = Db::sqlite(&path).await.unwrap();
    db.migrate().await.unwrap();
    db.close().await;
    path
}

async fn postgres_template() -> String {
    let name = format!("sekisho_test_{}", std::process::id());
    run("createdb", &["--locale=C", "-E", "UTF8", "-T", "template0", &name]);
    let db = Db::postgres(&postgres_url(&name)).await.unwrap();
    db.migrate().await.unwrap();
    db.close().await;
    name
}

/// Host, port and user come from the environment, as for `psql`.
fn postgres_url(name: &str) -> String {
    format!("postgres:///{name}")
}

fn run(program: &str, args: &[&str]) {
    let status = Command::new(program).args(args).status();
    assert!(status.as_ref().is_ok_and(std::process::ExitStatus::success), "{program} {args:?}: {status:?}");
}
