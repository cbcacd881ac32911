//! `Tx` writes a row, its history and its ledger entry together or not at all.

use sekisho_domain::noun::Row;
use sekisho_domain::position::POSITION;
use sekisho_ledger::{Commitment, Entry};
use sekisho_store::ledger::Sequencer;
use sekisho_store::{Actor, StoreError};
use testkit::World;

fn position(id: &str, name: &str) -> Row {
    Row::new(&POSITION, id)
        .set("code", id)
        .set("name", name)
        .set("rank", 60i64)
        .set("valid_from", "2026-04-01")
}

async fn insert(world: &World, id: &str) {
    let mut tx = world.store.write(&Actor::system(), "position.create").await.unwrap();
    tx.insert(position(id, "課長")).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_change_carries_history_and_a_commitment() {
    let world = World::new().await;
    insert(&world, "p1").await;

    let (body, payload, salt): (String, String, String) = world
        .db()
        .fetch_one(
            "SELECT e.body, v.payload, v.salt FROM row_version v JOIN ledger_entry e ON e.id = v.entry_id
             WHERE v.noun = $1 AND v.id = $2",
            &["position".into(), "p1".into()],
        )
        .await
        .unwrap();
    let entry = Entry::parse(body.as_bytes()).unwrap();
    assert_eq!(entry.action, "position.create");
    assert_eq!(entry.subject.version, 1);
    assert!(!body.contains("課長"), "no content in the ledger");

    let salt: [u8; 32] = hex::decode(salt).unwrap().try_into().unwrap();
    assert_eq!(entry.payload_commit, Commitment::to_bytes(&salt, payload.as_bytes()));
}

#[tokio::test]
async fn the_slower_of_two_writers_is_told() {
    let world = World::new().await;
    insert(&world, "p1").await;
    let seen = world.db().row(&POSITION, "p1").await.unwrap().unwrap();

    let mut first = world.store.write(&Actor::system(), "position.rename").await.unwrap();
    first.update(seen.clone().set("name", "室長")).await.unwrap();
    first.commit().await.unwrap();

    let mut second = world.store.write(&Actor::system(), "position.rename").await.unwrap();
    let error = second.update(seen.set("name", "主幹")).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { expected: 1, .. }), "{error}");
    drop(second);

    let now = world.db().row(&POSITION, "p1").await.unwrap().unwrap();
    assert_eq!((now.version, now.text("name")), (2, "室長"));
    assert_eq!(world.db().ledger_head().await.unwrap().pending, 2);
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let world = World::new().await;
    let mut tx = world.store.write(&Actor::system(), "position.create").await.unwrap();
    tx.insert(position("p1", "課長")).await.unwrap();
    drop(tx);
    assert!(world.db().row(&POSITION, "p1").await.unwrap().is_none());
    assert_eq!(world.db().ledger_head().await.unwrap().pending, 0);
}

#[tokio::test]
async fn the_database_refuses_what_its_rules_forbid() {
    let world = World::new().await;
    insert(&world, "p1").await;
    let mut tx = world.store.write(&Actor::system(), "position.create").await.unwrap();
    let twice = position("p2", "課長").set("code", "p1");
    assert!(matches!(tx.insert(twice).await.unwrap_err(), StoreError::Refused(_)));
}

#[tokio::test]
async fn the_sequencer_seals_everything_once_and_survives_a_lost_tile_directory() {
    let world = World::new().await;
    let sequencer = Sequencer::open(&world.store, &world.data).await.unwrap();
    for n in 0..300 {
        insert(&world, &format!("p{n}")).await;
    }
    assert_eq!(sequencer.run_once().await.unwrap(), 300);
    assert_eq!(sequencer.run_once().await.unwrap(), 300);
    let before = sequencer.checkpoint();
    drop(sequencer);

    std::fs::remove_dir_all(world.data.join("ledger")).unwrap();
    let again = Sequencer::open(&world.store, &world.data).await.unwrap();
    assert_eq!(again.checkpoint().lines().nth(2), before.lines().nth(2), "same root from the same entries");
    insert(&world, "one-more").await;
    assert_eq!(again.run_once().await.unwrap(), 301);
}
