//! kill -9 at random points of imports and decisions: afterwards the ledger verifies, nothing is half applied, and
//! the system goes on. The writer is this test binary itself, started again as another process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sekisho_domain::access::Who;
use sekisho_domain::asset::REGISTER;
use sekisho_domain::clock::{Clock, Ms, SeededEntropy};
use sekisho_domain::date::date_at;
use sekisho_domain::role::Role;
use sekisho_ledger::{DirStorage, Policy};
use sekisho_policy::{Clause, Document};
use sekisho_store::decision::Answer;
use sekisho_store::document::NewRevision;
use sekisho_store::ledger::Sequencer;
use sekisho_store::verify::Against;
use sekisho_store::{Actor, Db, Store};
use testkit::World;

/// Tells a started copy of this binary that it is the writer: `data directory|applicant|approver|seed`.
const WRITER: &str = "SEKISHO_CRASH_WRITER";
/// What the writer prints when its work begins: only from then on is it killed.
const BEGAN: &str = "the writer began";
const KILLS: u64 = 50;
const CLAUSES: i64 = 40;

#[derive(Debug)]
struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> Ms {
        #[expect(clippy::disallowed_methods, reason = "the writer is a process of its own")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Ms(i64::try_from(since.as_millis()).unwrap())
    }
}

/// Imports, submits and approves documents until it is killed. Does nothing unless it was started as the writer.
#[tokio::test]
async fn writer() {
    let Some(orders) = std::env::var_os(WRITER) else { return };
    let orders = orders.into_string().unwrap();
    let [dir, applicant, approver, seed] = orders.split('|').collect::<Vec<_>>()[..] else {
        panic!("{orders}")
    };
    let store = open(Path::new(dir), seed.parse().unwrap()).await;
    let sequencer = Sequencer::open(&store, Path::new(dir)).await.unwrap();
    let applicant = store.db.who(applicant, "").await.unwrap();
    let approver = store.db.who(approver, "").await.unwrap();
    println!("{BEGAN}");
    for number in 0.. {
        import_and_decide(&store, &applicant, &approver, number).await;
        sequencer.run_once().await.unwrap();
    }
}

async fn open(dir: &Path, seed: u64) -> Store {
    let db = Db::sqlite(&dir.join("sekisho.db")).await.unwrap();
    Store::new(db, Arc::new(RealClock), Arc::new(SeededEntropy::new(seed)))
}

async fn import_and_decide(store: &Store, applicant: &Who, approver: &Who, number: i64) {
    let clause = |n: i64| Clause {
        id: format!("c{n}"),
        label: n.to_string(),
        text: format!("第{n}の定め"),
        line: 1,
        ..Clause::default()
    };
    let parsed = Document { clauses: (1..=CLAUSES).map(clause).collect(), ..Document::default() };
    let actor = Actor { person_id: applicant.person_id.clone(), seat: applicant.seats[0].code() };
    let mut tx = store.write(&actor, "revision.import").await.unwrap();
    let saved = tx
        .save_revision(NewRevision {
            document_id: None,
            kind: "procedure",
            visibility: "secret",
            owner_unit_id: None,
            review_months: 12,
            parsed: &parsed,
            title: "実施手順",
            edition: &number.to_string(),
            revised_on: None,
            effective_on: Some(date_at(store.clock.now())),
            source_name: "a.txt",
            source_sha256: "00",
            confirmed: &[],
        })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.write(&actor, "revision.submit").await.unwrap();
    let decision = tx.submit_revision(applicant, &saved.revision_id, "定める").await.unwrap();
    tx.commit().await.unwrap();
    store.decide(approver, &decision, Answer::Approve, None).await.unwrap();
}

#[tokio::test]
async fn a_killed_writer_leaves_nothing_half_done() {
    if testkit::on_postgres() {
        return testkit::not_run(
            "kill -9",
            "it is driven on SQLite, where the database is in the killed process",
        );
    }
    let world = World::new().await;
    let unit = world.section("0103", "情報政策課").await;
    let applicant = world.person("佐藤", Role::Secretariat, &unit).await.person_id;
    let approver = world.person("水谷", Role::Ciso, &unit).await.person_id;
    for kill in 0..KILLS {
        let orders = format!("{}|{applicant}|{approver}|{}", world.data.display(), kill + 100);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::writer", "--exact", "--nocapture"])
            .env(WRITER, orders)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains(BEGAN)), "the writer did not begin");
        // Not a wait for something: the moment of the kill is the random variable of this test.
        tokio::time::sleep(Duration::from_millis(1 + kill * 7919 % 180)).await;
        assert!(child.try_wait().unwrap().is_none(), "the writer stopped by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        let store = open(&world.data, 1).await;
        assert_eq!(half_done(&store).await, 0, "after kill {kill}");
        verifies(&store, &world.data, &format!("after kill {kill}")).await;
        store.db.close().await;
    }
    let store = open(&world.data, 1).await;
    let done: (i64,) =
        store.db.fetch_one("SELECT COUNT(*) FROM revision WHERE state = 'approved'", &[]).await.unwrap();
    assert!(done.0 > 0, "the writer got somewhere");
}

/// What a restart does, and then the whole verification: every entry, every tile, every current row.
async fn verifies(store: &Store, data: &Path, when: &str) {
    let sequencer = Sequencer::open(store, data).await.unwrap();
    sequencer.run_once().await.unwrap();
    let against = Against {
        policy: Policy::without_witnesses(sequencer.public_keys()),
        checkpoint: sequencer.checkpoint().into_bytes(),
        kept: Vec::new(),
    };
    let tiles = Arc::new(DirStorage::open(data.join("ledger")).unwrap());
    let report = store.db.verify_ledger(against, Some(tiles)).await.unwrap();
    assert!(report.is_intact(), "{when}: {report:?}");
}

/// Revisions without all their clauses, and approvals without their effect or effects without approval.
async fn half_done(store: &Store) -> i64 {
    let (clauses,): (i64,) = store
        .db
        .fetch_one(
            "SELECT COUNT(*) FROM revision r
             WHERE (SELECT COUNT(*) FROM clause_text t WHERE t.revision_id = r.id) <> $1",
            &[CLAUSES.into()],
        )
        .await
        .unwrap();
    let (decisions,): (i64,) = store
        .db
        .fetch_one(
            "SELECT COUNT(*) FROM decision d JOIN revision r ON r.id = d.subject_id
             WHERE (d.state = 'approved') <> (r.state = 'approved') OR (d.state = 'pending') <> (r.state = 'pending')",
            &[],
        )
        .await
        .unwrap();
    clauses + decisions
}

/// Tells a started copy of this binary to apply imports: `data directory|seed`.
const IMPORTER: &str = "SEKISHO_CRASH_IMPORTER";
const IMPORTED: usize = 300;
const IMPORT_KILLS: u64 = 12;

/// Applies one import after another, each giving all rows the same note, until it is killed.
#[tokio::test]
async fn importer() {
    let Some(orders) = std::env::var_os(IMPORTER) else { return };
    let orders = orders.into_string().unwrap();
    let (dir, seed) = orders.split_once('|').unwrap();
    let store = open(Path::new(dir), seed.parse().unwrap()).await;
    for number in 0.. {
        let rows = store.db.all_rows(&REGISTER).await.unwrap();
        let rows = rows.into_iter().map(|row| row.set("note", format!("{seed}-{number}"))).collect();
        store.apply_import(&Actor::system(), rows, None, "asset.import").await.unwrap();
    }
}

#[tokio::test]
async fn a_killed_import_is_there_whole_or_not_at_all() {
    if testkit::on_postgres() {
        println!("NOT RUN: kill -9 is driven on SQLite, where the database is in the killed process");
        return;
    }
    let world = World::new().await;
    let mut tx = world.store.write(&Actor::system(), "asset.create").await.unwrap();
    for n in 0..IMPORTED {
        tx.insert(crate::register::asset(&format!("a{n}"), &format!("A-{n}"), "資産", "u")).await.unwrap();
    }
    tx.commit().await.unwrap();
    for kill in 0..IMPORT_KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::importer", "--exact", "--nocapture"])
            .env(IMPORTER, format!("{}|{}", world.data.display(), kill + 100))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The moment of the kill is the random variable of this test.
        tokio::time::sleep(Duration::from_millis(150 + kill * 7919 % 400)).await;
        assert!(child.try_wait().unwrap().is_none(), "the importer stopped by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        let store = open(&world.data, 1).await;
        let rows = store.db.all_rows(&REGISTER).await.unwrap();
        let (note, version) = (rows[0].text("note").to_owned(), rows[0].version);
        assert!(rows.iter().all(|row| row.text("note") == note && row.version == version), "half an import");
        verifies(&store, &world.data, &format!("after import kill {kill}")).await;
        store.db.close().await;
    }
    let store = open(&world.data, 1).await;
    let (newest,): (i64,) = store.db.fetch_one("SELECT MAX(version) FROM asset", &[]).await.unwrap();
    assert!(newest > 1, "the importer got somewhere");
    let (unsearchable,): (i64,) = store
        .db
        .fetch_one(
            "SELECT COUNT(*) FROM asset a WHERE NOT EXISTS (SELECT 1 FROM asset_search s WHERE s.id = a.id)",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(unsearchable, 0);
}
